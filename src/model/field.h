/*
 * What a rule can ask: one table row per field with its word, its type and the reading that
 * provides it. Adding a field is a row here and the line in facts/ that fills it.
 */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum field_type { TYPE_TEXT, TYPE_NUMBER, TYPE_DATE, TYPE_FLAG };

/* Ways to learn facts, cheapest first; rows are read in this order and only while open. Coverage
 * is last: it takes a request for each device, of the scarcest rate. */
#define READING_LIST(X)                       \
	X(CSV, "csv")                         \
	X(APPLE_DEVICE, "apple devices")      \
	X(APPLE_SERVER, "apple server lists") \
	X(UEM_LIST, "uem dep list")           \
	X(UEM_PROFILES, "uem profiles")       \
	X(UEM_TOKEN, "uem enrollment tokens") \
	X(UEM_DEVICE, "uem devices")          \
	X(UEM_RECORDS, "uem device list")     \
	X(UEM_APPS, "uem apps")               \
	X(APPLE_COVERAGE, "apple coverage")

enum reading {
#define X(id, words) READING_##id,
	READING_LIST(X)
#undef X
		READING_MAX_
};

/* Canonical columns of the input, in the words of depmend-rules(5). */
#define COLUMN_LIST(X)                          \
	X(SERIAL, "serial", TEXT)               \
	X(MODEL, "model", TEXT)                 \
	X(FAMILY, "family", TEXT)               \
	X(PRODUCT_TYPE, "type", TEXT)           \
	X(PART_NUMBER, "part_number", TEXT)     \
	X(ORDER_NUMBER, "order_number", TEXT)   \
	X(ORDER_DATE, "order_date", DATE)       \
	X(SOURCE, "source", TEXT)               \
	X(SOURCE_ID, "source_id", TEXT)         \
	X(ADDED, "added", DATE)                 \
	X(RELEASED, "released", DATE)           \
	X(UPDATED, "updated", DATE)             \
	X(SERVER, "server", TEXT)               \
	X(STATUS, "status", TEXT)               \
	X(IMEI, "imei", TEXT)                   \
	X(MEID, "meid", TEXT)                   \
	X(EID, "eid", TEXT)                     \
	X(WIFI_MAC, "wifi_mac", TEXT)           \
	X(BLUETOOTH_MAC, "bluetooth_mac", TEXT) \
	X(ETHERNET_MAC, "ethernet_mac", TEXT)   \
	X(ASSET_TAG, "asset_tag", TEXT)         \
	X(USER, "user", TEXT)                   \
	X(COLOR, "color", TEXT)                 \
	X(CAPACITY, "capacity", TEXT)

enum column {
#define X(id, word, type) COLUMN_##id,
	COLUMN_LIST(X)
#undef X
		COLUMN_MAX_
};

/* Live facts. Texts and numbers share 4-byte slots, dates are int64, flags are bits, beside the bit
 * sets of struct device_state. X(id, word, type, reading) */
#define FACT_SLOT_LIST(X)                                                       \
	X(APPLE_STATUS, "apple.status", TEXT, APPLE_DEVICE)                     \
	X(APPLE_SERVER, "apple.server", TEXT, APPLE_SERVER)                     \
	X(APPLE_MODEL, "apple.model", TEXT, APPLE_DEVICE)                       \
	X(APPLE_FAMILY, "apple.family", TEXT, APPLE_DEVICE)                     \
	X(APPLE_TYPE, "apple.type", TEXT, APPLE_DEVICE)                         \
	X(APPLE_ORDER_NUMBER, "apple.order_number", TEXT, APPLE_DEVICE)         \
	X(APPLE_SOURCE, "apple.source", TEXT, APPLE_DEVICE)                     \
	X(APPLE_SOURCE_ID, "apple.source_id", TEXT, APPLE_DEVICE)               \
	X(APPLE_MIGRATION_STATUS, "apple.migration_status", TEXT, APPLE_DEVICE) \
	X(APPLE_COVERAGE, "apple.coverage", TEXT, APPLE_COVERAGE)               \
	X(APPLE_COVERAGE_KIND, "apple.coverage_kind", TEXT, APPLE_COVERAGE)     \
	X(UEM_PROFILE, "uem.profile", TEXT, UEM_LIST)                           \
	X(UEM_PROFILE_STATUS, "uem.profile_status", TEXT, UEM_TOKEN)            \
	X(UEM_PROFILE_COUNT, "uem.profile_count", NUMBER, UEM_PROFILES)         \
	X(UEM_ENROLLMENT_STATUS, "uem.enrollment_status", TEXT, UEM_DEVICE)     \
	X(UEM_DEVICE, "uem.device", TEXT, UEM_DEVICE)                           \
	X(UEM_GROUP, "uem.group", TEXT, UEM_DEVICE)                             \
	X(UEM_USER, "uem.user", TEXT, UEM_DEVICE)                               \
	X(UEM_OWNERSHIP, "uem.ownership", TEXT, UEM_DEVICE)                     \
	X(UEM_RECORDS, "uem.records", NUMBER, UEM_RECORDS)                      \
	X(UEM_LANDING_GROUP, "uem.landing_group", TEXT, UEM_PROFILES)           \
	X(UEM_PUBLIC_APPS, "uem.public_apps", NUMBER, UEM_APPS)                 \
	X(UEM_USER_LICENSED_APPS, "uem.user_licensed_apps", NUMBER, UEM_APPS)
#define FACT_DATE_LIST(X)                                                           \
	X(APPLE_ADDED, "apple.added", DATE, APPLE_DEVICE)                           \
	X(APPLE_RELEASED, "apple.released", DATE, APPLE_DEVICE)                     \
	X(APPLE_UPDATED, "apple.updated", DATE, APPLE_DEVICE)                       \
	X(APPLE_ORDER_DATE, "apple.order_date", DATE, APPLE_DEVICE)                 \
	X(APPLE_MIGRATION_DEADLINE, "apple.migration_deadline", DATE, APPLE_DEVICE) \
	X(APPLE_COVERAGE_END, "apple.coverage_end", DATE, APPLE_COVERAGE)           \
	X(UEM_PROFILE_SINCE, "uem.profile_since", DATE, UEM_TOKEN)                  \
	X(UEM_PROFILE_RETRY, "uem.profile_retry", DATE, UEM_TOKEN)                  \
	X(UEM_LAST_SEEN, "uem.last_seen", DATE, UEM_DEVICE)
#define FACT_FLAG_LIST(X)                                                         \
	X(APPLE_KNOWN, "apple.known", FLAG, APPLE_DEVICE)                         \
	X(APPLE_MIGRATION_CAPABLE, "apple.migration_capable", FLAG, APPLE_DEVICE) \
	X(UEM_LISTED, "uem.listed", FLAG, UEM_LIST)                               \
	X(UEM_CUSTOM_PROMPT, "uem.custom_prompt", FLAG, UEM_PROFILES)             \
	X(UEM_PENDING_WIPE, "uem.pending_wipe", FLAG, UEM_DEVICE)
#define FACT_LIST(X) FACT_SLOT_LIST(X) FACT_DATE_LIST(X) FACT_FLAG_LIST(X)

enum fact {
#define X(id, word, type, reading) FACT_##id,
	FACT_LIST(X)
#undef X
		FACT_MAX_
};
enum { FACT_FIRST_DATE = FACT_APPLE_ADDED, FACT_FIRST_FLAG = FACT_APPLE_KNOWN };
_Static_assert(FACT_MAX_ <= 64, "known and absent are 64-bit sets");
#define FACT_BIT(fact) (UINT64_C(1) << (fact))

struct field_info {
	const char *word;
	enum field_type type;
	enum reading reading;
};

const struct field_info *column_info(enum column c);
const struct field_info *fact_info(enum fact f);
const char *reading_words(enum reading r);
/* The set of FACT_BIT that it sets. */
uint64_t reading_facts(enum reading r);
/* Asked of the UEM, not of Apple or the CSV. */
bool reading_is_uem(enum reading r);
/* False when no canonical column (fact) has that word; exact match. */
bool column_from_word(struct str word, enum column *ret);
bool fact_from_word(struct str word, enum fact *ret);

/* One value as rules see it. */
enum value_state {
	VALUE_UNREAD,  /* nobody has tried yet */
	VALUE_UNKNOWN, /* could not be read */
	VALUE_ABSENT,  /* read, and there is none */
	VALUE_KNOWN,
};

struct value {
	enum value_state state;
	enum field_type type;
	struct str text; /* TEXT; borrowed from the provider until its next call */
	int64_t number;  /* NUMBER, DATE (ms UTC), FLAG (0 or 1) */
};

#endif
