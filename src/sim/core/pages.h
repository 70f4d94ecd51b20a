/*
 * Lists that do not come as the client expects (knobs page.*), alike for all services.
 */
#ifndef SIM_CORE_PAGES_H
#define SIM_CORE_PAGES_H

#include "sim/core/state.h"

/* How many entries a page may bring of those asked for. */
int64_t page_size(const struct sim *s, int64_t asked);
/* Whether pages are cut so that their place in the list does not follow from what came before. */
bool pages_are_odd(const struct sim *s);

/* Which entries page `number` (from 0) brings. */
struct page_cut {
	int64_t take, skip;
};
struct page_cut page_cut(const struct sim *s, int64_t number, int64_t size);
/* Number of the page behind it; 0: it was the last. */
int64_t page_next(const struct sim *s, int64_t number, int64_t size, int64_t total);

/* What is told as the total; false: nothing. */
/* Whether the last page of Apple's lists has neither links nor paging. */
bool page_end_is_bare(const struct sim *s);
bool page_total(const struct sim *s, int64_t *total);
/* Whether lists leave the device out. */
bool page_lacks(const struct sim *s, struct str serial);

#endif
