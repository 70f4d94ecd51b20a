#include "model/device_saved.h"

#include <string.h>

/* Known, absent, flags. */
enum { STATES_BYTES = 8 + 8 + 4 };

static const uint64_t texts = FACT_BIT(FACT_FIRST_DATE) - 1;
static const uint64_t dates = FACT_BIT(FACT_FIRST_FLAG) - FACT_BIT(FACT_FIRST_DATE);

static uint32_t flag_bits(uint64_t facts)
{
	return (uint32_t)(facts >> FACT_FIRST_FLAG);
}

static int take_first(uint64_t *set)
{
	int first = __builtin_ctzll(*set);

	*set &= *set - 1;
	return first;
}

size_t device_save(const struct device_state *d, uint64_t facts, char ret[DEVICE_SAVED_MAX])
{
	uint64_t known = d->known & facts, absent = d->absent & facts;
	uint32_t flags = d->flags & flag_bits(facts);
	char *to = ret + STATES_BYTES;

	memcpy(ret, &known, 8);
	memcpy(ret + 8, &absent, 8);
	memcpy(ret + 16, &flags, 4);
	for (uint64_t rest = known & texts; rest; to += 4)
		memcpy(to, &d->slots[take_first(&rest)], 4);
	for (uint64_t rest = known & dates; rest; to += 8)
		memcpy(to, &d->dates[take_first(&rest) - FACT_FIRST_DATE], 8);
	return (size_t)(to - ret);
}

void device_restore(struct device_state *d, uint64_t facts, const char *saved)
{
	const char *from = saved + STATES_BYTES;
	uint64_t known, absent;
	uint32_t flags;

	memcpy(&known, saved, 8);
	memcpy(&absent, saved + 8, 8);
	memcpy(&flags, saved + 16, 4);
	d->known = (d->known & ~facts) | known;
	d->absent = (d->absent & ~facts) | absent;
	d->flags = (d->flags & ~flag_bits(facts)) | flags;
	for (uint64_t rest = known & texts; rest; from += 4)
		memcpy(&d->slots[take_first(&rest)], from, 4);
	for (uint64_t rest = known & dates; rest; from += 8)
		memcpy(&d->dates[take_first(&rest) - FACT_FIRST_DATE], from, 8);
}
