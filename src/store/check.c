/*
 * Whether what was written about a run is there: read by a connection that sees what the next
 * process will. A small ledger is read whole; one of years is a thousand times as much as the run.
 */
#include "store/page.h"
#include "store/sql.h"

enum { SMALL_PAGES = 256 };

/* Its requests, of which only those that are open are found by the run. */
#define REQUESTS "FROM request r WHERE r.intent >= (SELECT created FROM run WHERE id = ?1)"

/* A text's length makes SQLite read all of it, and a column that no index has the table itself. */
static const char *const written[] = {
	"SELECT length(frozen) FROM run WHERE name = (SELECT name FROM run WHERE id = ?1)",
	"SELECT sum(outcome), max(length(serial)) FROM row WHERE run = ?1",
	"SELECT sum(outcome), max(length(results)), max(length(evidence)) FROM device WHERE run = "
	"?1",
	"SELECT sum(length(s)) FROM text WHERE id IN ("
	"SELECT rule FROM row WHERE run = ?1 UNION "
	"SELECT detail FROM row WHERE run = ?1 UNION "
	"SELECT rule FROM device WHERE run = ?1 UNION "
	"SELECT program FROM device WHERE run = ?1 UNION "
	"SELECT before FROM device WHERE run = ?1 UNION "
	"SELECT start FROM device WHERE run = ?1 UNION "
	"SELECT home FROM device WHERE run = ?1 UNION "
	"SELECT detail FROM device WHERE run = ?1 UNION "
	"SELECT after FROM device WHERE run = ?1)",
	"SELECT max(length(activity)), max(length(target)) " REQUESTS,
	"SELECT max(length(serial)) FROM request_device WHERE request IN (SELECT id " REQUESTS ")",
	"SELECT max(length(incarnation)), sum(state), max(at) FROM deed WHERE request IN (SELECT "
	"id " REQUESTS ")",
	"SELECT max(length(text)), max(length(hash)) FROM event WHERE run = ?1",
	"SELECT sum(n), max(length(rule)) FROM run_count WHERE run = ?1",
	"SELECT max(length(server)) FROM home WHERE serial IN (SELECT serial FROM device WHERE run "
	"= ?1)",
	"SELECT max(length(home)), max(length(target)) FROM custody WHERE run = ?1",
	"SELECT max(length(serial)) FROM intent NOT INDEXED WHERE ?1",
	"SELECT sum(length(value)) FROM meta NOT INDEXED WHERE ?1",
	"SELECT sum(until) FROM wait NOT INDEXED WHERE ?1",
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
	int64_t n_pages = 0;
	enum errc rc;

	if (s->lost)
		return ERR_OK;
	rc = db_open_again(&again, s->db, err);
	if (rc)
		return rc;
	rc = page_once_number(again, "PRAGMA page_count", DB_NO_VALUES, 0, &n_pages, err);
	if (!rc && n_pages <= SMALL_PAGES)
		rc = db_check_sound(again, err);
	for (size_t i = 0; i < sizeof(written) / sizeof(*written) && !rc; i++)
		rc = db_each(again, written[i], DB_VALUES(db_int(run)), take_row, NULL, err);
	db_close(again);
	return rc;
}
