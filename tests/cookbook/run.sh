#!/usr/bin/env bash
# The README's cook book, each of its blocks run as it stands there, and the samples for cron.
#
#	tests/cookbook/run.sh BUILD
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/cookbook/run.sh BUILD}"
cd "$work" || exit 1
PATH=$build:$PATH

# The blocks of that language under that heading of the README: the commands as a script.
recipe() { # HEADING [LANGUAGE]
	awk -v heading="### $1" -v mark="\`\`\`${2:-sh}" '/^#/ && !inside { here = $0 == heading }
		/^```/ { inside = !inside; wanted = $0 == mark; next }
		here && inside && wanted' "$root/README.md"
}

cook() { # HEADING [SIMULATOR OPTION...]
	local heading=$1
	shift
	rm -f ./*.csv ./*.html ./*.xlsx ./*.prom
	new_world --state "$work/sim.db" "$@"
	awk -F, 'NR == 1 || $2 == "WS1 APAC" && /,yes,/' "$root/samples/fleet.csv" >devices.csv
	recipe "$heading" >script.sh
	check "$heading: there are commands" test "$(grep -c '^depmend ' script.sh)" -ge 3
}

serve() { # runs the script
	sh -eu script.sh >out 2>err </dev/null
	status=$?
}

# A device that Apple has on a server, and the UEM lost.
lose_record() {
	sim_stop
	sqlite3 "$work/sim.db" "DELETE FROM record WHERE device IN
		(SELECT device FROM record ORDER BY device LIMIT 3)"
	sim_start --state "$work/sim.db"
	settings
}

cook 'Every quarter: a clean-up'
serve
exits 'the clean-up' 0
same 'taken off once each' 15 "$(effects unassign)"
same 'and put back' 15 "$(effects assign)"
same 'none twice' '' "$(repeated_effects unassign)$(repeated_effects assign)"
check 'a page' test -s clean-up.html
check 'a workbook' test -s clean-up.xlsx
check 'the trail' grep -q 'the audit trail is whole' out

cook 'Every night: what Apple and the UEM disagree about'
lose_record
serve
exits 'the night' 0
same 'records that came back' 3 "$(effects sync-add)"
same 'nothing else was changed' 0 "$(changes)"
check 'numbers' grep -q '^depmend_rows{.*outcome="done"} 3$' depmend.prom

cook 'Every morning: what waits'
serve
exits 'the morning' 0

# Two of three have not come.
{ cat "$root/samples/fleet.csv" && printf 'BOUGHT0000%s\n' 1,,iPad; } >bought.fleet
cook 'Every night: devices that the seller has not added yet' --fleet bought.fleet
recipe 'Every night: devices that the seller has not added yet' yaml >newcomers.yaml
printf '%s\n' serial BOUGHT00001 BOUGHT00002 BOUGHT00003 >bought.csv
serve
exits 'the night' 0
same 'those who have come' 1 "$(effects assign)"
check 'the others wait' grep -q '^waiting     2 serials of .*bought.csv' out

cook 'Once: a migration'
serve
exits 'the migration' 0
same 'migrations' 15 "$(effects migrate)"
same 'none twice' '' "$(repeated_effects migrate)"
check 'a page' test -s migration.html
check 'the way back' grep -q cancel_migration back.csv

cook 'Every quarter: what changed'
lose_record
serve
exits 'what changed' 0
check 'two pages' test -s changes.html -a -s since-last-run.html
same 'records that came back' 'enrolled profile' \
	"$(sed -n '2,$s/^[^,]*,\([^,]*\),.*/\1/p' changes.csv | sort -u | paste -sd' ')"

cook 'Every quarter: what is out of coverage'
sh -u script.sh >out 2>err </dev/null # each plan ends 3: rows for a person
status=$?
exits 'out of coverage: some are for a person' 3
same 'three have left' 3 "$(effects release)"
same 'none twice' '' "$(repeated_effects release)"
check 'a report of all' test "$(grep -c ',noted,report,' out-of-coverage.csv)" -gt 50

# --- cron ---

cook 'Every night: what Apple and the UEM disagree about'
lose_record
run_cron() {
	"$root/samples/cron/nightly.sh" "$work" >out 2>err </dev/null
	status=$?
}
run_cron
exits 'nightly.sh' 0
same 'it says nothing when all is well' '' "$(cat out err)"
same 'records that came back' 3 "$(effects sync-add)"
check 'its numbers' grep -q '^depmend_rows{.*outcome="done"} 3$' depmend.prom
check 'its page' test -s report.html
cook 'Every night: what Apple and the UEM disagree about'
lose_record
settings_with 'limits: {devices: 0}'
run_cron
exits 'a guard that stops it: its status is kept' 4
check 'the mail says which guard' grep -q 'stopped by limits.devices (' err
check 'and with which status, and that no run began' grep -q '^depmend ended with status 4 and began no run' out
same 'not the run of before' 0 "$(grep -c '^run ' out)"

# Two nights that have no time for it: the second one goes on with the run of the first.
cook 'Every night: what Apple and the UEM disagree about'
lose_record
mkdir hasty
printf '#!/bin/sh\n' >hasty/sleep
# shellcheck disable=SC2016 # the script's own
printf '#!/bin/sh\n[ "$1" = apply ] && exec "%s" "$@" --max-wait 20s\nexec "%s" "$@"\n' "$build/depmend" "$build/depmend" >hasty/depmend
chmod +x hasty/*
PATH=$work/hasty:$PATH run_cron
exits 'nightly.sh without time' 75
PATH=$work/hasty:$PATH run_cron
exits 'and the next night' 75
same 'one run' 2 "$(depmend runs | grep -c ' stopped\| is stopped')"
check 'the mail is about that run' grep -q '^depmend ended with status 75: see .*report.html$' out
check 'and shows it' grep -q '^run .* (stopped)' out
sim_stop
run_cron
exits 'nightly.sh without services' 69
check 'it says so' grep -q 'depmend:' err
suite_end
