#include "sim/core/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

void reply_init(struct reply *r)
{
	*r = (struct reply){ .status = 200 };
	buf_init(&r->body, REPLY_MAX_BODY);
}

void reply_release(struct reply *r)
{
	for (size_t i = 0; i < r->n_headers; i++)
		free(r->headers[i].value);
	free(r->stream);
	buf_release(&r->body);
}

void reply_reset(struct reply *r)
{
	reply_release(r);
	reply_init(r);
}

void reply_gather(struct reply *r)
{
	while (r->more && r->more(r->stream, &r->body))
		;
	free(r->stream);
	r->stream = NULL;
	r->more = NULL;
}

void reply_header(struct reply *r, const char *name, const char *fmt, ...)
{
	char value[1024];
	va_list ap;

	if (r->n_headers == REPLY_MAX_HEADERS)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	r->headers[r->n_headers].name = name;
	r->headers[r->n_headers++].value = mem_strdup(value);
}

struct str request_header(const struct request *q, const char *name)
{
	for (size_t i = 0; i < q->n_headers; i++)
		if (str_eq_nocase(q->headers[i].name, str_from(name)))
			return q->headers[i].value;
	return STR_NONE;
}

void http_date(int64_t at_ms, char out[HTTP_DATE_TEXT])
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	char text[TIME_TEXT];
	uint64_t month = 1;

	(void)time_rfc3339_s(at_ms, text);
	(void)str_to_u64((struct str){ text + 5, 2 }, &month);
	(void)snprintf(out, HTTP_DATE_TEXT, "%s, %.2s %s %.4s %.8s GMT",
		days[(uint64_t)at_ms / (24 * 3600 * 1000) % 7], text + 8, months[(month + 11) % 12],
		text, text + 11);
}

struct str request_origin(const struct request *q, struct arena *a)
{
	static const char *const own[] = { "127.0.0.1", "localhost", "[::1]" };
	struct str host = request_header(q, "Host");
	const char *scheme = "https";
	char *p = arena_alloc(a, host.n + 16);
	int n;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (str_starts_nocase(host, str_from(own[i])))
			scheme = "http";
	n = snprintf(p, host.n + 16, "%s://%.*s", scheme, STR_FMT(host));
	return (struct str){ p, (size_t)n };
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct str text_unescape(struct str text, bool form, struct arena *a)
{
	char *out = arena_alloc(a, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		bool escape = text.p[i] == '%' && i + 2 < text.n && hex_digit(text.p[i + 1]) >= 0 &&
			      hex_digit(text.p[i + 2]) >= 0;

		if (escape) {
			out[n++] = (char)(hex_digit(text.p[i + 1]) * 16 + hex_digit(text.p[i + 2]));
			i += 2;
		} else {
			out[n++] = form && text.p[i] == '+' ? ' ' : text.p[i];
		}
	}
	return (struct str){ out, n };
}

void pairs_read(struct pairs *p, struct str text, struct arena *a)
{
	p->n = 0;
	while (text.n > 0 && p->n < MESSAGE_MAX_QUERY) {
		struct str value = str_cut(&text, '&');
		struct str name = str_cut(&value, '=');

		if (name.n == 0)
			continue;
		p->v[p->n++] = (struct pair){ text_unescape(name, true, a),
			text_unescape(value, true, a) };
	}
}

struct str pairs_get(const struct pairs *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->v[i].name, str_from(name)))
			return p->v[i].value;
	return STR_NONE;
}

struct str pairs_get_nocase(const struct pairs *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq_nocase(p->v[i].name, str_from(name)))
			return p->v[i].value;
	return STR_NONE;
}

void json_out_copy(struct json_out *o, const struct json *v, bool named, struct arena *a)
{
	const char *key = named ? arena_dup(a, json_name(v)).p : NULL;
	int64_t number;

	if (json_is_string(v)) {
		json_put_str(o, key, json_text(v));
	} else if (json_is_number(v) && json_int(v, &number)) {
		json_put_int(o, key, number);
	} else if (json_is_object(v) || json_is_array(v)) {
		bool object = json_is_object(v);

		if (object)
			json_obj(o, key);
		else
			json_arr(o, key);
		for (const struct json *m = json_first(v); m; m = json_next(m))
			json_out_copy(o, m, object, a);
		if (object)
			json_obj_end(o);
		else
			json_arr_end(o);
	} else if (json_is_null(v)) {
		json_put_null(o, key);
	} else {
		json_put_bool(o, key, json_bool(v, false));
	}
}
