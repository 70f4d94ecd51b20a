/*
 * A store of one run with any bytes changed, or cut anywhere: it is opened and can be asked, or is
 * refused with words; nothing breaks. The input is a list of changes: four bytes that say where,
 * one that goes there; the first two of the input say how much is cut.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/services_fuzz.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_BYTES = 1024 * 1024, CHANGE_BYTES = 5 };

static char state[64], file[512];
static uint8_t good[MAX_BYTES];
static size_t n_good;

static const struct store_options options = {
	.state_dir = state, .client_id = "client", .use = STORE_WRITE
};

static void forget(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", state);
	(void)!system(command);
}

/* A run of one device, with a request under way and all that is remembered of it. */
static void fill(struct store *s)
{
	struct run_record run = {
		.name = "20261122-030000-1a2b3c4d", .identity = "i", .fingerprint = "f"
	};
	struct row_record row = { .line = 2, .serial = STR("C02XK1ABJG5H"), .rule = STR("r") };
	struct device_record device = { .serial = STR("C02XK1ABJG5H"),
		.rule = STR("r"),
		.program = STR("[]"),
		.start = STR("WS1"),
		.results = STR("d") };
	struct request_record request = { .target = STR("WS1") };
	int64_t id;

	if (store_begin(s, NULL) || store_run_add(s, &run, STR("{\"version\":1}"), NULL) ||
		store_row_add(s, run.id, &row, NULL) || store_device_add(s, run.id, &device, NULL))
		abort();
	request.run = run.id;
	if (store_request_add(s, &request, &id, NULL) ||
		store_request_device(s, id, STR("C02XK1ABJG5H"), 0, NULL) ||
		store_home_put(s, STR("C02XK1ABJG5H"), STR("WS1"), run.id, NULL) ||
		store_event(s, run.id, 1, "plan", STR("x"), NULL) ||
		store_meta_put(s, "server_ids", STR("WS1"), NULL) || store_commit(s, NULL))
		abort();
}

/* A folder in memory; the name of the client's own is the store's affair. */
static void prepare(void)
{
	struct store *s = NULL;
	ssize_t n_read;
	int fd;

	(void)snprintf(state, sizeof(state), "/dev/shm/depmend-fuzz-XXXXXX");
	if (!mkdtemp(state) || store_open(&s, &options, NULL) != ERR_OK)
		abort();
	fill(s);
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

static enum errc see_run(void *self, const struct run_record *run, struct err *err)
{
	(void)err;
	*(int64_t *)self = run->id;
	touch(str_from(run->name));
	return ERR_OK;
}

static enum errc see_rows(struct store *s, int64_t run, struct err *err)
{
	struct row_reader *rows = row_reader_open(s, run, 0);
	struct row_record row;
	bool more = true;
	enum errc rc = ERR_OK;

	while (!rc && more) {
		rc = row_reader_next(rows, &row, &more, err);
		if (!rc && more) {
			touch(row.serial);
			touch(row.rule);
			touch(row.detail);
		}
	}
	row_reader_close(rows);
	return rc;
}

static void touch_kept(char *text)
{
	if (text)
		touch(str_from(text));
	free(text);
}

static enum errc see_device(void *self, const struct device_record *d, struct err *err)
{
	(void)self;
	(void)err;
	touch(d->serial);
	touch(d->program);
	touch(d->results);
	touch(d->evidence);
	return ERR_OK;
}

static enum errc see_request(void *self, const struct request_record *r, struct err *err)
{
	(void)self;
	(void)err;
	touch(r->target);
	touch(r->activity);
	return ERR_OK;
}

static void ask(struct store *s)
{
	struct err err = { .msg = "" };
	int64_t run = 1, n_events, from_ms;
	char *meta = NULL, *frozen = NULL, *home = NULL;

	check(store_meta_get(s, "server_ids", &meta, &err), &err);
	check(store_runs(s, see_run, &run, &err), &err);
	check(store_run_frozen(s, run, &frozen, &err), &err);
	check(see_rows(s, run, &err), &err);
	check(store_devices(s, run, see_device, NULL, &err), &err);
	check(store_requests_open(s, run, see_request, NULL, &err), &err);
	check(store_home_get(s, STR("C02XK1ABJG5H"), &home, &err), &err);
	check(store_events_verify(s, &n_events, &from_ms, &err), &err);
	touch_kept(meta);
	touch_kept(frozen);
	touch_kept(home);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct store *s = NULL;
	struct err err = { .msg = "" };

	if (!state[0])
		prepare();
	put(data, n);
	if (store_open(&s, &options, &err) == ERR_OK)
		ask(s);
	else if (!err.msg[0])
		abort();
	store_close(s);
	return 0;
}
