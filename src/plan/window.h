/*
 * When devices may be off their servers: `windows:` of the settings and --until. A window is told
 * by clocks on the wall, so that it is an hour longer or shorter in the nights when they are
 * changed.
 */
#ifndef PLAN_WINDOW_H
#define PLAN_WINDOW_H

#include "base/time.h"
#include "model/settings.h"

struct window {
	bool given;          /* there are windows, or --until */
	int64_t end_ms;      /* of the one that is open; TIME_NONE: none is */
	int64_t next_ms;     /* when the next one opens; TIME_NONE: none will, with --until alone */
	int64_t off_ms;      /* how long a device is off at most, as the plan says */
	int64_t last_off_ms; /* later no device is taken off; TIME_NONE: none at all */
	int64_t stop_ms;     /* what is off by then is put back; INT64_MAX: no need */
	bool binds;          /* that is before --max-wait ends */
	int64_t away_ms;     /* the same, if all goes well; 0: not known */
};

/* until_ms TIME_NONE: no --until. */
void window_find(struct window *ret, const struct settings *s, int64_t until_ms, int64_t now_ms);
/* For a plan whose devices are off for so long at most. */
void window_limit(struct window *w, const struct settings *s, int64_t off_ms);
/* Whether a device may be taken off now. */
bool window_lets(const struct window *w, int64_t now_ms);
/* Whether it is the window, not --max-wait, that ends what takes longer. */
bool window_ends(const struct window *w, int64_t now_ms);
/* ERR_TEMPFAIL says why none may be, and when it goes on. */
enum errc window_why(const struct window *w, struct err *err);
/* When it goes on, for rows that wait: "from 2026-11-23T21:00:00Z on". Returns out. */
enum { WINDOW_TEXT = 80 };
const char *window_next(const struct window *w, char out[WINDOW_TEXT]);

#endif
