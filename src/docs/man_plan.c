/* Of depmend(1): what a plan says, which guards there are, how runs are named, and the columns of a
 * result. */
#include <stdlib.h>
#include <string.h>

#include "docs/docs.h"
#include "model/allowance.h"
#include "report/result.h"

static const char plan_lines[] =
	".Sh PLANS\n"
	".Ic plan ,\n"
	"and\n"
	".Ic apply\n"
	"before it asks, say:\n"
	".Bl -tag -width fingerprint\n"
	".It fingerprint\n"
	"the name of exactly this plan: devices, rule, steps and state of each.\n"
	"With\n"
	".Fl \\-expect\n"
	"it, or the plan's CSV,\n"
	".Ic apply\n"
	"refuses when one of them is another now.\n"
	".It read , will change\n"
	"requests that were sent, and those that will be.\n"
	".It steps\n"
	"how many devices take each step.\n"
	".It waves\n"
	"how many groups of devices; each is verified before the next begins.\n"
	"A wave with too many failures\n"
	".Pq Ql halt\n"
	"ends the run; see\n"
	".Xr depmend-rules 5 .\n"
	".It off server\n"
	"devices that cannot enroll meanwhile: how many at a time, how long each.\n"
	".It estimate\n"
	"when the run ends, and what takes longest.\n"
	".It guard , stopped\n"
	"each guard with its figure; those that let\n"
	".Ic apply\n"
	"send nothing.\n"
	".It allow\n"
	"what would lift them.\n"
	".It next\n"
	"the command that carries out exactly this plan.\n"
	"It lifts no guard and says yes to nothing.\n"
	".El\n"
	".Sh GUARDS\n"
	"A guard that fires ends a run with status 4: nothing more is sent, and what is off its\n"
	"server is put back.\n"
	"Limits are in\n"
	".Xr depmend-settings 5\n"
	"and count every run of the last 24 hours.\n"
	".Fl \\-allow\n"
	"lifts one for one run and is kept in the audit trail.\n"
	"It takes:\n"
	".Bl -tag -width Ds\n";

static const char run_names[] = ".El\n"
				".Sh RUNS\n"
				".Ic apply\n"
				"begins a run, or continues the one that was stopped.\n"
				"Where a command takes\n"
				".Ar RUN ,\n"
				"it is a run's name, the beginning of one, or\n"
				".Ql latest ;\n"
				"of\n"
				".Ic undo\n"
				"the latest that is no undo itself.\n"
				"How long a run waits for rate limits and outages says\n"
				".Fl \\-max\\-wait :\n"
				"without it a terminal waits without end, a script 6 hours.\n";

static const char *const column_help[] = {
	"how the row ended: see OUTCOMES",
	"the rule that decided",
	"each step with its state, as in unassign=done;sync=done; done: proved by a read",
	"a code, a colon and a sentence: see REASONS",
	"status, server, listed by the UEM and profile before the first change",
	"the same when it was read last",
	"what proves it: Apple's activity and audit event, the time of the list that shows it",
	"how many changes of this device were sent to a service",
	"when the row ended, in UTC",
	"the run, as depmend runs names it",
};
_Static_assert(
	sizeof(column_help) / sizeof(column_help[0]) == RESULT_COLUMNS, "each column is described");

void docs_plans(FILE *out)
{
	(void)fputs(plan_lines, out);
	for (size_t i = 0; allowance_pattern(i); i++) {
		roff_line(".It", allowance_pattern(i), out);
		roff_text(allowance_meaning(i), out);
		(void)fputs(".\n", out);
	}
	(void)fputs(run_names, out);
}

void docs_columns(FILE *out)
{
	(void)fputs(
		".Sh RESULTS\nA result, and the CSV of a plan, has the rows and columns of the "
		"list in their order, then these.\nA result is a valid list for another run."
		"\nCells of the list, and those of an inventory, keep hidden characters, such as "
		"marks "
		"of writing direction, as the list or the service has them; a terminal shows "
		"a question mark in their place.\n.Bl -tag -width Ds\n",
		out);
	for (int i = 0; i < RESULT_COLUMNS; i++) {
		roff_line(".It", result_columns[i], out);
		roff_text(column_help[i], out);
		(void)fputs(".\n", out);
	}
	(void)fputs(".El\n", out);
}
