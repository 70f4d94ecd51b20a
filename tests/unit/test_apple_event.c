#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/apple.h"
#include "unit/services_help.h"

static const struct apple_service business = { .base = "https://api-business.apple.com" };

/* `self` is the one serial asked for. */
static bool is_asked(void *self, struct str text)
{
	return str_eq(text, str_from(self));
}

static struct json *decode(
	const char *text, char *serial, struct apple_event *ret, struct str *ret_serial)
{
	struct json *v = json_of(text);
	struct err err = { .msg = "" };

	if (apple_event_decode(v, is_asked, serial, ret, ret_serial, &err))
		fail_msg("%s", err.msg);
	return v;
}

static char c02[] = "C02X1234ABCD";

static void test_event_example(void **state)
{
	struct apple_event e;
	struct str serial;
	struct json *v = decode(
		"{\"type\":\"auditEvents\",\"id\":\"event-12345\",\"attributes\":{\n"
		"  \"eventDateTime\":\"2026-02-14T12:00:00Z\","
		"\"type\":\"DEVICE_ASSIGNED_TO_SERVER\",\"category\":\"DEVICE_INVENTORY\",\n"
		"  \"actorType\":\"USER\",\"actorId\":\"user-1\",\"actorName\":\"…\","
		"\"subjectType\":\"DEVICE\",\"subjectId\":\"…\",\"subjectName\":\"…\",\n"
		"  \"outcome\":\"SUCCESS\",\"groupId\":\"…\",\n"
		"  \"eventDataPropertyKey\":\"eventDataDeviceAssignedToServer\","
		"\"eventDataDeviceAssignedToServer\":{\"serialNumber\":\"C02X1234ABCD\","
		"\"targetServerName\":\"WS1 EMEA\"}}}",
		c02, &e, &serial);
	int64_t at_ms = 0;

	(void)state;
	assert_true(time_parse(STR("2026-02-14T12:00:00Z"), &at_ms));
	assert_str(e.id, "event-12345");
	assert_str(e.type, "DEVICE_ASSIGNED_TO_SERVER");
	assert_str(e.actor, "…");
	assert_str(e.actor_type, "USER");
	assert_int_equal(e.at_ms, at_ms);
	assert_str(serial, "C02X1234ABCD");
	json_free(v);
}

/* The data's fields are not published: the serial may stand anywhere. */
static void test_serial_anywhere(void **state)
{
	static const char *const texts[] = {
		"{\"attributes\":{\"subjectId\":\"C02X1234ABCD\"}}",
		"{\"attributes\":{\"subjectName\":\"C02X1234ABCD\",\"outcome\":null}}",
		"{\"attributes\":{\"subjectName\":\"C02X1234ABCD\",\"outcome\":\"success\"}}",
		"{\"attributes\":{\"x\":[[],[{},{\"y\":[7,\"C02X1234ABCD\"]}]]}}",
		"{\"attributes\":{\"a\":{},\"b\":[[[]]],\"c\":\"C02X1234ABCD\"}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct apple_event e;
		struct str serial;
		struct json *v = decode(texts[i], c02, &e, &serial);

		assert_str(serial, "C02X1234ABCD");
		assert_true(e.at_ms == TIME_NONE);
		json_free(v);
	}
}

static void test_no_serial(void **state)
{
	static const char *const texts[] = { "{}", "[]", "7", "null",
		"{\"id\":\"C02X1234ABCD\",\"attributes\":\"C02X1234ABCD\"}",
		"{\"attributes\":{\"actorId\":\"someone\",\"subjectId\":\"c02x1234abcd\"}}",
		/* What did not succeed tells of no device. */
		"{\"attributes\":{\"subjectId\":\"C02X1234ABCD\",\"outcome\":\"FAILURE\"}}",
		"{\"attributes\":{\"subjectId\":\"C02X1234ABCD\",\"outcome\":\"PARTIAL\"}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct apple_event e;
		struct str serial;
		struct json *v = decode(texts[i], c02, &e, &serial);

		assert_str(serial, "");
		json_free(v);
	}
}

static void test_actor_without_name(void **state)
{
	struct apple_event e;
	struct str serial;
	struct json *v = decode("{\"attributes\":{\"actorType\":\"API_USER\",\"actorId\":\"api-1\","
				"\"actorName\":\"\"}}",
		c02, &e, &serial);

	(void)state;
	assert_str(e.actor, "api-1");
	json_free(v);
}

/* As deep as the parser lets anything be. */
static void test_depth(void **state)
{
	struct buf b;
	struct apple_event e;
	struct str serial;
	struct json *v;

	(void)state;
	buf_init(&b, 4096);
	buf_z(&b, "{\"attributes\":");
	for (int i = 0; i < JSON_MAX_DEPTH - 1; i++)
		buf_char(&b, '[');
	buf_z(&b, "\"C02X1234ABCD\"");
	for (int i = 0; i < JSON_MAX_DEPTH - 1; i++)
		buf_char(&b, ']');
	buf_char(&b, '}');
	v = decode(buf_cstr(&b), c02, &e, &serial);
	assert_str(serial, "C02X1234ABCD");
	json_free(v);
	buf_release(&b);
}

static void test_bad_date(void **state)
{
	struct json *v = json_of("{\"attributes\":{\"eventDateTime\":\"yesterday\"}}");
	struct apple_event e;
	struct str serial;
	struct err err;

	(void)state;
	assert_int_equal(apple_event_decode(v, is_asked, c02, &e, &serial, &err), ERR_OK);
	assert_true(e.at_ms == TIME_NONE);
	json_free(v);
}

/* Without filter[startTimestamp]: 400 PARAMETER_ERROR.REQUIRED. */
static void test_request(void **state)
{
	struct http_request q;

	(void)state;
	apple_events_request(&business, 1771070400000, 1771074000500, STR("c"), &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_url(&q,
		"https://api-business.apple.com/v1/auditEvents"
		"?filter[startTimestamp]=2026-02-14T12:00:00.000Z"
		"&filter[endTimestamp]=2026-02-14T13:00:00.500Z"
		"&fields[auditEvents]=eventDateTime,type,category,actorType,actorId,actorName,"
		"subjectType,subjectId,subjectName,outcome,eventDataPropertyKey,"
		"eventDataDeviceAddedToOrg,eventDataDeviceRemovedFromOrg,"
		"eventDataDeviceAssignedToServer,eventDataDeviceUnassignedFromServer,"
		"eventDataDeviceIsErased&limit=1000&cursor=c");
	http_request_release(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event_example),
		cmocka_unit_test(test_serial_anywhere),
		cmocka_unit_test(test_no_serial),
		cmocka_unit_test(test_actor_without_name),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_bad_date),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
