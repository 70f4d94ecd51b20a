#include "cli/app/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/version.h"
#include "io/http.h"
#include "io/http_url.h"
#include "os/kernel.h"
#include "os/stop.h"

enum { BODY_MAX_BYTES = 4096, URL_MAX_BYTES = 8192, REPLY_MAX_BYTES = 64 * 1024 };
enum { GRACE_MS = 2000 };

/* --- the child --- */

static void put_counts(const struct summary *counts, struct buf *out)
{
	buf_printf(out, "rows=%zu\n", summary_rows(counts));
	for (int o = 0; o < OUTCOME_MAX_; o++)
		if (counts->rows[o])
			buf_printf(out, "%s=%zu\n", outcome_info((enum outcome)o)->word,
				counts->rows[o]);
}

/* What is sent: a ping with counts, or a message. */
struct notice {
	const struct secret *url;
	const char *path;             /* of a ping: behind the URL's own */
	const struct summary *counts; /* NULL: no body */
	struct str body;              /* of a message, JSON */
	int64_t patience_ms;
};

/* The path goes before a query that the URL may have. The URL is a secret: no message shows it. */
static enum errc make_request(const struct notice *n, struct http_request *ret, struct err *err)
{
	struct buf url, whole;
	struct str query, base;
	enum errc rc = secret_open(n->url, &url, err);

	if (rc)
		return rc;
	query = buf_view(&url);
	base = str_cut(&query, '?');
	while (*n->path && base.n && base.p[base.n - 1] == '/')
		base.n--;
	buf_init(&whole, URL_MAX_BYTES);
	buf_str(&whole, base);
	buf_z(&whole, n->path);
	if (query.n)
		buf_char(&whole, '?');
	buf_str(&whole, query);
	http_request_init(ret, HTTP_TRIGGER, "POST");
	rc = buf_check(&whole, "the URL of notify", err);
	ret->url = mem_dupz(buf_view(&whole));
	ret->max_body = REPLY_MAX_BYTES;
	if (n->counts)
		put_counts(n->counts, &ret->body);
	buf_str(&ret->body, n->body);
	buf_wipe(&whole);
	buf_wipe(&url);
	if (!rc && http_url_allowed(ret->url, NULL))
		rc = err_set(err, ERR_SETTINGS, "its URL is none that may be used");
	if (!rc)
		rc = http_request_header(ret, "Content-Type",
			n->body.n ? STR("application/json") : STR("text/plain"), err);
	if (rc)
		http_request_release(ret);
	return rc;
}

enum errc notify_check(const struct secret *url, const char *path, struct err *err)
{
	const struct notice n = { .url = url, .path = path };
	struct http_request q;
	enum errc rc = make_request(&n, &q, err);

	if (!rc)
		http_request_release(&q);
	return rc;
}

static enum errc send_request(struct http_request *q, int64_t patience_ms, struct err *err)
{
	struct clock *clock = clock_real();
	const struct http_options opt = {
		.clock = clock,
		.timeout_ms = patience_ms,
		.stop_fd = -1,
		.user_agent = "depmend/" DEPMEND_VERSION,
	};
	struct http_client *client;
	struct http_reply reply;
	bool done;
	void *tag;
	enum errc rc = http_client_open(&client, &opt, err);

	if (!rc)
		rc = http_submit(client, q, NULL, NULL, err);
	if (!rc)
		rc = http_wait(client, INT64_MAX, &tag, &reply, &done, err);
	if (!rc && reply.fate != HTTP_ANSWERED)
		rc = err_set(err, ERR_NET, "%s", reply.why);
	else if (!rc && (reply.status < 200 || reply.status > 299))
		rc = err_set(err, ERR_NET, "the answer was %d", reply.status);
	return rc; /* the process ends: nothing is freed */
}

static void send_and_exit(const struct notice *n)
{
	struct http_request q;
	struct err err;
	enum errc rc;

	(void)kernel_follow_parent(SIGKILL);
	rc = make_request(n, &q, &err);
	if (!rc)
		/* Who waits gives up first, and says it in his words. */
		rc = send_request(&q, n->patience_ms + GRACE_MS, &err);
	if (rc)
		log_warn("notify: %s", err.msg);
	_exit(0);
}

/* --- the parent --- */

/* Why the ping is given up; NULL: it is done. */
static const char *wait_for(int fd, int64_t patience_ms)
{
	struct pollfd p[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = stop_fd(), .events = POLLIN },
	};

	while (poll(p, 2, (int)patience_ms) < 0 && errno == EINTR)
		continue;
	if (p[0].revents)
		return NULL;
	return p[1].revents ? "stopped by a signal" : "no answer in time";
}

static void send_notice(const struct notice *n)
{
	const char *failed;
	int ends[2];
	pid_t child;

	if (n->url->kind == SECRET_NONE)
		return;
	/* Its end is seen as the end of the pipe, which nobody else holds. */
	if (kernel_pipe(ends) != 0) {
		log_warn("notify: %s", strerror(errno));
		return;
	}
	child = stop_fork();
	if (child == 0)
		send_and_exit(n);
	(void)close(ends[1]);
	if (child < 0) {
		log_warn("notify: %s", strerror(errno));
	} else {
		failed = wait_for(ends[0], n->patience_ms);
		if (failed) {
			log_warn("notify: %s", failed);
			(void)kill(child, SIGKILL);
		}
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	(void)close(ends[0]);
}

void notify_ping(const struct settings *s, const char *path, const struct summary *counts,
	int64_t patience_ms)
{
	const struct notice n = { &s->notify_url, path, counts, STR_NONE, patience_ms };

	send_notice(&n);
}

void notify_webhook(const struct settings *s, struct str body)
{
	const struct notice n = { &s->webhook.url, "", NULL, body, NOTIFY_WEBHOOK_MS };

	send_notice(&n);
}

void notify_start(const struct settings *s)
{
	notify_ping(s, "/start", NULL, NOTIFY_START_MS);
}

void notify_end(const struct settings *s, int status, const struct summary *counts)
{
	char path[16];

	(void)snprintf(path, sizeof(path), "/%d", status);
	notify_ping(s, path, counts, NOTIFY_END_MS);
}
