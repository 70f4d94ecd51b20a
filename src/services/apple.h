/*
 * Apple Business / School API as a pure codec: requests out, decoded facts in. No socket, no clock,
 * no retry. Every function names the section of services/README.md that it follows.
 *
 * Requests: fill an http_request without Authorization (wire/transport adds the bearer).
 * Replies: ERR_OK with the decoded facts, or the code that tells what to do (apple_reply_error).
 */
#ifndef SERVICES_APPLE_H
#define SERVICES_APPLE_H

#include <stdint.h>

#include "base/time.h"
#include "io/crypto.h"
#include "io/http_message.h"
#include "io/json.h"
#include "model/step.h"
#include "services/odd.h"

enum { APPLE_PAGE_LIMIT = 1000, APPLE_MAX_SERVERS = 1000, APPLE_MAX_DEVICES = 10000000 };

struct apple_service {
	const char *base; /* https://api-business.apple.com, without /v1 */
	const char *token_url;
	const char *client_id;
	const char *key_id; /* NULL: no kid in the assertion */
	bool school;
	/* Name only fields that Apple's pages list for fields[orgDevices], which leaves the
	 * migration attributes out: to be set once apple_fields_refused() said so. */
	bool documented_fields;
	/* Of a device only what tells its state: of a large organization it is read over and over.
	 */
	bool state_fields;
};
/* Hosts of A.1 for what the settings leave out. Borrowed for ever. */
const char *apple_default_base(bool school);
const char *apple_default_token_url(void);

/* --- sign-in (A.2) --- */
/* AUTH. The assertion lives 20 minutes; jti is random. */
MUST_CHECK enum errc apple_token_request(const struct apple_service *s, const struct es256_key *key,
	int64_t now_ms, struct http_request *ret, struct err *err);
/* Fills the token (caller wipes) and its end on the caller's clock. Errors: ERR_AUTH
 * (invalid_client and kin), ERR_BUSY (429, or a 400 that means "too many tokens"), ERR_OUTAGE,
 * ERR_PROTOCOL. */
MUST_CHECK enum errc apple_token_reply(const struct http_reply *reply, int64_t now_ms,
	struct buf *ret_token, int64_t *ret_expires_ms, struct err *err);

/* --- errors (A.8) --- */
struct apple_error {
	char code[96]; /* dotted; match by prefix */
	char detail[240];
	char pointer[160];  /* source.pointer, "" when absent */
	char parameter[64]; /* source.parameter, "" when absent */
	char id[64];
};
/* ERR_OK for 2xx. Otherwise the meaning by status: 401 ERR_AUTH, 403 ERR_AUTH, 404 ERR_NOT_FOUND,
 * 409 and 422 ERR_REFUSED, 429 ERR_BUSY, other 4xx ERR_REFUSED, 3xx ERR_PROTOCOL, 5xx ERR_OUTAGE,
 * not answered ERR_NET. A page for people did not come from the API: apple_page_error().
 * ret_detail may be NULL; of 2xx it is empty. HTML and empty bodies are fine. */
enum errc apple_reply_error(
	const struct http_reply *reply, struct apple_error *ret_detail, struct err *err);
/* Of a READ: a page for people instead of an answer, with any status; ERR_OK when it is none. */
MUST_CHECK enum errc apple_page_error(const struct http_reply *reply, struct err *err);
/* Whether a 400 says that a name in fields[...] is not known there. */
bool apple_fields_refused(const struct http_reply *reply);

/* --- listings (A.3, A.4, A.5): all READ; cursor empty for the first page --- */
struct apple_page {
	struct buf cursor; /* next cursor; empty at the end; caller releases */
	int64_t total;     /* meta.paging.total, -1 when absent */
	bool marked;       /* it has links or meta.paging, which would name a next page */
	bool odd;          /* it names one in a way that cannot be read */
};
void apple_page_init(struct apple_page *p);
void apple_page_release(struct apple_page *p);
/* The next cursor from the rest that json_scan_end() gave: meta.paging.nextCursor, else the cursor
 * parameter of links.next (whose host is never used). rest NULL: no page. */
MUST_CHECK enum errc apple_page_read(
	const struct json *rest, struct apple_page *ret, struct err *err);

void apple_servers_request(
	const struct apple_service *s, struct str cursor, struct http_request *ret);
struct apple_server {
	struct str id, name;       /* borrowed from the element */
	int64_t device_count;      /* -1 when absent */
	int64_t last_connected_ms; /* TIME_NONE when absent */
	int disown;                /* enableMdmDisownFlag: 1, 0, -1 absent, FLAG_ODD */
};
MUST_CHECK enum errc apple_server_decode(
	const struct json *element, struct apple_server *ret, struct err *err);

void apple_devices_request(
	const struct apple_service *s, struct str cursor, struct http_request *ret);
void apple_device_request(
	const struct apple_service *s, struct str serial, struct http_request *ret);
/* Texts are empty, times TIME_NONE, flags -1 when absent; odd, TIME_UNKNOWN, FLAG_ODD when they are
 * there and cannot be read (services/odd.h). The serial is as Apple wrote it: serial_read() makes
 * it comparable. */
struct apple_device {
	struct str serial, status, model, family, type, order_number, source, migration_status;
	struct str color, capacity, part_number, source_id, eid;
	int64_t added_ms, released_ms, updated_ms, migration_deadline_ms, ordered_ms;
	int migration_capable;
	/* One text or a list of them, for apple_texts(); borrowed from the element. */
	const struct json *imei, *meid, *wifi_mac, *bluetooth_mac, *ethernet_mac;
};
/* Of a single look-up. ERR_NOT_FOUND: there is no such device, and no other thing that its 404
 * tells. */
MUST_CHECK enum errc apple_device_error(const struct http_reply *reply, struct err *err);
/* element: an item of `data`, or `data` itself of the single look-up. ERR_PROTOCOL: it is about no
 * device that can be named, and so may be about any. */
MUST_CHECK enum errc apple_device_decode(
	const struct json *element, struct apple_device *ret, struct err *err);
/* Appends the texts with commas between; nothing for NULL. */
void apple_texts(const struct json *value, struct buf *out);

/* Linkages of one server: elements hold only type and id. */
void apple_server_devices_request(const struct apple_service *s, struct str server_id,
	struct str cursor, struct http_request *ret);
MUST_CHECK enum errc apple_linkage_decode(
	const struct json *element, struct str *ret_id, struct err *err);

void apple_assigned_server_request(
	const struct apple_service *s, struct str serial, struct http_request *ret);
/* ret_id empty: on no server (404, null data or empty id, A.4). Ask only for devices known to
 * exist. */
MUST_CHECK enum errc apple_assigned_server_reply(
	const struct http_reply *reply, struct buf *ret_id, struct err *err);

/* --- AppleCare coverage (A.10) --- */
void apple_coverage_request(
	const struct apple_service *s, struct str serial, struct http_request *ret);
struct apple_coverage {
	enum apple_coverage_state { COVERAGE_NONE, COVERAGE_EXPIRED, COVERAGE_ACTIVE } state;
	int64_t end_ms;  /* of the one that ends last; TIME_NONE: it has none; TIME_UNKNOWN */
	struct str kind; /* Apple's words for that one, or odd; borrowed from root */
};
/* All coverage of one device as of now_ms. ERR_PROTOCOL: nobody can tell by it whether the device
 * is covered, as where Apple's words and dates contradict each other. */
MUST_CHECK enum errc apple_coverage_decode(
	const struct json *root, int64_t now_ms, struct apple_coverage *ret, struct err *err);

/* --- activities (A.6) --- */
/* CHANGE. server_id may be empty for kinds without a server; deadline_ms TIME_NONE without one.
 * kind: STEP_UNASSIGN (server_id: the CURRENT server), STEP_REASSIGN, STEP_MIGRATE,
 * STEP_CANCEL_MIGRATION, STEP_RELEASE; update_deadline makes STEP_MIGRATE an
 * UPDATE_MDM_MIGRATION_DEADLINE. */
struct apple_change {
	enum step_kind kind;
	struct str server_id;
	int64_t deadline_ms;
	bool update_deadline;
	const struct str *serials;
	size_t n_serials;
};
MUST_CHECK enum errc apple_activity_request(const struct apple_service *s,
	const struct apple_change *change, struct http_request *ret, struct err *err);

enum apple_activity_state {
	ACTIVITY_RUNNING,
	ACTIVITY_SUCCESS,    /* COMPLETED_WITH_SUCCESS: still to be proved per device */
	ACTIVITY_WITH_ERROR, /* some failed: read the log */
	ACTIVITY_FAILURE,    /* COMPLETED_WITH_FAILURE: most likely all failed: read the log */
	ACTIVITY_UNCLEAR,    /* work done but post-processing failed, STOPPED, FAILED: look at each
				device */
};
struct apple_activity {
	char id[80];
	enum apple_activity_state state;
	char status[48], sub_status[48];
	char *download_url; /* owned; NULL when absent */
	int64_t took_ms;    /* by Apple's clock, of one at its end; TIME_NONE: it does not tell */
};
void apple_activity_release(struct apple_activity *a);
/* For the 201 and for the look-up. A 2xx other than 200 that cannot be read is ERR_UNKNOWN: an
 * activity was created and nobody knows its id. */
MUST_CHECK enum errc apple_activity_reply(
	const struct http_reply *reply, struct apple_activity *ret, struct err *err);
void apple_activity_get(const struct apple_service *s, struct str id, struct http_request *ret);

/* Which serial an error's source.pointer blames (/data/relationships/devices/data/17): its index;
 * SIZE_MAX when it blames none. */
size_t apple_error_culprit(const struct apple_error *e);

/* Every device that a refusal blames, by its index in the request, each index once: errors[] has an
 * entry for each, or one for all of them: a serial number in any of its texts, else its pointer
 * (/data/relationships/devices/data/17) names them. Returns how many; the others of the request
 * were not the reason. *pointers: they count from 0, as far as is known; false from the first reply
 * on that points behind its last device, and none of them is believed any more. Texts are borrowed
 * for the call.
 */
size_t apple_refused_devices(const struct http_reply *reply, const struct str *serials,
	size_t n_serials, bool *pointers,
	void (*each)(void *self, size_t index, const struct apple_error *e), void *self);

/* --- the activity's log (A.7) --- */
/* READ without bearer. ERR_PROTOCOL unless https (or http on loopback). The object store's own
 * refusals are no verdict on our credentials: anything but 200 means that there is no log. */
MUST_CHECK enum errc apple_log_request(const char *url, struct http_request *ret, struct err *err);
/* Each device row of the CSV that says in known words what became of it; preamble and further
 * tables are skipped. ok: operation_status is SUCCESS in any case. Texts borrowed for the call.
 * ERR_PROTOCOL when the file cannot be read on; rows handed out by then stay good. A device without
 * a row is in an unknown state, and so is one whose rows contradict each other. */
MUST_CHECK enum errc apple_log_read(struct str csv,
	void (*each)(void *self, struct str serial, bool ok, struct str substatus), void *self,
	struct err *err);

/* --- audit events (E): Business only --- */
void apple_events_request(const struct apple_service *s, int64_t from_ms, int64_t to_ms,
	struct str cursor, struct http_request *ret);
struct apple_event {
	struct str id, type, actor, actor_type; /* borrowed from the element */
	int64_t at_ms; /* TIME_NONE: not told, or not in a way that can be read */
};
/* is_asked() gets each string of the event until it says yes. *ret_serial empty: the
 * event names no device asked for, or tells of what did not succeed. */
MUST_CHECK enum errc apple_event_decode(const struct json *element,
	bool (*is_asked)(void *self, struct str text), void *self, struct apple_event *ret,
	struct str *ret_serial, struct err *err);
/* Whether it is what a step of that kind leaves behind, whoever did it. */
bool apple_event_tells_of(const struct apple_event *e, enum step_kind kind);

#endif
