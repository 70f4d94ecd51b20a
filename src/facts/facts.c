#include "facts/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "facts/facts_parts.h"

enum { OWN_CHANGES_MS = 7 * 24 * 3600 * 1000, SIZE_KEPT_MS = OWN_CHANGES_MS };

enum errc facts_servers(struct facts *f, struct err *err)
{
	enum errc rc = facts_apple_servers(f, err);

	if (!rc && f->settings->has_uem)
		rc = facts_uem_groups(f, err);
	if (!rc)
		fleet_bind_groups(f->fleet);
	return rc;
}

static const struct {
	enum errc (*read)(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err);
	bool uem;
} readings[READING_MAX_] = {
	[READING_APPLE_DEVICE] = { facts_apple_devices, false },
	[READING_APPLE_SERVER] = { facts_apple_server, false },
	[READING_UEM_LIST] = { facts_uem_listed, true },
	[READING_UEM_PROFILES] = { facts_uem_profiles, true },
	[READING_UEM_TOKEN] = { facts_uem_tokens, true },
	[READING_UEM_DEVICE] = { facts_uem_devices, true },
	[READING_UEM_APPS] = { facts_uem_apps, true },
};

/* n > 1: they share the reason. */
static void set_unknown(struct facts *f, enum reading r, const uint32_t *slots, uint32_t n,
	bool only_unread, struct str why)
{
	for (uint32_t i = 0; i < n; i++)
		for (int k = 0; k < FACT_MAX_; k++) {
			struct device_state *d = &f->fleet->devices[slots[i]];

			if (fact_info((enum fact)k)->reading == r &&
				(!only_unread ||
					device_fact_state(d, (enum fact)k) == VALUE_UNREAD))
				device_set_unknown(d, (enum fact)k);
		}
	if (n)
		fleet_doubt(f->fleet, n == 1 ? slots[0] : MAP_NONE, r, why);
}

void facts_leave_open(
	struct facts *f, enum reading r, const uint32_t *slots, uint32_t n, const struct err *why)
{
	if (n)
		log_often(LOG_WARN, "%s: %s", reading_words(r), why->msg);
	set_unknown(f, r, slots, n, true, str_from(why->msg));
}

enum errc facts_read(
	struct facts *f, enum reading r, const uint32_t *slots, uint32_t n, struct err *err)
{
	enum reading outer = f->now;
	enum errc rc;

	if (n == 0 || r == READING_CSV)
		return ERR_OK;
	for (uint32_t i = 0; i < n; i++)
		device_forget(&f->fleet->devices[slots[i]], r);
	if (readings[r].uem && !f->settings->has_uem) {
		set_unknown(f, r, slots, n, false, STR("the settings have no uem:"));
		return ERR_OK;
	}
	f->now = r;
	rc = readings[r].read(f, slots, n, err);
	f->now = outer;
	return rc;
}

/* --- one record --- */

enum errc facts_parse(enum errc (*page)(const struct http_reply *reply, struct err *err),
	const struct http_reply *reply, struct json **ret, struct err *err)
{
	enum errc rc = page(reply, err);

	return rc ? rc : json_parse(ret, buf_view(&reply->body), err);
}

void facts_set_text(struct fleet *f, uint32_t slot, enum fact fact, struct str v)
{
	struct device_state *d = &f->devices[slot];

	if (str_is_odd(v))
		device_set_unknown(d, fact);
	else if (v.n)
		device_set_slot(d, fact, fleet_intern(f, v));
	else
		device_set_absent(d, fact);
}

void facts_set_date(struct fleet *f, uint32_t slot, enum fact fact, int64_t at_ms)
{
	struct device_state *d = &f->devices[slot];

	if (at_ms == TIME_UNKNOWN)
		device_set_unknown(d, fact);
	else if (at_ms == TIME_NONE)
		device_set_absent(d, fact);
	else
		device_set_date(d, fact, at_ms);
}

void facts_set_flag(struct fleet *f, uint32_t slot, enum fact fact, int v)
{
	struct device_state *d = &f->devices[slot];

	if (v == FLAG_ODD)
		device_set_unknown(d, fact);
	else if (v < 0)
		device_set_absent(d, fact);
	else
		device_set_flag(d, fact, v);
}

void facts_note_odd(struct fleet *f, uint32_t slot, enum reading r, const char *whose)
{
	char why[200];

	for (int k = 0; k < FACT_MAX_; k++)
		if (fact_info((enum fact)k)->reading == r &&
			device_fact_state(&f->devices[slot], (enum fact)k) == VALUE_UNKNOWN) {
			(void)snprintf(why, sizeof(why),
				"%s gives it a value of %s that cannot be read", whose,
				fact_info((enum fact)k)->word);
			fleet_doubt(f, slot, r, str_from(why));
			return;
		}
}

void facts_forget_ways(struct facts *f)
{
	memset(f->ways, 0, sizeof(f->ways));
}

void facts_note_pages(struct facts *f, uint64_t n)
{
	f->ways[f->now].n_pages += n;
	f->ways[f->now].n_requests += n;
}

void facts_note_requests(struct facts *f, uint64_t n_serials, uint64_t n)
{
	f->ways[f->now].n_serials += n_serials;
	f->ways[f->now].n_requests += n;
}

void facts_note_instead(struct facts *f, uint64_t n)
{
	f->ways[f->now].n_instead += n;
}

enum errc facts_soften(struct facts *f, enum errc code, enum reading r, const uint32_t *slots,
	uint32_t n, struct err *err)
{
	switch (code) {
	case ERR_OK:
		return ERR_OK;
	case ERR_PROTOCOL:
	case ERR_REFUSED:
	case ERR_NOT_FOUND:
	case ERR_LIMIT:
	case ERR_HELD:
		log_often(LOG_WARN, "%s: %s", reading_words(r), err->msg);
		set_unknown(f, r, slots, n, false, str_from(err->msg));
		return ERR_OK;
	default:
		return err_wrap(err, "reading %s: ", reading_words(r));
	}
}

enum errc facts_run_listing(struct facts *f, struct listing *l, struct err *err)
{
	enum errc rc;

	listing_start(l, f->transport);
	rc = transport_drain(f->transport, err);
	listing_release(l);
	if (!rc && l->code) {
		rc = l->code;
		*err = l->err;
	}
	f->n_listings[l->service] += l->complete;
	facts_note_pages(f, l->n_pages);
	return rc;
}

enum errc facts_look_up_with(struct facts *f, const uint32_t *slots, uint32_t n,
	enum transport_service service, look_up_request *ask, look_up_done *done, void *extra,
	struct err *err)
{
	struct look_up *ups = mem_alloc(n * sizeof(*ups));
	enum errc rc;

	for (uint32_t i = 0; i < n; i++) {
		struct transport_call call = { .service = service, .done = done, .self = &ups[i] };

		ups[i] = (struct look_up){ f, slots[i], i, extra };
		ask(&ups[i], fleet_serial(f->fleet, slots[i]), &call.request);
		transport_submit(f->transport, &call);
	}
	rc = transport_drain(f->transport, err);
	free(ups);
	return rc;
}

enum errc facts_look_again(struct look_up *u, look_up_request *ask, look_up_done *done)
{
	struct transport_call call = { .service = TO_APPLE, .done = done, .self = u };

	ask(u, fleet_serial(u->f->fleet, u->slot), &call.request);
	transport_submit(u->f->transport, &call);
	return ERR_OK;
}

enum errc facts_look_up(struct facts *f, const uint32_t *slots, uint32_t n,
	enum transport_service service, look_up_request *ask, look_up_done *done, struct err *err)
{
	facts_note_requests(f, n, n);
	return facts_look_up_with(f, slots, n, service, ask, done, NULL, err);
}

static enum errc remember_size(struct facts *f, const char *key, uint64_t n, struct err *err)
{
	char text[24];
	enum errc rc;

	if (!f->store)
		return ERR_OK;
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	rc = store_begin_soft(f->store, err); /* the next intent takes it to the disk */
	if (rc)
		return rc;
	rc = store_meta_put(f->store, key, str_from(text), err);
	if (!rc)
		rc = store_commit(f->store, err);
	if (rc)
		store_rollback(f->store);
	return rc;
}

/* "SIZE TIME" */
enum errc facts_keep_org_size(struct facts *f, struct err *err)
{
	char text[48];

	if (!f->store)
		return ERR_OK;
	(void)snprintf(text, sizeof(text), "%lld %lld", (long long)f->fleet->org_size,
		(long long)transport_now(f->transport));
	return store_meta_put(f->store, "size.organization", str_from(text), err);
}

enum errc facts_org_size(const struct facts *f, int64_t *ret, struct err *err)
{
	char *kept = NULL;
	struct str when;
	uint64_t size, at_ms;
	enum errc rc = ERR_OK;

	if (f->store)
		rc = store_meta_get(f->store, "size.organization", &kept, err);
	when = kept ? str_from(kept) : STR_NONE;
	if (str_to_u64(str_cut(&when, ' '), &size) && str_to_u64(when, &at_ms) &&
		transport_now(f->transport) - (int64_t)at_ms <= SIZE_KEPT_MS)
		*ret = (int64_t)size;
	free(kept);
	return rc;
}

/* Devices that depmend changed lately: a list they were on may be that much shorter. */
static enum errc own_changes(struct facts *f, uint64_t *ret, struct err *err)
{
	int64_t since = transport_now(f->transport) - OWN_CHANGES_MS;

	return f->store ? store_devices_since(f->store, -1, since, ret, err) : ERR_OK;
}

bool facts_size_plausible(
	struct facts *f, const char *name, uint64_t n, int64_t told, struct err *err)
{
	char key[96], *old = NULL;
	uint64_t last = 0, own = 0, whole = told > 0 ? (uint64_t)told : 0;

	(void)snprintf(key, sizeof(key), "size.%s", name);
	if (f->store && store_meta_get(f->store, key, &old, err))
		return false;
	if (old)
		(void)str_to_u64(str_from(old), &last);
	free(old);
	if (n * 5 < last * 4 && own_changes(f, &own, err))
		return false;
	if (n < f->least && ((n + own) * 5 < last * 4 || n * 5 < whole * 4)) {
		(void)err_set(err, ERR_PROTOCOL,
			"the %s listing has %llu entries, %s %llu; when that is right, say --allow "
			"fleet=%llu",
			name, (unsigned long long)n,
			n * 5 < whole * 4 ? "of which it said there were" : "last time it had",
			(unsigned long long)(n * 5 < whole * 4 ? whole : last),
			(unsigned long long)n);
		if (!f->shrunk[0] || n < f->n_shrunk) {
			(void)snprintf(f->shrunk, sizeof(f->shrunk), "%.199s", err->msg);
			f->n_shrunk = n;
		}
		return false;
	}
	return n == last || remember_size(f, key, n, err) == ERR_OK;
}
