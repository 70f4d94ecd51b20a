/*
 * The words of the job: one table row per step.
 */
#ifndef MODEL_STEP_H
#define MODEL_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum step_service { SERVICE_NONE, SERVICE_APPLE, SERVICE_UEM };

/* What a step can take in `do:`. */
enum step_arg {
	ARG_NONE,    /* - sync */
	ARG_FROM,    /* - unassign, - unassign: {from: SERVER} */
	ARG_TO,      /* - reassign, - reassign: {to: SERVER} */
	ARG_PROFILE, /* - assign_profile: {profile: NAME} */
	ARG_MIGRATE, /* - migrate: {to, deadline, force_now} */
	ARG_WIPE,    /* - wipe: {kind: enterprise|device} */
	ARG_TEXT,    /* - advise: TEXT, - note: TEXT */
};

/* The settings have a line of the same name. */
#define SYNC_WITHOUT_UEM                                                                       \
	"with another device management service, 'sync: {wait: 30m}' in the settings (a line " \
	"of its own, no step of the rules) replaces each sync"

/* X(id, word, service, argument, takes off its server, puts back, irreversible) */
#define STEP_LIST(X)                                                                        \
	X(UNASSIGN, "unassign", APPLE, FROM, true, false, false)                            \
	X(REASSIGN, "reassign", APPLE, TO, false, true, false)                              \
	X(SYNC, "sync", UEM, NONE, false, false, false)                                     \
	X(FETCH, "fetch", UEM, NONE, false, false, false)                                   \
	X(ASSIGN_PROFILE, "assign_profile", UEM, PROFILE, false, false, false)              \
	X(REMOVE_PROFILE, "remove_profile", UEM, NONE, false, false, false)                 \
	X(DELETE_FROM_LIFECYCLE, "delete_from_lifecycle", APPLE, NONE, false, false, false) \
	X(DELETE_RECORD, "delete_record", UEM, NONE, false, false, true)                    \
	X(MIGRATE, "migrate", APPLE, MIGRATE, false, true, false)                           \
	X(CANCEL_MIGRATION, "cancel_migration", APPLE, NONE, false, false, false)           \
	X(RELEASE, "release", APPLE, NONE, false, false, true)                              \
	X(WIPE, "wipe", UEM, WIPE, false, false, true)                                      \
	X(SKIP, "skip", NONE, NONE, false, false, false)                                    \
	X(ADVISE, "advise", NONE, TEXT, false, false, false)                                \
	X(NOTE, "note", NONE, TEXT, false, false, false)

enum step_kind {
#define X(id, word, service, arg, off, back, final) STEP_##id,
	STEP_LIST(X)
#undef X
		STEP_MAX_
};

struct step_info {
	const char *word;
	enum step_service service;
	enum step_arg arg;
	bool takes_off, puts_back, irreversible;
};

const struct step_info *step_info(enum step_kind k);
bool step_from_word(struct str word, enum step_kind *ret);

/*
 * One step with its arguments as plain text: what the planner hands out, the store freezes and the
 * executor carries out. A list of them is a program; recipes are flattened, and
 * delete_from_lifecycle is kept as one word (the engine runs it as unassign + sync).
 */
struct step {
	enum step_kind kind;
	struct str arg;      /* server or profile NAME, wipe kind, advice; empty: none given */
	struct str id;       /* of that server, once the plan is frozen: names change hands */
	int64_t deadline_ms; /* migrate; TIME_NONE otherwise */
	bool force_now;      /* migrate */
};

struct program {
	const struct step *v;
	uint32_t n;
	struct str if_failed; /* what a person does when it fails; empty: nothing */
};

enum { PROGRAM_MAX_STEPS = 64 };

#endif
