#include <stdarg.h>
#include <stdio.h>

#include "base/time.h"
#include "sim/apple/apple.h"
#include "sim/core/pages.h"

static const char *title_of(int status)
{
	static const struct {
		int status;
		const char *title;
	} titles[] = { { 400, "A parameter has an invalid value" },
		{ 401, "Authentication credentials are missing or invalid" },
		{ 403, "This request is forbidden for security reasons" },
		{ 404, "The specified resource does not exist" }, { 405, "Method not allowed" },
		{ 406, "The response cannot be expressed that way" },
		{ 409, "The provided entity includes an attribute or relationship with an invalid "
		       "value" },
		{ 422, "The entity cannot be processed" }, { 429, "Too many requests" } };

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "The request failed";
}

void sim_apple_errors(struct call *c, struct json_out *o, int status)
{
	c->rep->status = status;
	c->rep->type = "application/json";
	buf_reset(&c->rep->body);
	json_out_init(o, &c->rep->body);
	json_obj(o, NULL);
	json_arr(o, "errors");
}

void sim_apple_errors_end(struct json_out *o)
{
	json_arr_end(o);
	json_obj_end(o);
}

void sim_apple_error_put(struct call *c, struct json_out *o, const struct error_entry *e)
{
	char number[32], id[UUID_TEXT];

	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)c->sim->n_requests);
	uuid_of("error", str_from(number), id);
	(void)snprintf(number, sizeof(number), "%d", e->status);
	json_obj(o, NULL);
	json_put_z(o, "id", id);
	json_put_z(o, "status", number);
	json_put_z(o, "code", e->code);
	json_put_z(o, "title", title_of(e->status));
	json_put_z(o, "detail", e->detail);
	if (e->source) {
		const char *key = e->source[0] == '/' ? "pointer" : "parameter";

		json_obj(o, "source");
		if (e->nested)
			json_obj(o, "jsonPointer");
		json_put_z(o, key, e->source);
		if (e->nested)
			json_obj_end(o);
		json_obj_end(o);
	}
	json_obj_end(o);
}

void sim_apple_error(
	struct call *c, int status, const char *code, const char *source, const char *fmt, ...)
{
	char detail[512];
	struct json_out o;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	sim_apple_errors(c, &o, status);
	sim_apple_error_put(c, &o,
		&(struct error_entry){
			.status = status, .code = code, .source = source, .detail = detail });
	sim_apple_errors_end(&o);
}

void sim_apple_not_found(struct call *c, const char *type, struct str id)
{
	sim_apple_error(c, 404, "NOT_FOUND", NULL,
		"There is no resource of type '%s' with id '%.*s'", type, STR_FMT(id));
}

void sim_apple_no_route(struct call *c, bool path_known)
{
	if (path_known)
		sim_apple_error(c, 403, "FORBIDDEN_ERROR", NULL,
			"The resource does not allow '%.*s'", STR_FMT(c->req->method));
	else
		sim_apple_error(c, 404, "NOT_FOUND", NULL,
			"The path '%.*s' does not match a resource type", STR_FMT(c->req->path));
}

struct str sim_apple_base(const struct call *c)
{
	struct str origin = request_origin(c->req, &c->sim->arena);
	char *p = arena_alloc(&c->sim->arena, origin.n + 4);
	int n = snprintf(p, origin.n + 4, "%.*s/v1", STR_FMT(origin));

	return (struct str){ p, (size_t)n };
}

void sim_apple_time(struct call *c, struct json_out *o, const char *key, int64_t at_ms)
{
	static const size_t cut[] = { 0, 1,
		4 }; /* 3, 2 and 0 fraction digits (services/README.md Apple F.18) */
	char text[TIME_TEXT];
	size_t n;

	/* Nor has a time before the year 1 a text. */
	n = at_ms == SQL_NULL ? 0 : strlen(time_rfc3339(at_ms, text));
	if (n == 0) {
		json_put_null(o, key);
		return;
	}
	n -= cut[knob(c->sim, KNOB_APPLE_FRACTION)];
	text[n - 1] = 'Z';
	json_put_str(o, key, (struct str){ text, n });
}

void sim_apple_self(struct call *c, struct json_out *o, const char *path, struct str id)
{
	struct str base = sim_apple_base(c);
	char url[512];

	(void)snprintf(url, sizeof(url), "%.*s/%s/%.*s", STR_FMT(base), path, STR_FMT(id));
	json_obj(o, "links");
	json_put_z(o, "self", url);
	json_obj_end(o);
}

/* --- paging --- */

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };

/* Looks like Apple's: unpadded base64 of "0:0:NUMBER". */
static void cursor_write(struct buf *out, int64_t after)
{
	char plain[48];
	int n = snprintf(plain, sizeof(plain), "0:0:%lld", (long long)after);

	base64url(out, (struct str){ plain, (size_t)n });
}

static bool cursor_read(struct str text, int64_t *ret)
{
	struct buf plain;
	struct err err;
	struct str rest;
	uint64_t after = 0;
	bool ok;

	buf_init(&plain, 1000);
	ok = base64url_decode(&plain, text, &err) == ERR_OK;
	rest = buf_view(&plain);
	ok = ok && str_eq(str_cut(&rest, ':'), STR("0")) && str_eq(str_cut(&rest, ':'), STR("0")) &&
	     str_to_u64(rest, &after) && after < INT64_MAX;
	*ret = (int64_t)after;
	buf_release(&plain);
	return ok;
}

/* One page of a list that is not cut as the client thinks (knobs page.*); number counts from 0. */
static void page_oddly(const struct sim *s, struct cursor_page *p)
{
	struct page_cut cut = page_cut(s, p->number, p->limit);

	p->take = cut.take;
	p->skip = cut.skip;
	p->after = 0;
}

bool cursor_page_read(struct call *c, struct cursor_page *ret)
{
	struct str limit = pairs_get(&c->query, "limit"), cursor = pairs_get(&c->query, "cursor");
	uint64_t n = PAGE_DEFAULT;
	int64_t place = 0;

	if (limit.p && (!str_to_u64(limit, &n) || n < 1 || n > PAGE_MAX)) {
		sim_apple_error(c, 400, "PARAMETER_ERROR.INVALID", "limit",
			"The limit '%.*s' is not a number from 1 to %d", STR_FMT(limit), PAGE_MAX);
		return false;
	}
	if (cursor.p && !cursor_read(cursor, &place)) {
		sim_apple_error(c, 400, "PARAMETER_ERROR.INVALID", "cursor",
			"'%.*s' is not a valid cursor for this request", STR_FMT(cursor));
		return false;
	}
	*ret = (struct cursor_page){ .limit = page_size(c->sim, (int64_t)n), .after = place };
	ret->take = ret->limit;
	ret->odd = pages_are_odd(c->sim);
	ret->number = place;
	if (ret->odd)
		page_oddly(c->sim, ret);
	return true;
}

/* The request's own query with another cursor. */
static void page_url(const struct call *c, struct buf *out, bool broken_host, struct str cursor)
{
	struct str rest = c->req->query, base = sim_apple_base(c);
	char join = '?';

	if (broken_host)
		base = STR("https://api-business.apple/v1");
	buf_str(out, base);
	buf_str(out, str_sub(c->req->path, 3, c->req->path.n - 3));
	while (rest.n > 0) {
		struct str one = str_cut(&rest, '&');

		if (one.n == 0 || str_starts_nocase(one, STR("cursor=")))
			continue;
		buf_char(out, join);
		buf_str(out, one);
		join = '&';
	}
	if (cursor.n) {
		buf_printf(out, "%ccursor=", join);
		buf_str(out, cursor);
	}
}

static void put_url(
	struct call *c, struct json_out *o, const char *key, bool broken, struct str cursor)
{
	enum { MAX_URL_BYTES = 16 * 1024 };
	struct buf url;

	buf_init(&url, MAX_URL_BYTES);
	page_url(c, &url, broken, cursor);
	json_put_str(o, key, buf_view(&url));
	buf_release(&url);
}

void cursor_page_end(struct call *c, struct json_out *o, const struct cursor_page *p, int64_t next,
	int64_t total, bool told)
{
	bool loop = knob(c->sim, KNOB_APPLE_PAGE_LOOP) && next;
	struct buf cursor;

	if (p->odd)
		next = page_next(c->sim, p->number, p->limit, total);
	if (!next && page_end_is_bare(c->sim))
		return;
	buf_init(&cursor, 1000);
	if (next)
		cursor_write(&cursor, loop ? p->after : next);
	json_obj(o, "links");
	put_url(c, o, "self", false, pairs_get(&c->query, "cursor"));
	if (next)
		put_url(c, o, "next", knob(c->sim, KNOB_APPLE_NEXT_HOST) != 0, buf_view(&cursor));
	json_obj_end(o);
	json_obj(o, "meta");
	json_obj(o, "paging");
	if (told && page_total(c->sim, &total))
		json_put_int(o, "total", total);
	json_put_int(o, "limit", p->limit);
	if (next || knob(c->sim, KNOB_APPLE_END_CURSOR))
		json_put_str(o, "nextCursor", buf_view(&cursor));
	json_obj_end(o);
	json_obj_end(o);
	buf_release(&cursor);
}

/* --- sparse fieldsets --- */

static bool listed(struct str names, const char *name)
{
	while (names.n > 0)
		if (str_eq(str_cut(&names, ','), str_from(name)))
			return true;
	return false;
}

bool fieldset_read(struct call *c, const char *type, const char *const *known, struct fieldset *ret)
{
	char key[64];
	struct str rest;

	(void)snprintf(key, sizeof(key), "fields[%s]", type);
	ret->names = rest = pairs_get(&c->query, key);
	while (rest.n > 0) {
		struct str one = str_cut(&rest, ',');
		const char *const *k = known;

		while (*k && !str_eq(one, str_from(*k)))
			k++;
		if (*k)
			continue;
		sim_apple_error(c, 400, "PARAMETER_ERROR.INVALID", key,
			"'%.*s' is not a valid field name", STR_FMT(one));
		return false;
	}
	return true;
}

bool fieldset_has(const struct fieldset *f, const char *name, bool by_default)
{
	return f->names.p ? listed(f->names, name) : by_default;
}
