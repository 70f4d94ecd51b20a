/* The durable promise before a request: what, to what, for whom. */
#include "run/job.h"

#include "base/log.h"
#include "base/time.h"

static struct str target_text(const struct open_request *r)
{
	if (r->about != MAP_NONE)
		return fleet_text(r->job->fleet, r->about);
	return fleet_server_id(r->job->fleet, r->server);
}

static enum errc write_intent(
	const struct open_request *r, int64_t at_ms, int64_t *ret_id, struct err *err)
{
	struct job *j = r->job;
	struct request_record rec = {
		.run = j->run,
		.kind = r->kind,
		.target = target_text(r),
		.state = REQUEST_INTENT,
		.activity = STR(""),
		.intent_ms = at_ms,
		.sent_ms = TIME_NONE,
	};
	enum errc rc = ERR_OK;

	*ret_id = 0;
	if (r->id) /* an attempt before this one was answered: not applied */
		rc = store_request_set(j->store, r->id, REQUEST_REFUSED, STR(""), TIME_NONE, err);
	if (!rc)
		rc = store_request_add(j->store, &rec, ret_id, err);
	for (uint32_t i = 0; i < r->n && !rc; i++) {
		const struct job_device *d = &j->devices[r->devices[i]];
		struct str serial = fleet_serial(j->fleet, d->slot);

		rc = store_request_device(j->store, *ret_id, serial, job_next(j, d), err);
		if (!rc && step_info(r->kind)->takes_off)
			rc = store_home_put(
				j->store, serial, fleet_server_id(j->fleet, d->home), j->run, err);
	}
	return rc;
}

/* Devices that this request adds to those acted on since then. A request of an earlier process is
 * not known to its device: it counts twice, until a look at the store. */
static uint64_t count_new(const struct open_request *r, int64_t since_ms)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		n += r->job->devices[r->devices[i]].intent_ms <= since_ms;
	return n;
}

/* No more than allowed in any 24 hours, this request included, whose intent is in the store but not
 * committed. A device comes back whatever the limits say. */
static enum errc limits_hold(const struct open_request *r, int64_t at_ms, struct err *err)
{
	struct job *j = r->job;
	bool back = job_is_put_back(j, &j->devices[r->devices[0]]);
	struct asking a = { "the next request", "run again when the older ones are a day old", r->n,
		0 };
	int64_t since = at_ms - LIMITS_WINDOW_MS;
	enum errc rc = ERR_OK;
	uint64_t most;

	for (int i = 0; i < LIMITS_N && j->limits && !rc; i++) {
		const struct limit *limit = &j->limits->v[i];

		if (limit->kind >= 0 && limit->kind != (int)r->kind)
			continue;
		j->used[i].n += limit->kind < 0 ? count_new(r, j->used[i].since_ms) : r->n;
		if (back || !limit_most(j->limits, limit, &most) ||
			(j->used[i].since_ms != TIME_NONE && j->used[i].n <= most))
			continue;
		rc = store_devices_since(j->store, limit->kind, since, &a.n_day, err);
		if (rc)
			break;
		j->used[i].n = a.n_day;
		j->used[i].since_ms = since;
		rc = limit_check(j->limits, limit, &a, err);
	}
	return rc;
}

static void take_intent(struct open_request *r, int64_t id, int64_t at_ms)
{
	r->id = id;
	r->intent_ms = at_ms;
	r->state = REQUEST_INTENT;
	for (uint32_t i = 0; i < r->n; i++) {
		struct job_device *d = &r->job->devices[r->devices[i]];

		d->attempts++;
		d->intent_ms = at_ms;
		d->dirty = true;
	}
}

enum errc job_intend(void *self, int64_t at_ms, struct err *err)
{
	struct open_request *r = self;
	struct job *j = r->job;
	int64_t id;
	struct buf text;
	enum errc rc;

	buf_init(&text, 1024);
	rc = write_intent(r, at_ms, &id, err);
	if (!rc)
		rc = limits_hold(r, at_ms, err);
	buf_printf(&text, "request %lld %s %.*s devices=%u", (long long)id,
		step_info(r->kind)->word, STR_FMT(target_text(r)), r->n);
	if (!rc)
		rc = store_event(j->store, j->run, at_ms, "intent", buf_view(&text), err);
	buf_release(&text);
	if (rc)
		return rc;
	take_intent(r, id, at_ms);
	if (j->progress)
		j->progress(j->progress_self, j);
	return ERR_OK;
}

enum errc job_allow_change(void *self, int64_t at_ms, struct err *err)
{
	struct job *j = ((struct open_request *)self)->job;

	(void)at_ms;
	if (j->stop) /* one of those before it said why */
		*err = j->stop_err;
	return j->stop;
}

static void take_fate(struct open_request *r, const struct http_reply *reply,
	void (*take)(struct open_request *r, const struct http_reply *reply))
{
	r->sent_ms = reply->last_sent_ms;
	r->state = REQUEST_UNKNOWN;
	if (reply->fate == HTTP_ANSWERED) {
		take(r, reply);
		return;
	}
	r->terminal = true;
	log_often(LOG_WARN, "%s: %s: looking before anything is sent again",
		step_info(r->kind)->word, reply->why);
}

/* Never sent, or answered with "not now": not applied. */
static void withdraw(struct open_request *r, enum errc code, const struct err *err)
{
	struct job *j = r->job;

	r->state = REQUEST_REFUSED;
	for (uint32_t i = 0; i < r->n && r->id; i++)
		j->devices[r->devices[i]].attempts--;
	if (code != ERR_REFUSED) /* which is about this one alone */
		job_stop(j, code,
			code == ERR_STOPPED ? REASON_RUN_STOPPED
			: code == ERR_GUARD ? REASON_RUN_GUARDED
					    : REASON_RUN_WAITING,
			err);
}

/* Nothing is lost with it that a look would not find out. */
static enum errc save_outcome(struct open_request *r, struct err *err)
{
	struct job *j = r->job;
	enum errc rc = store_begin_soft(j->store, err);

	if (rc)
		return rc;
	rc = job_save(r, err);
	if (!rc)
		rc = job_note(r, err);
	if (!rc)
		rc = store_commit(j->store, err);
	if (rc)
		store_rollback(j->store);
	else if (j->progress)
		j->progress(j->progress_self, j);
	return rc;
}

enum errc job_end_change(struct open_request *r, enum errc code, const struct http_reply *reply,
	void (*take)(struct open_request *r, const struct http_reply *reply), struct err *err)
{
	struct job *j = r->job;
	enum errc rc;

	if (code)
		withdraw(r, code, err);
	else
		take_fate(r, reply, take);
	rc = save_outcome(r, err);
	if (r->state == REQUEST_REFUSED)
		job_close(j, r);
	/* What is queued still would leave although this could not be written down. */
	return !rc && code == ERR_STORE ? code : rc;
}

static const char *request_words(enum request_state state)
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

enum errc job_note(struct open_request *r, struct err *err)
{
	struct job *j = r->job;
	struct buf text;
	enum errc rc;

	if (!r->id)
		return ERR_OK;
	buf_init(&text, 1024);
	buf_printf(&text, "request %lld %s %s", (long long)r->id, request_words(r->state),
		r->activity);
	rc = store_event(
		j->store, j->run, transport_now(j->transport), "outcome", buf_view(&text), err);
	buf_release(&text);
	return rc;
}
