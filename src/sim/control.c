#include "sim/control.h"

#include "sim/admin.h"
#include "sim/core/scenario.h"
#include "sim/core/timer.h"
#include "sim/open.h"

static void refuse(struct reply *r, int status, const char *why)
{
	struct json_out o;

	r->status = status;
	r->type = "application/json";
	json_out_init(&o, &r->body);
	json_obj(&o, NULL);
	json_put_z(&o, "error", why);
	json_obj_end(&o);
}

/* --- a new world --- */

/* A list of texts under that name. */
static const char *const *texts_of(
	const struct json *root, const char *name, struct arena *a, size_t *ret_n)
{
	const struct json *list = json_get(root, name);
	const char **v = arena_zalloc(a, (json_count(list) + 1) * sizeof(*v));

	*ret_n = 0;
	for (const struct json *one = json_first(list); one; one = json_next(one))
		v[(*ret_n)++] = arena_dup(a, json_text(one)).p;
	return v;
}

static const char *text_of(
	const struct json *root, const char *name, struct arena *a, const char *otherwise)
{
	struct str text = json_text(json_get(root, name));

	return text.p ? arena_dup(a, text).p : otherwise;
}

/* The options of the command line, but for what describes the world. */
static void options_of(
	const struct sim *s, const struct json *root, struct arena *a, struct sim_options *ret)
{
	int64_t seed = 1;

	*ret = s->opt;
	(void)json_int(json_get(root, "seed"), &seed);
	ret->seed = (uint64_t)seed;
	ret->fleet = text_of(root, "fleet_file", a, NULL);
	ret->fleet_csv = text_of(root, "fleet", a, NULL);
	ret->scenario_yaml = text_of(root, "scenario", a, NULL);
	ret->audit = text_of(root, "audit", a, s->opt.audit);
	ret->new_audit = true;
	ret->servers = texts_of(root, "servers", a, &ret->n_servers);
	ret->profiles = texts_of(root, "profiles", a, &ret->n_profiles);
	ret->scenarios = texts_of(root, "scenarios", a, &ret->n_scenarios);
	ret->settings = texts_of(root, "set", a, &ret->n_settings);
}

/* The old world stays when the new one cannot be made. */
static void reset(struct sim *s, const struct request *q, struct reply *r)
{
	struct json *root = NULL;
	struct sim_options opt;
	struct arena texts;
	struct err err;

	if (s->opt.state) {
		refuse(r, 409, "a simulator with --state keeps its world");
		return;
	}
	if (q->body.n && json_parse(&root, q->body, &err) != ERR_OK) {
		refuse(r, 400, err.msg);
		return;
	}
	arena_init(&texts);
	options_of(s, root, &texts, &opt);
	json_free(root);
	r->status = 204;
	if (sim_reopen(s, &opt, &texts, &err) != ERR_OK)
		refuse(r, 400, err.msg);
}

/* --- this world --- */

static void add_scenario(struct sim *s, const struct request *q, struct reply *r)
{
	size_t first = s->scenario->n_admins;
	struct err err;

	if (scenario_add(s, q->body, &err) != ERR_OK) {
		refuse(r, 400, err.msg);
		return;
	}
	s->actor = "control";
	admins_start_from(s, first);
	r->status = 204;
}

/* What would go on for ever ends: activities whose end no timer brings. */
static void end_activities(struct sim *s)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT id FROM activity WHERE status NOT IN('COMPLETED','STOPPED','FAILED') "
		      "AND id NOT IN (SELECT a FROM timer WHERE kind=?) ORDER BY id"),
		sql_i(TIMER_ACTIVITY));

	s->marks = (struct marks){ 0, 0 };
	while (sql_next(&s->sql, st))
		timer_add(s, s->now, TIMER_ACTIVITY,
			&(struct timer){ db_col_int(st, 0), SQL_NULL, SQL_NULL, STR_NONE });
	timers_run(s, s->now);
}

static void heal(struct sim *s, const struct request *q, struct reply *r)
{
	scenario_heal(s);
	if (str_eq(q->query, STR("activities=end")))
		end_activities(s);
	r->status = 204;
}

/* --- what is true, whatever the services show --- */

static const char servers[] =
	"SELECT json_group_array(json_object('id', uuid, 'name', name, 'status', status, "
	"'group', coalesce(group_id, ''))) FROM (SELECT v.uuid, v.name, v.status, g.group_id "
	"FROM server v LEFT JOIN og g ON g.id=v.og ORDER BY v.id)";

/* `released` and `enrolled` are left out where they are not. */
static const char devices[] =
	"SELECT json_group_array(json_remove(json_object('serial', serial, 'server', server, "
	"'shown_server', shown_server, 'profile', profile, 'released', released, "
	"'gone', json(iif(gone, 'true', 'false')), 'added', added, 'migration', migration, "
	"'listed', json(listed), 'records', json(records)), "
	"iif(released IS NULL, '$.released', '$.-'))) FROM ("
	"SELECT d.serial, v.name AS server, w.name AS shown_server, f.name AS profile, d.released, "
	"d.gone, d.added, d.migration, "
	"(SELECT json_group_array(json_object('group', g.group_id, 'profile', p.name, "
	"'profile_status', r.status)) FROM og g CROSS JOIN record r ON r.og=g.id AND "
	"r.device=d.id LEFT JOIN profile p ON p.id=r.profile) AS listed, "
	"(SELECT json_group_array(json_remove(json_object('id', m.id, 'status', m.status, "
	"'enrolled', m.enrolled, 'waiting_wipes', m.wipes), "
	"iif(m.enrolled IS NULL, '$.enrolled', '$.-'))) FROM managed m WHERE m.serial=d.serial) "
	"AS records "
	"FROM device d LEFT JOIN server v ON v.id=d.server LEFT JOIN server w ON "
	"w.id=d.shown_server LEFT JOIN profile f ON f.id=d.profile ORDER BY d.id)";

static const char activities[] =
	"SELECT json_group_array(json_object('id', uuid, 'type', type, 'status', status, "
	"'sub', sub, 'created', created, 'due', due)) FROM (SELECT * FROM activity ORDER BY id)";

static void put_rows(struct sim *s, struct json_out *o, const char *key, const char *sql)
{
	struct db_stmt *st = sql_query(&s->sql, sql_z(sql));

	if (sql_next(&s->sql, st)) {
		json_put_raw(o, key, db_col_str(st, 0));
		db_reset(st);
	}
}

static void state(struct sim *s, const struct request *q, struct reply *r)
{
	struct json_out o;
	int64_t next = sql_int(&s->sql, sql_z("SELECT min(due) FROM timer"));

	(void)q;
	r->type = "application/json";
	json_out_init(&o, &r->body);
	json_obj(&o, NULL);
	json_put_int(&o, "now", s->now);
	if (next == SQL_NULL)
		json_put_null(&o, "next");
	else
		json_put_int(&o, "next", next);
	put_rows(s, &o, "servers", servers);
	put_rows(s, &o, "devices", devices);
	put_rows(s, &o, "activities", activities);
	json_obj_end(&o);
}

/* --- requests that wait --- */

static void go(struct sim *s, const struct request *q, struct reply *r)
{
	(void)s;
	(void)q;
	r->order = ORDER_GO;
	r->status = 204;
}

static void held(struct sim *s, const struct request *q, struct reply *r)
{
	struct pairs query;
	uint64_t wait_ms = 0;

	pairs_read(&query, q->query, &s->arena);
	(void)str_to_u64(pairs_get(&query, "wait"), &wait_ms);
	r->order = ORDER_LIST;
	r->delay_ms = wait_ms < 600000 ? (int64_t)wait_ms : 600000;
	r->type = "application/json";
}

static const struct control_route {
	const char *method, *path;
	void (*run)(struct sim *s, const struct request *q, struct reply *r);
	const char *meaning;
} routes[] = {
	{ "POST", "/sim/reset", reset,
		"a new world without a restart; JSON, all optional: fleet (CSV text) or "
		"fleet_file, scenario (YAML text), scenarios, set, servers, profiles, seed, "
		"audit" },
	{ "POST", "/sim/scenario", add_scenario,
		"add a scenario (YAML); its admins act at once, or `after` from now" },
	{ "POST", "/sim/heal", heal,
		"nothing goes wrong any more; ?activities=end ends those that never would" },
	{ "GET", "/sim/state", state, "what is true, whatever the services show" },
	{ "GET", "/sim/held", held,
		"requests that `do: hold` holds; ?wait=MS waits until there is one" },
	{ "POST", "/sim/go", go, "let all of them go on" },
};

static void tell(struct sim *s, const struct request *q, const struct reply *r)
{
	struct json_out o;

	if (r->order != ORDER_NONE || str_eq(q->method, STR("GET")))
		return;
	audit_begin(&s->audit, &o, s->now, "control");
	json_put_str(&o, "method", q->method);
	json_put_str(&o, "path", q->path);
	json_put_int(&o, "status", r->status);
	audit_end(&s->audit, &o);
}

bool control_handle(struct sim *s, const struct request *q, struct reply *r)
{
	bool known = false;

	if (!s->opt.control || !str_starts_nocase(q->path, STR("/sim/")))
		return false;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!str_eq(q->path, str_from(routes[i].path)))
			continue;
		known = true;
		if (!str_eq(q->method, str_from(routes[i].method)))
			continue;
		routes[i].run(s, q, r);
		tell(s, q, r);
		return true;
	}
	refuse(r, known ? 405 : 404, known ? "not with this method" : "no such path");
	return true;
}

void control_describe(struct buf *b)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		buf_printf(
			b, "  %s %-14s  %s\n", routes[i].method, routes[i].path, routes[i].meaning);
}
