/*
 * What depmend remembers, per Apple client id: the ledger, one SQLite file. Every change of it is
 * durable when the commit returns (WAL, synchronous=FULL), but for what store_begin_soft() begins.
 * What processes that only read have to remember is not here but in store/shared.h.
 *
 * The order is: intent -> request -> outcome -> proof. Whatever dies in between, the next start
 * finds the intent and looks at the services instead of sending again.
 *
 * Other processes read beside the one that writes. So that nobody stands in another's way, four
 * rules hold for whatever is added here:
 *	- No statement stays open past its function: an open SELECT pins the state that it began
 *	  with, the next write fails for good, and the log grows without end.
 *	- Records given out hold no texts of SQLite. One text is a copy that the caller frees; the
 *	  texts of a record are copies that are borrowed for the callback.
 *	- Callbacks run between statements, so they may call the store; they see rows page by page.
 *	- What writes more than one statement is a transaction (store_begin()), which takes the
 *right to write first. store/sql.h has what makes this easy: page_one_text(), page_one_number(),
 *store_walk().
 *
 * Texts given are borrowed for the call. Every failure is ERR_STORE (ERR_SETTINGS when the file is
 * newer than this program).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct store;

struct lock;
struct lock_holder;
struct shared;

/* The right to write, for one process of the organization at a time (store/lock.h). Creates the
 * folders, 0700. `command` is told to whoever finds it taken: ERR_LOCKED. Caller frees with
 * lock_free(), after store_close(). */
MUST_CHECK enum errc store_lock(struct lock **ret, const char *state_dir, const char *client_id,
	const char *command, struct err *err);
/* Who holds it now; creates nothing. */
bool store_locked_by(const char *state_dir, const char *client_id, struct lock_holder *ret);

enum store_use {
	STORE_READ,  /* beside whoever writes: what would change the ledger fails */
	STORE_WRITE, /* for the lock's holder */
};
/* Whether the folder may lie on a network file system, or where a program copies it elsewhere. Then
 * there is no log. */
enum store_network {
	STORE_LOCAL,    /* it may not: ERR_SETTINGS */
	STORE_AS_IT_IS, /* if it was made there by somebody who said so */
	STORE_ANYWHERE,
};
struct store_options {
	const char *state_dir, *client_id;
	enum store_use use;
	bool retired; /* also where the state was moved away: only to take it back */
	enum store_network network;
	bool beside; /* another process holds the lock: what is the holder's alone is let be */
};
/* STATE/<hash of client id>/depmend.db, and beside it shared.db; both 0600. A ledger of an earlier
 * version is brought up to date, after a copy of it whose name is told; a reader takes the lock for
 * that. Where nothing may be written (a read-only mount, another user's folder) a reader has a copy
 * of what stands there. Caller frees with store_close(). */
MUST_CHECK enum errc store_open(
	struct store **ret, const struct store_options *options, struct err *err);
/* When that failed with ERR_STORE, for a command that writes: what can be known all the same, in
 * memory: the ledger as far as it can be read, else the put-backs of the emergency file. Nothing of
 * it is kept but the intents of put-backs, in that file: store_is_lost(). */
MUST_CHECK enum errc store_open_lost(
	struct store **ret, const struct store_options *o, struct err *err);
void store_close(struct store *s);
/* A ledger that is damaged, with its journals, is in the way of the one that takes its place: it is
 * kept as *ret, FOLDER/depmend.db.damaged-TIME, or with -2, -3 and so on behind it where that is
 * taken. For the lock's holder, who has closed it; caller frees. */
MUST_CHECK enum errc store_put_aside(
	const struct store_options *o, int64_t now_ms, char **ret, struct err *err);
/* FOLDER/moved: it is the state of another folder now, and nothing may be written here. */
#define STORE_MOVED "moved"
/* What all processes write; borrowed until store_close(). */
struct shared *store_shared(const struct store *s);
/* Whether it lies there: nothing may use a log. */
bool store_is_network(const struct store *s);
/* Nothing may be written there: it was opened to read, and is a copy in memory. */
bool store_is_still(const struct store *s);
/* Where the ledger is kept as it was, when opening it brought it up to date; NULL: it did not. */
const char *store_backup(const struct store *s);
/* The folder of this client; borrowed until store_close(). */
const char *store_folder(const struct store *s);
/* "<folder>/runs/<name>", created; caller frees with free(). */
MUST_CHECK enum errc store_run_folder(
	struct store *s, const char *run_name, char **ret, struct err *err);

/* The ledger could not be written: this process does not write it any more, and puts back by the
 * emergency file (store/emergency_ledger.h), which the next one takes over. */
void store_lose(struct store *s);
/* How many intents and answers of an earlier process opening it took over from that file. */
size_t store_taken_over(const struct store *s);
bool store_is_lost(const struct store *s);

/* "<folder>/inputs/<digest>.csv": an input, by the SHA-256 of its content. Caller frees both. */
char *store_input_path(const struct store *s, const char *digest, char **ret_folder);

MUST_CHECK enum errc store_begin(struct store *s, struct err *err);
/* For what a power cut may take back until the next durable commit: answers, which a look finds out
 * again, and the times of what was sent. The death of this process takes nothing. */
MUST_CHECK enum errc store_begin_soft(struct store *s, struct err *err);
MUST_CHECK enum errc store_commit(struct store *s, struct err *err);
/* Whether what was written is there, as the next process will find it: all that is kept. */
MUST_CHECK enum errc store_check_kept(struct store *s, struct err *err);
/* The same of a run, which takes no longer with more runs (store/check.c). */
MUST_CHECK enum errc store_check_run(struct store *s, int64_t run, struct err *err);
/* The one when rc is ERR_OK, else or after a failure the other; returns what failed. */
MUST_CHECK enum errc store_end(struct store *s, enum errc rc, struct err *err);
/* Within a transaction, one at a time: what is written from here to store_unmark() can be taken
 * back by itself. */
MUST_CHECK enum errc store_mark(struct store *s, struct err *err);
MUST_CHECK enum errc store_unmark(struct store *s, bool keep, struct err *err);

/* --- small facts that outlive runs --- */
MUST_CHECK enum errc store_meta_put(
	struct store *s, const char *key, struct str v, struct err *err);
/* *ret: NULL when there is none. Caller frees with free(). */
MUST_CHECK enum errc store_meta_get(struct store *s, const char *key, char **ret, struct err *err);

/* --- runs --- */
enum run_state {
	RUN_ACTIVE,     /* frozen and not finished */
	RUN_FINISHED,   /* every row has its outcome */
	RUN_SUPERSEDED, /* another run took over what it had not touched */
};

struct run_record {
	int64_t id;
	char name[40];     /* 20261122-030000-1a2b3c4d */
	char identity[65]; /* client + rules and parameters + serials and the columns the rules use
			    */
	char fingerprint[65];
	enum run_state state;
	int64_t created_ms, now_ms, finished_ms; /* finished_ms: TIME_NONE while active */
	int exit_status; /* of the last process that worked on it; -1: none yet */
};

/* Fills run->id. frozen: JSON: input, header, delimiter, rules, parameters, hosts, batch, waves. */
MUST_CHECK enum errc store_run_add(
	struct store *s, struct run_record *run, struct str frozen, struct err *err);
/* Caller frees with free(). */
MUST_CHECK enum errc store_run_frozen(struct store *s, int64_t run, char **ret, struct err *err);
MUST_CHECK enum errc store_run_set(struct store *s, int64_t run, enum run_state state,
	int64_t finished_ms, int exit_status, struct err *err);
/* The newest active run with that identity. */
MUST_CHECK enum errc store_run_find(struct store *s, const char *identity, struct run_record *ret,
	bool *ret_found, struct err *err);
/* The newest one that was given that list, as plan/awaited_list.c names it. */
MUST_CHECK enum errc store_run_of_list(
	struct store *s, struct str list, struct run_record *ret, bool *ret_found, struct err *err);
/* The newest finished one with that identity, and that fingerprint unless it is empty. */
MUST_CHECK enum errc store_run_find_finished(struct store *s, const char *identity,
	const char *fingerprint, struct run_record *ret, bool *ret_found, struct err *err);
/* By name, by a prefix of it that fits one run only, or `latest`; ERR_NOT_FOUND (of `latest` with
 * NO_RUN_YET), ERR_CONFLICT. */
MUST_CHECK enum errc store_run_get(
	struct store *s, const char *name, struct run_record *ret, struct err *err);
/* The same; but `latest` is none that undoes another: the same command again must not take it back.
 */
MUST_CHECK enum errc store_run_to_undo(
	struct store *s, const char *name, struct run_record *ret, struct err *err);
/* Oldest first. */
MUST_CHECK enum errc store_runs(struct store *s,
	enum errc (*each)(void *self, const struct run_record *run, struct err *err), void *self,
	struct err *err);

/* The same of the newest. *ret_earlier: how many there are before them. */
MUST_CHECK enum errc store_runs_newest(struct store *s, uint32_t most,
	enum errc (*each)(void *self, const struct run_record *run, struct err *err), void *self,
	int64_t *ret_earlier, struct err *err);
/* The same of those that are active, which are few. */
MUST_CHECK enum errc store_runs_active(struct store *s,
	enum errc (*each)(void *self, const struct run_record *run, struct err *err), void *self,
	struct err *err);

/* --- rows of the input, in order --- */
struct row_record {
	uint32_t n;          /* from 0 */
	uint64_t line;       /* in the file the user gave */
	struct str serial;   /* normalised; as written when it is invalid */
	int outcome, reason; /* model/outcome.h; OUTCOME_PLANNED: see the device of that serial */
	struct str rule, detail;
};
MUST_CHECK enum errc store_row_add(
	struct store *s, int64_t run, const struct row_record *row, struct err *err);
MUST_CHECK enum errc store_row_count(struct store *s, int64_t run, uint32_t *ret, struct err *err);
/* The rows from number n on, one by one. Caller closes; NULL is fine. */
struct row_reader;
struct row_reader *row_reader_open(struct store *s, int64_t run, uint32_t n);
void row_reader_close(struct row_reader *r);
void row_reader_seek(struct row_reader *r, uint32_t n);
/* Texts are borrowed until the next row. */
MUST_CHECK enum errc row_reader_next(
	struct row_reader *r, struct row_record *ret, bool *ret_more, struct err *err);

/* --- devices that are acted on --- */
struct device_record {
	struct str serial, rule, program; /* program: model/program.h, JSON */
	struct str before, after;         /* see model/snapshot.h */
	struct str start;   /* id of the server it was on when the plan was frozen; "" none */
	struct str home;    /* the same, or where an earlier run took it from; "" none */
	struct str results; /* one letter per executed step, see plan/work.h */
	struct str detail, evidence;
	uint32_t wave;
	uint32_t listed;     /* groups (bits) that listed it when the plan was frozen */
	int outcome, reason; /* OUTCOME_PENDING until settled */
	uint32_t attempts;   /* requests that named it */
	int64_t finished_ms; /* TIME_NONE while not settled */
};
MUST_CHECK enum errc store_device_add(
	struct store *s, int64_t run, const struct device_record *d, struct err *err);
/* Everything but serial, rule, program, before, start, home, listed, wave. */
MUST_CHECK enum errc store_device_update(
	struct store *s, int64_t run, const struct device_record *d, struct err *err);
/* A way back that its program did not have. */
MUST_CHECK enum errc store_device_program(
	struct store *s, int64_t run, struct str serial, struct str program, struct err *err);
/* In order of adding. */
MUST_CHECK enum errc store_devices(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct device_record *d, struct err *err), void *self,
	struct err *err);

/* --- changes sent --- */
enum request_state {
	REQUEST_INTENT,   /* about to be sent; after a crash: nobody knows */
	REQUEST_ACCEPTED, /* the service answered; `activity` may name the work */
	REQUEST_REFUSED,  /* the service said no: not applied */
	REQUEST_UNKNOWN,  /* sent, no whole answer */
	REQUEST_SETTLED,  /* looked at afterwards: nothing more to learn from it */
};
/* "intended", "accepted" and so on, for the audit trail. */
const char *request_word(enum request_state state);
struct request_record {
	int64_t id, run;
	int kind;          /* enum step_kind */
	struct str target; /* server or profile id */
	enum request_state state;
	struct str activity;
	int64_t intent_ms;
	int64_t sent_ms; /* when its last byte may have left; TIME_NONE: not known */
};
/* Fills ret_id; devices follow with store_request_device(). */
MUST_CHECK enum errc store_request_add(
	struct store *s, const struct request_record *r, int64_t *ret_id, struct err *err);
MUST_CHECK enum errc store_request_device(
	struct store *s, int64_t request, struct str serial, uint32_t step, struct err *err);
MUST_CHECK enum errc store_request_set(struct store *s, int64_t request, enum request_state state,
	struct str activity, int64_t sent_ms, struct err *err);
/* Those of the run in state INTENT, ACCEPTED or UNKNOWN, oldest first. */
MUST_CHECK enum errc store_requests_open(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct request_record *r, struct err *err), void *self,
	struct err *err);
MUST_CHECK enum errc store_request_devices(struct store *s, int64_t request,
	enum errc (*each)(void *self, struct str serial, uint32_t step, struct err *err),
	void *self, struct err *err);

/* Distinct serials that requests with an intent later than since_ms named; of one kind, or of any
 * (-1); by runs of rules of that name, or by any (NULL). */
MUST_CHECK enum errc store_devices_since(struct store *s, int kind, const char *rules,
	int64_t since_ms, uint64_t *ret, struct err *err);
/* The same, one by one. */
MUST_CHECK enum errc store_serials_since(struct store *s, int kind, const char *rules,
	int64_t since_ms, enum errc (*each)(void *self, struct str serial, struct err *err),
	void *self, struct err *err);

/* --- where a device came from, across runs --- */
MUST_CHECK enum errc store_home_put(
	struct store *s, struct str serial, struct str server_id, int64_t run, struct err *err);
/* *ret: NULL when nothing is remembered. Caller frees with free(). */
MUST_CHECK enum errc store_home_get(
	struct store *s, struct str serial, char **ret, struct err *err);
/* In how many runs, since the last that ended `done` for the serial, Apple accepted that change of
 * it and nothing showed. */
MUST_CHECK enum errc store_count_vain(struct store *s, struct str serial, int kind,
	struct str target, int64_t *ret, struct err *err);
/* When a run last finished this serial as `done` under the rule; TIME_NONE: never. */
MUST_CHECK enum errc store_last_done(
	struct store *s, struct str serial, struct str rule, int64_t *ret_ms, struct err *err);

/* --- audit trail: each event carries the hash of the one before --- */
MUST_CHECK enum errc store_event(struct store *s, int64_t run, int64_t at_ms, const char *kind,
	struct str text, struct err *err);
struct event_record {
	int64_t at_ms;
	struct str kind, text, hash;
};
/* Those of a run, oldest first. */
MUST_CHECK enum errc store_events(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct event_record *e, struct err *err), void *self,
	struct err *err);
/* ERR_CONFLICT names the first event whose hash does not fit. *ret_from_ms: what was before was
 * pruned (store/prune.h); TIME_NONE: it holds from the beginning. */
MUST_CHECK enum errc store_events_verify(
	struct store *s, int64_t *ret_n, int64_t *ret_from_ms, struct err *err);
/* Time of the newest event or request; TIME_NONE in an empty store. */
MUST_CHECK enum errc store_latest(struct store *s, int64_t *ret_ms, struct err *err);

#endif
