/*
 * Instants and durations. Every instant is int64 milliseconds since 1970 UTC; a date without a
 * time is 00:00 UTC of that day; nothing here asks the system for the time or the time zone.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/err.h"
#include "base/str.h"

#define TIME_NONE INT64_MIN
/* A time was given, and which one cannot be told. */
#define TIME_UNKNOWN (INT64_MIN + 1)

/* How somebody writes 05/11/2026. */
enum date_order { DATE_ORDER_UNKNOWN, DATE_ORDER_DMY, DATE_ORDER_MDY };

/* `30d`, `500ms`, `6mo`: milliseconds plus civil months, since months differ in length. */
struct duration {
	int64_t ms;
	int32_t months;
};

/* RFC 3339 with 0 to 9 fraction digits and Z or an offset, the same without a zone (UTC), or
 * YYYY-MM-DD. False when the text is anything else or outside the years 0001-9999. */
bool time_parse(struct str s, int64_t *ret_ms);
/* When the day begins, in UTC; false when there is none such. */
bool time_of_date(int64_t year, int64_t month, int64_t day, int64_t *ret_ms);

/* strptime subset: %Y %m %d %H %M %S %y %b %B (English) %p %I %% and literal bytes without case; %m
 * %d and the time take one or two digits. UTC. False also when the format is not valid. */
bool time_parse_format(struct str s, struct str format, int64_t *ret_ms);
/* Whether the format uses only those, names a whole date, and %I and %p only together. */
bool time_format_valid(struct str format);

/* Whether the instant is one of those that systems write for "never": a day at the begin of their
 * count of years. */
bool time_begins_count(int64_t at_ms);
static inline bool time_is_never(int64_t at_ms)
{
	const int64_t first_1971 = INT64_C(365) * 24 * 60 * 60 * 1000;

	return at_ms < first_1971 && time_begins_count(at_ms);
}
/* Whether it can be a time of a device: of this calendar, not the year 1448 or 2569 of another; the
 * year 9999 is how systems write "for ever". */
bool time_is_plausible(int64_t at_ms);
bool time_is_for_ever(int64_t at_ms);

/* 500ms 90s 30m 12h 30d 2w 6mo 1y; a plain number or more than 9999 years is refused. */
bool duration_parse(struct str s, struct duration *ret);
/* at + sign * d; months are civil: 31 March - 1mo is the last day of February. Stays within the
 * years 0001-9999; TIME_NONE stays TIME_NONE. */
int64_t time_shift(int64_t at_ms, struct duration d, int sign);

/* 2026-11-22T03:04:05.000Z; empty for TIME_NONE. Returns `out`, which needs TIME_TEXT bytes. */
enum { TIME_TEXT = 32 };
const char *time_rfc3339(int64_t at_ms, char out[TIME_TEXT]);
/* Whole seconds: 2026-11-22T03:04:05Z. */
const char *time_rfc3339_s(int64_t at_ms, char out[TIME_TEXT]);
/* For people: 45 s, 12 min, 3 h 20 min, 2 d 4 h. */
const char *duration_words(int64_t ms, char out[TIME_TEXT]);

#endif
