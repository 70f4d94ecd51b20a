#include "store/counter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/crypto.h"

static char *path_of(const char *folder)
{
	return mem_printf("%s.counter", folder);
}

bool counter_number(struct str *text, int64_t *ret)
{
	struct str word = str_cut(text, ' ');
	uint64_t n = 0;
	bool none = str_eq(word, STR("-")), good = none || str_to_u64(word, &n);

	*ret = none ? TIME_NONE : (int64_t)n;
	return good && n <= INT64_MAX;
}

static bool parse_counter(struct str text, struct counter *ret)
{
	if (!counter_number(&text, &ret->n))
		return false;
	ret->hash = str_cut(&text, ' ');
	if (!counter_number(&text, &ret->at_ms))
		return false;
	ret->file = str_cut(&text, ' ');
	return ret->n > 0 && ret->hash.n == SHA256_HEX - 1;
}

bool counter_read(const char *folder, char text[COUNTER_BYTES + 1], struct counter *ret)
{
	char *path = path_of(folder);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, COUNTER_BYTES);

	if (fd >= 0)
		(void)close(fd);
	free(path);
	if (n <= 0)
		return false;
	return parse_counter((struct str){ text, (size_t)n }, ret);
}

void counter_write(const char *folder, const struct counter *c)
{
	char text[COUNTER_BYTES + 1], *path = path_of(folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	(void)snprintf(text, sizeof(text), "%lld %.*s %lld %.*s ", (long long)c->n,
		STR_FMT(c->hash), (long long)c->at_ms, STR_FMT(c->file));
	for (size_t i = strlen(text); i < COUNTER_BYTES; i++)
		text[i] = i + 1 == COUNTER_BYTES ? '\n' : ' ';
	/* One that could not be written, or was lost with the power, says nothing wrong. */
	if (fd >= 0) {
		if (pwrite(fd, text, COUNTER_BYTES, 0) != COUNTER_BYTES)
			(void)unlink(path);
		(void)close(fd);
	}
	free(path);
}
