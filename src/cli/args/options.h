/*
 * The command line: one table of commands, one of options. Parsing, --help, the manual and the
 * completions come from these two; what each command runs, only main knows (cli/commands.h).
 */
#ifndef CLI_ARGS_OPTIONS_H
#define CLI_ARGS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"

struct cli;

/* X(id, word, arguments, least and most of them, help) */
#define COMMAND_LIST(X)                                                                           \
	X(INIT, init, "", 0, 0, "write settings and secret files for an organization")            \
	X(CHECK, check, "[CSV]", 0, 1, "read settings, rules and the CSV; report every mistake")  \
	X(PLAN, plan, "CSV", 1, 1, "say what would be done to which device, and why")             \
	X(APPLY, apply, "CSV", 1, 1, "do it; run again after any stop and it continues")          \
	X(APPROVE, approve, "PLAN.csv", 1, 1, "sign a plan that another user will carry out")     \
	X(EXPLAIN, explain, "CSV SERIAL", 2, 2,                                                   \
		"how each condition of each rule judged one device")                              \
	X(STATUS, status, "", 0, 0, "what is open now: runs, devices off their server, budgets")  \
	X(HISTORY, history, "SERIAL...", 1, 1000, "what happened to a device, over all runs")     \
	X(FORGET, forget, "SERIAL...", 1, 1000,                                                   \
		"stop tracking what is open about a device and cannot end")                       \
	X(PAUSE, pause, "", 0, 0, "a brake: put back what is off its server, then send nothing")  \
	X(RESUME, resume, "", 0, 0, "release the brake")                                          \
	X(BACKUP, backup, "FILE", 1, 1,                                                           \
		"write the state into one file; beside an active run, too")                       \
	X(RESTORE, restore, "FILE", 1, 1, "take the state from a backup")                         \
	X(LIST_RULES, rules, "[NAME]", 0, 1,                                                      \
		"the shipped rules by symptom, or one of them in whole")                          \
	X(RUNS, runs, "[RUN]", 0, 1, "list runs, or show one")                                    \
	X(REPORT, report, "RUN", 1, 1, "write the result of a run again; verify its audit trail") \
	X(UNDO, undo, "RUN", 1, 1, "plan the inverse of a run, or carry it out")                  \
	X(REHEARSE, rehearse, "CSV", 1, 1,                                                        \
		"`apply` against a simulated Apple and UEM; hours pass in seconds")               \
	X(DOCTOR, doctor, "", 0, 0, "what keeps devices from enrolling, with proof and remedy")   \
	X(EXPORT, export, "", 0, 0, "live inventory of both services as CSV")                     \
	X(SHOW_VERSION, version, "", 0, 0, "show the version")

enum command_id {
#define X(id, word, args, min, max, help) COMMAND_##id,
	COMMAND_LIST(X)
#undef X
		COMMAND_MAX_
};

struct command {
	enum command_id id;
	const char *name, *args, *help;
	size_t min_args, max_args;
};
const struct command *command_info(enum command_id id);

/* What it changes, where the result is, what to type next: X(id, changes, result, next) */
#define COMMAND_NOTES(X)                                                                           \
	X(INIT,                                                                                    \
		"writes settings and secret files that only you can read; never over a file "      \
		"that is there",                                                                   \
		"./depmend.yaml, or --settings FILE; a terminal is asked for what no option says", \
		"depmend check --online")                                                          \
	X(CHECK, "nothing; it uses no network without --online",                                   \
		"the terminal: every mistake with its file and line; status 0: there is none",     \
		"depmend plan CSV --rules NAME")                                                   \
	X(PLAN, "nothing: it only reads from Apple and the UEM",                                   \
		"--out FILE and --html FILE; else a summary on a terminal, the CSV in a pipe",     \
		"the command that it prints, which carries out exactly this plan")                 \
	X(APPLY,                                                                                   \
		"devices at Apple and the UEM, after your yes; a wipe, release or deletion is "    \
		"final",                                                                           \
		"CSV with .result before its .csv, or --out FILE; an earlier one is kept beside "  \
		"it",                                                                              \
		"the command that it prints; what is left: depmend report latest --html FILE")     \
	X(APPROVE, "nothing at Apple or the UEM: it signs one plan, for 30 days",                  \
		"PLAN.csv.NAME.approval beside the plan, or --out FILE",                           \
		"another user types the command that `plan` printed, with --expect PLAN.csv")      \
	X(EXPLAIN, "nothing: it only reads from Apple and the UEM", "the terminal",                \
		"correct the rules or the settings; depmend plan CSV")                             \
	X(STATUS, "nothing; it asks no service",                                                   \
		"the terminal; status 5: a device is off its server and no run is active, or one " \
		"is late",                                                                         \
		"the command that it prints for a run that is stopped")                            \
	X(HISTORY, "nothing; it asks no service", "the terminal, or --html FILE",                  \
		"depmend forget SERIAL, where something is open that cannot end")                  \
	X(FORGET, "only what depmend keeps, nothing at Apple or the UEM; it cannot be undone",     \
		"the audit trail: who, when and --reason; it asks first, or --confirm forget=N",   \
		"depmend plan CSV judges these devices anew")                                      \
	X(PAUSE,                                                                                   \
		"all runs of the organization, also one that is active: no change is sent until "  \
		"`resume`",                                                                        \
		"depmend status shows it to everyone who uses this state", "depmend resume")       \
	X(RESUME, "ends a pause; it sends nothing itself", "depmend status",                       \
		"the `apply` that was stopped, typed again")                                       \
	X(BACKUP,                                                                                  \
		"nothing; an earlier FILE is replaced. With --move this state is never written "   \
		"again",                                                                           \
		"FILE: serials and lists; no settings, rules or secrets",                          \
		"depmend restore FILE, here or on another machine")                                \
	X(RESTORE,                                                                                 \
		"the state; the one that was here is kept, and a newer one needs --confirm "       \
		"restore=N",                                                                       \
		"the state of the settings; the name of the kept one is printed",                  \
		"depmend status")                                                                  \
	X(LIST_RULES, "nothing", "the terminal",                                                   \
		"depmend plan CSV --rules NAME; to change one: depmend rules NAME >own.yaml")      \
	X(RUNS, "nothing; it asks no service",                                                     \
		"the terminal; RUN: a name of the list, how it begins, or latest",                 \
		"depmend report RUN --html FILE")                                                  \
	X(REPORT, "nothing; it asks no service",                                                   \
		"the files that its options name, replaced; RUN: a name of `depmend runs`, or "    \
		"latest",                                                                          \
		"open items on the page of --html say what to do")                                 \
	X(UNDO,                                                                                    \
		"nothing without --apply; with it, as `apply`; a wipe, release or deletion has "   \
		"no way back",                                                                     \
		"--out FILE; with --apply undo-RUN.result.csv. RUN: a name of `depmend runs`, or " \
		"latest",                                                                          \
		"the command that it prints, which carries out exactly this plan")                 \
	X(REHEARSE, "nothing: no settings or secrets are needed and no real service is asked",     \
		"CSV with .rehearsal before its .csv, or --out FILE",                              \
		"depmend plan CSV, with the same rules")                                           \
	X(DOCTOR, "nothing without --fix; it reads from Apple and the UEM",                        \
		"the terminal, CSV in a pipe; status 3: there are findings",                       \
		"what is behind each ->; then depmend doctor again")                               \
	X(EXPORT, "nothing: it only reads from Apple and the UEM",                                 \
		"--out FILE, or the standard output", "depmend plan FILE --rules orphans")         \
	X(SHOW_VERSION, "nothing", "the terminal", "depmend help")

struct command_notes {
	const char *changes, *result, *next;
};
const struct command_notes *command_notes(const struct command *c);

enum option_kind {
	KIND_FLAG,
	KIND_TEXT,
	KIND_FILE,
	KIND_CHOICE, /* the argument's name lists the words: auto|always|never */
	KIND_COUNT,
	KIND_DURATION,
	KIND_TIME,
	KIND_SOME,    /* a count of at least 1 */
	KIND_PAIR,    /* NAME=VALUE */
	KIND_CONFIRM, /* STEP=COUNT */
	KIND_ALLOW,   /* NAME=VALUE of model/allowance.h */
};

/* Which commands take the option. */
#define FOR(id) (1u << COMMAND_##id)
#define FOR_ALL UINT32_MAX
#define FOR_PLANS (FOR(PLAN) | FOR(APPLY) | FOR(EXPLAIN) | FOR(REHEARSE))
#define FOR_LISTS (FOR(CHECK) | FOR_PLANS | FOR(EXPORT) | FOR(APPROVE))
#define FOR_PAGES (FOR(REPORT) | FOR(PLAN) | FOR(APPLY) | FOR(EXPORT) | FOR(HISTORY))
#define FOR_RUNS (FOR(APPLY) | FOR(UNDO))
/* What runs once for each tenant when --settings names a folder. */
#define FOR_TENANTS \
	(FOR(PLAN) | FOR(APPLY) | FOR(EXPORT) | FOR(DOCTOR) | FOR(STATUS) | FOR(REPORT) | FOR(RUNS))

/* X(id, name, letter, kind, argument, commands, help) */
#define OPTION_LIST(X)                                                                             \
	X(RULES, "rules", 0, FILE, "FILE|NAME", FOR(CHECK) | FOR_PLANS | FOR(APPROVE) | FOR(UNDO), \
		"rules to judge by (repeatable); of undo: limits, waves, halt")                    \
	X(SET, "set", 0, PAIR, "NAME=VALUE", FOR(CHECK) | FOR_PLANS | FOR(UNDO),                   \
		"give a parameter of the rules a value (repeatable)")                              \
	X(LIMIT, "limit", 0, SOME, "N", FOR_PLANS | FOR(UNDO),                                     \
		"act on the first N rows that would send something")                               \
	X(NOW, "now", 0, TIME, "RFC3339", FOR_PLANS | FOR(UNDO),                                   \
		"judge as of that time; what cannot be undone goes by the clock")                  \
	X(SERIAL, "serial", 0, TEXT, "SERIAL", FOR_PLANS,                                          \
		"a device, instead of a CSV (repeatable)")                                         \
	X(SERIAL_COLUMN, "serial-column", 0, TEXT, "N|HEADER", FOR_LISTS,                          \
		"the column that holds the serial numbers (N: from 1)")                            \
	X(HEADER, "header", 0, TEXT, "auto|none|LINE", FOR_LISTS,                                  \
		"where the header of the CSV is (LINE: its number)")                               \
	X(ENCODING, "encoding", 0, TEXT, "NAME", FOR_LISTS,                                        \
		"the encoding of the CSV, such as cp1252")                                         \
	X(BARCODE_S, "barcode-s", 0, CHOICE, "keep|strip", FOR_LISTS,                              \
		"whether the S of box labels before each serial stays")                            \
	X(PARSER, "parser", 0, CHOICE, "libcsv", FOR(CHECK) | FOR_PLANS | FOR(UNDO),               \
		"read the CSV with libcsv alone")                                                  \
	X(ONLINE, "online", 0, FLAG, NULL, FOR(CHECK),                                             \
		"sign in to both services and read one page of each")                              \
	X(OFFLINE, "offline", 0, FLAG, NULL, FOR(PLAN) | FOR(APPLY),                               \
		"judge by the CSV alone, without a network")                                       \
	X(DETAILED_EXITCODE, "detailed-exitcode", 0, FLAG, NULL, FOR(PLAN) | FOR_RUNS,             \
		"exit 2 when changes are pending")                                                 \
	X(APPLY, "apply", 0, FLAG, NULL, FOR(UNDO), "carry it out")                                \
	X(DRY_RUN, "dry-run", 0, FLAG, NULL, FOR(APPLY), "change nothing: the same as `plan`")     \
	X(YES, "yes", 0, FLAG, NULL, FOR_RUNS | FOR(DOCTOR) | FOR(APPROVE), "act without asking")  \
	X(CONFIRM, "confirm", 0, CONFIRM, "STEP=COUNT", FOR_RUNS | FOR(FORGET) | FOR(RESTORE),     \
		"act only at this count: STEP, forget or restore (repeatable)")                    \
	X(REASON, "reason", 0, TEXT, "TEXT", FOR(FORGET) | FOR(PAUSE),                             \
		"why, for the audit trail (needed)")                                               \
	X(EXPECT, "expect", 0, TEXT, "PLAN.csv|FINGERPRINT", FOR_RUNS,                             \
		"act only on the plan that was reviewed")                                          \
	X(APPROVAL, "approval", 0, FILE, "FILE", FOR_RUNS,                                         \
		"an approval that is not beside the plan's CSV (repeatable)")                      \
	X(KEY, "key", 0, FILE, "FILE", FOR(APPROVE),                                               \
		"the SSH key to sign with (default: the one in ~/.ssh)")                           \
	X(ALLOW, "allow", 0, ALLOW, "NAME=VALUE",                                                  \
		FOR(CHECK) | FOR_PLANS | FOR(UNDO) | FOR(EXPORT),                                  \
		"lift a guard for this run (repeatable)")                                          \
	X(PAST_HALT, "past-halt", 0, FLAG, NULL, FOR_RUNS | FOR(REHEARSE), "go on after a halt")   \
	X(MAX_WAIT, "max-wait", 0, DURATION, "DURATION",                                           \
		FOR_PLANS | FOR(CHECK) | FOR(UNDO) | FOR(EXPORT) | FOR(DOCTOR),                    \
		"longest wait for rate limits and outages (without terminal: 6h)")                 \
	X(UNTIL, "until", 0, TIME, "RFC3339", FOR_RUNS,                                            \
		"take no device off its server that cannot be back by then")                       \
	X(MOVE, "move", 0, FLAG, NULL, FOR(BACKUP),                                                \
		"retire this state: the backup goes on elsewhere")                                 \
	X(WAIT_LOCK, "wait-lock", 0, DURATION, "DURATION",                                         \
		FOR_RUNS | FOR(DOCTOR) | FOR(FORGET) | FOR(BACKUP) | FOR(RESTORE),                 \
		"wait so long for another run of the organization to end")                         \
	X(CSV, "csv", 0, FILE, "FILE", FOR(REPORT), "write the result CSV there")                  \
	X(HTML, "html", 0, FILE, "FILE", FOR_PAGES, "write a page for people there")               \
	X(XLSX, "xlsx", 0, FILE, "FILE", FOR(REPORT), "write a workbook there")                    \
	X(METRICS, "metrics", 0, FILE, "FILE.prom", FOR(REPORT),                                   \
		"write numbers for the textfile collector of node_exporter")                       \
	X(TICKETS, "tickets", 0, FILE, "FILE", FOR(REPORT),                                        \
		"one line per cause with its devices, for a ticket system")                        \
	X(NEW, "new", 0, FLAG, NULL, FOR(REPORT), "open rows that the run before did not have")    \
	X(VERIFY, "verify", 0, FLAG, NULL, FOR(REPORT), "re-check the chain of the audit trail")   \
	X(INVENTORY, "inventory", 0, FILE, "EXPORT.csv", FOR(REHEARSE),                            \
		"the organization as `export` found it, instead of the CSV alone")                 \
	X(SCENARIO, "scenario", 0, TEXT, "NAME|FILE|all", FOR(REHEARSE),                           \
		"simulated faults (repeatable); `all`: a table of every one")                      \
	X(ASSUME, "assume", 0, PAIR, "FIELD=VALUE", FOR(REHEARSE),                                 \
		"a fact of every device that the CSV does not tell (repeatable)")                  \
	X(SEED, "seed", 0, COUNT, "N", FOR(REHEARSE), "everything random follows from it")         \
	X(AUDIT, "audit", 0, FILE, "FILE", FOR(REHEARSE),                                          \
		"every request and every effect of the rehearsal, as NDJSON")                      \
	X(COMPARE, "compare", 0, FILE, "CSV", FOR(EXPORT),                                         \
		"write what disagrees between this CSV, Apple and the UEM")                        \
	X(BUNDLE, "bundle", 0, FILE, "FILE", FOR(DOCTOR),                                          \
		"write what support needs, without secrets and serials")                           \
	X(SINCE, "since", 0, FILE, "FILE|RUN", FOR(EXPORT),                                        \
		"what was added, released, moved, enrolled or lost since then")                    \
	X(FIX, "fix", 0, TEXT, "NAME", FOR(DOCTOR), "correct a finding: custom-prompt, client-id") \
	X(OLDER_THAN, "older-than", 0, DURATION, "DURATION", FOR(DOCTOR),                          \
		"when a device is late for the UEM or its profile (default 24h)")                  \
	X(DETAIL, "detail", 0, FLAG, NULL, FOR(EXPORT),                                            \
		"with coverage and UEM records: 4 requests for each device")                       \
	X(OFF_SERVER, "off-server", 0, FLAG, NULL, FOR(EXPORT),                                    \
		"only devices that this API account took off in the last 30 days")                 \
	X(OUT, "out", 0, FILE, "FILE",                                                             \
		FOR(PLAN) | FOR_RUNS | FOR(REHEARSE) | FOR(EXPORT) | FOR(APPROVE),                 \
		"where the CSV goes; of approve: the approval")                                    \
	X(RAW_CSV, "raw-csv", 0, FLAG, NULL,                                                       \
		FOR(PLAN) | FOR_RUNS | FOR(REPORT) | FOR(REHEARSE) | FOR(EXPORT),                  \
		"do not escape cells that a spreadsheet would run as formulas")                    \
	X(TENANT, "tenant", 0, TEXT, "NAME", FOR(INIT), "a short name for the organization")       \
	X(ORGANIZATION, "organization", 0, CHOICE, "business|school", FOR(INIT),                   \
		"Apple Business or Apple School Manager")                                          \
	X(CLIENT_ID, "client-id", 0, TEXT, "ID", FOR(INIT), "client ID of Apple's API account")    \
	X(KEY_ID, "key-id", 0, TEXT, "ID", FOR(INIT), "key ID of its private key")                 \
	X(PRIVATE_KEY, "private-key", 0, FILE, "FILE", FOR(INIT),                                  \
		"its private key as Apple let you download it; copied")                            \
	X(APPLE_URL, "apple-url", 0, TEXT, "URL", FOR(INIT),                                       \
		"another address of Apple's API, such as the simulator's")                         \
	X(APPLE_TOKEN_URL, "apple-token-url", 0, TEXT, "URL", FOR(INIT),                           \
		"another address of Apple's sign-in")                                              \
	X(UEM_URL, "uem-url", 0, TEXT, "URL", FOR(INIT),                                           \
		"address of the UEM's API server; without it: Apple alone")                        \
	X(TENANT_CODE, "tenant-code", 0, FILE, "FILE", FOR(INIT),                                  \
		"holds the REST API key (aw-tenant-code); copied")                                 \
	X(TOKEN, "token", 0, PAIR, "SERVER=GROUP", FOR(INIT),                                      \
		"which Apple server feeds which UEM group (repeatable)")                           \
	X(UEM_TOKEN_URL, "uem-token-url", 0, TEXT, "URL", FOR(INIT),                               \
		"where the UEM gives out OAuth tokens")                                            \
	X(UEM_CLIENT_ID, "uem-client-id", 0, TEXT, "ID", FOR(INIT),                                \
		"client ID of the UEM's OAuth client")                                             \
	X(UEM_CLIENT_SECRET, "uem-client-secret", 0, FILE, "FILE", FOR(INIT),                      \
		"holds its client secret; copied")                                                 \
	X(UEM_USER, "uem-user", 0, TEXT, "NAME", FOR(INIT), "user name of an administrator")       \
	X(UEM_CERTIFICATE, "uem-certificate", 0, FILE, "FILE", FOR(INIT),                          \
		"certificate and key of an administrator (PKCS#12); copied")                       \
	X(UEM_PASSWORD, "uem-password", 0, FILE, "FILE", FOR(INIT),                                \
		"holds the password of either; copied")                                            \
	X(JOBS, "jobs", 0, SOME, "N", FOR_TENANTS,                                                 \
		"tenants at a time (default 4); after 10 minutes the next begins")                 \
	X(SETTINGS, "settings", 0, FILE, "FILE|FOLDER", FOR_ALL,                                   \
		"settings of the tenant; a folder: of each tenant in it")                          \
	X(JSON, "json", 0, FLAG, NULL, FOR_ALL, "one JSON object per line on the standard output") \
	X(COLOR, "color", 0, CHOICE, "auto|always|never", FOR_ALL, "colour on a terminal")         \
	X(PROGRESS, "progress", 0, CHOICE, "auto|plain|none", FOR_ALL, "how progress is shown")    \
	X(VERBOSE, "verbose", 'v', FLAG, NULL, FOR_ALL, "say more")                                \
	X(QUIET, "quiet", 'q', FLAG, NULL, FOR_ALL, "say only what went wrong")                    \
	X(HELP, "help", 'h', FLAG, NULL, FOR_ALL, "show this help")                                \
	X(VERSION, "version", 'V', FLAG, NULL, FOR_ALL, "show the version")

enum option_id {
#define X(id, name, letter, kind, arg, commands, help) OPTION_##id,
	OPTION_LIST(X)
#undef X
		OPTION_MAX_
};

struct option_info {
	const char *name, *arg, *help; /* arg NULL: takes none */
	char letter;                   /* 0: none */
	enum option_kind kind;
	uint32_t commands;
};
const struct option_info *option_info(enum option_id id);

struct cli_given {
	enum option_id id;
	const char *value; /* NULL for flags; borrowed from argv */
};

struct cli {
	const struct command *command; /* NULL: only with --help or --version */
	struct cli_given *given;       /* in order */
	size_t n_given;
	const char **args;
	size_t n_args;
};

/* No abbreviations; options may stand before, between and after arguments; `--` ends them.
 * Values are checked against their kind. ERR_USAGE; then *ret is what was read until then, for the
 * message. Caller frees with cli_release(), also after a failure. */
MUST_CHECK enum errc cli_parse(struct cli *ret, int argc, char *const *argv, struct err *err);
void cli_release(struct cli *cli);

/* How often it was given. */
size_t cli_count(const struct cli *cli, enum option_id id);
/* The last one given; NULL when none. */
const char *cli_text(const struct cli *cli, enum option_id id);
/* All of them, NULL-terminated. Caller frees the array with free(). */
const char **cli_list(const struct cli *cli, enum option_id id, size_t *ret_n);
/* Of the last one given; the value is known to be good. */
uint64_t cli_number(const struct cli *cli, enum option_id id, uint64_t otherwise);
int64_t cli_time(const struct cli *cli, enum option_id id, int64_t otherwise);
int64_t cli_duration_ms(const struct cli *cli, enum option_id id, int64_t otherwise);

/* The same command line again, as a shell takes it, or that of another command with what it takes
 * of the options. */
void cli_repeat(const struct cli *cli, enum command_id id, struct buf *out);
/* The same with that --max-wait, rounded up to a minute. */
void cli_repeat_longer(const struct cli *cli, enum command_id id, int64_t ms, struct buf *out);
/* Another command for the same organization; arg: its argument, or NULL. */
void cli_suggest(const struct cli *cli, enum command_id id, const char *arg, struct buf *out);
/* The page of a run that says what is open and what to do about it. */
void cli_suggest_report(const struct cli *cli, const char *run, struct buf *out);
/* The same for what a person is to decide about: without all that says yes or lifts a guard. */
void cli_repeat_unconfirmed(const struct cli *cli, enum command_id id, struct buf *out);
/* What `apply` takes because `apply --dry-run` is `plan`. */
bool cli_is_of_dry_run(enum option_id id);
/* A blank and the name of a file, as a shell and the command line take it. */
void cli_repeat_file(const char *name, struct buf *out);

/* command NULL: the overview. */
void cli_help(const struct command *command, FILE *out);

#endif
