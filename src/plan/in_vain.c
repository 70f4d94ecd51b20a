/*
 * What Apple said it carried out, without a change of the device, in so many runs in a row is not
 * sent again until a person says so.
 */
#include <string.h>

#include "model/allowance.h"
#include "plan/plan_parts.h"

enum { IN_VAIN = 2 };

/* The server that the step's request would name. */
static uint32_t server_of(
	const struct fleet *f, uint32_t slot, const struct work_step *s, uint32_t home)
{
	uint32_t server = SERVER_NONE;

	if (s->kind == STEP_CANCEL_MIGRATION)
		return SERVER_NONE;
	if (!step_info(s->kind)->takes_off)
		return s->to_home ? home : s->server;
	(void)fleet_server_of(f, slot, &server);
	return server;
}

enum errc plan_in_vain(struct plan *p, struct input_row *row, uint32_t slot, const char *results,
	uint32_t home, struct err *err)
{
	const struct facts *facts = p->opt->facts;
	const char *first = strchr(results, RESULT_TODO);
	const struct work_step *s = &plan_program(p, row)->v[first ? first - results : 0];
	const struct step_info *info = step_info(s->kind);
	struct str serial = fleet_serial(facts->fleet, slot);
	int64_t n = 0;
	enum errc rc;

	if (!first || info->service != SERVICE_APPLE || info->irreversible || !facts->store ||
		allowance_names_again(facts->allowed, serial))
		return ERR_OK;
	rc = store_count_vain(facts->store, serial, s->kind,
		fleet_server_id(facts->fleet, server_of(facts->fleet, slot, s, home)), &n, err);
	if (!rc && n >= IN_VAIN)
		plan_settle(p, row, OUTCOME_UNVERIFIED, REASON_APPLE_NO_EFFECT, STR_NONE);
	return rc;
}
