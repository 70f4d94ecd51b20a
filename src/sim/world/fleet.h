/*
 * The fleet a simulator starts with, as CSV: one device a row.
 */
#ifndef SIM_WORLD_FLEET_H
#define SIM_WORLD_FLEET_H

#include "sim/core/state.h"

/* X(id, header, meaning). Headers are matched without case, blanks, `_` and `-`; any order; only
 * serial has to be there. Dates as YYYY-MM-DD or RFC 3339. */
#define FLEET_COLUMN_LIST(X)                                                                    \
	X(SERIAL, "serial", "serial number")                                                    \
	X(SERVER, "server", "Apple server it is on; empty: unassigned")                         \
	X(GROUP, "group", "Group ID the server's token feeds; empty: from its name; -: no UEM") \
	X(STATUS, "status", "not read: follows from server")                                    \
	X(FAMILY, "family", "iPhone iPad Mac AppleTV Watch Vision")                             \
	X(MODEL, "model", "such as iMac 21.5\"")                                                \
	X(TYPE, "type", "such as iMac16,2")                                                     \
	X(CAPACITY, "capacity", "such as 256GB")                                                \
	X(COLOR, "color", "such as SILVER")                                                     \
	X(PART_NUMBER, "part_number", "such as FD311LL/A")                                      \
	X(ORDER_NUMBER, "order_number", "order number")                                         \
	X(ORDER_DATE, "order_date", "date of the order")                                        \
	X(SOURCE, "source", "APPLE RESELLER MANUALLY_ADDED")                                    \
	X(SOURCE_ID, "source_id", "customer or reseller number")                                \
	X(ADDED, "added", "date it came into the organization")                                 \
	X(RELEASED, "released", "date it left; empty: still there")                             \
	X(ASSET_TAG, "asset_tag", "asset number")                                               \
	X(IMEI, "imei", "IMEI")                                                                 \
	X(LISTED, "listed",                                                                     \
		"yes or no: the UEM knows it; empty: yes on a server that feeds a group")       \
	X(PROFILE, "profile", "enrollment profile the UEM has given it")                        \
	X(PROFILE_STATUS, "profile_status",                                                     \
		"Empty, Assigned, Pushed, Assignment in progress, Failed or Throttled")         \
	X(CORRUPTED, "corrupted", "yes or no: profiles cannot be assigned until it is rebuilt") \
	X(ENROLLMENT_STATUS, "enrollment_status",                                               \
		"Enrolled, Unenrolled ...; empty: no UEM device record")                        \
	X(USER, "user", "user of that record")                                                  \
	X(LAST_SEEN, "last_seen", "when that device was last seen")                             \
	X(MIGRATION_CAPABLE, "migration_capable", "yes or no; empty: yes")                      \
	X(COVERAGE, "coverage",                                                                 \
		"active, expired or none; empty: a warranty of a year from the order on")       \
	X(COVERAGE_END, "coverage_end", "when that ends; empty: never")                         \
	X(COVERAGE_KIND, "coverage_kind", "such as AppleCare+; empty: Limited Warranty")        \
	X(ARRIVES, "arrives",                                                                   \
		"when the seller adds it to the organization, on no server; empty: it is there")

enum fleet_column {
#define X(id, header, meaning) FLEET_##id,
	FLEET_COLUMN_LIST(X)
#undef X
		FLEET_MAX_
};

/* profile_status as the UEM numbers it here (services/README.md UEM C.5 names only 0 and Apple's
 * four). */
enum profile_status {
	PROFILE_EMPTY,
	PROFILE_ASSIGNED,
	PROFILE_PUSHED,
	PROFILE_IN_PROGRESS,
	PROFILE_FAILED,
	PROFILE_THROTTLED,
	PROFILE_STATUSES
};
const char *profile_status_word(int64_t status);

/* Top of the group tree; groups of servers are its children. */
enum { GROUP_ROOT = 570 };

/* Fills the empty tables from the options' fleet. ERR_INPUT with file:line. */
MUST_CHECK enum errc fleet_load(struct sim *s, struct err *err);
/* A device whose `arrives` has come is in the organization. */
void fleet_arrives(struct sim *s, const struct timer *timer);
/* For --help. */
void fleet_columns_help(struct buf *b);

/* Adds a profile to the group unless it has one of that name; returns its id. */
int64_t fleet_add_profile(struct sim *s, int64_t og, struct str name);

/* --- --make-fleet --- */
struct fleet_recipe {
	uint64_t n, seed;
	unsigned corrupted_permille;
};
/* One row after the other to stdout. ERR_IO. */
MUST_CHECK enum errc fleet_make(const struct fleet_recipe *recipe, struct err *err);
/* Row i of that fleet (header for -1), appended with its line end. */
void fleet_make_row(const struct fleet_recipe *recipe, int64_t i, struct buf *out);

#endif
