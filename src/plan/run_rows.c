/* What a run made of each row, read back from the store: for the result CSV and the reports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/crypto.h"
#include "io/file.h"
#include "io/json.h"
#include "io/packed.h"
#include "model/program.h"
#include "model/snapshot.h"
#include "plan/run_rows.h"

/* Earlier versions kept it with the run. Caller frees; NULL: it is not kept any more. */
static char *find_spool(
	const struct store *store, const struct run_record *run, const struct json *frozen)
{
	char *digest = mem_dupz(json_text(json_get(frozen, "input_sha256"))), *folder, *own;
	char *path = store_input_path(store, digest, &folder);

	free(digest);
	free(folder);
	if (packed_is_there(path))
		return path;
	free(path);
	own = mem_printf("%s/runs/%s/input.csv", store_folder(store), run->name);
	if (file_is_regular(own))
		return own;
	free(own);
	return NULL;
}

/* Whether it is what its name says. What earlier versions kept has another one. */
static bool is_whole(const struct input *in)
{
	char digest[SHA256_HEX];
	struct err err;

	return !strstr(in->spool, in->digest) ||
	       (!packed_digest(in->spool, digest, &err) && strcmp(digest, in->digest) == 0);
}

enum errc run_input_check(const struct run_input *in, const struct run_record *run, struct err *err)
{
	if (in->gone)
		return err_set(err, ERR_NO_INPUT,
			"run %s: its list is not kept any more (keep: in the settings)", run->name);
	if (!is_whole(&in->input))
		return err_set(err, ERR_STORE,
			"run %s: its list, %s, is damaged; applying the same list again repairs it",
			run->name, in->input.spool);
	return ERR_OK;
}

char *run_input_path(struct store *store, const struct run_record *run)
{
	struct err err;
	struct json *j = NULL;
	char *frozen = NULL, *path = NULL;

	if (!store_run_frozen(store, run->id, &frozen, &err) &&
		!json_parse(&j, str_from(frozen), &err))
		path = mem_dupz(json_text(json_get(j, "input")));
	json_free(j);
	free(frozen);
	return path;
}

enum errc run_open_input(
	struct store *store, const struct run_record *run, struct run_input *ret, struct err *err)
{
	struct json *j;
	char *frozen, *spool;
	int64_t widest = 0, serial_at = 0;
	struct str delimiter;
	enum errc rc = store_run_frozen(store, run->id, &frozen, err);

	*ret = (struct run_input){ 0 };
	if (rc)
		return rc;
	rc = json_parse(&j, str_from(frozen), err);
	free(frozen);
	if (rc)
		return err_set(err, ERR_STORE, "run %s cannot be read", run->name);
	delimiter = json_text(json_get(j, "delimiter"));
	(void)json_int(json_get(j, "widest"), &widest);
	(void)json_int(json_get(j, "serial_at"), &serial_at);
	ret->widest = (size_t)widest;
	ret->path = mem_dupz(json_text(json_get(j, "input")));
	ret->undoes = mem_dupz(json_text(json_get(j, "undoes")));
	ret->again = mem_dupz(json_text(json_get(j, "again")));
	spool = find_spool(store, run, j);
	ret->gone = !spool;
	rc = input_reopen(&ret->input, spool ? spool : "", delimiter.n ? delimiter.p[0] : ',',
		spool && json_bool(json_get(j, "has_header"), false), (int)serial_at, err);
	if (rc == ERR_NO_INPUT || rc == ERR_INPUT)
		rc = ERR_OK; /* who needs its rows says so: run_input_check() */
	free(spool);
	(void)snprintf(ret->input.digest, sizeof(ret->input.digest), "%.*s",
		STR_FMT(json_text(json_get(j, "input_sha256"))));
	json_free(j);
	return rc;
}

void run_input_release(struct run_input *in)
{
	input_release(&in->input);
	free(in->path);
	free(in->undoes);
	free(in->again);
	in->path = in->undoes = in->again = NULL;
}

/* --- rows --- */

/* Texts are slots of `texts`. */
struct stored_device {
	uint32_t program, was, became, before, after, results, detail, evidence, attempts;
	uint8_t outcome, reason;
	/* Named by an open request that takes it off its server / brings it to one. */
	bool leaving, coming;
	int64_t finished_ms;
};

/* Rows stay in the store until they are asked for, there are so many. */
struct run_results {
	struct row_reader *rows;
	uint32_t n_rows, next;     /* next: the row the reader would give next */
	struct map texts, serials; /* serials: of devices, by index */
	struct stored_device *devices;
	uint32_t n_devices, cap_devices;
	struct open_move {
		int64_t id;
		bool off;
	} * moves; /* open requests that do so */
	uint32_t n_moves, cap_moves;
	struct buf steps, words, advice;
};

static uint32_t keep(struct run_results *r, struct str s)
{
	return map_add(&r->texts, s.n ? s : STR(""), NULL);
}

/* The words of a state as it is stored. */
static uint32_t keep_words(struct run_results *r, struct str stored)
{
	buf_reset(&r->words);
	snapshot_show(stored, &r->words);
	return keep(r, buf_view(&r->words));
}

static enum errc keep_device(void *self, const struct device_record *d, struct err *err)
{
	struct run_results *r = self;

	(void)err;
	(void)map_add(&r->serials, d->serial, NULL);
	MEM_GROW(r->devices, r->n_devices, r->cap_devices);
	r->devices[r->n_devices++] = (struct stored_device){
		.program = keep(r, d->program),
		.was = keep(r, d->before),
		.became = keep(r, d->after),
		.before = keep_words(r, d->before),
		.after = keep_words(r, d->after),
		.results = keep(r, d->results),
		.detail = keep(r, d->detail),
		.evidence = keep(r, d->evidence),
		.attempts = d->attempts,
		.finished_ms = d->finished_ms,
		.outcome = (uint8_t)d->outcome,
		.reason = (uint8_t)d->reason,
	};
	return ERR_OK;
}

static enum errc note_request(void *self, const struct request_record *q, struct err *err)
{
	const struct step_info *info = step_info((enum step_kind)q->kind);
	struct run_results *r = self;

	(void)err;
	if (!info->takes_off && !info->puts_back)
		return ERR_OK;
	MEM_GROW(r->moves, r->n_moves, r->cap_moves);
	r->moves[r->n_moves++] = (struct open_move){ q->id, info->takes_off };
	return ERR_OK;
}

struct moving {
	struct run_results *r;
	bool off;
};

static enum errc note_moving(void *self, struct str serial, uint32_t step, struct err *err)
{
	const struct moving *m = self;
	uint32_t i = map_find(&m->r->serials, serial);

	(void)step;
	(void)err;
	if (i != MAP_NONE && m->off)
		m->r->devices[i].leaving = true;
	else if (i != MAP_NONE)
		m->r->devices[i].coming = true;
	return ERR_OK;
}

/* The process that sent them may not have lived to say that they are in flight. */
static enum errc load_moving(
	struct run_results *r, struct store *store, int64_t run, struct err *err)
{
	enum errc rc = store_requests_open(store, run, note_request, r, err);

	for (uint32_t i = 0; i < r->n_moves && !rc; i++) {
		struct moving m = { r, r->moves[i].off };

		rc = store_request_devices(store, r->moves[i].id, note_moving, &m, err);
	}
	return rc;
}

enum errc run_results_load(
	struct store *store, int64_t run, struct run_results **ret, struct err *err)
{
	struct run_results *r = mem_zalloc(sizeof(*r));
	enum errc rc;

	r->rows = row_reader_open(store, run, 0);
	map_init(&r->texts, 0);
	map_init(&r->serials, 0);
	buf_init(&r->steps, 1024 * 1024);
	buf_init(&r->words, 64 * 1024);
	buf_init(&r->advice, 1024 * 1024);
	rc = store_devices(store, run, keep_device, r, err);
	if (!rc)
		rc = load_moving(r, store, run, err);
	if (!rc)
		rc = store_row_count(store, run, &r->n_rows, err);
	if (rc)
		run_results_free(r);
	else
		*ret = r;
	return rc;
}

void run_results_free(struct run_results *r)
{
	if (!r)
		return;
	row_reader_close(r->rows);
	map_release(&r->texts);
	map_release(&r->serials);
	buf_release(&r->steps);
	buf_release(&r->words);
	buf_release(&r->advice);
	free(r->devices);
	free(r->moves);
	free(r);
}

uint32_t run_results_count(const struct run_results *r)
{
	return r->n_rows;
}

/* The steps column needs the words, and which work steps belong to each of them. *ret_why: it is
 * off its server, or may be, and is to come back; REASON_NONE: neither. */
static enum errc describe(
	struct run_results *r, const struct stored_device *d, enum reason *ret_why, struct err *err)
{
	struct work_program p;
	struct program source;
	struct arena a;
	uint32_t at;
	enum errc rc;

	buf_reset(&r->steps);
	buf_reset(&r->advice);
	arena_init(&a);
	rc = program_decode(map_key(&r->texts, d->program), &a, &source, err);
	if (!rc) {
		struct str letters = arena_dup(&a, map_key(&r->texts, d->results));

		work_outline(&source, &a, &p);
		work_describe(&p, letters.p, &r->steps);
		buf_str(&r->advice, source.if_failed);
		if (work_put_back_due(&p, letters.p, &at))
			*ret_why = d->coming ? REASON_RUN_COMING_BACK : REASON_RUN_IN_FLIGHT;
		else if (d->leaving)
			*ret_why = REASON_STATE_REQUEST_OPEN;
	}
	arena_release(&a);
	return rc;
}

static enum errc read_row(
	struct run_results *r, uint32_t n, struct row_record *ret, struct err *err)
{
	bool more;
	enum errc rc;

	if (r->next != n)
		row_reader_seek(r->rows, n);
	rc = row_reader_next(r->rows, ret, &more, err);
	if (!rc && (!more || ret->n != n))
		rc = err_set(err, ERR_STORE, "row %u of the run is missing", n);
	r->next = rc ? MAP_NONE : n + 1;
	return rc;
}

/* Nothing was refused: the next apply learns what became of it. */
static bool goes_on(enum reason r)
{
	return r == REASON_RUN_COMING_BACK || r == REASON_STATE_REQUEST_OPEN;
}

/* What did not come to its end although everything was tried. */
static bool needs_advice(enum outcome o, enum reason r)
{
	return o == OUTCOME_FAILED || o == OUTCOME_UNVERIFIED || o == OUTCOME_RESTORED ||
	       o == OUTCOME_HELD || (o == OUTCOME_IN_FLIGHT && !goes_on(r));
}

enum errc run_results_row(struct run_results *r, uint32_t n, struct run_row *ret, struct err *err)
{
	const struct stored_device *d;
	struct row_record row;
	uint32_t device;
	enum reason away = REASON_NONE;
	bool cut;
	enum errc rc = read_row(r, n, &row, err);

	if (rc)
		return rc;
	*ret = (struct run_row){
		.outcome = (enum outcome)row.outcome,
		.reason = (enum reason)row.reason,
		.serial = row.serial,
		.line = (uint32_t)row.line,
		.rule = row.rule,
		.detail = row.detail,
		.finished_ms = TIME_NONE,
	};
	device = row.outcome == OUTCOME_PLANNED ? map_find(&r->serials, row.serial) : MAP_NONE;
	if (device == MAP_NONE)
		return ERR_OK;
	d = &r->devices[device];
	rc = describe(r, d, &away, err);
	if (rc)
		return rc;
	ret->outcome = (enum outcome)d->outcome;
	ret->reason = (enum reason)d->reason;
	/* What a run that was killed could not write. */
	cut = away && d->finished_ms == TIME_NONE && ret->outcome != OUTCOME_IN_FLIGHT;
	if (cut) {
		ret->outcome = OUTCOME_IN_FLIGHT;
		ret->reason = away;
	}
	ret->detail = map_key(&r->texts, d->detail);
	ret->was = map_key(&r->texts, d->was);
	ret->became = map_key(&r->texts, d->became);
	ret->before = map_key(&r->texts, d->before);
	ret->after = map_key(&r->texts, d->after);
	ret->evidence = map_key(&r->texts, d->evidence);
	ret->steps = buf_view(&r->steps);
	if (!cut && needs_advice(ret->outcome, ret->reason))
		ret->advice = buf_view(&r->advice);
	ret->attempts = d->attempts;
	ret->finished_ms = d->finished_ms;
	return ERR_OK;
}

void plan_row_name(const struct plan *p, uint32_t n, struct run_row *ret)
{
	ret->serial = input_serial(p->input, n);
	ret->line = input_line(p->input, n);
}

void plan_row(const struct plan *p, uint32_t n, struct buf *steps, struct buf *before,
	struct run_row *ret)
{
	const struct input_row row = input_row(p->input, n);
	const struct work_program *prog = plan_program(p, &row);
	uint32_t slot = plan_slot(p, &row);
	size_t n_steps = 0;

	buf_reset(steps);
	buf_reset(before);
	if (prog && row.outcome == OUTCOME_PLANNED) {
		work_describe(prog, NULL, steps);
		n_steps = steps->n;
		work_words(prog, steps);
	}
	if (slot != MAP_NONE)
		fleet_describe(p->opt->facts->fleet, slot, before);
	*ret = (struct run_row){
		.outcome = (enum outcome)row.outcome,
		.reason = (enum reason)row.reason,
		.rule = plan_rule_name(p, &row),
		.detail = plan_detail(p, &row),
		.steps = str_sub(buf_view(steps), 0, n_steps),
		.planned = str_sub(buf_view(steps), n_steps, steps->n - n_steps),
		.before = buf_view(before),
		.finished_ms = TIME_NONE,
	};
	plan_row_name(p, n, ret);
}
