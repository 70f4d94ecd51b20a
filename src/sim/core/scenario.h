/*
 * Scenarios: what goes wrong, as YAML. Several may be loaded; they add up.
 *
 *	version: 1
 *	knobs: {apple.visibility_lag: 20s, uem.sync: fetch}
 *	rates:
 *	  - {service: apple, method: GET, limit: 20, window: 1m, retry_after: seconds}
 *	faults:
 *	  - {service: apple, method: POST, path: /v1/orgDeviceActivities, nth: 2,
 *	     do: reset, applied: yes}
 *	overrides:
 *	  - {activity: UNASSIGN_DEVICES, nth: 1, knobs: {apple.activity_time: 40m}}
 *	odd:
 *	  - {service: uem, path: "*enrollment-tokens", record: 2, member: imei, value: "false"}
 *	admins:
 *	  - {after: 5m, do: unassign, every: 10}
 *	  - {on: {activity: UNASSIGN_DEVICES, nth: 1}, at: landed, do: assign, server: B}
 */
#ifndef SIM_CORE_SCENARIO_H
#define SIM_CORE_SCENARIO_H

#include "base/arena.h"
#include "sim/core/state.h"

enum { SCENARIO_MAX_NTH = 16, SCENARIO_MAX_MARKS = 62 };

/* Which requests an entry is about; empty members fit all. */
struct filter {
	int service;                       /* enum party; -1: any */
	const char *method, *path, *query; /* * and ? as in file names, case ignored */
	const char *activity;              /* type of the activity that is asked for */
	const char *names;                 /* a text in path, query or body, such as a serial */
};

/* Some of the requests that fit: the nth ones, every so manieth, or some by chance; none of the
 * three: all. */
struct trigger {
	struct filter filter;
	uint32_t nth[SCENARIO_MAX_NTH], n_nth, every, chance; /* chance in percent */
	bool off;                                             /* healed */
};

enum retry_form { RETRY_SECONDS, RETRY_DATE, RETRY_ABSENT };

/* Never more than `limit` answers in any trailing window. */
struct rate_rule {
	struct filter filter;
	uint32_t limit;
	int64_t window_ms;
	int retry_form;
};

enum fault_kind { FAULT_RESET, FAULT_CLOSE, FAULT_TRUNCATE, FAULT_HANG, FAULT_REPLY, FAULT_DELAY };
enum fault_body {
	BODY_HTML,
	BODY_JSON,
	BODY_EMPTY,
	BODY_LIST, /* nothing on it, beside an errorCode */
	BODY_SIGN_IN,
	BODY_MAINTENANCE,
	BODY_FIREWALL
};
enum fault_applied { APPLIED_YES, APPLIED_NO, APPLIED_LATE };

struct fault_rule {
	struct trigger on;
	int kind, body, applied;
	uint32_t status;  /* of FAULT_REPLY */
	const char *code; /* of FAULT_REPLY: an error in the service's own form; NULL: see body */
	const char *retry_after; /* of FAULT_REPLY: that header; NULL: none */
	const char *location;    /* the same for Location */
	int64_t late_ms;         /* APPLIED_LATE: this much later */
	int64_t delay_ms;        /* real time before the reply, or before a hung connection ends */
};

/* Knobs that are turned for one request and for all that follows from it. */
struct override_rule {
	struct trigger on;
	struct knob_setting *v;
	size_t n;
};

/* One record of a reply is not what it should be. */
struct odd_rule {
	struct trigger on;
	uint32_t record;    /* the Nth of the list; 0: all */
	const char *serial; /* only the record that says so; NULL: see record */
	const char *member; /* dotted; NULL: the record itself */
	const char *value;  /* JSON, or absent, lower, upper, blanks */
};

/* Of devices up to ENROLL, of records in the UEM from WIPE, of one server from RENAME_SERVER to
 * DISOWN. */
enum deed_kind {
	DEED_ASSIGN,
	DEED_UNASSIGN,
	DEED_RELEASE,
	DEED_RETURN,
	DEED_VANISH,
	DEED_PROFILE,
	DEED_COVER, /* a plan is bought for it, from now on for a year */
	DEED_WIPE,
	DEED_UNENROLL,
	DEED_DELETE_RECORD,
	DEED_REGROUP, /* into the group above all */
	DEED_ENROLL,
	DEED_RENAME_SERVER,
	DEED_DELETE_SERVER,
	DEED_RECREATE_SERVER,
	DEED_DISOWN,
	DEED_SYNC,
	DEED_FETCH,
	DEED_SET,
	DEED_HOLD
};

/* Somebody else changes something: so long after the first request, or at a moment of a request. */
struct admin_rule {
	bool triggered; /* `on` counts */
	struct trigger on;
	int at; /* enum moment */
	int64_t after_ms;
	int deed;
	const char *server;  /* where to; NULL: the next server */
	const char *to;      /* DEED_DELETE_SERVER: where its devices go; NULL: off */
	const char *name;    /* DEED_RENAME_SERVER */
	const char *profile; /* DEED_PROFILE; NULL: none */
	const char *actor;   /* NULL: another administrator */
	int allowed;         /* DEED_DISOWN: 0 yes, 1 no */
	uint32_t every;      /* of the devices on a server; 0: the serials */
	const char **serials;
	uint32_t n_serials;     /* none, and no `every`: those of the request */
	struct knob_setting *v; /* DEED_SET */
	size_t n;
};

struct scenario {
	struct arena arena;
	struct rate_rule *rates;
	struct fault_rule *faults;
	struct override_rule *overrides;
	struct odd_rule *odds;
	struct admin_rule *admins;
	size_t n_rates, n_faults, n_overrides, n_odds, n_admins;
	size_t cap_rates, cap_faults, cap_overrides, cap_odds, cap_admins;
};

/* Applies the options' scenarios in order, then their NAME=VALUE settings. A scenario is a built-in
 * name or a file. ERR_RULES with the first mistake, ERR_SYNTAX for a bad setting. */
MUST_CHECK enum errc scenario_open(struct sim *s, struct err *err);
/* Adds one more, while the simulator runs. */
MUST_CHECK enum errc scenario_add(struct sim *s, struct str yaml, struct err *err);
/* Nothing goes wrong any more: knobs as they come, no rates, no faults, nobody else. */
void scenario_heal(struct sim *s);
void scenario_close(struct scenario *sc);

/* --- the built-in ones --- */
struct builtin {
	const char *name, *source, *meaning;
	const char *yaml; /* NULL: always so, there is nothing to switch on */
};
/* Ended by a row without a source. */
extern const struct builtin scenario_builtins[];
/* One a line: name, contract line, meaning. */
void scenario_list(struct buf *out);

#endif
