#include "sim/apple.h"

const struct route apple_routes[] = {
	{ "POST", "/auth/oauth2/token", apple_token, true, 0 },
	{ "POST", "/auth/oauth2/v2/token", apple_token, true, 0 },
	{ "GET", "/v1/orgDevices", apple_devices, false, 0 },
	{ "GET", "/v1/orgDevices/{}", apple_device, false, 0 },
	{ "GET", "/v1/orgDevices/{}/assignedServer", apple_device_server, false, 0 },
	{ "GET", "/v1/orgDevices/{}/relationships/assignedServer", apple_device_server_link, false,
		0 },
	{ "GET", "/v1/mdmServers", apple_servers, false, 0 },
	{ "GET", "/v1/mdmServers/{}", apple_server, false, 0 },
	{ "POST", "/v1/mdmServers", apple_server_post, false, 0 },
	{ "PATCH", "/v1/mdmServers/{}", apple_server_patch, false, 0 },
	{ "DELETE", "/v1/mdmServers/{}", apple_server_delete, false, 0 },
	{ "GET", "/v1/auditEvents", apple_events, false, 0 },
	{ "GET", "/v1/orgDevices/{}/appleCareCoverage", apple_coverage, false, 0 },
	{ "GET", "/v1/mdmServers/{}/devices", apple_server_related, false, 0 },
	{ "GET", "/v1/mdmServers/{}/relationships/devices", apple_server_devices, false, 0 },
	{ "POST", "/v1/orgDeviceActivities", apple_activity_post, false, 0 },
	{ "GET", "/v1/orgDeviceActivities/{}", apple_activity_get, false, 0 },
	{ "GET", "/store/{}", apple_activity_log, true, 0 },
	{ .path = NULL },
};
