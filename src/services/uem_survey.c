#include "services/uem_survey.h"

#include <inttypes.h>
#include <stdio.h>

#include "services/uem_wire.h"
#include "services/wire.h"

static enum errc need_object(const struct json *v, const char *what, struct err *err)
{
	if (!json_is_object(v))
		return err_set(err, ERR_PROTOCOL, "UEM's %s is no object", what);
	return ERR_OK;
}

static void get_one(const struct uem_service *s, const char *path, struct str id, unsigned version,
	struct http_request *ret)
{
	const struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = path,
		.ids = &id,
		.version = version,
	};

	uem_call(s, &call, ret);
}

static void get_page(const struct uem_service *s, const char *path, struct url_pair first,
	const char *size_name, unsigned page, struct http_request *ret)
{
	char numbers[2][UEM_NUMBER_TEXT];
	struct url_pair pairs[3] = { first };
	struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = path,
		.pairs = pairs,
		.version = 1,
	};

	call.n_pairs = uem_page_pairs(pairs, 1, "page", size_name, page, numbers);
	uem_call(s, &call, ret);
}

/* --- groups --- */

void uem_group_detail_request(const struct uem_service *s, struct str id, struct http_request *ret)
{
	get_one(s, "/system/groups/*", id, uem_is_uuid(id) ? 2 : 1, ret);
}

void uem_group_children_request(
	const struct uem_service *s, struct str id, struct http_request *ret)
{
	get_one(s, "/system/groups/*/children", id, uem_is_uuid(id) ? 2 : 1, ret);
}

enum errc uem_group_decode(const struct json *element, struct uem_group *ret, struct err *err)
{
	enum errc rc = need_object(element, "group", err);

	if (rc)
		return rc;
	*ret = (struct uem_group){
		.uuid = wire_text(wire_member(element, "Uuid")),
		.name = wire_text(wire_member(element, "Name")),
		.group_id = str_trim(wire_text(wire_member(element, "GroupId"))),
		.id = wire_int(wire_member(element, "Id"), -1),
	};
	return ERR_OK;
}

/* --- users --- */

void uem_users_request(
	const struct uem_service *s, struct str username, unsigned page, struct http_request *ret)
{
	get_page(s, "/system/users/search", (struct url_pair){ "username", username }, "pagesize",
		page, ret);
}

enum errc uem_user_decode(const struct json *element, struct uem_user *ret, struct err *err)
{
	enum errc rc = need_object(element, "user", err);

	if (rc)
		return rc;
	*ret = (struct uem_user){
		.name = wire_text(wire_member(element, "UserName")),
		.group_number = wire_int(wire_member(element, "LocationGroupId"), -1),
	};
	return ERR_OK;
}

/* --- apps --- */

void uem_purchased_apps_request(
	const struct uem_service *s, struct str group_uuid, unsigned page, struct http_request *ret)
{
	get_page(s, "/mam/apps/purchased/search",
		(struct url_pair){ "organizationGroupUuid", group_uuid }, "pageSize", page, ret);
}

void uem_public_apps_request(const struct uem_service *s, unsigned page, struct http_request *ret)
{
	get_page(s, "/mam/apps/search", (struct url_pair){ "applicationType", STR("Public") },
		"pageSize", page, ret);
}

/* The list's spelling, else the detail's. */
static const struct json *either(const struct json *v, const char *listed, const char *detailed)
{
	const struct json *found = wire_member(v, listed);

	return found ? found : wire_member(v, detailed);
}

enum errc uem_app_decode(const struct json *element, struct uem_app *ret, struct err *err)
{
	const struct json *licences = wire_member(element, "ManagedDistribution");
	enum errc rc = need_object(element, "app", err);

	if (rc)
		return rc;
	*ret = (struct uem_app){
		.name = wire_text(either(element, "ApplicationName", "name")),
		.bundle_id = wire_text(either(element, "BundleId", "identifier")),
		.uuid = wire_text(wire_member(element, "Uuid")),
		.eligibility = wire_enum(wire_member(licences, "AppLicenseEligibility"), NULL),
	};
	if (ret->eligibility.n == 0)
		ret->eligibility = wire_enum(wire_member(element, "vpp_app_eligibility"), NULL);
	return ERR_OK;
}

void uem_device_apps_request(const struct uem_service *s, int64_t id, struct http_request *ret)
{
	char text[UEM_NUMBER_TEXT];

	(void)snprintf(text, sizeof(text), "%" PRId64, id);
	get_one(s, "/mdm/devices/*/apps", str_from(text), 1, ret);
}

enum errc uem_device_app_decode(
	const struct json *element, struct uem_device_app *ret, struct err *err)
{
	enum errc rc = need_object(element, "device app", err);

	if (rc)
		return rc;
	*ret = (struct uem_device_app){
		.bundle_id = wire_text(either(element, "ApplicationIdentifier", "BundleId")),
		.type = wire_enum(either(element, "Type", "ApplicationType"), NULL),
	};
	return ERR_OK;
}
