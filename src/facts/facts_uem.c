/* The UEM's half of the facts: token groups, DEP list, profiles. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "facts/facts_parts.h"
#include "services/uem_survey.h"
#include "wire/answer.h"

/* --- groups --- */

struct group_search {
	struct facts *f;
	struct str name;
	struct buf *uuid;
	uint32_t n; /* groups of that Group ID */
};

static enum errc take_group(void *self, const struct json *element, struct err *err)
{
	struct group_search *s = self;
	struct uem_group g;
	enum errc rc = uem_group_decode(element, &g, err);

	if (rc)
		return rc;
	if (str_is_odd(g.group_id))
		return err_set(
			err, ERR_PROTOCOL, "the UEM lists a group whose Group ID is no text");
	if (!str_eq_nocase(g.group_id, s->name) || str_eq_nocase(g.uuid, buf_view(s->uuid)))
		return ERR_OK;
	buf_reset(s->uuid);
	buf_str(s->uuid, g.uuid);
	s->n++;
	return ERR_OK;
}

/* A version of the answer that is told in other words. */
static enum errc ask_one_page(struct group_search *s, struct err *err)
{
	struct http_request q;
	struct answer a;
	enum errc rc;

	uem_group_request(transport_uem(s->f->transport), s->name, 0, &q);
	rc = answer_get(s->f->transport, TO_UEM, &q, &a, err);
	if (!rc)
		rc = uem_group_reply(&a.reply, s->name, s->uuid, err);
	answer_release(&a);
	return rc;
}

static enum errc judge_groups(struct group_search *s, const struct listing *l, struct err *err)
{
	if (s->n > 1)
		return err_set(err, ERR_CONFLICT, "UEM has %u groups with the Group ID '%.*s'",
			s->n, STR_FMT(s->name));
	if (s->n == 1 && uem_is_uuid(buf_view(s->uuid)))
		return ERR_OK;
	if (s->n == 0 && l->n && !l->complete)
		return err_set(err, ERR_PROTOCOL,
			"UEM's list of groups cannot be read in whole, and what it shows has no "
			"group with the Group ID '%.*s': %s",
			STR_FMT(s->name), l->err.msg);
	return ask_one_page(s, err);
}

static enum errc resolve_group(struct facts *f, struct group *g, struct str name, struct err *err)
{
	struct group_search s = { f, name, &g->uuid, 0 };
	struct listing l = {
		.list = LIST_GROUPS,
		.of = name,
		.each = take_group,
		.self = &s,
	};
	enum errc rc = facts_run_listing(f, &l, err);

	f->n_listings[TO_UEM] -= l.complete; /* a search is not one that a run makes again */
	if (rc == ERR_PROTOCOL && s.n)       /* its pages go wrong behind the one that was found */
		rc = ERR_OK;
	if (!rc)
		rc = judge_groups(&s, &l, err);
	if (rc == ERR_NOT_FOUND || rc == ERR_CONFLICT)
		err->code = rc = ERR_SETTINGS;
	rc = facts_need_list(rc, "the UEM's list of groups", "uem.url", err);
	return rc ? err_wrap(err, "uem.tokens: group '%.*s': ", STR_FMT(name)) : ERR_OK;
}

/* Those of `group: none`, and those made for depmend, whose token is never the UEM's. */
static void take_unfed(struct fleet *fleet, const struct settings *s)
{
	fleet->n_unfed = 0;
	for (size_t i = 0; i < s->uem.n_unfed; i++)
		fleet->unfed[fleet->n_unfed++] = str_from(s->uem.unfed[i].server);
	for (size_t i = 0; i < s->n_enrollment; i++)
		if (s->enrollment[i].server)
			fleet->unfed[fleet->n_unfed++] = str_from(s->enrollment[i].server);
}

enum errc facts_uem_groups(struct facts *f, struct err *err)
{
	const struct settings *s = f->settings;
	enum errc rc = ERR_OK;

	if (f->fleet->n_groups)
		return ERR_OK;
	take_unfed(f->fleet, s);
	for (size_t i = 0; i < s->uem.n_tokens && !rc; i++) {
		struct group *g = &f->fleet->groups[i];
		struct str name = str_from(s->uem.tokens[i].group);

		*g = (struct group){ .server = str_from(s->uem.tokens[i].server), .last_size = -1 };
		buf_init(&g->uuid, 256);
		f->fleet->n_groups++;
		if (uem_is_uuid(name))
			buf_str(&g->uuid, name);
		else
			rc = resolve_group(f, g, name, err);
	}
	return rc;
}

/* --- DEP list --- */

struct group_list {
	struct facts *f;
	uint32_t group;
	struct listing listing;
};

/* What follows from an entry. */
struct listed_note {
	uint32_t slot;    /* MAP_NONE: nobody asked for it */
	uint32_t profile; /* text of the fleet's; MAP_NONE: none */
};

static bool is_profile(const struct device_state *d, uint32_t profile)
{
	enum value_state state = device_fact_state(d, FACT_UEM_PROFILE);

	if (state == VALUE_KNOWN)
		return d->slots[FACT_UEM_PROFILE] == profile;
	return state != VALUE_UNKNOWN && profile == MAP_NONE;
}

/* One serial twice in a list, with two profiles: which of them it has, nobody can tell. */
static void set_profile(struct group_list *g, uint32_t slot, uint32_t profile)
{
	struct fleet *fleet = g->f->fleet;
	struct device_state *d = &fleet->devices[slot];

	if ((fleet->listed[slot] >> g->group & 1u) && !is_profile(d, profile)) {
		device_set_unknown(d, FACT_UEM_PROFILE);
		fleet_doubt(fleet, slot, READING_UEM_LIST,
			STR("the UEM lists it twice, with different profiles"));
		return;
	}
	if (profile == MAP_NONE)
		device_set_absent(d, FACT_UEM_PROFILE);
	else
		device_set_slot(d, FACT_UEM_PROFILE, profile);
	facts_note_odd(fleet, slot, READING_UEM_LIST, "the UEM");
}

static void set_listed(struct group_list *g, uint32_t slot)
{
	struct fleet *fleet = g->f->fleet;

	fleet->listed[slot] |= 1u << g->group;
	device_set_flag(&fleet->devices[slot], FACT_UEM_LISTED, true);
}

static void take_listed_again(void *self, const void *saved)
{
	struct listed_note note;

	memcpy(&note, saved, sizeof(note));
	if (note.slot == MAP_NONE)
		return;
	set_profile(self, note.slot, note.profile);
	set_listed(self, note.slot);
}

static enum errc take_listed(void *self, const struct json *element, struct err *err)
{
	struct group_list *g = self;
	struct fleet *fleet = g->f->fleet;
	struct listed_note note = { MAP_NONE, MAP_NONE };
	struct uem_dep_device dep;
	struct str profile;
	bool odd;
	enum errc rc = uem_dep_device_decode(element, &dep, err);

	if (rc)
		return rc;
	note.slot = fleet_find(fleet, dep.serial, &odd);
	if (odd)
		return err_set(err, ERR_PROTOCOL,
			"the UEM lists a device without a serial number that can be read");
	profile = dep.profile_name.n || str_is_odd(dep.profile_name) ? dep.profile_name
								     : dep.profile_uuid;
	if (note.slot != MAP_NONE && str_is_odd(profile)) {
		facts_set_text(fleet, note.slot, FACT_UEM_PROFILE, profile);
		facts_note_odd(fleet, note.slot, READING_UEM_LIST, "the UEM");
		set_listed(g, note.slot);
		return ERR_OK;
	}
	if (note.slot != MAP_NONE && profile.n)
		note.profile = fleet_intern(fleet, profile);
	recall_note(g->listing.recall, &note, sizeof(note));
	take_listed_again(g, &note);
	return ERR_OK;
}

/* A list that shrank without our doing proves no absence: what it does not show stays as it was. */
static enum errc close_list(struct group_list *g, struct err *err)
{
	struct listing *l = &g->listing;
	struct group *group = &g->f->fleet->groups[g->group];

	g->f->n_listings[TO_UEM] += l->complete;
	if (!l->complete) {
		*err = l->err;
		return l->code ? l->code : ERR_PROTOCOL;
	}
	if (!facts_group_plausible(g->f, g->group, l->n, err))
		return err->code;
	group->last_size = (int64_t)l->n;
	return ERR_OK;
}

/* Before a reading of these groups nothing counts as listed by them. */
static void forget_lists(struct fleet *fleet, uint32_t groups)
{
	for (uint32_t i = 0; i < fleet->serials.n; i++) {
		fleet->listed[i] &= ~groups;
		device_set_flag(&fleet->devices[i], FACT_UEM_LISTED, fleet->listed[i] != 0);
		if (!fleet->listed[i])
			device_set_absent(&fleet->devices[i], FACT_UEM_PROFILE);
	}
}

/* What a reply that was cut said is said again, perhaps differently. */
static void begin_list(void *self)
{
	const struct group_list *g = self;

	forget_lists(g->f->fleet, 1u << g->group);
}

/* What one list does not show may be in what could not be read of it, or of another. */
static void lists_unknown(struct fleet *fleet, struct str why)
{
	fleet_doubt(fleet, MAP_NONE, READING_UEM_LIST, why);
	for (uint32_t i = 0; i < fleet->serials.n; i++)
		if (!fleet->listed[i]) {
			device_set_unknown(&fleet->devices[i], FACT_UEM_LISTED);
			device_set_unknown(&fleet->devices[i], FACT_UEM_PROFILE);
		}
}

enum errc facts_uem_lists(struct facts *f, uint32_t groups, struct err *err)
{
	struct group_list lists[FLEET_MAX_GROUPS];
	enum errc rc, first = ERR_OK;
	struct err why;

	forget_lists(f->fleet, groups);
	for (uint32_t g = 0; g < f->fleet->n_groups; g++) {
		lists[g] = (struct group_list){ .f = f, .group = g };
		if (!(groups >> g & 1u))
			continue;
		lists[g].listing = (struct listing){
			.list = LIST_GROUP_DEVICES,
			.of = buf_view(&f->fleet->groups[g].uuid),
			.begin = begin_list,
			.each = take_listed,
			.recall = fleet_recall(f->fleet, &f->fleet->groups[g].recall),
			.again = take_listed_again,
			.self = &lists[g],
		};
		listing_start(&lists[g].listing, f->transport);
	}
	rc = transport_drain(f->transport, err);
	for (uint32_t g = 0; g < f->fleet->n_groups; g++) {
		enum errc code;

		if (!(groups >> g & 1u))
			continue;
		code = rc ? rc : close_list(&lists[g], &why);
		facts_note_pages(f, lists[g].listing.n_pages);
		listing_release(&lists[g].listing);
		f->fleet->groups_unread &= ~(1u << g);
		f->fleet->groups_unread |= (uint32_t)(code != ERR_OK) << g;
		if (code && !first && !rc)
			*err = why;
		first = first ? first : code;
	}
	if (first)
		lists_unknown(f->fleet, str_from(err->msg));
	return first;
}

uint32_t facts_groups(const struct fleet *f)
{
	return f->n_groups == 32 ? UINT32_MAX : (1u << f->n_groups) - 1;
}

enum errc facts_uem_listed(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	enum errc rc = facts_uem_lists(f, facts_groups(f->fleet), err);

	/* What was seen stays seen. */
	(void)n;
	return facts_soften(f, rc, READING_UEM_LIST, slots, 0, err);
}

/* --- profiles --- */

struct profile_pages {
	struct facts *f;
	uint32_t group;
};

static enum errc take_profile(void *self, const struct json *element, struct err *err)
{
	struct profile_pages *p = self;
	struct fleet *fleet = p->f->fleet;
	struct uem_profile profile;
	enum errc rc = uem_profile_decode(element, &profile, err);
	uint32_t uuid;

	if (rc)
		return rc;
	if (!profile.name.n || (!profile.uuid.n && !profile.apple_id.n))
		return err_set(err, ERR_PROTOCOL,
			"the UEM lists a profile without a name and an id that can be read");
	uuid = fleet_intern(fleet, profile.uuid.n ? profile.uuid : profile.apple_id);
	for (uint32_t i = 0; i < fleet->n_profiles; i++)
		if (fleet->profiles[i].uuid == uuid && fleet->profiles[i].group == p->group)
			return ERR_OK; /* the page came again */
	MEM_GROW(fleet->profiles, fleet->n_profiles, fleet->cap_profiles);
	fleet->profiles[fleet->n_profiles++] = (struct profile){
		.name = fleet_intern(fleet, profile.name),
		.uuid = uuid,
		.group = p->group,
		.landing_group = profile.device_group,
		.custom_prompt = profile.custom_prompt,
	};
	return ERR_OK;
}

enum errc facts_profiles(struct facts *f, struct err *err)
{
	struct profile_pages p = { .f = f };
	enum errc rc = ERR_OK;

	if (f->fleet->has_profiles || !f->settings->has_uem)
		return ERR_OK;
	for (p.group = 0; p.group < f->fleet->n_groups && !rc; p.group++) {
		struct listing l = {
			.list = LIST_PROFILES,
			.of = buf_view(&f->fleet->groups[p.group].uuid),
			.each = take_profile,
			.self = &p,
		};

		rc = facts_run_listing(f, &l, err);
		f->fleet->profiles_partial |= !l.complete;
		if (!rc && !l.complete)
			log_often(LOG_WARN, "the profiles of a group: %s", l.err.msg);
	}
	f->fleet->has_profiles = !rc;
	return rc;
}

/* The device's list tells its profile by name: several of that name in its group have to agree. */
static void take_profile_facts(
	struct fleet *fleet, uint32_t slot, const struct profile *p, const struct profile *first)
{
	struct device_state *d = &fleet->devices[slot];
	char text[24];

	if (first && (first->custom_prompt != p->custom_prompt ||
			     first->landing_group != p->landing_group)) {
		device_set_unknown(d, FACT_UEM_CUSTOM_PROMPT);
		device_set_unknown(d, FACT_UEM_LANDING_GROUP);
		fleet_doubt(fleet, slot, READING_UEM_PROFILES,
			STR("the UEM has several profiles of that name, which differ"));
	}
	if (first)
		return;
	facts_set_flag(fleet, slot, FACT_UEM_CUSTOM_PROMPT, p->custom_prompt);
	(void)snprintf(text, sizeof(text), "%lld", (long long)p->landing_group);
	facts_set_text(fleet, slot, FACT_UEM_LANDING_GROUP,
		p->landing_group >= 0          ? str_from(text)
		: p->landing_group == FLAG_ODD ? odd_str()
					       : STR_NONE);
}

/* What the profile of a device says about it. */
static void set_profile_facts(struct fleet *fleet, uint32_t slot)
{
	struct device_state *d = &fleet->devices[slot];
	enum value_state profile = device_fact_state(d, FACT_UEM_PROFILE);
	const struct profile *first = NULL;

	if (fleet->profiles_partial)
		device_set_unknown(d, FACT_UEM_PROFILE_COUNT);
	else
		device_set_slot(d, FACT_UEM_PROFILE_COUNT, fleet->n_profiles);
	/* Of a profile that is not known, or that the list may not show, nothing is. */
	if (profile == VALUE_ABSENT || (profile == VALUE_KNOWN && !fleet->profiles_partial)) {
		device_set_absent(d, FACT_UEM_CUSTOM_PROMPT);
		device_set_absent(d, FACT_UEM_LANDING_GROUP);
	} else {
		device_set_unknown(d, FACT_UEM_CUSTOM_PROMPT);
		device_set_unknown(d, FACT_UEM_LANDING_GROUP);
	}
	if (profile != VALUE_KNOWN)
		return;
	for (uint32_t i = 0; i < fleet->n_profiles; i++) {
		const struct profile *p = &fleet->profiles[i];

		if (p->name != d->slots[FACT_UEM_PROFILE] ||
			!(fleet->listed[slot] >> p->group & 1u))
			continue;
		take_profile_facts(fleet, slot, p, first);
		first = first ? first : p;
	}
}

enum errc facts_uem_profiles(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	enum errc rc = facts_profiles(f, err);

	if (rc)
		return facts_soften(f, rc, READING_UEM_PROFILES, slots, n, err);
	/* Prompt and group are those of the device's profile, which the list tells. */
	for (uint32_t i = 0; i < n; i++)
		if (device_fact_state(&f->fleet->devices[slots[i]], FACT_UEM_LISTED) ==
			VALUE_UNREAD) {
			rc = facts_uem_listed(f, slots, n, err);
			break;
		}
	for (uint32_t i = 0; i < n && !rc; i++)
		set_profile_facts(f->fleet, slots[i]);
	return rc;
}
