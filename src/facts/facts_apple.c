/* Apple's servers, and its devices: what it says of each. */
#include "facts/facts_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "facts/cost.h"
#include "model/device_saved.h"

/* One minute of reads at the usual rate, and three where only they can tell. */
enum { UNSEEN_LOOK_UPS = 20, UNSURE_LOOK_UPS = 60 };

/* --- servers --- */

static enum errc take_server(void *self, const struct json *element, struct err *err)
{
	struct fleet *fleet = ((struct facts *)self)->fleet;
	struct apple_server a;
	struct server s;
	enum errc rc = apple_server_decode(element, &a, err);

	if (rc || fleet_server_by_id(fleet, a.id) != SERVER_NONE)
		return rc;
	s = (struct server){
		.id = fleet_intern(fleet, a.id),
		.name = fleet_intern(fleet, a.name),
		.device_count = a.device_count,
		.disown = a.disown,
	};
	MEM_GROW(fleet->servers, fleet->n_servers, fleet->cap_servers);
	fleet->servers[fleet->n_servers++] = s;
	return ERR_OK;
}

enum errc facts_apple_servers(struct facts *f, struct err *err)
{
	struct listing l = {
		.list = LIST_SERVERS,
		.each = take_server,
		.self = f,
	};
	enum errc rc;

	fleet_drop_servers(f->fleet);
	rc = facts_run_listing(f, &l, err);
	f->fleet->servers_partial = !l.complete;
	if (rc == ERR_PROTOCOL && f->fleet->n_servers) { /* its pages went wrong: these are known */
		log_warn("Apple's list of servers cannot be read in whole: %s", l.err.msg);
		rc = ERR_OK;
	}
	if (!rc)
		f->fleet->has_servers = true;
	return facts_need_list(rc, "Apple's list of servers", "apple.url", err);
}

/* --- devices --- */

/* A status that Apple may have invented since is no ground to stand on: nothing is planned for such
 * a device. What has left the organization needs none. */
static void take_status(struct fleet *f, uint32_t slot, const struct apple_device *a)
{
	bool known = str_eq_nocase(a->status, STR("ASSIGNED")) ||
		     str_eq_nocase(a->status, STR("UNASSIGNED"));
	bool released = a->released_ms != TIME_NONE && a->released_ms != TIME_UNKNOWN;
	char why[200];

	if (known || (released && a->status.n == 0 && !str_is_odd(a->status))) {
		facts_set_text(f, slot, FACT_APPLE_STATUS, a->status);
		return;
	}
	device_set_unknown(&f->devices[slot], FACT_APPLE_STATUS);
	if (a->status.n)
		(void)snprintf(why, sizeof(why),
			"Apple gives it the status '%.*s', which this version does not know",
			(int)(a->status.n < 60 ? a->status.n : 60), a->status.p);
	else
		(void)snprintf(why, sizeof(why), "Apple gives it no status that can be read");
	fleet_doubt(f, slot, READING_APPLE_DEVICE, str_from(why));
}

static struct str migration_status(struct str v)
{
	static const char *const words[] = { "REQUESTED", "STARTED", "SUCCESS", "FAILED" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_eq_nocase(v, str_from(words[i])))
			return v;
	return v.n ? odd_str() : v;
}

static void take_device(struct fleet *f, uint32_t slot, const struct apple_device *a)
{
	device_set_flag(&f->devices[slot], FACT_APPLE_KNOWN, true);
	facts_set_text(f, slot, FACT_APPLE_MODEL, a->model);
	facts_set_text(f, slot, FACT_APPLE_FAMILY, a->family);
	facts_set_text(f, slot, FACT_APPLE_TYPE, a->type);
	facts_set_text(f, slot, FACT_APPLE_ORDER_NUMBER, a->order_number);
	facts_set_text(f, slot, FACT_APPLE_SOURCE, a->source);
	facts_set_text(f, slot, FACT_APPLE_SOURCE_ID, a->source_id);
	facts_set_text(f, slot, FACT_APPLE_MIGRATION_STATUS, migration_status(a->migration_status));
	facts_set_date(f, slot, FACT_APPLE_ORDER_DATE, a->ordered_ms);
	facts_set_date(f, slot, FACT_APPLE_ADDED, a->added_ms);
	facts_set_date(f, slot, FACT_APPLE_RELEASED, a->released_ms);
	facts_set_date(f, slot, FACT_APPLE_UPDATED, a->updated_ms);
	facts_set_date(f, slot, FACT_APPLE_MIGRATION_DEADLINE, a->migration_deadline_ms);
	facts_set_flag(f, slot, FACT_APPLE_MIGRATION_CAPABLE, a->migration_capable);
	facts_note_odd(f, slot, READING_APPLE_DEVICE, "Apple");
	take_status(f, slot, a);
}

/* Apple does not know the serial: read, and nothing is there. */
static void take_no_device(struct device_state *d)
{
	for (int i = 0; i < FACT_MAX_; i++)
		if (fact_info((enum fact)i)->reading == READING_APPLE_DEVICE)
			device_set_absent(d, (enum fact)i);
	device_set_flag(d, FACT_APPLE_KNOWN, false);
}

struct device_pages {
	struct facts *f;
	uint64_t facts; /* of the reading */
	uint64_t n_released;
	uint32_t n_wanted;
};

/* What follows from an entry. */
struct device_note {
	uint32_t slot; /* MAP_NONE: nobody asked for it */
	bool released;
	char saved[DEVICE_SAVED_MAX];
};

/* What is unknown has a reason, which is told each time. */
static void note_device(struct device_pages *p, uint32_t slot, bool released)
{
	const struct device_state *d = slot == MAP_NONE ? NULL : &p->f->fleet->devices[slot];
	struct device_note note = { .slot = slot, .released = released };
	size_t n = offsetof(struct device_note, saved);

	if (d && (d->known & d->absent & p->facts))
		return;
	if (d)
		n += device_save(d, p->facts, note.saved);
	recall_note(p->f->fleet->recall, &note, n);
}

/* As take_page_device() did when it noted that. */
static void take_device_again(void *self, const void *saved)
{
	const size_t head = offsetof(struct device_note, saved);
	struct device_pages *p = self;
	struct fleet *fleet = p->f->fleet;
	struct device_note note;

	memcpy(&note, saved, head);
	p->n_released += note.released;
	if (note.slot == MAP_NONE)
		return;
	if (device_fact_state(&fleet->devices[note.slot], FACT_APPLE_STATUS) == VALUE_UNKNOWN)
		facts_note_odd(fleet, note.slot, READING_APPLE_DEVICE, "Apple");
	device_restore(&fleet->devices[note.slot], p->facts, (const char *)saved + head);
}

static enum errc take_page_device(void *self, const struct json *element, struct err *err)
{
	struct device_pages *p = self;
	struct apple_device a;
	uint32_t slot;
	bool odd, released;
	enum errc rc = apple_device_decode(element, &a, err);

	if (rc)
		return rc;
	released = a.released_ms != TIME_NONE && a.released_ms != TIME_UNKNOWN;
	p->n_released += released;
	slot = fleet_find(p->f->fleet, a.serial, &odd);
	if (slot != MAP_NONE)
		take_device(p->f->fleet, slot, &a);
	note_device(p, slot, released);
	return ERR_OK;
}

/* The first page tells how many devices there are: look-ups may turn out to be cheaper. */
static bool pages_cost_more(void *self, const struct listing *l)
{
	struct device_pages *p = self;

	if (l->total > 0)
		p->f->fleet->listed_size = l->total;
	return !cost_devices(p->f->fleet, p->n_wanted).listing;
}

static void ask_device(struct look_up *u, struct str serial, struct http_request *ret)
{
	apple_device_request(transport_apple(u->f->transport), serial, ret);
}

static enum errc done_device(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct look_up *u = self;
	struct device_state *d = &u->f->fleet->devices[u->slot];
	struct apple_device a;
	struct json *root = NULL;
	bool odd;

	(void)rest;
	if (!code && apple_fields_refused(reply) &&
		!transport_apple(u->f->transport)->documented_fields) {
		transport_use_documented_fields(u->f->transport);
		return facts_look_again(u, ask_device, done_device);
	}
	if (!code)
		code = apple_device_error(reply, err);
	if (code == ERR_NOT_FOUND) {
		take_no_device(d);
		return facts_soften_one(u, ERR_OK, READING_APPLE_DEVICE, err);
	}
	if (!code)
		code = facts_parse(apple_page_error, reply, &root, err);
	if (!code)
		code = apple_device_decode(json_get(root, "data"), &a, err);
	if (!code && fleet_find(u->f->fleet, a.serial, &odd) != u->slot)
		code = err_set(err, ERR_PROTOCOL, "Apple answered with another device");
	if (!code)
		take_device(u->f->fleet, u->slot, &a);
	json_free(root);
	return facts_soften_one(u, code, READING_APPLE_DEVICE, err);
}

static enum errc look_up_devices(
	struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	return facts_look_up(f, slots, n, TO_APPLE, ask_device, done_device, err);
}

enum errc facts_apple_by_name(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	return facts_read_by(f, READING_APPLE_DEVICE, look_up_devices, slots, n, err);
}

static uint32_t unread(
	const struct facts *f, enum fact fact, const uint32_t *slots, uint32_t n, uint32_t *ret)
{
	uint32_t n_unread = 0;

	for (uint32_t i = 0; i < n; i++)
		if (device_fact_state(&f->fleet->devices[slots[i]], fact) == VALUE_UNREAD)
			ret[n_unread++] = slots[i];
	return n_unread;
}

/* Not in the listing: a few are asked for by name, since pages can miss what is being moved. Of
 * more, and where the next run looks again, only a whole listing says that they are not there. */
static enum errc settle_unseen(struct facts *f, const struct listing *l, const uint32_t *slots,
	uint32_t n, struct err *err)
{
	uint32_t *unseen = mem_alloc((n + 1) * sizeof(*unseen));
	uint32_t n_unseen = unread(f, FACT_APPLE_KNOWN, slots, n, unseen);
	bool whole = l->complete || f->least <= l->n;
	enum errc rc = ERR_OK;

	if (n_unseen && !f->patient && n_unseen <= (whole ? UNSEEN_LOOK_UPS : UNSURE_LOOK_UPS))
		rc = look_up_devices(f, unseen, n_unseen, err);
	else if (!whole)
		facts_leave_open(f, READING_APPLE_DEVICE, unseen, n_unseen, &l->err);
	else
		for (uint32_t i = 0; i < n_unseen; i++)
			take_no_device(&f->fleet->devices[unseen[i]]);
	free(unseen);
	return rc;
}

static struct listing device_listing(struct device_pages *pages)
{
	return (struct listing){
		.list = LIST_DEVICES,
		.each = take_page_device,
		.recall = fleet_recall(pages->f->fleet, &pages->f->fleet->recall),
		.again = take_device_again,
		.self = pages,
	};
}

enum errc facts_apple_devices(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	struct device_pages pages = {
		.f = f,
		.facts = reading_facts(READING_APPLE_DEVICE),
		.n_wanted = n,
	};
	struct listing l = device_listing(&pages);
	enum errc rc = ERR_OK;

	l.enough = pages_cost_more;
	if (cost_devices(f->fleet, n).listing)
		rc = facts_run_listing(f, &l, err);
	facts_note_instead(f, cost_devices(f->fleet, n).n_instead);
	/* Its pages went wrong: those before are known. */
	if (rc && (rc != ERR_PROTOCOL || l.n == 0))
		return facts_soften(f, rc, READING_APPLE_DEVICE, slots, n, err);
	if (!rc && !l.ended)
		return look_up_devices(f, slots, n, err);
	if (!facts_apple_plausible(f, l.n, l.total, err))
		return facts_soften(f, err->code, READING_APPLE_DEVICE, slots, n, err);
	f->fleet->listed_size = (int64_t)l.n;
	if (l.complete) {
		f->fleet->org_size = (int64_t)(l.n - pages.n_released);
		facts_keep_org_size(f);
	}
	return settle_unseen(f, &l, slots, n, err);
}
