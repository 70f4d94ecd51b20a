/* One try of one call: sent, answered, judged. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "services/dep.h"
#include "wire/retry.h"
#include "wire/transport_parts.h"

enum {
	/* So many failures in a row are no accident of single requests: the service is down. From
	 * there on it gets as many tries as a single request does. */
	DOWN_AFTER = 2 * RETRY_MAX_TRIES,
	NAME_TRIES = 3,
	/* The UEM counts per fixed window of 24 hours (services/README.md UEM D). */
	QUOTA_WINDOW_MS = 24 * 3600 * 1000,
	/* From this failed try on the operator hears why nothing happens. */
	TELL_AFTER = 4,
	TELL_PAUSE_MS = 300000,
	/* So long a wait after the look is none. */
	LOOK_WAITS_MS = 1000,
};

/* --- sending --- */

/* Each try has a request of its own: io/http consumes it, and tokens change. */
static enum errc make_request(
	struct transport *t, struct queued_call *j, struct http_request *ret, struct err *err)
{
	const struct http_request *from = &j->call.request;
	struct signin *s = &t->signin[j->call.service];
	enum errc rc = ERR_OK;

	if (j->signin)
		return signin_request(s, transport_now(t), ret, err);
	http_request_init(ret, from->cls, from->method);
	ret->url = from->url ? mem_strdup(from->url)
			     : NULL; /* NULL and full: io/http says why not */
	ret->body.full = from->body.full;
	ret->timeout_ms = from->timeout_ms;
	ret->max_body = from->max_body;
	ret->good_until_ms = j->call.good_until_ms;
	ret->secret_body = from->secret_body;
	buf_str(&ret->body, buf_view(&from->body));
	for (size_t i = 0; i < from->n_headers && !rc; i++)
		rc = http_request_header(
			ret, from->headers[i].name, str_from(from->headers[i].value), err);
	if (!rc && j->call.service != TO_BARE) {
		rc = signin_headers(s, ret, err);
		j->generation = s->generation;
	}
	if (rc)
		http_request_release(ret);
	return rc;
}

/* Takes those out of the queue that could leave as well, and may have their intents by now. */
static size_t take_next(struct transport *t, const struct queued_call *first, int64_t now_ms,
	struct queued_call *ret[AHEAD_MAX])
{
	enum lane lane = call_lane(first);
	struct queue *q = &t->lanes[lane];
	struct queued_call *j;
	size_t n = 0;

	while (n < first->call.ahead && n < AHEAD_MAX && (j = queue_head(q, now_ms)) &&
		j->ready_ms <= now_ms && j->call.ahead && j->intended_ms == TIME_NONE &&
		(lane >= (enum lane)RATE_CLASSES ||
			rate_when(&t->log[lane], now_ms, (uint32_t)n + 2) <= now_ms))
		ret[n++] = queue_pop(q, now_ms);
	return n;
}

/* Where intents go in a transaction of ours; NULL: before() sees to it. */
static struct store *ledger_of(const struct transport *t)
{
	return t->opt.store && !store_is_lost(t->opt.store) ? t->opt.store : NULL;
}

/* One that is refused waits for its own turn to say so. *ret_refused: it was. */
static enum errc write_next_intent(struct transport *t, const struct queued_call *j, int64_t now_ms,
	bool *ret_refused, struct err *err)
{
	struct store *store = ledger_of(t);
	enum errc rc = store ? store_mark(store, err) : ERR_OK, code;

	if (rc)
		return rc;
	code = j->call.before(j->call.self, now_ms, err);
	*ret_refused = code != ERR_OK;
	if (code == ERR_STORE || !store)
		return code == ERR_STORE ? code : ERR_OK;
	return store_unmark(store, !code, err);
}

/* The intents of the change and of those that follow it, in the transaction. *n becomes how many of
 * them have one. */
static enum errc write_intents(struct transport *t, struct queued_call *j,
	struct queued_call **next, size_t *n, int64_t now_ms, struct err *err)
{
	enum errc rc = j->call.before(j->call.self, now_ms, err);
	bool refused = false;
	size_t i = 0;

	for (; i < *n && !rc && !refused; i++)
		rc = write_next_intent(t, next[i], now_ms, &refused, err);
	*n = rc ? 0 : i - refused;
	return rc;
}

static enum errc intend(struct transport *t, struct queued_call *j, int64_t now_ms, struct err *err)
{
	struct queued_call *next[AHEAD_MAX];
	struct store *store = ledger_of(t);
	size_t n_taken, n;
	enum errc rc;

	if (!j->call.before)
		return err_set(err, ERR_INTERNAL, "a change without an intent");
	n = n_taken = take_next(t, j, now_ms, next);
	rc = store ? store_begin(store, err) : ERR_OK;
	if (!rc) {
		rc = write_intents(t, j, next, &n, now_ms, err);
		if (store)
			rc = store_end(store, rc, err);
	}
	for (size_t i = 0; i < n_taken; i++) {
		next[i]->intended_ms = rc || i >= n ? TIME_NONE : now_ms;
		queue_push(&t->lanes[call_lane(next[i])], next[i]);
	}
	return rc;
}

/* Before the first byte leaves: the right to send it, and for a change its intent, on the disk.
 * *ret_later: its turn has not come. */
static enum errc announce(struct transport *t, struct queued_call *j, int64_t now_ms,
	bool *ret_later, struct err *err)
{
	bool change = j->call.request.cls == HTTP_CHANGE && !j->signin;
	bool intended = j->intended_ms != TIME_NONE &&
			now_ms - j->intended_ms <= TRANSPORT_AHEAD_MS;
	enum lane lane = call_lane(j);
	bool rated = lane < (enum lane)RATE_CLASSES;
	enum errc rc = j->call.allow ? j->call.allow(j->call.self, now_ms, err) : ERR_OK;

	*ret_later = !rc && rated && !turn_take(&t->turn[lane], now_ms, t->lanes[lane].due.n + 1);
	if (rc || *ret_later)
		return rc;
	if (change && !intended)
		rc = intend(t, j, now_ms, err);
	if (rated && rc) {
		turn_give_back(&t->turn[lane]);
	} else if (rated) {
		rate_note(&t->log[lane], now_ms);
		j->turn_ms = now_ms;
		j->turn_id = t->turn[lane].taken_id;
	}
	return rc;
}

/* Who was stopped meanwhile, or asleep, has had his turn. */
static void leave_in_turn(
	const struct transport *t, const struct queued_call *j, struct http_request *q)
{
	enum lane lane = call_lane(j);
	int64_t until_ms = j->turn_ms + TURN_UNSEEN_MS;

	if (lane < (enum lane)RATE_CLASSES && t->turn[lane].unseen_ms &&
		(!q->good_until_ms || q->good_until_ms > until_ms))
		q->good_until_ms = until_ms;
}

/* The service has it, or will never. */
static void note_arrival(
	struct transport *t, const struct queued_call *j, const struct http_reply *reply)
{
	enum lane lane = call_lane(j);

	if (lane < (enum lane)RATE_CLASSES)
		turn_landed(&t->turn[lane], j->turn_id, j->turn_ms, reply->last_sent_ms);
}

static void count(struct transport_counts *c, const struct queued_call *j)
{
	enum http_class cls = j->call.request.cls;

	if (j->n_failed || j->n_busy || j->renewed)
		c->retries++;
	if (j->signin || j->call.service == TO_BARE)
		return;
	if (j->call.service != TO_UEM)
		(*(cls == HTTP_CHANGE ? &c->apple_writes : &c->apple_reads))++;
	else if (cls == HTTP_CHANGE)
		c->uem_writes++;
	else
		(*(cls == HTTP_TRIGGER ? &c->uem_triggers : &c->uem_reads))++;
}

static enum errc too_late(const struct queued_call *j, struct err *err)
{
	return err_set(err, ERR_BUSY, "%s: its turn came too late", transport_who(j->call.service));
}

/* What it was made of may be old by now. */
static enum errc check_age(const struct transport *t, const struct queued_call *j, struct err *err)
{
	if (!j->call.good_until_ms || transport_now(t) <= j->call.good_until_ms)
		return ERR_OK;
	return too_late(j, err);
}

/* A write of Apple's that is made of a look does not wait with it: it is given back, the wait comes
 * before the next look. */
static enum errc check_wait(const struct transport *t, const struct queued_call *j, struct err *err)
{
	enum lane lane = call_lane(j);

	if (lane != LANE_APPLE_WRITE || !j->call.good_until_ms ||
		t->turn[lane].again_ms <= transport_now(t) + LOOK_WAITS_MS)
		return ERR_OK;
	return too_late(j, err);
}

void flight_start(struct transport *t, struct queued_call *j)
{
	struct http_request q;
	struct err err;
	bool later = false;
	enum errc rc = check_age(t, j, &err);

	if (!rc)
		rc = make_request(t, j, &q, &err);

	if (rc) {
		call_complete(t, j, rc, NULL, NULL, &err);
		return;
	}
	rc = announce(t, j, transport_now(t), &later, &err);
	if (later)
		rc = check_wait(t, j, &err);
	if (rc || later) {
		http_request_release(&q);
	} else {
		j->scan = j->call.scan ? j->call.scan(j->call.self) : NULL;
		count(&t->counts, j);
		leave_in_turn(t, j, &q);
		t->asked = j->call.service;
		rc = http_submit(t->client, &q, j->scan, j, &err);
	}
	if (rc)
		call_complete(t, j, rc, NULL, NULL, &err);
	else if (later)
		queue_push(&t->lanes[call_lane(j)], j);
	else
		t->flight[t->n_flight++] = j;
}

/* --- judging --- */

enum errc transport_reply_error(enum transport_service from, const struct http_reply *reply,
	int64_t *ret_uem_code, struct err *err)
{
	struct uem_error detail = { 0 };
	enum errc rc;

	if (from == TO_APPLE)
		return apple_reply_error(reply, NULL, err);
	if (from == TO_UEM) {
		rc = uem_reply_error(reply, &detail, err);
		if (ret_uem_code)
			*ret_uem_code = detail.code;
		return rc;
	}
	if (from >= TO_DEP)
		return dep_reply_error(reply, err);
	if (reply->fate != HTTP_ANSWERED)
		return err_set(err, ERR_NET, "%s: %s", transport_who(TO_BARE), reply->why);
	return err_set(err, reply->status == 429 ? ERR_BUSY : ERR_OUTAGE, "%s answered %d",
		transport_who(TO_BARE), reply->status);
}

static enum errc explain(struct transport *t, const struct queued_call *j,
	const struct http_reply *reply, struct err *err)
{
	return j->signin ? signin_reply(&t->signin[j->call.service], reply, transport_now(t), err)
			 : transport_reply_error(j->call.service, reply, NULL, err);
}

static void pause_lane(struct transport *t, enum lane lane, int64_t until_ms, const char *why)
{
	bool rated = lane < (enum lane)RATE_CLASSES;
	int64_t now = transport_now(t);
	char at[TIME_TEXT];

	/* One that comes long after the end of another does not follow it. */
	if (t->held_ms[lane] == TIME_NONE ||
		now - (rated ? t->log[lane].not_before_ms : t->pause_ms[lane]) > TELL_PAUSE_MS)
		t->held_ms[lane] = now;
	if (!rated) {
		t->pause_ms[lane] = until_ms > t->pause_ms[lane] ? until_ms : t->pause_ms[lane];
		return;
	}
	if (until_ms <= t->log[lane].not_before_ms)
		return;
	rate_pause(&t->log[lane], until_ms);
	t->pause_why[lane] = why;
	/* Of many short waits in a row, one now and then is told. */
	if (until_ms - t->pause_told_ms[lane] < TELL_PAUSE_MS)
		return;
	t->pause_told_ms[lane] = until_ms;
	log_often(LOG_INFO, "%s: %s; nothing is sent before %s",
		transport_who(lane == LANE_UEM ? TO_UEM : TO_APPLE), why,
		time_rfc3339_s(until_ms, at));
}

/* The quota of the tenant is shared with whatever else talks to the UEM: the reserve is theirs. */
static void mind_quota(struct transport *t, const struct http_reply *reply)
{
	int64_t now = transport_now(t), until = now + QUOTA_WINDOW_MS;
	int64_t total = reply->limit_total, percent = t->opt.settings->uem_reserve_percent;

	if (total > 0 && reply->limit_remaining >= 0) {
		t->uem_quota = total;
		t->uem_quota_left = reply->limit_remaining;
	}
	if (reply->limit_remaining < 0 || reply->limit_reset < 0 || total <= 0 ||
		total > INT64_MAX / 100 || reply->limit_remaining >= total * percent / 100)
		return;
	if (reply->limit_reset < until / 1000)
		until = reply->limit_reset * 1000;
	if (until > now)
		pause_lane(t, LANE_UEM, until,
			"the tenant's API quota is down to the reserve (rate.uem_reserve)");
}

/* When to try again after the n-th trouble: Retry-After is never shortened, but where it names a
 * time that no limit lasts until, in another century, which is asked again after a day. */
static int64_t next_try(const struct transport *t, const struct queued_call *j,
	const struct http_reply *reply, uint32_t n)
{
	int64_t now = transport_now(t), asked = http_retry_after(reply, now), at;
	int64_t own = retry_wait_ms(t->seed + j->seq * 1024, n);

	if (asked > RETRY_BELIEVED_MS)
		asked = RETRY_INSTEAD_MS;
	if (__builtin_add_overflow(now, asked > own ? asked : own, &at))
		return INT64_MAX;
	return at;
}

static void queue_again(struct transport *t, struct queued_call *j, int64_t ready_ms)
{
	json_scan_free(j->scan);
	j->scan = NULL;
	j->ready_ms = ready_ms;
	j->intended_ms = TIME_NONE;
	queue_push(&t->lanes[call_lane(j)], j);
}

/* 429: everything of the class waits, and patience does not run out before --max-wait does. */
static void busy(struct transport *t, struct queued_call *j, const struct http_reply *reply)
{
	int64_t at = next_try(t, j, reply, ++j->n_busy);
	struct err err;

	if (call_refused_alone(t, j, &err)) {
		call_complete(t, j, ERR_REFUSED, NULL, NULL, &err);
		return;
	}
	pause_lane(t, call_lane(j), at, "the service asks for patience (429)");
	queue_again(t, j, at);
}

static void failed(struct transport *t, struct queued_call *j, const struct http_reply *reply)
{
	enum transport_service service = j->call.service;
	char when[TIME_TEXT];
	bool down = !j->signin && t->n_down[service] >= DOWN_AFTER;
	uint32_t n = ++j->n_failed;
	struct err err;
	enum errc rc = explain(t, j, reply, &err);
	int64_t at;

	if (down && n < t->n_down[service] - DOWN_AFTER + 1)
		n = t->n_down[service] - DOWN_AFTER + 1;
	at = next_try(t, j, reply, n);
	/* A name that never resolved is a mistake of the settings rather than an outage. */
	if (reply->no_name && !t->heard[service][j->signin] && n >= NAME_TRIES) {
		(void)err_wrap(&err, "the host's name cannot be resolved; check the address in the "
				     "settings, and the network: ");
		call_complete(t, j, rc, NULL, NULL, &err);
		transport_flush(t, service, &err);
		return;
	}
	if (n < t->opt.max_tries && at <= transport_patience(t)) {
		if (j->n_failed >= TELL_AFTER)
			log_often(LOG_INFO, "%s; trying again", err.msg);
		/* A thousand others would each find out for themselves, for hours. */
		if (down)
			pause_lane(t, call_lane(j), at, "there is no usable answer");
		queue_again(t, j, at);
		return;
	}
	if (n < t->opt.max_tries)
		(void)err_wrap(&err,
			"--max-wait ends before the next try at %s: ", time_rfc3339_s(at, when));
	else
		(void)err_wrap(&err, "given up after %u tries: ",
			(unsigned)(down ? t->n_down[service] : j->n_failed));
	call_complete(t, j, rc, NULL, NULL, &err);
	if (down)
		transport_flush(t, service, &err);
}

/* A change that was not applied: nothing of its service leaves for a while, and it has to be made
 * anew then. */
static void give_back(struct transport *t, struct queued_call *j, const struct http_reply *reply,
	enum retry_verdict verdict)
{
	bool aged = reply->fate == HTTP_NOT_SENT && check_age(t, j, NULL);
	uint32_t n = t->n_down[j->call.service];
	char when[TIME_TEXT];
	struct err err;
	enum errc rc = explain(t, j, reply, &err);
	int64_t at = aged ? transport_now(t) : next_try(t, j, reply, n ? n : 1);

	t->counts.retries += !aged;
	t->n_down[j->call.service] -= aged && n > 0; /* no fault of the service */
	if (!aged)
		pause_lane(t, call_lane(j), at,
			verdict == VERDICT_BUSY ? "the service asks for patience (429)"
						: "there is no usable answer");
	if (!aged && verdict == VERDICT_FAILED && n >= t->opt.max_tries) {
		(void)err_wrap(&err, "given up after %u tries: ", (unsigned)n);
	} else if (at > transport_patience(t)) {
		rc = ERR_TEMPFAIL;
		(void)err_wrap(&err,
			"--max-wait ends before the next try at %s: ", time_rfc3339_s(at, when));
	} else {
		rc = ERR_BUSY;
	}
	err.code = rc;
	call_complete(t, j, rc, NULL, NULL, &err);
}

static bool is_given_back(const struct queued_call *j, enum retry_verdict verdict)
{
	return !j->signin && j->call.request.cls == HTTP_CHANGE &&
	       (verdict == VERDICT_BUSY || verdict == VERDICT_FAILED);
}

static void refused(struct transport *t, struct queued_call *j, struct http_reply *reply)
{
	enum transport_service service = j->call.service;
	struct err err;

	if (service == TO_BARE) {
		call_complete(t, j, ERR_OK, reply, NULL, NULL);
	} else if (!j->renewed && signin_refused(&t->signin[service], j->generation)) {
		j->renewed = true;
		queue_again(t, j, transport_now(t));
	} else {
		enum errc rc = explain(t, j, reply, &err);

		call_complete(t, j, rc, NULL, NULL, &err);
	}
}

static void answered(struct transport *t, struct queued_call *j, struct http_reply *reply)
{
	struct json *rest = NULL;
	struct err err = { .code = ERR_OK };
	enum errc rc = ERR_OK;

	if (j->call.n_answered)
		++*j->call.n_answered;
	if (j->signin)
		rc = signin_reply(&t->signin[j->call.service], reply, transport_now(t), &err);
	else if (j->scan && reply->fate == HTTP_ANSWERED && reply->status == 200)
		rc = json_scan_end(j->scan, &rest, &err);
	if (rc && j->scan && json_scan_page(j->scan).n) {
		buf_str(&reply->body, json_scan_page(j->scan)); /* the caller tells what it means */
		rc = ERR_OK;
	}
	if (j->signin && rc == ERR_BUSY) {
		failed(t, j, reply); /* a 400 that may mean too many tokens */
		return;
	}
	call_complete(t, j, rc, rc ? NULL : reply, rc ? NULL : rest, &err);
	json_free(rest);
}

static void leave_flight(struct transport *t, const struct queued_call *j)
{
	for (size_t i = 0; i < t->n_flight; i++)
		if (t->flight[i] == j) {
			t->flight[i] = t->flight[--t->n_flight];
			return;
		}
}

/* A session of the DEP service can end with 403, and any reply can bring another. */
static enum retry_verdict judge(
	struct transport *t, const struct queued_call *j, const struct http_reply *reply)
{
	if (j->call.service >= TO_DEP && !j->signin) {
		signin_rotate(&t->signin[j->call.service], reply);
		if (dep_session_stale(reply))
			return VERDICT_RENEW;
	}
	return retry_judge(j->call.request.cls, reply);
}

/* A date that a cache in between kept is older than Apple's. */
static void note_clock(struct transport *t, const struct http_reply *reply)
{
	int64_t theirs, skew;

	if (reply->fate != HTTP_ANSWERED || !http_reply_date(reply, &theirs))
		return;
	skew = reply->ended_ms - theirs;
	if (!t->has_skew || llabs(skew) < llabs(t->skew_ms))
		t->skew_ms = skew;
	t->has_skew = true;
}

static void note_trouble(struct transport *t, struct queued_call *j, enum retry_verdict verdict)
{
	if (verdict == VERDICT_ANSWER)
		t->held_ms[call_lane(j)] = TIME_NONE;
	else if (j->troubled_ms == TIME_NONE && verdict != VERDICT_RENEW)
		j->troubled_ms = transport_now(t);
}

void flight_land(struct transport *t, struct queued_call *j, struct http_reply *reply)
{
	enum retry_verdict verdict = judge(t, j, reply);
	uint32_t *n_down = &t->n_down[j->call.service];
	struct err err;
	enum errc rc;

	leave_flight(t, j);
	note_arrival(t, j, reply);
	note_trouble(t, j, verdict);
	t->heard[j->call.service][j->signin] |= reply->fate == HTTP_ANSWERED;
	if (!j->signin && verdict == VERDICT_FAILED)
		++*n_down;
	else if (!j->signin && reply->fate == HTTP_ANSWERED && reply->status < 500)
		*n_down = 0;
	if (j->call.service == TO_UEM && !j->signin)
		mind_quota(t, reply);
	if (j->call.service == TO_APPLE)
		note_clock(t, reply);
	/* What the scanner or its reader does not take, a second try would not mend. */
	rc = j->scan ? json_scan_feed(j->scan, STR_NONE, &err) : ERR_OK;
	if (rc)
		call_complete(t, j, rc, NULL, NULL, &err);
	else if (is_given_back(j, verdict))
		give_back(t, j, reply, verdict);
	else if (verdict == VERDICT_BUSY)
		busy(t, j, reply);
	else if (verdict == VERDICT_FAILED)
		failed(t, j, reply);
	else if (verdict == VERDICT_RENEW)
		refused(t, j, reply);
	else
		answered(t, j, reply);
}

void flight_abandon(struct transport *t, const struct err *why)
{
	struct http_client *fresh;
	struct err err;

	/* Only the end of the client ends what it has under way. */
	if (http_client_open(&fresh, &t->http, &err) == ERR_OK) {
		http_client_free(t->client);
		t->client = fresh;
	}
	while (t->n_flight) {
		struct queued_call *j = t->flight[--t->n_flight];
		struct http_reply reply;

		if (j->signin || j->call.request.cls != HTTP_CHANGE) {
			call_complete(t, j, why->code, NULL, NULL, why);
			continue;
		}
		http_reply_init(&reply);
		reply.fate = HTTP_UNKNOWN;
		reply.ended_ms = reply.last_sent_ms = transport_now(t);
		(void)snprintf(reply.why, sizeof(reply.why), "%.200s", why->msg);
		call_complete(t, j, ERR_OK, &reply, NULL, NULL);
		http_reply_release(&reply);
	}
}
