/*
 * When the ledger cannot be written, because the disk is full, say, nothing new begins. Devices
 * that are off their server come back all the same: intents and answers go to the emergency file,
 * which the next start takes into the ledger (store/emergency_ledger.h). What else was found out
 * meanwhile is lost, and found out again.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "run/job.h"
#include "run/request.h"
#include "store/emergency_ledger.h"

/* As the clock that runs while the computer sleeps has it. */
static int64_t boot_time(const struct transport *t, int64_t at_ms)
{
	return clock_boot_ms(transport_clock(t)) + at_ms - transport_now(t);
}

static struct request_record record_of(const struct open_request *r, int64_t at_ms)
{
	return (struct request_record){
		.id = r->id,
		.run = r->job->run,
		.kind = (int)r->kind,
		.target = request_target(r),
		.state = r->state,
		.activity = str_from(r->activity),
		.intent_ms = at_ms,
		.sent_ms = r->sent_ms,
	};
}

/* As it will be when the request has left. */
static struct emergency_device device_of(const struct job *j, const struct job_device *d)
{
	return (struct emergency_device){
		.serial = fleet_serial(j->fleet, d->slot),
		.results = str_from(d->results),
		.outcome = d->outcome,
		.reason = d->reason,
		.attempts = d->attempts + 1,
		.step = job_next(j, d),
	};
}

static enum errc answer(const struct open_request *r, int64_t from_ms, struct err *err)
{
	const struct job *j = r->job;
	struct request_record rec = record_of(r, transport_now(j->transport));

	return emergency_answer(j->store, &rec, str_from(clock_boot(transport_clock(j->transport))),
		boot_time(j->transport, from_ms), err);
}

void unwritten_answer(struct open_request *r)
{
	const struct job *j = r->job;
	int64_t from = r->until_ms == TIME_NONE ? transport_now(j->transport)
						: r->until_ms - j->settings->timeouts.activity_ms;
	struct err err;

	if (r->id < 0 && answer(r, from, &err))
		log_debug("%s", err.msg);
}

enum errc unwritten_intend(struct open_request *r, int64_t at_ms, int64_t *ret_id, struct err *err)
{
	struct job *j = r->job;
	struct request_record rec = record_of(r, at_ms);
	struct emergency_device *devices = mem_alloc((r->n + 1) * sizeof(*devices));
	bool back = true;
	enum errc rc;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct job_device *d = &j->devices[r->devices[i]];

		back = back && job_is_put_back(j, d);
		devices[i] = device_of(j, d);
	}
	rec.state = REQUEST_INTENT;
	rec.activity = STR("");
	rec.sent_ms = TIME_NONE;
	rc = back ? emergency_intend(j->store, &rec, devices, r->n,
			    str_from(clock_boot(transport_clock(j->transport))),
			    boot_time(j->transport,
				    at_ms + TRANSPORT_AHEAD_MS + j->settings->timeouts.request_ms),
			    ret_id, err)
		  : err_set(err, ERR_STORE,
			    "nothing new begins while the ledger cannot be written");
	free(devices);
	return rc;
}
