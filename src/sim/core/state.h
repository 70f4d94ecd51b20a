/*
 * The simulator's state: what every room of it works on.
 *
 * One fleet, three views: table device holds Apple's truth (server) and what Apple shows of it
 * (shown_*); table feed is the DEP service's list of changes; table record is the UEM's copy, which
 * changes only when a sync is carried out. Everything that takes time is a row of table timer.
 */
#ifndef SIM_CORE_STATE_H
#define SIM_CORE_STATE_H

#include "base/arena.h"
#include "io/crypto.h"
#include "sim/core/audit.h"
#include "sim/core/clock.h"
#include "sim/core/knob.h"
#include "sim/core/message.h"
#include "sim/core/sql.h"

struct scenario;
struct sim;

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

/* The numbers are stored: append only. */
enum timer_kind {
	TIMER_ACTIVITY,
	TIMER_REVEAL,
	TIMER_SYNC,
	TIMER_PROFILE,
	TIMER_MIGRATION,
	TIMER_REQUEST,
	TIMER_ADMIN,
	TIMER_WIPE,
	TIMER_LAND,
	TIMER_CANCEL,
	TIMER_MILESTONE,
	TIMER_ARRIVES,
	TIMER_KINDS
};

/* a, b, c: what the kind says; SQL_NULL for none. text is borrowed until the timer is over. */
struct timer {
	int64_t a, b, c;
	struct str text;
};
typedef void timer_fn(struct sim *s, const struct timer *timer);

struct sim {
	struct sim_options opt;
	struct sim_sql sql;
	struct audit audit;
	struct sim_clock clock;
	struct knobs base;  /* as the scenarios have set them */
	struct knobs knobs; /* as they are for what is handled now: base and the overrides */
	struct marks marks; /* what the scenario has in store for that */
	struct scenario *scenario;
	timer_fn *timers[TIMER_KINDS]; /* who carries them out */
	struct es256_key *key;         /* NULL: none registered */
	struct arena arena;            /* of the request that is handled */
	struct arena texts;            /* of options that came with a reset */
	int64_t now;                   /* ms UTC: of the request, or of the timer that runs */
	uint64_t draws;                /* random numbers handed out so far */
	uint64_t n_requests;           /* since the start */
	const char *actor;             /* who causes what is handled now */
	int64_t activity;              /* row of the activity behind it; 0: none */
	const char *activity_id;       /* its id; NULL: none */
};

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

/* A random-looking UUID of the sequence: lower case with dashes. */
void sim_uuid(struct sim *s, char out[UUID_TEXT]);
/* Always the same for the same texts: lower case with dashes. */
void uuid_of(const char *kind, struct str name, char out[UUID_TEXT]);
/* 32 upper-case hex digits of a UUID, as Apple writes ids of servers and profiles. */
enum { HEX32_TEXT = 33 };
void uuid_to_hex(const char *uuid, char out[HEX32_TEXT]);

/* A number kept in the state under a name; otherwise when it was never set. */
int64_t sim_meta(struct sim *s, const char *name);
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
