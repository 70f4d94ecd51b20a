#!/usr/bin/env bash
# Reason codes and exit statuses that no other suite meets, each brought about; and that every code
# and every status of the tables is named by some test.
#
#	tests/reasons/run.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/reasons/run.sh BUILD}"
cd "$work" || exit 1
# shellcheck disable=SC2119 # it needs no options
new_world
served() { # N: the serial of the N-th device that is on a server
	python3 -c 'import csv, sys; print([r["serial"] for r in csv.DictReader(open(sys.argv[1]))
		if r["server"]][int(sys.argv[2])])' "$root/samples/fleet.csv" "$1"
}
server_of() { # SERIAL
	awk -F, -v serial="$1" '$1 == serial { print $2 }' "$root/samples/fleet.csv"
}
one=$(served 0) two=$(served 1)
alone=$(python3 -c 'import csv, sys; print([r["serial"] for r in csv.DictReader(open(sys.argv[1]))
	if not r["server"]][0])' "$root/samples/fleet.csv")

rules() { # STEPS: every row gets them
	printf 'version: 1\nrules:\n  - name: all\n    match: {always: true}\n    do: %s\n' "$1" >all.yaml
}
csv() { # ROW...
	printf '%s\n' 'Serial Number,Wanted' "$@" >in.csv
}
has() { # CODE [FILE]: of some row
	check "$1" grep -q "$1: " "${2:-in.result.csv}"
}
plan() { # [OPTION...]
	rm -f in.result.csv
	run plan in.csv --rules ./all.yaml --out in.result.csv "$@"
}

# --- the file alone ---
rules '[{reassign: {to: {column: Wanted}}}]'
csv "$one,WS1 EMEA,$two"
plan
has row.surplus_cells
csv "$one,WS1 EMEA" "$two,WS1 EMEA" "$alone,C02XK1ABJG5H"
plan
has row.shifted
mapfile -t many < <(sed -n '2,22s/,.*/,WS1 EMEA/p' "$root/samples/fleet.csv")
csv "${many[@]}" 'Total: 21,'
plan
has row.not_a_device
csv "$one,A" "$one,B"
plan --offline
has row.conflict
rules '[unassign, sync, reassign, sync]'
csv "$one," "$two,"
plan --offline --limit 1
has limit.beyond_n
rules '[{advise: look at it}]'
plan --offline
has rule.advise
rules '[{note: of the loan desk}]'
plan --offline
has rule.note
check 'what is only noted is no failure' grep -q ',noted,' in.result.csv
exits 'it has ended well' 0
rules '[unassign, sync, reassign, sync]'
echo "$one" >protected.txt
settings_with 'protect: {file: protected.txt}'
plan
has protected.listed
settings

# --- the services ---
rules '[{reassign: {to: {column: Wanted}}}]'
csv "$one,no such server"
plan
has row.unknown_server
rules '[{assign_profile: {profile: {column: Wanted}}}]'
plan
has row.unknown_profile

# --- runs ---
rules '[reassign]'
csv "$alone,"
run apply in.csv --rules ./all.yaml --yes
has apple.no_previous_server
rules '[unassign, sync, reassign, sync]'
csv "$one," "$two,"
settings_with 'limits: {devices: 1}'
run apply in.csv --rules ./all.yaml --yes
exits 'a guard' 4
has run.guarded
check 'a guard: the row says which, and what lifts it' grep -q \
	'run.guarded: not attempted: stopped by limits.devices (2 > 1); nothing was sent. Allow it: --allow devices=2' in.result.csv
check 'a guard: the summary does' grep -q 'not attempted: stopped by limits.devices (2 > 1)' err
settings
run apply in.csv --rules ./all.yaml --yes
exits 'a rebuild' 0
plan
has rule.again_after
csv "$one," "$(served 2),"
run apply in.csv --rules ./all.yaml --yes
run undo "$(sed -n 's/^run  *//p' err)" --out undo.csv
has undo.nothing undo.csv

rules '[unassign, sync, reassign, sync]'
csv "$(served 3),"
sed -i "/server: $(server_of "$(served 3)"),/d" depmend.yaml
plan
has apple.server_unmapped
rules '[unassign, sync]'
plan
has uem.no_group
settings

# --- a wiped device whose record is enrolled once more, and not anew ---
rules '[{wipe: {kind: enterprise}}]'
new_world --state sim.db
wiped=$(python3 -c 'import csv, sys; print([r["serial"] for r in csv.DictReader(open(sys.argv[1]))
	if r["enrollment_status"] == "Enrolled"][0])' "$root/samples/fleet.csv")
csv "$wiped,"
run apply in.csv --rules ./all.yaml --yes --allow wipe=5 --confirm wipe=1
exits 'a wipe' 0
python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=20) as db:
	db.execute("UPDATE managed SET status = ? WHERE serial = ?", sys.argv[2:])' \
	sim.db Enrolled "$wiped"
rules '[{wipe: {kind: device}}]'
run apply in.csv --rules ./all.yaml --yes --allow wipe=5 --confirm wipe=1
has uem.once

# --- what Apple says of its activities, or does not say ---
weather() { # STATUS [SIMULATOR OPTION...]: both rows under it
	local wanted=$1
	shift
	new_world "$@"
	rm -f in.result*.csv
	csv "$one," "$two,"
	run apply in.csv --rules ./all.yaml --yes --max-wait 96h
	exits "$*" "$wanted"
}
rules '[unassign]'
weather 3 --scenario apple-activity-failed
has apple.activity_failed
weather 3 --set apple.activity_partial=1
has apple.device_failed
cat >lost.yaml <<'END'
version: 1
faults: [{service: apple, method: POST, path: /v1/orgDeviceActivities, do: reset, applied: no}]
END
weather 5 --scenario lost.yaml
has apple.outcome_unknown
rules '[unassign, sync, reassign, sync]'
weather 5 --scenario apple-activity-never --set apple.visibility_lag=30d
has state.request_open
run forget "$one" "$two" --reason 'looked at it' --confirm forget=2
exits 'a person lets them go' 0
run apply in.csv --rules ./all.yaml --yes
has run.forgotten
new_world --scenario apple-activity-never
csv "$one," "$two,"
run apply in.csv --rules ./all.yaml --yes --max-wait 10m
exits 'nothing is known in ten minutes' 75
same 'nobody knows whether they are off: nobody says so' 0 "$(grep -c 'off its server' in.result.csv)"
cat >back.yaml <<'END'
version: 1
faults: [{service: apple, activity: ASSIGN_DEVICES, do: reply, status: 409, code: ENTITY_ERROR, applied: no}]
END
weather 5 --scenario back.yaml
has run.in_flight
rules '[unassign]'
for nth in 1 2 3; do
	[ $nth -gt 1 ] || new_world --set "apple.ignored=$one"
	csv "$one,"
	run apply in.csv --rules ./all.yaml --yes --max-wait 96h
done
has apple.no_effect
rules '[unassign, sync, reassign, sync]'
new_world --set apple.activity_time=20m --set uem.sync_time=3h
csv "$one,"
run apply in.csv --rules ./all.yaml --yes --max-wait 25m
has run.coming_back
weather 5 --set uem.throttled="$one" --set uem.throttled_gone=yes
has uem.left_out
rules '[unassign]
waves: [1, 100%]'
weather 4 --scenario apple-activity-failed
has run.halted

# --- a run that another one takes over ---
new_world
settings_with 'batch: {apple: 1}
rate: {apple_write: 1/hour}'
rules '[unassign]'
run apply in.csv --rules ./all.yaml --yes --max-wait 5m
exits 'the second row waits' 75
older=$(sed -n 's/^run  *//p' err)
cp -r state whole
python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db: db.execute("DELETE FROM row WHERE n = 1")' state/*/depmend.db
run apply in.csv --rules ./all.yaml --yes --max-wait 5h
exits 'somebody took a row out of the state' 70
check 'it says so' grep -q 'number of rows' err
rm -rf state && mv whole state
csv "$(served 4),"
run apply in.csv --rules ./all.yaml --yes --max-wait 5h
exits 'another run' 0
run report "$older" --csv older.csv
has run.superseded older.csv

# --- signals ---
new_world
for one in HUP:129 INT:130 TERM:143; do
	csv "$two,"
	kill -STOP "$sim_pid" # so that a run waits for its answer as long as it takes here
	rm -rf state
	"$build/depmend" apply in.csv --rules ./all.yaml --yes >out 2>err </dev/null &
	run=$!
	for _ in $(seq 600); do
		grep -q '^SigBlk:.*4003$' "/proc/$run/status" && break # it takes the three signals
		sleep 0.05
	done
	kill "-${one%:*}" "$run"
	kill -CONT "$sim_pid"
	wait "$run"
	same "stopped by SIG${one%:*}" "${one#*:}" $?
	has run.stopped
done

# --- another run is active: the rows are there all the same ---
csv "$two,"
cp in.csv other.csv
kill -STOP "$sim_pid"
rm -rf state
"$build/depmend" apply in.csv --rules ./all.yaml --yes >held.out 2>held.err </dev/null &
held=$!
for _ in $(seq 600); do
	[ -n "$(find state -name lock -size +0 2>/dev/null)" ] && break
	sleep 0.05
done
run apply other.csv --rules ./all.yaml --yes --json
exits 'another run' 11
has run.locked other.result.csv
check 'it says which' grep -q "run.locked: not attempted: another run is active: process $held " other.result.csv
check 'rows are told, too' grep -q '"outcome":"pending".*"reason":"run.locked"' out
kill -INT "$held"
kill -CONT "$sim_pid"
wait "$held"

# --- a result whose run this state does not know ---
new_world
run apply in.csv --rules ./all.yaml --yes
exits 'a run' 0
cp in.result.csv again.csv
run plan again.csv --rules ./all.yaml --out known.csv
check 'its run is known' grep -q ',unchanged,.*state.done' known.csv
rm -rf state
run plan again.csv --rules ./all.yaml --out unknown.csv
exits 'its run is not known' 3
has row.unknown_run unknown.csv
same 'and nothing would be done' 0 "$(grep -c ',planned,' unknown.csv)"
run rehearse again.csv --rules ./all.yaml --out simulated.csv
check 'a rehearsal judges anew' grep -q ',done,' simulated.csv

# --- every code and every status is named by a test ---
codes=$(sed -n '/define REASON_LIST/,/^enum/s/^\tX([A-Z_]*, "\([a-z._]*\)".*/\1/p' \
	"$root/src/model/outcome.h")
check 'the codes are found' test "$(wc -w <<<"$codes")" -gt 40
for code in $codes; do
	named=$(cd "$root/tests" && grep -rlF -e "$code" --include=*.sh --include=*.py --include=*.case \
		--include='*.c' . | grep -vcE '^./(reasons|docs)/')
	[ "$named" -gt 0 ] || grep -qE "^	?(has ${code/./\\.})( |$)" "$here/run.sh" && named=1
	check "$code is named by a test" test "$named" -gt 0
done
statuses=$(sed -n 's/^\tX(\([0-9]*\), ".*/\1/p' "$root/src/report/status.h")
check 'the statuses are found' test "$(wc -w <<<"$statuses")" -gt 15
for code in $statuses; do
	check "status $code is asserted by a test" grep -rqE --include=*.sh --include=*.case \
		"^(@status|	?(exits|says) .*'.*'| *for one in .*[A-Z]*:) ?$code( |\$|;)" "$root/tests"
done
suite_end
