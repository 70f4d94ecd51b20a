#include "cli/app/run_news.h"

#include "base/log.h"
#include "cli/app/notify.h"
#include "report/webhook.h"
#include "store/ledger.h"

enum { BODY_MAX_BYTES = 128 * 1024 };

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
	struct err err;
	bool loaded = false, named = false;

	if (s->url.kind == SECRET_NONE)
		return;
	if (run)
		loaded = !load_new(&new, p, run, &err);
	if (run && s->serials)
		named = !open_items_load(
			&all, p->session.store, p->settings->tenant, run, NULL, &err);
	news.items = loaded ? &new : NULL;
	news.serials_of = named ? &all : NULL;
	if (webhook_events(&news) & s->on)
		send_news(p, &news);
	if (run)
		open_items_release(&new);
	if (run && s->serials)
		open_items_release(&all);
}
