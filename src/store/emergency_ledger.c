#include "store/emergency_ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/crypto.h"
#include "io/json.h"
#include "model/program.h"
#include "store/emergency.h"
#include "store/ledger.h"
#include "store/sql.h"

/* --- writing --- */

static enum errc add(struct store *s, struct buf *text, struct err *err)
{
	enum errc rc = buf_check(text, "an intent", err);

	if (!rc)
		rc = s->emergency ? emergency_add(s->emergency, buf_view(text), err)
				  : err_set(err, ERR_STORE, "there is no emergency file");
	buf_release(text);
	return rc;
}

static void put_request(
	struct json_out *o, const struct request_record *r, struct str boot, int64_t boot_ms)
{
	json_put_int(o, "request", r->id);
	json_put_int(o, "run", r->run);
	json_put_int(o, "kind", r->kind);
	json_put_str(o, "target", r->target);
	json_put_int(o, "state", r->state);
	json_put_str(o, "activity", r->activity);
	json_put_int(o, "at", r->intent_ms);
	if (r->sent_ms != TIME_NONE)
		json_put_int(o, "sent", r->sent_ms);
	json_put_str(o, "boot", boot);
	json_put_int(o, "boot_ms", boot_ms);
}

static void put_device(struct json_out *o, const struct emergency_device *d)
{
	json_obj(o, NULL);
	json_put_str(o, "serial", d->serial);
	json_put_str(o, "results", d->results);
	json_put_int(o, "outcome", d->outcome);
	json_put_int(o, "reason", d->reason);
	json_put_int(o, "attempts", d->attempts);
	json_put_int(o, "step", d->step);
	json_obj_end(o);
}

enum errc emergency_intend(struct store *s, const struct request_record *r,
	const struct emergency_device *devices, uint32_t n, struct str boot, int64_t boot_ms,
	int64_t *ret_id, struct err *err)
{
	struct request_record named = *r;
	struct json_out o;
	struct buf text;
	enum errc rc;

	named.id = -(int64_t)(s->n_emergency + 1);
	buf_init(&text, EMERGENCY_BYTES);
	json_out_init(&o, &text);
	json_obj(&o, NULL);
	put_request(&o, &named, boot, boot_ms);
	json_arr(&o, "devices");
	for (uint32_t i = 0; i < n; i++)
		put_device(&o, &devices[i]);
	json_arr_end(&o);
	json_obj_end(&o);
	rc = add(s, &text, err);
	if (rc)
		return rc;
	s->n_emergency++;
	*ret_id = named.id;
	return ERR_OK;
}

enum errc emergency_answer(struct store *s, const struct request_record *r, struct str boot,
	int64_t boot_ms, struct err *err)
{
	struct json_out o;
	struct buf text;

	buf_init(&text, EMERGENCY_BYTES);
	json_out_init(&o, &text);
	json_obj(&o, NULL);
	put_request(&o, r, boot, boot_ms);
	json_obj_end(&o);
	return add(s, &text, err);
}

/* --- taking over --- */

struct taking {
	struct store *s;
	char last[SHA256_HEX]; /* hash of the newest record */
	int64_t *ids;          /* of the ledger, by number of the intent */
	size_t n, cap;
};

static int64_t number(const struct json *v, const char *key)
{
	int64_t n;

	return json_int(json_get(v, key), &n) ? n : 0;
}

static struct str text(const struct json *v, const char *key)
{
	struct str s = json_text(json_get(v, key));

	return s.p ? s : STR("");
}

static struct request_record read_request(const struct json *v)
{
	return (struct request_record){
		.id = number(v, "request"),
		.run = number(v, "run"),
		.kind = (int)number(v, "kind"),
		.target = text(v, "target"),
		.state = (enum request_state)number(v, "state"),
		.activity = text(v, "activity"),
		.intent_ms = number(v, "at"),
		.sent_ms = json_get(v, "sent") ? number(v, "sent") : TIME_NONE,
	};
}

/* The run goes on from where the device was; what was open about it before is over, or it would not
 * have been put back. */
static enum errc take_device(
	struct store *s, int64_t run, int64_t request, const struct json *v, struct err *err)
{
	struct str serial = text(v, "serial");
	enum errc rc = db_do(s->db,
		"UPDATE device SET results = ?3, outcome = ?4, reason = ?5, attempts = ?6 "
		"WHERE run = ?1 AND serial = ?2",
		DB_VALUES(db_int(run), db_str(serial), db_str(text(v, "results")),
			db_int(number(v, "outcome")), db_int(number(v, "reason")),
			db_int(number(v, "attempts"))),
		err);

	if (!rc)
		rc = ledger_close_all(s, serial, err);
	return rc ? rc : store_request_device(s, request, serial, (uint32_t)number(v, "step"), err);
}

static enum errc tell(struct store *s, const struct request_record *r, const char *kind,
	const char *what, struct err *err)
{
	struct buf b;
	enum errc rc;

	buf_init(&b, 1024);
	buf_printf(&b, "request %lld %s", (long long)r->id, what);
	rc = store_event(s, r->run, r->intent_ms, kind, buf_view(&b), err);
	buf_release(&b);
	return rc;
}

static enum errc count_from(
	struct store *s, const struct request_record *r, const struct json *v, struct err *err)
{
	return ledger_count_from(s, r->id, text(v, "boot"), number(v, "boot_ms"), err);
}

/* A run of that number that holds what the ledger cannot tell any more. */
static enum errc adopt_run(struct store *s, const struct request_record *r, struct err *err)
{
	return db_do(s->db,
		"INSERT INTO run(id, name, identity, state, created, now, frozen) "
		"VALUES(?1, 'emergency-' || ?1, 'emergency', 0, ?2, ?2, '{}') "
		"ON CONFLICT DO NOTHING",
		DB_VALUES(db_int(r->run), db_time(r->intent_ms)), err);
}

/* Of its steps only two are known: the one that brings it back, and that one before it took it off.
 * The others keep their places, so that the letters stay those of the real ones. */
static void guess_program(
	const struct request_record *r, struct str results, size_t back, struct buf *out)
{
	struct step v[PROGRAM_MAX_STEPS];
	struct program p = { .v = v };
	size_t off = back;

	while (off > 0 && results.p[off - 1] != '+')
		off--;
	for (; p.n < results.n && p.n < PROGRAM_MAX_STEPS; p.n++)
		v[p.n] = (struct step){ .kind = p.n == back      ? (enum step_kind)r->kind
						: p.n + 1 == off ? STEP_UNASSIGN
								 : STEP_SYNC,
			.arg = p.n == back ? r->target : STR(""),
			.id = p.n == back ? r->target : STR(""),
			.deadline_ms = TIME_NONE };
	program_encode(&p, out);
}

/* The real ledger may be lost, and this one begun anew or an older one. */
static enum errc is_known(
	struct store *s, int64_t run, struct str serial, bool *ret, struct err *err)
{
	int64_t n = 0;
	enum errc rc = page_once_number(s->db,
		"SELECT count(*) FROM device WHERE run = ?1 AND serial = ?2",
		DB_VALUES(db_int(run), db_str(serial)), 0, &n, err);

	*ret = n > 0;
	return rc;
}

static enum errc adopt_device(
	struct store *s, const struct request_record *r, const struct json *v, struct err *err)
{
	struct device_record d = { .serial = text(v, "serial"),
		.results = text(v, "results"),
		.home = r->target,
		.finished_ms = TIME_NONE };
	const struct ledger_custody c = { .serial = d.serial,
		.home = r->target,
		.target = r->target,
		.run = r->run,
		.since_ms = r->intent_ms };
	struct buf program;
	enum errc rc = adopt_run(s, r, err);

	buf_init(&program, EMERGENCY_BYTES);
	guess_program(r, d.results, (size_t)number(v, "step"), &program);
	d.program = buf_view(&program);
	d.outcome = (int)number(v, "outcome");
	d.reason = (int)number(v, "reason");
	if (!rc)
		rc = store_device_add(s, r->run, &d, err);
	if (!rc)
		rc = ledger_take(s, &c, err);
	buf_release(&program);
	return rc;
}

static enum errc take_intent(struct taking *t, struct request_record *r, const struct json *v,
	const struct json *devices, struct err *err)
{
	char what[200];
	enum errc rc = store_request_add(t->s, r, &r->id, err);

	for (const struct json *d = json_first(devices); d && !rc; d = json_next(d)) {
		bool known = false;

		rc = is_known(t->s, r->run, text(d, "serial"), &known, err);
		if (!rc && !known)
			rc = adopt_device(t->s, r, d, err);
		if (!rc)
			rc = take_device(t->s, r->run, r->id, d, err);
	}
	if (!rc)
		rc = ledger_open(t->s, r->id, err);
	if (!rc)
		rc = count_from(t->s, r, v, err);
	MEM_GROW(t->ids, t->n, t->cap);
	t->ids[t->n++] = r->id;
	(void)snprintf(what, sizeof(what), "%s %.*s devices=%zu",
		step_info((enum step_kind)r->kind)->word, STR_FMT(r->target), json_count(devices));
	return rc ? rc : tell(t->s, r, "intent", what, err);
}

/* A refusal had no effect. */
static enum errc take_answer(
	struct taking *t, struct request_record *r, const struct json *v, struct err *err)
{
	char what[200];
	enum errc rc = store_request_set(t->s, r->id, r->state, r->activity, r->sent_ms, err);

	if (!rc && r->state == REQUEST_REFUSED)
		rc = ledger_close(t->s, r->id, STR_NONE, err);
	else if (!rc)
		rc = count_from(t->s, r, v, err);
	(void)snprintf(what, sizeof(what), "%s %.*s", request_word(r->state), STR_FMT(r->activity));
	return rc ? rc : tell(t->s, r, "outcome", what, err);
}

static enum errc note_last(void *self, struct str record, struct err *err)
{
	struct taking *t = self;

	(void)err;
	sha256_hex(record, t->last);
	return ERR_OK;
}

static enum errc unknown(struct err *err)
{
	return err_set(err, ERR_STORE,
		"the emergency file holds an entry of a kind that this version does not know");
}

static enum errc take_record(void *self, struct str record, struct err *err)
{
	struct taking *t = self;
	struct request_record r;
	const struct json *devices;
	struct json *v;
	enum errc rc = json_parse(&v, record, err);

	if (rc)
		return unknown(err);
	r = read_request(v);
	devices = json_get(v, "devices");
	if (r.kind < 0 || r.kind >= STEP_MAX_ || r.state > REQUEST_SETTLED) {
		rc = unknown(err);
	} else if (devices) {
		rc = take_intent(t, &r, v, devices, err);
	} else if (r.id < 0 && (size_t)-r.id <= t->n) {
		r.id = t->ids[-r.id - 1];
		rc = take_answer(t, &r, v, err);
	} else {
		rc = unknown(err);
	}
	json_free(v);
	return rc;
}

/* What a start before this one took over, and could not clear any more, is not taken twice. */
static enum errc take_all(struct taking *t, struct err *err)
{
	char *taken = NULL;
	size_t n;
	enum errc rc = emergency_each(t->s->emergency, note_last, t, &n, err);

	if (!rc && n)
		rc = store_meta_get(t->s, "emergency", &taken, err);
	if (!rc && n && !(taken && strcmp(taken, t->last) == 0)) {
		rc = emergency_each(t->s->emergency, take_record, t, &n, err);
		if (!rc)
			rc = store_meta_put(t->s, "emergency", str_from(t->last), err);
		t->s->n_taken = n;
	}
	free(taken);
	return rc;
}

enum errc emergency_take_over(struct store *s, struct err *err)
{
	struct taking t = { .s = s };
	enum errc rc;

	if (emergency_is_empty(s->emergency))
		return ERR_OK;
	rc = store_begin(s, err);
	if (rc)
		return rc;
	rc = take_all(&t, err);
	rc = store_end(s, rc, err);
	free(t.ids);
	return rc ? rc : emergency_clear(s->emergency, err);
}

enum errc emergency_take_in(struct store *s, struct err *err)
{
	struct taking t = { .s = s };
	enum errc rc = store_begin(s, err);

	if (rc)
		return rc;
	rc = take_all(&t, err);
	rc = store_end(s, rc, err);
	s->n_emergency = (uint32_t)t.n;
	free(t.ids);
	/* What an earlier start took over already: nothing may be added behind it. */
	if (!rc && !s->n_taken)
		rc = emergency_clear(s->emergency, err);
	s->n_taken = 0;
	return rc;
}
