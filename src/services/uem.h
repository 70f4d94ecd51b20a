/*
 * Workspace ONE UEM REST API as a pure codec (services/README.md UEM). No socket, no clock, no
 * retry. Requests carry Accept with the version; wire/transport adds Authorization and
 * aw-tenant-code.
 *
 * Decoded texts are empty, flags -1 when absent; odd and FLAG_ODD when they are there and cannot be
 * read (services/odd.h).
 */
#ifndef SERVICES_UEM_H
#define SERVICES_UEM_H

#include <stdint.h>

#include "base/time.h"
#include "io/http_message.h"
#include "io/json.h"
#include "services/odd.h"

enum { UEM_MAX_DEVICES = 10000000, UEM_PAGE_SIZE = 500 };

struct uem_service {
	const char *url; /* https://as1234.awmdm.com; /api is added here */
};

/* --- sign-in (A.3, A.4) --- */
/* AUTH; the body is secret. */
void uem_token_request(const char *token_url, struct str client_id, struct str client_secret,
	struct http_request *ret);
MUST_CHECK enum errc uem_token_reply(const struct http_reply *reply, int64_t now_ms,
	struct buf *ret_token, int64_t *ret_expires_ms, struct err *err);
/* "Basic ..." for the Authorization header; caller wipes. */
void uem_basic_header(struct str username, struct str password, struct buf *ret);

/* --- errors (D, H.18, H.25) --- */
struct uem_error {
	int64_t code; /* errorCode, 0 when absent, -1 when it is no number */
	char message[240];
	char activity[64];
};
/* ERR_OK for 2xx whose body holds no errorCode; otherwise by status and code: 401 ERR_AUTH; 403
 * with 1011 or 1013 ERR_AUTH, other 403 ERR_HELD; 404 ERR_NOT_FOUND; 429 ERR_BUSY; other 4xx
 * ERR_REFUSED; 3xx ERR_PROTOCOL; 5xx ERR_OUTAGE; not answered ERR_NET. A 404 that is an HTML page
 * is ERR_PROTOCOL: the address itself is wrong, which says nothing about a device. ret_detail may
 * be NULL. */
enum errc uem_reply_error(
	const struct http_reply *reply, struct uem_error *ret_detail, struct err *err);
/* Of a CHANGE: the same, but a 4xx of whoever answers there is ERR_REFUSED: nothing was done. */
MUST_CHECK enum errc uem_change_error(
	const struct http_reply *reply, struct uem_error *ret_detail, struct err *err);
/* Of a READ: a page for people instead of an answer, with any status; ERR_OK when it is none. */
MUST_CHECK enum errc uem_page_error(const struct http_reply *reply, struct err *err);
/* The same for a body that went through json_scan: its parsed rest, or NULL. */
enum errc uem_rest_error(const struct http_reply *reply, const struct json *rest,
	struct uem_error *ret_detail, struct err *err);

/* --- groups (C.6): Group ID -> UUID --- */
/* Pages of those whose Group ID holds the text. */
void uem_group_request(
	const struct uem_service *s, struct str group_id, unsigned page, struct http_request *ret);
/* The UUID of the group whose GroupId equals (case ignored); ERR_NOT_FOUND, ERR_CONFLICT. */
MUST_CHECK enum errc uem_group_reply(
	const struct http_reply *reply, struct str group_id, struct buf *ret_uuid, struct err *err);
/* Whether the text is a UUID rather than a Group ID. */
bool uem_is_uuid(struct str text);

/* --- DEP list, Sync, Fetch (B6, B7) --- */
/* READ; a bare array of unbounded length: to be scanned with member "". */
void uem_dep_list_request(
	const struct uem_service *s, struct str group_uuid, struct http_request *ret);
struct uem_dep_device {
	struct str serial, profile_uuid, profile_name, enrollment_status;
};
/* The serial can be empty. */
MUST_CHECK enum errc uem_dep_device_decode(
	const struct json *element, struct uem_dep_device *ret, struct err *err);
/* TRIGGER. fetch: every device of the token instead of changes since the last cursor. */
void uem_sync_request(
	const struct uem_service *s, struct str group_uuid, bool fetch, struct http_request *ret);

/* --- profiles (B1, B2, B8) --- */
/* READ; elements in "ProfileList"; page counts from 0; 204 means none. */
void uem_profiles_request(const struct uem_service *s, struct str group_uuid, unsigned page,
	struct http_request *ret);
struct uem_profile {
	struct str name, uuid, apple_id; /* apple_id: profile_identifier (H.8) */
	struct str enrollment_user;     /* whom devices are enrolled for; empty: whoever signs in */
	int64_t device_group;           /* DeviceLocationGroupId; -1 when absent, FLAG_ODD */
	int custom_prompt, auto_assign; /* auto_assign: any of the defaults; never odd */
};
MUST_CHECK enum errc uem_profile_decode(
	const struct json *element, struct uem_profile *ret, struct err *err);
/* CHANGE; unassign: take it away. */
void uem_profile_device_request(const struct uem_service *s, struct str profile_uuid,
	struct str serial, bool unassign, struct http_request *ret);

/* --- enrollment tokens (C.5) --- */
/* READ; serial empty: the page of all; elements in "tokens"; page counts from 0; 204 means none. */
void uem_tokens_request(const struct uem_service *s, struct str group_uuid, struct str serial,
	unsigned page, struct http_request *ret);
struct uem_token {
	struct str uuid, serial; /* the serial can be empty: a person's registration */
};
MUST_CHECK enum errc uem_token_decode(
	const struct json *element, struct uem_token *ret, struct err *err);
void uem_token_detail_request(const struct uem_service *s, struct str group_uuid,
	struct str token_uuid, struct http_request *ret);
struct uem_token_detail {
	struct str serial;
	struct str profile_status;     /* name as given, or the number as text */
	int64_t profile_status_number; /* -1 when it came as a name */
	int64_t retry_after_ms;        /* until Apple takes it up again; -1: not said */
};
MUST_CHECK enum errc uem_token_detail_decode(
	const struct json *root, struct uem_token_detail *ret, struct err *err);

/* --- devices (C.1, C.2) --- */
void uem_device_request(const struct uem_service *s, struct str serial, struct http_request *ret);
/* ERR_NOT_FOUND: there is no such device, and no other thing that its 404 tells. */
MUST_CHECK enum errc uem_device_error(const struct http_reply *reply, struct err *err);
struct uem_device {
	struct str serial; /* to be compared with the one asked for (H.11) */
	struct str enrollment_status, user, group, ownership;
	int64_t id;           /* -1 when absent */
	int64_t last_seen_ms; /* TIME_NONE: never or absent; TIME_UNKNOWN */
	int64_t enrolled_ms;  /* last; TIME_NONE: never or absent; TIME_UNKNOWN */
};
/* order: how this tenant writes dates with slashes. */
MUST_CHECK enum errc uem_device_decode(
	const struct json *element, enum date_order order, struct uem_device *ret, struct err *err);

#endif
