/*
 * Some facts of a device as bytes, to be put back as they are: states, and values of those that are
 * known. Texts are slots of the fleet's map, so that they mean nothing beside another fleet.
 */
#ifndef MODEL_DEVICE_SAVED_H
#define MODEL_DEVICE_SAVED_H

#include "model/device_state.h"

enum { DEVICE_SAVED_MAX = sizeof(struct device_state) };

/* facts: a set of FACT_BIT. How many bytes. */
size_t device_save(const struct device_state *d, uint64_t facts, char ret[DEVICE_SAVED_MAX]);
/* Of those facts, the same set, everything is then as it was; others stay. */
void device_restore(struct device_state *d, uint64_t facts, const char *saved);

#endif
