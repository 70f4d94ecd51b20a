#include "io/http_message.h"

#include <arpa/inet.h>

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

enum { MAX_URL_BYTES = 64 * 1024 };

void http_request_init(struct http_request *q, enum http_class cls, const char *method)
{
	*q = (struct http_request){ .cls = cls, .method = method };
	buf_init(&q->body, HTTP_MAX_BODY);
}

static void free_secret(char *z)
{
	if (z)
		mem_wipe(z, strlen(z));
	free(z);
}

void http_request_release(struct http_request *q)
{
	for (size_t i = 0; i < q->n_headers; i++)
		free_secret(q->headers[i].value);
	q->n_headers = 0;
	free(q->url);
	q->url = NULL;
	if (q->secret_body)
		buf_wipe(&q->body);
	else
		buf_release(&q->body);
}

enum errc http_request_header(
	struct http_request *q, const char *name, struct str value, struct err *err)
{
	size_t i = 0;

	for (size_t k = 0; k < value.n; k++)
		if (value.p[k] == '\r' || value.p[k] == '\n' || value.p[k] == '\0')
			return err_set(err, ERR_SETTINGS, "the value of %s holds a line end", name);
	while (i < q->n_headers && !str_eq_nocase(str_from(q->headers[i].name), str_from(name)))
		i++;
	if (i == HTTP_MAX_HEADERS)
		return err_set(err, ERR_LIMIT, "more than %d headers", HTTP_MAX_HEADERS);
	if (i < q->n_headers)
		free_secret(q->headers[i].value);
	else
		q->n_headers++;
	q->headers[i] = (struct http_header){ name, mem_dupz(value) };
	return ERR_OK;
}

/* RFC 3986 section 2.3: what need not be encoded anywhere. */
static bool is_unreserved(char c)
{
	char l = ascii_lower(c);

	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

void url_segment(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (is_unreserved(text.p[i]))
			buf_char(out, text.p[i]);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)text.p[i]);
	}
}

/* A blank is %20 in queries and in forms alike; a plus sign is never written bare. */
void url_value(struct buf *out, struct str text)
{
	url_segment(out, text);
}

void http_request_url(struct http_request *q, const char *base, struct str path,
	const struct url_pair *pairs, size_t n_pairs)
{
	struct str root = str_from(base);
	struct buf url;

	while (root.n && root.p[root.n - 1] == '/')
		root.n--;
	buf_init(&url, MAX_URL_BYTES);
	buf_str(&url, root);
	buf_str(&url, path);
	for (size_t i = 0; i < n_pairs; i++) {
		buf_char(&url, i ? '&' : '?');
		url_value(&url, str_from(pairs[i].name));
		buf_char(&url, '=');
		url_value(&url, pairs[i].value);
	}
	free(q->url);
	/* A URL that is cut would ask for something else. */
	q->url = url.full ? NULL : mem_dupz(buf_view(&url));
	buf_release(&url);
}

void http_reply_init(struct http_reply *p)
{
	*p = (struct http_reply){
		.limit_remaining = -1,
		.limit_reset = -1,
		.limit_total = -1,
	};
	buf_init(&p->body, HTTP_MAX_BODY);
}

void http_reply_release(struct http_reply *p)
{
	free(p->content_type);
	free(p->location);
	free(p->retry_after);
	free(p->date);
	free_secret(p->session);
	free(p->api_version);
	buf_wipe(&p->body); /* it may hold a token */
	http_reply_init(p);
}

/* RFC 9110 section 5.6.7, the form that must be sent: Sun, 06 Nov 1994 08:49:37 GMT. */
static bool date_parse(struct str s, int64_t *ret_ms)
{
	struct str rest = str_trim(s);

	(void)str_cut(&rest, ' ');
	return time_parse_format(rest, STR("%d %b %Y %H:%M:%S GMT"), ret_ms);
}

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

bool http_reply_date(const struct http_reply *p, int64_t *ret_ms)
{
	return date_parse(str_from(p->date), ret_ms);
}

int64_t http_retry_after(const struct http_reply *p, int64_t now_ms)
{
	static const uint64_t max_s = UINT64_C(100) * 366 * 86400;
	struct str text = str_trim(str_from(p->retry_after));
	int64_t at_ms, from_ms;
	uint64_t s;

	if (is_number(text)) {
		if (!str_to_u64(text, &s) || s > max_s)
			s = max_s;
		return s == 0 ? -1 : (int64_t)s * 1000;
	}
	if (!date_parse(text, &at_ms))
		return -1;
	/* The server means its own clock. */
	if (!http_reply_date(p, &from_ms))
		from_ms = now_ms;
	return at_ms > from_ms ? at_ms - from_ms : -1;
}

bool http_host_is_loopback(const char *host)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcmp(host, "[::1]") == 0 || str_eq_nocase(str_from(host), STR("localhost"));
}
