#include "store/prune.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/time.h"
#include "model/outcome.h"
#include "model/step.h"
#include "store/sql.h"

enum { RUNS_AT_ONCE = 100, EVENT_BYTES = 1024 };

/* Runs that may not be touched. ?1: runs that ended later than this are too young. */
#define KEPT_RUNS                                                                                  \
	"SELECT id FROM run WHERE state = 0 OR coalesce(finished, created) >= ?1 OR id = (SELECT " \
	"max(id) FROM run) UNION SELECT run FROM custody UNION SELECT run FROM deed WHERE state "  \
	"= 0 UNION SELECT q.run FROM intent i JOIN request q ON q.id = i.request"
#define PRUNED "{\"pruned\":true}"

static int64_t before(const struct prune *p, int64_t age_ms)
{
	return p->now_ms - (age_ms > PRUNE_LEAST_MS ? age_ms : PRUNE_LEAST_MS);
}

/* A statement with numbers ?1 and ?2. */
static enum errc run_with(
	struct store *s, const char *sql, int64_t first, int64_t second, struct err *err)
{
	return db_do(s->db, sql, DB_VALUES(db_int(first), db_int(second)), err);
}

/* --- runs --- */

struct found_runs {
	int64_t id[RUNS_AT_ONCE];
	uint32_t n;
};

static enum errc take_run(void *self, struct db_stmt *q, struct err *err)
{
	struct found_runs *f = self;

	(void)err;
	f->id[f->n++] = db_col_int(q, 0);
	return ERR_OK;
}

/* What is done stays as long as nothing of the same rule was done to the device later. */
static enum errc prune_run(struct store *s, int64_t run, struct err *err)
{
	static const char *const sql[] = {
		"DELETE FROM row WHERE run = ?1 AND ?2 >= 0",
		"DELETE FROM device WHERE run = ?1 AND NOT (outcome = ?2 AND NOT EXISTS (SELECT 1 "
		"FROM device o WHERE o.serial = device.serial AND o.rule IS device.rule AND "
		"o.outcome = ?2 AND o.run > ?1))",
		"DELETE FROM request_device WHERE ?2 >= 0 AND request IN (SELECT id FROM request "
		"WHERE run = ?1 AND state IN (2, 4) AND id NOT IN (SELECT request FROM deed))",
		"DELETE FROM request WHERE ?2 >= 0 AND run = ?1 AND state IN (2, 4) AND id NOT IN "
		"(SELECT request FROM deed)",
		"UPDATE run SET frozen = '" PRUNED "', identity = '' WHERE id = ?1 AND ?2 >= 0",
	};
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < sizeof(sql) / sizeof(*sql) && !rc; i++)
		rc = run_with(s, sql[i], run, OUTCOME_DONE, err);
	return rc;
}

static enum errc prune_runs(
	struct store *s, const struct prune *p, struct pruned *ret, struct err *err)
{
	struct found_runs f = { .n = 0 };
	enum errc rc = db_each(s->db,
		"SELECT id FROM run WHERE frozen <> '" PRUNED "' AND id NOT IN (" KEPT_RUNS
		") ORDER BY id LIMIT ?2",
		DB_VALUES(db_int(before(p, p->runs_ms)), db_int(RUNS_AT_ONCE)), take_run, &f, err);

	ret->runs = f.n;
	for (uint32_t i = 0; i < f.n && !rc; i++)
		rc = prune_run(s, f.id[i], err);
	if (rc || !ret->runs)
		return rc;
	return db_exec(s->db,
		"DELETE FROM text WHERE id NOT IN (SELECT rule FROM row WHERE rule IS NOT NULL "
		"UNION SELECT detail FROM row WHERE detail IS NOT NULL UNION SELECT rule FROM "
		"device WHERE rule IS NOT NULL UNION SELECT program FROM device WHERE program IS "
		"NOT NULL UNION SELECT before FROM device WHERE before IS NOT NULL UNION SELECT "
		"start FROM device WHERE start IS NOT NULL UNION SELECT home FROM device WHERE "
		"home IS NOT NULL UNION SELECT after FROM device WHERE after IS NOT NULL UNION "
		"SELECT detail FROM device WHERE detail IS NOT NULL)",
		err);
}

/* --- the audit trail --- */

/* The last event that may go: the one before the first that has to stay. *ret: "NUMBER HASH TIME";
 * NULL: none may. */
static enum errc find_cut(struct store *s, int64_t until_ms, char **ret, struct err *err)
{
	return page_once_text(s->db,
		"SELECT id || ' ' || hash || ' ' || at FROM event WHERE id < (SELECT min(id) FROM "
		"event WHERE at >= ?1 OR run IN (" KEPT_RUNS ") OR id = (SELECT max(id) FROM "
		"event)) ORDER BY id DESC LIMIT 1",
		DB_VALUES(db_int(until_ms)), ret, err);
}

/* Whoever said yes, and what a person ended, stays without its neighbours. */
static enum errc prune_events(
	struct store *s, const struct prune *p, struct pruned *ret, struct err *err)
{
	struct anchor cut = { 0 }, old;
	char *text = NULL;
	enum errc rc = store_anchor(s, &old, err);

	if (!rc)
		rc = find_cut(s, before(p, p->events_ms), &text, err);
	if (rc || !text)
		return rc;
	store_anchor_of(str_from(text), &cut);
	if (cut.n > old.n) {
		rc = run_with(s,
			"DELETE FROM event WHERE id <= ?1 AND id > ?2 AND kind NOT IN ('run', "
			"'continue', 'forget')",
			cut.n, old.n, err);
		ret->events = rc ? 0 : db_changes(s->db);
		if (!rc)
			rc = store_meta_put(s, "events.anchor", str_from(text), err);
	}
	free(text);
	return rc;
}

/* --- inputs --- */

static enum errc take_needed(void *self, struct db_stmt *q, struct err *err)
{
	(void)err;
	if (db_col_str(q, 0).n)
		(void)map_add(self, db_col_str(q, 0), NULL);
	return ERR_OK;
}

static bool remove_in(const char *folder, const char *middle, const char *name, const char *file)
{
	bool removed;
	char *path = mem_printf("%s/%s/%s%s", folder, middle, name, file);

	removed = unlink(path) == 0;
	free(path);
	return removed;
}

static uint32_t remove_unneeded(const struct store *s, const struct map *needed)
{
	struct dirent *entry;
	uint32_t n = 0;
	DIR *dir;
	char *path = mem_printf("%s/inputs", s->folder);

	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		struct str digest = str_from(entry->d_name);

		digest = str_cut(&digest, '.');
		if (digest.n && map_find(needed, digest) == MAP_NONE)
			n += remove_in(s->folder, "inputs", entry->d_name, "");
	}
	if (dir)
		(void)closedir(dir);
	free(path);
	return n;
}

struct removing {
	const struct store *store;
	uint32_t *n;
};

static enum errc remove_old(void *self, struct db_stmt *q, struct err *err)
{
	const struct removing *r = self;
	char *name = mem_dupz(db_col_str(q, 0));

	(void)err;
	*r->n += remove_in(r->store->folder, "runs", name, "/input.csv");
	free(name);
	return ERR_OK;
}

/* By content, but for those of the runs that some run needs still; and those of before inputs were
 * kept so. */
static enum errc prune_inputs(
	struct store *s, const struct prune *p, struct pruned *ret, struct err *err)
{
	struct db_value until = db_int(before(p, p->inputs_ms));
	struct removing r = { s, &ret->inputs };
	struct map needed;
	enum errc rc;

	map_init(&needed, 0);
	rc = db_each(s->db,
		"SELECT json_extract(frozen, '$.input_sha256') FROM run WHERE id IN (" KEPT_RUNS
		") AND frozen <> '" PRUNED "'",
		&until, 1, take_needed, &needed, err);
	if (!rc) {
		ret->inputs = remove_unneeded(s, &needed);
		rc = db_each(s->db, "SELECT name FROM run WHERE id NOT IN (" KEPT_RUNS ")", &until,
			1, remove_old, &r, err);
	}
	map_release(&needed);
	return rc;
}

/* --- all of it --- */

static enum errc prune_ledger(
	struct store *s, const struct prune *p, struct pruned *ret, struct err *err)
{
	char text[EVENT_BYTES];
	enum errc rc = p->runs_ms ? prune_runs(s, p, ret, err) : ERR_OK;

	if (!rc && p->events_ms)
		rc = prune_events(s, p, ret, err);
	if (rc || (!ret->runs && !ret->events))
		return rc;
	(void)snprintf(
		text, sizeof(text), "runs=%u events=%lld", ret->runs, (long long)ret->events);
	return store_event(s, 0, p->now_ms, "prune", str_from(text), err);
}

enum errc store_prune(struct store *s, const struct prune *p, struct pruned *ret, struct err *err)
{
	enum errc rc;

	*ret = (struct pruned){ 0 };
	if (!p->inputs_ms && !p->runs_ms && !p->events_ms)
		return ERR_OK;
	rc = store_begin(s, err);
	if (rc)
		return rc;
	rc = prune_ledger(s, p, ret, err);
	rc = store_end(s, rc, err);
	if (!rc && p->inputs_ms)
		rc = prune_inputs(s, p, ret, err);
	return rc;
}
