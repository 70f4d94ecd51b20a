/*
 * The simulator without its socket: state, time, audit, and one request at a time.
 *
 * One fleet, three views: table device holds Apple's truth (server) and what Apple shows of it
 * (shown_*); table feed is the DEP service's list of changes; table record is the UEM's copy, which
 * changes only when a sync job runs. Everything that takes time is a row of table job.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/arena.h"
#include "io/crypto.h"
#include "sim/audit.h"
#include "sim/clock.h"
#include "sim/knob.h"
#include "sim/message.h"
#include "sim/sql.h"

struct scenario;

/* All texts borrowed until sim_close(). */
struct sim_options {
	const char *fleet;         /* CSV; a new state needs it */
	const char *fleet_csv;     /* the same as text; NULL: see fleet */
	const char *scenario_yaml; /* one more scenario as text; NULL: none */
	const char *state;         /* NULL: in memory */
	const char *audit;         /* NULL: none */
	const char *apple_key;     /* PEM of the registered public key; NULL: see any_key */
	const char *client_id;     /* NULL: any client id the key signs for */
	bool any_key;              /* take assertions without looking at their signature */
	const char *uem_client, *uem_secret; /* NULL: any */
	const char *uem_user, *uem_password; /* NULL: any */
	const char *tenant_code;             /* NULL: any, but Basic needs one */
	const char *const *servers, *const *profiles, *const *scenarios, *const *settings;
	size_t n_servers, n_profiles, n_scenarios, n_settings;
	int64_t clock_rate;
	uint64_t seed;
	bool durable;
	bool new_audit; /* what the file holds is thrown away */
	bool bodies;    /* the audit holds what requests and replies say */
	bool control;   /* /sim/... is answered */
};

/* When a deed that hangs on a request is done. */
enum moment { AT_BEFORE, AT_AFTER, AT_LANDED, AT_VISIBLE, AT_TERMINAL };

struct sim {
	struct sim_options opt;
	struct sql sql;
	struct audit audit;
	struct sim_clock clock;
	struct knobs base;  /* as the scenarios have set them */
	struct knobs knobs; /* as they are for what is handled now: base and the overrides */
	struct marks marks; /* what the scenario has in store for that */
	struct scenario *scenario;
	struct es256_key *key;   /* NULL: none registered */
	struct arena arena;      /* of the request that is handled */
	struct arena texts;      /* of options that came with a reset */
	int64_t now;             /* ms UTC: of the request, or of the job that runs */
	uint64_t draws;          /* random numbers handed out so far */
	uint64_t n_requests;     /* since the start */
	const char *actor;       /* who causes what is handled now */
	int64_t activity;        /* row of the activity behind it; 0: none */
	const char *activity_id; /* its id; NULL: none */
};

/* Opens or makes the state. Caller frees with sim_close(). */
MUST_CHECK enum errc sim_open(struct sim **ret, const struct sim_options *opt, struct err *err);
void sim_close(struct sim *s);

/* Handles one request whole: time moves, due jobs run, effects and audit are durable when it
 * returns. An error means that the state is lost: nothing may be sent, the caller stops. */
MUST_CHECK enum errc sim_handle(
	struct sim *s, const struct request *q, struct reply *r, struct err *err);

static inline int64_t knob(const struct sim *s, enum knob k)
{
	return s->knobs.v[k];
}
static inline bool knob_has(const struct sim *s, enum knob k, struct str word)
{
	return knob_names(&s->knobs, k, word);
}

/* True when what is told now is so old (a DURATION knob): the tables *_then show that moment. */
bool sim_look_back(struct sim *s, enum knob age);

/* The next number of the seeded sequence; part of the state. */
uint64_t sim_draw(struct sim *s);
/* A random-looking UUID of the sequence: lower case with dashes. */
void sim_uuid(struct sim *s, char out[UUID_TEXT]);
/* Always the same for the same texts: lower case with dashes. */
void uuid_of(const char *kind, struct str name, char out[UUID_TEXT]);
/* 32 upper-case hex digits of a UUID, as Apple writes ids of servers and profiles. */
enum { HEX32_TEXT = 33 };
void uuid_to_hex(const char *uuid, char out[HEX32_TEXT]);

/* A number kept in the state under a name; otherwise when it was never set. */
int64_t sim_meta(struct sim *s, const char *name, int64_t otherwise);
void sim_meta_set(struct sim *s, const char *name, int64_t v);

/* One line of the audit about one device (or, with serial empty, about something else).
 * effective: whether the world is different now. */
struct effect {
	struct str serial;
	const char *what;
	struct str before, after;
	bool effective;
};
void sim_effect(struct sim *s, const struct effect *e);

#endif
