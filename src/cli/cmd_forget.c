/* Lets go of what is open about some devices and cannot end by itself. Changes nothing at Apple or
 * the UEM. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/app/confirm.h"
#include "cli/app/saved_run.h"
#include "cli/app/who.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "facts/wipe_note.h"
#include "model/serial.h"
#include "report/ndjson.h"
#include "report/open_business.h"

struct forget {
	struct saved_run s;
	struct serial *serials;
	struct open_business *open; /* of each */
	bool *wipes;                /* of each: the UEM showed a wipe that waits */
	size_t n, n_open;           /* n_open: serials about which something is open */
};

static enum errc read_serials(struct forget *f, const struct cli *cli, struct err *err)
{
	f->serials = mem_zalloc((cli->n_args + 1) * sizeof(*f->serials));
	f->open = mem_zalloc((cli->n_args + 1) * sizeof(*f->open));
	f->wipes = mem_zalloc((cli->n_args + 1) * sizeof(*f->wipes));
	for (size_t i = 0; i < cli->n_args; i++) {
		struct serial *to = &f->serials[f->n];
		bool again = false;

		if (serial_read(str_from(cli->args[i]), to) != REASON_NONE)
			return err_set(err, ERR_USAGE, "'%s' is not a serial number", cli->args[i]);
		for (size_t k = 0; k < f->n; k++)
			again |= str_eq(serial_view(&f->serials[k]), serial_view(to));
		f->n += !again;
	}
	return ERR_OK;
}

static bool has_open(const struct open_business *b)
{
	return b->off.n || b->changes.n || b->n_open_deeds || b->waits.n;
}

static void print_open(
	const struct forget *f, size_t i, const struct when *when, const struct wipe_note *wipe)
{
	char since[WHEN_TEXT], seen[WHEN_TEXT];

	text_line(stderr, "%s%s", f->serials[i].text,
		has_open(&f->open[i]) || f->wipes[i] ? "" : "  nothing is open");
	open_business_print(&f->open[i], f->s.settings, when, SIZE_MAX, stderr);
	if (f->wipes[i])
		text_line(stderr,
			"wipe        the UEM showed one that waits: since %s, as last read %s",
			when_words(when, wipe->since_ms, since),
			when_words(when, wipe->seen_ms, seen));
}

static enum errc look(struct forget *f, const struct cli *cli, struct err *err)
{
	struct when when = saved_run_when(&f->s);
	struct wipe_note wipe;
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < f->n && !rc; i++) {
		struct str serial = serial_view(&f->serials[i]);

		rc = open_business_load(
			&f->open[i], f->s.store, f->s.settings, serial, when.now_ms, err);
		if (!rc)
			rc = wipe_note_find(f->s.store, serial, &wipe, &f->wipes[i], err);
		f->open[i].pause.paused = false;
		f->n_open += has_open(&f->open[i]) || f->wipes[i];
		if (!rc && !cli_count(cli, OPTION_JSON))
			print_open(f, i, &when, &wipe);
	}
	return rc;
}

static enum errc forget_each(
	struct forget *f, struct str reason, const struct cli *cli, struct err *err)
{
	struct buf who;
	int64_t now = 0;
	enum errc rc = saved_run_now(&f->s, &now, err);

	buf_init(&who, 1024);
	who_words(&who);
	for (size_t i = 0; i < f->n && !rc; i++) {
		uint32_t n = 0;
		struct ndjson j;

		if (has_open(&f->open[i]) || f->wipes[i])
			rc = ledger_forget(f->s.store, serial_view(&f->serials[i]), reason,
				buf_view(&who), now, &n, err);
		if (!rc && f->wipes[i])
			wipe_note_see(f->s.store, serial_view(&f->serials[i]), now, false);
		n += f->wipes[i];
		if (rc || !cli_count(cli, OPTION_JSON))
			continue;
		ndjson_begin(&j, "forgotten");
		json_put_str(&j.o, "serial", serial_view(&f->serials[i]));
		json_put_int(&j.o, "things", n);
		ndjson_end(&j, stdout);
	}
	buf_release(&who);
	return rc;
}

static enum errc forget_all(struct forget *f, const struct cli *cli, struct err *err)
{
	const char *reason = cli_text(cli, OPTION_REASON);
	enum errc rc;

	if (!reason || !*reason)
		return err_set(err, ERR_USAGE,
			"say why, for the audit trail: --reason \"returned to the seller\"");
	rc = read_serials(f, cli, err);
	if (!rc)
		rc = saved_run_open_to_write(&f->s, cli, false, err);
	if (!rc)
		rc = look(f, cli, err);
	if (!rc && f->n_open)
		rc = confirm_number(cli, "forget", f->n_open, err);
	if (!rc)
		rc = forget_each(f, str_from(reason), cli, err);
	if (!rc && !cli_count(cli, OPTION_QUIET) && !cli_count(cli, OPTION_JSON))
		text_line(stderr,
			f->n_open ? "forgot what was open about %zu %s; nothing was changed at "
				    "Apple or the UEM"
				  : "nothing is open about these devices: nothing to forget",
			f->n_open, f->n_open == 1 ? "device" : "devices");
	return rc;
}

int cmd_forget(const struct cli *cli)
{
	struct forget f = { 0 };
	struct err err;
	enum errc rc;

	saved_run_hold_output();
	rc = forget_all(&f, cli, &err);

	for (size_t i = 0; i < f.n; i++)
		open_business_release(&f.open[i]);
	free(f.open);
	free(f.wipes);
	free(f.serials);
	saved_run_close(&f.s);
	return rc ? cli_fail(cli, &err) : 0;
}
