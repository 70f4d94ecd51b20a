/* What the store knows that lists wait for. */
#include <stdlib.h>

#include "base/mem.h"
#include "plan/awaited.h"

static void take_rules(struct awaited *a, const struct ruleset *rules)
{
	for (size_t i = 0; i < rules_count(rules); i++)
		if (rules_info(rules, i)->waits)
			(void)map_add(&a->rules, rules_info(rules, i)->name, NULL);
}

static bool is_mine(const struct awaited *a, const struct waiting *w)
{
	return str_eq(w->list, str_from(a->list));
}

/* What another list waited for long ago is no reason any more, and one that is not asked about any
 * more hands over since when. */
static void take_wait(struct plan *p, size_t i)
{
	struct awaited *a = p->awaited;
	const struct waiting *w = &a->waits.v[i];
	uint32_t slot = map_find(&p->input->serials, w->serial);

	if (slot == MAP_NONE)
		return;
	if (is_mine(a, w)) {
		a->own[slot] = w;
	} else if (a->past[i]) {
		const struct waiting *own = a->own[slot];

		if (!own || (!is_mine(a, own) && w->since_ms < own->since_ms))
			a->own[slot] = w;
	} else if (w->until_ms > p->opt->now_ms) {
		a->other[slot] = w;
	}
}

/* In order of their lists. */
static enum errc take_waits(struct plan *p, struct err *err)
{
	struct awaited *a = p->awaited;
	bool past = false;
	enum errc rc = ERR_OK;

	if (a->waits.n == 0)
		return ERR_OK;
	a->own = mem_zalloc((p->input->serials.n + 1) * sizeof(struct waiting *));
	a->other = mem_zalloc((p->input->serials.n + 1) * sizeof(struct waiting *));
	a->past = mem_zalloc(a->waits.n + 1);
	for (size_t i = 0; i < a->waits.n && !rc; i++) {
		const struct waiting *w = &a->waits.v[i];

		if (is_mine(a, w))
			past = false;
		else if (i == 0 || !str_eq(w->list, w[-1].list))
			rc = awaited_is_past(p, w->list, &past, err);
		a->past[i] = past;
		take_wait(p, i);
	}
	return rc;
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
	take_rules(a, p->rules);
	rc = waits_load(facts->store, STR_NONE, &a->waits, err);
	if (!rc && (a->waits.n || a->rules.n))
		rc = awaited_find_list(p, err);
	facts->patient = a->waits.n || a->rules.n;
	return !rc && a->list ? take_waits(p, err) : rc;
}

void awaited_free(struct awaited *a)
{
	if (!a)
		return;
	waits_release(&a->waits);
	map_release(&a->rules);
	free(a->own);
	free(a->other);
	free(a->past);
	free(a->list);
	free(a);
}
