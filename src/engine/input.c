#include "engine/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "io/csv_out.h"

/* --- spool --- */

struct spool {
	FILE *file;
	struct sha256_stream *digest;
};

static enum errc spool_open(struct spool *s, struct input *in, const char *folder, struct err *err)
{
	int fd;

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
static void spool_add(struct spool *s, struct str raw)
{
	(void)fwrite(raw.p ? raw.p : "", 1, raw.n, s->file);
	(void)fputc('\n', s->file);
	sha256_add(s->digest, raw);
	sha256_add(s->digest, STR("\n"));
}

static enum errc spool_close(struct spool *s, struct input *in, struct err *err)
{
	bool bad;

	if (!s->file)
		return ERR_OK;
	sha256_end_hex(s->digest, in->digest);
	bad = ferror(s->file) != 0;
	if (fclose(s->file) != 0 || bad)
		return err_set(err, ERR_IO, "%s: %s", in->spool, strerror(errno));
	return ERR_OK;
}

/* --- rows --- */

static void add_row(struct input *in, const struct csv_record *r, const struct input_options *opt)
{
	struct input_row row = {
		.line = (uint32_t)r->line,
		.serial = MAP_NONE,
		.program = MAP_NONE,
		.detail = MAP_NONE,
		.rule = ROW_NO_RULE,
		.outcome = OUTCOME_PENDING,
		.reason = REASON_NONE,
	};
	struct serial serial;
	enum reason fault = REASON_ROW_MALFORMED;

	if (!r->bad)
		fault = serial_read(input_cell(in, r, in->columns.at[COLUMN_SERIAL]), &serial);
	if (fault) {
		row.outcome = OUTCOME_INVALID;
		row.reason = (uint8_t)fault;
	} else {
		if (opt->strip_barcode_s)
			(void)serial_strip_barcode(&serial);
		row.serial = map_add(&in->serials, serial_view(&serial), NULL);
	}
	MEM_GROW(in->rows, in->n_rows, in->cap_rows);
	in->rows[in->n_rows++] = row;
	if (r->n_cells > in->widest)
		in->widest = r->n_cells;
}

static void note_own_columns(struct input *in)
{
	for (size_t i = 0; i < in->columns.n; i++)
		in->from_result |= in->columns.own[i];
}

/* Preamble lines until the header, or a headerless file's first row. */
static enum errc read_header(struct input *in, struct csv_reader *csv,
	const struct column_options *opt, struct csv_record *r, bool *ret_data, struct err *err)
{
	for (int i = 0; i < COLUMNS_PREAMBLE_ROWS; i++) {
		bool more, header, data;
		enum errc rc = csv_next(csv, r, &more, err);

		if (rc)
			return rc;
		if (!more)
			break;
		if (r->bad)
			continue;
		rc = columns_try(
			&in->columns, opt, r->cells, r->n_cells, &in->arena, &header, &data, err);
		if (rc)
			return rc;
		if (header || data) {
			*ret_data = data;
			note_own_columns(in);
			return ERR_OK;
		}
	}
	return err_set(err, ERR_INPUT,
		"no column with serial numbers was found: name it with `columns: {serial: HEADER}` "
		"in "
		"the rules, or say `input: {serial_column: N}` in the settings");
}

static enum errc read_rows(struct input *in, struct csv_reader *csv,
	const struct input_options *opt, struct spool *spool, struct err *err)
{
	struct csv_record r;
	bool data = false, more = true;
	enum errc rc = read_header(in, csv, &opt->columns, &r, &data, err);

	if (rc)
		return rc;
	in->delimiter = csv_delimiter(csv);
	spool_add(spool, r.raw);
	if (data)
		add_row(in, &r, opt);
	while (!(rc = csv_next(csv, &r, &more, err)) && more) {
		if (in->n_rows == UINT32_MAX - 1 || r.line >= UINT32_MAX)
			return err_set(err, ERR_INPUT, "more than %u rows", UINT32_MAX - 1);
		spool_add(spool, r.raw);
		add_row(in, &r, opt);
	}
	if (!rc && in->n_rows == 0 && !opt->allow_empty)
		rc = err_set(err, ERR_INPUT,
			"there are no rows after the header; if that can happen, say --allow "
			"empty=yes");
	return rc;
}

enum errc input_read(struct input *in, const struct input_options *opt, struct err *err)
{
	struct spool spool = { NULL, NULL };
	struct csv_reader *csv;
	enum errc rc, closed;
	struct err why;

	*in = (struct input){ 0 };
	arena_init(&in->arena);
	map_init(&in->serials, 0);
	rc = csv_open(&csv, opt->path, &opt->csv, err);
	if (rc)
		return rc;
	rc = spool_open(&spool, in, opt->spool_folder, err);
	if (!rc)
		rc = read_rows(in, csv, opt, &spool, err);
	closed = spool_close(&spool, in, &why);
	if (!rc && closed)
		*err = why;
	csv_close(csv);
	if (rc == ERR_INPUT && !strstr(err->msg, opt->path))
		(void)err_wrap(err, "%s: ", opt->path);
	return rc ? rc : closed;
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

void input_release(struct input *in)
{
	if (in->own_spool)
		(void)unlink(in->spool);
	free(in->spool);
	free(in->rows);
	map_release(&in->serials);
	arena_release(&in->arena);
	*in = (struct input){ 0 };
}

enum errc input_each(const struct input *in,
	enum errc (*each)(void *self, uint32_t n, const struct csv_record *record, struct err *err),
	void *self, struct err *err)
{
	struct csv_options opt = { .delimiter = in->delimiter };
	struct csv_reader *csv;
	struct csv_record r;
	uint32_t n = 0;
	bool more, header = in->columns.has_header;
	enum errc rc = csv_open(&csv, in->spool, &opt, err);

	if (rc)
		return rc;
	while (!(rc = csv_next(csv, &r, &more, err)) && more) {
		if (header)
			header = false;
		else
			rc = each(self, n++, &r, err);
		if (rc)
			break;
	}
	csv_close(csv);
	return rc;
}

struct str input_cell(const struct input *in, const struct csv_record *record, int column)
{
	struct str cell;

	if (column < 0 || (size_t)column >= record->n_cells)
		return STR_NONE;
	cell = record->cells[column];
	return in->from_result ? csv_plain(cell) : cell;
}
