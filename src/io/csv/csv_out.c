#include "io/csv/csv_out.h"

#include "base/bytes.h"
#include "base/text.h"

static bool needs_quotes(char c)
{
	return c == ',' || c == '"' || c == '\n' || c == '\r';
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (unsigned char)(byte))

/* Not 0 when one of eight bytes is that. */
static uint64_t has(uint64_t bytes, char c)
{
	uint64_t differs = bytes ^ EACH(c);

	return (differs - EACH(1)) & ~differs & EACH(0x80);
}

static bool any_needs_quotes(const char *eight)
{
	uint64_t w = bytes_read8(eight);

	return (has(w, ',') | has(w, '"') | has(w, '\n') | has(w, '\r')) != 0;
}

/* The last eight bytes may be some that were looked at before. */
bool csv_needs_quotes(struct str text)
{
	for (size_t i = 8; i < text.n; i += 8)
		if (any_needs_quotes(text.p + i - 8))
			return true;
	if (text.n >= 8)
		return any_needs_quotes(text.p + text.n - 8);
	for (size_t i = 0; i < text.n; i++)
		if (needs_quotes(text.p[i]))
			return true;
	return false;
}

/* Spreadsheets take the full-width forms U+FF0B, U+FF0D, U+FF1D and U+FF20 for + - = @, and drop a
 * byte order mark at the start of the file. */
bool csv_is_formula(struct str text)
{
	static const uint32_t starts[] = { '=', '+', '-', '@', '\t', '\r', '\n', 0xff0b, 0xff0d,
		0xff1d, 0xff20 };
	uint32_t code;

	for (size_t n; text.n && csv_starts_formula(text.p[0]);
		text = str_sub(text, n, text.n - n)) {
		n = text_char(text, &code);
		for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
			if (code == starts[i])
				return true;
		if (text_kind(code) != TEXT_HIDDEN)
			return false;
	}
	return false;
}

void csv_cell(struct buf *out, struct str text, bool neutral)
{
	bool quotes = csv_needs_quotes(text);

	if (quotes)
		buf_char(out, '"');
	if (neutral && text.n && csv_starts_formula(text.p[0]) && csv_is_formula(text))
		buf_char(out, '\'');
	while (quotes && text.n) {
		const char *quote = memchr(text.p, '"', text.n);
		size_t n = quote ? (size_t)(quote - text.p) + 1 : text.n;

		buf_add(out, text.p, n);
		if (quote)
			buf_char(out, '"');
		text = str_sub(text, n, text.n - n);
	}
	buf_str(out, text);
	if (quotes)
		buf_char(out, '"');
}

/* With commas for the delimiters: one bit for each of eight bytes that is one turns it into them.
 */
static void put_commas(struct buf *out, const char *from, size_t n, char delimiter)
{
	size_t i = 0;
	char *to;

	if (!buf_room(out, n))
		return;
	to = out->p + out->n;
	for (; n - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t w = bytes_read8(from + i), x = w ^ EACH(delimiter);

		x = ~(((x & EACH(0x7f)) + EACH(0x7f)) | x | EACH(0x7f)) >> 7;
		bytes_write8(to + i, w ^ x * (unsigned char)(delimiter ^ ','));
	}
	for (; i < n; i++)
		to[i] = from[i] == delimiter ? ',' : from[i];
	out->n += n;
	out->p[out->n] = '\0';
}

void csv_commas(struct buf *out, struct str raw, char delimiter)
{
	const char *comma;

	while (raw.n && (comma = memchr(raw.p, ',', raw.n))) {
		const char *start = comma, *behind = raw.p + raw.n;
		const char *end = memchr(comma, delimiter, (size_t)(behind - comma));

		while (start > raw.p && start[-1] != delimiter)
			start--;
		end = end ? end : behind;
		put_commas(out, raw.p, (size_t)(start - raw.p), delimiter);
		buf_char(out, '"');
		buf_add(out, start, (size_t)(end - start));
		buf_char(out, '"');
		raw = (struct str){ end, (size_t)(behind - end) };
	}
	put_commas(out, raw.p, raw.n, delimiter);
}

struct str csv_plain(struct str text)
{
	struct str rest = text.n ? str_sub(text, 1, text.n - 1) : text;

	return text.n && text.p[0] == '\'' && csv_is_formula(rest) ? rest : text;
}
