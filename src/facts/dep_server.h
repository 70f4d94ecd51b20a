/*
 * Apple's DEP service, as the servers under `enrollment:` may use it.
 */
#ifndef FACTS_DEP_SERVER_H
#define FACTS_DEP_SERVER_H

#include "facts/fleet.h"
#include "wire/transport.h"

/* The server that the i-th token under `enrollment:` belongs to, as the service calls it. It tells
 * only while the terms are accepted: ERR_AUTH, with T_C_NOT_SIGNED in the sentence. */
MUST_CHECK enum errc dep_server_name(struct transport *t, const struct settings *settings, size_t i,
	struct buf *ret, struct err *err);
/* Asks that of every server. ERR_SETTINGS for the token of another one. */
MUST_CHECK enum errc dep_preflight(
	struct transport *t, const struct settings *settings, struct err *err);
/* Which entry of settings.enrollment that server is; SIZE_MAX: none. */
size_t dep_server_of(const struct settings *s, const struct fleet *f, uint32_t server);

#endif
