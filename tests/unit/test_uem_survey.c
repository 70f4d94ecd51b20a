#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/uem_survey.h"
#include "unit/services_help.h"

static const struct uem_service uem = { .url = "https://as1234.awmdm.com" };

#define GROUP "3f0c1d52-7c0e-4a0e-9a57-2f0f6a0f1a11"
#define PROFILE "706bd383-26d3-4833-9cad-bff1b0fe045e"

static void read_is(struct http_request *q, const char *url, const char *accept)
{
	assert_int_equal(q->cls, HTTP_READ);
	assert_string_equal(q->method, "GET");
	assert_url(q, url);
	assert_string_equal(header_of(q, "Accept"), accept);
	http_request_release(q);
}

static const char v1[] = "application/json;version=1", v2[] = "application/json;version=2";

static void test_group_requests(void **state)
{
	struct http_request q;

	(void)state;
	uem_group_detail_request(&uem, STR("570"), &q);
	read_is(&q, "https://as1234.awmdm.com/api/system/groups/570", v1);
	uem_group_detail_request(&uem, STR(GROUP), &q);
	read_is(&q, "https://as1234.awmdm.com/api/system/groups/" GROUP, v2);
	uem_group_children_request(&uem, STR("570"), &q);
	read_is(&q, "https://as1234.awmdm.com/api/system/groups/570/children", v1);
}

static void group_is(const char *text, const char *group_id, int64_t id)
{
	struct json *v = json_of(text);
	struct uem_group g;
	struct err err;

	assert_int_equal(uem_group_decode(v, &g, &err), ERR_OK);
	assert_str(g.group_id, group_id);
	assert_int_equal(g.id, id);
	json_free(v);
}

static void test_group_without_group_id(void **state)
{
	struct json *list = json_of("[]");
	struct uem_group g;
	struct err err;

	(void)state;
	group_is("{\"Id\":1112,\"Uuid\":\"" GROUP "\",\"Name\":\"…\",\"GroupId\":\"EMEA\","
		 "\"Users\":\"2\",\"Admins\":\"4\",\"Devices\":\"0\"}",
		"EMEA", 1112);
	group_is("{\"Id\":{\"Value\":570},\"Name\":\"x\",\"ParentLocationGroup\":null}", "", 570);
	group_is("{\"Id\":\"7\",\"GroupId\":\"  \"}", "", 7);
	group_is("{\"GroupId\":null}", "", -1);
	assert_int_equal(uem_group_decode(list, &g, &err), ERR_PROTOCOL);
	json_free(list);
}

static void test_users(void **state)
{
	struct json *v = json_of(
		"{\"Users\":[{\"UserName\":\"jdoe\",\"FirstName\":\"J\",\"Group\":\"EMEA\","
		"\"LocationGroupId\":\"570\",\"OrganizationGroupUuid\":\"" GROUP "\","
		"\"Id\":{\"Value\":9}}],\"Page\":0,\"PageSize\":500,\"Total\":1}");
	struct http_request q;
	struct uem_user u;
	struct err err;

	(void)state;
	assert_int_equal(uem_user_decode(json_first(json_get(v, "Users")), &u, &err), ERR_OK);
	assert_str(u.name, "jdoe");
	assert_int_equal(u.group_number, 570);
	assert_int_equal(uem_user_decode(json_get(v, "Page"), &u, &err), ERR_PROTOCOL);
	uem_users_request(&uem, STR("j doe"), 0, &q);
	read_is(&q,
		"https://as1234.awmdm.com/api/system/users/search?username=j doe"
		"&page=0&pagesize=500",
		v1);
	json_free(v);
}

static void test_app_requests(void **state)
{
	struct http_request q;

	(void)state;
	uem_purchased_apps_request(&uem, STR(GROUP), 1, &q);
	read_is(&q,
		"https://as1234.awmdm.com/api/mam/apps/purchased/search"
		"?organizationGroupUuid=" GROUP "&page=1&pageSize=500",
		v1);
	uem_public_apps_request(&uem, 0, &q);
	read_is(&q,
		"https://as1234.awmdm.com/api/mam/apps/search?applicationType=Public"
		"&page=0&pageSize=500",
		v1);
	uem_device_apps_request(&uem, 1234, &q);
	read_is(&q, "https://as1234.awmdm.com/api/mdm/devices/1234/apps", v1);
}

static void test_apps(void **state)
{
	struct json *listed = json_of(
		"{\"ApplicationName\":\"Pages\",\"BundleId\":\"com.apple.Pages\",\"Platform\":2,"
		"\"Id\":{\"Value\":77},\"Uuid\":\"" PROFILE "\",\"ManagedDistribution\":{"
		"\"Purchased\":55,\"Burned\":3,\"OnHold\":0,\"Available\":52,"
		"\"AppLicenseEligibility\":3},\"Assignments\":[]}");
	struct json *detail = json_of(
		"{\"uuid\":\"" PROFILE "\",\"name\":\"Pages\",\"identifier\":\"com.apple.Pages\","
		"\"vpp_app_eligibility\":\"DeviceAssignable\","
		"\"licenses_summary\":{\"total\":55,\"redeemed\":3}}");
	struct json *other = json_of("[]"), *none = json_of("{}");
	struct uem_app a;
	struct err err;

	(void)state;
	assert_int_equal(uem_app_decode(listed, &a, &err), ERR_OK);
	assert_str(a.name, "Pages");
	assert_str(a.bundle_id, "com.apple.Pages");
	assert_str(a.uuid, PROFILE);
	assert_str(a.eligibility, "3");
	assert_int_equal(uem_app_decode(detail, &a, &err), ERR_OK);
	assert_str(a.name, "Pages");
	assert_str(a.bundle_id, "com.apple.Pages");
	assert_str(a.eligibility, "DeviceAssignable");
	assert_int_equal(uem_app_decode(none, &a, &err), ERR_OK);
	assert_str(a.eligibility, "");
	assert_int_equal(uem_app_decode(other, &a, &err), ERR_PROTOCOL);
	json_free(listed);
	json_free(detail);
	json_free(other);
	json_free(none);
}

static void test_device_apps(void **state)
{
	struct json *v = json_of("[{\"ApplicationName\":\"Pages\",\"ApplicationIdentifier\":"
				 "\"com.apple.Pages\",\"Type\":\"Public\",\"IsManaged\":true},"
				 "{\"Name\":\"X\",\"BundleId\":\"b\",\"ApplicationType\":1}]");
	struct uem_device_app a;
	struct err err;

	(void)state;
	assert_int_equal(uem_device_app_decode(json_first(v), &a, &err), ERR_OK);
	assert_str(a.bundle_id, "com.apple.Pages");
	assert_str(a.type, "Public");
	assert_int_equal(uem_device_app_decode(json_next(json_first(v)), &a, &err), ERR_OK);
	assert_str(a.type, "1");
	assert_int_equal(uem_device_app_decode(v, &a, &err), ERR_PROTOCOL);
	json_free(v);
}

/* --- one profile --- */

static void test_profile_request(void **state)
{
	struct http_request q;

	(void)state;
	uem_profile_request(&uem, STR(PROFILE), &q);
	read_is(&q, "https://as1234.awmdm.com/api/mdm/dep/profiles/" PROFILE, v1);
}

static void put_is(const char *before, bool value, const char *after)
{
	struct err err = { .msg = "" };
	struct http_request q;

	if (uem_profile_flag_request(
		    &uem, STR(PROFILE), str_from(before), "CustomPromptRequired", value, &q, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(q.cls, HTTP_CHANGE);
	assert_string_equal(q.method, "PUT");
	assert_string_equal(q.url, "https://as1234.awmdm.com/api/mdm/dep/profiles/" PROFILE);
	assert_string_equal(header_of(&q, "Content-Type"), "application/json");
	assert_body(&q, after);
	http_request_release(&q);
}

static void put_fails(const char *before, enum errc want)
{
	struct err err = { .msg = "" };
	struct http_request q;

	assert_int_equal(uem_profile_flag_request(&uem, STR(PROFILE), str_from(before),
				 "CustomPromptRequired", false, &q, &err),
		want);
	assert_int_equal(err.code, want);
}

#define ODD \
	"\"x\":{\"CustomPromptRequired\":1.50,\"}\":[\"\\\"]\",{}]},\"big\":12345678901234567890"

/* Everything but the one flag comes back byte for byte, numbers no parser keeps included. */
static void test_uem_H20_unknown_keys_kept(void **state)
{
	(void)state;
	put_is("{" ODD ",\"CustomPromptRequired\":true,\"skip_app_store\":true}", false,
		"{" ODD ",\"CustomPromptRequired\":false,\"skip_app_store\":true}");
	put_is("\xef\xbb\xbf {\r\n \"CustomPromptRequired\" : false\n, \"UserName\":\"\","
	       "\"AccountType\":0,\"Password\":null}\n",
		true,
		" {\r\n \"CustomPromptRequired\" : true, \"UserName\":\"\","
		"\"AccountType\":0,\"Password\":null}\n");
	put_is("{\"a\\\"CustomPromptRequired\":\"\\\\\",\"CustomPromptRequired\":\"true\"}", false,
		"{\"a\\\"CustomPromptRequired\":\"\\\\\",\"CustomPromptRequired\":false}");
	put_is("{\"CustomPromptRequired\":true}", false, "{\"CustomPromptRequired\":false}");
}

/* A password that was not read back would be blanked. */
static void test_uem_H20_local_administrator(void **state)
{
	(void)state;
	put_fails("{\"CustomPromptRequired\":true,\"UserName\":\"admin\"}", ERR_REFUSED);
	put_fails("{\"CustomPromptRequired\":true,\"AccountType\":\"Administrator\"}", ERR_REFUSED);
	put_fails("{\"CustomPromptRequired\":true,\"AccountType\":1}", ERR_REFUSED);
	put_fails("{\"CustomPromptRequired\":true,\"FullName\":\"A\"}", ERR_REFUSED);
	put_fails("{\"CustomPromptRequired\":true,\"password\":\"*****\"}", ERR_REFUSED);
}

static void test_profile_flag_missing(void **state)
{
	(void)state;
	put_fails("{}", ERR_PROTOCOL);
	put_fails("{\"CustomPromptRequired\":null}", ERR_PROTOCOL);
	put_fails("{\"customPromptRequired\":true}", ERR_PROTOCOL);
	put_fails("{\"x\":{\"CustomPromptRequired\":true}}", ERR_PROTOCOL);
	put_fails("{\"Custom\\u0050romptRequired\":true}", ERR_PROTOCOL);
	put_fails("[true]", ERR_PROTOCOL);
	put_fails("<html>", ERR_PROTOCOL);
	put_fails("", ERR_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_group_requests),
		cmocka_unit_test(test_group_without_group_id),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_app_requests),
		cmocka_unit_test(test_apps),
		cmocka_unit_test(test_device_apps),
		cmocka_unit_test(test_profile_request),
		cmocka_unit_test(test_uem_H20_unknown_keys_kept),
		cmocka_unit_test(test_uem_H20_local_administrator),
		cmocka_unit_test(test_profile_flag_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
