#include "sim/uem.h"

/* {"ProductName":..,"ProductVersion":..}: what clients ask to see whether anybody is there. */
void sim_uem_info(struct call *c)
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
	{ "GET", "/api/mdm/dep/profiles/{}/devices", sim_uem_dep_profile_devices, false, 0 },
	{ "PUT", "/api/mdm/dep/profiles/{}/devices/{}", sim_uem_dep_profile_put, false, 0 },
	{ "GET", "/api/mdm/groups/{}/enrollment-tokens", sim_uem_tokens, false, 0 },
	{ "GET", "/api/mdm/groups/{}/enrollment-tokens/{}", sim_uem_token_detail, false, 0 },
	{ "DELETE", "/api/mdm/groups/{}/enrollment-tokens/{}", sim_uem_token_delete, false, 0 },
	{ "GET", "/api/mdm/devices", sim_uem_device, false, 3 },
	{ .path = NULL },
};
