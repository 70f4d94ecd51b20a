/*
 * A change from its intent to its end: what is durable before the first byte, what it names, what
 * becomes of it.
 */
#ifndef RUN_REQUEST_H
#define RUN_REQUEST_H

#include "run/job.h"

/* A CHANGE that was sent, or may have been. */
struct open_request {
	int64_t id; /* in the store; 0: its intent was never written */
	enum step_kind kind;
	uint32_t server; /* index; SERVER_NONE: none */
	uint32_t about;  /* profile or UEM record, slot of fleet.texts; MAP_NONE: none */
	enum request_state state;
	char activity[80];
	char fault[160]; /* what the log or the activity said */
	int64_t intent_ms, sent_ms;
	int64_t not_after_ms; /* to be sent before; INT64_MAX: any time */
	uint32_t *devices;    /* indexes; owned */
	uint32_t n;
	/* It cannot act any more, see store/ledger.h; ended_ms: since when that is known. Only then
	 * a look at its devices tells what it did. */
	bool over;
	int64_t ended_ms;
	int64_t until_ms;  /* end of the quarantine of one without an activity that Apple knows */
	int64_t missed_ms; /* since when Apple knows of none; TIME_NONE: it does */
	bool ended_badly;  /* FAILURE, STOPPED, FAILED */
	bool held;         /* in part at least: an administrator has to approve it */
	bool has_custody;  /* its intent put its devices into custody */
	bool unseen;     /* the list of its server was not whole when its devices were looked at */
	struct job *job; /* for callbacks */
	/* Judges the answer, when there is one. */
	void (*take)(struct open_request *r, const struct http_reply *reply);
};

/* Writes one request and its devices, within a transaction of the caller's. */
MUST_CHECK enum errc job_save(struct open_request *r, struct err *err);
/* Adds the outcome of a request to the audit trail; job_flush() does it for those settled. */
MUST_CHECK enum errc job_note(struct open_request *r, struct err *err);
struct open_request *job_open(struct job *j, enum step_kind kind, uint32_t server);
/* One that names these devices: they are busy. take() judges its answer. */
struct open_request *job_open_for(struct job *j, enum step_kind kind, uint32_t server,
	const uint32_t *devices, uint32_t n,
	void (*take)(struct open_request *r, const struct http_reply *reply));
/* The change from its intent to its end: leave is asked, the intent, which names its devices and is
 * told in the audit trail, is durable before the first byte, and what comes of it is written down.
 * Without a request yet. */
struct transport_call job_call(
	struct open_request *r, enum transport_service service, int64_t good_until_ms);
/* Parts of that, for a change with conditions of its own; self: the open request. */
MUST_CHECK enum errc job_allow_change(void *self, int64_t at_ms, struct err *err);
/* Tells the ledger that it is off its server, if it has to return. */
MUST_CHECK enum errc job_take_custody(
	struct job *j, const struct job_device *d, int64_t at_ms, struct err *err);
MUST_CHECK enum errc job_end_change(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err);

/* Whether the next step, which cannot be undone, was sent before for the same device, in any run. A
 * person may name a device all the same. */
enum sent_before { SENT_NEVER, SENT_OPEN, SENT_DONE };
enum sent_before job_sent_before(struct job *j, const struct job_device *d);
/* Id of the server; name of the profile, or id of the UEM record. */
struct str request_target(const struct open_request *r);

/* --- while the ledger cannot be written (store_is_lost()) --- */
/* For put-backs alone; of anything else a failure. */
MUST_CHECK enum errc unwritten_intend(
	struct open_request *r, int64_t at_ms, int64_t *ret_id, struct err *err);
/* As far as there is room: without it a look finds out. */
void unwritten_answer(struct open_request *r);

/* A request was taken, but for this device of it, by name: nothing of it is open. */
void job_refuse_one(
	struct open_request *r, struct job_device *d, enum reason reason, const char *detail);
/* Forgets it; its devices are free again. */
void job_close(struct job *j, struct open_request *r);

#endif
