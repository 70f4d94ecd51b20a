/*
 * The audit trail. Each event's hash covers the hash before it, so that a changed, missing or
 * inserted event shows at the first place that does not fit.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/time.h"
#include "io/crypto.h"
#include "store/prune.h"
#include "store/sql.h"

enum { EVENT_MAX_BYTES = 1024 * 1024 };

static void chain(char out[SHA256_HEX], struct str before, int64_t run, int64_t at_ms,
	struct str kind, struct str text)
{
	struct buf b;

	buf_init(&b, EVENT_MAX_BYTES + 1024);
	buf_str(&b, before);
	buf_printf(&b, "\n%lld %lld ", (long long)run, (long long)at_ms);
	buf_str(&b, kind);
	buf_char(&b, '\n');
	buf_str(&b, text);
	sha256_hex(buf_view(&b), out);
	buf_release(&b);
}

/* *ret: the newest hash; NULL at the beginning. Caller frees. */
static enum errc last_hash(struct store *s, char **ret, struct err *err)
{
	return store_words(s, SQL_EVENT_LAST, DB_NO_VALUES, ret, err);
}

enum errc store_event(struct store *s, int64_t run, int64_t at_ms, const char *kind,
	struct str text, struct err *err)
{
	char hash[SHA256_HEX], *before;
	enum errc rc;

	if (text.n > EVENT_MAX_BYTES)
		return err_set(err, ERR_INTERNAL, "an audit event of %zu bytes", text.n);
	rc = last_hash(s, &before, err);
	if (rc)
		return rc;
	chain(hash, before ? str_from(before) : STR_NONE, run, at_ms, str_from(kind), text);
	free(before);
	rc = store_do(s, SQL_EVENT_ADD,
		DB_VALUES(db_int(run), db_int(at_ms), db_z(kind), db_str(text.p ? text : STR("")),
			db_z(hash)),
		err);
	if (!rc) {
		s->newest.n = db_last_id(s->db);
		s->newest.at_ms = at_ms;
		memcpy(s->newest.hash, hash, sizeof(s->newest.hash));
		s->uncounted = true;
	}
	return rc;
}

void store_anchor_of(struct str text, struct anchor *ret)
{
	struct str n = str_cut(&text, ' '), hash = str_cut(&text, ' ');
	uint64_t number, at;

	if (!str_to_u64(n, &number) || !str_to_u64(text, &at) || hash.n >= sizeof(ret->hash))
		return;
	ret->n = (int64_t)number;
	ret->at_ms = (int64_t)at;
	(void)snprintf(ret->hash, sizeof(ret->hash), "%.*s", STR_FMT(hash));
}

enum errc store_anchor(struct store *s, struct anchor *ret, struct err *err)
{
	char *text;
	enum errc rc = store_meta_get(s, "events.anchor", &text, err);

	*ret = (struct anchor){ .at_ms = TIME_NONE };
	if (!rc && text) {
		store_anchor_of(str_from(text), ret);
		free(text);
	}
	return rc;
}

struct verifying {
	char hash[SHA256_HEX]; /* of the event before */
	int64_t n, pruned;     /* numbers up to that one */
};

static enum errc verify_event(void *self, const struct cell *c, struct err *err)
{
	struct verifying *v = self;
	char next[SHA256_HEX];

	if (c[0].number <= v->pruned)
		return ERR_OK;
	chain(next, str_from(v->hash), c[1].number, c[2].number, c[3].text, c[4].text);
	v->n++;
	if (c[0].number != v->n || !str_eq(str_from(next), c[5].text))
		return err_set(err, ERR_CONFLICT,
			"the audit trail is broken at event %lld: it was changed, removed or "
			"added afterwards",
			(long long)v->n);
	memcpy(v->hash, next, sizeof(v->hash));
	return ERR_OK;
}

enum errc store_events_verify(
	struct store *s, int64_t *ret_n, int64_t *ret_from_ms, struct err *err)
{
	struct anchor anchor;
	struct verifying v;
	enum errc rc = store_anchor(s, &anchor, err);

	if (rc)
		return rc;
	v = (struct verifying){ .n = anchor.n, .pruned = anchor.n };
	memcpy(v.hash, anchor.hash, sizeof(v.hash));
	rc = store_walk(s, SQL_EVENT_ALL, 0, verify_event, &v, err);
	if (!rc) {
		*ret_n = v.n - anchor.n;
		*ret_from_ms = anchor.at_ms;
	}
	return rc;
}

struct giving {
	enum errc (*each)(void *self, const struct event_record *e, struct err *err);
	void *self;
};

static enum errc give_event(void *self, const struct cell *c, struct err *err)
{
	const struct giving *to = self;
	struct event_record e = {
		.at_ms = c[2].number,
		.kind = c[3].text,
		.text = c[4].text,
		.hash = c[5].text,
	};

	return to->each(to->self, &e, err);
}

enum errc store_events(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct event_record *e, struct err *err), void *self,
	struct err *err)
{
	struct giving to = { each, self };

	return store_walk(s, SQL_EVENT_RUN, run, give_event, &to, err);
}

enum errc store_latest(struct store *s, int64_t *ret_ms, struct err *err)
{
	int64_t sent = TIME_NONE;
	enum errc rc = shared_latest(s->shared, &sent, err);

	if (!rc)
		rc = store_number(s, SQL_LATEST, DB_NO_VALUES, TIME_NONE, ret_ms, err);
	if (!rc && sent > *ret_ms)
		*ret_ms = sent;
	return rc;
}
