#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/file.h"
#include "store/counter.h"
#include "store/sql.h"

enum { PAGE_ROWS = 512 };

const char *store_backup(const struct store *s)
{
	return s->backup;
}

const char *store_folder(const struct store *s)
{
	return s->folder;
}

struct shared *store_shared(const struct store *s)
{
	return s->shared;
}

enum errc store_run_folder(struct store *s, const char *run_name, char **ret, struct err *err)
{
	enum errc rc;
	char *path = mem_printf("%s/runs/%s", s->folder, run_name);

	rc = file_mkdirs(path, 0700, err);
	if (rc)
		free(path);
	else
		*ret = path;
	return rc;
}

bool store_is_network(const struct store *s)
{
	return s->network;
}

bool store_is_still(const struct store *s)
{
	return s->still;
}

void store_lose(struct store *s)
{
	s->lost = true;
}

size_t store_taken_over(const struct store *s)
{
	return s->n_taken;
}

bool store_is_lost(const struct store *s)
{
	return s->lost;
}

char *store_input_path(const struct store *s, const char *digest, char **ret_folder)
{
	*ret_folder = mem_printf("%s/inputs", s->folder);
	return mem_printf("%s/%s.csv", *ret_folder, digest);
}

static enum errc set_soft(struct store *s, bool soft, struct err *err)
{
	enum errc rc = s->soft == soft ? ERR_OK : db_durable(s->db, !soft, err);

	if (!rc)
		s->soft = soft;
	return rc;
}

/* What is written to a file that is not there any more is forgotten. */
enum errc store_begin(struct store *s, struct err *err)
{
	enum errc rc = db_check_place(s->db, err);

	if (!rc)
		rc = set_soft(s, false, err);
	return rc ? rc : db_begin(s->db, err);
}

enum errc store_begin_soft(struct store *s, struct err *err)
{
	enum errc rc = db_check_place(s->db, err);

	if (!rc)
		rc = set_soft(s, true, err);
	return rc ? rc : db_begin(s->db, err);
}

enum errc store_commit(struct store *s, struct err *err)
{
	bool durable = !s->soft;
	enum errc rc = db_commit(s->db, err);

	if (!rc && durable)
		rc = db_check_place(s->db, err);
	if (!rc && durable && s->uncounted) {
		const struct counter c = { s->newest.n, s->newest.at_ms, str_from(s->newest.hash),
			str_from(s->file) };

		counter_write(s->folder, &c);
		s->uncounted = false;
	}
	return rc ? rc : set_soft(s, false, err);
}

enum errc store_check_kept(struct store *s, struct err *err)
{
	return s->lost ? ERR_OK : db_check_kept(s->db, err);
}

static void store_rollback(struct store *s)
{
	struct err err;

	db_rollback(s->db);
	s->uncounted = false;
	if (set_soft(s, false, &err))
		abort(); /* what follows would not be durable */
}

enum errc store_end(struct store *s, enum errc rc, struct err *err)
{
	if (!rc)
		rc = store_commit(s, err);
	if (rc)
		store_rollback(s);
	return rc;
}

enum errc store_mark(struct store *s, struct err *err)
{
	return db_exec(s->db, "SAVEPOINT mark", err);
}

enum errc store_unmark(struct store *s, bool keep, struct err *err)
{
	return db_exec(s->db, keep ? "RELEASE mark" : "ROLLBACK TO mark; RELEASE mark", err);
}

void store_free_statements(struct store *s)
{
	for (int i = 0; i < SQL_MAX_; i++) {
		db_stmt_free(s->stmts[i]);
		s->stmts[i] = NULL;
	}
}

enum errc store_page(struct store *s, enum sql which, int64_t whose, int64_t after,
	struct page *ret, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(
		s, which, DB_VALUES(db_int(whose), db_int(after), db_int(PAGE_ROWS)), &q, err);

	return rc ? rc : page_read(ret, q, err);
}

enum errc store_walk(struct store *s, enum sql which, int64_t whose,
	enum errc (*row)(void *self, const struct cell *c, struct err *err), void *self,
	struct err *err)
{
	struct page p;
	int64_t after = -1;
	enum errc rc = ERR_OK;

	page_init(&p);
	do {
		rc = store_page(s, which, whose, after, &p, err);
		for (size_t i = 0; i < p.n && !rc; i++) {
			after = page_row(&p, i)->number;
			rc = row(self, page_row(&p, i), err);
		}
	} while (!rc && p.n == PAGE_ROWS);
	page_release(&p);
	return rc;
}

enum errc store_text(struct store *s, struct str text, int64_t *ret, struct err *err)
{
	enum errc rc;

	*ret = 0;
	if (text.n == 0)
		return ERR_OK;
	rc = store_do(s, SQL_TEXT_ADD, DB_VALUES(db_str(text)), err);
	if (!rc)
		rc = store_number(s, SQL_TEXT_ID, DB_VALUES(db_str(text)), 0, ret, err);
	if (!rc && *ret == 0)
		rc = err_set(err, ERR_STORE, "a text that was just stored is not there");
	return rc;
}

struct db_value store_ref(int64_t id)
{
	return db_time(id ? id : INT64_MIN);
}

enum errc store_meta_put(struct store *s, const char *key, struct str v, struct err *err)
{
	return store_do(s, SQL_META_PUT, DB_VALUES(db_z(key), db_str(v)), err);
}

enum errc store_meta_get(struct store *s, const char *key, char **ret, struct err *err)
{
	return store_words(s, SQL_META_GET, DB_VALUES(db_z(key)), ret, err);
}
