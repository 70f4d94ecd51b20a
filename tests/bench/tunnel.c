/*
 * tunnel CERT KEY PORT PORT_FILE LOG LEAST_MS MOST_MS: TLS in front of the simulator at PORT, and a
 * way to it that takes time. Each request gets a latency of its own, evenly spread from LEAST_MS to
 * MOST_MS, always the same ones in the same order; its reply begins no earlier than that after its
 * first byte came. LOG gets a line for each: when it came, when its reply began and its latency, in
 * microseconds, its method and its path.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024, LINE = 256, TO_TOOL = 0, TO_SIM = 1 };

static struct {
	SSL_CTX *tls;
	struct sockaddr_in sim;
	int64_t least_us, most_us;
	pthread_mutex_t lock;
	uint64_t drawn; /* latencies so far */
	FILE *log;
} tunnel = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct link {
	int client, sim;
	SSL *tls;
	bool waits; /* for a reply */
	int64_t came_us, latency_us;
	char what[LINE]; /* "GET /v1/orgDevices" */
	char bytes[BLOCK];
};

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void sleep_until(int64_t at_us)
{
	struct timespec t = { at_us / 1000000, at_us % 1000000 * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
		;
}

/* The fractions of multiples of the golden ratio: evenly spread, in a lively order. */
static int64_t draw_latency(void)
{
	uint64_t at;

	(void)pthread_mutex_lock(&tunnel.lock);
	at = (++tunnel.drawn * 0x9e3779b97f4a7c15u) >> 40;
	(void)pthread_mutex_unlock(&tunnel.lock);
	return tunnel.least_us + ((tunnel.most_us - tunnel.least_us) * (int64_t)at >> 24);
}

static void begin_request(struct link *l, size_t n)
{
	const char *method_end = memchr(l->bytes, ' ', n);
	const char *end = method_end ? memchr(method_end + 1, ' ',
					       n - (size_t)(method_end + 1 - l->bytes))
				     : NULL;

	(void)snprintf(l->what, LINE, "%.*s", end ? (int)(end - l->bytes) : 0, l->bytes);
	l->came_us = now_us();
	l->latency_us = draw_latency();
	l->waits = true;
}

static void begin_reply(struct link *l)
{
	sleep_until(l->came_us + l->latency_us);
	(void)pthread_mutex_lock(&tunnel.lock);
	(void)fprintf(tunnel.log, "%lld %lld %lld %s\n", (long long)l->came_us, (long long)now_us(),
		(long long)l->latency_us, l->what);
	(void)pthread_mutex_unlock(&tunnel.lock);
	l->waits = false;
}

static bool from_client(struct link *l)
{
	do {
		int n = SSL_read(l->tls, l->bytes, BLOCK);

		if (n <= 0)
			return false;
		if (!l->waits)
			begin_request(l, (size_t)n);
		if (write(l->sim, l->bytes, (size_t)n) != n)
			return false;
	} while (SSL_pending(l->tls));
	return true;
}

static bool from_sim(struct link *l)
{
	ssize_t n = read(l->sim, l->bytes, BLOCK);

	if (n <= 0)
		return false;
	if (l->waits)
		begin_reply(l);
	return SSL_write(l->tls, l->bytes, (int)n) == n;
}

static void carry(struct link *l)
{
	struct pollfd fds[] = {
		[TO_TOOL] = { l->client, POLLIN, 0 }, [TO_SIM] = { l->sim, POLLIN, 0 }
	};

	while (poll(fds, 2, -1) > 0)
		if ((fds[TO_TOOL].revents && !from_client(l)) ||
			(fds[TO_SIM].revents && !from_sim(l)))
			return;
}

static void at_once(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void *serve(void *self)
{
	struct link *l = self;

	l->sim = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	l->tls = SSL_new(tunnel.tls);
	at_once(l->client);
	at_once(l->sim);
	if (SSL_set_fd(l->tls, l->client) == 1 && SSL_accept(l->tls) == 1 &&
		connect(l->sim, (struct sockaddr *)&tunnel.sim, sizeof(tunnel.sim)) == 0) {
		carry(l);
		(void)SSL_shutdown(l->tls);
	}
	SSL_free(l->tls);
	(void)close(l->sim);
	(void)close(l->client);
	free(l);
	return NULL;
}

static int listen_and_tell(const char *port_file)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f;

	if (bind(fd, (struct sockaddr *)&at, n) != 0 || listen(fd, SOMAXCONN) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &n) != 0 || !(f = fopen(port_file, "w")))
		return -1;
	(void)fprintf(f, "%d", ntohs(at.sin_port));
	return fclose(f) == 0 ? fd : -1;
}

static int accept_all(int fd)
{
	pthread_attr_t detached;

	(void)pthread_attr_init(&detached);
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (;;) {
		struct link *l = calloc(1, sizeof(*l));
		pthread_t thread;

		if (!l || (l->client = accept(fd, NULL, NULL)) < 0 ||
			pthread_create(&thread, &detached, serve, l) != 0)
			return 1;
	}
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 8)
		return 64;
	(void)signal(SIGPIPE, SIG_IGN);
	tunnel.tls = SSL_CTX_new(TLS_server_method());
	tunnel.sim = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	tunnel.least_us = strtol(argv[6], NULL, 10) * 1000;
	tunnel.most_us = strtol(argv[7], NULL, 10) * 1000;
	tunnel.log = fopen(argv[5], "w");
	if (!tunnel.log || setvbuf(tunnel.log, NULL, _IOLBF, 0) != 0 ||
		SSL_CTX_use_certificate_chain_file(tunnel.tls, argv[1]) != 1 ||
		SSL_CTX_use_PrivateKey_file(tunnel.tls, argv[2], SSL_FILETYPE_PEM) != 1)
		return 1;
	fd = listen_and_tell(argv[4]);
	return fd < 0 ? 1 : accept_all(fd);
}
