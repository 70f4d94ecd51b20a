#include "sim/dep.h"

const struct route dep_routes[] = {
	{ "GET", "/session", dep_session, true, 0 },
	{ "GET", "/account", dep_account, false, 0 },
	{ "POST", "/server/devices", dep_fetch, false, 0 },
	{ "POST", "/devices/sync", dep_sync, false, 0 },
	{ "POST", "/devices", dep_details, false, 0 },
	{ "POST", "/devices/disown", dep_disown, false, 0 },
	{ "POST", "/device/activationlock", dep_lock, false, 0 },
	{ "POST", "/profile", dep_profile_define, false, 0 },
	{ "GET", "/profile", dep_profile_get, false, 0 },
	{ "POST", "/profile/devices", dep_profile_assign, false, 0 },
	{ "PUT", "/profile/devices", dep_profile_assign, false, 0 },
	{ "DELETE", "/profile/devices", dep_profile_remove, false, 0 },
	{ .path = NULL },
};
