#include "wire/turn.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"

enum {
	/* How often a reader looks whether the lock's holder has come for its turn. */
	LOOK_MS = 100,
	/* So far ahead of our clock another process may be that shares it: it took its time before
	 * it wrote, and we before we read. */
	AHEAD_MS = 60000,
	/* Both the time of sending and how long it took are whole milliseconds, cut. */
	CUT_MS = 2,
};

struct noting {
	struct rate_log *log;
	int64_t now_ms;
};

/* A time ahead of the clock, from before it was set back, counts as now: it must not block for as
 * long as the step was wide. */
static enum errc note(void *self, int64_t at_ms, struct err *err)
{
	const struct noting *n = self;

	(void)err;
	rate_note(n->log, at_ms < n->now_ms ? at_ms : n->now_ms);
	return ERR_OK;
}

static enum errc catch_up(struct turn *t, int64_t now_ms, struct err *err)
{
	struct noting n = { t->log, now_ms };

	return shared_sent(t->shared, t->rate_class, now_ms - t->log->rate.window_ms - 1,
		&t->known_id, note, &n, err);
}

/* What has been answered since it was read counts from its answer on. */
static enum errc read_anew(struct turn *t, int64_t now_ms, struct err *err)
{
	struct noting n = { t->log, now_ms };

	rate_clear(t->log);
	return shared_sent_span(t->shared, t->rate_class, now_ms - t->log->rate.window_ms,
		INT64_MAX, note, &n, err);
}

static void go_alone(struct turn *t, const struct err *why)
{
	log_warn("%s: from here on this process goes by its own requests alone", why->msg);
	t->shared = NULL;
	t->taken_id = 0;
}

void turn_open(struct turn *t, int64_t now_ms)
{
	struct err why, *err = &why;
	enum errc rc;

	t->since_ms = TIME_NONE;
	if (!t->shared)
		return;
	rc = shared_begin(t->shared, err);
	if (!rc) /* or every start would wait for a window, until the clock is there once more */
		rc = shared_sent_bound(t->shared, t->rate_class, now_ms, now_ms + AHEAD_MS, err);
	if (!rc)
		rc = catch_up(t, now_ms, err);
	if (!rc)
		rc = shared_commit(t->shared, err);
	if (rc) {
		shared_rollback(t->shared);
		go_alone(t, err);
	}
}

/* The times that others have reserved, and those that we will. */
struct turn_plan {
	int64_t *at;
	size_t n;
};

static void insert(struct turn_plan *p, int64_t at)
{
	size_t i = p->n++;

	p->at = mem_realloc(p->at, p->n, sizeof(*p->at));
	for (; i > 0 && p->at[i - 1] > at; i--)
		p->at[i] = p->at[i - 1];
	p->at[i] = at;
}

/* The next `n` times, for ourselves, from one that is taken already on. */
static enum errc reserve(
	struct turn *t, struct turn_plan *p, int64_t now_ms, size_t n, struct err *err)
{
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < n && !rc; i++) {
		int64_t at = rate_when_beside(t->log, now_ms, p->at, p->n);

		if (at == INT64_MAX)
			break;
		insert(p, at);
		rc = shared_reserve(t->shared, t->rate_class, t->first, at, err);
		t->reserves = true;
	}
	return rc;
}

static int64_t latest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Who else has reserved, and what that leaves for the next one. patient: it has waited long enough
 * to come before what the lock's holder has not reserved. */
static enum errc look(struct turn *t, struct turn_plan *p, int64_t now_ms, bool patient,
	int64_t *ret_at, struct err *err)
{
	int64_t first_ms = TIME_NONE;
	enum errc rc = catch_up(t, now_ms, err);

	if (!rc)
		rc = shared_unreserve(t->shared, t->rate_class, t->first, now_ms, err);
	if (!rc)
		rc = shared_reserved(t->shared, t->rate_class, &p->at, &p->n, &first_ms, err);
	if (rc)
		return rc;
	*ret_at = rate_when_beside(t->log, now_ms, p->at, p->n);
	if (t->unseen_ms && *ret_at <= now_ms && t->log->n == t->log->rate.n) {
		rc = read_anew(t, now_ms, err);
		if (rc)
			return rc;
		*ret_at = rate_when_beside(t->log, now_ms, p->at, p->n);
	}
	if (!t->first && !patient && first_ms != TIME_NONE)
		*ret_at = latest(*ret_at, latest(first_ms, now_ms + LOOK_MS));
	return ERR_OK;
}

/* In the transaction. *ret_at: when the next may leave; at once: it is ours. */
static enum errc ask(struct turn *t, struct turn_plan *p, int64_t now_ms, size_t n_queued,
	int64_t *ret_at, struct err *err)
{
	bool patient = t->since_ms != TIME_NONE && now_ms - t->since_ms > t->log->rate.window_ms;
	bool now;
	size_t n_waiting;
	enum errc rc = look(t, p, now_ms, patient, ret_at, err);

	if (rc)
		return rc;
	now = *ret_at <= now_ms;
	n_waiting = n_queued - now;
	if (now) {
		rc = shared_sent_add(
			t->shared, t->rate_class, now_ms + t->unseen_ms, &t->taken_id, err);
		insert(p, now_ms);
	}
	t->reserves = false;
	if (!rc && t->first)
		rc = reserve(t, p, now_ms, n_waiting < TURN_AHEAD ? n_waiting : TURN_AHEAD, err);
	else if (!rc && patient && !now)
		rc = reserve(t, p, now_ms, 1, err);
	return rc;
}

static enum errc take(
	struct turn *t, int64_t now_ms, size_t n_queued, int64_t *ret_at, struct err *err)
{
	struct turn_plan p = { 0 };
	enum errc rc = shared_begin(t->shared, err);

	if (rc)
		return rc;
	t->taken_id = 0;
	rc = ask(t, &p, now_ms, n_queued, ret_at, err);
	if (!rc)
		rc = shared_commit(t->shared, err);
	if (rc)
		shared_rollback(t->shared);
	free(p.at);
	return rc;
}

bool turn_take(struct turn *t, int64_t now_ms, size_t n_queued)
{
	int64_t at = now_ms;
	struct err err;

	if (t->shared && take(t, now_ms, n_queued, &at, &err))
		go_alone(t, &err);
	if (!t->shared)
		at = rate_when(t->log, now_ms, 1);
	if (at <= now_ms) {
		if (t->taken_id)
			t->known_id = t->taken_id;
		t->since_ms = TIME_NONE;
		return true;
	}
	if (t->since_ms == TIME_NONE)
		t->since_ms = now_ms;
	t->again_ms = at;
	return false;
}

void turn_landed(struct turn *t, int64_t id, int64_t taken_ms, int64_t at_ms)
{
	struct err err;

	if (!t->unseen_ms)
		return;
	rate_move(t->log, taken_ms, at_ms + CUT_MS);
	if (t->shared && id && shared_sent_at(t->shared, id, at_ms + CUT_MS, &err))
		go_alone(t, &err); /* or each answer would wait for who holds the file */
}

void turn_give_back(struct turn *t)
{
	struct err err;

	if (t->shared && t->taken_id && shared_sent_drop(t->shared, t->taken_id, &err))
		log_debug("%s", err.msg);
	t->taken_id = 0;
}

static enum errc unreserve(struct turn *t, int64_t now_ms, struct err *err)
{
	enum errc rc = shared_begin(t->shared, err);

	if (!rc)
		rc = shared_unreserve(t->shared, t->rate_class, t->first, now_ms, err);
	if (!rc)
		rc = shared_commit(t->shared, err);
	if (rc)
		shared_rollback(t->shared);
	return rc;
}

void turn_close(struct turn *t, int64_t now_ms)
{
	struct err err;

	if (t->shared && t->reserves && unreserve(t, now_ms, &err))
		log_debug("%s", err.msg);
}
