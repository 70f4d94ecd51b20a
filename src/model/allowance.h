/*
 * What --allow can lift, and what it takes: one table row each.
 */
#ifndef MODEL_ALLOWANCE_H
#define MODEL_ALLOWANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum allowance_value {
	ALLOWS_NUMBER,  /* from 1: none is what needs no leave */
	ALLOWS_PERCENT, /* 1 to 100 */
	ALLOWS_SIZE,    /* from 0, as scripts count them */
	ALLOWS_YES,
	ALLOWS_SERIAL,
};

/* X(name, value, what is lifted) */
#define ALLOWANCE_LIST(X)                                                                       \
	X(devices, NUMBER, "limits.devices: devices changed in 24 hours")                       \
	X(percent, PERCENT, "limits.percent: part of the organization changed in 24 hours")     \
	X(in_flight, NUMBER, "limits.in_flight: devices off their server at once")              \
	X(release, SIZE, "limits.release: devices released in 24 hours")                        \
	X(delete_record, SIZE, "limits.delete_record: records deleted in 24 hours")             \
	X(wipe, SIZE, "limits.wipe: devices wiped in 24 hours")                                 \
	X(fleet, SIZE, "a list of Apple's that is a fifth shorter than last time: how short")   \
	X(organization, YES, "another client ID than last time, or servers that are gone")      \
	X(empty, YES, "a list without rows, where a filter may find none")                      \
	X(network_state, YES, "the state on a network file system or in a synchronized folder") \
	X(restored_state, YES, "irreversible steps after an older state was restored")          \
	X(again, SERIAL, "a step for a device whose last one is not known, or had no effect")

/* "NAME=VALUE": ERR_USAGE for a name that is none, with the nearest, or a value that it does not
 * take. */
MUST_CHECK enum errc allowance_check(struct str allowance, struct err *err);
/* Whether --allow again=SERIAL is among them; NULL-terminated, may be NULL. */
bool allowance_names_again(const char *const *allowed, struct str serial);
/* "release=NUMBER" and so on, for completions and the manual; NULL past the last. */
const char *allowance_pattern(size_t i);
/* What that one lifts. */
const char *allowance_meaning(size_t i);

#endif
