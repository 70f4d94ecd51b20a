/*
 * One reader for every list of serials: the input, the protected list, `in_file`, an inventory, an
 * earlier result.
 *
 * Header, delimiter and column are chosen together, from what the first LIST_SAMPLE_ROWS rows show;
 * a doubt is an error that names the columns and the option that settles it. Nothing is passed over
 * in silence but blank rows, a header that comes again, and the comments of a bare list.
 */
#ifndef LISTS_SERIAL_LIST_H
#define LISTS_SERIAL_LIST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "io/csv/csv.h"
#include "model/columns.h"
#include "model/serial.h"

enum {
	LIST_SAMPLE_ROWS = 1000,
	LIST_PREAMBLE_ROWS = 20, /* so many records are tried as the header */
};

/* What the remedies of its messages name. */
enum list_purpose { LIST_MAIN, LIST_PROTECTED, LIST_OF_RULES, LIST_OTHER };

struct list_options {
	struct csv_options csv;
	struct column_options columns;
	enum barcode_s barcode_s;
	bool typed; /* by a person, one after the other: no cell can have shifted, none is a header
		     */
	enum list_purpose purpose;
};

/* How the list is read. */
struct list_reading {
	struct columns columns;
	char delimiter;
	uint32_t header_line; /* 0: no header */
	size_t width;         /* cells beyond it are surplus; SIZE_MAX: a bare list with notes */
	size_t surplus_end; /* but those from here on, which a result of ours has; SIZE_MAX: none */
	bool several;       /* a bare list with several serials in a line */
	bool is_export;     /* of `depmend export`, or a result of ours */
	struct serial first; /* n 0: none was found */
	/* Another column that holds what could be serials of devices, which are not read, and the
	 * first of them; n 0: there is none. */
	size_t beside;
	struct serial beside_first;
	struct str header_raw; /* its bytes, known from the first list_next() on */
};

struct list_row {
	struct csv_record record; /* of one cell when `several` */
	struct serial serial;     /* n 0 with a fault */
	enum reason fault;
	bool shows_none; /* with a fault: no cell is anything like a serial */
};

struct serial_list;

/* Chooses the reading. path NULL: `bytes`, called `name`, borrowed until the close; texts of opt
 * are borrowed as long. ERR_NO_INPUT; ERR_INPUT, also with doubts. Caller closes. */
MUST_CHECK enum errc list_open(struct serial_list **ret, const char *path, struct str bytes,
	const char *name, const struct list_options *opt, struct err *err);
/* Nothing but blank lines and comments, without a serial in them. */
bool list_is_nothing(struct str text);
void list_close(struct serial_list *l);
const struct list_reading *list_reading(const struct serial_list *l);
const struct csv_reader *list_csv(const struct serial_list *l);

/* The next row; views are borrowed until the one after it. *ret_more false at the end. ERR_INPUT as
 * csv_next(), for another header amid the rows, and at the end for a column that stops holding
 * serials. */
MUST_CHECK enum errc list_next(
	struct serial_list *l, struct list_row *ret, bool *ret_more, struct err *err);
/* Rows that nothing speaks against. */
struct list_rows {
	const struct csv_rows *csv; /* from `at` on */
	size_t at, n, n_cells;      /* as few cells as one of them has */
	struct serial serials[CSV_ROWS_MOST];
};
/* As many of those as come next; n 0: list_next() has to look, or it is the end. Borrowed until the
 * next call of either. */
void list_next_rows(struct serial_list *l, struct list_rows *ret);
/* One of them, see csv_rows_record(). */
void list_rows_record(
	struct serial_list *l, const struct list_rows *rows, size_t row, struct csv_record *ret);
/* At the end: the serial that the file ends in, without the end of its line; false: in none. */
bool list_ends_in(const struct serial_list *l, struct serial *ret, size_t *ret_line);
/* And it may have been cut: it is shorter than others, and few are as short, or one that begins
 * alike is longer. serials: all that were read. */
bool list_is_cut_off(const struct serial_list *l, const struct map *serials);
/* Back to the first row, as csv_rewind(). */
MUST_CHECK enum errc list_rewind(struct serial_list *l, struct err *err);
/* All that the file holds, from its first record on: preamble, header, rows, comments. Then back to
 * the first row. `each` returns ERR_OK to go on. */
typedef enum errc list_record_fn(void *self, const struct csv_record *r, struct err *err);
MUST_CHECK enum errc list_each_record(
	struct serial_list *l, list_record_fn *each, void *self, struct err *err);
/* csv_copy() of the row that comes next. */
MUST_CHECK enum errc list_copy(
	struct serial_list *l, uint16_t place, struct str *ret_raw, struct err *err);

/* What the fault of a row is, with the cell it is about; nothing for an empty cell. */
void list_describe_fault(const struct serial_list *l, const struct list_row *row, struct buf *out);
/* comma, semicolon, tab or |. */
const char *delimiter_words(char delimiter);

#endif
