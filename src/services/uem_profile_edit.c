/*
 * One flag of a profile changed, everything else sent back as it came (services/README.md UEM B2,
 * B3, H.20).
 *
 * The text is spliced instead of being written anew: numbers, unknown members and their order stay
 * as they are. It went through json_parse() before, so the scan below meets well-formed JSON only.
 */
#include "services/uem_survey.h"
#include "services/uem_wire.h"
#include "services/wire.h"

void uem_profile_request(
	const struct uem_service *s, struct str profile_uuid, struct http_request *ret)
{
	const struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = "/mdm/dep/profiles/*",
		.ids = &profile_uuid,
		.version = 1,
	};

	uem_call(s, &call, ret);
}

static size_t skip_blank(struct str s, size_t at)
{
	while (at < s.n &&
		(s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r' || s.p[at] == '\n'))
		at++;
	return at;
}

/* From the opening quote to behind the closing one. */
static size_t skip_string(struct str s, size_t at)
{
	for (at++; at < s.n && s.p[at] != '"'; at++)
		if (s.p[at] == '\\')
			at++;
	return at < s.n ? at + 1 : s.n;
}

/* To the comma or bracket that ends the value. */
static size_t skip_value(struct str s, size_t at)
{
	size_t depth = 0;

	while (at < s.n) {
		char c = s.p[at];

		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return at;
		if (c == '"') {
			at = skip_string(s, at);
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		at++;
	}
	return at;
}

/* Where the value of the root's member stands; false when no member is written exactly so. */
static bool find_value(struct str s, struct str name, size_t *ret_from, size_t *ret_to)
{
	size_t at = skip_blank(s, 0);

	while (at < s.n && s.p[at] != '}') {
		size_t name_from = skip_blank(s, at + 1), name_to, from, to;

		if (name_from >= s.n || s.p[name_from] != '"')
			return false;
		name_to = skip_string(s, name_from);
		from = skip_blank(s, skip_blank(s, name_to) + 1);
		to = skip_value(s, from);
		if (str_eq(str_sub(s, name_from + 1, name_to - name_from - 2), name)) {
			*ret_from = from;
			*ret_to = to;
			return true;
		}
		at = to;
	}
	return false;
}

/* Absent, null, empty or 0. */
static bool is_blank(const struct json *v)
{
	return json_is_null(v) || (json_is_string(v) && json_text(v).n == 0) ||
	       wire_int(v, -1) == 0;
}

static enum errc check_profile(const struct json *root, const char *flag, struct err *err)
{
	static const char *const account[] = { "AccountType", "UserName", "FullName", "Password" };

	if (wire_flag(json_get(root, flag)) < 0)
		return err_set(err, ERR_PROTOCOL, "UEM's profile has no flag %s", flag);
	for (size_t i = 0; i < sizeof(account) / sizeof(*account); i++)
		if (!is_blank(wire_member(root, account[i])))
			return err_set(err, ERR_REFUSED,
				"the profile creates a local administrator (%s is set), whose "
				"password a change from here could blank: change %s in the console",
				account[i], flag);
	return ERR_OK;
}

enum errc uem_profile_flag_request(const struct uem_service *s, struct str profile_uuid,
	struct str profile_json, const char *flag, bool value, struct http_request *ret,
	struct err *err)
{
	const struct uem_call call = {
		.cls = HTTP_CHANGE,
		.method = "PUT",
		.path = "/mdm/dep/profiles/*",
		.ids = &profile_uuid,
		.version = 1,
	};
	struct json *root = NULL;
	size_t from, to;
	enum errc rc = json_parse(&root, profile_json, err);

	if (!rc)
		rc = check_profile(root, flag, err);
	json_free(root);
	if (rc)
		return rc;
	profile_json = str_after_bom(profile_json);
	if (!find_value(profile_json, str_from(flag), &from, &to))
		return err_set(err, ERR_PROTOCOL, "UEM's profile spells %s in another way", flag);
	uem_call(s, &call, ret);
	buf_str(&ret->body, str_sub(profile_json, 0, from));
	buf_z(&ret->body, value ? "true" : "false");
	buf_str(&ret->body, str_sub(profile_json, to, profile_json.n - to));
	return ERR_OK;
}
