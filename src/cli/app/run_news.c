#include "cli/app/run_news.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/app/notify.h"
#include "io/crypto.h"
#include "report/credential_ends.h"
#include "report/webhook.h"
#include "store/ledger.h"
#include "store/shared.h"

enum { BODY_MAX_BYTES = 128 * 1024, NAME_MAX_BYTES = 1024 };

static uint32_t count_off(struct store *store)
{
	struct ledger_custodies off;
	struct err err;
	uint32_t n;

	if (ledger_custodies(store, STR_NONE, &off, &err))
		return 0;
	n = (uint32_t)off.n;
	ledger_custodies_release(&off);
	return n;
}

/* Those that the run before did not have. */
static enum errc load_new(struct open_items *ret, const struct context *p,
	const struct run_record *run, struct err *err)
{
	struct store *store = p->session.store;
	struct run_record before;
	bool found = false;
	enum errc rc = open_items_before(store, run, &before, &found, err);

	return rc ? rc
		  : open_items_load(
			    ret, store, p->settings->tenant, run, found ? &before : NULL, err);
}

/* Each of 30, 14 and 3 days is told once, also when the end is another one by then. */
static bool is_news(struct store *store, const struct credential_end *e, int stage)
{
	char hash[SHA256_HEX], key[32], now[48], *told = NULL;
	struct buf name;
	struct err err;
	bool same;

	buf_init(&name, NAME_MAX_BYTES);
	buf_printf(&name, "%s %s", e->kind, e->name);
	sha256_hex(buf_view(&name), hash);
	buf_release(&name);
	(void)snprintf(key, sizeof(key), "expiry.%.16s", hash);
	(void)snprintf(now, sizeof(now), "%lld %d", (long long)e->at_ms, stage);
	if (shared_note_get(store_shared(store), key, &told, &err))
		return false;
	same = told && strcmp(told, now) == 0;
	free(told);
	return !same && !shared_note_put(store_shared(store), key, str_from(now), &err);
}

/* What ends soon, and was not told yet. */
static void find_expiry(const struct context *p, struct buf *out)
{
	struct credential_ends ends;
	int64_t now;

	if (!p->session.store || !p->session.clock ||
		!(p->settings->webhook.on & 1u << WEBHOOK_EXPIRY))
		return;
	now = clock_now(p->session.clock);
	credential_ends_find(&ends, p->settings);
	for (size_t i = 0; i < ends.n; i++) {
		int stage = credential_end_stage(&ends.v[i], now);

		if (!stage || !is_news(p->session.store, &ends.v[i], stage))
			continue;
		credential_end_words(&ends.v[i], now, out);
		buf_printf(out, ": %s\n", ends.v[i].remedy);
	}
}

static void send_news(const struct context *p, const struct webhook_news *news)
{
	struct buf body;

	buf_init(&body, BODY_MAX_BYTES);
	webhook_body(news, &p->settings->webhook, &body);
	if (body.full)
		log_warn("notify: the message would be too long");
	else
		notify_webhook(p->settings, buf_view(&body));
	buf_release(&body);
}

void run_news_send(const struct context *p, const struct run_record *run, int status,
	const struct summary *counts)
{
	const struct webhook_settings *s = &p->settings->webhook;
	struct open_items new = { 0 }, all = { 0 };
	struct webhook_news news = {
		.tenant = p->settings->tenant,
		.run = run ? run->name : NULL,
		.status = status,
		.counts = counts,
		.off_server = p->session.store ? count_off(p->session.store) : 0,
	};
	struct buf expiry;
	struct err err;
	bool loaded = false, named = false;

	if (s->url.kind == SECRET_NONE)
		return;
	buf_init(&expiry, BODY_MAX_BYTES);
	find_expiry(p, &expiry);
	news.expiry = buf_cstr(&expiry);
	if (run)
		loaded = !load_new(&new, p, run, &err);
	if (run && s->serials)
		named = !open_items_load(
			&all, p->session.store, p->settings->tenant, run, NULL, &err);
	news.items = loaded ? &new : NULL;
	news.serials_of = named ? &all : NULL;
	if (webhook_events(&news) & s->on)
		send_news(p, &news);
	buf_release(&expiry);
	if (run)
		open_items_release(&new);
	if (run && s->serials)
		open_items_release(&all);
}
