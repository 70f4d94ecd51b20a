/*
 * OAuth 1.0a sign-in and sessions (services/README.md Apple B.1, B.2).
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim/dep/dep.h"

enum { TOKEN_VALID, TOKEN_EXPIRED, TOKEN_REJECTED };

static void secret_of(
	const char *kind, const char *prefix, struct str server_id, char out[DEP_SECRET_TEXT])
{
	struct sha256_stream *h = sha256_new();
	char hex[SHA256_HEX];

	sha256_add(h, str_from(kind));
	sha256_add(h, server_id);
	sha256_end_hex(h, hex);
	(void)snprintf(out, DEP_SECRET_TEXT, "%s%.40s", prefix, hex);
}

/* server_id: Apple's, 32 hex digits. */
static void sim_dep_secrets(struct str server_id, struct dep_secrets *ret)
{
	secret_of("consumer key", "CK_", server_id, ret->consumer_key);
	secret_of("consumer secret", "CS_", server_id, ret->consumer_secret);
	secret_of("access token", "AT_", server_id, ret->access_token);
	secret_of("access secret", "AS_", server_id, ret->access_secret);
}

void sim_dep_token_json(struct str server_name, struct buf *out)
{
	char uuid[UUID_TEXT], hex[HEX32_TEXT];
	struct dep_secrets secrets;
	struct json_out o;

	uuid_of("server", server_name, uuid);
	uuid_to_hex(uuid, hex);
	sim_dep_secrets(str_from(hex), &secrets);
	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_put_z(&o, "consumer_key", secrets.consumer_key);
	json_put_z(&o, "consumer_secret", secrets.consumer_secret);
	json_put_z(&o, "access_token", secrets.access_token);
	json_put_z(&o, "access_secret", secrets.access_secret);
	json_put_z(&o, "access_token_expiry", "2030-01-01T00:00:00Z");
	json_obj_end(&o);
}

/* --- replies --- */

void sim_dep_error(struct call *c, int status, const char *word)
{
	enum { BARE, QUOTED, JSON };
	int64_t form = knob(c->sim, KNOB_DEP_WORDS);
	char text[128];

	if (form == BARE)
		(void)snprintf(text, sizeof(text), "%s", word);
	else if (form == QUOTED)
		(void)snprintf(text, sizeof(text), "\"%s\"", word);
	else
		(void)snprintf(text, sizeof(text), "{\"code\":\"%s\"}", word);
	buf_reset(&c->rep->body);
	c->rep->status = status;
	c->rep->type = form == JSON ? "application/json;charset=UTF8" : "text/plain;charset=UTF8";
	buf_z(&c->rep->body, text);
}

void sim_dep_object(struct call *c, struct json_out *o)
{
	c->rep->type = "application/json;charset=UTF8";
	json_out_init(o, &c->rep->body);
	json_obj(o, NULL);
}

void sim_dep_no_route(struct call *c, bool path_known)
{
	sim_dep_error(c, path_known ? 405 : 404, path_known ? "METHOD_NOT_ALLOWED" : "NOT_FOUND");
}

int64_t sim_dep_version(const struct call *c)
{
	uint64_t v;

	return str_to_u64(request_header(c->req, "X-Server-Protocol-Version"), &v) && v < 1000
		       ? (int64_t)v
		       : 1;
}

/* --- the signature (RFC 5849 3.4) --- */

static void escape(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char b = (unsigned char)text.p[i];
		bool plain = (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') ||
			     (b >= '0' && b <= '9') || (b && strchr("-._~", b));

		if (plain)
			buf_char(out, (char)b);
		else
			buf_printf(out, "%%%02X", (unsigned)b);
	}
}

enum { MAX_PARAMETERS = 16, MAX_BASE_BYTES = 16 * 1024 };

struct oauth {
	struct pair v[MAX_PARAMETERS];
	size_t n;
};

static struct str oauth_get(const struct oauth *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (str_eq(o->v[i].name, str_from(name)))
			return o->v[i].value;
	return STR_NONE;
}

/* OAuth name="value", ...; false when it is not that, or names one twice. */
static bool oauth_read(struct call *c, struct oauth *ret)
{
	struct str rest = request_header(c->req, "Authorization");

	ret->n = 0;
	if (!str_starts_nocase(rest, STR("OAuth ")))
		return false;
	rest = str_sub(rest, 6, rest.n - 6);
	while (rest.n > 0) {
		struct str value = str_trim(str_cut(&rest, ',')), name = str_cut(&value, '=');

		if (value.n < 2 || value.p[0] != '"' || value.p[value.n - 1] != '"' ||
			oauth_get(ret, arena_dup(&c->sim->arena, name).p).p ||
			ret->n == MAX_PARAMETERS)
			return false;
		ret->v[ret->n++] = (struct pair){ name,
			text_unescape(str_sub(value, 1, value.n - 2), false, &c->sim->arena) };
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp_nocase(((const struct pair *)a)->name, ((const struct pair *)b)->name);
}

/* METHOD&url&parameters, each escaped; realm and the signature itself do not count. */
static void base_string(struct call *c, const struct oauth *o, struct buf *out)
{
	struct oauth sorted = *o;
	struct buf part;
	bool first = true;

	qsort(sorted.v, sorted.n, sizeof(sorted.v[0]), by_name);
	buf_init(&part, MAX_BASE_BYTES);
	buf_str(&part, request_origin(c->req, &c->sim->arena));
	buf_str(&part, c->req->path);
	buf_str(out, c->req->method);
	buf_char(out, '&');
	escape(out, buf_view(&part));
	buf_char(out, '&');
	buf_reset(&part);
	for (size_t i = 0; i < sorted.n; i++) {
		if (str_eq(sorted.v[i].name, STR("realm")) ||
			str_eq(sorted.v[i].name, STR("oauth_signature")))
			continue;
		if (!first)
			buf_char(&part, '&');
		first = false;
		buf_str(&part, sorted.v[i].name);
		buf_char(&part, '=');
		escape(&part, sorted.v[i].value);
	}
	escape(out, buf_view(&part));
	buf_release(&part);
}

static bool signature_fits(struct call *c, const struct oauth *o, const struct dep_secrets *secrets)
{
	unsigned char mac[HMAC_SHA1_BYTES];
	struct buf base, key, text;
	bool same;

	buf_init(&base, MAX_BASE_BYTES * 4);
	buf_init(&key, MAX_BASE_BYTES);
	buf_init(&text, MAX_BASE_BYTES);
	base_string(c, o, &base);
	buf_printf(&key, "%s&%s", secrets->consumer_secret, secrets->access_secret);
	hmac_sha1(buf_view(&key), buf_view(&base), mac);
	base64(&text, (struct str){ (const char *)mac, sizeof(mac) });
	same = str_eq(buf_view(&text), oauth_get(o, "oauth_signature"));
	buf_release(&base);
	buf_release(&key);
	buf_release(&text);
	return same;
}

/* The server whose token it is; SQL_NULL when there is none. */
static int64_t server_of(struct call *c, const struct oauth *o, struct dep_secrets *ret)
{
	struct db_stmt *st = sql_query(&c->sim->sql,
		sql_z("SELECT id, uuid, name FROM server WHERE status<>'DELETED' ORDER BY id"));

	while (sql_next(&c->sim->sql, st)) {
		int64_t id = db_col_int(st, 0);

		sim_dep_secrets(db_col_str(st, 1), ret);
		if (!str_eq(oauth_get(o, "oauth_consumer_key"), str_from(ret->consumer_key)) ||
			!str_eq(oauth_get(o, "oauth_token"), str_from(ret->access_token)))
			continue;
		c->sim->actor = arena_dup(&c->sim->arena, db_col_str(st, 2)).p;
		db_reset(st);
		return id;
	}
	return SQL_NULL;
}

static bool nonce_is_new(struct call *c, struct str nonce)
{
	if (sql_int(&c->sim->sql, sql_z("SELECT 1 FROM nonce WHERE text=?"), sql_s(nonce)) !=
		SQL_NULL)
		return false;
	sql_run(&c->sim->sql, sql_z("INSERT INTO nonce(text) VALUES(?)"), sql_s(nonce));
	return true;
}

/* NULL, or the word of the 401; *ret_server is the session's. */
static const char *oauth_fault(struct call *c, const struct oauth *o, int64_t *ret_server)
{
	enum { SKEW_S = 300 };
	int64_t token = knob(c->sim, KNOB_DEP_TOKEN);
	struct dep_secrets secrets;
	uint64_t at;

	*ret_server = server_of(c, o, &secrets);
	if (*ret_server == SQL_NULL || token == TOKEN_REJECTED)
		return "token_rejected";
	if (!signature_fits(c, o, &secrets))
		return "signature_invalid";
	if (token == TOKEN_EXPIRED)
		return "token_expired";
	if (!str_to_u64(oauth_get(o, "oauth_timestamp"), &at) ||
		llabs((long long)at - (long long)(c->sim->now / 1000)) > SKEW_S)
		return "timestamp_refused";
	return nonce_is_new(c, oauth_get(o, "oauth_nonce")) ? NULL : "nonce_used";
}

static void new_session(struct call *c, int64_t server, char out[UUID_TEXT])
{
	sim_uuid(c->sim, out);
	sql_run(&c->sim->sql,
		sql_z("INSERT INTO bearer(token, service, actor, scope, expires) "
		      "VALUES(?,'dep',?,?,?)"),
		sql_z(out), sql_z(c->sim->actor), sql_i(server),
		sql_i(c->sim->now + knob(c->sim, KNOB_DEP_SESSION_LIFE)));
}

static bool agent_given(struct call *c)
{
	struct str agent = request_header(c->req, "User-Agent");

	if (agent.n > 0)
		return true;
	sim_dep_error(c, 400, agent.p ? "USER_AGENT_INVALID" : "USER_AGENT_MISSING");
	return false;
}

static bool terms_accepted(struct call *c)
{
	if (!knob(c->sim, KNOB_DEP_TERMS))
		return true;
	sim_dep_error(c, 403, "T_C_NOT_SIGNED");
	return false;
}

void sim_dep_session(struct call *c)
{
	static const char *const needed[] = { "oauth_consumer_key", "oauth_token",
		"oauth_signature_method", "oauth_timestamp", "oauth_nonce", "oauth_signature" };
	char token[UUID_TEXT];
	const char *fault;
	struct oauth oauth;
	struct json_out o;
	bool whole;

	if (!agent_given(c))
		return;
	whole = oauth_read(c, &oauth);
	for (size_t i = 0; whole && i < sizeof(needed) / sizeof(needed[0]); i++)
		whole = oauth_get(&oauth, needed[i]).n > 0;
	if (!whole || !str_eq(oauth_get(&oauth, "oauth_signature_method"), STR("HMAC-SHA1"))) {
		sim_dep_error(c, 400, "oauth_problem_parameter_absent_or_not_supported");
		return;
	}
	fault = oauth_fault(c, &oauth, &c->server);
	if (fault) {
		sim_dep_error(c, 401, fault);
		return;
	}
	if (!terms_accepted(c))
		return;
	new_session(c, c->server, token);
	sim_dep_object(c, &o);
	json_put_z(&o, "auth_session_token", token);
	json_obj_end(&o);
}

bool sim_dep_enter(struct call *c)
{
	struct str session = request_header(c->req, "X-ADM-Auth-Session");
	struct db_stmt *st;
	bool over;

	c->server = SQL_NULL;
	if (!agent_given(c))
		return false;
	st = sql_query(&c->sim->sql,
		sql_z("SELECT actor, scope, expires FROM bearer WHERE token=? AND service='dep'"),
		sql_s(session));
	if (!sql_next(&c->sim->sql, st)) {
		sim_dep_error(c, 403, "FORBIDDEN");
		return false;
	}
	c->sim->actor = arena_dup(&c->sim->arena, db_col_str(st, 0)).p;
	over = db_col_int(st, 2) <= c->sim->now;
	c->server = over ? SQL_NULL : db_col_int(st, 1);
	db_reset(st);
	if (over) {
		sim_dep_error(c, 401, "UNAUTHORIZED");
		return false;
	}
	return terms_accepted(c);
}

/* A reply may bring another session, to be used from then on (services/README.md Apple B.2). */
void sim_dep_leave(struct call *c)
{
	char token[UUID_TEXT];

	if (!knob(c->sim, KNOB_DEP_SESSION_ROTATE) || c->rep->status != 200 || !c->route ||
		c->route->open)
		return;
	sql_run(&c->sim->sql, sql_z("DELETE FROM bearer WHERE token=?"),
		sql_s(request_header(c->req, "X-ADM-Auth-Session")));
	new_session(c, c->server, token);
	reply_header(c->rep, "X-ADM-Auth-Session", "%s", token);
}
