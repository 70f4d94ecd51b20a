/*
 * Inside the transport: transport.c has the loop, flight.c one try of one call,
 * call.c what both need to end one.
 */
#ifndef WIRE_TRANSPORT_PARTS_H
#define WIRE_TRANSPORT_PARTS_H

#include "wire/queue.h"
#include "wire/rate.h"
#include "wire/signin.h"
#include "wire/turn.h"

/* A queue each, so that a class without room does not hold up the others. */
enum lane {
	LANE_APPLE_READ = RATE_APPLE_READ,
	LANE_APPLE_WRITE = RATE_APPLE_WRITE,
	LANE_UEM = RATE_UEM,
	LANE_BARE,
	LANE_DEP,
	LANE_SIGNIN = LANE_DEP + TRANSPORT_MAX_DEP, /* + enum transport_service */
	SERVICES = TO_DEP + TRANSPORT_MAX_DEP,
	LANES = LANE_SIGNIN + SERVICES
};

enum {
	/* As many as io/http has connections to a host: what is submitted leaves at once, so that
	 * the send times that the rates go by are true. */
	FLIGHT_PER_SERVICE = 4,
	FLIGHT_MAX = SERVICES * FLIGHT_PER_SERVICE + SERVICES,
	AHEAD_MAX = 16,
};

struct transport {
	struct transport_options opt;
	struct http_options http;
	struct http_client *client;
	struct apple_service apple;
	struct uem_service uem;
	struct signin signin[SERVICES]; /* kind NULL: no credentials there */
	bool asking[SERVICES];          /* a token request is queued or under way */
	struct rate_log log[RATE_CLASSES];
	struct turn turn[RATE_CLASSES];
	const char *pause_why[RATE_CLASSES];
	int64_t pause_told_ms[RATE_CLASSES];
	int64_t pause_ms[LANES]; /* of lanes without a rate: nothing leaves before */
	int64_t held_ms[LANES];  /* since when one pause follows another; TIME_NONE: none */
	int64_t hurry_ms;        /* see transport_hurry(); 0: none */
	struct queue lanes[LANES];
	struct queued_call *flight[FLIGHT_MAX];
	size_t n_flight, n_optional; /* n_optional: queued or under way */
	bool heard[SERVICES][2];     /* it answered, some time; [1]: where one signs in */
	uint32_t n_down[SERVICES];   /* failed tries since the service's last answer */
	uint64_t seq, seed;
	int64_t deadline_ms;
	enum transport_service asked;   /* last */
	enum transport_service wake;    /* whose call will be the next to leave, */
	int64_t turn_ms;                /* and when; but for what is optional */
	int64_t stopped_ms, closing_ms; /* TIME_NONE: not yet */
	int64_t closing_until_ms;       /* TIME_NONE: CLOSING_MS are enough */
	struct err failed;              /* the first failure of a done() since the drain began */
	struct transport_counts counts;
	int64_t uem_quota, uem_quota_left; /* as last told; -1: not told */
	int64_t skew_ms;                   /* the least that an answer of Apple's has shown */
	bool has_skew;
};

enum lane call_lane(const struct queued_call *j);

/* Sends the call or completes it with the reason why that cannot be. */
void flight_start(struct transport *t, struct queued_call *j);
/* The reply is there: completes the call or queues it again. Takes what it needs out of *reply. */
void flight_land(struct transport *t, struct queued_call *j, struct http_reply *reply);
/* Gives up what is under way; nobody will know what became of it. */
void flight_abandon(struct transport *t, const struct err *why);

/* Tells the caller and frees the call. reply and rest only with ERR_OK, else why. */
void call_complete(struct transport *t, struct queued_call *j, enum errc code,
	struct http_reply *reply, const struct json *rest, const struct err *why);
void call_free(struct queued_call *j);
/* After a 429, which n_busy counts already. True: it is not sent again, err says why. */
bool call_refused_alone(struct transport *t, struct queued_call *j, struct err *err);
/* Completes what is queued there with that failure, or for the service. */
void transport_flush_lane(struct transport *t, enum lane lane, const struct err *why);
void transport_flush(struct transport *t, enum transport_service service, const struct err *why);
/* Until when a wait may last. */
int64_t transport_patience(const struct transport *t);
const char *transport_who(enum transport_service service);

#endif
