#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/apple.h"
#include "unit/services_help.h"

static const struct apple_service business = { .base = "https://api-business.apple.com" };
static const struct apple_service school = { .base = "https://api-school.apple.com",
	.school = true };

static const struct str serials[] = { { "XABC123X0ABC123X0", 17 }, { "C02XK1ABJG5H", 12 } };

static const struct apple_change unassign = {
	.kind = STEP_UNASSIGN,
	.server_id = { "1F97349736CF4614A94F624E705841AD", 32 },
	.deadline_ms = TIME_NONE,
	.serials = serials,
	.n_serials = 1,
};

static void body_is(const struct apple_change *change, const char *want)
{
	struct err err = { .msg = "" };
	struct http_request q;

	if (apple_activity_request(&business, change, &q, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(q.cls, HTTP_CHANGE);
	assert_string_equal(q.method, "POST");
	assert_string_equal(q.url, "https://api-business.apple.com/v1/orgDeviceActivities");
	assert_string_equal(header_of(&q, "Accept"), "application/json");
	assert_string_equal(header_of(&q, "Content-Type"), "application/json");
	assert_body(&q, want);
	http_request_release(&q);
}

static void request_fails(
	const struct apple_service *s, const struct apple_change *change, enum errc want)
{
	struct http_request q;
	struct err err = { .msg = "" };

	assert_int_equal(apple_activity_request(s, change, &q, &err), want);
	assert_int_equal(err.code, want);
}

#define DEVICE "\"devices\":{\"data\":[{\"type\":\"orgDevices\",\"id\":\"XABC123X0ABC123X0\"}]}"
#define SERVER                                              \
	"\"mdmServer\":{\"data\":{\"type\":\"mdmServers\"," \
	"\"id\":\"1F97349736CF4614A94F624E705841AD\"}},"

/* The contract's own example, without its line ends. Moving is one assign and no unassign. */
static void test_apple_F12_reassign_is_one_assign(void **state)
{
	struct apple_change change = unassign;

	(void)state;
	change.kind = STEP_REASSIGN;
	body_is(&change, "{\"data\":{\"type\":\"orgDeviceActivities\","
			 "\"attributes\":{\"activityType\":\"ASSIGN_DEVICES\"},"
			 "\"relationships\":{" SERVER DEVICE "}}}");
}

static void test_apple_F08_unassign_names_the_current_server(void **state)
{
	struct apple_change change = unassign;

	(void)state;
	body_is(&change, "{\"data\":{\"type\":\"orgDeviceActivities\","
			 "\"attributes\":{\"activityType\":\"UNASSIGN_DEVICES\"},"
			 "\"relationships\":{" SERVER DEVICE "}}}");
	change.server_id = STR_NONE;
	request_fails(&business, &change, ERR_INTERNAL);
}

/* As many devices as there are in one POST: POSTs are what is scarce. */
static void test_apple_F07_many_devices_in_one(void **state)
{
	struct apple_change change = unassign;

	(void)state;
	change.kind = STEP_CANCEL_MIGRATION;
	change.n_serials = 2;
	body_is(&change, "{\"data\":{\"type\":\"orgDeviceActivities\","
			 "\"attributes\":{\"activityType\":\"CANCEL_MDM_MIGRATION\"},"
			 "\"relationships\":{\"devices\":{\"data\":["
			 "{\"type\":\"orgDevices\",\"id\":\"XABC123X0ABC123X0\"},"
			 "{\"type\":\"orgDevices\",\"id\":\"C02XK1ABJG5H\"}]}}}}");
	change.n_serials = 0;
	request_fails(&business, &change, ERR_INTERNAL);
}

static void test_migration(void **state)
{
	struct apple_change change = unassign;

	(void)state;
	change.kind = STEP_MIGRATE;
	request_fails(&business, &change, ERR_INTERNAL);
	change.deadline_ms = 1795392000000;
	body_is(&change, "{\"data\":{\"type\":\"orgDeviceActivities\",\"attributes\":{"
			 "\"activityType\":\"ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE\","
			 "\"activityTypeMetadata\":{\"mdmMigrationDeadlineDateTime\":"
			 "\"2026-11-23T00:00:00.000Z\"}},"
			 "\"relationships\":{" SERVER DEVICE "}}}");
	change.update_deadline = true;
	body_is(&change, "{\"data\":{\"type\":\"orgDeviceActivities\",\"attributes\":{"
			 "\"activityType\":\"UPDATE_MDM_MIGRATION_DEADLINE\","
			 "\"activityTypeMetadata\":{\"mdmMigrationDeadlineDateTime\":"
			 "\"2026-11-23T00:00:00.000Z\"}},"
			 "\"relationships\":{" DEVICE "}}}");
}

static void test_apple_F16_release_is_business_only(void **state)
{
	struct apple_change change = unassign;

	(void)state;
	change.kind = STEP_RELEASE;
	body_is(&change, "{\"data\":{\"type\":\"orgDeviceActivities\","
			 "\"attributes\":{\"activityType\":\"RELEASE_DEVICES\"},"
			 "\"relationships\":{" DEVICE "}}}");
	request_fails(&school, &change, ERR_REFUSED);
	change.kind = STEP_SYNC;
	request_fails(&business, &change, ERR_INTERNAL);
}

static void test_too_large(void **state)
{
	struct apple_change change = unassign;
	enum { N = 200000 };
	struct str *many = calloc(N, sizeof(*many));

	(void)state;
	assert_non_null(many);
	for (size_t i = 0; i < N; i++)
		many[i] = serials[0];
	change.serials = many;
	change.n_serials = N;
	request_fails(&business, &change, ERR_LIMIT);
	free(many);
}

/* --- replies --- */

static void activity_is(int status, const char *body, struct apple_activity *ret)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };

	if (apple_activity_reply(&p, ret, &err))
		fail_msg("%s", err.msg);
	http_reply_release(&p);
}

static void activity_fails(int status, const char *body, enum errc want)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	struct apple_activity a;

	assert_int_equal(apple_activity_reply(&p, &a, &err), want);
	assert_int_equal(err.code, want);
	http_reply_release(&p);
}

static void test_created_example(void **state)
{
	struct apple_activity a;

	(void)state;
	activity_is(201,
		"{\"data\":{\"type\":\"orgDeviceActivities\","
		"\"id\":\"b1481656-b267-480d-b284-a809eed8b041\",\n"
		"  \"attributes\":{\"status\":\"IN_PROGRESS\",\"subStatus\":\"SUBMITTED\","
		"\"createdDateTime\":\"2025-05-05T04:15:43.282Z\"},\n"
		"  \"links\":{\"self\":\"https://api-business.apple.com/v1/orgDeviceActivities/"
		"b1481656-b267-480d-b284-a809eed8b041\"}},\n"
		" \"links\":{\"self\":\"https://api-business.apple.com/v1/orgDeviceActivities\"}}",
		&a);
	assert_string_equal(a.id, "b1481656-b267-480d-b284-a809eed8b041");
	assert_int_equal(a.state, ACTIVITY_RUNNING);
	assert_string_equal(a.status, "IN_PROGRESS");
	assert_string_equal(a.sub_status, "SUBMITTED");
	assert_null(a.download_url);
	apple_activity_release(&a);
}

/* By Apple's clock alone, and only where both of its times are sure. */
static void test_time_taken(void **state)
{
	static const struct {
		const char *status, *from, *to;
		int64_t took_ms;
	} cases[] = {
		{ "COMPLETED", "2025-05-05T04:15:43.282Z", "2025-05-05T04:15:53.782Z", 10500 },
		{ "COMPLETED", "2025-05-05T04:15:43Z", "2025-05-05T04:15:43Z", 0 },
		{ "FAILED", "2025-05-05T04:15:43Z", "2025-05-05T06:15:44+02:00", 1000 },
		{ "COMPLETED", "2025-05-05T04:15:43Z", "2025-05-05T04:15:42Z", TIME_NONE },
		{ "COMPLETED", "2025-05-05T04:15:43Z", "soon", TIME_NONE },
		{ "COMPLETED", "", "2025-05-05T04:15:43Z", TIME_NONE },
		{ "IN_PROGRESS", "2025-05-05T04:15:43Z", "2025-05-05T04:15:44Z", TIME_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct apple_activity a;
		char body[400];

		(void)snprintf(body, sizeof(body),
			"{\"data\":{\"id\":\"b1481656\",\"attributes\":{\"status\":\"%s\","
			"\"createdDateTime\":\"%s\",\"completedDateTime\":\"%s\"}}}",
			cases[i].status, cases[i].from, cases[i].to);
		activity_is(200, body, &a);
		assert_int_equal(a.took_ms, cases[i].took_ms);
		apple_activity_release(&a);
	}
}

static void test_finished_example(void **state)
{
	struct apple_activity a;

	(void)state;
	activity_is(200,
		"{\"data\":{\"type\":\"orgDeviceActivities\",\"id\":\"…\",\"attributes\":{\n"
		"  \"status\":\"COMPLETED\",\"subStatus\":\"COMPLETED_WITH_SUCCESS\",\n"
		"  \"createdDateTime\":\"2026-02-27T18:00:00.000Z\","
		"\"completedDateTime\":\"2026-02-27T18:04:31.000Z\",\n"
		"  \"downloadUrl\":\"https://…presigned…\"}}, \"links\":{}}",
		&a);
	assert_int_equal(a.state, ACTIVITY_SUCCESS);
	assert_string_equal(a.download_url, "https://…presigned…");
	apple_activity_release(&a);
	assert_null(a.download_url);
	apple_activity_release(&a);
}

static void test_apple_F10_completed_is_not_success(void **state)
{
	static const struct {
		const char *status, *sub_status;
		enum apple_activity_state want;
	} cases[] = {
		{ "COMPLETED", "COMPLETED_WITH_SUCCESS", ACTIVITY_SUCCESS },
		{ "COMPLETED", "COMPLETED_WITH_ERROR", ACTIVITY_WITH_ERROR },
		{ "COMPLETED", "COMPLETED_WITH_FAILURE", ACTIVITY_FAILURE },
		{ "COMPLETED", "COMPLETED_POST_PROCESSING_FAILED", ACTIVITY_UNCLEAR },
		{ "COMPLETED", "", ACTIVITY_UNCLEAR },
		{ "COMPLETED", "POST_PROCESSING", ACTIVITY_RUNNING },
		{ "COMPLETED", "COMPLETED", ACTIVITY_UNCLEAR },
		{ "COMPLETED", "RESTING", ACTIVITY_RUNNING },
		{ "completed", "Completed_With_Success", ACTIVITY_SUCCESS },
		{ " COMPLETED ", "COMPLETED_WITH_FAILURE ", ACTIVITY_FAILURE },
		{ "Failed", "", ACTIVITY_UNCLEAR },
		{ "STOPPED", "STOPPING", ACTIVITY_UNCLEAR },
		{ "FAILED", "", ACTIVITY_UNCLEAR },
		{ "IN_PROGRESS", "STOPPING", ACTIVITY_RUNNING },
		{ "IN_PROGRESS", "COMPLETED_WITH_SUCCESS", ACTIVITY_RUNNING },
		{ "RESTING", "", ACTIVITY_RUNNING },
		{ "", "", ACTIVITY_RUNNING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct apple_activity a;
		char body[512];

		snprintf(body, sizeof(body),
			"{\"data\":{\"id\":\"x\",\"attributes\":{\"status\":\"%s\","
			"\"subStatus\":\"%s\",\"downloadUrl\":\"\"}}}",
			cases[i].status, cases[i].sub_status);
		activity_is(200, body, &a);
		assert_int_equal(a.state, cases[i].want);
		assert_null(a.download_url);
		apple_activity_release(&a);
	}
}

/* Created, but the id is lost: neither done nor undone, and never to be sent again blindly. */
static void test_apple_F23_created_but_unreadable(void **state)
{
	(void)state;
	activity_fails(201, "", ERR_UNKNOWN);
	activity_fails(201, "<html>", ERR_UNKNOWN);
	activity_fails(201, "{\"data\":{\"attributes\":{}}}", ERR_UNKNOWN);
	activity_fails(202, "{\"data\":{\"id\":\"\"}}", ERR_UNKNOWN);
	activity_fails(200, "{\"data\":{\"id\":7}}", ERR_PROTOCOL);
	activity_fails(200, "{", ERR_PROTOCOL);
}

/* An id that does not fit would be asked for in vain. */
static void test_apple_F21_id_is_kept_whole(void **state)
{
	(void)state;
	activity_fails(201,
		"{\"data\":{\"id\":\"0123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789\"}}",
		ERR_UNKNOWN);
	activity_fails(
		404, "{\"errors\":[{\"status\":\"404\",\"code\":\"NOT_FOUND\"}]}", ERR_NOT_FOUND);
	activity_fails(409, "", ERR_REFUSED);
	activity_fails(429, "", ERR_BUSY);
	activity_fails(500, "", ERR_OUTAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apple_F12_reassign_is_one_assign),
		cmocka_unit_test(test_apple_F08_unassign_names_the_current_server),
		cmocka_unit_test(test_apple_F07_many_devices_in_one),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_apple_F16_release_is_business_only),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_created_example),
		cmocka_unit_test(test_time_taken),
		cmocka_unit_test(test_finished_example),
		cmocka_unit_test(test_apple_F10_completed_is_not_success),
		cmocka_unit_test(test_apple_F23_created_but_unreadable),
		cmocka_unit_test(test_apple_F21_id_is_kept_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
