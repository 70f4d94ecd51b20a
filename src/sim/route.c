#include "sim/route.h"

#include "sim/admin.h"
#include "sim/apple/apple.h"
#include "sim/core/trigger.h"
#include "sim/dep/dep.h"
#include "sim/fault.h"
#include "sim/odd.h"
#include "sim/uem/uem.h"

static const struct service {
	const char *name;
	const struct route *routes;
	bool ignore_case;
	bool (*enter)(struct call *c);
	void (*leave)(struct call *c);
	void (*no_route)(struct call *c, bool path_known);
} services[PARTIES] = {
	[PARTY_APPLE] = { "apple", sim_apple_routes, false, sim_apple_enter, NULL,
		sim_apple_no_route },
	[PARTY_UEM] = { "uem", sim_uem_routes, true, sim_uem_enter, sim_uem_leave,
		sim_uem_no_route },
	[PARTY_DEP] = { "dep", sim_dep_routes, false, sim_dep_enter, sim_dep_leave,
		sim_dep_no_route },
};

/* One port serves all; the first segment tells them apart. */
static const struct service *service_of(struct str path)
{
	static const struct {
		const char *start;
		enum party party;
	} starts[] = { { "/api/", PARTY_UEM }, { "/connect/", PARTY_UEM },
		{ "/session", PARTY_DEP }, { "/account", PARTY_DEP }, { "/server/", PARTY_DEP },
		{ "/device", PARTY_DEP }, { "/profile", PARTY_DEP } };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (str_starts_nocase(path, str_from(starts[i].start)))
			return &services[starts[i].party];
	return &services[PARTY_APPLE];
}

/* The next segment of a path that starts with a slash. */
static struct str segment(struct str *rest)
{
	*rest = str_sub(*rest, 1, rest->n - 1);
	for (size_t i = 0; i < rest->n; i++)
		if (rest->p[i] == '/') {
			struct str head = str_sub(*rest, 0, i);

			*rest = str_sub(*rest, i, rest->n - i);
			return head;
		}
	{
		struct str head = *rest;

		*rest = STR_NONE;
		return head;
	}
}

static bool fits(struct call *c, const struct route *route, struct str path, bool ignore_case)
{
	struct str want = str_from(route->path);
	size_t n_parts = 0;

	if (ignore_case && path.n > 1 && path.p[path.n - 1] == '/')
		path.n--; /* the UEM's paths may end in a slash */
	while (want.n > 0 && path.n > 0) {
		struct str w = segment(&want), got = segment(&path);

		if (str_eq(w, STR("{}")))
			c->part[n_parts++] = text_unescape(got, false, &c->sim->arena);
		else if (ignore_case ? !str_eq_nocase(w, got) : !str_eq(w, got))
			return false;
	}
	return want.n == 0 && path.n == 0;
}

/* *ret_known: the path is there, if not for this method. */
static const struct route *find(struct call *c, const struct service *service, bool *ret_known)
{
	*ret_known = false;
	for (const struct route *r = service->routes; r->path; r++) {
		if (!fits(c, r, c->req->path, service->ignore_case))
			continue;
		*ret_known = true;
		if (str_eq(c->req->method, str_from(r->method)))
			return r;
	}
	return NULL;
}

static enum party party_of(const struct service *service)
{
	return (enum party)(service - services);
}

/* Requests and replies as they are, for those who judge what a client could know. */
static void put_bodies(struct call *c, struct json_out *o)
{
	struct json *root = NULL;
	struct err err;

	if (c->req->body.n)
		json_put_str(o, "sent", c->req->body);
	if (!c->rep->body.n)
		return;
	if (json_parse(&root, buf_view(&c->rep->body), &err) == ERR_OK)
		json_put_raw(o, "told", buf_view(&c->rep->body));
	else
		json_put_str(o, "told", buf_view(&c->rep->body));
	json_free(root);
}

static void audit_request(
	struct call *c, const struct service *service, const struct fault_rule *fault)
{
	struct sim *s = c->sim;
	/* A sign-in holds a secret, or a signature that differs every time. */
	bool hidden = c->route && c->route->open;
	char digest[SHA256_HEX];
	struct json_out o;

	audit_begin(&s->audit, &o, s->now, "request");
	json_put_z(&o, "service", service->name);
	json_put_str(&o, "method", c->req->method);
	json_put_str(&o, "path", c->req->path);
	json_put_str(&o, "query", hidden ? STR_NONE : c->req->query);
	json_put_int(&o, "status", c->rep->status);
	json_put_z(&o, "actor", s->actor);
	if (c->req->body.n && !hidden) {
		sha256_hex(c->req->body, digest);
		json_put_z(&o, "digest", digest);
	} else {
		json_put_null(&o, "digest");
	}
	if (fault) {
		json_put_z(&o, "fault", fault_word(fault));
		json_put_z(&o, "applied", fault_applied_word(fault));
	}
	if (s->opt.bodies && !hidden)
		put_bodies(c, &o);
	audit_end(&s->audit, &o);
}

/* Method, path, query, scope, body: one a line, the body last because it may hold anything. */
static void put_off(struct call *c, int64_t late_ms)
{
	const struct str parts[] = { c->req->method, c->req->path, c->req->query, c->scope,
		c->req->body };
	struct buf text;

	buf_init(&text, MESSAGE_MAX_BODY * 2);
	for (size_t i = 0; i < 5; i++) {
		buf_str(&text, parts[i]);
		if (i < 4)
			buf_char(&text, '\n');
	}
	timer_add(c->sim, c->sim->now + late_ms, TIMER_REQUEST,
		&(struct timer){ c->server, SQL_NULL, SQL_NULL, buf_view(&text) });
	buf_release(&text);
}

void route_late(struct sim *s, const struct timer *timer)
{
	struct str rest = timer->text;
	struct request q = { .n_headers = 0 };
	struct reply r;
	struct call c = { .sim = s, .req = &q, .rep = &r, .server = timer->a };
	const struct service *service;
	bool known = false;

	q.method = str_cut(&rest, '\n');
	q.path = str_cut(&rest, '\n');
	q.query = str_cut(&rest, '\n');
	c.scope = str_cut(&rest, '\n');
	q.body = rest;
	reply_init(&r);
	pairs_read(&c.query, q.query, &s->arena);
	service = service_of(q.path);
	c.route = find(&c, service, &known);
	if (c.route)
		c.route->run(&c);
	audit_request(&c, service, NULL);
	reply_release(&r);
}

static void dispatch(
	struct call *c, const struct service *service, bool known, const struct fault_rule *fault)
{
	if (!c->route)
		service->no_route(c, known);
	else if (!c->route->open && !service->enter(c))
		return;
	else if (fault && fault->applied == APPLIED_LATE)
		put_off(c, fault->late_ms);
	else
		c->route->run(c);
}

static void answer(
	struct call *c, const struct service *service, bool known, const struct fault_rule *fault)
{
	enum party party = party_of(service);

	if (!fault || fault->applied != APPLIED_NO || fault->kind == FAULT_DELAY)
		dispatch(c, service, known, fault);
	odd_reply(c, party);
	if (fault)
		fault_reply(c, party, fault);
}

void route_request(struct sim *s, const struct request *q, struct reply *r)
{
	const struct service *service = service_of(q->path);
	struct call c = { .sim = s, .req = q, .rep = r };
	const struct fault_rule *fault = NULL;
	enum party party = party_of(service);
	bool known = false;

	s->actor = "-";
	pairs_read(&c.query, q->query, &s->arena);
	c.route = find(&c, service, &known);
	/* A request that was held comes again: it is counted already, and its deeds are done. */
	if (q->marks)
		overrides_use(s, (s->marks = *q->marks).overrides);
	else
		trigger_mark(&c, party);
	if (!q->marks && admins_at_request(&c, AT_BEFORE)) {
		r->held = HELD_REQUEST;
		r->marks = s->marks;
		return;
	}
	if (!rate_refuses(&c, party)) {
		fault = fault_pick(&c, party);
		answer(&c, service, known, fault);
	}
	if (admins_at_request(&c, AT_AFTER))
		r->held = HELD_REPLY;
	if (service->leave)
		service->leave(&c);
	if (s->opt.bodies)
		reply_gather(r);
	audit_request(&c, service, fault);
}
