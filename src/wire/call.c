/* A call between its submission and its completion: which queue it waits in, and its end. */
#include <stdlib.h>

#include "wire/transport_parts.h"

enum { CLOSING_MS = 2 * 60 * 1000 }; /* how long closing may wait once time is up */

int64_t transport_now(const struct transport *t)
{
	return clock_now(t->opt.clock);
}

const struct clock *transport_clock(const struct transport *t)
{
	return t->opt.clock;
}

int64_t transport_patience(const struct transport *t)
{
	int64_t closing = t->closing_ms + CLOSING_MS;

	if (t->closing_ms == TIME_NONE)
		return t->deadline_ms;
	if (t->stopped_ms != TIME_NONE)
		return closing;
	if (closing < t->closing_until_ms)
		closing = t->closing_until_ms;
	return closing > t->deadline_ms ? closing : t->deadline_ms;
}

const char *transport_who(enum transport_service service)
{
	static const char *const who[] = {
		[TO_APPLE] = "Apple",
		[TO_UEM] = "the UEM",
		[TO_BARE] = "the file store",
	};

	return service < TO_DEP ? who[service] : "Apple's DEP service";
}

enum lane call_lane(const struct queued_call *j)
{
	if (j->signin)
		return LANE_SIGNIN + (enum lane)j->call.service;
	if (j->call.service == TO_BARE)
		return LANE_BARE;
	if (j->call.service == TO_UEM)
		return LANE_UEM;
	if (j->call.service >= TO_DEP)
		return LANE_DEP + (enum lane)(j->call.service - TO_DEP);
	return j->call.request.cls == HTTP_CHANGE ? LANE_APPLE_WRITE : LANE_APPLE_READ;
}

/* --- the end --- */

void call_free(struct queued_call *j)
{
	http_request_release(&j->call.request);
	json_scan_free(j->scan);
	free(j);
}

static void signin_ended(
	struct transport *t, enum transport_service service, enum errc code, const struct err *why)
{
	t->asking[service] = false;
	if (code) {
		signin_fail(&t->signin[service], why);
		transport_flush(t, service, why);
	}
}

static void give(
	struct taken *take, enum errc code, struct http_reply *reply, const struct err *err)
{
	take->code = code;
	take->err = *err;
	if (reply) {
		take->reply = *reply;
		http_reply_init(reply);
	}
}

void call_complete(struct transport *t, struct queued_call *j, enum errc code,
	struct http_reply *reply, const struct json *rest, const struct err *why)
{
	struct err err = { .code = ERR_OK };
	enum errc rc = ERR_OK;

	if (code)
		err = *why;
	t->n_optional -= j->call.optional;
	if (j->signin)
		signin_ended(t, j->call.service, code, why);
	else if (j->take)
		give(j->take, code, reply, &err);
	else
		rc = j->call.done(j->call.self, code, reply, rest, &err);
	if (rc && !t->failed.code) {
		t->failed = err;
		t->failed.code = rc;
	}
	call_free(j);
}

/* Detached first: completing a call may submit others. */
void transport_flush_lane(struct transport *t, enum lane lane, const struct err *why)
{
	struct queue q = t->lanes[lane];
	struct queued_call *j;

	t->lanes[lane] = (struct queue){ 0 };
	while ((j = queue_pop(&q, INT64_MAX)))
		call_complete(t, j, why->code, NULL, NULL, why);
	queue_release(&q);
}

void transport_flush(struct transport *t, enum transport_service service, const struct err *why)
{
	if (service == TO_APPLE) {
		transport_flush_lane(t, LANE_APPLE_WRITE, why);
		transport_flush_lane(t, LANE_APPLE_READ, why);
	} else {
		struct queued_call any = { .call = { .service = service } };

		transport_flush_lane(t, call_lane(&any), why);
	}
}
