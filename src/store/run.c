/* Runs, their rows and their devices. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "model/outcome.h"
#include "store/sql.h"

enum errc store_run_add(struct store *s, struct run_record *run, struct str frozen, struct err *err)
{
	enum errc rc = store_do(s, SQL_RUN_ADD,
		DB_VALUES(db_z(run->name), db_z(run->identity), db_z(run->fingerprint),
			db_int(run->state), db_int(run->created_ms), db_int(run->now_ms),
			db_str(frozen)),
		err);

	if (!rc)
		run->id = db_last_id(s->db);
	return rc;
}

enum errc store_run_set(struct store *s, int64_t run, enum run_state state, int64_t finished_ms,
	int exit_status, struct err *err)
{
	return store_do(s, SQL_RUN_SET,
		DB_VALUES(db_int(run), db_int(state), db_time(finished_ms), db_int(exit_status)),
		err);
}

static void copy_text(char *to, size_t size, struct str from)
{
	(void)snprintf(to, size, "%.*s", (int)from.n, from.n ? from.p : "");
}

static void read_run(const struct cell *c, struct run_record *ret)
{
	ret->id = c[0].number;
	copy_text(ret->name, sizeof(ret->name), c[1].text);
	copy_text(ret->identity, sizeof(ret->identity), c[2].text);
	copy_text(ret->fingerprint, sizeof(ret->fingerprint), c[3].text);
	ret->state = (enum run_state)c[4].number;
	ret->created_ms = c[5].number;
	ret->now_ms = c[6].number;
	ret->finished_ms = cell_time(&c[7]);
	ret->exit_status = c[8].null ? -1 : (int)c[8].number;
}

/* The first run that the statement gives; *ret_n: how many there are. */
static enum errc first_run(struct store *s, enum sql which, const struct db_value *v, size_t n,
	struct run_record *ret, size_t *ret_n, struct err *err)
{
	struct db_stmt *q;
	struct page p;
	enum errc rc = store_sql(s, which, v, n, &q, err);

	*ret_n = 0;
	if (rc)
		return rc;
	page_init(&p);
	rc = page_read(&p, q, err);
	if (!rc && p.n)
		read_run(page_row(&p, 0), ret);
	*ret_n = p.n;
	page_release(&p);
	return rc;
}

enum errc store_run_find(struct store *s, const char *identity, struct run_record *ret,
	bool *ret_found, struct err *err)
{
	size_t n;
	enum errc rc = first_run(s, SQL_RUN_FIND, DB_VALUES(db_z(identity)), ret, &n, err);

	*ret_found = n > 0;
	return rc;
}

enum errc store_run_of_list(
	struct store *s, struct str list, struct run_record *ret, bool *ret_found, struct err *err)
{
	size_t n = 0;
	enum errc rc = first_run(s, SQL_RUN_OF_LIST, DB_VALUES(db_str(list)), ret, &n, err);

	*ret_found = n > 0;
	return rc;
}

enum errc store_run_find_finished(struct store *s, const char *identity, const char *fingerprint,
	struct run_record *ret, bool *ret_found, struct err *err)
{
	size_t n;
	enum errc rc = first_run(s, SQL_RUN_FINISHED_FIND,
		DB_VALUES(db_z(identity), db_z(fingerprint)), ret, &n, err);

	*ret_found = n > 0;
	return rc;
}

static enum errc get_latest(
	struct store *s, enum sql which, struct run_record *ret, struct err *err)
{
	char *name = NULL;
	enum errc rc = store_words(s, which, DB_NO_VALUES, &name, err);

	if (!rc)
		rc = name ? store_run_get(s, name, ret, err)
			  : err_set(err, ERR_NOT_FOUND, NO_RUN_YET);
	free(name);
	return rc;
}

enum errc store_run_get(struct store *s, const char *name, struct run_record *ret, struct err *err)
{
	struct run_record run;
	size_t n;
	enum errc rc;

	if (strcmp(name, "latest") == 0)
		return get_latest(s, SQL_RUN_LATEST, ret, err);
	/* A variable that is not set does not mean the only run there is. */
	if (!*name)
		return err_set(
			err, ERR_NOT_FOUND, "the name of the run is empty; see 'depmend runs'");
	rc = first_run(s, SQL_RUN_GET, DB_VALUES(db_z(name)), &run, &n, err);
	if (rc)
		return rc;
	if (n == 0)
		return err_set(
			err, ERR_NOT_FOUND, "no run is called '%s'; see 'depmend runs'", name);
	if (n > 1 && strcmp(name, run.name) != 0)
		return err_set(err, ERR_CONFLICT, "more than one run begins with '%s'", name);
	*ret = run;
	return ERR_OK;
}

enum errc store_run_to_undo(
	struct store *s, const char *name, struct run_record *ret, struct err *err)
{
	return strcmp(name, "latest") == 0 ? get_latest(s, SQL_RUN_LATEST_FORTH, ret, err)
					   : store_run_get(s, name, ret, err);
}

enum errc store_run_frozen(struct store *s, int64_t run, char **ret, struct err *err)
{
	enum errc rc = store_words(s, SQL_RUN_FROZEN, DB_VALUES(db_int(run)), ret, err);

	if (!rc && !*ret)
		rc = err_set(err, ERR_STORE, "run %lld is not there", (long long)run);
	return rc;
}

struct giving_runs {
	enum errc (*each)(void *self, const struct run_record *run, struct err *err);
	void *self;
};

static enum errc give_run(void *self, const struct cell *c, struct err *err)
{
	const struct giving_runs *to = self;
	struct run_record run;

	read_run(c, &run);
	return to->each(to->self, &run, err);
}

enum errc store_runs(struct store *s,
	enum errc (*each)(void *self, const struct run_record *run, struct err *err), void *self,
	struct err *err)
{
	struct giving_runs to = { each, self };

	return store_walk(s, SQL_RUN_ALL, 0, give_run, &to, err);
}

enum errc store_runs_newest(struct store *s, uint32_t most,
	enum errc (*each)(void *self, const struct run_record *run, struct err *err), void *self,
	int64_t *ret_earlier, struct err *err)
{
	struct giving_runs to = { each, self };
	enum errc rc = store_number(s, SQL_RUN_COUNT, DB_NO_VALUES, 0, ret_earlier, err);

	if (rc)
		return rc;
	*ret_earlier -= *ret_earlier < most ? *ret_earlier : most;
	return store_walk(s, SQL_RUN_NEWEST, most, give_run, &to, err);
}

enum errc store_runs_active(struct store *s,
	enum errc (*each)(void *self, const struct run_record *run, struct err *err), void *self,
	struct err *err)
{
	struct giving_runs to = { each, self };

	return store_walk(s, SQL_RUN_ALL_ACTIVE, 0, give_run, &to, err);
}

/* --- rows --- */

enum errc store_row_add(struct store *s, int64_t run, const struct row_record *row, struct err *err)
{
	int64_t rule, detail;
	enum errc rc = store_text(s, row->rule, &rule, err);

	if (!rc)
		rc = store_text(s, row->detail, &detail, err);
	return rc ? rc
		  : store_do(s, SQL_ROW_ADD,
			    DB_VALUES(db_int(run), db_int(row->n), db_int((int64_t)row->line),
				    db_str(row->serial), db_int(row->outcome), db_int(row->reason),
				    store_ref(rule), store_ref(detail)),
			    err);
}

enum errc store_row_count(struct store *s, int64_t run, uint32_t *ret, struct err *err)
{
	int64_t n = 0;
	enum errc rc = store_number(s, SQL_ROW_COUNT, DB_VALUES(db_int(run)), 0, &n, err);

	if (!rc)
		*ret = (uint32_t)n;
	return rc;
}

struct row_reader {
	struct store *store;
	int64_t run, after; /* number of the last row handed out */
	struct page page;
	size_t next; /* in the page */
};

struct row_reader *row_reader_open(struct store *s, int64_t run, uint32_t n)
{
	struct row_reader *r = mem_zalloc(sizeof(*r));

	r->store = s;
	r->run = run;
	page_init(&r->page);
	row_reader_seek(r, n);
	return r;
}

void row_reader_close(struct row_reader *r)
{
	if (!r)
		return;
	page_release(&r->page);
	free(r);
}

void row_reader_seek(struct row_reader *r, uint32_t n)
{
	r->after = (int64_t)n - 1;
	r->next = r->page.n;
}

enum errc row_reader_next(
	struct row_reader *r, struct row_record *ret, bool *ret_more, struct err *err)
{
	const struct cell *c;
	enum errc rc = ERR_OK;

	if (r->next == r->page.n) {
		rc = store_page(r->store, SQL_ROW_FROM, r->run, r->after, &r->page, err);
		r->next = 0;
	}
	*ret_more = !rc && r->page.n > 0;
	if (!*ret_more)
		return rc;
	c = page_row(&r->page, r->next++);
	r->after = c[0].number;
	*ret = (struct row_record){
		.n = (uint32_t)c[0].number,
		.line = (uint64_t)c[1].number,
		.serial = c[2].text,
		.outcome = (int)c[3].number,
		.reason = (int)c[4].number,
		.rule = c[5].text,
		.detail = c[6].text,
	};
	return ERR_OK;
}

/* --- devices --- */

enum errc store_device_add(
	struct store *s, int64_t run, const struct device_record *d, struct err *err)
{
	const struct str texts[] = { d->rule, d->program, d->before, d->start, d->home, d->after,
		d->detail };
	struct db_value ref[7];
	enum errc rc = ERR_OK;

	for (int i = 0; i < 7 && !rc; i++) {
		int64_t id;

		rc = store_text(s, texts[i], &id, err);
		ref[i] = store_ref(id);
	}
	return rc ? rc
		  : store_do(s, SQL_DEVICE_ADD,
			    DB_VALUES(db_int(run), db_str(d->serial), ref[0], ref[1], ref[2],
				    ref[3], ref[4], db_int(d->wave), db_int(d->listed),
				    db_str(d->results), db_int(d->outcome), db_int(d->reason),
				    ref[5], ref[6], db_str(d->evidence), db_int(d->attempts),
				    db_time(d->finished_ms)),
			    err);
}

enum errc store_device_update(
	struct store *s, int64_t run, const struct device_record *d, struct err *err)
{
	int64_t after, detail;
	enum errc rc = store_text(s, d->after, &after, err);

	if (!rc)
		rc = store_text(s, d->detail, &detail, err);
	return rc ? rc
		  : store_do(s, SQL_DEVICE_SET,
			    DB_VALUES(db_int(run), db_str(d->serial), db_str(d->results),
				    db_int(d->outcome), db_int(d->reason), store_ref(after),
				    store_ref(detail), db_str(d->evidence), db_int(d->attempts),
				    db_time(d->finished_ms)),
			    err);
}

enum errc store_device_program(
	struct store *s, int64_t run, struct str serial, struct str program, struct err *err)
{
	int64_t text;
	enum errc rc = store_text(s, program, &text, err);

	return rc ? rc
		  : store_do(s, SQL_DEVICE_PROGRAM,
			    DB_VALUES(db_int(run), db_str(serial), store_ref(text)), err);
}

struct giving_devices {
	enum errc (*each)(void *self, const struct device_record *d, struct err *err);
	void *self;
};

static enum errc give_device(void *self, const struct cell *c, struct err *err)
{
	const struct giving_devices *to = self;
	struct device_record d = {
		.serial = c[1].text,
		.rule = c[2].text,
		.program = c[3].text,
		.before = c[4].text,
		.start = c[5].text,
		.home = c[6].text,
		.wave = (uint32_t)c[7].number,
		.listed = (uint32_t)c[8].number,
		.results = c[9].text,
		.outcome = (int)c[10].number,
		.reason = (int)c[11].number,
		.after = c[12].text,
		.detail = c[13].text,
		.evidence = c[14].text,
		.attempts = (uint32_t)c[15].number,
		.finished_ms = cell_time(&c[16]),
	};

	return to->each(to->self, &d, err);
}

enum errc store_devices(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct device_record *d, struct err *err), void *self,
	struct err *err)
{
	struct giving_devices to = { each, self };

	return store_walk(s, SQL_DEVICE_ALL, run, give_device, &to, err);
}

enum errc store_last_done(
	struct store *s, struct str serial, struct str rule, int64_t *ret_ms, struct err *err)
{
	return store_number(s, SQL_LAST_DONE,
		DB_VALUES(db_str(serial), db_str(rule), db_int(OUTCOME_DONE)), TIME_NONE, ret_ms,
		err);
}

enum errc store_count_vain(struct store *s, struct str serial, int kind, struct str target,
	int64_t *ret, struct err *err)
{
	return store_number(s, SQL_COUNT_VAIN,
		DB_VALUES(db_str(serial), db_int(OUTCOME_UNVERIFIED),
			db_int(REASON_APPLE_NOT_PROVED), db_int(OUTCOME_DONE), db_int(kind),
			db_str(target)),
		0, ret, err);
}
