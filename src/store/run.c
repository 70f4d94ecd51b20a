/* Runs, their rows and their devices. */
#include <stdio.h>

#include "base/time.h"
#include "model/outcome.h"
#include "store/sql.h"

enum errc store_run_add(struct store *s, struct run_record *run, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, SQL_RUN_ADD, &q, err);

	if (rc)
		return rc;
	db_bind_str(q, 1, str_from(run->name));
	db_bind_str(q, 2, str_from(run->identity));
	db_bind_str(q, 3, str_from(run->fingerprint));
	db_bind_int(q, 4, run->state);
	db_bind_int(q, 5, run->created_ms);
	db_bind_int(q, 6, run->now_ms);
	db_bind_str(q, 7, run->frozen);
	rc = db_run(q, err);
	if (!rc)
		run->id = db_last_id(s->db);
	return rc;
}

enum errc store_run_set(struct store *s, int64_t run, enum run_state state, int64_t finished_ms,
	int exit_status, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, SQL_RUN_SET, &q, err);

	if (rc)
		return rc;
	db_bind_int(q, 1, run);
	db_bind_int(q, 2, state);
	bind_time(q, 3, finished_ms);
	db_bind_int(q, 4, exit_status);
	return db_run(q, err);
}

static void copy_text(char *to, size_t size, struct str from)
{
	(void)snprintf(to, size, "%.*s", (int)from.n, from.n ? from.p : "");
}

static void read_run(struct db_stmt *q, struct run_record *ret)
{
	ret->id = db_col_int(q, 0);
	copy_text(ret->name, sizeof(ret->name), db_col_str(q, 1));
	copy_text(ret->identity, sizeof(ret->identity), db_col_str(q, 2));
	copy_text(ret->fingerprint, sizeof(ret->fingerprint), db_col_str(q, 3));
	ret->state = (enum run_state)db_col_int(q, 4);
	ret->created_ms = db_col_int(q, 5);
	ret->now_ms = db_col_int(q, 6);
	ret->finished_ms = col_time(q, 7);
	ret->exit_status = db_col_is_null(q, 8) ? -1 : (int)db_col_int(q, 8);
	ret->frozen = db_col_str(q, 9);
}

enum errc store_run_find(struct store *s, const char *identity, struct run_record *ret,
	bool *ret_found, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, SQL_RUN_FIND, &q, err);

	if (rc)
		return rc;
	db_reset(q);
	db_bind_str(q, 1, str_from(identity));
	rc = db_step(q, ret_found, err);
	if (!rc && *ret_found)
		read_run(q, ret);
	return rc;
}

static enum errc get_latest(struct store *s, struct run_record *ret, struct err *err)
{
	char name[sizeof(ret->name)];
	struct db_stmt *q;
	bool row;
	enum errc rc = store_sql(s, SQL_RUN_LATEST, &q, err);

	if (!rc)
		rc = db_step(q, &row, err);
	if (rc)
		return rc;
	if (!row)
		return err_set(err, ERR_NOT_FOUND, "there is no run yet");
	copy_text(name, sizeof(name), db_col_str(q, 0));
	db_reset(q);
	return store_run_get(s, name, ret, err);
}

enum errc store_run_get(struct store *s, const char *name, struct run_record *ret, struct err *err)
{
	struct run_record run;
	struct db_stmt *q;
	bool row, more = false;
	enum errc rc;

	if (strcmp(name, "latest") == 0)
		return get_latest(s, ret, err);
	/* A variable that is not set does not mean the only run there is. */
	if (!*name)
		return err_set(
			err, ERR_NOT_FOUND, "the name of the run is empty; see 'depmend runs'");
	rc = store_sql(s, SQL_RUN_GET, &q, err);
	if (rc)
		return rc;
	db_reset(q);
	db_bind_str(q, 1, str_from(name));
	rc = db_step(q, &row, err);
	if (rc)
		return rc;
	if (!row)
		return err_set(
			err, ERR_NOT_FOUND, "no run is called '%s'; see 'depmend runs'", name);
	read_run(q, &run);
	if (str_eq(str_from(name), str_from(run.name))) {
		*ret = run;
		return ERR_OK;
	}
	rc = db_step(q, &more, err);
	db_reset(q);
	if (rc)
		return rc;
	if (more)
		return err_set(err, ERR_CONFLICT, "more than one run begins with '%s'", name);
	return store_run_get(s, run.name, ret, err); /* again, so that its texts are borrowed */
}

enum errc store_runs(struct store *s,
	enum errc (*each)(void *self, const struct run_record *run, struct err *err), void *self,
	struct err *err)
{
	struct run_record run;
	struct db_stmt *q;
	bool row;
	enum errc rc = store_sql(s, SQL_RUN_ALL, &q, err);

	if (rc)
		return rc;
	while (!(rc = db_step(q, &row, err)) && row) {
		read_run(q, &run);
		rc = each(self, &run, err);
		if (rc)
			break;
	}
	db_reset(q);
	return rc;
}

enum errc store_row_add(struct store *s, int64_t run, const struct row_record *row, struct err *err)
{
	int64_t rule, detail;
	struct db_stmt *q;
	enum errc rc = store_text(s, row->rule, &rule, err);

	if (!rc)
		rc = store_text(s, row->detail, &detail, err);
	if (!rc)
		rc = store_sql(s, SQL_ROW_ADD, &q, err);
	if (rc)
		return rc;
	db_bind_int(q, 1, run);
	db_bind_int(q, 2, row->n);
	db_bind_int(q, 3, (int64_t)row->line);
	db_bind_str(q, 4, row->serial);
	db_bind_int(q, 5, row->outcome);
	db_bind_int(q, 6, row->reason);
	bind_ref(q, 7, rule);
	bind_ref(q, 8, detail);
	return db_run(q, err);
}

enum errc store_row_count(struct store *s, int64_t run, uint32_t *ret, struct err *err)
{
	struct db_stmt *q;
	bool row;
	enum errc rc = store_sql(s, SQL_ROW_COUNT, &q, err);

	if (rc)
		return rc;
	db_bind_int(q, 1, run);
	rc = db_step(q, &row, err);
	if (!rc)
		*ret = (uint32_t)db_col_int(q, 0);
	db_reset(q);
	return rc;
}

enum errc store_rows_from(struct store *s, int64_t run, uint32_t n, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, SQL_ROW_FROM, &q, err);

	if (rc)
		return rc;
	db_reset(q);
	db_bind_int(q, 1, run);
	db_bind_int(q, 2, n);
	return ERR_OK;
}

enum errc store_row_next(struct store *s, struct row_record *ret, bool *ret_more, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, SQL_ROW_FROM, &q, err);

	if (!rc)
		rc = db_step(q, ret_more, err);
	if (!rc && *ret_more)
		*ret = (struct row_record){
			.n = (uint32_t)db_col_int(q, 0),
			.line = (uint64_t)db_col_int(q, 1),
			.serial = db_col_str(q, 2),
			.outcome = (int)db_col_int(q, 3),
			.reason = (int)db_col_int(q, 4),
			.rule = db_col_str(q, 5),
			.detail = db_col_str(q, 6),
		};
	return rc;
}

void store_rows_end(struct store *s)
{
	struct db_stmt *q;

	if (!store_sql(s, SQL_ROW_FROM, &q, NULL))
		db_reset(q);
}

enum errc store_device_add(
	struct store *s, int64_t run, const struct device_record *d, struct err *err)
{
	const struct str texts[] = { d->rule, d->program, d->before, d->start, d->home, d->after,
		d->detail };
	int64_t id[7];
	struct db_stmt *q;
	enum errc rc = ERR_OK;

	for (int i = 0; i < 7 && !rc; i++)
		rc = store_text(s, texts[i], &id[i], err);
	if (!rc)
		rc = store_sql(s, SQL_DEVICE_ADD, &q, err);
	if (rc)
		return rc;
	db_bind_int(q, 1, run);
	db_bind_str(q, 2, d->serial);
	for (int i = 0; i < 5; i++)
		bind_ref(q, 3 + i, id[i]);
	db_bind_int(q, 8, d->wave);
	db_bind_int(q, 9, d->listed);
	db_bind_str(q, 10, d->results);
	db_bind_int(q, 11, d->outcome);
	db_bind_int(q, 12, d->reason);
	bind_ref(q, 13, id[5]);
	bind_ref(q, 14, id[6]);
	db_bind_str(q, 15, d->evidence);
	db_bind_int(q, 16, d->attempts);
	bind_time(q, 17, d->finished_ms);
	return db_run(q, err);
}

enum errc store_device_update(
	struct store *s, int64_t run, const struct device_record *d, struct err *err)
{
	int64_t after, detail;
	struct db_stmt *q;
	enum errc rc = store_text(s, d->after, &after, err);

	if (!rc)
		rc = store_text(s, d->detail, &detail, err);
	if (!rc)
		rc = store_sql(s, SQL_DEVICE_SET, &q, err);
	if (rc)
		return rc;
	db_bind_int(q, 1, run);
	db_bind_str(q, 2, d->serial);
	db_bind_str(q, 3, d->results);
	db_bind_int(q, 4, d->outcome);
	db_bind_int(q, 5, d->reason);
	bind_ref(q, 6, after);
	bind_ref(q, 7, detail);
	db_bind_str(q, 8, d->evidence);
	db_bind_int(q, 9, d->attempts);
	bind_time(q, 10, d->finished_ms);
	return db_run(q, err);
}

static void read_device(struct db_stmt *q, struct device_record *ret)
{
	*ret = (struct device_record){
		.serial = db_col_str(q, 0),
		.rule = db_col_str(q, 1),
		.program = db_col_str(q, 2),
		.before = db_col_str(q, 3),
		.start = db_col_str(q, 4),
		.home = db_col_str(q, 5),
		.wave = (uint32_t)db_col_int(q, 6),
		.listed = (uint32_t)db_col_int(q, 7),
		.results = db_col_str(q, 8),
		.outcome = (int)db_col_int(q, 9),
		.reason = (int)db_col_int(q, 10),
		.after = db_col_str(q, 11),
		.detail = db_col_str(q, 12),
		.evidence = db_col_str(q, 13),
		.attempts = (uint32_t)db_col_int(q, 14),
		.finished_ms = col_time(q, 15),
	};
}

enum errc store_devices(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct device_record *d, struct err *err), void *self,
	struct err *err)
{
	struct device_record d;
	struct db_stmt *q;
	bool row;
	enum errc rc = store_sql(s, SQL_DEVICE_ALL, &q, err);

	if (rc)
		return rc;
	db_bind_int(q, 1, run);
	while (!(rc = db_step(q, &row, err)) && row) {
		read_device(q, &d);
		rc = each(self, &d, err);
		if (rc)
			break;
	}
	db_reset(q);
	return rc;
}

enum errc store_last_done(
	struct store *s, struct str serial, struct str rule, int64_t *ret_ms, struct err *err)
{
	struct db_stmt *q;
	bool row;
	enum errc rc = store_sql(s, SQL_LAST_DONE, &q, err);

	if (rc)
		return rc;
	db_bind_str(q, 1, serial);
	db_bind_str(q, 2, rule);
	db_bind_int(q, 3, OUTCOME_DONE);
	rc = db_step(q, &row, err);
	if (!rc) {
		*ret_ms = row ? col_time(q, 0) : TIME_NONE;
		db_reset(q);
	}
	return rc;
}
