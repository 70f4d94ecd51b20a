/*
 * The audit trail. Each event's hash covers the hash before it, so that a changed, missing or
 * inserted event shows at the first place that does not fit.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/time.h"
#include "io/crypto.h"
#include "store/sql.h"

enum { EVENT_MAX_BYTES = 1024 * 1024 };

static void chain(char out[SHA256_HEX], struct str before, int64_t run, int64_t at_ms,
	struct str kind, struct str text)
{
	struct buf b;

	buf_init(&b, EVENT_MAX_BYTES + 1024);
	buf_str(&b, before);
	buf_printf(&b, "\n%lld %lld ", (long long)run, (long long)at_ms);
	buf_str(&b, kind);
	buf_char(&b, '\n');
	buf_str(&b, text);
	sha256_hex(buf_view(&b), out);
	buf_release(&b);
}

/* *ret: the newest hash, or "" at the beginning; caller frees. */
static enum errc last_hash(struct store *s, char **ret, struct err *err)
{
	struct db_stmt *q;
	bool row;
	enum errc rc = store_sql(s, SQL_EVENT_LAST, &q, err);

	if (!rc)
		rc = db_step(q, &row, err);
	if (rc)
		return rc;
	*ret = mem_dupz(row ? db_col_str(q, 0) : STR_NONE);
	db_reset(q);
	return ERR_OK;
}

enum errc store_event(struct store *s, int64_t run, int64_t at_ms, const char *kind,
	struct str text, struct err *err)
{
	char hash[SHA256_HEX], *before;
	struct db_stmt *q;
	enum errc rc;

	if (text.n > EVENT_MAX_BYTES)
		return err_set(err, ERR_INTERNAL, "an audit event of %zu bytes", text.n);
	rc = last_hash(s, &before, err);
	if (rc)
		return rc;
	chain(hash, str_from(before), run, at_ms, str_from(kind), text);
	free(before);
	rc = store_sql(s, SQL_EVENT_ADD, &q, err);
	if (rc)
		return rc;
	db_bind_int(q, 1, run);
	db_bind_int(q, 2, at_ms);
	db_bind_str(q, 3, str_from(kind));
	db_bind_str(q, 4, text.p ? text : STR(""));
	db_bind_str(q, 5, str_from(hash));
	return db_run(q, err);
}

enum errc store_events_verify(struct store *s, int64_t *ret_n, struct err *err)
{
	char hash[SHA256_HEX] = "", next[SHA256_HEX];
	int64_t n = 0;
	struct db_stmt *q;
	bool row;
	enum errc rc = store_sql(s, SQL_EVENT_ALL, &q, err);

	if (rc)
		return rc;
	while (!(rc = db_step(q, &row, err)) && row) {
		chain(next, str_from(hash), db_col_int(q, 1), db_col_int(q, 2), db_col_str(q, 3),
			db_col_str(q, 4));
		n++;
		if (db_col_int(q, 0) != n || !str_eq(str_from(next), db_col_str(q, 5))) {
			rc = err_set(err, ERR_CONFLICT,
				"the audit trail is broken at event %lld: it was changed, removed "
				"or "
				"added afterwards",
				(long long)n);
			break;
		}
		memcpy(hash, next, sizeof(hash));
	}
	db_reset(q);
	if (!rc)
		*ret_n = n;
	return rc;
}

enum errc store_events(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct event_record *e, struct err *err), void *self,
	struct err *err)
{
	struct db_stmt *q;
	bool row;
	enum errc rc = store_sql(s, SQL_EVENT_RUN, &q, err);

	if (rc)
		return rc;
	db_bind_int(q, 1, run);
	while (!(rc = db_step(q, &row, err)) && row) {
		struct event_record e = {
			.at_ms = db_col_int(q, 2),
			.kind = db_col_str(q, 3),
			.text = db_col_str(q, 4),
			.hash = db_col_str(q, 5),
		};

		rc = each(self, &e, err);
		if (rc)
			break;
	}
	db_reset(q);
	return rc;
}

enum errc store_latest(struct store *s, int64_t *ret_ms, struct err *err)
{
	struct db_stmt *q;
	bool row;
	enum errc rc = store_sql(s, SQL_LATEST, &q, err);

	if (!rc)
		rc = db_step(q, &row, err);
	if (rc)
		return rc;
	*ret_ms = row ? col_time(q, 0) : TIME_NONE;
	db_reset(q);
	return ERR_OK;
}
