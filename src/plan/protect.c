/* The protected list: any CSV with a serial column, or a bare list. */
#include "io/csv/csv.h"
#include "plan/plan.h"
#include "trust/trust.h"

enum { LIST_MAX_BYTES = 256 * 1024 * 1024 };

static enum errc add_serial(struct map *m, const struct csv_record *r, const struct columns *c,
	const char *path, struct err *err)
{
	struct serial serial;
	int at = c->at[COLUMN_SERIAL];

	if (r->bad || at < 0 || (size_t)at >= r->n_cells ||
		serial_read(r->cells[at], &serial) != REASON_NONE)
		return err_set(err, ERR_SETTINGS,
			"%s:%zu: this is no serial number; nothing is sent while the list of "
			"protected devices is damaged",
			path, r->line);
	(void)map_add(m, serial_view(&serial), NULL);
	return ERR_OK;
}

/* *ret_data: `r` is the first row of a bare list. Neither flag: the file is over. */
static enum errc read_header(struct csv_reader *csv, struct columns *c, struct arena *a,
	struct csv_record *r, bool *ret_found, bool *ret_data, struct err *err)
{
	struct column_options opt = { 0 };
	bool more, header = false;
	enum errc rc = ERR_OK;

	*ret_data = false;
	while (!rc && !header && !*ret_data && !(rc = csv_next(csv, r, &more, err)) && more)
		rc = columns_try(c, &opt, r->cells, r->n_cells, a, &header, ret_data, err);
	*ret_found = header || *ret_data;
	return rc;
}

static enum errc read_list(
	struct map *m, struct csv_reader *csv, const char *path, struct arena *a, struct err *err)
{
	struct columns c = { 0 };
	struct csv_record r;
	bool more, found, data;
	enum errc rc = read_header(csv, &c, a, &r, &found, &data, err);

	if (!rc && data)
		rc = add_serial(m, &r, &c, path, err);
	while (!rc && found && !(rc = csv_next(csv, &r, &more, err)) && more)
		rc = add_serial(m, &r, &c, path, err);
	if (!rc && m->n == 0)
		rc = err_set(err, ERR_SETTINGS, "%s: the protected list holds no serial", path);
	if (rc)
		err->code = ERR_SETTINGS;
	return rc ? ERR_SETTINGS : ERR_OK;
}

enum errc protect_load(struct map *ret, const char *path, struct err *err)
{
	struct csv_options opt = { 0 };
	struct csv_reader *csv;
	struct buf bytes = { 0 };
	struct arena a;
	struct map m;
	enum errc rc = trust_read(TRUSTED_PROTECTED, path, LIST_MAX_BYTES, &bytes, err);

	if (!rc)
		rc = csv_open_bytes(&csv, buf_view(&bytes), path, &opt, err);
	if (rc) {
		buf_release(&bytes);
		err->code = ERR_SETTINGS;
		return ERR_SETTINGS;
	}
	arena_init(&a);
	map_init(&m, 0);
	rc = read_list(&m, csv, path, &a, err);
	csv_close(csv);
	buf_release(&bytes);
	arena_release(&a);
	if (rc)
		map_release(&m);
	else
		*ret = m;
	return rc;
}
