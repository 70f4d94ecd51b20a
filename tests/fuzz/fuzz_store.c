/*
 * A store with any bytes changed, or cut anywhere: it is opened and can be asked, or is refused
 * with words; nothing breaks. The input is a list of changes: four bytes that say where, one that
 * goes there; the first two of the input say how much is cut.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_BYTES = 1024 * 1024, CHANGE_BYTES = 5 };

static char state[64], file[512];
static uint8_t good[MAX_BYTES];
static size_t n_good;

static void forget(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", state);
	(void)!system(command);
}

/* A folder in memory; the name of the client's own is the store's affair. */
static void prepare(void)
{
	struct store *s = NULL;
	ssize_t n_read;
	int fd;

	(void)snprintf(state, sizeof(state), "/dev/shm/depmend-fuzz-XXXXXX");
	if (!mkdtemp(state) || store_open(&s, state, "client", NULL) != ERR_OK)
		abort();
	(void)snprintf(file, sizeof(file), "%s/depmend.db", store_folder(s));
	store_close(s);
	(void)atexit(forget);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	n_read = fd < 0 ? -1 : read(fd, good, sizeof(good));
	if (n_read <= 0)
		abort();
	(void)close(fd);
	n_good = (size_t)n_read;
}

static void put(const uint8_t *data, size_t n)
{
	static uint8_t bytes[MAX_BYTES];
	size_t n_bytes = n_good;
	char other[520];
	int fd;

	memcpy(bytes, good, n_good);
	if (n >= 2) {
		n_bytes -= (data[0] | (size_t)data[1] << 8) % n_good;
		data += 2;
		n -= 2;
	}
	for (; n >= CHANGE_BYTES; data += CHANGE_BYTES, n -= CHANGE_BYTES) {
		uint32_t at;

		memcpy(&at, data, sizeof(at));
		bytes[at % n_good] = data[4];
	}

	(void)snprintf(other, sizeof(other), "%s-wal", file);
	(void)unlink(other);
	(void)snprintf(other, sizeof(other), "%s-shm", file);
	(void)unlink(other);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, n_bytes) != (ssize_t)n_bytes)
		abort();
	(void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct store *s = NULL;
	struct err err;
	struct str value;

	if (!state[0])
		prepare();
	put(data, n);
	if (store_open(&s, state, "client", &err) == ERR_OK)
		(void)!store_meta_get(s, "server_ids", &value, &err);
	else if (!err.msg[0])
		abort();
	store_close(s);
	return 0;
}
