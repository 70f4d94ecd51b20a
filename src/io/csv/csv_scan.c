#include "io/csv/csv_parts.h"

enum { SNIFF_RECORDS = 20 };

static bool is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static size_t skip_blanks(struct str s, size_t i, char delimiter)
{
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t') && s.p[i] != delimiter)
		i++;
	return i;
}

static size_t skip_line(struct str s, size_t i)
{
	while (i < s.n && !is_line_end(s.p[i]))
		i++;
	return i;
}

size_t csv_count_line_ends(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n' ||
		     (text.p[i] == '\r' && (i + 1 == text.n || text.p[i + 1] != '\n'));
	return n;
}

/* From the opening quote at *at to what comes behind the closing one. CSV_RECORD: a delimiter, a
 * line end or the end of the text. */
static enum csv_verdict skip_quoted(
	struct str s, size_t *at, char delimiter, bool at_end, size_t *n_lines)
{
	size_t i = *at + 1;

	for (;;) {
		const char *quote = i < s.n ? memchr(s.p + i, '"', s.n - i) : NULL;
		size_t to = quote ? (size_t)(quote - s.p) : s.n;

		*n_lines += csv_count_line_ends(str_sub(s, i, to - i));
		if (*n_lines > CSV_MAX_RECORD_LINES)
			return CSV_MANY_LINES;
		if (!quote)
			return at_end ? CSV_OPEN_QUOTE : CSV_MORE;
		i = to + 1;
		if (i == s.n || s.p[i] != '"')
			break;
		i++;
	}
	i = skip_blanks(s, i, delimiter);
	*at = i;
	if (i == s.n || s.p[i] == delimiter || is_line_end(s.p[i]))
		return CSV_RECORD;
	return *n_lines > 1 ? CSV_OPEN_QUOTE : CSV_BAD_QUOTE;
}

/* The record ends at i, with a line end or with the text. */
static enum csv_verdict finish(
	struct str s, size_t i, bool at_end, enum csv_verdict verdict, struct csv_extent *e)
{
	bool cr = i < s.n && s.p[i] == '\r';

	if (!at_end && (i == s.n || (cr && i + 1 == s.n)))
		return CSV_MORE;
	e->n_bytes = i;
	e->n_next = i + (i < s.n) + (cr && i + 1 < s.n && s.p[i + 1] == '\n');
	return verdict;
}

enum csv_verdict csv_scan(struct str text, char delimiter, bool at_end, struct csv_extent *ret)
{
	enum csv_verdict verdict = CSV_RECORD;
	size_t i = skip_blanks(text, 0, delimiter);

	*ret = (struct csv_extent){ .n_lines = 1 };
	if (i == text.n || is_line_end(text.p[i]))
		return finish(text, i, at_end, CSV_BLANK, ret);
	for (;;) {
		i = skip_blanks(text, i, delimiter);
		if (i < text.n && text.p[i] == '"')
			verdict = skip_quoted(text, &i, delimiter, at_end, &ret->n_lines);
		else
			while (i < text.n && text.p[i] != delimiter && !is_line_end(text.p[i]))
				i++;
		if (verdict || i == text.n || text.p[i] != delimiter)
			break;
		ret->n_delims++;
		i++;
	}
	if (verdict == CSV_BAD_QUOTE)
		i = skip_line(text, i);
	else if (verdict)
		return verdict;
	return finish(text, i, at_end, verdict, ret);
}

/* How well a delimiter fits: records that have it, records that agree on how often, how often. */
struct fit {
	size_t n_with, n_agree, n_delims;
};

static struct fit fit_counts(const size_t *counts, size_t n)
{
	struct fit fit = { 0 };

	for (size_t i = 0; i < n; i++) {
		size_t n_agree = 0;

		for (size_t k = 0; k < n; k++)
			n_agree += counts[k] == counts[i];
		if (counts[i] == 0)
			continue;
		fit.n_with++;
		if (n_agree > fit.n_agree || (n_agree == fit.n_agree && counts[i] > fit.n_delims)) {
			fit.n_agree = n_agree;
			fit.n_delims = counts[i];
		}
	}
	return fit;
}

static struct fit fit_of(struct str text, char delimiter, bool at_end)
{
	size_t counts[SNIFF_RECORDS], n = 0;

	while (text.n && n < SNIFF_RECORDS) {
		struct csv_extent e;
		enum csv_verdict v = csv_scan(text, delimiter, at_end, &e);

		if (v == CSV_BLANK || v == CSV_RECORD || v == CSV_BAD_QUOTE) {
			text = str_sub(text, e.n_next, text.n - e.n_next);
		} else {
			/* Cut off: better than nothing, but only if there is nothing else. */
			text.n = 0;
			if (n)
				break;
		}
		if (v != CSV_BLANK)
			counts[n++] = e.n_delims;
	}
	return fit_counts(counts, n);
}

static bool fits_better(struct fit a, struct fit b)
{
	if (a.n_with != b.n_with)
		return a.n_with > b.n_with;
	if (a.n_agree != b.n_agree)
		return a.n_agree > b.n_agree;
	return a.n_delims > b.n_delims;
}

char csv_sniff(struct str text, bool at_end)
{
	static const char candidates[] = { ',', ';', '\t' };
	struct fit best = { 0 };
	char delimiter = ',';

	for (size_t i = 0; i < sizeof(candidates); i++) {
		struct fit fit = fit_of(text, candidates[i], at_end);

		if (fits_better(fit, best)) {
			best = fit;
			delimiter = candidates[i];
		}
	}
	return delimiter;
}
