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
	struct db_stmt *q;
	enum errc rc = db_prepare(s->db, sql, &q, err);

	if (rc)
		return rc;
	db_bind_int(q, 1, first);
	db_bind_int(q, 2, second);
	rc = db_run(q, err);
	db_stmt_free(q);
	return rc;
}

/* --- runs --- */

static enum errc find_runs(
	struct store *s, int64_t until_ms, int64_t *ret, uint32_t *ret_n, struct err *err)
{
	struct db_stmt *q;
	bool row;
	enum errc rc = db_prepare(s->db,
		"SELECT id FROM run WHERE frozen <> '" PRUNED "' AND id NOT IN (" KEPT_RUNS
		") ORDER BY id LIMIT ?2",
		&q, err);

	*ret_n = 0;
	if (rc)
		return rc;
	db_bind_int(q, 1, until_ms);
	db_bind_int(q, 2, RUNS_AT_ONCE);
	while (!(rc = db_step(q, &row, err)) && row && *ret_n < RUNS_AT_ONCE)
		ret[(*ret_n)++] = db_col_int(q, 0);
	db_reset(q);
	db_stmt_free(q);
	return rc;
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
	int64_t runs[RUNS_AT_ONCE];
	enum errc rc = find_runs(s, before(p, p->runs_ms), runs, &ret->runs, err);

	for (uint32_t i = 0; i < ret->runs && !rc; i++)
		rc = prune_run(s, runs[i], err);
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
	struct db_stmt *q;
	enum errc rc = db_prepare(s->db,
		"SELECT id || ' ' || hash || ' ' || at FROM event WHERE id < (SELECT min(id) FROM "
		"event WHERE at >= ?1 OR run IN (" KEPT_RUNS ") OR id = (SELECT max(id) FROM "
		"event)) ORDER BY id DESC LIMIT 1",
		&q, err);

	if (rc)
		return rc;
	db_bind_int(q, 1, until_ms);
	rc = page_one_text(q, ret, err);
	db_stmt_free(q);
	return rc;
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

/* Contents that some run needs still. */
static enum errc find_needed(struct store *s, int64_t until_ms, struct map *ret, struct err *err)
{
	struct db_stmt *q;
	bool row;
	enum errc rc = db_prepare(s->db,
		"SELECT json_extract(frozen, '$.input_sha256') FROM run WHERE id IN (" KEPT_RUNS
		") AND frozen <> '" PRUNED "'",
		&q, err);

	if (rc)
		return rc;
	db_bind_int(q, 1, until_ms);
	while (!(rc = db_step(q, &row, err)) && row)
		if (db_col_str(q, 0).n)
			(void)map_add(ret, db_col_str(q, 0), NULL);
	db_stmt_free(q);
	return rc;
}

static bool remove_in(const char *folder, const char *middle, const char *name, const char *file)
{
	char *path;
	bool removed;

	if (asprintf(&path, "%s/%s/%s%s", folder, middle, name, file) < 0)
		abort();
	removed = unlink(path) == 0;
	free(path);
	return removed;
}

static uint32_t remove_unneeded(const struct store *s, const struct map *needed)
{
	struct dirent *entry;
	uint32_t n = 0;
	char *path;
	DIR *dir;

	if (asprintf(&path, "%s/inputs", s->folder) < 0)
		abort();
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

/* Those of before inputs were kept by content. */
static enum errc remove_old(struct store *s, int64_t until_ms, uint32_t *n, struct err *err)
{
	struct db_stmt *q;
	bool row;
	enum errc rc = db_prepare(
		s->db, "SELECT name FROM run WHERE id NOT IN (" KEPT_RUNS ")", &q, err);

	if (rc)
		return rc;
	db_bind_int(q, 1, until_ms);
	while (!(rc = db_step(q, &row, err)) && row) {
		char *name = mem_dupz(db_col_str(q, 0));

		*n += remove_in(s->folder, "runs", name, "/input.csv");
		free(name);
	}
	db_stmt_free(q);
	return rc;
}

static enum errc prune_inputs(
	struct store *s, const struct prune *p, struct pruned *ret, struct err *err)
{
	int64_t until = before(p, p->inputs_ms);
	struct map needed;
	enum errc rc;

	map_init(&needed, 0);
	rc = find_needed(s, until, &needed, err);
	if (!rc) {
		ret->inputs = remove_unneeded(s, &needed);
		rc = remove_old(s, until, &ret->inputs, err);
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
	if (!rc)
		rc = store_commit(s, err);
	if (rc)
		store_rollback(s);
	if (!rc && p->inputs_ms)
		rc = prune_inputs(s, p, ret, err);
	return rc;
}
