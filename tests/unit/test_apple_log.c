#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/apple.h"
#include "unit/services_help.h"

/* "SERIAL+ or SERIAL-substatus;" per row handed out. */
static void note(void *self, struct str serial, bool ok, struct str substatus)
{
	struct buf *seen = self;

	buf_str(seen, serial);
	buf_char(seen, ok ? '+' : '-');
	buf_str(seen, substatus);
	buf_char(seen, ';');
}

static void log_is(const char *csv, const char *want)
{
	struct err err = { .msg = "" };
	struct buf seen;

	buf_init(&seen, 4096);
	if (apple_log_read(str_from(csv), note, &seen, &err))
		fail_msg("%s", err.msg);
	assert_str(buf_view(&seen), want);
	buf_release(&seen);
}

#define PREAMBLE                                \
	"OPERATION,SYNC_SOURCE\n"               \
	"ACTIVITY_ID,activity-123\n"            \
	"STARTED AT,2026-04-08T13:53:18.388Z\n" \
	"ENDED AT,2026-04-08T13:57:16.881Z\n"   \
	"STATUS,COMPLETED\n"                    \
	"SUB_STATUS,COMPLETED_WITH_ERROR\n"     \
	"\n"

static void test_apple_F22_preamble_and_tables(void **state)
{
	(void)state;
	log_is(PREAMBLE "serial_number,operation_status,operation_substatus,timestamp\n"
			"C02XK1ABJG5H,SUCCESS,UPDATED,2026-04-08T13:53:19Z\n"
			"DMPX1234ABCD,ISSUE,OPERATION_NOT_ALLOWED\n"
			"F9FX1234ABCD,success\n"
			"\n"
			"person_id,operation_status,operation_substatus\n"
			"P1,SUCCESS,CREATED\n"
			"\n"
			"name,Serial Number,Operation Status\n"
			"x,C39X1234ABCD,FAILED\n",
		"C02XK1ABJG5H+UPDATED;DMPX1234ABCD-OPERATION_NOT_ALLOWED;F9FX1234ABCD+;"
		"C39X1234ABCD-;");
}

static void test_table_ends_at_blank_line(void **state)
{
	(void)state;
	log_is("serial_number,operation_status\n"
	       "C02XK1ABJG5H,SUCCESS\n"
	       "\n"
	       "TOTAL,SUCCESS\n",
		"C02XK1ABJG5H+;");
	log_is("serial_number,operation_status\r\n"
	       "C02XK1ABJG5H,SUCCESS\r\n"
	       "\"DMPX\n1234\",FAILED\r\n"
	       "F9FX1234ABCD,SUCCESS\r\n",
		"C02XK1ABJG5H+;DMPX\n1234-;F9FX1234ABCD+;");
}

static void test_table_without_blank_line(void **state)
{
	(void)state;
	log_is("serial_number,operation_status\n"
	       "C02XK1ABJG5H,SUCCESS\n"
	       "class_id,operation_status\n"
	       "K1,SUCCESS\n",
		"C02XK1ABJG5H+;");
}

/* What is neither Apple's word for success nor one for failure tells nothing. */
static void test_unknown_words(void **state)
{
	(void)state;
	log_is("serial_number,operation_status,operation_substatus\n"
	       "C02XK1ABJG5H,SUCCESS_WITH_WARNING,UPDATED\n"
	       "C02XK1ABJG5J,WARNING,UPDATED\n"
	       "C02XK1ABJG5K,PENDING,\n"
	       "C02XK1ABJG5L,ERFOLG,AKTUALISIERT\n"
	       "C02XK1ABJG5M,SUC\n"
	       "DMPX1234ABCD,WARNING,OPERATION_NOT_ALLOWED\n"
	       "F9FX1234ABCD,Failure,\n"
	       "G9FX1234ABCD,ERROR,NEW_WORD\n",
		"DMPX1234ABCD-OPERATION_NOT_ALLOWED;F9FX1234ABCD-;G9FX1234ABCD-NEW_WORD;");
}

static void test_no_device_table(void **state)
{
	(void)state;
	log_is("", "");
	log_is(PREAMBLE, "");
	log_is("serial_number,model\nC02XK1ABJG5H,SUCCESS\n", "");
	log_is("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "");
	log_is("serial_number,operation_status\n,SUCCESS\nC02XK1ABJG5H,\nC02XK1ABJG5H\n", "");
}

static void test_bom_and_case(void **state)
{
	(void)state;
	log_is("\xef\xbb\xbfSERIAL_NUMBER,OPERATION_STATUS,OPERATION_SUBSTATUS\n"
	       "C02XK1ABJG5H,Success,Updated\n",
		"C02XK1ABJG5H+Updated;");
	log_is("device_serial_number,operation_status\nC02XK1ABJG5H,SUCCESS\n", "C02XK1ABJG5H+;");
}

/* Rows before the damage were handed out; the rest is told as what it is: no answer. */
static void test_damaged(void **state)
{
	static const char csv[] = "serial_number,operation_status\n"
				  "C02XK1ABJG5H,SUCCESS\n"
				  "DMP\0,SUCCESS\n";
	struct err err = { .msg = "" };
	struct buf seen;

	(void)state;
	buf_init(&seen, 4096);
	assert_int_equal(apple_log_read((struct str){ csv, sizeof(csv) - 1 }, note, &seen, &err),
		ERR_PROTOCOL);
	assert_non_null(strstr(err.msg, "Apple's log"));
	buf_release(&seen);
}

/* The address is signed: no bearer goes to the object store, and only https is taken. */
static void test_apple_F21_log_without_bearer(void **state)
{
	static const char url[] = "https://store.blobstore.apple.com/a/b?X-Sig=1%2F2&e=60";
	struct http_request q;
	struct err err = { .msg = "" };

	(void)state;
	assert_int_equal(apple_log_request(url, &q, &err), ERR_OK);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(q.method, "GET");
	assert_string_equal(q.url, url);
	assert_null(header_of(&q, "Authorization"));
	http_request_release(&q);
	assert_int_equal(
		apple_log_request("http://store.blobstore.apple.com/a", &q, &err), ERR_PROTOCOL);
	assert_int_equal(apple_log_request("file:///etc/passwd", &q, &err), ERR_PROTOCOL);
	assert_int_equal(apple_log_request("", &q, &err), ERR_PROTOCOL);
	assert_int_equal(apple_log_request("http://127.0.0.1:8080/log", &q, &err), ERR_OK);
	http_request_release(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apple_F22_preamble_and_tables),
		cmocka_unit_test(test_table_ends_at_blank_line),
		cmocka_unit_test(test_table_without_blank_line),
		cmocka_unit_test(test_unknown_words),
		cmocka_unit_test(test_no_device_table),
		cmocka_unit_test(test_bom_and_case),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_apple_F21_log_without_bearer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
