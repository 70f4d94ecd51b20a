/*
 * Every decoder of Apple's API on any reply: it answers or fails with a sentence, its views stay
 * within the text, and a cursor never leads to another host.
 */
#include "fuzz/services_fuzz.h"
#include "services/apple.h"

static const struct apple_service service = { .base = "https://api-business.apple.com" };

static bool is_asked(void *self, struct str text)
{
	(void)self;
	touch(text);
	return str_eq(text, STR("C02XK1ABJG5H"));
}

static void follow_page(const struct json *v)
{
	struct err err = { .msg = "" };
	struct apple_page page;
	struct http_request q;
	enum errc rc;

	apple_page_init(&page);
	rc = apple_page_read(v, &page, &err);
	check(rc, &err);
	if (!rc) {
		apple_devices_request(&service, buf_view(&page.cursor), &q);
		if (!str_starts_nocase(
			    str_from(q.url), STR("https://api-business.apple.com/v1/orgDevices?")))
			abort();
		http_request_release(&q);
	}
	apple_page_release(&page);
}

static void decode_device(const struct json *v)
{
	struct err err = { .msg = "" };
	struct apple_device d;
	struct buf b;
	enum errc rc = apple_device_decode(v, &d, &err);

	check(rc, &err);
	if (rc)
		return;
	if (d.serial.n == 0)
		abort();
	touch(d.serial);
	touch(d.status);
	touch(d.model);
	touch(d.migration_status);
	buf_init(&b, 1 << 20);
	apple_texts(d.imei, &b);
	apple_texts(d.wifi_mac, &b);
	apple_texts(d.ethernet_mac, &b);
	buf_release(&b);
}

static void decode_coverage(const struct json *v)
{
	struct err err = { .msg = "" };
	struct apple_coverage c;
	enum errc rc = apple_coverage_decode(v, INT64_C(1795316400000), &c, &err);

	check(rc, &err);
	if (!rc)
		touch(c.kind);
}

static void decode(const struct json *v)
{
	struct err err = { .msg = "" };
	struct apple_server s;
	struct apple_event e;
	struct str text;

	follow_page(v);
	decode_device(v);
	decode_coverage(v);
	check(apple_server_decode(v, &s, &err), &err);
	check(apple_linkage_decode(v, &text, &err), &err);
	if (apple_event_decode(v, is_asked, NULL, &e, &text, &err) == ERR_OK) {
		touch(e.type);
		touch(e.actor);
		touch(text);
	}
}

static void read_replies(const struct http_reply *reply)
{
	struct err err = { .msg = "" };
	struct apple_activity a = { .id = "" };
	struct apple_error e;
	int64_t expires_ms;
	struct buf b;

	buf_init(&b, 1 << 20);
	check(apple_reply_error(reply, &e, &err), &err);
	(void)apple_error_culprit(&e);
	(void)apple_fields_refused(reply);
	check(apple_assigned_server_reply(reply, &b, &err), &err);
	check(apple_token_reply(reply, 0, &b, &expires_ms, &err), &err);
	check(apple_activity_reply(reply, &a, &err), &err);
	apple_activity_release(&a);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct http_reply reply;

	if (!reply_from(&reply, data, n))
		return 0;
	read_replies(&reply);
	each_value(&reply, decode);
	http_reply_release(&reply);
	return 0;
}
