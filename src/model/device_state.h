/*
 * Everything the services said about one device, in 192 bytes without pointers. The fleet owns one
 * per distinct serial; texts are slots of its string map.
 */
#ifndef MODEL_DEVICE_STATE_H
#define MODEL_DEVICE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/field.h"

struct device_state {
	uint64_t known;  /* FACT_BIT: it was read, and has a value */
	uint64_t absent; /* FACT_BIT: it was read, and has none; with `known`: could not be read */
	uint32_t flags;  /* values of the FLAG facts, bit per fact - FACT_FIRST_FLAG */
	uint32_t slots[FACT_FIRST_DATE];                  /* texts and numbers */
	int64_t dates[FACT_FIRST_FLAG - FACT_FIRST_DATE]; /* ms UTC */
};
_Static_assert(sizeof(struct device_state) <= 192, "one device must stay small");

/* Lists of many devices set one or two facts of each: all of this is inlined. */
static inline void device_mark(struct device_state *d, enum fact f, bool known, bool absent)
{
	d->known = known ? d->known | FACT_BIT(f) : d->known & ~FACT_BIT(f);
	d->absent = absent ? d->absent | FACT_BIT(f) : d->absent & ~FACT_BIT(f);
}

/* Each sets the value and clears the other two states of that fact. */
static inline void device_set_slot(struct device_state *d, enum fact f, uint32_t slot)
{
	d->slots[f] = slot;
	device_mark(d, f, true, false);
}

static inline void device_set_date(struct device_state *d, enum fact f, int64_t at_ms)
{
	d->dates[f - FACT_FIRST_DATE] = at_ms;
	device_mark(d, f, true, false);
}

static inline void device_set_flag(struct device_state *d, enum fact f, bool v)
{
	uint32_t b = 1u << (f - FACT_FIRST_FLAG);

	d->flags = v ? d->flags | b : d->flags & ~b;
	device_mark(d, f, true, false);
}

static inline void device_set_absent(struct device_state *d, enum fact f)
{
	device_mark(d, f, false, true);
}

static inline void device_set_unknown(struct device_state *d, enum fact f)
{
	device_mark(d, f, true, true);
}

/* Every fact of the reading: as if never read. */
void device_forget(struct device_state *d, enum reading r);

static inline enum value_state device_fact_state(const struct device_state *d, enum fact f)
{
	bool known = d->known & FACT_BIT(f), absent = d->absent & FACT_BIT(f);

	if (known)
		return absent ? VALUE_UNKNOWN : VALUE_KNOWN;
	return absent ? VALUE_ABSENT : VALUE_UNREAD;
}

/* Whether an enrollment status of the UEM says that a wipe waits for the device, in whichever of
 * its spellings: "DeviceWipePending", "Enterprise Wipe Pending", "WipeInitiated". */
bool status_is_wipe(struct str enrollment_status);

/* false unless known */
static inline bool device_flag(const struct device_state *d, enum fact f)
{
	return device_fact_state(d, f) == VALUE_KNOWN && (d->flags >> (f - FACT_FIRST_FLAG) & 1u);
}

#endif
