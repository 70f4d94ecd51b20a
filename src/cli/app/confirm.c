#include "cli/app/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/plural.h"
#include "cli/args/terminal.h"
#include "model/program.h"
#include "os/lines.h"

/* Devices by the steps that they take; forced: those that migrate at once; mixed: those that take
 * steps which can be undone. */
struct step_counts {
	uint64_t of[STEP_MAX_], forced, mixed;
};

static bool can_be_undone(const struct step *s)
{
	const struct step_info *info = step_info(s->kind);

	return info->service != SERVICE_NONE && !info->irreversible && !s->force_now;
}

static void count_program(struct step_counts *n, const struct program *p)
{
	bool takes[STEP_MAX_] = { false }, forced = false, mixed = false;

	for (uint32_t k = 0; k < p->n; k++) {
		takes[p->v[k].kind] = true;
		forced |= p->v[k].force_now;
		mixed |= can_be_undone(&p->v[k]);
	}
	for (int k = 0; k < STEP_MAX_; k++)
		n->of[k] += takes[k];
	n->forced += forced;
	n->mixed += mixed;
}

static void count_plan(const struct plan *p, struct step_counts *ret)
{
	*ret = (struct step_counts){ 0 };
	for (uint32_t i = 0; i < p->input->n_rows; i++)
		if (input_kind(p->input, i)->outcome == OUTCOME_PLANNED)
			count_program(ret, &plan_program(p, input_kind(p->input, i))->source);
}

static enum errc count_device(void *self, const struct device_record *d, struct err *err)
{
	struct program p;
	struct arena a;
	enum errc rc;

	arena_init(&a);
	rc = program_decode(d->program, &a, &p, err);
	if (!rc)
		count_program(self, &p);
	arena_release(&a);
	return rc;
}

/* The number to confirm for a step: of migrations those that happen at once, where there are any.
 */
static uint64_t count_asked(const struct step_counts *n, enum step_kind kind)
{
	return kind == STEP_MIGRATE && n->forced ? n->forced : n->of[kind];
}

static enum errc check_counts(const struct cli *cli, const struct step_counts *n, struct err *err)
{
	for (size_t i = 0; i < cli->n_given; i++) {
		struct str rest, word;
		enum step_kind kind;
		uint64_t want, is;

		if (cli->given[i].id != OPTION_CONFIRM)
			continue;
		rest = str_from(cli->given[i].value);
		word = str_cut(&rest, '=');
		if (!step_from_word(word, &kind) || !str_to_u64(rest, &want))
			return err_set(err, ERR_USAGE, "--confirm takes STEP=COUNT, not '%s'",
				cli->given[i].value);
		is = count_asked(n, kind);
		if (is != want)
			return err_set(err, ERR_GUARD,
				"the plan has %llu device%s to %.*s, not %llu: review it again",
				(unsigned long long)is, plural(is), STR_FMT(word),
				(unsigned long long)want);
	}
	return ERR_OK;
}

static bool has_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static bool was_confirmed(const struct cli *cli, enum step_kind kind)
{
	for (size_t i = 0; i < cli->n_given; i++) {
		struct str rest = str_from(cli->given[i].value), word = str_cut(&rest, '=');

		if (cli->given[i].id == OPTION_CONFIRM &&
			str_eq(word, str_from(step_info(kind)->word)))
			return true; /* the count was compared before */
	}
	return false;
}

/* Whoever is asked has read what is above. */
static void before_question(void)
{
	log_status(NULL);
	lines_end();
}

/* What cannot be undone is confirmed by its number, typed or as a flag. */
static enum errc confirm_final(
	const struct cli *cli, enum step_kind kind, uint64_t n, struct buf *said, struct err *err)
{
	const char *word = step_info(kind)->word;
	char wanted[80], also[80], answer[80];
	enum errc rc;

	if (n == 0 || was_confirmed(cli, kind))
		return ERR_OK;
	before_question();
	(void)snprintf(
		wanted, sizeof(wanted), "%s %llu device%s", word, (unsigned long long)n, plural(n));
	(void)snprintf(also, sizeof(also), "%s %llu %s", word, (unsigned long long)n, "devices");
	(void)fprintf(stderr, "This cannot be undone. Type '%s' to go on: ", wanted);
	rc = cli_read_line(answer, sizeof(answer), err);
	if (rc)
		return rc;
	if (strcmp(answer, wanted) != 0 && strcmp(answer, also) != 0)
		return err_set(err, ERR_GUARD, "nothing was sent: the answer was not '%s'", wanted);
	buf_printf(said, "typed '%s'\n", wanted);
	return ERR_OK;
}

/* How many devices take the step, if it has to be confirmed by its number. */
static uint64_t final_count(const struct step_counts *n, enum step_kind kind)
{
	if (kind == STEP_MIGRATE)
		return n->forced;
	return step_info(kind)->irreversible ? n->of[kind] : 0;
}

/* Nobody can be asked: all that has to be said, at once. */
static enum errc confirm_unasked(
	const struct cli *cli, const struct step_counts *n, struct err *err)
{
	struct buf what, flags;
	bool yes = n->mixed && !cli_count(cli, OPTION_YES), any;

	buf_init(&what, sizeof(err->msg));
	buf_init(&flags, sizeof(err->msg));
	for (int k = 0; k < STEP_MAX_; k++) {
		unsigned long long of = final_count(n, (enum step_kind)k);
		const char *word = step_info((enum step_kind)k)->word;

		if (!of || was_confirmed(cli, (enum step_kind)k))
			continue;
		buf_printf(
			&what, "%s%s for %llu device%s", what.n ? ", " : "", word, of, plural(of));
		buf_printf(&flags, " --confirm %s=%llu", word, of);
	}
	if (what.n)
		(void)err_set(err, ERR_USAGE,
			"%s cannot be undone, and there is no terminal to ask: say%s%s",
			buf_cstr(&what), buf_cstr(&flags), yes ? " --yes" : "");
	any = what.n > 0;
	buf_release(&flags);
	buf_release(&what);
	return any ? ERR_USAGE : ERR_OK;
}

static enum errc confirm_all_final(
	const struct cli *cli, const struct step_counts *n, struct buf *said, struct err *err)
{
	enum errc rc = ERR_OK;

	if (!has_terminal())
		return confirm_unasked(cli, n, err);
	for (int k = 0; k < STEP_MAX_ && !rc; k++)
		rc = confirm_final(
			cli, (enum step_kind)k, final_count(n, (enum step_kind)k), said, err);
	return rc;
}

void confirm_flags(const struct cli *cli, struct buf *said)
{
	for (size_t i = 0; i < cli->n_given; i++) {
		const struct cli_given *g = &cli->given[i];

		if (g->id == OPTION_YES || g->id == OPTION_CONFIRM || g->id == OPTION_EXPECT ||
			g->id == OPTION_PAST_HALT)
			buf_printf(said, "--%s%s%s\n", option_info(g->id)->name,
				g->value ? " " : "", g->value ? g->value : "");
	}
}

bool confirm_asks(const struct cli *cli, const struct plan *p)
{
	return p->n_planned && !cli_count(cli, OPTION_YES) && has_terminal();
}

enum errc confirm_run(const struct cli *cli, struct store *store, int64_t run, struct err *err)
{
	struct step_counts n = { 0 };
	enum errc rc = ERR_OK;

	if (cli_count(cli, OPTION_CONFIRM))
		rc = store_devices(store, run, count_device, &n, err);
	return rc ? rc : check_counts(cli, &n, err);
}

enum errc confirm_plan(
	const struct cli *cli, const struct plan *p, struct buf *said, struct err *err)
{
	struct step_counts n;
	char answer[16];
	enum errc rc;

	count_plan(p, &n);
	rc = check_counts(cli, &n, err);
	if (!rc)
		rc = confirm_all_final(cli, &n, said, err);
	/* What was confirmed by its number has been agreed to. */
	if (rc || n.mixed == 0 || cli_count(cli, OPTION_YES))
		return rc;
	if (!has_terminal())
		return err_set(err, ERR_USAGE,
			"%u device%s would be acted on and there is no terminal to ask: say --yes",
			p->n_planned, plural(p->n_planned));
	before_question();
	(void)fprintf(stderr, "Act on %u device%s (plan %.12s)? [y/N] ", p->n_planned,
		plural(p->n_planned), p->fingerprint);
	rc = cli_read_line(answer, sizeof(answer), err);
	if (rc)
		return rc;
	if (answer[0] != 'y' && answer[0] != 'Y')
		return err_set(err, ERR_GUARD, "nothing was sent: the answer was not yes");
	buf_printf(said, "answered '%s'\n", answer);
	return ERR_OK;
}

/* The count that --confirm gives for that word; false: it was not given. */
static bool given_number(const struct cli *cli, const char *word, uint64_t *ret)
{
	for (size_t i = 0; i < cli->n_given; i++) {
		struct str rest = str_from(cli->given[i].value);

		if (cli->given[i].id == OPTION_CONFIRM &&
			str_eq(str_cut(&rest, '='), str_from(word)) && str_to_u64(rest, ret))
			return true;
	}
	return false;
}

enum errc confirm_number(const struct cli *cli, const char *word, uint64_t n, struct err *err)
{
	char wanted[80], answer[80];
	uint64_t given;
	enum errc rc;

	if (given_number(cli, word, &given))
		return given == n ? ERR_OK
				  : err_set(err, ERR_GUARD,
					    "the number is %llu, not %llu: look again, then say "
					    "--confirm %s=%llu",
					    (unsigned long long)n, (unsigned long long)given, word,
					    (unsigned long long)n);
	if (!has_terminal())
		return err_set(err, ERR_USAGE, "there is no terminal to ask: say --confirm %s=%llu",
			word, (unsigned long long)n);
	before_question();
	(void)snprintf(wanted, sizeof(wanted), "%s %llu", word, (unsigned long long)n);
	(void)fprintf(stderr, "Type '%s' to go on: ", wanted);
	rc = cli_read_line(answer, sizeof(answer), err);
	if (rc)
		return rc;
	if (strcmp(answer, wanted) != 0)
		return err_set(
			err, ERR_GUARD, "nothing was changed: the answer was not '%s'", wanted);
	return ERR_OK;
}
