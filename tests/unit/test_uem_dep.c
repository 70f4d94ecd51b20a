#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/uem.h"
#include "unit/services_help.h"

static const struct uem_service uem = { .url = "https://as1234.awmdm.com/" };

#define GROUP "3f0c1d52-7c0e-4a0e-9a57-2f0f6a0f1a11"
#define PROFILE "706bd383-26d3-4833-9cad-bff1b0fe045e"

/* --- DEP list, Sync, Fetch --- */

static void test_list_example(void **state)
{
	struct json *v = json_of(
		"[{\"deviceFriendlyName\":\"MBAIR 13.3 CTO\","
		"\"deviceSerialNumber\":\"C07SVPASGXH8\",\"deviceImei\":\"990000862471854\",\n"
		"\"deviceOwnership\":\"Corporate Dedicated\",\"username\":\"Test User\","
		"\"enrollmentStatus\":\"Enrolled\",\n"
		"\"deviceModel\":\"MacBook Air\","
		"\"profileUuid\":\"244DFC6DB1A962D6A15717CB1EE61AE0\","
		"\"deviceAssetNumber\":\"2XG5SFG\",\n"
		"\"organizationGroupName\":\"Test Organization Group\","
		"\"profileName\":\"tvOS DEP Profile\",\"id\":1234,\n"
		"\"uuid\":\"706bd383-26d3-4833-9cad-bff1b0fe045e\"}]");
	struct uem_dep_device d;
	struct err err;

	(void)state;
	assert_int_equal(uem_dep_device_decode(json_first(v), &d, &err), ERR_OK);
	assert_str(d.serial, "C07SVPASGXH8");
	assert_str(d.profile_uuid, "244DFC6DB1A962D6A15717CB1EE61AE0");
	assert_str(d.profile_name, "tvOS DEP Profile");
	assert_str(d.enrollment_status, "Enrolled");
	assert_int_equal(uem_dep_device_decode(v, &d, &err), ERR_PROTOCOL);
	assert_int_equal(uem_dep_device_decode(NULL, &d, &err), ERR_PROTOCOL);
	json_free(v);
}

/* No profile: the key is absent, null or empty, nobody knows which. */
static void test_uem_B2_unassigned_three_ways(void **state)
{
	struct json *v = json_of("[{\"deviceSerialNumber\":\"A\"},"
				 "{\"deviceSerialNumber\":\"A\",\"profileUuid\":null},"
				 "{\"deviceSerialNumber\":\"A\",\"profileUuid\":\"\"}]");
	struct err err;

	(void)state;
	for (const struct json *e = json_first(v); e; e = json_next(e)) {
		struct uem_dep_device d;

		assert_int_equal(uem_dep_device_decode(e, &d, &err), ERR_OK);
		assert_int_equal(d.profile_uuid.n, 0);
	}
	json_free(v);
}

/* One broken record must not hide the other 40,000. */
static void test_record_without_serial(void **state)
{
	struct json *v = json_of("{\"deviceSerialNumber\":null,\"enrollmentStatus\":3}");
	struct uem_dep_device d;
	struct err err;

	(void)state;
	assert_int_equal(uem_dep_device_decode(v, &d, &err), ERR_OK);
	assert_int_equal(d.serial.n, 0);
	assert_str(d.enrollment_status, "3");
	json_free(v);
}

/* Bare words on the wire, all the same: spelling differs by version. */
static void test_uem_H33_spelling_by_version(void **state)
{
	struct json *v = json_of("{\"device_serial_number\":\"S1\",\"ProfileUUID\":\"P1\","
				 "\"EnrollmentStatus\":\"ENROLLED\"}");
	struct uem_dep_device d;
	struct err err;

	(void)state;
	assert_int_equal(uem_dep_device_decode(v, &d, &err), ERR_OK);
	assert_str(d.serial, "S1");
	assert_str(d.profile_uuid, "P1");
	assert_str(d.enrollment_status, "ENROLLED");
	json_free(v);
}

static void test_uem_H03_list_is_unpaged(void **state)
{
	struct http_request q;

	(void)state;
	uem_dep_list_request(&uem, STR(GROUP), &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(q.method, "GET");
	assert_string_equal(q.url, "https://as1234.awmdm.com/api/mdm/dep/groups/" GROUP "/devices");
	assert_string_equal(header_of(&q, "Accept"), "application/json;version=1");
	assert_null(header_of(&q, "Content-Type"));
	assert_true(q.timeout_ms >= 180000);
	http_request_release(&q);
}

/* A body-less PUT says what it would hold; the client adds Content-Length: 0. */
static void test_uem_H15_bodyless_put(void **state)
{
	struct http_request q;

	(void)state;
	uem_sync_request(&uem, STR(GROUP), false, &q);
	assert_int_equal(q.cls, HTTP_TRIGGER);
	assert_string_equal(q.method, "PUT");
	assert_string_equal(
		q.url, "https://as1234.awmdm.com/api/mdm/dep/groups/" GROUP "/devices?action=Sync");
	assert_string_equal(header_of(&q, "Content-Type"), "application/json");
	assert_string_equal(header_of(&q, "Accept"), "application/json;version=1");
	assert_int_equal(q.body.n, 0);
	http_request_release(&q);
	uem_sync_request(&uem, STR(GROUP), true, &q);
	assert_true(str_ends_nocase(str_from(q.url), STR("?action=Fetch")));
	http_request_release(&q);
}

/* --- profiles --- */

static void test_profile_decode(void **state)
{
	struct json *v = json_of(
		"{\"ProfileList\":[{\"ProfileName\":\"Corporate iPads\","
		"\"uuid\":\"" PROFILE "\","
		"\"profile_identifier\":\"244DFC6DB1A962D6A15717CB1EE61AE0\","
		"\"id\":12,\"DeviceLocationGroupId\":570,\"CustomPromptRequired\":true,"
		"\"AutoAssignDefaultProfile\":false,\"EnrollmentUsername\":\"staging\","
		"\"skip_app_store\":true}],"
		"\"AdditionalInfo\":{\"Links\":[],\"id\":0,\"uuid\":\"\"},\"TotalResults\":1}");
	struct uem_profile p;
	struct err err;

	(void)state;
	assert_int_equal(
		uem_profile_decode(json_first(json_get(v, "ProfileList")), &p, &err), ERR_OK);
	assert_str(p.name, "Corporate iPads");
	assert_str(p.uuid, PROFILE);
	assert_str(p.apple_id, "244DFC6DB1A962D6A15717CB1EE61AE0");
	assert_str(p.enrollment_user, "staging");
	assert_int_equal(p.device_group, 570);
	assert_int_equal(p.custom_prompt, 1);
	assert_int_equal(p.auto_assign, 0);
	assert_int_equal(uem_profile_decode(json_get(v, "TotalResults"), &p, &err), ERR_PROTOCOL);
	json_free(v);
}

static void test_uem_H09_any_default_assigns(void **state)
{
	static const struct {
		const char *text;
		int want;
	} cases[] = {
		{ "{}", -1 },
		{ "{\"AutoAssignDefaultProfile\":true}", 1 },
		{ "{\"AutoAssignDefaultProfile\":false,\"AssignProfileAsDefaultForTvOs\":true}",
			1 },
		{ "{\"AssignProfileAsDefaultForMacos\":\"true\"}", 1 },
		{ "{\"AssignProfileAsDefaultForIos\":0}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct json *v = json_of(cases[i].text);
		struct uem_profile p;
		struct err err;

		assert_int_equal(uem_profile_decode(v, &p, &err), ERR_OK);
		assert_int_equal(p.auto_assign, cases[i].want);
		json_free(v);
	}
}

static void test_uem_H14_profile_pages(void **state)
{
	struct http_request q;

	(void)state;
	uem_profiles_request(&uem, STR(GROUP), 0, &q);
	assert_string_equal(q.url, "https://as1234.awmdm.com/api/mdm/dep/profiles/search"
				   "?OrganizationGroupUuid=" GROUP "&Page=0&PageSize=500");
	http_request_release(&q);
	uem_profiles_request(&uem, STR(GROUP), 3, &q);
	assert_non_null(strstr(q.url, "&Page=3&PageSize=500"));
	assert_null(strstr(q.url, "Order"));
	http_request_release(&q);
}

static void test_assign_and_unassign(void **state)
{
	struct http_request q;

	(void)state;
	uem_profile_device_request(&uem, STR(PROFILE), STR("C07SVPASGXH8"), false, &q);
	assert_int_equal(q.cls, HTTP_CHANGE);
	assert_string_equal(q.method, "PUT");
	assert_string_equal(q.url, "https://as1234.awmdm.com/api/mdm/dep/profiles/" PROFILE
				   "/devices/C07SVPASGXH8?action=Assign");
	assert_string_equal(header_of(&q, "Content-Type"), "application/json");
	assert_int_equal(q.body.n, 0);
	http_request_release(&q);
	uem_profile_device_request(&uem, STR(PROFILE), STR("C07SVPASGXH8"), true, &q);
	assert_true(str_ends_nocase(str_from(q.url), STR("?action=Unassign")));
	http_request_release(&q);
}

static void test_uem_H31_serial_is_one_segment(void **state)
{
	struct http_request q;

	(void)state;
	uem_profile_device_request(&uem, STR(PROFILE), STR("A/B ?*"), false, &q);
	assert_non_null(strstr(q.url, "/devices/A%2FB%20%3F%2A?action=Assign"));
	http_request_release(&q);
}

/* --- groups --- */

static void test_group_request(void **state)
{
	struct http_request q;

	(void)state;
	uem_group_request(&uem, STR("EMEA 1"), 0, &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(header_of(&q, "Accept"), "application/json;version=2");
	assert_url(&q, "https://as1234.awmdm.com/api/system/groups/search?groupId=EMEA "
		       "1&page=0&pagesize=500");
	http_request_release(&q);
}

static void group_is(int status, const char *body, enum errc want, const char *uuid)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	struct buf b;

	buf_init(&b, 100);
	buf_z(&b, "before");
	assert_int_equal(uem_group_reply(&p, STR("emea"), &b, &err), want);
	assert_str(buf_view(&b), uuid);
	buf_release(&b);
	http_reply_release(&p);
}

static void test_group_reply(void **state)
{
	(void)state;
	group_is(200,
		"{\"OrganizationGroups\":[{\"Id\":1112,\"Uuid\":\"" GROUP "\",\"Name\":\"…\","
		"\"GroupId\":\"EMEA\",\"LocationGroupType\":\"Customer\",\"Country\":\"…\","
		"\"Locale\":\"…\",\"CreatedOn\":\"10/27/2023 3:05:53 PM\",\"LgLevel\":0,"
		"\"Users\":\"2\",\"Admins\":\"4\",\"Devices\":\"0\"}],"
		"\"AdditionalInfo\":{\"Links\":[]},\"TotalResults\":1}",
		ERR_OK, GROUP);
	group_is(200, "{\"OrganizationGroups\":[]}", ERR_NOT_FOUND, "before");
	group_is(200,
		"{\"OrganizationGroups\":[{\"Uuid\":\"" GROUP "\",\"GroupId\":\"emea2\"},"
		"{\"Uuid\":\"" GROUP "\"},{\"GroupId\":\"\"},7,null]}",
		ERR_NOT_FOUND, "before");
	group_is(200,
		"{\"OrganizationGroups\":[{\"Uuid\":\"" GROUP "\",\"GroupId\":\"EMEA\"},"
		"{\"Uuid\":\"" PROFILE "\",\"GroupId\":\"emea\"}]}",
		ERR_CONFLICT, "before");
	group_is(200,
		"{\"OrganizationGroups\":[{\"Uuid\":\"" GROUP "\",\"GroupId\":\"EMEA\"},"
		"{\"Uuid\":\"" GROUP "\",\"GroupId\":\"emea\"}]}",
		ERR_OK, GROUP);
	group_is(200, "{\"OrganizationGroups\":[{\"Id\":1,\"GroupId\":\"EMEA\"}]}", ERR_PROTOCOL,
		"before");
	group_is(200, "<html>", ERR_SETTINGS, "before");
	group_is(200, "{\"errorCode\":1013}", ERR_REFUSED, "before");
	group_is(403, "{\"errorCode\":1013}", ERR_AUTH, "before");
	group_is(503, "<html>", ERR_OUTAGE, "before");
}

static void test_uem_H01_204_is_none(void **state)
{
	(void)state;
	group_is(204, "", ERR_NOT_FOUND, "before");
}

/* Asked for version 2, answered in version 1 or with a bare list. */
static void test_uem_H33_answered_in_version_1(void **state)
{
	(void)state;
	group_is(200,
		"{\"LocationGroups\":[{\"Id\":{\"Value\":1112},\"GroupId\":\"EMEA\","
		"\"Uuid\":\"" GROUP "\"}],\"Page\":0}",
		ERR_OK, GROUP);
	group_is(200, "[{\"Id\":{\"Value\":7},\"GroupId\":\"EMEA\",\"Uuid\":\"" GROUP "\"}]",
		ERR_OK, GROUP);
}

static void test_is_uuid(void **state)
{
	(void)state;
	assert_true(uem_is_uuid(STR(GROUP)));
	assert_true(uem_is_uuid(STR("3F0C1D52-7C0E-4A0E-9A57-2F0F6A0F1A11")));
	assert_false(uem_is_uuid(STR("3f0c1d52-7c0e-4a0e-9a57-2f0f6a0f1a1g")));
	assert_false(uem_is_uuid(STR("3f0c1d5207c0e-4a0e-9a57-2f0f6a0f1a11")));
	assert_false(uem_is_uuid(STR("EMEA")));
	assert_false(uem_is_uuid(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_example),
		cmocka_unit_test(test_uem_B2_unassigned_three_ways),
		cmocka_unit_test(test_record_without_serial),
		cmocka_unit_test(test_uem_H33_spelling_by_version),
		cmocka_unit_test(test_uem_H03_list_is_unpaged),
		cmocka_unit_test(test_uem_H15_bodyless_put),
		cmocka_unit_test(test_profile_decode),
		cmocka_unit_test(test_uem_H09_any_default_assigns),
		cmocka_unit_test(test_uem_H14_profile_pages),
		cmocka_unit_test(test_assign_and_unassign),
		cmocka_unit_test(test_uem_H31_serial_is_one_segment),
		cmocka_unit_test(test_group_request),
		cmocka_unit_test(test_group_reply),
		cmocka_unit_test(test_uem_H01_204_is_none),
		cmocka_unit_test(test_uem_H33_answered_in_version_1),
		cmocka_unit_test(test_is_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
