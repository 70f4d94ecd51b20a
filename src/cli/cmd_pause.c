/* A tenant's brake: while it is on, devices come back and nothing else is sent. */
#include <stdio.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/app/saved_run.h"
#include "cli/app/who.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "report/ndjson.h"
#include "report/open_business.h"

static void say_to_people(
	const struct saved_run *s, const struct open_business *b, bool ended, FILE *out)
{
	struct when when = saved_run_when(s);
	char since[WHEN_TEXT];

	if (!b->pause.paused) {
		text_line(out, "tenant %s is %s", s->settings->tenant,
			ended ? "no longer paused; what was stopped goes on when its `apply` is "
				"typed again"
			      : "not paused");
		return;
	}
	text_line(out, "tenant %s is paused since %s%s%s: %s", s->settings->tenant,
		when_words(&when, b->pause.since_ms, since), b->pause.by[0] ? " by " : "",
		b->pause.by, b->pause.reason);
	text_line(out, "Until `depmend resume` every apply puts back what is off its server and "
		       "ends with status 4.");
	if (b->off.n)
		text_line(out, "%zu device%s off %s server now", b->off.n,
			b->off.n == 1 ? " is" : "s are", b->off.n == 1 ? "its" : "their");
}

/* ended: there was a pause until now. */
static void say(
	const struct saved_run *s, const struct cli *cli, const struct open_business *b, bool ended)
{
	struct cli_page page;
	struct ndjson j;

	if (cli_count(cli, OPTION_JSON)) {
		ndjson_begin(&j, "pause");
		json_put_bool(&j.o, "paused", b->pause.paused);
		ndjson_time(&j, "since", b->pause.paused ? b->pause.since_ms : TIME_NONE);
		ndjson_text(&j, "reason", b->pause.paused ? str_from(b->pause.reason) : STR_NONE);
		ndjson_text(&j, "by", b->pause.paused ? str_from(b->pause.by) : STR_NONE);
		json_put_int(&j.o, "off_server", (int64_t)b->off.n);
		ndjson_end(&j, stdout);
	} else {
		say_to_people(s, b, ended, cli_page_begin(&page, stdout));
		cli_page_end(&page);
	}
}

static enum errc set(struct saved_run *s, const struct cli *cli, bool on, struct err *err)
{
	const char *reason = cli_text(cli, OPTION_REASON);
	struct open_business open;
	enum errc rc = ERR_OK;
	bool ended = false;
	int64_t now = 0;
	struct buf who;

	if (on && (!reason || !*reason))
		rc = err_set(err, ERR_USAGE,
			"say why: --reason \"maintenance of the UEM until Monday\"");
	if (!rc)
		rc = saved_run_open_to_write(s, cli, true, err);
	if (!rc)
		rc = saved_run_now(s, &now, err);
	if (!rc && !on) {
		rc = open_business_load(&open, s->store, s->settings, STR_NONE, now, err);
		ended = !rc && open.pause.paused;
		open_business_release(&open);
	}
	buf_init(&who, 1024);
	who_words(&who);
	if (!rc)
		rc = on ? ledger_pause(s->store, str_from(reason), buf_view(&who), now, err)
			: ledger_resume(s->store, now, err);
	buf_release(&who);
	if (rc)
		return rc;
	rc = open_business_load(&open, s->store, s->settings, STR_NONE, now, err);
	if (!rc)
		say(s, cli, &open, ended);
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
