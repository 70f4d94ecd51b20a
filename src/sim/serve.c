#include "sim/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/kernel.h"
#include "sim/sim.h"

struct sim_server {
	struct sim *sim;
	struct MHD_Daemon *daemon;
	struct exchange *waiting; /* replies whose time has not come */
	struct err failed;        /* the state is lost: stop */
};

/* One request on its way in, one reply on its way out. */
struct exchange {
	struct sim_server *server;
	struct MHD_Connection *connection;
	char *uri;
	struct buf body;
	struct reply reply;
	struct buf chunk; /* of a streamed body: made, not yet sent */
	size_t sent;      /* of chunk */
	bool begun, more, handled;
	const char *method; /* MHD's */
	enum held held;     /* until somebody says go */
	struct marks marks; /* of a request that was held */
	bool was_held;
	int64_t due_ms; /* monotonic: when the reply may leave */
	struct exchange *next;
};

/* The URI as it came: MHD would decode it. */
static void *exchange_new(void *self, const char *uri, struct MHD_Connection *connection)
{
	struct exchange *x = mem_zalloc(sizeof(*x));

	x->server = self;
	x->connection = connection;
	x->uri = mem_strdup(uri);
	buf_init(&x->body, MESSAGE_MAX_BODY);
	buf_init(&x->chunk, REPLY_MAX_BODY);
	reply_init(&x->reply);
	return x;
}

static void exchange_free(struct exchange *x)
{
	free(x->uri);
	buf_release(&x->body);
	buf_release(&x->chunk);
	reply_release(&x->reply);
	free(x);
}

/* MHD is done with the request, however it ended. */
static void exchange_over(void *self, struct MHD_Connection *connection, void **slot,
	enum MHD_RequestTerminationCode why)
{
	(void)self;
	(void)connection;
	(void)why;
	if (*slot)
		exchange_free(*slot);
	*slot = NULL;
}

static enum MHD_Result take_header(
	void *self, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct request *q = self;

	(void)kind;
	if (q->n_headers < MESSAGE_MAX_HEADERS)
		q->headers[q->n_headers++] = (struct pair){ str_from(name),
			str_from(value ? value : "") };
	return MHD_YES;
}

/* --- requests and replies that are held --- */

static bool anybody_held(const struct sim_server *v)
{
	for (const struct exchange *x = v->waiting; x; x = x->next)
		if (x->held)
			return true;
	return false;
}

/* Those who wait to hear of one need not wait any longer. */
static void wake_lists(struct sim_server *v)
{
	for (struct exchange *x = v->waiting; x; x = x->next)
		if (x->reply.order == ORDER_LIST)
			x->due_ms = 0;
}

static void let_go(struct sim_server *v)
{
	for (struct exchange *x = v->waiting; x; x = x->next)
		x->held = HELD_NOT;
}

static void list_held(struct exchange *asking)
{
	struct json_out o;

	json_out_init(&o, &asking->reply.body);
	json_arr(&o, NULL);
	for (const struct exchange *x = asking->server->waiting; x; x = x->next) {
		if (!x->held)
			continue;
		json_obj(&o, NULL);
		json_put_z(&o, "method", x->method);
		json_put_z(&o, "uri", x->uri);
		json_put_z(&o, "what", x->held == HELD_REQUEST ? "request" : "reply");
		json_obj_end(&o);
	}
	json_arr_end(&o);
	asking->reply.order = ORDER_NONE;
}

static void handle(struct exchange *x, const char *method)
{
	struct request q = { .method = str_from(method), .query = str_from(x->uri) };
	struct sim_server *v = x->server;

	q.path = str_cut(&q.query, '?');
	q.body = buf_view(&x->body);
	q.marks = x->was_held ? &x->marks : NULL;
	(void)MHD_get_connection_values(x->connection, MHD_HEADER_KIND, take_header, &q);
	if (v->failed.code == ERR_OK && sim_handle(v->sim, &q, &x->reply, &v->failed) == ERR_OK)
		x->more = x->reply.more != NULL;
	x->method = method;
	x->held = x->reply.held;
	x->handled = x->held != HELD_REQUEST;
	x->due_ms = kernel_clock_ms(CLOCK_MONOTONIC) + x->reply.delay_ms;
	if (x->held)
		wake_lists(v);
	if (!x->handled) {
		x->was_held = true;
		x->marks = x->reply.marks;
		reply_reset(&x->reply);
	}
	if (x->reply.order == ORDER_GO)
		let_go(v);
	if (x->reply.order == ORDER_LIST && anybody_held(v))
		x->due_ms = 0;
}

/* Body bytes from `pos` on: what the reply holds first, then what its stream makes. */
static ssize_t send_body(void *self, uint64_t pos, char *out, size_t max)
{
	struct exchange *x = self;
	size_t n;

	(void)pos;
	while (x->sent == x->chunk.n) {
		if (!x->more)
			return x->reply.loss == LOSS_TRUNCATE ? MHD_CONTENT_READER_END_WITH_ERROR
							      : MHD_CONTENT_READER_END_OF_STREAM;
		buf_reset(&x->chunk);
		x->sent = 0;
		x->more = x->reply.more(x->reply.stream, &x->chunk);
	}
	n = x->chunk.n - x->sent < max ? x->chunk.n - x->sent : max;
	memcpy(out, x->chunk.p + x->sent, n);
	x->sent += n;
	return (ssize_t)n;
}

/* A body that promises more than it brings: half of it, then the connection ends. */
static struct MHD_Response *truncated(struct exchange *x)
{
	size_t whole;

	if (x->more)
		(void)x->reply.more(x->reply.stream, &x->reply.body);
	whole = x->reply.body.n;
	x->more = false;
	buf_add(&x->chunk, buf_cstr(&x->reply.body), whole / 2);
	return MHD_create_response_from_callback(
		whole ? whole : 1, REPLY_CHUNK_BYTES, send_body, x, NULL);
}

static struct MHD_Response *response_of(struct exchange *x)
{
	struct buf *body = &x->reply.body;

	if (x->reply.loss == LOSS_TRUNCATE)
		return truncated(x);
	if (x->reply.more)
		return MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, REPLY_CHUNK_BYTES, send_body, x, NULL);
	return MHD_create_response_from_buffer(body->n, body->p, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_reply(struct exchange *x)
{
	struct MHD_Response *response = response_of(x);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	if (x->reply.type)
		(void)MHD_add_response_header(response, "Content-Type", x->reply.type);
	for (size_t i = 0; i < x->reply.n_headers; i++)
		(void)MHD_add_response_header(
			response, x->reply.headers[i].name, x->reply.headers[i].value);
	rc = MHD_queue_response(x->connection, (unsigned)x->reply.status, response);
	MHD_destroy_response(response);
	return rc;
}

/* The connection ends without a reply: reset, or closed as if all were well. */
static enum MHD_Result drop(struct exchange *x)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (info && x->reply.loss == LOSS_RESET) /* Linux: disconnecting sends RST at once */
		(void)connect(info->connect_fd, &nobody, sizeof(nobody));
	else if (info)
		(void)shutdown(info->connect_fd, SHUT_RDWR);
	return MHD_NO;
}

static enum MHD_Result wait_its_time(struct exchange *x)
{
	x->next = x->server->waiting;
	x->server->waiting = x;
	MHD_suspend_connection(x->connection);
	return MHD_YES;
}

/* True once the reply is made and may leave. A request that was held is handled when it is let go.
 */
static bool is_ready(struct exchange *x, const char *method)
{
	for (;;) {
		if (x->held || x->due_ms > kernel_clock_ms(CLOCK_MONOTONIC))
			return false;
		if (x->handled || x->server->failed.code != ERR_OK)
			return true;
		handle(x, method);
	}
}

/* Called for the headers, for each part of the body, at its end, and after a wait. */
static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **slot)
{
	struct exchange *x = *slot;

	(void)self;
	(void)connection;
	(void)url;
	(void)version;
	if (*size) {
		buf_add(&x->body, data, *size);
		*size = 0;
		return x->body.full ? MHD_NO : MHD_YES;
	}
	if (!x->begun) { /* the headers are in; a body may follow */
		x->begun = true;
		return MHD_YES;
	}
	if (!is_ready(x, method))
		return wait_its_time(x);
	if (x->server->failed.code != ERR_OK)
		return MHD_NO;
	if (x->reply.order == ORDER_LIST)
		list_held(x);
	if (x->reply.loss == LOSS_RESET || x->reply.loss == LOSS_CLOSE ||
		x->reply.loss == LOSS_HANG)
		return drop(x);
	return send_reply(x);
}

/* Milliseconds until the next reply is due; -1: none waits. 0 when one was due: only MHD_run()
 * takes up what was resumed. */
static int64_t resume_due(struct sim_server *v, bool all)
{
	int64_t now = kernel_clock_ms(CLOCK_MONOTONIC), next = -1;
	struct exchange **at = &v->waiting;

	while (*at) {
		struct exchange *x = *at;

		if (all || (!x->held && x->due_ms <= now)) {
			x->held = HELD_NOT;
			*at = x->next;
			x->due_ms = now;
			MHD_resume_connection(x->connection);
			next = 0;
			continue;
		}
		if (!x->held && (next < 0 || x->due_ms - now < next))
			next = x->due_ms - now;
		at = &x->next;
	}
	return next;
}

static enum errc parse_listen(const char *text, struct sockaddr_storage *ret, struct err *err)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)ret;
	const char *colon = strrchr(text, ':');
	uint64_t port;

	*ret = (struct sockaddr_storage){ .ss_family = AF_UNSPEC };
	if (!colon || !str_to_u64(str_from(colon + 1), &port) || port > 65535)
		return err_set(err, ERR_USAGE, "--listen takes 127.0.0.1:PORT, not '%s'", text);
	if (str_eq((struct str){ text, (size_t)(colon - text) }, STR("127.0.0.1"))) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return ERR_OK;
	}
	if (str_eq((struct str){ text, (size_t)(colon - text) }, STR("[::1]"))) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		v6->sin6_addr = in6addr_loopback;
		return ERR_OK;
	}
	return err_set(err, ERR_USAGE, "--listen takes a loopback address only, not '%s'", text);
}

enum errc server_open(struct sim_server **ret, struct sim *s, const char *listen, struct err *err)
{
	enum { HEADER_BYTES = 64 * 1024, IDLE_S = 300 };
	struct sockaddr_storage at;
	unsigned flags = (KERNEL_LINUX ? MHD_USE_EPOLL : 0) | MHD_ALLOW_SUSPEND_RESUME;
	struct sim_server *v;
	enum errc e = parse_listen(listen, &at, err);

	if (e != ERR_OK)
		return e;
	v = mem_zalloc(sizeof(*v));
	v->sim = s;
	if (at.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	v->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, v, MHD_OPTION_SOCK_ADDR, &at,
		MHD_OPTION_URI_LOG_CALLBACK, exchange_new, v, MHD_OPTION_NOTIFY_COMPLETED,
		exchange_over, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_END);
	if (!v->daemon) {
		free(v);
		return err_set(
			err, ERR_CANNOT_CREATE, "cannot listen on %s: %s", listen, strerror(errno));
	}
	*ret = v;
	return ERR_OK;
}

void server_close(struct sim_server *v)
{
	if (!v)
		return;
	(void)resume_due(v, true);
	MHD_stop_daemon(v->daemon);
	free(v);
}

unsigned server_port(const struct sim_server *v)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(
		v->daemon, MHD_DAEMON_INFO_BIND_PORT);

	return info ? info->port : 0;
}

/* How long the loop may sleep. */
static int sleep_ms(const struct sim_server *v, int64_t next_due)
{
	enum { LONGEST = 60 * 1000 };
	MHD_UNSIGNED_LONG_LONG wish;
	int64_t ms = LONGEST;

	if (MHD_get_timeout(v->daemon, &wish) == MHD_YES && wish < LONGEST)
		ms = (int64_t)wish;
	if (next_due >= 0 && next_due < ms)
		ms = next_due;
	return (int)ms;
}

static volatile sig_atomic_t asked_to_stop;

static void on_stop(int sig)
{
	(void)sig;
	asked_to_stop = 1;
}

/* The signals are blocked but for the time of a wait, so that none comes unseen between two. */
static void watch_signals(sigset_t *ret_open)
{
	static const int three[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction act = { .sa_handler = on_stop };

	(void)sigprocmask(SIG_BLOCK, NULL, ret_open);
	for (size_t i = 0; i < sizeof(three) / sizeof(*three); i++) {
		(void)sigdelset(ret_open, three[i]);
		(void)sigaction(three[i], &act, NULL);
	}
}

static int wait_for_work(const struct sim_server *v, int ms, const sigset_t *open)
{
	const struct timespec at_most = { ms / 1000, ms % 1000 * 1000000L };
#if KERNEL_LINUX
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(v->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd p = { .fd = info ? info->epoll_fd : -1, .events = POLLIN };

	return ppoll(&p, 1, &at_most, open);
#else
	fd_set in, out, odd;
	MHD_socket top = 0;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&odd);
	(void)MHD_get_fdset(v->daemon, &in, &out, &odd, &top);
	return pselect(top + 1, &in, &out, &odd, &at_most, open);
#endif
}

enum errc server_run(struct sim_server *v, struct err *err)
{
	sigset_t open;

	watch_signals(&open);
	while (v->failed.code == ERR_OK && !asked_to_stop) {
		int64_t next = resume_due(v, false);

		if (wait_for_work(v, sleep_ms(v, next), &open) < 0 && errno != EINTR)
			return err_set(err, ERR_INTERNAL, "poll: %s", strerror(errno));
		if (!asked_to_stop)
			(void)MHD_run(v->daemon);
	}
	return v->failed.code == ERR_OK ? ERR_OK
					: err_set(err, v->failed.code, "%s", v->failed.msg);
}
