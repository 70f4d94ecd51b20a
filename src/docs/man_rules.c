/* depmend-rules(5). What a table does not say about a word stands here, beside the word's id. */
#include <stdlib.h>

#include "base/version.h"
#include "docs/docs.h"
#include "rules/load.h"

static const char *const step_help[STEP_MAX_] = {
	[STEP_UNASSIGN] = "Apple takes the device off its server",
	[STEP_REASSIGN] = "Apple assigns it to a server",
	[STEP_SYNC] =
		"the UEM asks Apple what changed, once for all rows (else the settings' `sync:`)",
	[STEP_FETCH] = "the same, reading every device anew",
	[STEP_ASSIGN_PROFILE] = "the UEM gives the device that enrollment profile",
	[STEP_REMOVE_PROFILE] = "the UEM takes its enrollment profile away",
	[STEP_DELETE_FROM_LIFECYCLE] = "unassign and sync: the UEM no longer lists the device",
	[STEP_DELETE_RECORD] =
		"the UEM deletes its device record; an enrolled device is unenrolled",
	[STEP_MIGRATE] =
		"Apple assigns it to a server that has a profile for it, with a deadline to move",
	[STEP_CANCEL_MIGRATION] =
		"Apple drops the deadline and moves the device back; later steps wait for that",
	[STEP_RELEASE] = "the device leaves the organization",
	[STEP_WIPE] = "the UEM erases the device or its managed part; later steps wait for it",
	[STEP_SKIP] = "leave it alone, on purpose",
	[STEP_NOTE] = "nothing is to be done; the text is in the report and the row ends noted",
	[STEP_ADVISE] = "a person has to do what the text says; the row ends manual",
};

static const char *const oper_help[OPER_MAX_] = {
	[OPER_EQ] = "equal; for text, ASCII case does not matter",
	[OPER_NE] = "not equal, or absent",
	[OPER_EXACT] = "equal, with case",
	[OPER_IN_FILE] = "one of the lines of a file",
	[OPER_PREFIX] = "starts with",
	[OPER_SUFFIX] = "ends with",
	[OPER_CONTAINS] = "contains",
	[OPER_GLOB] = "matches a pattern of * and ?",
	[OPER_LT] = "less",
	[OPER_LE] = "less or equal",
	[OPER_GT] = "greater",
	[OPER_GE] = "greater or equal",
	[OPER_BEFORE] = "a date before",
	[OPER_AFTER] = "a date after",
	[OPER_OLDER_THAN] = "a date longer ago than a duration",
	[OPER_NEWER_THAN] = "a date less long ago than a duration",
	[OPER_PRESENT] = "true: there is a value; false: it was read, and there is none",
};

/* What it says, and the words it can have where they are few. */
static const char *const fact_help[FACT_MAX_] = {
	[FACT_APPLE_STATUS] = "ASSIGNED or UNASSIGNED",
	[FACT_APPLE_SERVER] = "the name of the server that it is on; absent: on none",
	[FACT_APPLE_MODEL] = "such as iPhone 13",
	[FACT_APPLE_FAMILY] = "iPhone, iPad, Mac, AppleTV, Watch or Vision",
	[FACT_APPLE_TYPE] = "such as iPad12,1",
	[FACT_APPLE_ORDER_NUMBER] = "of the purchase",
	[FACT_APPLE_SOURCE] = "APPLE, RESELLER or MANUALLY_ADDED",
	[FACT_APPLE_SOURCE_ID] = "the customer number at Apple, or the reseller's",
	[FACT_APPLE_MIGRATION_STATUS] =
		"REQUESTED, STARTED, SUCCESS or FAILED; absent: no migration was asked for",
	[FACT_APPLE_COVERAGE] = "active, expired or none",
	[FACT_APPLE_COVERAGE_KIND] = "the warranty or plan that ends last",
	[FACT_UEM_PROFILE] = "the name of its enrollment profile; absent: it has none",
	[FACT_UEM_PROFILE_STATUS] =
		"the UEM's number, or the word that uem.profile_status of the settings gives it",
	[FACT_UEM_PROFILE_COUNT] = "how many enrollment profiles its group has",
	[FACT_UEM_ENROLLMENT_STATUS] =
		("as the UEM writes it: Enrolled, Unenrolled, EnterpriseWipePending, "
		 "DeviceWipePending; absent: the UEM has no record of it"),
	[FACT_UEM_DEVICE] = "the ID of its record; absent: the UEM has none",
	[FACT_UEM_GROUP] = "the organization group of its record",
	[FACT_UEM_USER] = "the user of its record",
	[FACT_UEM_OWNERSHIP] = "as the UEM writes it",
	[FACT_UEM_RECORDS] = "how many records have this serial",
	[FACT_UEM_LANDING_GROUP] = "the number of the group that its profile enrolls into",
	[FACT_UEM_PUBLIC_APPS] = "apps of the public store that it gets",
	[FACT_UEM_USER_LICENSED_APPS] = "apps that it gets by a licence of its user",
	[FACT_APPLE_ADDED] = "when it came to the organization",
	[FACT_APPLE_RELEASED] = "when it left the organization; absent: it has not",
	[FACT_APPLE_UPDATED] = "when Apple changed its entry last",
	[FACT_APPLE_ORDER_DATE] = "of the purchase",
	[FACT_APPLE_MIGRATION_DEADLINE] = "when it migrates by itself",
	[FACT_APPLE_COVERAGE_END] = "when the last coverage ends or ended",
	[FACT_UEM_PROFILE_SINCE] = "when depmend first saw the state of its profile",
	[FACT_UEM_PROFILE_RETRY] = "when giving it a profile makes sense again",
	[FACT_UEM_LAST_SEEN] = "when it spoke to the UEM last; absent: never",
	[FACT_APPLE_KNOWN] = "whether Apple lists it for this organization",
	[FACT_APPLE_MIGRATION_CAPABLE] = "whether it can move to another server by itself",
	[FACT_UEM_LISTED] = "whether the UEM's list from Apple has it",
	[FACT_UEM_CUSTOM_PROMPT] =
		"whether its profile asks for a custom prompt, which can stop the setup",
	[FACT_UEM_PENDING_WIPE] = "whether a wipe of it has been sent and is not over",
};

static const char *const type_words[] = {
	[TYPE_TEXT] = "text",
	[TYPE_NUMBER] = "number",
	[TYPE_DATE] = "date",
	[TYPE_FLAG] = "true or false",
};

/* A word of a table that nobody described ends the build. */
static const char *described(const char *word, const char *help)
{
	if (!help) {
		(void)fprintf(stderr, "depmend-docs: '%s' is not described\n", word);
		abort();
	}
	return help;
}

static void item(const char *word, const char *help, FILE *out)
{
	roff_line(".It", word, out);
	roff_text(described(word, help), out);
	(void)fputs(".\n", out);
}

static void put_keys(const char *title, const struct yaml_key *keys, FILE *out)
{
	(void)fprintf(out, ".Ss %s\n.Bl -tag -width again_after\n", title);
	for (const struct yaml_key *k = keys; k->name; k++) {
		item(k->name, k->help, out);
		if (k->required)
			(void)fputs("Has to be there.\n", out);
	}
	(void)fputs(".El\n", out);
}

static void put_steps(FILE *out)
{
	(void)fputs(".Sh STEPS\nThe words of\n.Ql do .\nA step whose effect already holds sends "
		    "nothing.\n.Bl -tag -width Ds\n",
		out);
	for (int i = 0; i < STEP_MAX_; i++) {
		const struct step_info *s = step_info((enum step_kind)i);
		const struct yaml_key *k = step_shapes[s->arg].keys;

		item(s->word, step_help[i], out);
		for (; k && k->name; k++) {
			(void)fputs("Argument\n.Ql ", out);
			roff_text(k->name, out);
			(void)fputs(k->help ? " :\n" : " .\n", out);
			if (k->help) {
				roff_text(k->help, out);
				(void)fputs(".\n", out);
			}
		}
		if (s->irreversible)
			(void)fputs("It cannot be undone and is confirmed by its count.\n", out);
	}
	(void)fputs(".El\n", out);
}

static void put_opers(FILE *out)
{
	(void)fputs(".Sh OPERATORS\n.Bl -tag -width older_than\n", out);
	for (int i = 0; i < OPER_MAX_; i++) {
		const char *word = oper_info((enum oper)i)->word;

		item(*word ? word : "field: value", oper_help[i], out);
	}
	(void)fputs(".El\n", out);
}

static void put_field(const struct field_info *f, FILE *out)
{
	roff_line(".It", f->word, out);
	(void)fprintf(out, "%s, from %s", type_words[f->type], reading_words(f->reading));
}

static void put_fields(FILE *out)
{
	(void)fputs(".Sh FIELDS\nAny other column of the CSV is\n.Ql csv.HEADER ,\na parameter\n"
		    ".Ql param.NAME .\nFacts are read in the order of what they cost, and only "
		    "while a row is still open.\n.Bl -tag -width uem.user_licensed_apps\n",
		out);
	for (int i = 0; i < COLUMN_MAX_; i++) {
		put_field(column_info((enum column)i), out);
		(void)fputs(".\n", out);
	}
	for (int i = 0; i < FACT_MAX_; i++) {
		const struct field_info *f = fact_info((enum fact)i);

		put_field(f, out);
		(void)fputs(": ", out);
		roff_text(described(f->word, fact_help[i]), out);
		(void)fputs(".\n", out);
	}
	(void)fputs(".El\n", out);
}

static const char top[] =
	".Dd November 22, 2026\n"
	".Dt DEPMEND-RULES 5\n"
	".Os depmend " DEPMEND_VERSION "\n"
	".Sh NAME\n"
	".Nm depmend-rules\n"
	".Nd what depmend does to which device\n"
	".Sh DESCRIPTION\n"
	"A file of rules is YAML.\n"
	"Rules are asked in order; the first whose condition is true is the row's rule.\n"
	"A condition is\n"
	".Ql field|operator: value ;\n"
	"a list of values means any of them.\n"
	"Several members of one mapping mean all of them;\n"
	".Ql any ,\n"
	".Ql all\n"
	"and\n"
	".Ql not\n"
	"group them,\n"
	".Ql always: true\n"
	"matches every row.\n"
	"A value may be\n"
	".Ql {column: HEADER}\n"
	"or\n"
	".Ql {param: NAME} .\n"
	".Pp\n"
	"A condition is true, false or unknown.\n"
	"Unknown means that a fact could not be read: a rule that is unknown ends the search, and "
	"the\n"
	"row ends undecided.\n"
	"Absent means that it was read and there is no value: every comparison is false,\n"
	".Ql ne\n"
	"is true, and\n"
	".Ql present\n"
	"tells it.\n"
	".Pp\n"
	"Coverage takes a request to Apple for each device, so it is read last, and kept for\n"
	".Ic keep.coverage\n"
	"of the settings.\n"
	".Ql apple.coverage\n"
	"is active while the warranty or an AppleCare plan runs, expired when all have ended, and\n"
	"none when Apple has none on record; where its words and dates contradict each other, it "
	"is\n"
	"unknown.\n"
	".Ql apple.coverage_end\n"
	"and\n"
	".Ql apple.coverage_kind\n"
	"belong to the one that ends last; a subscription has no end.\n"
	".Pp\n"
	"The rows to act on go in waves, and each wave is verified before the next begins: of the\n"
	"first ones\n"
	".Ic waves\n"
	"says how many, with every rule and server in its share.\n"
	"If too many of a wave go wrong\n"
	".Pq Ic halt ,\n"
	"the run stops, what is off its server is put back, and the rows of later waves stay as "
	"they\n"
	"were.\n"
	"Without\n"
	".Ic waves\n"
	"five devices go first where the plan takes a device off its server; where it takes none "
	"off,\n"
	"all go at once.\n"
	"What follows goes server by server, never more than\n"
	".Ic limits.in_flight\n"
	"devices off their servers at a time, and none before Apple's write limit has room to "
	"bring it "
	"back\n"
	"within minutes.\n"
	".Pp\n"
	"A rule with\n"
	".Ic wait_for\n"
	"takes a serial that Apple does not list yet unless the columns of its row make\n"
	".Ic match\n"
	"false, whatever it asks of live facts.\n"
	"The row ends waiting, which is no failure.\n"
	"The next run of the same list looks for all of them with one listing, and\n"
	"judges who has come by the rules, the protected list and the limits of that run.\n"
	"A row becomes manual when the time since the first run has passed, when the rule that it\n"
	"waits for is gone, and while another list waits for its serial, too.\n"
	"A list is its path.\n"
	"Another list does not count any more when its file is gone, when it has the same name but "
	"for\n"
	"the date (six digits or more) and was not run since this one was, and when it was not run "
	"for\n"
	"eight days: then this list goes on with its waits, since the same time.\n"
	"A pipe is the list of an earlier pipe when it brings at least half of the serials that "
	"that "
	"one\n"
	"waits for, else a new list.\n"
	"A listing that is not whole makes it undecided.\n"
	".Pp\n"
	"While a profile failed, is throttled or in progress, or the UEM names a time to wait "
	"for,\n"
	".Ic uem.profile_since\n"
	"is when depmend first saw that, by whichever command, and\n"
	".Ic uem.profile_retry\n"
	"when trying again makes sense, by\n"
	".Ic timeouts\n"
	"of the settings or later if a service says so; rows and\n"
	".Ic depmend doctor\n"
	"say both.\n"
	".Pp\n"
	".Ic uem.pending_wipe\n"
	"is true while the record of a device in the UEM shows a wipe that waits,\n"
	"sent by depmend or in the console.\n"
	"Which devices those are is kept for\n"
	".Ic depmend status ,\n"
	"which asks no service: a device is named there until its record is read again\n"
	"without a wipe, by a plan, a run or\n"
	".Ic depmend doctor ,\n"
	"or until\n"
	".Ic depmend forget .\n"
	".Pp\n"
	"Durations are written\n"
	".Ql 500ms , 90s , 30m , 12h , 30d , 2w , 6mo , 1y .\n"
	".Ic depmend check\n"
	"reports every mistake of a file with its line and runs its tests.\n";

static const char bottom[] =
	".Sh EXAMPLES\n"
	".Bd -literal\n"
	"version: 1\n"
	"rules:\n"
	"  \\- name: corrupted\\-registration\n"
	"    match:\n"
	"      all:\n"
	"        \\- apple.status: ASSIGNED\n"
	"        \\- uem.profile_status: [Failed, \"Assignment in progress\"]\n"
	"        \\- not: {uem.last_seen|newer_than: 30d}\n"
	"    do: [unassign, sync, reassign, sync]\n"
	"    again_after: 7d\n"
	".Ed\n"
	".Sh SEE ALSO\n"
	".Xr depmend 1 ,\n"
	".Xr depmend-settings 5\n";

void docs_man_rules(FILE *out)
{
	(void)fputs(top, out);
	(void)fputs(".Sh KEYS\n", out);
	put_keys("Of the file", rules_page_keys, out);
	put_keys("Of a rule", rules_rule_keys, out);
	put_keys("Of wait_for", rules_wait_keys, out);
	put_keys("Of a parameter", rules_parameter_keys, out);
	put_keys("Of limits", rules_limit_keys, out);
	put_keys("Of halt", rules_halt_keys, out);
	put_keys("Of a test", rules_test_keys, out);
	put_keys("Of expect", rules_expect_keys, out);
	put_steps(out);
	put_opers(out);
	put_fields(out);
	(void)fputs(bottom, out);
}
