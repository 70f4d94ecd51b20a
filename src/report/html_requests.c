/* Requests of the run's time against the limits: how many were in any trailing window. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "report/html_parts.h"
#include "store/shared.h"

enum { POINTS = 240, LEFT = 52, RIGHT = 716, TOP = 12, BOTTOM = 104, BEFORE_MS = 3600 * 1000 };

struct span {
	int64_t from_ms, until_ms;
};

/* --- counting --- */

struct series {
	struct rate rate;
	struct span span;
	int64_t *at; /* of the requests within the window, from `first` on */
	uint32_t first, n, cap;
	uint32_t at_point, most;
	uint64_t total; /* within the span */
	uint32_t points[POINTS];
};

static int64_t point_ms(const struct series *s, uint32_t i)
{
	return s->span.from_ms + (s->span.until_ms - s->span.from_ms) / POINTS * (int64_t)i;
}

static uint32_t within(struct series *s, int64_t now_ms)
{
	while (s->first < s->n && s->at[s->first] <= now_ms - s->rate.window_ms)
		s->first++;
	return s->n - s->first;
}

static void see(struct series *s, uint32_t count)
{
	if (count > s->points[s->at_point])
		s->points[s->at_point] = count;
	if (count > s->most)
		s->most = count;
}

/* What is still in the window when nothing is sent counts, too. */
static void go_to(struct series *s, int64_t now_ms)
{
	while (s->at_point + 1 < POINTS && point_ms(s, s->at_point + 1) <= now_ms) {
		s->at_point++;
		see(s, within(s, point_ms(s, s->at_point)));
	}
}

static enum errc add_request(void *self, int64_t at_ms, struct err *err)
{
	struct series *s = self;

	(void)err;
	go_to(s, at_ms);
	if (s->first > s->n / 2) {
		memmove(s->at, s->at + s->first, (s->n - s->first) * sizeof(*s->at));
		s->n -= s->first;
		s->first = 0;
	}
	MEM_GROW(s->at, s->n, s->cap);
	s->at[s->n++] = at_ms;
	if (at_ms < s->span.from_ms)
		return ERR_OK;
	s->total++;
	see(s, within(s, at_ms));
	return ERR_OK;
}

/* --- drawing --- */

static double y_of(const struct series *s, uint32_t count)
{
	uint32_t highest = s->most > s->rate.n ? s->most : s->rate.n;

	return BOTTOM - (double)(BOTTOM - TOP) * count / (highest ? highest : 1);
}

static void put_area(struct html_page *p, const struct series *s)
{
	double step = (double)(RIGHT - LEFT) / POINTS;

	page_printf(p, "<path class=\"area\" d=\"M%d %d", LEFT, BOTTOM);
	for (int i = 0; i < POINTS; i++)
		page_printf(p, "V%.1fH%.1f", y_of(s, s->points[i]), LEFT + step * (i + 1));
	page_printf(p, "V%dZ\"/>", BOTTOM);
}

static void put_times(struct html_page *p, const struct span *span)
{
	char from[TIME_TEXT], until[TIME_TEXT];

	(void)time_rfc3339_s(span->from_ms, from);
	(void)time_rfc3339_s(span->until_ms, until);
	page_printf(p,
		"<text x=\"%d\" y=\"%d\">%.10s %.8s UTC</text>"
		"<text class=\"end\" x=\"%d\" y=\"%d\">%.10s %.8s UTC</text>",
		LEFT, BOTTOM + 16, from, from + 11, RIGHT, BOTTOM + 16, until, until + 11);
}

static void put_chart(struct html_page *p, const char *name, const struct series *s)
{
	double limit = y_of(s, s->rate.n);
	char window[TIME_TEXT];

	(void)duration_words(s->rate.window_ms, window);
	page_printf(p, "<figure>\n<figcaption><strong>%s</strong>: ", name);
	page_number(p, s->total);
	page_printf(p, " sent; at most %u in any %s", s->most, window);
	page_printf(p,
		", the limit is %u</figcaption>\n<svg class=\"line\" viewBox=\"0 0 720 126\" ",
		s->rate.n);
	page_printf(
		p, "role=\"img\" aria-label=\"%s: requests in the trailing %s\">", name, window);
	put_area(p, s);
	page_printf(p,
		"<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>"
		"<line class=\"limit\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>",
		LEFT, BOTTOM, RIGHT, BOTTOM, LEFT, limit, RIGHT, limit);
	page_printf(p,
		"<text class=\"end\" x=\"%d\" y=\"%d\">0</text>"
		"<text class=\"end\" x=\"%d\" y=\"%.1f\">%u</text>",
		LEFT - 6, BOTTOM, LEFT - 6, limit + 4, s->rate.n);
	put_times(p, &s->span);
	page_raw(p, "</svg>\n</figure>\n");
}

/* --- both --- */

static enum errc widen(void *self, int64_t at_ms, struct err *err)
{
	struct span *span = self;

	(void)err;
	if (at_ms < span->from_ms)
		span->from_ms = at_ms;
	if (at_ms > span->until_ms)
		span->until_ms = at_ms;
	return ERR_OK;
}

/* The plan's readings come before the run has a name. */
static enum errc find_span(const struct report_source *s, struct span *ret, struct err *err)
{
	const struct run_record *run = s->run;
	bool ended = run->finished_ms != TIME_NONE;
	enum errc rc = ERR_OK;

	*ret = (struct span){ run->created_ms, ended ? run->finished_ms : run->created_ms };
	for (int c = 0; c < RATE_CLASSES && !rc; c++)
		rc = shared_sent_span(store_shared(s->store), c, run->created_ms - BEFORE_MS,
			ended ? run->finished_ms : INT64_MAX, widen, ret, err);
	if (ret->until_ms < ret->from_ms + POINTS)
		ret->until_ms = ret->from_ms + POINTS;
	return rc;
}

static enum errc put_class(
	struct html *h, int rate_class, const char *name, struct span span, struct err *err)
{
	const struct report_source *src = h->source;
	struct series s = { .rate = src->settings->rates[rate_class], .span = span };
	enum errc rc = shared_sent_span(store_shared(src->store), rate_class,
		span.from_ms - s.rate.window_ms, span.until_ms, add_request, &s, err);

	go_to(&s, span.until_ms);
	if (!rc && s.total)
		put_chart(&h->page, name, &s);
	else if (!rc)
		page_printf(&h->page, "<p><strong>%s</strong>: none that is still remembered</p>\n",
			name);
	free(s.at);
	return rc;
}

enum errc html_requests(struct html *h, struct err *err)
{
	static const char *const names[RATE_CLASSES] = {
		[RATE_APPLE_WRITE] = "Changes at Apple",
		[RATE_APPLE_READ] = "Reads at Apple",
		[RATE_UEM] = "Requests to the UEM",
	};
	struct span span;
	enum errc rc = find_span(h->source, &span, err);

	page_raw(&h->page,
		"<section id=\"requests\">\n<h2>Requests against the limits</h2>\n<p>How many were "
		"sent within the window of each limit, up to every moment of the run, by this and "
		"any other run of the organization. Times of requests are kept for seven days; the "
		"limits are those of the settings when this page was written.</p>\n");
	for (int c = 0; c < RATE_CLASSES && !rc; c++)
		if (c != RATE_UEM || h->source->settings->has_uem)
			rc = put_class(h, c, names[c], span, err);
	page_raw(&h->page, "</section>\n");
	return rc;
}
