/*
 * A server on loopback that misbehaves on demand: the path of a request says how. Raw sockets,
 * since a library would not send half an answer. Its threads live in a process of their own:
 * the code under test forks, and a fork among threads may inherit a lock that nobody gives back.
 */
#ifndef TESTS_RAW_SERVER_H
#define TESTS_RAW_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum { RAW_MAX_CONNECTIONS = 64, RAW_MAX_REQUEST = 2 * 1024 * 1024, RAW_MAX_LOG = 64 * 1024 };

/* Shared by the test and the server's process. */
struct raw_server {
	int fd;
	unsigned port;
	pid_t pid;
	SSL_CTX *tls; /* NULL: plain */
	pthread_mutex_t lock;
	/* Under the lock: */
	unsigned n_connections, n_busy, max_busy;
	char log[RAW_MAX_LOG];      /* "0 GET /path\n": number of the connection, request line */
	char last[RAW_MAX_REQUEST]; /* the whole last request */
};

struct raw_connection {
	struct raw_server *server;
	unsigned number;
	int fd;
	unsigned n_requests;
};

static void raw_send(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		p += k;
		n -= (size_t)k;
	}
}

static void raw_sendz(int fd, const char *z)
{
	raw_send(fd, z, strlen(z));
}

static void raw_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void raw_flood(int fd, const char *start, const char *line, unsigned n)
{
	raw_sendz(fd, start);
	for (unsigned i = 0; i < n; i++)
		raw_sendz(fd, line);
}

static void raw_wait_for_the_end(int fd)
{
	char c;

	while (recv(fd, &c, 1, 0) > 0)
		;
}

/* A whole answer for a path that names one: 200 with its own path as the body otherwise. */
static void raw_answer(int fd, const char *path)
{
	static const struct {
		const char *path, *answer;
	} answers[] = {
		{ "/redirect",
			"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" },
		{ "/list", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[1,2,3]" },
		{ "/list-404", "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\n[1,2,3]" },
		{ "/list-bad", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n[1,2,3}]" },
		{ "/list-cut", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[1,2" },
		{ "refused.invalid:443", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" },
		{ "/none", "HTTP/1.1 204 No Content\r\n\r\n" },
		{ "/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" },
		{ "/trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			      "3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n" },
		{ "/continue", "HTTP/1.1 100 Continue\r\n\r\n"
			       "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok" },
		{ "/headers", "HTTP/1.1 429 Too Many\r\ncontent-type:  text/plain \r\n"
			      "RETRY-AFTER: 17\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
			      "X-ADM-Auth-Session: abc\r\nX-Api-Version: v1\r\n"
			      "X-RateLimit-Remaining: 12\r\nX-RateLimit-Reset: 1632933163\r\n"
			      "X-RateLimit-Limit: -1\r\nContent-Length: 0\r\n\r\n" },
		{ "/later", "HTTP/1.1 200 OK\r\nX-Sim-Now: 5000\r\nContent-Length: 0\r\n\r\n" },
		{ "/earlier", "HTTP/1.1 200 OK\r\nX-Sim-Now: 5\r\nContent-Length: 0\r\n\r\n" },
	};
	char head[128];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (strcmp(path, answers[i].path) == 0) {
			raw_sendz(fd, answers[i].answer);
			return;
		}
	}
	(void)snprintf(
		head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(path));
	raw_sendz(fd, head);
	raw_sendz(fd, path);
}

static void raw_done(struct raw_server *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->n_busy--;
	(void)pthread_mutex_unlock(&s->lock);
}

/* Until four requests have met, and a moment longer for a fifth. */
static void raw_meet(struct raw_server *s)
{
	unsigned most = 0;

	for (int i = 0; i < 5000 && most < 4; i++) {
		(void)usleep(1000);
		(void)pthread_mutex_lock(&s->lock);
		most = s->max_busy;
		(void)pthread_mutex_unlock(&s->lock);
	}
	(void)usleep(5000);
}

/* False: the connection ends without a whole answer. */
static bool raw_serve(struct raw_connection *c, const char *path)
{
	int fd = c->fd;

	if (strcmp(path, "/reset") == 0) {
		raw_reset(fd);
	} else if (strcmp(path, "/garbage") == 0) {
		raw_sendz(fd, "garbage\r\n\r\n");
	} else if (strcmp(path, "/half-head") == 0) {
		raw_sendz(fd, "HTTP/1.1 200 OK\r\nContent-Le");
	} else if (strcmp(path, "/half-second-head") == 0) {
		raw_sendz(fd, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n");
	} else if (strcmp(path, "/truncated") == 0) {
		raw_sendz(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
	} else if (strcmp(path, "/half-chunk") == 0) {
		raw_sendz(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc");
	} else if (strcmp(path, "/silent") == 0) {
		raw_wait_for_the_end(fd);
	} else if (strcmp(path, "/stall") == 0) {
		raw_sendz(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
		raw_wait_for_the_end(fd);
	} else if (strcmp(path, "/huge") == 0) {
		raw_flood(fd, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
			"0123456789012345678901234567890123456789012345678901234567890123", 200000);
	} else if (strcmp(path, "/huge-head") == 0) {
		raw_flood(fd, "HTTP/1.1 200 OK\r\n", "X-Fill: 0123456789012345678901234567\r\n",
			5000);
	} else if (strcmp(path, "/close") != 0 &&
		   (strcmp(path, "/second-dies") != 0 || c->n_requests == 1)) {
		if (strcmp(path, "/parallel") == 0)
			raw_meet(c->server);
		raw_done(c->server);
		raw_answer(fd, path);
		return true;
	}
	raw_done(c->server);
	return false;
}

/* The bytes of one request, NUL-terminated; false at the end of the connection. */
static bool raw_read_request(int fd, char *p, size_t max)
{
	size_t n = 0, want = 0;

	for (;;) {
		ssize_t k = recv(fd, p + n, want ? want - n : 1, 0);
		char *length;

		if (k <= 0)
			return false;
		n += (size_t)k;
		p[n] = '\0';
		if (want == 0 && n >= 4 && strcmp(p + n - 4, "\r\n\r\n") == 0) {
			length = strcasestr(p, "\r\nContent-Length:");
			want = n + (length ? strtoul(length + 17, NULL, 10) : 0);
		}
		if (want >= max || n + 1 >= max)
			return false;
		if (want && n >= want)
			return true;
	}
}

static void raw_note(struct raw_connection *c, const char *request)
{
	struct raw_server *s = c->server;
	size_t at;

	(void)pthread_mutex_lock(&s->lock);
	if (++s->n_busy > s->max_busy)
		s->max_busy = s->n_busy;
	(void)snprintf(s->last, sizeof(s->last), "%s", request);
	at = strlen(s->log);
	(void)snprintf(s->log + at, sizeof(s->log) - at, "%u %.*s\n", c->number,
		(int)(strcspn(request, "\r") - strlen(" HTTP/1.1")), request);
	(void)pthread_mutex_unlock(&s->lock);
}

static void raw_plain(struct raw_connection *c)
{
	char *request = malloc(RAW_MAX_REQUEST);
	bool more = request != NULL;

	while (more && raw_read_request(c->fd, request, RAW_MAX_REQUEST)) {
		char path[256] = "";

		raw_note(c, request);
		c->n_requests++;
		(void)sscanf(request, "%*s %255[^? ]", path);
		more = raw_serve(c, path);
	}
	free(request);
}

static void raw_tls(struct raw_connection *c)
{
	SSL *ssl = SSL_new(c->server->tls);
	char byte;

	(void)SSL_set_fd(ssl, c->fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1)
		raw_note(c, "a byte came through HTTP/1.1\r\n");
	SSL_free(ssl);
}

static void *raw_connection_main(void *arg)
{
	struct raw_connection *c = arg;
	struct raw_server *s = c->server;

	if (s->tls)
		raw_tls(c);
	else
		raw_plain(c);
	(void)close(c->fd);
	free(c);
	return NULL;
}

static _Noreturn void raw_main(struct raw_server *s)
{
	pthread_t thread;
	int fd;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		struct raw_connection *c = calloc(1, sizeof(*c));

		(void)pthread_mutex_lock(&s->lock);
		if (!c || s->n_connections == RAW_MAX_CONNECTIONS)
			abort();
		*c = (struct raw_connection){ .server = s, .number = s->n_connections++, .fd = fd };
		(void)pthread_mutex_unlock(&s->lock);
		if (pthread_create(&thread, NULL, raw_connection_main, c) || pthread_detach(thread))
			abort();
	}
	_exit(0);
}

static __attribute__((unused)) struct raw_server *raw_server_start(SSL_CTX *tls)
{
	struct raw_server *s = mmap(
		NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(at);
	pthread_mutexattr_t shared;
	pid_t pid;

	if (s == MAP_FAILED || pthread_mutexattr_init(&shared) != 0 ||
		pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED) != 0 ||
		pthread_mutex_init(&s->lock, &shared) != 0)
		abort();
	s->tls = tls;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, n) != 0 || listen(s->fd, 64) != 0 ||
		getsockname(s->fd, (struct sockaddr *)&at, &n) != 0)
		abort();
	s->port = ntohs(at.sin_port);
	pid = fork();
	if (pid == 0)
		raw_main(s);
	if (pid < 0 || close(s->fd) != 0)
		abort();
	s->pid = pid;
	return s;
}

static __attribute__((unused)) void raw_server_stop(struct raw_server *s)
{
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	(void)munmap(s, sizeof(*s));
}

#endif
