/*
 * What scenarios and --set can turn: one table row per knob. Values are numbers: milliseconds, a
 * count, yes/no as 1/0, the index of a word, or the address of a text.
 */
#ifndef SIM_CORE_KNOB_H
#define SIM_CORE_KNOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* X(id, name, kind, words or NULL, default, meaning) */
#define KNOB_LIST(X)                                                                               \
	X(APPLE_TOKEN_LIFE, "apple.token_life", DURATION, NULL, "1h", "life of an Apple token")    \
	X(APPLE_ACTIVITY_TIME, "apple.activity_time", DURATION, NULL, "10s",                       \
		"from POST to the end of an activity")                                             \
	X(APPLE_LAND_EARLY, "apple.land_early", DURATION, NULL, "0s",                              \
		"how long before its end an activity takes effect")                                \
	X(APPLE_LAND_LATE, "apple.land_late", DURATION, NULL, "0s",                                \
		"how long after its end an activity takes effect")                                 \
	X(APPLE_LAND_APART, "apple.land_apart", DURATION, NULL, "0s",                              \
		"from one device of an activity to the next")                                      \
	X(APPLE_ACTIVITY_LIFE, "apple.activity_life", DURATION, NULL, "30d",                       \
		"how long an activity can be asked for")                                           \
	X(APPLE_ACTIVITY_END, "apple.activity_end", WORD,                                          \
		"completed|stopped|failed|never|unlogged|unknown", "completed",                    \
		"how activities end; unlogged: done, but post-processing failed; unknown: a "      \
		"status nobody has heard of")                                                      \
	X(APPLE_SPLIT, "apple.activity_partial", COUNT, NULL, "0",                                 \
		"of every N devices of an activity one fails with INTERNAL_ERROR; 0: none")        \
	X(APPLE_FAILING, "apple.failing", TEXT, NULL, "", "serials that fail in every activity")   \
	X(APPLE_FAIL_WORD, "apple.fail_word", TEXT, NULL, "INTERNAL_ERROR",                        \
		"what the log says of those that fail; of several words one in turn")              \
	X(APPLE_UNLOGGED, "apple.unlogged", TEXT, NULL, "", "serials the log leaves out")          \
	X(APPLE_IGNORED, "apple.ignored", TEXT, NULL, "",                                          \
		"serials that are said to be done although nothing happens")                       \
	X(APPLE_MISREPORTED, "apple.misreported", TEXT, NULL, "",                                  \
		"serials that are said to have failed although it happens")                        \
	X(APPLE_VISIBILITY_LAG, "apple.visibility_lag", DURATION, NULL, "0s",                      \
		"until a device's status shows a change")                                          \
	X(APPLE_SERVER_LAG, "apple.server_lag", DURATION, NULL, "0s",                              \
		"further time until its server shows it")                                          \
	X(APPLE_UNKNOWN, "apple.unknown_serials", WORD, "silent|refuse", "silent",                 \
		"an unknown serial in an activity: nothing happens, or 409 naming it")             \
	X(APPLE_REFUSED, "apple.refused_devices", COUNT, NULL, "0",                                \
		"every Nth device makes Apple refuse an activity with it; 0: none")                \
	X(APPLE_REFUSED_SERIALS, "apple.refused_serials", TEXT, NULL, "", "serials it refuses so") \
	X(APPLE_REFUSAL, "apple.refusal", WORD, "named|unnamed|first", "named",                    \
		"whether such a refusal points at the devices: all, none, the first")              \
	X(APPLE_POINTER, "apple.pointer", WORD, "plain|id|nested|detail", "plain",                 \
		"how it points: at the linkage, at its id, in an object, or by the detail's text") \
	X(APPLE_REFUSAL_CODE, "apple.refusal_code", TEXT, NULL, "ENTITY_ERROR", "code of that")    \
	X(APPLE_STRIP, "apple.same_server_strips", FLAG, NULL, "yes",                              \
		"assigning to the server it is on takes the enrollment profile away")              \
	X(APPLE_UNASSIGNED, "apple.unassigned_form", WORD, "404|null|empty", "404",                \
		"assignedServer of a device on no server")                                         \
	X(APPLE_LOG_LIFE, "apple.log_life", DURATION, NULL, "15m", "life of a downloadUrl")        \
	X(APPLE_LOG_TABLES, "apple.log_tables", COUNT, NULL, "1", "tables in an activity log")     \
	X(APPLE_MAX_DEVICES, "apple.max_devices", COUNT, NULL, "0",                                \
		"most devices one activity takes; 0: any number")                                  \
	X(APPLE_END_CURSOR, "apple.end_cursor", WORD, "absent|empty", "absent",                    \
		"nextCursor on the last page")                                                     \
	X(APPLE_NEXT_HOST, "apple.next_host", WORD, "own|broken", "own",                           \
		"host of links.next; broken: api-business.apple without .com")                     \
	X(APPLE_PAGE_LOOP, "apple.page_loop", FLAG, NULL, "no",                                    \
		"every page names the same cursor")                                                \
	X(APPLE_PAGE_DROP, "apple.page_drop", COUNT, NULL, "0",                                    \
		"listings leave out every Nth device, as lists do while they are rebuilt; 0: "     \
		"none")                                                                            \
	X(APPLE_TEXT_LISTS, "apple.text_lists", FLAG, NULL, "no",                                  \
		"imei and MAC addresses as one text instead of a list")                            \
	X(APPLE_ADDRESS_LISTS, "apple.address_lists", FLAG, NULL, "no",                            \
		"Wi-Fi and Bluetooth addresses as lists, as since version 1.5 they may be")        \
	X(APPLE_EXTRA, "apple.extra_keys", FLAG, NULL, "no",                                       \
		"attributes and enum values nobody has heard of")                                  \
	X(APPLE_FRACTION, "apple.fraction_digits", WORD, "3|2|0", "3", "fraction digits of times") \
	X(APPLE_EVENT_DELAY, "apple.event_delay", DURATION, NULL, "0s",                            \
		"until an audit event can be read")                                                \
	X(APPLE_KID, "apple.kid", WORD, "any|refuse", "any", "a kid in the assertion's header")    \
	X(APPLE_MAX_TOKENS, "apple.max_tokens", COUNT, NULL, "0",                                  \
		"token requests a minute before they are refused; 0: any number")                  \
	X(APPLE_MAX_TOKENS_STATUS, "apple.max_tokens_status", WORD, "400|429", "400",              \
		"status of that refusal")                                                          \
	X(APPLE_FIELDS, "apple.fields", WORD, "all|documented", "all",                             \
		"documented: 400 for names that Apple's pages do not list")                        \
	X(APPLE_API, "apple.api", WORD, "2.4|2.0", "2.4", "2.0: one server cannot be read by id")  \
	X(APPLE_ROLE, "apple.role", WORD, "full|read|none", "full", "rights of the API account")   \
	X(APPLE_TERMS, "apple.terms", WORD, "accepted|pending", "accepted",                        \
		"pending: every call answers 403 and speaks of terms")                             \
	X(APPLE_COVERAGE, "apple.coverage", WORD, "told|forbidden", "told",                        \
		"forbidden: 403 to every question about coverage")                                 \
	X(APPLE_NO_COVERAGE, "apple.no_coverage", WORD, "empty|404", "empty",                      \
		"what a device that nothing covers answers")                                       \
	X(APPLE_COVERAGE_ODD, "apple.coverage_odd", TEXT, NULL, "",                                \
		"serials whose coverage has a status nobody has heard of")                         \
	X(APPLE_COVERAGE_CANCELED, "apple.coverage_canceled", TEXT, NULL, "",                      \
		"serials whose coverage was cancelled on its first day")                           \
	X(APPLE_WARRANTY, "apple.warranty", DURATION, NULL, "365d",                                \
		"from the order to the end of a warranty, where the fleet says nothing; 0s: none") \
	X(APPLE_IDLE, "apple.server_idle", DURATION, NULL, "1h",                                   \
		"how long ago servers connected last, unless a sync was later")                    \
	X(APPLE_STALE, "apple.stale", DURATION, NULL, "0s",                                        \
		"how old what Apple shows of devices is")                                          \
	X(APPLE_DISOWN, "apple.disown", FLAG, NULL, "yes",                                         \
		"servers of a new fleet may release devices through the DEP service")              \
	X(APPLE_CANCEL, "apple.cancel_returns", FLAG, NULL, "yes",                                 \
		"a cancelled migration puts the device back on its first server")                  \
	X(APPLE_CANCEL_TIME, "apple.cancel_time", DURATION, NULL, "0s", "how long that takes")     \
	X(UEM_TOKEN_LIFE, "uem.token_life", DURATION, NULL, "1h", "life of a UEM token")           \
	X(UEM_TOKEN_ERROR, "uem.token_error", WORD, "1029|1024", "1029",                           \
		"errorCode for a token that is over")                                              \
	X(UEM_SYNC_TIME, "uem.sync_time", DURATION, NULL, "60s", "from PUT to the copy's change")  \
	X(UEM_SYNC, "uem.sync", WORD, "works|lost|fetch", "works",                                 \
		"lost: Sync and Fetch do nothing; fetch: only Fetch does something")               \
	X(UEM_PROFILE_TIME, "uem.profile_time", DURATION, NULL, "30s",                             \
		"from PUT to the profile's change")                                                \
	X(UEM_PROFILE, "uem.profile", WORD, "works|stuck|refuse|resync", "works",                  \
		"stuck: every assignment stays in progress; refuse: 404 {5058}; resync: the same " \
		"until a sync was asked for")                                                      \
	X(UEM_STALE, "uem.stale", DURATION, NULL, "0s", "how old the ADE lists of the UEM are")    \
	X(UEM_FEED_LACKS, "uem.feed_lacks", TEXT, NULL, "",                                        \
		"serials that Sync never brings, only Fetch")                                      \
	X(UEM_THROTTLED, "uem.throttled", TEXT, NULL, "",                                          \
		"serials whose profile assignment Apple throttles")                                \
	X(UEM_THROTTLE_TIME, "uem.throttle_time", DURATION, NULL, "24h", "how long it does")       \
	X(UEM_THROTTLE_SAYS, "uem.throttle_says", DURATION, NULL, "0s",                            \
		"their tokens say retry_after_seconds, as Apple does of a profile; 0: they do "    \
		"not")                                                                             \
	X(UEM_THROTTLED_GONE, "uem.throttled_gone", FLAG, NULL, "no",                              \
		"syncs meanwhile take such devices off the list")                                  \
	X(UEM_AUTO_ASSIGN, "uem.auto_assign", FLAG, NULL, "no",                                    \
		"a sync gives new devices the group's first profile")                              \
	X(UEM_ACCOUNT, "uem.account", WORD, "present|missing", "present",                          \
		"missing: DEP calls answer 404 {5053}")                                            \
	X(UEM_QUOTA, "uem.quota", COUNT, NULL, "0",                                                \
		"calls per 24 h; 0: 250000 are told, none refused")                                \
	X(UEM_QUOTA_RETRY, "uem.quota_retry_after", FLAG, NULL, "no",                              \
		"429 at the end of the quota carries Retry-After")                                 \
	X(UEM_QUOTA_OTHERS, "uem.quota_others", COUNT, NULL, "0",                                  \
		"calls others make between two of ours")                                           \
	X(UEM_QUOTA_HEADERS, "uem.quota_headers", FLAG, NULL, "yes", "X-RateLimit-* in replies")   \
	X(UEM_ENUM, "uem.enums", WORD, "numbers|names", "numbers", "profile_status and kin")       \
	X(UEM_BULK_CAP, "uem.bulk_cap", COUNT, NULL, "1000", "devices one bulk call may name")     \
	X(UEM_BULK_SAYS, "uem.bulk_says", COUNT, NULL, "0",                                        \
		"the cap that bulksettings names; 0: the true one")                                \
	X(UEM_BULK_REFUSES, "uem.bulk_refuses", COUNT, NULL, "0",                                  \
		"the Nth device of a bulk delete is refused; 0: none")                             \
	X(UEM_FAULTS, "uem.faults", WORD, "faults|fault|single", "faults",                         \
		"shape of a BulkResponse: Faults.Faults[], Faults.Fault[] or one object")          \
	X(UEM_WIPE_THRESHOLD, "uem.wipe_threshold", COUNT, NULL, "0",                              \
		"deletes and wipes within 24 h before they are held; 0: never")                    \
	X(UEM_WIPE_TIME, "uem.wipe_time", DURATION, NULL, "5m",                                    \
		"until a wiped device is Unenrolled")                                              \
	X(UEM_WIPE_AGAIN, "uem.wipe_again", FLAG, NULL, "no",                                      \
		"a second wipe of a record waits and strikes after the next enrollment")           \
	X(UEM_UNASSIGNED, "uem.unassigned_key", WORD, "absent|null|empty", "absent",               \
		"profileUuid of a row without a profile")                                          \
	X(UEM_LENGTH, "uem.require_length", FLAG, NULL, "yes",                                     \
		"PUT and POST without Content-Length answer 411")                                  \
	X(UEM_ERROR_IN_OK, "uem.error_in_ok", FLAG, NULL, "no",                                    \
		"refusals come as 200 with an errorCode in the body")                              \
	X(UEM_XML, "uem.xml", FLAG, NULL, "no", "requests that do not ask for JSON get XML")       \
	X(UEM_BOM, "uem.bom", FLAG, NULL, "no", "JSON bodies start with a byte order mark")        \
	X(UEM_BULK_UNKNOWN, "uem.bulk_unknown", WORD, "fail|skip", "fail",                         \
		"one unknown serial fails a bulk look-up, or is left out")                         \
	X(UEM_LOOK_UP, "uem.look_up", WORD, "asked|other", "asked",                                \
		"a look-up by serial gives the record asked for, or the newest of any device")     \
	X(UEM_DUPLICATES, "uem.duplicates", COUNT, NULL, "0",                                      \
		"every Nth enrolled device of a new fleet has an older record too; 0: none")       \
	X(UEM_BULK_RECORDS, "uem.bulk_records", WORD, "one|all", "one",                            \
		"a bulk look-up by serial gives one record of each, or every one")                 \
	X(UEM_ODD_STATUS, "uem.odd_status", FLAG, NULL, "no",                                      \
		"enrollment statuses in capitals, every fifth unheard of")                         \
	X(UEM_PROMPT, "uem.custom_prompt", FLAG, NULL, "no", "profiles ask for a custom prompt")   \
	X(UEM_PROFILE_ACCOUNT, "uem.profile_account", FLAG, NULL, "no",                            \
		"profiles create a local administrator, whose password is not told")               \
	X(UEM_PROFILE_USER, "uem.profile_user", WORD, "none|inside|outside|unknown", "none",       \
		"whom profiles enroll devices for: somebody of their group, of another, nobody")   \
	X(UEM_APPS, "uem.apps", WORD, "all|device|user|public", "all",                             \
		"apps of the tenant: with licences for devices, for users, without")               \
	X(UEM_ROLE, "uem.role", WORD, "full|none", "full", "none: 403 {1011} to everything")       \
	X(UEM_GROUP_ID, "uem.group_id", WORD, "present|blank", "present",                          \
		"Group IDs of the groups")                                                         \
	X(PAGE_CLAMP, "page.clamp", COUNT, NULL, "0",                                              \
		"most entries a page brings, whatever was asked for; 0: no limit of its own")      \
	X(PAGE_SHORT, "page.short", COUNT, NULL, "0",                                              \
		"so many entries fewer than the page size come on each page; none is lost")        \
	X(PAGE_IGNORED, "page.ignored", FLAG, NULL, "no",                                          \
		"page number or cursor are ignored: always the first page")                        \
	X(PAGE_SHIFT, "page.shift", COUNT, NULL, "0",                                              \
		"each page begins with the last N entries of the one before; as many of the "      \
		"list's end never come")                                                           \
	X(PAGE_EMPTY, "page.empty", COUNT, NULL, "0", "the Nth page is empty, and others follow")  \
	X(PAGE_REPEAT, "page.repeat", COUNT, NULL, "0", "the Nth page comes twice")                \
	X(PAGE_LOSE, "page.lose", COUNT, NULL, "0", "the last N entries of each page never come")  \
	X(PAGE_CUT, "page.cut", COUNT, NULL, "0", "the list ends with its Nth page")               \
	X(PAGE_WITHOUT, "page.without", TEXT, NULL, "", "serials that lists of devices leave out") \
	X(PAGE_TOTAL, "page.total", WORD, "told|none|bare", "told",                                \
		"whether lists tell their total; bare: Apple's end without links and paging, too") \
	X(PAGE_TOTAL_LESS, "page.total_less", COUNT, NULL, "0", "how much too small that is")      \
	X(PAGE_TOTAL_MORE, "page.total_more", COUNT, NULL, "0", "how much too large that is")      \
	X(DATE_AHEAD, "clock.ahead", DURATION, NULL, "0s", "how far the Date of replies is ahead") \
	X(DEP_TERMS, "dep.terms", WORD, "accepted|pending", "accepted",                            \
		"pending: every DEP call answers 403 T_C_NOT_SIGNED")                              \
	X(DEP_TOKEN, "dep.token", WORD, "valid|expired|rejected", "valid",                         \
		"state of the server tokens")                                                      \
	X(DEP_SESSION_LIFE, "dep.session_life", DURATION, NULL, "3m", "life of a session")         \
	X(DEP_SESSION_ROTATE, "dep.rotate_session", FLAG, NULL, "no",                              \
		"every reply names a new session")                                                 \
	X(DEP_WORDS, "dep.error_words", WORD, "bare|quoted|json", "bare", "form of error bodies")  \
	X(DEP_CURSOR_LIFE, "dep.cursor_life", DURATION, NULL, "7d", "life of a sync cursor")       \
	X(DEP_REPEAT, "dep.repeat_rows", FLAG, NULL, "no", "syncs repeat rows")                    \
	X(DEP_LOOP, "dep.more_loop", FLAG, NULL, "no", "more_to_follow with an unchanged cursor")  \
	X(DEP_PROFILE, "dep.profile", WORD, "works|throttled|failed", "works",                     \
		"answer per device of a profile assignment")

enum knob {
#define X(id, name, kind, words, value, meaning) KNOB_##id,
	KNOB_LIST(X)
#undef X
		KNOB_MAX_
};

enum knob_kind { KNOB_DURATION, KNOB_COUNT, KNOB_FLAG, KNOB_WORD, KNOB_TEXT };

struct knobs {
	int64_t v[KNOB_MAX_];
};

void knobs_init(struct knobs *k);

/* One knob and what to set it to. */
struct knob_setting {
	enum knob knob;
	int64_t value;
};
/* ERR_SYNTAX: unknown name (with the nearest one) or a value that does not fit. Texts are copied
 * to `keep`. */
MUST_CHECK enum errc knob_read(struct str name, struct str value, struct arena *keep,
	struct knob_setting *ret, struct err *err);
MUST_CHECK enum errc knobs_set(
	struct knobs *k, struct str name, struct str value, struct arena *keep, struct err *err);
/* Of a TEXT knob; empty, never NULL. */
struct str knob_text_of(const struct knobs *k, enum knob which);
/* Whether the text is one of the words of a TEXT knob, which blanks or commas part. */
bool knob_names(const struct knobs *k, enum knob which, struct str word);
/* For --help: one line per knob. */
struct buf;
void knobs_describe(struct buf *b);

#endif
