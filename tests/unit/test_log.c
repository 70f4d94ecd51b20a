#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What `say` leaves on stderr. Caller frees. */
static char *said(void (*say)(void))
{
	char *text = calloc(1, 1 << 16);
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO);

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	say();
	(void)fflush(stderr);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	(void)close(kept);
	rewind(file);
	assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
	(void)fclose(file);
	return text;
}

static void try_12_times(void)
{
	for (int i = 1; i <= 12; i++)
		log_often(LOG_WARN, "GET /devices/C02X%d: reset; again at 03:%02dZ", i, i);
	log_often(LOG_WARN, "PUT /sync: reset");
	log_repeats();
	log_often(LOG_WARN, "GET /devices/C02X99: reset; again at 04:00Z");
	log_repeats();
}

static void tells_the_first_the_tenth_and_how_many(void **state)
{
	char *text = said(try_12_times);

	(void)state;
	assert_string_equal(text, "GET /devices/C02X1: reset; again at 03:01Z\n"
				  "GET /devices/C02X10: reset; again at 03:10Z (10 times so far)\n"
				  "PUT /sync: reset\n"
				  "repeated 12 times: GET /devices/C02X1: reset; again at 03:01Z\n"
				  "GET /devices/C02X99: reset; again at 04:00Z\n");
	free(text);
}

static void tells_each_when_much_is_wanted(void **state)
{
	char *text;
	size_t lines = 0;

	(void)state;
	log_set_level(LOG_DEBUG);
	text = said(try_12_times);
	log_set_level(LOG_INFO);
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 14);
	assert_null(strstr(text, "in all"));
	free(text);
}

static void say_a_hundred_kinds(void)
{
	for (int i = 0; i < 100; i++)
		log_often(LOG_WARN, "kind %c%c", 'a' + i % 10, 'a' + i / 10);
	log_repeats();
}

static void loses_none_of_too_many_kinds(void **state)
{
	char *text = said(say_a_hundred_kinds);
	size_t lines = 0;

	(void)state;
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 100);
	free(text);
}

static void cleaned(const char *text, const char *want)
{
	char copy[64];

	(void)strncpy(copy, text, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	text_clean(copy, strlen(copy));
	assert_string_equal(copy, want);
}

static void nothing_from_outside_is_obeyed(void **state)
{
	(void)state;
	cleaned("plain \xc3\xa9 \xe2\x80\x94 \xe6\x97\xa5",
		"plain \xc3\xa9 \xe2\x80\x94 \xe6\x97\xa5");
	cleaned("\033[31m\r\n\x7f", "?[31m???");
	cleaned("\xc2\x9b"
		"31m",
		"??31m");
	cleaned("x\x9b"
		"31m",
		"x?31m");
	cleaned("a\xe2\x80\xae"
		"b",
		"a???b"); /* right-to-left override */
	cleaned("\xe2\x81\xa6"
		"b",
		"???b");                          /* isolate */
	cleaned("\xe2\x80\x8f\xd8\x9c", "?????"); /* marks */
	cleaned("\xe2\x80\xa8", "???");           /* line separator */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_first_the_tenth_and_how_many),
		cmocka_unit_test(tells_each_when_much_is_wanted),
		cmocka_unit_test(loses_none_of_too_many_kinds),
		cmocka_unit_test(nothing_from_outside_is_obeyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
