#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/uem.h"
#include "unit/services_help.h"

static const struct uem_service uem = { .url = "https://as1234.awmdm.com" };

#define GROUP "3f0c1d52-7c0e-4a0e-9a57-2f0f6a0f1a11"
#define TOKEN "706bd383-26d3-4833-9cad-bff1b0fe045e"

static int64_t ms_of(const char *text)
{
	int64_t ms = 0;

	assert_true(time_parse(str_from(text), &ms));
	return ms;
}

/* --- enrollment tokens --- */

static void test_tokens_request(void **state)
{
	struct http_request q;

	(void)state;
	uem_tokens_request(&uem, STR(GROUP), STR("C07SVPASGXH8"), 0, &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(q.url, "https://as1234.awmdm.com/api/mdm/groups/" GROUP
				   "/enrollment-tokens?serial_number=C07SVPASGXH8"
				   "&page=0&page_size=500");
	assert_string_equal(header_of(&q, "Accept"), "application/json;version=1");
	http_request_release(&q);
	uem_tokens_request(&uem, STR(GROUP), STR_NONE, 2, &q);
	assert_string_equal(q.url, "https://as1234.awmdm.com/api/mdm/groups/" GROUP
				   "/enrollment-tokens?page=2&page_size=500");
	http_request_release(&q);
	uem_token_detail_request(&uem, STR(GROUP), STR(TOKEN), &q);
	assert_string_equal(q.url,
		"https://as1234.awmdm.com/api/mdm/groups/" GROUP "/enrollment-tokens/" TOKEN);
	http_request_release(&q);
}

static void test_token_list(void **state)
{
	struct json *v = json_of(
		"{\"tokens\":[{\"uuid\":\"" TOKEN "\",\"serial_number\":\"C07SVPASGXH8\","
		"\"imei\":\"\",\"enrollment_status\":\"Enrolled\",\"compliance_status\":0,"
		"\"platform\":\"Apple\"}],\"page\":0,\"page_size\":500,\"total\":1}");
	struct json *user = json_of("{\"uuid\":\"" TOKEN "\",\"enrollment_status\":4}");
	struct uem_token t;
	struct err err;

	(void)state;
	assert_int_equal(uem_token_decode(json_first(json_get(v, "tokens")), &t, &err), ERR_OK);
	assert_str(t.uuid, TOKEN);
	assert_str(t.serial, "C07SVPASGXH8");
	/* A person's registration has no device. */
	assert_int_equal(uem_token_decode(user, &t, &err), ERR_OK);
	assert_int_equal(t.serial.n, 0);
	assert_int_equal(uem_token_decode(json_get(v, "page"), &t, &err), ERR_PROTOCOL);
	json_free(v);
	json_free(user);
}

static void status_is(const char *written, const char *text, int64_t number)
{
	char body[256];
	struct uem_token_detail t;
	struct err err;
	struct json *v;

	snprintf(body, sizeof(body),
		"{\"serial_number\":\"S1\",\"profile_name\":\"P\",\"profile_status\":%s}", written);
	v = json_of(body);
	assert_int_equal(uem_token_detail_decode(v, &t, &err), ERR_OK);
	assert_str(t.serial, "S1");
	assert_str(t.profile_status, text);
	assert_int_equal(t.profile_status_number, number);
	json_free(v);
}

/* An integer in the schema, a name in the examples. */
static void test_uem_H22_enum_as_number_or_name(void **state)
{
	struct json *list = json_of("[]");
	struct uem_token_detail t;
	struct err err;

	(void)state;
	status_is("3", "3", 3);
	status_is("\"3\"", "3", 3);
	status_is("0", "0", 0);
	status_is("17", "17", 17);
	status_is("31", "31", 31);
	status_is("{\"Value\":4}", "4", 4);
	status_is("\"Empty\"", "Empty", -1);
	status_is("\"Assignment in progress\"", "Assignment in progress", -1);
	status_is("\"\"", "", -1);
	status_is("null", "", -1);
	status_is("-1", "", -1);
	status_is("32", "", -1);
	status_is("1.5", "", -1);
	status_is("true", "", -1);
	assert_int_equal(uem_token_detail_decode(list, &t, &err), ERR_PROTOCOL);
	assert_int_equal(uem_token_detail_decode(NULL, &t, &err), ERR_PROTOCOL);
	json_free(list);
}

/* --- device records --- */

static void test_device_request(void **state)
{
	struct http_request q;

	(void)state;
	uem_device_request(&uem, STR("C07SVPASGXH8"), &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(q.url, "https://as1234.awmdm.com/api/mdm/devices"
				   "?searchby=Serialnumber&id=C07SVPASGXH8");
	assert_string_equal(header_of(&q, "Accept"), "application/json;version=1");
	http_request_release(&q);
}

static struct json *device_of(const char *text, struct uem_device *ret)
{
	struct json *v = json_of(text);
	struct err err = { .msg = "" };

	if (uem_device_decode(v, DATE_ORDER_UNKNOWN, ret, &err))
		fail_msg("%s", err.msg);
	return v;
}

static void test_device_version_1(void **state)
{
	struct uem_device d;
	struct json *v = device_of(
		"{\"Udid\":\"u\",\"SerialNumber\":\"C07SVPASGXH8\",\"Imei\":\"\","
		"\"LocationGroupId\":{\"Id\":{\"Value\":570},\"Name\":\"EMEA\",\"Uuid\":\"" GROUP
		"\"},\"LocationGroupName\":\"EMEA\",\"UserName\":\"jdoe\",\"Ownership\":\"C\","
		"\"PlatformId\":{\"Id\":{\"Value\":2}},\"LastSeen\":\"2021-06-28T04:35:20.150\","
		"\"EnrollmentStatus\":\"Enrolled\",\"Id\":{\"Value\":1234},\"Uuid\":\"" TOKEN "\"}",
		&d);

	(void)state;
	assert_str(d.serial, "C07SVPASGXH8");
	assert_str(d.enrollment_status, "Enrolled");
	assert_str(d.user, "jdoe");
	assert_str(d.group, "EMEA");
	assert_str(d.ownership, "C");
	assert_int_equal(d.id, 1234);
	assert_int_equal(d.last_seen_ms, ms_of("2021-06-28T04:35:20.150Z"));
	json_free(v);
}

/* Rounded, it would be another device's. */
static void test_an_id_beyond_2_53_is_none(void **state)
{
	struct uem_device d;
	struct json *v = device_of("{\"SerialNumber\":\"S1\",\"Id\":9007199254740993}", &d);

	(void)state;
	assert_int_equal(d.id, -1);
	json_free(v);
	v = device_of("{\"SerialNumber\":\"S1\",\"Id\":{\"Value\":9007199254740993}}", &d);
	assert_int_equal(d.id, -1);
	json_free(v);
	v = device_of("{\"SerialNumber\":\"S1\",\"Id\":9007199254740991}", &d);
	assert_int_equal(d.id, INT64_C(9007199254740991));
	json_free(v);
}

static void test_uem_H13_status_spelling(void **state)
{
	struct uem_device d;
	struct json *v = device_of(
		"{\"serialNumber\":\"S1\",\"id\":\"77\",\"lastSeen\":\"2021-06-28T04:35:20Z\","
		"\"locationGroupId\":{\"name\":\"EMEA\"},"
		"\"enrollmentInfo\":{\"enrollmentStatus\":\"ENROLLED\"}}",
		&d);

	(void)state;
	assert_str(d.serial, "S1");
	assert_str(d.enrollment_status, "ENROLLED");
	assert_str(d.group, "EMEA");
	assert_int_equal(d.id, 77);
	assert_str(d.user, "");
	json_free(v);
	v = device_of("{\"SerialNumber\":\"S1\",\"EnrollmentStatus\":\"WipeInitiated\"}", &d);
	assert_str(d.enrollment_status, "WipeInitiated");
	json_free(v);
	v = device_of("{\"SerialNumber\":\"S1\",\"EnrollmentStatus\":5}", &d);
	assert_str(d.enrollment_status, "5");
	json_free(v);
}

static void test_uem_H23_ids(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{ "{\"Id\":1234}", 1234 },
		{ "{\"Id\":\"1234\"}", 1234 },
		{ "{\"Id\":{\"Value\":1234}}", 1234 },
		{ "{\"Id\":{\"value\":\"1234\"}}", 1234 },
		{ "{\"Id\":{}}", -1 },
		{ "{\"Id\":null}", -1 },
		{ "{}", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct uem_device d;
		struct json *v = device_of(cases[i].text, &d);

		assert_int_equal(d.id, cases[i].want);
		json_free(v);
	}
}

static void seen_is(const char *written, int64_t want)
{
	char body[256];
	struct uem_device d;
	struct json *v;

	snprintf(body, sizeof(body), "{\"SerialNumber\":\"S\",\"LastSeen\":%s}", written);
	v = device_of(body, &d);
	assert_true(d.last_seen_ms == want);
	json_free(v);
}

static void test_uem_H23_dates(void **state)
{
	(void)state;
	seen_is("\"2021-06-28T04:35:20.150\"", ms_of("2021-06-28T04:35:20.150Z"));
	seen_is("\"2021-06-28T04:35:20.150Z\"", ms_of("2021-06-28T04:35:20.150Z"));
	seen_is("\"10/27/2023 3:05:53 PM\"", ms_of("2023-10-27T15:05:53Z"));
	seen_is("\"1/2/2023 12:05:53 AM\"", TIME_UNKNOWN);
	seen_is("\"2021-06-28T04:35:20.1234567+02:00\"", ms_of("2021-06-28T02:35:20.123Z"));
	seen_is("\"0001-01-01T00:00:00.000\"", TIME_NONE);
	seen_is("\"0001-01-01T00:00:00.0000000+09:00\"", TIME_NONE);
	seen_is("null", TIME_NONE);
	seen_is("\" \"", TIME_NONE);
	seen_is("\"last week\"", TIME_UNKNOWN);
}

/* The look-up has no serial filter everywhere: what came back has to say whom it is about. */
static void test_uem_H11_serial_comes_back(void **state)
{
	struct uem_device d;
	struct json *v = device_of("{\"SerialNumber\":\"OTHER1234\"}", &d);
	struct json *list = json_of("[{\"SerialNumber\":\"S1\"}]");
	struct err err;

	(void)state;
	assert_str(d.serial, "OTHER1234");
	assert_int_equal(uem_device_decode(list, DATE_ORDER_UNKNOWN, &d, &err), ERR_PROTOCOL);
	assert_int_equal(uem_device_decode(NULL, DATE_ORDER_UNKNOWN, &d, &err), ERR_PROTOCOL);
	json_free(v);
	json_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens_request),
		cmocka_unit_test(test_token_list),
		cmocka_unit_test(test_uem_H22_enum_as_number_or_name),
		cmocka_unit_test(test_device_request),
		cmocka_unit_test(test_device_version_1),
		cmocka_unit_test(test_an_id_beyond_2_53_is_none),
		cmocka_unit_test(test_uem_H13_status_spelling),
		cmocka_unit_test(test_uem_H23_ids),
		cmocka_unit_test(test_uem_H23_dates),
		cmocka_unit_test(test_uem_H11_serial_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
