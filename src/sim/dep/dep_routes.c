#include "sim/dep/dep.h"

const struct route sim_dep_routes[] = {
	{ "GET", "/session", sim_dep_session, true, 0 },
	{ "GET", "/account", sim_dep_account, false, 0 },
	{ "POST", "/server/devices", sim_dep_fetch, false, 0 },
	{ "POST", "/devices/sync", sim_dep_sync, false, 0 },
	{ "POST", "/devices", sim_dep_details, false, 0 },
	{ "POST", "/devices/disown", sim_dep_disown, false, 0 },
	{ "POST", "/device/activationlock", sim_dep_lock, false, 0 },
	{ "POST", "/profile", sim_dep_profile_define, false, 0 },
	{ "GET", "/profile", sim_dep_profile_get, false, 0 },
	{ "POST", "/profile/devices", sim_dep_profile_assign, false, 0 },
	{ "PUT", "/profile/devices", sim_dep_profile_assign, false, 0 },
	{ "DELETE", "/profile/devices", sim_dep_profile_remove, false, 0 },
	{ .path = NULL },
};
