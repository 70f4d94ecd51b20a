/*
 * Every decoder of the UEM's API on any reply; and the one edit of a profile: what comes out is
 * JSON that differs from what went in by that flag alone.
 */
#include "fuzz/services_fuzz.h"
#include "services/uem_bulk.h"
#include "services/uem_survey.h"

static const struct uem_service service = { .url = "https://as1234.awmdm.com" };

static void decode_rows(const struct json *v)
{
	struct err err = { .msg = "" };
	struct uem_dep_device dep;
	struct uem_profile profile;
	struct uem_token token;
	struct uem_token_detail detail;
	struct uem_device device;

	check(uem_dep_device_decode(v, &dep, &err), &err);
	check(uem_profile_decode(v, &profile, &err), &err);
	check(uem_token_decode(v, &token, &err), &err);
	if (uem_token_detail_decode(v, &detail, &err) == ERR_OK) {
		touch(detail.profile_status);
	}
	if (uem_device_decode(v, DATE_ORDER_UNKNOWN, &device, &err) == ERR_OK) {
		touch(device.serial);
		touch(device.enrollment_status);
		touch(device.group);
	}
}

static void decode(const struct json *v)
{
	struct err err = { .msg = "" };
	struct uem_group group;
	struct uem_user user;
	struct uem_app app;
	struct uem_device_app device_app;
	struct uem_bulk_limits limits;

	decode_rows(v);
	check(uem_group_decode(v, &group, &err), &err);
	check(uem_user_decode(v, &user, &err), &err);
	check(uem_app_decode(v, &app, &err), &err);
	check(uem_device_app_decode(v, &device_app, &err), &err);
	check(uem_bulk_limits_decode(v, &limits, &err), &err);
}

static void take_fault(void *self, const struct uem_fault *fault)
{
	(void)self;
	touch(fault->item);
	touch(fault->message);
}

static void read_replies(const struct http_reply *reply)
{
	struct err err = { .msg = "" };
	struct uem_error e;
	int64_t expires_ms;
	struct buf b;

	buf_init(&b, 1 << 20);
	check(uem_reply_error(reply, &e, &err), &err);
	check(uem_group_reply(reply, STR("EMEA"), &b, &err), &err);
	check(uem_token_reply(reply, 0, &b, &expires_ms, &err), &err);
	check(uem_bulk_reply(reply, take_fault, NULL, &err), &err);
	buf_release(&b);
}

static void edit_profile(const struct http_reply *reply)
{
	static const char flag[] = "CustomPromptRequired";
	struct str before = buf_view(&reply->body);
	struct err err = { .msg = "" };
	struct json *was = NULL, *is = NULL;
	struct http_request q;
	enum errc rc = uem_profile_flag_request(&service, STR("p"), before, flag, false, &q, &err);

	check(rc, &err);
	if (rc)
		return;
	if (json_parse(&was, before, NULL) || json_parse(&is, buf_view(&q.body), NULL))
		abort();
	if (json_bool(json_get(is, flag), true) || json_count(is) != json_count(was))
		abort();
	for (const struct json *a = json_first(was), *b = json_first(is); a;
		a = json_next(a), b = json_next(b))
		if (!str_eq(json_name(a), json_name(b)) || json_count(a) != json_count(b))
			abort();
	json_free(was);
	json_free(is);
	http_request_release(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct http_reply reply;

	if (!reply_from(&reply, data, n))
		return 0;
	read_replies(&reply);
	edit_profile(&reply);
	each_value(&reply, decode);
	http_reply_release(&reply);
	return 0;
}
