#!/usr/bin/env bash
# Reason codes that no other suite meets, each brought about; and that every code of the table is
# named by some test, but for the list of those that nobody brings about yet.
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
settings
run apply in.csv --rules ./all.yaml --yes
exits 'a rebuild' 0
plan
has rule.again_after
csv "$one," "$(served 2),"
run apply in.csv --rules ./all.yaml --yes
run undo "$(sed -n 's/^run  *//p' err)" --out undo.csv
has undo.nothing undo.csv

# --- signals ---
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

# --- every code is named by a test, but for these, which nobody brings about yet ---
owed='apple.activity_failed apple.device_failed apple.outcome_unknown
apple.unreachable internal run.halted run.in_flight run.superseded state.drifted uem.no_group
uem.unreachable'
codes=$(sed -n '/define REASON_LIST/,/^enum/s/^\tX([A-Z_]*, "\([a-z._]*\)".*/\1/p' \
	"$root/src/model/outcome.h")
check 'the codes are found' test "$(wc -w <<<"$codes")" -gt 50
for code in $codes; do
	named=$(cd "$root/tests" && grep -rlF -e "$code" --include=*.sh --include=*.py --include=*.case \
		--include='*.c' . | grep -vcE '^./(reasons|docs)/')
	[ "$named" -gt 0 ] || grep -qE "^	?(has ${code/./\\.})( |$)" "$here/run.sh" && named=1
	grep -qw "${code/./\\.}" <<<"$owed" || check "$code is named by a test" test "$named" -gt 0
done
suite_end
