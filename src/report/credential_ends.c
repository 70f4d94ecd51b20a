#include "report/credential_ends.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"
#include "io/crypto.h"
#include "wire/signin.h"

enum { DAY_MS = 86400000 };

#define NOT_NOTED "note it in the settings: expires: in uem.tokens"
#define NOT_READ "the file could not be read, or a program of the settings gives it"

static void add(struct credential_ends *to, const char *kind, const char *name, int64_t at_ms,
	const char *remedy, const char *unknown)
{
	struct credential_end *e = &to->v[to->n++];

	*e = (struct credential_end){
		.kind = kind, .remedy = remedy, .unknown = unknown, .at_ms = at_ms
	};
	(void)snprintf(e->name, sizeof(e->name), "%s", name ? name : "");
}

static bool starts_program(const struct secret *s)
{
	return s->kind == SECRET_COMMAND;
}

static int64_t server_token_ends(const struct enrollment_server *e)
{
	struct dep_token token = { 0 };
	struct err err;
	int64_t at_ms = TIME_NONE;

	if (starts_program(&e->server_token) || starts_program(&e->private_key))
		return TIME_NONE;
	if (!signin_server_token(e, &token, &err))
		at_ms = token.expires_ms;
	dep_token_wipe(&token);
	return at_ms;
}

static int64_t certificate_ends(const struct settings *s)
{
	struct buf pkcs12 = { 0 }, password = { 0 };
	struct cms_signer *signer = NULL;
	int64_t at_ms = TIME_NONE;
	struct err err;

	if (starts_program(&s->uem.pkcs12) || starts_program(&s->uem.password))
		return TIME_NONE;
	if (!secret_open(&s->uem.pkcs12, &pkcs12, &err) &&
		!secret_open(&s->uem.password, &password, &err) &&
		!cms_signer_load(&signer, buf_view(&pkcs12), buf_view(&password), &err))
		at_ms = cms_signer_ends(signer);
	cms_signer_free(signer);
	buf_wipe(&pkcs12);
	buf_wipe(&password);
	return at_ms;
}

void credential_ends_find(struct credential_ends *ret, const struct settings *s)
{
	ret->n = 0;
	for (size_t i = 0; i < s->uem.n_tokens; i++)
		add(ret, "server token of the UEM",
			s->uem.tokens[i].server ? s->uem.tokens[i].server : s->uem.tokens[i].group,
			s->uem.tokens[i].expires_ms,
			"renew it in the console and note its date in the settings: expires: in "
			"uem.tokens",
			NOT_NOTED);
	for (size_t i = 0; i < s->n_enrollment; i++)
		add(ret, "server token", s->enrollment[i].server,
			server_token_ends(&s->enrollment[i]),
			"download a new one in Apple's portal and put it where the old one is",
			NOT_READ);
	if (s->has_uem && s->uem.auth == UEM_AUTH_CERTIFICATE)
		add(ret, "certificate of the UEM's administrator", NULL, certificate_ends(s),
			"export a new one from the console and put it where the old one is",
			NOT_READ);
}

int64_t credential_end_days(const struct credential_end *e, int64_t now_ms)
{
	int64_t left = e->at_ms - now_ms;

	return left >= 0 ? left / DAY_MS : -1 - (-left - 1) / DAY_MS;
}

int credential_end_stage(const struct credential_end *e, int64_t now_ms)
{
	static const int stages[] = { 3, 14, ENDS_SOON_DAYS };

	for (size_t i = 0; e->at_ms != TIME_NONE && i < sizeof(stages) / sizeof(*stages); i++)
		if (e->at_ms - now_ms <= (int64_t)stages[i] * DAY_MS)
			return stages[i];
	return 0;
}

void credential_end_words(const struct credential_end *e, int64_t now_ms, struct buf *out)
{
	int64_t days = e->at_ms == TIME_NONE ? 0 : credential_end_days(e, now_ms);
	char when[TIME_TEXT];

	buf_z(out, e->kind);
	if (*e->name)
		buf_printf(out, " (%s)", e->name);
	if (e->at_ms == TIME_NONE) {
		buf_printf(out, ": its end is not known (%s)", e->unknown);
		return;
	}
	buf_printf(out, " %s %.10s", e->at_ms < now_ms ? "ended" : "ends",
		time_rfc3339_s(e->at_ms, when));
	if (e->at_ms >= now_ms)
		buf_printf(out, ", in %" PRId64 " %s", days, days == 1 ? "day" : "days");
}
