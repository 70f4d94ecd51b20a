/*
 * Device records of the UEM: many in one look-up where the tenant answers that, and which serials
 * have several.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "facts/facts_parts.h"
#include "facts/wipe_note.h"
#include "model/allowance.h"
#include "services/uem_bulk.h"
#include "store/ledger.h"

enum { BULK_LOOK_UP = 100, ID_TEXT = 24 };

/* A status that is missing, or a mere number, tells nothing of a wipe. */
static int pending_wipe(struct str status)
{
	uint64_t number;

	if (status.n == 0 || str_is_odd(status) || str_to_u64(status, &number))
		return FLAG_ODD;
	return status_is_wipe(status);
}

static void take_record(struct facts *f, uint32_t slot, const struct uem_device *r)
{
	struct fleet *fleet = f->fleet;
	char id[ID_TEXT], incarnation[2 * ID_TEXT];

	(void)snprintf(id, sizeof(id), "%lld", (long long)r->id);
	facts_set_text(fleet, slot, FACT_UEM_ENROLLMENT_STATUS, r->enrollment_status);
	facts_set_flag(fleet, slot, FACT_UEM_PENDING_WIPE, pending_wipe(r->enrollment_status));
	if (pending_wipe(r->enrollment_status) != FLAG_ODD)
		wipe_note_take(f, slot, status_is_wipe(r->enrollment_status));
	facts_set_text(fleet, slot, FACT_UEM_GROUP, r->group);
	facts_set_text(fleet, slot, FACT_UEM_USER, r->user);
	facts_set_text(fleet, slot, FACT_UEM_OWNERSHIP, r->ownership);
	facts_set_text(fleet, slot, FACT_UEM_DEVICE, r->id < 0 ? odd_str() : str_from(id));
	(void)snprintf(incarnation, sizeof(incarnation), "%lld@%lld", (long long)r->id,
		(long long)r->enrolled_ms);
	fleet->incarnations[slot] = r->enrolled_ms == TIME_NONE || r->enrolled_ms == TIME_UNKNOWN
					    ? MAP_NONE
					    : fleet_intern(fleet, str_from(incarnation));
	facts_set_date(fleet, slot, FACT_UEM_LAST_SEEN, r->last_seen_ms);
	facts_note_odd(fleet, slot, READING_UEM_DEVICE, "the UEM");
	if (r->last_seen_ms == TIME_UNKNOWN)
		fleet_doubt(fleet, slot, READING_UEM_DEVICE,
			STR("the UEM's date of its last contact may be two days, or none: "
			    "uem.date_order: dmy or mdy in the settings tells which"));
}

static enum date_order order_of(const struct facts *f)
{
	return f->settings->uem.date_order;
}

/* MAP_NONE: nobody asked for that device. Other platforms have serials of other forms. */
static uint32_t slot_of(const struct facts *f, const struct uem_device *r)
{
	bool odd;

	return fleet_find(f->fleet, r->serial, &odd);
}

/* --- one --- */

static enum errc done_record(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct look_up *u = self;
	struct fleet *fleet = u->f->fleet;
	struct uem_device record;
	struct json *root = NULL;

	(void)rest;
	if (!code)
		code = uem_device_error(reply, err);
	if (code == ERR_NOT_FOUND || (!code && reply->status == 204)) {
		for (int k = 0; k < FACT_MAX_; k++)
			if (fact_info((enum fact)k)->reading == READING_UEM_DEVICE)
				device_set_absent(&fleet->devices[u->slot], (enum fact)k);
		device_set_flag(&fleet->devices[u->slot], FACT_UEM_PENDING_WIPE, false);
		wipe_note_take(u->f, u->slot, false);
		return facts_soften_one(u, ERR_OK, READING_UEM_DEVICE, err);
	}
	if (!code)
		code = facts_parse(uem_page_error, reply, &root, err);
	if (!code)
		code = uem_device_decode(root, order_of(u->f), &record, err);
	/* Searches that ignore an unknown parameter answer with some other device. */
	if (!code && slot_of(u->f, &record) != u->slot)
		code = err_set(err, ERR_PROTOCOL, "the UEM answered with another device");
	if (!code)
		take_record(u->f, u->slot, &record);
	json_free(root);
	return facts_soften_one(u, code, READING_UEM_DEVICE, err);
}

static void ask_record(struct look_up *u, struct str serial, struct http_request *ret)
{
	uem_device_request(transport_uem(u->f->transport), serial, ret);
}

/* --- many --- */

/* Which devices a reply has shown, by which record. */
struct shown {
	uint32_t slots[BULK_LOOK_UP];
	int64_t ids[BULK_LOOK_UP];
	uint32_t n;
	bool odd; /* and something that no device's record can be told from */
};

/* False: an earlier record of the reply is of the same device, and which one counts nobody can
 * tell. */
static bool is_first(struct shown *s, uint32_t slot, int64_t id)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->slots[i] == slot)
			return id >= 0 && s->ids[i] == id;
	if (s->n < BULK_LOOK_UP) {
		s->slots[s->n] = slot;
		s->ids[s->n++] = id;
	}
	return true;
}

static enum errc take_several(struct facts *f, uint32_t slot)
{
	struct err why;

	return facts_soften(f,
		err_set(&why, ERR_PROTOCOL, "the UEM has several records of this serial"),
		READING_UEM_DEVICE, &slot, 1, &why);
}

/* What cannot be read may be a second record of any that the reply shows; of which it is none, each
 * is asked for by itself. */
static enum errc doubt_all(struct facts *f, const struct shown *s)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < s->n && s->odd && !rc; i++)
		rc = take_several(f, s->slots[i]);
	return rc;
}

/* Of whichever device. */
static bool is_nameless(const struct uem_device *r)
{
	return r->serial.n == 0 || str_is_odd(r->serial);
}

/* An entry of the reply. */
static enum errc take_one(
	struct facts *f, struct shown *shown, const struct json *v, struct err *err)
{
	struct uem_device record;
	uint32_t slot;

	if (uem_device_decode(v, order_of(f), &record, err) || is_nameless(&record)) {
		shown->odd = true;
		return ERR_OK;
	}
	slot = slot_of(f, &record);
	if (slot == MAP_NONE)
		return ERR_OK;
	if (!is_first(shown, slot, record.id))
		return take_several(f, slot);
	take_record(f, slot, &record);
	return ERR_OK;
}

static enum errc take_many(struct facts *f, const struct http_reply *reply, struct err *err)
{
	struct shown shown = { .n = 0 };
	struct json *root = NULL;
	enum errc rc = uem_reply_error(reply, NULL, err);

	if (!rc)
		rc = facts_parse(uem_page_error, reply, &root, err);
	for (const struct json *v = rc ? NULL : json_first(json_get(root, "Devices")); v && !rc;
		v = json_next(v))
		rc = take_one(f, &shown, v, err);
	if (!rc)
		rc = doubt_all(f, &shown);
	json_free(root);
	return rc;
}

/* Some tenants answer 404 when they lack one of the many, or none for one that they cannot tell:
 * then each is asked for by itself. */
static enum errc done_many(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct facts *f = self;

	(void)rest;
	if (!code)
		code = take_many(f, reply, err);
	f->single_records |= code != ERR_OK;
	return errc_info(code)->scope == SCOPE_ROW || code == ERR_PROTOCOL || facts_is_silence(code)
		       ? ERR_OK
		       : code;
}

static void submit_many(struct facts *f, const uint32_t *slots, uint32_t n)
{
	struct transport_call call = { .service = TO_UEM, .done = done_many, .self = f };
	struct str serials[BULK_LOOK_UP];

	for (uint32_t i = 0; i < n; i++)
		serials[i] = fleet_serial(f->fleet, slots[i]);
	uem_devices_request(transport_uem(f->transport), serials, n, &call.request);
	transport_submit(f->transport, &call);
}

static enum errc look_up_many(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	for (uint32_t i = 0; i < n; i += BULK_LOOK_UP)
		submit_many(f, slots + i, n - i < BULK_LOOK_UP ? n - i : BULK_LOOK_UP);
	facts_note_pages(f, (n + BULK_LOOK_UP - 1) / BULK_LOOK_UP);
	facts_note_instead(f, n);
	return transport_drain(f->transport, err);
}

/* What a bulk look-up left out was not shown to be missing. */
enum errc facts_uem_devices(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	uint32_t *open = mem_alloc((n + 1) * sizeof(*open)), n_open = 0;
	enum errc rc = ERR_OK;

	/* The first chunk tells whether the others are worth asking for. */
	if (n > 1 && !f->single_records)
		rc = look_up_many(f, slots, n < BULK_LOOK_UP ? n : BULK_LOOK_UP, err);
	if (!rc && n > BULK_LOOK_UP && !f->single_records)
		rc = look_up_many(f, slots + BULK_LOOK_UP, n - BULK_LOOK_UP, err);
	for (uint32_t i = 0; i < n; i++)
		if (device_fact_state(&f->fleet->devices[slots[i]], FACT_UEM_DEVICE) ==
			VALUE_UNREAD)
			open[n_open++] = slots[i];
	if (!rc && n_open)
		rc = facts_look_up(f, open, n_open, TO_UEM, ask_record, done_record, err);
	free(open);
	return rc;
}

/* --- serials with several records --- */

static enum errc take_any_record(void *self, const struct json *element, struct err *err)
{
	struct facts *f = self;
	struct uem_device record;
	enum errc rc = uem_device_decode(element, order_of(f), &record, err);
	uint32_t slot = rc ? MAP_NONE : slot_of(f, &record);
	struct device_state *d = slot == MAP_NONE ? NULL : &f->fleet->devices[slot];
	char ids[2 * ID_TEXT];
	struct str known;

	if (!d || device_fact_state(d, FACT_UEM_DEVICE) != VALUE_KNOWN)
		return rc;
	known = fleet_text(f->fleet, d->slots[FACT_UEM_DEVICE]);
	(void)snprintf(ids, sizeof(ids), "%lld", (long long)record.id);
	if (memchr(known.p, ' ', known.n) || str_eq(known, str_from(ids)))
		return ERR_OK;
	(void)snprintf(ids, sizeof(ids), "%.*s %lld", STR_FMT(known), (long long)record.id);
	facts_set_text(f->fleet, slot, FACT_UEM_DEVICE, str_from(ids));
	return ERR_OK;
}

enum errc facts_uem_ambiguous(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	struct listing l = {
		.list = LIST_RECORDS,
		.each = take_any_record,
		.self = f,
	};
	enum errc rc;

	f->now = READING_UEM_DEVICE;
	rc = n ? facts_run_listing(f, &l, err) : ERR_OK;
	if (n && !rc && !l.complete) {
		*err = l.err;
		rc = ERR_PROTOCOL;
	}
	f->now = READING_CSV;
	return facts_soften(f, rc, READING_UEM_DEVICE, slots, n, err);
}

/* --- wipes of other runs --- */

/* No time ends them: the UEM keeps a wipe for the device until it is online, and may give it to one
 * that enrolled again. */
enum errc facts_wiping(struct facts *f, int64_t run, struct err *err)
{
	struct ledger_deeds d;
	enum errc rc;

	map_release(&f->fleet->wiping);
	map_init(&f->fleet->wiping, 0);
	if (!f->store)
		return ERR_OK;
	rc = ledger_deeds(f->store, STR_NONE, &d, err);
	for (size_t i = 0; i < d.n && !rc; i++)
		if (d.v[i].kind == STEP_WIPE && d.v[i].state == DEED_OPEN && d.v[i].run != run &&
			!allowance_names_again(f->allowed, d.v[i].serial))
			(void)map_add(&f->fleet->wiping, d.v[i].serial, NULL);
	ledger_deeds_release(&d);
	return rc;
}

enum errc facts_open(struct facts *f, int64_t run, struct err *err)
{
	struct ledger_intents in;
	enum errc rc;

	map_release(&f->fleet->open);
	map_init(&f->fleet->open, 0);
	if (!f->store)
		return ERR_OK;
	rc = ledger_intents(f->store, STR_NONE, &in, err);
	for (size_t i = 0; i < in.n && !rc; i++)
		if (in.v[i].run != run)
			(void)map_add(&f->fleet->open, in.v[i].serial, NULL);
	ledger_intents_release(&in);
	return rc;
}
