/*
 * depmend-runbook(7): by exit status and by reason code what to look at and what to type, and what
 * to do when something larger went wrong.
 */
#include "base/version.h"
#include "docs/docs.h"
#include "docs/runbook.h"
#include "model/outcome.h"
#include "report/status.h"

static const char top[] =
	".Dd November 28, 2026\n"
	".Dt DEPMEND-RUNBOOK 7\n"
	".Os depmend " DEPMEND_VERSION "\n"
	".Sh NAME\n"
	".Nm depmend-runbook\n"
	".Nd what to do when a run of depmend did not end well\n"
	".Sh DESCRIPTION\n"
	"For the administrator who is called at night, or takes over.\n"
	"Three commands are safe at any time, since they change nothing:\n"
	".Ic depmend status\n"
	"(what is open, from the state alone),\n"
	".Ic depmend doctor\n"
	"(credentials, tokens, terms) and\n"
	".Ic depmend runs latest\n"
	"(the last run and the command that continues it).\n"
	"Running the same\n"
	".Ic depmend apply\n"
	"again is safe as well: it looks before it sends, puts back what is off its "
	"server, and sends nothing twice.\n";

static const struct {
	const char *title, *text, *type;
} stories[] = {
	{ "A machine died in the middle of a run",
		"Start the machine again and run the same apply: it settles what was open, puts "
		"back what is off its server, and goes on. If the machine stays dead, go on "
		"elsewhere with its latest backup.",
		"depmend restore BACKUP" },
	{ "Finishing on another machine",
		"On the old machine, if it still works, retire the state. Copy the backup, the "
		"settings, the rules, the list and the secret files; restore the backup there, "
		"then run the same apply.",
		"depmend backup FILE --move" },
	{ "The state is lost, and there is no backup",
		"Apple's audit events tell for a while which devices this API account took off, "
		"and from where. Look at the list, then put them back with the rules named "
		"reconcile. Wipes and releases of before are not remembered: do not repeat their "
		"runs.",
		"depmend export --off-server --out off.csv" },
	{ "A device management service was deleted or renamed",
		"Devices go back to a server by its id, so that a new name does not matter. If it "
		"was "
		"deleted, assign its devices in Apple's portal, then stop tracking them.",
		"depmend forget SERIAL --reason TEXT" },
	{ "A key, token or password was replaced",
		"Put the new one where the settings say, with the same owner and mode, then check "
		"that both services accept it.",
		"depmend doctor" },
	{ "The API account was replaced",
		"Back up first, and let nothing be off its server when the old account ends "
		"(depmend status). Write the new account's client ID and key into the settings, "
		"and the old client ID under apple.previous_client_ids; or let this find the "
		"state of the old one. Until then apply ends with status 4.",
		"depmend doctor --fix client-id" },
	{ "A wipe waits that is not wanted",
		"It strikes when the device comes online, also after it has enrolled again. Call "
		"it off in the console: " CONSOLE_WIPE_LOG ". Then look again: status names the "
		"device until its record shows no wipe any more.",
		"depmend doctor" },
	{ "Something is wrong and everything has to stop",
		"The brake stops a run that is active, which puts back what is off its server "
		"(else the next apply does), and lets nothing be sent until depmend resume.",
		"depmend pause --reason TEXT" },
	{ "A colleague takes over",
		"Settings, rules, the protected list and the secret files say what is done; the "
		"state says what was done. Read the last runs and what is open.",
		"depmend runs" },
};

static void put_entry(struct runbook_entry e, FILE *out)
{
	roff_sentences(e.look, out);
	(void)fputc('\n', out);
	if (!e.type)
		return;
	(void)fputs(".Pp\nType:\n", out);
	roff_line(".Ic", e.type, out);
}

static void put_statuses(FILE *out)
{
	size_t n;
	const struct status_info *table = status_table(&n);

	(void)fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(out, ".It %d: ", table[i].status);
		roff_text(table[i].meaning, out);
		(void)fputc('\n', out);
		put_entry(runbook_status(table[i].status), out);
	}
	(void)fputs(".El\n", out);
}

static void put_reasons(FILE *out)
{
	(void)fputs(".Sh REASONS\n.Bl -tag -width Ds\n", out);
	for (int r = REASON_NONE + 1; r < REASON_MAX_; r++) {
		const struct reason_info *info = reason_info((enum reason)r);

		(void)fprintf(out, ".It %s: ", info->code);
		roff_text(info->sentence, out);
		(void)fputc('\n', out);
		put_entry(runbook_reason((enum reason)r), out);
	}
	(void)fputs(".El\n", out);
}

static void put_stories(FILE *out)
{
	(void)fputs(".Sh LARGER TROUBLE\n", out);
	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
		roff_line(".Ss", stories[i].title, out);
		put_entry((struct runbook_entry){ stories[i].text, stories[i].type }, out);
	}
}

void docs_man_runbook(FILE *out)
{
	(void)fputs(top, out);
	put_statuses(out);
	put_reasons(out);
	put_stories(out);
	(void)fputs(".Sh SEE ALSO\n.Xr depmend 1 ,\n.Xr depmend-rules 5 ,\n"
		    ".Xr depmend-settings 5\n",
		out);
}
