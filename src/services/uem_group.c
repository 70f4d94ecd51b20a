/*
 * Organization groups (services/README.md UEM C.6): everything else asks for their UUID, people
 * know their Group ID.
 */
#include "services/uem_wire.h"
#include "services/wire.h"

enum { GROUPS_VERSION = 2 };

void uem_group_request(
	const struct uem_service *s, struct str group_id, unsigned page, struct http_request *ret)
{
	char numbers[2][UEM_NUMBER_TEXT];
	struct url_pair pairs[3] = { { "groupId", group_id } };
	struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = "/system/groups/search",
		.pairs = pairs,
		.version = GROUPS_VERSION,
	};

	call.n_pairs = uem_page_pairs(pairs, 1, "page", "pagesize", page, numbers);
	uem_call(s, &call, ret);
}

/* The version answered can be lower than the one asked for: v2 says OrganizationGroups, v1
 * LocationGroups, some calls a bare list (services/README.md UEM A.2, C.6, H.33). */
static const struct json *group_list(const struct json *root)
{
	const struct json *list = wire_member(root, "OrganizationGroups");

	if (!list)
		list = wire_member(root, "LocationGroups");
	return list ? list : root;
}

/* The search matches parts of a Group ID, so each hit is compared. Returns how many groups bear it.
 */
static size_t find_group(const struct json *list, struct str group_id, struct str *ret_uuid)
{
	size_t n = 0;

	for (const struct json *g = json_first(list); g; g = json_next(g)) {
		struct str uuid = json_text(wire_member(g, "Uuid"));

		if (!str_eq_nocase(json_text(wire_member(g, "GroupId")), group_id))
			continue;
		if (n > 0 && str_eq_nocase(uuid, *ret_uuid))
			continue;
		*ret_uuid = uuid;
		n++;
	}
	return n;
}

enum errc uem_group_reply(
	const struct http_reply *reply, struct str group_id, struct buf *ret_uuid, struct err *err)
{
	struct json *root = NULL;
	struct str uuid = STR_NONE;
	size_t n;
	enum errc rc = uem_body(reply, &root, err);

	if (rc)
		return rc;
	n = find_group(group_list(root), group_id, &uuid);
	if (n == 0) {
		rc = err_set(err, ERR_NOT_FOUND, "UEM knows no group with the Group ID '%.*s'",
			STR_FMT(group_id));
	} else if (n > 1) {
		rc = err_set(err, ERR_CONFLICT, "UEM has %zu groups with the Group ID '%.*s'", n,
			STR_FMT(group_id));
	} else if (!uem_is_uuid(uuid)) {
		rc = err_set(err, ERR_PROTOCOL, "UEM gave no UUID for the group '%.*s'",
			STR_FMT(group_id));
	} else {
		buf_reset(ret_uuid);
		buf_str(ret_uuid, uuid);
	}
	json_free(root);
	return rc;
}

bool uem_is_uuid(struct str text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (text.n != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = ascii_lower(text.p[i]);
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

		if (shape[i] == '-' ? c != '-' : !hex)
			return false;
	}
	return true;
}
