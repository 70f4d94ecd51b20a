/*
 * Changes of Apple's truth about one device: each writes its audit line, the DEP feed, the audit
 * event and what Apple's own lists will show.
 */
#ifndef SIM_WORLD_WORLD_H
#define SIM_WORLD_WORLD_H

#include "sim/core/state.h"
#include "sim/core/timer.h"

/* How one device of an activity fared. */
enum landing {
	LANDING_DONE,
	LANDING_SAME,    /* already on that server: an error for Apple */
	LANDING_REFUSED, /* OPERATION_NOT_ALLOWED */
	LANDING_UNKNOWN, /* no such device: Apple says nothing about it */
};

/* A corrupted registration mends only by going all the way round; see world_record_*(). */
enum corrupt { CORRUPT_NO, CORRUPT_YES, CORRUPT_UNASSIGNED, CORRUPT_GONE };

struct truth {
	int64_t id, server, profile, corrupt, released, deadline, origin;
	bool capable, migrating;
};
bool truth_find(struct sim *s, struct str serial, struct truth *ret);

/* server: where to, or where from. deadline_ms for the migrations only. */
enum landing world_assign(struct sim *s, struct str serial, int64_t server, int64_t deadline_ms);
enum landing world_unassign(struct sim *s, struct str serial, int64_t server, int64_t deadline_ms);

enum landing world_migrate(struct sim *s, struct str serial, int64_t server, int64_t deadline_ms);
enum landing world_migrate_update(
	struct sim *s, struct str serial, int64_t server, int64_t deadline_ms);
enum landing world_migrate_cancel(
	struct sim *s, struct str serial, int64_t server, int64_t deadline_ms);
enum landing world_release(struct sim *s, struct str serial, int64_t server, int64_t deadline_ms);
/* Timer: a = device, b = the deadline that has come. */
void world_migrated(struct sim *s, const struct timer *timer);
/* Timer: a = device, b = the server it was on before its migration. */
void world_cancelled(struct sim *s, const struct timer *timer);
/* Apple does not know it any more. */
void world_vanish(struct sim *s, const struct truth *t, struct str serial);
/* A released or vanished device is in the organization again, on no server. */
void world_return(struct sim *s, struct str serial);

/* --- parts of the above --- */
/* to SQL_NULL: off its server. The enrollment profile belongs to the assignment and goes with it.
 */
void world_move(struct sim *s, const struct truth *t, struct str serial, int64_t to);
/* type as in Apple's audit events (services/README.md Apple E). */
void world_event(struct sim *s, const char *type, struct str serial, int64_t server);
/* Writes the effect: effective when v is LANDING_DONE. Returns v. */
enum landing world_tell(struct sim *s, struct effect *e, enum landing v);

/* Released at that moment; SQL_NULL: not any more. */
void world_released(struct sim *s, int64_t device, int64_t at_ms);
/* Deeds that hang on that moment of the activity are due. */
void milestone_later(struct sim *s, enum moment at, int64_t activity);

/* The device's entry in the UEM came or went: the other half of mending. */
void world_record_gone(struct sim *s, int64_t device);
void world_record_new(struct sim *s, int64_t device, struct str serial);

/* Timer: a = device, b = server to show, c = REVEAL_STATUS and REVEAL_SERVER, and REVEALS times the
 * row of the activity behind it. */
enum { REVEAL_STATUS = 1, REVEAL_SERVER = 2, REVEALS = 4 };
void world_reveal(struct sim *s, const struct timer *timer);

/* Names for the audit; "" for SQL_NULL. Borrowed from the request's arena. */
struct str server_name(struct sim *s, int64_t server);
struct str profile_name(struct sim *s, int64_t profile);

#endif
