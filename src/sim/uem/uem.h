/*
 * What the handlers of the UEM's API share (services/README.md UEM A-D).
 */
#ifndef SIM_UEM_UEM_H
#define SIM_UEM_UEM_H

#include "sim/core/call.h"

/* Before every handler but the open ones: sign-in, tenant code, quota. False: the reply says no. */
bool sim_uem_enter(struct call *c);
/* After every handler: the headers all replies carry. */
void sim_uem_leave(struct call *c);
/* IIS answers unknown paths with a page, not with JSON. */
void sim_uem_no_route(struct call *c, bool path_known);
void sim_uem_html(struct call *c, int status, const char *title);

/* {"errorCode":..,"message":..,"activityId":..} */
void sim_uem_error(struct call *c, int status, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void sim_uem_no_content(struct call *c);
/* 202 with an empty body and, unless NULL, a Location of that path under api/. */
void sim_uem_accepted(struct call *c, const char *location);
/* Begins a JSON document that is an object. */
void sim_uem_object(struct call *c, struct json_out *o);
/* An enumeration as number or name, whichever the tenant prints (services/README.md UEM H.22). */
void sim_uem_put_enum(
	struct call *c, struct json_out *o, const char *key, int64_t number, const char *name);

/* N of version=N in Accept; 1 without one. */
int sim_uem_version(const struct call *c);

/* --- groups --- */
struct og {
	int64_t id;
	bool account; /* holds an ADE token */
};
/* {og} of the path. False: 400 {5056} or 404 {no_group} is written. */
bool sim_uem_group(struct call *c, struct str uuid, int no_group, struct og *ret);

/* --- paging: 0-based page --- */
struct uem_page {
	int64_t number, size;
	int64_t take, skip; /* LIMIT take OFFSET skip */
};
/* Begins a list; false, and 204, where the page lies behind its end. */
bool sim_uem_list_begin(struct call *c, struct json_out *o, const struct uem_page *page,
	int64_t total, const char *key);
/* Its end, with page and total, or with links that there are none of. */
void sim_uem_list_end(
	struct call *c, struct json_out *o, const struct uem_page *page, int64_t total);
void sim_uem_list_end_linked(struct call *c, struct json_out *o, int64_t total);
void sim_uem_put_total(struct call *c, struct json_out *o, const char *key, int64_t total);
/* Sizes beyond 500 are cut silently; what is no number is the default. */
struct uem_page sim_uem_page_read(
	struct call *c, const char *page_name, const char *size_name, int64_t otherwise);

/* --- profiles --- */
/* By UEM uuid or Apple's identifier, dashes and case ignored; SQL_NULL when there is none. */
int64_t sim_uem_profile_find(struct sim *s, struct str id, int64_t *ret_og);

/* UUIDs of records and devices carry their row number, so that they need no index. */
void sim_uem_row_uuid(const char *kind, int64_t row, char out[UUID_TEXT]);
/* SQL_NULL when the text is not such a UUID. */
int64_t sim_uem_row_of(const char *kind, struct str uuid);
bool sim_uem_is_uuid(struct str text);

/* EnrollmentStatus as the number that goes with the word. */
int64_t sim_uem_enrollment_number(struct str word);

/* --- handlers --- */
void sim_uem_token(struct call *c);
void sim_uem_dep_list(struct call *c);
void sim_uem_dep_sync(struct call *c);
void sim_uem_dep_profile_put(struct call *c);
void sim_uem_profiles_search(struct call *c);
void sim_uem_profile_get(struct call *c);
void sim_uem_tokens(struct call *c);
void sim_uem_token_detail(struct call *c);
void sim_uem_groups_search(struct call *c);
void sim_uem_profile_put(struct call *c);
void sim_uem_group_get(struct call *c);
void sim_uem_group_children(struct call *c);
void sim_uem_users(struct call *c);
void sim_uem_apps_public(struct call *c);
void sim_uem_apps_purchased(struct call *c);
void sim_uem_device_apps(struct call *c);
void sim_uem_device(struct call *c);

/* Ended by a row without a path. */
extern const struct route sim_uem_routes[];

#endif
