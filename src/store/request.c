/* Changes sent, and homes. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "store/sql.h"

const char *request_word(enum request_state state)
{
	static const char *const words[] = {
		[REQUEST_INTENT] = "intended",
		[REQUEST_ACCEPTED] = "accepted",
		[REQUEST_REFUSED] = "refused",
		[REQUEST_UNKNOWN] = "unknown",
		[REQUEST_SETTLED] = "settled",
	};

	return words[state];
}

enum errc store_request_add(
	struct store *s, const struct request_record *r, int64_t *ret_id, struct err *err)
{
	enum errc rc = store_do(s, SQL_REQUEST_ADD,
		DB_VALUES(db_int(r->run), db_int(r->kind), db_str(r->target), db_int(r->state),
			db_str(r->activity), db_int(r->intent_ms), db_time(r->sent_ms)),
		err);

	if (!rc)
		*ret_id = db_last_id(s->db);
	return rc;
}

enum errc store_request_device(
	struct store *s, int64_t request, struct str serial, uint32_t step, struct err *err)
{
	return store_do(s, SQL_REQUEST_DEVICE,
		DB_VALUES(db_int(request), db_str(serial), db_int(step)), err);
}

enum errc store_request_set(struct store *s, int64_t request, enum request_state state,
	struct str activity, int64_t sent_ms, struct err *err)
{
	return store_do(s, SQL_REQUEST_SET,
		DB_VALUES(db_int(request), db_int(state), db_str(activity), db_time(sent_ms)), err);
}

struct giving {
	enum errc (*each)(void *self, const struct request_record *r, struct err *err);
	void *self;
};

static enum errc give_request(void *self, const struct cell *c, struct err *err)
{
	const struct giving *to = self;
	struct request_record r = {
		.id = c[0].number,
		.run = c[1].number,
		.kind = (int)c[2].number,
		.target = c[3].text,
		.state = (enum request_state)c[4].number,
		.activity = c[5].text,
		.intent_ms = c[6].number,
		.sent_ms = cell_time(&c[7]),
	};

	return to->each(to->self, &r, err);
}

enum errc store_requests_open(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct request_record *r, struct err *err), void *self,
	struct err *err)
{
	struct giving to = { each, self };

	return store_walk(s, SQL_REQUEST_OPEN, run, give_request, &to, err);
}

struct naming {
	enum errc (*each)(void *self, struct str serial, uint32_t step, struct err *err);
	void *self;
};

static enum errc give_named(void *self, const struct cell *c, struct err *err)
{
	const struct naming *to = self;

	return to->each(to->self, c[1].text, (uint32_t)c[2].number, err);
}

enum errc store_request_devices(struct store *s, int64_t request,
	enum errc (*each)(void *self, struct str serial, uint32_t step, struct err *err),
	void *self, struct err *err)
{
	struct naming to = { each, self };

	return store_walk(s, SQL_REQUEST_DEVICES, request, give_named, &to, err);
}

enum errc store_devices_since(struct store *s, int kind, const char *rules, int64_t since_ms,
	uint64_t *ret, struct err *err)
{
	int64_t n = 0;
	enum errc rc = store_number(s, SQL_DEVICES_SINCE,
		DB_VALUES(db_int(since_ms), db_int(kind), db_z(rules ? rules : "")), 0, &n, err);

	if (!rc)
		*ret = (uint64_t)n;
	return rc;
}

enum errc store_serials_since(struct store *s, int kind, const char *rules, int64_t since_ms,
	enum errc (*each)(void *self, struct str serial, struct err *err), void *self,
	struct err *err)
{
	struct db_stmt *q;
	struct page p;
	enum errc rc = store_sql(s, SQL_SERIALS_SINCE,
		DB_VALUES(db_int(since_ms), db_int(kind), db_z(rules ? rules : "")), &q, err);

	if (rc)
		return rc;
	page_init(&p);
	rc = page_read(&p, q, err);
	for (size_t i = 0; i < p.n && !rc; i++)
		rc = each(self, page_row(&p, i)->text, err);
	page_release(&p);
	return rc;
}

enum errc store_home_put(
	struct store *s, struct str serial, struct str server_id, int64_t run, struct err *err)
{
	return store_do(
		s, SQL_HOME_PUT, DB_VALUES(db_str(serial), db_str(server_id), db_int(run)), err);
}

enum errc store_home_get(struct store *s, struct str serial, char **ret, struct err *err)
{
	return store_words(s, SQL_HOME_GET, DB_VALUES(db_str(serial)), ret, err);
}
