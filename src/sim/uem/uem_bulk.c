/*
 * Many devices at once, and taking records away (services/README.md UEM C.1, C.3).
 */
#include "sim/uem/uem_managed.h"
#include "sim/world/record.h"

enum { CLASS_WIPES = -1 }; /* of table hit */
#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* What a bulk call did; arrays have room for every value. */
struct bulk {
	struct str *items;
	int64_t *codes;
	size_t n_accepted, n_faults;
};

/* --- bodies --- */

/* BulkValues.Value of a body: items handed out one by one as text. Caller frees *ret_root; NULL
 * (and 422 {5003}) when there are none. */
static const struct json *sim_bulk_values(struct call *c, struct json **ret_root)
{
	const struct json *list = NULL;
	struct err err;

	*ret_root = NULL;
	if (json_parse(ret_root, c->req->body, &err) != ERR_OK)
		*ret_root = NULL;
	list = json_path(*ret_root, "BulkValues.Value");
	if (json_is_array(list) && json_first(list))
		return list;
	sim_uem_error(c, 422, 5003, "The body has no BulkValues");
	return NULL;
}

static struct str sim_bulk_text(struct sim *s, const struct json *value)
{
	int64_t number;

	if (json_is_string(value))
		return str_trim(json_text(value));
	return json_int(value, &number) ? sim_number_text(s, number) : STR("");
}

/* --- look-up of many --- */

static bool put_found(struct call *c, struct json_out *o, enum managed_by by, struct str id)
{
	int64_t found = sim_managed_find(c->sim, by, id);
	bool all = by == BY_SERIAL && knob(c->sim, KNOB_UEM_BULK_RECORDS), any = false;
	struct db_stmt *st = sql_query(&c->sim->sql,
		sql_z(MANAGED_SELECT
			"WHERE m.id=?1 OR (?2 AND m.serial=upper(?3)) ORDER BY m.id DESC"),
		sql_i(found), sql_i(all), sql_s(id));

	while (found != SQL_NULL && sql_next(&c->sim->sql, st)) {
		sim_managed_put(c->sim, o, st);
		any = true;
	}
	db_reset(st);
	return any;
}

/* Whether one unknown value fails them all is not known: both can be had (services/README.md UEM
 * C.1). */
void sim_uem_devices_many(struct call *c)
{
	bool fails = !knob(c->sim, KNOB_UEM_BULK_UNKNOWN), missing = false;
	struct managed_search search;
	const struct json *values;
	struct json *root;
	struct json_out o;

	if (!sim_managed_search(c, "DeviceId", &search))
		return;
	values = sim_bulk_values(c, &root);
	if (values) {
		sim_uem_object(c, &o);
		json_arr(&o, "Devices");
		for (const struct json *v = json_first(values); v; v = json_next(v))
			missing |= !put_found(c, &o, search.by, sim_bulk_text(c->sim, v));
		json_arr_end(&o);
		json_obj_end(&o);
		if (missing && fails)
			sim_uem_error(c, 404, 5002, "One or more devices were not found");
	}
	json_free(root);
}

/* --- deletes --- */

/* False: so many deletes and wipes were asked for within 24 h that an administrator has to
 * approve this one (services/README.md UEM H.18). */
bool sim_wipe_allowed(struct sim *s)
{
	int64_t threshold = knob(s, KNOB_UEM_WIPE_THRESHOLD);

	if (!threshold)
		return true;
	sql_run(&s->sql, sql_z("DELETE FROM hit WHERE class=? AND at<=?"), sql_i(CLASS_WIPES),
		sql_i(s->now - DAY_MS));
	if (sql_int(&s->sql, sql_z("SELECT count(*) FROM hit WHERE class=?"), sql_i(CLASS_WIPES)) >=
		threshold)
		return false;
	sql_run(&s->sql, sql_z("INSERT INTO hit(class, at) VALUES(?,?)"), sql_i(CLASS_WIPES),
		sql_i(s->now));
	return true;
}

void sim_wipe_held(struct call *c)
{
	sim_uem_error(c, 403, 403,
		"The wipe threshold is reached; the command is on hold until an administrator "
		"approves");
}

static void delete_one(struct call *c, int64_t id, int status)
{
	if (id == SQL_NULL)
		return;
	if (!sim_wipe_allowed(c->sim)) {
		sim_wipe_held(c);
		return;
	}
	record_delete(c->sim, id);
	c->rep->status = status;
}

void sim_uem_device_delete(struct call *c)
{
	int64_t id = sim_managed_find(c->sim, BY_DEVICE_ID, c->part[0]);

	if (id == SQL_NULL)
		sim_uem_error(c, 404, 5002, "Device not found");
	delete_one(c, id, 200);
}

void sim_uem_device_delete_found(struct call *c)
{
	struct managed_search search;

	if (sim_managed_search(c, "", &search))
		delete_one(c, sim_managed_one(c, &search), 204);
}

/* --- BulkResponse --- */

/* The list of faults comes in three shapes (services/README.md UEM H.17). */
static void sim_bulk_reply(struct call *c, const struct bulk *b)
{
	enum { SHAPE_FAULTS, SHAPE_FAULT, SHAPE_SINGLE };
	int64_t shape = knob(c->sim, KNOB_UEM_FAULTS);
	size_t n = shape == SHAPE_SINGLE && b->n_faults > 1 ? 1 : b->n_faults;
	struct json_out o;

	/* 400 when none was accepted (services/README.md UEM C.3). */
	c->rep->status = b->n_accepted ? c->rep->status : 400;
	sim_uem_object(c, &o);
	json_put_int(&o, "TotalItems", (int64_t)(b->n_accepted + b->n_faults));
	json_put_int(&o, "AcceptedItems", (int64_t)b->n_accepted);
	json_put_int(&o, "FailedItems", (int64_t)b->n_faults);
	json_obj(&o, "Faults");
	if (shape != SHAPE_SINGLE)
		json_arr(&o, shape == SHAPE_FAULTS ? "Faults" : "Fault");
	for (size_t i = 0; i < n; i++) {
		json_obj(&o, shape == SHAPE_SINGLE ? "Fault" : NULL);
		json_put_int(&o, "ErrorCode", b->codes[i]);
		json_put_str(&o, "ItemValue", b->items[i]);
		json_put_z(&o, "Message", "Device not found, or not fit for the command");
		json_obj_end(&o);
	}
	if (shape != SHAPE_SINGLE)
		json_arr_end(&o);
	json_obj_end(&o);
	json_obj_end(&o);
}

/* False, and 403, when there are more than the tenant's cap. */
static bool sim_bulk_fits(struct call *c, const struct json *values)
{
	int64_t cap = knob(c->sim, KNOB_UEM_BULK_CAP);

	if (json_count(values) <= (size_t)cap)
		return true;
	sim_uem_error(
		c, 403, 403, "More devices than the bulk setting of %lld allows", (long long)cap);
	return false;
}

static void sim_bulk_init(struct sim *s, const struct json *values, struct bulk *ret)
{
	size_t n = json_count(values);

	*ret = (struct bulk){ .items = arena_alloc(&s->arena, n * sizeof(*ret->items)),
		.codes = arena_alloc(&s->arena, n * sizeof(*ret->codes)) };
}

static void sim_bulk_fault(struct bulk *b, struct str item, int64_t code)
{
	b->items[b->n_faults] = item;
	b->codes[b->n_faults++] = code;
}

static void delete_many(struct call *c, const struct json *values, enum managed_by by)
{
	struct bulk bulk;
	int64_t nth = 0;

	sim_bulk_init(c->sim, values, &bulk);
	for (const struct json *v = json_first(values); v; v = json_next(v)) {
		struct str item = sim_bulk_text(c->sim, v);
		int64_t id = sim_managed_find(c->sim, by, item);
		bool refused = ++nth == knob(c->sim, KNOB_UEM_BULK_REFUSES);

		if (id == SQL_NULL || refused) {
			sim_bulk_fault(&bulk, item, refused ? 400 : 5002);
			continue;
		}
		if (!sim_wipe_allowed(c->sim)) {
			sim_wipe_held(c);
			return;
		}
		record_delete(c->sim, id);
		bulk.n_accepted++;
	}
	sim_bulk_reply(c, &bulk);
}

void sim_uem_devices_delete(struct call *c)
{
	struct managed_search search;
	const struct json *values;
	struct json *root;

	if (!sim_managed_search(c, "DeviceId", &search))
		return;
	values = sim_bulk_values(c, &root);
	if (values && sim_bulk_fits(c, values))
		delete_many(c, values, search.by);
	json_free(root);
}

void sim_uem_bulk_settings(struct call *c)
{
	static const char *const names[] = { "SendMessage", "EnterpriseWipe", "DeleteDevice", "GPS",
		"LockDevice" };
	int64_t told = knob(c->sim, KNOB_UEM_BULK_SAYS);
	struct json_out o;

	sim_uem_object(c, &o);
	for (size_t i = 0; i < 5; i++)
		json_put_int(&o, names[i], told ? told : knob(c->sim, KNOB_UEM_BULK_CAP));
	json_obj_end(&o);
}
