/* A run and what is open about it, from the store. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "model/program.h"
#include "model/snapshot.h"
#include "run/again.h"
#include "run/job.h"
#include "run/request.h"
#include "store/gap.h"

static const char *keep(struct job *j, struct str s)
{
	return s.n ? arena_dup(&j->arena, s).p : NULL;
}

/* --- loading --- */

/* The UEM's record of the device, and its profile, as they were before. */
static void take_record(struct job *j, struct job_device *d, struct str before)
{
	struct snapshot s;
	struct arena all; /* of which two texts are kept */

	arena_init(&all);
	snapshot_decode(before, &all, &s);
	d->record = arena_dup(&j->arena, snapshot_text(&s, SNAPSHOT_RECORD));
	d->has_profile = s.v[SNAPSHOT_PROFILE].state == VALUE_KNOWN ||
			 s.v[SNAPSHOT_PROFILE].state == VALUE_ABSENT;
	d->profile = snapshot_is(&s, SNAPSHOT_PROFILE, STR_NONE)
			     ? STR_NONE
			     : arena_dup(&j->arena, snapshot_text(&s, SNAPSHOT_PROFILE));
	if (s.v[SNAPSHOT_RECORD].state == VALUE_UNREAD)
		d->record_state = RECORD_UNREAD;
	else if (snapshot_is(&s, SNAPSHOT_RECORD, STR_NONE))
		d->record_state = RECORD_NONE;
	else
		d->record_state = (uint8_t)work_record_state(
			snapshot_word(&s, SNAPSHOT_RECORD), snapshot_word(&s, SNAPSHOT_ENROLLMENT));
	arena_release(&all);
}

/* Room for n letters. There are many devices, and few have many steps. */
static char *keep_results(struct job *j, struct str results, size_t n)
{
	char *kept = arena_alloc(&j->arena, n + 1);

	memset(kept, 0, n + 1);
	if (results.n)
		memcpy(kept, results.p, results.n);
	return kept;
}

/* There are few servers: one of the last devices came from the same, as a rule. */
static struct str keep_home(struct job *j, struct str id)
{
	enum { NEAR = 16 };

	for (uint32_t i = j->n; i > 0 && j->n - i < NEAR; i--)
		if (str_eq(j->devices[i - 1].home_id, id))
			return j->devices[i - 1].home_id;
	return arena_dup(&j->arena, id);
}

static enum errc load_device(void *self, const struct device_record *rec, struct err *err)
{
	struct job *j = self;
	struct job_device d = {
		.slot = fleet_add(j->fleet, rec->serial),
		.program = map_add(&j->texts, rec->program, NULL),
		.start = fleet_server_by_id(j->fleet, rec->start),
		.home = fleet_server_by_id(j->fleet, rec->home),
		.home_id = keep_home(j, rec->home),
		.wave = rec->wave,
		.listed = rec->listed,
		.attempts = rec->attempts,
		/* What a run was told that stopped before it came to the row is over. */
		.detail = rec->outcome == OUTCOME_PENDING ? NULL : keep(j, rec->detail),
		.evidence = keep(j, rec->evidence),
		.after = keep(j, rec->after),
		.finished_ms = rec->finished_ms,
		.returned = SERVER_NONE,
		.return_ms = TIME_NONE,
		.told_ms = TIME_NONE,
		.brought_ms = TIME_NONE,
		.taken_ms = TIME_NONE,
		.theirs_ms = TIME_NONE,
		.vow = MAP_NONE,
		.sync_ms = TIME_NONE,
		.sync_asked_ms = TIME_NONE,
		.intent_ms = TIME_NONE,
		.looked_ms = TIME_NONE,
		.good_until_ms = TIME_NONE,
		.outcome = (uint8_t)rec->outcome,
		.reason = (uint8_t)rec->reason,
		.standing = rec->finished_ms == TIME_NONE ? STANDING_READY : STANDING_SETTLED,
	};

	(void)err;
	take_record(j, &d, rec->before);
	d.results = keep_results(j, rec->results, rec->results.n);
	if (d.wave >= j->n_waves)
		j->n_waves = d.wave + 1;
	MEM_GROW(j->devices, j->n, j->cap);
	j->devices[j->n++] = d;
	return ERR_OK;
}

/* A letter for each step: what the store has fewer of is not there yet. */
static void lengthen_results(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++) {
		struct job_device *d = &j->devices[i];
		struct str has = str_from(d->results);

		if (has.n < j->programs[d->program].n)
			d->results = keep_results(j, has, j->programs[d->program].n);
	}
}

static enum errc compile_programs(struct job *j, struct err *err)
{
	struct program source;
	enum errc rc = ERR_OK;

	j->n_programs = j->texts.n;
	j->programs = mem_zalloc(j->n_programs * sizeof(*j->programs));
	for (uint32_t i = 0; i < j->n_programs && !rc; i++) {
		rc = program_decode(map_key(&j->texts, i), &j->arena, &source, err);
		if (!rc && work_uses_profiles(&source) && !j->apple_only)
			rc = facts_profiles(j->facts, err);
		if (!rc)
			work_thaw(j->fleet, &source, j->settings->has_uem, &j->arena,
				&j->programs[i]);
	}
	if (!rc)
		lengthen_results(j);
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
	struct job_device *d = job_device_of(j, serial);

	if (!d)
		return err_set(
			err, ERR_STORE, "a request names a serial that its run does not have");
	if (!job_is_settled(d) && job_next(j, d) == step) {
		job_move(d, ON_NAMED);
		r->devices[r->n++] = (uint32_t)(d - j->devices);
		if (r->kind == STEP_WIPE && d->outcome != OUTCOME_HELD)
			job_wait(j, d, REASON_UEM_WIPE_WAITING);
	}
	return ERR_OK;
}

/* --- what the ledger says --- */

static struct open_request *request_of(const struct job *j, int64_t id)
{
	for (uint32_t i = 0; i < j->n_open; i++)
		if (j->open[i]->id == id)
			return j->open[i];
	return NULL;
}

/* One whose intents the ledger has not is over; a device named by another request waits for it. */
static enum errc take_intents(struct job *j, struct err *err)
{
	struct ledger_intents in;
	enum errc rc = ledger_intents(j->store, STR_NONE, &in, err);

	for (uint32_t i = 0; i < j->n_open; i++)
		j->open[i]->over = true;
	for (size_t i = 0; i < in.n && !rc; i++) {
		struct open_request *r = request_of(j, in.v[i].request);
		struct job_device *d = job_device_of(j, in.v[i].serial);

		if (!r && d)
			d->blocked = true;
		if (r && r->over)
			rc = intent_until(
				j->store, j->transport, j->settings, &in.v[i], &r->until_ms, err);
		if (r)
			r->over = false;
	}
	for (uint32_t i = 0; i < j->n_open; i++)
		if (j->open[i]->over)
			j->open[i]->ended_ms = transport_now(j->transport);
	ledger_intents_release(&in);
	return rc;
}

static enum errc take_custodies(struct job *j, struct err *err)
{
	struct ledger_custodies c;
	enum errc rc = ledger_custodies(j->store, STR_NONE, &c, err);

	for (size_t i = 0; i < c.n && !rc; i++) {
		struct job_device *d = job_device_of(j, c.v[i].serial);

		if (d && c.v[i].run == j->run) {
			d->custody = true;
			d->home_id = arena_dup(&j->arena, c.v[i].home);
			d->home = fleet_server_by_id(j->fleet, d->home_id);
		} else {
			j->n_elsewhere++;
		}
	}
	ledger_custodies_release(&c);
	return rc;
}

enum errc job_take_over(struct job *j, struct err *err)
{
	struct ledger_custodies c;
	enum errc rc = ledger_custodies(j->store, STR_NONE, &c, err);

	for (size_t i = 0; i < c.n && !rc; i++) {
		struct job_device *d = job_device_of(j, c.v[i].serial);

		if (c.v[i].run == j->run || !d || job_is_settled(d))
			continue;
		d->custody = true;
		j->n_elsewhere--;
	}
	ledger_custodies_release(&c);
	return rc;
}

static enum errc take_run(void *self, const struct run_record *run, struct err *err)
{
	struct job *j = self;

	(void)err;
	if (run->id == j->run) {
		j->is_active = run->state == RUN_ACTIVE;
		j->created_ms = run->created_ms;
	}
	return ERR_OK;
}

enum errc job_load(struct job *j, int64_t run, struct err *err)
{
	struct gap gap = { .open = false };
	enum errc rc;

	j->run = run;
	j->max_writes = UINT32_MAX;
	j->waited_ms = j->changed_ms = j->deaf_ms = TIME_NONE;
	map_init(&j->protected_since, 0);
	for (int i = 0; i < LIMITS_N; i++)
		j->used[i].since_ms = TIME_NONE;
	arena_init(&j->arena);
	map_init(&j->texts, 0);
	rc = store_runs(j->store, take_run, j, err);
	if (!rc)
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
		rc = again_load(j, err);
	if (!rc)
		rc = gap_get(j->store, &gap, err);
	j->older = gap.open;
	if (!rc)
		rc = store_requests_open(j->store, run, load_request, j, err);
	for (uint32_t i = 0; i < j->n_open && !rc; i++) {
		j->open[i]->devices = mem_alloc(j->n * sizeof(uint32_t));
		rc = store_request_devices(
			j->store, j->open[i]->id, load_request_device, j->open[i], err);
	}
	if (!rc)
		rc = take_intents(j, err);
	if (!rc)
		job_count_all(j);
	job_cut_waves(j);
	return rc ? rc : take_custodies(j, err);
}

void job_release(struct job *j)
{
	for (uint32_t i = 0; i < j->n_open; i++) {
		free(j->open[i]->devices);
		free(j->open[i]);
	}
	free(j->open);
	free(j->searches);
	free(j->by_wave);
	free(j->wave_begins);
	free(j->dirty);
	free(j->off);
	free(j->ops);
	map_release(&j->protected_since);
	free(j->devices);
	free(j->vows);
	free(j->by_slot);
	free(j->programs);
	map_release(&j->texts);
	arena_release(&j->arena);
	j->n = j->n_open = 0;
}
