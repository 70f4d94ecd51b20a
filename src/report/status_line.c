#include "report/status_line.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"

enum { DAY_MS = 86400000, PART_BYTES = 80 };

/* In the order of the line. */
enum part {
	PART_DONE,
	PART_OK,
	PART_FAILED,
	PART_OFF,
	PART_REQUESTS,
	PART_WAIT,
	PART_FINISH,
	PARTS
};
/* What is left out first when there is no room. */
static const enum part dispensable[] = { PART_REQUESTS, PART_FINISH, PART_OK, PART_OFF,
	PART_FAILED };
enum { DISPENSABLE = sizeof(dispensable) / sizeof(*dispensable) };

typedef char part_texts[PARTS][PART_BYTES];

/* 13:05:00; on another day 11-24 13:05. */
static void clock_words(int64_t at_ms, int64_t now_ms, char ret[TIME_TEXT])
{
	bool today = at_ms - now_ms < DAY_MS;
	char text[TIME_TEXT];

	(void)time_rfc3339_s(at_ms, text);
	(void)snprintf(ret, TIME_TEXT, "%.*s", today ? 8 : 11, text + (today ? 11 : 5));
	if (!today)
		ret[5] = ' ';
}

static void write_counts(const struct standing *s, bool brief, part_texts p)
{
	if (!s->total) {
		(void)snprintf(p[PART_DONE], PART_BYTES, "%s%s%" PRIu64 " requests",
			brief ? "" : s->what, brief ? "" : ": ", s->requests);
		return;
	}
	(void)snprintf(p[PART_DONE], PART_BYTES, "%s%s%u/%u", brief ? "" : s->what,
		brief ? "" : ": ", s->settled, s->total);
	if (s->settled > s->failed)
		(void)snprintf(p[PART_OK], PART_BYTES, "%u ok", s->settled - s->failed);
	if (s->failed)
		(void)snprintf(
			p[PART_FAILED], PART_BYTES, brief ? "%u bad" : "%u failed", s->failed);
	if (s->requests_total)
		(void)snprintf(p[PART_REQUESTS], PART_BYTES, "%" PRIu64 "/%" PRIu64 "%s",
			s->requests, s->requests_total, brief ? "r" : " requests");
	if (s->in_flight)
		(void)snprintf(
			p[PART_OFF], PART_BYTES, brief ? "%u off" : "%u in flight", s->in_flight);
}

static void write_times(const struct standing *s, bool brief, part_texts p)
{
	char at[TIME_TEXT];

	if (s->waiting_for) {
		const char *last = strrchr(s->waiting_for, ' ');

		clock_words(s->waiting_until_ms, s->now_ms, at);
		if (brief)
			(void)snprintf(p[PART_WAIT], PART_BYTES, "%s %s",
				last ? last + 1 : s->waiting_for, at);
		else
			(void)snprintf(p[PART_WAIT], PART_BYTES, "waiting for %s until %sZ",
				s->waiting_for, at);
	}
	if (s->finish_ms != TIME_NONE) {
		clock_words(s->finish_ms, s->now_ms, at);
		(void)snprintf(p[PART_FINISH], PART_BYTES, brief ? "~%s" : "ends about %sZ", at);
	}
}

static size_t join(part_texts p, const char *between, char ret[STATUS_LINE_BYTES])
{
	size_t n = 0;

	ret[0] = '\0';
	for (int i = 0; i < PARTS; i++)
		if (p[i][0] && n < STATUS_LINE_BYTES)
			n += (size_t)snprintf(
				ret + n, STATUS_LINE_BYTES - n, "%s%s", n ? between : "", p[i]);
	return n < STATUS_LINE_BYTES ? n : STATUS_LINE_BYTES - 1;
}

void status_line(const struct standing *s, size_t width, char ret[STATUS_LINE_BYTES])
{
	part_texts p = { 0 }, q = { 0 };
	size_t n;

	write_counts(s, false, p);
	write_times(s, false, p);
	n = join(p, ", ", ret);
	if (n <= width)
		return;
	write_counts(s, true, q);
	write_times(s, true, q);
	n = join(q, " ", ret);
	for (int i = 0; i < DISPENSABLE && n > width; i++) {
		q[dispensable[i]][0] = '\0';
		n = join(q, " ", ret);
	}
	if (n > width)
		ret[width] = '\0';
}
