/*
 * Signing in to the UEM: OAuth, Basic, certificate; tenant code and daily quota (services/README.md
 * UEM A, D).
 */
#include <stdio.h>

#include "base/mem.h"
#include "sim/uem/uem.h"

#define DAY_S (INT64_C(24) * 3600)

static bool basic_matches(struct str given, const char *user, const char *password)
{
	enum { MAX_BYTES = 4096 };
	struct buf plain, encoded;
	bool same;

	buf_init(&plain, MAX_BYTES);
	buf_init(&encoded, MAX_BYTES * 2);
	buf_printf(&plain, "%s:%s", user, password ? password : "");
	base64(&encoded, buf_view(&plain));
	same = str_eq(given, buf_view(&encoded));
	buf_release(&plain);
	buf_release(&encoded);
	return same;
}

static void token_refuse(struct call *c, const char *error)
{
	struct json_out o;

	c->rep->status = 400;
	sim_uem_object(c, &o);
	json_put_z(&o, "error", error);
	json_obj_end(&o);
}

/* Id and secret in the form, or as HTTP Basic (services/README.md UEM A.4). */
static bool client_known(struct call *c, const struct pairs *form)
{
	const struct sim_options *opt = &c->sim->opt;
	struct str auth = request_header(c->req, "Authorization");
	struct str id = pairs_get(form, "client_id");

	if (str_starts_nocase(auth, STR("Basic "))) {
		c->sim->actor = opt->uem_client ? opt->uem_client : "client";
		return !opt->uem_client || basic_matches(str_trim(str_sub(auth, 6, auth.n - 6)),
						   opt->uem_client, opt->uem_secret);
	}
	c->sim->actor = arena_dup(&c->sim->arena, id).p;
	if (id.n == 0 || pairs_get(form, "client_secret").n == 0)
		return false;
	return !opt->uem_client ||
	       (str_eq(id, str_from(opt->uem_client)) &&
		       str_eq(pairs_get(form, "client_secret"), str_from(opt->uem_secret)));
}

void sim_uem_token(struct call *c)
{
	int64_t life = knob(c->sim, KNOB_UEM_TOKEN_LIFE);
	char token[UUID_TEXT];
	struct pairs form;
	struct json_out o;

	pairs_read(&form, c->req->body, &c->sim->arena);
	if (!str_eq(pairs_get(&form, "grant_type"), STR("client_credentials"))) {
		token_refuse(c, "unsupported_grant_type");
		return;
	}
	if (!client_known(c, &form)) {
		token_refuse(c, "invalid_client");
		return;
	}
	sim_uuid(c->sim, token);
	sql_run(&c->sim->sql,
		sql_z("INSERT INTO bearer(token, service, actor, scope, expires) "
		      "VALUES(?,'uem',?,'',?)"),
		sql_z(token), sql_z(c->sim->actor), sql_i(c->sim->now + life));
	sim_uem_object(c, &o);
	json_put_z(&o, "access_token", token);
	json_put_int(&o, "expires_in", life / 1000);
	json_put_z(&o, "token_type", "Bearer");
	json_obj_end(&o);
}

/* 0, or the errorCode of the 401. */
static int bearer_fault(struct call *c, struct str token)
{
	struct sim *s = c->sim;
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT actor, expires FROM bearer WHERE token=? AND service='uem'"),
		sql_s(token));
	bool over;

	if (!sql_next(&s->sql, st))
		return 1024;
	over = db_col_int(st, 1) <= s->now;
	s->actor = arena_dup(&s->arena, db_col_str(st, 0)).p;
	db_reset(st);
	return !over ? 0 : knob(s, KNOB_UEM_TOKEN_ERROR) ? 1024 : 1029;
}

/* CMSURL`1 and the base64 of a DER sequence. */
static bool looks_signed(struct str value)
{
	static const char prefix[] = "CMSURL`1 ";

	return str_starts_nocase(value, str_from(prefix)) && value.n > 100 &&
	       str_starts_nocase(str_sub(value, sizeof(prefix) - 1, 2), STR("MI"));
}

/* 0, or the errorCode of the 401. *ret_bearer: the tenant code may be left out then. */
static int sign_in_fault(struct call *c, bool *ret_bearer)
{
	const struct sim_options *opt = &c->sim->opt;
	struct str auth = request_header(c->req, "Authorization");

	*ret_bearer = str_starts_nocase(auth, STR("Bearer "));
	if (*ret_bearer)
		return bearer_fault(c, str_trim(str_sub(auth, 7, auth.n - 7)));
	if (looks_signed(auth)) {
		c->sim->actor = "certificate";
		return 0;
	}
	if (!str_starts_nocase(auth, STR("Basic ")))
		return 1005;
	c->sim->actor = opt->uem_user ? opt->uem_user : "basic";
	if (!opt->uem_user)
		return 0;
	return basic_matches(
		       str_trim(str_sub(auth, 6, auth.n - 6)), opt->uem_user, opt->uem_password)
		       ? 0
		       : 1005;
}

static bool tenant_code_fits(struct call *c, bool optional)
{
	struct str code = request_header(c->req, "aw-tenant-code");

	if (code.n == 0)
		return optional;
	return !c->sim->opt.tenant_code || str_eq(code, str_from(c->sim->opt.tenant_code));
}

/* One call less; a fixed window of 24 h from the first call. False at 0. */
static bool spend_quota(struct call *c)
{
	enum { TOLD = 250000 };
	struct sim *s = c->sim;
	int64_t quota = knob(s, KNOB_UEM_QUOTA), limit = quota ? quota : TOLD;
	int64_t reset = sim_meta(s, "quota_reset"), used = sim_meta(s, "quota_used");
	bool spent;

	if (s->now / 1000 >= reset) {
		reset = s->now / 1000 + DAY_S;
		used = 0;
		sim_meta_set(s, "quota_reset", reset);
	}
	spent = used >= limit && quota;
	if (!spent)
		used += 1 + knob(s, KNOB_UEM_QUOTA_OTHERS);
	sim_meta_set(s, "quota_used", used);
	if (knob(s, KNOB_UEM_QUOTA_HEADERS)) {
		reply_header(c->rep, "X-RateLimit-Limit", "%lld", (long long)limit);
		reply_header(c->rep, "X-RateLimit-Remaining", "%lld",
			(long long)(used < limit ? limit - used : 0));
		reply_header(c->rep, "X-RateLimit-Reset", "%lld", (long long)reset);
	}
	if (spent && knob(s, KNOB_UEM_QUOTA_RETRY))
		reply_header(c->rep, "Retry-After", "%lld", (long long)(reset - s->now / 1000));
	return !spent;
}

/* IIS wants a length even for an empty body (services/README.md UEM H.15). */
static bool length_given(const struct call *c)
{
	bool sends = str_eq(c->req->method, STR("PUT")) || str_eq(c->req->method, STR("POST"));

	return !sends || !knob(c->sim, KNOB_UEM_LENGTH) ||
	       request_header(c->req, "Content-Length").p ||
	       request_header(c->req, "Transfer-Encoding").p;
}

bool sim_uem_enter(struct call *c)
{
	bool bearer = false;
	int fault;

	if (!length_given(c)) {
		sim_uem_html(c, 411, "Length Required");
		return false;
	}
	fault = sign_in_fault(c, &bearer);
	if (fault) {
		sim_uem_error(c, 401, fault,
			fault == 1005 ? "Invalid user credentials."
				      : "The access token is not valid.");
		return false;
	}
	if (!tenant_code_fits(c, bearer)) {
		sim_uem_error(c, 403, 1013, "Invalid API Key or tenant code.");
		return false;
	}
	if (knob(c->sim, KNOB_UEM_ROLE)) {
		sim_uem_error(c, 403, 1011, "The role lacks the permission for this.");
		return false;
	}
	if (!spend_quota(c)) {
		sim_uem_error(c, 429, 429, "The daily limit of API calls is reached.");
		return false;
	}
	return true;
}

/* version=N of Accept. */
int sim_uem_version(const struct call *c)
{
	struct str accept = request_header(c->req, "Accept");
	static const char name[] = "version=";

	for (size_t i = 0; i + sizeof(name) - 1 < accept.n; i++)
		if (str_starts_nocase(str_sub(accept, i, accept.n - i), str_from(name))) {
			char digit = accept.p[i + sizeof(name) - 1];

			return digit >= '1' && digit <= '4' ? digit - '0' : 1;
		}
	return 1;
}

static bool is_json(const struct reply *r)
{
	return r->type && str_starts_nocase(str_from(r->type), STR("application/json"));
}

/* Forms a body can take besides plain JSON (services/README.md UEM A.2, H.24). */
static void dress(struct call *c)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct reply *r = c->rep;
	struct buf body;

	if (!is_json(r) || r->more)
		return;
	if (knob(c->sim, KNOB_UEM_XML) &&
		!str_contains_nocase(request_header(c->req, "Accept"), STR("json"))) {
		buf_reset(&r->body);
		r->type = "application/xml; charset=utf-8";
		buf_z(&r->body, "<?xml version=\"1.0\" encoding=\"utf-8\"?><Result/>");
	} else if (knob(c->sim, KNOB_UEM_BOM)) {
		buf_init(&body, r->body.max);
		buf_z(&body, bom);
		buf_str(&body, buf_view(&r->body));
		buf_release(&r->body);
		r->body = body;
	}
}

void sim_uem_leave(struct call *c)
{
	int highest = c->route && c->route->versions ? c->route->versions : 1;
	int version = sim_uem_version(c);
	char number[24], id[UUID_TEXT];

	dress(c);
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)c->sim->n_requests);
	uuid_of("correlation", str_from(number), id);
	reply_header(c->rep, "X-Correlation-ID", "%s", id);
	reply_header(c->rep, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
	if (c->route && !c->route->open) {
		/* A version that is not there is answered by a lower one (services/README.md UEM
		 * H.33). */
		reply_header(c->rep, "x-api-version", "v%d", version < highest ? version : highest);
		reply_header(
			c->rep, "api-supported-versions", "%.*s", highest * 3 - 2, "1, 2, 3, 4");
	}
}
