/* survey/doctor: what it knows without asking anybody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "survey/doctor_parts.h"

/* services/README.md UEM B, codes of B6. */
static void group_codes_are_explained(void **state)
{
	(void)state;
	assert_non_null(strstr(doctor_group_remedy(5053), "holds no server token"));
	assert_non_null(strstr(doctor_group_remedy(5054), "no group has this UUID"));
	assert_non_null(strstr(doctor_group_remedy(5056), "no UUID"));
	assert_null(doctor_group_remedy(0));
	assert_null(doctor_group_remedy(5058));
}

static void only_the_cloud_has_no_service_to_restart(void **state)
{
	(void)state;
	assert_false(doctor_on_premises("https://as1234.awmdm.com"));
	assert_false(doctor_on_premises("https://AS1234.AWMDM.COM:443/"));
	assert_true(doctor_on_premises("https://uem.example.com"));
	assert_true(doctor_on_premises("https://uem.example.com/as1.awmdm.com"));
	assert_true(doctor_on_premises("http://127.0.0.1:8080"));
}

/* Once per name, the first few of them. */
static void a_tally_is_one_finding(void **state)
{
	static struct session session;
	struct doctor *d = doctor_new(&session, 0);
	struct examples t = { 0 };
	const struct finding *f;
	uint32_t n;

	(void)state;
	d->check = "some";
	doctor_tell(d, FOUND_TROUBLE, &t, "mend it", "broken");
	(void)doctor_findings(d, &n);
	assert_int_equal(n, 0);
	for (int i = 0; i < 5; i++)
		doctor_tally(d, &t, (struct str){ &"ABCDE"[i], 1 }, EXAMPLES);
	doctor_tell(d, FOUND_TROUBLE, &t, "mend it", "broken");
	f = doctor_findings(d, &n);
	assert_int_equal(n, 1);
	assert_int_equal(doctor_count(d, "some", FOUND_TROUBLE), 1);
	assert_int_equal(doctor_count(d, "other", FOUND_TROUBLE), 0);
	assert_int_equal(doctor_count(d, NULL, FOUND_NOTE), 0);
	assert_true(str_eq(f->subject, STR("A, B, C ...")));
	assert_true(str_eq(f->proof, STR("5 broken")));
	assert_true(str_eq(f->remedy, STR("mend it")));
	doctor_free(d);
}

/* Trouble becomes a finding; what ends a run comes back. */
static void failures_are_findings(void **state)
{
	static struct session session;
	struct doctor *d = doctor_new(&session, 0);
	struct err err;

	(void)state;
	d->check = "some";
	assert_int_equal(doctor_fail(d, ERR_OK, STR("x"), "", &err), ERR_OK);
	(void)err_set(&err, ERR_STOPPED, "a signal");
	assert_int_equal(doctor_fail(d, ERR_STOPPED, STR("x"), "", &err), ERR_STOPPED);
	(void)err_set(&err, ERR_STORE, "full");
	assert_int_equal(doctor_fail(d, ERR_STORE, STR("x"), "", &err), ERR_STORE);
	assert_int_equal(doctor_count(d, NULL, FOUND_TROUBLE), 0);
	(void)err_set(&err, ERR_AUTH, "no");
	assert_int_equal(doctor_fail(d, ERR_AUTH, STR("x"), "", &err), ERR_OK);
	(void)err_set(&err, ERR_REFUSED, "no");
	assert_int_equal(doctor_fail(d, ERR_REFUSED, STR("x"), "", &err), ERR_OK);
	(void)err_set(&err, ERR_NET, "no route");
	assert_int_equal(doctor_fail(d, ERR_NET, STR("x"), "", &err), ERR_OK);
	assert_int_equal(doctor_count(d, "some", FOUND_TROUBLE), 3);
	doctor_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(group_codes_are_explained),
		cmocka_unit_test(only_the_cloud_has_no_service_to_restart),
		cmocka_unit_test(a_tally_is_one_finding),
		cmocka_unit_test(failures_are_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
