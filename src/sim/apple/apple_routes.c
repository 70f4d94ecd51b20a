#include "sim/apple/apple.h"

const struct route sim_apple_routes[] = {
	{ "POST", "/auth/oauth2/token", sim_apple_token, true, 0 },
	{ "POST", "/auth/oauth2/v2/token", sim_apple_token, true, 0 },
	{ "GET", "/v1/orgDevices", sim_apple_devices, false, 0 },
	{ "GET", "/v1/orgDevices/{}", sim_apple_device, false, 0 },
	{ "GET", "/v1/orgDevices/{}/assignedServer", sim_apple_device_server, false, 0 },
	{ "GET", "/v1/orgDevices/{}/relationships/assignedServer", sim_apple_device_server_link,
		false, 0 },
	{ "GET", "/v1/mdmServers", sim_apple_servers, false, 0 },
	{ "GET", "/v1/mdmServers/{}", sim_apple_server, false, 0 },
	{ "POST", "/v1/mdmServers", sim_apple_server_post, false, 0 },
	{ "PATCH", "/v1/mdmServers/{}", sim_apple_server_patch, false, 0 },
	{ "DELETE", "/v1/mdmServers/{}", sim_apple_server_delete, false, 0 },
	{ "GET", "/v1/auditEvents", sim_apple_events, false, 0 },
	{ "GET", "/v1/orgDevices/{}/appleCareCoverage", sim_apple_coverage, false, 0 },
	{ "GET", "/v1/mdmServers/{}/devices", sim_apple_server_related, false, 0 },
	{ "GET", "/v1/mdmServers/{}/relationships/devices", sim_apple_server_devices, false, 0 },
	{ "POST", "/v1/orgDeviceActivities", sim_apple_activity_post, false, 0 },
	{ "GET", "/v1/orgDeviceActivities/{}", sim_apple_activity_get, false, 0 },
	{ "GET", "/store/{}", sim_apple_activity_log, true, 0 },
	{ .path = NULL },
};
