#include "lists/list_name.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

/* So many digits are a date: 261128. */
enum { DATE_DIGITS = 6 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One part of a path, up to the next slash; *ret_n: digits in it; *ret_pure: nothing else. False
 * unless both are the same but for digits. */
static bool part_fits(struct str a, struct str b, size_t *ret_n, bool *ret_pure)
{
	size_t i = 0, k = 0;

	*ret_n = 0;
	*ret_pure = true;
	while (i < a.n || k < b.n) {
		size_t from = i;

		while (i < a.n && is_digit(a.p[i]))
			i++;
		while (k < b.n && is_digit(b.p[k]))
			k++;
		*ret_n += i - from;
		if (i == a.n && k == b.n)
			break;
		if (i == a.n || k == b.n || a.p[i++] != b.p[k++])
			return false;
		*ret_pure = false;
	}
	return true;
}

bool list_is_dated_alike(struct str a, struct str b)
{
	size_t digits = 0;

	if (!str_starts_nocase(a, STR("/")) || !str_starts_nocase(b, STR("/")))
		return false;
	while (a.n || b.n) {
		struct str x = str_cut(&a, '/'), y = str_cut(&b, '/');
		size_t n;
		bool pure;

		if (!part_fits(x, y, &n, &pure))
			return false;
		if (pure || !str_eq(x, y))
			digits += n;
	}
	return digits >= DATE_DIGITS;
}

bool list_is_gone(struct str path)
{
	char *z = mem_dupz(path);
	bool gone = access(z, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);

	free(z);
	return gone;
}
