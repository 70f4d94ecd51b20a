/*
 * Workspace ONE UEM: what only doctor and a few rules ask for (services/README.md UEM B2, B3, C.6,
 * C.7, E).
 */
#ifndef SERVICES_UEM_SURVEY_H
#define SERVICES_UEM_SURVEY_H

#include "services/uem.h"

/* --- groups (C.6) --- */
/* READ; by number (as a profile names its landing group) or by UUID. */
void uem_group_detail_request(const struct uem_service *s, struct str id, struct http_request *ret);
/* READ; a bare array to be scanned with member "", the group itself among its children. */
void uem_group_children_request(
	const struct uem_service *s, struct str id, struct http_request *ret);
struct uem_group {
	struct str uuid, name;
	struct str group_id; /* empty: devices cannot land here */
	int64_t id;          /* -1 when absent */
};
MUST_CHECK enum errc uem_group_decode(
	const struct json *element, struct uem_group *ret, struct err *err);

/* --- users (E.5) --- */
/* READ; elements in "Users"; page counts from 0; 204 means none. The search matches parts: compare.
 */
void uem_users_request(
	const struct uem_service *s, struct str username, unsigned page, struct http_request *ret);
struct uem_user {
	struct str name;
	int64_t group_number; /* -1 when absent */
};
MUST_CHECK enum errc uem_user_decode(
	const struct json *element, struct uem_user *ret, struct err *err);

/* --- apps (C.7) --- */
/* READ; elements in "Application"; page counts from 0; 204 means none or past the last page; the
 * totals beside them count the page. */
void uem_purchased_apps_request(const struct uem_service *s, struct str group_uuid, unsigned page,
	struct http_request *ret);
void uem_public_apps_request(const struct uem_service *s, unsigned page, struct http_request *ret);
struct uem_app {
	struct str name, bundle_id, uuid;
	/* What kinds of licence the app can have: name as given or number as text; the numbers are
	 * not published. Empty when absent. */
	struct str eligibility;
};
MUST_CHECK enum errc uem_app_decode(
	const struct json *element, struct uem_app *ret, struct err *err);

/* READ; elements in "DeviceApps". */
void uem_device_apps_request(const struct uem_service *s, int64_t id, struct http_request *ret);
struct uem_device_app {
	struct str bundle_id;
	struct str type; /* Public, Internal, Purchased, or a number as text */
};
MUST_CHECK enum errc uem_device_app_decode(
	const struct json *element, struct uem_device_app *ret, struct err *err);

/* --- one profile (B2, B3) --- */
/* READ; for uem_profile_decode() and for the change below. */
void uem_profile_request(
	const struct uem_service *s, struct str profile_uuid, struct http_request *ret);
/*
 * CHANGE. The PUT replaces the whole profile and registers it anew with Apple, so what was read is
 * sent back byte for byte but for this one member, unknown ones included. ERR_REFUSED when
 * the profile creates a local administrator: the password may not have been read back, and
 * would be blanked (H.20). ERR_PROTOCOL when the profile has no such flag.
 */
MUST_CHECK enum errc uem_profile_flag_request(const struct uem_service *s, struct str profile_uuid,
	struct str profile_json, const char *flag, bool value, struct http_request *ret,
	struct err *err);

#endif
