#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/map.h"

static struct str numbered(int i, char text[24])
{
	return (struct str){ text, (size_t)snprintf(text, 24, "C02X%08d", i) };
}

static void the_same_bytes_have_the_same_slot(void **state)
{
	struct map m;
	bool new;

	(void)state;
	map_init(&m, 0);
	assert_int_equal(map_find(&m, STR("a")), MAP_NONE);
	assert_int_equal(map_add(&m, STR("a"), &new), 0);
	assert_true(new);
	assert_int_equal(map_add(&m, STR_NONE, NULL), 1);
	assert_int_equal(map_add(&m, STR("ab"), NULL), 2);
	assert_int_equal(map_add(&m, STR("a"), &new), 0);
	assert_false(new);
	assert_int_equal(map_find(&m, STR("")), 1);
	assert_int_equal(map_find(&m, STR("b")), MAP_NONE);
	assert_true(str_eq(map_key(&m, 2), STR("ab")));
	assert_int_equal(map_key(&m, 1).n, 0);
	map_release(&m);
	assert_int_equal(map_find(&m, STR("a")), MAP_NONE);
}

/* As many as make it grow often; with room made before, before half of them, or never. */
static void slots_survive_growth(void **state)
{
	enum { N = 600000 }; /* a table of more than one large page */
	char text[24];

	(void)state;
	for (int reserve = 0; reserve < 3; reserve++) {
		struct map m;

		map_init(&m, reserve == 1 ? N : 0);
		for (int i = 0; i < N; i++) {
			uint64_t expected = map_expect(&m, numbered(i, text));

			if (reserve == 2 && i == N / 2)
				map_reserve(&m, N);
			assert_int_equal(
				map_add_expected(&m, numbered(i, text), expected, NULL), i);
		}
		assert_true(m.mask / 2 >= N / 2);
		map_reserve(&m, 1);
		for (int i = 0; i < N; i++) {
			assert_int_equal(map_find(&m, numbered(i, text)), i);
			assert_true(str_eq(map_key(&m, (uint32_t)i), numbered(i, text)));
		}
		assert_int_equal(map_find(&m, numbered(N, text)), MAP_NONE);
		map_release(&m);
	}
}

/* Longer and longer ones, with shorter ones among them. */
static struct str of_any_length(int i, int n_each, char text[64])
{
	int n = 1 + i / (i % 3 ? n_each : 2 * n_each);
	int len = snprintf(text, 64, "%060d", i);

	return (struct str){ text + len - n, (size_t)n };
}

static void keys_of_any_length_are_kept(void **state)
{
	enum { EACH = 2000, LONGEST = 40 };
	char text[64];
	struct map m;

	(void)state;
	for (int longest = 4; longest <= LONGEST; longest += 12) {
		uint32_t n = 0;
		bool new;

		map_init_short(&m);
		for (int i = 0; i < EACH * longest; i++) {
			struct str key = of_any_length(i, EACH, text);

			assert_true(map_add(&m, key, &new) < n + new);
			n += new;
			if (i == EACH)
				map_reserve(&m, EACH * LONGEST);
		}
		assert_int_equal(m.n, n);
		for (int i = 0; i < EACH * longest; i++) {
			struct str key = of_any_length(i, EACH, text);

			assert_true(str_eq(map_key(&m, map_find(&m, key)), key));
		}
		map_release(&m);
	}
}

/* Serials that were counted up lie as far from each other as any: nobody walks past hundreds of
 * them to find that one is not there. */
static void numbered_keys_do_not_pile_up(void **state)
{
	char text[24];

	(void)state;
	for (int n = 1000; n <= 64000; n *= 4) {
		struct map m;
		size_t run = 0, longest = 0;

		map_init(&m, (size_t)n);
		for (int i = 0; i < n; i++)
			(void)map_add(&m, numbered(i, text), NULL);
		for (uint32_t i = 0; i <= m.mask; i++) {
			run = m.table[i] ? run + 1 : 0;
			longest = run > longest ? run : longest;
		}
		if (longest > 300)
			fail_msg("of %d keys %zu lie side by side", n, longest);
		map_release(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_bytes_have_the_same_slot),
		cmocka_unit_test(slots_survive_growth),
		cmocka_unit_test(keys_of_any_length_are_kept),
		cmocka_unit_test(numbered_keys_do_not_pile_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
