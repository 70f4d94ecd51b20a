#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/uem_bulk.h"
#include "unit/services_help.h"

static const struct uem_service uem = { .url = "https://as1234.awmdm.com" };
static const struct str serials[] = { { "S1", 2 }, { "S2", 2 } };

static void test_devices_request(void **state)
{
	struct http_request q;

	(void)state;
	uem_devices_request(&uem, serials, 2, &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(q.method, "POST");
	assert_string_equal(
		q.url, "https://as1234.awmdm.com/api/mdm/devices?searchby=Serialnumber");
	assert_string_equal(header_of(&q, "Accept"), "application/json;version=1");
	assert_string_equal(header_of(&q, "Content-Type"), "application/json");
	assert_body(&q, "{\"BulkValues\":{\"Value\":[\"S1\",\"S2\"]}}");
	assert_true(q.timeout_ms >= 150000);
	http_request_release(&q);
}

/* Two records of one serial both come out: whoever deletes has to see both. */
static void test_uem_H12_serials_are_not_unique(void **state)
{
	struct json *v = json_of("{\"Devices\":[{\"SerialNumber\":\"S1\",\"Id\":{\"Value\":1}},"
				 "{\"SerialNumber\":\"S1\",\"Id\":{\"Value\":2}}]}");
	const struct json *first = json_first(json_get(v, "Devices"));
	struct uem_device a, b;
	struct err err;

	(void)state;
	assert_int_equal(uem_device_decode(first, DATE_ORDER_UNKNOWN, &a, &err), ERR_OK);
	assert_int_equal(uem_device_decode(json_next(first), DATE_ORDER_UNKNOWN, &b, &err), ERR_OK);
	assert_true(str_eq(a.serial, b.serial));
	assert_int_not_equal(a.id, b.id);
	json_free(v);
}

static void test_limits(void **state)
{
	struct json *v = json_of(
		"{\"SendMessage\":500,\"EnterpriseWipe\":10,\"DeleteDevice\":\"20\","
		"\"GPS\":50,\"LockDevice\":50}");
	struct json *none = json_of("{}");
	struct uem_bulk_limits l;
	struct http_request q;
	struct err err;

	(void)state;
	assert_int_equal(uem_bulk_limits_decode(v, &l, &err), ERR_OK);
	assert_int_equal(l.delete_device, 20);
	assert_int_equal(uem_bulk_limits_decode(none, &l, &err), ERR_OK);
	assert_int_equal(l.delete_device, -1);
	assert_int_equal(uem_bulk_limits_decode(NULL, &l, &err), ERR_PROTOCOL);
	uem_bulk_limits_request(&uem, &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(q.url, "https://as1234.awmdm.com/api/mdm/devices/bulksettings");
	http_request_release(&q);
	json_free(v);
	json_free(none);
}

/* By record id, never by serial. */
static void test_uem_H12_delete_by_id(void **state)
{
	static const int64_t ids[] = { 1234, 56 };
	struct http_request q;

	(void)state;
	uem_delete_request(&uem, 1234, &q);
	assert_int_equal(q.cls, HTTP_CHANGE);
	assert_string_equal(q.method, "DELETE");
	assert_string_equal(q.url, "https://as1234.awmdm.com/api/mdm/devices/1234");
	http_request_release(&q);
	uem_delete_many_request(&uem, ids, 2, &q);
	assert_int_equal(q.cls, HTTP_CHANGE);
	assert_string_equal(q.method, "POST");
	assert_string_equal(
		q.url, "https://as1234.awmdm.com/api/mdm/devices/bulk?searchby=DeviceId");
	assert_body(&q, "{\"BulkValues\":{\"Value\":[\"1234\",\"56\"]}}");
	http_request_release(&q);
}

static void test_uem_H19_wipes_are_single(void **state)
{
	struct http_request q;

	(void)state;
	uem_command_request(&uem, 1234, UEM_DEVICE_WIPE, &q);
	assert_int_equal(q.cls, HTTP_CHANGE);
	assert_string_equal(q.method, "POST");
	assert_string_equal(
		q.url, "https://as1234.awmdm.com/api/mdm/devices/1234/commands?command=DeviceWipe");
	assert_int_equal(q.body.n, 0);
	http_request_release(&q);
	uem_command_request(&uem, 1234, UEM_ENTERPRISE_WIPE, &q);
	assert_true(str_ends_nocase(str_from(q.url), STR("?command=EnterpriseWipe")));
	http_request_release(&q);
}

static void note(void *self, const struct uem_fault *f)
{
	buf_printf(self, "%.*s/%d/%d/%.*s;", STR_FMT(f->item), (int)f->item_number, (int)f->code,
		STR_FMT(f->message));
}

static void bulk_is(int status, const char *body, enum errc want, const char *seen)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(uem_bulk_reply(&p, note, &b, &err), want);
	assert_int_equal(want ? err.code : ERR_OK, want);
	assert_str(buf_view(&b), seen);
	buf_release(&b);
	http_reply_release(&p);
}

#define COUNTS "\"TotalItems\":3,\"AcceptedItems\":2,\"FailedItems\":1"
#define FAULT "{\"ErrorCode\":5002,\"ItemValue\":\"56\",\"Message\":\"not found\"}"

/* The schema's shape, the scripts' shape, a single fault instead of a list, and none. */
static void test_uem_H17_fault_shapes(void **state)
{
	static const char *const bodies[] = {
		"{" COUNTS ",\"Faults\":{\"ActivityId\":\"a\",\"Faults\":[" FAULT "]}}",
		"{" COUNTS ",\"Faults\":{\"Fault\":[" FAULT "]}}",
		"{" COUNTS ",\"Faults\":{\"Fault\":" FAULT "}}",
		"{" COUNTS ",\"Faults\":{\"Faults\":{\"Fault\":[" FAULT "]}}}",
		"{" COUNTS ",\"Faults\":[" FAULT ",null,7]}",
		"{" COUNTS ",\"Faults\":" FAULT "}",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
		bulk_is(200, bodies[i], ERR_OK, "56/56/5002/not found;");
	bulk_is(200, "{\"total_items\":1,\"accepted_items\":\"1\",\"faults\":null}", ERR_OK, "");
	bulk_is(200, "{\"AcceptedItems\":0,\"Faults\":{\"Fault\":{}}}", ERR_OK, "");
}

/* Counts that do not add up with the list of faults are told as they are. */
static void test_uem_H17_counts_without_list(void **state)
{
	(void)state;
	bulk_is(200, "{" COUNTS ",\"Faults\":{}}", ERR_OK, "");
	bulk_is(200,
		"{" COUNTS ",\"Faults\":{\"Fault\":[{\"ItemValue\":56},{\"ItemValue\":\"C02X\"},"
		"{\"ErrorCode\":\"6\"}]}}",
		ERR_OK, "/56/0/;C02X/-1/0/;/-1/6/;");
}

static void test_bulk_refused(void **state)
{
	struct http_reply lost = no_reply(HTTP_UNKNOWN, "reset");

	(void)state;
	bulk_is(400,
		"{\"TotalItems\":1,\"AcceptedItems\":0,\"FailedItems\":1,"
		"\"Faults\":{\"Fault\":[" FAULT "]}}",
		ERR_OK, "56/56/5002/not found;");
	bulk_is(400, "{\"errorCode\":400,\"message\":\"bad\"}", ERR_REFUSED, "");
	bulk_is(422, "{\"errorCode\":5003}", ERR_REFUSED, "");
	bulk_is(404, "{\"errorCode\":5002}", ERR_NOT_FOUND, "");
	bulk_is(200, "{\"errorCode\":5003}", ERR_REFUSED, "");
	bulk_is(200, "", ERR_UNKNOWN, "");
	bulk_is(200, "<html>", ERR_UNKNOWN, "");
	bulk_is(200, "[]", ERR_UNKNOWN, "");
	bulk_is(500, "{" COUNTS "}", ERR_OUTAGE, "");
	assert_int_equal(uem_bulk_reply(&lost, note, NULL, NULL), ERR_NET);
	http_reply_release(&lost);
}

static void test_uem_H18_cap_or_hold(void **state)
{
	(void)state;
	bulk_is(403, "{\"errorCode\":1013}", ERR_AUTH, "");
	bulk_is(403, "{\"errorCode\":1011,\"message\":\"threshold\"}", ERR_AUTH, "");
	bulk_is(403, "{\"errorCode\":403,\"message\":\"More devices than the bulk setting\"}",
		ERR_LIMIT, "");
	bulk_is(403, "", ERR_LIMIT, "");
	bulk_is(403, "{\"message\":\"Wipe Threshold reached\"}", ERR_HELD, "");
	bulk_is(403, "{\"message\":\"waits for approval by an administrator\"}", ERR_HELD, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices_request),
		cmocka_unit_test(test_uem_H12_serials_are_not_unique),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_uem_H12_delete_by_id),
		cmocka_unit_test(test_uem_H19_wipes_are_single),
		cmocka_unit_test(test_uem_H17_fault_shapes),
		cmocka_unit_test(test_uem_H17_counts_without_list),
		cmocka_unit_test(test_bulk_refused),
		cmocka_unit_test(test_uem_H18_cap_or_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
