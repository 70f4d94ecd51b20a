#include "sim/core/pages.h"

int64_t page_size(const struct sim *s, int64_t asked)
{
	int64_t clamp = knob(s, KNOB_PAGE_CLAMP), less = knob(s, KNOB_PAGE_SHORT);

	if (clamp && asked > clamp)
		asked = clamp;
	return asked > less ? asked - less : 1;
}

bool pages_are_odd(const struct sim *s)
{
	return knob(s, KNOB_PAGE_IGNORED) || knob(s, KNOB_PAGE_SHIFT) || knob(s, KNOB_PAGE_EMPTY) ||
	       knob(s, KNOB_PAGE_REPEAT) || knob(s, KNOB_PAGE_LOSE) || knob(s, KNOB_PAGE_CUT);
}

/* Pages that stand before page `number` without entries of their own. */
static int64_t n_extra(const struct sim *s, int64_t number)
{
	int64_t empty = knob(s, KNOB_PAGE_EMPTY), repeat = knob(s, KNOB_PAGE_REPEAT);

	return (empty && number >= empty) + (repeat && number >= repeat);
}

struct page_cut page_cut(const struct sim *s, int64_t number, int64_t size)
{
	int64_t at = knob(s, KNOB_PAGE_IGNORED) ? 0 : number - n_extra(s, number);
	int64_t shift = knob(s, KNOB_PAGE_SHIFT), lose = knob(s, KNOB_PAGE_LOSE);
	struct page_cut cut = { .take = size > lose ? size - lose : 0,
		.skip = at * (size > shift ? size - shift : 0) };

	if (knob(s, KNOB_PAGE_EMPTY) == number + 1)
		cut.take = 0;
	return cut;
}

int64_t page_next(const struct sim *s, int64_t number, int64_t size, int64_t total)
{
	int64_t next = (knob(s, KNOB_PAGE_IGNORED) ? 0 : number) + 1;

	if (knob(s, KNOB_PAGE_CUT) == next)
		return 0;
	return (next - n_extra(s, next)) * size < total ? next : 0;
}

enum { TOLD, NONE, BARE };

bool page_end_is_bare(const struct sim *s)
{
	return knob(s, KNOB_PAGE_TOTAL) == BARE;
}

bool page_total(const struct sim *s, int64_t *total)
{
	*total += knob(s, KNOB_PAGE_TOTAL_MORE) - knob(s, KNOB_PAGE_TOTAL_LESS);
	if (*total < 0)
		*total = 0;
	return knob(s, KNOB_PAGE_TOTAL) == TOLD;
}

bool page_lacks(const struct sim *s, struct str serial)
{
	return knob_has(s, KNOB_PAGE_WITHOUT, serial);
}
