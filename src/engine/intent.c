/* The durable promise before a request: what, to what, for whom. */
#include "engine/job.h"

#include "base/log.h"
#include "base/time.h"

static struct str target_text(const struct open_request *r)
{
	if (r->about != MAP_NONE)
		return fleet_text(r->job->fleet, r->about);
	return fleet_server_id(r->job->fleet, r->server);
}

static enum errc write_intent(struct open_request *r, int64_t at_ms, struct err *err)
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

	if (r->id) /* an attempt before this one was answered: not applied */
		rc = store_request_set(j->store, r->id, REQUEST_REFUSED, STR(""), TIME_NONE, err);
	if (!rc)
		rc = store_request_add(j->store, &rec, &r->id, err);
	for (uint32_t i = 0; i < r->n && !rc; i++) {
		struct job_device *d = &j->devices[r->devices[i]];
		struct str serial = fleet_serial(j->fleet, d->slot);

		d->attempts++;
		d->dirty = true;
		rc = store_request_device(j->store, r->id, serial, job_next(j, d), err);
		if (!rc && step_info(r->kind)->takes_off)
			rc = store_home_put(
				j->store, serial, fleet_server_id(j->fleet, d->home), j->run, err);
	}
	return rc;
}

enum errc job_intend(struct open_request *r, int64_t at_ms, struct err *err)
{
	struct job *j = r->job;
	bool apple = step_info(r->kind)->service == SERVICE_APPLE;
	int rate_class = apple ? RATE_APPLE_WRITE : RATE_UEM;
	struct buf text;
	enum errc rc = store_begin(j->store, err);

	if (rc)
		return rc;
	r->intent_ms = at_ms;
	r->state = REQUEST_INTENT;
	buf_init(&text, 1024);
	rc = write_intent(r, at_ms, err);
	buf_printf(&text, "request %lld %s %.*s devices=%u", (long long)r->id,
		step_info(r->kind)->word, STR_FMT(target_text(r)), r->n);
	if (!rc && !r->disowns)
		rc = store_rate_add(j->store, rate_class, at_ms, err);
	if (!rc)
		rc = store_event(j->store, j->run, at_ms, "intent", buf_view(&text), err);
	buf_release(&text);
	if (!rc)
		rc = store_commit(j->store, err);
	if (rc)
		store_rollback(j->store);
	return rc;
}

enum errc job_before_change(void *self, int64_t at_ms, struct err *err)
{
	struct job *j = ((struct open_request *)self)->job;

	if (j->stop) { /* one of those before it said why */
		*err = j->stop_err;
		return j->stop;
	}
	return job_intend(self, at_ms, err);
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
	log_warn("%s: %s: looking before anything is sent again", step_info(r->kind)->word,
		reply->why);
}

enum errc job_end_change(struct open_request *r, enum errc code, const struct http_reply *reply,
	void (*take)(struct open_request *r, const struct http_reply *reply), struct err *err)
{
	struct job *j = r->job;
	enum errc rc;

	if (code) { /* never sent, or answered with "not now": not applied */
		r->state = REQUEST_REFUSED;
		job_stop(j, code, code == ERR_STOPPED ? REASON_RUN_STOPPED : REASON_RUN_WAITING,
			err);
	} else {
		take_fate(r, reply, take);
	}
	rc = job_flush(j, err);
	if (!rc)
		rc = job_note(r, err);
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
