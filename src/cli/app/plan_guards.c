#include "cli/app/plan_guards.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"

enum { LINE_MAX_BYTES = 64 * 1024 };

/* --- asking --- */

static void add_allowance(struct plan_guards *g, const char *allowance)
{
	buf_printf(&g->allow, "%s--allow %s", g->allow.n ? " " : "", allowance);
}

static bool is_stopped(const struct plan_guards *g, struct str name)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].says && str_eq(str_from(g->v[i].name), name))
			return true;
	return false;
}

static void take(void *self, const struct guard_finding *f)
{
	struct plan_guards *g = self;
	struct plan_guard *mine = &g->v[g->n];

	if (g->n == PLAN_GUARDS)
		return;
	*mine = (struct plan_guard){ f->name, f->rules, f->says ? mem_strdup(f->says) : NULL, f->n,
		f->n_day, f->most, f->percent, f->size };
	/* What lifts a limit of the settings lifts that of the rules, which count less. */
	if (f->says && f->allow && !is_stopped(g, str_from(f->name)))
		add_allowance(g, f->allow);
	g->n++;
}

/* What was allowed for this plan has to be allowed again; what was too little is there anew. */
static void add_given(struct plan_guards *g, const char *const *allowed)
{
	for (size_t i = 0; allowed[i]; i++) {
		struct str value = str_from(allowed[i]), name = str_cut(&value, '=');

		if (!is_stopped(g, name))
			add_allowance(g, allowed[i]);
	}
}

enum errc plan_guards_ask(struct plan_guards *ret, const struct cli *cli, const struct plan *p,
	const struct rules_policy *policy, struct err *err)
{
	size_t n;
	const char **allowed = cli_list(cli, OPTION_ALLOW, &n);
	enum errc rc;

	*ret = (struct plan_guards){ .n = 0 };
	buf_init(&ret->allow, LINE_MAX_BYTES);
	rc = guard_each(p, policy, allowed, take, ret, err);
	if (!rc)
		add_given(ret, allowed);
	free(allowed);
	return rc;
}

void plan_guards_release(struct plan_guards *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->v[i].says);
	buf_release(&g->allow);
}

/* --- telling --- */

/* "limits.devices: 60 devices, with 57 earlier in 24 hours (limit 500)" */
static void plan_guard_words(const struct plan_guard *g, struct buf *out)
{
	if (!g->n) { /* no limit that counts devices */
		buf_z(out, g->says);
		return;
	}
	buf_printf(out, "limits.%s%s%s: %llu device%s", g->name, g->rules ? " of rules " : "",
		g->rules ? g->rules : "", (unsigned long long)g->n, plural(g->n));
	if (g->n_day > g->n)
		buf_printf(out, ", with %llu earlier in 24 hours",
			(unsigned long long)(g->n_day - g->n));
	if (g->most == UINT64_MAX)
		buf_z(out, g->percent >= 100
				   ? " (any share is allowed)"
				   : " (not evaluated: the size of the organization is not known)");
	else if (g->size)
		buf_printf(out, " (limit %llu, %llu %% of %llu device%s)",
			(unsigned long long)g->most, (unsigned long long)g->percent,
			(unsigned long long)g->size, plural(g->size));
	else
		buf_printf(out, " (limit %llu)", (unsigned long long)g->most);
	buf_z(out, g->says ? "; apply sends nothing" : "");
}

/* A limit of the rules file that figures and stops as the settings' does needs no second line. */
static bool is_repeated(const struct plan_guards *g, size_t i)
{
	const struct plan_guard *one = &g->v[i];

	for (size_t j = 0; one->rules && j < i; j++) {
		const struct plan_guard *other = &g->v[j];

		if (strcmp(one->name, other->name) == 0 && !other->rules &&
			one->n_day == other->n_day && one->most == other->most)
			return true;
	}
	return false;
}

void plan_guards_lines(const struct plan_guards *g, struct buf *out)
{
	for (size_t i = 0; i < g->n; i++) {
		if (is_repeated(g, i))
			continue;
		buf_z(out, g->v[i].says ? "!" : "");
		plan_guard_words(&g->v[i], out);
		buf_char(out, '\n');
	}
}

static bool stops(const struct plan_guards *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].says)
			return true;
	return false;
}

void plan_guards_print(const struct plan_guards *g, bool acts, FILE *out)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	for (size_t i = 0; i < g->n; i++) {
		if (is_repeated(g, i))
			continue;
		buf_reset(&b);
		plan_guard_words(&g->v[i], &b);
		text_line(out, "%-11s %s", g->v[i].says ? "stopped" : "guard", buf_cstr(&b));
	}
	if (g->allow.n && (!acts || stops(g)))
		text_line(out, "%-11s add to the next command, once you have decided: %s", "allow",
			buf_cstr(&g->allow));
	buf_release(&b);
}

void plan_guards_put(const struct plan_guards *g, struct json_out *o)
{
	json_arr(o, "guards");
	for (size_t i = 0; i < g->n; i++) {
		const struct plan_guard *one = &g->v[i];

		json_obj(o, NULL);
		json_put_z(o, "name", one->name);
		json_put_z(o, "rules", one->rules);
		json_put_int(o, "devices", (int64_t)one->n);
		json_put_int(o, "in_24_hours", (int64_t)one->n_day);
		if (one->most == UINT64_MAX)
			json_put_null(o, "limit");
		else
			json_put_int(o, "limit", (int64_t)one->most);
		json_put_z(o, "stopped", one->says);
		json_obj_end(o);
	}
	json_arr_end(o);
	json_put_z(o, "allow", g->allow.n ? buf_cstr(&g->allow) : NULL);
}
