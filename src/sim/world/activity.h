/*
 * orgDeviceActivities: accepted at once, carried out later, device by device (services/README.md
 * Apple A.6).
 */
#ifndef SIM_WORLD_ACTIVITY_H
#define SIM_WORLD_ACTIVITY_H

#include "sim/core/state.h"
#include "sim/core/timer.h"
#include "sim/world/world.h"

struct sim_activity_type {
	const char *name;
	bool needs_server, needs_deadline, business_only;
	enum landing (*apply)(
		struct sim *s, struct str serial, int64_t server, int64_t deadline_ms);
};
/* NULL: no such type. */
const struct sim_activity_type *activity_type(struct str name);

/* serials are copied. Returns the row id. */
struct activity_order {
	const struct sim_activity_type *type;
	int64_t server, deadline_ms; /* SQL_NULL: none */
	const struct str *serials;
	size_t n_serials;
};
int64_t activity_create(struct sim *s, const struct activity_order *order);

/* Timers: a = activity, b = which of its devices. */
void activity_land(struct sim *s, const struct timer *timer);
void activity_finish(struct sim *s, const struct timer *timer);

/* Texts borrowed from the request's arena. */
struct activity {
	int64_t id, created, due, completed;
	struct str uuid, type, status, sub;
	int64_t life; /* how long it can be asked for */
};
bool activity_find(struct sim *s, struct str uuid, struct activity *ret);
/* The result log (services/README.md Apple A.7). */
void activity_log(struct sim *s, const struct activity *a, struct buf *out);

#endif
