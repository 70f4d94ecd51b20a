/* Which list the input is, and what the store knows that it waits for. */
#include <stdlib.h>

#include "base/mem.h"
#include "io/json.h"
#include "plan/awaited.h"

/* --- which list --- */

static enum errc take_run(void *self, uint32_t n, const struct csv_record *r, struct err *err)
{
	const struct input *in = ((struct plan *)self)->input;
	char **run = &((struct plan *)self)->awaited->list;

	(void)n;
	(void)err;
	if (!*run)
		*run = mem_dupz(input_cell(in, r, columns_find(&in->columns, STR("depmend_run"))));
	return ERR_OK;
}

/* The input of that run. NULL: it is not known. Caller frees. */
static char *input_of_run(struct store *store, const char *name)
{
	struct run_record run;
	struct json *j = NULL;
	char *frozen = NULL, *path = NULL;
	struct err err;

	if (store_run_get(store, name, &run, &err) ||
		store_run_frozen(store, run.id, &frozen, &err))
		return NULL;
	if (!json_parse(&j, str_from(frozen), &err) && json_text(json_get(j, "input")).n)
		path = mem_dupz(json_text(json_get(j, "input")));
	json_free(j);
	free(frozen);
	return path;
}

/* A result is an input like the list that it came from. */
static enum errc find_list(struct plan *p, struct err *err)
{
	struct awaited *a = p->awaited;
	char *given = NULL, *real;
	enum errc rc = ERR_OK;

	if (p->input->from_result && columns_find(&p->input->columns, STR("depmend_run")) >= 0)
		rc = input_each(p->input, take_run, p, err);
	if (!rc && a->list && a->list[0])
		given = input_of_run(p->opt->facts->store, a->list);
	free(a->list);
	a->list = NULL;
	if (rc)
		return rc;
	if (!given)
		given = mem_strdup(p->input->path ? p->input->path : "-");
	real = realpath(given, NULL);
	a->list = real ? real : given;
	if (real)
		free(given);
	return ERR_OK;
}

/* --- loading --- */

static void take_rules(struct awaited *a, const struct ruleset *rules)
{
	for (size_t i = 0; i < rules_count(rules); i++)
		if (rules_info(rules, i)->waits)
			(void)map_add(&a->rules, rules_info(rules, i)->name, NULL);
}

/* What another list waited for long ago is no reason any more. */
static void take_waits(struct plan *p)
{
	struct awaited *a = p->awaited;

	for (size_t i = 0; i < a->waits.n; i++) {
		const struct wait *w = &a->waits.v[i];
		uint32_t slot = map_find(&p->input->serials, w->serial);

		if (slot == MAP_NONE)
			continue;
		if (str_eq(w->list, str_from(a->list)))
			a->own[slot] = w;
		else if (w->until_ms > p->opt->now_ms)
			a->other[slot] = w;
	}
}

enum errc awaited_load(struct plan *p, struct err *err)
{
	struct facts *facts = p->opt->facts;
	struct awaited *a;
	enum errc rc;

	if (!facts || !facts->store || !p->rules)
		return ERR_OK;
	p->awaited = a = mem_zalloc(sizeof(*a));
	map_init(&a->rules, 0);
	a->own = mem_zalloc((p->input->serials.n + 1) * sizeof(struct wait *));
	a->other = mem_zalloc((p->input->serials.n + 1) * sizeof(struct wait *));
	take_rules(a, p->rules);
	rc = waits_load(facts->store, STR_NONE, &a->waits, err);
	if (!rc && (a->waits.n || a->rules.n))
		rc = find_list(p, err);
	facts->patient = a->waits.n || a->rules.n;
	if (!rc && a->list)
		take_waits(p);
	return rc;
}

void awaited_free(struct awaited *a)
{
	if (!a)
		return;
	waits_release(&a->waits);
	map_release(&a->rules);
	free(a->own);
	free(a->other);
	free(a->list);
	free(a);
}
