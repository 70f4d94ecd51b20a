#include "sim/uem/uem_managed.h"

/* {"ProductName":..,"ProductVersion":..}: what clients ask to see whether anybody is there. */
static void sim_uem_info(struct call *c)
{
	struct json_out o;

	sim_uem_object(c, &o);
	json_put_z(&o, "ProductName", "Workspace ONE UEM");
	json_put_z(&o, "ProductVersion", "24.10.0.0");
	json_obj_end(&o);
}

const struct route sim_uem_routes[] = {
	{ "POST", "/connect/token", sim_uem_token, true, 0 },
	{ "GET", "/api/system/info", sim_uem_info, false, 0 },
	{ "GET", "/api/system/groups/search", sim_uem_groups_search, false, 2 },
	{ "GET", "/api/mdm/dep/groups/{}/devices", sim_uem_dep_list, false, 0 },
	{ "PUT", "/api/mdm/dep/groups/{}/devices", sim_uem_dep_sync, false, 0 },
	{ "GET", "/api/mdm/dep/profiles/search", sim_uem_profiles_search, false, 0 },
	{ "GET", "/api/mdm/dep/profiles/{}", sim_uem_profile_get, false, 0 },
	{ "PUT", "/api/mdm/dep/profiles/{}/devices/{}", sim_uem_dep_profile_put, false, 0 },
	{ "GET", "/api/mdm/groups/{}/enrollment-tokens", sim_uem_tokens, false, 0 },
	{ "GET", "/api/mdm/groups/{}/enrollment-tokens/{}", sim_uem_token_detail, false, 0 },
	{ "GET", "/api/mdm/devices", sim_uem_device, false, 3 },
	{ "POST", "/api/mdm/devices", sim_uem_devices_many, false, 0 },
	{ "POST", "/api/mdm/devices/id", sim_uem_devices_many, false, 0 },
	{ "DELETE", "/api/mdm/devices", sim_uem_device_delete_found, false, 0 },
	{ "POST", "/api/mdm/devices/bulk", sim_uem_devices_delete, false, 0 },
	{ "GET", "/api/mdm/devices/bulksettings", sim_uem_bulk_settings, false, 0 },
	{ "GET", "/api/mdm/devices/search", sim_uem_devices_search, false, 3 },
	{ "POST", "/api/mdm/devices/commands", sim_uem_command_found, false, 0 },
	{ "GET", "/api/mdm/devices/{}", sim_uem_device_by_id, false, 2 },
	{ "DELETE", "/api/mdm/devices/{}", sim_uem_device_delete, false, 0 },
	{ "GET", "/api/mdm/devices/{}/apps", sim_uem_device_apps, false, 0 },
	{ "POST", "/api/mdm/devices/{}/commands", sim_uem_command, false, 0 },
	{ "PUT", "/api/mdm/dep/profiles/{}", sim_uem_profile_put, false, 0 },
	{ "GET", "/api/system/groups/{}", sim_uem_group_get, false, 2 },
	{ "GET", "/api/system/groups/{}/children", sim_uem_group_children, false, 0 },
	{ "GET", "/api/system/users/search", sim_uem_users, false, 0 },
	{ "GET", "/api/mam/apps/search", sim_uem_apps_public, false, 0 },
	{ "GET", "/api/mam/apps/purchased/search", sim_uem_apps_purchased, false, 0 },
	{ .path = NULL },
};
