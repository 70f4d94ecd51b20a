#include "plan/awaited.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "plan/plan_parts.h"

/* --- rows --- */

static const struct waiting *own_of(const struct plan *p, const struct input_row *row)
{
	return p->awaited && p->awaited->own && row->serial != MAP_NONE
		       ? p->awaited->own[row->serial]
		       : NULL;
}

static const struct waiting *other_of(const struct plan *p, const struct input_row *row)
{
	return p->awaited->other ? p->awaited->other[row->serial] : NULL;
}

static bool is_gone(const struct awaited *a, const struct waiting *w)
{
	return map_find(&a->rules, w->rule) == MAP_NONE;
}

static enum value_state listed_state(
	const struct plan *p, const struct input_row *row, bool *ret_listed)
{
	uint32_t slot = plan_slot(p, row);
	const struct device_state *d;

	*ret_listed = false;
	if (slot == MAP_NONE)
		return VALUE_UNREAD;
	d = &p->opt->facts->fleet->devices[slot];
	*ret_listed = device_flag(d, FACT_APPLE_KNOWN);
	return device_fact_state(d, FACT_APPLE_KNOWN);
}

bool awaited_asks(const struct plan *p, const struct input_row *row)
{
	const struct waiting *own = own_of(p, row);
	bool listed;

	return own && is_gone(p->awaited, own) && listed_state(p, row, &listed) == VALUE_UNREAD;
}

static bool is_waiting(const struct input_row *row)
{
	switch (row->reason) {
	case REASON_RULE_WAITING:
	case REASON_RULE_WAIT_OVER:
	case REASON_RULE_WAIT_GONE:
	case REASON_RULE_WAIT_TWICE:
		return true;
	default:
		return false;
	}
}

static int64_t earlier(int64_t at_ms, const struct waiting *w)
{
	return w && w->since_ms < at_ms ? w->since_ms : at_ms;
}

/* What the row waits by: as the store has it, or anew; under the rule as it is now. Nobody waits
 * since a time that has not come, and a list that was copied not since it was. */
static struct waiting wait_of(const struct plan *p, const struct input_row *row)
{
	const struct waiting *own = own_of(p, row);
	int64_t now = transport_now(p->opt->facts->transport);
	struct waiting w = {
		.list = str_from(p->awaited->list),
		.serial = map_key(&p->input->serials, row->serial),
		.rule = plan_rule_name(p, row),
		.since_ms = earlier(earlier(now, own), other_of(p, row)),
	};

	if (own && (is_gone(p->awaited, own) || !rules_info(p->rules, row->rule)->waits)) {
		w.rule = own->rule;
		w.until_ms = own->until_ms;
		return w;
	}
	w.until_ms = time_shift(w.since_ms, rules_info(p->rules, row->rule)->wait_listed, 1);
	return w;
}

/* Left to a person; REASON_NONE: the row stays as it is. */
static enum reason reason_of(const struct plan *p, const struct input_row *row, bool waits)
{
	const struct awaited *a = p->awaited;
	const struct waiting *own = own_of(p, row);
	bool listed, gone = own && is_gone(a, own);
	enum value_state state = listed_state(p, row, &listed);

	if (row->outcome == OUTCOME_PLANNED)
		return other_of(p, row) && (own || rules_info(p->rules, row->rule)->waits)
			       ? REASON_RULE_WAIT_TWICE
			       : REASON_NONE;
	if (gone && state == VALUE_KNOWN && !listed &&
		(waits || row->outcome == OUTCOME_UNMATCHED || row->outcome == OUTCOME_FAILED))
		return REASON_RULE_WAIT_GONE;
	if (!waits)
		return REASON_NONE;
	if (other_of(p, row))
		return REASON_RULE_WAIT_TWICE;
	return wait_of(p, row).until_ms <= p->opt->now_ms ? REASON_RULE_WAIT_OVER
							  : REASON_RULE_WAITING;
}

static void settle_row(struct plan *p, struct input_row *row)
{
	enum reason reason = reason_of(p, row, row->reason == REASON_RULE_WAITING);
	char since[TIME_TEXT], until[TIME_TEXT];
	struct buf text;
	struct waiting w;

	if (reason == REASON_NONE)
		return;
	buf_init(&text, 64 * 1024);
	if (reason == REASON_RULE_WAIT_TWICE) {
		buf_str(&text, other_of(p, row)->list);
	} else {
		w = wait_of(p, row);
		buf_printf(&text, "since %s, until %s", time_rfc3339_s(w.since_ms, since),
			time_rfc3339_s(w.until_ms, until));
		if (reason == REASON_RULE_WAIT_GONE)
			buf_printf(&text, ", rule '%.*s'", STR_FMT(w.rule));
	}
	plan_settle(p, row, reason == REASON_RULE_WAITING ? OUTCOME_WAITING : OUTCOME_MANUAL,
		reason, buf_view(&text));
	buf_release(&text);
}

void awaited_settle(struct plan *p)
{
	for (uint32_t i = 0; p->awaited && p->awaited->list && i < p->input->n_rows; i++) {
		struct input_row row = input_row(p->input, i);

		if (row.serial != MAP_NONE)
			settle_row(p, &row);
		input_put(p->input, i, &row);
	}
}

/* --- remembering --- */

static bool is_same(const struct waiting *own, const struct waiting *w)
{
	return own && str_eq(own->list, w->list) && str_eq(own->rule, w->rule) &&
	       own->since_ms == w->since_ms && own->until_ms == w->until_ms;
}

/* Apple lists it now, and no other list stands against it. */
static bool is_over(const struct plan *p, const struct input_row *row)
{
	bool listed;

	return listed_state(p, row, &listed) == VALUE_KNOWN && listed &&
	       row->reason != REASON_RULE_WAIT_TWICE;
}

/* What becomes of a serial's waits: they stay as they are; are those of this list from now on; have
 * come to their end. */
enum fate { FATE_STAYS, FATE_TAKEN, FATE_OVER };

static enum errc keep_row(const struct plan *p, struct store *store, const struct input_row *row,
	unsigned char *fate, struct err *err)
{
	const struct waiting *own = own_of(p, row);
	struct waiting w;

	if (row->outcome == OUTCOME_DUPLICATE)
		return ERR_OK;
	if (!is_waiting(row)) {
		*fate = is_over(p, row) ? FATE_OVER : FATE_STAYS;
		return ERR_OK;
	}
	w = wait_of(p, row);
	*fate = FATE_TAKEN;
	return is_same(own, &w) ? ERR_OK : wait_put(store, &w, err);
}

/* Nobody will ask again for what a list that is gone waited for in vain. */
static bool is_done_with(const struct plan *p, size_t i, const unsigned char *fates)
{
	const struct waiting *w = &p->awaited->waits.v[i];
	uint32_t slot = map_find(&p->input->serials, w->serial);
	bool mine = str_eq(w->list, str_from(p->awaited->list));

	if (!mine && !p->awaited->past[i])
		return false;
	if (slot == MAP_NONE)
		return mine || w->until_ms <= transport_now(p->opt->facts->transport);
	return fates[slot] == FATE_OVER || (fates[slot] == FATE_TAKEN && !mine);
}

enum errc awaited_keep(const struct plan *p, struct store *store, struct err *err)
{
	const struct awaited *a = p->awaited;
	unsigned char *fates;
	enum errc rc = ERR_OK;

	if (!a || !a->list)
		return ERR_OK;
	fates = mem_zalloc(p->input->serials.n + 1);
	for (uint32_t i = 0; i < p->input->n_rows && !rc; i++) {
		const struct input_row row = input_row(p->input, i);

		if (row.serial != MAP_NONE)
			rc = keep_row(p, store, &row, &fates[row.serial], err);
	}
	for (size_t i = 0; i < a->waits.n && !rc; i++)
		if (is_done_with(p, i, fates))
			rc = wait_drop(store, &a->waits.v[i], err);
	free(fates);
	return rc;
}
