/*
 * Requests on their way: sign-in, rate limits, patience, retries of what may be repeated.
 *
 * Straight-line code submits a set of calls and drains them: a barrier. A call is queued until its
 * rate class has room, sent, and completed exactly once through done().
 *
 * READ, TRIGGER and AUTH are repeated on 429, 5xx and network failures with jittered back-off
 * (Retry-After is never shortened) for as long as --max-wait allows, and at most 8 times in the
 * face of failures (wire/retry.h). A CHANGE is repeated only once, after a 401 that a new token may
 * cure. What was not sent, or answered with 429, comes back with ERR_BUSY: whoever sends it again
 * has to look again first, and transport_change_when() tells when. Everything else is the caller's
 * to judge.
 */
#ifndef WIRE_TRANSPORT_H
#define WIRE_TRANSPORT_H

#include "io/clock.h"
#include "io/http.h"
#include "io/json.h"
#include "model/settings.h"
#include "services/apple.h"
#include "services/uem.h"
#include "store/store.h"
#include "wire/rate.h"

/* TO_BARE: presigned URLs, no credentials, no rate class. TO_DEP + i: Apple's DEP service with the
 * token of settings.enrollment[i]. */
enum transport_service { TO_APPLE, TO_UEM, TO_BARE, TO_DEP };
enum { TRANSPORT_MAX_DEP = SETTINGS_MAX_ENROLLMENT, TRANSPORT_AHEAD_MS = 60000 };

struct transport;

/* Where things stand: told at every answer, and about once a second while a wait lasts. */
struct transport_pulse {
	int64_t now_ms;
	uint64_t n_sent;         /* requests so far */
	const char *waiting_for; /* whose turn it is, or whose limit; NULL: nothing is waited for */
	int64_t until_ms;
	const struct rate *budget; /* the limit of writes that is waited for; NULL: none */
};

struct transport_options {
	const struct settings *settings; /* borrowed until transport_close() */
	struct clock *clock;             /* borrowed until transport_close() */
	struct store *store;             /* borrowed; NULL: nothing is remembered */
	bool first;                      /* holds the store's lock: comes before other processes */
	int64_t max_wait_ms;             /* from now; INT64_MAX: for ever */
	const char *cache_folder;        /* for the Apple token, 0600; NULL: do not cache */
	uint32_t max_tries;              /* in the face of failures; 0: RETRY_MAX_TRIES */
	/* Returns after how many ms of waiting it wants to be called anew; may be NULL. */
	int64_t (*pulse)(void *self, const struct transport_pulse *pulse);
	void *pulse_self;
};

/* Opens no secret yet. Caller frees with transport_close(). */
MUST_CHECK enum errc transport_open(
	struct transport **ret, const struct transport_options *opt, struct err *err);
void transport_close(struct transport *t);

/* Signs in to Apple, and to the UEM when it is configured, so that bad credentials show first. */
MUST_CHECK enum errc transport_sign_in(struct transport *t, struct err *err);

const struct apple_service *transport_apple(const struct transport *t);
/* Apple refused a name in fields[...]: from now on only those of its own pages are asked for. */
void transport_use_documented_fields(struct transport *t);
/* From now on a device's record is asked for what tells its state, and for nothing else. */
void transport_use_state_fields(struct transport *t, bool only);
const struct uem_service *transport_uem(const struct transport *t);

struct transport_call {
	enum transport_service service;
	struct http_request request; /* consumed; without credentials */
	/* A fresh scanner for each attempt, freed by the transport; NULL: body in the reply. */
	struct json_scan *(*scan)(void *self);
	/* It leaves until then, or comes back with ERR_BUSY. 0: at any time. */
	int64_t good_until_ms;
	/* May be left out. Just before each attempt: a failure ends the call without sending. */
	enum errc (*allow)(void *self, int64_t at_ms, struct err *err);
	/* CHANGE only: writes the intent, in a transaction that is durable before the first byte of
	 * the attempt leaves. A failure ends the call without sending. */
	enum errc (*before)(void *self, int64_t at_ms, struct err *err);
	/* How many more of these, which could leave as well, may have their intents in that same
	 * transaction, at most TRANSPORT_AHEAD_MS before they leave. Whoever finds such an intent
	 * after a crash cannot know whether the request was sent. */
	uint32_t ahead;
	/* Completes the call. ERR_OK: `reply` is an answer of the service (or, for a CHANGE, its
	 * fate); `rest` is what json_scan_end() gave, freed by the transport. Otherwise `reply` is
	 * NULL, `err` holds the sentence on entry, and of a CHANGE nothing was done:
	 *	ERR_BUSY      a CHANGE that has to be made anew, see above; what was good until
	 *	              earlier; what transport_hurry() lets nobody wait for
	 *	ERR_TEMPFAIL  it would have to wait beyond --max-wait
	 *	ERR_STOPPED   a signal came while it was queued, or a READ was under way (a change
	 *	              that has left is waited for, up to 20 s), or an earlier done() failed
	 *	ERR_AUTH      no token, or a 401 with a new one as well; ERR_SETTINGS: no secret
	 *	ERR_NET, ERR_OUTAGE, ERR_PROTOCOL  given up
	 *	what before(), the scanner or the store failed with
	 * May submit, must not drain. A failure returned here ends transport_drain() with it. */
	enum errc (*done)(void *self, enum errc code, const struct http_reply *reply,
		const struct json *rest, struct err *err);
	void *self;
	int64_t not_before_ms; /* 0: at once */
	/* READ, one of many like it; NULL: 429 is waited for. Counts their answers. What is refused
	 * with 429 time and again while others are answered comes back with ERR_REFUSED: it is not
	 * the service that is busy. Where none is under way, alone() submits one, whose own alone
	 * is NULL: its first 429 ends it. */
	uint32_t *n_answered;
	void (*alone)(void *self);
	bool optional; /* when only such are queued, they complete with ERR_STOPPED */
};

/* Consumes call->request. */
void transport_submit(struct transport *t, const struct transport_call *call);
/* Until every submitted call is completed. After the first failure of done() what is still queued
 * completes with ERR_STOPPED; that first failure is returned. */
MUST_CHECK enum errc transport_drain(struct transport *t, struct err *err);

/* Submit and drain one call. ERR_OK: *ret_reply is an answer with any status; caller releases it.
 */
MUST_CHECK enum errc transport_get(struct transport *t, enum transport_service service,
	struct http_request *request, struct http_reply *ret_reply, struct err *err);
/* Why the reply is no good, as a sentence; the code tells what kind of trouble it is.
 * *ret_uem_code: the UEM's errorCode; may be NULL. */
MUST_CHECK enum errc transport_reply_error(enum transport_service from,
	const struct http_reply *reply, int64_t *ret_uem_code, struct err *err);

/* Sleeps on the clock; ERR_STOPPED when a signal came, ERR_TEMPFAIL (without sleeping) when
 * until_ms lies beyond --max-wait. */
MUST_CHECK enum errc transport_sleep(struct transport *t, int64_t until_ms, struct err *err);

/* When the k-th further write to Apple may leave. */
int64_t transport_write_when(const struct transport *t, uint32_t k);
/* The same of a change at any service. */
int64_t transport_change_when(
	const struct transport *t, enum transport_service service, uint32_t k);
int64_t transport_now(const struct transport *t);
/* How far our clock is ahead of Apple's (below 0: behind), by the Date of its answers, of which the
 * one that is nearest to ours counts; 0 when none told. */
int64_t transport_skew(const struct transport *t);
/* Borrowed until transport_close(). */
const struct clock *transport_clock(const struct transport *t);
/* The end of --max-wait, or of the patience that closing has; INT64_MAX: none. */
int64_t transport_deadline(const struct transport *t);
/* No wait lasts longer than until deadline_ms, and past it closing may last until closing_ms.
 * False:
 * --max-wait ends before that. */
bool transport_until(struct transport *t, int64_t deadline_ms, int64_t closing_ms);
/* From now on nobody waits longer than that for a service that refuses READ, TRIGGER and AUTH with
 * 429, or with failures: they come back with ERR_BUSY. 0: as long as patience lasts. */
void transport_hurry(struct transport *t, int64_t most_ms);
/* From now on a signal that has come does not end calls early: for putting devices back. After a
 * signal, and past --max-wait, waits may then last until 2 minutes from now. */
void transport_closing(struct transport *t);
/* Whether a signal was noticed. Without one ERR_STOPPED says that another request's done() failed,
 * which transport_drain() tells. */
bool transport_was_stopped(const struct transport *t);

/* Requests sent so far, for summaries and tests. */
struct transport_counts {
	uint64_t apple_reads, apple_writes, uem_reads, uem_triggers, uem_writes, retries;
};
struct transport_counts transport_counts(const struct transport *t);
/* A copy of what was sent of the class; caller frees with rate_release(). */
void transport_rates(const struct transport *t, enum rate_class rate, struct rate_log *ret);
/* Calls a day of the tenant and how many are left, as the UEM last told; -1: it did not. */
void transport_uem_quota(const struct transport *t, int64_t *ret_total, int64_t *ret_left);

#endif
