/* Several bytes as one number: the first is the lowest, wherever they begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

static void first_is_lowest(void **state)
{
	const char text[] = "?\x01\x02\x03\x04\x05\x06\x07\xf8";

	(void)state;
	assert_true(bytes_read8(text + 1) == UINT64_C(0xf807060504030201));
}

static void written_as_read(void **state)
{
	char out[10] = "..........";

	(void)state;
	bytes_write8(out + 1, UINT64_C(0x4847464544434241));
	assert_memory_equal(out, ".ABCDEFGH.", sizeof(out));
	assert_true(bytes_read8(out + 1) == UINT64_C(0x4847464544434241));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_is_lowest),
		cmocka_unit_test(written_as_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
