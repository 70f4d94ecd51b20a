#include "report/result.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/csv/csv.h"
#include "io/csv/csv_out.h"
#include "io/file.h"

enum {
	FLUSH_BYTES = 64 * 1024,
	/* A record of the largest size, each byte a quote, and our columns. */
	ROW_MAX_BYTES = 4 * CSV_MAX_RECORD_BYTES,
	RUN_NAME_MAX = 64,
};

const char *const result_columns[RESULT_COLUMNS] = { "depmend_outcome", "depmend_rule",
	"depmend_steps", "depmend_reason", "depmend_before", "depmend_after", "depmend_evidence",
	"depmend_attempts", "depmend_finished", "depmend_run" };

struct result {
	struct result_options opt;
	size_t n_columns; /* of the input */
	bool drops;       /* the input has columns of ours */
	bool too_wide;    /* a row had more cells than that */
	struct outfile *file;
	struct buf out;
	bool overflow;   /* a row did not fit in `out` */
	struct buf kept; /* the earlier file's new name; empty: none */
};

static bool is_own(const struct result *r, size_t at)
{
	return at < r->opt.columns->n && r->opt.columns->own[at];
}

static void flush_when(struct result *r, size_t at_least)
{
	if (r->out.n >= at_least && r->out.n) {
		log_status(NULL); /* which may be on the same terminal */
		outfile_write(r->file, buf_view(&r->out));
		r->overflow = r->overflow || r->out.full;
		buf_reset(&r->out);
	}
}

/* The name of an input column that has none: the serial's own, so that it is found again. */
void result_column_name(const struct columns *c, size_t at, struct buf *ret)
{
	if (at < c->n)
		buf_str(ret, c->headers[at]);
	else if (c->n == 0 && c->at[COLUMN_SERIAL] == (int)at)
		buf_z(ret, column_info(COLUMN_SERIAL)->word);
	else
		buf_printf(ret, "column_%zu", at + 1);
}

static void write_header(struct result *r)
{
	struct buf name;

	buf_init(&name, CSV_MAX_RECORD_BYTES);
	for (size_t i = 0; i < r->n_columns; i++) {
		if (is_own(r, i))
			continue;
		buf_reset(&name);
		result_column_name(r->opt.columns, i, &name);
		csv_cell(&r->out, buf_view(&name), !r->opt.raw_csv);
		buf_char(&r->out, ',');
	}
	for (size_t i = 0; i < RESULT_COLUMNS; i++) {
		buf_z(&r->out, result_columns[i]);
		buf_char(&r->out, i + 1 < RESULT_COLUMNS ? ',' : '\n');
	}
	buf_release(&name);
}

enum errc result_open(struct result **ret, const struct result_options *opt, struct err *err)
{
	struct result *r = mem_zalloc(sizeof(*r));
	enum errc rc;

	r->opt = *opt;
	r->n_columns = opt->n_columns > opt->columns->n ? opt->n_columns : opt->columns->n;
	buf_init(&r->out, FLUSH_BYTES + ROW_MAX_BYTES);
	buf_init(&r->kept, PATH_MAX);
	for (size_t i = 0; i < opt->columns->n; i++)
		r->drops = r->drops || opt->columns->own[i];
	rc = outfile_open(&r->file, opt->path, 0644, err);
	if (rc) {
		result_free(r);
		return rc;
	}
	write_header(r);
	*ret = r;
	return ERR_OK;
}

/* Where the cell that starts at `at` ends; SIZE_MAX unless it is plain RFC 4180. */
static size_t quoted_end(struct str raw, size_t at)
{
	for (at++; at < raw.n; at++) {
		if (raw.p[at] != '"')
			continue;
		if (at + 1 == raw.n || raw.p[at + 1] != '"')
			return at + 1;
		at++;
	}
	return SIZE_MAX;
}

static size_t bare_end(struct str raw, size_t at)
{
	for (; at < raw.n && raw.p[at] != ','; at++)
		if (raw.p[at] == '"' || raw.p[at] == '\r' || raw.p[at] == '\n')
			return SIZE_MAX;
	return at;
}

static size_t cell_end(struct str raw, size_t at, bool neutral)
{
	bool quoted = at < raw.n && raw.p[at] == '"';

	if (neutral && csv_is_formula(str_sub(raw, at + quoted, raw.n - at - quoted)))
		return SIZE_MAX;
	return quoted ? quoted_end(raw, at) : bare_end(raw, at);
}

/* Whether the bytes may be copied: n cells, each well-formed and none of them a formula. */
static bool raw_is_plain(struct str raw, size_t n, bool neutral)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		at = cell_end(raw, at, neutral);
		if (at == SIZE_MAX)
			return false;
		if (at == raw.n)
			return i + 1 == n;
		if (raw.p[at] != ',')
			return false;
		at++;
	}
	return false;
}

/* A record that may be copied: with commas for its delimiters and for the cells it lacks. */
static void copy_input(struct result *r, size_t n, struct str raw)
{
	size_t n_commas = r->n_columns + 1 - n;

	if (r->opt.delimiter == ',')
		buf_str(&r->out, raw);
	else
		csv_commas(&r->out, raw, r->opt.delimiter);
	if (!buf_room(&r->out, n_commas))
		return;
	memset(r->out.p + r->out.n, ',', n_commas);
	r->out.n += n_commas;
}

static void write_input(struct result *r, const struct str *cells, size_t n, struct str raw)
{
	bool copies = !cells || (r->opt.delimiter == ',' && !r->drops && n && n <= r->n_columns &&
					raw_is_plain(raw, n, !r->opt.raw_csv));

	if (copies) {
		copy_input(r, n, raw);
		return;
	}
	for (size_t i = 0; i < r->n_columns; i++) {
		if (is_own(r, i))
			continue;
		if (i < n)
			csv_cell(&r->out, cells[i], !r->opt.raw_csv);
		buf_char(&r->out, ',');
	}
}

/* A record nobody could split: kept whole, as the first of the input's cells. */
static void write_unreadable(struct result *r, struct str raw)
{
	bool written = false;

	for (size_t i = 0; i < r->n_columns; i++) {
		if (is_own(r, i))
			continue;
		if (!written)
			csv_cell(&r->out, raw, !r->opt.raw_csv);
		written = true;
		buf_char(&r->out, ',');
	}
}

/* One of ours. Names of services are shown in it, and compared by nobody. */
static void put(const struct result *r, struct str text, struct buf *ret)
{
	size_t from = ret->n;

	csv_cell(ret, text, !r->opt.raw_csv);
	text_clean_lines(ret->p + from, ret->n - from);
	buf_char(ret, ',');
}

static void put_reason(const struct result *r, const struct result_cells *o, struct buf *ret)
{
	const struct reason_info *info = reason_info(o->reason);
	struct buf text;

	if (o->reason == REASON_NONE) {
		put(r, STR_NONE, ret);
		return;
	}
	buf_init(&text, CSV_MAX_RECORD_BYTES);
	buf_z(&text, info->code);
	buf_z(&text, ": ");
	buf_z(&text, info->sentence);
	buf_str(&text, o->detail);
	put(r, buf_view(&text), ret);
	buf_release(&text);
}

void result_ours(const struct result *r, const struct result_cells *o, struct buf *ret)
{
	char when[TIME_TEXT];

	put(r, str_from(outcome_info(o->outcome)->word), ret);
	put(r, o->rule, ret);
	put(r, o->steps, ret);
	put_reason(r, o, ret);
	put(r, o->before, ret);
	put(r, o->after, ret);
	put(r, o->evidence, ret);
	buf_u64(ret, o->attempts);
	buf_char(ret, ',');
	put(r,
		o->finished_ms == TIME_NONE ? STR_NONE
					    : str_from(time_rfc3339_s(o->finished_ms, when)),
		ret);
	csv_cell(ret, str_from(r->opt.run), !r->opt.raw_csv);
	buf_char(ret, '\n');
}

void result_row(
	struct result *r, const struct str *cells, size_t n_cells, struct str raw, struct str ours)
{
	r->too_wide = r->too_wide || n_cells > r->n_columns;
	if (n_cells)
		write_input(r, cells, n_cells, raw);
	else
		write_unreadable(r, raw);
	buf_str(&r->out, ours);
	flush_when(r, FLUSH_BYTES);
}

static bool ends_csv(struct str path)
{
	return str_ends_nocase(path, STR(".csv"));
}

/* What the file at `path` says in its first row's depmend_run; false: no result of ours. */
static bool read_run(const char *path, struct buf *ret)
{
	const struct csv_options opt = { .delimiter = ',' };
	struct csv_reader *in = NULL;
	struct csv_record rec;
	size_t at = SIZE_MAX;
	bool more, found = false;

	if (csv_open(&in, path, &opt, NULL))
		return false;
	if (csv_next(in, &rec, &more, NULL) || !more)
		goto out;
	for (size_t i = 0; i < rec.n_cells; i++)
		if (str_eq(rec.cells[i], str_from(result_columns[RESULT_COLUMNS - 1])))
			at = i;
	if (at == SIZE_MAX)
		goto out;
	found = true;
	if (!csv_next(in, &rec, &more, NULL) && more && at < rec.n_cells)
		buf_str(ret, rec.cells[at]);
out:
	csv_close(in);
	return found;
}

/* As the name of a run: short enough to stand in the name of a file. */
static bool is_word(struct str s)
{
	if (s.n > RUN_NAME_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = ascii_lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Of the name without .csv: as much as leaves room for the run's; characters are kept whole. */
static struct str stem_of(const char *name, size_t rest)
{
	struct str stem = str_from(name);

	if (ends_csv(stem))
		stem.n -= 4;
	return str_head(stem, NAME_MAX - rest);
}

/* The name that the present file gets; empty: it may be replaced (none there, this run's, or a
 * plan's). That of a run takes the place of an earlier result of that run, and no other of any. */
static void name_kept(struct result *r)
{
	struct str path = str_from(r->opt.path), who;
	bool known, taken = true;
	char number[16] = "";
	struct buf run;

	if (str_eq(path, STR("-")) || !file_exists(r->opt.path))
		return;
	buf_init(&run, CSV_MAX_RECORD_BYTES);
	known = read_run(r->opt.path, &run) && is_word(buf_view(&run));
	who = known ? buf_view(&run) : STR("previous");
	for (int n = 2; taken && who.n && !str_eq(who, str_from(r->opt.run)); n++) {
		char *there;

		buf_reset(&r->kept);
		buf_str(&r->kept,
			stem_of(base_name(r->opt.path), who.n + strlen(number) + strlen("..csv")));
		buf_printf(&r->kept, ".%.*s%s.csv", STR_FMT(who), number);
		there = file_beside(r->opt.path, buf_cstr(&r->kept));
		taken = !known && n <= 99 && file_exists(there);
		free(there);
		(void)snprintf(number, sizeof(number), "-%d", n);
	}
	buf_release(&run);
}

enum errc result_commit(struct result *r, struct err *err)
{
	if (r->too_wide)
		return err_set(err, ERR_INTERNAL,
			"a row has more cells than the result's %zu columns", r->n_columns);
	flush_when(r, 1);
	if (r->overflow)
		return err_set(
			err, ERR_LIMIT, "a row of the result is over %d bytes", ROW_MAX_BYTES);
	name_kept(r);
	return outfile_commit(r->file, r->kept.n ? buf_cstr(&r->kept) : NULL, err);
}

void result_free(struct result *r)
{
	if (!r)
		return;
	outfile_free(r->file);
	buf_release(&r->out);
	buf_release(&r->kept);
	free(r);
}

char *result_path_named(const char *input, const char *word)
{
	struct str path = str_from(input);

	if (str_eq(path, STR("-")))
		return mem_strdup(input);
	if (ends_csv(path))
		path.n -= 4;
	return mem_printf("%.*s.%s.csv", (int)path.n, path.p, word);
}

char *result_default_path(const char *input)
{
	return result_path_named(input, "result");
}
