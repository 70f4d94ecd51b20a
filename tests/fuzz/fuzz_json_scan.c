/*
 * However a body is cut into pieces, the scanner finds the elements that the reader finds in the
 * whole. The first two bytes choose the cuts and the member.
 */
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/mem.h"
#include "io/json.h"

enum { MAX_BYTES = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void print_element(struct buf *out, const struct json *element)
{
	char *text = cJSON_PrintUnformatted((const cJSON *)element);

	buf_z(out, text);
	buf_char(out, '\n');
	cJSON_free(text);
}

static enum errc take(void *self, const struct json *element, struct err *err)
{
	if (!element)
		return err->code;
	print_element(self, element);
	return ERR_OK;
}

/* Each piece is a block of its own, so that reading beyond it is noticed. */
static enum errc feed(struct json_scan *s, struct str text, unsigned seed)
{
	enum errc e = ERR_OK;

	while (e == ERR_OK && text.n) {
		size_t n = 1 + seed % 13;
		char *piece;

		n = n < text.n ? n : text.n;
		piece = mem_alloc(n);
		memcpy(piece, text.p, n);
		e = json_scan_feed(s, (struct str){ piece, n }, NULL);
		free(piece);
		text = str_sub(text, n, text.n - n);
		seed = seed * 1103515245u + 12345u;
	}
	return e;
}

static void compare(struct str text, const char *member, const struct buf *found, enum errc e)
{
	struct json *whole = NULL;
	const struct json *list;
	struct buf want;

	buf_init(&want, MAX_BYTES);
	if (json_parse(&whole, text, NULL) == ERR_OK) {
		list = *member ? json_get(whole, member) : whole;
		/* An escaped name is found by the reader only. */
		if (e != ERR_OK && json_is_array(list) && !memchr(text.p, '\\', text.n))
			abort();
		if (e == ERR_OK && !json_is_array(list))
			abort();
		for (const struct json *c = json_first(list); c; c = json_next(c))
			print_element(&want, c);
		if (e == ERR_OK && !str_eq(buf_view(&want), buf_view(found)))
			abort();
	} else if (e == ERR_OK) {
		abort();
	}
	buf_release(&want);
	json_free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *member;
	struct json_scan *s;
	struct json *rest = NULL;
	struct str text;
	struct buf found;
	enum errc e;

	if (n < 2)
		return 0;
	member = data[1] % 2 ? "data" : "";
	text = (struct str){ (const char *)data + 2, n - 2 };
	buf_init(&found, MAX_BYTES);
	s = json_scan_new(member, MAX_BYTES, MAX_BYTES, take, &found);
	e = feed(s, text, data[0]);
	if (e == ERR_OK)
		e = json_scan_end(s, &rest, NULL);
	if (e == ERR_OK && *member && (!rest || json_count(json_get(rest, member)) != 0))
		abort();
	compare(text, member, &found, e);
	json_free(rest);
	json_scan_free(s);
	buf_release(&found);
	return 0;
}
