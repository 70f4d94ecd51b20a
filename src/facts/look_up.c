/* What every reading does alike: mark, ask for each serial or read a listing, count, soften. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "facts/facts_parts.h"

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

enum errc facts_read_by(struct facts *f, enum reading r, facts_read_fn *read, const uint32_t *slots,
	uint32_t n, struct err *err)
{
	enum reading outer = f->now;
	enum errc rc;

	if (n == 0)
		return ERR_OK;
	for (uint32_t i = 0; i < n; i++)
		device_forget(&f->fleet->devices[slots[i]], r);
	if (reading_is_uem(r) && !f->settings->has_uem) {
		set_unknown(f, r, slots, n, false, STR("the settings have no uem:"));
		return ERR_OK;
	}
	f->now = r;
	rc = read(f, slots, n, err);
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
	const struct device_state *d = &f->devices[slot];
	uint64_t unknown = d->known & d->absent;
	char why[200];

	if (unknown)
		unknown &= reading_facts(r);
	if (!unknown)
		return;
	(void)snprintf(why, sizeof(why), "%s gives it a value of %s that cannot be read", whose,
		fact_info((enum fact)__builtin_ctzll(unknown))->word);
	fleet_doubt(f, slot, r, str_from(why));
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

bool facts_is_silence(enum errc code)
{
	return code == ERR_OUTAGE || code == ERR_NET;
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

/* So many in a row without an answer are odd, more are an outage. */
enum { SILENT_MOST = 3 };

enum errc facts_excuse(struct look_up *u, enum errc code, struct err *err)
{
	if (!facts_is_silence(code))
		u->f->n_silent = 0;
	else if (++u->f->n_silent <= SILENT_MOST)
		code = err->code = ERR_REFUSED;
	return code;
}

enum errc facts_soften_one(struct look_up *u, enum errc code, enum reading r, struct err *err)
{
	return facts_soften(u->f, facts_excuse(u, code, err), r, &u->slot, 1, err);
}

enum errc facts_run_listing(struct facts *f, struct listing *l, struct err *err)
{
	enum errc rc = listing_read(l, f->transport, err);

	f->n_listings[l->kind->service] += l->complete;
	facts_note_pages(f, l->n_pages);
	return rc;
}

enum errc facts_need_list(enum errc code, const char *what, const char *setting, struct err *err)
{
	struct err why;

	if (!code || errc_info(code)->scope == SCOPE_RUN)
		return code;
	if (errc_info(code)->scope == SCOPE_SERVICE)
		return err_wrap(err, "%s: ", what);
	why = *err;
	return err_set(err, ERR_PROTOCOL, "%s: %s: see %s", what, why.msg, setting);
}

/* Those that are asked for together. */
struct look_ups {
	const uint32_t *slots;
	uint32_t n, n_answered, n_witnesses;
	enum transport_service service;
	look_up_request *ask;
	struct look_up *v, witness; /* witness.all: NULL when none is under way */
};

static enum errc done_witness(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct look_up *u = self;

	(void)reply;
	(void)rest;
	(void)err;
	u->all = NULL;
	return errc_info(code)->scope == SCOPE_RUN ? code : ERR_OK;
}

/* Another device: of those asked for, or by Apple's number alone any that is known. */
static bool other_slot(const struct look_up *u, const struct look_ups *all, uint32_t *ret)
{
	uint32_t n_known = u->f->fleet->serials.n, n = all->n > 1 ? all->n : n_known;
	uint32_t from = all->n > 1 ? u->at : u->slot;
	uint32_t at = n > 1 ? (from + 1 + all->n_witnesses % (n - 1)) % n : from;

	if (n < 2 || (all->n < 2 && all->service != TO_APPLE))
		return false;
	*ret = all->n > 1 ? all->slots[at] : at;
	return true;
}

/* Asks for patience for one device alone: whether for others as well, another look tells. */
static void ask_witness(void *self)
{
	const struct look_up *u = self;
	struct look_ups *all = u->all;
	struct look_up *w = &all->witness;
	struct transport_call call = { .service = all->service,
		.done = done_witness,
		.self = w,
		.n_answered = &all->n_answered };
	uint32_t slot;

	if (w->all || !other_slot(u, all, &slot))
		return;
	*w = (struct look_up){ u->f, slot, u->at, u->extra, all };
	all->n_witnesses++;
	facts_note_requests(u->f, 0, 1);
	all->ask(w, fleet_serial(u->f->fleet, slot), &call.request);
	transport_submit(u->f->transport, &call);
}

enum errc facts_look_up_with(struct facts *f, const uint32_t *slots, uint32_t n,
	enum transport_service service, look_up_request *ask, look_up_done *done, void *extra,
	struct err *err)
{
	struct look_ups all = { .slots = slots, .n = n, .service = service, .ask = ask };
	enum errc rc;

	all.v = mem_alloc(n * sizeof(*all.v));
	f->n_silent = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct transport_call call = { .service = service,
			.done = done,
			.self = &all.v[i],
			.n_answered = &all.n_answered,
			.alone = ask_witness };

		all.v[i] = (struct look_up){ f, slots[i], i, extra, &all };
		ask(&all.v[i], fleet_serial(f->fleet, slots[i]), &call.request);
		transport_submit(f->transport, &call);
	}
	rc = transport_drain(f->transport, err);
	free(all.v);
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
