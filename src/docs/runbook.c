#include "docs/runbook.h"

#include "report/status.h"

#define AGAIN "depmend apply CSV --rules RULES"
#define PLAN "depmend plan CSV --rules RULES"
#define HISTORY "depmend history SERIAL"
#define CHECK "depmend check CSV --rules RULES"
#define EXPLAIN "depmend explain CSV SERIAL --rules RULES"
#define NOTHING "Nothing has to be done."

static const struct runbook_entry reasons[REASON_MAX_] = {
	[REASON_ROW_NO_SERIAL] = { "The line of the list that the message names: the serial number "
				   "is missing. Fill it in or delete the line.",
		CHECK },
	[REASON_ROW_BAD_SERIAL] = { "The cell: often a product number or an asset tag in the "
				    "wrong column. Name the column with --serial-column.",
		CHECK },
	[REASON_ROW_EXCEL_SERIAL] = { "The export, not the spreadsheet: the digits that are gone "
				      "cannot be guessed. Export again and open the file with the "
				      "column set to text.",
		CHECK },
	[REASON_ROW_MALFORMED] = { "The quotes of the line and of the one before it.", CHECK },
	[REASON_ROW_SURPLUS] = { "The cell that holds the delimiter: put it in quotes.", CHECK },
	[REASON_ROW_SHIFTED] = { "The row beside the header: a delimiter is lost, or too many, or "
				 "a cell that holds one needs quotes; or its serial is none.",
		CHECK },
	[REASON_ROW_NOT_A_DEVICE] = { "The line is a note below the list. " NOTHING, NULL },
	[REASON_ROW_CONFLICT] = { "Both lines of the serial number: keep the one that is right.",
		CHECK },
	[REASON_ROW_DUPLICATE] = { "The serial number was acted on once. " NOTHING, NULL },
	[REASON_ROW_BAD_VALUE] = { "The cell, and the form of dates under dates: in the rules.",
		CHECK },
	[REASON_ROW_UNKNOWN_SERVER] = { "The names of the servers in Apple's portal: a name was "
					"misspelt, or the server was renamed or deleted.",
		"depmend doctor -v" },
	[REASON_ROW_UNKNOWN_PROFILE] = { "The list of enrollment profiles in the UEM's console.",
		"depmend doctor -v" },
	[REASON_PROTECTED_LISTED] = { "The protected list that the settings name, and who put the "
				      "device on it.",
		NULL },
	[REASON_RULE_MATCHED] = { "The row would be acted on. Review the plan, then apply it.",
		AGAIN },
	[REASON_RULE_SKIP] = { NOTHING, NULL },
	[REASON_RULE_ADVISE] = { "The text of the row: a person has to do that, in Apple's portal "
				 "or in the console.",
		NULL },
	[REASON_RULE_NONE] = { "Which condition is false, if a rule was expected to match.",
		EXPLAIN },
	[REASON_RULE_UNKNOWN] = { "Which fact could not be read: a service was unreachable, or has "
				  "no such value for the device.",
		EXPLAIN },
	[REASON_RULE_AGAIN_AFTER] = { "When it was done last. The rule's again_after: says how "
				      "long to wait.",
		HISTORY },
	[REASON_STATE_HOLDS] = { NOTHING, NULL },
	[REASON_STATE_DONE] = { NOTHING, NULL },
	[REASON_STATE_REQUEST_OPEN] = { "The open change: run apply again later. If it can never "
					"end, stop tracking it.",
		"depmend forget SERIAL --reason TEXT" },
	[REASON_STATE_DRIFTED] = { "Who changed the device: the row and Apple's activity say so, "
				   "as far as it is known. Then plan again.",
		PLAN },
	[REASON_UNDO_NOTHING] = { NOTHING, NULL },
	[REASON_UNDO_IRREVERSIBLE] = { "What was sent: a release, a wipe or a deleted record "
				       "cannot be undone.",
		HISTORY },
	[REASON_LIMIT_BEYOND_N] = { "The rows that --limit left: run again without it.", AGAIN },
	[REASON_RUN_STOPPED] = { "Who stopped it. The rows were not attempted: run apply again.",
		AGAIN },
	[REASON_RUN_NOT_BEGUN] = { "The message of the run: correct what it names, then run apply "
				   "again.",
		AGAIN },
	[REASON_RUN_HALTED] = { "The rows of the wave that failed, before the others get the same.",
		AGAIN " --past-halt" },
	[REASON_RUN_LOCKED] = { "The other run: its process and its phase. Run again when it has "
				"ended.",
		"depmend status" },
	[REASON_ROW_UNKNOWN_RUN] = { "Where the result comes from: another installation, or a "
				     "state "
				     "that is gone. See what is so at the device first.",
		EXPLAIN },
	[REASON_RUN_GUARDED] = { "The row: which guard, and the --allow that lifts "
				 "it for one run.",
		PLAN },
	[REASON_RUN_WAITING] = { "Which service was slow or limited. Run the same command again.",
		AGAIN },
	[REASON_RUN_IN_FLIGHT] = { "The device is off its server and cannot enroll: run apply "
				   "again first of all, it puts the device back.",
		AGAIN },
	[REASON_RUN_COMING_BACK] = { "Nothing is wrong yet: the run ended before two looks at "
				     "Apple "
				     "agreed that the device is back. The next one looks first.",
		AGAIN },
	[REASON_RUN_PUT_BACK] = { "Why the run ended early. The device is back: run apply again.",
		AGAIN },
	[REASON_RUN_SUPERSEDED] = { "The run that took over.", "depmend runs" },
	[REASON_RUN_FORGOTTEN] = { "Whether the device is on the server it belongs to: depmend "
				   "does not track it any more.",
		HISTORY },
	[REASON_RUN_WINDOW] = { "The time in the row: the next change window. A window has to be "
				"longer than a device is off at most, which plan prints.",
		AGAIN },
	[REASON_RULE_NOTE] = { "The text of the row, written by the author of the rule. " NOTHING,
		NULL },
	[REASON_APPLE_NOT_FOUND] = { "The serial number, and whether the device belongs to this "
				     "organization: it may have been sold or never added.",
		NULL },
	[REASON_APPLE_RELEASED] = { "The device has left the organization: take it off the list.",
		NULL },
	[REASON_APPLE_REFUSED] = { "Apple's words in the row.", "depmend doctor" },
	[REASON_APPLE_DEVICE_FAILED] = { "The activity log in Apple's portal, by the activity of "
					 "the row's evidence.",
		HISTORY },
	[REASON_APPLE_ACTIVITY_FAILED] = { "The activity in Apple's portal. Run again later.",
		AGAIN },
	[REASON_APPLE_SERVER_GONE] = { "Who deleted the server. Assign the device in Apple's "
				       "portal to the server that took its place, then stop "
				       "tracking it.",
		"depmend forget SERIAL --reason TEXT" },
	[REASON_APPLE_SERVER_UNMAPPED] = { "uem.tokens in the settings: add the server, with "
					   "group: "
					   "none if it feeds no group.",
		CHECK },
	[REASON_APPLE_NO_PREVIOUS_SERVER] = { "Where the device belongs: an asset list, or Apple's "
					      "audit events. Say it in the rule: reassign: {to: "
					      "NAME}.",
		"depmend export --off-server" },
	[REASON_APPLE_NOT_ON_SERVER] = { "The device is not on the server that the step "
					 "names. " NOTHING,
		NULL },
	[REASON_APPLE_NOT_PROVED] = { "The device in Apple's portal. If it stays so, open a case "
				      "with Apple and name the activity of the evidence.",
		AGAIN },
	[REASON_APPLE_NO_EFFECT] = { "The device in Apple's portal, and a case with Apple that "
				     "names "
				     "the activities of both runs. Sending it again is a person's "
				     "decision.",
		AGAIN " --allow again=SERIAL" },
	[REASON_APPLE_OUTCOME_UNKNOWN] = { "The answer was lost: run apply again, it looks before "
					   "it sends.",
		AGAIN },
	[REASON_UEM_NOT_PROVED] = { "The server token in the console: expired, or of another "
				    "server. Then run apply again.",
		"depmend doctor" },
	[REASON_UEM_LEFT_OUT] = { "Apple throttles some devices for about a day, in which the UEM "
				  "does not hear of them. The row says when to try again.",
		AGAIN },
	[REASON_UEM_REFUSED] = { "The UEM's words in the row, and the role of the account.",
		"depmend doctor" },
	[REASON_UEM_NO_GROUP] = { "uem.tokens in the settings: add the server that the row names.",
		"depmend doctor" },
	[REASON_UEM_HELD] = { "The console, where an administrator has to approve the command.",
		AGAIN },
	[REASON_UEM_WIPE_WAITING] = { "Whether the device is switched on and online. To call the "
				      "wipe off, in the console: " CONSOLE_WIPE_LOG ".",
		AGAIN },
	[REASON_UEM_ONCE] = { "The device in the console: what was sent before. Sending it again "
			      "is a person's decision.",
		AGAIN " --allow again=SERIAL" },
	[REASON_UEM_NO_RECORD] = { "The device itself: without a record nothing can be sent to "
				   "it. Erase it by hand.",
		NULL },
	[REASON_UEM_AMBIGUOUS] = { "The records with this serial number in the console, by the "
				   "IDs of the row: delete all but the one that was enrolled last.",
		AGAIN },
	[REASON_UEM_OUTCOME_UNKNOWN] = { "The device in the console: whether it shows the change, "
					 "or a wipe that is pending.",
		HISTORY },
	[REASON_APPLE_NOT_CAPABLE] = { "The system version of the device, or erase it and assign "
				       "it "
				       "to the other server.",
		NULL },
	[REASON_APPLE_RELEASE_OFF] = { "The device management service in Apple's portal: switch on "
				       "'Allow this service to release devices'.",
		AGAIN },
	[REASON_APPLE_MIGRATION_PENDING] = { "The migration in Apple's portal. Wait for its end, "
					     "or put cancel_migration before the step.",
		PLAN },
	[REASON_RULE_WAITING] = { NOTHING " The row says since when and until when.", NULL },
	[REASON_RULE_WAIT_OVER] = { "The serial, and the seller: has the device been added to the "
				    "organization? If it comes later, the next run acts on it.",
		"depmend history SERIAL" },
	[REASON_RULE_WAIT_GONE] = { "The rules: the rule that the row names is not in them, or "
				    "waits no more. Take the row off the list, or begin anew.",
		"depmend forget SERIAL --reason TEXT" },
	[REASON_RULE_WAIT_TWICE] = { "The other list, which the row names: keep the serial on one "
				     "of them, then run the other list again.",
		"depmend status" },
	[REASON_UEM_PROFILE_WAIT] = { NOTHING " The row says until when; depmend takes the time "
					      "that a service named, or timeouts.throttled.",
		"depmend doctor" },
	[REASON_RULE_NO_LONGER] = { "The row: it names the condition and what is seen now. The "
				    "step was not sent, and what the row had taken off its server "
				    "is put back. If it is to go all the same, change the rule.",
		PLAN },
	[REASON_APPLE_DEADLINE] = { "The deadline in the rules or the list. Plan again with a "
				    "later one.",
		PLAN },
};

static const struct {
	int status;
	struct runbook_entry entry;
} statuses[] = {
	{ 0, { "It ended well. " NOTHING, NULL } },
	{ 2, { "The plan: changes are pending. Review it, then apply it.", PLAN } },
	{ 3, { "The rows of the result that are not done: each names its reason, see REASONS.",
		     "depmend report latest --tickets FILE" } },
	{ 4, { "The message: which guard, count, approval or pause stopped it, and how it goes "
	       "on. Nothing was sent since.",
		     PLAN } },
	{ 5, { "The devices that are off their server. Run the same apply again first of all; what "
	       "stays is in flight, unverified or changed by others.",
		     "depmend status" } },
	{ 11, { "Which process holds the lock: the message names it. Wait for it.",
		      "depmend status" } },
	{ 64, { "The command line: the message names the word.", "depmend help" } },
	{ 65, { "The list or the rules: every mistake is named with its line.", CHECK } },
	{ 66, { "The path that the message names.", NULL } },
	{ 69, { "The network, a proxy, the service's status page. The run goes on where it was.",
		      "depmend doctor" } },
	{ 70, { "This is a bug in depmend: report it with a support bundle.",
		      "depmend doctor --bundle FILE" } },
	{ 73, { "The folder of the file that the message names: it refuses writing.", NULL } },
	{ 74, { "The disk of the file that the message names: full, or damaged. Without the state "
		"nothing is sent.",
		      "depmend status" } },
	{ 75, { "Rate limits, an outage or a change window outlived the time. Run the same command "
		"again.",
		      AGAIN } },
	{ 77, { "Credentials, the account's role, a token that has ended, terms that are not "
		"accepted.",
		      "depmend doctor" } },
	{ 78, { "The settings, or a file that others could change: the message names it.",
		      "depmend check" } },
	{ 129, { "The terminal was closed. Devices were put back as far as the message says; run "
		 "the same apply again.",
		       AGAIN } },
	{ 130, { "Ctrl-C was pressed. Devices were put back as far as the message says; run "
		 "the same apply again.",
		       AGAIN } },
	{ 143, { "The service manager or the machine's shutdown ended it; run the same apply "
		 "again.",
		       AGAIN } },
};

struct runbook_entry runbook_reason(enum reason r)
{
	return reasons[r];
}

struct runbook_entry runbook_status(int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].entry;
	return (struct runbook_entry){ NULL, NULL };
}

static bool is_there(struct runbook_entry e, const char *what, int number, FILE *complaints)
{
	if (e.look)
		return true;
	(void)fprintf(complaints,
		"src/docs/runbook.c has no entry for %s %d: what to look at, what to type\n", what,
		number);
	return false;
}

bool runbook_check(FILE *complaints)
{
	size_t n;
	const struct status_info *table = status_table(&n);
	bool whole = true;

	for (size_t i = 0; i < n; i++)
		whole &= is_there(runbook_status(table[i].status), "exit status", table[i].status,
			complaints);
	for (int r = REASON_NONE + 1; r < REASON_MAX_; r++)
		whole &= is_there(reasons[r], reason_info((enum reason)r)->code, r, complaints);
	return whole;
}
