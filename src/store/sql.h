/*
 * Private to store/: the open store and its statements, prepared on first use.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "io/db/db.h"
#include "os/kernel.h"
#include "store/page.h"
#include "store/shared.h"
#include "store/store.h"

/* A page of rows, for store_walk(): ?1 whose they are, ?2 the key (column 0) of the row before. */
#define PAGE "LIMIT ?3"
/* ?3: a name of rules; empty: of any. */
#define OF_RULES                                              \
	"AND (?3 = '' OR r.run IN (SELECT id FROM run WHERE " \
	"json_extract(frozen, '$.rules_name') = ?3))"
#define RUN_COLUMNS "name, identity, fingerprint, state, created, now, finished, exit_status"

#define SQL_LIST(X)                                                                                \
	X(META_PUT, "INSERT INTO meta(key, value) VALUES(?1, ?2) "                                 \
		    "ON CONFLICT(key) DO UPDATE SET value = ?2")                                   \
	X(META_GET, "SELECT value FROM meta WHERE key = ?1")                                       \
	X(TEXT_ADD, "INSERT INTO text(s) VALUES(?1) ON CONFLICT(s) DO NOTHING")                    \
	X(TEXT_ID, "SELECT id FROM text WHERE s = ?1")                                             \
	X(RUN_ADD, "INSERT INTO run(name, identity, fingerprint, state, created, now, frozen) "    \
		   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                           \
	X(RUN_SET, "UPDATE run SET state = ?2, finished = ?3, exit_status = ?4 WHERE id = ?1")     \
	X(RUN_FIND, "SELECT id, " RUN_COLUMNS " FROM run WHERE identity = ?1 AND state = 0 "       \
		    "ORDER BY id DESC LIMIT 1")                                                    \
	X(RUN_OF_LIST, "SELECT id, " RUN_COLUMNS " FROM run WHERE json_extract(frozen, '$.list') " \
		       "= ?1 ORDER BY id DESC LIMIT 1")                                            \
	X(RUN_FINISHED_FIND,                                                                       \
		"SELECT id, " RUN_COLUMNS " FROM run WHERE identity = ?1 AND state = 1 "           \
		"AND ?2 IN ('', fingerprint) ORDER BY id DESC LIMIT 1")                            \
	X(RUN_GET, "SELECT id, " RUN_COLUMNS " FROM run WHERE substr(name, 1, length(?1)) = ?1 "   \
		   "ORDER BY name = ?1 DESC, id LIMIT 2")                                          \
	X(RUN_FROZEN, "SELECT frozen FROM run WHERE id = ?1")                                      \
	X(RUN_ALL, "SELECT id, " RUN_COLUMNS " FROM run WHERE id > ?2 ORDER BY id " PAGE)          \
	X(RUN_ALL_ACTIVE, "SELECT id, " RUN_COLUMNS " FROM run WHERE state = 0 AND id > ?2 "       \
			  "ORDER BY id " PAGE)                                                     \
	X(RUN_NEWEST, "SELECT id, " RUN_COLUMNS " FROM run WHERE id > ?2 AND id >= coalesce(("     \
		      "SELECT id FROM run ORDER BY id DESC LIMIT 1 OFFSET ?1 - 1), 0) ORDER BY "   \
		      "id " PAGE)                                                                  \
	X(RUN_COUNT, "SELECT count(*) FROM run")                                                   \
	X(RUN_LATEST, "SELECT name FROM run ORDER BY id DESC LIMIT 1")                             \
	X(RUN_LATEST_FORTH, "SELECT name FROM run WHERE json_extract(frozen, '$.undoes') IS NULL " \
			    "ORDER BY id DESC LIMIT 1")                                            \
	X(ROW_ADD, "INSERT INTO row(run, n, line, serial, outcome, reason, rule, detail) "         \
		   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                                       \
	X(ROW_FROM, "SELECT r.n, r.line, r.serial, r.outcome, r.reason, u.s, d.s FROM row r "      \
		    "LEFT JOIN text u ON u.id = r.rule LEFT JOIN text d ON d.id = r.detail "       \
		    "WHERE r.run = ?1 AND r.n > ?2 ORDER BY r.n " PAGE)                            \
	X(ROW_COUNT, "SELECT count(*) FROM row WHERE run = ?1")                                    \
	X(DEVICE_ADD, "INSERT INTO device(run, serial, rule, program, before, start, home, "       \
		      "wave, listed, results, outcome, reason, after, detail, evidence, "          \
		      "attempts, finished) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "       \
		      "?11, ?12, ?13, ?14, ?15, ?16, ?17)")                                        \
	X(DEVICE_SET, "UPDATE device SET results = ?3, outcome = ?4, reason = ?5, after = ?6, "    \
		      "detail = ?7, evidence = ?8, attempts = ?9, finished = ?10 "                 \
		      "WHERE run = ?1 AND serial = ?2")                                            \
	X(DEVICE_PROGRAM, "UPDATE device SET program = ?3 WHERE run = ?1 AND serial = ?2")         \
	X(DEVICE_ALL,                                                                              \
		"SELECT v.rowid, v.serial, u.s, p.s, b.s, t.s, h.s, v.wave, v.listed, v.results, " \
		"v.outcome, v.reason, a.s, d.s, v.evidence, v.attempts, v.finished "               \
		"FROM device v LEFT JOIN text u ON u.id = v.rule "                                 \
		"LEFT JOIN text p ON p.id = v.program LEFT JOIN text b ON b.id = v.before "        \
		"LEFT JOIN text t ON t.id = v.start LEFT JOIN text h ON h.id = v.home LEFT "       \
		"JOIN text a ON a.id = v.after "                                                   \
		"LEFT JOIN text d ON d.id = v.detail WHERE v.run = ?1 AND v.rowid > ?2 ORDER BY "  \
		"v.rowid " PAGE)                                                                   \
	X(REQUEST_ADD, "INSERT INTO request(run, kind, target, state, activity, intent, sent) "    \
		       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                       \
	X(REQUEST_DEVICE, "INSERT INTO request_device(request, serial, step) VALUES(?1, ?2, ?3)")  \
	X(REQUEST_SET, "UPDATE request SET state = ?2, activity = ?3, "                            \
		       "sent = coalesce(?4, sent) WHERE id = ?1")                                  \
	X(REQUEST_OPEN, "SELECT id, run, kind, target, state, activity, intent, sent "             \
			"FROM request WHERE run = ?1 AND state IN (0, 1, 3) AND id > ?2 ORDER BY " \
			"id " PAGE)                                                                \
	X(REQUEST_DEVICES, "SELECT rowid, serial, step FROM request_device WHERE request = ?1 "    \
			   "AND rowid > ?2 "                                                       \
			   "ORDER BY rowid " PAGE)                                                 \
	X(DEVICES_SINCE, "SELECT count(DISTINCT v.serial) FROM request_device v "                  \
			 "JOIN request r ON r.id = v.request WHERE r.intent > ?1 "                 \
			 "AND (?2 < 0 OR r.kind = ?2) " OF_RULES)                                  \
	X(SERIALS_SINCE, "SELECT DISTINCT v.serial FROM request_device v "                         \
			 "JOIN request r ON r.id = v.request WHERE r.intent > ?1 "                 \
			 "AND (?2 < 0 OR r.kind = ?2) " OF_RULES)                                  \
	X(HOME_PUT, "INSERT INTO home(serial, server, run) VALUES(?1, ?2, ?3) "                    \
		    "ON CONFLICT(serial) DO UPDATE SET server = ?2, run = ?3")                     \
	X(HOME_GET, "SELECT server FROM home WHERE serial = ?1")                                   \
	X(LAST_DONE, "SELECT max(v.finished) FROM device v JOIN text u ON u.id = v.rule "          \
		     "WHERE v.serial = ?1 AND v.outcome = ?3 AND u.s = ?2")                        \
	X(COUNT_VAIN, "SELECT count(*) FROM device v WHERE v.serial = ?1 AND v.outcome = ?2 AND "  \
		      "v.reason = ?3 AND v.run > coalesce((SELECT max(run) FROM device WHERE "     \
		      "serial = ?1 AND outcome = ?4), 0) AND EXISTS(SELECT 1 FROM request_device " \
		      "d JOIN request r ON r.id = d.request WHERE d.serial = ?1 AND r.run = "      \
		      "v.run AND r.kind = ?5 AND r.target = ?6)")                                  \
	X(COUNT_DROP, "DELETE FROM run_count WHERE run = ?1")                                      \
	X(COUNT_PUT, "INSERT INTO run_count(run, rule, outcome, n) VALUES(?1, ?2, ?3, ?4)")        \
	X(COUNT_ALL, "SELECT id, rule, outcome, n FROM run_count WHERE run = ?1 AND id > ?2 "      \
		     "ORDER BY id " PAGE)                                                          \
	X(WAIT_PUT, "INSERT INTO wait(list, serial, rule, since, until) VALUES(?1, ?2, ?3, ?4, "   \
		    "?5) ON CONFLICT(list, serial) DO UPDATE SET rule = ?3, since = ?4, "          \
		    "until = ?5")                                                                  \
	X(WAIT_DROP, "DELETE FROM wait WHERE list = ?1 AND serial = ?2")                           \
	X(EVENT_LAST, "SELECT hash FROM event ORDER BY id DESC LIMIT 1")                           \
	X(EVENT_ADD, "INSERT INTO event(run, at, kind, text, hash) VALUES(?1, ?2, ?3, ?4, ?5)")    \
	X(EVENT_RUN, "SELECT id, run, at, kind, text, hash FROM event WHERE run = ?1 AND id > ?2 " \
		     "ORDER BY id " PAGE)                                                          \
	X(EVENT_ALL, "SELECT id, run, at, kind, text, hash FROM event WHERE id > ?2 "              \
		     "ORDER BY id " PAGE)                                                          \
	X(LATEST, "SELECT max(at) FROM (SELECT at FROM event ORDER BY id DESC LIMIT 100)")

enum sql {
#define X(id, text) SQL_##id,
	SQL_LIST(X)
#undef X
		SQL_MAX_
};

struct store {
	struct db *db;
	struct shared *shared;
	struct emergency *emergency; /* NULL: not ours */
	uint32_t n_emergency;        /* intents that it holds */
	size_t n_taken;              /* records of it that the ledger took over */
	bool lost, network, still;
	char *folder;
	char file[KERNEL_FILE_TEXT]; /* that the ledger is in; empty: not known */
	char *backup; /* of the store as an earlier version left it; NULL: it was none */
	bool soft;    /* the transaction is */
	struct {      /* entry of the audit trail that this process added */
		int64_t n, at_ms;
		char hash[65];
	} newest;
	bool uncounted; /* store/gap.h has not been told of it */
	struct db_stmt *stmts[SQL_MAX_];
};

/* The statement, prepared and bound; owned by the store. */
MUST_CHECK enum errc store_sql(struct store *s, enum sql which, const struct db_value *v, size_t n,
	struct db_stmt **ret, struct err *err);
/* One that gives no rows; its first number, `none` without one; its first text, see page.h. */
MUST_CHECK enum errc store_do(
	struct store *s, enum sql which, const struct db_value *v, size_t n, struct err *err);
MUST_CHECK enum errc store_number(struct store *s, enum sql which, const struct db_value *v,
	size_t n, int64_t none, int64_t *ret, struct err *err);
MUST_CHECK enum errc store_words(struct store *s, enum sql which, const struct db_value *v,
	size_t n, char **ret, struct err *err);

/* One page of a statement that ends in PAGE: what follows the row whose column 0 is `after`. */
MUST_CHECK enum errc store_page(struct store *s, enum sql which, int64_t whose, int64_t after,
	struct page *ret, struct err *err);
/* Every row of such a statement, page by page: while `row` runs no statement is open,
 * and it may call the store. Its failure ends the walk and is returned. */
MUST_CHECK enum errc store_walk(struct store *s, enum sql which, int64_t whose,
	enum errc (*row)(void *self, const struct cell *c, struct err *err), void *self,
	struct err *err);

void store_free_statements(struct store *s);
/* Number of an interned text; 0 for an empty one. */
MUST_CHECK enum errc store_text(struct store *s, struct str text, int64_t *ret, struct err *err);
/* 0 is NULL: foreign text keys. */
struct db_value store_ref(int64_t id);

#endif
