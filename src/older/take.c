/* Devices that nothing but an audit event remembers, as a run whose last step is still to be done.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "io/crypto.h"
#include "io/file.h"
#include "io/json.h"
#include "model/program.h"
#include "older/older.h"

enum { PROGRAM_BYTES = 64 * 1024, FROZEN_BYTES = 4096, LIST_BYTES = 64 * 1024 * 1024, NAMED = 20 };
#define RULE "restored-state"

struct taking {
	const struct surroundings *s;
	const struct older_device *v;
	size_t n;
	bool *leave; /* by device: it is not to be put back */
};

/* --- which of them --- */

static enum errc find_in(void *self, const struct device_record *d, size_t *ret_at, struct err *err)
{
	const struct taking *t = self;

	(void)err;
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->v[i].serial, d->serial)) {
			*ret_at = i;
			return ERR_OK;
		}
	*ret_at = t->n;
	return ERR_OK;
}

/* A run that goes on, and that was to take it off for good. */
static enum errc note_device(void *self, const struct device_record *d, struct err *err)
{
	struct taking *t = self;
	struct program p;
	struct arena a;
	bool off = false, back = false;
	size_t at = t->n;
	enum errc rc = d->finished_ms == TIME_NONE ? find_in(t, d, &at, err) : ERR_OK;

	if (rc || at == t->n)
		return rc;
	arena_init(&a);
	rc = program_decode(d->program, &a, &p, err);
	for (uint32_t i = 0; !rc && i < p.n; i++) {
		off |= step_info(p.v[i].kind)->takes_off ||
		       p.v[i].kind == STEP_DELETE_FROM_LIFECYCLE;
		back |= step_info(p.v[i].kind)->puts_back;
	}
	t->leave[at] |= off && !back;
	arena_release(&a);
	return rc;
}

static enum errc note_run(void *self, const struct run_record *run, struct err *err)
{
	struct taking *t = self;

	return run->state == RUN_ACTIVE ? store_devices(t->s->store, run->id, note_device, t, err)
					: ERR_OK;
}

static enum errc note_custodies(struct taking *t, struct err *err)
{
	struct ledger_custodies c;
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < t->n && !rc; i++) {
		rc = ledger_custodies(t->s->store, t->v[i].serial, &c, err);
		t->leave[i] |= !rc && c.n;
		ledger_custodies_release(&c);
	}
	return rc;
}

/* One that cannot be read may be off. */
static bool is_elsewhere(const struct fleet *f, uint32_t slot)
{
	struct value known, status, released;

	fleet_fact(f, slot, FACT_APPLE_KNOWN, &known);
	fleet_fact(f, slot, FACT_APPLE_STATUS, &status);
	fleet_fact(f, slot, FACT_APPLE_RELEASED, &released);
	return (known.state == VALUE_KNOWN && known.number == 0) || released.state == VALUE_KNOWN ||
	       (status.state == VALUE_KNOWN && !str_eq_nocase(status.text, STR("UNASSIGNED")));
}

static enum errc look(struct taking *t, struct err *err)
{
	struct facts *f = t->s->facts;
	uint32_t *slots = mem_alloc((t->n + 1) * sizeof(*slots)), n = 0;
	enum errc rc;

	for (size_t i = 0; i < t->n; i++)
		if (!t->leave[i])
			slots[n++] = fleet_add(f->fleet, t->v[i].serial);
	rc = n ? facts_read(f, READING_APPLE_DEVICE, slots, n, err) : ERR_OK;
	for (size_t i = 0, k = 0; i < t->n && !rc; i++)
		if (!t->leave[i])
			t->leave[i] = is_elsewhere(f->fleet, slots[k++]);
	free(slots);
	return rc;
}

/* --- their run --- */

static enum errc add_device(
	struct taking *t, int64_t run, size_t i, uint32_t n, struct str program, struct err *err)
{
	const struct older_device *v = &t->v[i];
	struct store *store = t->s->store;
	struct row_record row = {
		.n = n,
		.line = n + 1,
		.serial = v->serial,
		.outcome = OUTCOME_PLANNED,
		.reason = REASON_NONE,
		.rule = STR(RULE),
		.detail = STR(""),
	};
	struct buf before;
	struct device_record d = {
		.serial = v->serial,
		.rule = STR(RULE),
		.program = program,
		.start = v->home,
		.home = v->home,
		.results = STR("+."),
		.outcome = OUTCOME_PENDING,
		.reason = REASON_NONE,
		.finished_ms = TIME_NONE,
	};
	const struct ledger_custody c = { v->serial, v->home, v->home, STR(""), run, v->at_ms };
	enum errc rc = store_row_add(store, run, &row, err);

	buf_init(&before, 64 * 1024);
	fleet_remember(t->s->facts->fleet, fleet_add(t->s->facts->fleet, v->serial), &before);
	d.before = buf_view(&before);
	if (!rc)
		rc = store_device_add(store, run, &d, err);
	if (!rc && v->home.n)
		rc = store_home_put(store, v->serial, v->home, run, err);
	if (!rc)
		rc = ledger_take(store, &c, err);
	buf_release(&before);
	return rc;
}

static enum errc add_devices(struct taking *t, int64_t run, struct err *err)
{
	static const struct step steps[] = { { .kind = STEP_UNASSIGN, .deadline_ms = TIME_NONE },
		{ .kind = STEP_REASSIGN, .deadline_ms = TIME_NONE } };
	const struct program p = { .v = steps, .n = 2 };
	struct buf program;
	uint32_t n = 0;
	enum errc rc = ERR_OK;

	buf_init(&program, PROGRAM_BYTES);
	program_encode(&p, &program);
	for (size_t i = 0; i < t->n && !rc; i++)
		if (!t->leave[i])
			rc = add_device(t, run, i, n++, buf_view(&program), err);
	buf_release(&program);
	return rc;
}

/* Its input: the serials, a line each, where those of other runs are. */
static enum errc write_list(
	const struct taking *t, const char *run_name, char ret_digest[SHA256_HEX], struct err *err)
{
	char *folder, *path;
	struct outfile *out;
	struct buf list;
	enum errc rc = store_run_folder(t->s->store, run_name, &folder, err);

	if (rc)
		return rc;
	path = mem_printf("%s/input.csv", folder);
	buf_init(&list, LIST_BYTES);
	for (size_t i = 0; i < t->n; i++)
		if (!t->leave[i])
			buf_printf(&list, "%.*s\n", STR_FMT(t->v[i].serial));
	sha256_hex(buf_view(&list), ret_digest);
	rc = outfile_open(&out, path, 0600, err);
	if (!rc) {
		outfile_write(out, buf_view(&list));
		rc = outfile_commit(out, NULL, err);
		outfile_free(out);
	}
	buf_release(&list);
	free(path);
	free(folder);
	return rc;
}

static void write_frozen(const char *digest, struct buf *out)
{
	struct json_out o;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_put_z(&o, "input", "Apple's audit events");
	json_put_z(&o, "again", "depmend apply");
	json_put_z(&o, "input_sha256", digest);
	json_put_z(&o, "delimiter", ",");
	json_put_bool(&o, "has_header", false);
	json_put_int(&o, "serial_at", 0);
	json_put_int(&o, "widest", 1);
	json_arr(&o, "allowed");
	json_arr_end(&o);
	json_obj_end(&o);
}

static void name_run(const struct taking *t, struct run_record *run)
{
	char at[TIME_TEXT], salt[SHA256_HEX];
	struct buf b;

	buf_init(&b, 1024);
	buf_printf(&b, RULE " %lld %zu %.*s", (long long)run->created_ms, t->n,
		STR_FMT(t->v[0].serial));
	sha256_hex(buf_view(&b), salt);
	buf_release(&b);
	(void)time_rfc3339_s(run->created_ms, at);
	(void)snprintf(run->name, sizeof(run->name), "%.4s%.2s%.2s-%.2s%.2s%.2s-%.8s", at, at + 5,
		at + 8, at + 11, at + 14, at + 17, salt);
	(void)snprintf(run->identity, sizeof(run->identity), "%s", salt);
	(void)snprintf(run->fingerprint, sizeof(run->fingerprint), "%s", salt);
}

static enum errc add_run(struct taking *t, struct err *err)
{
	struct store *store = t->s->store;
	struct run_record run = {
		.state = RUN_ACTIVE,
		.created_ms = transport_now(t->s->transport),
		.finished_ms = TIME_NONE,
		.exit_status = -1,
	};
	char digest[SHA256_HEX];
	struct buf frozen;
	enum errc rc;

	run.now_ms = run.created_ms;
	name_run(t, &run);
	rc = write_list(t, run.name, digest, err);
	if (!rc)
		rc = store_begin(store, err);
	if (rc)
		return rc;
	buf_init(&frozen, FROZEN_BYTES);
	write_frozen(digest, &frozen);
	rc = store_run_add(store, &run, buf_view(&frozen), err);
	buf_release(&frozen);
	if (!rc)
		rc = add_devices(t, run.id, err);
	if (!rc)
		rc = store_event(store, run.id, run.created_ms, "run",
			STR("{\"who\":\"depmend\",\"why\":\"a restored state\"}"), err);
	return store_end(store, rc, err);
}

static uint32_t count(const struct taking *t)
{
	uint32_t n = 0, homeless = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->leave[i])
			continue;
		n++;
		if (!t->v[i].home.n && homeless++ < NAMED)
			log_warn("%.*s is off its server since a change that the state does not "
				 "know of, and Apple does not name the server: give it one with "
				 "'depmend apply CSV --rules reconcile', then 'depmend forget'",
				STR_FMT(t->v[i].serial));
	}
	return n;
}

enum errc older_take(const struct surroundings *s, const struct older_device *v, size_t n,
	uint32_t *ret_n, struct err *err)
{
	struct taking t = { s, v, n, mem_zalloc(n + 1) };
	enum errc rc = n ? note_custodies(&t, err) : ERR_OK;

	if (!rc && n)
		rc = store_runs(s->store, note_run, &t, err);
	if (!rc)
		rc = look(&t, err);
	if (!rc)
		*ret_n = count(&t);
	if (!rc && *ret_n)
		rc = add_run(&t, err);
	free(t.leave);
	return rc;
}
