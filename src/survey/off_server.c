/*
 * After a loss of the state: devices that are on no server because our API account took them off,
 * with the server they came from, by Apple's audit events (services/README.md Apple E). An event
 * proves, no event proves nothing.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "survey/rows.h"
#include "wire/listing.h"

enum { DAYS = 30, DAY_MS = 86400000 };

/* The newest event about a device that is off. */
struct off_event {
	int64_t at_ms; /* TIME_NONE: none */
	uint32_t server;
	bool unassigned, api, ours;
	struct str by, id; /* in the arena */
};

struct searching {
	struct survey *survey;
	const struct fleet *fleet;
	const struct settings *settings;
	struct map off; /* serials */
	struct off_event *v;
	size_t cap;
	struct arena arena;
	bool any_ours;
};

static enum errc take_off(void *self, const struct survey_device *d, struct err *err)
{
	struct searching *s = self;
	uint32_t at;

	(void)err;
	if (!d->in[STAGE_APPLE] || d->server != SERVER_NONE || !d->server_known ||
		d->cells[CELL_RELEASED].n)
		return ERR_OK;
	at = map_add(&s->off, d->serial, NULL);
	MEM_GROW(s->v, at, s->cap);
	s->v[at] = (struct off_event){ .at_ms = TIME_NONE, .server = SERVER_NONE };
	return ERR_OK;
}

/* --- events --- */

static bool is_off(void *self, struct str text)
{
	const struct searching *s = self;

	return map_find(&s->off, text) != MAP_NONE;
}

static bool is_server(void *self, struct str text)
{
	const struct searching *s = self;

	return fleet_server_called(s->fleet, text) != SERVER_NONE;
}

static bool is_us(void *self, struct str text)
{
	const struct searching *s = self;

	return settings_is_own(s->settings, text);
}

static enum errc find(const struct json *element, bool (*is_asked)(void *self, struct str text),
	struct searching *s, struct str *ret, struct err *err)
{
	struct apple_event e;

	return apple_event_decode(element, is_asked, s, &e, ret, err);
}

static enum errc take_event(void *self, const struct json *element, struct err *err)
{
	struct searching *s = self;
	struct apple_event e;
	struct str serial, server = STR_NONE, us = STR_NONE;
	struct off_event *to;
	enum errc rc = apple_event_decode(element, is_off, s, &e, &serial, err);

	if (!rc && serial.n)
		rc = find(element, is_server, s, &server, err);
	if (!rc && serial.n)
		rc = find(element, is_us, s, &us, err);
	if (rc || !serial.n)
		return rc;
	to = &s->v[map_find(&s->off, serial)];
	if (e.at_ms == TIME_NONE || e.at_ms < to->at_ms)
		return ERR_OK;
	*to = (struct off_event){ .at_ms = e.at_ms,
		.server = fleet_server_called(s->fleet, server),
		.unassigned = str_eq(e.type, STR("DEVICE_UNASSIGNED_FROM_SERVER")),
		.api = str_eq(e.actor_type, STR("API_USER")),
		.ours = us.n > 0,
		.by = arena_dup(&s->arena, e.actor),
		.id = arena_dup(&s->arena, e.id) };
	s->any_ours |= to->ours;
	return ERR_OK;
}

static enum errc read_events(struct searching *s, struct err *err)
{
	struct transport *t = s->survey->session->transport;
	struct listing l = {
		.list = LIST_EVENTS,
		.since_ms = transport_now(t) - (int64_t)DAYS * DAY_MS,
		.each = take_event,
		.self = s,
	};
	enum errc rc = listing_run(&l, t, err);

	if (!rc && l.code) {
		*err = l.err;
		rc = err_wrap(err, "Apple's audit events: ");
	}
	if (!rc && !l.code && !l.complete)
		log_warn("Apple's audit events cannot be read in whole, so that more devices may "
			 "have been taken off: %s",
			l.err.msg);
	return rc;
}

/* --- rows --- */

/* Apple may tell accounts by another name than the client id. */
static bool is_wanted(const struct searching *s, const struct off_event *e)
{
	return e->at_ms != TIME_NONE && e->unassigned && (s->any_ours ? e->ours : e->api);
}

static void put(const struct searching *s, struct survey_rows *rows, uint32_t at)
{
	const struct off_event *e = &s->v[at];
	char text[TIME_TEXT];
	const struct str cells[] = { map_key(&s->off, at), fleet_server_name(s->fleet, e->server),
		str_from(time_rfc3339_s(e->at_ms, text)), e->by, e->id };

	rows_put(rows, cells);
}

static uint64_t put_all(const struct searching *s, const struct survey_options *opt)
{
	static const char *const headers[] = { "serial", "server", "unassigned", "by", "event" };
	struct survey_rows rows;
	bool told = s->any_ours;
	uint32_t n_homeless = 0;

	rows_begin(&rows, opt, headers, sizeof(headers) / sizeof(*headers));
	for (uint32_t i = 0; i < s->off.n; i++) {
		if (!is_wanted(s, &s->v[i]))
			continue;
		if (!told)
			log_warn("Apple's events do not name this client id: devices that any API "
				 "account took off are listed, see the column by");
		told = true;
		n_homeless += s->v[i].server == SERVER_NONE;
		put(s, &rows, i);
	}
	if (n_homeless)
		log_warn("of %" PRIu32 " of them Apple's events name no server that is there "
			 "now: write one into their column server, or they stay where they are",
			n_homeless);
	return rows_end(&rows);
}

enum errc survey_off_server(
	struct survey *s, const struct survey_options *opt, uint64_t *ret_n, struct err *err)
{
	struct searching f = {
		.survey = s, .fleet = &s->session->fleet, .settings = s->session->settings
	};
	enum errc rc;

	if (s->session->settings->apple.school)
		return err_set(err, ERR_USAGE,
			"Apple School Manager tells no audit events: which devices were taken off "
			"has to be found in its portal, under Activity");
	map_init(&f.off, 0);
	arena_init(&f.arena);
	rc = survey_read_apple(s, err);
	if (!rc)
		rc = survey_each(s, take_off, &f, err);
	if (!rc && f.off.n)
		rc = read_events(&f, err);
	if (!rc)
		*ret_n = put_all(&f, opt);
	free(f.v);
	map_release(&f.off);
	arena_release(&f.arena);
	return rc;
}
