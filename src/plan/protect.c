/* The protected list. It never fails open: what is not surely read stops the run. */
#include "lists/serial_hidden.h"
#include "plan/plan.h"
#include "trust/trust.h"

enum { LIST_MAX_BYTES = 256 * 1024 * 1024, WIDTHS = 16, USUAL_MIN = 10, USUAL_MAX = 12 };

struct loading {
	const char *path;
	struct map serials;
	uint32_t n; /* lines with a serial */
	/* Of lengths that no Apple serial has, but a mistyped one: */
	uint32_t n_odd;
	size_t odd_line;
	struct serial odd;
	const struct list_reading *reading;
	uint32_t n_wide[WIDTHS]; /* rows by their cells */
	uint32_t n_tiny;         /* rows with a word of one or two characters behind the serial */
};

static enum errc refuse_row(const struct loading *p, const struct serial_list *l,
	const struct list_row *row, struct err *err)
{
	const struct reason_info *why = reason_info(row->fault);
	struct buf text;

	buf_init(&text, 4096);
	list_describe_fault(l, row, &text);
	(void)err_set(err, ERR_SETTINGS,
		"%s:%zu: %s%s%s: correct this line of the protected list; nothing is sent before",
		p->path, row->record.line, why->sentence, text.n ? ": " : "", buf_cstr(&text));
	buf_release(&text);
	return ERR_SETTINGS;
}

/* O and I never occur in Apple's serials, 0 and 1 do: the device that was meant is protected,
 * too. The same with the S of a box label. */
static void add_variants(struct map *m, struct serial s)
{
	struct serial plain = s;
	bool differs = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.text[i] == 'O' ? '0' : s.text[i] == 'I' ? '1' : s.text[i];

		differs |= c != s.text[i];
		plain.text[i] = c;
	}
	if (differs)
		(void)map_add(m, serial_view(&plain), NULL);
	if (serial_strip_barcode(&s))
		(void)map_add(m, serial_view(&s), NULL);
}

static bool is_odd_length(size_t n)
{
	return n < USUAL_MIN || n > USUAL_MAX;
}

static void add_serial(struct loading *p, const struct list_row *row)
{
	const struct serial *s = &row->serial;

	(void)map_add(&p->serials, serial_view(s), NULL);
	add_variants(&p->serials, *s);
	p->n++;
	if (is_odd_length(s->n) && !serial_has_barcode(s) && p->n_odd++ == 0) {
		p->odd_line = row->record.line;
		p->odd = *s;
	}
}

/* --- what was not read as a serial, and could be one --- */

static bool is_bare(const struct loading *p)
{
	return !p->reading->columns.has_header || p->reading->width == 1;
}

/* A bare line without the comment behind it. */
static struct str without_comment(struct str raw)
{
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] == '#')
			return str_sub(raw, 0, i);
	return raw;
}

static size_t width_of(const struct loading *p, struct str raw)
{
	size_t n = 1;

	raw = without_comment(raw);
	for (size_t i = 0; i < raw.n; i++)
		n += raw.p[i] == p->reading->delimiter;
	return n < WIDTHS ? n : WIDTHS - 1;
}

/* Whether most rows have another number of cells; a single row has nothing to compare it with. */
static bool is_unusual(const struct loading *p, struct str raw)
{
	return p->n == 1 || p->n_wide[width_of(p, raw)] * 2 < p->n;
}

static struct str cell_at(const struct csv_record *r, size_t at)
{
	return at < r->n_cells ? serial_trim(r->cells[at]) : STR_NONE;
}

static bool is_mixed_case(struct str s)
{
	bool upper = false, lower = false;

	for (size_t i = 0; i < s.n; i++) {
		upper |= s.p[i] >= 'A' && s.p[i] <= 'Z';
		lower |= s.p[i] >= 'a' && s.p[i] <= 'z';
	}
	return upper && lower;
}

/* A short row that ends in its serial, to which a word as short as others of its column may be
 * joined: KD260K1258x. Or what stands there is no serial at all. */
static bool is_longer(const struct loading *p, const struct csv_record *r)
{
	size_t at = (size_t)p->reading->columns.at[COLUMN_SERIAL];
	struct str last = cell_at(r, at);
	struct serial s;

	if (p->reading->several || at + 1 != r->n_cells || serial_read(last, &s) ||
		map_find(&p->serials, serial_view(&s)) == MAP_NONE || !is_unusual(p, r->raw))
		return false;
	if (p->n > 1 && at && serial_look(last) != LOOK_STRONG)
		return true;
	return s.n > USUAL_MIN && (is_mixed_case(last) || (p->n_tiny && p->n > 1));
}

static enum errc refuse_hidden(
	const struct loading *p, const struct csv_record *r, struct str found, struct err *err)
{
	return err_set(err, ERR_SETTINGS,
		"%s:%zu: '%.*s' could be a serial, and is not read as one: if it is, give it a "
		"line of its own; if not, take it out of the protected list; nothing is sent "
		"before",
		p->path, r->line, STR_FMT(found));
}

/* Behind a line end within a cell, and joined to the end of a line, a row of columns hides one. */
static bool is_in_cells(const struct loading *p, const struct csv_record *r, struct str *ret)
{
	for (size_t i = 0; i < r->n_cells; i++) {
		struct str rest = r->cells[i];

		(void)str_cut(&rest, '\n');
		if (serial_is_hidden(rest, &p->serials, ret))
			return true;
	}
	/* Cells may be codes of any kind; with letters of the other case before it, it is none. */
	return r->n_cells && serial_is_hidden(r->cells[r->n_cells - 1], &p->serials, ret) &&
	       ret->p > r->cells[r->n_cells - 1].p && ret->p[-1] >= 'a' && ret->p[-1] <= 'z' &&
	       ascii_upper(ret->p[0]) == ret->p[0];
}

/* A list that begins with a damaged line is not read from the line below it on. */
static bool is_above(const struct csv_record *r, struct str *ret)
{
	for (size_t i = 0; i < r->n_cells && without_comment(r->raw).n; i++) {
		*ret = serial_trim(r->cells[i]);
		if (serial_is_damaged(*ret))
			return true;
	}
	return false;
}

static enum errc look_at_record(void *self, const struct csv_record *r, struct err *err)
{
	const struct loading *p = self;
	bool plain = is_bare(p) || r->line <= p->reading->header_line;
	struct str found;

	if (plain ? serial_is_hidden(r->raw, &p->serials, &found) : is_in_cells(p, r, &found))
		return refuse_hidden(p, r, found, err);
	if (r->line <= p->reading->header_line && is_above(r, &found))
		return refuse_hidden(p, r, found, err);
	if (is_bare(p) && !p->reading->several &&
		serial_is_cut(without_comment(r->raw), &p->serials) && is_unusual(p, r->raw))
		return refuse_hidden(p, r, without_comment(r->raw), err);
	if (is_longer(p, r))
		return err_set(err, ERR_SETTINGS,
			"%s:%zu: '%.*s' ends its line early, and its end may be what others have "
			"in a cell of its own: give this line as many cells as the others have; "
			"nothing is sent before",
			p->path, r->line, STR_FMT(cell_at(r, r->n_cells - 1)));
	return ERR_OK;
}

/* --- the list --- */

static void note_shape(struct loading *p, const struct csv_record *r)
{
	size_t n = cell_at(r, (size_t)p->reading->columns.at[COLUMN_SERIAL] + 1).n;

	p->n_wide[width_of(p, r->raw)]++;
	p->n_tiny += n == 1 || n == 2;
}

static enum errc read_rows(struct loading *p, struct serial_list *l, struct err *err)
{
	struct list_row row;
	bool more = true;
	enum errc rc = ERR_OK;

	p->reading = list_reading(l);
	while (!rc && !(rc = list_next(l, &row, &more, err)) && more) {
		note_shape(p, &row.record);
		if (row.fault)
			rc = refuse_row(p, l, &row, err);
		else
			add_serial(p, &row);
	}
	/* One too short or too long among others was mistyped. */
	if (!rc && p->n_odd && p->n_odd * 2 <= p->n)
		rc = err_set(err, ERR_SETTINGS,
			"%s:%zu: '%s' has %u characters, as no serial of Apple's has: correct this "
			"line of the protected list; nothing is sent before",
			p->path, p->odd_line, p->odd.text, p->odd.n);
	return rc ? rc : list_each_record(l, look_at_record, p, err);
}

enum errc protect_load(
	struct map *ret, uint32_t *ret_n, const struct settings *settings, struct err *err)
{
	const struct list_settings *list = &settings->protect_list;
	struct list_options opt = {
		.csv = { .encoding = settings->encoding, .delimiter = list->delimiter },
		.columns = { .header_line = list->header_line,
			.serial_column = list->serial_column,
			.serial_header = str_from(list->serial_header) },
		/* With and without its S each is protected. */
		.barcode_s = settings->barcode_s == BARCODE_ASK ? BARCODE_ASK : BARCODE_KEEP,
		.purpose = LIST_PROTECTED,
	};
	struct loading p = { .path = settings->protect_file };
	struct serial_list *l = NULL;
	struct buf bytes = { 0 };
	enum errc rc = trust_read(TRUSTED_PROTECTED, p.path, LIST_MAX_BYTES, &bytes, err);

	map_init(&p.serials, 0);
	if (!rc)
		rc = list_open(&l, NULL, buf_view(&bytes), p.path, &opt, err);
	if (!rc)
		rc = read_rows(&p, l, err);
	list_close(l);
	buf_release(&bytes);
	if (!rc && p.n == 0 && !settings->protect_may_be_empty)
		rc = err_set(err, ERR_SETTINGS,
			"%s: the protected list holds no serial; if that is right, say protect: "
			"{file: ..., empty: allowed} in the settings",
			p.path);
	if (rc) {
		map_release(&p.serials);
		err->code = ERR_SETTINGS;
		return ERR_SETTINGS;
	}
	*ret = p.serials;
	*ret_n = p.n;
	return ERR_OK;
}
