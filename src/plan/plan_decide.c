/* From a rule's steps to what would be sent for this device in this state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "facts/dep_server.h"
#include "facts/profile_state.h"
#include "model/program.h"
#include "plan/mapping.h"
#include "plan/plan_parts.h"
#include "store/ledger.h"

bool plan_already_done(struct plan *p, struct input_row *row, const struct csv_record *record)
{
	const struct input *in = p->input;
	struct run_record run;
	int at_outcome, at_run;
	enum outcome outcome;
	char name[40];
	struct err err;

	if (!in->from_result || !p->opt->facts || !p->opt->facts->store || p->opt->simulated)
		return false;
	at_outcome = columns_find(&in->columns, STR("depmend_outcome"));
	at_run = columns_find(&in->columns, STR("depmend_run"));
	if (at_outcome < 0 || at_run < 0)
		return false;
	if (!outcome_from_word(input_cell(in, record, at_outcome), &outcome) ||
		(outcome != OUTCOME_DONE && outcome != OUTCOME_UNCHANGED))
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", STR_FMT(input_cell(in, record, at_run)));
	if (!name[0])
		return false;
	if (store_run_get(p->opt->facts->store, name, &run, &err))
		plan_settle(p, row, OUTCOME_UNDECIDED, REASON_ROW_UNKNOWN_RUN, str_from(name));
	else
		plan_settle(p, row, OUTCOME_UNCHANGED, REASON_STATE_DONE, str_from(name));
	return true;
}

enum { MIGRATION_MAX_DAYS = 90 };
#define MIGRATION_MAX_MS (MIGRATION_MAX_DAYS * 86400000LL)

/* --- readings that the steps need --- */

static enum fact sign_of(enum reading r)
{
	switch (r) {
	case READING_APPLE_SERVER:
		return FACT_APPLE_SERVER;
	case READING_UEM_LIST:
		return FACT_UEM_LISTED;
	case READING_UEM_DEVICE:
		return FACT_UEM_DEVICE;
	default:
		return FACT_APPLE_KNOWN;
	}
}

static uint32_t find_slots(
	const struct plan *p, const uint32_t *wanted, enum reading r, bool unread, uint32_t *slots)
{
	const struct fleet *fleet = p->opt->facts->fleet;
	uint32_t n = 0;

	for (uint32_t i = 0; i < fleet->serials.n; i++)
		if ((wanted[i] >> r & 1u) && (!unread || device_fact_state(&fleet->devices[i],
								 sign_of(r)) == VALUE_UNREAD))
			slots[n++] = i;
	return n;
}

static enum errc read_for_steps(
	struct plan *p, const uint32_t *wanted, enum reading r, struct err *err)
{
	struct facts *facts = p->opt->facts;
	uint32_t *slots = mem_alloc(facts->fleet->serials.n * sizeof(*slots));
	enum errc rc = facts_read(facts, r, slots, find_slots(p, wanted, r, true, slots), err);

	if (!rc && r == READING_UEM_DEVICE)
		rc = facts_uem_ambiguous(facts, slots, find_slots(p, wanted, r, false, slots), err);
	free(slots);
	return rc;
}

static enum errc read_all_for_steps(struct plan *p, struct err *err)
{
	static const enum reading order[] = { READING_APPLE_DEVICE, READING_APPLE_SERVER,
		READING_UEM_LIST, READING_UEM_DEVICE };
	struct fleet *fleet = p->opt->facts->fleet;
	size_t most = (size_t)fleet->serials.n + p->input->serials.n;
	uint32_t *wanted = mem_zalloc(most * sizeof(*wanted));
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct work_program *prog = plan_program(p, input_kind(p->input, i));

		if (prog && prog->acts)
			wanted[fleet_add(fleet, input_serial(p->input, i))] |= work_readings(
				&prog->source);
	}
	for (size_t k = 0; k < sizeof(order) / sizeof(*order) && !rc; k++)
		if (!reading_is_uem(order[k]) || p->opt->settings->has_uem)
			rc = read_for_steps(p, wanted, order[k], err);
	free(wanted);
	return rc;
}

/* --- programs --- */

static bool lacks_enrollment(const struct plan *p, const struct work_program *prog)
{
	const struct settings *s = p->opt->settings;

	return s && s->apple.school && s->n_enrollment == 0 && work_has(prog, STEP_RELEASE);
}

/* A name from a column that fits nothing. */
struct unresolved_name {
	char *why; /* owned; NULL: none */
	enum reason reason;
};

static enum reason reason_unresolved(const struct fleet *f, const struct program *source)
{
	for (uint32_t i = 0; i < source->n; i++) {
		const struct step *s = &source->v[i];

		if (step_info(s->kind)->arg == ARG_PROFILE && s->arg.n &&
			fleet_profile_by_name(f, s->arg) == MAP_NONE)
			return REASON_ROW_UNKNOWN_PROFILE;
	}
	return REASON_ROW_UNKNOWN_SERVER;
}

/* Nothing stands in for the UEM's sync. */
static bool lacks_sync(const struct plan *p, const struct work_program *prog)
{
	const struct settings *s = p->opt->settings;

	return p->opt->facts && !s->has_uem && s->sync.wait_ms < 0 &&
	       (work_has(prog, STEP_SYNC) || work_has(prog, STEP_FETCH));
}

/* Such a name spoils its rows only. */
static enum errc compile_programs(
	struct plan *p, struct unresolved_name *unresolved, struct err *err)
{
	struct program source;
	enum errc rc = ERR_OK;

	p->n_compiled = p->programs.n;
	p->compiled = mem_zalloc((p->n_compiled + 1) * sizeof(*p->compiled));
	for (uint32_t i = 0; i < p->n_compiled && !rc; i++) {
		rc = program_decode(map_key(&p->programs, i), &p->arena, &source, err);
		if (!rc && p->opt->facts && work_uses_profiles(&source))
			rc = facts_profiles(p->opt->facts, err);
		if (rc)
			break;
		if (p->opt->facts)
			rc = work_compile(p->opt->facts->fleet, &source, p->opt->settings->has_uem,
				&p->arena, &p->compiled[i], err);
		else
			work_outline(&source, &p->arena, &p->compiled[i]);
		if (!rc && lacks_enrollment(p, &p->compiled[i]))
			rc = err_set(err, ERR_SETTINGS,
				"the step 'release' needs `enrollment:` in the settings: Apple "
				"School Manager has no other way");
		if (!rc && lacks_sync(p, &p->compiled[i]))
			rc = err_set(err, ERR_SETTINGS,
				"the step 'sync' needs `uem:` in the settings; " SYNC_WITHOUT_UEM);
		if (rc == ERR_NOT_FOUND) {
			work_outline(&source, &p->arena, &p->compiled[i]);
			unresolved[i].why = mem_strdup(err->msg);
			unresolved[i].reason = reason_unresolved(p->opt->facts->fleet, &source);
			rc = ERR_OK;
		}
	}
	return rc;
}

/* --- one row --- */

enum errc plan_home(const struct plan *p, uint32_t slot, uint32_t *ret_server, struct err *err)
{
	struct fleet *fleet = p->opt->facts->fleet;
	char *id = NULL;
	enum errc rc = ERR_OK;

	if (fleet_server_of(fleet, slot, ret_server) && *ret_server != SERVER_NONE)
		return ERR_OK;
	if (p->opt->facts->store)
		rc = store_home_get(p->opt->facts->store, fleet_serial(fleet, slot), &id, err);
	if (!rc)
		*ret_server = id ? fleet_server_by_id(fleet, str_from(id)) : SERVER_NONE;
	free(id);
	return rc;
}

/* With the rule's `because:` as detail. */
static void settle_because(
	struct plan *p, struct input_row *row, enum outcome outcome, enum reason reason)
{
	struct str because = p->rules ? rules_info(p->rules, row->rule)->because : STR_NONE;

	plan_settle(p, row, outcome, reason, STR_NONE);
	if (because.n == 0)
		return;
	if (p->rule_because[row->rule] == MAP_NONE)
		p->rule_because[row->rule] = map_add(&p->input->details, because, NULL);
	row->detail = p->rule_because[row->rule];
}

/* *ret: not long enough ago to do it again. */
static enum errc too_soon(
	const struct plan *p, const struct input_row *row, bool *ret, struct err *err)
{
	const struct rule_info *rule = p->rules ? rules_info(p->rules, row->rule) : NULL;
	int64_t last = TIME_NONE;
	enum errc rc = ERR_OK;

	if (rule && rule->has_again_after && p->opt->facts->store)
		rc = store_last_done(p->opt->facts->store, map_key(&p->input->serials, row->serial),
			rule->name, &last, err);
	*ret = !rc && last != TIME_NONE && rule &&
	       p->opt->now_ms < time_shift(last, rule->again_after, 1);
	return rc;
}

/* A deadline lies in the future, whatever day the rules go by, and at most 90 days ahead, unless
 * the past is forced (Apple A.6). NULL: nothing is wrong. */
static const char *bad_deadline(const struct plan *p, const struct work_program *prog)
{
	int64_t now = p->opt->facts ? transport_now(p->opt->facts->transport) : p->opt->now_ms;

	for (uint32_t i = 0; i < prog->n; i++) {
		const struct work_step *s = &prog->v[i];

		if (s->kind != STEP_MIGRATE)
			continue;
		if (s->deadline_ms > p->opt->now_ms + MIGRATION_MAX_MS)
			return "the migration deadline is more than 90 days ahead";
		if ((s->deadline_ms <= now || s->deadline_ms <= p->opt->now_ms) && !s->force_now)
			return "the migration deadline has passed: say force_now: true to migrate "
			       "at "
			       "once";
	}
	return NULL;
}

/* Why nothing may be done to the device; REASON_NONE: nothing forbids it. */
struct obstacle {
	enum outcome outcome;
	enum reason reason;
	enum fact fact; /* of OUTCOME_UNDECIDED: the one that is not known */
};
static const struct obstacle no_obstacle = { OUTCOME_PENDING, REASON_NONE, FACT_MAX_ };

static struct obstacle unknown_fact(enum fact fact)
{
	return (struct obstacle){ OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN, fact };
}

static struct obstacle failed(enum reason reason)
{
	return (struct obstacle){ OUTCOME_FAILED, reason, FACT_MAX_ };
}

static bool is_unknown(const struct device_state *d, enum fact fact)
{
	return device_fact_state(d, fact) == VALUE_UNKNOWN;
}

/* Assigning or unassigning a device whose migration is under way drops the migration: only a rule
 * that says so, by cancel_migration or by another migrate, may do that. */
static struct obstacle obstacle_of_migration(
	const struct fleet *f, const struct device_state *d, const struct work_program *prog)
{
	bool moves = work_has(prog, STEP_UNASSIGN) || work_has(prog, STEP_REASSIGN);
	struct str status = STR_NONE;

	if (work_has(prog, STEP_MIGRATE) || work_has(prog, STEP_CANCEL_MIGRATION))
		return is_unknown(d, FACT_APPLE_MIGRATION_STATUS)
			       ? unknown_fact(FACT_APPLE_MIGRATION_STATUS)
			       : no_obstacle;
	if (device_fact_state(d, FACT_APPLE_MIGRATION_STATUS) == VALUE_KNOWN)
		status = fleet_text(f, d->slots[FACT_APPLE_MIGRATION_STATUS]);
	if (moves &&
		(str_eq_nocase(status, STR("REQUESTED")) || str_eq_nocase(status, STR("STARTED"))))
		return failed(REASON_APPLE_MIGRATION_PENDING);
	return moves && is_unknown(d, FACT_APPLE_MIGRATION_STATUS)
		       ? unknown_fact(FACT_APPLE_MIGRATION_STATUS)
		       : no_obstacle;
}

/* What Apple does not have any more is beyond Apple's steps; the UEM's copy of it is not. A device
 * whose status cannot be read is in a state that nobody foresaw: nothing is sent for it. */
static struct obstacle obstacle_at_apple(
	const struct fleet *f, const struct device_state *d, const struct work_program *prog)
{
	struct obstacle o;

	if (device_fact_state(d, FACT_APPLE_KNOWN) != VALUE_KNOWN)
		return unknown_fact(FACT_APPLE_KNOWN);
	if (is_unknown(d, FACT_APPLE_STATUS))
		return unknown_fact(FACT_APPLE_STATUS);
	if (is_unknown(d, FACT_APPLE_RELEASED))
		return unknown_fact(FACT_APPLE_RELEASED);
	if (!work_needs_apple(prog))
		return no_obstacle;
	if (!device_flag(d, FACT_APPLE_KNOWN))
		return failed(REASON_APPLE_NOT_FOUND);
	if (device_fact_state(d, FACT_APPLE_RELEASED) == VALUE_KNOWN &&
		!work_has(prog, STEP_RELEASE))
		return failed(REASON_APPLE_RELEASED);
	o = obstacle_of_migration(f, d, prog);
	if (o.reason || !work_has(prog, STEP_MIGRATE))
		return o;
	if (device_fact_state(d, FACT_APPLE_MIGRATION_CAPABLE) != VALUE_KNOWN)
		return unknown_fact(FACT_APPLE_MIGRATION_CAPABLE);
	return device_flag(d, FACT_APPLE_MIGRATION_CAPABLE) ? no_obstacle
							    : failed(REASON_APPLE_NOT_CAPABLE);
}

/* What the record of the UEM forbids: what cannot be undone needs to know whom it hits. */
static struct obstacle obstacle_of_record(const struct view *v, const struct work_program *prog)
{
	if (!work_has(prog, STEP_WIPE) && !work_has(prog, STEP_DELETE_RECORD))
		return no_obstacle;
	switch (v->record) {
	case RECORD_UNREAD:
	case RECORD_ODD:
		return unknown_fact(FACT_UEM_ENROLLMENT_STATUS);
	case RECORD_SEVERAL:
		return failed(REASON_UEM_AMBIGUOUS);
	case RECORD_LEAVING:
		return (struct obstacle){ OUTCOME_HELD, REASON_UEM_WIPE_WAITING, FACT_MAX_ };
	case RECORD_NONE: /* nothing is left to delete: fine; to wipe: not from here */
		if (!work_has(prog, STEP_DELETE_RECORD))
			return failed(REASON_UEM_NO_RECORD);
		break;
	case RECORD_ENROLLED:
	case RECORD_LEFT:
		break;
	}
	return no_obstacle;
}

/* One request at a time: what an earlier one may still do is not mixed with another. */
static struct obstacle obstacle_of_request(
	const struct fleet *f, uint32_t slot, const struct work_program *prog)
{
	struct str serial = fleet_serial(f, slot);
	bool wiping = work_has(prog, STEP_WIPE) && map_find(&f->wiping, serial) != MAP_NONE;

	if (wiping || map_find(&f->open, serial) == MAP_NONE)
		return no_obstacle;
	return (struct obstacle){ OUTCOME_UNVERIFIED, REASON_STATE_REQUEST_OPEN, FACT_MAX_ };
}

static struct obstacle find_obstacle(
	const struct plan *p, uint32_t slot, const struct work_program *prog)
{
	const struct fleet *fleet = p->opt->facts->fleet;
	const struct device_state *d = &fleet->devices[slot];
	struct obstacle o = obstacle_of_request(fleet, slot, prog);
	struct view v;

	if (o.reason)
		return o;
	o = obstacle_at_apple(fleet, d, prog);
	if (o.reason)
		return o;
	if (!work_view(fleet, slot, &v))
		return unknown_fact(FACT_APPLE_SERVER);
	if (prog->syncs && p->opt->settings->has_uem &&
		device_fact_state(d, FACT_UEM_LISTED) != VALUE_KNOWN)
		return unknown_fact(FACT_UEM_LISTED);
	return obstacle_of_record(&v, prog);
}

/* In Apple School Manager only a server under `enrollment:` can release what is on it, and only
 * when the portal lets it: moved there in vain, a device would be left on the wrong server. */
static enum reason no_release(
	const struct plan *p, const struct work_program *prog, uint32_t home, struct view v)
{
	const struct fleet *f = p->opt->facts->fleet;

	if (!p->opt->settings->apple.school || v.released)
		return REASON_NONE;
	for (uint32_t i = 0; i < prog->n; i++) {
		bool release = prog->v[i].kind == STEP_RELEASE;

		if (release && dep_server_of(p->opt->settings, f, v.server) == SIZE_MAX)
			return REASON_APPLE_NOT_ON_SERVER;
		if (release && f->servers[v.server].disown == 0)
			return REASON_APPLE_RELEASE_OFF;
		work_effect(f, &prog->v[i], home, &v);
	}
	return REASON_NONE;
}

static bool lacks_home(const struct work_program *prog, const char *results, uint32_t home)
{
	for (uint32_t i = 0; i < prog->n; i++)
		if (prog->v[i].to_home && results[i] == RESULT_TODO && home == SERVER_NONE)
			return true;
	return false;
}

/* Until when a profile comes too early for the device; TIME_NONE: it does not. */
static int64_t profile_wait(
	const struct plan *p, const struct work_program *prog, const char *results, uint32_t slot)
{
	for (uint32_t i = 0; i < prog->n; i++)
		if (prog->v[i].kind == STEP_ASSIGN_PROFILE && results[i] == RESULT_TODO)
			return profile_state_wait(p->opt->facts, slot);
	return TIME_NONE;
}

static void settle_waiting(struct plan *p, struct input_row *row, int64_t until_ms)
{
	char text[TIME_TEXT + 8] = "until ";

	(void)time_rfc3339_s(until_ms, text + strlen(text));
	plan_settle(p, row, OUTCOME_WAITING, REASON_UEM_PROFILE_WAIT, str_from(text));
}

static enum errc decide_state(struct plan *p, struct input_row *row,
	const struct work_program *prog, uint32_t slot, struct err *err)
{
	const struct fleet *f = p->opt->facts->fleet;
	char results[WORK_MAX_STEPS + 1];
	struct view v;
	uint32_t home, unmapped;
	enum errc rc = plan_home(p, slot, &home, err);
	bool todo;

	if (rc)
		return rc;
	(void)work_view(f, slot, &v);
	todo = work_foresee(f, prog, home, p->opt->settings->has_uem, v, results);
	unmapped = mapping_missing(p, prog, home, v, results);
	/* The way to the server that released it is behind it. */
	if (v.released && work_has(prog, STEP_RELEASE) && work_has(prog, STEP_REASSIGN))
		plan_settle(p, row, OUTCOME_UNCHANGED, REASON_STATE_HOLDS, STR_NONE);
	else if (unmapped != SERVER_NONE)
		plan_settle(p, row, OUTCOME_INVALID, REASON_APPLE_SERVER_UNMAPPED,
			fleet_server_name(f, unmapped));
	else if (!todo)
		plan_settle(p, row, prog->advice ? OUTCOME_MANUAL : OUTCOME_UNCHANGED,
			prog->advice ? REASON_RULE_ADVISE : REASON_STATE_HOLDS,
			str_from(prog->advice ? prog->advice : prog->note));
	else if (lacks_home(prog, results, home))
		plan_settle(p, row, OUTCOME_FAILED, REASON_APPLE_NO_PREVIOUS_SERVER, STR_NONE);
	else if (no_release(p, prog, home, v))
		plan_settle(p, row, OUTCOME_FAILED, no_release(p, prog, home, v), STR_NONE);
	else if (mapping_shows_nothing(p, prog, slot, home, results))
		plan_settle(
			p, row, OUTCOME_FAILED, REASON_UEM_NO_GROUP, fleet_server_name(f, home));
	else if (profile_wait(p, prog, results, slot) != TIME_NONE)
		settle_waiting(p, row, profile_wait(p, prog, results, slot));
	else
		settle_because(p, row, OUTCOME_PLANNED, REASON_RULE_MATCHED);
	return row->outcome == OUTCOME_PLANNED ? plan_in_vain(p, row, slot, results, home, err)
					       : ERR_OK;
}

/* An earlier run has to bring it back: no rules make that it is off the state that was wanted. */
static enum errc decide_device(struct plan *p, struct input_row *row,
	const struct work_program *prog, uint32_t slot, struct err *err)
{
	const struct facts *facts = p->opt->facts;
	struct view v;
	uint32_t home = SERVER_NONE;
	bool off = work_view(facts->fleet, slot, &v) && v.server == SERVER_NONE && !v.released &&
		   facts->store && !work_has(prog, STEP_REASSIGN) &&
		   !work_has(prog, STEP_MIGRATE) && !work_has(prog, STEP_RELEASE);
	enum errc rc = off ? plan_home(p, slot, &home, err) : ERR_OK;

	if (!rc && off)
		rc = ledger_in_custody(facts->store, fleet_serial(facts->fleet, slot), &off, err);
	if (rc || !off)
		return rc ? rc : decide_state(p, row, prog, slot, err);
	plan_settle(p, row, OUTCOME_IN_FLIGHT,
		fleet_server_gone(facts->fleet, home) ? REASON_APPLE_SERVER_GONE
						      : REASON_RUN_IN_FLIGHT,
		STR_NONE);
	return ERR_OK;
}

/* Which records have the serial: nothing here tells which of them is the device's. */
static struct str records_of(const struct plan *p, uint32_t slot, char ret[80])
{
	struct value v;

	fleet_fact(p->opt->facts->fleet, slot, FACT_UEM_DEVICE, &v);
	(void)snprintf(ret, 80, "device IDs %.*s", STR_FMT(str_head(v.text, 60)));
	return str_from(ret);
}

/* Nothing is to be sent. A text of the row's own is there already (plan/judge.c). */
static void decide_text(struct plan *p, struct input_row *row, const struct work_program *prog)
{
	const char *text = prog->advice ? prog->advice : prog->note;
	uint32_t own = row->detail;

	if (!text) {
		settle_because(p, row, OUTCOME_SKIPPED, REASON_RULE_SKIP);
		return;
	}
	plan_settle(p, row, prog->advice ? OUTCOME_MANUAL : OUTCOME_NOTED,
		prog->advice ? REASON_RULE_ADVISE : REASON_RULE_NOTE, str_from(text));
	if (own != MAP_NONE)
		row->detail = own;
}

static enum errc decide_row(
	struct plan *p, struct input_row *row, const struct unresolved_name *names, struct err *err)
{
	const struct work_program *prog = plan_program(p, row);
	struct obstacle obstacle;
	char ids[80];
	const char *why;
	uint32_t slot;
	bool soon;
	enum errc rc;

	if (row->outcome != OUTCOME_PENDING || !prog)
		return ERR_OK;
	if (!prog->acts) {
		decide_text(p, row, prog);
		return ERR_OK;
	}
	why = names[row->program].why ? names[row->program].why : bad_deadline(p, prog);
	if (why) {
		plan_settle(p, row, OUTCOME_INVALID,
			names[row->program].why ? names[row->program].reason : REASON_ROW_BAD_VALUE,
			str_from(why));
		return ERR_OK;
	}
	if (!p->opt->facts) {
		settle_because(p, row, OUTCOME_PLANNED, REASON_RULE_MATCHED);
		return ERR_OK;
	}
	slot = plan_slot(p, row);
	obstacle = find_obstacle(p, slot, prog);
	if (obstacle.outcome == OUTCOME_UNDECIDED)
		plan_settle_unknown(p, row, obstacle.fact);
	else if (obstacle.reason)
		plan_settle(p, row, obstacle.outcome, obstacle.reason,
			obstacle.reason == REASON_UEM_AMBIGUOUS ? records_of(p, slot, ids)
								: STR_NONE);
	if (row->outcome != OUTCOME_PENDING)
		return ERR_OK;
	rc = too_soon(p, row, &soon, err);
	if (!rc && soon)
		plan_settle(p, row, OUTCOME_UNCHANGED, REASON_RULE_AGAIN_AFTER, STR_NONE);
	else if (!rc)
		rc = decide_device(p, row, prog, slot, err);
	return rc;
}

/* Without facts, rows of one kind come to the same. */
static enum errc decide_rows(struct plan *p, const struct unresolved_name *names, struct err *err)
{
	struct input *in = p->input;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; !p->opt->facts && i < in->n_kinds && !rc; i++)
		rc = decide_row(p, &in->kinds[i], names, err);
	for (uint32_t i = 0; p->opt->facts && i < in->n_rows && !rc; i++) {
		struct input_row row = input_row(in, i);

		rc = decide_row(p, &row, names, err);
		input_put(in, i, &row);
	}
	return rc;
}

enum errc plan_decide(struct plan *p, struct err *err)
{
	struct unresolved_name *unresolved = mem_zalloc((p->programs.n + 1) * sizeof(*unresolved));
	enum errc rc = compile_programs(p, unresolved, err);

	if (!rc && p->opt->facts)
		rc = facts_wiping(p->opt->facts, 0, err);
	if (!rc && p->opt->facts)
		rc = read_all_for_steps(p, err);
	if (!rc && p->opt->facts)
		rc = mapping_check(p, err);
	if (!rc)
		rc = decide_rows(p, unresolved, err);
	for (uint32_t i = 0; i < p->programs.n; i++)
		free(unresolved[i].why);
	free(unresolved);
	return rc;
}
