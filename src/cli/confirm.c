#include "cli/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FINGERPRINT_LEAST = 12 };

static enum errc check_fingerprint(const struct cli *cli, const char *fingerprint, struct err *err)
{
	const char *expected = cli_text(cli, OPTION_EXPECT);
	size_t n = expected ? strlen(expected) : 0;

	if (!expected)
		return ERR_OK;
	if (n >= FINGERPRINT_LEAST && n <= strlen(fingerprint) &&
		strncmp(expected, fingerprint, n) == 0)
		return ERR_OK;
	return err_set(err, ERR_GUARD,
		"the plan is %.12s, not the expected %.80s: plan again and review what changed",
		fingerprint, expected);
}

static uint64_t count_step(const struct plan *p, struct str word)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct input_row *row = &p->input->rows[i];
		const struct work_program *prog = plan_program(p, row);

		for (uint32_t k = 0; row->outcome == OUTCOME_PLANNED && k < prog->source.n; k++)
			if (str_eq(str_from(step_info(prog->source.v[k].kind)->word), word)) {
				n++;
				break;
			}
	}
	return n;
}

static enum errc check_counts(const struct cli *cli, const struct plan *p, struct err *err)
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
		is = count_step(p, word);
		if (is != want)
			return err_set(err, ERR_GUARD,
				"the plan has %llu devices to %.*s, not %llu: review it again",
				(unsigned long long)is, STR_FMT(word), (unsigned long long)want);
	}
	return ERR_OK;
}

static enum errc ask(const struct plan *p, struct err *err)
{
	char answer[16];

	(void)fprintf(
		stderr, "Act on %u devices (plan %.12s)? [y/N] ", p->n_planned, p->fingerprint);
	(void)fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y'))
		return err_set(err, ERR_GUARD, "nothing was sent: the answer was not yes");
	return ERR_OK;
}

enum errc confirm_plan(const struct cli *cli, const struct plan *p, struct err *err)
{
	enum errc rc = check_fingerprint(cli, p->fingerprint, err);

	if (!rc)
		rc = check_counts(cli, p, err);
	if (rc || p->n_planned == 0 || cli_count(cli, OPTION_YES))
		return rc;
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		return ask(p, err);
	return err_set(err, ERR_USAGE,
		"%u devices would be acted on and there is no terminal to ask: say --yes",
		p->n_planned);
}

enum errc confirm_continue(const struct cli *cli, const struct run_record *run, struct err *err)
{
	return check_fingerprint(cli, run->fingerprint, err);
}
