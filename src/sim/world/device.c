#include "sim/world/device.h"

#include <stdio.h>

static uint64_t hash(struct str text, uint64_t salt)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ salt;

	for (size_t i = 0; i < text.n; i++)
		h = (h ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static struct str mac(char out[40], struct str serial, uint64_t salt)
{
	uint64_t h = hash(serial, salt);
	int n = snprintf(out, 40, "A4:83:E7:%02X:%02X:%02X", (unsigned)h & 0xffu,
		(unsigned)(h >> 8) & 0xffu, (unsigned)(h >> 16) & 0xffu);

	return (struct str){ out, (size_t)n };
}

/* Radios follow the family; addresses follow the serial, so they need no room in the state. */
static void make_addresses(struct device *d)
{
	bool mac_family = str_eq(d->family, STR("Mac"));
	int n;

	d->wifi = mac(d->made[0], d->serial, 1);
	d->bluetooth = mac(d->made[1], d->serial, 2);
	if (mac_family)
		d->ethernet = mac(d->made[2], d->serial, 3);
	if (d->imei.n) {
		n = snprintf(d->made[3], sizeof(d->made[3]), "8904903%025llu",
			(unsigned long long)hash(d->serial, 4) % UINT64_C(1000000000000000000));
		d->eid = (struct str){ d->made[3], (size_t)n };
	}
}

void device_read(struct db_stmt *st, struct device *ret)
{
	int64_t *const times[] = { &ret->added, &ret->updated, &ret->released, &ret->ordered,
		&ret->deadline, &ret->server, &ret->assigned, &ret->profile, &ret->profile_at };
	struct str *const texts[] = { &ret->serial, &ret->family, &ret->model, &ret->type,
		&ret->capacity, &ret->color, &ret->part, &ret->order, &ret->source, &ret->source_id,
		&ret->asset, &ret->imei, &ret->migration, &ret->releaser };
	int at = 0;

	*ret = (struct device){ .id = db_col_int(st, at++) };
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		*times[i] = sql_col(st, at++);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = db_col_str(st, at++);
	ret->status = db_col_int(st, at++) ? STR("ASSIGNED") : STR("UNASSIGNED");
	ret->capable = db_col_int(st, at);
	make_addresses(ret);
}
