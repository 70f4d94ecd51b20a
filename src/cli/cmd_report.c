/* Writes a run's result again; --verify re-checks the chain of its audit trail. */
#include <stdio.h>

#include "cli/stored.h"

static enum errc verify(struct stored *s, struct err *err)
{
	int64_t n;
	enum errc rc = store_events_verify(s->store, &n, err);

	if (!rc)
		(void)printf("the audit trail is whole: %lld events\n", (long long)n);
	return rc;
}

static enum errc report(struct stored *s, const struct cli *cli, struct err *err)
{
	const char *csv = cli_text(cli, OPTION_CSV);
	struct summary counts;
	enum errc rc = ERR_OK;

	if (!csv && !cli_count(cli, OPTION_VERIFY))
		return err_set(err, ERR_USAGE, "what to write? --csv FILE, or --verify");
	rc = stored_run(s, cli->args[0], err);
	if (!rc && cli_count(cli, OPTION_VERIFY))
		rc = verify(s, err);
	if (!rc && csv)
		rc = stored_rows(s, csv, cli_count(cli, OPTION_RAW_CSV) > 0, &counts, err);
	return rc;
}

int cmd_report(const struct cli *cli)
{
	struct stored s;
	struct err err;
	enum errc rc = stored_open(&s, cli, &err);

	if (!rc)
		rc = report(&s, cli, &err);
	stored_close(&s);
	return rc ? cli_fail(cli, &err) : 0;
}
