/*
 * Where the devices of open requests are: pages and lists that can tell, each read once for all of
 * them.
 */
#include "run/settle_look.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "run/doubt.h"
#include "run/look.h"
#include "run/request.h"

/* The service has no activities, and answered: there is nothing to wait for but its lists. */
static bool answered_at_once(const struct open_request *r)
{
	return r->state == REQUEST_ACCEPTED && !r->activity[0];
}

bool settle_may_judge(const struct open_request *r)
{
	return r->over || answered_at_once(r);
}

bool settle_is_asked(const struct job *j, const struct open_request *r)
{
	return r->kind != STEP_WIPE &&
	       (!j->apple_only || step_info(r->kind)->service == SERVICE_APPLE);
}

/* Devices that a look can tell something about, of requests with that kind (and server). */
static uint32_t collect(const struct job *j, enum step_kind kind, uint32_t server, uint32_t *slots)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		if (!settle_may_judge(r) || !settle_is_asked(j, r) || r->kind != kind ||
			(server != SERVER_NONE && r->server != server))
			continue;
		for (uint32_t k = 0; k < r->n; k++)
			if (job_is_busy(&j->devices[r->devices[k]]))
				slots[n++] = j->devices[r->devices[k]].slot;
	}
	return n;
}

/* A device's own page tells its status, its migration and whether it was released. Every server's
 * list, which has to be read then, tells of the reassigned as well. *ret_all: they were. */
static enum errc look_at_pages(struct job *j, uint32_t *slots, bool *ret_all, struct err *err)
{
	static const enum step_kind kinds[] = { STEP_UNASSIGN, STEP_MIGRATE, STEP_CANCEL_MIGRATION,
		STEP_RELEASE };
	uint32_t n = 0;
	enum errc rc;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		n += collect(j, kinds[i], SERVER_NONE, slots + n);
	*ret_all = n > 0;
	rc = facts_read(j->facts, READING_APPLE_DEVICE, slots, n, err);
	if (!rc && n)
		rc = facts_read(j->facts, READING_APPLE_SERVER, slots,
			n + collect(j, STEP_REASSIGN, SERVER_NONE, slots + n), err);
	return rc;
}

/* Records one by one, and the lists of all groups that show one of these devices. */
static enum errc look_at_uem(struct job *j, uint32_t *slots, struct err *err)
{
	uint32_t n = collect(j, STEP_DELETE_RECORD, SERVER_NONE, slots), groups = 0;
	enum errc rc = facts_read(j->facts, READING_UEM_DEVICE, slots, n, err);

	if (rc)
		return rc;
	n = collect(j, STEP_ASSIGN_PROFILE, SERVER_NONE, slots);

	n += collect(j, STEP_REMOVE_PROFILE, SERVER_NONE, slots + n);
	for (uint32_t i = 0; i < n; i++)
		groups |= j->fleet->listed[slots[i]];
	if (n && !groups)
		groups = j->fleet->n_groups == 32 ? UINT32_MAX : (1u << j->fleet->n_groups) - 1;
	return n ? look_at_lists(j, groups, err) : ERR_OK;
}

/* Of moves, by the lists of their servers: one that is not whole hides nobody on another. Who is in
 * custody is asked for by name then. */
static enum errc look_at_moves(
	struct job *j, uint32_t server, uint32_t *slots, bool *ret_cut, struct err *err)
{
	uint32_t n = collect(j, STEP_REASSIGN, server, slots);
	enum errc rc = n ? facts_on_server(j->facts, server, slots, n, err) : ERR_OK;

	if (rc != ERR_PROTOCOL)
		return rc;
	for (uint32_t i = 0; i < j->n_open; i++) {
		struct open_request *r = j->open[i];

		for (uint32_t k = 0; k < r->n && r->kind == STEP_REASSIGN && r->server == server;
			k++)
			r->unseen |= job_is_busy(&j->devices[r->devices[k]]) &&
				     !j->devices[r->devices[k]].custody;
	}
	log_often(LOG_WARN, "looking at the devices: %s", err->msg);
	*ret_cut = true;
	return ERR_OK;
}

/* Who is about to be judged by not being where it was to go: where it is. Its target's list, which
 * lacks it, does not tell. One that cannot be read hides nobody else. */
static enum errc look_for_astray(struct job *j, uint32_t *slots, struct err *err)
{
	uint32_t n = 0, server;
	enum errc rc;

	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		for (uint32_t k = 0; k < r->n && r->kind == STEP_REASSIGN && !r->unseen; k++) {
			const struct job_device *d = &j->devices[r->devices[k]];

			if (job_is_busy(d) && d->doubt && !d->custody &&
				transport_now(j->transport) >= look_second_ms(j, d) &&
				!(fleet_server_of(j->fleet, d->slot, &server) &&
					server == r->server))
				slots[n++] = d->slot;
		}
	}
	rc = n ? facts_place_by_name(j->facts, slots, n, err) : ERR_OK;
	return errc_info(rc)->scope == SCOPE_RUN ? rc : ERR_OK;
}

/* Who has to come back does so whatever becomes of Apple's lists. cut: some of the servers' were
 * not whole. pages: how the devices' own went, and what comes back if nothing else goes wrong,
 * unless all that had to be seen was. */
static enum errc look_at_lost(
	struct job *j, uint32_t *v, enum errc pages, bool cut, struct err *err)
{
	uint32_t n = 0, custody = 0;
	enum errc rc;

	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		if (!settle_may_judge(r) || !settle_is_asked(j, r) ||
			step_info(r->kind)->service != SERVICE_APPLE)
			continue;
		for (uint32_t k = 0; k < r->n; k++)
			if (job_is_busy(&j->devices[r->devices[k]])) {
				custody += j->devices[r->devices[k]].custody;
				v[n++] = r->devices[k];
			}
	}
	rc = look_by_name(j, v, n, pages != ERR_OK || cut, err);
	return rc ? rc : custody == n ? ERR_OK : pages;
}

static void note_looked(struct job *j, int64_t from_ms)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (job_is_busy(&j->devices[i])) {
			j->devices[i].looked_ms = from_ms;
			/* No look for the next change: it does not ask what others did since. */
			j->devices[i].good_until_ms = TIME_NONE;
		}
}

/* Off its server is proved by the status and by every server's list; on one, by that list alone. */
static enum errc look_at_apple(struct job *j, uint32_t *slots, struct err *err)
{
	bool all, cut = false;
	enum errc rc = look_at_pages(j, slots, &all, err);

	for (uint32_t s = 0; s < j->fleet->n_servers && !rc && !all; s++)
		rc = look_at_moves(j, s, slots, &cut, err);
	if (!rc && !all)
		rc = look_for_astray(j, slots, err);
	return !rc || rc == ERR_PROTOCOL ? look_at_lost(j, slots, rc, cut, err) : rc;
}

enum errc settle_look(struct job *j, struct err *err)
{
	uint32_t *slots = mem_alloc((2 * (size_t)j->n + 1) * sizeof(*slots));
	int64_t from_ms = transport_now(j->transport);
	enum errc rc;

	for (uint32_t i = 0; i < j->n_open; i++)
		j->open[i]->unseen = false;
	rc = look_at_apple(j, slots, err);
	if (!rc)
		rc = look_at_uem(j, slots, err);
	free(slots);
	if (!rc)
		note_looked(j, from_ms);
	j->last_look_failed = rc != ERR_OK;
	if (rc == ERR_PROTOCOL || rc == ERR_REFUSED || rc == ERR_NOT_FOUND) {
		log_often(LOG_WARN, "looking at the devices: %s",
			err->msg); /* nothing was seen; the next look may be better */
		rc = ERR_OK;
	}
	return rc;
}
