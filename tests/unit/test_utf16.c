/* What utf16_take() takes, iconv() makes the same of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <iconv.h>

#include "base/utf16.h"

enum { ROUNDS = 20000, MOST = 400 };

static uint64_t seed = 1;

static uint32_t roll(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* Mostly ASCII, and of everything else the edges. */
static unsigned random_unit(uint32_t rare)
{
	static const unsigned edges[] = { 0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff,
		0xdc00, 0xdfff, 0xe000, 0xfeff, 0xfffe, 0xffff };

	return roll(rare) ? ' ' + roll(95) : edges[roll(sizeof(edges) / sizeof(*edges))];
}

static void as_iconv(void **state)
{
	size_t n_whole = 0;

	(void)state;
	for (int r = 0; r < ROUNDS; r++) {
		bool big = roll(2);
		iconv_t c = iconv_open("UTF-8", big ? "UTF-16BE" : "UTF-16LE");
		char in[MOST], ours[2 * MOST], theirs[2 * MOST];
		char *out = ours, *from = in, *to = theirs;
		size_t n = roll(MOST + 1), room = roll(2 * MOST + 1), cap = room, taken, left;
		uint32_t rare = roll(2) ? 4 : 50;

		for (size_t i = 0; i + 1 < n; i += 2) {
			unsigned unit = random_unit(rare);

			in[i + !big] = (char)(unit >> 8);
			in[i + big] = (char)unit;
		}
		if (n % 2)
			in[n - 1] = 'x';
		taken = utf16_take(in, n, big, &out, &room);
		assert_int_equal(taken % 2, 0);
		assert_int_equal((size_t)(out - ours), cap - room);
		left = taken;
		cap = sizeof(theirs);
		assert_int_equal(iconv(c, &from, &left, &to, &cap), 0);
		assert_int_equal(to - theirs, out - ours);
		assert_memory_equal(ours, theirs, (size_t)(out - ours));
		/* It stops for a reason. */
		if (n - taken >= 2 && room >= 3)
			assert_int_equal((in[taken + !big] & 0xf8), 0xd8);
		n_whole += taken == n;
		(void)iconv_close(c);
	}
	assert_true(n_whole > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_iconv) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
