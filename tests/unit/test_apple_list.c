#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/apple.h"
#include "unit/services_help.h"

static const struct apple_service business = {
	.base = "https://api-business.apple.com",
	.token_url = "https://account.apple.com/auth/oauth2/token",
	.client_id = "BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152",
};

/* Apple's own example of a device. */
static const char device_example[] =
	"{\"type\":\"orgDevices\",\"id\":\"XABC123X0ABC123X0\",\n"
	" \"attributes\":{\n"
	"  \"serialNumber\":\"XABC123X0ABC123X0\","
	"\"addedToOrgDateTime\":\"2025-04-30T22:05:14.192Z\",\n"
	"  \"releasedFromOrgDateTime\":null,\"updatedDateTime\":\"2025-05-01T15:33:54.164Z\",\n"
	"  \"deviceModel\":\"iMac 21.5\\\"\",\"productFamily\":\"Mac\","
	"\"productType\":\"iMac16,2\",\"deviceCapacity\":\"750GB\",\n"
	"  \"partNumber\":\"FD311LL/A\",\"orderNumber\":\"1234567890\",\"color\":\"SILVER\","
	"\"status\":\"UNASSIGNED\",\n"
	"  \"orderDateTime\":\"2011-08-15T07:00:00Z\",\n"
	"  \"imei\":[\"123456789012345\",\"123456789012346\"],\"meid\":[\"12345678901237\"],"
	"\"eid\":\"89049037640158663184237812557346\",\n"
	"  \"wifiMacAddress\":\"…\",\"bluetoothMacAddress\":\"…\",\"ethernetMacAddress\":[\"…\"],\n"
	"  \"purchaseSourceId\":\"-2085650007946880\",\"purchaseSourceType\":\"APPLE\"},\n"
	" \"relationships\":{\"assignedServer\":{\"links\":{\n"
	"   \"self\":\"https://api-business.apple.com/v1/orgDevices/XABC123X0ABC123X0/"
	"relationships/assignedServer\",\n"
	"   \"related\":\"https://api-business.apple.com/v1/orgDevices/XABC123X0ABC123X0/"
	"assignedServer\"}}},\n"
	" \"links\":{\"self\":\"https://api-business.apple.com/v1/orgDevices/"
	"XABC123X0ABC123X0\"}}";

static const char server_example[] =
	"{\"type\":\"mdmServers\",\"id\":\"1F97349736CF4614A94F624E705841AD\",\n"
	" \"attributes\":{\"serverName\":\"Test Device Management Service\","
	"\"serverType\":\"MDM\",\n"
	"  \"createdDateTime\":\"2025-05-01T03:21:44.685Z\","
	"\"updatedDateTime\":\"2025-05-01T03:21:46.284Z\",\n"
	"  \"status\":\"ACTIVE\",\"deviceCount\":128,\"enableMdmDisownFlag\":false,\n"
	"  \"defaultProductFamilies\":[\"IPAD\",\"IPHONE\",\"MAC\"],\n"
	"  \"lastConnectedDateTime\":\"2026-06-01T08:14:23Z\","
	"\"lastConnectedIp\":\"203.0.113.5\"},\n"
	" \"relationships\":{\"devices\":{\"links\":{\"self\":\"…/mdmServers/1F97…/relationships/"
	"devices\"}}}}";

static int64_t ms_of(const char *text)
{
	int64_t ms = 0;

	assert_true(time_parse(str_from(text), &ms));
	return ms;
}

static void refuse_device(const char *json, const char *why)
{
	struct json *v = json_of(json);
	struct apple_device d;
	struct err err = { .msg = "" };

	assert_int_equal(apple_device_decode(v, &d, &err), ERR_PROTOCOL);
	if (!strstr(err.msg, why))
		fail_msg("%s", err.msg);
	json_free(v);
}

static void test_device_example(void **state)
{
	struct json *v = json_of(device_example);
	struct apple_device d;
	struct err err;

	(void)state;
	assert_int_equal(apple_device_decode(v, &d, &err), ERR_OK);
	assert_str(d.serial, "XABC123X0ABC123X0");
	assert_str(d.status, "UNASSIGNED");
	assert_str(d.model, "iMac 21.5\"");
	assert_str(d.family, "Mac");
	assert_str(d.type, "iMac16,2");
	assert_str(d.capacity, "750GB");
	assert_str(d.part_number, "FD311LL/A");
	assert_str(d.order_number, "1234567890");
	assert_str(d.color, "SILVER");
	assert_str(d.source, "APPLE");
	assert_str(d.source_id, "-2085650007946880");
	assert_str(d.eid, "89049037640158663184237812557346");
	assert_str(d.migration_status, "");
	assert_int_equal(d.migration_capable, -1);
	assert_int_equal(d.added_ms, ms_of("2025-04-30T22:05:14.192Z"));
	assert_int_equal(d.updated_ms, ms_of("2025-05-01T15:33:54.164Z"));
	assert_int_equal(d.ordered_ms, ms_of("2011-08-15T07:00:00Z"));
	assert_true(d.released_ms == TIME_NONE);
	assert_true(d.migration_deadline_ms == TIME_NONE);
	json_free(v);
}

static void test_device_migration(void **state)
{
	struct json *v = json_of(
		"{\"id\":\"C02XK1ABJG5H\",\"attributes\":{\"isMdmMigrationCapable\":true,"
		"\"mdmMigrationStatus\":\"REQUESTED\","
		"\"mdmMigrationDeadlineDateTime\":\"2026-12-01T00:00:00Z\"}}");
	struct apple_device d;
	struct err err;

	(void)state;
	assert_int_equal(apple_device_decode(v, &d, &err), ERR_OK);
	assert_int_equal(d.migration_capable, 1);
	assert_str(d.migration_status, "REQUESTED");
	assert_int_equal(d.migration_deadline_ms, ms_of("2026-12-01T00:00:00Z"));
	json_free(v);
}

/* About no device, or about two. */
static void test_device_without_serial_or_id(void **state)
{
	static const char why[] = "without a serial number";

	(void)state;
	refuse_device("{\"type\":\"orgDevices\",\"attributes\":{\"status\":\"ASSIGNED\"}}", why);
	refuse_device("{\"id\":12345678}", why);
	refuse_device("{\"id\":\"\"}", why);
	refuse_device("{\"id\":\"C02XK1\"}", why);
	refuse_device("[]", why);
	refuse_device("\"x\"", why);
	refuse_device("null", why);
	refuse_device(
		"{\"id\":\"C02XK1ABJG5H\",\"attributes\":{\"serialNumber\":\"DVVS36G1YD3J\"}}",
		"C02XK1ABJG5H with the serial number DVVS36G1YD3J");
}

/* Apple's single look-up leaves the serial out. */
static void test_apple_A4_serial_from_id(void **state)
{
	struct json *v = json_of("{\"type\":\"orgDevices\",\"id\":\"DVVS36G1YD3JKQNI\","
				 "\"attributes\":{\"serialNumber\":\"\",\"color\":\"\"}}");
	struct apple_device d;
	struct err err;

	(void)state;
	assert_int_equal(apple_device_decode(v, &d, &err), ERR_OK);
	assert_str(d.serial, "DVVS36G1YD3JKQNI");
	assert_str(d.color, "");
	json_free(v);
	v = json_of("{\"id\":\"17\",\"attributes\":{\"serialNumber\":\"C02XK1ABJG5H\"}}");
	assert_int_equal(apple_device_decode(v, &d, &err), ERR_OK);
	assert_str(d.serial, "C02XK1ABJG5H");
	json_free(v);
}

static void test_apple_F13_assigned_without_server(void **state)
{
	struct json *v = json_of(
		"{\"id\":\"C02XK1ABJG5H\",\"attributes\":{\"status\":\"ASSIGNED\"},"
		"\"relationships\":{}}");
	struct apple_device d;
	struct err err;

	(void)state;
	assert_int_equal(apple_device_decode(v, &d, &err), ERR_OK);
	assert_str(d.status, "ASSIGNED");
	json_free(v);
}

static void release_unknown(const char *written)
{
	char text[128];
	struct apple_device d;
	struct err err;
	struct json *v;

	snprintf(text, sizeof(text),
		"{\"id\":\"C02XK1ABJG5H\",\"attributes\":{\"releasedFromOrgDateTime\":%s}}",
		written);
	v = json_of(text);
	assert_int_equal(apple_device_decode(v, &d, &err), ERR_OK);
	assert_true(d.released_ms == TIME_UNKNOWN);
	json_free(v);
}

static void test_apple_F15_released(void **state)
{
	struct json *v = json_of(
		"{\"id\":\"C02XK1ABJG5H\",\"attributes\":{\"releasedFromOrgDateTime\":"
		"\"2026-01-02T03:04:05.6Z\"}}");
	struct apple_device d;
	struct err err;

	(void)state;
	assert_int_equal(apple_device_decode(v, &d, &err), ERR_OK);
	assert_int_equal(d.released_ms, ms_of("2026-01-02T03:04:05.600Z"));
	json_free(v);
	/* What cannot be read must not pass for "still here". */
	release_unknown("\"soon\"");
	release_unknown("17");
	release_unknown("false");
	release_unknown("{}");
}

static void joined(const struct json *v, const char *want)
{
	struct buf b;

	buf_init(&b, 1024);
	apple_texts(v, &b);
	assert_str(buf_view(&b), want);
	buf_release(&b);
}

static void test_apple_F17_string_or_array(void **state)
{
	struct json *v = json_of(
		"{\"id\":\"C02XK1ABJG5H\",\"attributes\":{\"imei\":\"123456789012345\",\"meid\":[],"
		"\"wifiMacAddress\":[\"AA\",\"BB\"],\"bluetoothMacAddress\":\"\","
		"\"ethernetMacAddress\":[\"\",7,null,\"CC\"],\"color\":[\"\",\"GOLD\"],"
		"\"status\":\"LENT\",\"productFamily\":17,\"newThing\":{\"a\":[1]}}}");
	struct apple_device d;
	struct err err;

	(void)state;
	assert_int_equal(apple_device_decode(v, &d, &err), ERR_OK);
	joined(d.imei, "123456789012345");
	joined(d.meid, "");
	joined(d.wifi_mac, "AA,BB");
	joined(d.bluetooth_mac, "");
	joined(d.ethernet_mac, "CC");
	joined(NULL, "");
	assert_str(d.color, "GOLD");
	assert_str(d.status, "LENT");
	assert_true(str_is_odd(d.family));
	json_free(v);
}

static void test_apple_F18_fraction_digits(void **state)
{
	static const struct {
		const char *written, *same_as;
	} cases[] = {
		{ "\"2026-02-27T18:00:00Z\"", "2026-02-27T18:00:00.000Z" },
		{ "\"2026-02-27T18:00:00.1Z\"", "2026-02-27T18:00:00.100Z" },
		{ "\"2026-02-27T18:00:00.12Z\"", "2026-02-27T18:00:00.120Z" },
		{ "\"2026-02-27T18:00:00.123Z\"", "2026-02-27T18:00:00.123Z" },
		{ "null", NULL },
		{ "\"\"", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct apple_device d;
		struct err err;
		struct json *v;
		char text[128];

		snprintf(text, sizeof(text),
			"{\"id\":\"C02XK1ABJG5H\",\"attributes\":{\"addedToOrgDateTime\":%s}}",
			cases[i].written);
		v = json_of(text);
		assert_int_equal(apple_device_decode(v, &d, &err), ERR_OK);
		assert_true(d.added_ms == (cases[i].same_as ? ms_of(cases[i].same_as) : TIME_NONE));
		json_free(v);
	}
}

static void test_server_example(void **state)
{
	struct json *v = json_of(server_example);
	struct json *bare = json_of("{\"id\":\"A\",\"attributes\":{}}"), *none = json_of("{}");
	struct apple_server s;
	struct err err;

	(void)state;
	assert_int_equal(apple_server_decode(v, &s, &err), ERR_OK);
	assert_str(s.id, "1F97349736CF4614A94F624E705841AD");
	assert_str(s.name, "Test Device Management Service");
	assert_int_equal(s.device_count, 128);
	assert_int_equal(s.disown, 0);
	assert_int_equal(s.last_connected_ms, ms_of("2026-06-01T08:14:23Z"));
	assert_int_equal(apple_server_decode(bare, &s, &err), ERR_OK);
	assert_int_equal(s.device_count, -1);
	assert_int_equal(s.disown, -1);
	assert_true(s.last_connected_ms == TIME_NONE);
	assert_int_equal(apple_server_decode(none, &s, &err), ERR_PROTOCOL);
	json_free(v);
	json_free(bare);
	json_free(none);
}

static void test_linkage(void **state)
{
	struct json *v = json_of("{\"type\":\"orgDevices\",\"id\":\"XABC123X0ABC123X0\"}");
	struct json *none = json_of("{\"type\":\"orgDevices\",\"id\":null}");
	struct str id = STR_NONE;
	struct err err;

	(void)state;
	assert_int_equal(apple_linkage_decode(v, &id, &err), ERR_OK);
	assert_str(id, "XABC123X0ABC123X0");
	assert_int_equal(apple_linkage_decode(none, &id, &err), ERR_PROTOCOL);
	json_free(v);
	json_free(none);
}

/* --- pages --- */

static void page_is(const char *rest, const char *cursor, int64_t total)
{
	struct json *v = rest ? json_of(rest) : NULL;
	struct apple_page page;
	struct err err = { .msg = "" };

	apple_page_init(&page);
	buf_z(&page.cursor, "left over");
	if (apple_page_read(v, &page, &err))
		fail_msg("%s", err.msg);
	assert_str(buf_view(&page.cursor), cursor);
	assert_int_equal(page.total, total);
	apple_page_release(&page);
	json_free(v);
}

static void test_page_example(void **state)
{
	(void)state;
	page_is("{\"data\":[],\n"
		" \"links\":{\"self\":\"…\",\"first\":\"…\",\"next\":\"https://…/v1/orgDevices?"
		"limit=1000&cursor=MDowOjE3NDYx…\"},\n"
		" \"meta\":{\"paging\":{\"limit\":1000,\"nextCursor\":\"MDowOjE3NDYx…\","
		"\"total\":2868}}}",
		"MDowOjE3NDYx…", 2868);
	page_is(NULL, "", -1);
	page_is("{}", "", -1);
	page_is("{\"data\":[],\"links\":{\"self\":\"x\"},\"meta\":{\"paging\":{\"limit\":100}}}",
		"", -1);
	page_is("{\"links\":null,\"meta\":[]}", "", -1);
}

static void test_apple_F20_empty_cursor(void **state)
{
	(void)state;
	page_is("{\"meta\":{\"paging\":{\"nextCursor\":\"\",\"total\":0}}}", "", 0);
	page_is("{\"links\":{\"next\":\"\"},\"meta\":{\"paging\":{\"nextCursor\":\"\"}}}", "", -1);
	page_is("{\"links\":{\"next\":null},\"meta\":{\"paging\":{\"nextCursor\":null}}}", "", -1);
	page_is("{\"links\":{\"next\":\"https://x/y?cursor=AB\"},"
		"\"meta\":{\"paging\":{\"nextCursor\":\"\"}}}",
		"AB", -1);
}

/* Apple's own example has a next link whose host lacks ".com": only its cursor is of use. */
static void test_apple_F20_wrong_host(void **state)
{
	struct http_request q;
	struct apple_page page;
	struct err err;
	struct json *v = json_of("{\"links\":{\"next\":\"https://api-business.apple/v1/mdmServers/"
				 "1F97/relationships/devices?limit=5&cursor=MDow%2FYWI%3D#x\"}}");

	(void)state;
	apple_page_init(&page);
	assert_int_equal(apple_page_read(v, &page, &err), ERR_OK);
	assert_str(buf_view(&page.cursor), "MDow/YWI=");
	apple_devices_request(&business, buf_view(&page.cursor), &q);
	assert_true(str_starts_nocase(
		str_from(q.url), STR("https://api-business.apple.com/v1/orgDevices?")));
	assert_non_null(strstr(q.url, "cursor=MDow%2FYWI%3D"));
	http_request_release(&q);
	apple_page_release(&page);
	json_free(v);
}

static void test_link_forms(void **state)
{
	(void)state;
	page_is("{\"links\":{\"next\":{\"href\":\"/v1/x?a=b&cursor=C1&d\"}}}", "C1", -1);
	page_is("{\"links\":{\"next\":\"?cursor=%4\"}}", "%4", -1);
	page_is("{\"links\":{\"next\":\"?cursor=a%zz%41\"}}", "a%zzA", -1);
	page_is("{\"links\":{\"next\":\"?cursor=%4zaabbcc\"}}", "%4zaabbcc", -1);
	page_is("{\"links\":{\"next\":\"?cursor=A\"},\"meta\":{\"paging\":"
		"{\"nextCursor\":\"B\"}}}",
		"B", -1);
}

/* A page that names neither links nor a paging could not name a next one. */
static void test_page_marks(void **state)
{
	static const struct {
		const char *rest;
		bool marked;
	} pages[] = { { "{\"links\":{\"self\":\"/v1/x\"}}", true },
		{ "{\"meta\":{\"paging\":{\"limit\":5}}}", true }, { "{}", false },
		{ "{\"meta\":{}}", false },
		{ "{\"links\":null,\"meta\":{\"paging\":[]}}", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		struct json *v = json_of(pages[i].rest);
		struct apple_page page;
		struct err err;

		apple_page_init(&page);
		assert_int_equal(apple_page_read(v, &page, &err), ERR_OK);
		assert_int_equal(page.marked, pages[i].marked);
		apple_page_release(&page);
		json_free(v);
	}
}

/* A list that goes on where nobody can follow must not pass for a complete one. */
static void test_link_without_cursor(void **state)
{
	struct json *v = json_of("{\"links\":{\"next\":\"https://x/v1/orgDevices?page=2\"}}");
	struct apple_page page;
	struct err err;

	(void)state;
	apple_page_init(&page);
	assert_int_equal(apple_page_read(v, &page, &err), ERR_PROTOCOL);
	apple_page_release(&page);
	json_free(v);
}

static void test_cursor_too_long(void **state)
{
	struct buf b;
	struct apple_page page;
	struct err err;
	struct json *v;

	(void)state;
	buf_init(&b, 100000);
	buf_z(&b, "{\"meta\":{\"paging\":{\"nextCursor\":\"");
	for (int i = 0; i < 9000; i++)
		buf_char(&b, 'x');
	buf_z(&b, "\"}}}");
	v = json_of(buf_cstr(&b));
	apple_page_init(&page);
	assert_int_equal(apple_page_read(v, &page, &err), ERR_PROTOCOL);
	apple_page_release(&page);
	json_free(v);
	buf_release(&b);
}

/* --- requests --- */

static void test_apple_F26_fields_named(void **state)
{
	struct apple_service plain = business;
	struct http_request q;

	(void)state;
	apple_servers_request(&business, STR_NONE, &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(q.method, "GET");
	assert_url(&q, "https://api-business.apple.com/v1/mdmServers?fields[mdmServers]="
		       "serverName,serverType,status,deviceCount,enableMdmDisownFlag,"
		       "lastConnectedDateTime&limit=1000");
	http_request_release(&q);
	apple_devices_request(&business, STR("A+B"), &q);
	assert_url(&q, "https://api-business.apple.com/v1/orgDevices?fields[orgDevices]="
		       "serialNumber,addedToOrgDateTime,releasedFromOrgDateTime,updatedDateTime,"
		       "deviceModel,productFamily,productType,deviceCapacity,partNumber,"
		       "orderNumber,orderDateTime,color,status,imei,meid,eid,wifiMacAddress,"
		       "bluetoothMacAddress,ethernetMacAddress,purchaseSourceId,"
		       "purchaseSourceType,isMdmMigrationCapable,mdmMigrationStatus,"
		       "mdmMigrationDeadlineDateTime&limit=1000&cursor=A+B");
	assert_non_null(strstr(q.url, "cursor=A%2BB"));
	http_request_release(&q);
	plain.documented_fields = true;
	apple_device_request(&plain, STR("C02XK1ABJG5H"), &q);
	assert_null(strstr(q.url, "igration"));
	http_request_release(&q);
	plain.state_fields = true;
	apple_devices_request(&plain, STR_NONE, &q);
	assert_url(&q, "https://api-business.apple.com/v1/orgDevices?fields[orgDevices]="
		       "serialNumber,addedToOrgDateTime,releasedFromOrgDateTime,updatedDateTime,"
		       "status&limit=1000");
	http_request_release(&q);
	apple_activity_get(&business, STR("b1481656"), &q);
	assert_url(&q, "https://api-business.apple.com/v1/orgDeviceActivities/b1481656?"
		       "fields[orgDeviceActivities]=status,subStatus,createdDateTime,"
		       "completedDateTime,downloadUrl");
	http_request_release(&q);
}

static void test_apple_F25_serial_is_one_segment(void **state)
{
	struct http_request q;

	(void)state;
	apple_device_request(&business, STR("a/../b c%?#"), &q);
	assert_true(str_starts_nocase(str_from(q.url),
		STR("https://api-business.apple.com/v1/orgDevices/a%2F..%2Fb%20c%25%3F%23?")));
	http_request_release(&q);
	/* Case is kept: look-ups are case-sensitive. */
	apple_assigned_server_request(&business, STR("C02xk1ABJG5H"), &q);
	assert_string_equal(q.url, "https://api-business.apple.com/v1/orgDevices/C02xk1ABJG5H/"
				   "relationships/assignedServer");
	http_request_release(&q);
}

static void test_apple_F06_accept_exactly(void **state)
{
	struct http_request q;

	(void)state;
	apple_server_devices_request(&business, STR("1F97"), STR("c1"), &q);
	assert_string_equal(header_of(&q, "Accept"), "application/json");
	assert_null(header_of(&q, "Authorization"));
	assert_url(&q, "https://api-business.apple.com/v1/mdmServers/1F97/relationships/devices"
		       "?limit=1000&cursor=c1");
	http_request_release(&q);
}

/* --- the server a device is on --- */

static void assigned_is(int status, const char *body, const char *want)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	struct buf id;

	buf_init(&id, 256);
	buf_z(&id, "left over");
	if (apple_assigned_server_reply(&p, &id, &err))
		fail_msg("%s", err.msg);
	assert_str(buf_view(&id), want);
	buf_release(&id);
	http_reply_release(&p);
}

static void assigned_fails(int status, const char *body, enum errc want)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	struct buf id;

	buf_init(&id, 256);
	buf_z(&id, "kept");
	assert_int_equal(apple_assigned_server_reply(&p, &id, &err), want);
	assert_int_equal(err.code, want);
	assert_str(buf_view(&id), "kept");
	buf_release(&id);
	http_reply_release(&p);
}

static void test_assigned_server_example(void **state)
{
	(void)state;
	assigned_is(200,
		"{\"data\":{\"type\":\"mdmServers\",\"id\":\"1F97349736CF4614A94F624E705841AD\"},\n"
		" \"links\":{\"self\":\"…/orgDevices/DVVS36G1YD3JKQNI/relationships/"
		"assignedServer\",\"related\":\"…/orgDevices/DVVS36G1YD3JKQNI/assignedServer\"}}",
		"1F97349736CF4614A94F624E705841AD");
}

static void test_apple_F14_unassigned_three_ways(void **state)
{
	(void)state;
	assigned_is(404, "{\"errors\":[{\"status\":\"404\",\"code\":\"NOT_FOUND\"}]}", "");
	assigned_is(404, "", "");
	assigned_is(200, "{\"data\":null,\"links\":{}}", "");
	assigned_is(200, "{\"data\":{\"type\":\"mdmServers\",\"id\":\"\"}}", "");
}

static void test_assigned_server_unreadable(void **state)
{
	(void)state;
	assigned_fails(200, "{}", ERR_PROTOCOL);
	assigned_fails(200, "", ERR_PROTOCOL);
	assigned_fails(200, "{\"data\":[]}", ERR_PROTOCOL);
	assigned_fails(200, "<html></html>", ERR_PROTOCOL);
	/* A proxy's own page is no word from Apple. */
	assigned_fails(404, "\xef\xbb\xbf\n<!DOCTYPE html><h1>Not Found</h1>", ERR_PROTOCOL);
	assigned_fails(404, "{\"message\":\"no Route matched\"}", ERR_PROTOCOL);
	assigned_fails(404, "404 page not found", ERR_PROTOCOL);
	assigned_fails(401, "", ERR_AUTH);
	assigned_fails(503, "<html>", ERR_OUTAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device_example),
		cmocka_unit_test(test_device_migration),
		cmocka_unit_test(test_device_without_serial_or_id),
		cmocka_unit_test(test_apple_A4_serial_from_id),
		cmocka_unit_test(test_apple_F13_assigned_without_server),
		cmocka_unit_test(test_apple_F15_released),
		cmocka_unit_test(test_apple_F17_string_or_array),
		cmocka_unit_test(test_apple_F18_fraction_digits),
		cmocka_unit_test(test_server_example),
		cmocka_unit_test(test_linkage),
		cmocka_unit_test(test_page_example),
		cmocka_unit_test(test_apple_F20_empty_cursor),
		cmocka_unit_test(test_apple_F20_wrong_host),
		cmocka_unit_test(test_link_forms),
		cmocka_unit_test(test_page_marks),
		cmocka_unit_test(test_link_without_cursor),
		cmocka_unit_test(test_cursor_too_long),
		cmocka_unit_test(test_apple_F26_fields_named),
		cmocka_unit_test(test_apple_F25_serial_is_one_segment),
		cmocka_unit_test(test_apple_F06_accept_exactly),
		cmocka_unit_test(test_assigned_server_example),
		cmocka_unit_test(test_apple_F14_unassigned_three_ways),
		cmocka_unit_test(test_assigned_server_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
