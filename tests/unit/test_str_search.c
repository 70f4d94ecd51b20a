/* base/str: searches and patterns, short and long, against the plain definitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/str.h"

static uint64_t seed = 20261128;

static uint32_t roll(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static char low(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* By the definition, in a table: t[k] is whether the first k letters of the pattern fit. */
static bool glob_by_table(struct str s, struct str p)
{
	bool *t = calloc(p.n + 1, sizeof(*t));
	bool holds;

	assert_non_null(t);
	t[0] = true;
	for (size_t k = 0; k < p.n && p.p[k] == '*'; k++)
		t[k + 1] = true;
	for (size_t i = 0; i < s.n; i++) {
		bool before = t[0];

		t[0] = false;
		for (size_t k = 0; k < p.n; k++) {
			bool here = t[k + 1];

			if (p.p[k] == '*')
				t[k + 1] = here || t[k];
			else
				t[k + 1] = before && (p.p[k] == '?' || low(p.p[k]) == low(s.p[i]));
			before = here;
		}
	}
	holds = t[p.n];
	free(t);
	return holds;
}

static bool contains_by_loop(struct str s, struct str part)
{
	for (size_t i = 0; i + part.n <= s.n; i++) {
		size_t k = 0;

		while (k < part.n && low(s.p[i + k]) == low(part.p[k]))
			k++;
		if (k == part.n)
			return true;
	}
	return false;
}

static struct str random_text(char *to, uint32_t n, const char *letters)
{
	for (uint32_t i = 0; i < n; i++)
		to[i] = letters[roll((uint32_t)strlen(letters))];
	return (struct str){ to, n };
}

static void patterns_fit_as_defined(void **state)
{
	static char text[4096], pattern[512];
	size_t held = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		uint32_t n = roll(2) ? roll(20) : 1000 + roll(3000);
		struct str s = random_text(text, n, "abAB");
		struct str p = random_text(pattern, roll(n < 100 ? 12 : 40), "ab*?");

		if (n > 100 && roll(2)) { /* a long one that may fit: pieces of the text */
			p.n = 0;
			for (uint32_t at = roll(3); at + 60 < n && p.n < 400;
				at += 60 + roll(200)) {
				uint32_t len = 1 + roll(50);

				memcpy(pattern + p.n, text + at, len);
				if (roll(3) == 0)
					pattern[p.n + roll(len)] = '?';
				p.n += len;
				pattern[p.n++] = '*';
			}
			p.p = pattern;
		}
		held += str_glob_nocase(s, p);
		assert_int_equal(str_glob_nocase(s, p), glob_by_table(s, p));
	}
	assert_true(held > 200);
}

static void parts_are_found_as_defined(void **state)
{
	static char text[4096], part[256];
	size_t held = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct str s = random_text(text, roll(4000), "abAB");
		struct str p = random_text(part, roll(roll(2) ? 8 : 200), "ab");

		if (s.n > 250 && roll(2))
			p = (struct str){ text + roll((uint32_t)s.n - 200), 1 + roll(199) };
		held += str_contains_nocase(s, p);
		assert_int_equal(str_contains_nocase(s, p), contains_by_loop(s, p));
	}
	assert_true(held > 500);
}

/* Texts of a megabyte that the plain loops would compare for half a minute: the CPU time of this
 * whole program stays far below that. */
static void long_texts_take_no_square_of_time(void **state)
{
	enum { N = 1000000, HALF = N / 2 };
	char *text = malloc(N), *part = malloc(N);
	struct str s = { text, N }, p = { part, HALF };
	clock_t before = clock();

	(void)state;
	assert_true(text && part);
	memset(text, 'a', N);
	memset(part, 'a', N);
	part[HALF - 1] = 'b';
	assert_false(str_contains_nocase(s, p));
	part[0] = '*';
	assert_false(str_glob_nocase(s, p));
	part[HALF - 1] = '*';
	part[HALF - 2] = 'b';
	assert_false(str_glob_nocase(s, p));
	for (size_t i = 1; i < HALF; i += 2)
		part[i] = '*';
	assert_false(str_glob_nocase(s, p));
	assert_true((clock() - before) / CLOCKS_PER_SEC < 10);
	free(text);
	free(part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_fit_as_defined),
		cmocka_unit_test(parts_are_found_as_defined),
		cmocka_unit_test(long_texts_take_no_square_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
