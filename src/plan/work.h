/*
 * What a row's program means step by step: the one place that knows what each step needs, when it
 * already holds, and what it leads to.
 *
 * A program (model/step.h) is compiled into work steps: delete_from_lifecycle becomes unassign and
 * sync, names become servers. Each device carries one letter per work step.
 */
#ifndef PLAN_WORK_H
#define PLAN_WORK_H

#include "facts/fleet.h"
#include "model/outcome.h"
#include "model/step.h"

/* Letters of device_record.results. */
enum {
	RESULT_TODO = '.',
	RESULT_UNCHANGED = '=', /* its effect held already: nothing was sent */
	RESULT_DONE = '+',      /* sent and proved */
	RESULT_LEFT_OUT = '-',  /* skipped on the way to a put-back */
	RESULT_FAILED = '!',
	RESULT_UNVERIFIED = '?',
};

struct work_step {
	enum step_kind kind;
	uint8_t word;     /* index of the program step it belongs to */
	bool lifecycle;   /* part of delete_from_lifecycle */
	bool to_home;     /* reassign without a target */
	bool lost;        /* of a frozen program: what it names is not there any more */
	uint32_t server;  /* reassign, migrate: target; unassign: only from this one; else
			     SERVER_NONE */
	uint32_t profile; /* assign_profile: name of the target, slot of fleet.texts */
	int64_t deadline_ms;
	bool force_now;
};

enum { WORK_MAX_STEPS = 2 * PROGRAM_MAX_STEPS };

struct work_program {
	struct program source; /* borrowed from the arena given */
	struct work_step *v;   /* in that arena */
	uint32_t n;
	const char *advice; /* text of its last advise; NULL: none */
	const char *note;   /* the same of note */
	bool acts;          /* has a step that may send something */
	bool syncs;
};

/* What the UEM's record of a device says. */
enum record_state {
	RECORD_UNREAD,
	RECORD_NONE,
	RECORD_ENROLLED,
	RECORD_LEAVING, /* a wipe is pending */
	RECORD_LEFT,    /* unenrolled */
	RECORD_SEVERAL, /* nobody can tell which of them is meant */
	RECORD_ODD,     /* a status nobody has heard of: forbids what cannot be undone */
};

/* What a device looks like to the steps. */
struct view {
	uint32_t server;     /* SERVER_NONE: on none */
	uint32_t listed;     /* bit per group */
	uint32_t profile;    /* name, slot of fleet.texts; MAP_NONE: none */
	int64_t deadline_ms; /* of its migration; TIME_NONE: none */
	bool migrated;       /* and that is over, with success */
	enum record_state record;
	bool released;
	bool changed; /* at Apple by a step of this program, without a sync since */
};
/* From what was read. False when the server is not known. */
bool work_view(const struct fleet *f, uint32_t slot, struct view *ret);
/* Differs for views that differ; never 0. */
uint64_t work_view_key(const struct view *v);
/* id: a number, or several. */
enum record_state work_record_state(struct str id, struct str enrollment);

/* ERR_NOT_FOUND names a server or profile that does not exist or is ambiguous, ERR_SETTINGS a
 * step that these settings have no service for. */
MUST_CHECK enum errc work_compile(const struct fleet *f, const struct program *source, bool has_uem,
	struct arena *a, struct work_program *ret, struct err *err);
/* A frozen program, whose servers are told by id: what is gone since, or has no service in these
 * settings, spoils the devices that come to that step. */
void work_thaw(const struct fleet *f, const struct program *source, bool has_uem, struct arena *a,
	struct work_program *ret);
/* The program with the ids of its servers, to be frozen. Texts are borrowed from the fleet. */
void work_freeze(
	const struct fleet *f, const struct work_program *p, struct arena *a, struct program *ret);
/* The same without servers: enough to describe results, not to act. */
void work_outline(const struct program *source, struct arena *a, struct work_program *ret);

/* Which readings the program's steps need besides those of the rules. Bit per reading. */
uint32_t work_readings(const struct program *source);
bool work_uses_profiles(const struct program *source);
bool work_has(const struct work_program *p, enum step_kind kind);
/* A step from `from` on cannot be undone. */
bool work_for_good(const struct work_program *p, uint32_t from);
/* Has a step that is Apple's to carry out. */
bool work_needs_apple(const struct work_program *p);

/* home: where the device was before this run took it off (to_home); SERVER_NONE: not known. */
bool work_holds(const struct fleet *f, const struct work_step *s, uint32_t home, bool has_uem,
	const struct view *v);
/* Whether nothing is to be sent for the step: it holds, or there is nothing that it could do. */
bool work_needless(const struct fleet *f, const struct work_step *s, uint32_t home, bool has_uem,
	const struct view *v);
void work_effect(const struct fleet *f, const struct work_step *s, uint32_t home, struct view *v);

/* A letter for every step, as seen before anything is sent. False when nothing is to do. */
bool work_foresee(const struct fleet *f, const struct work_program *p, uint32_t home, bool has_uem,
	struct view v, char *ret_results);

/* The server on which the letters leave the device to be released from there, as in Apple School
 * Manager: no place to stay. SERVER_NONE: it is not on such a one. */
uint32_t work_desk(const struct work_program *p, const char *results);

/* Whether the letters leave the device off its server, or on such a desk, with a put-back to come;
 * *ret_at: its step. */
bool work_put_back_due(const struct work_program *p, const char *results, uint32_t *ret_at);

/* Whether the last step at Apple that was carried out took the device off its server, or put it on
 * a desk. */
bool work_went_off(const struct work_program *p, const char *results);
/* The program as text, with a step more: back to where it was. Both live in the arena. */
struct str work_with_way_back(const struct work_program *p, struct arena *a, struct program *ret);
/* Facts (FACT_BIT) that the steps before that one have changed. */
uint64_t work_changed(const struct work_program *p, const char *results, uint32_t before);

/* "unassign=done;sync=done;reassign(WS1 EMEA)=failed". results NULL: a plan ("=planned"). */
void work_describe(const struct work_program *p, const char *results, struct buf *out);
/* "unassign, sync": for people. */
void work_words(const struct work_program *p, struct buf *out);

#endif
