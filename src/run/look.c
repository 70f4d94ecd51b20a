/*
 * The last look before a change. It is good for timeouts.fresh after its end, unless the change had
 * to wait since: what another administrator decided meanwhile is not overridden. What would end a
 * put-back, or call a device drifted, needs two equal looks timeouts.settle apart, because a list
 * can be stale.
 */
#include "run/look.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "io/clock.h"
#include "plan/step_rules.h"
#include "run/budget.h"
#include "run/doubt.h"
#include "run/events.h"
#include "run/job.h"

/* --- how good it is --- */

static bool in_doubt(const struct job_device *d)
{
	return d->doubt != 0;
}

/* Whether the look may carry a change that leaves now. */
bool look_is_good(const struct job *j, const struct job_device *d)
{
	int64_t now = transport_now(j->transport);

	if (d->looked_ms == TIME_NONE || d->looked_ms < j->waited_ms || now > d->good_until_ms)
		return false;
	return !in_doubt(d) || now < look_second_ms(j, d) || d->looked_ms >= look_second_ms(j, d);
}

bool look_slept(const struct job *j, int64_t asleep_ms)
{
	return clock_asleep_ms(transport_clock(j->transport)) - asleep_ms > LONG_WAIT_MS;
}

int64_t look_due(const struct job *j, const uint32_t *devices, uint32_t n)
{
	int64_t due = INT64_MAX;

	for (uint32_t i = 0; i < n; i++) {
		const struct job_device *d = &j->devices[devices[i]];
		int64_t when = in_doubt(d) ? look_second_ms(j, d) : INT64_MIN;

		due = when < due ? when : due;
	}
	return due;
}

void look_too_late(struct job *j, int64_t due_ms)
{
	char when[TIME_TEXT];

	(void)err_set(&j->no_room, ERR_TEMPFAIL,
		"one look does not decide about a device, and the next one is due at %s, when "
		"--max-wait is over: run again then",
		time_rfc3339_s(due_ms, when));
}

bool look_agrees(struct job *j, struct job_device *d, uint64_t shows)
{
	if (d->doubt == shows && d->looked_ms >= look_second_ms(j, d)) {
		d->sure = true;
		return true;
	}
	if (d->doubt != shows) {
		d->doubt = shows;
		d->doubt_ms = transport_now(j->transport);
	}
	return false;
}

bool look_view(
	const struct job *j, const struct job_device *d, enum step_kind kind, struct view *ret)
{
	bool server = work_view(j->fleet, d->slot, ret);
	struct value listed;

	if (kind == STEP_DELETE_RECORD)
		return ret->record != RECORD_UNREAD;
	if (step_info(kind)->service != SERVICE_UEM)
		return server;
	fleet_fact(j->fleet, d->slot, FACT_UEM_LISTED, &listed);
	return listed.state == VALUE_KNOWN;
}

/* --- looking --- */

/* What only a device's own record tells. */
static bool needs_record(const struct work_step *s)
{
	if (!s) /* every step is over */
		return false;
	return step_looks(s->kind) >> READING_APPLE_DEVICE & 1u;
}

struct looking {
	struct job *j;
	const uint32_t *devices; /* to be looked at */
	uint32_t n;
	uint32_t *slots;
};

/* Those that should be on the server (SERVER_NONE: on none, or whose record has to be read). */
static uint32_t expected_on(const struct looking *l, uint32_t server)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct job_device *d = &l->j->devices[l->devices[i]];
		const struct work_step *s = job_step(l->j, d);
		uint32_t is = job_expected(l->j, d).server;

		if (server == SERVER_NONE ? is == SERVER_NONE || needs_record(s)
					  : is == server && !needs_record(s))
			l->slots[n++] = d->slot;
	}
	return n;
}

/* By their own records; where they are is asked of those that are on a server at all. Of one whose
 * record could not be read it would not tell whether it was released: it was not looked at. */
static enum errc read_records(struct job *j, uint32_t *slots, uint32_t n, struct err *err)
{
	uint32_t assigned = 0;
	enum errc rc = facts_read(j->facts, READING_APPLE_DEVICE, slots, n, err);

	for (uint32_t i = 0; i < n; i++) {
		struct device_state *d = &j->fleet->devices[slots[i]];
		struct value status;

		fleet_fact(j->fleet, slots[i], FACT_APPLE_STATUS, &status);
		if (rc || device_fact_state(d, FACT_APPLE_KNOWN) == VALUE_UNKNOWN)
			device_set_unknown(d, FACT_APPLE_SERVER);
		else if (status.state == VALUE_KNOWN &&
			 str_eq_nocase(status.text, STR("UNASSIGNED")))
			device_set_absent(d, FACT_APPLE_SERVER);
		else
			slots[assigned++] = slots[i];
	}
	return rc ? rc : facts_read(j->facts, READING_APPLE_SERVER, slots, assigned, err);
}

/* Those that their server's list lacks. */
static enum errc read_missing(struct looking *l, struct err *err)
{
	uint32_t n = 0, server;

	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t slot = l->j->devices[l->devices[i]].slot;

		if (!fleet_server_of(l->j->fleet, slot, &server))
			l->slots[n++] = slot;
	}
	return n ? read_records(l->j, l->slots, n, err) : ERR_OK;
}

/* Its record, or where it is. Apple's views lag behind each other: where one is that is assigned,
 * whole lists tell later. One that is not whole leaves what was known of the others as it was. */
static bool is_left_open(const struct job *j, const struct job_device *d, bool lists_failed)
{
	const struct device_state *state = &j->fleet->devices[d->slot];
	struct value status;
	uint32_t server;
	bool known = fleet_server_of(j->fleet, d->slot, &server);

	if (device_fact_state(state, FACT_APPLE_KNOWN) == VALUE_UNKNOWN)
		return true;
	if (lists_failed)
		return !known || server == SERVER_NONE;
	fleet_fact(j->fleet, d->slot, FACT_APPLE_STATUS, &status);
	return !known && status.state == VALUE_KNOWN &&
	       str_eq_nocase(status.text, STR("UNASSIGNED"));
}

enum errc look_by_name(
	struct job *j, const uint32_t *devices, uint32_t n, bool lists_failed, struct err *err)
{
	uint32_t *slots = mem_alloc((n + 1) * sizeof(*slots)), n_open = 0;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n; i++) {
		const struct job_device *d = &j->devices[devices[i]];

		if (d->custody && is_left_open(j, d, lists_failed))
			slots[n_open++] = d->slot;
	}
	if (n_open)
		rc = facts_place_by_name(j->facts, slots, n_open, err);
	free(slots);
	return rc;
}

/* A reading that cannot be used: what was not seen is read one by one, and the others go on. */
static enum errc go_on(enum errc rc, bool *ret_failed, const struct err *err)
{
	if (rc != ERR_PROTOCOL && rc != ERR_REFUSED && rc != ERR_NOT_FOUND)
		return rc;
	log_often(LOG_WARN, "looking at the devices: %s", err->msg);
	*ret_failed = true;
	return ERR_OK;
}

static enum errc read_all(struct looking *l, struct err *err)
{
	struct job *j = l->j;
	uint32_t n = expected_on(l, SERVER_NONE);
	bool lists_failed = false;
	enum errc rc = ERR_OK;

	if (n)
		rc = go_on(read_records(j, l->slots, n, err), &lists_failed, err);
	for (uint32_t s = 0; s < j->fleet->n_servers && !rc; s++) {
		n = expected_on(l, s);
		if (n)
			rc = go_on(
				facts_on_server(j->facts, s, l->slots, n, err), &lists_failed, err);
	}
	if (!rc)
		rc = read_missing(l, err);
	return rc ? rc : look_by_name(j, l->devices, l->n, lists_failed, err);
}

enum errc look_at_lists(struct job *j, uint32_t groups, struct err *err)
{
	enum errc rc = facts_uem_lists(j->facts, groups, err);

	if (!rc || errc_info(rc)->scope == SCOPE_RUN)
		return rc;
	log_often(LOG_WARN, "looking at the UEM's lists: %s", err->msg);
	return groups & ~j->fleet->groups_unread ? ERR_OK : rc;
}

/* --- what others did while it went on --- */

struct watching {
	struct looking *l;
	int64_t from_ms;
};

static bool is_watched(void *self, struct str text)
{
	return job_device_of(((struct watching *)self)->l->j, text) != NULL;
}

static enum errc take_event(void *self, const struct json *element, struct err *err)
{
	struct watching *w = self;
	struct job *j = w->l->j;
	struct apple_event e;
	struct str serial;
	enum errc rc = apple_event_decode(element, is_watched, w, &e, &serial, err);
	struct job_device *d = rc ? NULL : job_device_of(j, serial);

	if (d && e.at_ms > w->from_ms && !settings_is_own(j->settings, e.actor))
		d->looked_ms = TIME_NONE;
	return rc;
}

/* They are refused for the moment: without them the look is not whole. Refused for as long as a
 * sync may take they are no evidence any more, and on the way home nobody waits for it. A look that
 * is good for nobody may have taken no time, if its server is gone: the next one does not follow at
 * once. */
static enum errc do_without_events(struct looking *l, struct err *err)
{
	struct job *j = l->j;
	int64_t now = transport_now(j->transport);
	uint32_t n_forgotten = 0;

	if (j->deaf_ms == TIME_NONE)
		j->deaf_ms = now;
	for (uint32_t i = 0; i < l->n && now - j->deaf_ms < j->settings->timeouts.sync_ms; i++)
		if (!job_is_put_back(j, &j->devices[l->devices[i]])) {
			j->devices[l->devices[i]].looked_ms = TIME_NONE;
			n_forgotten++;
		}
	return n_forgotten < l->n
		       ? ERR_OK
		       : transport_sleep(j->transport, now + j->settings->poll.apple_ms, err);
}

/* One query for all; no event is no evidence, and an account that may not ask is none either. With
 * no time left to ask the look is not whole. */
static enum errc drop_moved(struct looking *l, int64_t from_ms, struct err *err)
{
	struct job *j = l->j;
	struct watching w = { l, from_ms };
	struct listing events = {
		.list = LIST_EVENTS,
		.since_ms = from_ms,
		.each = take_event,
		.self = &w,
		.until_ms = transport_now(j->transport) + events_most_ms(j),
	};
	enum errc rc = listing_run_in_time(&events, j->transport, err);

	if (rc != ERR_BUSY) {
		j->deaf_ms = TIME_NONE;
		return rc;
	}
	log_often(LOG_INFO, "what others changed meanwhile is not known: %s", err->msg);
	return do_without_events(l, err);
}

enum errc look_again(struct job *j, const uint32_t *devices, uint32_t n, struct err *err)
{
	struct looking l = { j, devices, n, mem_alloc((j->n + 1) * sizeof(*l.slots)) };
	int64_t from_ms = transport_now(j->transport);
	enum errc rc = read_all(&l, err);

	for (uint32_t i = 0; i < n && !rc; i++)
		j->devices[devices[i]].looked_ms = from_ms;
	free(l.slots);
	return rc;
}

enum errc look_of_two(struct job *j, const uint32_t *devices, uint32_t n, int nth, struct err *err)
{
	int64_t second = transport_now(j->transport) + j->settings->timeouts.settle_ms;
	enum errc rc = nth ? transport_sleep(j->transport, second, err) : ERR_OK;

	return rc ? rc : look_again(j, devices, n, err);
}

static void forget(const struct looking *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		l->j->devices[l->devices[i]].looked_ms = TIME_NONE;
}

enum errc look_before(struct job *j, const uint32_t *devices, uint32_t n, struct err *err)
{
	struct looking l = { .j = j, .slots = mem_alloc((j->n + 1) * sizeof(*l.slots)) };
	uint32_t *old = mem_alloc((n + 1) * sizeof(*old));
	int64_t from_ms = transport_now(j->transport);
	int64_t asleep_ms = clock_asleep_ms(transport_clock(j->transport));
	enum errc rc = ERR_OK;

	job_hurry(j);
	for (uint32_t i = 0; i < n; i++)
		if (!look_is_good(j, &j->devices[devices[i]]))
			old[l.n++] = devices[i];
	l.devices = old;
	if (l.n)
		rc = read_all(&l, err);
	for (uint32_t i = 0; i < l.n && !rc; i++) {
		j->devices[old[i]].looked_ms = from_ms;
		j->devices[old[i]].good_until_ms = transport_now(j->transport) +
						   j->settings->timeouts.fresh_ms;
	}
	if (l.n && !rc && !j->closing)
		job_read_protected(j);
	if (l.n && !rc && !j->settings->apple.school)
		rc = drop_moved(&l, from_ms, err);
	if (!rc)
		rc = events_of_untold(j, old, l.n, err);
	if (rc || look_slept(j, asleep_ms))
		forget(&l);
	free(l.slots);
	free(old);
	return rc;
}
