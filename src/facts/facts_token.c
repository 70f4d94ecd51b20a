/*
 * Enrollment tokens of the UEM: found by serial or in the pages of a group, then each one's detail,
 * the only place that tells an assignment's state (services/README.md UEM C.5).
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "facts/cost.h"
#include "facts/facts_parts.h"
#include "facts/profile_state.h"

/* Beyond so many, what complete pages do not show is not there. */
enum { UNSEEN_LOOK_UPS = 20 };

/* The group to ask about a device: one that lists it, else the first. */
static uint32_t group_at(const struct facts *f, uint32_t slot)
{
	uint32_t listed = f->fleet->listed[slot];

	return listed ? (uint32_t)__builtin_ctz(listed) : 0;
}

static struct str group_of(const struct facts *f, uint32_t slot)
{
	return buf_view(&f->fleet->groups[group_at(f, slot)].uuid);
}

/* --- one detail --- */

static void set_no_token(struct device_state *d)
{
	for (int f = 0; f < FACT_MAX_; f++)
		if (fact_info((enum fact)f)->reading == READING_UEM_TOKEN)
			device_set_absent(d, (enum fact)f);
}

static void set_profile_status(struct facts *f, uint32_t slot, const struct uem_token_detail *t)
{
	struct str words = t->profile_status;

	for (size_t i = 0; i < f->settings->uem.n_profile_status; i++)
		if (t->profile_status_number >= 0 &&
			f->settings->uem.profile_status[i].number == t->profile_status_number)
			words = str_from(f->settings->uem.profile_status[i].words);
	facts_set_text(f->fleet, slot, FACT_UEM_PROFILE_STATUS, words);
	profile_state_take(f, slot, words, t->retry_after_ms);
	facts_note_odd(f->fleet, slot, READING_UEM_TOKEN, "the UEM");
}

static enum errc done_token_detail(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct look_up *u = self;
	struct uem_token_detail detail;
	struct json *root = NULL;
	bool odd;

	(void)rest;
	if (!code)
		code = uem_reply_error(reply, NULL, err);
	if (!code)
		code = facts_parse(uem_page_error, reply, &root, err);
	if (!code)
		code = uem_token_detail_decode(root, &detail, err);
	if (!code && detail.serial.n && fleet_find(u->f->fleet, detail.serial, &odd) != u->slot)
		code = err_set(err, ERR_PROTOCOL, "the UEM answered with another device's token");
	if (!code)
		set_profile_status(u->f, u->slot, &detail);
	json_free(root);
	return facts_soften_one(u, code, READING_UEM_TOKEN, err);
}

static void submit_detail(struct look_up *u, struct str token_uuid)
{
	struct transport_call call = { .service = TO_UEM, .done = done_token_detail, .self = u };

	facts_note_requests(u->f, 0, 1);
	uem_token_detail_request(
		transport_uem(u->f->transport), group_of(u->f, u->slot), token_uuid, &call.request);
	transport_submit(u->f->transport, &call);
}

/* --- by serial --- */

/* *ret_root keeps the texts of *ret alive; *ret_found false: the search found nothing. An answer
 * about other devices is none: the UEM did not understand what was asked. */
static enum errc find_token(struct look_up *u, const struct http_reply *reply,
	struct json **ret_root, struct uem_token *ret, bool *ret_found, struct err *err)
{
	const struct json *tokens;
	int64_t total = 0;
	bool odd;
	enum errc rc = uem_reply_error(reply, NULL, err);

	*ret_found = false;
	if (rc || reply->status == 204)
		return rc;
	rc = facts_parse(uem_page_error, reply, ret_root, err);
	if (rc)
		return rc;
	tokens = json_get(*ret_root, "tokens");
	(void)json_int(json_get(*ret_root, "total"), &total);
	for (const struct json *j = json_first(tokens); j && !*ret_found; j = json_next(j))
		*ret_found = !uem_token_decode(j, ret, err) &&
			     fleet_find(u->f->fleet, ret->serial, &odd) == u->slot;
	if (*ret_found && ret->uuid.n == 0)
		return err_set(err, ERR_PROTOCOL, "its enrollment token has no id");
	if (!*ret_found && (!json_is_array(tokens) || json_first(tokens) || total > 0))
		return err_set(err, ERR_PROTOCOL,
			"the UEM answered the search for its enrollment token with others");
	return ERR_OK;
}

static enum errc done_token_search(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct look_up *u = self;
	struct json *root = NULL;
	struct uem_token token;
	bool found = false;

	(void)rest;
	if (!code)
		code = find_token(u, reply, &root, &token, &found, err);
	if (!code && found)
		submit_detail(u, token.uuid);
	else if (!code)
		set_no_token(&u->f->fleet->devices[u->slot]);
	json_free(root);
	return facts_soften_one(u, code, READING_UEM_TOKEN, err);
}

static void ask_token(struct look_up *u, struct str serial, struct http_request *ret)
{
	uem_tokens_request(transport_uem(u->f->transport), group_of(u->f, u->slot), serial, 0, ret);
}

/* --- by page --- */

/* Those asked for in one group. */
struct token_pages {
	struct facts *f;
	uint32_t group;
	uint32_t *uuids; /* by slot: of fleet.texts; MAP_NONE: not seen */
	uint32_t n_unseen, n_nameless;
	struct listing listing;
};

static enum errc take_token(void *self, const struct json *element, struct err *err)
{
	struct token_pages *p = self;
	struct fleet *fleet = p->f->fleet;
	struct uem_token token;
	enum errc rc = uem_token_decode(element, &token, err);
	uint32_t slot;
	bool odd;

	if (rc)
		return rc;
	slot = fleet_find(fleet, token.serial, &odd);
	p->n_nameless += odd; /* a person's registration, or one of those asked for */
	if (slot == MAP_NONE || group_at(p->f, slot) != p->group)
		return ERR_OK;
	if (token.uuid.n == 0) /* the group has one, whose detail cannot be asked for */
		return err_set(err, ERR_PROTOCOL, "its enrollment token has no id");
	p->n_unseen -= p->uuids[slot] == MAP_NONE && p->n_unseen > 0;
	p->uuids[slot] = fleet_intern(fleet, token.uuid);
	return ERR_OK;
}

/* The first page tells how many there are: searching for what it lacks may turn out cheaper. */
static bool pages_cost_more(void *self, const struct listing *l)
{
	const struct token_pages *p = self;

	return l->total > 0 && (uint64_t)l->total > ((uint64_t)p->n_unseen + 1) * UEM_PAGE_SIZE;
}

/* All groups at once. *ret_complete: every page of every group came. */
static enum errc read_pages(
	struct facts *f, struct token_pages *pages, bool *ret_complete, struct err *err)
{
	enum errc rc;

	for (uint32_t g = 0; g < f->fleet->n_groups; g++) {
		pages[g].listing = (struct listing){
			.list = LIST_TOKENS,
			.of = buf_view(&f->fleet->groups[g].uuid),
			.each = take_token,
			.enough = pages_cost_more,
			.self = &pages[g],
		};
		if (pages[g].n_unseen)
			listing_start(&pages[g].listing, f->transport);
	}
	rc = transport_drain(f->transport, err);
	*ret_complete = true;
	for (uint32_t g = 0; g < f->fleet->n_groups; g++) {
		struct listing *l = &pages[g].listing;

		*ret_complete &= !l->n_pages || (l->complete && !pages[g].n_nameless);
		facts_note_pages(f, l->n_pages);
		f->n_listings[TO_UEM] += l->complete;
		if (!rc && l->code) {
			rc = l->code;
			*err = l->err;
		}
		listing_release(l);
	}
	return rc;
}

static void ask_detail(struct look_up *u, struct str serial, struct http_request *ret)
{
	const uint32_t *uuids = u->extra;

	(void)serial;
	uem_token_detail_request(transport_uem(u->f->transport), group_of(u->f, u->slot),
		fleet_text(u->f->fleet, uuids[u->slot]), ret);
}

/* The details of those seen, and a search for the others while they are few. */
static enum errc read_found(struct facts *f, const uint32_t *slots, uint32_t n, uint32_t *uuids,
	bool complete, struct err *err)
{
	uint32_t *seen = mem_alloc((n + 1) * sizeof(*seen)), n_seen = 0;
	uint32_t *unseen = mem_alloc((n + 1) * sizeof(*unseen)), n_unseen = 0;
	enum errc rc;

	for (uint32_t i = 0; i < n; i++)
		if (uuids[slots[i]] != MAP_NONE)
			seen[n_seen++] = slots[i];
		else
			unseen[n_unseen++] = slots[i];
	facts_note_requests(f, 0, n_seen);
	rc = facts_look_up_with(f, seen, n_seen, TO_UEM, ask_detail, done_token_detail, uuids, err);
	if (!rc && (!complete || n_unseen <= UNSEEN_LOOK_UPS))
		rc = facts_look_up(f, unseen, n_unseen, TO_UEM, ask_token, done_token_search, err);
	else
		for (uint32_t i = 0; i < n_unseen && !rc; i++)
			set_no_token(&f->fleet->devices[unseen[i]]);
	free(seen);
	free(unseen);
	return rc;
}

static enum errc by_page(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	struct token_pages *pages = mem_zalloc((f->fleet->n_groups + 1) * sizeof(*pages));
	uint32_t *uuids = mem_alloc(f->fleet->serials.n * sizeof(*uuids));
	bool complete = false;
	enum errc rc;

	memset(uuids, 0xff, f->fleet->serials.n * sizeof(*uuids));
	for (uint32_t g = 0; g < f->fleet->n_groups; g++)
		pages[g] = (struct token_pages){ .f = f, .group = g, .uuids = uuids };
	for (uint32_t i = 0; i < n; i++)
		pages[group_at(f, slots[i])].n_unseen++;
	rc = read_pages(f, pages, &complete, err);
	if (!rc)
		rc = read_found(f, slots, n, uuids, complete, err);
	free(uuids);
	free(pages);
	return rc;
}

/* --- the cheaper one --- */

/* A token is its group's: the lists have to tell which that is. */
static enum errc know_groups(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	for (uint32_t i = 0; i < n && f->fleet->n_groups > 1; i++)
		if (device_fact_state(&f->fleet->devices[slots[i]], FACT_UEM_LISTED) ==
			VALUE_UNREAD)
			return facts_read_by(f, READING_UEM_LIST, facts_uem_listed, slots, n, err);
	return ERR_OK;
}

enum errc facts_uem_tokens(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	enum errc rc = know_groups(f, slots, n, err);
	uint32_t groups = 0;
	struct cost cost;

	if (rc)
		return rc;
	for (uint32_t i = 0; i < n; i++)
		groups |= 1u << group_at(f, slots[i]);
	cost = cost_tokens(f->fleet, groups, n);
	rc = cost.listing ? by_page(f, slots, n, err)
			  : facts_look_up(f, slots, n, TO_UEM, ask_token, done_token_search, err);
	facts_note_instead(f, cost.n_instead + n); /* the details are asked for either way */
	return facts_soften(f, rc, READING_UEM_TOKEN, slots, n, err);
}

/* --- gone --- */

/* One group is searched for those that it may have. */
struct gone_search {
	uint32_t group;
	const uint32_t *places; /* of what is asked for, in the order of all slots */
	bool *gone;             /* in that order */
};

static void ask_gone(struct look_up *u, struct str serial, struct http_request *ret)
{
	const struct gone_search *s = u->extra;

	uem_tokens_request(transport_uem(u->f->transport),
		buf_view(&u->f->fleet->groups[s->group].uuid), serial, 0, ret);
}

static enum errc done_gone(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct look_up *u = self;
	const struct gone_search *s = u->extra;
	struct json *root = NULL;
	struct uem_token token;
	bool found = true;

	(void)rest;
	if (!code)
		code = find_token(u, reply, &root, &token, &found, err);
	json_free(root);
	code = facts_excuse(u, code, err);
	if (code || found)
		s->gone[s->places[u->at]] = false;
	/* A search that the UEM refuses proves nothing, which is all that matters here. */
	return errc_info(code)->scope == SCOPE_RUN ? code : ERR_OK;
}

enum errc facts_lifecycle_gone(struct facts *f, const uint32_t *slots, const uint32_t *groups,
	uint32_t n, bool *ret_gone, struct err *err)
{
	uint32_t *asked = mem_alloc((n + 1) * sizeof(*asked));
	uint32_t *places = mem_alloc((n + 1) * sizeof(*places));
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n; i++)
		ret_gone[i] = true;
	for (uint32_t g = 0; g < f->fleet->n_groups && !rc; g++) {
		struct gone_search s = { g, places, ret_gone };
		uint32_t n_asked = 0;

		for (uint32_t i = 0; i < n; i++)
			if (groups[i] >> g & 1u) {
				places[n_asked] = i;
				asked[n_asked++] = slots[i];
			}
		rc = facts_look_up_with(f, asked, n_asked, TO_UEM, ask_gone, done_gone, &s, err);
	}
	free(places);
	free(asked);
	return rc;
}
