/* Whatever an id or a serial number holds, it stays one segment of the path or one value of the
 * query: nobody reaches another resource with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/apple.h"
#include "services/uem_bulk.h"
#include "services/uem_survey.h"

#define EVIL "../../x?y=1#&%2e\r\n"
#define SAFE "..%2F..%2Fx%3Fy%3D1%23%26%252e%0D%0A"

static const struct apple_service apple = { .base = "https://a.example" };
static const struct uem_service uem = { .url = "https://u.example" };

/* Once for every id given, in a URL that has no other room for it. */
static void holds(struct http_request *q, unsigned n)
{
	const char *at = q->url;
	unsigned found = 0;

	assert_non_null(at);
	for (; (at = strstr(at, SAFE)); at += strlen(SAFE))
		found++;
	if (found != n)
		fail_msg("%s: %u of %u", q->url, found, n);
	assert_null(strstr(q->url, ".example/../"));
	assert_null(strpbrk(q->url, "#\r\n"));
	http_request_release(q);
}

static void ids_of_apple_are_one_segment(void **state)
{
	struct str evil = STR(EVIL);
	struct http_request q;

	(void)state;
	apple_servers_request(&apple, evil, &q);
	holds(&q, 1);
	apple_devices_request(&apple, evil, &q);
	holds(&q, 1);
	apple_device_request(&apple, evil, &q);
	holds(&q, 1);
	apple_server_devices_request(&apple, evil, evil, &q);
	holds(&q, 2);
	apple_assigned_server_request(&apple, evil, &q);
	holds(&q, 1);
	apple_activity_get(&apple, evil, &q);
	holds(&q, 1);
	apple_events_request(&apple, 0, 1, evil, &q);
	holds(&q, 1);
}

static void ids_of_the_uem_are_one_segment(void **state)
{
	struct str evil = STR(EVIL);
	struct http_request q;

	(void)state;
	uem_group_request(&uem, evil, 0, &q);
	holds(&q, 1);
	uem_dep_list_request(&uem, evil, &q);
	holds(&q, 1);
	uem_sync_request(&uem, evil, false, &q);
	holds(&q, 1);
	uem_sync_request(&uem, evil, true, &q);
	holds(&q, 1);
	uem_profiles_request(&uem, evil, 0, &q);
	holds(&q, 1);
	uem_profile_device_request(&uem, evil, evil, false, &q);
	holds(&q, 2);
	uem_profile_device_request(&uem, evil, evil, true, &q);
	holds(&q, 2);
	uem_tokens_request(&uem, evil, evil, 0, &q);
	holds(&q, 2);
	uem_token_detail_request(&uem, evil, evil, &q);
	holds(&q, 2);
	uem_device_request(&uem, evil, &q);
	holds(&q, 1);
}

static void ids_that_only_surveys_read_are_one_segment(void **state)
{
	struct str evil = STR(EVIL);
	struct http_request q;
	struct err err;

	(void)state;
	uem_group_detail_request(&uem, evil, &q);
	holds(&q, 1);
	uem_group_children_request(&uem, evil, &q);
	holds(&q, 1);
	uem_users_request(&uem, evil, 0, &q);
	holds(&q, 1);
	uem_purchased_apps_request(&uem, evil, 0, &q);
	holds(&q, 1);
	uem_profile_request(&uem, evil, &q);
	holds(&q, 1);
	assert_int_equal(
		uem_profile_flag_request(&uem, evil, STR("{\"CustomPromptRequired\":true}"),
			"CustomPromptRequired", false, &q, &err),
		ERR_OK);
	holds(&q, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_of_apple_are_one_segment),
		cmocka_unit_test(ids_of_the_uem_are_one_segment),
		cmocka_unit_test(ids_that_only_surveys_read_are_one_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
