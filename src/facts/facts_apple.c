/* Apple's half of the facts: servers, devices, who is on which server. */
#include "facts/facts_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "facts/cost.h"

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

	f->fleet->n_servers = 0;
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
	uint64_t n_released;
	uint32_t n_wanted;
};

static enum errc take_page_device(void *self, const struct json *element, struct err *err)
{
	struct device_pages *p = self;
	struct apple_device a;
	uint32_t slot;
	bool odd;
	enum errc rc = apple_device_decode(element, &a, err);

	if (rc)
		return rc;
	if (a.released_ms != TIME_NONE && a.released_ms != TIME_UNKNOWN)
		p->n_released++;
	slot = fleet_find(p->f->fleet, a.serial, &odd);
	if (slot != MAP_NONE)
		take_device(p->f->fleet, slot, &a);
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
		.self = pages,
	};
}

enum errc facts_apple_devices(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	struct device_pages pages = { .f = f, .n_wanted = n };
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

/* --- which server --- */

struct server_list {
	struct facts *f;
	uint32_t server;
	struct listing listing;
};

static enum errc take_member(void *self, const struct json *element, struct err *err)
{
	struct server_list *s = self;
	struct device_state *d;
	struct str id;
	uint32_t slot;
	bool odd;
	enum errc rc = apple_linkage_decode(element, &id, err);

	if (rc)
		return rc;
	slot = fleet_find(s->f->fleet, id, &odd);
	if (slot == MAP_NONE)
		return ERR_OK;
	d = &s->f->fleet->devices[slot];
	device_set_slot(d, FACT_APPLE_SERVER, s->server);
	/* What is on a server's list is assigned; a device page read earlier may say otherwise, if
	 * in words that are known. */
	if (device_fact_state(d, FACT_APPLE_STATUS) != VALUE_UNKNOWN)
		facts_set_text(s->f->fleet, slot, FACT_APPLE_STATUS, STR("ASSIGNED"));
	return ERR_OK;
}

static void start_server_list(struct server_list *s, struct facts *f, uint32_t server)
{
	*s = (struct server_list){ f, server,
		{
			.list = LIST_SERVER_DEVICES,
			.of = fleet_server_id(f->fleet, server),
			.each = take_member,
			.self = s,
		} };
	listing_start(&s->listing, f->transport);
}

/* --- a server that is deleted while we work --- */

struct server_search {
	struct str id;
	bool found;
};

static enum errc match_server(void *self, const struct json *element, struct err *err)
{
	struct server_search *s = self;
	struct apple_server a;
	enum errc rc = apple_server_decode(element, &a, err);

	s->found |= !rc && str_eq(a.id, s->id);
	return rc;
}

/* Its list is not found: the list of servers tells whether it is deleted. */
static bool was_deleted(struct facts *f, uint32_t server)
{
	struct server_search s = { fleet_server_id(f->fleet, server), false };
	struct listing l = {
		.list = LIST_SERVERS,
		.each = match_server,
		.self = &s,
	};
	struct err err;

	if (facts_run_listing(f, &l, &err) || !l.complete || s.found)
		return false;
	log_warn("server '%.*s' was deleted", STR_FMT(fleet_server_name(f->fleet, server)));
	return true;
}

/* What one list answers says nothing about the others. */
static enum errc failure_of(const struct listing *l)
{
	return l->code == ERR_NOT_FOUND || l->code == ERR_REFUSED || l->code == ERR_PROTOCOL
		       ? ERR_OK
		       : l->code;
}

/* Lists every server at once; one that was deleted has no devices. *ret_whole: what they do not
 * show is on none of them; if not, err says why. */
static enum errc list_servers(
	struct facts *f, uint32_t from, uint32_t to, bool *ret_whole, struct err *err)
{
	struct server_list *lists = mem_zalloc((to - from + 1) * sizeof(*lists));
	bool whole = true;
	enum errc rc;

	for (uint32_t i = from; i < to; i++)
		if (!f->fleet->servers[i].gone)
			start_server_list(&lists[i - from], f, i);
	rc = transport_drain(f->transport, err);
	for (uint32_t i = from; i < to; i++) {
		struct listing *l = &lists[i - from].listing;
		struct server *s = &f->fleet->servers[i];

		if (s->gone)
			continue;
		if (!rc && l->code == ERR_NOT_FOUND && was_deleted(f, i)) {
			s->gone = true;
			listing_release(l);
			continue;
		}
		if (!rc && !l->complete && (l->code || whole)) {
			rc = failure_of(l);
			*err = l->err;
			(void)err_wrap(
				err, "server '%.*s': ", STR_FMT(fleet_server_name(f->fleet, i)));
		}
		whole = whole && l->complete;
		if (!rc && l->complete)
			s->device_count = (int64_t)l->n;
		f->n_listings[TO_APPLE] += l->complete;
		facts_note_pages(f, l->n_pages);
		listing_release(l);
	}
	free(lists);
	*ret_whole = whole;
	return rc;
}

/* On no server, as far as one can see. ASSIGNED all the same: Apple's views lag behind each other,
 * the server is not known. */
static void settle_unlisted(struct fleet *f, uint32_t slot)
{
	struct device_state *d = &f->devices[slot];
	struct value status;

	if (device_fact_state(d, FACT_APPLE_SERVER) != VALUE_UNREAD)
		return;
	fleet_fact(f, slot, FACT_APPLE_STATUS, &status);
	if (status.state != VALUE_KNOWN || !str_eq_nocase(status.text, STR("ASSIGNED"))) {
		device_set_absent(d, FACT_APPLE_SERVER);
		return;
	}
	device_set_unknown(d, FACT_APPLE_SERVER);
	fleet_doubt(f, slot, READING_APPLE_SERVER,
		STR("Apple calls it ASSIGNED and names no server that it is on"));
}

static enum errc done_assigned(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct look_up *u = self;
	struct fleet *fleet = u->f->fleet;
	struct buf id;
	uint32_t server;

	(void)rest;
	buf_init(&id, 256);
	if (!code)
		code = apple_assigned_server_reply(reply, &id, err);
	server = code ? SERVER_NONE : fleet_server_by_id(fleet, buf_view(&id));
	if (!code && id.n && server == SERVER_NONE)
		code = err_set(err, ERR_PROTOCOL, "Apple names a server that is not in its list");
	if (!code && server != SERVER_NONE)
		device_set_slot(&fleet->devices[u->slot], FACT_APPLE_SERVER, server);
	else if (!code)
		settle_unlisted(fleet, u->slot);
	buf_release(&id);
	return facts_soften_one(u, code, READING_APPLE_SERVER, err);
}

static void ask_assigned(struct look_up *u, struct str serial, struct http_request *ret)
{
	apple_assigned_server_request(transport_apple(u->f->transport), serial, ret);
}

/* A device that Apple does not know, or knows as UNASSIGNED, needs no look-up of its own. */
static uint32_t still_open(struct facts *f, const uint32_t *slots, uint32_t n, uint32_t *ret)
{
	uint32_t open = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct device_state *d = &f->fleet->devices[slots[i]];

		if (device_fact_state(d, FACT_APPLE_KNOWN) == VALUE_KNOWN &&
			!device_flag(d, FACT_APPLE_KNOWN))
			device_set_absent(d, FACT_APPLE_SERVER);
		else
			ret[open++] = slots[i];
	}
	return open;
}

static enum errc read_server_lists(
	struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	bool whole;
	enum errc rc = list_servers(f, 0, f->fleet->n_servers, &whole, err);

	if (rc)
		return facts_soften(f, rc, READING_APPLE_SERVER, slots, n, err);
	if (whole && f->fleet->servers_partial) {
		whole = false;
		(void)err_set(err, ERR_PROTOCOL, "Apple's list of servers is not whole");
	}
	if (!whole)
		facts_leave_open(f, READING_APPLE_SERVER, slots, n, err);
	for (uint32_t i = 0; whole && i < n; i++)
		settle_unlisted(f->fleet, slots[i]);
	return ERR_OK;
}

/* No server is named for these; but what Apple calls ASSIGNED is on one, and so may be what it
 * gives no status that is known. One whose record nobody has asked for is asked for now. */
static enum errc doubt_unlisted(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	uint32_t *unlisted = mem_alloc((n + 1) * sizeof(*unlisted)), n_unlisted = 0;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n && !f->patient; i++) {
		const struct device_state *d = &f->fleet->devices[slots[i]];

		if (device_fact_state(d, FACT_APPLE_SERVER) == VALUE_ABSENT &&
			device_fact_state(d, FACT_APPLE_STATUS) == VALUE_UNREAD)
			unlisted[n_unlisted++] = slots[i];
	}
	rc = facts_read_by(f, READING_APPLE_DEVICE, facts_apple_devices, unlisted, n_unlisted, err);
	for (uint32_t i = 0; i < n_unlisted && !rc; i++) {
		struct device_state *d = &f->fleet->devices[unlisted[i]];

		device_forget(d, READING_APPLE_SERVER);
		if (device_fact_state(d, FACT_APPLE_STATUS) == VALUE_UNKNOWN) {
			device_set_unknown(d, FACT_APPLE_SERVER);
			fleet_doubt(f->fleet, unlisted[i], READING_APPLE_SERVER,
				fleet_why_unknown(f->fleet, unlisted[i], FACT_APPLE_STATUS));
		}
		settle_unlisted(f->fleet, unlisted[i]);
	}
	free(unlisted);
	return rc;
}

enum errc facts_apple_server(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	uint32_t *open = mem_alloc(n * sizeof(*open));
	uint32_t n_open = still_open(f, slots, n, open);
	enum errc rc = ERR_OK;

	if (n_open && !cost_servers(f->fleet, n_open).listing) {
		rc = facts_look_up(f, open, n_open, TO_APPLE, ask_assigned, done_assigned, err);
	} else if (n_open) {
		rc = read_server_lists(f, open, n_open, err);
	}
	if (n_open)
		facts_note_instead(f, cost_servers(f->fleet, n_open).n_instead);
	if (!rc)
		rc = doubt_unlisted(f, open, n_open, err);
	free(open);
	return rc;
}

static enum errc look_up_servers(
	struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	uint32_t *open = mem_alloc(n * sizeof(*open));
	uint32_t n_open = still_open(f, slots, n, open);
	enum errc rc = facts_look_up(f, open, n_open, TO_APPLE, ask_assigned, done_assigned, err);

	free(open);
	return rc;
}

enum errc facts_place_by_name(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	enum errc rc = facts_apple_by_name(f, slots, n, err);

	return rc ? rc : facts_read_by(f, READING_APPLE_SERVER, look_up_servers, slots, n, err);
}

enum errc facts_find_server(struct facts *f, uint32_t server, struct err *err)
{
	bool whole;

	return list_servers(f, server, server + 1, &whole, err);
}

enum errc facts_on_server(
	struct facts *f, uint32_t server, const uint32_t *slots, uint32_t n, struct err *err)
{
	bool whole;
	enum errc rc;

	if (!cost_on_server(f->fleet, server, n).listing) {
		for (uint32_t i = 0; i < n; i++)
			device_forget(&f->fleet->devices[slots[i]], READING_APPLE_SERVER);
		return facts_look_up(f, slots, n, TO_APPLE, ask_assigned, done_assigned, err);
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t now;

		if (fleet_server_of(f->fleet, slots[i], &now) && now == server)
			device_forget(&f->fleet->devices[slots[i]], READING_APPLE_SERVER);
	}
	rc = list_servers(f, server, server + 1, &whole, err);
	return rc || whole ? rc : ERR_PROTOCOL;
}
