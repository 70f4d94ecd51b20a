/* facts/fleet: a description, taken apart again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/fleet.h"

static void expect(const char *description, const char *word, const char *value)
{
	struct str got = fleet_described(str_from(description), word);

	if (!str_eq(got, str_from(value)))
		fail_msg("%s of '%s' is '%.*s', not '%s'", word, description, STR_FMT(got), value);
}

static void finds_each_part(void **state)
{
	const char *d = "status=ASSIGNED;server=WS1 EMEA;listed=yes;profile=Corporate iPads";

	(void)state;
	expect(d, "status", "ASSIGNED");
	expect(d, "server", "WS1 EMEA");
	expect(d, "listed", "yes");
	expect(d, "profile", "Corporate iPads");
	expect("server=none", "server", "none");
}

static void absent_parts_are_empty(void **state)
{
	(void)state;
	expect("", "server", "");
	expect("status=ASSIGNED;listed=yes", "server", "");
	expect("status=ASSIGNED;listed=yes", "profile", "");
	expect("status=ASSIGNED;server=", "server", "");
	expect("status=ASSIGNED;old server=A", "server", "");
}

static void names_may_hold_separators(void **state)
{
	const char *d = "status=ASSIGNED;server=A;B=C;listed=yes;profile=P;Q";

	(void)state;
	expect(d, "server", "A;B=C");
	expect(d, "listed", "yes");
	expect(d, "profile", "P;Q");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_part),
		cmocka_unit_test(absent_parts_are_empty),
		cmocka_unit_test(names_may_hold_separators),
	};

	return cmocka_run_group_tests_name("fleet", tests, NULL, NULL);
}
