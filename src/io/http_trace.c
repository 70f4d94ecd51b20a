#include "io/http_trace.h"

#include <inttypes.h>

enum { MAX_TRACE_BYTES = 4096 };

/* Longer values are cursors, signatures or tokens. */
enum { MAX_PLAIN_VALUE = 64 };

static bool looks_secret(struct str name, struct str value)
{
	static const char *const words[] = { "assertion", "auth", "code", "credential", "key",
		"password", "secret", "session", "sig", "token" };

	if (value.n > MAX_PLAIN_VALUE)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_contains_nocase(name, str_from(words[i])))
			return true;
	return false;
}

static void add_url(struct buf *out, struct str url)
{
	struct str query = url;
	char before = '?';

	buf_str(out, str_cut(&query, '?'));
	while (query.n) {
		struct str value = str_cut(&query, '&');
		struct str name = str_cut(&value, '=');

		buf_char(out, before);
		buf_str(out, name);
		buf_char(out, '=');
		buf_str(out, looks_secret(name, value) ? STR("*") : value);
		before = '&';
	}
}

/* One line without its end, such as
 * `GET https://host/v1/orgDevices?limit=1000&token=*: 200, 5123 bytes, 87 ms`. */
static void http_trace_line(struct buf *out, const struct http_request *q,
	const struct http_reply *p, uint64_t n_bytes, int64_t elapsed_ms)
{
	buf_printf(out, "%s ", q->method);
	add_url(out, str_from(q->url));
	if (p->fate == HTTP_ANSWERED)
		buf_printf(out, ": %d, %" PRIu64 " bytes", p->status, n_bytes);
	else
		buf_printf(out, ": %s: %s", p->fate == HTTP_NOT_SENT ? "not sent" : "no answer",
			p->why);
	buf_printf(out, ", %" PRId64 " ms", elapsed_ms);
}

void http_trace_tell(void (*to)(void *self, const char *line), void *self,
	const struct http_request *q, const struct http_reply *p, uint64_t n_body_bytes,
	int64_t took_ms)
{
	struct buf line;

	buf_init(&line, MAX_TRACE_BYTES);
	http_trace_line(&line, q, p, n_body_bytes, took_ms);
	to(self, buf_cstr(&line));
	buf_release(&line);
}
