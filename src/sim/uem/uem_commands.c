/*
 * Commands to enrolled devices (services/README.md UEM C.4).
 */
#include "sim/uem/uem_managed.h"
#include "sim/world/record.h"

static const struct command {
	const char *name;
	const char *pending; /* status it leads to; NULL: none */
	bool bulk;
} commands[] = {
	{ "DeviceWipe", WIPE_PENDING, false },
	{ "EnterpriseWipe", "EnterpriseWipePending", true },
	{ "LockDevice", NULL, true },
	{ "SoftReset", NULL, true },
	{ "Shutdown", NULL, true },
	{ "ScheduleOsUpdate", NULL, true },
	{ "Lock", NULL, false },
	{ "ClearPasscode", NULL, false },
	{ "DeviceQuery", NULL, false },
	{ "SyncDevice", NULL, false },
	{ "CustomMdmCommand", NULL, false },
};

/* NULL, and 400 {5102}, for what is not offered. */
static const struct command *read_command(struct call *c, struct str name, bool bulk)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_eq_nocase(name, str_from(commands[i].name)) && (!bulk || commands[i].bulk))
			return &commands[i];
	sim_uem_error(c, 400, 5102, "The command '%.*s' is not supported", STR_FMT(name));
	return NULL;
}

static void send(struct sim *s, const struct command *command, int64_t id)
{
	if (command->pending)
		record_wipe(s, id, command->pending);
}

/* A wipe of a record whose wipe is pending is queued behind it, where tenants do that. */
static bool waits_again(struct call *c, int64_t id)
{
	struct effect e = {
		.serial = record_serial(c->sim, id), .what = "wipe-again", .effective = true
	};

	if (!knob(c->sim, KNOB_UEM_WIPE_AGAIN) ||
		sql_int(&c->sim->sql,
			sql_z("SELECT 1 FROM managed WHERE id=? AND status LIKE '%WipePending'"),
			sql_i(id)) != 1)
		return false;
	sql_run(&c->sim->sql, sql_z("UPDATE managed SET wipes=wipes+1 WHERE id=?"), sql_i(id));
	sim_effect(c->sim, &e);
	sim_uem_accepted(c, NULL);
	return true;
}

/* A wipe of what is not enrolled is refused; a queued command is 202 without a body. */
static void command_one(struct call *c, const struct command *command, int64_t id)
{
	if (id == SQL_NULL || !command)
		return;
	if (command->pending && waits_again(c, id))
		return;
	if (!record_enrolled(c->sim, id)) {
		sim_uem_error(c, 400, 400, "The device is not enrolled");
		return;
	}
	if (command->pending && !sim_wipe_allowed(c->sim)) {
		sim_wipe_held(c);
		return;
	}
	send(c->sim, command, id);
	sim_uem_accepted(c, NULL);
}

void sim_uem_command(struct call *c)
{
	const struct command *command = read_command(
		c, pairs_get_nocase(&c->query, "command"), false);
	int64_t id = sim_managed_find(c->sim, BY_DEVICE_ID, c->part[0]);

	if (command && id == SQL_NULL)
		sim_uem_error(c, 404, 5002, "Device not found");
	command_one(c, command, id);
}

void sim_uem_command_found(struct call *c)
{
	const struct command *command = read_command(
		c, pairs_get_nocase(&c->query, "command"), false);
	struct managed_search search;

	if (command && sim_managed_search(c, "", &search))
		command_one(c, command, sim_managed_one(c, &search));
}

void sim_uem_wipe_by_serial(struct call *c)
{
	struct managed_search search = { BY_SERIAL, c->part[0] };

	command_one(c, &commands[0], sim_managed_one(c, &search));
}

static void command_many(struct call *c, const struct command *command, enum managed_by by,
	const struct json *values)
{
	struct bulk bulk;

	sim_bulk_init(c->sim, values, &bulk);
	for (const struct json *v = json_first(values); v; v = json_next(v)) {
		struct str item = sim_bulk_text(c->sim, v);
		int64_t id = sim_managed_find(c->sim, by, item);

		if (id == SQL_NULL || !record_enrolled(c->sim, id)) {
			sim_bulk_fault(&bulk, item, id == SQL_NULL ? 5002 : 400);
			continue;
		}
		if (command->pending && !sim_wipe_allowed(c->sim)) {
			sim_wipe_held(c);
			return;
		}
		send(c->sim, command, id);
		bulk.n_accepted++;
	}
	c->rep->status = 202;
	sim_bulk_reply(c, &bulk);
}

/* There is no bulk DeviceWipe (services/README.md UEM H.19). */
void sim_uem_command_bulk(struct call *c)
{
	const struct command *command = read_command(
		c, pairs_get_nocase(&c->query, "command"), true);
	struct managed_search search;
	const struct json *values;
	struct json *root;

	if (!command || !sim_managed_search(c, "DeviceId", &search))
		return;
	values = sim_bulk_values(c, &root);
	if (values && sim_bulk_fits(c, values))
		command_many(c, command, search.by, values);
	json_free(root);
}

/* Wipes that are on their way (services/README.md UEM C.4). */
void sim_uem_device_wipes(struct call *c)
{
	struct json_out o;
	struct db_stmt *st;
	struct og og;

	if (!sim_uem_group(c, c->part[0], 5054, &og))
		return;
	sim_uem_object(c, &o);
	json_arr(&o, "device_wipes");
	st = sql_query(&c->sim->sql,
		sql_z("SELECT id, serial, status FROM managed WHERE (status LIKE '%WipePending' OR "
		      "wipes>0) AND (og=?1 OR (SELECT parent FROM og WHERE id=?1) IS NULL) ORDER "
		      "BY id"),
		sql_i(og.id));
	while (sql_next(&c->sim->sql, st)) {
		json_obj(&o, NULL);
		json_put_int(&o, "device_id", db_col_int(st, 0));
		json_put_str(&o, "serial_number", db_col_str(st, 1));
		json_put_str(&o, "status", db_col_str(st, 2));
		json_obj_end(&o);
	}
	json_arr_end(&o);
	json_obj_end(&o);
}
