/* What earlier runs left open, whatever became of them: settled first, put back, and only then is
 * anything new begun. */
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/job_end.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "run/custody.h"
#include "run/drift.h"
#include "run/events.h"
#include "run/settle.h"
#include "run/uem/uem_rounds.h"

/* --- which runs --- */

struct earlier {
	const char *except;
	bool active; /* those that are not finished, too */
	int64_t *ids;
	size_t n, cap;
	int64_t skip; /* the run that will be continued; 0: none */
};

static void add_run(struct earlier *e, int64_t id)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->ids[i] == id)
			return;
	if (id == e->skip)
		return;
	MEM_GROW(e->ids, e->n, e->cap);
	e->ids[e->n++] = id;
}

static enum errc note_run(void *self, const struct run_record *run, struct err *err)
{
	struct earlier *e = self;

	(void)err;
	if (strcmp(run->identity, e->except) == 0)
		e->skip = run->id;
	else if (e->active)
		add_run(e, run->id);
	return ERR_OK;
}

/* Those that took devices off come first, and the earlier ones before the later. */
static enum errc find_runs(const struct surroundings *s, const char *except, bool active,
	struct earlier *ret, struct err *err)
{
	struct earlier none = { .except = except }, e = { .except = except, .active = active };
	struct ledger_custodies off;
	enum errc rc = store_runs_active(s->store, note_run, &none, err);

	e.skip = none.skip;
	if (!rc)
		rc = ledger_custodies(s->store, STR_NONE, &off, err);
	for (size_t i = 0; !rc && i < off.n; i++)
		add_run(&e, off.v[i].run);
	if (!rc) {
		ledger_custodies_release(&off);
		rc = store_runs_active(s->store, note_run, &e, err);
	}
	*ret = e;
	return rc;
}

/* --- one run --- */

static enum errc look_and_put_back(struct job *j, struct err *err)
{
	enum errc rc = settle_requests(j, INT64_MAX, err);

	if (!rc && !j->stop)
		rc = custody_check(j, err);
	if (!rc && !j->stop)
		rc = events_of_doubt(j, err);
	if (!rc) {
		(void)err_set(&j->stop_err, ERR_OK, "another run took over");
		j->stop_reason = REASON_RUN_SUPERSEDED;
		rc = job_put_back_all(j, err);
	}
	return rc ? rc : job_name_drift(j, err);
}

static enum errc put_back_run(struct job *j, struct err *err)
{
	enum errc rc = look_and_put_back(j, err);

	return rc == ERR_STORE ? job_put_back_unwritten(j, err) : rc;
}

static void count_left(struct job *j, uint32_t *ret_left, uint32_t *ret_wiped)
{
	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *d = &j->devices[i];
		bool wiped = job_is_wiped(j, d);

		*ret_left += (job_is_off(j, d) && !wiped) ||
			     (job_is_busy(d) && d->outcome != OUTCOME_HELD);
		*ret_wiped += wiped;
	}
}

/* Nothing of the run is open any more, and it will not be continued. */
static enum errc supersede(struct job *j, struct err *err)
{
	enum errc rc = job_flush(j, err);

	return rc ? rc
		  : store_run_set(
			    j->store, j->run, RUN_SUPERSEDED, transport_now(j->transport), -1, err);
}

static enum errc end_run(struct job *j, uint32_t *ret_left, struct err *err)
{
	uint32_t left = 0, wiped = 0;
	enum errc rc = ERR_OK;

	count_left(j, &left, &wiped);
	if (!left && !wiped && j->is_active)
		rc = supersede(j, err);
	if (left)
		log_warn("not settled yet: %u device%s of an earlier run; see 'depmend status'",
			left, plural(left));
	if (wiped)
		log_info("%u device%s of an earlier run %s sent a wipe: apply its input again to "
			 "go on with them",
			wiped, plural(wiped), wiped == 1 ? "was" : "were");
	*ret_left += left;
	return rc;
}

static enum errc recover_one(
	const struct surroundings *s, int64_t run, uint32_t *ret_in_flight, struct err *err)
{
	struct job j;
	enum errc rc = job_begin(&j, s, run, false, err);

	if (!rc)
		rc = put_back_run(&j, err);
	if (!rc)
		rc = wipe_look(&j, err);
	if (!rc) {
		job_settle_rest(&j);
		rc = job_flush(&j, err);
	}
	if (!rc)
		rc = end_run(&j, ret_in_flight, err);
	if (!rc && j.stop == ERR_STOPPED) { /* nothing new begins */
		*err = j.stop_err;
		rc = j.stop;
	}
	job_release(&j);
	return rc;
}

enum errc run_recover(
	const struct surroundings *s, const char *except, uint32_t *ret_in_flight, struct err *err)
{
	struct earlier e = { 0 };
	enum errc rc = intents_close(s->store, s->transport, s->settings, err);

	*ret_in_flight = 0;
	if (!rc)
		rc = find_runs(s, except, true, &e, err);
	for (size_t i = 0; i < e.n && !rc; i++)
		rc = recover_one(s, e.ids[i], ret_in_flight, err);
	free(e.ids);
	return rc ? rc : late_deeds(s, err);
}

/* --- what cannot wait --- */

static enum errc put_back_one(const struct surroundings *s, int64_t run, struct err *err)
{
	struct job j;
	enum errc rc = job_begin(&j, s, run, true, err);

	if (!rc)
		rc = put_back_run(&j, err);
	if (!rc)
		rc = job_flush(&j, err);
	if (!rc && j.stop == ERR_STOPPED) {
		*err = j.stop_err;
		rc = j.stop;
	}
	job_release(&j);
	return rc;
}

enum errc run_put_back(const struct surroundings *s, const char *except, struct err *err)
{
	struct earlier e = { 0 };
	struct err why;
	enum errc rc = find_runs(s, except, false, &e, err);

	if (!rc && e.n)
		rc = intents_close(s->store, s->transport, s->settings, err);
	/* That the ledger cannot be written keeps nobody off his server. */
	for (size_t i = 0; i < e.n && (!rc || rc == ERR_STORE); i++) {
		enum errc one = put_back_one(s, e.ids[i], &why);

		if (one) {
			rc = one;
			*err = why;
		}
	}
	free(e.ids);
	return rc;
}
