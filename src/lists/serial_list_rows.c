/*
 * Many rows at once: those of a list with a header that have no cell too many and a serial that
 * nothing speaks against. What take_plain() in serial_list.c asks of a row is asked here of its
 * cells where they lie; who fails is looked at there.
 */
#include "lists/serial_list_parts.h"

enum { LONG = 12 }; /* and no other serial is joined to it */

static bool is_guarded(
	const struct serial_list *l, const struct csv_rows *rows, size_t row, size_t n_cells)
{
	for (size_t i = 0; i < l->n_guards; i++)
		if (l->guards[i] < n_cells) {
			struct str cell = csv_rows_cell(rows, row, l->guards[i]);

			if (cell.n <= SERIAL_MAX && list_is_strong(cell))
				return true;
		}
	return false;
}

/* Of a row with other cells than most, without its last ones or with columns of ours: none is a
 * surplus, what is read as its serial is no other column's, and its own is not joined to a cell
 * before it. */
static bool is_own(
	const struct serial_list *l, const struct csv_rows *rows, size_t row, size_t n_cells)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];

	if (n_cells > l->reading.width && l->reading.surplus_end > l->reading.width)
		return false;
	for (size_t i = 0; i < at && n_cells < l->reading.columns.n; i++)
		if (csv_rows_cell(rows, row, i).n > LONG)
			return false;
	return (n_cells == l->usual_cells && n_cells <= l->reading.width) ||
	       list_is_strong(csv_rows_cell(rows, row, at));
}

static bool is_plain(const struct serial_list *l, const struct csv_rows *rows, size_t row, size_t n,
	struct serial *ret)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL], n_all = l->reading.columns.n;

	if (rows->traits[row] & CSV_ROW_INNER || n < l->least_cells || n > n_all ||
		serial_read(csv_rows_cell(rows, row, at), ret) ||
		list_is_doubtful(l, serial_view(ret)) || is_guarded(l, rows, row, n))
		return false;
	if ((n != l->even_cells || n > l->reading.width) && !is_own(l, rows, row, n))
		return false;
	return at > 0 || n < n_all || !list_dangles(csv_rows_cell(rows, row, n - 1));
}

static void note_rows(struct serial_list *l, struct list_rows *rows)
{
	const size_t *line = &rows->csv->line[rows->at];

	l->n_gaps += l->end_line && l->end_line < line[0];
	l->end_line = line[rows->n];
	l->n_rows += rows->n;
	for (size_t i = 0; i < rows->n; i++) {
		list_drop_barcode(l, &rows->serials[i]);
		list_note_serial(l, &rows->serials[i], line[i]);
	}
}

void list_next_rows(struct serial_list *l, struct list_rows *ret)
{
	size_t least = l->reading.columns.n, n;

	ret->n = 0;
	if (!l->least_cells || l->n_passed < l->n_before || l->table_line)
		return;
	ret->csv = csv_rows(l->csv, &ret->at);
	for (size_t row = ret->at; row < ret->csv->n; row++) {
		n = csv_rows_cells(ret->csv, row);
		if (!is_plain(l, ret->csv, row, n, &ret->serials[row - ret->at]))
			break;
		least = n < least ? n : least;
		ret->n++;
	}
	ret->n_cells = least;
	if (ret->n == 0)
		return;
	note_rows(l, ret);
	csv_take(l->csv, ret->n);
}

void list_rows_record(
	struct serial_list *l, const struct list_rows *rows, size_t row, struct csv_record *ret)
{
	csv_rows_record(l->csv, rows->at + row, ret);
}
