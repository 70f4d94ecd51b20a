#include "report/schedule.h"

#include <inttypes.h>

#include "base/plural.h"
#include "base/time.h"

/* Rounded up: a device is never away for longer than it says. */
static const char *within(int64_t ms, char text[TIME_TEXT])
{
	enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };
	int64_t step = ms > 24 * HOUR_MS ? HOUR_MS : ms > MINUTE_MS ? MINUTE_MS : 1000;

	return ms > INT64_MAX - step ? "ever" : duration_words((ms + step - 1) / step * step, text);
}

void schedule_print(const struct schedule *s, FILE *out)
{
	char a[TIME_TEXT], b[TIME_TEXT];

	(void)fprintf(out,
		"%-11s %" PRIu64 " change%s at Apple, %" PRIu64 " at the UEM, %" PRIu64 " sync%s\n",
		"requests", s->apple_changes, plural(s->apple_changes), s->uem_changes, s->syncs,
		plural(s->syncs));
	(void)fprintf(out,
		"%-11s %" PRIu64 " of Apple, %" PRIu64 " of the UEM (%" PRIu64 " and %" PRIu64
		" requests with look-ups)\n",
		"listings", s->apple_listings, s->uem_listings, s->apple_reads, s->uem_reads);
	(void)fprintf(out, "%-11s at most %" PRIu64 " to Apple, %" PRIu64 " to the UEM\n", "polls",
		s->apple_polls, s->uem_polls);
	if (s->uem_quota >= 0)
		(void)fprintf(out,
			"%-11s at most %" PRIu64 " calls; %" PRId64 " of the day's %" PRId64
			" are left\n",
			"uem quota", s->uem_changes + s->syncs + s->uem_reads + s->uem_polls,
			s->uem_quota_left, s->uem_quota);
	if (s->in_flight)
		(void)fprintf(out,
			"%-11s %" PRIu32 " writes to Apple for devices off their server; each is "
			"back within %s to %s\n",
			"reserved", s->reserved, within(s->off_ms, a),
			within(s->off_at_most_ms, b));
}
