/*
 * Apps that ask for a store password: public ones, and purchased ones that can only be licensed to
 * users. One request for each device, and the tenant's purchased apps once.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "facts/facts_parts.h"
#include "services/uem_survey.h"

struct licences {
	struct facts *f;
	uint32_t group;
	struct map user_only; /* bundle ids */
	bool unclear; /* some have words nobody knows, or numbers, whose meaning is not published */
};

static enum errc take_purchased(void *self, const struct json *element, struct err *err)
{
	struct licences *l = self;
	struct uem_app app;
	enum errc rc = uem_app_decode(element, &app, err);

	if (rc)
		return rc;
	if (app.eligibility.n == 0 && !str_is_odd(app.eligibility))
		return ERR_OK; /* without licences of its own */
	if (str_contains_nocase(app.eligibility, STR("device")))
		return ERR_OK;
	if (app.bundle_id.n && str_eq_nocase(app.eligibility, STR("User")))
		(void)map_add(&l->user_only, app.bundle_id, NULL);
	else
		l->unclear = true;
	return ERR_OK;
}

static enum errc read_licences(struct licences *l, struct err *err)
{
	enum errc rc = ERR_OK;

	for (l->group = 0; l->group < l->f->fleet->n_groups && !rc; l->group++) {
		struct listing pages = {
			.list = LIST_PURCHASED_APPS,
			.of = buf_view(&l->f->fleet->groups[l->group].uuid),
			.each = take_purchased,
			.self = l,
		};

		rc = facts_run_listing(l->f, &pages, err);
		l->unclear |= !pages.complete;
	}
	return rc;
}

/* --- one device --- */

struct app_counts {
	uint32_t n_public, n_user, n_purchased;
	bool odd;
};

static struct app_counts count_apps(const struct licences *l, const struct json *apps)
{
	struct app_counts n = { 0 };
	struct uem_device_app app;
	struct err err;

	for (const struct json *v = json_first(apps); v; v = json_next(v)) {
		if (uem_device_app_decode(v, &app, &err) || app.type.n == 0 ||
			app.bundle_id.n == 0) {
			n.odd = true;
			continue;
		}
		n.n_public += str_eq_nocase(app.type, STR("Public"));
		n.n_purchased += str_eq_nocase(app.type, STR("Purchased"));
		n.n_user += map_find(&l->user_only, app.bundle_id) != MAP_NONE;
	}
	return n;
}

static enum errc take_apps(struct look_up *u, const struct http_reply *reply, struct err *err)
{
	struct licences *l = u->extra;
	struct device_state *d = &u->f->fleet->devices[u->slot];
	struct app_counts n;
	const struct json *apps;
	struct json *root = NULL;
	int64_t total = 0;
	enum errc rc = uem_reply_error(reply, NULL, err);

	if (!rc && reply->status != 204)
		rc = facts_parse(uem_page_error, reply, &root, err);
	apps = json_get(root, "DeviceApps");
	if (!rc && root && !json_is_array(apps))
		rc = err_set(err, ERR_PROTOCOL, "the UEM's answer holds no list of apps");
	n = count_apps(l, rc ? NULL : apps);
	n.odd |= json_int(json_get(root, "Total"), &total) && total > (int64_t)json_count(apps);
	json_free(root);
	if (rc)
		return rc;
	if (n.odd)
		return err_set(err, ERR_PROTOCOL, "the list of its apps cannot be read in whole");
	device_set_slot(d, FACT_UEM_PUBLIC_APPS, n.n_public);
	if (n.n_purchased && l->unclear)
		device_set_unknown(d, FACT_UEM_USER_LICENSED_APPS);
	else
		device_set_slot(d, FACT_UEM_USER_LICENSED_APPS, n.n_user);
	return ERR_OK;
}

static enum errc done_apps(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct look_up *u = self;

	(void)rest;
	if (!code)
		code = take_apps(u, reply, err);
	return facts_soften_one(u, code, READING_UEM_APPS, err);
}

static void ask_apps(struct look_up *u, struct str serial, struct http_request *ret)
{
	uint64_t id = 0;
	struct value text;

	(void)serial;
	fleet_fact(u->f->fleet, u->slot, FACT_UEM_DEVICE, &text);
	(void)str_to_u64(text.text, &id);
	uem_device_apps_request(transport_uem(u->f->transport), (int64_t)id, ret);
}

/* Those whose record is in that state. */
static uint32_t in_state(const struct facts *f, const uint32_t *slots, uint32_t n,
	enum value_state state, uint32_t *ret)
{
	uint32_t n_in = 0;

	for (uint32_t i = 0; i < n; i++)
		if (device_fact_state(&f->fleet->devices[slots[i]], FACT_UEM_DEVICE) == state)
			ret[n_in++] = slots[i];
	return n_in;
}

/* Without a record there are no apps to be known. */
static void settle_others(struct facts *f, const uint32_t *slots, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct device_state *d = &f->fleet->devices[slots[i]];
		enum value_state state = device_fact_state(d, FACT_UEM_DEVICE);
		void (*set)(struct device_state *,
			enum fact) = state == VALUE_ABSENT ? device_set_absent : device_set_unknown;

		if (state == VALUE_KNOWN)
			continue;
		set(d, FACT_UEM_PUBLIC_APPS);
		set(d, FACT_UEM_USER_LICENSED_APPS);
	}
}

enum errc facts_uem_apps(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	struct licences l = { .f = f };
	uint32_t *open = mem_alloc((n + 1) * sizeof(*open));
	uint32_t n_open = in_state(f, slots, n, VALUE_UNREAD, open);
	enum errc rc = facts_read_by(f, READING_UEM_DEVICE, facts_uem_devices, open, n_open, err);

	map_init(&l.user_only, 0);
	settle_others(f, slots, rc ? 0 : n);
	n_open = rc ? 0 : in_state(f, slots, n, VALUE_KNOWN, open);
	facts_note_requests(f, n_open, n_open);
	if (n_open)
		rc = read_licences(&l, err);
	if (rc)
		rc = facts_soften(f, rc, READING_UEM_APPS, open, n_open, err);
	else if (n_open)
		rc = facts_look_up_with(f, open, n_open, TO_UEM, ask_apps, done_apps, &l, err);
	map_release(&l.user_only);
	free(open);
	return rc;
}
