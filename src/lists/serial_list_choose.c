/* Which header, delimiter and column: by what the first rows show. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/plural.h"
#include "lists/serial_list_parts.h"

enum { DELIMITERS = 4, WAYS_MAX = 256 };

static const char ABOVE[] =
	"here is what could be a device, above the line that looks like the header, or in it";

struct choosing {
	struct serial_list *list;
	struct sample samples[DELIMITERS];
	size_t n_samples;
	struct way ways[WAYS_MAX];
	size_t n_ways;
};

static void take_samples(struct choosing *ch, struct str text, bool whole)
{
	static const char delimiters[DELIMITERS] = { ',', ';', '\t', '|' };
	struct serial_list *l = ch->list;
	/* A result of ours has its own, whatever the settings say of the exports. */
	bool ours = str_contains_nocase(str_head(text, CSV_MAX_COLUMNS), STR("depmend_outcome"));
	char given = ours ? 0 : csv_given_delimiter(l->csv);

	for (size_t i = 0; i < DELIMITERS; i++) {
		struct sample *s = &ch->samples[ch->n_samples];

		s->delimiter = given ? given : delimiters[i];
		if (i && (given || !memchr(text.p ? text.p : "", delimiters[i], text.n)))
			continue;
		sample_take(s, text, whole, l, &l->arena);
		ch->n_samples++;
	}
}

/* --- the ways there are --- */

static void add_way(struct choosing *ch, struct way w)
{
	if (ch->n_ways < WAYS_MAX)
		ch->ways[ch->n_ways++] = w;
}

/* Whether that row may be the header, as the options say. */
static bool may_be_header(const struct choosing *ch, const struct sample *s, uint32_t row)
{
	uint32_t line = ch->list->opt.columns.header_line;

	if (sample_is_result(s))
		return row == 0;
	if (line == HEADER_ABSENT || s->rows[row].bad || s->rows[row].blank)
		return false;
	return line == HEADER_AUTO || s->rows[row].line == line;
}

static void find_named(struct choosing *ch, const struct sample *s)
{
	uint32_t line = ch->list->opt.columns.header_line;
	size_t n_tried = 0;

	for (uint32_t h = 0; h < s->n && (n_tried < LIST_PREAMBLE_ROWS || line); h++) {
		const struct sample_row *row = &s->rows[h];

		n_tried += !row->blank && !row->comment;
		for (size_t c = 0; may_be_header(ch, s, h) && c < row->n_cells; c++)
			if (row->cells[c].n && !str_starts_nocase(row->cells[c], STR("depmend_")) &&
				header_sense(row->cells[c]) >= SENSE_WEAK)
				add_way(ch, way_of(s, h, c));
	}
}

/* --- an explicit choice --- */

static struct str wanted_header(const struct column_options *opt, bool *ret_of_rules)
{
	*ret_of_rules = false;
	for (size_t i = 0; i < opt->n_overrides && !opt->serial_told; i++)
		if (opt->overrides[i].column == COLUMN_SERIAL) {
			*ret_of_rules = true;
			return opt->overrides[i].header;
		}
	return opt->serial_header;
}

/* Where more rows hold serials. */
static void take_better(struct way *best, struct way w)
{
	if (!best->sample || w.n_shaped > best->n_shaped ||
		(w.n_shaped == best->n_shaped && w.n_full > best->n_full))
		*best = w;
}

static enum errc missing_header(
	const struct choosing *ch, struct str name, bool of_rules, struct err *err)
{
	struct str near = STR_NONE;
	const char *says = of_rules ? "'columns: serial'" : "--serial-column";
	const struct serial_list *l = ch->list;

	if (l->opt.columns.header_line == HEADER_ABSENT)
		return err_set(err, ERR_INPUT,
			"%s: the file has no header, but %s names the header '%.*s': give the "
			"number "
			"of the column, such as --serial-column 1",
			l->name, says, STR_FMT(name));
	for (size_t i = 0; i < ch->n_samples && !near.n; i++)
		for (size_t h = 0; h < ch->samples[i].n && h < LIST_PREAMBLE_ROWS && !near.n; h++) {
			struct columns c = { .n = ch->samples[i].rows[h].n_cells,
				.headers = (struct str *)(uintptr_t)ch->samples[i].rows[h].cells };

			near = columns_nearest(&c, name);
		}
	if (near.n)
		return err_set(err, ERR_INPUT,
			"%s: no column has the header '%.*s' that %s names; did you mean '%.*s'?",
			l->name, STR_FMT(name), says, STR_FMT(near));
	return err_set(err, ERR_INPUT, "%s: no column has the header '%.*s' that %s names", l->name,
		STR_FMT(name), says);
}

static enum errc choose_by_header(
	struct choosing *ch, struct str name, bool of_rules, struct way *ret, struct err *err)
{
	struct way best = { .sample = NULL };

	for (size_t i = 0; i < ch->n_samples; i++)
		for (uint32_t h = 0; h < ch->samples[i].n && h < LIST_SAMPLE_ROWS; h++) {
			const struct sample *s = &ch->samples[i];
			int c = columns_match(s->rows[h].cells, s->rows[h].n_cells, name);

			if (c < 0 || !may_be_header(ch, s, h))
				continue;
			take_better(&best, way_of(s, h, (size_t)c));
			break;
		}
	if (!best.sample)
		return missing_header(ch, name, of_rules, err);
	*ret = best;
	return ERR_OK;
}

/* A header in known words above that column; NULL: there is none. */
static const struct way *known_way(const struct choosing *ch, const struct sample *s, size_t column)
{
	for (size_t i = 0; i < ch->n_ways; i++)
		if (ch->ways[i].sample == s && ch->ways[i].column == column && ch->ways[i].clean)
			return &ch->ways[i];
	return NULL;
}

/* Takes row h as the header of that column when it fits no worse than the one before. */
static void take_header(const struct choosing *ch, const struct sample *s, uint32_t h,
	size_t column, struct way *first)
{
	const struct sample_row *row = &s->rows[h];
	bool told = ch->list->opt.columns.header_line != HEADER_AUTO;

	if (column < row->n_cells && (told || row->cells[column].n) && may_be_header(ch, s, h) &&
		(!first->sample || way_of(s, h, column).n_shaped >= first->n_shaped))
		*first = way_of(s, h, column);
}

/* The header above that column: the row that is named, or the last one above the first serial. */
static struct way way_by_number(const struct choosing *ch, const struct sample *s, size_t column)
{
	struct way first = { .sample = NULL };
	const struct way *known = known_way(ch, s, column);

	if (known)
		return *known;
	for (uint32_t h = 0; h < s->n && h < LIST_SAMPLE_ROWS; h++) {
		const struct sample_row *row = &s->rows[h];
		bool serial = column < row->n_cells && row->looks[column] == LOOK_STRONG;
		bool wanted = ch->list->opt.columns.header_line != HEADER_AUTO;

		if (serial && !wanted)
			return first.sample ? first : way_of(s, LIST_NO_HEADER, column);
		take_header(ch, s, h, column, &first);
		if (first.sample && (wanted || h > LIST_PREAMBLE_ROWS))
			break;
	}
	return first;
}

static enum errc choose_by_number(
	struct choosing *ch, size_t column, struct way *ret, struct err *err)
{
	uint32_t line = ch->list->opt.columns.header_line;
	struct way best = { .sample = NULL };
	size_t widest = 0;

	for (size_t i = 0; i < ch->n_samples; i++) {
		const struct sample *s = &ch->samples[i];
		struct way w = line == HEADER_ABSENT && !sample_is_result(s)
				       ? way_of(s, LIST_NO_HEADER, column)
				       : way_by_number(ch, s, column);

		widest = s->widest > widest ? s->widest : widest;
		if (w.sample && column < s->widest)
			take_better(&best, w);
	}
	if (!best.sample)
		return err_set(err, ERR_INPUT,
			"%s: the serial was said to be in column %zu%s, but the list has %zu "
			"column%s",
			ch->list->name, column + 1,
			line && line != HEADER_ABSENT ? " of that header" : "", widest,
			plural(widest));
	*ret = best;
	return ERR_OK;
}

/* --- by evidence --- */

static bool same_reading(const struct way *a, const struct way *b)
{
	return a->hash == b->hash;
}

/* A later header with as many rows: the one before it was a line about the list. */
static bool is_better(const struct way *w, const struct way *best)
{
	return !best || w->n_shaped > best->n_shaped ||
	       (w->n_shaped == best->n_shaped && w->sample == best->sample &&
		       w->header > best->header);
}

/* Whether another way reads other serials, and as well. */
static bool is_rival(const struct way *w, const struct way *best)
{
	bool same_sample = w->sample == best->sample;
	bool beside = same_sample && w->header == best->header;

	if (w == best || (same_sample && w->column == best->column))
		return false;
	if (!beside && (same_sample || w->n_shaped != best->n_shaped))
		return false;
	return !same_reading(w, best);
}

/* The best of the ways with that sense that may be taken; *ret_rival: another is as good. */
static const struct way *best_of(const struct choosing *ch, enum header_sense sense,
	bool (*good)(const struct way *w), const struct way **ret_rival)
{
	const struct way *best = NULL;

	*ret_rival = NULL;
	for (size_t i = 0; i < ch->n_ways; i++) {
		const struct way *w = &ch->ways[i];

		if (w->sense == sense && w->clean && good(w) && is_better(w, best))
			best = w;
	}
	for (size_t i = 0; best && i < ch->n_ways; i++) {
		const struct way *w = &ch->ways[i];

		if (w->sense == sense && w->clean && good(w) && is_rival(w, best))
			*ret_rival = w;
	}
	return best;
}

/* Nor anything above it that could be a device with a number behind its name: SERIALNUMBER1. */
static bool has_no_rows(const struct way *w)
{
	struct serial serial;

	for (uint32_t i = 0; i < w->header && w->header != LIST_NO_HEADER; i++) {
		const struct sample_row *row = &w->sample->rows[i];

		for (size_t c = 0; c < row->n_cells; c++)
			if (!row->comment && row->cells[c].n &&
				!serial_read(row->cells[c], &serial) &&
				serial.text[serial.n - 1] <= '9')
				return false;
	}
	return w->n_rows + w->n_surplus == 0;
}

static bool any(const struct way *w)
{
	(void)w;
	return true;
}

static struct str header_cell(const struct way *w)
{
	return w->sample->rows[w->header].cells[w->column];
}

static const struct way *best_compound(
	const struct choosing *ch, const struct way *exact, const struct way **ret_rival)
{
	const struct way *w = best_of(ch, SENSE_COMPOUND, way_fits, ret_rival);

	if (w && exact && exact->sample == w->sample && exact->header == w->header &&
		(exact->n_shaped || !exact->n_full))
		*ret_rival = exact;
	if (w && w->n_strong * 2 < w->n_full && way_has_rival(w, w->n_strong * 4 < w->n_full))
		*ret_rival = w;
	/* Whose serial it is, nobody can tell: "Exchange Serial", and serials under "Device". */
	if (w && !header_is_of_device(header_cell(w)) && (exact || way_has_rival(w, false)))
		*ret_rival = w;
	return w;
}

static const struct way *best_weak(
	const struct choosing *ch, const struct way *exact, const struct way **ret_rival)
{
	const struct way *w = best_of(ch, SENSE_WEAK, way_is_strong, ret_rival);

	if (w && (exact || way_has_rival(w, false)))
		*ret_rival = w;
	return w;
}

/* Why a doubt is left; NULL: *ret is certain. */
static const char *doubt_of_names(const struct choosing *ch, struct way *ret)
{
	const struct way *rival, *other, *exact = best_of(ch, SENSE_EXACT, any, &other), *w;

	w = best_of(ch, SENSE_EXACT, way_fits, &rival);
	/* Asset tags under the serial's name, and serials under another. */
	if (w && w->n_strong * 4 < w->n_full && way_has_rival(w, true))
		rival = w;
	if (!w)
		w = best_compound(ch, exact, &rival);
	if (!w)
		w = best_weak(ch, exact, &rival);
	if (!w)
		return "";
	*ret = *w;
	return rival ? "two columns could be the serial" : NULL;
}

/* The columns of one sample that hold serials from its first row on; *ret: the last of them. */
static size_t bare_columns(const struct sample *s, bool told, struct way *ret)
{
	size_t first = 0, n = 0;

	while (first < s->n && !sample_is_data(&s->rows[first], NULL, true))
		first++;
	for (size_t c = 0; first < s->n && c < s->widest; c++) {
		struct way w = way_of(s, LIST_NO_HEADER, c);
		const struct sample_row *row = &s->rows[first];
		bool begins = told || (c < row->n_cells && row->looks[c] >= LOOK_WEAK &&
					      !serial_is_word(row->cells[c]));

		if (!begins || !way_is_strong(&w) || w.n_full * 10 < w.n_rows * 9)
			continue;
		*ret = w;
		n++;
	}
	return n;
}

/* A list of serials without a header: one column, from the first row on. */
static const char *doubt_of_bare(const struct choosing *ch, struct way *ret)
{
	bool told = ch->list->opt.columns.header_line == HEADER_ABSENT;
	struct way best = { .sample = NULL };
	bool several = false;

	for (size_t i = 0; i < ch->n_samples; i++) {
		struct way found = { .sample = NULL };
		size_t n = bare_columns(&ch->samples[i], told, &found);

		if (n && (!best.sample || found.n_shaped > best.n_shaped)) {
			best = found;
			several = n > 1;
		}
	}
	*ret = best;
	if (best.sample)
		return several || way_has_unsaid(&best)
			       ? "several columns hold what could be serials"
			       : NULL;
	if (!told || !ch->samples[0].n)
		return "";
	*ret = way_of(&ch->samples[0], LIST_NO_HEADER, 0);
	return NULL;
}

/* The line of the header is told: the one column below it that holds serials. */
static bool find_below(const struct choosing *ch, struct way *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < ch->n_samples; i++)
		for (uint32_t h = 0; h < ch->samples[i].n; h++)
			for (size_t c = 0; may_be_header(ch, &ch->samples[i], h) &&
					   c < ch->samples[i].rows[h].n_cells;
				c++) {
				struct way w = way_of(&ch->samples[i], h, c);

				if (!way_is_strong(&w) || (n && w.hash == ret->hash))
					continue;
				*ret = w;
				n++;
			}
	return n == 1;
}

static bool header_told(const struct choosing *ch)
{
	return ch->list->opt.columns.header_line == HEADER_ABSENT;
}

/* The header alone, or serials that are all damaged: the rows will say so. */
static const struct way *way_without_serials(const struct choosing *ch)
{
	const struct way *rival, *w = best_of(ch, SENSE_EXACT, any, &rival);

	if (!w)
		w = best_of(ch, SENSE_COMPOUND, has_no_rows, &rival);
	return w && (w->n_shaped || !way_has_rival(w, false)) && !rival ? w : NULL;
}

/* Serials stand before a line that looks like the header. */
static bool is_mixed(const struct choosing *ch, struct way *ret)
{
	for (size_t i = 0; i < ch->n_ways; i++)
		if (ch->ways[i].sense >= SENSE_COMPOUND && !ch->ways[i].clean &&
			(way_fits(&ch->ways[i]) || way_is_named(&ch->ways[i]))) {
			*ret = ch->ways[i];
			return true;
		}
	return false;
}

/* Without a header that anybody knows. NULL: *ret is certain; else the doubt that is left. */
static const char *choose_bare(struct choosing *ch, struct str text, bool whole, struct way *ret)
{
	struct serial_list *l = ch->list;
	bool found = l->opt.columns.header_line == HEADER_AUTO;
	struct way bare = { .sample = NULL };
	const char *doubt = doubt_of_bare(ch, &bare);
	const struct way *last;

	if (found && list_is_several(text, whole, &l->several_barcodes)) {
		l->reading.several = true;
		*ret = way_of(&ch->samples[0], LIST_NO_HEADER, 0);
		return NULL;
	}
	if (!doubt && (found || header_told(ch))) {
		*ret = bare;
		return NULL;
	}
	if (doubt && *doubt) {
		*ret = bare;
		return doubt;
	}
	last = way_without_serials(ch);
	if (last)
		*ret = *last;
	return last ? NULL : "";
}

static enum errc choose_by_evidence(
	struct choosing *ch, struct str text, bool whole, struct way *ret, struct err *err)
{
	struct serial_list *l = ch->list;
	struct way way = { .sample = NULL };
	const char *doubt;

	if (l->opt.columns.header_line == HEADER_AUTO &&
		list_is_made_up(ch->samples, ch->n_samples)) {
		l->opt.typed = true;
		*ret = way_of(&ch->samples[0], LIST_NO_HEADER, 0);
		return ERR_OK;
	}
	doubt = doubt_of_names(ch, &way);
	if (doubt && !*doubt && l->opt.columns.header_line != HEADER_AUTO && !header_told(ch) &&
		find_below(ch, &way))
		doubt = NULL;
	if (doubt && is_mixed(ch, &way))
		doubt = ABOVE;
	else if (doubt && !*doubt)
		doubt = choose_bare(ch, text, whole, &way);
	if (!doubt) {
		*ret = way;
		return ERR_OK;
	}
	return list_ask(l, ch->samples, ch->n_samples, way.sample ? &way : NULL, doubt, err);
}

static enum errc check_line(const struct choosing *ch, struct err *err)
{
	uint32_t line = ch->list->opt.columns.header_line;

	if (line == HEADER_AUTO || line == HEADER_ABSENT || sample_is_result(&ch->samples[0]))
		return ERR_OK;
	for (size_t i = 0; i < ch->n_samples; i++)
		for (uint32_t h = 0; h < ch->samples[i].n; h++)
			if (may_be_header(ch, &ch->samples[i], h))
				return ERR_OK;
	return err_set(err, ERR_INPUT,
		"%s:%u: this is not the beginning of a row, so not the header", ch->list->name,
		line);
}

/* A file that cannot be read as CSV at all leaves every doubt, and says why. */
static enum errc real_cause(struct serial_list *l, struct err *err)
{
	enum errc rc = ERR_OK;
	struct csv_record r;
	struct err cause;
	bool more = true;

	for (size_t i = 0; i < LIST_SAMPLE_ROWS && more && !rc; i++)
		rc = csv_next(l->csv, &r, &more, &cause);
	if (rc)
		*err = cause;
	return err->code;
}

static enum errc choose(
	struct choosing *ch, struct str text, bool whole, struct way *ret, struct err *err)
{
	const struct column_options *opt = &ch->list->opt.columns;
	bool of_rules;
	struct str name = wanted_header(opt, &of_rules);

	enum errc rc;

	if (name.n == 0 && !opt->serial_column)
		return choose_by_evidence(ch, text, whole, ret, err);
	rc = name.n ? choose_by_header(ch, name, of_rules, ret, err)
		    : choose_by_number(ch, opt->serial_column - 1, ret, err);
	/* Nobody has said that the header is there. */
	if (!rc && opt->header_line == HEADER_AUTO && !ret->clean)
		return list_ask(ch->list, ch->samples, ch->n_samples, ret, ABOVE, err);
	return rc;
}

enum errc list_choose(struct serial_list *l, struct err *err)
{
	struct choosing *ch = mem_zalloc(sizeof(*ch));
	struct way way = { .sample = NULL };
	struct str text;
	bool whole;
	enum errc rc = csv_peek(l->csv, LIST_SAMPLE_ROWS, &text, &whole, err);

	ch->list = l;
	if (!rc && whole && str_trim(text).n == 0)
		rc = err_set(
			err, ERR_INPUT, "%s: the file is empty: export the list again", l->name);
	if (!rc)
		take_samples(ch, text, whole);
	if (!rc)
		rc = check_line(ch, err);
	for (size_t i = 0; !rc && i < ch->n_samples; i++)
		find_named(ch, &ch->samples[i]);
	if (!rc)
		rc = choose(ch, text, whole, &way, err);
	if (rc && ch->n_samples)
		rc = real_cause(l, err);
	if (!rc)
		rc = list_settle(l, &way, err);
	free(ch);
	return rc;
}
