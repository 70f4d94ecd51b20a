/*
 * The log of an activity: any bytes give rows within the text, or a failure with a sentence.
 */
#include "fuzz/services_fuzz.h"
#include "services/apple.h"

static void take_row(void *self, struct str serial, bool ok, struct str substatus)
{
	(void)self;
	(void)ok;
	if (serial.n == 0)
		abort();
	touch(serial);
	touch(substatus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { .msg = "" };
	enum errc rc = apple_log_read((struct str){ (const char *)data, n }, take_row, NULL, &err);

	check(rc, &err);
	if (rc != ERR_OK && rc != ERR_PROTOCOL)
		abort();
	return 0;
}
