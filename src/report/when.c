#include "report/when.h"

#include <stdio.h>
#include <time.h>

static bool local_time(int64_t at_ms, struct tm *ret)
{
	time_t at = (time_t)(at_ms / 1000);

	return localtime_r(&at, ret) != NULL;
}

/* +0100 as +01:00 */
static void put_offset(const struct tm *t, char *out, size_t n)
{
	long minutes = t->tm_gmtoff / 60, most = minutes < 0 ? -minutes : minutes;

	(void)snprintf(out, n, " %c%02ld:%02ld", minutes < 0 ? '-' : '+', most / 60, most % 60);
}

const char *when_words(const struct when *w, int64_t at_ms, char out[WHEN_TEXT])
{
	struct tm at, now;
	size_t n;

	if (at_ms == INT64_MAX || at_ms == TIME_NONE) {
		(void)snprintf(out, WHEN_TEXT, "%s", at_ms == INT64_MAX ? "never" : "unknown");
		return out;
	}
	if (!w->local || !local_time(at_ms, &at) || !local_time(w->now_ms, &now))
		return time_rfc3339_s(at_ms, out);
	if (at.tm_year != now.tm_year)
		n = strftime(out, WHEN_TEXT, "%a %d %b %Y %H:%M", &at);
	else if (at.tm_yday != now.tm_yday)
		n = strftime(out, WHEN_TEXT, "%a %d %b %H:%M", &at);
	else
		n = strftime(out, WHEN_TEXT, "%H:%M", &at);
	put_offset(&at, out + n, WHEN_TEXT - n);
	return out;
}

/* "2026-11-22T03:01:39Z" at the beginning of a word; returns its length, 0 when it is none. */
static size_t take_time(struct str word, int64_t *ret_ms)
{
	enum { SECONDS = 20, MILLISECONDS = 24 };
	size_t n = word.n > SECONDS && word.p[SECONDS - 1] == '.' ? MILLISECONDS : SECONDS;

	if (word.n < n || word.p[10] != 'T' || word.p[n - 1] != 'Z')
		return 0;
	return time_parse(str_sub(word, 0, n), ret_ms) ? n : 0;
}

void when_text(const struct when *w, struct str text, struct buf *out)
{
	bool option = false;

	while (text.n) {
		size_t space = 0, n = 0;
		struct str word = text;
		char at[WHEN_TEXT];
		int64_t at_ms;

		(void)str_cut(&text, ' ');
		word.n = text.n ? (size_t)(text.p - word.p) : word.n;
		space = word.n && word.p[word.n - 1] == ' ';
		if (w->local && !option)
			n = take_time(word, &at_ms);
		if (n)
			buf_z(out, when_words(w, at_ms, at));
		buf_str(out, str_sub(word, n, word.n - n));
		option = word.n > 2 + space && word.p[0] == '-' && word.p[1] == '-';
	}
}
