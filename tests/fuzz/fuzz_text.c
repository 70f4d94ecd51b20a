/*
 * Dates, durations, globs, serial numbers and numbers: any text is one or is none, and what was
 * read and printed again is read as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "model/serial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void dates(struct str text)
{
	char again[TIME_TEXT];
	int64_t at, at_again;

	if (!time_parse(text, &at))
		return;
	if (!time_parse(str_from(time_rfc3339(at, again)), &at_again) || at != at_again)
		abort();
}

static void durations(struct str text)
{
	struct duration d;

	if (duration_parse(text, &d)) {
		(void)time_shift(INT64_C(1767225600000), d, 1);
		(void)time_shift(INT64_C(1767225600000), d, -1);
	}
}

/* A text that is no pattern matches itself, and everything matches a star. */
static void globs(struct str text, struct str pattern)
{
	(void)str_glob_nocase(text, pattern);
	if (!str_glob_nocase(text, STR("*")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Its own allocation, so that a step beyond the end is seen. */
	char *copy = mem_alloc(n + 1);
	struct str text = { copy, n }, first;
	uint64_t number;
	int64_t at;

	memcpy(copy, data, n);
	dates(text);
	durations(text);
	(void)str_to_u64(text, &number);
	first = str_cut(&text, '\n');
	globs(text, first);
	if (time_format_valid(first))
		(void)time_parse_format(text, first, &at);
	else if (time_parse_format(text, first, &at) && first.n == 0)
		abort();
	free(copy);
	return 0;
}
