/*
 * OAuth 2 client credentials with a signed assertion (services/README.md Apple A.2).
 */

#include "sim/apple/apple.h"

static const char audience[] = "https://account.apple.com/auth/oauth2/v2/token";

static void refuse(struct call *c, int status, const char *error, const char *why)
{
	struct json_out o;

	c->rep->status = status;
	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	json_put_z(&o, "error", error);
	json_put_z(&o, "error_description", why);
	json_obj_end(&o);
}

/* Caller frees with json_free(); NULL when the part is not base64url of a JSON object. */
static struct json *decode_part(struct str part)
{
	enum { MAX_PART_BYTES = 64 * 1024 };
	struct json *v = NULL;
	struct buf text;
	struct err err;

	buf_init(&text, MAX_PART_BYTES);
	if (base64url_decode(&text, part, &err) != ERR_OK ||
		json_parse(&v, buf_view(&text), &err) != ERR_OK)
		v = NULL;
	buf_release(&text);
	return v;
}

/* NULL when the claims are right. */
static const char *claims_fault(
	const struct sim *s, const struct json *claims, struct str client_id)
{
	enum { MAX_LIFE_S = 180 * 24 * 3600, SKEW_S = 300 };
	int64_t iat, exp, now = s->now / 1000;

	if (!str_eq(json_text(json_get(claims, "iss")), client_id))
		return "iss is not the client id";
	if (!str_eq(json_text(json_get(claims, "sub")), client_id))
		return "sub is not the client id";
	if (!str_eq(json_text(json_get(claims, "aud")), str_from(audience)))
		return "aud is not the v2 token URL";
	if (json_text(json_get(claims, "jti")).n == 0)
		return "jti is missing";
	if (!json_int(json_get(claims, "iat"), &iat) || !json_int(json_get(claims, "exp"), &exp))
		return "iat or exp is missing";
	if (exp <= now)
		return "the assertion has expired";
	if (iat > now + SKEW_S)
		return "the assertion comes from the future";
	if (exp - iat > MAX_LIFE_S)
		return "the assertion lives longer than 180 days";
	return NULL;
}

static const char *header_fault(const struct sim *s, const struct json *header)
{
	if (!str_eq(json_text(json_get(header, "alg")), STR("ES256")))
		return "alg is not ES256";
	if (knob(s, KNOB_APPLE_KID) && json_get(header, "kid"))
		return "the kid is not accepted";
	return NULL;
}

static const char *signature_fault(
	const struct sim *s, struct str signed_part, struct str signature)
{
	enum { RAW_SIGNATURE = 64 };
	struct buf raw;
	struct err err;
	bool ok;

	buf_init(&raw, 1024);
	ok = base64url_decode(&raw, signature, &err) == ERR_OK && raw.n == RAW_SIGNATURE;
	buf_release(&raw);
	if (!ok)
		return "the signature is not 64 bytes of R and S";
	if (s->key && es256_verify(s->key, signed_part, signature, &err) != ERR_OK)
		return "the signature does not fit the registered key";
	return s->key || s->opt.any_key ? NULL : "no key is registered for this client";
}

static const char *assertion_fault(const struct sim *s, struct str jwt, struct str client_id)
{
	struct str rest = jwt, head = str_cut(&rest, '.'), body = str_cut(&rest, '.');
	struct json *header = decode_part(head), *claims = decode_part(body);
	const char *why = NULL;

	if (!header || !claims)
		why = "the assertion is not a JWT";
	else
		why = header_fault(s, header);
	if (!why)
		why = claims_fault(s, claims, client_id);
	if (!why)
		why = signature_fault(s, (struct str){ jwt.p, head.n + 1 + body.n }, rest);
	json_free(header);
	json_free(claims);
	return why;
}

static const char *scope_of(struct str client_id)
{
	if (str_starts_nocase(client_id, STR("BUSINESSAPI.")))
		return "business.api";
	return str_starts_nocase(client_id, STR("SCHOOLAPI.")) ? "school.api" : NULL;
}

static void grant(struct call *c, const char *client_id, const char *scope)
{
	int64_t life = knob(c->sim, KNOB_APPLE_TOKEN_LIFE);
	char token[UUID_TEXT];
	struct json_out o;

	sim_uuid(c->sim, token);
	sql_run(&c->sim->sql,
		sql_z("INSERT INTO bearer(token, service, actor, scope, expires) "
		      "VALUES(?,'apple',?,?,?)"),
		sql_z(token), sql_z(client_id), sql_z(scope), sql_i(c->sim->now + life));
	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	json_put_z(&o, "access_token", token);
	json_put_z(&o, "token_type", "Bearer");
	json_put_int(&o, "expires_in", life / 1000);
	json_put_z(&o, "scope", scope);
	json_obj_end(&o);
}

/* Token requests a minute (services/README.md Apple F.5). */
static bool throttled(struct sim *s)
{
	int64_t max = knob(s, KNOB_APPLE_MAX_TOKENS);

	return max && sql_int(&s->sql,
			      sql_z("SELECT count(*) FROM bearer WHERE service='apple' AND "
				    "expires>?"),
			      sql_i(s->now + knob(s, KNOB_APPLE_TOKEN_LIFE) - 60 * 1000)) >= max;
}

/* Parameters come in the body, or in the query as some clients send them. */
void sim_apple_token(struct call *c)
{
	static const char jwt_bearer[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
	const struct sim *s = c->sim;
	struct pairs form;
	struct str id;
	const char *scope, *why;

	pairs_read(&form, c->req->body.n ? c->req->body : c->req->query, &c->sim->arena);
	id = pairs_get(&form, "client_id");
	scope = scope_of(id);
	c->sim->actor = arena_dup(&c->sim->arena, id).p;
	if (!str_eq(pairs_get(&form, "grant_type"), STR("client_credentials"))) {
		refuse(c, 400, "unsupported_grant_type", "grant_type is not client_credentials");
		return;
	}
	if (!str_eq(pairs_get(&form, "client_assertion_type"), str_from(jwt_bearer))) {
		refuse(c, 400, "invalid_request", "client_assertion_type is not jwt-bearer");
		return;
	}
	if (throttled(c->sim)) {
		refuse(c, knob(s, KNOB_APPLE_MAX_TOKENS_STATUS) ? 429 : 400, "invalid_request",
			"too many tokens were asked for");
		return;
	}
	if (!scope || (s->opt.client_id && !str_eq(id, str_from(s->opt.client_id))))
		why = "the client id is unknown";
	else
		why = assertion_fault(s, pairs_get(&form, "client_assertion"), id);
	if (why)
		refuse(c, 400, "invalid_client", why);
	else if (!str_eq(pairs_get(&form, "scope"), str_from(scope)))
		refuse(c, 400, "invalid_scope", "the scope does not belong to this client");
	else
		grant(c, c->sim->actor, scope);
}

static bool accepts_json(struct str accept)
{
	if (accept.n == 0)
		return true;
	while (accept.n > 0) {
		struct str one = str_cut(&accept, ',');
		struct str type = str_trim(str_cut(&one, ';'));

		if (str_eq_nocase(type, STR("application/json")) || str_eq(type, STR("*/*")) ||
			str_eq_nocase(type, STR("application/*")))
			return true;
	}
	return false;
}

static bool signed_in(struct call *c)
{
	struct str auth = request_header(c->req, "Authorization");
	struct db_stmt *st;
	bool good;

	if (!str_starts_nocase(auth, STR("Bearer ")))
		return false;
	st = sql_query(&c->sim->sql,
		sql_z("SELECT actor, scope, expires FROM bearer WHERE token=? AND service='apple'"),
		sql_s(str_trim(str_sub(auth, 7, auth.n - 7))));
	if (!sql_next(&c->sim->sql, st))
		return false;
	good = db_col_int(st, 2) > c->sim->now;
	c->sim->actor = arena_dup(&c->sim->arena, db_col_str(st, 0)).p;
	c->scope = arena_dup(&c->sim->arena, db_col_str(st, 1));
	db_reset(st);
	return good;
}

bool sim_apple_enter(struct call *c)
{
	enum { ROLE_NONE = 2 };

	if (!accepts_json(request_header(c->req, "Accept"))) {
		sim_apple_error(c, 406, "NOT_ACCEPTABLE", NULL, "Only application/json is offered");
		return false;
	}
	if (!signed_in(c)) {
		sim_apple_error(c, 401, "NOT_AUTHORIZED", NULL,
			"Provide a properly configured and signed bearer token");
		return false;
	}
	if (knob(c->sim, KNOB_APPLE_TERMS)) {
		sim_apple_error(c, 403, "FORBIDDEN_ERROR", NULL,
			"An administrator has to accept the new terms and conditions");
		return false;
	}
	if (knob(c->sim, KNOB_APPLE_ROLE) == ROLE_NONE ||
		(knob(c->sim, KNOB_APPLE_ROLE) && !str_eq(c->req->method, STR("GET")))) {
		sim_apple_error(c, 403, "FORBIDDEN_ERROR", NULL,
			"The role of this API account does not allow '%.*s'",
			STR_FMT(c->req->method));
		return false;
	}
	return true;
}
