#include "cli/app/run_window.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "forecast/schedule.h"

enum { KEY_BYTES = 80 };

static enum errc keep_estimate(
	struct store *store, const char *key, int64_t off_ms, struct err *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, off_ms);
	return store_meta_put(store, key, str_from(text), err);
}

/* How long its devices are off at most. */
static enum errc estimate(struct context *p, const struct rules_policy *policy,
	const struct run_record *run, int64_t *ret, struct err *err)
{
	struct store *store = p->session.store;
	struct schedule schedule;
	char key[KEY_BYTES], *text = NULL;
	uint64_t kept;
	enum errc rc;

	(void)snprintf(key, sizeof(key), "off.%s", run->name);
	if (p->has_plan) {
		schedule_make(&p->plan, policy, &schedule);
		*ret = schedule.in_flight ? schedule.off_at_most_ms : 0;
		return keep_estimate(store, key, *ret, err);
	}
	rc = store_meta_get(store, key, &text, err);
	if (rc)
		return rc;
	/* It was begun without windows: what one device takes when every answer comes late. */
	*ret = p->settings->timeouts.activity_ms * 2 + p->settings->timeouts.sync_ms +
	       p->settings->timeouts.settle_ms * 2;
	if (text && str_to_u64(str_from(text), &kept))
		*ret = (int64_t)kept;
	free(text);
	return ERR_OK;
}

enum errc run_window_find(struct window *ret, struct context *p, const struct rules_policy *policy,
	const struct run_record *run, struct err *err)
{
	int64_t now = transport_now(p->session.transport), off_ms;
	enum errc rc;

	window_find(ret, p->settings, cli_time(p->cli, OPTION_UNTIL, TIME_NONE), now);
	if (!ret->given)
		return ERR_OK;
	rc = estimate(p, policy, run, &off_ms, err);
	if (rc)
		return rc;
	window_limit(ret, p->settings, off_ms);
	if (off_ms && ret->end_ms != TIME_NONE && ret->end_ms != INT64_MAX)
		ret->binds = transport_until(p->session.transport, ret->stop_ms, ret->end_ms);
	return ERR_OK;
}

void run_window_print(const struct context *p, int64_t off_ms, const struct when *when, FILE *out)
{
	int64_t now = transport_now(p->session.transport);
	struct window w;
	struct err why;
	char end[WHEN_TEXT];

	window_find(&w, p->settings, TIME_NONE, now);
	if (!w.given)
		return;
	window_limit(&w, p->settings, off_ms);
	if (!window_lets(&w, now)) {
		(void)window_why(&w, &why);
		text_line(out, "%-11s %s", "window", why.msg);
	} else if (w.end_ms != INT64_MAX) {
		text_line(out, "%-11s open until %s", "window", when_words(when, w.end_ms, end));
	}
}
