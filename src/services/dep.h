/*
 * Apple's Device Assignment (DEP) service as a pure codec (services/README.md Apple B). It belongs
 * to one server of the portal: it cannot move devices, but it can tell whether the terms were
 * accepted, what it knows of a device, and, for School, disown one.
 *
 * Requests come without X-ADM-Auth-Session, which wire adds, and the client's User-Agent,
 * without which everything is answered 400.
 */
#ifndef SERVICES_DEP_H
#define SERVICES_DEP_H

#include <stdint.h>

#include "base/time.h"
#include "io/http_message.h"
#include "io/json.h"

/* Replies are objects with one member per serial, and a JSON object has at most JSON_MAX_KEYS. */
enum { DEP_MAX_DEVICES = 250 };
_Static_assert((int)DEP_MAX_DEVICES <= (int)JSON_MAX_KEYS, "a reply must be readable");

#define DEP_SESSION_HEADER "X-ADM-Auth-Session"

/* --- the server token (B.1) --- */
struct dep_token {
	struct buf consumer_key, consumer_secret, access_token, access_secret;
	int64_t expires_ms; /* TIME_NONE: not said */
};
/* From the JSON itself or from the MIME text around it that a decrypted .p7m holds. ERR_SETTINGS
 * when it is neither. Caller wipes with dep_token_wipe(), also a zeroed one. */
MUST_CHECK enum errc dep_token_read(struct str text, struct dep_token *ret, struct err *err);
void dep_token_wipe(struct dep_token *t);

/* --- the session (B.2) --- */
/* AUTH: GET /session, signed with HMAC-SHA1. The server remembers nonces: a request is good for one
 * attempt. */
void dep_session_request(
	const char *url, const struct dep_token *t, int64_t now_ms, struct http_request *ret);
MUST_CHECK enum errc dep_session_reply(
	const struct http_reply *reply, struct buf *ret_session, struct err *err);
/* Any reply may bring another session, to be used from then on; true when it did. */
bool dep_session_renewed(const struct http_reply *reply, struct buf *session);
/* The session is over and a new one may help, once. Not for replies to GET /session itself. */
bool dep_session_stale(const struct http_reply *reply);

/* --- errors: a word somewhere in the body (B.2, B.3) --- */
/* X(id, word, what it means here, what to do) */
#define DEP_WORD_LIST(X)                                                                      \
	X(TERMS, "T_C_NOT_SIGNED", AUTH,                                                      \
		"an administrator has to accept new terms in Apple's portal")                 \
	X(SIGNATURE, "signature_invalid", AUTH,                                               \
		"the server token is damaged, or not the one that Apple gave out last")       \
	X(TOKEN_EXPIRED, "token_expired", AUTH,                                               \
		"the server token has ended: download a new one in Apple's portal")           \
	X(TOKEN_REJECTED, "token_rejected", AUTH,                                             \
		"a newer server token was downloaded, or its device management service was "  \
		"deleted")                                                                    \
	X(CLOCK, "timestamp_refused", AUTH, "the clock of this machine is wrong")             \
	X(DENIED, "ACCESS_DENIED", AUTH,                                                      \
		"Apple gives this server token no access: see whether its device management " \
		"service still exists in the portal")                                         \
	X(UNAUTHORIZED, "UNAUTHORIZED", AUTH, "the session is over or unknown")               \
	X(FORBIDDEN, "FORBIDDEN", AUTH,                                                       \
		"the session is over, the administrator who downloaded the server token was " \
		"deleted, or the token does not belong to this key: download a new token")    \
	X(THROTTLED, "TOO_MANY_REQUESTS", BUSY, "")                                           \
	X(EXHAUSTED_CURSOR, "EXHAUSTED_CURSOR", REFUSED, "")                                  \
	X(EXPIRED_CURSOR, "EXPIRED_CURSOR", REFUSED, "")                                      \
	X(INVALID_CURSOR, "INVALID_CURSOR", REFUSED, "")                                      \
	X(CURSOR_REQUIRED, "CURSOR_REQUIRED", REFUSED, "")                                    \
	X(NO_DEVICE, "DEVICE_ID_REQUIRED", REFUSED, "")                                       \
	X(USER_AGENT, "USER_AGENT_", PROTOCOL, "")

enum dep_word {
	DEP_NO_WORD,
#define X(id, word, code, words) DEP_##id,
	DEP_WORD_LIST(X)
#undef X
};
/* The first of the list's words in the first KiB of the body: bare, quoted or inside JSON. */
enum dep_word dep_reply_word(const struct http_reply *reply);
/* ERR_OK for 2xx; otherwise by word, else by status: 401 and 403 ERR_AUTH, 404 ERR_NOT_FOUND, 429
 * and 503 ERR_BUSY, other 4xx ERR_REFUSED, 3xx ERR_PROTOCOL, other 5xx ERR_OUTAGE, not answered
 * ERR_NET. */
enum errc dep_reply_error(const struct http_reply *reply, struct err *err);

/* --- account (B.3): READ, answers only while the terms are accepted --- */
void dep_account_request(const char *url, struct http_request *ret);
struct dep_account {
	struct str server_name; /* borrowed */
};
MUST_CHECK enum errc dep_account_decode(
	const struct json *root, struct dep_account *ret, struct err *err);

/* --- devices (B.3) --- */
/* CHANGE, and for good: the devices leave the organization. ERR_INTERNAL
 * unless 1 to DEP_MAX_DEVICES. */
MUST_CHECK enum errc dep_disown_request(const char *url, const struct str *serials,
	size_t n_serials, struct http_request *ret, struct err *err);
enum dep_disowned {
	DEP_DISOWNED,
	DEP_NOT_ACCESSIBLE, /* not on this server */
	DEP_FAILED,
	DEP_UNCLEAR, /* a word nobody knows: look at the device */
};
/* ERR_OK: each() was called for every member of `devices`; texts borrowed for the call. A 2xx that
 * cannot be read is ERR_UNKNOWN. */
MUST_CHECK enum errc dep_disown_reply(const struct http_reply *reply,
	void (*each)(void *self, struct str serial, enum dep_disowned how), void *self,
	struct err *err);

#endif
