#include "base/invisible.h"

#include "base/text.h"

/* The next one at or behind `from`, with its length. */
static size_t next(struct str s, size_t from, uint32_t *ret_code, size_t *ret_n)
{
	for (size_t n; from < s.n; from += n) {
		n = text_char(str_sub(s, from, s.n - from), ret_code);
		*ret_n = n;
		if (*ret_code == ' ' ? from == 0 || from + n == s.n
				     : text_kind(*ret_code) != TEXT_SEEN)
			return from;
	}
	return s.n;
}

size_t invisible_find(struct str s, uint32_t *ret_code)
{
	size_t n;

	return next(s, 0, ret_code, &n);
}

void invisible_spell(struct buf *out, struct str s)
{
	size_t from = 0, at, n = 0;
	uint32_t code;

	while ((at = next(s, from, &code, &n)) < s.n) {
		buf_str(out, str_sub(s, from, at - from));
		buf_printf(out, "<U+%04X>", (unsigned)code);
		from = at + n;
	}
	buf_str(out, str_sub(s, from, s.n - from));
}
