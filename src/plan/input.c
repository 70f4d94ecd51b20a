#include "plan/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "io/csv/csv_out.h"

/* --- spool --- */

struct spooling {
	FILE *file;
	struct sha256_stream *digest;
};

static enum errc spool_open(struct input *in, const char *folder, struct err *err)
{
	struct spooling *s = mem_zalloc(sizeof(*s));
	int fd;

	in->spooling = s;
	if (asprintf(&in->spool, "%s/depmend-input-XXXXXX", folder) < 0)
		abort();
	fd = mkostemp(in->spool, O_CLOEXEC);
	s->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!s->file) {
		int why = errno;

		if (fd >= 0)
			(void)close(fd);
		return err_set(err, ERR_CANNOT_CREATE, "%s: %s", in->spool, strerror(why));
	}
	in->own_spool = true;
	s->digest = sha256_new();
	return ERR_OK;
}

/* Errors of the stream are sticky and told by spool_close(). */
static void spool_add(struct spooling *s, struct str raw)
{
	if (!s)
		return;
	(void)fwrite(raw.p ? raw.p : "", 1, raw.n, s->file);
	(void)fputc('\n', s->file);
	sha256_add(s->digest, raw);
	sha256_add(s->digest, STR("\n"));
}

static enum errc spool_close(struct input *in, struct err *err)
{
	struct spooling *s = in->spooling;
	bool bad = false;

	if (s && s->file) {
		sha256_end_hex(s->digest, in->digest);
		bad = ferror(s->file) != 0;
		bad = fclose(s->file) != 0 || bad;
	}
	free(s);
	in->spooling = NULL;
	return bad ? err_set(err, ERR_IO, "%s: %s", in->spool, strerror(errno)) : ERR_OK;
}

/* --- rows --- */

static bool has_formula(const struct csv_record *r)
{
	bool found = false;

	for (size_t i = 0; i < r->n_cells; i++)
		found |= csv_is_formula(r->cells[i]);
	return found;
}

/* In the spool every record stands alone on its line. */
static uint16_t place_of(const struct input *in, const struct csv_record *r)
{
	if (!r->place || r->n_cells != in->columns.n || has_formula(r))
		return 0;
	return in->spooling ? csv_place(r->raw.n, 1) : r->place;
}

enum reason input_read_serial(
	const struct input *in, const struct csv_record *r, struct serial *ret)
{
	enum reason fault = REASON_ROW_MALFORMED;

	ret->n = 0;

	if (!r->bad)
		fault = serial_read(input_cell(in, r, in->columns.at[COLUMN_SERIAL]), ret);
	if (!fault && in->strip_barcode_s)
		(void)serial_strip_barcode(ret);
	return fault;
}

/* Serials get their slots in the order of the rows, some rows late. */
static void end_wait(struct input *in, struct input_waiting *w)
{
	if (w->serial.n)
		in->rows[w->row].serial = map_add_expected(
			&in->serials, serial_view(&w->serial), w->expected, NULL);
	w->serial.n = 0;
}

static uint32_t line_after(struct input_jump jump, uint32_t row)
{
	return jump.line + (row - jump.row);
}

void input_add(struct input *in, struct input_row row, uint32_t line)
{
	uint32_t n = in->n_rows;

	if (in->n_jumps == 0 || line_after(in->jumps[in->n_jumps - 1], n) != line) {
		MEM_GROW(in->jumps, in->n_jumps, in->cap_jumps);
		in->jumps[in->n_jumps++] = (struct input_jump){ n, line };
	}
	MEM_GROW(in->rows, in->n_rows, in->cap_rows);
	in->rows[in->n_rows++] = row;
}

uint32_t input_line(const struct input *in, uint32_t n)
{
	uint32_t from = 0, to = in->n_jumps;

	while (to - from > 1) {
		uint32_t middle = from + (to - from) / 2;

		if (in->jumps[middle].row <= n)
			from = middle;
		else
			to = middle;
	}
	return line_after(in->jumps[from], n);
}

static void add_row(struct input *in, const struct csv_record *r)
{
	struct input_waiting *w = &in->waiting[in->n_rows % INPUT_WAITING];
	enum reason fault;

	end_wait(in, w);
	w->row = in->n_rows;
	fault = input_read_serial(in, r, &w->serial);
	w->expected = map_expect(&in->serials, serial_view(&w->serial));

	input_add(in,
		(struct input_row){
			.serial = MAP_NONE,
			.program = MAP_NONE,
			.detail = MAP_NONE,
			.rule = ROW_NO_RULE,
			.place = place_of(in, r),
			.outcome = fault ? OUTCOME_INVALID : OUTCOME_PENDING,
			.reason = (uint8_t)fault,
		},
		(uint32_t)r->line);
	if (r->n_cells > in->widest)
		in->widest = r->n_cells;
}

static void note_own_columns(struct input *in)
{
	for (size_t i = 0; i < in->columns.n; i++)
		in->from_result |= in->columns.own[i];
}

/* Preamble lines until the header, or a headerless file's first row. */
static enum errc read_header(struct input *in, const struct column_options *opt, struct err *err)
{
	struct csv_record r;

	for (; in->n_before < COLUMNS_PREAMBLE_ROWS; in->n_before++) {
		bool more, header, data;
		enum errc rc = csv_next(in->csv, &r, &more, err);

		if (rc)
			return rc;
		if (!more)
			break;
		if (r.bad)
			continue;
		rc = columns_try(
			&in->columns, opt, r.cells, r.n_cells, &in->arena, &header, &data, err);
		if (rc)
			return rc;
		if (data && in->n_before && !opt->no_header)
			break; /* a header in unknown words would be lost */
		if (header || data) {
			note_own_columns(in);
			in->delimiter = csv_delimiter(in->csv);
			if (data)
				in->first = r;
			else
				spool_add(in->spooling, r.raw);
			in->n_before += !data;
			return ERR_OK;
		}
	}
	return err_set(err, ERR_INPUT,
		"no column with serial numbers was found: name it with `columns: {serial: HEADER}` "
		"in the rules, or say `input: {serial_column: N}` in the settings");
}

/* From the size of the file and the first rows, so that neither rows nor serials move often. */
enum { ESTIMATE_ROWS = 1000, ESTIMATE_MAX = 64 * 1024 * 1024 };

static void estimate(struct input *in, size_t n_bytes)
{
	size_t n = in->n_bytes / (n_bytes / ESTIMATE_ROWS + 1);

	n = n < ESTIMATE_MAX ? n : ESTIMATE_MAX;
	map_reserve(&in->serials, n);
	if (n > in->cap_rows) {
		in->cap_rows = (uint32_t)n;
		in->rows = mem_reserve(in->rows, n, sizeof(*in->rows));
	}
}

static enum errc take_row(struct input *in, const struct csv_record *r, input_each_fn *each,
	void *self, struct err *err)
{
	if (in->n_rows == UINT32_MAX - 1 || r->line >= UINT32_MAX)
		return err_set(err, ERR_INPUT, "more than %u rows", UINT32_MAX - 1);
	spool_add(in->spooling, r->raw);
	add_row(in, r);
	return each ? each(self, in->n_rows - 1, r, err) : ERR_OK;
}

static enum errc take_rows(struct input *in, input_each_fn *each, void *self, struct err *err)
{
	struct csv_record r = in->first;
	bool more = r.n_cells > 0;
	size_t n_bytes = 0;
	enum errc rc = ERR_OK;

	if (!more)
		rc = csv_next(in->csv, &r, &more, err);
	while (!rc && more) {
		rc = take_row(in, &r, each, self, err);
		n_bytes += r.raw.n;
		if (in->n_rows == ESTIMATE_ROWS)
			estimate(in, n_bytes);
		if (!rc)
			rc = csv_next(in->csv, &r, &more, err);
	}
	for (uint32_t i = 0; i < INPUT_WAITING; i++)
		end_wait(in, &in->waiting[(in->n_rows + i) % INPUT_WAITING]);
	if (!rc && in->n_rows == 0 && !in->allow_empty)
		rc = err_set(err, ERR_INPUT,
			"there are no rows after the header; if that can happen, say --allow "
			"empty=yes");
	return rc;
}

static enum errc name_file(const struct input *in, enum errc rc, struct err *err)
{
	if (rc == ERR_INPUT && !strstr(err->msg, in->path))
		(void)err_wrap(err, "%s: ", in->path);
	return rc;
}

enum errc input_open(struct input *in, const struct input_options *opt, struct err *err)
{
	enum errc rc;

	*in = (struct input){
		.path = opt->path,
		.unread = true,
		.strip_barcode_s = opt->strip_barcode_s,
		.allow_empty = opt->allow_empty,
	};
	arena_init(&in->arena);
	map_init(&in->serials, 0);
	rc = csv_open(&in->csv, opt->path, &opt->csv, err);
	if (rc)
		return rc;
	in->n_bytes = csv_file_bytes(in->csv);
	if (!opt->no_spool || !csv_can_rewind(in->csv))
		rc = spool_open(in, opt->spool_folder, err);
	if (!rc)
		rc = read_header(in, &opt->columns, err);
	return name_file(in, rc, err);
}

enum errc input_rows(struct input *in, input_each_fn *each, void *self, struct err *err)
{
	bool spooled = in->spooling != NULL;
	enum errc rc = take_rows(in, each, self, err), closed;
	struct err why;

	in->unread = false;
	closed = spool_close(in, &why);
	if (!rc && closed) {
		*err = why;
		rc = closed;
	}
	if (spooled) {
		csv_close(in->csv);
		in->csv = NULL;
	}
	return name_file(in, rc, err);
}

enum errc input_read(struct input *in, const struct input_options *opt, struct err *err)
{
	enum errc rc = input_open(in, opt, err);

	return rc ? rc : input_rows(in, NULL, NULL, err);
}

static void take_headers(struct input *in, const struct csv_record *r)
{
	struct columns *c = &in->columns;

	c->has_header = true;
	c->n = r->n_cells;
	c->headers = arena_alloc(&in->arena, (c->n + 1) * sizeof(*c->headers));
	c->own = arena_alloc(&in->arena, (c->n + 1) * sizeof(*c->own));
	for (size_t i = 0; i < c->n; i++) {
		c->headers[i] = arena_dup(&in->arena, r->cells[i]);
		c->own[i] = str_starts_nocase(c->headers[i], STR("depmend_"));
	}
	note_own_columns(in);
}

enum errc input_reopen(struct input *in, const char *spool, char delimiter, bool has_header,
	int serial_at, struct err *err)
{
	struct csv_options opt = { .delimiter = delimiter };
	struct csv_reader *csv;
	struct csv_record r;
	bool more;
	enum errc rc;

	*in = (struct input){ .delimiter = delimiter, .spool = mem_strdup(spool) };
	arena_init(&in->arena);
	map_init(&in->serials, 0);
	for (int i = 0; i < COLUMN_MAX_; i++)
		in->columns.at[i] = -1;
	in->columns.at[COLUMN_SERIAL] = serial_at;
	if (!has_header)
		return ERR_OK;
	rc = csv_open(&csv, spool, &opt, err);
	if (rc)
		return rc;
	rc = csv_next(csv, &r, &more, err);
	if (!rc && more)
		take_headers(in, &r);
	csv_close(csv);
	return rc;
}

void input_forget_rows(struct input *in)
{
	map_release(&in->serials);
	free(in->rows);
	free(in->jumps);
	in->rows = NULL;
	in->jumps = NULL;
}

void input_release(struct input *in)
{
	struct err err;

	(void)spool_close(in, &err);
	csv_close(in->csv);
	if (in->own_spool)
		(void)unlink(in->spool);
	free(in->spool);
	input_forget_rows(in);
	arena_release(&in->arena);
	*in = (struct input){ 0 };
}

/* --- once more --- */

static enum errc next_of(const struct input *in, struct csv_reader *csv, uint32_t n, bool copy,
	struct csv_record *ret, bool *ret_more, struct err *err)
{
	uint16_t place = copy && in->rows && n < in->n_rows ? in->rows[n].place : 0;

	if (!place)
		return csv_next(csv, ret, ret_more, err);
	*ret = (struct csv_record){ .n_cells = in->columns.n };
	*ret_more = true;
	return csv_copy(csv, place, &ret->raw, err);
}

static enum errc skip_header(
	const struct input *in, struct csv_reader *csv, bool *ret_more, struct err *err)
{
	size_t n = in->csv ? in->n_before : in->columns.has_header;
	struct csv_record r;
	enum errc rc = ERR_OK;

	while (n-- && *ret_more && !rc)
		rc = csv_next(csv, &r, ret_more, err);
	return rc;
}

static enum errc each_of(const struct input *in, struct csv_reader *csv, bool copy,
	input_each_fn *each, void *self, struct err *err)
{
	struct csv_record r;
	bool more = true;
	enum errc rc = skip_header(in, csv, &more, err);

	for (uint32_t n = 0; !rc && more; n++) {
		rc = next_of(in, csv, n, copy, &r, &more, err);
		if (!rc && more)
			rc = each(self, n, &r, err);
	}
	return rc;
}

static enum errc pass(
	const struct input *in, bool copy, input_each_fn *each, void *self, struct err *err)
{
	struct csv_options opt = { .delimiter = in->delimiter };
	struct csv_reader *csv = in->csv;
	enum errc rc = csv ? csv_rewind(csv, err) : csv_open(&csv, in->spool, &opt, err);

	if (rc)
		return rc;
	rc = each_of(in, csv, copy, each, self, err);
	/* Once more, to see that the file is still the same. */
	if (in->csv)
		return rc ? rc : csv_rewind(csv, err);
	csv_close(csv);
	return rc;
}

enum errc input_each(const struct input *in, input_each_fn *each, void *self, struct err *err)
{
	return pass(in, false, each, self, err);
}

enum errc input_each_copy(const struct input *in, input_each_fn *each, void *self, struct err *err)
{
	return pass(in, true, each, self, err);
}

struct str input_serial(const struct input *in, uint32_t n)
{
	uint32_t slot = in->rows[n].serial;

	if (slot != MAP_NONE)
		return map_key(&in->serials, slot);
	return in->unread ? serial_view(&in->waiting[n % INPUT_WAITING].serial) : STR_NONE;
}

struct str input_cell(const struct input *in, const struct csv_record *record, int column)
{
	struct str cell;

	if (column < 0 || (size_t)column >= record->n_cells)
		return STR_NONE;
	cell = record->cells[column];
	return in->from_result ? csv_plain(cell) : cell;
}
