/* What is said when a list can be read in several ways, or in none that is certain. */
#include "lists/serial_hidden.h"
#include "lists/serial_list_parts.h"

enum { SHOWN_COLUMNS = 12, SHOWN_BYTES = 24, TEXT_BYTES = 2000 };

const char *delimiter_words(char delimiter)
{
	switch (delimiter) {
	case ',':
		return "comma";
	case ';':
		return "semicolon";
	case '\t':
		return "TAB";
	default:
		return "|";
	}
}

static void put_short(struct buf *out, struct str s)
{
	struct str head = str_head(s, SHOWN_BYTES);

	for (size_t i = 0; i < head.n; i++)
		buf_char(out, head.p[i] >= 0 && head.p[i] < ' ' ? ' ' : head.p[i]);
	if (head.n < s.n)
		buf_z(out, "...");
}

/* The first cell of the column below the header. */
static struct str example(const struct sample *s, uint32_t header, size_t column)
{
	for (size_t i = header == LIST_NO_HEADER ? 0 : header + 1; i < s->n; i++)
		if (column < s->rows[i].n_cells && s->rows[i].cells[column].n &&
			!s->rows[i].comment)
			return s->rows[i].cells[column];
	return STR("empty");
}

static void put_columns(struct buf *out, const struct sample *s, uint32_t header)
{
	size_t n = header == LIST_NO_HEADER ? s->widest : s->rows[header].n_cells;

	for (size_t c = 0; c < n && c < SHOWN_COLUMNS; c++) {
		buf_printf(out, "%s%zu", c ? ", " : "", c + 1);
		if (header != LIST_NO_HEADER) {
			buf_z(out, " '");
			put_short(out, s->rows[header].cells[c]);
			buf_char(out, '\'');
		}
		buf_z(out, " (");
		put_short(out, example(s, header, c));
		buf_char(out, ')');
	}
	if (n > SHOWN_COLUMNS)
		buf_printf(out, " and %zu more", n - SHOWN_COLUMNS);
}

/* Another column of that header is named as the serial, which holds none; SIZE_MAX: there is none.
 */
static size_t named_column(const struct sample *s, uint32_t header)
{
	for (size_t c = 0; header != LIST_NO_HEADER && c < s->rows[header].n_cells; c++)
		if (header_sense(s->rows[header].cells[c]) == SENSE_EXACT &&
			way_of(s, header, c).n_shaped == 0)
			return c;
	return SIZE_MAX;
}

/* Nobody is told to read the serials of other devices where the device's own have a column. */
static bool may_hold(const struct way *w)
{
	const struct sample *s = w->sample;

	return w->n_full && w->n_shaped * 2 >= w->n_full && w->sense != SENSE_OTHER &&
	       (w->header == LIST_NO_HEADER ||
		       !header_is_of_other(s->rows[w->header].cells[w->column]) ||
		       named_column(s, w->header) == SIZE_MAX);
}

/* What would be asked then. */
static void put_barcode(struct buf *out, const struct serial_list *l, const struct sample *s,
	uint32_t header, size_t c)
{
	struct way w = way_of(s, header, c);

	if (l->opt.barcode_s == BARCODE_ASK && way_has_barcodes(&w))
		buf_z(out, l->opt.purpose == LIST_PROTECTED ? " and input: {barcode_s: strip}"
							    : " --barcode-s strip");
}

static void put_option(struct buf *out, const struct serial_list *l, const struct sample *s,
	uint32_t header, size_t c)
{
	bool settings = l->opt.purpose == LIST_PROTECTED;
	bool header_set = l->opt.columns.header_line != HEADER_AUTO;

	if (settings)
		buf_z(out, "protect: {file: ..., ");
	if (!header_set) {
		buf_z(out, settings ? "header: " : "--header ");
		if (header == LIST_NO_HEADER)
			buf_z(out, "none");
		else
			buf_printf(out, "%zu", s->rows[header].line);
		buf_z(out, settings ? ", " : " ");
	}
	buf_printf(out, settings ? "serial_column: %zu}" : "--serial-column %zu", c + 1);
	put_barcode(out, l, s, header, c);
}

/* What stands in the header there may be a device's serial, which nobody may lose unasked. */
static bool may_be_device(const struct serial_list *l, const struct sample_row *h, size_t c)
{
	return l->opt.columns.header_line == HEADER_AUTO && c < h->n_cells &&
	       h->looks[c] >= LOOK_WEAK &&
	       (!serial_is_word(h->cells[c]) ||
		       (h->n_cells == 1 && !header_sets_apart(h->cells[c]))) &&
	       header_sense(h->cells[c]) < SENSE_WEAK;
}

/* As one column of the list could be meant, with a header and without. */
static void put_ways(struct buf *out, const struct serial_list *l, const struct sample *s,
	uint32_t header, size_t c)
{
	bool doubt = header != LIST_NO_HEADER && may_be_device(l, &s->rows[header], c);

	if (doubt) {
		put_option(out, l, s, LIST_NO_HEADER, c);
		buf_printf(out, " if '%.*s' is a device, ", STR_FMT(s->rows[header].cells[c]));
	}
	put_option(out, l, s, header, c);
	if (doubt)
		buf_z(out, " if it is a header");
}

/* Every column that could be meant, the surest first; false: there is none. */
static bool put_options(
	struct buf *out, const struct serial_list *l, const struct sample *s, uint32_t header)
{
	size_t n = header == LIST_NO_HEADER ? s->widest : s->rows[header].n_cells, n_put = 0;

	/* A list that protects is read by no column that others speak against. */
	for (int strong = 1; strong >= 0 && !(n_put && list_is_strict(l)); strong--)
		for (size_t c = 0; c < n && n_put < 4; c++) {
			struct way w = way_of(s, header, c);

			if (!may_hold(&w) || (w.n_strong * 2 >= w.n_full) != strong)
				continue;
			buf_z(out, n_put++ ? ", or " : "");
			put_ways(out, l, s, header, c);
		}
	/* A list of one line. */
	if (!n_put && header == 0 && s->n == 1 && may_be_device(l, s->rows, 0)) {
		put_option(out, l, s, LIST_NO_HEADER, 0);
		n_put++;
	}
	return n_put > 0;
}

/* By which the most cells of a column are serials. */
static const struct sample *best_sample(const struct sample *samples, size_t n_samples)
{
	const struct sample *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < n_samples; i++)
		for (size_t c = 0; c < samples[i].widest; c++) {
			size_t n = way_of(&samples[i], LIST_NO_HEADER, c).n_strong;

			if (!best || n > most ||
				(n == most && samples[i].widest > best->widest && !n)) {
				best = &samples[i];
				most = n;
			}
		}
	return best;
}

/* A line of one text, before rows with more cells. */
static bool is_title(const struct sample *s, uint32_t row)
{
	struct str text = s->rows[row].cells[0];

	for (size_t i = 0; i < text.n; i++)
		if (strchr(",;|\t", text.p[i]))
			return false;
	return s->rows[row].n_cells == 1 && s->widest > 1 && !serial_is_about(text);
}

/* A first row with a serial is data. */
static uint32_t likely_header(const struct sample *s)
{
	uint32_t first = 0;

	while (first < s->n && (s->rows[first].blank || s->rows[first].bad ||
				       s->rows[first].comment || is_title(s, first)))
		first++;
	for (size_t c = 0; first < s->n && c < s->rows[first].n_cells; c++)
		if (s->rows[first].looks[c] == LOOK_STRONG)
			return LIST_NO_HEADER;
	return first < s->n ? first : LIST_NO_HEADER;
}

/* A first line that is like a serial: a device whose serial is damaged, or a header. */
static bool is_device_first(const struct serial_list *l, const struct sample *s, uint32_t header)
{
	if (header == LIST_NO_HEADER || l->opt.columns.header_line != HEADER_AUTO)
		return false;
	for (size_t c = 0; c < s->rows[header].n_cells; c++) {
		struct str cell = s->rows[header].cells[c];

		if ((s->rows[header].n_cells == 1 && list_is_like_serial(cell)) ||
			(list_is_strict(l) && s->rows[header].looks[c] == LOOK_OTHER &&
				serial_is_about(cell)))
			return true;
	}
	return false;
}

static void put_device_first(struct buf *out, const struct serial_list *l, size_t line)
{
	buf_printf(out, "; if line %zu is a device, correct its serial", line);
	if (l->opt.purpose == LIST_MAIN)
		buf_printf(out,
			", or go on without it with --header none --serial-column 1; if it is a "
			"header: --header %zu --serial-column 1",
			line);
	else
		buf_z(out, "; if it is a header, write 'serial' over the column with the serials");
}

/* A column with serials that nothing but other text in their cells hides; SIZE_MAX: there is none.
 */
static size_t dressed_column(const struct sample *s, struct str *ret)
{
	for (size_t c = 0; c < s->widest; c++) {
		size_t n_full = 0, n_about = 0;

		for (size_t i = 0; i < s->n; i++) {
			const struct sample_row *row = &s->rows[i];

			if (row->comment || c >= row->n_cells || row->cells[c].n == 0)
				continue;
			n_full++;
			if (row->looks[c] != LOOK_OTHER || !serial_is_about(row->cells[c]))
				continue;
			*ret = row->cells[c];
			n_about++;
		}
		if (n_about && n_about * 2 >= n_full)
			return c;
	}
	return SIZE_MAX;
}

/* No column can be read as it is, so no option helps. */
static void put_no_column(struct buf *out, const struct sample *s, uint32_t header)
{
	struct str cell = STR_NONE;
	size_t column = named_column(s, header);

	if (column != SIZE_MAX) {
		buf_printf(out,
			"; column %zu holds no serial: write the serials of the devices into it",
			column + 1);
		return;
	}
	column = dressed_column(s, &cell);
	if (column != SIZE_MAX) {
		buf_printf(out, "; column %zu has more in its cells than a serial: ", column + 1);
		serial_describe(cell, out);
		buf_z(out, "; leave nothing but the serials in them");
		return;
	}
	buf_z(out,
		"; in none of them do most cells look like serials, 10 to 12 letters and digits: "
		"is this the right file?");
}

/* In a list of one column: what has no place there, or a heading amid the serials. */
static bool is_misfit(const struct sample_row *row, size_t c)
{
	return row->looks[c] == LOOK_OTHER || (row->n_cells == 1 && serial_is_word(row->cells[c]) &&
						      header_sets_apart(row->cells[c]));
}

/* The first cell of a list without a header that is no serial; false: there is none. */
static bool put_misfit(struct buf *out, const struct sample *s, bool *ret_word)
{
	size_t best = 0, most = 0;

	for (size_t c = 0; c < s->widest; c++) {
		struct way w = way_of(s, LIST_NO_HEADER, c);

		best = w.n_strong > most ? c : best;
		most = w.n_strong > most ? w.n_strong : most;
	}
	for (size_t i = 0; most && i < s->n; i++) {
		const struct sample_row *row = &s->rows[i];

		if (!sample_is_data(row, NULL, true) || best >= row->n_cells ||
			!is_misfit(row, best))
			continue;
		buf_printf(out, "; line %zu has no serial in column %zu: ", row->line, best + 1);
		serial_describe(row->cells[best], out);
		*ret_word = row->looks[best] != LOOK_OTHER;
		return true;
	}
	return false;
}

/* Of a file that no option is for. */
static void put_words_for_header(
	struct buf *out, const struct serial_list *l, const struct sample *s, uint32_t header)
{
	bool device = header == LIST_NO_HEADER;

	for (size_t c = 0; !device && c < s->rows[header].n_cells; c++)
		device = may_be_device(l, &s->rows[header], c);
	if (device)
		buf_z(out,
			"; write a line of headers above the devices of that file, 'serial' over "
			"the column with the serials and any other over the others");
	else
		buf_printf(out,
			"; on line %zu of that file write 'serial' over the column with the "
			"serials",
			s->rows[header].line);
	buf_z(out, ", and leave any other column with serials out");
}

static void put_remedy(
	struct buf *out, const struct serial_list *l, const struct sample *s, uint32_t header)
{
	bool word = false;
	struct buf options;

	buf_init(&options, TEXT_BYTES);
	if (header == LIST_NO_HEADER && put_misfit(out, s, &word) && (word || list_is_strict(l)))
		buf_z(out, word ? ": make two files of it, one from that line on, or take it out"
				: ": correct that line");
	else if (!put_options(&options, l, s, header))
		put_no_column(out, s, header);
	else if (is_device_first(l, s, header))
		put_device_first(out, l, s->rows[header].line);
	else if (l->opt.purpose == LIST_OF_RULES || l->opt.purpose == LIST_OTHER)
		put_words_for_header(out, l, s, header);
	else
		buf_printf(out, "; say which: %s", buf_cstr(&options));
	buf_release(&options);
}

/* A device stands above the header or in it: one that protects is read in whole or not at all. */
static void put_mixed(struct buf *out, const struct serial_list *l, const struct way *w)
{
	if (!way_fits(w))
		buf_z(out, "; correct the serials below the header");
	buf_z(out, "; put the device into a line of its own below the header");
	if (!way_fits(w))
		return;
	if (l->opt.purpose == LIST_MAIN)
		buf_printf(out, ", or go on without it: --header %zu --serial-column %zu",
			w->sample->rows[w->header].line, w->column + 1);
	else if (!list_is_strict(l))
		buf_z(out, ", or take its line out");
	else
		buf_z(out, ", or take what is no device out of that line");
}

enum errc list_ask(const struct serial_list *l, const struct sample *samples, size_t n_samples,
	const struct way *best, const char *why, struct err *err)
{
	const struct sample *s = best ? best->sample : best_sample(samples, n_samples);
	uint32_t header = best ? best->header : s ? likely_header(s) : LIST_NO_HEADER;
	size_t line = s && s->n ? s->rows[header == LIST_NO_HEADER ? 0 : header].line : 1;
	bool mixed = best && header != LIST_NO_HEADER && !best->clean;
	struct buf text;

	if (mixed)
		line = way_device_above(best);
	buf_init(&text, TEXT_BYTES);
	buf_printf(&text, "%s:%zu: %s", l->name, line,
		*why ? why : "no column with serial numbers was found");
	if (s) {
		buf_z(&text, "; the columns, with a cell of each, are ");
		put_columns(&text, s, header);
		if (mixed)
			put_mixed(&text, l, best);
		else
			put_remedy(&text, l, s, header);
	}
	(void)err_set(err, ERR_INPUT, "%.*s", (int)text.n, text.p ? text.p : "");
	buf_release(&text);
	return ERR_INPUT;
}
