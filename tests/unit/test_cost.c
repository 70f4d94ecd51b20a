/* facts/cost: listings or look-ups, whichever takes fewer requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/cost.h"

static void is(struct cost c, uint32_t n_listings, uint64_t n_requests, uint64_t n_instead)
{
	assert_int_equal(c.listing, n_listings != 0);
	assert_int_equal(c.n_listings, n_listings);
	assert_int_equal(c.n_requests, n_requests);
	assert_int_equal(c.n_instead, n_instead);
}

/* A server of 1,500 devices that feeds the first group, one of 1 that feeds the second. */
static struct server servers[] = { { .groups = 1, .device_count = 1500 },
	{ .groups = 2, .device_count = 1 } };

static struct fleet two_servers(void)
{
	return (struct fleet){
		.servers = servers,
		.n_servers = 2,
		.n_groups = 2,
		.groups = { { .last_size = -1 }, { .last_size = -1 } },
		.listed_size = -1,
	};
}

static void devices_by_page_or_by_serial(void **state)
{
	struct fleet f = two_servers();

	(void)state;
	is(cost_devices(&f, 1), 0, 1, 2);
	is(cost_devices(&f, 2), 1, 2, 2); /* the listing on a draw */
	f.listed_size = 9000;
	is(cost_devices(&f, 8), 0, 8, 9);
	is(cost_devices(&f, 140), 1, 9, 140);
	is(cost_servers(&f, 2), 0, 2, 3);
	is(cost_servers(&f, 3), 2, 3, 3);
	is(cost_on_server(&f, 0, 1), 0, 1, 2);
	is(cost_on_server(&f, 1, 1), 1, 1, 1);
}

static void tokens_by_page_or_by_serial(void **state)
{
	struct fleet f = two_servers();

	(void)state;
	is(cost_tokens(&f, 1, 2), 0, 2, 3);
	is(cost_tokens(&f, 1, 3), 1, 3, 3);
	is(cost_tokens(&f, 3, 3), 0, 3, 4);
	is(cost_tokens(&f, 3, 40), 2, 4, 40);
	f.groups[0].last_size = 0; /* its list says more than the server's count */
	is(cost_tokens(&f, 1, 1), 1, 1, 1);
	f.groups[1].last_size = 501;
	is(cost_tokens(&f, 2, 1), 0, 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_by_page_or_by_serial),
		cmocka_unit_test(tokens_by_page_or_by_serial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
