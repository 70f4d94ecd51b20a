/* The folder of an organization's state, its lock, and the ledger brought up to date. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "base/version.h"
#include "io/crypto.h"
#include "io/db/db_aside.h"
#include "io/file.h"
#include "model/settings.h"
#include "store/archive.h"
#include "store/emergency.h"
#include "store/emergency_ledger.h"
#include "store/gap.h"
#include "store/lock.h"
#include "store/migrate.h"
#include "store/sql.h"
#include "trust/trust.h"

/* Times are ms UTC; texts that repeat from row to row are numbers of `text`. What came later, such
 * as what is open across runs: store/migrate.c. */
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

enum { MOVED_BYTES = 1024 };

/* --- the folder --- */

/* Caller frees *ret with free(). */
static enum errc make_folder(
	const char *state_dir, const char *client_id, char **ret, struct err *err)
{
	char name[STATE_NAME_BYTES];
	bool is_new;
	enum errc rc;

	settings_state_name(client_id, name);
	*ret = mem_printf("%s/%s", state_dir, name);
	is_new = !file_exists(*ret);
	rc = trust_folder(TRUSTED_STATE, state_dir, err);
	if (!rc)
		rc = file_mkdirs(*ret, 0700, err);
	if (!rc && is_new)
		gap_born(*ret);
	if (!rc)
		rc = trust_folder(TRUSTED_STATE, state_dir, err);
	if (!rc)
		rc = trust_folder(TRUSTED_STATE, *ret, err);
	if (rc)
		free(*ret);
	return rc;
}

enum errc store_lock(struct lock **ret, const char *state_dir, const char *client_id,
	const char *command, struct err *err)
{
	struct lock *l = NULL;
	char *folder, *path;
	enum errc rc = make_folder(state_dir, client_id, &folder, err);

	if (rc)
		return rc;
	path = mem_printf("%s/%s", folder, "lock");
	rc = lock_take(&l, path, command, err);
	if (!rc)
		rc = lock_take_folder(l, err);
	if (rc)
		lock_free(l);
	else
		*ret = l;
	free(path);
	free(folder);
	return rc;
}

bool store_locked_by(const char *state_dir, const char *client_id, struct lock_holder *ret)
{
	char name[STATE_NAME_BYTES], *path;
	bool held;

	settings_state_name(client_id, name);
	path = mem_printf("%s/%s/lock", state_dir, name);
	held = lock_look(path, ret);
	free(path);
	return held;
}

/* --- the schema --- */

/* Whoever wrote it says which version that takes. */
static enum errc too_new(struct store *s, const char *path, int64_t version, struct err *err)
{
	char *writer = NULL;
	enum errc rc = store_meta_get(s, "written_by", &writer, NULL);

	rc = err_set(err, ERR_SETTINGS,
		"%s was written by a newer depmend (schema %lld, this one knows %d): update to "
		"depmend %s or later",
		path, (long long)version, SCHEMA_VERSION, !rc && writer ? writer : "of its writer");
	free(writer);
	return rc;
}

static enum errc check_version(struct store *s, const char *path, int64_t *ret, struct err *err)
{
	enum errc rc = db_user_version(s->db, ret, err);

	return !rc && *ret > SCHEMA_VERSION ? too_new(s, path, *ret, err) : rc;
}

/* Each version brings the one before it up to date, so a new store has been through all of them. */
static enum errc bring_up(struct store *s, int64_t version, struct err *err)
{
	enum errc rc = version == 0 ? db_exec(s->db, schema, err) : ERR_OK;

	if (!rc && version < 2)
		rc = migrate_to_2(s->db, err);
	if (!rc && version < 3)
		rc = migrate_to_3(s->db, s->shared, err);
	if (!rc && version < 4)
		rc = migrate_to_4(s->db, err);
	if (!rc && version < 5)
		rc = migrate_to_5(s->db, err);
	if (!rc && version < SCHEMA_VERSION)
		rc = store_meta_put(s, "written_by", STR(DEPMEND_VERSION), err);
	return rc;
}

/* Made in one transaction: a killed first start leaves an empty file, not half a schema. */
static enum errc prepare_schema(struct store *s, const char *path, struct err *err)
{
	int64_t version;
	enum errc rc = db_begin(s->db, err);

	if (rc)
		return rc;
	rc = check_version(s, path, &version, err);
	if (!rc)
		rc = bring_up(s, version, err);
	if (!rc)
		rc = db_commit(s->db, err);
	if (rc)
		db_rollback(s->db);
	return rc;
}

/* --- to write --- */

/* No depmend of the version before may work while its store changes, nor can it afterwards. */
static enum errc upgrade(struct store *s, const char *path, const char *client_id, struct err *err)
{
	char name[SHA256_HEX];
	struct lock *old = NULL;
	int64_t version;
	enum errc rc = check_version(s, path, &version, err);

	if (!rc && version == 1) {
		sha256_hex(str_from(client_id), name);
		rc = lock_take_old(&old, name, err);
	}
	if (!rc)
		rc = migrate_backup(s->db, path, &s->backup, err);
	if (!rc)
		rc = prepare_schema(s, path, err);
	lock_free(old);
	return rc;
}

/* Whoever works on the state elsewhere must not have a second one here. */
static enum errc check_moved(struct store *s, const struct store_options *o, struct err *err)
{
	char *path = mem_printf("%s/%s", s->folder, STORE_MOVED);
	struct buf when = { 0 };
	enum errc rc = ERR_OK;

	if (!o->retired && file_exists(path)) {
		rc = file_read(path, MOVED_BYTES, &when, NULL);
		rc = err_set(err, ERR_SETTINGS,
			"%s: this state was moved away%s%s; run depmend where it is now, or take "
			"it "
			"back: depmend restore FILE",
			s->folder, rc ? "" : ", ", rc ? "" : buf_cstr(&when));
	}
	buf_release(&when);
	free(path);
	return rc;
}

/* Where files come from elsewhere they may be others each time. */
static void note_file(struct store *s, const char *path)
{
	if (s->network || !kernel_which_file(path, s->file))
		s->file[0] = '\0';
}

static enum errc open_to_write(
	struct store *s, const char *path, const struct store_options *o, struct err *err)
{
	enum errc moved = check_moved(s, o, err);
	enum errc rc = moved ? moved
			     : db_open(&s->db, path, s->network ? DB_NETWORK : DB_STORE, err);

	if (!rc)
		rc = upgrade(s, path, o->client_id, err);
	if (!rc)
		rc = archive_leave(s, err);
	if (!rc)
		note_file(s, path);
	if (!rc)
		rc = gap_check(s, err);
	if (rc || o->beside)
		return rc;
	rc = emergency_open(&s->emergency, s->folder, err);
	return rc ? rc : emergency_take_over(s, err);
}

/* --- to read --- */

/* There is nothing yet: as good as a store without runs. */
static enum errc open_empty(struct store *s, struct err *err)
{
	enum errc rc;

	db_close(s->db);
	s->db = NULL;
	rc = db_open(&s->db, "", DB_MEMORY, err);
	return rc ? rc : prepare_schema(s, "", err);
}

/* A reader that meets an older store is its writer for a moment. */
static enum errc upgrade_first(struct store *reader, const struct store_options *o, struct err *err)
{
	struct store_options writer = *o;
	struct store *s = NULL;
	struct lock *lock = NULL;
	enum errc rc = store_lock(&lock, o->state_dir, o->client_id, "upgrade", err);

	writer.use = STORE_WRITE;
	if (!rc)
		rc = store_open(&s, &writer, err);
	if (!rc) {
		free(reader->backup);
		reader->backup = s->backup;
		s->backup = NULL;
		store_close(s);
	}
	lock_free(lock);
	return rc;
}

/* A read-only mount, a backup's medium, what another user lets us read. */
static bool may_write(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ||
	       (errno != EROFS && errno != EACCES && errno != EPERM);
}

static bool is_still(const struct store *s, const char *path)
{
	char *shared = mem_printf("%s/shared.db", s->folder);
	bool still = !may_write(s->folder) || !may_write(path) || !may_write(shared);

	free(shared);
	return still;
}

static enum errc open_still(struct store *s, const char *path, struct err *err)
{
	int64_t version = 0;
	enum errc rc;

	if (!file_exists(path))
		return open_empty(s, err);
	rc = db_open(&s->db, "", DB_MEMORY, err);
	if (!rc)
		rc = db_restore_frozen(s->db, path, err);
	if (!rc)
		rc = check_version(s, path, &version, err);
	if (rc)
		return rc;
	if (version == 0)
		return open_empty(s, err);
	if (version != SCHEMA_VERSION)
		return err_set(err, ERR_STORE,
			"%s: an earlier depmend wrote it, and it cannot be brought up to date "
			"where "
			"nothing may be written: copy its folder to one that can be, and name that "
			"under `state:`",
			path);
	return db_only_read(s->db, err);
}

static enum errc open_to_read(
	struct store *s, const char *path, const struct store_options *o, struct err *err)
{
	int64_t version = 0;
	enum errc rc = ERR_OK;

	for (int i = 0; i < 2 && !rc; i++) {
		if (!file_exists(path))
			return open_empty(s, err);
		rc = db_open(&s->db, path, DB_READ, err);
		if (!rc)
			rc = check_version(s, path, &version, err);
		if (rc || version == SCHEMA_VERSION)
			return rc;
		if (version == 0)
			return open_empty(s, err);
		db_close(s->db);
		s->db = NULL;
		rc = upgrade_first(s, o, err);
	}
	return rc;
}

/* --- both --- */

/* Of a ledger that is there; as its header says. */
static bool has_no_log(const char *path)
{
	enum { HEADER_BYTES = 100, WRITE_VERSION = 18 };
	char header[HEADER_BYTES] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool whole = fd >= 0 && read(fd, header, HEADER_BYTES) == HEADER_BYTES;

	if (fd >= 0)
		(void)close(fd);
	return whole && header[WRITE_VERSION] == 1;
}

static enum errc check_place(
	struct store *s, const char *path, enum store_network may, struct err *err)
{
	struct err why;
	enum errc rc = file_check_local(s->folder, &why);

	s->network = rc != ERR_OK;
	if (!rc || may == STORE_ANYWHERE || (may == STORE_AS_IT_IS && has_no_log(path)))
		return ERR_OK;
	return err_set(err, ERR_SETTINGS,
		"%s: set `state:` to a folder of a local disk, or accept it with --allow "
		"network_state=yes",
		why.msg);
}

enum errc store_open(struct store **ret, const struct store_options *o, struct err *err)
{
	struct store *s = mem_zalloc(sizeof(*s));
	char *path = NULL;
	enum errc rc = make_folder(o->state_dir, o->client_id, &s->folder, err);

	if (rc) {
		free(s);
		return rc;
	}
	path = mem_printf("%s/%s", s->folder, "depmend.db");
	s->still = o->use == STORE_READ && is_still(s, path);
	rc = check_place(s, path, s->still ? STORE_ANYWHERE : o->network, err);
	note_file(s, path);
	if (!rc)
		rc = s->still ? shared_copy(&s->shared, s->folder, err)
			      : shared_open(&s->shared, s->folder, s->network, err);
	if (!rc)
		rc = o->use == STORE_WRITE ? open_to_write(s, path, o, err)
		     : s->still            ? open_still(s, path, err)
					   : open_to_read(s, path, o, err);
	free(path);
	if (rc)
		store_close(s);
	else
		*ret = s;
	return rc;
}

/* The ledger's last word, if it has one that this version understands. */
static bool read_ledger(struct store *s, const char *path)
{
	int64_t version;
	struct err err;
	enum errc rc = file_exists(path) ? db_open(&s->db, "", DB_MEMORY, &err) : ERR_STORE;

	if (!rc && db_restore_frozen(s->db, path, &err)) /* one that was cut off without a log */
		rc = db_restore(s->db, path, &err);
	if (!rc)
		rc = check_version(s, path, &version, &err);
	if (!rc && version == SCHEMA_VERSION)
		return true;
	store_free_statements(s);
	db_close(s->db);
	s->db = NULL;
	return false;
}

enum errc store_open_lost(struct store **ret, const struct store_options *o, struct err *err)
{
	struct store *s = mem_zalloc(sizeof(*s));
	bool has_ledger = false;
	char *path = NULL;
	enum errc rc = make_folder(o->state_dir, o->client_id, &s->folder, err);

	if (!rc) {
		path = mem_printf("%s/depmend.db", s->folder);
		has_ledger = read_ledger(s, path);
	}
	if (!rc && shared_open(&s->shared, s->folder, s->network, err))
		rc = shared_open(&s->shared, NULL, false, err);
	if (!rc && !has_ledger)
		rc = open_empty(s, err);
	if (!rc)
		rc = emergency_open(&s->emergency, s->folder, err);
	if (!rc)
		rc = emergency_take_in(s, err);
	store_lose(s);
	free(path);
	if (rc)
		store_close(s);
	else
		*ret = s;
	return rc;
}

enum errc store_put_aside(
	const struct store_options *o, int64_t now_ms, char **ret, struct err *err)
{
	char *folder, *path, *aside;
	enum errc rc = make_folder(o->state_dir, o->client_id, &folder, err);

	if (rc)
		return rc;
	path = mem_printf("%s/depmend.db", folder);
	aside = db_aside_name(path, "damaged", now_ms);
	rc = db_aside_move(path, aside, err);
	free(path);
	free(folder);
	if (rc)
		free(aside);
	else
		*ret = aside;
	return rc;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_free_statements(s);
	db_close(s->db);
	shared_close(s->shared);
	emergency_close(s->emergency);
	free(s->folder);
	free(s->backup);
	free(s);
}
