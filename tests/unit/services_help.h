/*
 * What the tests of the codecs share: replies made by hand, requests read back.
 * To be included after cmocka.h.
 */
#ifndef TESTS_UNIT_SERVICES_HELP_H
#define TESTS_UNIT_SERVICES_HELP_H

#include "io/http_message.h"
#include "io/json.h"

/* Caller releases with http_reply_release(). */
static inline struct http_reply reply_of(int status, const char *body)
{
	struct http_reply p;

	http_reply_init(&p);
	p.fate = HTTP_ANSWERED;
	p.status = status;
	buf_z(&p.body, body);
	return p;
}

static inline struct http_reply no_reply(enum http_fate fate, const char *why)
{
	struct http_reply p;

	http_reply_init(&p);
	p.fate = fate;
	snprintf(p.why, sizeof(p.why), "%s", why);
	return p;
}

/* Caller frees with json_free(). */
static inline struct json *json_of(const char *text)
{
	struct json *v = NULL;
	struct err err = { .msg = "" };

	if (json_parse(&v, str_from(text), &err))
		fail_msg("%s: %s", text, err.msg);
	return v;
}

static inline const char *header_of(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->n_headers; i++)
		if (str_eq_nocase(str_from(q->headers[i].name), str_from(name)))
			return q->headers[i].value;
	return NULL;
}

static inline int hex_of(char c)
{
	return c <= '9' ? c - '0' : ascii_lower(c) - 'a' + 10;
}

/* The text with every %XX undone, for comparing. */
static inline const char *decoded(const char *z, char *out, size_t size)
{
	size_t n = 0;

	for (; *z && n + 1 < size; z++) {
		if (*z == '%' && z[1] && z[2]) {
			out[n++] = (char)(hex_of(z[1]) * 16 + hex_of(z[2]));
			z += 2;
		} else {
			out[n++] = *z;
		}
	}
	out[n] = '\0';
	return out;
}

static inline void assert_url(const struct http_request *q, const char *want)
{
	char text[4096];

	assert_string_equal(decoded(q->url, text, sizeof(text)), want);
}

static inline void assert_str(struct str got, const char *want)
{
	if (!str_eq(got, str_from(want)))
		fail_msg("got '%.*s', want '%s'", STR_FMT(got), want);
}

static inline void assert_body(const struct http_request *q, const char *want)
{
	assert_str(buf_view(&q->body), want);
}

#endif
