/*
 * Whether what was written about a run is there: read by a connection that sees what the next
 * process will. The whole ledger is not read, which may be a thousand times as much.
 */
#include "store/sql.h"

/* Its requests, of which only those that are open are found by the run. */
#define REQUESTS "FROM request r WHERE r.intent >= (SELECT created FROM run WHERE id = ?1)"

/* A text's length makes SQLite read all of it. */
static const char *const written[] = {
	"SELECT length(frozen) FROM run WHERE id = ?1",
	"SELECT sum(outcome), max(length(serial)) FROM row WHERE run = ?1",
	"SELECT sum(outcome), max(length(results)), max(length(evidence)) FROM device WHERE run = "
	"?1",
	"SELECT max(length(activity)), max(length(target)) " REQUESTS,
	"SELECT max(length(serial)) FROM request_device WHERE request IN (SELECT id " REQUESTS ")",
	"SELECT max(length(incarnation)) FROM deed WHERE request IN (SELECT id " REQUESTS ")",
	"SELECT max(length(text)), max(length(hash)) FROM event WHERE run = ?1",
	"SELECT sum(n), max(length(rule)) FROM run_count WHERE run = ?1",
	"SELECT max(length(home)), max(length(target)) FROM custody WHERE run = ?1",
	"SELECT max(request) FROM intent WHERE ?1",
};

static enum errc take_row(void *self, struct db_stmt *q, struct err *err)
{
	(void)self;
	(void)q;
	(void)err;
	return ERR_OK;
}

enum errc store_check_run(struct store *s, int64_t run, struct err *err)
{
	struct db *again;
	enum errc rc;

	if (s->lost)
		return ERR_OK;
	rc = db_open_again(&again, s->db, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(written) / sizeof(*written) && !rc; i++)
		rc = db_each(again, written[i], DB_VALUES(db_int(run)), take_row, NULL, err);
	db_close(again);
	return rc;
}
