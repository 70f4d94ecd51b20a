/*
 * What the handlers of Apple's API share (services/README.md Apple A).
 */
#ifndef SIM_APPLE_APPLE_H
#define SIM_APPLE_APPLE_H

#include "sim/core/call.h"

/* Before every handler but the open ones: Accept, bearer. False when the reply says no. */
bool sim_apple_enter(struct call *c);
/* No such path, or not with this method. */
void sim_apple_no_route(struct call *c, bool path_known);

/* An error document (A.8). source: a JSON pointer (starts with /), a parameter's name, or NULL. */
void sim_apple_error(struct call *c, int status, const char *code, const char *source,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Several: begin, entries, end. */
struct error_entry {
	int status;
	const char *code, *source, *detail; /* source: as above */
	bool nested;                        /* the pointer stands in an object of its own */
};
void sim_apple_errors(struct call *c, struct json_out *o, int status);
void sim_apple_error_put(struct call *c, struct json_out *o, const struct error_entry *e);
void sim_apple_errors_end(struct json_out *o);
void sim_apple_not_found(struct call *c, const char *type, struct str id);

/* http://HOST/v1, as the client called us. */
struct str sim_apple_base(const struct call *c);
void sim_apple_time(struct call *c, struct json_out *o, const char *key, int64_t at_ms);
/* "links":{"self":...} of a resource. */
void sim_apple_self(struct call *c, struct json_out *o, const char *path, struct str id);

/* --- paging: rows in order of a number; the cursor says behind which --- */
struct cursor_page {
	int64_t limit;
	int64_t take, after, skip; /* WHERE id>after ORDER BY id LIMIT take+1 OFFSET skip */
	bool odd;                  /* the scenario cuts: the cursor counts pages */
	int64_t number;
};
/* False when the reply refuses limit or cursor. */
bool cursor_page_read(struct call *c, struct cursor_page *ret);
/* links and meta; next: 0 at the end. told: whether this list tells its total. */
void cursor_page_end(struct call *c, struct json_out *o, const struct cursor_page *p, int64_t next,
	int64_t total, bool told);

/* --- sparse fieldsets --- */
/* fields[type]: NULL-terminated names that are known. False when one is unknown (400). */
struct fieldset {
	struct str names; /* p == NULL: none asked for */
};
bool fieldset_read(
	struct call *c, const char *type, const char *const *known, struct fieldset *ret);
bool fieldset_has(const struct fieldset *f, const char *name, bool by_default);

/* Finds by Apple's id; false when there is none. */
int64_t sim_apple_server_find(struct sim *s, struct str uuid);
/* Writes one server as the reply's "data"; nothing when there is none. */
void sim_apple_server_put(
	struct call *c, struct json_out *o, int64_t id, const struct fieldset *fields);
extern const char *const sim_apple_server_fields[];

/* --- handlers --- */
void sim_apple_token(struct call *c);
void sim_apple_devices(struct call *c);
void sim_apple_device(struct call *c);
void sim_apple_device_server(struct call *c);
void sim_apple_device_server_link(struct call *c);
void sim_apple_servers(struct call *c);
void sim_apple_server(struct call *c);
void sim_apple_server_devices(struct call *c);
void sim_apple_server_related(struct call *c);
void sim_apple_server_post(struct call *c);
void sim_apple_server_patch(struct call *c);
void sim_apple_server_delete(struct call *c);
void sim_apple_events(struct call *c);
void sim_apple_coverage(struct call *c);
void sim_apple_activity_post(struct call *c);
void sim_apple_activity_get(struct call *c);
void sim_apple_activity_log(struct call *c);

/* Ended by a row without a path. */
extern const struct route sim_apple_routes[];

#endif
