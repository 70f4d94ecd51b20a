/*
 * One DEP sync for everything that waits for one. Sync and Fetch only queue work at the UEM and
 * give no job id: the proof is the list, which shows a device exactly when Apple has it on a server
 * that feeds the list's group.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "facts/profile_state.h"
#include "io/file.h"
#include "run/drift.h"
#include "run/job.h"
#include "run/look.h"
#include "run/rounds.h"

enum { POLL_MAX_MS = 300000, COMMAND_OUTPUT_MAX = 64 * 1024, COMMAND_TIMEOUT_MS = 600000 };

/* So many looks in a row that bring nothing, after one that brought devices on: those go on. */
enum { QUIET_LOOKS = 2 };

struct syncing {
	struct job *j;
	struct job_wave wave;
	uint32_t groups; /* that still owe a change */
	bool triggered;
	int64_t next_trigger_ms, interval_ms;
	bool any_ready;    /* a device was proved, and has more to do */
	unsigned quiet;    /* looks since the last that proved one */
	enum errc refused; /* of the newest trigger round */
	uint32_t refused_groups;
	struct err why;
};

static bool waits(const struct job *j, const struct job_device *d)
{
	const struct work_step *s = d->standing == STANDING_READY ? job_step(j, d) : NULL;

	return s && (s->kind == STEP_SYNC || s->kind == STEP_FETCH);
}

static struct job_device *nth(const struct syncing *s, uint32_t i)
{
	return &s->j->devices[s->wave.v[i]];
}

/* Groups whose list does not show the device as it should. */
static uint32_t owing(const struct job *j, const struct job_device *d)
{
	return j->fleet->listed[d->slot] ^ fleet_groups_of(j->fleet, job_expected(j, d).server);
}

/* A server that was renamed since the plan, or that the settings lost: no list can show the sync.
 */
static bool is_unmapped(const struct job *j, const struct job_device *d)
{
	uint32_t server = job_expected(j, d).server;

	return server != SERVER_NONE && !fleet_is_mapped(j->fleet, server);
}

/* Those that may have listed it before the run, whether or not the plan's one look showed it. */
static uint32_t groups_before(const struct job *j, const struct job_device *d)
{
	return fleet_groups_of(j->fleet, d->home) | d->listed;
}

/* Of those whose lists its proof goes by, the ones that could not be read. */
static uint32_t untold(const struct job *j, const struct job_device *d)
{
	uint32_t groups = groups_before(j, d) |
			  fleet_groups_of(j->fleet, job_expected(j, d).server);

	return groups & j->fleet->groups_unread;
}

/* Whose sync it waits for. */
static uint32_t asked_groups(const struct job *j, const struct job_device *d)
{
	uint32_t groups = owing(j, d);

	return groups ? groups : groups_before(j, d);
}

/* Each device has its own, from the first request that its step waited for: one that Apple leaves
 * out of the feed may have waited long when others come to the same step. */
static int64_t fetch_when(const struct job *j, const struct job_device *d)
{
	return d->sync_ms == TIME_NONE ? INT64_MAX : d->sync_ms + j->settings->timeouts.sync_ms / 2;
}

static int64_t deadline_of(const struct job *j, const struct job_device *d)
{
	return d->sync_ms == TIME_NONE ? INT64_MAX : d->sync_ms + j->settings->timeouts.sync_ms;
}

/* The earliest of those that wait; INT64_MAX: none waits for one. */
static int64_t earliest(
	const struct syncing *s, int64_t (*when)(const struct job *, const struct job_device *))
{
	int64_t first = INT64_MAX;

	for (uint32_t i = 0; i < s->wave.n; i++) {
		const struct job_device *d = nth(s, i);

		if (waits(s->j, d) && when(s->j, d) < first)
			first = when(s->j, d);
	}
	return first;
}

/* --- without a UEM --- */

/* A command that fails is a service that cannot be reached: nothing is wrong with the settings. */
static enum errc run_command(const struct settings *s, struct err *err)
{
	static const struct file_run_options opt = {
		.max_bytes = COMMAND_OUTPUT_MAX, .timeout_ms = COMMAND_TIMEOUT_MS, .failed = ERR_NET
	};
	struct buf out;
	enum errc rc;

	buf_init(&out, COMMAND_OUTPUT_MAX);
	rc = s->sync.command ? file_run_with(s->sync.command, &opt, &out, err) : ERR_OK;
	buf_release(&out);
	return rc == ERR_OK || rc == ERR_STOPPED ? rc : err_wrap(err, "sync: ");
}

static enum errc wait_instead(struct job *j, struct err *err)
{
	enum errc rc = run_command(j->settings, err);

	if (rc == ERR_STOPPED)
		return rc;
	if (rc) {
		job_end(j, rc, err);
		return ERR_OK;
	}
	return transport_sleep(
		j->transport, transport_now(j->transport) + j->settings->sync.wait_ms, err);
}

static enum errc sync_without_uem(
	struct job *j, struct job_wave w, uint32_t *ret_n, struct err *err)
{
	enum errc rc = wait_instead(j, err);

	if (rc == ERR_STOPPED || rc == ERR_TEMPFAIL) {
		job_end(j, rc, err);
		return ERR_OK;
	}
	for (uint32_t i = 0; i < w.n && !rc && !j->stop; i++) {
		struct job_device *d = &j->devices[w.v[i]];

		if (!waits(j, d))
			continue;
		job_evidence(j, d, "sync", "waited");
		job_pass(j, d, RESULT_DONE);
		++*ret_n;
	}
	return rc ? rc : job_flush(j, err);
}

/* --- triggers --- */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

struct sync_trigger {
	struct syncing *s;
	uint32_t group;
};

static enum errc done_trigger(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct sync_trigger *t = self;

	(void)rest;
	if (!code)
		code = uem_reply_error(reply, NULL, err);
	if (!code)
		return ERR_OK;
	if (errc_info(code)->scope == SCOPE_RUN || errc_info(code)->scope == SCOPE_SERVICE)
		return code;
	t->s->refused = code;
	t->s->refused_groups |= 1u << t->group;
	t->s->why = *err;
	return ERR_OK;
}

/* Groups of devices that ask for it, or that a sync did not bring for half of their time. */
static uint32_t fetch_groups(const struct syncing *s)
{
	const struct job *j = s->j;
	int64_t now = transport_now(j->transport);
	uint32_t groups = 0;

	for (uint32_t i = 0; i < s->wave.n; i++) {
		const struct job_device *d = nth(s, i);

		if (waits(j, d) && (job_step(j, d)->kind == STEP_FETCH || now >= fetch_when(j, d)))
			groups |= asked_groups(j, d);
	}
	return groups;
}

/* From the first trigger on: a quota or an outage before it takes nothing from the sync, but lasts
 * no longer than it. */
static void start_clocks(struct syncing *s)
{
	int64_t now = transport_now(s->j->transport);

	for (uint32_t i = 0; i < s->wave.n; i++) {
		struct job_device *d = nth(s, i);

		if (waits(s->j, d) && d->sync_ms == TIME_NONE)
			d->sync_ms = now;
	}
	s->triggered = true;
}

/* After the pause, or earlier when it is time for a Fetch. */
static void plan_trigger(struct syncing *s, uint32_t fetched)
{
	int64_t gap = s->j->settings->timeouts.sync_gap_ms, fetch = earliest(s, fetch_when);

	s->next_trigger_ms = transport_now(s->j->transport) + gap;
	if (!fetched && s->next_trigger_ms < fetch && s->next_trigger_ms + gap > fetch)
		s->next_trigger_ms = fetch;
}

/* How long a trigger may be kept waiting: nobody is off his server for longer than a sync may take
 * because the UEM will not hear of it, or hear of it again. 0: for ever. */
static int64_t trigger_until(const struct syncing *s)
{
	const struct job *j = s->j;
	int64_t now = transport_now(j->transport), first = INT64_MAX;

	for (uint32_t i = 0; i < s->wave.n; i++) {
		struct job_device *d = nth(s, i);

		if (!waits(j, d) || !job_is_off(j, d))
			continue;
		if (d->sync_asked_ms == TIME_NONE)
			d->sync_asked_ms = now;
		first = sooner(first, d->sync_ms != TIME_NONE ? d->sync_ms : d->sync_asked_ms);
	}
	return first == INT64_MAX ? 0 : first + j->settings->timeouts.sync_ms;
}

static enum errc trigger(struct syncing *s, struct err *err)
{
	struct sync_trigger triggers[FLEET_MAX_GROUPS];
	struct job *j = s->j;
	uint32_t fetch = fetch_groups(s);
	int64_t until = trigger_until(s);
	enum errc rc;

	for (uint32_t g = 0; g < j->fleet->n_groups; g++) {
		struct transport_call call = {
			.service = TO_UEM,
			.good_until_ms = until,
			.done = done_trigger,
			.self = &triggers[g],
		};

		triggers[g] = (struct sync_trigger){ s, g };
		if (!(s->groups >> g & 1u))
			continue;
		uem_sync_request(transport_uem(j->transport), buf_view(&j->fleet->groups[g].uuid),
			fetch >> g & 1u, &call.request);
		transport_submit(j->transport, &call);
	}
	rc = transport_drain(j->transport, err);
	if (!rc) {
		start_clocks(s);
		plan_trigger(s, fetch);
	}
	return rc;
}

/* --- proof --- */

/* A row that shall leave the lifecycle page also has to be gone from the token search. */
static enum errc keep_gone(struct syncing *s, bool *proved, struct err *err)
{
	struct job *j = s->j;
	uint32_t *slots = mem_alloc((s->wave.n + 1) * sizeof(*slots)), n = 0;
	uint32_t *groups = mem_alloc((s->wave.n + 1) * sizeof(*groups));
	bool *gone = mem_zalloc(s->wave.n + 1);
	enum errc rc;

	for (uint32_t i = 0; i < s->wave.n; i++)
		if (proved[i] && job_step(j, nth(s, i))->lifecycle) {
			groups[n] = groups_before(j, nth(s, i));
			slots[n++] = nth(s, i)->slot;
		}
	rc = n ? facts_lifecycle_gone(j->facts, slots, groups, n, gone, err) : ERR_OK;
	n = 0;
	for (uint32_t i = 0; i < s->wave.n && !rc; i++)
		if (proved[i] && job_step(j, nth(s, i))->lifecycle && !gone[n++])
			proved[i] = false;
	free(gone);
	free(groups);
	free(slots);
	return rc;
}

/* It shall be on no list, and was: one complete list that lacks it proves little. */
static bool proves_absence(const struct job *j, const struct job_device *d)
{
	return fleet_groups_of(j->fleet, job_expected(j, d).server) == 0 &&
	       groups_before(j, d) != 0 && !job_step(j, d)->lifecycle;
}

/* What the lists lack has to be missing from them twice. */
static enum errc keep_absent(struct syncing *s, bool *proved, struct err *err)
{
	struct job *j = s->j;
	uint32_t groups = 0;
	enum errc rc;

	for (uint32_t i = 0; i < s->wave.n; i++)
		if (proved[i] && proves_absence(j, nth(s, i)))
			groups |= groups_before(j, nth(s, i));
	rc = groups ? facts_uem_lists(j->facts, groups, err) : ERR_OK;
	for (uint32_t i = 0; i < s->wave.n; i++)
		if (proved[i] && proves_absence(j, nth(s, i)))
			proved[i] = !untold(j, nth(s, i)) && owing(j, nth(s, i)) == 0;
	return errc_info(rc)->scope == SCOPE_RUN ? rc : ERR_OK;
}

/* Its group has carried a sync out. */
static void pass(struct syncing *s, struct job_device *d)
{
	struct job *j = s->j;
	int64_t now = transport_now(j->transport);
	uint32_t groups = groups_before(j, d) |
			  fleet_groups_of(j->fleet, job_expected(j, d).server);
	char when[TIME_TEXT];

	for (uint32_t g = 0; g < j->fleet->n_groups && s->triggered; g++)
		if (groups >> g & 1u)
			j->synced_ms[g] = now;
	if (s->triggered)
		job_evidence(j, d, "list", time_rfc3339_s(now, when));
	job_pass(j, d, s->triggered ? RESULT_DONE : RESULT_UNCHANGED);
	s->any_ready |= !job_is_settled(d);
	s->quiet = 0;
}

/* Moves on what the lists show; s->groups is what still owes something afterwards. */
static enum errc take_proofs(struct syncing *s, uint32_t *ret_n, struct err *err)
{
	struct job *j = s->j;
	bool *proved = mem_zalloc(s->wave.n + 1);
	enum errc rc;

	s->groups = 0;
	s->quiet++;
	for (uint32_t i = 0; i < s->wave.n; i++)
		proved[i] = waits(j, nth(s, i)) && !untold(j, nth(s, i)) &&
			    owing(j, nth(s, i)) == 0;
	rc = keep_absent(s, proved, err);
	if (!rc)
		rc = keep_gone(s, proved, err);
	for (uint32_t i = 0; i < s->wave.n && !rc; i++) {
		struct job_device *d = nth(s, i);

		if (!waits(j, d))
			continue;
		if (!proved[i] && !is_unmapped(j, d)) {
			s->groups |= asked_groups(j, d) | untold(j, d);
			continue;
		}
		++*ret_n;
		if (is_unmapped(j, d))
			job_fail(j, d, OUTCOME_UNVERIFIED, REASON_APPLE_SERVER_UNMAPPED,
				job_keep(
					j, fleet_server_name(j->fleet, job_expected(j, d).server)));
		else
			pass(s, d);
	}
	free(proved);
	return rc ? rc : job_flush(j, err);
}

/* --- giving up --- */

struct connections {
	struct job *j;
	int64_t since_ms;
	uint32_t groups; /* whose server the UEM has asked since then */
};

static enum errc take_server(void *self, const struct json *element, struct err *err)
{
	struct connections *c = self;
	struct apple_server a;
	enum errc rc = apple_server_decode(element, &a, err);

	if (!rc && a.last_connected_ms != TIME_NONE && a.last_connected_ms != TIME_UNKNOWN &&
		a.last_connected_ms > c->since_ms)
		c->groups |= fleet_groups_of(c->j->fleet, fleet_server_by_id(c->j->fleet, a.id));
	return rc;
}

/* Groups that carried a sync out since then: their lists changed, or Apple tells that they asked.
 * Not known counts as no. */
static enum errc feed_works(struct job *j, int64_t since_ms, uint32_t *ret, struct err *err)
{
	struct connections c = { j, since_ms, 0 };
	struct listing l = {
		.list = LIST_SERVERS,
		.each = take_server,
		.self = &c,
	};
	enum errc rc;

	for (uint32_t g = 0; g < j->fleet->n_groups; g++)
		if (j->synced_ms[g] != TIME_NONE && j->synced_ms[g] > since_ms)
			c.groups |= 1u << g;
	rc = listing_run_in_time(&l, j->transport, err);
	*ret = c.groups;
	return rc;
}

static void fail(struct syncing *s, struct job_device *d, uint32_t working)
{
	struct job *j = s->j;
	int64_t at = transport_now(j->transport) + j->settings->timeouts.throttled_ms,
		told = profile_state_wait(j->facts, d->slot);
	char again[80], when[TIME_TEXT];

	if (s->refused && (owing(j, d) & s->refused_groups)) {
		job_fail(j, d, OUTCOME_FAILED, REASON_UEM_REFUSED, s->why.msg);
	} else if (untold(j, d) || (asked_groups(j, d) & ~working)) {
		job_fail(j, d, OUTCOME_UNVERIFIED, REASON_UEM_NOT_PROVED, NULL);
	} else {
		(void)snprintf(again, sizeof(again), "try again from %s on",
			time_rfc3339_s(told != TIME_NONE && told > at ? told : at, when));
		job_fail(j, d, OUTCOME_UNVERIFIED, REASON_UEM_LEFT_OUT, again);
	}
}

static bool is_over(const struct syncing *s, const struct job_device *d)
{
	return s->refused || transport_now(s->j->transport) >= deadline_of(s->j, d);
}

/* The UEM may lack them because somebody else moved them meanwhile. */
static enum errc find_drifted(struct syncing *s, uint32_t *ret_n, struct err *err)
{
	uint32_t *v = mem_alloc((s->wave.n + 1) * sizeof(*v)), n = 0;
	enum errc rc;

	for (uint32_t i = 0; i < s->wave.n; i++)
		if (waits(s->j, nth(s, i)) && is_over(s, nth(s, i)))
			v[n++] = s->wave.v[i];
	rc = drift_find(s->j, v, n, ret_n, err);
	free(v);
	return rc;
}

/* Those whose time is over; all when the UEM refuses to sync. */
static enum errc give_up(struct syncing *s, uint32_t *ret_n, struct err *err)
{
	struct job *j = s->j;
	uint32_t working = 0;
	enum errc rc = s->refused
			       ? ERR_OK
			       : feed_works(j,
					 earliest(s, deadline_of) - j->settings->timeouts.sync_ms,
					 &working, err);

	if (!rc)
		rc = find_drifted(s, ret_n, err);
	s->groups = 0;
	for (uint32_t i = 0; i < s->wave.n && !rc; i++) {
		struct job_device *d = nth(s, i);

		if (!waits(j, d))
			continue;
		if (is_over(s, d)) {
			fail(s, d, working);
			++*ret_n;
		} else {
			s->groups |= asked_groups(j, d);
		}
	}
	return rc;
}

/* One round: trigger when it is time, sleep, read the lists once for all that wait. */
static enum errc sync_step(struct syncing *s, uint32_t *ret_n, struct err *err)
{
	struct job *j = s->j;
	int64_t wake, deadline;
	enum errc rc = ERR_OK;

	if (transport_now(j->transport) >= s->next_trigger_ms)
		rc = trigger(s, err);
	if (!rc && s->refused)
		return give_up(s, ret_n, err);
	wake = transport_now(j->transport) + s->interval_ms;
	deadline = earliest(s, deadline_of);
	s->interval_ms = sooner(s->interval_ms + s->interval_ms / 2, POLL_MAX_MS);
	if (!rc)
		rc = transport_sleep(j->transport, sooner(wake, deadline), err);
	if (rc)
		return rc;
	rc = look_at_lists(j, s->groups, err);
	if (!rc)
		rc = take_proofs(s, ret_n, err);
	else
		s->quiet++;
	if (rc && errc_info(rc)->scope == SCOPE_RUN)
		return rc;
	return s->groups && transport_now(j->transport) >= earliest(s, deadline_of)
		       ? give_up(s, ret_n, err)
		       : ERR_OK;
}

/* Whoever is proved does not wait off its server for one that Apple leaves out of the feed. */
static bool goes_on(const struct syncing *s)
{
	return s->groups && !(s->any_ready && s->quiet >= QUIET_LOOKS);
}

/* A continued run has not seen the lists yet; and where they are as the step wants them already,
 * that is what the plan's look showed, of before our change: one list that lacked a row is no
 * proof. */
static bool needs_lists(const struct job *j, const struct job_device *d)
{
	return device_fact_state(&j->fleet->devices[d->slot], FACT_UEM_LISTED) != VALUE_KNOWN ||
	       owing(j, d) == 0;
}

static enum errc sync_with_uem(struct job *j, struct job_wave w, uint32_t *ret_n, struct err *err)
{
	struct syncing s = {
		.j = j,
		.wave = w,
		.next_trigger_ms = transport_now(j->transport),
		.interval_ms = j->settings->poll.uem_ms,
	};
	uint32_t all = j->fleet->n_groups == 32 ? UINT32_MAX : (1u << j->fleet->n_groups) - 1;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < w.n && !rc; i++)
		if (waits(j, nth(&s, i)) && needs_lists(j, nth(&s, i))) {
			rc = look_at_lists(j, all, err);
			break;
		}
	if (!rc)
		rc = take_proofs(&s, ret_n, err);
	while (!rc && goes_on(&s))
		rc = sync_step(&s, ret_n, err);
	return rc ? rc : job_flush(j, err);
}

/* A service that fails ends the run in good order. */
static enum errc stop_for(struct job *j, enum errc rc, struct err *err)
{
	if (rc == ERR_STORE || rc == ERR_INTERNAL || rc == ERR_OK)
		return rc;
	job_end(j, rc, err);
	return job_flush(j, err);
}

enum errc sync_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	struct job_wave w = job_wave(j, wave);
	bool any = false;

	*ret_n = 0;
	for (uint32_t i = 0; i < w.n && !any; i++)
		any = waits(j, &j->devices[w.v[i]]);
	if (!any)
		return ERR_OK;
	if (!j->settings->has_uem)
		return sync_without_uem(j, w, ret_n, err);
	return stop_for(j, sync_with_uem(j, w, ret_n, err), err);
}

enum errc sync_again(struct job *j, uint32_t groups, struct err *err)
{
	struct syncing s = { .j = j, .groups = groups };
	enum errc rc = trigger(&s, err);

	if (!rc)
		rc = transport_sleep(j->transport, s.next_trigger_ms, err);
	return stop_for(j, rc, err);
}
