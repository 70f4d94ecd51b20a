/*
 * What was known of a device at a moment, as a run remembers it: before it acted, and after.
 */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/field.h"

/* In the order in which people read them. X(id, word, fact, shown when absent) */
#define SNAPSHOT_LIST(X)                                         \
	X(STATUS, "status", APPLE_STATUS, true)                  \
	X(SERVER, "server", APPLE_SERVER, true)                  \
	X(RELEASED, "released", APPLE_RELEASED, false)           \
	X(MIGRATION, "migration", APPLE_MIGRATION_STATUS, false) \
	X(LISTED, "listed", UEM_LISTED, false)                   \
	X(PROFILE, "profile", UEM_PROFILE, true)                 \
	X(RECORD, "record", UEM_DEVICE, true)                    \
	X(ENROLLMENT, "enrollment", UEM_ENROLLMENT_STATUS, false)

enum snapshot_part {
#define X(id, word, fact, absent) SNAPSHOT_##id,
	SNAPSHOT_LIST(X)
#undef X
		SNAPSHOT_MAX_
};

struct snapshot {
	struct {
		enum value_state state; /* VALUE_UNREAD: it says nothing about this */
		struct str text;        /* when known: a name, a time, yes or no */
	} v[SNAPSHOT_MAX_];
};

enum fact snapshot_fact(enum snapshot_part part);
/* The text when it is known; empty else. */
struct str snapshot_text(const struct snapshot *s, enum snapshot_part part);
/* Whether it says that the part is this; an empty text stands for none. */
bool snapshot_is(const struct snapshot *s, enum snapshot_part part, struct str text);

/* For people: "status=ASSIGNED;server=WS1 EMEA;profile=none". */
void snapshot_words(const struct snapshot *s, struct buf *out);
/* One part of these words; empty when it says nothing about it. */
struct str snapshot_word(const struct snapshot *s, enum snapshot_part part);

/* For the store: equal snapshots give equal bytes. */
void snapshot_encode(const struct snapshot *s, struct buf *out);
/* Texts live in the arena. Takes what version 0.1.0 stored, the words, as well. What cannot be read
 * says nothing. */
void snapshot_decode(struct str stored, struct arena *a, struct snapshot *ret);
/* Words of what was stored. */
void snapshot_show(struct str stored, struct buf *out);

#endif
