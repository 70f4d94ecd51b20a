#include "model/device_state.h"

#include "base/str.h"

static void mark(struct device_state *d, enum fact f, bool known, bool absent)
{
	d->known = known ? d->known | FACT_BIT(f) : d->known & ~FACT_BIT(f);
	d->absent = absent ? d->absent | FACT_BIT(f) : d->absent & ~FACT_BIT(f);
}

void device_set_slot(struct device_state *d, enum fact f, uint32_t slot)
{
	d->slots[f] = slot;
	mark(d, f, true, false);
}

void device_set_date(struct device_state *d, enum fact f, int64_t at_ms)
{
	d->dates[f - FACT_FIRST_DATE] = at_ms;
	mark(d, f, true, false);
}

void device_set_flag(struct device_state *d, enum fact f, bool v)
{
	uint32_t b = 1u << (f - FACT_FIRST_FLAG);

	d->flags = v ? d->flags | b : d->flags & ~b;
	mark(d, f, true, false);
}

void device_set_absent(struct device_state *d, enum fact f)
{
	mark(d, f, false, true);
}

void device_set_unknown(struct device_state *d, enum fact f)
{
	mark(d, f, true, true);
}

void device_forget(struct device_state *d, enum reading r)
{
	uint64_t facts = reading_facts(r);

	d->known &= ~facts;
	d->absent &= ~facts;
}

enum value_state device_fact_state(const struct device_state *d, enum fact f)
{
	bool known = d->known & FACT_BIT(f), absent = d->absent & FACT_BIT(f);

	if (known)
		return absent ? VALUE_UNKNOWN : VALUE_KNOWN;
	return absent ? VALUE_ABSENT : VALUE_UNREAD;
}

bool status_is_wipe(struct str enrollment_status)
{
	return str_contains_nocase(enrollment_status, STR("wipe"));
}

bool device_flag(const struct device_state *d, enum fact f)
{
	return device_fact_state(d, f) == VALUE_KNOWN && (d->flags >> (f - FACT_FIRST_FLAG) & 1u);
}
