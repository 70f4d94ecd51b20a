#include "cli/app/check_secrets.h"

#include <stdlib.h>

#include "base/plural.h"
#include "cli/app/notify.h"
#include "cli/app/sandbox_for.h"
#include "facts/session.h"
#include "io/crypto.h"
#include "services/wire.h"
#include "wire/answer.h"

/* --- without a network --- */

static bool can_look(const struct secret *s)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (s->kind == SECRET_ENV)
		return getenv(s->value) != NULL;
	return s->kind != SECRET_NONE && s->kind != SECRET_COMMAND &&
	       (s->kind != SECRET_CREDENTIAL || (folder && *folder));
}

/* The secret, if it can be opened here. Caller wipes. */
static bool opened(struct diags *d, const struct secret *s, struct buf *ret)
{
	struct secret unplaced = *s; /* the diagnostic has the place */
	struct err err;

	*ret = (struct buf){ 0 };
	if ((s->kind == SECRET_CREDENTIAL || s->kind == SECRET_ENV) && !can_look(s))
		diag_hint(d,
			diag_add(d, DIAG_WARNING, "settings.secret", s->at,
				s->kind == SECRET_ENV
					? "the variable $%s is not set here"
					: "the credential '%s' cannot be checked here",
				s->value),
			s->kind == SECRET_ENV ? "it has to be set where depmend runs"
					      : "only a unit with LoadCredential= has it");
	if (!can_look(s))
		return false;
	unplaced.at.file = NULL;
	if (secret_open(&unplaced, ret, &err) == ERR_OK)
		return true;
	(void)diag_add(d, DIAG_ERROR, "settings.secret", s->at, "%s", err.msg);
	return false;
}

static void is_wrong(
	struct diags *d, const struct secret *s, const struct err *err, const char *remedy)
{
	diag_hint(
		d, diag_add(d, DIAG_ERROR, "settings.secret", s->at, "%s", err->msg), "%s", remedy);
}

static void check_one(struct diags *d, const struct secret *s)
{
	struct buf text;

	(void)opened(d, s, &text);
	buf_wipe(&text);
}

/* A text that goes into a header as it is. */
static void check_header(struct diags *d, const struct secret *s)
{
	struct buf text;
	struct err err;

	if (opened(d, s, &text) && !wire_is_token(buf_view(&text)) &&
		err_set(&err, ERR_SETTINGS, "it holds what cannot go into a header"))
		is_wrong(d, s, &err, "write the value alone: printable ASCII in one line");
	buf_wipe(&text);
}

static void check_url(struct diags *d, const struct secret *s, const char *path)
{
	struct secret unplaced = *s;
	struct buf text;
	struct err err;

	unplaced.at.file = NULL;
	if (opened(d, s, &text) && notify_check(&unplaced, path, &err))
		is_wrong(d, s, &err, "name the address as the service gave it: https://...");
	buf_wipe(&text);
}

static void check_key(struct diags *d, const struct secret *s)
{
	struct es256_key *key = NULL;
	struct buf pem;
	struct err err;

	if (opened(d, s, &pem) && es256_load(&key, buf_view(&pem), &err))
		is_wrong(d, s, &err,
			"Apple's API account needs its EC key on P-256, as PEM: download it again "
			"or make a new one");
	es256_free(key);
	buf_wipe(&pem);
}

static void check_certificate(struct diags *d, const struct settings *s)
{
	struct cms_signer *signer = NULL;
	struct buf pkcs12, password;
	struct err err;
	bool both = opened(d, &s->uem.pkcs12, &pkcs12);

	both = opened(d, &s->uem.password, &password) && both;
	if (both && cms_signer_load(&signer, buf_view(&pkcs12), buf_view(&password), &err))
		is_wrong(d, &s->uem.pkcs12, &err,
			"export certificate and key again, with the password of that file");
	cms_signer_free(signer);
	buf_wipe(&pkcs12);
	buf_wipe(&password);
}

static void check_token(struct diags *d, const struct enrollment_server *e)
{
	struct buf token, key, text = { 0 };
	struct err err;
	bool both = opened(d, &e->server_token, &token);

	both = opened(d, &e->private_key, &key) && both;
	if (both && cms_open_token(buf_view(&token), buf_view(&key), &text, &err))
		is_wrong(d, &e->server_token, &err,
			"the token is encrypted for the certificate that was uploaded to this "
			"server: name the key of that certificate");
	buf_wipe(&token);
	buf_wipe(&key);
	buf_wipe(&text);
}

void check_secrets(const struct settings *s, struct diags *d)
{
	check_key(d, &s->apple.private_key);
	check_header(d, &s->uem.tenant_code);
	check_one(d, &s->uem.client_secret);
	if (s->uem.auth == UEM_AUTH_CERTIFICATE)
		check_certificate(d, s);
	else
		check_one(d, &s->uem.password);
	check_url(d, &s->notify_url, "/start");
	check_url(d, &s->webhook.url, "");
	for (size_t i = 0; i < s->n_enrollment; i++)
		check_token(d, &s->enrollment[i]);
}

/* --- with a network --- */

static enum errc read_profiles(struct session *s, struct err *err)
{
	struct http_request q;
	struct answer a;
	enum errc rc;

	if (!s->settings->has_uem || !s->fleet.n_groups)
		return ERR_OK;
	uem_profiles_request(
		transport_uem(s->transport), buf_view(&s->fleet.groups[0].uuid), 0, &q);
	rc = answer_get(s->transport, TO_UEM, &q, &a, err);
	answer_release(&a);
	return rc;
}

static void put_found(const struct session *s, struct buf *found)
{
	uint32_t servers = s->fleet.n_servers, groups = s->fleet.n_groups;

	buf_printf(found, "signed in to Apple (%u server%s)", servers, plural(servers));
	if (s->settings->has_uem)
		buf_printf(found, " and to the UEM (%u organization group%s, one page of profiles)",
			groups, plural(groups));
}

enum errc check_online(
	const struct cli *cli, const struct settings *s, struct buf *found, struct err *err)
{
	const struct session_options opt = {
		.max_wait_ms = cli_duration_ms(cli, OPTION_MAX_WAIT, INT64_MAX),
		.max_tries = 4,
		.network = STORE_AS_IT_IS,
	};
	struct session session = { 0 };
	enum errc rc = session_open(&session, s, &opt, err);

	if (!rc) {
		sandbox_for(s, NULL, NULL);
		rc = session_connect(&session, err);
	}
	if (!rc)
		rc = read_profiles(&session, err);
	if (!rc)
		put_found(&session, found);
	session_close(&session);
	return rc;
}
