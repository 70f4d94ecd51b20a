#include "run/job.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "model/program.h"

enum { ACCOUNT_REFUSALS = 5 };

/* --- loading --- */

static const char *keep(struct job *j, struct str s)
{
	return s.n ? arena_dup(&j->arena, s).p : NULL;
}

/* The UEM's record of the device, as it was before. */
static void take_record(struct job *j, struct job_device *d, struct str before)
{
	struct snapshot s;

	snapshot_decode(before, &j->arena, &s);
	d->record = snapshot_text(&s, SNAPSHOT_RECORD);
	if (s.v[SNAPSHOT_RECORD].state == VALUE_UNREAD)
		d->record_state = RECORD_UNREAD;
	else if (snapshot_is(&s, SNAPSHOT_RECORD, STR_NONE))
		d->record_state = RECORD_NONE;
	else
		d->record_state = (uint8_t)work_record_state(
			snapshot_word(&s, SNAPSHOT_RECORD), snapshot_word(&s, SNAPSHOT_ENROLLMENT));
}

static enum errc load_device(void *self, const struct device_record *rec, struct err *err)
{
	struct job *j = self;
	struct job_device d = {
		.slot = fleet_add(j->fleet, rec->serial),
		.program = map_add(&j->texts, rec->program, NULL),
		.start = fleet_server_by_id(j->fleet, rec->start),
		.home = fleet_server_by_id(j->fleet, rec->home),
		.wave = rec->wave,
		.listed = rec->listed,
		.attempts = rec->attempts,
		.results = arena_alloc(&j->arena, WORK_MAX_STEPS + 1),
		.detail = keep(j, rec->detail),
		.evidence = keep(j, rec->evidence),
		.after = keep(j, rec->after),
		.rule = arena_dup(&j->arena, rec->rule),
		.finished_ms = rec->finished_ms,
		.intent_ms = TIME_NONE,
		.outcome = (uint8_t)rec->outcome,
		.reason = (uint8_t)rec->reason,
		.settled = rec->finished_ms != TIME_NONE,
	};

	(void)err;
	take_record(j, &d, rec->before);
	(void)snprintf(d.results, WORK_MAX_STEPS + 1, "%.*s", (int)rec->results.n, rec->results.p);
	if (d.wave >= j->n_waves)
		j->n_waves = d.wave + 1;
	MEM_GROW(j->devices, j->n, j->cap);
	j->devices[j->n++] = d;
	return ERR_OK;
}

static enum errc compile_programs(struct job *j, struct err *err)
{
	struct program source;
	enum errc rc = ERR_OK;

	j->n_programs = j->texts.n;
	j->programs = mem_zalloc(j->n_programs * sizeof(*j->programs));
	for (uint32_t i = 0; i < j->n_programs && !rc; i++) {
		rc = program_decode(map_key(&j->texts, i), &j->arena, &source, err);
		if (!rc && work_uses_profiles(&source))
			rc = facts_profiles(j->facts, err);
		if (!rc)
			rc = work_compile(j->fleet, &source, j->settings->has_uem, &j->arena,
				&j->programs[i], err);
	}
	return rc;
}

static enum errc load_request(void *self, const struct request_record *rec, struct err *err)
{
	struct job *j = self;
	struct open_request *r = job_open(
		j, (enum step_kind)rec->kind, fleet_server_by_id(j->fleet, rec->target));

	(void)err;
	if (step_info(r->kind)->service == SERVICE_UEM)
		r->about = fleet_intern(j->fleet, rec->target);
	r->id = rec->id;
	r->state = rec->state;
	r->intent_ms = rec->intent_ms;
	r->sent_ms = rec->sent_ms;
	(void)snprintf(r->activity, sizeof(r->activity), "%.*s", STR_FMT(rec->activity));
	return ERR_OK;
}

static enum errc load_request_device(void *self, struct str serial, uint32_t step, struct err *err)
{
	struct open_request *r = self;
	struct job *j = r->job;
	uint32_t slot = map_find(&j->fleet->serials, serial);
	uint32_t i = slot == MAP_NONE ? MAP_NONE : j->by_slot[slot];

	if (i == MAP_NONE)
		return err_set(
			err, ERR_STORE, "a request names a serial that its run does not have");
	if (!j->devices[i].settled && job_next(j, &j->devices[i]) == step) {
		j->devices[i].busy = true;
		r->devices[r->n++] = i;
		if (r->kind == STEP_WIPE && j->devices[i].outcome != OUTCOME_HELD)
			job_wait(&j->devices[i], REASON_UEM_WIPE_WAITING);
	}
	return ERR_OK;
}

enum errc job_load(struct job *j, int64_t run, struct err *err)
{
	enum errc rc;

	j->run = run;
	j->max_writes = UINT32_MAX;
	j->read_ms = TIME_NONE;
	for (int i = 0; i < LIMITS_N; i++)
		j->used[i].since_ms = TIME_NONE;
	arena_init(&j->arena);
	map_init(&j->texts, 0);
	rc = store_devices(j->store, run, load_device, j, err);
	if (!rc)
		rc = facts_wiping(j->facts, run, err);
	if (!rc)
		rc = compile_programs(j, err);
	j->by_slot = mem_alloc(j->fleet->serials.n * sizeof(*j->by_slot));
	memset(j->by_slot, 0xff, j->fleet->serials.n * sizeof(*j->by_slot));
	for (uint32_t i = 0; i < j->n; i++)
		j->by_slot[j->devices[i].slot] = i;
	if (!rc)
		rc = store_requests_open(j->store, run, load_request, j, err);
	for (uint32_t i = 0; i < j->n_open && !rc; i++) {
		j->open[i]->devices = mem_alloc(j->n * sizeof(uint32_t));
		rc = store_request_devices(
			j->store, j->open[i]->id, load_request_device, j->open[i], err);
	}
	return rc;
}

void job_release(struct job *j)
{
	for (uint32_t i = 0; i < j->n_open; i++) {
		free(j->open[i]->devices);
		free(j->open[i]);
	}
	free(j->open);
	free(j->searches);
	free(j->devices);
	free(j->by_slot);
	free(j->programs);
	map_release(&j->texts);
	arena_release(&j->arena);
	j->n = j->n_open = 0;
}

/* --- writing --- */

static enum errc write_device(struct job *j, const struct job_device *d, struct err *err)
{
	struct device_record rec = {
		.serial = fleet_serial(j->fleet, d->slot),
		.results = str_from(d->results),
		.outcome = d->outcome,
		.reason = d->reason,
		.after = str_from(d->after),
		.detail = str_from(d->detail),
		.evidence = str_from(d->evidence),
		.attempts = d->attempts,
		.finished_ms = d->finished_ms,
	};

	return store_device_update(j->store, j->run, &rec, err);
}

static enum errc write_request(struct open_request *r, struct err *err)
{
	return r->id ? store_request_set(r->job->store, r->id, r->state, str_from(r->activity),
			       r->sent_ms, err)
		     : ERR_OK;
}

enum errc job_save(struct open_request *r, struct err *err)
{
	struct job *j = r->job;
	enum errc rc = write_request(r, err);

	for (uint32_t i = 0; i < r->n && !rc; i++)
		rc = write_device(j, &j->devices[r->devices[i]], err);
	return rc;
}

enum errc job_flush(struct job *j, struct err *err)
{
	enum errc rc = store_begin(j->store, err);

	for (uint32_t i = 0; i < j->n && !rc; i++) {
		if (j->devices[i].dirty)
			rc = write_device(j, &j->devices[i], err);
	}
	for (uint32_t i = 0; i < j->n_open && !rc; i++) {
		rc = write_request(j->open[i], err);
		if (!rc && j->open[i]->state == REQUEST_SETTLED)
			rc = job_note(j->open[i], err);
	}
	if (!rc)
		rc = store_commit(j->store, err);
	if (rc) {
		store_rollback(j->store);
		return rc;
	}
	for (uint32_t i = 0; i < j->n; i++)
		j->devices[i].dirty = false;
	if (j->progress)
		j->progress(j->progress_self, j);
	return ERR_OK;
}

/* --- one device --- */

const struct work_program *job_program(const struct job *j, const struct job_device *d)
{
	return &j->programs[d->program];
}

uint32_t job_next(const struct job *j, const struct job_device *d)
{
	uint32_t n = job_program(j, d)->n, i = 0;

	while (i < n && d->results[i] != RESULT_TODO)
		i++;
	return i;
}

const struct work_step *job_step(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t at = job_next(j, d);

	return at < p->n ? &p->v[at] : NULL;
}

uint32_t job_target(const struct job_device *d, const struct work_step *s)
{
	return s->to_home ? d->home : s->server;
}

struct view job_expected(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	struct view v = {
		.server = d->start,
		.listed = d->listed,
		.profile = MAP_NONE,
		.deadline_ms = TIME_NONE,
		.record = (enum record_state)d->record_state,
	};

	for (uint32_t i = 0; i < p->n; i++) {
		/* Held at sending time only: somebody else had just done it. */
		bool by_others = d->results[i] == RESULT_HELD &&
				 !work_holds(j->fleet, &p->v[i], d->home, j->settings->has_uem, &v);

		if (d->results[i] == RESULT_DONE || by_others)
			work_effect(j->fleet, &p->v[i], d->home, &v);
	}
	return v;
}

bool job_seen(const struct job *j, const struct job_device *d, struct view *ret)
{
	struct view v;

	if (!work_view(j->fleet, d->slot, &v))
		return false;
	v.changed = job_expected(j, d).changed; /* whether a sync is due is ours to know */
	*ret = v;
	return true;
}

void job_settle(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail)
{
	struct buf after;

	d->outcome = (uint8_t)outcome;
	d->reason = (uint8_t)reason;
	if (detail)
		d->detail = keep(j, str_from(detail));
	d->settled = outcome != OUTCOME_PENDING && outcome != OUTCOME_IN_FLIGHT;
	d->finished_ms = d->settled ? transport_now(j->transport) : TIME_NONE;
	d->dirty = true;
	buf_init(&after, 64 * 1024);
	fleet_remember(j->fleet, d->slot, &after);
	d->after = keep(j, buf_view(&after));
	buf_release(&after);
}

static bool any_letter(const struct work_program *p, const struct job_device *d, char letter)
{
	return memchr(d->results, letter, p->n) != NULL;
}

/* Every step is over: how did it end? A verdict of before a put-back stays. */
static void settle_ended(struct job *j, struct job_device *d)
{
	const struct work_program *p = job_program(j, d);

	if (d->outcome != OUTCOME_PENDING && d->outcome != OUTCOME_IN_FLIGHT)
		job_settle(j, d, (enum outcome)d->outcome, (enum reason)d->reason, d->detail);
	else if (any_letter(p, d, RESULT_FAILED))
		job_settle(j, d, OUTCOME_FAILED, REASON_APPLE_REFUSED, d->detail);
	else if (any_letter(p, d, RESULT_UNVERIFIED))
		job_settle(j, d, OUTCOME_UNVERIFIED, REASON_APPLE_NOT_PROVED, d->detail);
	else if (any_letter(p, d, RESULT_LEFT_OUT))
		job_settle(j, d, OUTCOME_FAILED, REASON_RUN_PUT_BACK, NULL);
	else if (p->advice)
		job_settle(j, d, OUTCOME_MANUAL, REASON_RULE_ADVISE, p->advice);
	else if (any_letter(p, d, RESULT_DONE))
		job_settle(j, d, OUTCOME_DONE, REASON_STATE_DONE, NULL);
	else
		job_settle(j, d, OUTCOME_UNCHANGED, REASON_STATE_HOLDS, NULL);
}

/* What it was held for is over. */
static void end_wait(const struct job *j, struct job_device *d)
{
	if (job_step(j, d)->kind == STEP_WIPE && d->outcome == OUTCOME_HELD)
		d->outcome = OUTCOME_PENDING;
}

void job_pass(struct job *j, struct job_device *d, char letter)
{
	uint32_t at = job_next(j, d);

	end_wait(j, d);
	d->results[at] = letter;
	d->busy = d->log_failed = d->witnessed = false;
	d->batch = 0;
	d->dirty = true;
	if (job_next(j, d) == job_program(j, d)->n)
		settle_ended(j, d);
}

bool job_is_put_back(const struct job *j, const struct job_device *d)
{
	uint32_t at;

	return work_put_back_due(job_program(j, d), d->results, &at) && at == job_next(j, d);
}

bool job_turn_back(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason)
{
	uint32_t at, from = job_next(j, d);

	if (!work_put_back_due(job_program(j, d), d->results, &at))
		return false;
	for (uint32_t i = from; i < at; i++)
		d->results[i] = RESULT_LEFT_OUT;
	for (uint32_t i = at + 1; i < job_program(j, d)->n; i++)
		d->results[i] = RESULT_LEFT_OUT;
	if (d->outcome == OUTCOME_PENDING || d->outcome == OUTCOME_IN_FLIGHT) {
		d->outcome = (uint8_t)outcome;
		d->reason = (uint8_t)reason;
	}
	d->dirty = true;
	return true;
}

/* Step `at` may have taken it off, nobody can tell, and a later one is to put it back. */
static bool may_be_off(const struct work_program *p, uint32_t at, enum outcome outcome)
{
	bool off = outcome == OUTCOME_UNVERIFIED && step_info(p->v[at].kind)->takes_off;

	for (uint32_t i = at; i < p->n && off; i++)
		if (step_info(p->v[i].kind)->puts_back)
			return true;
	return false;
}

void job_fail(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail)
{
	const struct work_program *p = job_program(j, d);
	uint32_t at = job_next(j, d);

	end_wait(j, d);
	d->busy = d->log_failed = d->witnessed = false;
	d->batch = 0;
	if (detail)
		d->detail = keep(j, str_from(detail));
	if (job_is_put_back(j, d) || may_be_off(p, at, outcome)) {
		d->gave_up = true;
		job_settle(j, d, OUTCOME_IN_FLIGHT, REASON_RUN_IN_FLIGHT, d->detail);
		return;
	}
	d->results[at] = outcome == OUTCOME_UNVERIFIED ? RESULT_UNVERIFIED : RESULT_FAILED;
	if (!job_turn_back(j, d, outcome, reason)) {
		for (uint32_t i = at + 1; i < p->n; i++)
			d->results[i] = RESULT_LEFT_OUT;
		job_settle(j, d, outcome, reason, d->detail);
	}
}

void job_wait(struct job_device *d, enum reason reason)
{
	d->outcome = OUTCOME_HELD;
	d->reason = (uint8_t)reason;
	d->dirty = true;
}

void job_drift(struct job *j, struct job_device *d, const char *detail)
{
	for (uint32_t i = job_next(j, d); i < job_program(j, d)->n; i++)
		d->results[i] = RESULT_LEFT_OUT;
	job_settle(j, d, OUTCOME_DRIFTED, REASON_STATE_DRIFTED, detail);
}

bool job_protected(struct job *j, struct job_device *d)
{
	uint32_t at;

	if (!j->protected_serials || work_put_back_due(job_program(j, d), d->results, &at) ||
		map_find(j->protected_serials, fleet_serial(j->fleet, d->slot)) == MAP_NONE)
		return false;
	for (uint32_t i = job_next(j, d); i < job_program(j, d)->n; i++)
		d->results[i] = RESULT_LEFT_OUT;
	job_settle(j, d, OUTCOME_PROTECTED, REASON_PROTECTED_LISTED, NULL);
	return true;
}

void job_account_refused(struct job *j, const char *code, const struct err *err)
{
	struct err why;

	j->n_account = strcmp(j->account, code) == 0 ? j->n_account + 1 : 1;
	(void)snprintf(j->account, sizeof(j->account), "%s", code);
	if (j->n_account < ACCOUNT_REFUSALS)
		return;
	(void)err_set(&why, ERR_GUARD,
		"%d refusals in a row were the same, and about no device: mend what they name, "
		"then run again: %s",
		ACCOUNT_REFUSALS, err->msg);
	job_stop(j, ERR_GUARD, REASON_RUN_GUARDED, &why);
}

void job_evidence(struct job *j, struct job_device *d, const char *kind, const char *value)
{
	char *text;

	if (asprintf(&text, "%s%s%s:%s", d->evidence ? d->evidence : "", d->evidence ? ";" : "",
		    kind, value) < 0)
		abort();
	d->evidence = keep(j, str_from(text));
	d->dirty = true;
	free(text);
}

/* --- the job --- */

void job_stop(struct job *j, enum errc code, enum reason reason, const struct err *err)
{
	if (j->stop)
		return;
	j->stop = code;
	j->stop_reason = reason;
	j->stop_err = *err;
}

enum errc job_or_stop(struct job *j, enum errc rc, const struct err *err)
{
	if (rc != ERR_STOPPED && rc != ERR_TEMPFAIL && rc != ERR_NET && rc != ERR_OUTAGE)
		return rc;
	job_stop(j, rc, rc == ERR_STOPPED ? REASON_RUN_STOPPED : REASON_RUN_WAITING, err);
	return ERR_OK;
}

struct open_request *job_open(struct job *j, enum step_kind kind, uint32_t server)
{
	struct open_request *r = mem_zalloc(sizeof(*r));

	r->kind = kind;
	r->server = server;
	r->about = MAP_NONE;
	r->not_after_ms = INT64_MAX;
	r->sent_ms = r->ended_look_ms = r->late_look_ms = TIME_NONE;
	r->job = j;
	MEM_GROW(j->open, j->n_open, j->cap_open);
	j->open[j->n_open++] = r;
	return r;
}

void job_close(struct job *j, struct open_request *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		j->devices[r->devices[i]].busy = false;
	for (uint32_t i = 0; i < j->n_open; i++)
		if (j->open[i] == r) {
			j->open[i] = j->open[--j->n_open];
			break;
		}
	free(r->devices);
	free(r);
}

enum errc job_refresh(struct job *j, bool force, struct err *err)
{
	uint32_t *slots, n = 0;
	enum errc rc;

	if (!force && j->read_ms != TIME_NONE &&
		transport_now(j->transport) - j->read_ms <= j->settings->timeouts.settle_ms)
		return ERR_OK;
	slots = mem_alloc(j->n * sizeof(*slots));
	for (uint32_t i = 0; i < j->n; i++)
		if (!j->devices[i].settled)
			slots[n++] = j->devices[i].slot;
	j->read_ms = TIME_NONE; /* what fails half way leaves less known than before */
	rc = facts_read(j->facts, READING_APPLE_DEVICE, slots, n, err);
	if (!rc)
		rc = facts_read(j->facts, READING_APPLE_SERVER, slots, n, err);
	if (!rc)
		j->read_ms = transport_now(j->transport);
	free(slots);
	return rc;
}
