#include "older/older.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "base/time.h"
#include "model/serial.h"
#include "store/gap.h"
#include "wire/listing.h"

/* LOOSE_MS: services may tell whole seconds. LOST_MS: how far back an older state looks that has no
 * entry at all. */
enum { LOOSE_MS = 2000, LOST_MS = 24 * 3600 * 1000 };
#define KIND(step) (1u << STEP_##step)

static const struct {
	const char *type;
	uint32_t kinds;
} types[] = {
	/* A move takes the device off the server that it was on, too. */
	{ "DEVICE_UNASSIGNED_FROM_SERVER", KIND(UNASSIGN) | KIND(RELEASE) | KIND(REASSIGN) |
						   KIND(MIGRATE) | KIND(CANCEL_MIGRATION) },
	{ "DEVICE_ASSIGNED_TO_SERVER", KIND(REASSIGN) | KIND(MIGRATE) | KIND(CANCEL_MIGRATION) },
	{ "DEVICE_REMOVED_FROM_ORG", KIND(RELEASE) },
};
enum { UNASSIGNED, TYPES = sizeof(types) / sizeof(*types) };

/* What our account did to a device, as its newest event tells. */
struct own_deed {
	int64_t at_ms;
	bool off;
	struct str home;
};

struct looking_back {
	const struct surroundings *s;
	int64_t from_ms, newest_ms; /* newest_ms: of an event that nothing explains */
	struct map serials;         /* of events that nothing explains */
	struct own_deed *v;
	size_t cap;
	struct arena arena;
	bool asked; /* the events were read to their end */
	bool later; /* they were not, and may be the next time */
};

/* --- one event --- */

static int type_of(struct str type)
{
	for (int i = 0; i < TYPES; i++)
		if (str_eq(type, str_from(types[i].type)))
			return i;
	return -1;
}

static bool is_us(void *self, struct str text)
{
	return settings_is_own(((struct looking_back *)self)->s->settings, text);
}

static bool is_server(void *self, struct str text)
{
	const struct fleet *f = ((struct looking_back *)self)->s->facts->fleet;

	return fleet_server_called(f, text) != SERVER_NONE;
}

/* Which text of an event is the serial nobody has published: one with a digit that could be one,
 * and is no server's name. */
static bool is_serial(void *self, struct str text)
{
	struct serial s;
	bool digit = false;

	for (size_t i = 0; i < text.n; i++)
		digit |= text.p[i] >= '0' && text.p[i] <= '9';
	return digit && serial_read(text, &s) == REASON_NONE && !is_server(self, text) &&
	       !is_us(self, text);
}

static enum errc find(const struct json *element, bool (*is_asked)(void *self, struct str text),
	struct looking_back *s, struct str *ret, struct err *err)
{
	struct apple_event e;

	return apple_event_decode(element, is_asked, s, &e, ret, err);
}

static struct str server_id(const struct looking_back *s, struct str text)
{
	const struct fleet *f = s->s->facts->fleet;
	uint32_t server = fleet_server_called(f, text);

	return server == SERVER_NONE ? STR("") : fleet_server_id(f, server);
}

static void keep(
	struct looking_back *s, struct str serial, struct str server, const struct apple_event *e)
{
	bool added;
	uint32_t at = map_add(&s->serials, serial, &added);

	MEM_GROW(s->v, at, s->cap);
	if (added)
		s->v[at].at_ms = TIME_NONE;
	if (e->at_ms > s->newest_ms)
		s->newest_ms = e->at_ms;
	if (e->at_ms < s->v[at].at_ms)
		return;
	s->v[at] = (struct own_deed){ e->at_ms, type_of(e->type) == UNASSIGNED,
		server.n ? arena_dup(&s->arena, server_id(s, server)) : STR("") };
}

/* Of those that our account did after the last entry, what no request of the ledger explains. */
static enum errc take_event(void *self, const struct json *element, struct err *err)
{
	struct looking_back *s = self;
	struct str us = STR_NONE, text = STR_NONE, server = STR_NONE;
	struct apple_event e;
	struct serial serial;
	bool explained = false;
	int type;
	enum errc rc = apple_event_decode(element, is_us, s, &e, &us, err);

	type = type_of(e.type);
	if (rc || !us.n || type < 0 || e.at_ms == TIME_NONE || e.at_ms < s->from_ms)
		return rc;
	rc = find(element, is_serial, s, &text, err);
	if (!rc && text.n)
		rc = find(element, is_server, s, &server, err);
	if (rc || !text.n || serial_read(text, &serial) != REASON_NONE)
		return rc;
	rc = gap_explains(s->s->store, serial_view(&serial), types[type].kinds, e.at_ms, LOOSE_MS,
		&explained, err);
	if (!rc && !explained)
		keep(s, serial_view(&serial), server, &e);
	return rc;
}

/* --- all of them --- */

static void forget(struct looking_back *s)
{
	free(s->v);
	s->v = NULL;
	s->cap = 0;
	map_release(&s->serials);
	map_init(&s->serials, 0);
}

/* That they cannot be read is no evidence, and no reason to stop. */
static enum errc read_events(struct looking_back *s, struct err *err)
{
	struct listing l = {
		.list = LIST_EVENTS,
		.since_ms = s->from_ms,
		.each = take_event,
		.self = s,
	};
	enum errc rc;

	s->asked = s->later = false;
	if (s->s->settings->apple.school)
		return ERR_OK;
	forget(s);
	rc = listing_run_in_time(&l, s->s->transport, err);
	if (!rc && l.code)
		log_info("whether the state is the newest one could not be asked of Apple's audit "
			 "events: %s",
			l.err.msg);
	s->asked = !rc && !l.code;
	s->later = !rc && errc_info(l.code)->retry == RETRY_LATER;
	return rc;
}

/* --- what follows --- */

static enum errc save(const struct looking_back *s, const struct gap *g, struct err *err)
{
	struct store *store = s->s->store;
	enum errc rc = store_begin(store, err);

	if (rc)
		return rc;
	rc = gap_put(store, g, transport_now(s->s->transport), err);
	return store_end(store, rc, err);
}

static void warn(const struct gap *g)
{
	char from[TIME_TEXT];

	log_warn("%s: of changes %s%s it knows nothing. An older copy took its place, or another "
		 "installation works with the same API account",
		gap_words(g), g->from_ms == TIME_NONE ? "in the last day" : "since ",
		g->from_ms == TIME_NONE ? "" : time_rfc3339_s(g->from_ms, from));
}

static enum errc take_all(struct looking_back *s, uint32_t *ret_n, struct err *err)
{
	struct older_device *v = mem_alloc((s->serials.n + 1) * sizeof(*v));
	size_t n = 0;
	enum errc rc;

	for (uint32_t i = 0; i < s->serials.n; i++)
		if (s->v[i].off)
			v[n++] = (struct older_device){ map_key(&s->serials, i), s->v[i].home,
				s->v[i].at_ms };
	rc = older_take(s->s, v, n, ret_n, err);
	free(v);
	return rc;
}

/* What was sent and forgotten may still be carried out: until that is over nothing is sent. */
static enum errc wait_over(const struct looking_back *s, const struct gap *g, struct err *err)
{
	const struct settings *set = s->s->settings;
	int64_t now = transport_now(s->s->transport);
	int64_t since = g->to_ms < now ? g->to_ms : now;
	int64_t until = since + set->timeouts.request_ms + set->timeouts.activity_ms;
	char at[TIME_TEXT];

	if (until <= now)
		return ERR_OK;
	log_warn("what it does not know of may still be carried out: waiting until %s",
		time_rfc3339_s(until, at));
	return transport_sleep(s->s->transport, until, err);
}

/* Those that are off are known at once, and once more when nothing can follow. */
static enum errc search_all(struct looking_back *s, struct gap *g, struct err *err)
{
	uint32_t n = 0, more = 0;
	enum errc rc = take_all(s, &n, err);

	/* Which server a device was on may be seen now, and not any more when all is over: a copy
	 * that nothing shows to be older is worth that. */
	if (!rc && (s->asked || !g->copied))
		rc = wait_over(s, g, err);
	if (!rc)
		rc = read_events(s, err);
	if (!rc)
		rc = take_all(s, &more, err);
	if (rc)
		return rc;
	g->searched = !s->later;
	if (n + more)
		log_warn("forgotten while off their servers: %u device%s, put back first", n + more,
			plural(n + more));
	else if (!s->asked)
		log_warn("which devices are off their servers could not be found out%s: see "
			 "%sActivity in Apple's portal",
			s->later ? " now; the next 'depmend apply' asks again" : "",
			s->s->settings->apple.school ? "" : "'depmend export --off-server', and ");
	return save(s, g, err);
}

static enum errc begin(struct looking_back *s, const struct gap *g, bool *ret_asks, struct err *err)
{
	int64_t now = transport_now(s->s->transport), last = g->from_ms;
	bool searching = g->open && !g->searched;
	enum errc rc = searching ? ERR_OK : store_last_entry(s->s->store, now, &last, err);

	*ret_asks = searching || last != TIME_NONE;
	if (last == TIME_NONE)
		last = now - LOST_MS;
	s->from_ms = (last < now ? last : now) - LOOSE_MS;
	s->newest_ms = TIME_NONE;
	map_init(&s->serials, 0);
	arena_init(&s->arena);
	return rc;
}

/* Of a copy the events tell whether it is an older one. */
static enum errc judge_copy(const struct looking_back *s, struct gap *g, struct err *err)
{
	if (!g->open || g->searched || !g->copied || !s->asked)
		return ERR_OK;
	g->open = s->serials.n > 0;
	g->copied = !g->open;
	return save(s, g, err);
}

enum errc older_look(const struct surroundings *surroundings, struct err *err)
{
	struct looking_back s = { .s = surroundings };
	struct gap g = { .open = false };
	bool asks = false;
	enum errc rc = gap_get(surroundings->store, &g, err);

	if (!rc)
		rc = begin(&s, &g, &asks, err);
	if (!rc && asks)
		rc = read_events(&s, err);
	if (!rc && s.serials.n && (!g.open || g.searched)) {
		g = (struct gap){ true, false, s.from_ms + LOOSE_MS,
			transport_now(surroundings->transport), false };
		rc = save(&s, &g, err);
	}
	if (!rc)
		rc = judge_copy(&s, &g, err);
	if (!rc && g.open && !g.searched) {
		warn(&g);
		rc = search_all(&s, &g, err);
	}
	forget(&s);
	map_release(&s.serials);
	arena_release(&s.arena);
	return rc;
}

enum errc older_allow(
	struct store *store, const char *const *allowed, int64_t now_ms, struct err *err)
{
	struct gap g;
	bool says = false;
	enum errc rc = gap_get(store, &g, err);

	for (size_t i = 0; allowed && allowed[i]; i++)
		says |= strcmp(allowed[i], "restored_state=yes") == 0;
	if (rc || !g.open || !says)
		return rc;
	g.open = false;
	rc = store_begin(store, err);
	if (!rc)
		rc = gap_put(store, &g, now_ms, err);
	return store_end(store, rc, err);
}
