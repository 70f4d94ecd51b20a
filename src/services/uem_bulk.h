/*
 * Workspace ONE UEM: many devices in one call, and what takes a device away (services/README.md UEM
 * C.1, C.3, C.4). Records are named by their id and never by serial: serials are not unique there,
 * and a delete by serial may hit another one's record (H.12).
 */
#ifndef SERVICES_UEM_BULK_H
#define SERVICES_UEM_BULK_H

#include "services/uem.h"

/* --- look-up of many --- */
/* READ; elements in "Devices", each for uem_device_decode(). ERR_NOT_FOUND may be about any one of
 * the serials: look them up one by one then. */
void uem_devices_request(const struct uem_service *s, const struct str *serials, size_t n_serials,
	struct http_request *ret);

/* READ; every record, elements in "Devices"; page counts from 0; 204 means none. There is no filter
 * by serial (H.11): only the whole list shows that a serial has several records (H.12). */
void uem_devices_page_request(const struct uem_service *s, unsigned page, struct http_request *ret);

/* --- the tenant's caps --- */
void uem_bulk_limits_request(const struct uem_service *s, struct http_request *ret);
struct uem_bulk_limits {
	int64_t delete_device; /* -1: not said */
};
MUST_CHECK enum errc uem_bulk_limits_decode(
	const struct json *root, struct uem_bulk_limits *ret, struct err *err);

/* --- delete --- */
/* CHANGE; unenrolls an enrolled device. 403 without 1011 or 1013 is ERR_HELD: the wipe threshold.
 */
void uem_delete_request(const struct uem_service *s, int64_t id, struct http_request *ret);
/* CHANGE. */
void uem_delete_many_request(
	const struct uem_service *s, const int64_t *ids, size_t n_ids, struct http_request *ret);

struct uem_fault {
	struct str item;     /* the id as text; empty when it came as a number */
	int64_t item_number; /* the same as a number, -1 when it is none */
	int64_t code;        /* 0 when absent */
	struct str message;
};
/* For 200, and for 400 when its body is a BulkResponse (none accepted). Only faults tell who
 * failed, and not all of them need be told: every device has to be looked at. Texts are borrowed
 * for the call. ERR_LIMIT: more devices than the tenant allows in one call, nothing was done, a
 * smaller one may pass. ERR_HELD: the wipe threshold. ERR_UNKNOWN: a yes that cannot be read. */
MUST_CHECK enum errc uem_bulk_reply(const struct http_reply *reply,
	void (*each)(void *self, const struct uem_fault *fault), void *self, struct err *err);

/* --- commands --- */
enum uem_command { UEM_ENTERPRISE_WIPE, UEM_DEVICE_WIPE };
/* CHANGE; 202 without a body: queued. 400: not enrolled, not eligible, not supported. */
void uem_command_request(const struct uem_service *s, int64_t id, enum uem_command command,
	struct http_request *ret);

#endif
