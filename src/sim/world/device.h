/*
 * One device as Apple's lists and the DEP service show it.
 */
#ifndef SIM_WORLD_DEVICE_H
#define SIM_WORLD_DEVICE_H

#include "sim/core/state.h"

/* Texts are borrowed until the statement steps on; times SQL_NULL when absent. */
struct device {
	int64_t id, added, updated, released, ordered, deadline;
	int64_t server; /* as shown, SQL_NULL: none */
	int64_t assigned, profile, profile_at;
	struct str serial, family, model, type, capacity, color, part, order, source, source_id;
	struct str asset, imei, migration, releaser;
	struct str status;                         /* ASSIGNED, UNASSIGNED */
	struct str eid, wifi, bluetooth, ethernet; /* made from the serial */
	int64_t capable;
	char made[4][40];
};

/* SELECT that device_read() understands; to be followed by WHERE. DEVICE_THEN: as it was at
 * sim_look_back(). */
#define DEVICE_SELECT_OF(table)                                                                  \
	"SELECT d.id, d.added, d.shown_updated, d.released, u.ordered, d.deadline, "             \
	"d.shown_server, "                                                                       \
	"d.assigned, d.profile, d.profile_at, d.serial, p.family, p.model, p.type, p.capacity, " \
	"p.color, p.part, u.number, u.source, u.source_id, d.asset, d.imei, d.migration, "       \
	"d.releaser, d.shown_assigned, d.capable FROM " table                                    \
	" d JOIN product p ON p.id=d.product "                                                   \
	"JOIN purchase u ON u.id=d.purchase "
#define DEVICE_SELECT DEVICE_SELECT_OF("device")
#define DEVICE_THEN DEVICE_SELECT_OF("device_then")
void device_read(struct db_stmt *st, struct device *ret);

#endif
