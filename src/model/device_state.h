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

/* Each sets the value and clears the other two states of that fact. */
void device_set_slot(struct device_state *d, enum fact f, uint32_t slot);
void device_set_date(struct device_state *d, enum fact f, int64_t at_ms);
void device_set_flag(struct device_state *d, enum fact f, bool v);
void device_set_absent(struct device_state *d, enum fact f);
void device_set_unknown(struct device_state *d, enum fact f);
/* Every fact of the reading: as if never read. */
void device_forget(struct device_state *d, enum reading r);

enum value_state device_fact_state(const struct device_state *d, enum fact f);
/* Whether an enrollment status of the UEM says that a wipe waits for the device, in whichever of
 * its spellings: "DeviceWipePending", "Enterprise Wipe Pending", "WipeInitiated". */
bool status_is_wipe(struct str enrollment_status);

bool device_flag(const struct device_state *d, enum fact f); /* false unless known */

#endif
