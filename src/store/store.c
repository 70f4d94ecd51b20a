#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/crypto.h"
#include "io/file.h"
#include "store/migrate.h"
#include "store/sql.h"
#include "trust/trust.h"

/* Times are ms UTC; texts that repeat from row to row are numbers of `text`. What is open across
 * runs: store/migrate.c. */
static const char schema[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
	"CREATE TABLE text(id INTEGER PRIMARY KEY, s TEXT NOT NULL UNIQUE);"
	"CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" identity TEXT NOT NULL, fingerprint TEXT, state INTEGER NOT NULL,"
	" created INTEGER NOT NULL, now INTEGER NOT NULL, finished INTEGER,"
	" exit_status INTEGER, frozen TEXT NOT NULL);"
	"CREATE TABLE row(run INTEGER NOT NULL, n INTEGER NOT NULL, line INTEGER NOT NULL,"
	" serial TEXT, outcome INTEGER NOT NULL, reason INTEGER NOT NULL, rule INTEGER,"
	" detail INTEGER, PRIMARY KEY(run, n)) WITHOUT ROWID;"
	"CREATE TABLE device(run INTEGER NOT NULL, serial TEXT NOT NULL, rule INTEGER,"
	" program INTEGER, before INTEGER, start INTEGER, home INTEGER, wave INTEGER NOT NULL,"
	" listed INTEGER NOT NULL, results TEXT NOT NULL, outcome INTEGER NOT NULL,"
	" reason INTEGER NOT NULL, after INTEGER, detail INTEGER, evidence TEXT,"
	" attempts INTEGER NOT NULL, finished INTEGER, UNIQUE(serial, run));"
	"CREATE TABLE request(id INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, target TEXT, state INTEGER NOT NULL, activity TEXT,"
	" intent INTEGER NOT NULL, sent INTEGER);"
	"CREATE INDEX request_open ON request(run) WHERE state IN (0, 1, 3);"
	"CREATE TABLE request_device(request INTEGER NOT NULL, serial TEXT NOT NULL,"
	" step INTEGER NOT NULL);"
	"CREATE INDEX request_device_request ON request_device(request);"
	"CREATE TABLE home(serial TEXT PRIMARY KEY, server TEXT NOT NULL, run INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE rate(class INTEGER NOT NULL, at INTEGER NOT NULL);"
	"CREATE INDEX rate_at ON rate(class, at);"
	"CREATE TABLE event(id INTEGER PRIMARY KEY, run INTEGER, at INTEGER NOT NULL,"
	" kind TEXT NOT NULL, text TEXT NOT NULL, hash TEXT NOT NULL);"
	"PRAGMA user_version = 1;";

/* Made in one transaction: a killed first start leaves an empty file, not half a schema. */
static enum errc prepare_schema(struct store *s, const char *path, struct err *err)
{
	int64_t version;
	enum errc rc = db_begin(s->db, err);

	if (rc)
		return rc;
	rc = db_user_version(s->db, &version, err);
	if (!rc && version > SCHEMA_VERSION)
		rc = err_set(err, ERR_SETTINGS,
			"%s was written by a newer depmend (schema %lld, this one knows %d): "
			"update depmend",
			path, (long long)version, SCHEMA_VERSION);
	if (!rc && version == 0)
		rc = db_exec(s->db, schema, err);
	if (!rc && version < SCHEMA_VERSION)
		rc = migrate_to_2(s->db, err);
	if (!rc)
		return db_commit(s->db, err);
	db_rollback(s->db);
	return rc;
}

enum errc store_open(
	struct store **ret, const char *state_dir, const char *client_id, struct err *err)
{
	struct store *s = mem_zalloc(sizeof(*s));
	char hash[SHA256_HEX], *path = NULL;
	enum errc rc;

	sha256_hex(str_from(client_id), hash);
	if (asprintf(&s->folder, "%s/%.16s", state_dir, hash) < 0 ||
		asprintf(&path, "%s/depmend.db", s->folder) < 0)
		abort();
	rc = trust_folder(TRUSTED_STATE, state_dir, err);
	if (!rc)
		rc = file_mkdirs(s->folder, err);
	if (!rc)
		rc = trust_folder(TRUSTED_STATE, state_dir, err);
	if (!rc)
		rc = trust_folder(TRUSTED_STATE, s->folder, err);
	if (!rc)
		rc = file_check_local(s->folder, err);
	if (!rc)
		rc = db_open(&s->db, path, DB_STORE, err);
	if (!rc)
		rc = migrate_backup(s->db, path, &s->backup, err);
	if (!rc)
		rc = prepare_schema(s, path, err);
	free(path);
	if (rc)
		store_close(s);
	else
		*ret = s;
	return rc;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (int i = 0; i < SQL_MAX_; i++)
		db_stmt_free(s->stmts[i]);
	db_close(s->db);
	free(s->folder);
	free(s->backup);
	free(s);
}

const char *store_backup(const struct store *s)
{
	return s->backup;
}

const char *store_folder(const struct store *s)
{
	return s->folder;
}

enum errc store_run_folder(struct store *s, const char *run_name, char **ret, struct err *err)
{
	char *path;
	enum errc rc;

	if (asprintf(&path, "%s/runs/%s", s->folder, run_name) < 0)
		abort();
	rc = file_mkdirs(path, err);
	if (rc)
		free(path);
	else
		*ret = path;
	return rc;
}

static enum errc set_soft(struct store *s, bool soft, struct err *err)
{
	enum errc rc = s->soft == soft ? ERR_OK : db_durable(s->db, !soft, err);

	if (!rc)
		s->soft = soft;
	return rc;
}

enum errc store_begin(struct store *s, struct err *err)
{
	enum errc rc = set_soft(s, false, err);

	return rc ? rc : db_begin(s->db, err);
}

enum errc store_begin_soft(struct store *s, struct err *err)
{
	enum errc rc = set_soft(s, true, err);

	return rc ? rc : db_begin(s->db, err);
}

enum errc store_commit(struct store *s, struct err *err)
{
	enum errc rc = db_commit(s->db, err);

	return rc ? rc : set_soft(s, false, err);
}

void store_rollback(struct store *s)
{
	struct err err;

	db_rollback(s->db);
	if (set_soft(s, false, &err))
		abort(); /* what follows would not be durable */
}

enum errc store_mark(struct store *s, struct err *err)
{
	return db_exec(s->db, "SAVEPOINT mark", err);
}

enum errc store_unmark(struct store *s, bool keep, struct err *err)
{
	return db_exec(s->db, keep ? "RELEASE mark" : "ROLLBACK TO mark; RELEASE mark", err);
}

enum errc store_text(struct store *s, struct str text, int64_t *ret, struct err *err)
{
	struct db_stmt *q;
	enum errc rc;

	if (text.n == 0) {
		*ret = 0;
		return ERR_OK;
	}
	rc = store_sql(s, SQL_TEXT_ADD, &q, err);
	if (rc)
		return rc;
	db_bind_str(q, 1, text);
	rc = db_run(q, err);
	if (!rc)
		rc = store_sql(s, SQL_TEXT_ID, &q, err);
	if (rc)
		return rc;
	db_bind_str(q, 1, text);
	rc = store_one_number(q, 0, ret, err);
	if (!rc && *ret == 0)
		rc = err_set(err, ERR_STORE, "a text that was just stored is not there");
	return rc;
}

void bind_ref(struct db_stmt *q, int at, int64_t id)
{
	if (id)
		db_bind_int(q, at, id);
	else
		db_bind_null(q, at);
}

void bind_time(struct db_stmt *q, int at, int64_t at_ms)
{
	if (at_ms == TIME_NONE)
		db_bind_null(q, at);
	else
		db_bind_int(q, at, at_ms);
}

enum errc store_meta_put(struct store *s, const char *key, struct str v, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, SQL_META_PUT, &q, err);

	if (rc)
		return rc;
	db_bind_str(q, 1, str_from(key));
	db_bind_str(q, 2, v);
	return db_run(q, err);
}

enum errc store_meta_get(struct store *s, const char *key, char **ret, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, SQL_META_GET, &q, err);

	if (rc)
		return rc;
	db_bind_str(q, 1, str_from(key));
	return store_one_text(q, ret, err);
}
