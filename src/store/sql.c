/* The statements, prepared on first use. */
#include "store/sql.h"

static const char *const statements[SQL_MAX_] = {
#define X(id, text) [SQL_##id] = text,
	SQL_LIST(X)
#undef X
};

enum errc store_sql(struct store *s, enum sql which, const struct db_value *v, size_t n,
	struct db_stmt **ret, struct err *err)
{
	return db_ready(s->db, statements[which], &s->stmts[which], v, n, ret, err);
}

enum errc store_do(
	struct store *s, enum sql which, const struct db_value *v, size_t n, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, which, v, n, &q, err);

	return rc ? rc : db_run(q, err);
}

enum errc store_number(struct store *s, enum sql which, const struct db_value *v, size_t n,
	int64_t none, int64_t *ret, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, which, v, n, &q, err);

	return rc ? rc : page_one_number(q, none, ret, err);
}

enum errc store_words(struct store *s, enum sql which, const struct db_value *v, size_t n,
	char **ret, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, which, v, n, &q, err);

	return rc ? rc : page_one_text(q, ret, err);
}
