#include "survey/doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
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
		"key and secret files are there and nobody else can read them" },
	{ "clock", 0, doctor_clock, false, "this machine's clock agrees with Apple's" },
	{ "apple-sign-in", NEED(APPLE_KEY), doctor_apple_sign_in, false,
		"Apple takes the API key" },
	{ "server-token", 0, doctor_server_token, false,
		"the server tokens of `enrollment:` are valid" },
	{ "apple-terms", 0, doctor_apple_terms, false, "Apple's terms are accepted" },
	{ "apple-role", NEED(APPLE_REPLY), doctor_apple_role, false,
		"the API account may read Apple's servers" },
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

void doctor_say(struct doctor *d, enum found found, struct str subject, const char *remedy,
	const char *proof, ...)
{
	char text[1024];
	va_list args;

	va_start(args, proof);
	(void)vsnprintf(text, sizeof(text), proof, args);
	va_end(args);
	MEM_GROW(d->v, d->n, d->cap);
	d->v[d->n++] = (struct finding){
		.check = d->check,
		.found = found,
		.subject = arena_dup(&d->arena, subject),
		.proof = arena_dup(&d->arena, str_from(text)),
		.remedy = arena_dup(&d->arena, str_from(remedy)),
	};
}

void doctor_tally(struct doctor *d, struct tally *t, struct str one, uint32_t keep)
{
	t->n++;
	if (t->n_some < keep)
		t->some[t->n_some++] = arena_dup(&d->arena, one);
}

void doctor_tell(struct doctor *d, enum found found, const struct tally *t, const char *remedy,
	const char *proof)
{
	struct buf names;

	if (t->n == 0)
		return;
	buf_init(&names, 4096);
	for (uint32_t i = 0; i < t->n_some && i < EXAMPLES; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", STR_FMT(t->some[i]));
	if (t->n > EXAMPLES)
		buf_z(&names, " ...");
	doctor_say(d, found, buf_view(&names), remedy, "%" PRIu64 " %s", t->n, proof);
	buf_release(&names);
}

enum errc doctor_fail(
	struct doctor *d, enum errc code, struct str subject, const char *remedy, struct err *err)
{
	switch (code) {
	case ERR_OK:
		return ERR_OK;
	case ERR_NET:
	case ERR_OUTAGE:
	case ERR_BUSY:
	case ERR_TEMPFAIL:
		remedy = "see that HTTPS to this host gets through network, proxy and firewall, "
			 "and try again later";
		break;
	case ERR_AUTH:
	case ERR_SETTINGS:
		break;
	default:
		if (errc_info(code)->scope == SCOPE_RUN)
			return code;
	}
	doctor_say(d, FOUND_TROUBLE, subject, remedy, "%s", err->msg);
	return ERR_OK;
}

int64_t doctor_now(const struct doctor *d)
{
	return clock_now(d->session->clock);
}

void doctor_when(const struct doctor *d, int64_t at_ms, char out[TIME_TEXT])
{
	int64_t left = at_ms - doctor_now(d);
	char words[TIME_TEXT];

	(void)duration_words(left < 0 ? -left : left, words);
	(void)snprintf(out, TIME_TEXT, left < 0 ? "%.20s ago" : "in %.20s", words);
}

bool doctor_on_premises(const char *uem_url)
{
	struct str host = str_from(uem_url);

	for (int i = 0; i < 2; i++)
		(void)str_cut(&host, '/');
	host = str_cut(&host, '/');
	return !str_ends_nocase(str_cut(&host, ':'), STR(".awmdm.com"));
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
