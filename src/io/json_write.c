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

/* Of one whole character of up to three bytes. */
static unsigned code_point(const char *p, size_t n)
{
	unsigned c = (unsigned char)p[0];

	if (n == 1)
		return c;
	c &= n == 2 ? 0x1fu : 0x0fu;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3fu);
	return c;
}

/* Readers stop at bytes that are no UTF-8, so these become U+FFFD. */
static void put_text(struct buf *b, struct str v)
{
	bool utf8 = str_is_utf8(v);
	size_t from = 0;

	buf_char(b, '"');
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];
		const char *escape = escape_of(c);
		size_t obeyed = utf8 && (c >= 0x7f) ? text_obeyed(str_sub(v, i, v.n - i)) : 0;

		if (!escape && !obeyed && c >= 0x20 && (c < 0x80 || utf8))
			continue;
		buf_add(b, v.p + from, i - from);
		i += obeyed ? obeyed - 1 : 0;
		from = i + 1;
		if (escape)
			buf_z(b, escape);
		else
			buf_printf(b, "\\u%04x",
				obeyed     ? code_point(v.p + i + 1 - obeyed, obeyed)
				: c < 0x20 ? c
					   : 0xfffdu);
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
