#include "store/ledger.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/time.h"
#include "io/json.h"
#include "model/outcome.h"
#include "store/sql.h"

enum { EVENT_TEXT_BYTES = 64 * 1024 };

/* What is open is little, so statements are made when they are needed. */

/* Runs a statement about a request and a device of it: ?1 and ?2. */
static enum errc run_about(
	struct store *s, const char *sql, int64_t request, struct str serial, struct err *err)
{
	return db_do(s->db, sql, DB_VALUES(db_int(request), db_str(serial)), err);
}

static int64_t time_at(struct db_stmt *q, int at)
{
	return db_col_is_null(q, at) ? TIME_NONE : db_col_int(q, at);
}

static struct str text_at(struct db_stmt *q, int at, struct arena *a)
{
	struct str s = db_col_str(q, at);

	return s.n ? arena_dup(a, s) : STR("");
}

/* Hands each row to `take`, which copies it: those of all devices, or of the one that is ?1. Two
 * statements, since SQLite uses no index for one that serves both. */
static enum errc read_of(struct store *s, struct str serial, const char *all, const char *of_one,
	db_row_fn *take, void *self, struct err *err)
{
	return serial.n ? db_each(s->db, of_one, DB_VALUES(db_str(serial)), take, self, err)
			: db_each(s->db, all, DB_NO_VALUES, take, self, err);
}

/* --- open intents --- */

struct intents_reader {
	struct ledger_intents in;
	size_t cap;
};

static enum errc take_intent(void *self, struct db_stmt *q, struct err *err)
{
	struct intents_reader *r = self;
	struct arena *a = &r->in.arena;

	(void)err;
	MEM_GROW(r->in.v, r->in.n, r->cap);
	r->in.v[r->in.n++] = (struct ledger_intent){
		.request = db_col_int(q, 0),
		.run = db_col_int(q, 1),
		.kind = (int)db_col_int(q, 2),
		.state = (enum request_state)db_col_int(q, 3),
		.run_name = text_at(q, 4, a),
		.serial = text_at(q, 5, a),
		.target = text_at(q, 6, a),
		.activity = text_at(q, 7, a),
		.intent_ms = db_col_int(q, 8),
		.sent_ms = time_at(q, 9),
		.boot = text_at(q, 10, a),
		.boot_ms = db_col_int(q, 11),
	};
	return ERR_OK;
}

#define SELECT_INTENTS                                                                  \
	"SELECT r.id, r.run, r.kind, r.state, u.name, i.serial, r.target, r.activity, " \
	"r.intent, r.sent, r.boot, r.boot_ms FROM intent i JOIN request r ON r.id = "   \
	"i.request LEFT JOIN run u ON u.id = r.run "
#define IN_ORDER "ORDER BY i.request, i.serial" /* by r.id it would go through all requests */

enum errc ledger_intents(
	struct store *s, struct str serial, struct ledger_intents *ret, struct err *err)
{
	struct intents_reader r = { 0 };
	enum errc rc;

	arena_init(&r.in.arena);
	rc = read_of(s, serial, SELECT_INTENTS IN_ORDER,
		SELECT_INTENTS "WHERE i.serial = ?1 " IN_ORDER, take_intent, &r, err);
	*ret = r.in;
	return rc;
}

void ledger_intents_release(struct ledger_intents *in)
{
	free(in->v);
	arena_release(&in->arena);
	*in = (struct ledger_intents){ 0 };
}

enum errc ledger_open(struct store *s, int64_t request, struct err *err)
{
	return db_do(s->db,
		"INSERT OR IGNORE INTO intent(serial, request) SELECT serial, request "
		"FROM request_device WHERE request = ?1",
		DB_VALUES(db_int(request)), err);
}

enum errc ledger_close(struct store *s, int64_t request, struct str serial, struct err *err)
{
	return serial.n ? run_about(s, "DELETE FROM intent WHERE request = ?1 AND serial = ?2",
				  request, serial, err)
			: db_do(s->db, "DELETE FROM intent WHERE request = ?1",
				  DB_VALUES(db_int(request)), err);
}

enum errc ledger_close_all(struct store *s, struct str serial, struct err *err)
{
	return db_do(s->db, "DELETE FROM intent WHERE serial = ?1", DB_VALUES(db_str(serial)), err);
}

enum errc ledger_count_from(
	struct store *s, int64_t request, struct str boot, int64_t boot_ms, struct err *err)
{
	return db_do(s->db, "UPDATE request SET boot = ?2, boot_ms = ?3 WHERE id = ?1",
		DB_VALUES(db_int(request), db_str(boot), db_int(boot_ms)), err);
}

/* --- devices off their servers --- */

struct custodies_reader {
	struct ledger_custodies c;
	size_t cap;
};

static enum errc take_custody(void *self, struct db_stmt *q, struct err *err)
{
	struct custodies_reader *r = self;
	struct arena *a = &r->c.arena;

	(void)err;
	MEM_GROW(r->c.v, r->c.n, r->cap);
	r->c.v[r->c.n++] = (struct ledger_custody){
		.serial = text_at(q, 0, a),
		.home = text_at(q, 1, a),
		.target = text_at(q, 2, a),
		.run = db_col_int(q, 3),
		.since_ms = db_col_int(q, 4),
		.run_name = text_at(q, 5, a),
	};
	return ERR_OK;
}

#define SELECT_CUSTODIES                                                                 \
	"SELECT c.serial, c.home, c.target, c.run, c.since, u.name FROM custody c LEFT " \
	"JOIN run u ON u.id = c.run "

enum errc ledger_custodies(
	struct store *s, struct str serial, struct ledger_custodies *ret, struct err *err)
{
	struct custodies_reader r = { 0 };
	enum errc rc;

	arena_init(&r.c.arena);
	rc = read_of(s, serial, SELECT_CUSTODIES "ORDER BY c.since, c.serial",
		SELECT_CUSTODIES "WHERE c.serial = ?1", take_custody, &r, err);
	*ret = r.c;
	return rc;
}

void ledger_custodies_release(struct ledger_custodies *c)
{
	free(c->v);
	arena_release(&c->arena);
	*c = (struct ledger_custodies){ 0 };
}

enum errc ledger_in_custody(struct store *s, struct str serial, bool *ret, struct err *err)
{
	struct ledger_custodies c = { 0 };
	enum errc rc = ledger_custodies(s, serial, &c, err);

	*ret = c.n > 0;
	ledger_custodies_release(&c);
	return rc;
}

enum errc ledger_take(struct store *s, const struct ledger_custody *c, struct err *err)
{
	return db_do(s->db,
		"INSERT OR IGNORE INTO custody(serial, home, target, run, since) "
		"VALUES(?1, ?2, ?3, ?4, ?5)",
		DB_VALUES(db_str(c->serial), db_str(c->home), db_str(c->target), db_int(c->run),
			db_int(c->since_ms)),
		err);
}

enum errc ledger_let_go(struct store *s, struct str serial, struct err *err)
{
	return db_do(
		s->db, "DELETE FROM custody WHERE serial = ?1", DB_VALUES(db_str(serial)), err);
}

/* --- what cannot be undone --- */

struct deeds_reader {
	struct ledger_deeds d;
	size_t cap;
};

static enum errc take_deed(void *self, struct db_stmt *q, struct err *err)
{
	struct deeds_reader *r = self;
	struct arena *a = &r->d.arena;

	(void)err;
	MEM_GROW(r->d.v, r->d.n, r->cap);
	r->d.v[r->d.n++] = (struct ledger_deed){
		.kind = (int)db_col_int(q, 0),
		.state = (enum deed_state)db_col_int(q, 1),
		.serial = text_at(q, 2, a),
		.incarnation = text_at(q, 3, a),
		.run = db_col_int(q, 4),
		.request = db_col_int(q, 5),
		.at_ms = db_col_int(q, 6),
		.run_name = text_at(q, 7, a),
	};
	return ERR_OK;
}

#define SELECT_DEEDS                                                                            \
	"SELECT d.kind, d.state, d.serial, d.incarnation, d.run, d.request, d.at, u.name FROM " \
	"deed d LEFT JOIN run u ON u.id = d.run"
#define OLDEST_FIRST " ORDER BY d.at, d.serial"

static enum errc read_deeds(struct store *s, const char *sql, const struct db_value *v, size_t n,
	struct ledger_deeds *ret, struct err *err)
{
	struct deeds_reader r = { 0 };
	enum errc rc;

	arena_init(&r.d.arena);
	rc = db_each(s->db, sql, v, n, take_deed, &r, err);
	*ret = r.d;
	return rc;
}

enum errc ledger_deeds(
	struct store *s, struct str serial, struct ledger_deeds *ret, struct err *err)
{
	return serial.n ? read_deeds(s, SELECT_DEEDS " WHERE d.serial = ?1" OLDEST_FIRST,
				  DB_VALUES(db_str(serial)), ret, err)
			: read_deeds(s, SELECT_DEEDS OLDEST_FIRST, DB_NO_VALUES, ret, err);
}

enum errc ledger_deeds_open(struct store *s, int64_t run, struct ledger_deeds *ret, struct err *err)
{
	return read_deeds(s,
		SELECT_DEEDS " WHERE d.state = 0 AND d.serial IN (SELECT serial FROM row WHERE "
			     "run = ?1)" OLDEST_FIRST,
		DB_VALUES(db_int(run)), ret, err);
}

enum errc ledger_deeds_late(struct store *s, struct ledger_deeds *ret, struct err *err)
{
	return read_deeds(s,
		SELECT_DEEDS " WHERE d.state = 0 AND NOT EXISTS (SELECT 1 FROM request r "
			     "WHERE r.id = d.request AND r.state IN (0, 1, 3)) AND NOT EXISTS "
			     "(SELECT 1 FROM intent i WHERE i.request = d.request AND "
			     "i.serial = d.serial)" OLDEST_FIRST,
		DB_NO_VALUES, ret, err);
}

void ledger_deeds_release(struct ledger_deeds *d)
{
	free(d->v);
	arena_release(&d->arena);
	*d = (struct ledger_deeds){ 0 };
}

enum errc ledger_deed_put(struct store *s, const struct ledger_deed *d, struct err *err)
{
	return db_do(s->db,
		"INSERT INTO deed(kind, serial, incarnation, state, run, request, at) "
		"VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(serial, kind, incarnation) DO "
		"UPDATE SET state = ?4, run = ?5, request = ?6, at = ?7",
		DB_VALUES(db_int(d->kind), db_str(d->serial),
			db_str(d->incarnation.n ? d->incarnation : STR("")), db_int(d->state),
			db_int(d->run), db_int(d->request), db_int(d->at_ms)),
		err);
}

enum errc ledger_deed_done(struct store *s, int64_t request, struct str serial, struct err *err)
{
	return run_about(s, "UPDATE deed SET state = 1 WHERE request = ?1 AND serial = ?2", request,
		serial, err);
}

enum errc ledger_deed_undo(struct store *s, int64_t request, struct str serial, struct err *err)
{
	return run_about(s, "DELETE FROM deed WHERE request = ?1 AND serial = ?2 AND state = 0",
		request, serial, err);
}

/* --- persons --- */

/* Its rows of the runs that are open about it are for a person from now on, and so are those of any
 * run that only wait for what was open. */
static enum errc settle_rows(struct store *s, struct str serial, int64_t now_ms, struct err *err)
{
	const struct db_value v[] = { db_str(serial), db_int(OUTCOME_MANUAL),
		db_int(REASON_RUN_FORGOTTEN), db_int(REASON_STATE_REQUEST_OPEN), db_int(now_ms) };
	enum errc rc = db_do(s->db,
		"UPDATE device SET outcome = ?2, reason = ?3, finished = ?5 WHERE serial = ?1 AND "
		"((finished IS NULL AND run IN (SELECT r.run FROM intent i JOIN request r ON r.id "
		"= i.request WHERE i.serial = ?1 UNION SELECT run FROM custody WHERE serial = ?1 "
		"UNION SELECT run FROM deed WHERE serial = ?1 AND state = 0)) OR reason = ?4)",
		v, 5, err);

	return rc ? rc
		  : db_do(s->db,
			    "UPDATE row SET outcome = ?2, reason = ?3 WHERE serial = ?1 AND "
			    "reason = ?4 AND run IN (SELECT id FROM run WHERE state = 0)",
			    v, 4, err);
}

static enum errc forget_from(
	struct store *s, const char *sql, struct str serial, uint32_t *n, struct err *err)
{
	enum errc rc = db_do(s->db, sql, DB_VALUES(db_str(serial)), err);

	if (!rc)
		*n += (uint32_t)db_changes(s->db);
	return rc;
}

static void describe_forgotten(
	struct str serial, struct str reason, struct str who, uint32_t n, struct buf *out)
{
	struct json_out o;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_put_str(&o, "serial", serial);
	json_put_str(&o, "reason", reason);
	json_put_str(&o, "who", who);
	json_put_int(&o, "ended", n);
	json_obj_end(&o);
}

enum errc ledger_forget(struct store *s, struct str serial, struct str reason, struct str who,
	int64_t now_ms, uint32_t *ret_n, struct err *err)
{
	static const char *const from[] = {
		"DELETE FROM intent WHERE serial = ?1",
		"DELETE FROM custody WHERE serial = ?1",
		"DELETE FROM deed WHERE serial = ?1 AND state = 0",
		"DELETE FROM wait WHERE serial = ?1",
	};
	uint32_t n = 0;
	struct buf text;
	enum errc rc = store_begin(s, err);

	if (rc)
		return rc;
	rc = settle_rows(s, serial, now_ms, err);
	for (size_t i = 0; i < sizeof(from) / sizeof(*from) && !rc; i++)
		rc = forget_from(s, from[i], serial, &n, err);
	buf_init(&text, EVENT_TEXT_BYTES);
	describe_forgotten(serial, reason, who, n, &text);
	if (!rc)
		rc = buf_check(&text, "the reason", err);
	if (!rc)
		rc = store_event(s, 0, now_ms, "forget", buf_view(&text), err);
	buf_release(&text);
	rc = store_end(s, rc, err);
	if (!rc)
		*ret_n = n;
	return rc;
}

/* "SINCE REASON"; empty: not paused. */
static enum errc set_pause(struct store *s, struct str value, struct str who, const char *kind,
	struct str reason, int64_t now_ms, struct err *err)
{
	enum errc rc = store_begin(s, err);

	if (rc)
		return rc;
	rc = store_meta_put(s, "pause", value, err);
	if (!rc)
		rc = store_meta_put(s, "pause_by", who, err);
	if (!rc)
		rc = store_event(s, 0, now_ms, kind, reason, err);
	return store_end(s, rc, err);
}

enum errc ledger_pause(
	struct store *s, struct str reason, struct str who, int64_t now_ms, struct err *err)
{
	struct ledger_pause p;
	char value[sizeof(p.reason) + 24];

	if (reason.n >= sizeof(p.reason))
		return err_set(
			err, ERR_LIMIT, "a reason has at most %zu bytes", sizeof(p.reason) - 1);
	(void)snprintf(value, sizeof(value), "%lld %.*s", (long long)now_ms, (int)reason.n,
		reason.n ? reason.p : "");
	return set_pause(
		s, str_from(value), str_head(who, sizeof(p.by) - 1), "pause", reason, now_ms, err);
}

enum errc ledger_resume(struct store *s, int64_t now_ms, struct err *err)
{
	return set_pause(s, STR(""), STR(""), "resume", STR(""), now_ms, err);
}

static enum errc take_pause(void *self, struct db_stmt *q, struct err *err)
{
	struct ledger_pause *p = self;
	struct str reason = db_col_str(q, 0), since = str_cut(&reason, ' ');
	uint64_t at;

	(void)err;
	if (!str_to_u64(since, &at))
		return ERR_OK;
	p->paused = true;
	p->since_ms = (int64_t)at;
	(void)snprintf(
		p->reason, sizeof(p->reason), "%.*s", (int)reason.n, reason.n ? reason.p : "");
	return ERR_OK;
}

static enum errc take_pauser(void *self, struct db_stmt *q, struct err *err)
{
	struct ledger_pause *p = self;
	struct str who = db_col_str(q, 0);

	(void)err;
	(void)snprintf(p->by, sizeof(p->by), "%.*s", (int)who.n, who.n ? who.p : "");
	return ERR_OK;
}

enum errc ledger_paused(struct store *s, struct ledger_pause *ret, struct err *err)
{
	struct ledger_pause p = { .since_ms = TIME_NONE };
	enum errc rc = db_each(s->db, "SELECT value FROM meta WHERE key = 'pause'", DB_NO_VALUES,
		take_pause, &p, err);

	if (!rc)
		rc = db_each(s->db, "SELECT value FROM meta WHERE key = 'pause_by'", DB_NO_VALUES,
			take_pauser, &p, err);
	if (!rc)
		*ret = p;
	return rc;
}
