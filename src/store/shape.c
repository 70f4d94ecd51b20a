#include "store/shape.h"

#include <stdio.h>

#include "base/time.h"
#include "store/sql.h"

enum { NAME_BYTES = 128 };

static const char *const tables[] = { "run", "row", "device", "request", "request_device", "intent",
	"custody", "deed", "wait", "run_count", "event", "text" };
enum { TABLES = sizeof(tables) / sizeof(*tables) };

struct shape {
	struct json_out *o;
	void (*name)(void *self, struct str serial, struct buf *out);
	void *self;
};

static void put_time(struct json_out *o, const char *key, struct db_stmt *q, int at)
{
	char text[TIME_TEXT];

	json_put_z(o, key, db_col_is_null(q, at) ? NULL : time_rfc3339_s(db_col_int(q, at), text));
}

static enum errc put_count(void *self, struct db_stmt *q, struct err *err)
{
	const struct shape *p = self;
	char name[NAME_BYTES];
	struct str table = db_col_str(q, 0);

	(void)err;
	(void)snprintf(name, sizeof(name), "%.*s", STR_FMT(table));
	json_put_int(p->o, name, db_col_int(q, 1));
	return ERR_OK;
}

static enum errc put_run(void *self, struct db_stmt *q, struct err *err)
{
	const struct shape *p = self;

	(void)err;
	json_obj(p->o, NULL);
	json_put_str(p->o, "run", db_col_str(q, 0));
	json_put_int(p->o, "state", db_col_int(q, 1));
	put_time(p->o, "created", q, 2);
	put_time(p->o, "finished", q, 3);
	json_put_int(p->o, "exit_status", db_col_is_null(q, 4) ? -1 : db_col_int(q, 4));
	json_put_int(p->o, "rows", db_col_int(q, 5));
	json_obj_end(p->o);
	return ERR_OK;
}

static enum errc put_request(void *self, struct db_stmt *q, struct err *err)
{
	const struct shape *p = self;
	struct buf name;

	(void)err;
	buf_init(&name, NAME_BYTES);
	p->name(p->self, db_col_str(q, 6), &name);
	json_obj(p->o, NULL);
	json_put_int(p->o, "kind", db_col_int(q, 0));
	json_put_int(p->o, "state", db_col_int(q, 1));
	json_put_str(p->o, "activity", db_col_str(q, 2));
	put_time(p->o, "intent", q, 3);
	put_time(p->o, "sent", q, 4);
	json_put_int(p->o, "devices", db_col_int(q, 5));
	json_put_str(p->o, "first", buf_view(&name));
	json_obj_end(p->o);
	buf_release(&name);
	return ERR_OK;
}

static enum errc put_event(void *self, struct db_stmt *q, struct err *err)
{
	const struct shape *p = self;

	(void)err;
	json_obj(p->o, NULL);
	put_time(p->o, "at", q, 0);
	json_put_str(p->o, "kind", db_col_str(q, 1));
	json_put_int(p->o, "bytes", db_col_int(q, 2));
	json_obj_end(p->o);
	return ERR_OK;
}

static enum errc put_list(struct store *s, struct shape *p, const char *key, const char *sql,
	db_row_fn *row, struct err *err)
{
	enum errc rc;

	json_arr(p->o, key);
	rc = db_each(s->db, sql, DB_NO_VALUES, row, p, err);
	json_arr_end(p->o);
	return rc;
}

static enum errc put_tables(struct store *s, struct shape *p, struct err *err)
{
	enum errc rc = ERR_OK;
	char sql[NAME_BYTES];

	json_obj(p->o, "tables");
	for (int i = 0; i < TABLES && !rc; i++) {
		(void)snprintf(
			sql, sizeof(sql), "SELECT '%s', count(*) FROM %s", tables[i], tables[i]);
		rc = db_each(s->db, sql, DB_NO_VALUES, put_count, p, err);
	}
	json_obj_end(p->o);
	return rc;
}

enum errc store_shape(struct store *s, struct json_out *o,
	void (*name)(void *self, struct str serial, struct buf *out), void *self, struct err *err)
{
	struct shape p = { o, name, self };
	int64_t version = 0;
	enum errc rc = db_user_version(s->db, &version, err);

	json_put_int(o, "schema", version);
	if (!rc)
		rc = put_tables(s, &p, err);
	if (!rc)
		rc = put_list(s, &p, "runs",
			"SELECT name, state, created, finished, exit_status, (SELECT count(*) FROM "
			"row WHERE row.run = run.id) FROM run ORDER BY id DESC LIMIT 20",
			put_run, err);
	if (!rc)
		rc = put_list(s, &p, "requests",
			"SELECT kind, state, activity, intent, sent, (SELECT count(*) FROM "
			"request_device v WHERE v.request = r.id), (SELECT serial FROM "
			"request_device v WHERE v.request = r.id LIMIT 1) FROM request r "
			"ORDER BY id DESC LIMIT 50",
			put_request, err);
	if (!rc)
		rc = put_list(s, &p, "events",
			"SELECT at, kind, length(text) FROM event ORDER BY id DESC LIMIT 100",
			put_event, err);
	return rc;
}

struct giving {
	void (*each)(void *self, struct str serial);
	void *self;
};

static enum errc give(void *self, struct db_stmt *q, struct err *err)
{
	const struct giving *to = self;

	(void)err;
	if (db_col_str(q, 0).n)
		to->each(to->self, db_col_str(q, 0));
	return ERR_OK;
}

enum errc store_each_serial(
	struct store *s, void (*each)(void *self, struct str serial), void *self, struct err *err)
{
	struct giving to = { each, self };

	return db_each(s->db,
		"SELECT serial FROM row UNION SELECT serial FROM device UNION SELECT serial FROM "
		"request_device UNION SELECT serial FROM custody UNION SELECT serial FROM home "
		"UNION SELECT serial FROM wait",
		DB_NO_VALUES, give, &to, err);
}
