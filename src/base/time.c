#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"

enum { MS_SECOND = 1000, MS_MINUTE = 60 * MS_SECOND, MS_HOUR = 60 * MS_MINUTE };
enum { MS_DAY = 24 * MS_HOUR, MAX_YEAR = 9999, MAX_MONTHS = MAX_YEAR * 12 };

/* 0001-01-01 and the last millisecond of 9999-12-31. */
#define TIME_FIRST (INT64_C(-62135596800) * MS_SECOND)
#define TIME_LAST (INT64_C(253402300800) * MS_SECOND - 1)
#define DURATION_MAX (TIME_LAST - TIME_FIRST)

struct civil {
	int64_t year;
	int month, day, hour, minute, second; /* month and day from 1 */
};

static const short days_before[13] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int64_t year, int month)
{
	return days_before[month] - days_before[month - 1] + (month == 2 && is_leap(year));
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days from 1970-01-01 to 1 January of the year, which is no earlier than 10,399 BC: counted from
 * 26 times 400 years before, all counts are positive. */
static int64_t days_to_year(int64_t year)
{
	unsigned y = (unsigned)(year - 1 + 26 * 400);

	return (int64_t)(365 * y + y / 4 - y / 100 + y / 400) - 719162 - 26 * INT64_C(146097);
}

static int64_t civil_day(int64_t year, int month, int day)
{
	return days_to_year(year) + days_before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
}

static bool civil_ok(const struct civil *c)
{
	return c->year >= 1 && c->year <= MAX_YEAR && c->month >= 1 && c->month <= 12 &&
	       c->day >= 1 && c->day <= days_in_month(c->year, c->month) && c->hour <= 23 &&
	       c->minute <= 59 && c->second <= 60;
}

static int64_t civil_ms(const struct civil *c)
{
	return civil_day(c->year, c->month, c->day) * MS_DAY + c->hour * (int64_t)MS_HOUR +
	       c->minute * (int64_t)MS_MINUTE + c->second * (int64_t)MS_SECOND;
}

/* The time of day stays in the rest that is returned. */
static int64_t civil_from_ms(int64_t at_ms, struct civil *ret)
{
	int64_t day = floor_div(at_ms, MS_DAY), rest = at_ms - day * MS_DAY;
	int64_t year = 1970 + floor_div(day * 400, 146097);
	int month = 1;

	/* The estimate from the mean length of a year is off by one at most. */
	while (days_to_year(year + 1) <= day)
		year++;
	while (days_to_year(year) > day)
		year--;
	day -= days_to_year(year);
	while (day >= days_in_month(year, month))
		day -= days_in_month(year, month++);
	*ret = (struct civil){ .year = year,
		.month = month,
		.day = (int)day + 1,
		.hour = (int)(rest / MS_HOUR),
		.minute = (int)(rest / MS_MINUTE % 60),
		.second = (int)(rest / MS_SECOND % 60) };
	return rest;
}

/* Exactly `width` digits at the start of *s, which moves on. */
static bool take_number(struct str *s, size_t width, int *ret)
{
	int v = 0;

	if (s->n < width)
		return false;
	for (size_t i = 0; i < width; i++) {
		unsigned d = (unsigned)(s->p[i] - '0');

		if (d > 9)
			return false;
		v = v * 10 + (int)d;
	}
	*s = str_sub(*s, width, s->n - width);
	*ret = v;
	return true;
}

static bool take_char(struct str *s, char c)
{
	if (s->n == 0 || ascii_upper(s->p[0]) != c)
		return false;
	*s = str_sub(*s, 1, s->n - 1);
	return true;
}

/* `.5`, `.123456789`: milliseconds, the rest is cut. */
static bool take_fraction(struct str *s, int64_t *ret_ms)
{
	int ms = 0, n = 0, digit;

	if (!take_char(s, '.'))
		return true;
	while (n < 9 && take_number(s, 1, &digit))
		if (n++ < 3)
			ms = ms * 10 + digit;
	for (int i = n; i < 3; i++)
		ms *= 10;
	*ret_ms += ms;
	return n > 0;
}

/* Z, an offset such as +05:30, or nothing, which is UTC. */
static bool take_zone(struct str *s, int64_t *ret_ms)
{
	int hour, minute, sign = s->n && s->p[0] == '-' ? 1 : -1;

	if (s->n == 0 || take_char(s, 'Z'))
		return s->n == 0;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	if (!take_number(s, 2, &hour) || !take_char(s, ':') || !take_number(s, 2, &minute))
		return false;
	if (s->n || hour > 23 || minute > 59)
		return false;
	*ret_ms += sign * (hour * (int64_t)MS_HOUR + minute * (int64_t)MS_MINUTE);
	return true;
}

static bool in_range(int64_t at_ms)
{
	return at_ms >= TIME_FIRST && at_ms <= TIME_LAST;
}

/* T03:04:05.678Z; the date alone is fine too. */
static bool take_time(struct str *s, struct civil *c, int64_t *ret_ms)
{
	if (s->n == 0)
		return true;
	if (!take_char(s, 'T') && !take_char(s, ' '))
		return false;
	if (!take_number(s, 2, &c->hour) || !take_char(s, ':') || !take_number(s, 2, &c->minute) ||
		!take_char(s, ':') || !take_number(s, 2, &c->second))
		return false;
	return take_fraction(s, ret_ms) && take_zone(s, ret_ms);
}

/* Eight bytes less those of `form`; the first is the lowest. */
static uint64_t less_form(const char *p, const char form[9])
{
	return bytes_read8(p) ^ bytes_read8(form);
}

/* Byte i, and byte i + 1 as the digit behind it. */
static int two_digits(uint64_t v, unsigned i)
{
	return (int)(v >> 8 * i & UINT8_MAX) * 10 + (int)(v >> 8 * (i + 1) & UINT8_MAX);
}

/* 2026-11-22T03:04:05Z and nothing else: most dates of most files. */
static bool read_usual(struct str s, struct civil *ret)
{
	const uint64_t high = UINT64_C(0x8080808080808080), sixes = UINT64_C(0x7676767676767676);
	const uint64_t signs[] = { UINT64_C(0xff0000ff00000000), UINT64_C(0x0000ff0000ff0000),
		UINT64_C(0xff0000ff0000ff00) };
	uint64_t date, hours, rest, beyond_nine;

	if (s.n != 20)
		return false;
	date = less_form(s.p, "0000-00-");
	hours = less_form(s.p + 8, "00T00:00");
	rest = less_form(s.p + 12, "0:00:00Z");
	beyond_nine = date | hours | rest | (date + sixes) | (hours + sixes) | (rest + sixes);
	if (beyond_nine & high || (date & signs[0]) | (hours & signs[1]) | (rest & signs[2]))
		return false;
	*ret = (struct civil){ two_digits(date, 0) * 100 + two_digits(date, 2), two_digits(date, 5),
		two_digits(hours, 0), two_digits(hours, 3), two_digits(hours, 6),
		two_digits(rest, 5) };
	return civil_ok(ret);
}

static bool read_any(struct str s, struct civil *c, int64_t *ret_ms)
{
	int year;

	if (!take_number(&s, 4, &year) || !take_char(&s, '-') || !take_number(&s, 2, &c->month) ||
		!take_char(&s, '-') || !take_number(&s, 2, &c->day))
		return false;
	c->year = year;
	return take_time(&s, c, ret_ms) && civil_ok(c);
}

bool time_parse(struct str s, int64_t *ret_ms)
{
	struct civil c;
	int64_t ms = 0;

	if (!read_usual(s, &c)) {
		c = (struct civil){ 0 };
		if (!read_any(s, &c, &ms))
			return false;
	}
	ms += civil_ms(&c);
	if (in_range(ms))
		*ret_ms = ms;
	return in_range(ms);
}

bool time_of_date(int64_t year, int64_t month, int64_t day, int64_t *ret_ms)
{
	struct civil c = { .year = year, .month = (int)month, .day = (int)day };

	if (month != c.month || day != c.day || !civil_ok(&c))
		return false;
	*ret_ms = civil_ms(&c);
	return true;
}

/* --- formats of a rules file --- */

enum part {
	PART_YEAR = 1,
	PART_MONTH = 2,
	PART_DAY = 4,
	PART_HOUR_12 = 8,
	PART_HALF = 16,
	PART_OTHER = 32,
	PART_DATE = PART_YEAR | PART_MONTH | PART_DAY,
	PART_TWELVE = PART_HOUR_12 | PART_HALF,
};

static unsigned part_of(char conversion)
{
	switch (conversion) {
	case 'Y':
	case 'y':
		return PART_YEAR;
	case 'm':
	case 'b':
	case 'B':
		return PART_MONTH;
	case 'd':
		return PART_DAY;
	case 'I':
		return PART_HOUR_12;
	case 'p':
		return PART_HALF;
	case 'H':
	case 'M':
	case 'S':
	case '%':
		return PART_OTHER;
	default:
		return 0;
	}
}

bool time_format_valid(struct str format)
{
	unsigned seen = 0;

	for (size_t i = 0; i < format.n; i++) {
		unsigned part;

		if (format.p[i] != '%')
			continue;
		part = ++i < format.n ? part_of(format.p[i]) : 0;
		if (part == 0)
			return false;
		seen |= part;
	}
	return (seen & PART_DATE) == PART_DATE &&
	       ((seen & PART_TWELVE) == 0 || (seen & PART_TWELVE) == PART_TWELVE);
}

/* One or two digits. */
static bool take_short(struct str *s, int low, int high, int *ret)
{
	int v;

	if (!take_number(s, 2, &v) && !take_number(s, 1, &v))
		return false;
	*ret = v;
	return v >= low && v <= high;
}

static bool take_month_name(struct str *s, int *ret)
{
	static const char *const names[12] = { "january", "february", "march", "april", "may",
		"june", "july", "august", "september", "october", "november", "december" };

	for (int i = 0; i < 12; i++) {
		struct str full = str_from(names[i]);
		size_t n = str_starts_nocase(*s, full) ? full.n : 3;

		if (!str_starts_nocase(*s, str_sub(full, 0, n)))
			continue;
		*s = str_sub(*s, n, s->n - n);
		*ret = i + 1;
		return true;
	}
	return false;
}

/* +12 for PM, +0 for AM; the hour itself may come later. */
static bool take_half(struct str *s, int *ret)
{
	bool pm = str_starts_nocase(*s, STR("pm"));

	if (!pm && !str_starts_nocase(*s, STR("am")))
		return false;
	*s = str_sub(*s, 2, s->n - 2);
	*ret = pm ? 12 : 0;
	return true;
}

/* Two-digit years pivot as POSIX has it: 69 is 1969, 68 is 2068. */
static bool take_year(struct str *s, char conversion, int64_t *ret)
{
	int year;

	if (!take_number(s, conversion == 'Y' ? 4 : 2, &year))
		return false;
	*ret = conversion == 'Y' ? year : year + (year < 69 ? 2000 : 1900);
	return true;
}

static bool take_part(struct str *s, char conversion, struct civil *c, int *half)
{
	switch (conversion) {
	case 'Y':
	case 'y':
		return take_year(s, conversion, &c->year);
	case 'm':
		return take_short(s, 1, 12, &c->month);
	case 'b':
	case 'B':
		return take_month_name(s, &c->month);
	case 'd':
		return take_short(s, 1, 31, &c->day);
	case 'H':
		return take_short(s, 0, 23, &c->hour);
	case 'M':
		return take_short(s, 0, 59, &c->minute);
	case 'S':
		return take_short(s, 0, 60, &c->second);
	case 'I':
		if (!take_short(s, 1, 12, &c->hour))
			return false;
		c->hour %= 12;
		return true;
	case 'p':
		return take_half(s, half);
	default:
		return conversion == '%' && take_char(s, '%');
	}
}

bool time_parse_format(struct str s, struct str format, int64_t *ret_ms)
{
	struct civil c = { 0 };
	int half = 0;

	if (!time_format_valid(format))
		return false;
	for (size_t i = 0; i < format.n; i++) {
		if (format.p[i] == '%') {
			if (!take_part(&s, format.p[++i], &c, &half))
				return false;
		} else if (!take_char(&s, ascii_upper(format.p[i]))) {
			return false;
		}
	}
	/* %p stands beside %I; beside %H it would say nothing new. */
	if (c.hour < 12)
		c.hour += half;
	if (s.n || !civil_ok(&c))
		return false;
	*ret_ms = civil_ms(&c);
	return true;
}

/* --- durations --- */

static const struct unit {
	const char *word;
	int64_t ms;
	int32_t months;
} units[] = {
	{ "ms", 1, 0 },
	{ "s", MS_SECOND, 0 },
	{ "m", MS_MINUTE, 0 },
	{ "h", MS_HOUR, 0 },
	{ "d", MS_DAY, 0 },
	{ "w", 7 * (int64_t)MS_DAY, 0 },
	{ "mo", 0, 1 },
	{ "y", 0, 12 },
};

bool duration_parse(struct str s, struct duration *ret)
{
	size_t digits = 0;
	uint64_t v;

	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	if (!str_to_u64(str_sub(s, 0, digits), &v))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		const struct unit *u = &units[i];

		if (!str_eq(str_sub(s, digits, s.n - digits), str_from(u->word)))
			continue;
		if (v > (uint64_t)(u->ms ? DURATION_MAX / u->ms : MAX_MONTHS / u->months))
			return false;
		*ret = (struct duration){ (int64_t)v * u->ms, (int32_t)v * u->months };
		return true;
	}
	return false;
}

static int64_t shift_months(int64_t at_ms, int64_t months)
{
	struct civil c;
	int64_t rest = civil_from_ms(at_ms, &c), month = c.year * 12 + c.month - 1 + months;
	int last;

	c.year = floor_div(month, 12);
	c.month = (int)(month - c.year * 12) + 1;
	last = days_in_month(c.year, c.month);
	return civil_day(c.year, c.month, c.day < last ? c.day : last) * MS_DAY + rest;
}

int64_t time_shift(int64_t at_ms, struct duration d, int sign)
{
	if (at_ms == TIME_NONE)
		return TIME_NONE;
	if (d.months)
		at_ms = shift_months(at_ms, sign * (int64_t)d.months);
	at_ms += sign * d.ms;
	if (at_ms < TIME_FIRST)
		return TIME_FIRST;
	return at_ms > TIME_LAST ? TIME_LAST : at_ms;
}

/* --- text --- */

static const char *write_time(int64_t at_ms, bool with_ms, char out[TIME_TEXT])
{
	struct civil c;
	int64_t rest;

	out[0] = '\0';
	if (!in_range(at_ms))
		return out;
	rest = civil_from_ms(at_ms, &c);
	(void)snprintf(out, TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", (int)c.year, c.month, c.day,
		c.hour, c.minute, c.second);
	if (with_ms)
		(void)snprintf(out + 19, TIME_TEXT - 19, ".%03dZ", (int)(rest % MS_SECOND));
	else
		(void)snprintf(out + 19, TIME_TEXT - 19, "Z");
	return out;
}

const char *time_rfc3339(int64_t at_ms, char out[TIME_TEXT])
{
	return write_time(at_ms, true, out);
}

const char *time_rfc3339_s(int64_t at_ms, char out[TIME_TEXT])
{
	return write_time(at_ms, false, out);
}

static int64_t round_div(int64_t a, int64_t b)
{
	return a / b + (a % b >= b / 2);
}

static const char *two_units(
	char out[TIME_TEXT], int64_t v, int64_t per, const char *large, const char *small)
{
	if (v % per)
		(void)snprintf(out, TIME_TEXT, "%" PRId64 " %s %" PRId64 " %s", v / per, large,
			v % per, small);
	else
		(void)snprintf(out, TIME_TEXT, "%" PRId64 " %s", v / per, large);
	return out;
}

const char *duration_words(int64_t ms, char out[TIME_TEXT])
{
	int64_t s, min;

	ms = ms < 0 ? 0 : ms;
	s = round_div(ms, MS_SECOND);
	min = round_div(ms, MS_MINUTE);
	if (ms > 0 && ms < MS_SECOND)
		(void)snprintf(out, TIME_TEXT, "%" PRId64 " ms", ms);
	else if (s < 120)
		(void)snprintf(out, TIME_TEXT, "%" PRId64 " s", s);
	else if (min < 60)
		(void)snprintf(out, TIME_TEXT, "%" PRId64 " min", min);
	else if (min < (int64_t)24 * 60)
		return two_units(out, min, 60, "h", "min");
	else
		return two_units(out, round_div(ms, MS_HOUR), 24, "d", "h");
	return out;
}

/* Where systems begin to count, and so what they write for "never", from the first to the last of
 * its days. A zone can move the first instant of a year into the year before. */
static const struct {
	const char *from, *to;
} nevers[] = {
	{ "0001-01-01", "0001-12-31" }, /* .NET */
	{ "1600-12-31", "1601-01-02" }, /* Windows file times */
	{ "1752-12-31", "1753-01-02" }, /* SQL Server */
	{ "1899-12-29", "1900-12-31" }, /* OLE, spreadsheets */
	{ "1903-12-31", "1904-01-02" }, /* old Macs */
	{ "1969-12-31", "1970-12-31" }, /* Unix */
};

bool time_is_for_ever(int64_t at_ms)
{
	const int64_t first_9999 = INT64_C(2932532) * MS_DAY;

	return at_ms >= first_9999;
}

bool time_is_plausible(int64_t at_ms)
{
	const int64_t first_1980 = INT64_C(3652) * MS_DAY, first_2400 = INT64_C(157054) * MS_DAY;

	return (at_ms >= first_1980 && at_ms < first_2400) || time_is_for_ever(at_ms);
}

bool time_begins_count(int64_t at_ms)
{
	for (size_t i = 0; i < sizeof(nevers) / sizeof(*nevers); i++) {
		int64_t from, to;

		if (time_parse(str_from(nevers[i].from), &from) &&
			time_parse(str_from(nevers[i].to), &to) && (i == 0 || at_ms >= from) &&
			at_ms < to + MS_DAY)
			return true;
	}
	return false;
}
