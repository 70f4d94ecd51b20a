/* Everything about the UEM but its devices. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/time.h"
#include "engine/listing.h"
#include "services/uem_survey.h"
#include "survey/doctor_parts.h"

enum { CODE_NO_PERMISSION = 1011, CODE_BAD_TENANT = 1013, MAX_ROWS = 100000 };

static const struct uem_service *uem_of(const struct doctor *d)
{
	return transport_uem(d->session->transport);
}

/* --- sign-in and role --- */

/* One read for what it is answered with. *ret_code: the UEM's errorCode. */
static enum errc ask(struct doctor *d, struct http_request *q, int64_t *ret_code, struct err *err)
{
	struct uem_error detail = { 0 };
	struct http_reply reply;
	enum errc rc = transport_get(
		d->session->transport, TO_UEM, q, NULL, NULL, &reply, NULL, err);

	*ret_code = 0;
	if (rc)
		return rc;
	rc = uem_reply_error(&reply, &detail, err);
	*ret_code = detail.code;
	http_reply_release(&reply);
	return rc;
}

static struct str first_group(const struct doctor *d)
{
	const struct settings *s = d->session->settings;

	return s->uem.n_tokens ? str_from(s->uem.tokens[0].group) : STR("-");
}

enum errc doctor_uem_sign_in(struct doctor *d, struct err *err)
{
	struct str url = str_from(d->session->settings->uem.url);
	struct http_request q;
	int64_t code;
	enum errc rc;

	uem_group_request(uem_of(d), first_group(d), &q);
	rc = ask(d, &q, &code, err);
	if (code == CODE_BAD_TENANT)
		return doctor_fail(d, rc, url,
			"copy the REST API key of the group into uem.tenant_code: Groups & "
			"Settings, All Settings, System, Advanced, API, REST API",
			err);
	if (rc == ERR_PROTOCOL)
		return doctor_fail(d, rc, url,
			"uem.url has to be the API host, as1234.awmdm.com for a console at "
			"cn1234.awmdm.com",
			err);
	if (code == CODE_NO_PERMISSION || rc == ERR_NOT_FOUND || rc == ERR_REFUSED)
		rc = ERR_OK; /* an answer to somebody who is known */
	if (!rc)
		d->have |= NEED(UEM);
	return doctor_fail(d, rc, url,
		"make the credentials anew in the console (Groups & Settings, Configurations, "
		"OAuth Client Management) and compare uem.auth; the token_url is that of the "
		"tenant's region",
		err);
}

/* A group that there cannot be: what counts is whether the question is allowed. */
static void ask_groups(const struct doctor *d, struct http_request *ret)
{
	uem_group_request(uem_of(d), first_group(d), ret);
}

#define NO_GROUP STR("00000000-0000-0000-0000-000000000000")

static void ask_list(const struct doctor *d, struct http_request *ret)
{
	uem_dep_list_request(uem_of(d), NO_GROUP, ret);
}

static void ask_profiles(const struct doctor *d, struct http_request *ret)
{
	uem_profiles_request(uem_of(d), NO_GROUP, 0, ret);
}

static void ask_tokens(const struct doctor *d, struct http_request *ret)
{
	uem_tokens_request(uem_of(d), NO_GROUP, STR("-"), 0, ret);
}

static void ask_users(const struct doctor *d, struct http_request *ret)
{
	uem_users_request(uem_of(d), STR("-"), 0, ret);
}

static void ask_apps(const struct doctor *d, struct http_request *ret)
{
	uem_public_apps_request(uem_of(d), 0, ret);
}

enum errc doctor_uem_role(struct doctor *d, struct err *err)
{
	static const struct {
		const char *what;
		void (*ask)(const struct doctor *d, struct http_request *ret);
		uint32_t gives;
	} areas[] = {
		{ "organization groups", ask_groups, NEED(GROUPS) },
		{ "enrollment list", ask_list, NEED(LISTS) },
		{ "profiles", ask_profiles, NEED(PROFILES) },
		{ "enrollment tokens", ask_tokens, NEED(TOKENS) },
		{ "users", ask_users, NEED(USERS) },
		{ "apps", ask_apps, NEED(APPS) },
	};

	for (size_t i = 0; i < sizeof(areas) / sizeof(*areas); i++) {
		struct http_request q;
		int64_t code;
		enum errc rc;

		areas[i].ask(d, &q);
		rc = ask(d, &q, &code, err);
		if (rc && code != CODE_NO_PERMISSION && errc_info(rc)->scope == SCOPE_RUN)
			return rc;
		if (code != CODE_NO_PERMISSION)
			d->have |= areas[i].gives;
		else
			doctor_say(d, FOUND_TROUBLE, str_from(areas[i].what),
				"add the REST permissions of this category to the admin role of "
				"the "
				"API account, at the group that holds the token or above it",
				"%s", err->msg);
	}
	return ERR_OK;
}

/* --- token groups --- */

const char *doctor_group_remedy(int64_t uem_code)
{
	static const struct {
		int64_t code;
		const char *remedy;
	} codes[] = {
		{ 5053, "this group holds no server token: name the group where the token was "
			"uploaded (Devices & Users, Apple, Device Enrollment Program); groups "
			"below "
			"or above it do not answer" },
		{ 5054, "no group has this UUID: take it from the console, or name the group by "
			"its Group ID" },
		{ 5056, "this is no UUID: take it from the console, or name the group by its "
			"Group ID" },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].code == uem_code)
			return codes[i].remedy;
	return NULL;
}

enum errc doctor_uem_groups(struct doctor *d, struct err *err)
{
	const struct settings *s = d->session->settings;
	enum errc rc = facts_servers(&d->session->facts, err);
	bool all = true;

	if (rc)
		return doctor_fail(d, rc, STR("uem.tokens"),
			"name the group by the Group ID or the UUID that the console shows", err);
	d->have |= NEED(RESOLVED);
	rc = survey_open(&d->survey, d->session, "doctor.db", err);
	for (uint32_t g = 0; g < d->session->fleet.n_groups && !rc; g++) {
		int64_t code = 0;
		const char *remedy;

		rc = survey_read_group(&d->survey, g, &code, err);
		all = all && !rc;
		remedy = doctor_group_remedy(code);
		rc = doctor_fail(d, rc, str_from(s->uem.tokens[g].group),
			remedy ? remedy : "see what the UEM says", err);
	}
	if (!rc && all)
		d->have |= NEED(LISTED);
	return rc;
}

enum errc doctor_token_server(struct doctor *d, struct err *err)
{
	const struct settings *s = d->session->settings;
	bool all = true;

	(void)err;
	for (size_t i = 0; i < s->uem.n_tokens; i++) {
		struct str name = str_from(s->uem.tokens[i].server);

		if (name.n == 0 || fleet_server_by_name(&d->session->fleet, name) != SERVER_NONE)
			continue;
		all = false;
		doctor_say(d, FOUND_TROUBLE, name,
			"write the server's name in uem.tokens as Apple's portal does",
			"no server, or more than one, has this name at Apple");
	}
	if (all)
		d->have |= NEED(FEEDS);
	return ERR_OK;
}

/* --- profiles --- */

struct pages {
	struct doctor *d;
	uint32_t group;
	struct str text; /* what is looked for or asked with */
	int64_t found;   /* of a user: his group's number; -1: not told, -2: no such user */
	bool inside;
};

static enum errc read_pages(struct pages *p, struct listing *l, struct err *err)
{
	enum errc rc;

	l->service = TO_UEM;
	l->max_elements = MAX_ROWS;
	l->self = p;
	listing_start(l, p->d->session->transport);
	rc = transport_drain(p->d->session->transport, err);
	listing_release(l);
	if (!rc && l->code) {
		*err = l->err;
		rc = l->code;
	}
	return rc;
}

static struct str group_uuid(const struct pages *p)
{
	return buf_view(&p->d->session->fleet.groups[p->group].uuid);
}

static struct str group_name(const struct doctor *d, uint32_t group)
{
	return str_from(d->session->settings->uem.tokens[group].group);
}

static void page_of_profiles(void *self, struct str cursor, unsigned page, struct http_request *ret)
{
	struct pages *p = self;

	(void)cursor;
	uem_profiles_request(uem_of(p->d), group_uuid(p), page, ret);
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
		.group = p->group,
		.prompt = u.custom_prompt,
		.auto_assign = u.auto_assign,
	};
	return ERR_OK;
}

enum errc doctor_profiles(struct doctor *d, struct err *err)
{
	struct pages p = { .d = d };
	enum errc rc = ERR_OK;

	for (p.group = 0; p.group < d->session->fleet.n_groups && !rc; p.group++) {
		struct listing l = {
			.paging = PAGING_NUMBER,
			.member = "ProfileList",
			.request = page_of_profiles,
			.each = take_profile,
		};

		rc = read_pages(&p, &l, err);
		if (!rc && l.n == 0)
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
	struct http_reply reply;
	struct json *root = NULL;
	struct uem_group g;
	char number[24];
	enum errc rc;

	(void)snprintf(number, sizeof(number), "%" PRId64, p->landing);
	uem_group_detail_request(uem_of(d), str_from(number), &q);
	rc = transport_get(d->session->transport, TO_UEM, &q, NULL, NULL, &reply, NULL, err);
	if (rc)
		return doctor_fail(d, rc, p->name, remedy, err);
	rc = uem_reply_error(&reply, NULL, err);
	if (!rc)
		rc = json_parse(&root, buf_view(&reply.body), err);
	if (!rc)
		rc = uem_group_decode(root, &g, err);
	if (!rc && g.group_id.n == 0)
		doctor_say(d, FOUND_TROUBLE, p->name, remedy,
			"devices land in the group '%.*s', which has no Group ID", STR_FMT(g.name));
	json_free(root);
	http_reply_release(&reply);
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

static void page_of_users(void *self, struct str cursor, unsigned page, struct http_request *ret)
{
	struct pages *p = self;

	(void)cursor;
	uem_users_request(uem_of(p->d), p->text, page, ret);
}

/* The search matches parts of names. */
static enum errc take_user(void *self, const struct json *element, struct err *err)
{
	struct pages *p = self;
	struct uem_user u;
	enum errc rc = uem_user_decode(element, &u, err);

	if (!rc && str_eq_nocase(u.name, p->text))
		p->found = u.group_number;
	return rc;
}

static void page_of_children(void *self, struct str cursor, unsigned page, struct http_request *ret)
{
	struct pages *p = self;

	(void)cursor;
	(void)page;
	uem_group_children_request(uem_of(p->d), p->text, ret);
}

static enum errc take_child(void *self, const struct json *element, struct err *err)
{
	struct pages *p = self;
	struct uem_group g;
	enum errc rc = uem_group_decode(element, &g, err);

	p->inside = p->inside || (!rc && g.id == p->found);
	return rc;
}

static enum errc read_user(struct doctor *d, const struct doctor_profile *profile, struct err *err)
{
	static const char remedy[] = "choose a user in the profile who belongs to its group or to "
				     "one below it";
	enum { UNTOLD = -1, NOBODY = -2 };
	struct pages p = { .d = d, .text = profile->user, .found = NOBODY };
	struct listing users = {
		.paging = PAGING_NUMBER,
		.member = "Users",
		.request = page_of_users,
		.each = take_user,
	};
	struct listing children = {
		.request = page_of_children, .paging = PAGING_NONE, .member = "", .each = take_child
	};
	enum errc rc = read_pages(&p, &users, err);
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRId64, profile->landing);
	p.text = str_from(number);
	if (!rc && p.found >= 0)
		rc = read_pages(&p, &children, err);
	if (rc)
		return doctor_fail(d, rc, profile->name, remedy, err);
	if (p.found == NOBODY)
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
	struct tally for_users, numbers, public_apps;
};

static void page_of_apps(void *self, struct str cursor, unsigned page, struct http_request *ret)
{
	const struct app_pages *p = self;

	(void)cursor;
	if (p->purchased)
		uem_purchased_apps_request(uem_of(p->pages.d), group_uuid(&p->pages), page, ret);
	else
		uem_public_apps_request(uem_of(p->pages.d), page, ret);
}

static enum errc take_app(void *self, const struct json *element, struct err *err)
{
	struct app_pages *p = self;
	struct uem_app a;
	bool fresh = false;
	uint64_t number;
	struct tally *t = NULL;
	enum errc rc = uem_app_decode(element, &a, err);
	struct str name = a.name.n ? a.name : a.bundle_id;

	if (rc)
		return rc;
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
			.paging = PAGING_NUMBER,
			.member = "Application",
			.request = page_of_apps,
			.each = take_app,
		};

		p.purchased = p.pages.group < n; /* last the public ones, which all groups share */
		rc = read_pages(&p.pages, &l, err);
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
