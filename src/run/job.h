/*
 * A frozen plan being carried out: its devices, one letter per step, and the requests under way.
 * What is here is a copy of the store; job_flush() writes what changed, in one transaction.
 */
#ifndef RUN_JOB_H
#define RUN_JOB_H

#include "facts/facts.h"
#include "facts/open_intents.h"
#include "model/standing.h"
#include "plan/again.h"
#include "plan/limits.h"
#include "plan/window.h"
#include "plan/work.h"
#include "services/apple.h"
#include "store/ledger.h"
#include "wire/listing.h"
#include "wire/way_home.h"

/* A profile refused for want of a synced record is tried again once, after a sync. */
enum resync { RESYNC_NOT_YET, RESYNC_WANTED, RESYNC_DONE };

struct job_device {
	uint32_t slot;      /* in the fleet */
	uint32_t program;   /* of job.programs */
	uint32_t start;     /* server it was on when the plan was frozen; SERVER_NONE: none */
	uint32_t home;      /* the same, or where an earlier run took it from */
	uint32_t batch;     /* only devices of one number share a request, see run/bisect.c */
	uint32_t n_refused; /* devices of the refused request that it is suspected for */
	uint32_t wave, attempts;
	uint32_t listed;   /* groups that listed it when the plan was frozen */
	uint32_t returned; /* where it was seen after its migration was cancelled; SERVER_NONE */
	char *results;     /* a letter per work step, see plan/work.h; owned by job.arena */
	const char *detail, *evidence, *after; /* owned by job.arena; NULL: none */
	struct str record; /* of the UEM when the plan was frozen; empty: none, or not known */
	/* The first sync for its next step was taken, and asked for; TIME_NONE: not yet */
	int64_t sync_ms, sync_asked_ms;
	int64_t intent_ms; /* of this process's newest request that names it; TIME_NONE: none */
	int64_t finished_ms;
	struct str profile; /* when the plan was frozen, if has_profile; empty: none */
	struct str home_id; /* of `home`, which may be gone */
	int64_t told_ms;    /* time of the event that `confirmed_by_audit` or `by_other` goes by;
			       TIME_NONE */
	/* Times of the newest events that brought it to a server, by which others took it off, and
	 * by which others did either; TIME_NONE: none is known. */
	int64_t brought_ms, taken_ms, theirs_ms;
	int64_t return_ms; /* so long it may take to come back from there; TIME_NONE: no limit yet
			    */
	/* The last look at it: when it began, until when it is good for a change. */
	int64_t looked_ms, good_until_ms;
	/* What it showed, when that needs two equal looks timeouts.settle apart: when the first of
	 * them ended; 0: nothing is in doubt. */
	uint64_t doubt;
	int64_t doubt_ms;
	const char *log_says; /* why its open request failed; NULL: its log does not say */
	uint32_t vow;         /* of job.vows; MAP_NONE: its steps can be undone */
	/* There are many devices: all that is small comes last, without gaps. */
	uint8_t outcome,
		reason;       /* its verdict; before it is settled: of the step that went wrong */
	uint8_t resync;       /* enum resync */
	uint8_t record_state; /* enum record_state when the plan was frozen */
	uint8_t standing;     /* enum device_standing; job_move() changes it */
	bool has_profile;
	bool blocked; /* a request that is not among those of the job may still act on it */
	bool custody; /* the ledger has it off its server, to be put back or to leave for good */
	bool sure;    /* two looks agree about where it is */
	bool confirmed_by_audit; /* an audit event tells that we did what its open request was to do
				  */
	bool by_other;           /* or that somebody else did */
	bool retried;            /* its next request was sent before, and is to be sent again */
	bool log_failed;         /* the log of its open request says it failed, and nothing else */
	bool log_done;           /* that it worked */
	bool anonymous; /* it drifted, is back, or does not show what we did, and who changed it
			   is not known yet */
	bool rerouted;  /* its program has a way back since, to be written as well */
	bool dirty;     /* it is among job.dirty */
	bool counted_settled, counted_failed; /* in those of the job */
};

/* What a row that ends in a step which cannot be undone was taken by. */
struct vow {
	struct str rule, before; /* owned by job.arena */
	int64_t judged_ms;       /* when that was last seen to hold; 0: by another process */
};

/* What job_flush() tells the ledger. */
enum ledger_what {
	OPEN_CLOSED,
	OPEN_CLOSED_ONE,
	CUSTODY_BEGUN,
	CUSTODY_OVER,
	DEED_PROVED,
	DEED_NOT_DONE
};
struct ledger_op {
	enum ledger_what what;
	int64_t request;
	uint32_t device; /* index; MAP_NONE: all of the request */
};

struct open_request;
struct bisect;

struct job {
	/* Borrowed until job_release(). */
	struct store *store;
	struct transport *transport;
	struct facts *facts;
	struct fleet *fleet;
	const struct settings *settings;
	const struct map *protected_serials; /* as the list reads now; NULL: none */
	/* Whether it may go on: no pause, and its approvals hold still; NULL: it always may. */
	enum errc (*vouched)(void *self, struct err *err);
	void *vouched_self;
	const struct limits *limits; /* of changes but put-backs; NULL: none */
	const struct window *window; /* when devices may be taken off; NULL: any time */
	int64_t away_ms; /* who is taken off is away so long if all goes well; 0: not known */
	const struct again *again; /* what its rows are judged by; NULL: no rules */
	int64_t planned_ms;        /* when this process did; 0: another did */

	int64_t run, begun_ms, created_ms; /* created_ms: of the run */
	struct arena arena;
	struct map texts; /* of programs */
	struct work_program *programs;
	uint32_t n_programs;
	struct job_device *devices;
	uint32_t n, cap;
	struct vow *vows;
	uint32_t n_vows, cap_vows;
	uint32_t *by_slot; /* fleet slot -> index in devices; MAP_NONE */
	struct open_request **open;
	uint32_t n_open, cap_open;
	/* Indexes of those that changed since the last flush, see job_touch(). */
	uint32_t *dirty;
	uint32_t n_dirty, cap_dirty;
	/* As of the last job_count(): how many have their outcome, how many of these went wrong,
	 * and who is off its server and to return, ascending. */
	uint32_t n_settled, n_failed, *off, n_off, cap_off;
	uint32_t n_waves;
	uint32_t *by_wave, *wave_begins; /* see job_wave() */
	struct bisect *searches;
	uint32_t n_searches, cap_searches;
	/* For each of the limits: at most so many devices were acted on since then. */
	struct {
		uint64_t n;
		int64_t since_ms; /* TIME_NONE: nobody has counted yet */
	} used[LIMITS_N];
	int64_t synced_ms[FLEET_MAX_GROUPS]; /* when a list last showed what a sync brought */
	uint32_t delete_cap;  /* records one request may delete; 0: nobody has asked yet */
	uint32_t max_writes;  /* of the next change_round() */
	bool is_active;       /* the run is neither finished nor superseded */
	bool apple_only;      /* what is Apple's to tell comes first: nothing else is asked */
	bool closing;         /* only put-backs leave: no protected list has a say in them */
	uint32_t n_elsewhere; /* devices off their servers in custody of other runs */
	int64_t waited_ms; /* end of the last wait of a change; what was seen before is too old */
	int64_t held_until_ms; /* devices wait at home until then: see budget_choose() */
	int64_t changed_ms;    /* when the last change of ours ended */
	int64_t activity_ms;   /* so long after it was sent the next one may be over; 0: unknown */
	struct ledger_op *ops; /* for the ledger, with the next flush; owned */
	uint32_t n_ops, cap_ops;
	struct map protected_since; /* serials that came on the list since */
	const char *const *allowed; /* --allow; NULL: none */
	struct err no_room;         /* why that left devices out; code ERR_OK: it left none out */
	/* The newest refusal by each service that is about the account, and how often it came in a
	 * row. */
	struct account_refusal {
		char code[sizeof((struct apple_error){ 0 }.code)];
		uint32_t n;
	} refusals[SERVICE_UEM + 1];
	int64_t deaf_ms;       /* since when audit events are refused before a change; TIME_NONE */
	bool last_look_failed; /* the last look at open requests failed: what it left proves nothing
				*/
	bool older;          /* the state is an older copy: what it does not know of may be ours */
	bool pointers_stray; /* Apple's refusals do not count the devices from 0 */
	bool told_all;       /* the audit events of open requests were read to their end */
	/* Why no new change may be sent; ERR_OK: nothing. */
	enum errc stop;
	enum reason stop_reason;
	struct err stop_err;
	/* Told after every change of a device; may be NULL. */
	void (*progress)(void *self, const struct job *j);
	void *progress_self;
};

/* Loads the devices and open requests of a run. facts_servers() was called before. */
MUST_CHECK enum errc job_load(struct job *j, int64_t run, struct err *err);
/* Devices that another run took off, and this one is to move, are off their server for it as well:
 * where it brings them is where they are back. */
MUST_CHECK enum errc job_take_over(struct job *j, struct err *err);
void job_release(struct job *j);
MUST_CHECK enum errc job_flush(struct job *j, struct err *err);
/* Its steps, its outcome or what is said of it changed, or are about to: to be written by
 * job_flush(), and counted. */
void job_touch(struct job *j, struct job_device *d);
/* Counts those anew that were touched; they are in order afterwards. */
void job_count(struct job *j);
void job_count_all(struct job *j);
/* Those that were counted are in the store. */
void job_written(struct job *j);
/* Tells job.progress. */
void job_show(struct job *j);
/* Not settled, off its server by us, and its program puts it back. */
bool job_is_to_return(const struct job *j, const struct job_device *d);
/* The device of that serial; NULL: it is none of the job's. */
struct job_device *job_device_of(const struct job *j, struct str serial);
const struct work_program *job_program(const struct job *j, const struct job_device *d);
/* The first step still to do; program->n when none is left. */
uint32_t job_next(const struct job *j, const struct job_device *d);
/* NULL when no step is left. */
const struct work_step *job_step(const struct job *j, const struct job_device *d);
/* The state the device should be in: before, plus the steps proved so far. */
struct view job_expected(const struct job *j, const struct job_device *d);
/* The state the services last showed; false when the server is not known. */
bool job_seen(const struct job *j, const struct job_device *d, struct view *ret);
uint32_t job_target(const struct job_device *d, const struct work_step *s);
/* Off its server by us, or perhaps, and not known to be back. */
bool job_is_off(const struct job *j, const struct job_device *d);
/* The step that will bring it back; NULL: none. */
const struct work_step *job_way_back(const struct job *j, const struct job_device *d);
/* Its next step takes it off, and it has to return: by a later step, or when it does not come to
 * the one by which it was to leave for good. */
bool job_has_to_return(const struct job *j, const struct job_device *d);
/* Whether the next step puts back what the run took off. */
bool job_is_put_back(const struct job *j, const struct job_device *d);
void job_move(struct job_device *d, enum standing_event event);
/* It may take its next step: no request of any run holds it up. */
bool job_is_ready(const struct job_device *d);
bool job_is_busy(const struct job_device *d);
bool job_is_settled(const struct job_device *d);
bool job_goes_on(const struct job_device *d); /* see standing_goes_on() */
/* The next step is over with that letter (RESULT_DONE or RESULT_UNCHANGED); settles after the last.
 */
void job_pass(struct job *j, struct job_device *d, char letter);
/* The next step went wrong. A device off its server keeps its verdict until it is back. */
void job_fail(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail);
/* Leaves out what stands between a device off its server and its put-back, and what follows it;
 * where a run ends early (OUTCOME_RESTORED), what follows is left to the next apply for who arrives
 * where its row wants it. False: none is due. */
bool job_turn_back(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason);
/* Why a device in flight is: it is off its server, or may be and nobody can tell yet. */
enum reason job_away(const struct job *j, const struct job_device *d);
/* detail NULL: what was said of it stays. */
void job_settle(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail);
/* Off its server no longer: two looks saw it on one, or out of the organization. */
void job_end_custody(struct job *j, struct job_device *d);
/* The verdict that it is in flight, of an earlier process or of this one, is over when it is
 * neither off its server nor in custody. */
void job_end_flight(struct job *j, struct job_device *d);
/* The row is held while its wipe goes on: not settled. */
void job_wait(struct job *j, struct job_device *d, enum reason reason);
/* Somebody else changed it: left alone. */
void job_drift(struct job *j, struct job_device *d, const char *detail);
/* The steps that are left are not for this run. */
void job_leave(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail);
/* What the next step was to do does not show, and nothing can come of it any more: two looks saw
 * the device on a server. */
void job_stayed(struct job *j, struct job_device *d, enum reason reason);
/* Nothing more is sent for its row, for whatever reason; what the row took off without a way back
 * is put back. */
void job_call_off(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail);
/* The same for who went off its server without a way back. False: it is left as it is. */
bool job_bring_back(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason);
/* True: it is on the protected list by now, and settled; not for a device on its way back. */
bool job_protected(struct job *j, struct job_device *d);
/* A refusal that is about no device: five of the same code in a row stop the run. */
void job_account_refused(
	struct job *j, enum step_service service, const char *code, const struct err *err);
/* The service took a change: no refusal of it is in a row with those before. */
void job_account_taken(struct job *j, enum step_service service);
/* A copy that lives as long as the job; NULL: the text is empty. */
const char *job_keep(struct job *j, struct str s);
/* A fact of the device that cannot be read, and why; kept. */
const char *job_unknown(struct job *j, const struct job_device *d, enum fact fact);
void job_evidence(struct job *j, struct job_device *d, const char *kind, const char *value);
/* To be told to the ledger with the next flush; device NULL: all of the request. */
void job_tell(struct job *j, enum ledger_what what, int64_t request, const struct job_device *d);
/* Takes the protected list as it reads now: what was on it stays. A failure stops new changes, and
 * so does an approval that holds no longer. */
void job_read_protected(struct job *j);
/* The devices of a wave: indexes, ascending; UINT32_MAX: all, wave after wave. */
struct job_wave {
	const uint32_t *v;
	uint32_t n;
};
void job_cut_waves(struct job *j);
struct job_wave job_wave(const struct job *j, uint32_t wave);
/* The first devices of a wave that fit, at most so many: indexes into v. */
uint32_t job_find(const struct job *j,
	bool (*fits)(const struct job *j, const struct job_device *d), uint32_t wave, uint32_t *v,
	uint32_t most);
/* Remembers the first reason to send nothing more. */
void job_stop(struct job *j, enum errc code, enum reason reason, const struct err *err);
/* The same, with the reason that the code gives to the rows that did not begin. */
void job_end(struct job *j, enum errc code, const struct err *err);
/* A signal, the end of --max-wait or a lost service only stops: what is open stays open. Other
 * codes come back. */
MUST_CHECK enum errc job_or_stop(struct job *j, enum errc rc, const struct err *err);

#endif
