#include "store/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/time.h"
#include "io/db/db_aside.h"
#include "io/file.h"
#include "io/packed.h"
#include "store/gap.h"
#include "store/sql.h"

enum { FILE_MAX_BYTES = 512 * 1024 * 1024, MAX_DEPTH = 4, VERSION = 1, HEADER_BYTES = 16 };

/* A restore that was cut off leaves them in the ledger. */
#define NO_TABLES "DROP TABLE IF EXISTS archive; DROP TABLE IF EXISTS archive_file;"
static const char tables[] = NO_TABLES
	"CREATE TABLE archive(version INTEGER NOT NULL, organization TEXT NOT NULL,"
	" made INTEGER NOT NULL, moved INTEGER NOT NULL);"
	"CREATE TABLE archive_file(path TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;";

/* What belongs to the ledger beside its database. */
static const char *const parts[] = { "emergency", "inputs", "runs", "plans" };
enum { PARTS = sizeof(parts) / sizeof(*parts) };

/* "3f2a...": the last part of the folder. */
static const char *organization_of(const struct store *s)
{
	return strrchr(s->folder, '/') + 1;
}

/* --- writing --- */

struct packing {
	const char *folder;
	struct db *db;
	struct db_stmt *add;
};

/* It is made again where it is wanted. */
static bool is_nothing(const char *name, struct str bytes)
{
	return strcmp(name, "emergency") == 0 && bytes.n && bytes.p[0] == '\0';
}

/* NOLINTNEXTLINE(misc-no-recursion): once */
static enum errc add_file(struct packing *p, const char *name, struct err *err)
{
	char *path = mem_printf("%s/%s", p->folder, name);
	struct buf bytes = { 0 };
	enum errc rc = file_read(path, FILE_MAX_BYTES, &bytes, err);

	if (rc == ERR_NO_INPUT && !file_exists(path)) {
		char *packed = mem_printf("%s" PACKED_SUFFIX, name);

		/* Compressed meanwhile, or forgotten. */
		rc = packed_is_there(path) ? add_file(p, packed, err) : ERR_OK;
		free(packed);
	} else if (!rc && !is_nothing(name, buf_view(&bytes))) {
		db_bind(p->add,
			DB_VALUES(db_z(name), db_blob(bytes.n ? buf_view(&bytes) : STR(""))));
		rc = db_run(p->add, err);
	}
	buf_release(&bytes);
	free(path);
	return rc;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most MAX_DEPTH deep */
static enum errc add_tree(struct packing *p, const char *name, int depth, struct err *err)
{
	char *path = mem_printf("%s/%s", p->folder, name);
	DIR *dir = opendir(path);
	struct dirent *entry;
	enum errc rc = ERR_OK;

	if (!dir && errno == ENOTDIR)
		rc = add_file(p, name, err);
	while (!rc && dir && depth < MAX_DEPTH && (entry = readdir(dir))) {
		char *below;

		if (entry->d_name[0] == '.')
			continue;
		below = mem_printf("%s/%s", name, entry->d_name);
		rc = add_tree(p, below, depth + 1, err);
		free(below);
	}
	if (dir)
		(void)closedir(dir);
	free(path);
	return rc;
}

/* The emergency file comes before the ledger, which takes over what is in it. */
static enum errc pack(
	struct store *s, const char *path, bool moved, int64_t now_ms, struct err *err)
{
	struct packing p = { .folder = s->folder };
	enum errc rc = db_open(&p.db, path, DB_NETWORK, err);

	if (rc)
		return rc;
	rc = db_begin(p.db, err);
	if (!rc)
		rc = db_exec(p.db, tables, err);
	if (!rc)
		rc = db_do(p.db, "INSERT INTO archive VALUES(?1, ?2, ?3, ?4)",
			DB_VALUES(db_int(VERSION), db_z(organization_of(s)), db_int(now_ms),
				db_int(moved)),
			err);
	if (!rc)
		rc = db_prepare(
			p.db, "INSERT OR IGNORE INTO archive_file VALUES(?1, ?2)", &p.add, err);
	for (int i = 0; i < PARTS && !rc; i++)
		rc = add_tree(&p, parts[i], 0, err);
	if (!rc)
		rc = db_commit(p.db, err);
	db_stmt_free(p.add);
	db_close(p.db);
	return rc;
}

static enum errc check_target(const char *path, struct err *err)
{
	struct archive_info info;

	if (!file_exists(path) || !archive_look(path, &info, NULL))
		return ERR_OK;
	return err_set(err, ERR_CANNOT_CREATE,
		"%s is there and is no backup of depmend: name another file", path);
}

enum errc archive_write(struct store *s, const char *path, bool moved, int64_t now_ms,
	struct archive_info *ret, struct err *err)
{
	char *temp;
	enum errc rc = check_target(path, err);

	if (rc)
		return rc;
	temp = mem_printf("%s.part", path);
	rc = db_backup(s->db, temp, err);
	if (!rc)
		rc = pack(s, temp, moved, now_ms, err);
	if (!rc)
		rc = archive_look(temp, ret, err);
	if (!rc && rename(temp, path) != 0)
		rc = err_set(err, ERR_CANNOT_CREATE, "%s: %s", path, strerror(errno));
	if (rc)
		(void)unlink(temp);
	free(temp);
	return rc;
}

enum errc archive_retire(const struct store *s, const char *path, int64_t now_ms, struct err *err)
{
	char *marker = mem_printf("%s/%s", s->folder, STORE_MOVED), at[TIME_TEXT];
	struct outfile *f;
	struct buf text;
	enum errc rc = outfile_open(&f, marker, 0600, err);

	buf_init(&text, 8192);
	buf_printf(&text, "at %s, into %s", time_rfc3339_s(now_ms, at), path);
	if (!rc) {
		outfile_write(f, buf_view(&text));
		rc = outfile_commit(f, NULL, err);
		outfile_free(f);
	}
	buf_release(&text);
	free(marker);
	return rc;
}

/* --- looking --- */

/* SQLite would make an empty database of an empty file. */
static bool has_header(const char *path)
{
	char header[HEADER_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read(fd, header, sizeof(header)) == (ssize_t)sizeof(header) &&
		    memcmp(header, "SQLite format 3", sizeof(header)) == 0;

	if (fd >= 0)
		(void)close(fd);
	return good;
}

static enum errc one_row(struct db *db, const char *sql, struct db_stmt **ret, struct err *err)
{
	bool row = false;
	enum errc rc = db_prepare(db, sql, ret, err);

	if (!rc)
		rc = db_step(*ret, &row, err);
	return rc || row ? rc : err_set(err, ERR_STORE, "it is empty");
}

static enum errc read_header(struct db *db, struct archive_info *ret, struct err *err)
{
	struct db_stmt *q = NULL;
	enum errc rc = one_row(
		db, "SELECT version, organization, made, moved FROM archive", &q, err);

	if (!rc && db_col_int(q, 0) > VERSION)
		rc = err_set(err, ERR_STORE, "a newer depmend wrote it");
	if (!rc) {
		(void)snprintf(ret->organization, sizeof(ret->organization), "%.*s",
			STR_FMT(db_col_str(q, 1)));
		ret->made_ms = db_col_int(q, 2);
		ret->moved = db_col_int(q, 3) != 0;
	}
	db_stmt_free(q);
	return rc;
}

static enum errc read_last(struct db *db, struct archive_info *ret, struct err *err)
{
	struct db_stmt *q = NULL;
	enum errc rc = one_row(db,
		"SELECT coalesce(max(id), 0), coalesce((SELECT hash FROM event ORDER BY id DESC "
		"LIMIT 1), '')"
		" FROM event",
		&q, err);

	if (!rc) {
		ret->n_events = db_col_int(q, 0);
		(void)snprintf(
			ret->last_hash, sizeof(ret->last_hash), "%.*s", STR_FMT(db_col_str(q, 1)));
	}
	db_stmt_free(q);
	return rc;
}

static enum errc check_whole(struct db *db, struct err *err)
{
	struct db_stmt *q = NULL;
	enum errc rc = one_row(db, "PRAGMA integrity_check(1)", &q, err);
	struct str found = rc ? STR_NONE : db_col_str(q, 0);

	/* A line before it names the database. */
	if (str_starts_nocase(found, STR("***")))
		(void)str_cut(&found, '\n');
	if (!rc && !str_eq(found, STR("ok")))
		rc = err_set(err, ERR_STORE, "%.*s", STR_FMT(found));
	db_stmt_free(q);
	return rc;
}

enum errc archive_look(const char *path, struct archive_info *ret, struct err *err)
{
	struct db *db;
	struct err why;
	enum errc rc;

	*ret = (struct archive_info){ 0 };
	if (!file_exists(path))
		return err_set(err, ERR_NO_INPUT, "%s: there is no such file", path);
	rc = file_refuse_pipe(path, err);
	if (rc)
		return rc;
	if (!has_header(path))
		return err_set(err, ERR_INPUT, "%s is no backup of depmend", path);
	rc = db_open(&db, path, DB_READ, &why);
	if (!rc) {
		rc = read_header(db, ret, &why);
		if (!rc)
			rc = read_last(db, ret, &why);
		if (!rc)
			rc = check_whole(db, &why);
		db_close(db);
	}
	return rc ? err_set(err, ERR_INPUT, "%s is no backup of depmend, or damaged: %s", path,
			    why.msg)
		  : ERR_OK;
}

/* --- restoring --- */

/* Whether the event of that number has that hash, or was pruned. */
static enum errc has_event(struct db *db, int64_t n, const char *hash, bool *ret, struct err *err)
{
	int64_t found = 0;
	enum errc rc = page_once_number(db,
		"SELECT hash = ?2 FROM event WHERE id = ?1 UNION ALL SELECT 1 FROM meta WHERE key "
		"= 'events.anchor' AND CAST(value AS INTEGER) >= ?1",
		DB_VALUES(db_int(n), db_z(hash)), 0, &found, err);

	if (!rc)
		*ret = found != 0;
	return rc;
}

enum errc archive_compare(struct store *s, const char *path, const struct archive_info *info,
	enum archive_order *ret, int64_t *ret_lost, struct err *err)
{
	struct archive_info here;
	bool inside = false, contains = false;
	struct db *db;
	enum errc rc = read_last(s->db, &here, err);

	if (!rc && info->n_events)
		rc = has_event(s->db, info->n_events, info->last_hash, &inside, err);
	if (!rc)
		rc = db_open(&db, path, DB_READ, err);
	if (rc)
		return rc;
	if (here.n_events)
		rc = has_event(db, here.n_events, here.last_hash, &contains, err);
	db_close(db);
	*ret_lost = 0;
	if (contains && inside) {
		*ret = ARCHIVE_SAME;
	} else if (contains || !here.n_events) {
		*ret = ARCHIVE_NEWER;
	} else {
		*ret = inside || !info->n_events ? ARCHIVE_OLDER : ARCHIVE_OTHER;
		*ret_lost = inside ? here.n_events - info->n_events : here.n_events;
	}
	return rc;
}

/* Only below what is packed, and not up again. */
static bool is_part(struct str path)
{
	struct str rest = path, first = str_cut(&rest, '/');
	bool known = false;

	for (int i = 0; i < PARTS; i++)
		known |= str_eq(first, str_from(parts[i]));
	while (rest.n && known)
		known = str_cut(&rest, '/').p[0] != '.';
	return known && !memchr(path.p, '\0', path.n);
}

/* What is there stays, but for the emergency file: it belongs to the ledger at that moment. */
static enum errc unpack_file(
	const struct store *s, struct str name, struct str bytes, struct err *err)
{
	char *relative = mem_dupz(name), *path = mem_printf("%s/%s", s->folder, relative), *folder,
	     *slash;
	struct outfile *f;
	enum errc rc = ERR_OK;

	folder = mem_strdup(path);
	slash = strrchr(folder, '/');
	*slash = '\0';
	if (!file_exists(path) || str_eq(name, STR("emergency"))) {
		rc = file_mkdirs(folder, 0700, err);
		if (!rc)
			rc = outfile_open(&f, path, 0600, err);
		if (!rc) {
			outfile_write(f, bytes);
			rc = outfile_commit(f, NULL, err);
			outfile_free(f);
		}
	}
	free(folder);
	free(path);
	free(relative);
	return rc;
}

struct unpacking {
	const struct store *store;
	const char *path;
};

static enum errc unpack_one(void *self, struct db_stmt *q, struct err *err)
{
	const struct unpacking *u = self;

	if (!is_part(db_col_str(q, 0)))
		return err_set(err, ERR_INPUT, "%s holds a file '%.*s' that is none of the state",
			u->path, STR_FMT(db_col_str(q, 0)));
	return unpack_file(u->store, db_col_str(q, 0), db_col_str(q, 1), err);
}

static enum errc unpack(const struct store *s, const char *path, struct err *err)
{
	struct unpacking u = { s, path };
	struct db *db;
	enum errc rc = db_open(&db, path, DB_READ, err);

	if (rc)
		return rc;
	rc = db_each(db, "SELECT path, bytes FROM archive_file", DB_NO_VALUES, unpack_one, &u, err);
	db_close(db);
	return rc;
}

/* Caller frees *ret; NULL: nothing was there to keep. */
static enum errc keep_present(struct store *s, int64_t now_ms, char **ret, struct err *err)
{
	struct archive_info here;
	char *path;
	enum errc rc = read_last(s->db, &here, err);

	*ret = NULL;
	if (rc || !here.n_events)
		return rc;
	path = mem_printf("%s/depmend.db", s->folder);
	*ret = db_aside_name(path, "replaced", now_ms);
	free(path);
	rc = db_backup(s->db, *ret, err);
	if (rc) {
		free(*ret);
		*ret = NULL;
	}
	return rc;
}

enum errc archive_leave(struct store *s, struct err *err)
{
	return db_exec(s->db, NO_TABLES, err);
}

enum errc archive_restore(
	struct store *s, const char *path, int64_t now_ms, char **ret_kept, struct err *err)
{
	char *marker = mem_printf("%s/%s", s->folder, STORE_MOVED);
	enum errc rc = keep_present(s, now_ms, ret_kept, err);

	/* The inputs first: a ledger without them could not continue its runs. */
	if (!rc)
		rc = unpack(s, path, err);
	store_free_statements(s);
	if (!rc)
		rc = db_restore(s->db, path, err);
	if (!rc)
		rc = archive_leave(s, err);
	if (!rc)
		rc = gap_file(s, err);
	if (!rc && unlink(marker) != 0 && errno != ENOENT)
		rc = err_set(err, ERR_STORE, "%s: %s", marker, strerror(errno));
	free(marker);
	return rc;
}
