#!/usr/bin/env bash
# What cannot be undone, killed at any call: wipes, deleted records and releases come once at most, and
# the run that follows finishes them or says what nobody can know.
#
#	tests/finals/run.sh BUILD [N]     N points, evenly spread; 8 unless told
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/finals/run.sh BUILD [N]}"
points=${2:-8}
cd "$work" || exit 1

cat >fleet.csv <<'F'
serial,server,enrollment_status,user
FINWIPED0001,WS1 EMEA,Enrolled,jo
FINWIPED0002,WS1 EMEA,Enrolled,jo
FINLEFT00003,WS1 EMEA,Unenrolled,jo
FINSOLD00004,WS1 APAC,,
FINSOLD00005,WS1 APAC,,
STAY00000001,WS1 Americas,,
F
cat >rules.yaml <<'F'
version: 1
name: finals
rules:
  - {name: wipe, match: {serial|prefix: FINWIPED}, do: [{wipe: {kind: device}}, delete_record]}
  - {name: delete, match: {serial|prefix: FINLEFT}, do: [delete_record]}
  - {name: release, match: {always: true}, do: [delete_from_lifecycle, release]}
F
printf '%s\n' serial FINWIPED0001 FINWIPED0002 FINLEFT00003 FINSOLD00004 FINSOLD00005 >in.csv

apply() {
	run apply in.csv --rules rules.yaml --yes --allow percent=100 --allow wipe=2 \
		--allow delete_record=3 --allow release=2 --max-wait 24h \
		--confirm "wipe=$1" --confirm "delete_record=$2" --confirm "release=$3"
}
killed_at() { # CALL: leaves $status
	local shim=$build/crash/shim.so
	LD_PRELOAD=$shim CRASH_AT=$1 ASAN_OPTIONS=verify_asan_link_order=0 apply 2 3 2 2>/dev/null
}
outcomes() {
	python3 -c 'import csv
for r in csv.DictReader(open("in.result.csv")): print(r["serial"], r["depmend_outcome"])'
}
wipes() {
	jq -r 'select(.kind == "request" and (.path | test("/commands$"))) | .path' "$audit"
}
# The state that is left agrees with what the rows say.
agrees() { # WHERE
	local serial outcome
	while read -r serial outcome; do
		case $serial-$outcome in
		FINWIPED*-done | FINWIPED*-unchanged)
			same "$1: $serial is wiped, its record gone" '1 1' \
				"$(effects wipe "$serial") $(effects delete-record "$serial")"
			;;
		FINWIPED*-unverified) # nobody knows; what follows has to wait for a person
			same "$1: $serial keeps its record" 0 "$(effects delete-record "$serial")"
			;;
		FINLEFT*-done | FINLEFT*-unchanged) same "$1: $serial is gone" 1 "$(effects delete-record "$serial")" ;;
		FINSOLD*-done | FINSOLD*-unchanged) same "$1: $serial has left" 1 "$(effects release "$serial")" ;;
		*) same "$1: the outcome of $serial" 'done' "$outcome" ;;
		esac
	done < <(outcomes)
}

new_world --fleet fleet.csv
LD_PRELOAD=$build/crash/shim.so CRASH_LOG=$work/calls ASAN_OPTIONS=verify_asan_link_order=0 apply 2 3 2
exits 'undisturbed' 0
agrees undisturbed
n=$(wc -l <"$work/calls")
check 'its calls are known' test "$n" -gt "$points"

for i in $(seq "$points"); do
	at=$(((2 * i - 1) * n / (2 * points)))
	new_world --fleet fleet.csv
	rm -f in.result*.csv
	killed_at "$at"
	same "killed at $at" 137 "$status"
	apply 2 3 2
	[ "$status" -ne 4 ] || apply 0 0 0 # the run was over: another one finds nothing to do
	check "after call $at: no wipe twice" test -z "$(wipes | sort | uniq -d)"
	for what in wipe delete-record unassign release; do
		check "after call $at: no $what twice" test -z "$(repeated_effects "$what")"
	done
	agrees "after call $at"
done
suite_end
