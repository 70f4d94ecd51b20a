/*
 * What is open between an organization and its services: by serial, across runs. A run is only who
 * asked; its end, other rules or another input forget nothing of this.
 *
 *	intent    a change that was sent, or may have been, and that may still act
 *	custody   a device taken off its server to be put back, until it was seen back
 *	deed      what cannot be undone, by incarnation of the device: once
 *
 * Ids are kept, never names: a server that was renamed is the same one, another of the same name is
 * not. Readers get copies, oldest first, and free them; only the lock's holder may write. What is
 * written joins the caller's transaction. Failures are ERR_STORE.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "base/arena.h"
#include "store/store.h"

/* --- open intents --- */

/* It closes when the service refused it with a complete 4xx; when its activity is terminal; when no
 * activity is known and timeouts.activity has passed, on the clock that runs while the computer
 * sleeps and anew after a boot, since the service could last accept it; when Apple no longer knows
 * an activity of more than 30 days; or when a person ends it. Until then no other change of the
 * device leaves. */
struct ledger_intent {
	int64_t request, run;
	int kind; /* enum step_kind */
	enum request_state state;
	struct str run_name, serial;
	struct str target;   /* id of the server; name of the profile, or id of the UEM record */
	struct str activity; /* empty: none is known */
	int64_t intent_ms, sent_ms; /* sent_ms: TIME_NONE when not known */
	/* Since when the quarantine of one without an activity counts: a boot, and the time since
	 * it. Empty: to be counted from now on. */
	struct str boot;
	int64_t boot_ms;
};
struct ledger_intents {
	struct ledger_intent *v;
	size_t n;
	struct arena arena; /* of v and its texts */
};
/* Those of one device, or of all (STR_NONE). Caller releases *ret. */
MUST_CHECK enum errc ledger_intents(
	struct store *s, struct str serial, struct ledger_intents *ret, struct err *err);
void ledger_intents_release(struct ledger_intents *in);

/* Of all devices that the request names, once they are written. */
MUST_CHECK enum errc ledger_open(struct store *s, int64_t request, struct err *err);
/* Of one device, or of all that the request names (STR_NONE). */
MUST_CHECK enum errc ledger_close(
	struct store *s, int64_t request, struct str serial, struct err *err);
/* Whatever is open about a device. */
MUST_CHECK enum errc ledger_close_all(struct store *s, struct str serial, struct err *err);
/* From this moment on the quarantine of the request counts. */
MUST_CHECK enum errc ledger_count_from(
	struct store *s, int64_t request, struct str boot, int64_t boot_ms, struct err *err);

/* --- devices off their servers --- */

struct ledger_custody {
	struct str serial;
	struct str home;   /* id of the server it was taken from */
	struct str target; /* id of the server it is to be put on */
	struct str run_name;
	int64_t run, since_ms;
};
struct ledger_custodies {
	struct ledger_custody *v;
	size_t n;
	struct arena arena;
};
/* That of one device, or all (STR_NONE). Caller releases *ret. */
MUST_CHECK enum errc ledger_custodies(
	struct store *s, struct str serial, struct ledger_custodies *ret, struct err *err);
void ledger_custodies_release(struct ledger_custodies *c);
MUST_CHECK enum errc ledger_in_custody(
	struct store *s, struct str serial, bool *ret, struct err *err);

/* A device in custody stays in that of the run that took it first. */
MUST_CHECK enum errc ledger_take(struct store *s, const struct ledger_custody *c, struct err *err);
MUST_CHECK enum errc ledger_let_go(struct store *s, struct str serial, struct err *err);

/* --- what cannot be undone --- */

enum deed_state {
	DEED_OPEN, /* sent, or it may have been; nothing tells its outcome yet */
	DEED_DONE, /* proved */
};
struct ledger_deed {
	int kind; /* STEP_WIPE, STEP_DELETE_RECORD, STEP_RELEASE */
	enum deed_state state;
	struct str serial;
	/* wipe: id of the record and when it enrolled last; delete_record: id of the record;
	 * release: when Apple had the device added to the organization. Empty: not known. */
	struct str incarnation;
	struct str run_name;
	int64_t run, request, at_ms;
};
struct ledger_deeds {
	struct ledger_deed *v;
	size_t n;
	struct arena arena;
};
/* Those of one device, or all (STR_NONE). Caller releases *ret. */
MUST_CHECK enum errc ledger_deeds(
	struct store *s, struct str serial, struct ledger_deeds *ret, struct err *err);
/* Open ones of the devices in that run's rows, in whatever run they were sent. */
MUST_CHECK enum errc ledger_deeds_open(
	struct store *s, int64_t run, struct ledger_deeds *ret, struct err *err);
/* Open ones whose requests no run waits for, and which cannot act any more. */
MUST_CHECK enum errc ledger_deeds_late(struct store *s, struct ledger_deeds *ret, struct err *err);
void ledger_deeds_release(struct ledger_deeds *d);

/* The same kind and incarnation of a device once more: the new request takes the place of the
 * old. */
MUST_CHECK enum errc ledger_deed_put(struct store *s, const struct ledger_deed *d, struct err *err);
MUST_CHECK enum errc ledger_deed_done(
	struct store *s, int64_t request, struct str serial, struct err *err);
/* It was not carried out: refused, or seen twice to have had no effect. */
MUST_CHECK enum errc ledger_deed_undo(
	struct store *s, int64_t request, struct str serial, struct err *err);

/* --- persons --- */

/* Ends everything open about a device, in one transaction, and tells it in the audit trail with the
 * reason. *ret_n: how many intents, custodies and open deeds that were. */
MUST_CHECK enum errc ledger_forget(struct store *s, struct str serial, struct str reason,
	struct str who, int64_t now_ms, uint32_t *ret_n, struct err *err);

/* The brake of a tenant: devices come back, nothing else leaves. */
struct ledger_pause {
	bool paused;
	int64_t since_ms;
	char reason[512], by[256]; /* by: empty where an earlier version paused */
};
MUST_CHECK enum errc ledger_pause(
	struct store *s, struct str reason, struct str who, int64_t now_ms, struct err *err);
MUST_CHECK enum errc ledger_resume(struct store *s, int64_t now_ms, struct err *err);
MUST_CHECK enum errc ledger_paused(struct store *s, struct ledger_pause *ret, struct err *err);

#endif
