/*
 * The records of enrolled devices (table managed), shared by look-ups, deletes and commands.
 */
#ifndef SIM_UEM_UEM_MANAGED_H
#define SIM_UEM_UEM_MANAGED_H

#include "sim/uem/uem.h"

#define MANAGED_SELECT                                                                         \
	"SELECT m.id, m.serial, m.user, m.status, m.seen, m.ownership, g.id, g.name, g.uuid, " \
	"p.family, p.model, d.imei, d.asset, "                                                 \
	"(SELECT 1 FROM og CROSS JOIN record r ON r.og=og.id AND r.device=d.id), m.enrolled "  \
	"FROM managed m JOIN og g ON g.id=m.og LEFT JOIN device d ON d.serial=m.serial "       \
	"LEFT JOIN product p ON p.id=d.product "
void sim_managed_put(struct sim *s, struct json_out *o, struct db_stmt *st);

/* searchby and id of a query. */
enum managed_by { BY_SERIAL, BY_DEVICE_ID, BY_OTHER };
struct managed_search {
	enum managed_by by;
	struct str id;
};
/* False, and 422 {5003}, for an unknown searchby; otherwise: what an absent one means. */
bool sim_managed_search(struct call *c, const char *otherwise, struct managed_search *ret);
/* The newest record; SQL_NULL when there is none. */
int64_t sim_managed_find(struct sim *s, enum managed_by by, struct str id);
/* The same; SQL_NULL when the reply says 404 or 422. */
int64_t sim_managed_one(struct call *c, const struct managed_search *search);
/* Borrowed from the request's arena. */
struct str sim_number_text(struct sim *s, int64_t v);

/* Counts a delete or wipe; false when the threshold is reached. */
bool sim_wipe_allowed(struct sim *s);
/* 403: the command waits for an administrator. */
void sim_wipe_held(struct call *c);

void sim_uem_device_by_id(struct call *c);
void sim_uem_devices_search(struct call *c);
void sim_uem_devices_many(struct call *c);
void sim_uem_device_delete(struct call *c);
void sim_uem_device_delete_found(struct call *c);
void sim_uem_devices_delete(struct call *c);
void sim_uem_bulk_settings(struct call *c);
void sim_uem_command(struct call *c);
void sim_uem_command_found(struct call *c);

#endif
