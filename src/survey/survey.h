/*
 * What both services say about the whole organization, device after device. Reads; changes nothing.
 *
 * Readings are staged on disk (survey/stage.h), so memory does not grow with the organization, and
 * a reading that was cut goes on where it stood.
 */
#ifndef SURVEY_SURVEY_H
#define SURVEY_SURVEY_H

#include "facts/session.h"
#include "io/file.h"
#include "plan/input.h"
#include "survey/stage.h"

/* X(id, source): texts a source has about a device, in the order in which they are staged. */
#define CELL_LIST(X)                 \
	X(CSV_SERVER, CSV)           \
	X(CSV_SERVER_ID, CSV)        \
	X(CSV_STATUS, CSV)           \
	X(CSV_ADDED, CSV)            \
	X(CSV_RELEASED, CSV)         \
	X(CSV_PROFILE, CSV)          \
	X(CSV_ENROLLMENT, CSV)       \
	X(CSV_LISTED, CSV)           \
	X(STATUS, APPLE)             \
	X(FAMILY, APPLE)             \
	X(MODEL, APPLE)              \
	X(TYPE, APPLE)               \
	X(CAPACITY, APPLE)           \
	X(COLOR, APPLE)              \
	X(PART_NUMBER, APPLE)        \
	X(ORDER_NUMBER, APPLE)       \
	X(ORDER_DATE, APPLE)         \
	X(SOURCE, APPLE)             \
	X(SOURCE_ID, APPLE)          \
	X(ADDED, APPLE)              \
	X(RELEASED, APPLE)           \
	X(UPDATED, APPLE)            \
	X(IMEI, APPLE)               \
	X(MEID, APPLE)               \
	X(EID, APPLE)                \
	X(WIFI_MAC, APPLE)           \
	X(BLUETOOTH_MAC, APPLE)      \
	X(ETHERNET_MAC, APPLE)       \
	X(MIGRATION_CAPABLE, APPLE)  \
	X(MIGRATION_STATUS, APPLE)   \
	X(MIGRATION_DEADLINE, APPLE) \
	X(PROFILE, UEM)              \
	X(LISTED_AS, UEM)            \
	X(PROFILE_STATUS, DETAIL)    \
	X(ENROLLMENT_STATUS, DETAIL) \
	X(USER, DETAIL)              \
	X(OWNERSHIP, DETAIL)         \
	X(LAST_SEEN, DETAIL)         \
	X(COVERAGE, DETAIL)          \
	X(COVERAGE_END, DETAIL)      \
	X(COVERAGE_KIND, DETAIL)

enum survey_cell {
#define X(id, source) CELL_##id,
	CELL_LIST(X)
#undef X
		CELLS
};

/* One device as all sources see it. Texts are borrowed until the next one; empty: none. */
struct survey_device {
	struct str serial;
	bool in[STAGE_SOURCES]; /* named by a CSV row, Apple's pages, a server's list ... */
	struct str cells[CELLS];
	struct str status; /* Apple's; what is on a server's list is ASSIGNED */
	uint32_t server;   /* SERVER_NONE: on none, or not known */
	bool server_known; /* false: ASSIGNED, and on no list: Apple's views lag behind each other
			    */
	uint32_t listed;   /* groups (bits) that list it */
	uint32_t fed;      /* groups its server feeds */
};

/* Whether an export has every device, in each of its rows; and of how many it was written. */
#define INVENTORY_HEADER "inventory"
#define INVENTORY_PARTIAL "partial"
#define INVENTORY_DEVICES_HEADER "inventory_devices"
/* A server keeps its id whatever it is called. */
#define SERVER_ID_HEADER "server_id"

/* What the stage notes of a list: it was cut; it did not say how many there are. */
enum survey_flaw { SURVEY_CUT, SURVEY_UNTOLD };

struct survey {
	struct session *session; /* borrowed until survey_close() */
	struct stage *stage;
	struct lock *lock;
	bool resumed;
	bool partial[STAGE_SOURCES]; /* survey_each(): what a list does not show may be there */
	bool untold;                 /* survey_each(): Apple's list did not say how long it is */
	bool partial_then;           /* survey_read_csv(): the same of the earlier export */
	bool tells[CELLS];           /* survey_read_csv(): the CSV has a column for it */
	/* survey_read_csv(): serials of several rows that differ; and what stands in place of a
	 * serial in rows that have none. */
	struct map twice, unread;
	/* survey_since(): serials that were asked for by name, and are not there. */
	struct map not_at_apple, not_in_uem;
};

/* The session is connected. name: of the file in the state folder, one reading at a time. Caller
 * closes, also after a failure; a reading that failed half way is kept for the next one. */
MUST_CHECK enum errc survey_open(
	struct survey *s, struct session *session, const char *name, struct err *err);
void survey_close(struct survey *s, bool keep);

/* Of the list from now on: survey_each() tells. */
MUST_CHECK enum errc survey_mark(struct survey *s, enum stage_source source, uint32_t part,
	enum survey_flaw flaw, struct err *err);

/* Apple's devices and servers' lists; the lists of all groups. Listings only. */
MUST_CHECK enum errc survey_read_apple(struct survey *s, struct err *err);
MUST_CHECK enum errc survey_read_group(
	struct survey *s, uint32_t group, int64_t *ret_uem_code, struct err *err);
MUST_CHECK enum errc survey_read(struct survey *s, struct err *err);
/* Three requests and more for each device that a group lists: token, its detail, record; and one
 * for each device that Apple has, about its coverage, unless that is kept. */
MUST_CHECK enum errc survey_read_details(struct survey *s, struct err *err);
/* The CSV's rows, once; of rows with the same serial the first counts. */
MUST_CHECK enum errc survey_read_csv(struct survey *s, const struct input *in, struct err *err);

/* Every device that any source names, by serial. */
typedef enum errc survey_each_fn(void *self, const struct survey_device *d, struct err *err);
MUST_CHECK enum errc survey_each(
	struct survey *s, survey_each_fn *each, void *self, struct err *err);

/* The cells of one source, which stand in `cells` at their places, as one text, and back. */
void survey_pack(enum stage_source source, const struct str *cells, struct buf *out);
void survey_unpack(enum stage_source source, struct str packed, struct str *cells);

/* A row that is written: its cells and their headers. */
typedef void survey_row_fn(
	void *self, const char *const *headers, const struct str *cells, size_t n);

struct survey_options {
	struct outfile *out; /* borrowed; the caller commits; NULL: no CSV */
	survey_row_fn *each; /* NULL: nobody else wants the rows */
	void *each_self;
	bool raw_csv; /* cells that a spreadsheet would run stay as they are */
	bool detail;  /* with the columns of survey_read_details() */
	bool foreign; /* the export to compare with may be of another organization */
};

/* Whether Apple's lists were, as survey_each() knows before the first device. */
bool survey_is_whole(const struct survey *s);
/* One row per device. The headers are canonical columns, and those of a simulator's fleet. */
MUST_CHECK enum errc survey_export(
	struct survey *s, const struct survey_options *opt, uint64_t *ret_n, struct err *err);
/* One row per device that is on no server because our API account took it off in the last 30 days,
 * with the server it came from, as far as Apple's audit events tell; reads Apple alone. ERR_USAGE
 * for a school, which has none. */
MUST_CHECK enum errc survey_off_server(
	struct survey *s, const struct survey_options *opt, uint64_t *ret_n, struct err *err);
/* One row per disagreement between the CSV, Apple and the UEM. */
MUST_CHECK enum errc survey_compare(
	struct survey *s, const struct survey_options *opt, uint64_t *ret_n, struct err *err);
/* One row per device and change (model/change.h) since the export that was read as the CSV.
 * Some of those that lists do not show any more are asked for by name. ERR_INPUT: hardly any of its
 * devices is known here, so that it is of another organization. */
MUST_CHECK enum errc survey_since(
	struct survey *s, const struct survey_options *opt, uint64_t *ret_n, struct err *err);

#endif
