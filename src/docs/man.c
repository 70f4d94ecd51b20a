/* depmend(1). */
#include <string.h>

#include "base/version.h"
#include "docs/docs.h"
#include "model/change.h"
#include "model/outcome.h"
#include "report/status.h"

bool docs_takes_file(const struct command *c)
{
	return strstr(c->args, "CSV") || strstr(c->args, "csv") || strstr(c->args, "FILE");
}

void docs_commands(const struct option_info *o, const char *apart, FILE *out)
{
	const char *before = "";

	for (int i = 0; i < COMMAND_MAX_; i++)
		if (o->commands & 1u << i) {
			(void)fprintf(out, "%s%s", before, command_info((enum command_id)i)->name);
			before = apart;
		}
}

static const char top[] =
	".Dd November 22, 2026\n"
	".Dt DEPMEND 1\n"
	".Os depmend " DEPMEND_VERSION "\n"
	".Sh NAME\n"
	".Nm depmend\n"
	".Nd repair Apple device enrollment in bulk\n"
	".Sh SYNOPSIS\n"
	".Nm\n"
	".Ar command\n"
	".Op Ar option ...\n"
	".Op Ar argument ...\n"
	".Sh DESCRIPTION\n"
	".Nm\n"
	"reads a CSV of serial numbers exported from Apple Business or School Manager, judges\n"
	"every row by rules (see\n"
	".Xr depmend-rules 5 ) ,\n"
	"carries out unassign, sync, reassign and delete\\-from\\-lifecycle across Apple and\n"
	"Workspace ONE UEM, proves each change by reading it back, and writes one result row per\n"
	"input row.\n"
	".Pp\n"
	"Every row ends done and verified, or carries a named reason and a next step.\n"
	"No change is sent twice.\n"
	"No device is left off its server because a run ended: what was stopped is continued by\n"
	"running the same command again.\n"
	".Pp\n"
	"Data goes to the standard output; progress, questions and messages go to the standard\n"
	"error.\n"
	"Without a terminal nothing is asked: what would have been asked ends with status 64 and\n"
	"names the option that answers it.\n"
	"A\n"
	".Ar CSV\n"
	"of\n"
	".Ql \\-\n"
	"is the standard input.\n"
	"The commands are:\n";

static void put_note(const char *what, const char *text, FILE *out)
{
	(void)fprintf(out, ".br\n%s: ", what);
	roff_sentences(text, out);
	(void)fputs(".\n", out);
}

static void put_command(const struct command *c, FILE *out)
{
	const struct command_notes *n = command_notes(c);

	(void)fputs(".It Ic ", out);
	roff_text(c->name, out);
	if (*c->args)
		roff_line(" Ar", c->args, out);
	else
		(void)fputc('\n', out);
	roff_text(c->help, out);
	(void)fputs(".\n", out);
	put_note("Changes", n->changes, out);
	put_note("Result", n->result, out);
	put_note("Next", n->next, out);
}

static void put_option(const struct option_info *o, FILE *out)
{
	(void)fputs(".It ", out);
	if (o->letter)
		(void)fprintf(out, "Fl %c , ", o->letter);
	(void)fputs("Fl \\-", out);
	roff_text(o->name, out);
	if (o->arg)
		roff_line(" Ar", o->arg, out);
	else
		(void)fputc('\n', out);
	roff_text(o->help, out);
	(void)fputs(".\n", out);
	if (o->commands != FOR_ALL) {
		(void)fputs("Taken by ", out);
		docs_commands(o, ", ", out);
		(void)fputs(".\n", out);
	}
}

static void put_options(bool global, FILE *out)
{
	(void)fputs(".Bl -tag -width Ds\n", out);
	for (int i = 0; i < OPTION_MAX_; i++)
		if ((option_info((enum option_id)i)->commands == FOR_ALL) == global)
			put_option(option_info((enum option_id)i), out);
	(void)fputs(".El\n", out);
}

static const char around[] =
	".Sh ENVIRONMENT\n"
	".Bl -tag -width Ds\n"
	".It Ev DEPMEND_SETTINGS\n"
	"the settings, unless\n"
	".Fl \\-settings\n"
	"names others.\n"
	".It Ev STATE_DIRECTORY , XDG_STATE_HOME\n"
	"where runs are kept, unless\n"
	".Ql state\n"
	"of the settings says it.\n"
	".It Ev CREDENTIALS_DIRECTORY\n"
	"holds the secrets that settings name as\n"
	".Ql {credential: NAME} .\n"
	".It Ev DEPMEND_TRUST\n"
	"absolute paths of files or folders, separated by colons, whose owner is\n"
	"accepted although it is neither the user nor root: see\n"
	".Sx WHOSE FILES COUNT .\n"
	".It Ev HTTPS_PROXY , ALL_PROXY , NO_PROXY\n"
	"the proxy to both services, and the hosts that are asked without it.\n"
	".It Ev SSL_CERT_FILE , SSL_CERT_DIR\n"
	"the authorities to trust, where a proxy opens TLS.\n"
	".It Ev TZ\n"
	"the zone of times on a terminal; files, logs and\n"
	".Fl \\-json\n"
	"are in UTC.\n"
	".It Ev DEPMEND_CLOCK\n"
	"for trials with\n"
	".Xr depmend-sim 1 :\n"
	".Ql virtual:2026\\-11\\-22T03:00:00Z\n"
	"is a clock that starts then and leaps over every wait.\n"
	".It Ev NO_COLOR , TERM\n"
	"no colour when NO_COLOR is set or TERM is dumb.\n"
	".El\n"
	".Sh FILES\n"
	".Bl -tag -width Ds\n"
	".It Pa ./depmend.yaml\n"
	".It Pa ~/.config/depmend/depmend.yaml\n"
	".It Pa /etc/depmend/depmend.yaml\n"
	"the settings of one tenant; the first that exists.\n"
	".It Pa /var/lib/depmend\n"
	"the state of runs, when it can be written; else below\n"
	".Pa ~/.local/state .\n"
	".It Pa ~/.config/depmend/trust.yaml\n"
	".It Pa /etc/depmend/trust.yaml\n"
	"groups whose members may write what decides over devices, as\n"
	".Ql trusted_group: NAME\n"
	"or a list of names; the second belongs to root.\n"
	".El\n";

static const char whose_files[] =
	".Sh WHOSE FILES COUNT\n"
	"Settings, rules (but those that are shipped), the protected list and the state have to\n"
	"belong to the user or root, and no other user may be able to write them or the folder "
	"they\n"
	"are in; in the folders above no other user may be able to replace them.\n"
	"What strangers could have written is not used: exit status 78, with the command that\n"
	"corrects it.\n"
	"Accepted are also: write access of the owner's private group (a clone under umask 002)\n"
	"and of a trusted group; a state folder of root with the set-group-ID bit and a group of\n"
	"the user; any mode on a read-only mount; the owner of what\n"
	".Ev DEPMEND_TRUST\n"
	"names.\n"
	".Sh SIGNALS\n"
	"The first SIGINT, SIGTERM or SIGHUP stops in order: nothing new is sent, the answers to\n"
	"changes are waited for (20 seconds at most), and devices are put back on their server as\n"
	"far as write requests are left.\n"
	"So do SIGQUIT, SIGXCPU (ulimit -t) and SIGPWR, with the exit status of SIGTERM; signals\n"
	"such as SIGUSR1 do nothing.\n"
	"A second SIGINT, SIGTERM or SIGQUIT, at least a second later, ends at once and names the\n"
	"devices\n"
	"that stay off their server; the next\n"
	".Ic apply\n"
	"puts them back.\n";

static void put_statuses(FILE *out)
{
	const struct status_info *v;
	size_t n;

	v = status_table(&n);
	(void)fputs(".Sh EXIT STATUS\nWhen several apply, the first of these.\n"
		    ".Bl -tag -width 000\n",
		out);
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(out, ".It %d\n", v[i].status);
		roff_text(v[i].meaning, out);
		(void)fputs(".\n", out);
	}
	(void)fputs(".El\n", out);
}

static void put_outcomes(FILE *out)
{
	(void)fputs(".Sh OUTCOMES\nColumn\n.Ql depmend_outcome\nof a result says how a row "
		    "ended.\n.Bl -tag -width unverified\n",
		out);
	for (int i = 0; i < OUTCOME_MAX_; i++) {
		roff_line(".It", outcome_info((enum outcome)i)->word, out);
		roff_text(outcome_info((enum outcome)i)->meaning, out);
		(void)fputs(".\n", out);
	}
	(void)fputs(".El\n", out);
}

static const char over_time[] =
	".Sh OVER TIME\n"
	"How many rows of a run had which rule and outcome is kept with the run, as the last\n"
	"process that worked on it left them, also when\n"
	".Ql keep\n"
	"of the settings lets its rows go.\n"
	".Ic depmend status \\-\\-json\n"
	"has them as\n"
	".Ql counts\n"
	"of the last five runs,\n"
	".Ic depmend runs \\-\\-json\n"
	"of all, and\n"
	".Ic depmend report latest \\-\\-metrics\n"
	"of the latest ten, as\n"
	".Ql depmend_run_rows .\n"
	"At most 100 of a run are kept by themselves, the largest; the others are summed up by\n"
	"outcome under\n"
	".Ql (other rules) .\n";

static void put_changes(FILE *out)
{
	(void)fputs(".Sh CHANGES\n.Ic depmend export \\-\\-since\ncompares the services with an "
		    "earlier export, or with the list that a run was given.\nColumn\n.Ql change\n"
		    "says what is otherwise; columns that the earlier list lacks say "
		    "nothing.\n.Bl -tag -width unassigned\n",
		out);
	for (int i = 0; i < CHANGE_MAX_; i++) {
		roff_line(".It", change_info((enum change)i)->word, out);
		roff_text(change_info((enum change)i)->sentence, out);
		(void)fputs(".\n", out);
	}
	(void)fputs(".El\n", out);
}

static void put_reasons(FILE *out)
{
	(void)fputs(".Sh REASONS\nColumn\n.Ql depmend_reason\nof a result starts with one of these "
		    "codes.\nThey are never renamed.\n.Bl -tag -width Ds\n",
		out);
	for (int i = 1; i < REASON_MAX_; i++) {
		const struct reason_info *r = reason_info((enum reason)i);

		roff_line(".It", r->code, out);
		roff_text(r->sentence, out);
		(void)fputs(".\n", out);
		if (*r->remedy) {
			(void)fputs("To do: ", out);
			roff_text(r->remedy, out);
			(void)fputs(".\n", out);
		}
	}
	(void)fputs(".El\n", out);
}

static const char bottom[] = ".Sh EXAMPLES\n"
			     "Look first, then do exactly that:\n"
			     ".Bd -literal -offset indent\n"
			     "depmend check devices.csv\n"
			     "depmend plan devices.csv \\-\\-out plan.csv\n"
			     "depmend apply devices.csv \\-\\-expect plan.csv\n"
			     ".Ed\n"
			     ".Pp\n"
			     "Every night, from cron:\n"
			     ".Bd -literal -offset indent\n"
			     "depmend export \\-\\-out live.csv && depmend apply live.csv "
			     "\\-\\-rules orphans \\-\\-yes\n"
			     ".Ed\n"
			     ".Sh SEE ALSO\n"
			     ".Xr depmend-sim 1 ,\n"
			     ".Xr depmend-rules 5 ,\n"
			     ".Xr depmend-settings 5 ,\n"
			     ".Xr depmend-runbook 7\n";

void docs_man(FILE *out)
{
	(void)fputs(top, out);
	(void)fputs(".Bl -tag -width Ds\n", out);
	for (int i = 0; i < COMMAND_MAX_; i++)
		put_command(command_info((enum command_id)i), out);
	(void)fputs(
		".El\n.Pp\nOptions cannot be abbreviated.\nOne that names a file to write, says "
		"which devices are meant or allows something\nis a usage error when it is there "
		"twice "
		"with different values;\nof others the last one counts, so that an alias or a "
		"script "
		"can be added to.\nDURATION is a number with its unit, such as 90s, 30m, 6h or 7d; "
		"RFC3339 is a time such as 2026-11-22T03:00:00Z, one with an offset, or a date.\n"
		"Those of every command:\n",
		out);
	put_options(true, out);
	(void)fputs(".Pp\nThose of some commands:\n", out);
	put_options(false, out);
	(void)fputs(around, out);
	(void)fputs(whose_files, out);
	docs_plans(out);
	put_statuses(out);
	docs_columns(out);
	put_outcomes(out);
	put_changes(out);
	(void)fputs(over_time, out);
	put_reasons(out);
	(void)fputs(bottom, out);
}
