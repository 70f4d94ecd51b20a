#include "report/xlsx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "report/result.h"
#include "report/status.h"
#include "report/summary.h"
#include "report/xlsx_api.h"

enum { FORMATS = 4, CELL_MAX_BYTES = 4 * XLSX_CELL_CHARACTERS };
enum format { FORMAT_HEAD, FORMAT_GOOD, FORMAT_BAD, FORMAT_WARN };

struct book {
	struct xlsx_api lib;
	const struct report_source *source;
	lxw_workbook *workbook;
	lxw_worksheet *summary, *sheet; /* sheet: the one that takes rows */
	lxw_format *formats[FORMATS];
	size_t n_columns; /* of the input */
	lxw_row_t row;    /* of the sheet, 0: its header */
	uint32_t n_sheets;
	struct summary counts;
	struct buf text; /* scratch */
	lxw_error failed;
};

/* --- cells --- */

/* Bytes of the first `max` characters. */
static size_t bytes_of(struct str s, size_t max)
{
	size_t i = 0;

	for (size_t n = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80 && n++ == max)
			break;
	return i;
}

/* As it is shown elsewhere: without what is hidden. A line ends with LF in a cell. */
static void put_text(struct buf *out, struct str s)
{
	for (size_t i = 0, n; i < s.n; i += n) {
		bool hidden;

		n = text_step(str_sub(s, i, s.n - i), &hidden);
		if (!hidden || s.p[i] == '\n' || s.p[i] == '\t')
			buf_add(out, s.p + i, n);
		else if (s.p[i] != '\r' || i + 1 == s.n || s.p[i + 1] != '\n')
			buf_char(out, '?');
	}
}

static void put(struct book *b, lxw_worksheet *sheet, lxw_row_t row, size_t column, struct str s,
	lxw_format *format)
{
	size_t n = bytes_of(s, XLSX_CELL_CHARACTERS);
	lxw_error e;

	if (!s.n)
		return;
	buf_reset(&b->text);
	if (n < s.n) {
		put_text(&b->text, str_sub(s, 0, bytes_of(s, XLSX_CELL_CHARACTERS - 1)));
		buf_z(&b->text, "\xe2\x80\xa6");
	} else {
		put_text(&b->text, s);
	}
	e = b->lib.worksheet_write_string(
		sheet, row, (lxw_col_t)column, buf_cstr(&b->text), format);
	if (e && !b->failed)
		b->failed = e;
}

static void put_z(struct book *b, lxw_row_t row, size_t column, const char *z, lxw_format *format)
{
	put(b, b->summary, row, column, str_from(z), format);
}

static void put_count(struct book *b, lxw_row_t row, size_t column, uint64_t n)
{
	lxw_error e = b->lib.worksheet_write_number(
		b->summary, row, (lxw_col_t)column, (double)n, NULL);

	if (e && !b->failed)
		b->failed = e;
}

static lxw_format *format_of(const struct book *b, enum outcome o)
{
	if (o == OUTCOME_DONE)
		return b->formats[FORMAT_GOOD];
	switch (outcome_info(o)->exit_status) {
	case 0:
		return NULL;
	case 3:
		return b->formats[FORMAT_BAD];
	default:
		return b->formats[FORMAT_WARN];
	}
}

/* --- rows --- */

static bool is_own(const struct columns *c, size_t at)
{
	return at < c->n && c->own[at];
}

static void begin_sheet(struct book *b)
{
	const struct columns *in = &b->source->input->input.columns;
	lxw_format *head = b->formats[FORMAT_HEAD];
	struct buf name;
	char title[24];
	size_t at = 0;

	(void)snprintf(title, sizeof(title), b->n_sheets ? "Rows %u" : "Rows", b->n_sheets + 1);
	b->sheet = b->lib.workbook_add_worksheet(b->workbook, title);
	b->n_sheets++;
	b->row = 1;
	buf_init(&name, CELL_MAX_BYTES);
	for (size_t i = 0; i < b->n_columns; i++) {
		if (is_own(in, i))
			continue;
		buf_reset(&name);
		result_column_name(in, i, &name);
		put(b, b->sheet, 0, at++, buf_view(&name), head);
	}
	buf_release(&name);
	for (size_t i = 0; i < RESULT_COLUMNS; i++)
		put(b, b->sheet, 0, at++, str_from(result_columns[i]), head);
	b->lib.worksheet_freeze_panes(b->sheet, 1, 0);
	(void)b->lib.worksheet_set_column(b->sheet, 0, (lxw_col_t)(at - 1), 18, NULL);
}

static void describe_reason(const struct run_row *row, struct buf *out)
{
	const struct reason_info *info = reason_info(row->reason);

	if (row->reason == REASON_NONE)
		return;
	buf_printf(out, "%s: %s", info->code, info->sentence);
	if (row->detail.n) {
		buf_z(out, row->reason == REASON_ROW_DUPLICATE ? " " : ": ");
		buf_str(out, row->detail);
	}
	if (row->advice.n) {
		buf_z(out, "; the rule says: ");
		buf_str(out, row->advice);
	}
}

static void put_ours(struct book *b, size_t at, const struct run_row *row)
{
	char attempts[16], finished[TIME_TEXT] = "";
	struct buf reason;
	struct str cells[RESULT_COLUMNS];
	lxw_format *format = format_of(b, row->outcome);

	buf_init(&reason, CELL_MAX_BYTES);
	describe_reason(row, &reason);
	(void)snprintf(attempts, sizeof(attempts), "%u", row->attempts);
	if (row->finished_ms != TIME_NONE)
		(void)time_rfc3339_s(row->finished_ms, finished);
	cells[0] = str_from(outcome_info(row->outcome)->word);
	cells[1] = row->rule;
	cells[2] = row->steps;
	cells[3] = buf_view(&reason);
	cells[4] = row->before;
	cells[5] = row->after;
	cells[6] = row->evidence;
	cells[7] = str_from(attempts);
	cells[8] = str_from(finished);
	cells[9] = str_from(b->source->run->name);
	for (size_t i = 0; i < RESULT_COLUMNS; i++)
		put(b, b->sheet, b->row, at + i, cells[i], i ? NULL : format);
	buf_release(&reason);
}

static enum errc put_row(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct book *b = self;
	const struct input *in = &b->source->input->input;
	struct run_row row;
	size_t at = 0;
	enum errc rc = run_results_row(b->source->rows, n, &row, err);

	if (rc)
		return rc;
	summary_count(&b->counts, row.outcome, row.reason, 1);
	if (!b->sheet || b->row > XLSX_SHEET_ROWS)
		begin_sheet(b);
	for (size_t i = 0; i < b->n_columns; i++) {
		if (is_own(&in->columns, i))
			continue;
		/* A record nobody could split is kept whole. */
		if (!record->n_cells && at == 0)
			put(b, b->sheet, b->row, at, record->raw, NULL);
		else if (i < record->n_cells)
			put(b, b->sheet, b->row, at, record->cells[i], NULL);
		at++;
	}
	put_ours(b, at, &row);
	b->row++;
	return ERR_OK;
}

/* --- summary --- */

static lxw_row_t put_facts(struct book *b)
{
	const struct run_record *run = b->source->run;
	const char *meaning = status_meaning(run->exit_status);
	char created[TIME_TEXT], finished[TIME_TEXT];
	const struct {
		const char *name, *value;
	} facts[] = {
		{ "Tenant", b->source->settings->tenant },
		{ "Run", run->name },
		{ "Input", b->source->input->path },
		{ "Confirmed", time_rfc3339_s(run->created_ms, created) },
		{ "Ended", time_rfc3339_s(run->finished_ms, finished) },
		{ "Fingerprint", run->fingerprint },
		{ "Exit status", meaning ? meaning : "" },
	};
	lxw_row_t row = 0;

	for (; row < sizeof(facts) / sizeof(facts[0]); row++) {
		put_z(b, row, 0, facts[row].name, b->formats[FORMAT_HEAD]);
		put_z(b, row, 1, facts[row].value, NULL);
	}
	return row + 1;
}

static void put_summary(struct book *b)
{
	lxw_format *head = b->formats[FORMAT_HEAD];
	lxw_row_t row = put_facts(b);

	put_z(b, row, 0, "Outcome", head);
	put_z(b, row, 1, "Meaning", head);
	put_z(b, row++, 2, "Rows", head);
	for (int o = 0; o < OUTCOME_MAX_; o++) {
		if (!b->counts.rows[o])
			continue;
		put_z(b, row, 0, outcome_info((enum outcome)o)->word,
			format_of(b, (enum outcome)o));
		put_z(b, row, 1, outcome_info((enum outcome)o)->meaning, NULL);
		put_count(b, row++, 2, b->counts.rows[o]);
	}
	row++;
	put_z(b, row, 0, "Not done because", head);
	put_z(b, row, 1, "What to do", head);
	put_z(b, row++, 2, "Rows", head);
	for (int r = 0; r < REASON_MAX_; r++) {
		if (!b->counts.reasons[r])
			continue;
		put_z(b, row, 0, reason_info((enum reason)r)->sentence, NULL);
		put_z(b, row, 1, reason_info((enum reason)r)->remedy, NULL);
		put_count(b, row++, 2, b->counts.reasons[r]);
	}
	(void)b->lib.worksheet_set_column(b->summary, 0, 0, 44, NULL);
	(void)b->lib.worksheet_set_column(b->summary, 1, 1, 72, NULL);
}

/* --- the file --- */

static void make_formats(struct book *b)
{
	static const lxw_color_t colors[FORMATS] = {
		[FORMAT_GOOD] = 0x18794e, [FORMAT_BAD] = 0xc02a2a, [FORMAT_WARN] = 0x9a5b00
	};

	for (int i = 0; i < FORMATS; i++) {
		b->formats[i] = b->lib.workbook_add_format(b->workbook);
		if (i == FORMAT_HEAD)
			b->lib.format_set_bold(b->formats[i]);
		else
			b->lib.format_set_font_color(b->formats[i], colors[i]);
	}
}

/* The library writes to `path` what it collected in files without a name beside the target. */
static enum errc write_book(struct book *b, const char *path, const char *target, struct err *err)
{
	char *folder = file_beside(target, ".");
	lxw_workbook_options opt = { .constant_memory = LXW_TRUE, .tmpdir = folder };
	enum errc rc;
	lxw_error e;

	b->workbook = b->lib.workbook_new_opt(path, &opt);
	make_formats(b);
	b->summary = b->lib.workbook_add_worksheet(b->workbook, "Summary");
	rc = input_each(&b->source->input->input, put_row, b, err);
	put_summary(b);
	e = b->lib.workbook_close(b->workbook);
	if (!b->failed)
		b->failed = e;
	free(folder);
	if (!rc && b->failed)
		rc = err_set(err, ERR_IO, "%s: %s", target, b->lib.lxw_strerror(b->failed));
	return rc;
}

enum errc report_xlsx(const struct report_source *s, const char *path, struct err *err)
{
	const struct columns *in = &s->input->input.columns;
	struct book b = { .source = s, .n_columns = s->input->widest };
	struct outfile *file;
	char *inner;
	enum errc rc;

	if (b.n_columns < in->n)
		b.n_columns = in->n;
	if (b.n_columns + RESULT_COLUMNS > LXW_COL_MAX)
		return err_set(
			err, ERR_LIMIT, "%s: a sheet has at most %d columns", path, LXW_COL_MAX);
	if (strcmp(path, "-") == 0)
		return err_set(err, ERR_USAGE, "--xlsx needs the name of a file");
	rc = xlsx_api_load(&b.lib, err);
	if (!rc)
		rc = outfile_open(&file, path, 0644, err);
	if (rc)
		return rc;
	buf_init(&b.text, CELL_MAX_BYTES + 8);
	inner = outfile_inner(file);
	rc = write_book(&b, inner, path, err);
	if (!rc)
		rc = outfile_commit(file, NULL, err);
	outfile_free(file);
	free(inner);
	buf_release(&b.text);
	return rc;
}
