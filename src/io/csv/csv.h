/*
 * A pull reader for CSV as people really export it, over libcsv.
 *
 * Takes UTF-8 with or without BOM, UTF-16, and what `encoding` names (iconv); delimiter
 * `,` `;` TAB sniffed on the header; a `sep=` line; LF, CRLF, CR; quoted newlines; a quote inside
 * an unquoted cell is literal (`iMac 21.5"`). Cells are trimmed of space and TAB. Blank lines are
 * skipped. A quote error inside one line spoils that record only; one that swallows lines stops
 * the file, because nobody can tell where the rows are.
 */
#ifndef IO_CSV_CSV_H
#define IO_CSV_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum {
	CSV_MAX_COLUMNS = 1024,
	CSV_MAX_RECORD_BYTES = 1024 * 1024,
	CSV_MAX_RECORD_LINES = 1000,
};

struct csv_options {
	const char *encoding; /* iconv name; NULL or "utf-8": UTF-8, or UTF-16 when that is what it
				 is */
	char delimiter;       /* 0: sniff */
	bool kept;            /* a list in the state, maybe compressed (io/packed.h) */
	bool only_libcsv;     /* --parser libcsv: never the fast splitter */
	bool of_settings;     /* no option of the command line is about it: remedies name none */
	size_t read_bytes;    /* at a time; 0: 64 KiB. Tests make it small. */
};

/* One record. Views are borrowed until the next csv_next() or csv_close(). */
struct csv_record {
	const struct str *cells; /* unquoted, trimmed, UTF-8 */
	size_t n_cells;
	struct str raw;  /* the record's bytes as UTF-8, without its line end */
	size_t line;     /* of its first byte, from 1 */
	size_t n_lines;  /* more than 1 when a quoted cell holds newlines */
	const char *bad; /* NULL, or why this record cannot be read (cells are then empty) */
	/* For csv_copy(); 0: raw is not RFC 4180 with these very cells, but for its delimiter, of
	 * which none but a comma may stand beside quotes; or one is a formula. */
	uint16_t place;
};

/*
 * Plain records that follow each other, as nearly all of most files are: cut, but no cell is looked
 * at before somebody asks for it.
 */
enum {
	CSV_ROWS_MOST = 64,
	CSV_ROWS_CELLS = 4096,
};
/* What a row has. */
enum {
	CSV_ROW_ROUGH = 1,    /* a quote, or a blank at the edge of a cell */
	CSV_ROW_TRIMMED = 2,  /* a blank at the edge of a cell */
	CSV_ROW_ODD = 4,      /* a cell that may be a formula, see csv_is_formula() */
	CSV_ROW_INNER = 8,    /* a line end in a cell */
	CSV_ROW_DOUBLED = 16, /* doubled quotes */
	CSV_ROW_OTHER = 32,   /* maybe NUL or non-ASCII */
	CSV_ROW_HARD = 64,    /* a quote in a place that is not plain: never given */
};
struct csv_rows {
	const char *text;
	char delimiter;
	size_t n;
	size_t line[CSV_ROWS_MOST + 1]; /* of the first byte of each, and of what is behind them */
	uint32_t from[CSV_ROWS_MOST + 1];  /* where each begins in text */
	uint32_t first[CSV_ROWS_MOST + 1]; /* its first cell */
	uint8_t traits[CSV_ROWS_MOST];
	uint64_t rough;                         /* a bit for each that is CSV_ROW_ROUGH */
	struct arena *single;                   /* for cells with one quote instead of two */
	uint32_t ends[CSV_ROWS_CELLS + 2 * 64]; /* of all cells, in text */
};

static inline size_t csv_rows_cells(const struct csv_rows *r, size_t row)
{
	return r->first[row + 1] - r->first[row];
}

/* As in struct csv_record. */
static inline struct str csv_rows_raw(const struct csv_rows *r, size_t row)
{
	return (struct str){ r->text + r->from[row],
		r->ends[r->first[row + 1] - 1] - r->from[row] };
}

/* The same, of a cell that the row has: as it lies there, or as it is meant. Eight bytes from its
 * first on may be read. */
struct str csv_bare_cell(const struct csv_rows *r, size_t row, struct str cell);
static inline struct str csv_rough_cell(const struct csv_rows *r, size_t row, struct str cell)
{
	/* The quotes of a plain cell, if any, are its first and last byte. */
	bool quoted = cell.n && cell.p[0] == '"';

	if (quoted)
		cell = (struct str){ cell.p + 1, cell.n - 2 };
	if (cell.n && (cell.p[0] <= ' ' || cell.p[cell.n - 1] <= ' ' ||
			      (quoted && r->traits[row] & CSV_ROW_DOUBLED)))
		return csv_bare_cell(r, row, cell);
	return cell;
}
static inline struct str csv_rows_cell(const struct csv_rows *r, size_t row, size_t column)
{
	const uint32_t *end = &r->ends[r->first[row] + column];
	uint32_t from = column ? end[-1] + 1 : r->from[row];
	struct str cell = { r->text + from, *end - from };

	return r->traits[row] & CSV_ROW_ROUGH ? csv_rough_cell(r, row, cell) : cell;
}

struct csv_reader;

/* Whether `encoding` may be that; which ones there are depends on the machine. */
bool csv_knows_encoding(const char *name);

/* path "-" is stdin. ERR_NO_INPUT when it cannot be opened, ERR_INPUT when the encoding is unknown.
 * Caller frees with csv_close(). */
MUST_CHECK enum errc csv_open(
	struct csv_reader **ret, const char *path, const struct csv_options *opt, struct err *err);
/* The same over bytes in memory, borrowed until csv_close(). For tests and fuzzing. */
MUST_CHECK enum errc csv_open_bytes(struct csv_reader **ret, struct str bytes, const char *name,
	const struct csv_options *opt, struct err *err);
void csv_close(struct csv_reader *r);

/* *ret_more false at the end; then, and after a failure, nothing of *ret may be used. ERR_INPUT
 * with `file:line:` when the file cannot be read on: undecodable bytes, a NUL byte, a quote that
 * never closes, a record over a limit. */
MUST_CHECK enum errc csv_next(
	struct csv_reader *r, struct csv_record *ret, bool *ret_more, struct err *err);

/* The records that come next, as far as they are plain: those from *ret_at on; none: csv_next() has
 * to look. They are taken by csv_take(), or one by one by csv_next(). Borrowed until another record
 * than these is asked for. */
const struct csv_rows *csv_rows(struct csv_reader *r, size_t *ret_at);
void csv_take(struct csv_reader *r, size_t n);
/* One of them, taken or not, with all its cells; they are borrowed until csv_next() or this is
 * called again. */
void csv_rows_record(struct csv_reader *r, size_t row, struct csv_record *ret);

/* Of a record that begins where the one before ended: 0 when it is too long. n_end: bytes of its
 * line end, 1 or 2. */
enum { CSV_PLACE_BYTES = 1 << 14 };
static inline uint16_t csv_place(size_t n_bytes, size_t n_end)
{
	if (n_bytes >= CSV_PLACE_BYTES)
		return 0;
	return (uint16_t)(n_end * CSV_PLACE_BYTES + n_bytes);
}

/* Of a row that does not follow a blank line, as in struct csv_record. */
uint16_t csv_rows_rough_place(const struct csv_rows *r, size_t row);
static inline uint16_t csv_rows_place(const struct csv_rows *r, size_t row)
{
	size_t n = csv_rows_raw(r, row).n;

	if (r->traits[row] & (CSV_ROW_TRIMMED | CSV_ROW_ODD) ||
		(r->delimiter != ',' && r->traits[row] & CSV_ROW_ROUGH))
		return csv_rows_rough_place(r, row);
	return csv_place(n, r->from[row + 1] - r->from[row] - n);
}

/* Back to the first record. Only of a regular file or bytes in memory. ERR_INPUT when the file is
 * no longer what it was when it was opened. */
size_t csv_file_bytes(const struct csv_reader *r); /* 0: not known */
/* When the bytes are those of a workbook, a web page or another kind of file: what it is, and what
 * to do. NULL: of none that is known. */
const char *csv_wrong(const struct csv_reader *r);
const char *csv_encoding(const struct csv_reader *r); /* what it is read as; borrowed */
bool csv_can_rewind(const struct csv_reader *r);
MUST_CHECK enum errc csv_rewind(struct csv_reader *r, struct err *err);
/* The next record by the place it had when csv_next() gave it: its bytes, nobody looks at them.
 * ERR_INPUT when they are not there any more. */
MUST_CHECK enum errc csv_copy(
	struct csv_reader *r, uint16_t place, struct str *ret_raw, struct err *err);

/* Whether the record given last has no line end: the file ends in it. */
bool csv_open_end(const struct csv_reader *r);
/* Known from the first csv_next() on. */
char csv_delimiter(const struct csv_reader *r);

/* The text from its beginning (a `sep=` line is passed), before the first csv_next(): as far as
 * n_lines lines, or CSV_PEEK_BYTES. Whether it is UTF-8 is not looked at. *ret_whole: there is
 * no more. Borrowed until the first csv_next(). */
enum { CSV_PEEK_BYTES = 512 * 1024 };
MUST_CHECK enum errc csv_peek(
	struct csv_reader *r, size_t n_lines, struct str *ret, bool *ret_whole, struct err *err);
/* What the options or a `sep=` line say, known after csv_peek(); 0: neither. */
char csv_given_delimiter(const struct csv_reader *r);
/* Instead of sniffing, and kept by csv_rewind(). Before the first csv_next(). */
void csv_set_delimiter(struct csv_reader *r, char delimiter);

#endif
