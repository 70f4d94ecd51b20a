#include "io/csv/csv.h"

#include <csv.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/csv/csv_out.h"
#include "io/csv/csv_parts.h"

enum {
	FILL_BYTES = 64 * 1024,
	SEP_LINE_BYTES = 8, /* more than `sep=;` and CR LF */
	/* A whole record and what is read behind it. */
	WINDOW_MAX_BYTES = CSV_MAX_RECORD_BYTES + 2 * FILL_BYTES,
};

/* What libcsv's callbacks collect of one record. */
struct collected {
	struct buf text;
	size_t ends[CSV_MAX_COLUMNS];
	size_t n_cells, n_records;
};

struct csv_reader {
	char *name; /* for messages */
	struct csv_options opt;
	struct csv_source *source;
	char *window;         /* from..to are still to be taken; CSV_BLOCK_BYTES of room behind */
	size_t cap, from, to; /* bytes, without that room */
	size_t line;          /* of the byte at from */
	size_t gap;           /* bytes taken since the last record */
	bool begun;           /* the first bytes are there, a sep= line is passed */
	bool started;         /* the delimiter is known */
	char sep;             /* of a sep= line; 0: none */
	bool at_end;          /* the source has nothing more */
	bool open_end;        /* it ended amid a line, which was given */
	struct err failure;   /* or has failed; told when its bytes are needed */
	char delimiter;
	struct csv_splitter splitter;
	size_t at, most; /* of `rows`: the next one; how many are cut at once */
	struct csv_parser libcsv;
	struct collected row;
	struct str cells[CSV_MAX_COLUMNS];
	struct arena single;  /* for these: */
	struct csv_rows rows; /* cut ahead */
};

static enum errc stop(const struct csv_reader *r, struct err *err, const char *why)
{
	return err_set(err, ERR_INPUT, "%s:%zu: %s", r->name, r->line, why);
}

static enum errc stop_at_limit(const struct csv_reader *r, struct err *err)
{
	return err_set(err, ERR_INPUT,
		"%s:%zu: this record has more than %d bytes, %d lines or %d cells; is there a "
		"quote that never closes?",
		r->name, r->line, CSV_MAX_RECORD_BYTES, CSV_MAX_RECORD_LINES, CSV_MAX_COLUMNS);
}

/* --- the window --- */

/* The window has moved, or what is ahead was taken in another way. */
static void forget_rows(struct csv_reader *r)
{
	r->at = r->rows.n = 0;
}

static struct str ahead(const struct csv_reader *r)
{
	return (struct str){ r->window + r->from, r->to - r->from };
}

static void fill(struct csv_reader *r)
{
	size_t n;

	if (r->from) {
		memmove(r->window, r->window + r->from, r->to - r->from);
		r->to -= r->from;
		r->from = 0;
	}
	if (r->cap - r->to < FILL_BYTES) {
		r->cap = r->cap * 2 < WINDOW_MAX_BYTES ? r->cap * 2 : WINDOW_MAX_BYTES;
		r->window = mem_realloc(r->window, r->cap + CSV_BLOCK_BYTES, 1);
	}
	forget_rows(r);
	if (!csv_source_read(r->source, r->window + r->to, r->cap - r->to, &n, &r->failure)) {
		r->to += n;
		r->at_end = n == 0;
	}
	/* The splitter looks at whole blocks, also at those before a byte that cannot be read. */
	memset(r->window + r->to, 0, CSV_BLOCK_BYTES);
}

static enum errc fill_more(struct csv_reader *r, struct err *err)
{
	/* The CR of a line end may be the last byte. */
	if (r->to - r->from > CSV_MAX_RECORD_BYTES + 1)
		return stop_at_limit(r, err);
	if (!r->failure.code)
		fill(r);
	if (!r->failure.code)
		return ERR_OK;
	return err_set(err, r->failure.code, "%s:%zu: %s", r->name,
		r->line + csv_count_line_ends(ahead(r)), r->failure.msg);
}

static void consume(struct csv_reader *r, size_t n_bytes, size_t n_lines)
{
	r->from += n_bytes;
	r->gap += n_bytes;
	r->line += n_lines;
}

/* --- the start --- */

/* Whether a character can separate cells: no letter, digit, quote or blank but TAB. */
static bool csv_may_delimit(char c)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

	return c == '\t' || (c > ' ' && c < 0x7f && c != '"' && !letter);
}

/* A first line `sep=;`, as Excel writes and reads it: the delimiter; 0 when there is none. */
static char take_sep_line(struct csv_reader *r)
{
	struct str text = ahead(r);
	struct csv_extent e;
	char c;

	if (text.n < 5 || !str_starts_nocase(text, STR("sep=")) || !csv_may_delimit(text.p[4]))
		return 0;
	c = text.p[4];
	if (csv_scan(text, c, r->at_end, &e) != CSV_RECORD || e.n_bytes != 5)
		return 0;
	consume(r, e.n_next, 1);
	return c;
}

static void begin(struct csv_reader *r)
{
	size_t at_least = r->opt.read_bytes ? r->opt.read_bytes : FILL_BYTES;

	while (!r->at_end && !r->failure.code && (r->to < at_least || r->to < SEP_LINE_BYTES))
		fill(r);
	r->sep = take_sep_line(r);
	r->begun = true;
}

char csv_given_delimiter(const struct csv_reader *r)
{
	return r->opt.delimiter ? r->opt.delimiter : r->sep;
}

void csv_set_delimiter(struct csv_reader *r, char delimiter)
{
	r->opt.delimiter = delimiter;
}

enum errc csv_peek(
	struct csv_reader *r, size_t n_lines, struct str *ret, bool *ret_whole, struct err *err)
{
	if (!r->begun)
		begin(r);
	while (!r->at_end && !r->failure.code && r->to - r->from < CSV_PEEK_BYTES &&
		csv_count_line_ends(ahead(r)) < n_lines)
		fill(r);
	if (r->failure.code && r->from == r->to)
		return err_set(err, r->failure.code, "%s: %s", r->name, r->failure.msg);
	*ret = ahead(r);
	*ret_whole = r->at_end;
	return ERR_OK;
}

static void start(struct csv_reader *r)
{
	if (!r->begun)
		begin(r);
	r->delimiter = csv_given_delimiter(r);
	if (!r->delimiter)
		r->delimiter = csv_sniff(ahead(r), r->at_end);
	csv_splitter_init(&r->splitter, r->delimiter);
	r->most = CSV_ROWS_MOST;
	forget_rows(r);
	csv_set_delim(&r->libcsv, (unsigned char)r->delimiter);
	r->started = true;
}

/* --- libcsv --- */

static void on_cell(void *p, size_t n, void *data)
{
	struct collected *row = data;

	if (row->n_cells < CSV_MAX_COLUMNS) {
		buf_add(&row->text, p, n);
		row->ends[row->n_cells] = row->text.n;
	}
	row->n_cells++;
}

static void on_record(int end, void *data)
{
	struct collected *row = data;

	(void)end;
	row->n_records++;
}

/* One whole record: after its end libcsv is where it began, so csv_fini() is never needed. */
static enum errc parse(struct csv_reader *r, struct str raw, size_t n_cells, struct csv_record *ret,
	struct err *err)
{
	struct collected *row = &r->row;
	size_t from = 0, n;

	buf_reset(&row->text);
	row->n_cells = row->n_records = 0;
	n = csv_parse(&r->libcsv, raw.p, raw.n, on_cell, on_record, row);
	n += csv_parse(&r->libcsv, "\n", 1, on_cell, on_record, row);
	if (n != raw.n + 1 || row->n_records != 1 || row->n_cells != n_cells)
		return err_set(err, ERR_INTERNAL, "%s:%zu: libcsv and the scan disagree", r->name,
			r->line);
	for (size_t i = 0; i < n_cells; i++) {
		/* Quoted cells keep their blanks in libcsv. */
		r->cells[i] = csv_trim(str_sub(buf_view(&row->text), from, row->ends[i] - from));
		from = row->ends[i];
	}
	ret->n_cells = n_cells;
	return ERR_OK;
}

static enum errc bad_encoding(const struct csv_reader *r, struct err *err)
{
	static const char says[] = "this is not UTF-8: save the file as CSV UTF-8, or name its "
				   "encoding";
	const char *guess = csv_guess_encoding(ahead(r));

	if (r->opt.of_settings)
		return err_set(err, ERR_INPUT, "%s:%zu: %s in the settings: input: {encoding: %s}",
			r->name, r->line, says, guess);
	return err_set(err, ERR_INPUT,
		"%s:%zu: %s: --encoding %s (in the settings: input: {encoding: %s})", r->name,
		r->line, says, guess, guess);
}

static enum errc check_text(const struct csv_reader *r, struct str raw, struct err *err)
{
	if (raw.n && memchr(raw.p, '\0', raw.n))
		return stop(r, err,
			"there is a NUL byte, which no text has: export the list again as CSV "
			"(UTF-8)");
	if (!str_is_utf8(raw))
		return bad_encoding(r, err);
	return ERR_OK;
}

/* Any record, plain or not. *ret_got false: a blank line was passed, or more of the text is there
 * now. */
static enum errc take_any(
	struct csv_reader *r, struct csv_record *ret, bool *ret_got, struct err *err)
{
	struct csv_extent e;
	enum csv_verdict v;
	enum errc rc = ERR_OK;

	*ret_got = false;
	v = csv_scan(ahead(r), r->delimiter, r->at_end, &e);
	if (v == CSV_MORE)
		return fill_more(r, err);
	if (v == CSV_OPEN_QUOTE)
		return stop(r, err,
			"a quote that opens in this record does not close properly, so the "
			"rows cannot be separated");
	if (v == CSV_MANY_LINES || e.n_bytes > CSV_MAX_RECORD_BYTES ||
		e.n_delims >= CSV_MAX_COLUMNS)
		return stop_at_limit(r, err);
	*ret_got = v != CSV_BLANK;
	ret->raw = str_sub(ahead(r), 0, e.n_bytes);
	ret->n_lines = e.n_lines;
	ret->place = 0;
	ret->bad = v == CSV_BAD_QUOTE ? "there is text after a closing quote" : NULL;
	ret->n_cells = 0;
	if (*ret_got)
		rc = check_text(r, ret->raw, err);
	if (!rc && v == CSV_RECORD)
		rc = parse(r, ret->raw, e.n_delims + 1, ret, err);
	forget_rows(r);
	r->open_end = e.n_next == e.n_bytes;
	consume(r, e.n_next, e.n_lines);
	return rc;
}

/* --- plain records --- */

/* Up to the first that take_any() has to tell something about. */
static void check_rows(struct csv_reader *r)
{
	struct csv_rows *rows = &r->rows;

	rows->line[0] = r->line;
	for (size_t i = 0; i < rows->n; i++) {
		struct str raw = csv_rows_raw(rows, i);
		size_t n_lines = 1;

		if (rows->traits[i] & CSV_ROW_INNER)
			n_lines += csv_count_line_ends(raw);
		if (raw.n > CSV_MAX_RECORD_BYTES || n_lines > CSV_MAX_RECORD_LINES ||
			(rows->traits[i] & CSV_ROW_OTHER && check_text(r, raw, NULL)))
			rows->n = i;
		else
			rows->line[i + 1] = rows->line[i] + n_lines;
	}
}

/* Fewer at once where many are copied, which are not cut at all. */
static void cut_rows(struct csv_reader *r)
{
	arena_reset(&r->single);
	csv_split(&r->splitter, ahead(r), r->at_end, r->most, &r->rows);
	r->most = r->most * 2 < CSV_ROWS_MOST ? r->most * 2 : CSV_ROWS_MOST;
	r->at = 0;
	check_rows(r);
}

const struct csv_rows *csv_rows(struct csv_reader *r, size_t *ret_at)
{
	if (!r->started)
		start(r);
	r->gap = 0;
	if (r->at == r->rows.n && !r->opt.only_libcsv)
		cut_rows(r);
	*ret_at = r->at;
	return &r->rows;
}

void csv_take(struct csv_reader *r, size_t n)
{
	const struct csv_rows *rows = &r->rows;
	size_t to = r->at + n;

	consume(r, rows->from[to] - rows->from[r->at], rows->line[to] - rows->line[r->at]);
	r->at = to;
}

/* Whether csv_copy() may give its bytes. Other delimiters become commas, so none may stand in
 * quotes. */
static bool may_be_copied(const struct csv_rows *rows, size_t row)
{
	if (rows->traits[row] & (rows->delimiter == ',' ? CSV_ROW_TRIMMED : CSV_ROW_ROUGH))
		return false;
	for (size_t i = 0; rows->traits[row] & CSV_ROW_ODD && i < csv_rows_cells(rows, row); i++)
		if (csv_is_formula(csv_rows_cell(rows, row, i)))
			return false;
	return true;
}

uint16_t csv_rows_rough_place(const struct csv_rows *rows, size_t row)
{
	size_t n = csv_rows_raw(rows, row).n;

	return may_be_copied(rows, row) ? csv_place(n, rows->from[row + 1] - rows->from[row] - n)
					: 0;
}

static void take_cells(struct csv_reader *r, size_t row, size_t n)
{
	const struct csv_rows *rows = &r->rows;
	const uint32_t *ends = rows->ends + rows->first[row];
	uint32_t from = rows->from[row];

	for (size_t i = 0; i < n; i++) {
		r->cells[i] = (struct str){ rows->text + from, ends[i] - from };
		from = ends[i] + 1;
	}
	if (rows->traits[row] & CSV_ROW_ROUGH)
		for (size_t i = 0; i < n; i++)
			r->cells[i] = csv_rough_cell(rows, row, r->cells[i]);
}

void csv_rows_record(struct csv_reader *r, size_t row, struct csv_record *ret)
{
	const struct csv_rows *rows = &r->rows;

	*ret = (struct csv_record){
		.cells = r->cells,
		.n_cells = csv_rows_cells(rows, row),
		.raw = csv_rows_raw(rows, row),
		.line = rows->line[row],
		.n_lines = rows->line[row + 1] - rows->line[row],
		.place = csv_rows_place(rows, row),
	};
	take_cells(r, row, ret->n_cells);
}

/* The next plain record. False: take_any() has to look. */
static bool take_plain(struct csv_reader *r, struct csv_record *ret)
{
	if (r->at == r->rows.n)
		cut_rows(r);
	if (r->at == r->rows.n)
		return false;
	csv_rows_record(r, r->at, ret);
	if (r->gap)
		ret->place = 0;
	csv_take(r, 1);
	return true;
}

enum errc csv_next(struct csv_reader *r, struct csv_record *ret, bool *ret_more, struct err *err)
{
	bool got = false;

	if (!r->started)
		start(r);
	r->gap = 0;
	while (!got) {
		enum errc rc = ERR_OK;

		ret->line = r->line;
		got = !r->opt.only_libcsv && take_plain(r, ret);
		if (!got && r->from == r->to && r->at_end)
			break;
		if (!got)
			rc = take_any(r, ret, &got, err);
		if (rc)
			return rc;
	}
	ret->cells = r->cells;
	*ret_more = got;
	return ERR_OK;
}

/* --- once more --- */

size_t csv_file_bytes(const struct csv_reader *r)
{
	return csv_source_bytes(r->source);
}

bool csv_open_end(const struct csv_reader *r)
{
	return r->open_end;
}

const char *csv_wrong(const struct csv_reader *r)
{
	return csv_source_kind(r->source);
}

const char *csv_encoding(const struct csv_reader *r)
{
	return csv_source_encoding(r->source);
}

bool csv_can_rewind(const struct csv_reader *r)
{
	return csv_source_can_rewind(r->source);
}

enum errc csv_rewind(struct csv_reader *r, struct err *err)
{
	enum errc rc = csv_source_rewind(r->source, err);

	if (rc)
		return err_wrap(err, "%s: ", r->name);
	r->from = r->to = 0;
	r->line = 1;
	r->at_end = r->open_end = r->begun = r->started = false;
	r->failure.code = ERR_OK;
	return ERR_OK;
}

enum errc csv_copy(struct csv_reader *r, uint16_t place, struct str *ret_raw, struct err *err)
{
	size_t n = place % CSV_PLACE_BYTES, n_next = n + place / CSV_PLACE_BYTES;

	if (!r->started)
		start(r);
	while (r->to - r->from < n_next) {
		enum errc rc = r->at_end ? stop(r, err, "the file was changed while it was read")
					 : fill_more(r, err);

		if (rc)
			return rc;
	}
	*ret_raw = str_sub(ahead(r), 0, n);
	forget_rows(r);
	r->most = 1;
	consume(r, n_next, 1);
	return ERR_OK;
}

/* --- open and close --- */

static enum errc open_reader(struct csv_reader **ret, const char *path, struct str bytes,
	const char *name, const struct csv_options *opt, struct err *err)
{
	struct csv_reader *r;
	struct csv_source *source;
	enum errc rc;

	if (opt->delimiter && !csv_may_delimit(opt->delimiter))
		return err_set(
			err, ERR_INPUT, "%s: '%c' cannot be a delimiter", name, opt->delimiter);
	rc = csv_source_open(&source, path, bytes, opt, err);
	if (rc)
		return err_wrap(err, "%s: ", name);
	r = mem_zalloc(sizeof(*r));
	r->name = mem_strdup(name);
	r->opt = *opt;
	r->source = source;
	r->line = 1;
	r->cap = 2 * FILL_BYTES;
	r->window = mem_alloc(r->cap + CSV_BLOCK_BYTES);
	buf_init(&r->row.text, CSV_MAX_RECORD_BYTES);
	arena_init(&r->single);
	r->rows.single = &r->single;
	/* Fails only for a NULL parser. */
	(void)csv_init(&r->libcsv, 0);
	*ret = r;
	return ERR_OK;
}

enum errc csv_open(
	struct csv_reader **ret, const char *path, const struct csv_options *opt, struct err *err)
{
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;

	return open_reader(ret, path, STR_NONE, name, opt, err);
}

enum errc csv_open_bytes(struct csv_reader **ret, struct str bytes, const char *name,
	const struct csv_options *opt, struct err *err)
{
	return open_reader(ret, NULL, bytes, name, opt, err);
}

void csv_close(struct csv_reader *r)
{
	if (!r)
		return;
	csv_source_close(r->source);
	csv_free(&r->libcsv);
	buf_release(&r->row.text);
	arena_release(&r->single);
	free(r->window);
	free(r->name);
	free(r);
}

char csv_delimiter(const struct csv_reader *r)
{
	return r->delimiter;
}
