#include "survey/absent.h"

#include "base/log.h"

void absent_init(struct absent *a)
{
	*a = (struct absent){ .stride = 1 };
	arena_init(&a->texts);
}

void absent_release(struct absent *a)
{
	arena_release(&a->texts);
}

/* How many there will be is not known: when there is no room, every second one goes. */
static void thin_out(struct absent *a)
{
	a->n_some = 0;
	for (uint32_t i = 0; i < ABSENT_MAX; i += 2)
		a->some[a->n_some++] = a->some[i];
	a->stride *= 2;
}

void absent_add(struct absent *a, struct str serial)
{
	if (a->n++ % a->stride)
		return;
	if (a->n_some == ABSENT_MAX)
		thin_out(a);
	if ((a->n - 1) % a->stride == 0)
		a->some[a->n_some++] = arena_dup(&a->texts, serial);
}

static void put_slots(const struct absent *a, struct fleet *f, uint32_t slots[ABSENT_MAX])
{
	for (uint32_t i = 0; i < a->n_some; i++)
		slots[i] = fleet_add(f, a->some[i]);
}

static enum errc call_cut(struct survey *s, enum stage_source source, const char *list,
	struct str serial, struct err *err)
{
	log_warn("%s does not show %.*s, which by its name is there or could not be read: what is "
		 "not in the list may still be there",
		list, STR_FMT(serial));
	return survey_mark(s, source, 0, SURVEY_CUT, err);
}

enum errc absent_ask_apple(struct absent *a, struct survey *s, struct err *err)
{
	struct fleet *f = &s->session->fleet;
	uint32_t slots[ABSENT_MAX], cut = ABSENT_MAX;
	enum errc rc;

	put_slots(a, f, slots);
	rc = facts_apple_by_name(&s->session->facts, slots, a->n_some, err);
	for (uint32_t i = 0; i < a->n_some && !rc; i++) {
		struct value known;

		fleet_fact(f, slots[i], FACT_APPLE_KNOWN, &known);
		if (known.state == VALUE_KNOWN && !known.number)
			(void)map_add(&s->not_at_apple, a->some[i], NULL);
		else
			cut = i;
	}
	fleet_drop_devices(f);
	return rc || cut == ABSENT_MAX
		       ? rc
		       : call_cut(s, STAGE_APPLE, "Apple's list of devices", a->some[cut], err);
}

enum errc absent_ask_uem(struct absent *a, struct survey *s, struct err *err)
{
	struct fleet *f = &s->session->fleet;
	uint32_t slots[ABSENT_MAX], groups[ABSENT_MAX], cut = ABSENT_MAX;
	bool gone[ABSENT_MAX];
	enum errc rc;

	put_slots(a, f, slots);
	for (uint32_t i = 0; i < a->n_some; i++)
		groups[i] = facts_groups(f);
	rc = facts_lifecycle_gone(&s->session->facts, slots, groups, a->n_some, gone, err);
	for (uint32_t i = 0; i < a->n_some && !rc; i++)
		if (gone[i])
			(void)map_add(&s->not_in_uem, a->some[i], NULL);
		else
			cut = i;
	fleet_drop_devices(f);
	return rc || cut == ABSENT_MAX
		       ? rc
		       : call_cut(s, STAGE_UEM, "the UEM's list", a->some[cut], err);
}
