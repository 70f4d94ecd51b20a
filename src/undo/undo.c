#include "undo/undo.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "plan/plan_parts.h"
#include "plan/run_rows.h"
#include "store/ledger.h"
#include "undo/inverse.h"

void undo_identity(const char *client_id, const char *run_name, char ret[65])
{
	struct sha256_stream *digest = sha256_new();

	sha256_add(digest, str_from(client_id));
	sha256_add(digest, STR("\nundo\n"));
	sha256_add(digest, str_from(run_name));
	sha256_end_hex(digest, ret);
}

/* --- the rows of the run --- */

static void add_row(struct input *in, const struct row_record *rec)
{
	struct input_row row = {
		.serial = rec->serial.n ? map_add(&in->serials, rec->serial, NULL) : MAP_NONE,
		.program = MAP_NONE,
		.detail = MAP_NONE,
		.rule = ROW_NO_RULE,
		.outcome = OUTCOME_UNCHANGED,
		.reason = REASON_UNDO_NOTHING,
	};

	if (rec->outcome == OUTCOME_PLANNED)
		row.outcome = OUTCOME_PENDING;
	else if (rec->outcome == OUTCOME_DUPLICATE)
		row.outcome = OUTCOME_DUPLICATE;
	input_add(in, &row, (uint32_t)rec->line);
}

enum errc undo_input(
	struct store *store, const struct run_record *run, struct input *ret, struct err *err)
{
	struct run_input old = { 0 };
	struct row_reader *rows = row_reader_open(store, run->id, 0);
	struct row_record row;
	bool more = true;
	enum errc rc = run_open_input(store, run, &old, err);

	if (!rc)
		rc = run_input_check(&old, run, err);
	*ret = old.input;
	ret->widest = old.widest;
	free(old.path);
	free(old.undoes);
	free(old.again);
	while (!rc && more) {
		rc = row_reader_next(rows, &row, &more, err);
		if (!rc && more)
			add_row(ret, &row);
	}
	row_reader_close(rows);
	return rc;
}

/* --- from what was done to its inverse --- */

enum { LOST_MAX_BYTES = 1024, OPEN_CHANGE = 1 << STEP_MAX_ };

struct undoing {
	struct plan *p;
	struct arena device; /* what is read of one of them */
	uint32_t *row_of;    /* by serial slot: the row acted on; MAP_NONE */
	uint32_t *open;      /* by serial slot: steps of the run that cannot be undone and whose
				outcome nobody knows yet, a bit per kind; OPEN_CHANGE: another one */
};

static enum errc take_inverse(struct undoing *u, struct input_row *row,
	const struct device_record *rec, const struct undone *undone, const struct deeds *d,
	struct err *err)
{
	struct inverse inv = { .n = 0 };
	struct program program = { .v = inv.v };
	struct str lost = buf_view(&d->lost);
	bool still_open = u->open[row->serial] & OPEN_CHANGE;
	struct buf advice;
	enum errc rc;

	if (d->moved && rec->start.n && undone->start == SERVER_NONE)
		lost = STR("the server it came from is gone");
	else if (!d->released)
		inverse_of(u->p->opt->facts->fleet, u->p->opt->settings, d, undone, &inv);
	if (inv.n == 0 || still_open) {
		if (d->open || still_open)
			plan_settle(u->p, row, OUTCOME_UNVERIFIED, REASON_STATE_REQUEST_OPEN, lost);
		else
			plan_settle(u->p, row, lost.n ? OUTCOME_MANUAL : OUTCOME_UNCHANGED,
				lost.n ? REASON_UNDO_IRREVERSIBLE : REASON_UNDO_NOTHING, lost);
		return ERR_OK;
	}
	buf_init(&advice, LOST_MAX_BYTES);
	if (lost.n) {
		buf_printf(&advice, "what cannot be undone%s: %.*s",
			d->open ? ", and may still be carried out" : "", STR_FMT(lost));
		inverse_add(&inv, STEP_ADVISE, buf_view(&advice));
	}
	program.n = inv.n;
	rc = plan_take_program(u->p, row, &program, err);
	buf_release(&advice);
	return rc;
}

/* Borrowed until the next device. */
static enum errc read_device(struct undoing *u, const struct device_record *rec, uint32_t slot,
	struct undone *ret, struct deeds *deeds, struct err *err)
{
	enum errc rc;

	arena_reset(&u->device);
	*ret = (struct undone){
		.start = fleet_server_by_id(u->p->opt->facts->fleet, rec->start),
		.outcome = rec->outcome,
	};
	snapshot_decode(rec->before, &u->device, &ret->before);
	snapshot_decode(rec->after, &u->device, &ret->after);
	rc = deeds_read(rec->program, rec->results, u->open[slot], &u->device, deeds, err);
	ret->late = deeds->late;
	return rc;
}

/* MAP_NONE: of none. */
static uint32_t row_of(const struct undoing *u, const struct device_record *rec, uint32_t *ret_slot)
{
	*ret_slot = map_find(&u->p->input->serials, rec->serial);
	return *ret_slot == MAP_NONE ? MAP_NONE : u->row_of[*ret_slot];
}

static enum errc take_device(void *self, const struct device_record *rec, struct err *err)
{
	struct undoing *u = self;
	uint32_t slot, n = row_of(u, rec, &slot);
	struct deeds deeds = { 0 };
	struct undone undone;
	struct input_row row;
	enum errc rc;

	if (n == MAP_NONE)
		return err_set(err, ERR_STORE, "a device of the run is in none of its rows");
	row = input_row(u->p->input, n);
	row.rule = 0;
	input_put(u->p->input, n, &row);
	if (row.outcome != OUTCOME_PENDING)
		return ERR_OK; /* protected since */
	buf_init(&deeds.lost, LOST_MAX_BYTES);
	rc = read_device(u, rec, slot, &undone, &deeds, err);
	if (!rc)
		rc = take_inverse(u, &row, rec, &undone, &deeds, err);
	input_put(u->p->input, n, &row);
	buf_release(&deeds.lost);
	return rc;
}

static void find_rows(struct undoing *u)
{
	struct input *in = u->p->input;
	char line[24];

	for (uint32_t i = 0; i < in->n_rows; i++) {
		struct input_row row = input_row(in, i);

		if (row.serial == MAP_NONE)
			continue;
		if (u->row_of[row.serial] == MAP_NONE)
			u->row_of[row.serial] = i;
		if (row.outcome != OUTCOME_DUPLICATE)
			continue;
		(void)snprintf(line, sizeof(line), "%u", input_line(in, u->row_of[row.serial]));
		plan_settle(u->p, &row, OUTCOME_DUPLICATE, REASON_ROW_DUPLICATE, str_from(line));
		input_put(in, i, &row);
	}
}

static void note_open(struct undoing *u, struct str serial, uint32_t what)
{
	uint32_t slot = map_find(&u->p->input->serials, serial);

	if (slot != MAP_NONE)
		u->open[slot] |= what;
}

/* Of the run that is undone; those of others are told by whoever asks for its undo. */
static enum errc find_open(
	struct undoing *u, struct store *store, const struct run_record *run, struct err *err)
{
	struct ledger_deeds d;
	struct ledger_intents in = { 0 };
	enum errc rc = ledger_deeds(store, STR_NONE, &d, err);

	rc = rc ? rc : ledger_intents(store, STR_NONE, &in, err);
	for (size_t i = 0; i < d.n && !rc; i++)
		if (d.v[i].run == run->id && d.v[i].state == DEED_OPEN)
			note_open(u, d.v[i].serial, 1u << d.v[i].kind);
	for (size_t i = 0; i < in.n && !rc; i++)
		if (in.v[i].run == run->id &&
			!step_info((enum step_kind)in.v[i].kind)->irreversible)
			note_open(u, in.v[i].serial, OPEN_CHANGE);
	ledger_deeds_release(&d);
	ledger_intents_release(&in);
	return rc;
}

/* --- what happened since --- */

/* Apple takes a migration back only while it waits for its deadline. */
static bool migrating(const struct fleet *f, uint32_t slot)
{
	struct value v;

	fleet_fact(f, slot, FACT_APPLE_MIGRATION_STATUS, &v);
	return v.state == VALUE_KNOWN &&
	       (str_eq_nocase(v.text, STR("STARTED")) || str_eq_nocase(v.text, STR("SUCCESS")));
}

static struct str or_none(struct str name)
{
	return name.n ? name : STR("none");
}

/* The run's own last move came, or may come, when the run did not look any more. */
static bool came_late(const struct fleet *f, const struct undone *u, uint32_t server)
{
	if (!u->late || (u->late->kind != STEP_REASSIGN && u->late->kind != STEP_MIGRATE))
		return u->late && server == SERVER_NONE;
	return u->late->id.n && server == fleet_server_by_id(f, u->late->id);
}

/* Neither as the run left it nor as it was before: somebody else has decided about it since. */
static bool is_drifted(const struct fleet *f, const struct undone *u, const struct view *now,
	char *ret_why, size_t size)
{
	struct str server = fleet_server_name(f, now->server),
		   profile = now->profile == MAP_NONE ? STR_NONE : fleet_text(f, now->profile);
	bool theirs = u->outcome == OUTCOME_DRIFTED; /* then `after` is what they did */
	bool left_so = !theirs && (snapshot_is(&u->after, SNAPSHOT_SERVER, server) ||
					  came_late(f, u, now->server));

	if (now->server != u->start && !left_so &&
		(theirs || u->after.v[SNAPSHOT_SERVER].state != VALUE_UNREAD)) {
		(void)snprintf(ret_why, size, "its server is now: %.*s", STR_FMT(or_none(server)));
		return true;
	}
	if (!theirs && (u->outcome != OUTCOME_DONE || !left_so))
		return false;
	(void)snprintf(ret_why, size, "its profile is now: %.*s", STR_FMT(or_none(profile)));
	return (theirs || (u->after.v[SNAPSHOT_PROFILE].state != VALUE_UNREAD &&
				  !snapshot_is(&u->after, SNAPSHOT_PROFILE, profile))) &&
	       !snapshot_is(&u->before, SNAPSHOT_PROFILE, profile);
}

/* As a device is now. Many are not kept until then, but read once more. */
static enum errc look_at_device(void *self, const struct device_record *rec, struct err *err)
{
	struct undoing *u = self;
	const struct fleet *f = u->p->opt->facts->fleet;
	uint32_t slot, n = row_of(u, rec, &slot);
	struct deeds deeds = { 0 };
	struct undone undone;
	struct input_row row;
	struct view now;
	char why[300];
	enum errc rc;

	if (n == MAP_NONE)
		return ERR_OK;
	row = input_row(u->p->input, n);
	if (row.outcome != OUTCOME_PLANNED || !work_view(f, plan_slot(u->p, &row), &now))
		return ERR_OK;
	buf_init(&deeds.lost, LOST_MAX_BYTES);
	rc = read_device(u, rec, slot, &undone, &deeds, err);
	buf_release(&deeds.lost);
	if (rc)
		return rc;
	if (is_drifted(f, &undone, &now, why, sizeof(why)))
		plan_settle(u->p, &row, OUTCOME_DRIFTED, REASON_STATE_DRIFTED, str_from(why));
	else if (plan_program(u->p, &row)->v[0].kind == STEP_CANCEL_MIGRATION &&
		 migrating(f, plan_slot(u->p, &row)))
		plan_settle(u->p, &row, OUTCOME_MANUAL, REASON_UNDO_IRREVERSIBLE,
			STR("migrate, which has begun"));
	input_put(u->p->input, n, &row);
	return ERR_OK;
}

enum errc undo_plan(struct plan *p, struct input *input, struct store *store,
	const struct run_record *run, const struct plan_options *opt, struct err *err)
{
	struct undoing u = { .p = p };
	enum errc rc;

	plan_init(p, input, NULL, opt);
	(void)snprintf(p->undo, sizeof(p->undo), "undo %s", run->name);
	arena_init(&u.device);
	u.row_of = mem_alloc((input->serials.n + 1) * sizeof(*u.row_of));
	memset(u.row_of, 0xff, (input->serials.n + 1) * sizeof(*u.row_of));
	u.open = mem_zalloc((input->serials.n + 1) * sizeof(*u.open));
	plan_settle_protected(p);
	find_rows(&u);
	rc = find_open(&u, store, run, err);
	if (!rc)
		rc = store_devices(store, run->id, take_device, &u, err);
	if (!rc)
		rc = plan_decide(p, err);
	if (!rc)
		rc = store_devices(store, run->id, look_at_device, &u, err);
	if (!rc)
		plan_finish(p);
	arena_release(&u.device);
	free(u.row_of);
	free(u.open);
	return rc;
}
