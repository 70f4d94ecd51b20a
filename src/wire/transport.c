#include "wire/transport.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "os/stop.h"
#include "wire/retry.h"
#include "wire/transport_parts.h"

enum {
	LAST_REPLIES_MS = 20 * 1000, /* how long a stop waits for what has left */
	WORTH_SAYING_MS = 1000,
};

/* --- open and close --- */

static void trace(void *self, const char *line)
{
	(void)self;
	log_debug("%s", line);
}

/* The rates hold across runs and processes. */
static void load_rates(struct transport *t, int64_t now_ms)
{
	for (int i = 0; i < RATE_CLASSES; i++) {
		rate_init(&t->log[i], t->opt.settings->rates[i]);
		t->turn[i] = (struct turn){
			.shared = t->opt.store ? store_shared(t->opt.store) : NULL,
			.log = &t->log[i],
			.rate_class = i,
			.first = t->opt.first,
			.unseen_ms = clock_is_virtual(t->opt.clock) ? 0 : TURN_UNSEEN_MS,
		};
		turn_open(&t->turn[i], now_ms);
	}
}

static void set_services(struct transport *t)
{
	const struct settings *set = t->opt.settings;

	t->apple = (struct apple_service){
		.base = set->apple.url ? set->apple.url : apple_default_base(set->apple.school),
		.token_url = set->apple.token_url ? set->apple.token_url
						  : apple_default_token_url(),
		.client_id = set->apple.client_id,
		.key_id = set->apple.key_id,
		.school = set->apple.school,
	};
	t->uem.url = set->uem.url;
	signin_init_apple(&t->signin[TO_APPLE], set, &t->apple, t->opt.cache_folder);
	if (set->has_uem)
		signin_init_uem(&t->signin[TO_UEM], set);
	for (size_t i = 0; i < set->n_enrollment; i++)
		signin_init_dep(&t->signin[TO_DEP + i], set, &set->enrollment[i]);
}

enum errc transport_open(
	struct transport **ret, const struct transport_options *opt, struct err *err)
{
	struct transport *t = mem_zalloc(sizeof(*t));
	int64_t now = clock_now(opt->clock);
	enum errc rc;

	t->opt = *opt;
	if (t->opt.max_tries == 0)
		t->opt.max_tries = RETRY_MAX_TRIES;
	t->http = (struct http_options){
		.clock = opt->clock,
		.timeout_ms = opt->settings->timeouts.request_ms,
		.stop_fd = stop_fd(),
		.user_agent = "depmend",
		.trace = log_get_level() >= LOG_DEBUG ? trace : NULL,
	};
	t->stopped_ms = t->closing_ms = t->closing_until_ms = TIME_NONE;
	for (int i = 0; i < LANES; i++)
		t->held_ms[i] = TIME_NONE;
	t->uem_quota = t->uem_quota_left = -1;
	if (__builtin_add_overflow(now, opt->max_wait_ms, &t->deadline_ms))
		t->deadline_ms = INT64_MAX;
	/* A rehearsal repeats byte for byte; real runs that failed together spread. */
	if (!clock_is_virtual(opt->clock))
		t->seed = (uint64_t)now ^ ((uint64_t)getpid() << 40);
	set_services(t);
	load_rates(t, now);
	rc = http_client_open(&t->client, &t->http, err);
	if (rc)
		transport_close(t);
	else
		*ret = t;
	return rc;
}

void transport_close(struct transport *t)
{
	struct queued_call *j;

	if (!t)
		return;
	http_client_free(t->client);
	for (size_t i = 0; i < t->n_flight; i++)
		call_free(t->flight[i]);
	for (int i = 0; i < LANES; i++) {
		while ((j = queue_pop(&t->lanes[i], INT64_MAX)))
			call_free(j);
		queue_release(&t->lanes[i]);
	}
	for (int i = 0; i < RATE_CLASSES; i++) {
		turn_close(&t->turn[i], transport_now(t));
		rate_release(&t->log[i]);
	}
	for (int i = 0; i < SERVICES; i++)
		signin_release(&t->signin[i]);
	free(t);
}

/* --- what others ask --- */

const struct apple_service *transport_apple(const struct transport *t)
{
	return &t->apple;
}

void transport_use_state_fields(struct transport *t, bool only)
{
	t->apple.state_fields = only;
}

void transport_use_documented_fields(struct transport *t)
{
	t->apple.documented_fields = true;
}

const struct uem_service *transport_uem(const struct transport *t)
{
	return &t->uem;
}

static int64_t lane_when(const struct transport *t, enum lane lane, int64_t from_ms, uint32_t k)
{
	if (lane < (enum lane)RATE_CLASSES) {
		int64_t when = rate_when(&t->log[lane], from_ms, k);

		return t->turn[lane].again_ms > when ? t->turn[lane].again_ms : when;
	}
	return t->pause_ms[lane] > from_ms ? t->pause_ms[lane] : from_ms;
}

int64_t transport_write_when(const struct transport *t, uint32_t k)
{
	return lane_when(t, LANE_APPLE_WRITE, transport_now(t), k);
}

int64_t transport_change_when(const struct transport *t, enum transport_service service, uint32_t k)
{
	const struct queued_call any = { .call = { .service = service,
						 .request = { .cls = HTTP_CHANGE } } };

	return lane_when(t, call_lane(&any), transport_now(t), k);
}

int64_t transport_deadline(const struct transport *t)
{
	return transport_patience(t);
}

bool transport_until(struct transport *t, int64_t deadline_ms, int64_t closing_ms)
{
	if (t->deadline_ms <= deadline_ms)
		return false;
	t->deadline_ms = deadline_ms;
	t->closing_until_ms = closing_ms;
	return true;
}

void transport_hurry(struct transport *t, int64_t most_ms)
{
	t->hurry_ms = most_ms;
}

void transport_closing(struct transport *t)
{
	if (t->closing_ms == TIME_NONE)
		t->closing_ms = transport_now(t);
}

struct transport_counts transport_counts(const struct transport *t)
{
	return t->counts;
}

void transport_rates(const struct transport *t, enum rate_class rate, struct rate_log *ret)
{
	const struct rate_log *from = &t->log[rate];

	rate_init(ret, from->rate);
	for (uint32_t i = 0; i < from->n; i++)
		rate_note(ret, from->at[((uint64_t)from->first + i) % from->rate.n]);
	rate_pause(ret, from->not_before_ms);
}

void transport_uem_quota(const struct transport *t, int64_t *ret_total, int64_t *ret_left)
{
	*ret_total = t->uem_quota;
	*ret_left = t->uem_quota_left;
}

/* --- the queues --- */

static struct queued_call *new_call(struct transport *t, const struct transport_call *call)
{
	struct queued_call *j = mem_zalloc(sizeof(*j));

	j->call = *call;
	j->seq = t->seq++;
	j->ready_ms = call->not_before_ms;
	j->intended_ms = j->troubled_ms = TIME_NONE;
	return j;
}

static void enqueue(struct transport *t, struct queued_call *j)
{
	queue_push(&t->lanes[call_lane(j)], j);
}

void transport_submit(struct transport *t, const struct transport_call *call)
{
	t->n_optional += call->optional;
	enqueue(t, new_call(t, call));
}

/* A signal has come, as far as noticed, and nobody is putting devices back. */
static bool stopping(const struct transport *t)
{
	return t->stopped_ms != TIME_NONE && t->closing_ms == TIME_NONE;
}

/* To be asked before every wait: a signal that nobody takes would end each of them at once. */
static bool stopped(struct transport *t)
{
	if (stop_asked() && t->stopped_ms == TIME_NONE)
		t->stopped_ms = transport_now(t);
	return stopping(t);
}

int64_t transport_skew(const struct transport *t)
{
	return t->skew_ms;
}

bool transport_was_stopped(const struct transport *t)
{
	return t->stopped_ms != TIME_NONE;
}

static size_t n_queued(const struct transport *t)
{
	size_t n = 0;

	for (int i = 0; i < LANES; i++)
		n += queue_n(&t->lanes[i]);
	return n;
}

/* Nothing new leaves after a signal or after a failure of a done(), nor for its own sake alone. */
static void flush_cancelled(struct transport *t)
{
	struct err why;

	(void)err_set(&why, ERR_STOPPED, "stopped before it was sent");
	while ((stopped(t) || t->failed.code || n_queued(t) + t->n_flight == t->n_optional) &&
		n_queued(t))
		for (int i = 0; i < LANES; i++)
			transport_flush_lane(t, (enum lane)i, &why);
}

/* --- sending --- */

static void ask_token(struct transport *t, enum transport_service service)
{
	struct transport_call call = { .service = service };
	struct queued_call *j = new_call(t, &call);

	j->signin = true;
	t->asking[service] = true;
	enqueue(t, j);
}

/* Whether the service knows us; if not, sees to it. May complete every call of the service. */
static bool signed_in(struct transport *t, enum transport_service service, int64_t now_ms)
{
	struct signin *s = &t->signin[service];
	bool ask = false;
	struct err err;
	enum errc rc;

	if (service == TO_BARE || (s->kind && signin_ready(s, now_ms)))
		return true;
	if (t->asking[service])
		return false;
	if (s->kind)
		rc = signin_open(s, now_ms, &ask, &err);
	else
		rc = err_set(&err, ERR_SETTINGS, "the settings say nothing about %s",
			transport_who(service));
	if (rc)
		transport_flush(t, service, &err);
	else if (ask)
		ask_token(t, service);
	return !rc && !ask;
}

/* Whether another request may be under way. On a virtual clock one at a time: which of two
 * replies comes first is up to the machine, and such runs have to repeat byte for byte. */
static bool has_room(const struct transport *t, const struct queued_call *j)
{
	size_t n = 0;

	if (clock_is_virtual(t->opt.clock))
		return t->n_flight == 0;
	for (size_t i = 0; i < t->n_flight; i++)
		n += t->flight[i]->call.service == j->call.service;
	return j->signin || n < FLIGHT_PER_SERVICE;
}

static const char *wait_reason(
	const struct transport *t, const struct queued_call *j, enum lane lane, int64_t when_ms)
{
	if (lane < (enum lane)RATE_CLASSES && t->log[lane].not_before_ms == when_ms)
		return t->pause_why[lane];
	if (j->ready_ms == when_ms || lane >= (enum lane)RATE_CLASSES)
		return "waiting before trying again";
	return "the rate set in the settings is used up";
}

/* A change whose time is over looks again, so that only others have to be told beforehand. */
static bool comes_too_late(
	const struct transport *t, const struct queued_call *j, enum lane lane, int64_t when_ms)
{
	int64_t held = t->held_ms[lane], own = j->troubled_ms;

	if (when_ms <= transport_now(t) || (!j->signin && j->call.request.cls == HTTP_CHANGE))
		return false;
	if (!j->signin && j->call.good_until_ms && when_ms > j->call.good_until_ms)
		return true;
	return t->hurry_ms && ((held != TIME_NONE && when_ms - held > t->hurry_ms) ||
				      (own != TIME_NONE && when_ms - own > t->hurry_ms));
}

/* The call would have to wait for longer than anybody is ready to. */
static void out_of_time(struct transport *t, struct queued_call *j, enum lane lane, int64_t when_ms)
{
	bool ours = when_ms > transport_patience(t);
	enum errc rc = ours ? ERR_TEMPFAIL : ERR_BUSY;
	char at[TIME_TEXT];
	struct err err;

	(void)err_set(&err, rc,
		ours ? "%s: %s; --max-wait ends before %s: run again then"
		     : "%s: %s; not before %s, too late for devices that are off their servers",
		transport_who(j->call.service), wait_reason(t, j, lane, when_ms),
		time_rfc3339_s(when_ms, at));
	call_complete(t, j, rc, NULL, NULL, &err);
}

/* Sends what may leave now. *wake_ms becomes the time of the next one, if that is earlier. */
static void pump_lane(struct transport *t, enum lane lane, int64_t *wake_ms)
{
	struct queue *q = &t->lanes[lane];
	int64_t now = transport_now(t);
	struct queued_call *j;

	while (!t->failed.code && (j = queue_head(q, now)) && has_room(t, j)) {
		int64_t when = lane_when(t, lane, j->ready_ms > now ? j->ready_ms : now, 1);

		if (when > transport_patience(t) || comes_too_late(t, j, lane, when)) {
			out_of_time(t, queue_pop(q, now), lane, when);
		} else if (when > now) {
			if (when < t->turn_ms && !j->call.optional) {
				t->wake = j->call.service;
				t->turn_ms = when;
			}
			*wake_ms = when < *wake_ms ? when : *wake_ms;
			return;
		} else if (j->signin || signed_in(t, j->call.service, now)) {
			flight_start(t, queue_pop(q, now));
		} else if (queue_head(q, now) == j) {
			return; /* until the token is there */
		}
		now = transport_now(t);
	}
}

static int64_t pump(struct transport *t)
{
	/* Sign-ins last, since the others ask for them. */
	int64_t wake = INT64_MAX;

	t->turn_ms = INT64_MAX;
	pump_lane(t, LANE_APPLE_WRITE, &wake);
	pump_lane(t, LANE_APPLE_READ, &wake);
	for (enum lane i = LANE_UEM; i < LANES; i++)
		pump_lane(t, i, &wake);
	return wake;
}

/* --- waiting --- */

/* Whether a long wait ends when the limit of writes to Apple has room again, or just before, for a
 * last look. */
static bool is_room_at(const struct transport *t, int64_t at_ms)
{
	enum { MOST_LOOKED = 64, LONG_MS = 5 * 60 * 1000, NEAR_MS = 2 * 60 * 1000 };
	int64_t now = transport_now(t);

	for (uint32_t k = 1; k <= t->log[RATE_APPLE_WRITE].rate.n && k <= MOST_LOOKED; k++) {
		int64_t when = transport_write_when(t, k);

		if (at_ms > now + LONG_MS && when - at_ms < NEAR_MS && at_ms - when < NEAR_MS)
			return true;
	}
	return false;
}

/* Returns when to look again: often enough that what is shown keeps moving. */
static int64_t pulse(
	const struct transport *t, enum transport_service whose, int64_t until_ms, int64_t turn_ms)
{
	const struct transport_counts *n = &t->counts;
	int64_t now = transport_now(t), again;
	struct transport_pulse p = {
		.now_ms = now,
		.n_sent = n->apple_reads + n->apple_writes + n->uem_reads + n->uem_triggers +
			  n->uem_writes,
		.until_ms = turn_ms,
	};

	if (!t->opt.pulse)
		return until_ms;
	if (t->n_flight == 0 && turn_ms - now >= WORTH_SAYING_MS)
		p.waiting_for = transport_who(whose);
	if (p.waiting_for && is_room_at(t, turn_ms))
		p.budget = &t->opt.settings->rates[RATE_APPLE_WRITE];
	again = now + t->opt.pulse(t->opt.pulse_self, &p);
	/* A virtual clock leaps, and says so at the next pulse. */
	return clock_is_virtual(t->opt.clock) || until_ms < again ? until_ms : again;
}

/* One reply, or until_ms (or somewhat earlier), or a signal, whichever comes first. turn_ms: until
 * when somebody waits for his turn. */
static enum errc wait_once(struct transport *t, enum transport_service whose, int64_t until_ms,
	int64_t turn_ms, struct err *err)
{
	struct http_reply reply;
	void *tag = NULL;
	bool done = false;
	enum errc rc = http_wait(
		t->client, pulse(t, whose, until_ms, turn_ms), &tag, &reply, &done, err);

	if (!rc && done) {
		flight_land(t, tag, &reply);
		http_reply_release(&reply);
	}
	return rc;
}

/* After a signal only the answer to a change is worth a wait. */
static int64_t last_replies(const struct transport *t)
{
	if (!stopping(t))
		return INT64_MAX;
	for (size_t i = 0; i < t->n_flight; i++)
		if (t->flight[i]->call.request.cls == HTTP_CHANGE)
			return t->stopped_ms + LAST_REPLIES_MS;
	return t->stopped_ms;
}

/* What has left is waited for, after a signal for a limited time. */
static void wait_for_reply(struct transport *t, int64_t wake_ms)
{
	struct err err;
	int64_t last = last_replies(t);

	if (transport_now(t) >= last) {
		(void)err_set(&err, ERR_STOPPED, "stopped by a signal before the answer came");
		flight_abandon(t, &err);
	} else if (wait_once(t, t->wake, wake_ms < last ? wake_ms : last, t->turn_ms, &err) !=
		   ERR_OK) {
		if (!t->failed.code)
			t->failed = err;
		flight_abandon(t, &err);
	}
}

enum errc transport_drain(struct transport *t, struct err *err)
{
	t->failed.code = ERR_OK;
	while (n_queued(t) || t->n_flight) {
		enum errc failed;
		uint64_t seq;
		int64_t wake;

		flush_cancelled(t);
		seq = t->seq;
		failed = t->failed.code;
		wake = pump(t);
		/* What was submitted meanwhile may be able to leave at once. */
		if (seq == t->seq && failed == t->failed.code && (n_queued(t) || t->n_flight))
			wait_for_reply(t, wake);
	}
	if (!t->failed.code)
		return ERR_OK;
	*err = t->failed;
	return err->code;
}

enum errc transport_sleep(struct transport *t, int64_t until_ms, struct err *err)
{
	char at[TIME_TEXT];

	if (until_ms > transport_patience(t))
		return err_set(err, ERR_TEMPFAIL, "--max-wait ends before %s: run again then",
			time_rfc3339_s(until_ms, at));
	while (!stopped(t)) {
		enum errc rc;

		if (transport_now(t) >= until_ms)
			return ERR_OK;
		rc = wait_once(t, t->asked, until_ms, until_ms, err);
		if (rc)
			return rc;
	}
	return err_set(err, ERR_STOPPED, "stopped by a signal");
}

/* --- in one go --- */

enum errc transport_sign_in(struct transport *t, struct err *err)
{
	int64_t now = transport_now(t);
	enum errc rc = ERR_OK;

	for (int i = 0; i < SERVICES && !rc; i++)
		if (t->signin[i].kind)
			rc = signin_check(&t->signin[i], err);
	if (rc)
		return rc;
	for (int i = 0; i < SERVICES; i++)
		if (t->signin[i].kind)
			(void)signed_in(t, (enum transport_service)i, now);
	rc = transport_drain(t, err);
	for (int i = 0; i < SERVICES && !rc; i++)
		if (t->signin[i].failed.code) {
			*err = t->signin[i].failed;
			rc = err->code;
		}
	return rc;
}

enum errc transport_get(struct transport *t, enum transport_service service,
	struct http_request *request, struct http_reply *ret_reply, struct err *err)
{
	struct taken take = { .code = ERR_OK };
	struct transport_call call = { .service = service, .request = *request };
	struct queued_call *j = new_call(t, &call);
	enum errc rc;

	j->take = &take;
	enqueue(t, j);
	rc = transport_drain(t, err);
	if (!rc && take.code) {
		*err = take.err;
		rc = take.code;
	}
	if (rc)
		http_reply_release(&take.reply);
	else
		*ret_reply = take.reply;
	return rc;
}
