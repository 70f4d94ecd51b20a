/*
 * What the codecs of this floor share: values read with the tolerance both services need, and
 * requests put together. Private to services/.
 */
#ifndef SERVICES_WIRE_H
#define SERVICES_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "io/http_message.h"
#include "io/json.h"
#include "services/odd.h"

/* --- reading: every function takes NULL for a value that is not there --- */

/* The member of that name; failing that, the one whose name differs only in case and underscores
 * (UEM writes SerialNumber, serialNumber and serial_number; services/README.md UEM B.4, C.2, H.33).
 */
const struct json *wire_member(const struct json *object, const char *name);
/* A text, or the first text of a list (Apple's MAC addresses are either). Empty: null or nothing;
 * anything else is an odd text (services/odd.h). */
struct str wire_text(const struct json *v);
/* true, "true", 1: 1; false, "false", 0: 0; -1: null, empty or nothing; anything else FLAG_ODD. */
int wire_flag(const struct json *v);
/* 42, "42" and {"Value": 42}; `otherwise` for anything else. */
int64_t wire_int(const struct json *v, int64_t otherwise);
/* A name as it is, a small number as its digits (UEM's enums come as either); otherwise as
 * wire_text(). *ret_number (may be NULL): -1 unless it was a number. */
struct str wire_enum(const struct json *v, int64_t *ret_number);
/* TIME_NONE: nothing, null, empty, or what systems write for "never": a day at the begin of their
 * count of years. TIME_UNKNOWN: anything that is not surely one instant, above all a day and a
 * month that cannot be told apart unless `order` does. Without a zone it is UTC. */
int64_t wire_time(const struct json *v, enum date_order order);
/* The same for services that always write a zone: without one it was cut. */
int64_t wire_time_zoned(const struct json *v);
/* Of a time at which something happened: TIME_UNKNOWN when it says "for ever". */
int64_t wire_happened(int64_t at_ms);

/* Copies with a NUL; what does not fit is cut between characters. */
void wire_copy(char *out, size_t size, struct str text);

/* --- replies --- */
/* Whether a whole answer with status 200 to 299 came. */
bool wire_ok(const struct http_reply *reply);
/* Whether the body is a page for people (HTML, XML) rather than an answer of an API. */
bool wire_is_page(const struct http_reply *reply);
/* What a page for people, or a redirect, in place of an answer means; ERR_OK when the reply is
 * neither. ERR_SETTINGS: a sign-in page, a firewall; ERR_OUTAGE: maintenance; ERR_PROTOCOL: no API
 * there. `who` starts the sentence, `setting` is the one to look at, `host` what it has to name. */
MUST_CHECK enum errc wire_page_error(const struct http_reply *reply, const char *who,
	const char *setting, const char *host, struct err *err);
/* ERR_PROTOCOL: a 404 that has words, and not those of the API, whose errors hold the member
 * `mark`: it proves nothing about a device. ERR_OK for every other reply. */
MUST_CHECK enum errc wire_missing_error(const struct http_reply *reply, const char *mark,
	const char *who, const char *setting, struct err *err);
/* What a status other than 2xx means for both services; 403 is left to the caller. */
enum errc wire_status(const struct http_reply *reply);
/* Printable ASCII of a bearable length: may go into a header. */
bool wire_is_token(struct str text);
/* Reply of an OAuth 2 token endpoint (RFC 6749 5.1, 5.2). `who` starts the sentence, `setting`
 * holds the address. */
MUST_CHECK enum errc wire_token_reply(const struct http_reply *reply, const char *who,
	const char *setting, int64_t now_ms, struct buf *ret_token, int64_t *ret_expires_ms,
	struct err *err);

/* --- requests --- */
/* For values known to hold no control byte. */
void wire_header(struct http_request *q, const char *name, const char *value);
/* Appends name=value to a form. */
void wire_form(struct buf *b, const char *name, struct str value);

#endif
