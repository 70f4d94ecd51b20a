/*
 * Device records (services/README.md UEM C.1, C.2).
 */
#include "services/uem_wire.h"
#include "services/wire.h"

void uem_device_request(const struct uem_service *s, struct str serial, struct http_request *ret)
{
	const struct url_pair pairs[] = { { "searchby", STR("Serialnumber") }, { "id", serial } };
	const struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = "/mdm/devices",
		.pairs = pairs,
		.n_pairs = 2,
		.version = 1,
	};

	uem_call(s, &call, ret);
}

enum errc uem_device_error(const struct http_reply *reply, struct err *err)
{
	static const int64_t unknown_device[] = { 404, 5002, 5061, 5177 };
	struct uem_error e;
	enum errc rc = uem_reply_error(reply, &e, err);

	if (rc != ERR_NOT_FOUND || reply->body.n == 0)
		return rc;
	for (size_t i = 0; i < sizeof(unknown_device) / sizeof(*unknown_device); i++)
		if (e.code == unknown_device[i])
			return rc;
	return err->code = ERR_REFUSED;
}

/* The flat member of v1, else the nested one of v2. */
static const struct json *either(
	const struct json *device, const char *flat, const char *part, const char *nested)
{
	const struct json *v = wire_member(device, flat);

	return v ? v : wire_member(wire_member(device, part), nested);
}

enum errc uem_device_decode(
	const struct json *element, enum date_order order, struct uem_device *ret, struct err *err)
{
	if (!json_is_object(element))
		return err_set(err, ERR_PROTOCOL, "UEM's device is no object");
	*ret = (struct uem_device){
		.serial = wire_text(wire_member(element, "SerialNumber")),
		.enrollment_status = wire_enum(
			either(element, "EnrollmentStatus", "enrollmentInfo", "enrollmentStatus"),
			NULL),
		.user = wire_text(
			either(element, "UserName", "enrollmentInfo", "enrollmentUserName")),
		.group = wire_text(either(element, "LocationGroupName", "LocationGroupId", "Name")),
		.ownership = wire_enum(wire_member(element, "Ownership"), NULL),
		.id = wire_int(wire_member(element, "Id"), -1),
		.last_seen_ms = wire_happened(wire_time(wire_member(element, "LastSeen"), order)),
		.enrolled_ms = wire_happened(
			wire_time(wire_member(element, "LastEnrolledOn"), order)),
	};
	return ERR_OK;
}
