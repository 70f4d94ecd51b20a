#include "plan/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

enum {
	MINUTE_MS = 60000,
	STEP_MIN = 15, /* clocks are changed at such times only */
	DAY_MIN = 1440,
	STEPS = 4 * DAY_MIN / STEP_MIN, /* a window that a change of clocks leaves out comes the
					   day after */
};

/* What the clocks of a zone show from a time on: minutes ahead of UTC, a quarter of an hour each.
 */
struct clocks {
	int16_t ahead[STEPS];
};

/* The zone of the process is what the C library can tell; it is given back. */
static void read_clocks(const char *zone, int64_t from_min, struct clocks *ret)
{
	const char *before = getenv("TZ");
	char *kept = before ? mem_strdup(before) : NULL, *name;
	struct tm tm;

	name = mem_printf("%s/%s", settings_zones(), zone);
	(void)setenv("TZ", name, 1);
	tzset();
	for (int i = 0; i < STEPS; i++) {
		time_t at = (time_t)((from_min + (int64_t)i * STEP_MIN) * 60);

		ret->ahead[i] = (int16_t)(localtime_r(&at, &tm) ? tm.tm_gmtoff / 60 : 0);
	}
	if (kept)
		(void)setenv("TZ", kept, 1);
	else
		(void)unsetenv("TZ");
	tzset();
	free(kept);
	free(name);
}

static bool is_in(const struct window_settings *w, int64_t minute_of_day)
{
	if (w->from_min < w->to_min)
		return minute_of_day >= w->from_min && minute_of_day < w->to_min;
	return minute_of_day >= w->from_min || minute_of_day < w->to_min;
}

struct window_search {
	const struct settings *s;
	struct clocks *clocks; /* of each window */
	int64_t from_min;      /* UTC; a multiple of STEP_MIN */
};

static bool is_open(const struct window_search *f, int64_t minute)
{
	int64_t step = (minute - f->from_min) / STEP_MIN;

	for (size_t i = 0; i < f->s->n_windows; i++)
		if (is_in(&f->s->windows[i], (minute + f->clocks[i].ahead[step]) % DAY_MIN))
			return true;
	return false;
}

/* The first minute from that one on that is open, or is not; TIME_NONE: none within days. */
static int64_t first(const struct window_search *f, int64_t minute, bool open)
{
	int64_t end = f->from_min + (int64_t)STEPS * STEP_MIN;

	while (minute < end && is_open(f, minute) != open)
		minute++;
	return minute < end ? minute : TIME_NONE;
}

static void find(struct window *w, const struct settings *s, int64_t now_ms)
{
	struct window_search f = { .s = s, .clocks = mem_alloc(s->n_windows * sizeof(*f.clocks)) };
	int64_t now = now_ms / MINUTE_MS, end = now, next;

	f.from_min = now - now % STEP_MIN;
	for (size_t i = 0; i < s->n_windows; i++)
		read_clocks(s->windows[i].zone, f.from_min, &f.clocks[i]);
	if (is_open(&f, now)) {
		end = first(&f, now, false);
		w->end_ms = end == TIME_NONE ? INT64_MAX : end * MINUTE_MS;
	}
	next = end == TIME_NONE ? TIME_NONE : first(&f, end, true);
	w->next_ms = next == TIME_NONE ? TIME_NONE : next * MINUTE_MS;
	free(f.clocks);
}

void window_find(struct window *ret, const struct settings *s, int64_t until_ms, int64_t now_ms)
{
	struct window w = { .given = s->n_windows || until_ms != TIME_NONE,
		.end_ms = TIME_NONE,
		.next_ms = TIME_NONE,
		.stop_ms = INT64_MAX };

	if (s->n_windows)
		find(&w, s, now_ms);
	else
		w.end_ms = INT64_MAX;
	if (until_ms != TIME_NONE && until_ms < w.end_ms)
		w.end_ms = until_ms;
	if (w.end_ms <= now_ms)
		w.end_ms = TIME_NONE;
	*ret = w;
	window_limit(ret, s, 0);
}

void window_limit(struct window *w, const struct settings *s, int64_t off_ms)
{
	/* What is on its way off has to be seen off before it is put back. */
	int64_t back_ms = s->timeouts.activity_ms + 3 * s->timeouts.settle_ms;

	w->off_ms = off_ms;
	w->last_off_ms = w->end_ms;
	if (w->end_ms == TIME_NONE || w->end_ms == INT64_MAX)
		return;
	w->last_off_ms = off_ms < w->end_ms ? w->end_ms - off_ms : TIME_NONE;
	w->stop_ms = w->end_ms - back_ms;
}

bool window_lets(const struct window *w, int64_t now_ms)
{
	return !w->given || (w->last_off_ms != TIME_NONE && now_ms < w->last_off_ms);
}

bool window_ends(const struct window *w, int64_t now_ms)
{
	return w->binds || !window_lets(w, now_ms);
}

const char *window_next(const struct window *w, char out[WINDOW_TEXT])
{
	char at[TIME_TEXT];

	if (w->next_ms == TIME_NONE)
		(void)snprintf(out, WINDOW_TEXT, "--until is over: run again without it");
	else
		(void)snprintf(out, WINDOW_TEXT, "the next window opens at %s",
			time_rfc3339_s(w->next_ms, at));
	return out;
}

enum errc window_why(const struct window *w, struct err *err)
{
	char next[WINDOW_TEXT], end[TIME_TEXT], off[TIME_TEXT];

	(void)window_next(w, next);
	if (w->end_ms == TIME_NONE)
		return err_set(err, ERR_TEMPFAIL,
			"no window is open in which devices may be off their server; %s, run "
			"again then",
			next);
	return err_set(err, ERR_TEMPFAIL,
		"the window ends at %s, and a device is off its server for up to %s: what is left "
		"waits; %s",
		time_rfc3339_s(w->end_ms, end), duration_words(w->off_ms, off), next);
}
