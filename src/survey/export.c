/* The live inventory: one row per device that either service lists. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/csv_out.h"
#include "survey/survey.h"

enum { ROW_MAX_BYTES = 1024 * 1024 };

static const struct {
	const char *header;
	enum fact fact;
} columns[] = {
	{ "status", FACT_APPLE_STATUS },
	{ "server", FACT_APPLE_SERVER },
	{ "family", FACT_APPLE_FAMILY },
	{ "model", FACT_APPLE_MODEL },
	{ "type", FACT_APPLE_TYPE },
	{ "order_number", FACT_APPLE_ORDER_NUMBER },
	{ "source", FACT_APPLE_SOURCE },
	{ "added", FACT_APPLE_ADDED },
	{ "released", FACT_APPLE_RELEASED },
	{ "updated", FACT_APPLE_UPDATED },
	{ "listed", FACT_UEM_LISTED },
	{ "profile", FACT_UEM_PROFILE },
};
enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static int by_serial(const void *a, const void *b, void *fleet)
{
	return str_cmp_nocase(fleet_serial(fleet, *(const uint32_t *)a),
		fleet_serial(fleet, *(const uint32_t *)b));
}

uint32_t *survey_sorted(const struct fleet *f)
{
	uint32_t *slots = mem_alloc((f->serials.n + 1u) * sizeof(*slots));

	for (uint32_t i = 0; i < f->serials.n; i++)
		slots[i] = i;
	qsort_r(slots, f->serials.n, sizeof(*slots), by_serial, (void *)f);
	return slots;
}

void survey_fact(const struct fleet *f, uint32_t slot, enum fact fact, struct buf *out)
{
	struct value v;
	char when[TIME_TEXT];

	buf_reset(out);
	fleet_fact(f, slot, fact, &v);
	if (v.state != VALUE_KNOWN)
		return;
	if (v.type == TYPE_DATE)
		buf_z(out, time_rfc3339(v.number, when));
	else if (v.type == TYPE_FLAG)
		buf_z(out, v.number ? "yes" : "no");
	else
		buf_str(out, v.text);
}

void survey_export(const struct fleet *f, const struct survey_options *opt)
{
	uint32_t *slots = survey_sorted(f);
	struct buf row, cell;

	buf_init(&row, ROW_MAX_BYTES);
	buf_init(&cell, ROW_MAX_BYTES);
	buf_z(&row, "serial");
	for (size_t k = 0; k < N_COLUMNS; k++)
		buf_printf(&row, ",%s", columns[k].header);
	buf_char(&row, '\n');
	outfile_write(opt->out, buf_view(&row));
	for (uint32_t i = 0; i < f->serials.n; i++) {
		buf_reset(&row);
		csv_cell(&row, fleet_serial(f, slots[i]), !opt->raw_csv);
		for (size_t k = 0; k < N_COLUMNS; k++) {
			survey_fact(f, slots[i], columns[k].fact, &cell);
			buf_char(&row, ',');
			csv_cell(&row, buf_view(&cell), !opt->raw_csv);
		}
		buf_char(&row, '\n');
		outfile_write(opt->out, buf_view(&row));
	}
	buf_release(&row);
	buf_release(&cell);
	free(slots);
}
