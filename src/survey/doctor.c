#include "survey/doctor.h"

#include <stdlib.h>

#include "base/mem.h"
#include "survey/doctor_parts.h"

/* Where both are not there, that is what is to be told. */
#define BOTH (NEED(APPLE) | NEED(UEM))

/* In this order: a check comes after those that it needs. */
static const struct {
	const char *name;
	uint32_t needs;
	doctor_check_fn *run;
	bool uem; /* of no use without one */
	const char *about;
} checks[] = {
	{ "secrets", 0, doctor_secrets, false,
		"key and secret files are there and no other user can read them" },
	{ "clock", 0, doctor_clock, false, "this machine's clock agrees with Apple's" },
	{ "apple-sign-in", NEED(APPLE_KEY), doctor_apple_sign_in, false,
		"Apple takes the API key" },
	{ "server-token", 0, doctor_server_token, false,
		"the server tokens of `enrollment:` are valid" },
	{ "apple-terms", 0, doctor_apple_terms, false, "Apple's terms are accepted" },
	{ "apple-role", NEED(APPLE_REPLY), doctor_apple_role, false,
		"the API account may read Apple's servers" },
	{ "release-setting", NEED(APPLE), doctor_release_setting, false,
		"the servers of `enrollment:` may release devices" },
	{ "client-id", NEED(APPLE), doctor_client_id, false,
		"no other API account of the organization has a state of its own here" },
	{ "custody", 0, doctor_custody, false,
		"no device is off its server because of an earlier run" },
	{ "open-wipe", 0, doctor_open_wipes, false,
		"every wipe that was sent is known to be over" },
	{ "uem-sign-in", NEED(UEM_SECRETS), doctor_uem_sign_in, true,
		"the UEM takes credentials and tenant code" },
	{ "uem-role", NEED(UEM), doctor_uem_role, true,
		"the UEM account may read what depmend needs" },
	{ "uem-group", BOTH | NEED(GROUPS) | NEED(LISTS), doctor_uem_groups, true,
		"every group in uem.tokens holds a server token" },
	{ "token-server", BOTH | NEED(RESOLVED), doctor_token_server, true,
		"every server in uem.tokens is one at Apple" },
	{ "uem-token", 0, doctor_uem_token, true,
		"the UEM's server tokens do not end soon (`expires:` in the settings)" },
	{ "last-connection", BOTH | NEED(RESOLVED), doctor_last_connection, true,
		"the UEM has asked Apple for its devices lately" },
	{ "profiles", BOTH | NEED(RESOLVED) | NEED(PROFILES), doctor_profiles, true,
		"every token group has an enrollment profile" },
	{ "custom-prompt", BOTH | NEED(PROFILES_READ), doctor_custom_prompt, true,
		"no profile asks for a custom prompt" },
	{ "landing-group", BOTH | NEED(PROFILES_READ) | NEED(GROUPS), doctor_landing_group, true,
		"groups that devices land in have a Group ID" },
	{ "profile-user", BOTH | NEED(PROFILES_READ) | NEED(GROUPS) | NEED(USERS),
		doctor_profile_user, true,
		"users of profiles are in the profile's group or below it" },
	{ "auto-assign", BOTH | NEED(PROFILES_READ), doctor_auto_assign, true,
		"which profiles a sync gives out by itself" },
	{ "not-listed", BOTH | NEED(LISTED) | NEED(FEEDS), doctor_devices, true,
		"what Apple has on a server, the UEM lists" },
	{ "crossed-tokens", BOTH | NEED(DEVICES), doctor_crossed, true,
		"the groups in uem.tokens list the devices of their own servers" },
	{ "pending-wipe", BOTH | NEED(DEVICES), doctor_listed_wipes, true,
		"the UEM shows no wipe that waits for a device" },
	{ "left-behind", BOTH | NEED(DEVICES), doctor_left_behind, true,
		"what the UEM lists, Apple has on a server" },
	{ "listed-elsewhere", BOTH | NEED(DEVICES), doctor_listed_elsewhere, true,
		"groups list only what their own server has" },
	{ "stuck", BOTH | NEED(DEVICES) | NEED(TOKENS), doctor_stuck, true,
		"no profile assignment stays in progress" },
	{ "apps", BOTH | NEED(RESOLVED) | NEED(APPS), doctor_apps, true,
		"apps do not ask for an Apple ID" },
};
enum { N_CHECKS = sizeof(checks) / sizeof(checks[0]) };

static const char *const why[NEED_BITS] = {
#define X(id, words) words,
	NEED_LIST(X)
#undef X
};

const char *found_word(enum found f)
{
	static const char *const words[FOUND_MAX_] = {
#define X(id, word) word,
		FOUND_LIST(X)
#undef X
	};

	return words[f];
}

struct doctor *doctor_new(struct session *session, int64_t older_ms)
{
	struct doctor *d = mem_zalloc(sizeof(*d));

	d->session = session;
	d->older_ms = older_ms;
	arena_init(&d->arena);
	http_reply_init(&d->apple);
	return d;
}

void doctor_free(struct doctor *d)
{
	if (!d)
		return;
	survey_close(&d->survey, false);
	http_reply_release(&d->apple);
	arena_release(&d->arena);
	free(d->servers);
	free(d->profiles);
	free(d->v);
	free(d);
}

const struct finding *doctor_findings(const struct doctor *d, uint32_t *ret_n)
{
	*ret_n = d->n;
	return d->v;
}

uint32_t doctor_count(const struct doctor *d, const char *check, enum found found)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->n; i++)
		n += d->v[i].found == found && (!check || strcmp(d->v[i].check, check) == 0);
	return n;
}

static const char *unmet(uint32_t needs)
{
	for (int i = 0; i < NEED_BITS; i++)
		if (needs >> i & 1u)
			return why[i];
	return NULL;
}

enum errc doctor_run(struct doctor *d, struct err *err)
{
	bool has_uem = d->session->settings->has_uem;
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < N_CHECKS && !rc; i++) {
		uint32_t before = d->n;

		d->check = checks[i].name;
		if (checks[i].uem && !has_uem)
			doctor_say(d, FOUND_UNCHECKED, STR_NONE, "", "the settings have no uem:");
		else if (checks[i].needs & ~d->have)
			doctor_say(d, FOUND_UNCHECKED, STR_NONE, "", "%s",
				unmet(checks[i].needs & ~d->have));
		else
			rc = checks[i].run(d, err);
		if (d->n == before)
			doctor_say(d, FOUND_OK, STR_NONE, "", "%s", checks[i].about);
	}
	return rc;
}
