#include "store/history.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "model/outcome.h"
#include "store/sql.h"

/* One question for all: kind, time, run, rule, detail, outcome, reason, before, after, evidence,
 * step, state, target, activity, event. A row that was planned is told by its device. */
static const char question[] =
	"SELECT 1 AS kind, u.created AS at, u.name, t.s, d.s, r.outcome, r.reason, NULL, NULL, "
	"NULL, "
	"NULL, NULL, NULL, NULL, NULL FROM row r JOIN run u ON u.id = r.run "
	"LEFT JOIN text t ON t.id = r.rule LEFT JOIN text d ON d.id = r.detail "
	"WHERE r.serial = ?1 AND r.outcome <> ?2 "
	"UNION ALL SELECT 2, coalesce(v.finished, u.created), u.name, t.s, d.s, v.outcome, "
	"v.reason, "
	"b.s, a.s, v.evidence, NULL, NULL, NULL, NULL, NULL FROM device v JOIN run u ON u.id = "
	"v.run "
	"LEFT JOIN text t ON t.id = v.rule LEFT JOIN text d ON d.id = v.detail "
	"LEFT JOIN text b ON b.id = v.before LEFT JOIN text a ON a.id = v.after "
	"WHERE v.serial = ?1 "
	"UNION ALL SELECT 3, q.intent, u.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, q.kind, "
	"q.state, q.target, q.activity, NULL FROM request_device x JOIN request q ON q.id = "
	"x.request "
	"LEFT JOIN run u ON u.id = q.run WHERE x.serial = ?1 "
	"UNION ALL SELECT 0, e.at, u.name, NULL, e.text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
	"NULL, NULL, e.kind FROM event e LEFT JOIN run u ON u.id = e.run "
	"WHERE (e.kind = 'forget' AND instr(e.text, '\"' || ?1 || '\"') > 0) "
	"OR (e.kind IN ('run', 'continue') AND e.run IN (SELECT run FROM row WHERE serial = ?1)) "
	"ORDER BY at, kind";

static struct str text_at(struct history *h, struct db_stmt *q, int at)
{
	return db_col_is_null(q, at) ? STR("") : arena_dup(&h->arena, db_col_str(q, at));
}

static enum errc take_entry(void *self, struct db_stmt *q, struct err *err)
{
	struct history *h = self;

	(void)err;
	MEM_GROW(h->v, h->n, h->cap);
	h->v[h->n++] = (struct history_entry){
		.kind = (enum history_kind)db_col_int(q, 0),
		.at_ms = db_col_is_null(q, 1) ? TIME_NONE : db_col_int(q, 1),
		.run = text_at(h, q, 2),
		.rule = text_at(h, q, 3),
		.detail = text_at(h, q, 4),
		.outcome = (int)db_col_int(q, 5),
		.reason = (int)db_col_int(q, 6),
		.before = text_at(h, q, 7),
		.after = text_at(h, q, 8),
		.evidence = text_at(h, q, 9),
		.step = (int)db_col_int(q, 10),
		.state = (enum request_state)db_col_int(q, 11),
		.target = text_at(h, q, 12),
		.activity = text_at(h, q, 13),
		.event = text_at(h, q, 14),
	};
	return ERR_OK;
}

enum errc store_history(struct store *s, struct str serial, struct history *ret, struct err *err)
{
	*ret = (struct history){ 0 };
	arena_init(&ret->arena);
	return db_each(s->db, question, DB_VALUES(db_str(serial), db_int(OUTCOME_PLANNED)),
		take_entry, ret, err);
}

void history_release(struct history *h)
{
	free(h->v);
	arena_release(&h->arena);
	*h = (struct history){ 0 };
}
