/* Secrets, clock, and everything about Apple. */

#include "base/mem.h"
#include "base/time.h"
#include "facts/dep_server.h"
#include "io/crypto.h"
#include "services/dep.h"
#include "survey/doctor_parts.h"
#include "wire/listing.h"
#include "wire/signin.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
enum { SKEW_MS = 60 * 1000, SOON_DAYS = 30, NAME_MAX_BYTES = 4096 };

/* --- secrets --- */

static bool opens(struct doctor *d, const char *name, const struct secret *s)
{
	struct buf text;
	struct err err;

	if (s->kind == SECRET_NONE)
		return true;
	if (secret_open(s, &text, &err) == ERR_OK) {
		buf_wipe(&text);
		return true;
	}
	doctor_say(d, FOUND_TROUBLE, str_from(name),
		"a secret is a regular file that belongs to you or root and that no other user "
		"can read: chmod 600 FILE",
		"%s", err.msg);
	return false;
}

static bool key_loads(struct doctor *d)
{
	struct es256_key *key = NULL;
	struct buf pem;
	struct err err;
	enum errc rc = secret_open(&d->session->settings->apple.private_key, &pem, &err);

	if (!rc) {
		rc = es256_load(&key, buf_view(&pem), &err);
		buf_wipe(&pem);
	}
	es256_free(key);
	if (rc)
		doctor_say(d, FOUND_TROUBLE, STR("apple.private_key"),
			"download the key of the API account again, or make a new one: it has to "
			"be an EC key on P-256 in PEM",
			"%s", err.msg);
	return !rc;
}

enum errc doctor_secrets(struct doctor *d, struct err *err)
{
	const struct settings *s = d->session->settings;
	const struct {
		const char *name;
		const struct secret *secret;
	} uem[] = {
		{ "uem.tenant_code", &s->uem.tenant_code },
		{ "uem.auth.oauth.client_secret", &s->uem.client_secret },
		{ "uem.auth.certificate.pkcs12", &s->uem.pkcs12 },
		{ "uem.auth password", &s->uem.password },
	};
	bool good = true;

	(void)err;
	if (opens(d, "apple.private_key", &s->apple.private_key) && key_loads(d))
		d->have |= NEED(APPLE_KEY);
	for (size_t i = 0; i < sizeof(uem) / sizeof(*uem) && s->has_uem; i++)
		good = opens(d, uem[i].name, uem[i].secret) && good;
	if (good)
		d->have |= NEED(UEM_SECRETS);
	d->desks = arena_zalloc(&d->arena, (s->n_enrollment + 1) * sizeof(*d->desks));
	return ERR_OK;
}

/* --- clock --- */

static struct str apple_host(const struct doctor *d)
{
	return str_from(transport_apple(d->session->transport)->base);
}

/* Without credentials: a wrong clock may be why they are refused. */
enum errc doctor_clock(struct doctor *d, struct err *err)
{
	struct http_request q;
	struct http_reply reply;
	char words[TIME_TEXT];
	int64_t theirs, skew;
	enum errc rc;

	apple_servers_request(transport_apple(d->session->transport), STR_NONE, &q);
	rc = transport_get(d->session->transport, TO_BARE, &q, &reply, err);
	if (rc) {
		doctor_say(d, FOUND_UNCHECKED, apple_host(d), "", "Apple does not answer");
		return errc_info(rc)->scope == SCOPE_RUN && rc != ERR_TEMPFAIL ? rc : ERR_OK;
	}
	if (!http_reply_date(&reply, &theirs)) {
		doctor_say(d, FOUND_UNCHECKED, apple_host(d), "", "the reply has no Date");
	} else {
		skew = reply.ended_ms - theirs;
		if (skew > SKEW_MS || skew < -SKEW_MS)
			doctor_say(d, FOUND_TROUBLE, apple_host(d),
				"set the clock, best by NTP: Apple refuses signatures from another "
				"time",
				"this machine's clock is %s %s",
				duration_words(skew < 0 ? -skew : skew, words),
				skew < 0 ? "behind" : "ahead");
	}
	http_reply_release(&reply);
	return ERR_OK;
}

/* --- the API --- */

enum errc doctor_apple_sign_in(struct doctor *d, struct err *err)
{
	struct http_request q;
	struct http_reply reply;
	enum errc rc;

	apple_servers_request(transport_apple(d->session->transport), STR_NONE, &q);
	rc = transport_get(d->session->transport, TO_APPLE, &q, &reply, err);
	if (rc)
		return doctor_fail(d, rc, str_from(d->session->settings->apple.client_id),
			"compare client_id and key_id with the API account in the portal; a key "
			"that was revoked there has to be made anew; leaving key_id out helps some "
			"accounts",
			err);
	http_reply_release(&d->apple);
	d->apple = reply;
	d->have |= NEED(APPLE_REPLY);
	return ERR_OK;
}

static bool speaks_of_terms(const struct http_reply *r)
{
	return r->status == 403 && (str_contains_nocase(buf_view(&r->body), STR("terms")) ||
					   dep_reply_word(r) == DEP_TERMS);
}

static enum errc take_server(void *self, const struct json *element, struct err *err)
{
	struct doctor *d = self;
	struct apple_server s;
	enum errc rc = apple_server_decode(element, &s, err);

	for (uint32_t i = 0; i < d->n_servers && !rc; i++)
		if (str_eq(d->servers[i].id, s.id))
			return ERR_OK; /* the page came again */
	if (rc)
		return rc;
	MEM_GROW(d->servers, d->n_servers, d->cap_servers);
	d->servers[d->n_servers++] = (struct doctor_server){
		.id = arena_dup(&d->arena, s.id),
		.name = arena_dup(&d->arena, s.name),
		.connected_ms = s.last_connected_ms == TIME_UNKNOWN ? TIME_NONE
								    : s.last_connected_ms,
		.disown = s.disown,
	};
	return ERR_OK;
}

static enum errc read_servers(struct doctor *d, struct err *err)
{
	struct listing l = {
		.list = LIST_SERVERS,
		.each = take_server,
		.self = d,
	};
	enum errc rc = listing_run(&l, d->session->transport, err);

	if (!rc && l.code && !(l.code == ERR_PROTOCOL && d->n_servers)) {
		*err = l.err;
		return l.code;
	}
	if (!rc && !l.complete)
		doctor_say(d, FOUND_UNCHECKED, STR_NONE, "",
			"Apple's list of servers cannot be read in whole: %s", l.err.msg);
	return rc;
}

enum errc doctor_apple_role(struct doctor *d, struct err *err)
{
	enum errc rc = apple_reply_error(&d->apple, NULL, err);

	if (speaks_of_terms(&d->apple)) {
		doctor_say(d, FOUND_UNCHECKED, STR_NONE, "", "the terms come first");
		return ERR_OK;
	}
	if (!rc)
		rc = read_servers(d, err);
	if (!rc)
		d->have |= NEED(APPLE);
	rc = facts_need_list(rc, "Apple's list of servers", "apple.url", err);
	return doctor_fail(d, rc, str_from(d->session->settings->apple.client_id),
		"give the API account a role that may view device management services (and, to "
		"change anything, assign devices to them); see also whether new terms wait for an "
		"administrator in the portal",
		err);
}

static void say_release(struct doctor *d, const struct doctor_server *server)
{
	if (server->disown == 0)
		doctor_say(d, FOUND_TROUBLE, server->name,
			"switch on 'Allow this service to release devices' in Apple's portal "
			"(Preferences, the service, Edit)",
			"this device management service may not release devices "
			"(enableMdmDisownFlag is false)");
	else if (server->disown != 1)
		doctor_say(d, FOUND_UNCHECKED, server->name, "",
			"Apple does not tell whether this device management service may release "
			"devices (enableMdmDisownFlag)");
}

enum errc doctor_release_setting(struct doctor *d, struct err *err)
{
	const struct settings *s = d->session->settings;

	(void)err;
	for (size_t i = 0; i < s->n_enrollment; i++)
		for (uint32_t k = 0; k < d->n_servers; k++)
			if (str_eq_nocase(d->servers[k].name, str_from(s->enrollment[i].server)))
				say_release(d, &d->servers[k]);
	return ERR_OK;
}

/* --- the DEP service --- */

static void check_expiry(struct doctor *d, struct str subject, int64_t expires_ms)
{
	char when[TIME_TEXT];

	if (expires_ms == TIME_NONE || expires_ms - doctor_now(d) > SOON_DAYS * DAY_MS)
		return;
	doctor_when(d, expires_ms, when);
	doctor_say(d, FOUND_TROUBLE, subject,
		"download a new server token in Apple's portal (Preferences, the server, Download "
		"Token), put it where the old one is, and note its date",
		"the token %s %s", expires_ms < doctor_now(d) ? "ended" : "ends", when);
}

static enum errc check_desk(struct doctor *d, size_t i, enum desk *ret, struct err *err)
{
	const struct settings *s = d->session->settings;
	const struct enrollment_server *e = &s->enrollment[i];
	struct dep_token token = { 0 };
	struct buf name;
	enum errc rc = signin_server_token(e, &token, err);

	buf_init(&name, NAME_MAX_BYTES);
	if (!rc) {
		check_expiry(d, str_from(e->server), token.expires_ms);
		rc = dep_server_name(d->session->transport, s, i, &name, err);
	}
	dep_token_wipe(&token);
	if (!rc) {
		*ret = DESK_OPEN;
		if (!str_eq_nocase(buf_view(&name), str_from(e->server)))
			doctor_say(d, FOUND_TROUBLE, str_from(e->server),
				"name the server as the portal does, or give the token of this "
				"server",
				"the token belongs to the server '%s'", buf_cstr(&name));
	}
	buf_release(&name);
	if (rc && strstr(err->msg, "T_C_NOT_SIGNED")) {
		*ret = DESK_TERMS;
		return ERR_OK;
	}
	return doctor_fail(d, rc, str_from(e->server),
		"download a new server token in Apple's portal: a token ends after a year, with "
		"new terms, and when the administrator who made it is removed",
		err);
}

enum errc doctor_server_token(struct doctor *d, struct err *err)
{
	const struct settings *s = d->session->settings;
	enum errc rc = ERR_OK;

	if (s->n_enrollment == 0)
		doctor_say(d, FOUND_UNCHECKED, STR_NONE, "",
			"the settings have no server of depmend's own (enrollment:)");
	for (size_t i = 0; i < s->n_enrollment && !rc; i++)
		rc = check_desk(d, i, &d->desks[i], err);
	return rc;
}

enum errc doctor_apple_terms(struct doctor *d, struct err *err)
{
	static const char remedy[] = "an administrator has to sign in to Apple's portal and accept "
				     "the new terms; until then no device enrolls";
	const struct settings *s = d->session->settings;
	bool told = speaks_of_terms(&d->apple);
	size_t n_open = 0;

	if (told && apple_reply_error(&d->apple, NULL, err))
		doctor_say(d, FOUND_TROUBLE, apple_host(d), remedy, "%s", err->msg);
	for (size_t i = 0; i < s->n_enrollment; i++) {
		n_open += d->desks[i] == DESK_OPEN;
		told = told || d->desks[i] == DESK_TERMS;
		if (d->desks[i] == DESK_TERMS)
			doctor_say(d, FOUND_TROUBLE, str_from(s->enrollment[i].server), remedy,
				"Apple's enrollment service answered T_C_NOT_SIGNED");
	}
	if (!told && n_open == 0)
		doctor_say(d, FOUND_UNCHECKED, STR_NONE,
			"give depmend a server of its own under enrollment:",
			"only a server token can tell, and there is none that works");
	return ERR_OK;
}

/* --- the UEM's tokens, as far as Apple and the settings know --- */

enum errc doctor_uem_token(struct doctor *d, struct err *err)
{
	const struct settings *s = d->session->settings;

	(void)err;
	for (size_t i = 0; i < s->uem.n_tokens; i++) {
		const struct token_group *t = &s->uem.tokens[i];

		if (t->expires_ms == TIME_NONE)
			doctor_say(d, FOUND_UNCHECKED, str_from(t->group),
				"write the date that the console shows beside the token into the "
				"settings: expires: in uem.tokens",
				"the UEM's API does not tell when its server token ends");
		else
			check_expiry(d, str_from(t->group), t->expires_ms);
	}
	return ERR_OK;
}

/* The UEM asks once a day unless told otherwise. */
enum errc doctor_last_connection(struct doctor *d, struct err *err)
{
	enum { QUIET_DAYS = 2 };
	const struct fleet *f = &d->session->fleet;
	char when[TIME_TEXT];

	(void)err;
	for (uint32_t i = 0; i < d->n_servers; i++) {
		const struct doctor_server *s = &d->servers[i];
		uint32_t server = fleet_server_by_id(f, s->id);

		if (!fleet_groups_of(f, server) || s->connected_ms == TIME_NONE ||
			doctor_now(d) - s->connected_ms <= QUIET_DAYS * DAY_MS)
			continue;
		doctor_when(d, s->connected_ms, when);
		doctor_say(d, FOUND_TROUBLE, fleet_server_name(f, server),
			doctor_on_premises(d->session->settings->uem.url)
				? "renew the server token in the console (it ends after a year, "
				  "and with new terms); on premises also restart the AirWatch "
				  "Batch Processing Service and see that the sync is scheduled"
				: "renew the server token in the console (it ends after a year, "
				  "and with new terms) and see that the sync is scheduled",
			"the UEM last asked Apple for this server's devices %s", when);
	}
	return ERR_OK;
}
