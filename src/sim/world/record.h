/*
 * Records of enrolled devices (table managed) and what becomes of them, by the API, at the console
 * or on the device.
 */
#ifndef SIM_WORLD_RECORD_H
#define SIM_WORLD_RECORD_H

#include "sim/core/state.h"

#define WIPE_PENDING "DeviceWipePending"

bool record_enrolled(struct sim *s, int64_t id);
/* Borrowed from the request's arena. */
struct str record_serial(struct sim *s, int64_t id);

/* pending: its status until the wipe is over. */
void record_wipe(struct sim *s, int64_t id, const char *pending);
/* Timer: a = record whose wipe is over. */
void record_wiped(struct sim *s, const struct timer *timer);
void record_unenroll(struct sim *s, int64_t id);
void record_delete(struct sim *s, int64_t id);
/* The device enrolls (again): a new record, and what waited for it strikes. */
void record_enroll(struct sim *s, struct str serial);

#endif
