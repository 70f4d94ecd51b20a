/* What devices get from the UEM: profiles, the groups and users those name, and apps. */
#include <inttypes.h>
#include <stdio.h>

#include "base/map.h"
#include "base/mem.h"
#include "services/odd.h"
#include "services/uem_survey.h"
#include "survey/doctor_parts.h"
#include "wire/answer.h"
#include "wire/listing.h"

static const struct uem_service *uem_of(const struct doctor *d)
{
	return transport_uem(d->session->transport);
}

struct pages {
	struct doctor *d;
	uint32_t group;
	struct str text; /* the name that is looked for */
	int64_t found;   /* of a user: his group's number; -1: not told, -2: no such user */
	int64_t top;     /* of the groups below it, which begin with itself */
	bool inside, itself;
	bool whole; /* the last list was */
};

static enum errc read_pages(struct pages *p, struct listing *l, const char *what, struct err *err)
{
	enum errc rc;

	l->self = p;
	rc = listing_read(l, p->d->session->transport, err);
	p->whole = l->complete;
	return errc_info(rc)->scope == SCOPE_RUN || !rc
		       ? rc
		       : err_wrap(err, "the UEM's list of %s: ", what);
}

static void say_partial(const struct pages *p, const char *what, const struct err *why)
{
	const struct settings *s = p->d->session->settings;

	doctor_say(p->d, FOUND_UNCHECKED,
		p->group < s->uem.n_tokens ? str_from(s->uem.tokens[p->group].group) : STR_NONE, "",
		"the UEM's list of %s cannot be read in whole: %s", what, why->msg);
}

static struct str group_uuid(const struct pages *p)
{
	return buf_view(&p->d->session->fleet.groups[p->group].uuid);
}

static struct str group_name(const struct doctor *d, uint32_t group)
{
	return str_from(d->session->settings->uem.tokens[group].group);
}

static enum errc take_profile(void *self, const struct json *element, struct err *err)
{
	struct pages *p = self;
	struct doctor *d = p->d;
	struct uem_profile u;
	enum errc rc = uem_profile_decode(element, &u, err);
	struct str uuid = u.uuid.n ? u.uuid : u.apple_id;

	if (rc)
		return rc;
	for (uint32_t i = 0; i < d->n_profiles; i++)
		if (str_eq(d->profiles[i].uuid, uuid))
			return ERR_OK;
	MEM_GROW(d->profiles, d->n_profiles, d->cap_profiles);
	d->profiles[d->n_profiles++] = (struct doctor_profile){
		.name = arena_dup(&d->arena, u.name),
		.uuid = arena_dup(&d->arena, uuid),
		.user = arena_dup(&d->arena, u.enrollment_user),
		.landing = u.device_group,
		.prompt = u.custom_prompt,
		.auto_assign = u.auto_assign,
	};
	if (str_is_odd(u.enrollment_user) || u.device_group == FLAG_ODD ||
		u.custom_prompt == FLAG_ODD)
		return err_set(err, ERR_PROTOCOL, "a value of profile '%.*s' is none of its kind",
			STR_FMT(u.name));
	return ERR_OK;
}

enum errc doctor_profiles(struct doctor *d, struct err *err)
{
	struct pages p = { .d = d };
	enum errc rc = ERR_OK;

	for (p.group = 0; p.group < d->session->fleet.n_groups && !rc; p.group++) {
		struct listing l = {
			.list = LIST_PROFILES,
			.of = group_uuid(&p),
			.each = take_profile,
		};

		rc = read_pages(&p, &l, "profiles", err);
		if (!rc && !l.complete)
			say_partial(&p, "profiles", &l.err);
		if (!rc && l.n == 0 && l.complete)
			doctor_say(d, FOUND_TROUBLE, group_name(d, p.group),
				"make an enrollment profile for this group in the console",
				"the group has no enrollment profile: its devices cannot enroll");
	}
	if (!rc)
		d->have |= NEED(PROFILES_READ);
	return doctor_fail(d, rc, STR("profiles"), "see what the UEM says", err);
}

enum errc doctor_custom_prompt(struct doctor *d, struct err *err)
{
	(void)err;
	for (uint32_t i = 0; i < d->n_profiles; i++) {
		d->profiles[i].finding = d->n;
		if (d->profiles[i].prompt == 1)
			doctor_say(d, FOUND_TROUBLE, d->profiles[i].name,
				"turn the custom prompt off: depmend doctor --fix custom-prompt",
				"the profile has a custom prompt, at which enrollment can stop");
	}
	return ERR_OK;
}

enum errc doctor_auto_assign(struct doctor *d, struct err *err)
{
	(void)err;
	for (uint32_t i = 0; i < d->n_profiles; i++)
		if (d->profiles[i].auto_assign == 1)
			doctor_say(d, FOUND_NOTE, d->profiles[i].name,
				"nothing, if that is wanted: rules that assign another profile "
				"have "
				"to come after the sync",
				"every sync gives this profile to new devices by itself");
	return ERR_OK;
}

/* --- where devices land --- */

static enum errc read_landing(struct doctor *d, const struct doctor_profile *p, struct err *err)
{
	static const char remedy[] = "give the group a Group ID in the console (Groups & Settings, "
				     "Groups, Details): without one, enrollment ends in Invalid "
				     "Profile";
	struct http_request q;
	struct answer a;
	struct uem_group g;
	char number[24];
	enum errc rc;

	(void)snprintf(number, sizeof(number), "%" PRId64, p->landing);
	uem_group_detail_request(uem_of(d), str_from(number), &q);
	rc = answer_json(d->session->transport, TO_UEM, &q, &a, err);
	if (!rc)
		rc = uem_group_decode(a.root, &g, err);
	if (!rc && (str_is_odd(g.group_id) || str_is_odd(g.name)))
		doctor_say(d, FOUND_UNCHECKED, p->name, "",
			"the group devices land in cannot be read");
	else if (!rc && g.group_id.n == 0)
		doctor_say(d, FOUND_TROUBLE, p->name, remedy,
			"devices land in the group '%.*s', which has no Group ID", STR_FMT(g.name));
	answer_release(&a);
	return doctor_fail(d, rc, p->name,
		"the profile names a group that cannot be read: choose another one in the profile",
		err);
}

enum errc doctor_landing_group(struct doctor *d, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < d->n_profiles && !rc; i++)
		if (d->profiles[i].landing >= 0)
			rc = read_landing(d, &d->profiles[i], err);
	return rc;
}

/* --- for whom profiles enroll --- */

/* The search matches parts of names. */
static enum errc take_user(void *self, const struct json *element, struct err *err)
{
	struct pages *p = self;
	struct uem_user u;
	enum errc rc = uem_user_decode(element, &u, err);

	if (!rc && u.name.n == 0)
		return err_set(err, ERR_PROTOCOL, "the UEM lists a user without a name");
	if (!rc && str_eq_nocase(u.name, p->text))
		p->found = u.group_number;
	return rc;
}

static enum errc take_child(void *self, const struct json *element, struct err *err)
{
	struct pages *p = self;
	struct uem_group g;
	enum errc rc = uem_group_decode(element, &g, err);

	p->inside = p->inside || (!rc && g.id == p->found);
	p->itself = p->itself || (!rc && g.id == p->top);
	return rc || g.id >= 0
		       ? rc
		       : err_set(err, ERR_PROTOCOL, "the UEM lists a group without a number");
}

static enum errc read_user(struct doctor *d, const struct doctor_profile *profile, struct err *err)
{
	static const char remedy[] = "choose a user in the profile who belongs to its group or to "
				     "one below it";
	enum { UNTOLD = -1, NOBODY = -2 };
	struct pages p = {
		.d = d, .text = profile->user, .found = NOBODY, .top = profile->landing
	};
	struct listing users = { .list = LIST_USERS, .of = p.text, .each = take_user };
	struct listing children = { .list = LIST_GROUP_CHILDREN, .each = take_child };
	enum errc rc = read_pages(&p, &users, "users", err);
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRId64, profile->landing);
	children.of = str_from(number);
	if (!rc && p.found >= 0)
		rc = read_pages(&p, &children, "groups", err);
	if (rc)
		return doctor_fail(d, rc, profile->name, "see what the UEM says", err);
	if (p.found >= 0 && !p.itself)
		p.whole = false;
	if (!p.whole && (p.found == NOBODY || !p.inside))
		doctor_say(d, FOUND_UNCHECKED, profile->name, "",
			"the UEM's lists of users and groups cannot be read in whole");
	else if (p.found == NOBODY)
		doctor_say(d, FOUND_TROUBLE, profile->name, remedy, "the UEM has no user '%.*s'",
			STR_FMT(profile->user));
	else if (p.found == UNTOLD)
		doctor_say(d, FOUND_UNCHECKED, profile->name, "",
			"the UEM does not tell the group of '%.*s'", STR_FMT(profile->user));
	else if (!p.inside)
		doctor_say(d, FOUND_TROUBLE, profile->name, remedy,
			"'%.*s' belongs to the group %" PRId64 ", which is not below the profile's",
			STR_FMT(profile->user), p.found);
	return ERR_OK;
}

enum errc doctor_profile_user(struct doctor *d, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < d->n_profiles && !rc; i++)
		if (d->profiles[i].user.n && d->profiles[i].landing >= 0)
			rc = read_user(d, &d->profiles[i], err);
	return rc;
}

/* --- apps --- */

struct app_pages {
	struct pages pages; /* first: listings know only this */
	bool purchased;
	struct map seen;
	struct examples for_users, numbers, public_apps;
};

static enum errc take_app(void *self, const struct json *element, struct err *err)
{
	struct app_pages *p = self;
	struct uem_app a;
	bool fresh = false;
	uint64_t number;
	struct examples *t = NULL;
	enum errc rc = uem_app_decode(element, &a, err);
	struct str name = a.name.n ? a.name : a.bundle_id;

	if (rc)
		return rc;
	if (name.n == 0 || str_is_odd(a.eligibility))
		return err_set(err, ERR_PROTOCOL, "the UEM lists an app that cannot be read");
	(void)map_add(&p->seen, a.uuid.n ? a.uuid : name, &fresh);
	if (!p->purchased)
		t = &p->public_apps;
	else if (str_to_u64(a.eligibility, &number))
		t = &p->numbers;
	else if (a.eligibility.n && !str_contains_nocase(a.eligibility, STR("device")))
		t = &p->for_users;
	if (fresh && t)
		doctor_tally(p->pages.d, t, name, EXAMPLES);
	return ERR_OK;
}

enum errc doctor_apps(struct doctor *d, struct err *err)
{
	struct app_pages p = { .pages.d = d, .purchased = true };
	uint32_t n = d->session->fleet.n_groups;
	enum errc rc = ERR_OK;

	map_init(&p.seen, 0);
	for (p.pages.group = 0; p.pages.group <= n && !rc; p.pages.group++) {
		struct listing l = {
			.list = LIST_PURCHASED_APPS,
			.each = take_app,
		};

		p.purchased = p.pages.group < n;
		if (p.purchased)
			l.of = group_uuid(&p.pages);
		else /* last the public ones, which all groups share */
			l.list = LIST_PUBLIC_APPS;
		rc = read_pages(&p.pages, &l, "apps", err);
		if (!rc && !l.complete)
			say_partial(&p.pages, "apps", &l.err);
	}
	map_release(&p.seen);
	doctor_tell(d, FOUND_TROUBLE, &p.for_users,
		"assign with device-based licences; an app that does not allow them asks for an "
		"Apple ID",
		"purchased apps with licences for users alone");
	doctor_tell(d, FOUND_UNCHECKED, &p.numbers, "",
		"purchased apps whose kind of licences the UEM tells as a number: what it means "
		"is not published");
	doctor_tell(d, FOUND_NOTE, &p.public_apps,
		"buy in Apps and Books (free apps as well) and assign with device-based licences",
		"public apps, which ask for an Apple ID where they are installed");
	return doctor_fail(d, rc, STR("apps"), "see what the UEM says", err);
}
