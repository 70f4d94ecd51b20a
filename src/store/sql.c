/* The statements, prepared on first use. */
#include "store/sql.h"

static const char *const statements[SQL_MAX_] = {
#define X(id, text) [SQL_##id] = text,
	SQL_LIST(X)
#undef X
};

enum errc store_sql(struct store *s, enum sql which, struct db_stmt **ret, struct err *err)
{
	enum errc rc = ERR_OK;

	if (!s->stmts[which])
		rc = db_prepare(s->db, statements[which], &s->stmts[which], err);
	if (!rc)
		*ret = s->stmts[which];
	return rc;
}
