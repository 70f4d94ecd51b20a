/*
 * How many records the UEM has of one serial: a device that enrolled twice may have left one behind
 * (services/README.md UEM H.12). A look-up by serial shows one of them, and searches know no
 * serial, so the whole list is read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "facts/facts_parts.h"
#include "services/uem_bulk.h"

struct records {
	struct facts *f;
	struct map seen; /* "SLOT ID": pages may bring a record twice */
	uint32_t *n;     /* by slot */
	bool *odd;       /* by slot: one of its records has no id that can be read */
};

static enum errc count_record(void *self, const struct json *element, struct err *err)
{
	struct records *r = self;
	struct uem_device record;
	enum errc rc = uem_device_decode(element, r->f->settings->uem.date_order, &record, err);
	char key[48];
	bool odd, new;
	uint32_t slot;
	int n;

	if (rc)
		return rc;
	slot = fleet_find(r->f->fleet, record.serial, &odd);
	if (slot == MAP_NONE)
		return ERR_OK;
	if (record.id < 0) {
		r->odd[slot] = true;
		return ERR_OK;
	}
	n = snprintf(key, sizeof(key), "%" PRIu32 " %" PRId64, slot, record.id);
	(void)map_add(&r->seen, (struct str){ key, (size_t)n }, &new);
	r->n[slot] += new;
	return ERR_OK;
}

/* Two are two, whatever a list that is not whole may lack; fewer may be more. */
static void settle(struct records *r, const struct listing *l, const uint32_t *slots, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = slots[i];
		struct device_state *d = &r->f->fleet->devices[slot];

		if (r->n[slot] > 1 || (l->complete && !r->odd[slot]))
			device_set_slot(d, FACT_UEM_RECORDS, r->n[slot]);
		else if (l->complete)
			facts_set_text(r->f->fleet, slot, FACT_UEM_RECORDS, odd_str());
	}
	if (l->complete)
		return;
	facts_leave_open(r->f, READING_UEM_RECORDS, slots, n, &l->err);
}

enum errc facts_uem_records(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	struct records r = {
		.f = f,
		.n = mem_zalloc((f->fleet->serials.n + 1) * sizeof(*r.n)),
		.odd = mem_zalloc(f->fleet->serials.n + 1),
	};
	struct listing l = {
		.list = LIST_RECORDS,
		.each = count_record,
		.self = &r,
	};
	enum errc rc;

	map_init(&r.seen, 0);
	rc = facts_run_listing(f, &l, err);
	if (!rc)
		settle(&r, &l, slots, n);
	map_release(&r.seen);
	free(r.n);
	free(r.odd);
	return facts_soften(f, rc, READING_UEM_RECORDS, slots, n, err);
}
