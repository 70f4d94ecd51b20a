/*
 * Times in replies. A time is read rightly or not at all: every notation that was seen in the field
 * and means one instant is known here, and everything else is TIME_UNKNOWN.
 *
 *	2026-11-22T03:04:05.678Z    also with +01:00, +0100, +01, a comma, a blank; a time with a
 *	                            zone or a half of the day may leave out the seconds
 *	11/22/2026 3:04:05 PM       the console's, in the order of the tenant's locale
 *	/Date(1795316645000)/       .NET's JSON; milliseconds since 1970
 */
#include "services/wire.h"

enum { TIME_MAX_BYTES = 48, DAY_MS = 24 * 3600 * 1000 };
/* One character of the text that counts as a blank: 0 when it is none. Newer runtimes put a narrow
 * no-break space before PM. */
static size_t blank_at(struct str s)
{
	if (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		return 1;
	if (s.n >= 2 && memcmp(s.p, "\xc2\xa0", 2) == 0)
		return 2;
	return s.n >= 3 && memcmp(s.p, "\xe2\x80\xaf", 3) == 0 ? 3 : 0;
}

static struct str rest_of(struct str s, size_t from)
{
	return str_sub(s, from, s.n - from);
}

static void skip_blanks(struct str *s)
{
	for (size_t n; (n = blank_at(*s)) != 0;)
		*s = rest_of(*s, n);
}

/* min to max digits; how many there were. */
static size_t take_digits(struct str *s, size_t min, size_t max, int64_t *ret)
{
	size_t n = 0;
	int64_t v = 0;

	while (n < s->n && n < max && s->p[n] >= '0' && s->p[n] <= '9')
		v = v * 10 + (s->p[n++] - '0');
	if (n < min || (n < s->n && s->p[n] >= '0' && s->p[n] <= '9'))
		return 0;
	*s = rest_of(*s, n);
	*ret = v;
	return n;
}

static bool take(struct str *s, char c)
{
	if (s->n == 0 || ascii_upper(s->p[0]) != c)
		return false;
	*s = rest_of(*s, 1);
	return true;
}

struct fields {
	int64_t year, month, day, hour, minute, second, ms;
	int64_t offset_min;       /* ahead of UTC */
	bool seconds, half, zone; /* were written */
};

/* --- the time of day --- */

/* .5 and ,123456789: milliseconds, the rest is cut. */
static bool take_fraction(struct str *s, struct fields *f)
{
	int64_t digit, scale = 100;
	size_t n = 0;

	if (!take(s, '.') && !take(s, ','))
		return true;
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9') {
		digit = s->p[n++] - '0';
		f->ms += digit * scale;
		scale /= 10;
	}
	*s = rest_of(*s, n);
	return n > 0 && n <= 9;
}

static bool take_half(struct str *s, struct fields *f)
{
	bool pm = str_starts_nocase(*s, STR("PM"));

	if (!pm && !str_starts_nocase(*s, STR("AM")))
		return true;
	*s = rest_of(*s, 2);
	if (f->hour < 1 || f->hour > 12)
		return false;
	f->half = true;
	f->hour = f->hour % 12 + (pm ? 12 : 0);
	return true;
}

static bool take_clock(struct str *s, struct fields *f)
{
	if (!take_digits(s, 1, 2, &f->hour) || !take(s, ':') ||
		take_digits(s, 2, 2, &f->minute) != 2)
		return false;
	f->seconds = take(s, ':');
	if (f->seconds && (take_digits(s, 2, 2, &f->second) != 2 || !take_fraction(s, f)))
		return false;
	skip_blanks(s);
	return take_half(s, f);
}

/* Z, +01:00, +0100, +01, or nothing, which is UTC. */
static bool take_zone(struct str *s, struct fields *f)
{
	int64_t sign = 1, hour, minute = 0;
	size_t n = 0;

	skip_blanks(s);
	if (s->n == 0)
		return true;
	f->zone = true;
	if (take(s, 'Z'))
		return s->n == 0;
	if (!take(s, '+')) {
		sign = -1;
		if (!take(s, '-'))
			return false;
	}
	n = take_digits(s, 2, 4, &hour);
	if (n == 4) {
		minute = hour % 100;
		hour /= 100;
	} else if (n != 2 || (take(s, ':') && take_digits(s, 2, 2, &minute) != 2)) {
		return false;
	}
	f->offset_min = sign * (hour * 60 + minute);
	return s->n == 0 && hour <= 14 && minute <= 59;
}

/* --- the date --- */

/* Which of the first two numbers is the day. False when both can be, and nobody says. */
static bool tell_apart(int64_t a, int64_t b, enum date_order order, struct fields *f)
{
	bool dmy = b <= 12, mdy = a <= 12;

	if (a == b || (order == DATE_ORDER_DMY && dmy) ||
		(order == DATE_ORDER_UNKNOWN && dmy && !mdy)) {
		f->day = a;
		f->month = b;
		return true;
	}
	f->month = a;
	f->day = b;
	return (order == DATE_ORDER_MDY && mdy) || (order == DATE_ORDER_UNKNOWN && mdy && !dmy);
}

/* 2026-11-22, 2026/11/22, 11/22/2026, 22.11.2026 */
static bool take_date(struct str *s, enum date_order order, struct fields *f)
{
	int64_t a, b, c;
	size_t n_first = take_digits(s, 1, 4, &a), n_last;
	char mark = s->n ? s->p[0] : '\0';

	if (!n_first || (mark != '-' && mark != '/' && mark != '.') || !take(s, mark) ||
		!take_digits(s, 1, 2, &b) || !take(s, mark))
		return false;
	n_last = take_digits(s, 1, 4, &c);
	if (n_first == 4 && n_last && n_last <= 2) {
		*f = (struct fields){ .year = a, .month = b, .day = c };
		return true;
	}
	if (n_first > 2 || n_last != 4)
		return false;
	f->year = c;
	return tell_apart(a, b, order, f);
}

static bool in_bounds(const struct fields *f)
{
	return f->hour <= 23 && f->minute <= 59 && f->second <= 60;
}

static bool instant_of(const struct fields *f, int64_t *ret)
{
	int64_t day;

	if (!in_bounds(f) || !time_of_date(f->year, f->month, f->day, &day))
		return false;
	*ret = day + ((f->hour * 60 + f->minute - f->offset_min) * 60 + f->second) * 1000 + f->ms;
	return true;
}

/* What was cut short must not pass for a time of its own: without seconds something else has to
 * show that it is whole, if only that no time of that day is one. */
static bool read_written(struct str s, enum date_order order, int64_t *ret, bool *ret_zone)
{
	struct fields f = { 0 };
	bool whole = true;

	if (!take_date(&s, order, &f))
		return false;
	if (s.n) {
		if (!take(&s, 'T') && !blank_at(s))
			return false;
		skip_blanks(&s);
		if (!take_clock(&s, &f) || !take_zone(&s, &f))
			return false;
		whole = f.seconds || f.half || f.zone;
	}
	*ret_zone = f.zone;
	return instant_of(&f, ret) && (whole || time_is_never(*ret));
}

/* /Date(1795316645000)/ and /Date(1795316645000+0100)/, whose zone only says how to show it. */
static bool read_counted(struct str s, int64_t *ret)
{
	int64_t ms, zone;
	bool minus;

	if (!str_starts_nocase(s, STR("/Date(")) || !str_ends_nocase(s, STR(")/")))
		return false;
	s = str_sub(s, 6, s.n - 8);
	minus = take(&s, '-');
	if (!take_digits(&s, 1, 15, &ms))
		return false;
	if (s.n && ((!take(&s, '+') && !take(&s, '-')) || take_digits(&s, 4, 4, &zone) != 4))
		return false;
	*ret = minus ? -ms : ms;
	/* Seconds of today are a day of January 1970 when they are taken for milliseconds. */
	return s.n == 0 && (ms <= DAY_MS || !time_is_never(*ret) || minus);
}

static int64_t read_time(const struct json *v, enum date_order order, bool zoned)
{
	struct str text = json_text(v);
	bool has_zone = true;
	int64_t at_ms;

	skip_blanks(&text);
	text = str_trim(text);
	if (json_is_null(v) || (json_is_string(v) && text.n == 0))
		return TIME_NONE;
	if (text.n > TIME_MAX_BYTES ||
		(!read_counted(text, &at_ms) && !read_written(text, order, &at_ms, &has_zone)))
		return TIME_UNKNOWN;
	if (time_is_never(at_ms))
		return TIME_NONE;
	if (!time_is_plausible(at_ms))
		return TIME_UNKNOWN;
	return has_zone || !zoned ? at_ms : TIME_UNKNOWN;
}

int64_t wire_happened(int64_t at_ms)
{
	return time_is_for_ever(at_ms) ? TIME_UNKNOWN : at_ms;
}

int64_t wire_time(const struct json *v, enum date_order order)
{
	return read_time(v, order, false);
}

int64_t wire_time_zoned(const struct json *v)
{
	return read_time(v, DATE_ORDER_UNKNOWN, true);
}
