/*
 * AppleCare coverage: what a device of the fleet is said to have, else a warranty from its order on
 * (services/README.md Apple A.10).
 */
#include "sim/apple/apple.h"

#define YEAR_MS ((int64_t)365 * 24 * 3600 * 1000)

static const char *const names[] = { "agreementNumber", "contractCancelDateTime", "description",
	"endDateTime", "isCanceled", "isRenewable", "paymentType", "startDateTime", "status",
	NULL };

struct contract {
	struct str status, kind; /* kind: in the arena */
	int64_t start, end;
	bool bought, canceled;
};

/* What the fleet says, whatever its date; else by the dates. */
static struct str status_of(struct call *c, const struct contract *v, struct str said)
{
	bool runs = v->start <= c->sim->now && (v->end == SQL_NULL || v->end > c->sim->now);

	if (knob_has(c->sim, KNOB_APPLE_COVERAGE_ODD, c->part[0]))
		return STR("UNHEARD_OF");
	if (said.n)
		runs = str_eq(said, STR("active"));
	return runs && !v->canceled ? STR("ACTIVE") : STR("INACTIVE");
}

/* False: nothing covers the device. Of a fleet that does not tell, the warranty runs from the order
 * on. */
static bool find_contract(struct call *c, int64_t device, struct contract *ret)
{
	struct sim *s = c->sim;
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT v.state, v.ends, v.kind, u.ordered FROM device d JOIN purchase u ON "
		      "u.id=d.purchase LEFT JOIN coverage v ON v.device=d.id WHERE d.id=?"),
		sql_i(device));
	struct str state, kind;
	int64_t ordered, warranty = knob(s, KNOB_APPLE_WARRANTY);

	if (!sql_next(&s->sql, st))
		return false;
	state = arena_dup(&s->arena, db_col_str(st, 0));
	kind = arena_dup(&s->arena, db_col_str(st, 2));
	*ret = (struct contract){ .end = sql_col(st, 1), .bought = kind.n > 0 };
	ordered = sql_col(st, 3);
	db_reset(st);
	if (state.n == 0 && ordered != SQL_NULL && warranty) {
		ret->start = ordered;
		ret->end = ordered + warranty;
	} else if (state.n == 0 || str_eq(state, STR("none"))) {
		return false;
	} else {
		ret->start = (ret->end == SQL_NULL ? s->now : ret->end) - YEAR_MS;
	}
	ret->kind = kind.n ? kind : STR("Limited Warranty");
	ret->canceled = knob_has(s, KNOB_APPLE_COVERAGE_CANCELED, c->part[0]);
	ret->status = status_of(c, ret, state);
	return true;
}

static void put_attributes(
	struct call *c, struct json_out *o, const struct contract *v, const struct fieldset *f)
{
	json_obj(o, "attributes");
	if (fieldset_has(f, "status", true))
		json_put_str(o, "status", v->status);
	if (fieldset_has(f, "description", true))
		json_put_str(o, "description", v->kind);
	if (fieldset_has(f, "startDateTime", true))
		sim_apple_time(c, o, "startDateTime", v->start);
	if (fieldset_has(f, "endDateTime", true))
		sim_apple_time(c, o, "endDateTime", v->end);
	if (fieldset_has(f, "isCanceled", true))
		json_put_bool(o, "isCanceled", v->canceled);
	if (fieldset_has(f, "isRenewable", true))
		json_put_bool(o, "isRenewable", v->end == SQL_NULL);
	if (fieldset_has(f, "contractCancelDateTime", true))
		sim_apple_time(c, o, "contractCancelDateTime", v->canceled ? v->start : SQL_NULL);
	if (fieldset_has(f, "agreementNumber", true))
		json_put_null(o, "agreementNumber");
	if (fieldset_has(f, "paymentType", true))
		json_put_z(o, "paymentType",
			!v->bought           ? "NONE"
			: v->end == SQL_NULL ? "SUBSCRIPTION"
					     : "PAID_UP_FRONT");
	if (knob(c->sim, KNOB_APPLE_EXTRA))
		json_put_z(o, "somethingNew", "UNHEARD_OF");
	json_obj_end(o);
}

static void put_all(struct call *c, const struct contract *v, const struct cursor_page *page,
	const struct fieldset *fields)
{
	struct json_out o;

	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	json_arr(&o, "data");
	if (v) {
		json_obj(&o, NULL);
		json_put_z(&o, "type", "appleCareCoverage");
		json_put_str(&o, "id", v->bought ? STR("0000000001") : c->part[0]);
		put_attributes(c, &o, v, fields);
		json_obj_end(&o);
	}
	json_arr_end(&o);
	cursor_page_end(c, &o, page, 0, v ? 1 : 0, true);
	json_obj_end(&o);
}

/* One device a call. */
void sim_apple_coverage(struct call *c)
{
	enum { EMPTY, NOT_FOUND };
	struct fieldset fields;
	struct cursor_page page;
	struct contract v;
	int64_t device;
	bool covered;

	if (knob(c->sim, KNOB_APPLE_COVERAGE)) {
		sim_apple_error(c, 403, "FORBIDDEN_ERROR", NULL,
			"The role of this account may not view coverage");
		return;
	}
	if (!fieldset_read(c, "appleCareCoverage", names, &fields) || !cursor_page_read(c, &page))
		return;
	device = sql_int(&c->sim->sql, sql_z("SELECT id FROM device WHERE serial=? AND gone=0"),
		sql_s(c->part[0]));
	covered = device != SQL_NULL && find_contract(c, device, &v);
	if (device == SQL_NULL || (!covered && knob(c->sim, KNOB_APPLE_NO_COVERAGE) == NOT_FOUND))
		sim_apple_not_found(
			c, device == SQL_NULL ? "orgDevices" : "appleCareCoverage", c->part[0]);
	else
		put_all(c, covered ? &v : NULL, &page, &fields);
}
