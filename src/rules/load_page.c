/*
 * The sections of a rules file that are not rules.
 */
#include "rules/load.h"

enum { PARAMETERS_SHOWN_BYTES = 2048 };

struct str keep(struct loader *l, struct str text)
{
	return arena_dup(&l->set->arena, text);
}

enum ref_kind read_ref(struct loader *l, const struct yaml_node *n, struct str *ret_name)
{
	const struct yaml_node *m = n->first;
	bool param = m && str_eq(m->key, STR("param"));

	if (n->kind != YAML_MAP || !m || m->next || (!param && !str_eq(m->key, STR("column")))) {
		(void)yaml_bad(&l->r, n, "rules.bad-value",
			"a value is text, {column: HEADER} or {param: NAME}");
		return REF_NONE;
	}
	if (!yaml_text(&l->r, m))
		return REF_NONE;
	*ret_name = m->text;
	return param ? REF_PARAM : REF_COLUMN;
}

/* --- parameters --- */

static struct parameter *parameter_of(struct ruleset *set, struct str name)
{
	for (size_t i = 0; i < set->parameters.n; i++)
		if (str_eq(set->parameters.v[i].name, name))
			return &set->parameters.v[i];
	return NULL;
}

const struct parameter *find_parameter(
	struct loader *l, const struct yaml_node *at, struct str name)
{
	const struct parameter *p = parameter_of(l->set, name);
	struct nearest near = nearest_to(name);
	struct diag *entry;

	if (p)
		return p;
	entry = yaml_bad(
		&l->r, at, "rules.unknown-parameter", "unknown parameter '%.*s'", STR_FMT(name));
	for (size_t i = 0; i < l->set->parameters.n; i++)
		nearest_try(&near, l->set->parameters.v[i].name);
	if (nearest_best(&near).n)
		diag_suggest(l->r.d, entry, &near);
	else
		diag_hint(l->r.d, entry, "name it: parameters: {%.*s: {default: VALUE}}",
			STR_FMT(name));
	return NULL;
}

/* "NAME=VALUE": the value, or false when this is another name. */
static bool set_value(const char *given, struct str name, struct str *ret)
{
	struct str rest = str_from(given), left;

	if (!memchr(rest.p, '=', rest.n))
		return false;
	left = str_cut(&rest, '=');
	if (!str_eq(left, name))
		return false;
	*ret = rest;
	return true;
}

static void read_default(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct parameter *p = to;

	(void)key;
	if (!yaml_expect(r, n, YAML_SCALAR))
		return;
	p->preset = n->text;
	p->has_default = true;
}

static void read_str(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	if (yaml_text(r, n))
		*(struct str *)to = n->text;
}

const struct yaml_key rules_parameter_keys[] = {
	YAML_KEY("default", read_default, 0, .schema = "scalar",
		.help = "without one, --set is needed"),
	YAML_KEY("help", read_str, offsetof(struct parameter, help), .schema = "text",
		.help = "what it is for"),
	YAML_KEYS_END,
};

static void add_parameter(struct loader *l, const struct yaml_node *n, struct parameter p)
{
	struct parameter *old = parameter_of(l->set, p.name);

	if (old && (old->has_default != p.has_default || !str_eq(old->preset, p.preset))) {
		(void)yaml_bad(&l->r, n, "rules.conflict",
			"parameter '%.*s' has another default in %s", STR_FMT(p.name),
			old->at.file);
		return;
	}
	if (old)
		return;
	p.value = p.preset;
	for (size_t i = 0; i < l->opt->n_set; i++)
		p.is_set = set_value(l->opt->set[i], p.name, &p.value) || p.is_set;
	p.value = keep(l, p.value);
	if (!p.has_default && !p.is_set)
		diag_hint(l->r.d,
			yaml_bad(&l->r, n, "rules.parameter", "parameter '%.*s' has no value",
				STR_FMT(p.name)),
			"give it with --set %.*s=VALUE, or write a default", STR_FMT(p.name));
	*LIST_ADD(l->set->parameters) = p;
}

void load_parameters(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct yaml_key keys = { .keys = rules_parameter_keys };

	(void)key;
	(void)to;
	if (!yaml_expect(r, n, YAML_MAP))
		return;
	if (((struct loader *)r->self)->set->parameters.n + n->n_children > RULES_MAX_PARAMETERS) {
		(void)yaml_bad(
			r, n, "rules.too-many", "more than %d parameters", RULES_MAX_PARAMETERS);
		return;
	}
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		struct parameter p = { .name = m->key, .at = m->key_at };

		yaml_read_map(r, &keys, m, &p);
		add_parameter(r->self, m, p);
	}
}

/* Where none is near, all that there are. */
static void list_parameters(struct loader *l, struct diag *entry)
{
	struct buf names;

	buf_init(&names, PARAMETERS_SHOWN_BYTES);
	for (size_t i = 0; i < l->set->parameters.n; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", STR_FMT(l->set->parameters.v[i].name));
	diag_hint(l->r.d, entry, names.n ? "they have %s" : "they have none%s", buf_cstr(&names));
	buf_release(&names);
}

void check_parameters(struct loader *l)
{
	for (size_t i = 0; i < l->opt->n_set; i++) {
		struct str rest = str_from(l->opt->set[i]), name = str_cut(&rest, '=');
		struct nearest near = nearest_to(name);
		struct diag *entry;

		if (parameter_of(l->set, name) && name.n < strlen(l->opt->set[i]))
			continue;
		entry = diag_add(l->r.d, DIAG_ERROR, "rules.unknown-parameter",
			(struct loc){ "--set", 0, 0 }, "the rules have no parameter '%.*s'",
			STR_FMT(name));
		if (entry == &l->r.d->spare)
			continue;
		for (size_t k = 0; k < l->set->parameters.n; k++)
			nearest_try(&near, l->set->parameters.v[k].name);
		if (nearest_best(&near).n)
			diag_suggest(l->r.d, entry, &near);
		else
			list_parameters(l, entry);
	}
}

/* --- columns and dates --- */

static void add_column(struct loader *l, const struct yaml_node *m, enum column column)
{
	struct ruleset *set = l->set;

	for (size_t i = 0; i < set->columns.n; i++) {
		if (set->columns.v[i].column != column)
			continue;
		if (!str_eq(set->columns.v[i].header, m->text))
			(void)yaml_bad(&l->r, m, "rules.conflict", "'%.*s' is another column in %s",
				STR_FMT(m->key), set->column_places.v[i].file);
		return;
	}
	*LIST_ADD(set->columns) = (struct column_override){ column, m->text };
	*LIST_ADD(set->column_places) = m->at;
}

void load_columns(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	enum column column;

	(void)key;
	(void)to;
	if (!yaml_expect(r, n, YAML_MAP))
		return;
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		struct nearest near = nearest_to(m->key);
		struct diag *entry;

		if (column_from_word(m->key, &column)) {
			if (yaml_text(r, m))
				add_column(r->self, m, column);
			continue;
		}
		entry = yaml_diag(r->d, r->doc, DIAG_ERROR, "rules.unknown-column", m->key_at,
			(unsigned)m->key.n, "depmend knows no column '%.*s'", STR_FMT(m->key));
		for (int i = 0; i < COLUMN_MAX_; i++)
			nearest_try(&near, str_from(column_info((enum column)i)->word));
		diag_suggest(r->d, entry, &near);
	}
}

static bool same_dates(const struct ruleset *set, const struct yaml_node *n)
{
	const struct yaml_node *m = n->first;
	size_t i = 0;

	for (; m && i < set->n_dates && str_eq(set->dates[i], m->text); m = m->next)
		i++;
	return !m && i == set->n_dates;
}

void load_dates(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct ruleset *set = ((struct loader *)r->self)->set;

	(void)key;
	(void)to;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	if (n->n_children > RULES_MAX_DATES) {
		(void)yaml_bad(
			r, n, "rules.too-many", "more than %d forms of dates", RULES_MAX_DATES);
		return;
	}
	if (set->n_dates) {
		if (!same_dates(set, n))
			(void)yaml_bad(
				r, n, "rules.conflict", "another file names other forms of dates");
		return;
	}
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		if (!yaml_text(r, m))
			continue;
		if (time_format_valid(m->text))
			set->dates[set->n_dates++] = m->text;
		else
			diag_hint(r->d,
				yaml_bad(r, m, "rules.bad-value", "'%.*s' is no form of a date",
					STR_FMT(m->text)),
				"use %%Y %%m %%d %%H %%M %%S %%y %%b %%B %%I %%p, as in "
				"%%m/%%d/%%Y");
	}
}

/* --- policy: the tightest of all files --- */

static void tighten(uint32_t *to, uint32_t v)
{
	if (v < *to)
		*to = v;
}

#define AT(member) offsetof(struct rules_policy, member)
const struct yaml_key rules_limit_keys[] = {
	YAML_KEY("devices", yaml_read_u32, AT(limit_devices), .max = UINT32_MAX - 1,
		.schema = "count", .help = "that many"),
	YAML_KEY("percent", yaml_read_percent, AT(limit_percent), .schema = "percent",
		.help = "of the organization's devices"),
	YAML_KEYS_END,
};
const struct yaml_key rules_halt_keys[] = {
	YAML_KEY("failed_percent", yaml_read_percent, AT(halt_failed_percent), .required = true,
		.schema = "percent", .help = "more than that of a wave stops the run"),
	YAML_KEYS_END,
};

static void read_policy(
	struct yaml_reader *r, const struct yaml_key *table, const struct yaml_node *n)
{
	struct rules_policy *p = &((struct loader *)r->self)->set->policy;
	struct rules_policy own = { .limit_devices = UINT32_MAX,
		.limit_percent = UINT32_MAX,
		.halt_failed_percent = UINT32_MAX };
	struct yaml_key keys = { .keys = table };

	yaml_read_map(r, &keys, n, &own);
	tighten(&p->limit_devices, own.limit_devices);
	tighten(&p->limit_percent, own.limit_percent);
	tighten(&p->halt_failed_percent, own.halt_failed_percent);
}

void load_limits(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)to;
	read_policy(r, rules_limit_keys, n);
}

void load_halt(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)to;
	read_policy(r, rules_halt_keys, n);
}

/* `5` or `10%`; false and a complaint otherwise. */
static bool read_wave(
	struct yaml_reader *r, const struct yaml_node *n, uint32_t *ret_n, bool *ret_percent)
{
	struct str text = n->text;
	uint64_t v;

	if (!yaml_expect(r, n, YAML_SCALAR))
		return false;
	*ret_percent = text.n && text.p[text.n - 1] == '%';
	text.n -= *ret_percent;
	if (!str_to_u64(text, &v) || v == 0 || v > (*ret_percent ? 100 : UINT32_MAX)) {
		(void)yaml_bad(r, n, "rules.bad-value",
			"a wave is a number of devices, or a percentage from 1%% to 100%%");
		return false;
	}
	*ret_n = (uint32_t)v;
	return true;
}

/* How many rows a percentage is of is not known yet: a number counts as smaller, since people write
 * numbers for the first cautious waves. */
static bool smaller(uint32_t a, bool a_percent, uint32_t b, bool b_percent)
{
	return a_percent == b_percent ? a < b : b_percent;
}

static void merge_waves(struct rules_policy *p, const struct rules_policy *own)
{
	size_t n = p->n_waves > own->n_waves ? p->n_waves : own->n_waves;

	for (size_t i = 0; i < n; i++) {
		if (i >= p->n_waves)
			p->waves[i] = own->waves[i];
		else if (i < own->n_waves && smaller(own->waves[i].n, own->waves[i].percent,
						     p->waves[i].n, p->waves[i].percent))
			p->waves[i] = own->waves[i];
	}
	p->n_waves = n;
}

void load_waves(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct rules_policy *p = &((struct loader *)r->self)->set->policy, own = { 0 };

	(void)key;
	(void)to;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	if (n->n_children == 0 || n->n_children > RULES_MAX_WAVES) {
		(void)yaml_bad(r, n, "rules.too-many", "there are 1 to %d waves", RULES_MAX_WAVES);
		return;
	}
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		size_t i = own.n_waves;

		if (!read_wave(r, m, &own.waves[i].n, &own.waves[i].percent))
			return;
		own.n_waves++;
		if (!m->next && !(own.waves[i].percent && own.waves[i].n == 100))
			(void)yaml_bad(r, m, "rules.bad-value", "the last wave has to be 100%%");
	}
	merge_waves(p, &own);
}
