/*
 * Who we are to a service: secrets and tokens in, headers out. Each way to sign in is one row of a
 * table; sending the token request is the transport's part.
 */
#ifndef WIRE_SIGNIN_H
#define WIRE_SIGNIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/http_message.h"
#include "model/settings.h"
#include "services/apple.h"
#include "services/dep.h"

struct signin_kind;

struct signin {
	const struct signin_kind *kind;
	const struct settings *settings; /* borrowed until signin_release() */
	const struct apple_service
		*apple; /* borrowed until signin_release(); NULL: not Apple's API */
	const struct enrollment_server *dep; /* the same; NULL: not the DEP service */
	char *cache_path;                    /* NULL: the token is not kept on disk */
	struct buf authorization;            /* the header's value; empty: not signed in */
	struct cms_signer *signer;           /* makes a header for each path instead; or NULL */
	struct buf tenant_code;
	int64_t renew_ms;    /* from then on the token is too old; INT64_MAX: never */
	uint32_t generation; /* counts tokens */
	struct err failed;   /* ERR_OK: the last sign-in did not fail */
};

void signin_init_apple(struct signin *s, const struct settings *settings,
	const struct apple_service *apple, const char *cache_folder);
void signin_init_uem(struct signin *s, const struct settings *settings);
void signin_init_dep(
	struct signin *s, const struct settings *settings, const struct enrollment_server *dep);
void signin_release(struct signin *s);
/* The portal's .p7m, or the JSON somebody made of it. Caller wipes with dep_token_wipe(). */
MUST_CHECK enum errc signin_server_token(
	const struct enrollment_server *server, struct dep_token *ret, struct err *err);

/* Whether its secrets could be opened, also where a kept token spares that; commands are not run.
 */
MUST_CHECK enum errc signin_check(const struct signin *s, struct err *err);
bool signin_ready(const struct signin *s, int64_t now_ms);
/* Everything short of a request: opens secrets, looks for a kept token. *ret_ask: a token has to be
 * asked for. A failure that trying again cannot cure is told again without trying. */
MUST_CHECK enum errc signin_open(struct signin *s, int64_t now_ms, bool *ret_ask, struct err *err);
/* A token request, new for each try: its assertion is of short life. */
MUST_CHECK enum errc signin_request(
	struct signin *s, int64_t now_ms, struct http_request *ret, struct err *err);
/* Takes the token; as apple_token_reply() and uem_token_reply(). */
MUST_CHECK enum errc signin_reply(
	struct signin *s, const struct http_reply *reply, int64_t now_ms, struct err *err);
/* The sign-in is given up. */
void signin_fail(struct signin *s, const struct err *err);
/* The service refused the token of that generation. False: no other one can be had. */
bool signin_refused(struct signin *s, uint32_t generation);
/* Any reply of the DEP service may name the session to be used from then on. */
void signin_rotate(struct signin *s, const struct http_reply *reply);
/* Adds the credentials to a request. */
MUST_CHECK enum errc signin_headers(
	const struct signin *s, struct http_request *q, struct err *err);

#endif
