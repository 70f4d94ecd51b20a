/* What the UEM lets the account do: sign-in, role, token groups. */
#include "services/uem_survey.h"
#include "survey/doctor_parts.h"
#include "wire/answer.h"

enum { CODE_NO_PERMISSION = 1011, CODE_BAD_TENANT = 1013 };

static const struct uem_service *uem_of(const struct doctor *d)
{
	return transport_uem(d->session->transport);
}

/* --- sign-in and role --- */

/* One read for what it is answered with. *ret_code: the UEM's errorCode. */
static enum errc ask(struct doctor *d, struct http_request *q, int64_t *ret_code, struct err *err)
{
	struct answer a;
	enum errc rc = answer_get(d->session->transport, TO_UEM, q, &a, err);

	*ret_code = a.uem_code;
	answer_release(&a);
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

	uem_group_request(uem_of(d), first_group(d), 0, &q);
	rc = ask(d, &q, &code, err);
	if (code == CODE_BAD_TENANT)
		return doctor_fail(d, rc, url,
			"copy the REST API key of the group into uem.tenant_code: Groups & "
			"Settings, All Settings, System, Advanced, API, REST API",
			err);
	if (rc == ERR_PROTOCOL) {
		doctor_say(d, FOUND_TROUBLE, url,
			"uem.url has to be the API host, as1234.awmdm.com for a console at "
			"cn1234.awmdm.com",
			"%s", err->msg);
		return ERR_OK;
	}
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
	uem_group_request(uem_of(d), first_group(d), 0, ret);
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
		if (d->session->fleet.servers_partial)
			doctor_say(d, FOUND_UNCHECKED, name, "",
				"Apple's list of servers cannot be read in whole, and what it "
				"shows lacks this one");
		else
			doctor_say(d, FOUND_TROUBLE, name,
				"write the server's name in uem.tokens as Apple's portal does",
				"no server, or more than one, has this name at Apple");
	}
	if (all)
		d->have |= NEED(FEEDS);
	return ERR_OK;
}
