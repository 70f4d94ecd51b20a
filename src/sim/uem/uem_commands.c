/*
 * Commands to enrolled devices (services/README.md UEM C.4).
 */
#include "sim/uem/uem_managed.h"
#include "sim/world/record.h"

static const struct device_command {
	const char *name;
	const char *pending; /* status it leads to; NULL: none */
} commands[] = {
	{ "DeviceWipe", WIPE_PENDING },
	{ "EnterpriseWipe", "EnterpriseWipePending" },
	{ "LockDevice", NULL },
	{ "SoftReset", NULL },
	{ "Shutdown", NULL },
	{ "ScheduleOsUpdate", NULL },
	{ "Lock", NULL },
	{ "ClearPasscode", NULL },
	{ "DeviceQuery", NULL },
	{ "SyncDevice", NULL },
	{ "CustomMdmCommand", NULL },
};

/* NULL, and 400 {5102}, for what is not offered. */
static const struct device_command *read_command(struct call *c, struct str name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_eq_nocase(name, str_from(commands[i].name)))
			return &commands[i];
	sim_uem_error(c, 400, 5102, "The command '%.*s' is not supported", STR_FMT(name));
	return NULL;
}

static void send(struct sim *s, const struct device_command *command, int64_t id)
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
static void command_one(struct call *c, const struct device_command *command, int64_t id)
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
	const struct device_command *command = read_command(
		c, pairs_get_nocase(&c->query, "command"));
	int64_t id = sim_managed_find(c->sim, BY_DEVICE_ID, c->part[0]);

	if (command && id == SQL_NULL)
		sim_uem_error(c, 404, 5002, "Device not found");
	command_one(c, command, id);
}

void sim_uem_command_found(struct call *c)
{
	const struct device_command *command = read_command(
		c, pairs_get_nocase(&c->query, "command"));
	struct managed_search search;

	if (command && sim_managed_search(c, "", &search))
		command_one(c, command, sim_managed_one(c, &search));
}
