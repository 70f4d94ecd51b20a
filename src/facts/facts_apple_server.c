/* Who is on which of Apple's servers. */
#include "facts/facts_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "facts/cost.h"

struct server_list {
	struct facts *f;
	uint32_t server, assigned; /* the latter a text of the fleet's */
	struct listing listing;
};

/* What is on a server's list is assigned; a device page read earlier may say otherwise, if in words
 * that are known. */
static void put_on_server(const struct server_list *s, uint32_t slot)
{
	struct device_state *d = slot == MAP_NONE ? NULL : &s->f->fleet->devices[slot];

	if (!d)
		return;
	device_set_slot(d, FACT_APPLE_SERVER, s->server);
	if (device_fact_state(d, FACT_APPLE_STATUS) != VALUE_UNKNOWN)
		device_set_slot(d, FACT_APPLE_STATUS, s->assigned);
}

static enum errc take_member(void *self, const struct json *element, struct err *err)
{
	struct server_list *s = self;
	struct str id;
	uint32_t slot;
	bool odd;
	enum errc rc = apple_linkage_decode(element, &id, err);

	if (rc)
		return rc;
	slot = fleet_find(s->f->fleet, id, &odd);
	put_on_server(s, slot);
	recall_note(s->listing.recall, &slot, sizeof(slot));
	return ERR_OK;
}

static void take_member_again(void *self, const void *note)
{
	uint32_t slot;

	memcpy(&slot, note, sizeof(slot));
	put_on_server(self, slot);
}

static void start_server_list(struct server_list *s, struct facts *f, uint32_t server)
{
	*s = (struct server_list){ f, server, fleet_intern(f->fleet, STR("ASSIGNED")),
		{
			.list = LIST_SERVER_DEVICES,
			.of = fleet_server_id(f->fleet, server),
			.each = take_member,
			.recall = fleet_recall(f->fleet, &f->fleet->servers[server].recall),
			.again = take_member_again,
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
