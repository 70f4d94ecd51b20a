/* What follows from the way that was chosen to read a list: headers, guards, what is usual. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "lists/serial_list_parts.h"
#include "lists/serial_together.h"

enum {
	START_TRIES = 3,
	START_BYTES = 3,
	USUAL_LEAST = 10,
	TINY_MOST = 2,
	USUAL_MOST = 12,
	FEW_LONG = 50
};

/* Of this thing or another one. */
static bool names_serial(const struct way *w)
{
	return w->header != LIST_NO_HEADER && w->sense >= SENSE_QUALIFIED;
}

/* Whether serials in that column are no sign that the cells of a row have shifted. */
static bool may_hold_serials(const struct serial_list *l, const struct way *w, bool second)
{
	bool named = w->header != LIST_NO_HEADER;

	if (named && second && list_is_strict(l))
		return true;
	return (w->n_strong * 2 + w->begins_strong > w->n_full ||
		       (w->n_strong && w->n_strong * 2 == w->n_full) ||
		       (w->n_strong && w->n_shaped * 2 > w->n_full) || names_serial(w)) &&
	       (named || (w->n_full * 2 > w->n_rows && !list_is_strict(l)));
}

/* Of three words or more. */
static bool is_text(struct str cell)
{
	size_t n = 0;

	for (size_t i = 0; i < cell.n; i++)
		n += cell.p[i] == ' ';
	return n >= 2;
}

/* Texts of people, or a header that says so. */
static bool holds_notes(const struct way *w)
{
	const struct sample *s = w->sample;
	size_t n_texts = 0;

	if (w->header == LIST_NO_HEADER)
		return false;
	if (header_is_of_notes(s->rows[w->header].cells[w->column]))
		return true;
	for (size_t i = w->header + 1; i < s->n; i++)
		n_texts += sample_is_data(&s->rows[i], &s->rows[w->header], w->width == 1) &&
			   w->column < s->rows[i].n_cells && is_text(s->rows[i].cells[w->column]);
	return n_texts > 1 && n_texts * 2 >= w->n_full;
}

/* A single row, with more cells than the header or fewer, tells nothing: the header does. Of a
 * short one the cells before the serial have moved, if it has lost a delimiter. */
static bool may_be_named_so(const struct way *w, bool notes, size_t serial_column)
{
	const struct sample *s = w->sample;
	bool moved = s->rows[s->n - 1].n_cells < s->rows[w->header].n_cells &&
		     w->column < serial_column;

	return names_serial(w) || (w->sense == SENSE_UNKNOWN && !notes && !moved);
}

/* Of a list that has shifted as a whole: the device's own serials may be in that column. */
static bool holds_own(const struct way *w)
{
	return w->n_strong && w->n_strong * 2 >= w->n_full && w->sense != SENSE_QUALIFIED;
}

/* Which is neither the row's nor has it within, as a host's name does. */
static bool is_other(struct str cell, struct str own, struct serial *ret)
{
	struct serial serial;

	if (serial_look(cell) != LOOK_STRONG || serial_read(cell, ret) ||
		str_contains_nocase(cell, own))
		return false;
	return serial_read(own, &serial) || !str_contains_nocase(cell, serial_view(&serial));
}

/* Whether at least half of that column's cells are serials, of other devices than the rows'.
 * *ret_first, if so: the first. */
static bool holds_others(const struct way *w, size_t column, struct serial *ret_first)
{
	const struct sample *s = w->sample;
	bool named = w->header != LIST_NO_HEADER;
	size_t n_full = 0, n_others = 0;
	struct serial serial;

	for (size_t i = named ? w->header + 1 : 0; i < s->n; i++) {
		const struct sample_row *row = &s->rows[i];

		if (!sample_is_data(row, named ? &s->rows[w->header] : NULL, !named) ||
			column >= row->n_cells || w->column >= row->n_cells ||
			row->cells[column].n == 0)
			continue;
		n_full++;
		if (is_other(row->cells[column], row->cells[w->column], &serial) && n_others++ == 0)
			*ret_first = serial;
	}
	return n_others && n_others * 2 >= n_full;
}

/* By its header, or by what it holds, of which a single row says nothing; without a header where
 * somebody has told which column counts. */
static bool is_of_others(const struct serial_list *l, const struct way *w, const struct way *all)
{
	const struct column_options *o = &l->opt.columns;
	bool named = w->header != LIST_NO_HEADER;
	struct str header = named ? w->sample->rows[w->header].cells[all->column] : STR_NONE;
	struct serial first;

	if (!named && !o->serial_column)
		return false;
	if (named && (header_is_of_other(header) ||
			     (all->sense == SENSE_COMPOUND && !header_is_of_device(header))))
		return true;
	return all->sense != SENSE_OTHER && all->n_rows > 1 && l->seconds[all->column] &&
	       holds_others(w, all->column, &first);
}

/* What is known of one column, as the rows tell that have as many cells as most. */
static void look_at_column(struct serial_list *l, const struct way *w, size_t c)
{
	struct way all = way_of(w->sample, w->header, c);
	/* Most rows end before it: the others tell. */
	bool even_tell = l->usual_cells && c < l->usual_cells;
	struct way even = even_tell ? way_among(w, c, l->usual_cells) : all;

	l->notes[c] = holds_notes(&all);
	l->seconds[c] = all.n_strong && all.n_strong * 2 >= all.n_full && !l->notes[c];
	l->others[c] = c != w->column && is_of_others(l, w, &all);
	if (l->usual_cells == SIZE_MAX)
		l->holds_serials[c] = may_be_named_so(&all, l->notes[c], w->column);
	else if (w->header != LIST_NO_HEADER && c > w->column && l->notes[c] && !list_is_strict(l))
		l->holds_serials[c] = false;
	else
		/* Of few rows one that has shifted would be its own witness. */
		l->holds_serials[c] = may_hold_serials(l, &even, l->seconds[c]) &&
				      may_hold_serials(l, &all, l->seconds[c]);
}

/* That a row has. */
static size_t most_cells(const struct way *w)
{
	const struct sample *s = w->sample;
	bool named = w->header != LIST_NO_HEADER;
	size_t most = 0;

	for (size_t i = named ? w->header + 1 : 0; i < s->n; i++)
		if (sample_is_data(&s->rows[i], named ? &s->rows[w->header] : NULL, true) &&
			!way_is_surplus(&s->rows[i], w) && s->rows[i].n_cells > most)
			most = s->rows[i].n_cells;
	return most;
}

static void find_guards(struct serial_list *l, const struct way *w)
{
	const size_t beside[LIST_GUARDS] = { w->column + 1, w->column + 2, w->column - 1 };
	size_t n = w->sample->widest, c;

	l->n_sampled = n;
	l->holds_serials = arena_zalloc(&l->arena, n + 1);
	l->seconds = arena_zalloc(&l->arena, n + 1);
	l->notes = arena_zalloc(&l->arena, n + 1);
	l->others = arena_zalloc(&l->arena, n + 1);
	l->full_cells = w->header == LIST_NO_HEADER ? list_usual_width(w->sample)
						    : l->reading.columns.n;
	l->usual_cells = list_usual_cells(w);
	l->most_cells = most_cells(w);
	for (c = 0; c < n; c++)
		if (w->header == LIST_NO_HEADER || c < w->sample->rows[w->header].n_cells)
			look_at_column(l, w, c);
	c = w->column + 1;
	if (list_is_shifted_whole(w) && c < n && c < w->sample->rows[w->header].n_cells) {
		struct way own = way_of(w->sample, w->header, c);

		l->holds_serials[c] &= !holds_own(&own);
		l->notes[c] = false;
	}
	for (size_t i = 0; i < LIST_GUARDS; i++)
		if (beside[i] < n && beside[i] < w->width && !l->holds_serials[beside[i]])
			l->guards[l->n_guards++] = beside[i];
}

/* Named as the serial, too, and with the same ones in every row that was looked at. */
static void find_twin(struct serial_list *l, const struct way *w)
{
	const struct column_options *o = &l->opt.columns;
	const struct columns *c = &l->reading.columns;
	bool told = o->serial_column || o->serial_header.n;

	for (size_t i = 0; i < c->n && w->sense >= SENSE_COMPOUND && !told && !l->twin; i++)
		if (i != w->column && header_sense(c->headers[i]) >= SENSE_COMPOUND &&
			way_of(w->sample, w->header, i).hash == w->hash)
			l->twin = i + 1;
}

/* Nobody has said that the other column does not count. */
static void note_beside(struct serial_list *l, const struct way *w)
{
	const struct column_options *o = &l->opt.columns;
	const struct columns *c = &l->reading.columns;
	struct serial first;

	for (size_t i = 0; i < c->n && !l->reading.beside_first.n; i++) {
		enum header_sense sense = header_sense(c->headers[i]);

		if (o->serial_column || o->serial_header.n || i == w->column || c->own[i] ||
			sense == SENSE_OTHER || header_is_of_other(c->headers[i]) ||
			!holds_others(w, i, &first))
			continue;
		l->reading.beside = i;
		l->reading.beside_first = first;
	}
}

/* As a host's name has the serial within, or `id` is the same. */
static bool has_own(const struct sample_row *row, size_t at, struct str cell)
{
	return at < row->n_cells && row->cells[at].n && str_contains_nocase(cell, row->cells[at]);
}

/* The letters that most cells of a column beside it begin with, as names and asset tags do. */
static struct str usual_start(const struct way *w, size_t column)
{
	const struct sample *s = w->sample;
	size_t from = w->header == LIST_NO_HEADER ? 0 : w->header + 1;

	for (size_t try = from; try < s->n && try < from + START_TRIES; try++) {
		struct str start = column < s->rows[try].n_cells ? s->rows[try].cells[column]
								 : STR_NONE;
		size_t n = 0, n_full = 0;

		if (start.n < SERIAL_MIN || serial_look(start) != LOOK_WEAK ||
			has_own(&s->rows[try], w->column, start))
			continue;
		start.n = START_BYTES;
		for (size_t i = from; i < s->n; i++) {
			struct str cell = column < s->rows[i].n_cells ? s->rows[i].cells[column]
								      : STR_NONE;

			n_full += cell.n > 0;
			n += str_starts_nocase(cell, start);
		}
		if (n * 2 >= n_full)
			return start;
	}
	return STR_NONE;
}

static void find_usual(struct serial_list *l, const struct way *w)
{
	const struct sample *s = w->sample;
	size_t n = 0;

	for (size_t i = w->header == LIST_NO_HEADER ? 0 : w->header + 1; i < s->n; i++)
		n += w->column < s->rows[i].n_cells && s->rows[i].looks[w->column] == LOOK_WEAK &&
		     serial_is_implausible(s->rows[i].cells[w->column]);
	l->usual = w->n_strong && n <= w->n_strong;
	if (w->column)
		l->starts[0] = usual_start(w, w->column - 1);
	l->starts[1] = usual_start(w, w->column + 1);
}

/* How long the word is that more than half of the rows have in that column; 0: longer. */
static size_t usual_bytes(const struct way *w, size_t column)
{
	const struct sample *s = w->sample;
	size_t n[TINY_MOST + 1] = { 0 };

	for (size_t i = w->header == LIST_NO_HEADER ? 0 : w->header + 1; i < s->n; i++) {
		size_t bytes = column < s->rows[i].n_cells ? s->rows[i].cells[column].n : 0;

		n[bytes <= TINY_MOST ? bytes : 0]++;
	}
	for (size_t k = 1; k <= TINY_MOST; k++)
		if (n[k] * 2 >= w->n_rows)
			return k;
	return 0;
}

/* What is known of a serial that is longer than others. */
static void find_long(struct serial_list *l, const struct way *w)
{
	const struct sample *s = w->sample;
	const size_t beside[2] = { w->column - 1, w->column + 1 };
	size_t n_long = 0, n_made_up = 0, n_whole = 0;

	for (size_t i = w->header == LIST_NO_HEADER ? 0 : w->header + 1; i < s->n; i++) {
		const struct sample_row *row = &s->rows[i];
		struct str cell = w->column < row->n_cells ? row->cells[w->column] : STR_NONE;

		n_whole += row->n_cells >= l->reading.columns.n;
		if (cell.n <= USUAL_LEAST || row->looks[w->column] < LOOK_WEAK)
			continue;
		n_long += cell.n > USUAL_MOST;
		n_made_up += cell.n <= USUAL_MOST && row->n_cells == l->usual_cells &&
			     !serial_begins_as_twelve(cell);
	}
	l->none_made_up = n_made_up == 0;
	l->none_whole = n_whole == 0;
	l->beside_bytes = usual_bytes(w, w->column + 1);
	l->none_long = n_long * FEW_LONG <= w->n_full + FEW_LONG && n_long * 2 <= w->n_full;
	for (size_t i = 0; i < 2; i++)
		if (beside[i] < s->widest && beside[i] < w->width && w->header != LIST_NO_HEADER &&
			beside[i] < s->rows[w->header].n_cells)
			l->beside_full[i] = way_of(s, w->header, beside[i]).n_full * 2 >= w->n_rows;
}

/* Of a list that has no serials but its own. What is read of a row without its last cells may be
 * that of a column behind, or have the next cell joined to it. */
static void find_least(struct serial_list *l)
{
	size_t n = l->reading.columns.n, at = (size_t)l->reading.columns.at[COLUMN_SERIAL];
	size_t c = at + 1, least = at + 2;

	while (c < n && c < l->n_sampled && !l->holds_serials[c] && !l->others[c])
		c++;
	if (c < n && c < l->n_sampled && n - (c - at - 1) > least)
		least = n - (c - at - 1);
	if (n == l->usual_cells)
		l->even_cells = n;
	for (c = 0; c < at && !l->even_cells; c++)
		if (l->holds_serials[c])
			return;
	l->least_cells = least < n ? least : n;
}

static void note_headers(struct serial_list *l)
{
	const struct columns *c = &l->reading.columns;

	for (size_t i = 0; i < c->n; i++)
		if (c->headers[i].n >= SERIAL_MIN && c->headers[i].n <= SERIAL_MAX)
			l->header_signs |= header_sign(c->headers[i]);
	for (size_t i = 0; i < c->n; i++)
		l->reading.is_export |= c->own[i];
	l->reading.is_export |= c->n > 4 && str_eq(c->headers[0], STR("serial")) &&
				columns_count(c, STR("migration_capable")) &&
				columns_count(c, STR("listed"));
}

static void note_first(struct serial_list *l, const struct way *w)
{
	const struct sample *s = w->sample;
	struct serial *first = &l->reading.first;

	for (size_t i = w->header == LIST_NO_HEADER ? 0 : w->header + 1; i < s->n && !first->n; i++)
		if (!s->rows[i].comment && w->column < s->rows[i].n_cells &&
			!way_is_surplus(&s->rows[i], w))
			(void)serial_read(list_without_note(s->rows[i].cells[w->column]), first);
}

/* What the settings say of the protected list must not leave a device out of it. */
static enum errc check_protected(const struct serial_list *l, const struct way *w, struct err *err)
{
	const struct column_options *o = &l->opt.columns;
	bool told = o->serial_column || o->serial_header.n;

	if (w->header != LIST_NO_HEADER && !w->clean)
		return err_set(err, ERR_INPUT,
			"%s:%zu: there is a serial in the header, or before it: correct `header:` "
			"of "
			"the protected list",
			l->name, w->sample->rows[w->header].line);
	if (told && !way_is_strong(w) && way_has_rival(w, true))
		return err_set(err, ERR_INPUT,
			"%s: another column than %zu holds what look like serials: correct "
			"`serial_column:` of the protected list",
			l->name, w->column + 1);
	return ERR_OK;
}

enum errc list_settle(struct serial_list *l, const struct way *w, struct err *err)
{
	struct list_reading *r = &l->reading;
	enum errc rc = l->opt.purpose == LIST_PROTECTED ? check_protected(l, w, err) : ERR_OK;

	if (rc)
		return rc;
	r->delimiter = w->sample->delimiter;
	r->width = w->width;
	r->surplus_end = w->surplus_end;
	if (w->header == LIST_NO_HEADER) {
		rc = columns_map_headerless(&r->columns, &l->opt.columns, w->column, err);
	} else {
		const struct sample_row *h = &w->sample->rows[w->header];

		rc = columns_map(&r->columns, &l->opt.columns, h->cells, h->n_cells, w->column,
			&l->arena, err);
		r->header_line = (uint32_t)h->line;
		l->n_before = w->header + 1;
	}
	if (rc)
		return err_wrap(err, "%s: ", l->name);
	note_headers(l);
	note_first(l, w);
	find_guards(l, w);
	note_beside(l, w);
	find_twin(l, w);
	l->profile = profile_of(w, &l->arena);
	if (r->columns.has_header && r->columns.n > 1 && !list_is_strict(l) && !l->twin &&
		!l->profile)
		find_least(l);
	find_usual(l, w);
	find_long(l, w);
	rc = list_check_short(l, w, err);
	if (rc)
		return rc;
	if (l->opt.barcode_s == BARCODE_ASK &&
		(r->several ? l->several_barcodes : way_has_barcodes(w)))
		return list_ask_barcode(l, &r->first, "every serial begins", err);
	return ERR_OK;
}
