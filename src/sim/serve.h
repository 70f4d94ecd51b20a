/*
 * The socket: HTTP/1.1 over libmicrohttpd, one thread, one request at a time.
 */
#ifndef SIM_SERVE_H
#define SIM_SERVE_H

#include "sim/core/state.h"

struct sim_server;

/* "127.0.0.1:0" or "[::1]:8080": loopback only, because there is no TLS and no real secret.
 * ERR_USAGE for anything else; ERR_CANNOT_CREATE when the port is taken. Frees with server_close().
 */
MUST_CHECK enum errc server_open(
	struct sim_server **ret, struct sim *s, const char *listen, struct err *err);
void server_close(struct sim_server *v);
unsigned server_port(const struct sim_server *v);
/* Until SIGINT, SIGTERM or SIGHUP, which have to be blocked; or the first error. */
MUST_CHECK enum errc server_run(struct sim_server *v, struct err *err);

#endif
