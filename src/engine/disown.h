/*
 * Apple's DEP service, as the servers under `enrollment:` may use it.
 */
#ifndef ENGINE_DISOWN_H
#define ENGINE_DISOWN_H

#include "engine/fleet.h"
#include "engine/transport.h"

/* Asks the service of every server under `enrollment:` for its account, which it gives only while
 * the terms are accepted. ERR_AUTH; ERR_SETTINGS for the token of another server. */
MUST_CHECK enum errc dep_preflight(
	struct transport *t, const struct settings *settings, struct err *err);
/* Which entry of settings.enrollment that server is; SIZE_MAX: none. */
size_t dep_server_of(const struct settings *s, const struct fleet *f, uint32_t server);

#endif
