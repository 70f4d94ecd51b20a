#include "base/text.h"
#include "io/json.h"

void json_out_init(struct json_out *o, struct buf *b)
{
	*o = (struct json_out){ b, false };
}

static const char *escape_of(unsigned char b)
{
	switch (b) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

static void put_code(struct buf *b, uint32_t code)
{
	if (code < 0x10000)
		buf_printf(b, "\\u%04x", (unsigned)code);
	else
		buf_printf(b, "\\u%04x\\u%04x", 0xd800u + (unsigned)((code - 0x10000) >> 10),
			0xdc00u + (unsigned)(code & 0x3ff));
}

/* Bytes of the character at the start of v; *ret_plain: it may stand as it is, else *ret_code says
 * how it is spelled. Readers stop at bytes that are no UTF-8, so these become U+FFFD. */
static size_t look_at(struct str v, bool utf8, bool *ret_plain, uint32_t *ret_code)
{
	unsigned char c = (unsigned char)v.p[0];
	size_t n = 1;

	*ret_plain = c >= 0x20 && c < 0x7f && !escape_of(c);
	*ret_code = c;
	if (c < 0x7f)
		return 1;
	if (utf8)
		n = text_char(v, ret_code);
	else
		*ret_code = c == 0x7f ? c : 0xfffd;
	*ret_plain = utf8 && text_kind(*ret_code) != TEXT_HIDDEN;
	return n;
}

static void put_text(struct buf *b, struct str v)
{
	bool utf8 = str_is_utf8(v), plain;
	size_t from = 0;
	uint32_t code;

	buf_char(b, '"');
	for (size_t i = 0, n; i < v.n; i += n) {
		n = look_at(str_sub(v, i, v.n - i), utf8, &plain, &code);
		if (plain)
			continue;
		buf_add(b, v.p + from, i - from);
		from = i + n;
		if (code < 0x80 && escape_of((unsigned char)code))
			buf_z(b, escape_of((unsigned char)code));
		else
			put_code(b, code);
	}
	if (v.n > from)
		buf_add(b, v.p + from, v.n - from);
	buf_char(b, '"');
}

static void lead_in(struct json_out *o, const char *key)
{
	if (o->comma)
		buf_char(o->b, ',');
	o->comma = true;
	if (key) {
		put_text(o->b, str_from(key));
		buf_char(o->b, ':');
	}
}

static void open_container(struct json_out *o, const char *key, char bracket)
{
	lead_in(o, key);
	buf_char(o->b, bracket);
	o->comma = false;
}

static void close_container(struct json_out *o, char bracket)
{
	buf_char(o->b, bracket);
	o->comma = true;
}

void json_obj(struct json_out *o, const char *key)
{
	open_container(o, key, '{');
}

void json_obj_end(struct json_out *o)
{
	close_container(o, '}');
}

void json_arr(struct json_out *o, const char *key)
{
	open_container(o, key, '[');
}

void json_arr_end(struct json_out *o)
{
	close_container(o, ']');
}

void json_put_str(struct json_out *o, const char *key, struct str v)
{
	lead_in(o, key);
	put_text(o->b, v);
}

void json_put_z(struct json_out *o, const char *key, const char *v)
{
	if (v)
		json_put_str(o, key, str_from(v));
	else
		json_put_null(o, key);
}

void json_put_int(struct json_out *o, const char *key, int64_t v)
{
	lead_in(o, key);
	if (v < 0)
		buf_char(o->b, '-');
	buf_u64(o->b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void json_put_bool(struct json_out *o, const char *key, bool v)
{
	json_put_raw(o, key, v ? STR("true") : STR("false"));
}

void json_put_null(struct json_out *o, const char *key)
{
	json_put_raw(o, key, STR("null"));
}

void json_put_raw(struct json_out *o, const char *key, struct str v)
{
	lead_in(o, key);
	buf_str(o->b, v);
}
