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
 *	  - {service: uem, path: "?*commands", do: reply, status: 400, code: "5100", applied: no}
 *	admins:
 *	  - {after: 5m, do: unassign, every: 10}
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "base/arena.h"
#include "sim/sim.h"

enum { SCENARIO_MAX_NTH = 16 };

/* Which requests an entry is about; empty members fit all. */
struct filter {
	int service;               /* enum party; -1: any */
	const char *method, *path; /* path: * and ? as in file names, case ignored */
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
enum fault_body { BODY_HTML, BODY_JSON, BODY_EMPTY };
enum fault_applied { APPLIED_YES, APPLIED_NO, APPLIED_LATE };

/* What happens to some of the requests that fit: the nth ones, every so manieth, or some by chance;
 * none of the three: all. */
struct fault_rule {
	struct filter filter;
	uint32_t nth[SCENARIO_MAX_NTH], n_nth, every, chance; /* chance in percent */
	int kind, body, applied;
	uint32_t status;  /* of FAULT_REPLY */
	const char *code; /* of FAULT_REPLY: an error in the service's own form; NULL: see body */
	int64_t late_ms;  /* APPLIED_LATE: this much later */
	int64_t delay_ms; /* real time before the reply, or before a hung connection ends */
};

enum admin_deed { ADMIN_ASSIGN, ADMIN_UNASSIGN, ADMIN_RELEASE };

/* Somebody else changes devices, so long after the first request. */
struct admin_rule {
	int64_t after_ms;
	int deed;
	const char *server; /* ADMIN_ASSIGN: where to; NULL: the next server */
	uint32_t every;     /* of the devices on a server; 0: the serials */
	const char **serials;
	uint32_t n_serials;
};

struct scenario {
	struct arena arena;
	struct rate_rule *rates;
	struct fault_rule *faults;
	struct admin_rule *admins;
	size_t n_rates, n_faults, n_admins, cap_rates, cap_faults, cap_admins;
};

/* Applies the options' scenarios in order, then their NAME=VALUE settings. A scenario is a built-in
 * name or a file. ERR_RULES with the first mistake, ERR_SYNTAX for a bad setting. */
MUST_CHECK enum errc scenario_open(struct sim *s, struct err *err);
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
