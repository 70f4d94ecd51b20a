/*
 * The list of devices Apple gave to a group's server token, and asking for a fresh one
 * (services/README.md UEM B6, B7, B.2).
 */
#include "services/uem_wire.h"
#include "services/wire.h"

/* One array with every device of the token: the slowest read there is (services/README.md UEM D,
 * H.3). */
enum { LIST_TIMEOUT_MS = 180 * 1000 };

void uem_dep_list_request(
	const struct uem_service *s, struct str group_uuid, struct http_request *ret)
{
	const struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = "/mdm/dep/groups/*/devices",
		.ids = &group_uuid,
		.version = 1,
	};

	uem_call(s, &call, ret);
	ret->timeout_ms = LIST_TIMEOUT_MS;
}

enum errc uem_dep_device_decode(
	const struct json *element, struct uem_dep_device *ret, struct err *err)
{
	if (!json_is_object(element))
		return err_set(
			err, ERR_PROTOCOL, "UEM's DEP list holds something else than devices");
	/* A row without a serial is kept: one broken record must not hide the others. */
	*ret = (struct uem_dep_device){
		.serial = wire_text(wire_member(element, "deviceSerialNumber")),
		.profile_uuid = wire_text(wire_member(element, "profileUuid")),
		.profile_name = wire_text(wire_member(element, "profileName")),
		.enrollment_status = wire_enum(wire_member(element, "enrollmentStatus"), NULL),
	};
	return ERR_OK;
}

void uem_sync_request(
	const struct uem_service *s, struct str group_uuid, bool fetch, struct http_request *ret)
{
	const struct url_pair pairs[] = { { "action", fetch ? STR("Fetch") : STR("Sync") } };
	const struct uem_call call = {
		.cls = HTTP_TRIGGER,
		.method = "PUT",
		.path = "/mdm/dep/groups/*/devices",
		.ids = &group_uuid,
		.pairs = pairs,
		.n_pairs = 1,
		.version = 1,
	};

	uem_call(s, &call, ret);
}
