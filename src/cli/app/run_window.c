#include "cli/app/run_window.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "forecast/schedule.h"

enum { KEY_BYTES = 80 };

struct off_estimate {
	bool any; /* devices are taken off to be put back */
	int64_t away_ms, most_ms;
};

/* What is kept of the plan's own estimate with the run. */
static enum errc keep(struct store *store, const struct run_record *run, const char *word,
	int64_t ms, struct err *err)
{
	char key[KEY_BYTES], text[24];

	(void)snprintf(key, sizeof(key), "%s.%s", word, run->name);
	(void)snprintf(text, sizeof(text), "%" PRId64, ms);
	return store_meta_put(store, key, str_from(text), err);
}

/* *ret stays where nothing was kept. */
static enum errc kept(struct store *store, const struct run_record *run, const char *word,
	int64_t *ret, struct err *err)
{
	char key[KEY_BYTES], *text = NULL;
	uint64_t ms;
	enum errc rc;

	(void)snprintf(key, sizeof(key), "%s.%s", word, run->name);
	rc = store_meta_get(store, key, &text, err);
	if (!rc && text && str_to_u64(str_from(text), &ms))
		*ret = (int64_t)ms;
	free(text);
	return rc;
}

/* How long its devices are off at most, and if all goes well. */
static enum errc estimate(struct context *p, const struct rules_policy *policy,
	const struct run_record *run, struct off_estimate *ret, struct err *err)
{
	const struct settings *set = p->settings;
	struct store *store = p->session.store;
	struct schedule schedule;
	enum errc rc;

	if (p->has_plan) {
		schedule_make(&p->plan, policy, &schedule);
		*ret = (struct off_estimate){ .any = schedule.in_flight > 0 };
		if (ret->any) {
			ret->away_ms = schedule.off_ms;
			ret->most_ms = schedule.off_at_most_ms;
		}
		rc = keep(store, run, "off", ret->most_ms, err);
		return rc ? rc : keep(store, run, "away", ret->away_ms, err);
	}
	/* It was begun without: what one device takes when every answer comes late, and at once. */
	ret->most_ms = set->timeouts.activity_ms * 2 + set->timeouts.sync_ms +
		       set->timeouts.settle_ms * 2;
	ret->away_ms = set->timeouts.settle_ms * 2;
	rc = kept(store, run, "off", &ret->most_ms, err);
	if (!rc)
		rc = kept(store, run, "away", &ret->away_ms, err);
	ret->any = ret->most_ms > 0;
	return rc;
}

enum errc run_window_find(struct window *ret, struct context *p, const struct rules_policy *policy,
	const struct run_record *run, struct err *err)
{
	struct transport *t = p->session.transport;
	int64_t now = transport_now(t);
	struct off_estimate off;
	enum errc rc;

	window_find(ret, p->settings, cli_time(p->cli, OPTION_UNTIL, TIME_NONE), now);
	if (!ret->given && transport_deadline(t) == INT64_MAX)
		return ERR_OK;
	rc = estimate(p, policy, run, &off, err);
	if (rc)
		return rc;
	/* And half as long again, for what goes less well. */
	ret->away_ms = off.any ? off.away_ms + off.away_ms / 2 : 0;
	if (!ret->given)
		return ERR_OK;
	window_limit(ret, p->settings, off.most_ms);
	if (off.most_ms && ret->end_ms != TIME_NONE && ret->end_ms != INT64_MAX)
		ret->binds = transport_until(t, ret->stop_ms, ret->end_ms);
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
