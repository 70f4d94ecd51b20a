/*
 * The user's CSV: every row is noted in 8 bytes, the bytes are kept in a spool so that later
 * passes (judging with facts, writing results) see the same rows whatever happens to the file. What
 * ends with this process does without the spool and reads the file again, if it is still the same.
 */
#ifndef PLAN_INPUT_H
#define PLAN_INPUT_H

#include "base/arena.h"
#include "base/map.h"
#include "base/runs.h"
#include "io/csv/csv.h"
#include "lists/serial_list.h"
#include "model/outcome.h"

#define ROW_NO_RULE UINT16_MAX

enum {
	INPUT_WAITING = 16,
	INPUT_TRAILING_AFTER = 20, /* good rows before lines at the end count as totals */
	INPUT_SHOWN_BYTES = 120,
	INPUT_DETAILS = 4096, /* so many faults are described */
	INPUT_RECENT = 256,
};

/* A row as it stands: input_row() makes it, input_put() keeps it. */
struct input_row {
	uint32_t serial;  /* slot of input.serials; MAP_NONE when invalid, or not there yet */
	uint32_t program; /* slot of plan.programs; MAP_NONE: none */
	uint32_t detail;  /* slot of input.details; MAP_NONE: none */
	uint16_t rule;    /* ROW_NO_RULE: none */
	uint8_t outcome, reason;
};

struct input {
	struct arena arena;
	struct columns columns;
	char delimiter;
	struct map serials;
	struct input_kept {
		uint32_t kind;
		uint16_t place; /* for csv_copy(), and no cell would run as a formula; 0: by its
				   cells */
		uint16_t less;  /* of its copy: bytes of our columns; of another file: missing
				   cells */
	} * rows;
	uint32_t n_rows, cap_rows;
	/* What rows are but for their serial. A kind can stand here several times. */
	struct input_row *kinds;
	uint32_t n_kinds, cap_kinds;
	uint32_t recent[INPUT_RECENT]; /* kinds by their hash: those needed last */
	struct runs lines, slots;      /* by row */
	uint32_t n_slots;              /* rows whose slot is known: while unread, not the last */
	size_t widest;                 /* cells of the widest row */
	char *spool;      /* path of the spool: header record first, one record after the other */
	bool own_spool;   /* a temporary of ours, removed on release */
	bool unread;      /* input_rows() is still due */
	const char *path; /* borrowed until input_release() */
	bool typed;       /* by a person: path names no file */
	size_t n_bytes;   /* of the file; 0: not known */
	struct serial_list *list; /* while unread, and after it instead of a spool */
	/* By row, those whose serials have no slot yet (see map_expect()). */
	struct input_waiting {
		uint64_t expected;
		struct serial serial; /* n 0: none */
	} waiting[INPUT_WAITING];
	struct spool *spooling; /* while unread: NULL without a spool */
	bool strip_barcode_s, allow_empty;
	/* How it is read, and what was seen: */
	uint32_t header_line; /* 0: no header */
	bool several;         /* serials in a line */
	char encoding[40];
	uint32_t n_unusual, first_unusual; /* serials of a kind that Apple does not make; a line */
	size_t beside;                     /* another column with serials, as in list_reading */
	struct serial beside_first;        /* n 0: there is none */
	struct serial cut_off;             /* n 0, or the serial that the file ends in, cut */
	uint32_t n_good, n_trailing;       /* n_trailing: last rows that show no serial */
	struct map details;                /* what is said about single rows */
	bool from_result;                  /* the file is a result CSV of ours */
	size_t n_theirs; /* columns, behind which are ours alone; 0: ours are among them */
	char digest[65]; /* SHA-256 of the spool */
	struct str cells[CSV_MAX_COLUMNS]; /* of a row whose place is told */
};

struct input_options {
	const char *path;  /* "-": stdin */
	const char *bytes; /* NULL, or the text of the list, borrowed; path is then its name */
	struct list_options list;
	bool allow_empty;
	const char *spool_folder; /* where the spool goes */
	bool no_spool;            /* where it can be done without; no digest then */
};

/* ERR_NO_INPUT; ERR_INPUT: no serial column or a doubt about it, an open quote, undecodable bytes,
 * no rows (of an export or a result of ours none is fine). Rows at fault are kept with
 * OUTCOME_INVALID, lines behind the list with OUTCOME_SKIPPED. Caller releases, also after a
 * failure. */
MUST_CHECK enum errc input_read(struct input *in, const struct input_options *opt, struct err *err);
/* The same in two parts: up to the header, then the rows. Each is given to `row` when it has been
 * noted, or many at once to `rows`, n counting from the first; both may be NULL. */
MUST_CHECK enum errc input_open(struct input *in, const struct input_options *opt, struct err *err);
typedef enum errc input_each_fn(
	void *self, uint32_t n, const struct csv_record *record, struct err *err);
typedef enum errc input_rows_fn(
	void *self, uint32_t n, const struct list_rows *rows, struct err *err);
struct input_takers {
	input_each_fn *row;
	input_rows_fn *rows;
	void *self;
};
MUST_CHECK enum errc input_rows(
	struct input *in, const struct input_takers *takers, struct err *err);
/* Opens the spool of an earlier run for its columns and records; it has no rows. */
MUST_CHECK enum errc input_reopen(struct input *in, const char *spool, char delimiter,
	bool has_header, int serial_at, struct err *err);
/* The rows and their serials, when a run has taken them over or nobody needs them; each later pass
 * reads by cells. */
void input_forget_rows(struct input *in);
void input_release(struct input *in);

/* Every data record in order; n counts from 0. */
MUST_CHECK enum errc input_each(
	const struct input *in, input_each_fn *each, void *self, struct err *err);
/* The same; rows that have a place come without cells. */
MUST_CHECK enum errc input_each_copy(
	const struct input *in, input_each_fn *each, void *self, struct err *err);
/* Adds a row with its line in the user's file. */
void input_add(struct input *in, const struct input_row *row, uint32_t line);
struct input_row input_row(const struct input *in, uint32_t n);
/* All of it but its serial. */
void input_put(struct input *in, uint32_t n, const struct input_row *row);
/* The same row without its serial, which most do not need. Borrowed until the next input_put(). */
static inline const struct input_row *input_kind(const struct input *in, uint32_t n)
{
	return &in->kinds[in->rows[n].kind];
}
uint32_t input_line(const struct input *in, uint32_t n);
/* Of its serial, as input_row.serial. */
uint32_t input_slot(const struct input *in, uint32_t n);
/* Empty when invalid. Borrowed until the next row. */
struct str input_serial(const struct input *in, uint32_t n);
/* What is said about that row alone; may be empty. */
struct str input_detail(const struct input *in, const struct input_row *row);
/* The cell of that column; empty when the row is too short. A formula guard of ours is undone. */
struct str input_cell(const struct input *in, const struct csv_record *record, int column);

#endif
