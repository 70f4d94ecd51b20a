/*
 * Apple's write limit, and limits.in_flight: how much may leave now, and whether those who leave
 * their servers come back in time.
 */
#include "run/budget.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "run/job.h"
#include "run/look.h"
#include "wire/way_home.h"

/* So many writes at once are more than any rate allows. */
enum { WRITES_MOST = 1000 };

/* The step that will bring it back: it is off its server, or on its way off. */
static bool comes_back(const struct job *j, const struct job_device *d, uint32_t *ret_at)
{
	const struct work_program *p = job_program(j, d);
	uint32_t at = job_goes_on(d) ? job_next(j, d) : p->n;

	if (at == p->n)
		return false;
	if (work_put_back_due(p, d->results, ret_at))
		return !job_is_busy(d) || *ret_at != at; /* else it is on its way back */
	if (!job_is_busy(d) || !step_info(p->v[at].kind)->takes_off)
		return false;
	while (at < p->n && !step_info(p->v[at].kind)->puts_back)
		at++;
	*ret_at = at;
	return at < p->n;
}

static int64_t write_when(const void *self, uint32_t k)
{
	return transport_write_when(self, k);
}

/* With who is off. Caller frees off. */
static struct way_home way_home_of(const struct job *j)
{
	struct way_home h = {
		.now_ms = transport_now(j->transport),
		.deadline_ms = transport_deadline(j->transport),
		.when_ms = write_when,
		.self = j->transport,
		.rate_n = j->settings->rates[RATE_APPLE_WRITE].n,
		.batch = j->settings->batch_apple,
		.n_servers = j->fleet->n_servers,
		.off = mem_zalloc((j->fleet->n_servers + 1) * sizeof(uint32_t)),
	};
	uint32_t at, target;

	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *d = &j->devices[i];

		target = comes_back(j, d, &at) ? job_target(d, &job_program(j, d)->v[at])
					       : SERVER_NONE;
		if (target != SERVER_NONE)
			h.off[target]++;
	}
	return h;
}

/* It is off its server, or on its way off, to leave for good: that takes another write, or its way
 * back does. */
static bool leaves_soon(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t at;
	bool goes;

	if (!job_goes_on(d) || job_way_back(j, d))
		return false;
	at = job_next(j, d);
	goes = job_is_busy(d) && at < p->n && step_info(p->v[at].kind)->takes_off;
	return (goes || work_went_off(p, d->results)) &&
	       work_for_good(p, goes || !job_is_busy(d) ? at : at + 1);
}

static uint32_t writes_to_come_back(const struct job *j)
{
	struct way_home h = way_home_of(j);
	uint32_t writes = way_home_writes(&h), n = 0;

	for (uint32_t i = 0; i < j->n; i++)
		n += leaves_soon(j, &j->devices[i]);
	free(h.off);
	return writes + (n + h.batch - 1) / h.batch;
}

static void no_room_before(struct job *j, int64_t when_ms)
{
	char when[TIME_TEXT];

	(void)err_set(&j->no_room, ERR_TEMPFAIL,
		"Apple's write limit has room for more changes, and for putting devices back, "
		"at %s, when --max-wait is over: run again then",
		time_rfc3339_s(when_ms, when));
}

/* Where the limit is one change, off and back never leave at once, whenever a run begins. */
static void no_room_to_leave(struct job *j)
{
	const struct rate *rate = &j->settings->rates[RATE_APPLE_WRITE];
	char window[TIME_TEXT];

	if (rate->n > 1)
		no_room_before(j, j->held_until_ms);
	else
		(void)err_set(&j->no_room, ERR_TEMPFAIL,
			"rate: {apple_write: 1} brings a device back no sooner than %s after it "
			"left its server, and --max-wait ends before: give a longer one",
			duration_words(rate->window_ms, window));
}

bool budget_allows(struct job *j, bool back, uint32_t n_queued)
{
	uint32_t writes = n_queued + 1 + (back ? 0 : writes_to_come_back(j));
	int64_t when_ms = transport_write_when(j->transport, writes);

	if (when_ms <= transport_deadline(j->transport))
		return true;
	j->held_until_ms = when_ms;
	if (writes > n_queued + 1)
		no_room_to_leave(j);
	else
		no_room_before(j, when_ms);
	return false;
}

static bool is_to_leave(const struct job *j, const struct job_device *d)
{
	return !job_way_back(j, d) && work_for_good(job_program(j, d), job_next(j, d));
}

/* Waves see to it, but the limit may have been lowered since they were cut. */
uint32_t budget_room_in_flight(const struct job *j)
{
	uint32_t most = j->settings->limits[LIMIT_IN_FLIGHT], at;

	most -= j->n_elsewhere < most ? j->n_elsewhere : most;
	for (uint32_t i = 0; i < j->n && most; i++) {
		const struct job_device *d = &j->devices[i];

		/* One whose way back failed is away all the same. */
		most -= (job_is_off(j, d) && !is_to_leave(j, d)) || comes_back(j, d, &at);
	}
	return most;
}

uint32_t budget_now(const struct job *j)
{
	int64_t now = transport_now(j->transport);
	uint32_t k = 0;

	if (transport_write_when(j->transport, 1) > now)
		return 0;
	while (k < WRITES_MOST && k < j->max_writes &&
		transport_write_when(j->transport, k + 1) <= now + LONG_WAIT_MS)
		k++;
	return k;
}

void budget_choose(struct job *j, struct mover *v, uint32_t n)
{
	struct way_home h = way_home_of(j);

	way_home_choose(&h, v, n);
	j->held_until_ms = h.held_until_ms;
	free(h.off);
}

bool budget_is_too_late(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t at = job_next(j, d);

	if (!j->away_ms || at == p->n || !step_info(p->v[at].kind)->takes_off ||
		transport_now(j->transport) <= transport_deadline(j->transport) - j->away_ms)
		return false;
	while (at < p->n && !step_info(p->v[at].kind)->puts_back)
		at++;
	return at < p->n;
}

void budget_say_too_late(struct job *j, uint32_t wave)
{
	int64_t off_and_back_ms = transport_write_when(j->transport, 2);
	char end[TIME_TEXT], off[TIME_TEXT];
	struct job_wave w = job_wave(j, wave);
	uint32_t i = 0;

	while (i < w.n &&
		!(job_is_ready(&j->devices[w.v[i]]) && budget_is_too_late(j, &j->devices[w.v[i]])))
		i++;
	if (i == w.n)
		return;
	if (off_and_back_ms > transport_deadline(j->transport)) {
		j->held_until_ms = off_and_back_ms;
		no_room_to_leave(j);
		return;
	}
	(void)err_set(&j->no_room, ERR_TEMPFAIL,
		"--max-wait ends at %s, and a device that leaves its server now needs about %s to "
		"be back: what is left waits for a run with more time",
		time_rfc3339_s(transport_deadline(j->transport), end),
		duration_words(j->away_ms, off));
}

enum errc budget_wait_at_home(struct job *j, struct err *err)
{
	enum errc rc;

	if (j->held_until_ms > transport_deadline(j->transport)) {
		no_room_to_leave(j);
		return ERR_OK;
	}
	rc = transport_sleep(j->transport, j->held_until_ms, err);
	j->waited_ms = transport_now(j->transport);
	return job_or_stop(j, rc, err);
}

void job_hurry(const struct job *j)
{
	bool hurry = j->stop != ERR_OK; /* who ends does not begin to wait */

	for (uint32_t i = 0; i < j->n && !hurry; i++)
		hurry = job_goes_on(&j->devices[i]) && job_is_off(j, &j->devices[i]);
	transport_hurry(j->transport, hurry && !j->apple_only ? j->settings->timeouts.sync_ms : 0);
}
