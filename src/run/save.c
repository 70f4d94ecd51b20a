/* What became of a run's devices and requests, into the store. */
#include "run/job.h"
#include "run/request.h"

static enum errc write_device(struct job *j, const struct job_device *d, struct err *err)
{
	struct device_record rec = {
		.serial = fleet_serial(j->fleet, d->slot),
		.results = str_from(d->results),
		.outcome = d->outcome,
		.reason = d->reason,
		.after = str_from(d->after),
		.detail = str_from(d->detail),
		.evidence = str_from(d->evidence),
		.attempts = d->attempts,
		.finished_ms = d->finished_ms,
	};

	return store_device_update(j->store, j->run, &rec, err);
}

static enum errc write_program(struct job *j, const struct job_device *d, struct err *err)
{
	return store_device_program(j->store, j->run, fleet_serial(j->fleet, d->slot),
		map_key(&j->texts, d->program), err);
}

enum errc job_take_custody(
	struct job *j, const struct job_device *d, int64_t at_ms, struct err *err)
{
	const struct work_step *back = job_way_back(j, d);
	struct ledger_custody c = {
		.serial = fleet_serial(j->fleet, d->slot),
		.home = d->home_id,
		.run = j->run,
		.since_ms = at_ms,
	};

	if (!job_has_to_return(j, d))
		return ERR_OK;
	c.target = !back ? d->home_id
		   : job_target(d, back) == SERVER_NONE
			   ? STR("")
			   : fleet_server_id(j->fleet, job_target(d, back));
	return ledger_take(j->store, &c, err);
}

static enum errc write_request(struct open_request *r, struct err *err)
{
	return r->id ? store_request_set(r->job->store, r->id, r->state, str_from(r->activity),
			       r->sent_ms, err)
		     : ERR_OK;
}

enum errc job_save(struct open_request *r, struct err *err)
{
	struct job *j = r->job;
	enum errc rc = write_request(r, err);

	for (uint32_t i = 0; i < r->n && !rc; i++) {
		const struct job_device *d = &j->devices[r->devices[i]];

		if (d->rerouted)
			rc = write_program(j, d, err);
		if (!rc && d->rerouted)
			rc = job_take_custody(j, d, transport_now(j->transport), err);
		if (!rc)
			rc = write_device(j, d, err);
	}
	return rc;
}

enum errc job_note(struct open_request *r, struct err *err)
{
	struct job *j = r->job;
	struct buf text;
	enum errc rc;

	if (!r->id)
		return ERR_OK;
	buf_init(&text, 1024);
	buf_printf(
		&text, "request %lld %s %s", (long long)r->id, request_word(r->state), r->activity);
	rc = store_event(
		j->store, j->run, transport_now(j->transport), "outcome", buf_view(&text), err);
	buf_release(&text);
	return rc;
}

static enum errc write_op(struct job *j, const struct ledger_op *op, struct err *err)
{
	struct str serial = op->device == MAP_NONE
				    ? STR_NONE
				    : fleet_serial(j->fleet, j->devices[op->device].slot);

	switch (op->what) {
	case OPEN_CLOSED:
	case OPEN_CLOSED_ONE:
		return ledger_close(j->store, op->request, serial, err);
	case CUSTODY_BEGUN:
		return job_take_custody(
			j, &j->devices[op->device], transport_now(j->transport), err);
	case CUSTODY_OVER:
		return ledger_let_go(j->store, serial, err);
	case DEED_PROVED:
		return ledger_deed_done(j->store, op->request, serial, err);
	default:
		return ledger_deed_undo(j->store, op->request, serial, err);
	}
}

static enum errc write_all(struct job *j, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < j->n_ops && !rc; i++)
		rc = write_op(j, &j->ops[i], err);
	for (uint32_t i = 0; i < j->n_dirty && !rc; i++) {
		const struct job_device *d = &j->devices[j->dirty[i]];

		if (d->rerouted)
			rc = write_program(j, d, err);
		if (!rc)
			rc = write_device(j, d, err);
	}
	for (uint32_t i = 0; i < j->n_open && !rc; i++) {
		rc = write_request(j->open[i], err);
		if (!rc && j->open[i]->state == REQUEST_SETTLED)
			rc = job_note(j->open[i], err);
	}
	return rc;
}

static enum errc flush(struct job *j, struct err *err)
{
	enum errc rc = store_begin(j->store, err);

	job_count(j);
	if (!rc)
		rc = write_all(j, err);
	rc = store_end(j->store, rc, err);
	if (rc)
		return rc;
	j->n_ops = 0;
	job_written(j);
	return ERR_OK;
}

enum errc job_flush(struct job *j, struct err *err)
{
	/* What a lost ledger does not get to know the next start finds out again. */
	enum errc rc = store_is_lost(j->store) ? ERR_OK : flush(j, err);

	if (!rc)
		job_show(j);
	return rc;
}
