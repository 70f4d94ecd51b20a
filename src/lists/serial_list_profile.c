/*
 * Rows whose cells have shifted, by what the other columns hold.
 *
 * Where a second column holds serials (of the device that is replaced, of a monitor), a cell too
 * many or too few puts one of them where the device's own is read. Of each column it is counted
 * which kinds of cells it has; a row is read as it stands, and as if one or two cells had been
 * added or lost before the serial: what is more likely, in bits, is what it says.
 */
#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "lists/serial_hidden.h"
#include "lists/serial_list_parts.h"

enum {
	SHIFT_MOST = 2,
	NOTHING_BYTES = 4,
	LONG_NUMBER_DIGITS = 13,
	COMMON_SHARE = 4,
	FEW_ROWS = 5,
	FEW_BLANKS = 50,
	FEW_WITNESSES = 20,
	RARE_SHARE = 4
};

/* What a shift costs beforehand: few rows have one, and the cells too many could be anything. */
static const float shift_bits[SHIFT_MOST + 1] = { 0, 7.5f, 14 };
/* Less where a cell begins with a blank, as the rest of `Smith, John` does and no other row's. */
static const float blank_bits = 6;
/* A line end within a row, which makes two of it. */
static const float break_bits = 7.5f;
/* A serial that looks like a MAC address costs no more, or it would be told as shifted. */
static const float hex_bits = 5;

enum cell_kind {
	CELL_EMPTY,
	CELL_MISSING, /* the row ends before it */
	CELL_SERIAL,
	CELL_LONG_NUMBER, /* an IMEI, an EID */
	CELL_HEX,         /* a MAC address */
	CELL_NUMBER,
	CELL_DATE, /* digits with signs between them */
	CELL_WORD,
	CELL_TEXT,
	CELL_TAG,   /* letters and digits */
	CELL_MIXED, /* and signs or blanks */
	CELL_KINDS_
};

struct column_profile {
	uint32_t n[CELL_KINDS_];
	float usual[CELL_KINDS_]; /* what is counted before the first row is seen */
	float n_usual;
	bool serials;
};

struct list_profile {
	struct column_profile *columns;
	size_t n, at; /* columns; the serial's */
	uint32_t n_rows;
	uint8_t *kinds;   /* of the row, n of them */
	struct map none;  /* no serial is known */
	float *before;    /* what its cells before that one cost as they stand, n + 1 of them */
	bool few_blanks;  /* few cells of the sample have a blank before them */
	bool after_blank; /* a cell of it, up to the serial, begins with a blank as few others do */
	/* The row before, if it has fewer cells than the header; n_short 0: it has not. */
	size_t n_short, short_end;    /* its cells; the line behind it */
	float short_cells, short_row; /* what they cost, and with what is missing */
	size_t broken_line;           /* of the last row that is the rest of the one before */
};

bool list_says_nothing(struct str cell)
{
	static const char *const words[] = { "n/a", "na", "n.a.", "none", "null", "nil", "no",
		"tbd", "tba", "k.a.", "0", "unknown", "unbekannt", "keine", "keiner", "inconnu",
		"aucun", "aucune", "ninguno", "ninguna", "nessuno", "desconocido", "not available",
		"not applicable" };
	bool signs = true;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_eq_nocase(cell, str_from(words[i])))
			return true;
	for (size_t i = 0; i < cell.n; i++)
		signs &= cell.p[i] > 0 && strchr("-?./#*_ ", cell.p[i]) != NULL;
	return signs;
}

static enum cell_kind kind_by_letters(struct str cell)
{
	size_t n_digits = 0, n_letters = 0, n_signs = 0;

	for (size_t i = 0; i < cell.n; i++) {
		char c = ascii_lower(cell.p[i]);

		n_digits += c >= '0' && c <= '9';
		n_letters += (c >= 'a' && c <= 'z') || c < 0;
	}
	n_signs = cell.n - n_digits - n_letters;
	if (n_digits == cell.n)
		return n_digits >= LONG_NUMBER_DIGITS ? CELL_LONG_NUMBER : CELL_NUMBER;
	if (!n_digits)
		return n_signs ? CELL_TEXT : CELL_WORD;
	if (n_letters <= 2 && n_signs >= 2 && cell.p[0] <= '9')
		return CELL_DATE;
	return n_signs ? CELL_MIXED : CELL_TAG;
}

/* Letters of one case and digits, fewer of these than an IMEI or an order number has. */
static bool is_code(struct str cell)
{
	size_t n_digits = 0, n_upper = 0;

	for (size_t i = 0; i < cell.n; i++) {
		n_digits += cell.p[i] <= '9';
		n_upper += cell.p[i] >= 'A' && cell.p[i] <= 'Z';
	}
	return n_digits < LONG_NUMBER_DIGITS && !serial_is_implausible(cell) &&
	       (n_upper == 0 || n_upper + n_digits == cell.n);
}

/* Without the dress that a spreadsheet gives it: ="..." and '... */
static struct str undressed(struct str cell)
{
	struct serial serial;

	cell = serial_trim(cell);
	if (cell.n && (cell.p[0] == '=' || cell.p[0] == '\'') && !serial_read(cell, &serial))
		cell = str_sub(cell, cell.p[0] == '=' ? 2 : 1, serial.n);
	return cell;
}

static enum cell_kind kind_of_cell(const struct column_profile *c, struct str cell)
{
	enum serial_look look = serial_look(cell);

	if (look == LOOK_STRONG)
		return CELL_SERIAL;
	cell = undressed(cell);
	if (look == LOOK_WEAK && serial_is_hex(cell))
		return CELL_HEX;
	/* Codes that serials look like. */
	if (c->serials && look == LOOK_WEAK && is_code(cell))
		return CELL_SERIAL;
	if (look == LOOK_EMPTY || cell.n == 0)
		return CELL_EMPTY;
	if (c->serials && look == LOOK_OTHER && list_says_nothing(cell))
		return CELL_EMPTY;
	return kind_by_letters(cell);
}

/* Bits: how much it surprises that the column has such a cell. `own`: what the row itself has
 * there, which is no witness of its own. */
static float cost(
	const struct list_profile *p, size_t column, enum cell_kind kind, enum cell_kind own)
{
	const struct column_profile *c = &p->columns[column];
	uint32_t n = c->n[kind] - (c->n[kind] && kind == own);
	float bits;

	/* Empty cells at the end of a row may be left out. */
	if (kind == CELL_MISSING && p->n_rows >= FEW_ROWS)
		n += c->n[CELL_EMPTY] - (c->n[CELL_EMPTY] && own == CELL_EMPTY);

	/* Few among serials: of rows that have shifted as well. */
	if (c->serials && kind > CELL_SERIAL && n * RARE_SHARE < p->n_rows)
		n = 0;
	bits = -log2f(((float)n + c->usual[kind]) / ((float)p->n_rows - 1 + c->n_usual));
	return c->serials && kind == CELL_HEX ? fminf(bits, hex_bits) : bits;
}

/* The rest of the row, from column `from` on, is missing. */
static float cost_of_missing(const struct list_profile *p, size_t from)
{
	float bits = 0;

	for (size_t c = from; c < p->n; c++)
		bits += cost(p, c, CELL_MISSING, (enum cell_kind)p->kinds[c]);
	return bits;
}

static float cost_at(const struct list_profile *p, size_t column, size_t cell)
{
	return cost(p, column, (enum cell_kind)p->kinds[cell], (enum cell_kind)p->kinds[column]);
}

/* The least that the row costs with `shift` cells too many before the serial. */
static float cost_of_more(const struct list_profile *p, size_t n_cells, size_t shift)
{
	/* That its last columns are gone then is part of what a shift costs. */
	float least = INFINITY, behind = cost_of_missing(p, n_cells);

	for (size_t i = n_cells; i-- > shift;) {
		size_t extra = i -
			       shift; /* the first cell too many, when those from i on have moved */

		behind += cost_at(p, i - shift, i);
		if (i <= p->at && p->before[extra] + behind < least)
			least = p->before[extra] + behind;
	}
	return least + shift_bits[shift] - (p->after_blank ? blank_bits : 0);
}

/* With so many cells too few before the serial. */
static float cost_of_less(const struct list_profile *p, size_t n_cells, size_t shift)
{
	size_t last = n_cells + shift < p->n ? n_cells : p->n - shift;
	float least = INFINITY, behind = cost_of_missing(p, last + shift);

	/* What moves beyond the last column has to be empty. */
	for (size_t i = last; i < n_cells; i++)
		if (p->kinds[i] != CELL_EMPTY)
			return INFINITY;
	for (size_t i = last; i-- > 0;) {
		behind += cost_at(p, i + shift, i);
		if (i + shift <= p->at && p->before[i] + behind < least)
			least = p->before[i] + behind;
	}
	return least + shift_bits[shift];
}

/* Whether a blank is before a cell of it, up to the serial's, as few other cells have it. */
static bool is_after_blank(const struct list_profile *p, const struct csv_record *r)
{
	bool found = false;

	for (size_t c = 1; p->few_blanks && c <= p->at && c < r->n_cells; c++)
		found |= sample_begins_blank(r, c);
	return found;
}

/* Notes what the row has; true: a cell of it is uncommon. */
static bool look_at_row(struct list_profile *p, const struct csv_record *r)
{
	bool odd = p->n_rows < FEW_ROWS;

	p->after_blank = is_after_blank(p, r);
	for (size_t c = 0; c < p->n; c++) {
		enum cell_kind kind = c < r->n_cells ? kind_of_cell(&p->columns[c], r->cells[c])
						     : CELL_MISSING;

		p->kinds[c] = (uint8_t)kind;
		odd |= p->columns[c].n[kind] * COMMON_SHARE < p->n_rows;
	}
	return odd;
}

static float cost_as_it_stands(struct list_profile *p)
{
	for (size_t c = 0; c < p->n; c++)
		p->before[c + 1] = p->before[c] + cost_at(p, c, c);
	return p->before[p->n];
}

/* A row without its last cells: the serial may be in the cell before, joined to what stood there.
 */
static bool is_joined(const struct list_profile *p, const struct csv_record *r)
{
	struct serial own;
	struct str hidden;

	if (serial_read(r->cells[p->at], &own))
		return false;
	for (size_t c = 0; r->n_cells < p->n && c < p->at; c++)
		if (serial_is_hidden(r->cells[c], &p->none, &hidden) &&
			!str_contains_nocase(r->cells[c], serial_view(&own)) &&
			!p->columns[c].serials)
			return true;
	return false;
}

/* Another column has the same serial: as in an export that calls it `id`, too. */
static bool says_it_twice(const struct list_profile *p, const struct csv_record *r)
{
	for (size_t c = 0; c < p->n && c < r->n_cells; c++)
		if (c != p->at && p->columns[c].serials &&
			str_eq_nocase(r->cells[c], r->cells[p->at]))
			return true;
	return false;
}

/* Whether it fits better as the rest of the row before, that ends in its last cell or behind it. */
static bool is_rest(struct list_profile *p, const struct csv_record *r)
{
	size_t n_both = p->n_short + r->n_cells, from = n_both - p->n;
	size_t column = p->n_short - from + p->at; /* where what is read as its serial would be */
	float cost = p->short_cells + break_bits;

	if (!p->n_short || p->short_end != r->line || r->n_cells >= p->n || from > 1 ||
		column >= p->n || !p->columns[column].serials)
		return false;
	(void)look_at_row(p, r);
	for (size_t i = from; i < r->n_cells; i++)
		cost += cost_at(p, p->n_short - from + i, i);
	if (cost >= p->short_row + cost_as_it_stands(p))
		return false;
	p->broken_line = r->line;
	return true;
}

bool profile_is_rest(const struct list_profile *p, const struct csv_record *r)
{
	return p->broken_line == r->line;
}

void profile_follow(struct list_profile *p, const struct csv_record *r)
{
	p->n_short = r->n_cells < p->n ? r->n_cells : 0;
	if (!p->n_short)
		return;
	(void)look_at_row(p, r);
	p->short_row = cost_as_it_stands(p);
	p->short_cells = p->before[p->n_short];
	p->short_end = r->line + r->n_lines;
}

bool profile_is_shifted(struct list_profile *p, const struct csv_record *r)
{
	size_t n_cells = r->n_cells < p->n ? r->n_cells : p->n;
	float as_is;

	if (n_cells <= p->at || says_it_twice(p, r))
		return false;
	if (is_joined(p, r) || is_rest(p, r))
		return true;
	if (!look_at_row(p, r))
		return false;
	as_is = cost_as_it_stands(p);
	for (size_t shift = 1; shift <= SHIFT_MOST && shift < n_cells; shift++)
		if (cost_of_more(p, n_cells, shift) < as_is ||
			cost_of_less(p, n_cells, shift) < as_is)
			return true;
	return false;
}

/* --- what the columns hold --- */

static void expect(struct column_profile *c, enum cell_kind kind, float n)
{
	c->usual[kind] += n;
	c->n_usual += n;
}

static void begin_column(struct column_profile *c, bool serials)
{
	for (size_t kind = 0; kind < CELL_KINDS_; kind++)
		expect(c, (enum cell_kind)kind, serials ? 0.02f : 0.1f);
	expect(c, CELL_EMPTY, 0.4f);
	expect(c, CELL_MISSING, 0.4f);
	c->serials = serials;
	if (!serials)
		return;
	expect(c, CELL_SERIAL, 2);
	expect(c, CELL_EMPTY, 0.5f);
}

/* Whether its cells can be taken for serials of devices. */
static bool holds_serials(const struct way *w)
{
	bool named = w->header != LIST_NO_HEADER && w->sense >= SENSE_QUALIFIED &&
		     w->sense != SENSE_WEAK;

	return named || (w->n_full && w->n_strong * 4 >= w->n_full);
}

static void count_cells(struct list_profile *p, const struct sample_row *row)
{
	p->n_rows++;
	for (size_t c = 0; c < p->n; c++) {
		enum cell_kind kind = CELL_MISSING;

		if (c < row->n_cells)
			kind = kind_of_cell(&p->columns[c], row->cells[c]);
		p->columns[c].n[kind]++;
	}
}

/* What stands for the serial is none: the row is no witness, for its cells may have shifted. */
static bool is_at_fault(const struct sample_row *row, size_t at)
{
	return at < row->n_cells && row->looks[at] == LOOK_OTHER;
}

/* n_cells: the rows alone that have as many; 0: all. */
static void count_rows(struct list_profile *p, const struct way *w, size_t n_cells)
{
	const struct sample *s = w->sample;
	bool named = w->header != LIST_NO_HEADER;
	const struct sample_row *header = named ? &s->rows[w->header] : NULL;

	for (size_t i = named ? w->header + 1 : 0; i < s->n; i++)
		if (sample_is_data(&s->rows[i], header, !named || w->width == 1) &&
			(!n_cells || s->rows[i].n_cells == n_cells) &&
			!way_is_surplus(&s->rows[i], w) && !is_at_fault(&s->rows[i], p->at))
			count_cells(p, &s->rows[i]);
}

size_t list_usual_cells(const struct way *w)
{
	const struct sample *s = w->sample;
	size_t *n, best, found;

	if (w->header == LIST_NO_HEADER)
		return 0;
	best = s->rows[w->header].n_cells;
	n = mem_zalloc((s->widest + 1) * sizeof(*n));
	for (size_t i = w->header + 1; i < s->n; i++)
		if (sample_is_data(&s->rows[i], &s->rows[w->header], w->width == 1) &&
			!way_is_surplus(&s->rows[i], w))
			n[s->rows[i].n_cells]++;
	for (size_t i = 1; i <= s->widest; i++)
		if (n[i] > n[best])
			best = i;
	found = n[best];
	free(n);
	return found > 1 || best == s->rows[w->header].n_cells ? best : SIZE_MAX;
}

/* Of a short list the rows alone tell that have as many cells as most; 0: all do. */
static size_t cells_of_witnesses(const struct way *w)
{
	size_t n_cells = w->n_rows < FEW_WITNESSES ? list_usual_cells(w) : 0;

	return n_cells == SIZE_MAX ? 0 : n_cells;
}

struct list_profile *profile_of(const struct way *w, struct arena *a)
{
	size_t n = w->width < w->surplus_end ? w->width : w->surplus_end;
	size_t n_cells = cells_of_witnesses(w);
	bool others = false;
	struct list_profile *p;

	if (n > w->sample->widest || w->column >= n)
		return NULL;
	p = arena_zalloc(a, sizeof(*p));
	p->columns = arena_zalloc(a, n * sizeof(*p->columns));
	p->kinds = arena_zalloc(a, n);
	p->before = arena_zalloc(a, (n + 1) * sizeof(*p->before));
	p->n = n;
	p->at = w->column;
	for (size_t c = 0; c < n; c++) {
		struct way other = n_cells ? way_among(w, c, n_cells)
					   : way_of(w->sample, w->header, c);
		bool serials = holds_serials(&other);

		begin_column(&p->columns[c], serials || c == p->at);
		others |= serials && c != p->at;
	}
	count_rows(p, w, n_cells);
	p->few_blanks = p->n_rows >= FEW_ROWS &&
			w->sample->n_blank * FEW_BLANKS <= p->n_rows + FEW_BLANKS;
	for (size_t c = 0; c < n; c++)
		others |= p->columns[c].n[CELL_HEX] * 2 > p->n_rows;
	return others ? p : NULL;
}
