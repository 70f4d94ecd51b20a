#include "sim/scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/yaml_table.h"
#include "sim/route.h"

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
WORD_READER(read_body, "html", "json", "empty")
WORD_READER(read_applied, "yes", "no", "late")
WORD_READER(read_deed, "assign", "unassign", "release")

/* One number or a list of them. */
static void read_nth(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const struct yaml_key one = { .name = "nth", .min = 1, .max = UINT32_MAX };
	struct fault_rule *f = to;

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

/* --- entries --- */

#define FILTER_KEYS(type)                                                                 \
	YAML_KEY("service", read_service, offsetof(struct type, filter.service)),         \
		YAML_KEY("method", yaml_read_text, offsetof(struct type, filter.method)), \
		YAML_KEY("path", yaml_read_text, offsetof(struct type, filter.path))

static const struct yaml_key rate_keys[] = {
	FILTER_KEYS(rate_rule),
	YAML_KEY("limit", yaml_read_u32, offsetof(struct rate_rule, limit), .required = true,
		.min = 1, .max = UINT32_MAX),
	YAML_KEY("window", yaml_read_duration, offsetof(struct rate_rule, window_ms),
		.required = true),
	YAML_KEY("retry_after", read_retry, offsetof(struct rate_rule, retry_form)),
	YAML_KEYS_END,
};

static const struct yaml_key fault_keys[] = {
	FILTER_KEYS(fault_rule),
	YAML_KEY("nth", read_nth, 0),
	YAML_KEY("every", yaml_read_u32, offsetof(struct fault_rule, every), .min = 1,
		.max = UINT32_MAX),
	YAML_KEY("chance", yaml_read_percent, offsetof(struct fault_rule, chance)),
	YAML_KEY("do", read_fault, offsetof(struct fault_rule, kind), .required = true),
	YAML_KEY("status", yaml_read_u32, offsetof(struct fault_rule, status), .min = 200,
		.max = 599),
	YAML_KEY("code", yaml_read_text, offsetof(struct fault_rule, code)),
	YAML_KEY("body", read_body, offsetof(struct fault_rule, body)),
	YAML_KEY("applied", read_applied, offsetof(struct fault_rule, applied)),
	YAML_KEY("late", yaml_read_duration, offsetof(struct fault_rule, late_ms)),
	YAML_KEY("delay", yaml_read_duration, offsetof(struct fault_rule, delay_ms)),
	YAML_KEYS_END,
};

static const struct yaml_key admin_keys[] = {
	YAML_KEY("after", yaml_read_duration, offsetof(struct admin_rule, after_ms),
		.required = true),
	YAML_KEY("do", read_deed, offsetof(struct admin_rule, deed), .required = true),
	YAML_KEY("server", yaml_read_text, offsetof(struct admin_rule, server)),
	YAML_KEY("every", yaml_read_u32, offsetof(struct admin_rule, every), .min = 1,
		.max = UINT32_MAX),
	YAML_KEY("serials", read_serials, 0),
	YAML_KEYS_END,
};

static void read_rates(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct scenario *sc = to;

	(void)key;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	for (n = n->first; n; n = n->next) {
		MEM_GROW(sc->rates, sc->n_rates, sc->cap_rates);
		sc->rates[sc->n_rates] = (struct rate_rule){ .filter.service = -1 };
		yaml_read_map(r, &(struct yaml_key){ .name = "rates", .keys = rate_keys }, n,
			&sc->rates[sc->n_rates++]);
	}
}

static void read_faults(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct scenario *sc = to;

	(void)key;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	for (n = n->first; n; n = n->next) {
		MEM_GROW(sc->faults, sc->n_faults, sc->cap_faults);
		sc->faults[sc->n_faults] = (struct fault_rule){
			.filter.service = -1, .status = 500, .late_ms = 60 * 1000
		};
		yaml_read_map(r, &(struct yaml_key){ .name = "faults", .keys = fault_keys }, n,
			&sc->faults[sc->n_faults++]);
	}
}

static void read_admins(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct scenario *sc = to;

	(void)key;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	for (n = n->first; n; n = n->next) {
		struct admin_rule *a;

		MEM_GROW(sc->admins, sc->n_admins, sc->cap_admins);
		a = &sc->admins[sc->n_admins++];
		*a = (struct admin_rule){ .after_ms = 0 };
		yaml_read_map(r, &(struct yaml_key){ .name = "admins", .keys = admin_keys }, n, a);
		if (!a->every == !a->n_serials)
			(void)yaml_bad(r, n, "scenario.admin", "say either `every` or `serials`");
	}
}

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
		if (knobs_set(&s->knobs, n->key, n->text, &err) != ERR_OK)
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

static enum errc load(struct sim *s, const char *name, struct err *err)
{
	const struct builtin *builtin = find_builtin(name);
	struct yaml_reader r = { .self = s, .arena = &s->scenario->arena };
	struct yaml_doc *doc = NULL;
	struct diags d;
	enum errc e;

	diags_init(&d);
	if (builtin)
		e = yaml_load_bytes(&doc, name, str_from(builtin->yaml), &d, err);
	else
		e = yaml_load(&doc, name, &d, err);
	if (e == ERR_OK) {
		r.doc = doc;
		r.d = &d;
		yaml_read_map(&r, &(struct yaml_key){ .name = name, .keys = top_keys }, doc->root,
			s->scenario);
	}
	if (d.n_errors > 0)
		e = err_set(
			err, ERR_RULES, "%s:%u: %.*s", name, d.v[0].at.line, STR_FMT(d.v[0].text));
	yaml_doc_free(doc);
	diags_release(&d);
	return e;
}

enum errc scenario_open(struct sim *s, struct err *err)
{
	enum errc e = ERR_OK;

	s->scenario = mem_zalloc(sizeof(*s->scenario));
	arena_init(&s->scenario->arena);
	for (size_t i = 0; e == ERR_OK && i < s->opt.n_scenarios; i++)
		e = load(s, s->opt.scenarios[i], err);
	for (size_t i = 0; e == ERR_OK && i < s->opt.n_settings; i++) {
		struct str value = str_from(s->opt.settings[i]), name = str_cut(&value, '=');

		e = knobs_set(&s->knobs, name, value, err);
	}
	return e;
}

void scenario_close(struct scenario *sc)
{
	if (!sc)
		return;
	arena_release(&sc->arena);
	free(sc->rates);
	free(sc->faults);
	free(sc->admins);
	free(sc);
}

void scenario_list(struct buf *out)
{
	for (const struct builtin *b = scenario_builtins; b->source; b++)
		buf_printf(out, "%-26s %-16s %s\n", b->name[0] ? b->name : "(always)", b->source,
			b->meaning);
}
