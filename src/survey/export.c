/* The live inventory: one row per device that either service lists. */
#include <inttypes.h>
#include <stdio.h>

#include "survey/rows.h"

/* Cells that are put together from several readings. */
enum { SERVER_NAME = CELLS, SERVER_ID, LISTED, STATUS_SHOWN, INVENTORY, DEVICES };

static const struct {
	const char *header;
	int cell;
	bool detail;
} columns[] = {
	{ "status", STATUS_SHOWN, false },
	{ "server", SERVER_NAME, false },
	{ "family", CELL_FAMILY, false },
	{ "model", CELL_MODEL, false },
	{ "type", CELL_TYPE, false },
	{ "capacity", CELL_CAPACITY, false },
	{ "color", CELL_COLOR, false },
	{ "part_number", CELL_PART_NUMBER, false },
	{ "order_number", CELL_ORDER_NUMBER, false },
	{ "order_date", CELL_ORDER_DATE, false },
	{ "source", CELL_SOURCE, false },
	{ "source_id", CELL_SOURCE_ID, false },
	{ "added", CELL_ADDED, false },
	{ "released", CELL_RELEASED, false },
	{ "updated", CELL_UPDATED, false },
	{ "imei", CELL_IMEI, false },
	{ "meid", CELL_MEID, false },
	{ "eid", CELL_EID, false },
	{ "wifi_mac", CELL_WIFI_MAC, false },
	{ "bluetooth_mac", CELL_BLUETOOTH_MAC, false },
	{ "ethernet_mac", CELL_ETHERNET_MAC, false },
	{ "migration_capable", CELL_MIGRATION_CAPABLE, false },
	{ "migration_status", CELL_MIGRATION_STATUS, false },
	{ "migration_deadline", CELL_MIGRATION_DEADLINE, false },
	{ "listed", LISTED, false },
	{ "profile", CELL_PROFILE, false },
	{ "listed_as", CELL_LISTED_AS, false },
	{ INVENTORY_HEADER, INVENTORY, false },
	{ SERVER_ID_HEADER, SERVER_ID, false },
	{ INVENTORY_DEVICES_HEADER, DEVICES, false },
	{ "profile_status", CELL_PROFILE_STATUS, true },
	{ "enrollment_status", CELL_ENROLLMENT_STATUS, true },
	{ "user", CELL_USER, true },
	{ "ownership", CELL_OWNERSHIP, true },
	{ "last_seen", CELL_LAST_SEEN, true },
	{ "coverage", CELL_COVERAGE, true },
	{ "coverage_end", CELL_COVERAGE_END, true },
	{ "coverage_kind", CELL_COVERAGE_KIND, true },
};
enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

struct exporting {
	const struct survey *survey;
	struct survey_rows rows;
	bool detail;
	uint64_t n;
	char devices[24]; /* n as text */
};

static struct str cell_of(const struct exporting *e, const struct survey_device *d, int cell)
{
	switch (cell) {
	case SERVER_NAME:
		return fleet_server_name(&e->survey->session->fleet, d->server);
	case STATUS_SHOWN:
		return d->status;
	case SERVER_ID:
		return d->server == SERVER_NONE
			       ? STR_NONE
			       : fleet_server_id(&e->survey->session->fleet, d->server);
	case LISTED:
		if (!e->survey->session->settings->has_uem)
			return STR_NONE;
		if (!d->listed && e->survey->partial[STAGE_UEM])
			return STR("unknown");
		return d->listed ? STR("yes") : STR("no");
	case INVENTORY:
		return survey_is_whole(e->survey) ? STR("whole") : STR(INVENTORY_PARTIAL);
	case DEVICES:
		return str_from(e->devices);
	default:
		return d->cells[cell];
	}
}

static enum errc put_device(void *self, const struct survey_device *d, struct err *err)
{
	struct exporting *e = self;
	struct str cells[1 + N_COLUMNS] = { d->serial };
	size_t n = 1;

	(void)err;
	for (size_t k = 0; k < N_COLUMNS; k++)
		if (!columns[k].detail || e->detail)
			cells[n++] = cell_of(e, d, columns[k].cell);
	rows_put(&e->rows, cells);
	return ERR_OK;
}

static enum errc count_device(void *self, const struct survey_device *d, struct err *err)
{
	struct exporting *e = self;

	(void)d;
	(void)err;
	e->n++;
	return ERR_OK;
}

enum errc survey_export(
	struct survey *s, const struct survey_options *opt, uint64_t *ret_n, struct err *err)
{
	struct exporting e = { .survey = s, .detail = opt->detail };
	const char *headers[1 + N_COLUMNS] = { "serial" };
	uint64_t n = 1;
	enum errc rc;

	for (size_t k = 0; k < N_COLUMNS; k++)
		if (!columns[k].detail || opt->detail)
			headers[n++] = columns[k].header;
	rc = survey_each(s, count_device, &e, err);
	if (rc)
		return rc;
	(void)snprintf(e.devices, sizeof(e.devices), "%" PRIu64, e.n);
	rows_begin(&e.rows, opt, headers, n);
	rc = survey_each(s, put_device, &e, err);
	n = rows_end(&e.rows);
	if (!rc)
		*ret_n = n;
	return rc;
}
