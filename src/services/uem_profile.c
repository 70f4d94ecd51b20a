/*
 * Enrollment profiles, and giving them to devices (services/README.md UEM B1, B8, B.3, B.4).
 */
#include "services/uem_wire.h"
#include "services/wire.h"

void uem_profiles_request(
	const struct uem_service *s, struct str group_uuid, unsigned page, struct http_request *ret)
{
	char numbers[2][UEM_NUMBER_TEXT];
	struct url_pair pairs[3] = { { "OrganizationGroupUuid", group_uuid } };
	struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = "/mdm/dep/profiles/search",
		.pairs = pairs,
		.version = 1,
	};

	/* No OrderBy and no SortOrder: their meanings are exchanged (services/README.md UEM B.1).
	 */
	call.n_pairs = uem_page_pairs(pairs, 1, "Page", "PageSize", page, numbers);
	uem_call(s, &call, ret);
}

/* A sync gives the profile away by itself when any of the defaults is on. */
static int auto_assign(const struct json *profile)
{
	static const char *const names[] = { "AutoAssignDefaultProfile",
		"AssignProfileAsDefaultForIos", "AssignProfileAsDefaultForMacos",
		"AssignProfileAsDefaultForTvOs", "AssignProfileAsDefaultForVisionOs" };
	int all = -1;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int one = wire_flag(wire_member(profile, names[i]));

		all = one > all ? one : all;
	}
	return all;
}

enum errc uem_profile_decode(const struct json *element, struct uem_profile *ret, struct err *err)
{
	const struct json *group = wire_member(element, "DeviceLocationGroupId");

	if (!json_is_object(element))
		return err_set(err, ERR_PROTOCOL, "UEM's profile list holds something else");
	*ret = (struct uem_profile){
		.name = wire_text(wire_member(element, "ProfileName")),
		.uuid = wire_text(wire_member(element, "uuid")),
		.apple_id = wire_text(wire_member(element, "profile_identifier")),
		.enrollment_user = wire_text(wire_member(element, "EnrollmentUsername")),
		.device_group = wire_int(group, json_is_null(group) ? -1 : FLAG_ODD),
		.custom_prompt = wire_flag(wire_member(element, "CustomPromptRequired")),
		.auto_assign = auto_assign(element),
	};
	return ERR_OK;
}

void uem_profile_device_request(const struct uem_service *s, struct str profile_uuid,
	struct str serial, bool unassign, struct http_request *ret)
{
	const struct str ids[] = { profile_uuid, serial };
	const struct url_pair pairs[] = { { "action",
		unassign ? STR("Unassign") : STR("Assign") } };
	const struct uem_call call = {
		.cls = HTTP_CHANGE,
		.method = "PUT",
		.path = "/mdm/dep/profiles/*/devices/*",
		.ids = ids,
		.pairs = pairs,
		.n_pairs = 1,
		.version = 1,
	};

	uem_call(s, &call, ret);
}
