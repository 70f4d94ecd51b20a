/*
 * store FOLDER write|read N: N devices into requests of a thousand, each with its intent and its
 * outcome in a transaction of its own; or all of them read back by a process that opens the store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/store.h"

enum { BATCH = 1000 };

static enum errc write_request(struct store *s, int64_t run, uint32_t from, struct err *err)
{
	struct request_record r = {
		.run = run, .kind = 0, .target = STR("server"), .intent_ms = 1, .sent_ms = TIME_NONE
	};
	char serial[16];
	int64_t id = 0;
	enum errc rc = store_begin(s, err);

	if (!rc)
		rc = store_request_add(s, &r, &id, err);
	for (uint32_t i = 0; i < BATCH && !rc; i++) {
		(void)snprintf(serial, sizeof(serial), "C02X%08u", from + i);
		rc = store_request_device(s, id, str_from(serial), 0, err);
	}
	if (!rc)
		rc = store_commit(s, err);
	if (!rc)
		rc = store_begin(s, err);
	if (!rc)
		rc = store_request_set(s, id, REQUEST_ACCEPTED, STR("activity"), 2, err);
	return rc ? rc : store_commit(s, err);
}

static enum errc write_all(struct store *s, uint32_t n, struct err *err)
{
	struct run_record run = { .name = "bench", .identity = "bench" };
	enum errc rc = store_run_add(s, &run, STR("{}"), err);

	for (uint32_t i = 0; i < n && !rc; i += BATCH)
		rc = write_request(s, run.id, i, err);
	return rc;
}

struct found {
	int64_t ids[100000];
	size_t n_ids;
	uint32_t n;
};

static enum errc note_request(void *self, const struct request_record *r, struct err *err)
{
	struct found *f = self;

	(void)err;
	if (f->n_ids < sizeof(f->ids) / sizeof(*f->ids))
		f->ids[f->n_ids++] = r->id;
	return ERR_OK;
}

static enum errc count_device(void *self, struct str serial, uint32_t step, struct err *err)
{
	struct found *f = self;

	(void)step;
	(void)err;
	f->n += serial.n == 12;
	return ERR_OK;
}

static enum errc read_all(struct store *s, uint32_t n, struct err *err)
{
	static struct found f;
	struct run_record run;
	enum errc rc = store_run_get(s, "bench", &run, err);

	if (!rc)
		rc = store_requests_open(s, run.id, note_request, &f, err);
	for (size_t i = 0; i < f.n_ids && !rc; i++)
		rc = store_request_devices(s, f.ids[i], count_device, &f, err);
	if (!rc && f.n != n)
		rc = err_set(err, ERR_STORE, "%u of %u were found", f.n, n);
	return rc;
}

int main(int argc, char **argv)
{
	uint64_t n = 0;
	struct store *s;
	struct err err;
	enum errc rc;

	if (argc != 4 || !str_to_u64(str_from(argv[3]), &n))
		return 64;
	rc = store_open(&s,
		&(struct store_options){
			.state_dir = argv[1], .client_id = "bench", .use = STORE_WRITE },
		&err);
	if (!rc) {
		rc = strcmp(argv[2], "write") == 0 ? write_all(s, (uint32_t)n, &err)
						   : read_all(s, (uint32_t)n, &err);
		store_close(s);
	}
	if (rc)
		(void)fprintf(stderr, "%s\n", err.msg);
	return rc ? 74 : 0;
}
