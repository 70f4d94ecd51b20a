#include "sim/core/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/file.h"
#include "io/yaml_table.h"
#include "sim/core/call.h"

/* --- readers of single values --- */

#define WORD_READER(name, ...)                                              \
	static void name(struct yaml_reader *r, const struct yaml_key *key, \
		const struct yaml_node *n, void *to)                        \
	{                                                                   \
		static const char *const words[] = { __VA_ARGS__, NULL };   \
                                                                            \
		(void)key;                                                  \
		*(int *)to = yaml_word(r, n, words);                        \
	}

WORD_READER(read_service, "apple", "uem", "dep")
WORD_READER(read_retry, "seconds", "date", "none")
WORD_READER(read_fault, "reset", "close", "truncate", "hang", "reply", "delay")
WORD_READER(read_body, "html", "json", "empty", "list", "sign-in", "maintenance", "firewall")
WORD_READER(read_applied, "yes", "no", "late")
WORD_READER(read_moment, "before", "after", "landed", "visible", "terminal")
WORD_READER(read_allowed, "yes", "no")
WORD_READER(read_deed, "assign", "unassign", "release", "return", "vanish", "profile", "cover",
	"wipe", "unenroll", "delete_record", "regroup", "enroll", "rename_server", "delete_server",
	"recreate_server", "disown", "sync", "fetch", "set", "hold")

/* One number or a list of them. */
static void read_nth(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const struct yaml_key one = { .name = "nth", .min = 1, .max = UINT32_MAX };
	struct trigger *f = to;

	(void)key;
	if (n->kind == YAML_SCALAR) {
		yaml_read_u32(r, &one, n, &f->nth[0]);
		f->n_nth = 1;
		return;
	}
	for (n = n->first; n; n = n->next) {
		if (f->n_nth == SCENARIO_MAX_NTH) {
			(void)yaml_bad(
				r, n, "scenario.too-many", "at most %d numbers", SCENARIO_MAX_NTH);
			return;
		}
		yaml_read_u32(r, &one, n, &f->nth[f->n_nth++]);
	}
}

static void read_serials(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct admin_rule *a = to;

	(void)key;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	a->serials = arena_zalloc(r->arena, n->n_children * sizeof(*a->serials) + 1);
	for (n = n->first; n; n = n->next) {
		const char *serial = yaml_text(r, n);

		if (serial)
			a->serials[a->n_serials++] = serial;
	}
}

/* A knob's name and value as text; a number, a word or a text that is to be JSON as it stands. */
static void read_settings(
	struct yaml_reader *r, const struct yaml_node *n, struct knob_setting **ret, size_t *ret_n)
{
	struct err err;

	if (!yaml_expect(r, n, YAML_MAP))
		return;
	*ret = arena_zalloc(r->arena, n->n_children * sizeof(**ret) + 1);
	for (n = n->first; n; n = n->next)
		if (knob_read(n->key, n->text, r->arena, &(*ret)[*ret_n], &err) == ERR_OK)
			++*ret_n;
		else
			(void)yaml_bad(r, n, "scenario.knob", "%s", err.msg);
}

static void read_override_knobs(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct override_rule *o = to;

	(void)key;
	read_settings(r, n, &o->v, &o->n);
}

static void read_admin_knobs(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct admin_rule *a = to;

	(void)key;
	read_settings(r, n, &a->v, &a->n);
}

/* --- entries --- */

#define FILTER_KEYS(at)                                                                         \
	YAML_KEY("service", read_service, (at) + offsetof(struct filter, service)),             \
		YAML_KEY("method", yaml_read_text, (at) + offsetof(struct filter, method)),     \
		YAML_KEY("path", yaml_read_text, (at) + offsetof(struct filter, path)),         \
		YAML_KEY("query", yaml_read_text, (at) + offsetof(struct filter, query)),       \
		YAML_KEY("activity", yaml_read_text, (at) + offsetof(struct filter, activity)), \
		YAML_KEY("names", yaml_read_text, (at) + offsetof(struct filter, names))
/* For mappings that begin with a trigger. */
#define TRIGGER_KEYS                                                                        \
	FILTER_KEYS(offsetof(struct trigger, filter)), YAML_KEY("nth", read_nth, 0),        \
		YAML_KEY("every", yaml_read_u32, offsetof(struct trigger, every), .min = 1, \
			.max = UINT32_MAX),                                                 \
		YAML_KEY("chance", yaml_read_percent, offsetof(struct trigger, chance))

static const struct yaml_key rate_keys[] = {
	FILTER_KEYS(offsetof(struct rate_rule, filter)),
	YAML_KEY("limit", yaml_read_u32, offsetof(struct rate_rule, limit), .required = true,
		.min = 1, .max = UINT32_MAX),
	YAML_KEY("window", yaml_read_duration, offsetof(struct rate_rule, window_ms),
		.required = true),
	YAML_KEY("retry_after", read_retry, offsetof(struct rate_rule, retry_form)),
	YAML_KEYS_END,
};

static const struct yaml_key trigger_keys[] = { TRIGGER_KEYS, YAML_KEYS_END };

static const struct yaml_key fault_keys[] = {
	TRIGGER_KEYS,
	YAML_KEY("do", read_fault, offsetof(struct fault_rule, kind), .required = true),
	YAML_KEY("status", yaml_read_u32, offsetof(struct fault_rule, status), .min = 200,
		.max = 599),
	YAML_KEY("code", yaml_read_text, offsetof(struct fault_rule, code)),
	YAML_KEY("body", read_body, offsetof(struct fault_rule, body)),
	YAML_KEY("retry_after", yaml_read_text, offsetof(struct fault_rule, retry_after)),
	YAML_KEY("location", yaml_read_text, offsetof(struct fault_rule, location)),
	YAML_KEY("applied", read_applied, offsetof(struct fault_rule, applied)),
	YAML_KEY("late", yaml_read_duration, offsetof(struct fault_rule, late_ms)),
	YAML_KEY("delay", yaml_read_duration, offsetof(struct fault_rule, delay_ms)),
	YAML_KEYS_END,
};

static const struct yaml_key override_keys[] = {
	TRIGGER_KEYS,
	YAML_KEY("knobs", read_override_knobs, 0, .required = true),
	YAML_KEYS_END,
};

static const struct yaml_key odd_keys[] = {
	TRIGGER_KEYS,
	YAML_KEY("record", yaml_read_u32, offsetof(struct odd_rule, record), .min = 1,
		.max = UINT32_MAX),
	YAML_KEY("serial", yaml_read_text, offsetof(struct odd_rule, serial)),
	YAML_KEY("member", yaml_read_text, offsetof(struct odd_rule, member)),
	YAML_KEY("value", yaml_read_text, offsetof(struct odd_rule, value), .required = true),
	YAML_KEYS_END,
};

static void read_on(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct admin_rule *a = to;

	(void)key;
	a->triggered = true;
	yaml_read_map(r, &(struct yaml_key){ .name = "on", .keys = trigger_keys }, n, &a->on);
}

static const struct yaml_key admin_keys[] = {
	YAML_KEY("on", read_on, 0),
	YAML_KEY("at", read_moment, offsetof(struct admin_rule, at)),
	YAML_KEY("after", yaml_read_duration, offsetof(struct admin_rule, after_ms)),
	YAML_KEY("do", read_deed, offsetof(struct admin_rule, deed), .required = true),
	YAML_KEY("server", yaml_read_text, offsetof(struct admin_rule, server)),
	YAML_KEY("to", yaml_read_text, offsetof(struct admin_rule, to)),
	YAML_KEY("name", yaml_read_text, offsetof(struct admin_rule, name)),
	YAML_KEY("profile", yaml_read_text, offsetof(struct admin_rule, profile)),
	YAML_KEY("actor", yaml_read_text, offsetof(struct admin_rule, actor)),
	YAML_KEY("allowed", read_allowed, offsetof(struct admin_rule, allowed)),
	YAML_KEY("knobs", read_admin_knobs, 0),
	YAML_KEY("every", yaml_read_u32, offsetof(struct admin_rule, every), .min = 1,
		.max = UINT32_MAX),
	YAML_KEY("serials", read_serials, 0),
	YAML_KEYS_END,
};

/* LIST_READER(function, "key", type, its array, count and room, its keys, most entries, check of an
 * entry, presets...) */
#define LIST_READER(fn, label, type, v, n_v, cap_v, keys_, max, check, ...)                      \
	static void fn(struct yaml_reader *r, const struct yaml_key *key,                        \
		const struct yaml_node *n, void *to)                                             \
	{                                                                                        \
		struct scenario *sc = to;                                                        \
                                                                                                 \
		(void)key;                                                                       \
		if (!yaml_expect(r, n, YAML_LIST))                                               \
			return;                                                                  \
		for (n = n->first; n; n = n->next) {                                             \
			if (sc->n_v == (max)) {                                                  \
				(void)yaml_bad(r, n, "scenario.too-many", "at most %d of them",  \
					(int)(max));                                             \
				return;                                                          \
			}                                                                        \
			MEM_GROW(sc->v, sc->n_v, sc->cap_v);                                     \
			sc->v[sc->n_v] = (type){ __VA_ARGS__ };                                  \
			yaml_read_map(r, &(struct yaml_key){ .name = (label), .keys = (keys_) }, \
				n, &sc->v[sc->n_v]);                                             \
			check(r, n, &sc->v[sc->n_v++]);                                          \
		}                                                                                \
	}

static void check_nothing(struct yaml_reader *r, const struct yaml_node *n, const void *entry)
{
	(void)r;
	(void)n;
	(void)entry;
}

/* What a deed about devices lacks; NULL: nothing. */
static const char *lacks_devices(const struct admin_rule *a)
{
	bool none = !a->every && !a->n_serials;

	if (a->every && a->n_serials)
		return "say either `every` or `serials`";
	return none && !a->triggered ? "say either `every` or `serials`" : NULL;
}

static const char *lacks(const struct admin_rule *a)
{
	if (a->deed <= DEED_ENROLL)
		return lacks_devices(a);
	if (a->deed <= DEED_DISOWN && !a->server)
		return "say which `server`";
	if (a->deed == DEED_RENAME_SERVER && !a->name)
		return "say its new `name`";
	if (a->deed == DEED_SET && !a->n)
		return "say which `knobs`";
	if (a->deed == DEED_HOLD && (!a->triggered || a->at > AT_AFTER))
		return "only a request can be held: say `on`";
	return NULL;
}

static void check_admin(
	struct yaml_reader *r, const struct yaml_node *n, const struct admin_rule *a)
{
	const char *what = lacks(a);

	if (what)
		(void)yaml_bad(r, n, "scenario.admin", "%s", what);
}

LIST_READER(read_rates, "rates", struct rate_rule, rates, n_rates, cap_rates, rate_keys, SIZE_MAX,
	check_nothing, .filter.service = -1)
LIST_READER(read_faults, "faults", struct fault_rule, faults, n_faults, cap_faults, fault_keys,
	SIZE_MAX, check_nothing, .on.filter.service = -1, .late_ms = 60 * 1000)
LIST_READER(read_overrides, "overrides", struct override_rule, overrides, n_overrides,
	cap_overrides, override_keys, SCENARIO_MAX_MARKS, check_nothing, .on.filter.service = -1)
LIST_READER(read_odds, "odd", struct odd_rule, odds, n_odds, cap_odds, odd_keys, SIZE_MAX,
	check_nothing, .on.filter.service = -1)
LIST_READER(read_admins, "admins", struct admin_rule, admins, n_admins, cap_admins, admin_keys,
	SCENARIO_MAX_MARKS, check_admin, .on.filter.service = -1)

static void read_knobs(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct sim *s = r->self;
	struct err err;

	(void)key;
	(void)to;
	if (!yaml_expect(r, n, YAML_MAP))
		return;
	for (n = n->first; n; n = n->next)
		if (knobs_set(&s->base, n->key, n->text, r->arena, &err) != ERR_OK)
			(void)yaml_bad(r, n, "scenario.knob", "%s", err.msg);
}

static void read_version(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)to;
	if (!str_eq(n->text, STR("1")))
		(void)yaml_bad(r, n, "scenario.version", "only version 1 is known");
}

static const struct yaml_key top_keys[] = {
	YAML_KEY("version", read_version, 0, .required = true),
	YAML_KEY("knobs", read_knobs, 0),
	YAML_KEY("rates", read_rates, 0),
	YAML_KEY("faults", read_faults, 0),
	YAML_KEY("overrides", read_overrides, 0),
	YAML_KEY("odd", read_odds, 0),
	YAML_KEY("admins", read_admins, 0),
	YAML_KEYS_END,
};

/* --- files --- */

static const struct builtin *find_builtin(const char *name)
{
	for (const struct builtin *b = scenario_builtins; b->source; b++)
		if (b->yaml && str_eq(str_from(b->name), str_from(name)))
			return b;
	return NULL;
}

static enum errc read_doc(
	struct sim *s, const char *name, struct yaml_doc *doc, struct diags *d, struct err *err)
{
	struct yaml_reader r = { .self = s, .arena = &s->scenario->arena, .doc = doc, .d = d };

	if (doc)
		yaml_read_map(&r, &(struct yaml_key){ .name = name, .keys = top_keys }, doc->root,
			s->scenario);
	if (d->n_errors == 0)
		return ERR_OK;
	return err_set(err, ERR_RULES, "%s:%u: %.*s", name, d->v[0].at.line, STR_FMT(d->v[0].text));
}

/* bytes: the text itself; NULL reads the file of that name. */
static enum errc load(struct sim *s, const char *name, const struct str *bytes, struct err *err)
{
	struct yaml_doc *doc = NULL;
	struct diags d;
	enum errc e;

	diags_init(&d);
	e = bytes ? yaml_load_bytes(&doc, name, *bytes, &d, err) : yaml_load(&doc, name, &d, err);
	if (e == ERR_OK || d.n_errors > 0)
		e = read_doc(s, name, doc, &d, err);
	yaml_doc_free(doc);
	diags_release(&d);
	s->knobs = s->base;
	return e;
}

/* A name that is neither built in nor a file. */
static enum errc unknown(const char *name, struct err *err)
{
	struct nearest near = nearest_to(str_from(name));
	struct str best;

	for (const struct builtin *b = scenario_builtins; b->source; b++)
		if (b->yaml)
			nearest_try(&near, str_from(b->name));
	best = nearest_best(&near);
	if (best.n)
		return err_set(err, ERR_RULES, "no scenario is named '%s'; did you mean '%.*s'?",
			name, STR_FMT(best));
	return err_set(err, ERR_RULES,
		"no scenario is named '%s': depmend-sim --list-scenarios lists them; a file of "
		"yours is written with a slash or .yaml",
		name);
}

static enum errc load_named(struct sim *s, const char *name, struct err *err)
{
	const struct builtin *builtin = find_builtin(name);
	struct str text = builtin ? str_from(builtin->yaml) : STR_NONE;

	if (!builtin && !strpbrk(name, "/.") && !file_exists(name))
		return unknown(name, err);
	return load(s, name, builtin ? &text : NULL, err);
}

enum errc scenario_add(struct sim *s, struct str yaml, struct err *err)
{
	return load(s, "scenario", &yaml, err);
}

enum errc scenario_open(struct sim *s, struct err *err)
{
	enum errc e = ERR_OK;

	s->scenario = mem_zalloc(sizeof(*s->scenario));
	arena_init(&s->scenario->arena);
	for (size_t i = 0; e == ERR_OK && i < s->opt.n_scenarios; i++)
		e = load_named(s, s->opt.scenarios[i], err);
	if (e == ERR_OK && s->opt.scenario_yaml)
		e = scenario_add(s, str_from(s->opt.scenario_yaml), err);
	for (size_t i = 0; e == ERR_OK && i < s->opt.n_settings; i++) {
		struct str value = str_from(s->opt.settings[i]), name = str_cut(&value, '=');

		e = knobs_set(&s->base, name, value, &s->scenario->arena, err);
	}
	s->knobs = s->base;
	return e;
}

/* Entries stay where they are: timers remember them by number. */
void scenario_heal(struct sim *s)
{
	struct scenario *sc = s->scenario;

	sc->n_rates = 0;
	for (size_t i = 0; i < sc->n_faults; i++)
		sc->faults[i].on.off = true;
	for (size_t i = 0; i < sc->n_overrides; i++)
		sc->overrides[i].on.off = true;
	for (size_t i = 0; i < sc->n_odds; i++)
		sc->odds[i].on.off = true;
	for (size_t i = 0; i < sc->n_admins; i++)
		sc->admins[i].on.off = true;
	knobs_init(&s->base);
	s->knobs = s->base;
	sql_run(&s->sql, sql_z("DELETE FROM hit WHERE class>=0"));
}

void scenario_close(struct scenario *sc)
{
	if (!sc)
		return;
	arena_release(&sc->arena);
	free(sc->rates);
	free(sc->faults);
	free(sc->overrides);
	free(sc->odds);
	free(sc->admins);
	free(sc);
}

void scenario_list(struct buf *out)
{
	for (const struct builtin *b = scenario_builtins; b->source; b++)
		buf_printf(out, "%-26s %-16s %s\n", b->name[0] ? b->name : "(always)", b->source,
			b->meaning);
}
