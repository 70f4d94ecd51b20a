#include "io/csv/csv_out.h"

static bool needs_quotes(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == ',' || c == '"' || c == '\n' || c == '\r')
			return true;
	}
	return false;
}

/* Spreadsheets take the full-width forms U+FF0B, U+FF0D, U+FF1D and U+FF20 for + - = @. */
bool csv_is_formula(struct str text)
{
	if (text.n == 0 || !csv_starts_formula(text.p[0]))
		return false;
	if (text.p[0] != '\xef')
		return true;
	return text.n >= 3 && text.p[1] == '\xbc' && memchr("\x8b\x8d\x9d\xa0", text.p[2], 4);
}

void csv_cell(struct buf *out, struct str text, bool neutral)
{
	bool quotes = needs_quotes(text);

	if (quotes)
		buf_char(out, '"');
	if (neutral && csv_is_formula(text))
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

struct str csv_plain(struct str text)
{
	struct str rest = text.n ? str_sub(text, 1, text.n - 1) : text;

	return text.n && text.p[0] == '\'' && csv_is_formula(rest) ? rest : text;
}
