/*
 * What the handlers of Apple's DEP service share (services/README.md Apple B).
 */
#ifndef SIM_DEP_DEP_H
#define SIM_DEP_DEP_H

#include "sim/core/call.h"

/* The secrets of a server's token follow from its id, so that they can be told beforehand. */
enum { DEP_SECRET_TEXT = 48 };
struct dep_secrets {
	char consumer_key[DEP_SECRET_TEXT], consumer_secret[DEP_SECRET_TEXT];
	char access_token[DEP_SECRET_TEXT], access_secret[DEP_SECRET_TEXT];
};
/* The decrypted token of the server with that name, as JSON. */
void sim_dep_token_json(struct str server_name, struct buf *out);

/* Before every handler but /session: User-Agent, terms, session. False: the reply says no. */
bool sim_dep_enter(struct call *c);
void sim_dep_leave(struct call *c);
void sim_dep_no_route(struct call *c, bool path_known);
/* An error word: bare, quoted or in JSON. */
void sim_dep_error(struct call *c, int status, const char *word);
/* Begins a JSON object. */
void sim_dep_object(struct call *c, struct json_out *o);
/* X-Server-Protocol-Version, 1 when absent. */
int64_t sim_dep_version(const struct call *c);

/* Parsed body; NULL (and a 400) when it is not JSON. Caller frees with json_free(). */
struct json *sim_dep_body(struct call *c);
/* `devices` of a body, one or many; NULL, and 400 DEVICE_ID_REQUIRED, when there is none. */
const struct json *sim_dep_devices_of(struct call *c, const struct json *body);
/* The device if it is on the session's server; SQL_NULL otherwise. */
int64_t sim_dep_device(struct call *c, struct str serial);

void sim_dep_session(struct call *c);
void sim_dep_account(struct call *c);
void sim_dep_fetch(struct call *c);
void sim_dep_sync(struct call *c);
void sim_dep_details(struct call *c);
void sim_dep_disown(struct call *c);
void sim_dep_lock(struct call *c);
void sim_dep_profile_define(struct call *c);
void sim_dep_profile_get(struct call *c);
void sim_dep_profile_assign(struct call *c);
void sim_dep_profile_remove(struct call *c);

/* Ended by a row without a path. */
extern const struct route sim_dep_routes[];

#endif
