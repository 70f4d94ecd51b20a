/*
 * How a row ends, and why: the words users see in result files. Never renamed.
 */
#ifndef MODEL_OUTCOME_H
#define MODEL_OUTCOME_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* X(id, word, exit status it asks for, meaning for the manual) */
#define OUTCOME_LIST(X)                                                                       \
	X(PENDING, "pending", 0, "not attempted yet; the run was stopped, halted or guarded") \
	X(PLANNED, "planned", 0, "this row would be acted on (only in a plan)")               \
	X(DONE, "done", 0, "every step carried out and proved by read-back")                  \
	X(UNCHANGED, "unchanged", 0, "already as the rule wants; nothing sent")               \
	X(SKIPPED, "skipped", 0, "a rule or --limit said leave it")                           \
	X(UNMATCHED, "unmatched", 0, "no rule fired")                                         \
	X(PROTECTED, "protected", 0, "on the protected list")                                 \
	X(DUPLICATE, "duplicate", 0, "same serial as an earlier line")                        \
	X(UNDECIDED, "undecided", 3, "a deciding fact could not be read")                     \
	X(INVALID, "invalid", 3, "invalid row: its serial or a cell cannot be used")          \
	X(FAILED, "failed", 3, "refused or ended in error")                                   \
	X(HELD, "held", 3, "waits for an administrator's approval, or for a wipe")            \
	X(MANUAL, "manual", 3, "a person must do the step named")                             \
	X(DRIFTED, "drifted", 5, "state changed since the plan; left alone")                  \
	X(UNVERIFIED, "unverified", 5, "accepted but not proved by the deadline")             \
	X(IN_FLIGHT, "in_flight", 5,                                                          \
		"off its server and not yet back, or a change of it is still open: run "      \
		"apply again")                                                                \
	X(RESTORED, "restored", 3,                                                            \
		"the run ended early: back on its server, the other steps were not run")      \
	X(NOTED, "noted", 0, "the rule only says something about it; nothing is to be done")  \
	X(WAITING, "waiting", 0,                                                              \
		"Apple does not list it yet; the next run of the same list looks again")

enum outcome {
#define X(id, word, exit_status, meaning) OUTCOME_##id,
	OUTCOME_LIST(X)
#undef X
		OUTCOME_MAX_
};

struct outcome_info {
	const char *word, *meaning;
	int exit_status;
};
const struct outcome_info *outcome_info(enum outcome o);
bool outcome_from_word(struct str word, enum outcome *ret);

/* Where the console calls a wipe off (services/README.md UEM C.4). */
#define CONSOLE_WIPE_LOG "Devices > Lifecycle > Wipe Log: select the device, then Reject wipes"

/* X(id, code, sentence, remedy); the sentence may be followed by detail at run time. */
#define REASON_LIST(X)                                                                             \
	X(NONE, "", "", "")                                                                        \
	X(ROW_NO_SERIAL, "row.no_serial", "the serial cell is empty",                              \
		"fill in the serial or delete the row")                                            \
	X(ROW_BAD_SERIAL, "row.bad_serial", "this is no Apple serial number",                      \
		"a serial has 8 to 17 letters and digits; look it up in Apple's portal")           \
	X(ROW_EXCEL_SERIAL, "row.excel_serial", "a spreadsheet turned this serial into a number",  \
		"export again and open the file with the serial column set to text")               \
	X(ROW_MALFORMED, "row.malformed", "the row cannot be read", "fix the quotes in this line") \
	X(ROW_SURPLUS, "row.surplus_cells", "the row has more cells than the header",              \
		"put the cell that holds the delimiter in quotes")                                 \
	X(ROW_SHIFTED, "row.shifted", "a cell of this row is not in the column it belongs to",     \
		"compare the row with the header: a delimiter is lost or too many, or a cell "     \
		"that holds one needs quotes; or correct the serial")                              \
	X(ROW_NOT_A_DEVICE, "row.not_a_device", "a line behind the list, no device",               \
		"nothing to do")                                                                   \
	X(ROW_CONFLICT, "row.conflict", "rows with this serial ask for different actions",         \
		"keep one of the lines")                                                           \
	X(ROW_DUPLICATE, "row.duplicate", "same serial as line", "nothing to do")                  \
	X(ROW_BAD_VALUE, "row.bad_value", "a column the rules use holds an unusable value",        \
		"correct the cell; the form of a date can be named in the rules' dates:")          \
	X(ROW_UNKNOWN_SERVER, "row.unknown_server", "no server, or more than one, has this name",  \
		"use a name that `depmend doctor` lists")                                          \
	X(ROW_UNKNOWN_PROFILE, "row.unknown_profile",                                              \
		"no profile, or more than one, has this name",                                     \
		"use a name of the console's profile list")                                        \
	X(PROTECTED_LISTED, "protected.listed", "on the protected list",                           \
		"take it off the list to act on it")                                               \
	X(RULE_MATCHED, "rule.matched", "the rule asks for it", "")                                \
	X(RULE_SKIP, "rule.skip", "the rule says leave it alone", "")                              \
	X(RULE_ADVISE, "rule.advise", "a person has to do this", "")                               \
	X(RULE_NONE, "rule.none", "no rule matches", "")                                           \
	X(RULE_UNKNOWN, "rule.unknown", "a deciding fact could not be read",                       \
		"run again when the service answers")                                              \
	X(RULE_AGAIN_AFTER, "rule.again_after", "done not long ago", "nothing to do")              \
	X(STATE_HOLDS, "state.holds", "already as the rule wants", "")                             \
	X(STATE_DONE, "state.done", "carried out and read back", "")                               \
	X(STATE_REQUEST_OPEN, "state.request_open",                                                \
		"an earlier request for this device may still be carried out",                     \
		"run apply again later; to stop waiting for it: depmend forget SERIAL --reason "   \
		"TEXT")                                                                            \
	X(STATE_DRIFTED, "state.drifted", "changed from outside since the plan",                   \
		"look at the device, then plan again")                                             \
	X(UNDO_NOTHING, "undo.nothing", "the run left nothing to undo here", "")                   \
	X(UNDO_IRREVERSIBLE, "undo.irreversible", "what the run did cannot be undone",             \
		"a person has to decide what becomes of the device")                               \
	X(LIMIT_BEYOND_N, "limit.beyond_n", "beyond --limit", "run again without --limit")         \
	X(RUN_STOPPED, "run.stopped", "the run was stopped before this row was through",           \
		"run apply again to continue")                                                     \
	X(RUN_NOT_BEGUN, "run.not_begun", "an error ended the run before this row was through",    \
		"correct what its message names, then run apply again")                            \
	X(RUN_HALTED, "run.halted", "too many failures in this wave",                              \
		"look at the failures, then apply --past-halt")                                    \
	X(RUN_GUARDED, "run.guarded", "not attempted",                                             \
		"the row says which guard, and what lifts it")                                     \
	X(RUN_WAITING, "run.waiting", "the rate limit or an outage outlives --max-wait",           \
		"run apply again to continue")                                                     \
	X(RUN_IN_FLIGHT, "run.in_flight", "off its server and not yet back", "run apply again")    \
	X(RUN_PUT_BACK, "run.put_back",                                                            \
		"the run ended early: the device is back on its server, the other steps were "     \
		"left out",                                                                        \
		"run apply again")                                                                 \
	X(RUN_SUPERSEDED, "run.superseded", "another run took over", "")                           \
	X(RUN_FORGOTTEN, "run.forgotten", "a person stopped tracking what was open about it",      \
		"see that the device is on the server it belongs to")                              \
	X(APPLE_NOT_FOUND, "apple.not_found", "Apple does not know this serial",                   \
		"check the serial and that the device belongs to this organization")               \
	X(APPLE_RELEASED, "apple.released", "the device has left the organization",                \
		"remove the row")                                                                  \
	X(APPLE_REFUSED, "apple.refused", "Apple refused the request", "see the detail")           \
	X(APPLE_DEVICE_FAILED, "apple.device_failed",                                              \
		"Apple's activity log names this device as failed",                                \
		"see the activity log in Apple's portal")                                          \
	X(APPLE_ACTIVITY_FAILED, "apple.activity_failed",                                          \
		"Apple's activity ended without success", "run again later")                       \
	X(APPLE_SERVER_GONE, "apple.server_gone",                                                  \
		"the server that the device has to go back to was deleted",                        \
		"assign the device in Apple's portal, or stop tracking it: depmend forget SERIAL " \
		"--reason TEXT")                                                                   \
	X(APPLE_SERVER_UNMAPPED, "apple.server_unmapped",                                          \
		"the settings do not say which group of the UEM the server feeds",                 \
		"add the server to uem.tokens; with group: none if it feeds no group")             \
	X(APPLE_NO_PREVIOUS_SERVER, "apple.no_previous_server", "previous server unknown",         \
		"say where: reassign: {to: NAME}")                                                 \
	X(APPLE_NOT_ON_SERVER, "apple.not_on_server",                                              \
		"the device is not on the server the step names", "nothing to do")                 \
	X(APPLE_NOT_PROVED, "apple.not_proved", "Apple accepted it, but its lists do not show it", \
		"run apply again; open a case with Apple if it stays")                             \
	X(APPLE_OUTCOME_UNKNOWN, "apple.outcome_unknown",                                          \
		"nothing tells whether Apple carried it out",                                      \
		"run apply again: it looks before it sends")                                       \
	X(UEM_NOT_PROVED, "uem.not_proved", "the UEM list does not show the change",               \
		"check the server token in the console, then run apply again")                     \
	X(UEM_REFUSED, "uem.refused", "the UEM refused the request", "see the detail")             \
	X(UEM_NO_GROUP, "uem.no_group", "no token group is fed by the device's server",            \
		"add the server to uem.tokens")                                                    \
	X(UEM_HELD, "uem.held", "the UEM holds the command until an administrator approves it",    \
		"approve it in the console")                                                       \
	X(UEM_WIPE_WAITING, "uem.wipe_waiting",                                                    \
		"the wipe was sent, and the UEM does not show the device as unenrolled",           \
		"see that the device is switched on and online, then run apply again; to call "    \
		"the "                                                                             \
		"wipe off, in the console: " CONSOLE_WIPE_LOG)                                     \
	X(UEM_ONCE, "uem.once",                                                                    \
		"this was sent before for the same record, and is never sent twice",               \
		"look at the device in the console; to send it again: --allow again=SERIAL")       \
	X(UEM_NO_RECORD, "uem.no_record", "the UEM has no record of the device to wipe",           \
		"erase the device by hand")                                                        \
	X(UEM_AMBIGUOUS, "uem.ambiguous", "several records of the UEM have this serial",           \
		"in the console delete all but the one enrolled last, by the IDs of the row")      \
	X(UEM_OUTCOME_UNKNOWN, "uem.outcome_unknown",                                              \
		"nothing tells whether the UEM carried it out; a wipe or deletion is not "         \
		"sent again",                                                                      \
		"look at the device in the console")                                               \
	X(APPLE_NOT_CAPABLE, "apple.not_capable", "the device cannot migrate by itself",           \
		"update its system, or erase it and assign it to the other server")                \
	X(APPLE_RELEASE_OFF, "apple.release_off",                                                  \
		"the device management service that is to release it may not release devices",     \
		"switch on 'Allow this service to release devices' in Apple's portal")             \
	X(APPLE_MIGRATION_PENDING, "apple.migration_pending",                                      \
		"a migration of the device is under way, which this step would drop",              \
		"wait for its end, or put cancel_migration before the step in the rule")           \
	X(APPLE_DEADLINE, "apple.deadline", "the migration deadline has passed since the plan",    \
		"plan again with a later date")                                                    \
	X(RULE_NOTE, "rule.note", "the rule says this of the device", "")                          \
	X(RUN_WINDOW, "run.window",                                                                \
		"no window leaves the time to take the device off its server and put it back",     \
		"run apply again in the next window")                                              \
	X(RUN_LOCKED, "run.locked", "not attempted",                                               \
		"run apply again when the other run has ended, or let it wait: --wait-lock 1h")    \
	X(ROW_UNKNOWN_RUN, "row.unknown_run",                                                      \
		"an earlier result says that it is done, and its run is not known here",           \
		"delete the depmend_ columns to judge the row anew")                               \
	X(UEM_LEFT_OUT, "uem.left_out",                                                            \
		"the UEM has asked Apple, and Apple leaves this device out of what it tells",      \
		"run apply again after a day; Apple throttles some devices for so long")           \
	X(RULE_WAITING, "rule.waiting", "Apple does not list this serial yet",                     \
		"nothing to do: the next run of the same list looks for it again")                 \
	X(RULE_WAIT_OVER, "rule.wait_over",                                                        \
		"Apple has not listed this serial in the time that the rule waits",                \
		"ask the seller, correct the serial, or take the row off the list")                \
	X(RULE_WAIT_GONE, "rule.wait_gone",                                                        \
		"Apple does not list this serial, and the rule that waited for it is gone",        \
		"take the row off the list, or begin anew: depmend forget SERIAL --reason TEXT")   \
	X(RULE_WAIT_TWICE, "rule.wait_twice", "another list waits for this serial, too",           \
		"keep it on one list and run the other one again, or: depmend forget SERIAL "      \
		"--reason TEXT")                                                                   \
	X(UEM_PROFILE_WAIT, "uem.profile_wait",                                                    \
		"Apple throttles the device: giving it a profile now would come too early",        \
		"run apply again after the time that the row names")                               \
	X(APPLE_NO_EFFECT, "apple.no_effect",                                                      \
		"Apple accepted this in two runs, and the device did not change: it is not sent "  \
		"again",                                                                           \
		"open a case with Apple; to send it once more: --allow again=SERIAL")              \
	X(RUN_COMING_BACK, "run.coming_back",                                                      \
		"its way back was sent to Apple, and is not proved yet",                           \
		"run apply again: it looks first, and sends only what is missing")                 \
	X(RULE_NO_LONGER, "rule.no_longer",                                                        \
		"its rule has not taken the device any more when a step that cannot be undone "    \
		"was due",                                                                         \
		"look at what has changed; the next run judges the row anew")

enum reason {
#define X(id, code, sentence, remedy) REASON_##id,
	REASON_LIST(X)
#undef X
		REASON_MAX_
};

struct reason_info {
	const char *code, *sentence, *remedy;
};
const struct reason_info *reason_info(enum reason r);

/* Of a row that had not begun when the run ended. */
enum reason reason_of_end(enum errc code);

/* What a command says that looks for the newest run where there is none. */
#define NO_RUN_YET "there is no run yet"

#endif
