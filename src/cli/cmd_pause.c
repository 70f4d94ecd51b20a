/* A tenant's brake: while it is on, devices come back and nothing else is sent. */
#include <stdio.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/app/saved_run.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "report/ndjson.h"
#include "report/open_business.h"

static void say(const struct saved_run *s, const struct cli *cli, const struct open_business *b)
{
	struct when when = saved_run_when(s);
	char since[WHEN_TEXT];
	struct ndjson j;

	if (cli_count(cli, OPTION_JSON)) {
		ndjson_begin(&j, "pause");
		json_put_bool(&j.o, "paused", b->pause.paused);
		ndjson_time(&j, "since", b->pause.paused ? b->pause.since_ms : TIME_NONE);
		ndjson_text(&j, "reason", b->pause.paused ? str_from(b->pause.reason) : STR_NONE);
		json_put_int(&j.o, "off_server", (int64_t)b->off.n);
		ndjson_end(&j, stdout);
	} else if (b->pause.paused) {
		text_line(stdout, "tenant %s is paused since %s: %s", s->settings->tenant,
			when_words(&when, b->pause.since_ms, since), b->pause.reason);
		text_line(stdout, "Until `depmend resume` every apply puts back what is off its "
				  "server and ends with status 4.");
		if (b->off.n)
			text_line(stdout, "%zu device%s off %s server now", b->off.n,
				b->off.n == 1 ? " is" : "s are", b->off.n == 1 ? "its" : "their");
	} else {
		text_line(stdout, "tenant %s is not paused", s->settings->tenant);
	}
}

static enum errc set(struct saved_run *s, const struct cli *cli, bool on, struct err *err)
{
	const char *reason = cli_text(cli, OPTION_REASON);
	struct open_business open;
	enum errc rc = ERR_OK;
	int64_t now = 0;

	if (on && (!reason || !*reason))
		rc = err_set(err, ERR_USAGE,
			"say why: --reason \"maintenance of the UEM until Monday\"");
	if (!rc)
		rc = saved_run_open_to_write(s, cli, true, err);
	if (!rc)
		rc = saved_run_now(s, &now, err);
	if (!rc)
		rc = on ? ledger_pause(s->store, str_from(reason), now, err)
			: ledger_resume(s->store, now, err);
	if (rc)
		return rc;
	rc = open_business_load(&open, s->store, STR_NONE, err);
	if (!rc)
		say(s, cli, &open);
	open_business_release(&open);
	return rc;
}

static enum errc pause_tenant(struct saved_run *s, const struct cli *cli, struct err *err)
{
	return set(s, cli, true, err);
}

static enum errc resume_tenant(struct saved_run *s, const struct cli *cli, struct err *err)
{
	return set(s, cli, false, err);
}

int cmd_pause(const struct cli *cli)
{
	return saved_run_command(cli, pause_tenant);
}

int cmd_resume(const struct cli *cli)
{
	return saved_run_command(cli, resume_tenant);
}
