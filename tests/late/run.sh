#!/usr/bin/env bash
# What cannot be undone goes by facts of now: a run waits, or is continued days later, and meanwhile
# what its rule rests on has changed. Nothing of it is sent, the row says why, and what the row had
# taken off its server is put back.
#
#	tests/late/run.sh BUILD [PART]...    budget table steps still back bought school killed
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/late/run.sh BUILD [PART]...}"
shift
cd "$work" || exit 1

cat >fleet.csv <<-'F'
	serial,server,profile,enrollment_status,user,added,last_seen,coverage,coverage_end
	C02LATE00001,WS1 EMEA,Kiosk,Unenrolled,jo,2025-03-01T00:00:00Z,2026-01-01T00:00:00Z,expired,2026-02-01
	C02LATE00002,WS1 EMEA,Kiosk,Enrolled,jo,2025-03-01T00:00:00Z,2026-01-01T00:00:00Z,expired,2026-02-01
	C02STAY00001,WS1 EMEA,Kiosk,,,2025-03-01T00:00:00Z,,,
	C02STAY00002,WS1 Americas,Kiosk,,,2025-03-01T00:00:00Z,,,
	C02STAY00003,WS1 APAC,Kiosk,Unenrolled,jo,2025-03-01T00:00:00Z,,,
F
late=C02LATE00001

rules() { # MATCH, DO
	printf 'version: 1\nname: t\nrules:\n  - {name: retire, match: %s, do: %s}\n' "$1" "$2" >rules.yaml
}
all_of_it='{serial: C02LATE00001, uem.enrollment_status: Unenrolled, uem.group: WS1 EMEA, apple.coverage: expired, uem.last_seen|older_than: 90d}'
act() { # OPTION...
	run apply in.csv --rules rules.yaml --yes --allow percent=100 --allow release=1 --allow wipe=1 \
		--allow delete_record=1 --confirm "release=$(grep -c release rules.yaml)" \
		--confirm "wipe=$(grep -c 'wipe: ' rules.yaml)" \
		--confirm "delete_record=$(grep -c delete_record rules.yaml)" --max-wait 48h "$@"
}
world() { # YAML, SIMULATOR OPTION...
	printf 'version: 1\n%s\n' "$1" >story.yaml
	shift
	export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
	new_world --fleet fleet.csv --scenario story.yaml --control "$@"
	echo C02STAY00001 >protected.csv
	echo 'protect: {file: protected.csv}' >>depmend.yaml
	printf '%s\n' serial "$late" >in.csv
	rm -f in.result*.csv
}
cell() { # COLUMN
	python3 -c 'import csv, sys
for r in csv.DictReader(open("in.result.csv")): print(r[sys.argv[1]])' "$1"
}
# Where the device is in truth, as the effects tell; home: it was never taken off.
place() {
	jq -r --arg s "$late" 'select(.kind == "effect" and .serial == $s and .effective and
		(.what | test("^(assign|unassign|release)$"))) | if .what == "assign" then .after else "off" end' \
		"$audit" | tail -n 1 | grep . || echo home
}
irreversible() { # requests and effects that nobody takes back
	echo $(($(effects release) + $(effects delete-record) + $(requests '(.path | test("/commands$"))')))
}

# --- what has changed: as a colleague's deed, the outcome that it leads to, and what the row says ---
declare -A deed=(
	[enrolled]="do: enroll, serials: [$late]"
	[covered]="do: cover, serials: [$late]"
	[regrouped]="do: regroup, serials: [$late]"
	[unreadable]="do: set, knobs: {apple.coverage_odd: $late}"
	[protected]=''
)
declare -A ends=(
	[enrolled]='drifted rule.no_longer uem.enrollment_status'
	[covered]='drifted rule.no_longer apple.coverage'
	[regrouped]='drifted rule.no_longer uem.group'
	[unreadable]='undecided rule.unknown apple.coverage'
	[protected]='protected protected.listed'
)
meddle() { # FACT: now
	if [ "$1" = protected ]; then
		echo "$late" >>protected.csv
	else
		printf 'version: 1\nadmins: [{%s}]\n' "${deed[$1]}" >meddle.yaml
		curl -sf -H 'X-Sim-Now: 1795489200000' --data-binary @meddle.yaml \
			"http://127.0.0.1:$port/sim/scenario"
	fi
}
judged() { # PAUSE FACT
	local what="$1, $2" outcome reason word
	read -r outcome reason word <<<"${ends[$2]}"
	# Put back before anything else, or by the run itself: a new run judges it from the start.
	case $1:$outcome in
	outage:drifted) outcome=unmatched reason=rule.none word= ;;
	esac
	set -- "$what"
	same "$1: nothing that cannot be undone is sent" 0 "$(irreversible)"
	same "$1: the row" "$outcome" "$(cell depmend_outcome)"
	check "$1: it says why" grep -q "$reason: .*$word" in.result.csv
	check "$1: the device is where it was" grep -qE 'home|WS1 EMEA' <<<"$(place)"
	run status
	check "$1: nothing is off its server" grep -q '^open *nothing' out
}
two_days_on() {
	DEPMEND_CLOCK=virtual:2026-11-24T03:30:00Z act
}

# --- the pauses: each leaves a run that another process continues, or waits by itself ---
pause_rate() { # FACT
	[ -n "${deed[$1]}" ] || return 1
	world "admins: [{after: 30m, ${deed[$1]}}]"
	echo 'rate: {apple_write: 1/hour}' >>depmend.yaml
	act
}
pause_max_wait() {
	world ''
	echo 'rate: {apple_write: 1/hour}' >>depmend.yaml
	act --max-wait 30m
	same "max-wait, $1: cut off, before the device left" '75 home' "$status $(place)"
	meddle "$1"
	two_days_on
}
pause_outage() {
	world 'faults: [{service: uem, method: PUT, query: "*action=Sync*", do: reply, status: 503}]'
	act
	same "503, $1: cut off, and back on its server" '75 WS1 EMEA' "$status $(place)"
	curl -sf -X POST "http://127.0.0.1:$port/sim/heal"
	meddle "$1"
	two_days_on
}
pause_killed() {
	world ''
	rm -f calls
	LD_PRELOAD=$build/crash/shim.so CRASH_LOG=$work/calls ASAN_OPTIONS=verify_asan_link_order=0 act
	world ''
	LD_PRELOAD=$build/crash/shim.so CRASH_AT=$(($(wc -l <calls) * 2 / 3)) \
		ASAN_OPTIONS=verify_asan_link_order=0 act 2>/dev/null
	same "killed, $1: before the end" '137 0' "$status $(irreversible)"
	meddle "$1"
	two_days_on
}
pause_window() {
	world ''
	cp depmend.yaml any-time.yaml
	echo 'windows: ["12:00-14:00 UTC"]' >>depmend.yaml
	act
	same "window, $1: it has not begun" '75 home' "$status $(place)"
	cp any-time.yaml depmend.yaml
	meddle "$1"
	two_days_on
}

# --- who leaves for good needs a second write in time: each run gets on, or says what it needs ---
part_budget() {
	many='C02LATE00001 C02STAY00002 C02STAY00003'
	rules '{always: true}' '[delete_from_lifecycle, release]'
	while read -r rate wait says; do
		world ''
		settings_with "rate: {apple_write: $rate/hour}"
		# shellcheck disable=SC2086 # a serial a word
		printf '%s\n' serial $many >in.csv
		for h in 03 05 07; do
			DEPMEND_CLOCK=virtual:2026-11-22T$h:00:00Z run apply in.csv --rules rules.yaml --yes --allow percent=100 \
				--allow release=3 --confirm release=3 --max-wait "$wait"
			[ "$status" = 75 ] || break
			check "$rate an hour, --max-wait $wait: nobody is off, $h" test "$(effects assign)$(effects unassign)" = "0$(effects release)"
		done
		if [ -z "$says" ]; then
			same "$rate an hour, --max-wait $wait: released after some runs" '0 3' "$status $(effects release)"
		else
			same "$rate an hour, --max-wait $wait: nothing is sent" '75 0' "$status $(posts)"
			check "$rate an hour, --max-wait $wait: it says what it needs" grep -q "$says" err
		fi
	done <<-'F'
		1 30m give a longer one
		1 90m
		2 30m
		3 30m
	F
}

part_table() {
	local steps='[delete_from_lifecycle, release]'

	rules "$all_of_it" "$steps"
	world ''
	act
	same 'nothing changes: it is released' '0 done off' \
		"$status $(cell depmend_outcome) $(place | sed 's/release/off/')"
	for fact in enrolled covered regrouped unreadable protected; do
		for pause in rate max_wait outage killed window; do
			"pause_$pause" "$fact" || continue
			judged "$pause" "$fact"
		done
	done
}

# --- the other steps: the UEM asks for two hours of patience, and it is waited for or not ---
second='odd: [{service: uem, path: /api/mdm/devices/search, serial: C02STAY00003, member: SerialNumber, value: "\"C02LATE00002\""}]'
seen='odd: [{service: uem, path: /api/mdm/devices, member: LastSeen, value: "\"2026-11-23T00:00:00\""}]'
garbled='odd: [{service: uem, path: /api/mdm/devices, member: LastSeen, value: "7"}]'
moved='admins: [{do: regroup, serials: [C02LATE00002]}]'
busy='faults: [{service: uem, method: %s, path: "/api/mdm/devices/*", nth: 1, do: reply, status: 429, retry_after: 7200, applied: no}]'
part_steps() {
	late=C02LATE00002
	for step in '{wipe: {kind: device}}' delete_record; do
		rules '{uem.last_seen|older_than: 90d, uem.group: WS1 EMEA}' "[$step]"
		while IFS='|' read -r what outcome reason yaml; do
			# shellcheck disable=SC2059 # the fault is a format
			world "$(printf "$busy" "$([ "$step" = delete_record ] && echo DELETE || echo POST)")"
			act --max-wait 30m
			exits "$step, $what: cut off" 75
			refused=$(irreversible)
			case $what in
			protected) echo "$late" >>protected.csv ;;
			*)
				printf 'version: 1\n%s\n' "$yaml" >meddle.yaml
				curl -sf -H 'X-Sim-Now: 1795489200000' --data-binary @meddle.yaml \
					"http://127.0.0.1:$port/sim/scenario"
				;;
			esac
			two_days_on
			same "$step, $what: not sent" "$refused" "$(irreversible)"
			same "$step, $what: the row" "$outcome" "$(cell depmend_outcome)"
			check "$step, $what: why" grep -q "$reason" in.result.csv
		done <<-F
			second|failed|uem.ambiguous|$second
			seen again|drifted|rule.no_longer: .*uem.last_seen|$seen
			unreadable|undecided|rule.unknown: .*uem.last_seen|$garbled
			moved|drifted|rule.no_longer: .*uem.group|$moved
			protected|protected|protected.listed|
		F
	done

	# a migration that is forced takes back nothing, either
	rules '{apple.coverage: expired}' '[{migrate: {to: WS1 APAC, deadline: 2026-11-01, force_now: true}}]'
	late=C02LATE00001
	world "admins: [{after: 30m, do: cover, serials: [$late]}]
faults: [{activity: '*', nth: 1, do: reply, status: 429, code: TOO_MANY_REQUESTS, retry_after: 7200, applied: no}]"
	act --confirm migrate=1
	same 'a forced migration, covered meanwhile' 'drifted 0' "$(cell depmend_outcome) $(effects migrate)"
}

# Off its server, and the write that was to release it does not come before --max-wait ends.
cut_off() { # WHAT
	world 'faults: [{activity: RELEASE_DEVICES, nth: 1, do: reply, status: 429, code: TOO_MANY_REQUESTS, retry_after: 7200, applied: no}]'
	act --max-wait 30m
	same "$1: cut off, with the device off" '75 off' "$status $(place)"
}

# --- what the row's own steps have changed is no change ---
part_still() {
	late=C02LATE00001
	for match in 'apple.server: WS1 EMEA, apple.status: ASSIGNED' 'uem.listed: true, uem.profile: Kiosk' \
		'any: [{apple.status: ASSIGNED}, {uem.listed: true}]' 'not: {apple.status: UNASSIGNED}'; do
		rules "{uem.enrollment_status: Unenrolled, $match}" '[delete_from_lifecycle, release]'
		cut_off "$match"
		two_days_on
		same "$match: put back first, two days later" '3 restored 0' \
			"$status $(cell depmend_outcome) $(effects release)"
		act
		# Its profile went with its entry: who asks for it does not find it again.
		case $match in *Kiosk*) next='0 unmatched 0' ;; *) next='0 done 1' ;; esac
		same "$match: then judged by the next run" "$next" \
			"$status $(cell depmend_outcome) $(effects release)"
	done
	late=C02LATE00002
	rules '{uem.enrollment_status: Enrolled, uem.user: jo}' '[{wipe: {kind: device}}, delete_record]'
	world '' --set uem.wipe_time=3h
	act --max-wait 1h
	two_days_on
	same 'a wipe that is over: its record is deleted' '0 done 1' \
		"$status $(cell depmend_outcome) $(effects delete-record)"

	# nor does anything cost a request that no rule asks for
	late=C02LATE00001
	rules '{always: true}' '[delete_from_lifecycle, release]'
	world ''
	echo 'rate: {apple_write: 1/hour}' >>depmend.yaml
	act
	same 'without a condition: released' '0 1' "$status $(effects release)"
	same 'without a condition: nothing is asked of the UEM about the device' 0 \
		"$(requests '.service == "uem" and (.path | test("/api/mdm/devices"))')"
}

# --- the way back that the row did not have: killed at any call of it, and taken up by whoever comes ---
part_back() {
	late=C02LATE00001
	rules "$all_of_it" '[delete_from_lifecycle, release]'
	cut_off 'the way back'
	meddle enrolled
	rm -f calls
	LD_PRELOAD=$build/crash/shim.so CRASH_LOG=$work/calls ASAN_OPTIONS=verify_asan_link_order=0 two_days_on
	n=$(wc -l <calls) points=$(fewer 12)
	for i in $(seq "$points"); do
		cut_off "the way back, $i of $points"
		meddle enrolled
		LD_PRELOAD=$build/crash/shim.so CRASH_AT=$(((2 * i - 1) * n / (2 * points))) \
			ASAN_OPTIONS=verify_asan_link_order=0 two_days_on 2>/dev/null
		same "killed on the way back, $i of $points" 137 "$status"
		if [ $((i % 2)) = 0 ]; then
			rules '{serial: NOBODY00}' '[skip]' # another run comes
		fi
		DEPMEND_CLOCK=virtual:2026-11-25T03:30:00Z act
		rules "$all_of_it" '[delete_from_lifecycle, release]'
		same "killed on the way back, $i of $points: it is back, once" 'WS1 EMEA 1 0' \
			"$(place) $(effects assign "$late") $(effects release)"
		run status
		check "killed on the way back, $i of $points: nothing is off" grep -q '^open *nothing' out
	done
}

# --- a plan of Apple's bought since the report, within the day that "expired" is kept for ---
covers() {
	requests '.path | endswith("/appleCareCoverage")'
}
part_bought() {
	late=C02LATE00001
	rules "$all_of_it" '[delete_from_lifecycle, release]'
	for fact in covered none; do
		world ''
		DEPMEND_CLOCK=virtual:2026-11-23T20:00:00Z run plan in.csv --rules rules.yaml --out plan.csv
		same "bought, $fact: the report would release it" 'planned 1' \
			"$(grep -o ',planned,' plan.csv | tr -d ,) $(covers)"
		[ "$fact" = none ] || meddle "$fact"
		two_days_on
		if [ "$fact" = none ]; then
			same 'bought, none: it is released' '0 done' "$status $(cell depmend_outcome)"
			same 'bought, none: asked before it leaves, and before it is released' 3 "$(covers)"
		else
			judged "bought, $fact" "$fact"
			same "bought, $fact: it never left its server" 'home 0' "$(place) $(changes)"
			same "bought, $fact: for one request" 2 "$(covers)"
		fi
	done
}

# --- a school: releases go by another service, from a server of their own ---
part_school() {
	local outcome reason word business=$client
	late=C02LATE00001
	school_begin
	cp fleet.csv business.csv
	for at in 'WS1 EMEA' 'depmend desk'; do
		{ sed "s/^$late,WS1 EMEA,/$late,$at,/" business.csv; echo 'C02STAY00004,depmend desk,,,,,,,'; } >fleet.csv
		for fact in enrolled covered unreadable protected; do
			rules "${all_of_it/uem.group: WS1 EMEA, /}" \
				'[delete_from_lifecycle, {reassign: {to: depmend desk}}, release]'
			printf 'version: 1\nfaults: [{service: dep, path: /devices/disown, nth: 1, do: reply, status: 503, retry_after: 7200, applied: no}]\n' >story.yaml
			export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
			school_world token.json --scenario story.yaml --control
			echo C02STAY00001 >protected.csv
			echo 'protect: {file: protected.csv}' >>depmend.yaml
			printf '%s\n' serial "$late" >in.csv
			rm -f in.result*.csv
			act --max-wait 30m
			same "school, $at, $fact: cut off" '75 0' "$status $(effects release)"
			meddle "$fact"
			two_days_on
			read -r outcome reason word <<<"${ends[$fact]}"
			same "school, $at, $fact: it is not released" "$outcome 0" \
				"$(cell depmend_outcome) $(effects release)"
			check "school, $at, $fact: it says why" grep -q "$reason: .*$word" in.result.csv
			same "school, $at, $fact: it is back where it was" "$at" "$(place | sed "s/^home$/$at/")"
			check "school, $at, $fact: and not what the run before waited for" \
				test "$(grep -c max-wait in.result.csv)" -eq 0
			run status
			check "school, $at, $fact: nothing is off its server" grep -q '^open *nothing' out
		done
	done
	sed '$a C02STAY00004,depmend desk,,,,,,,' business.csv >fleet.csv
	for steps in '[delete_from_lifecycle, {reassign: {to: depmend desk}}, release]' \
		'[{reassign: {to: depmend desk}}, release]'; do
		rules "${all_of_it/uem.group: WS1 EMEA, /}" "$steps"
		desk_back "$steps"
	done
	client=$business
	cp business.csv fleet.csv
}

# Killed on the way back from the desk, at any call of it.
desk_cut_off() {
	export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
	school_world token.json --scenario story.yaml --control
	printf '%s\n' serial "$late" >in.csv
	rm -f in.result*.csv
	act --max-wait 20m
	same 'the desk: cut off, and on it' '75 depmend desk' "$status $(place)"
	meddle enrolled
}
desk_back() { # STEPS
	local n points
	desk_cut_off
	rm -f calls
	LD_PRELOAD=$build/crash/shim.so CRASH_LOG=$work/calls ASAN_OPTIONS=verify_asan_link_order=0 two_days_on
	n=$(wc -l <calls) points=$(fewer 8)
	for i in $(seq "$points"); do
		desk_cut_off
		LD_PRELOAD=$build/crash/shim.so CRASH_AT=$(((2 * i - 1) * n / (2 * points))) \
			ASAN_OPTIONS=verify_asan_link_order=0 two_days_on 2>/dev/null
		same "killed on the way from the desk, $i of $points, $1" 137 "$status"
		[ $((i % 2)) = 1 ] || cp rules.yaml kept.yaml
		[ $((i % 2)) = 1 ] || rules '{serial: NOBODY00}' '[skip]' # another run comes
		DEPMEND_CLOCK=virtual:2026-11-25T03:30:00Z act
		[ $((i % 2)) = 1 ] || mv kept.yaml rules.yaml
		same "killed on the way from the desk, $i of $points, $1: it is back, once" 'WS1 EMEA 2 0' \
			"$(place) $(effects assign "$late") $(effects release)"
		run status
		check "killed on the way from the desk, $i of $points, $1: nothing is off" \
			grep -q '^open *nothing' out
	done
}

# --- killed while it is off, which the ledger knows from the intent on: whoever asks is told of it ---
killed_off() { # STEPS POINTS [NO RETURN]
	local n points off=0

	late=C02LATE00002
	rules '{uem.group: WS1 EMEA}' "$1"
	world '' --set uem.sync_time=10m
	rm -f calls
	LD_PRELOAD=$build/crash/shim.so CRASH_LOG=$work/calls ASAN_OPTIONS=verify_asan_link_order=0 act
	exits "$1: not killed" 0
	run status
	check "$1: then nothing is off its server" grep -q '^open *nothing' out
	n=$(wc -l <calls) points=$(fewer "$2")
	for i in $(seq "$points"); do
		rules '{uem.group: WS1 EMEA}' "$1"
		world '' --set uem.sync_time=10m
		LD_PRELOAD=$build/crash/shim.so CRASH_AT=$(((2 * i - 1) * n / (2 * points))) \
			ASAN_OPTIONS=verify_asan_link_order=0 act 2>/dev/null
		[ "$(place) $(posts) $(effects delete-record)" = "off 1 0" ] || continue
		off=$((off + 1))
		run status --json
		same "$1, killed at $i of $points: status names it" "5 $late" \
			"$status $(jq -r 'select(.type == "off_server") | .serial' out)"
		if [ $((i % 2)) = 0 ]; then
			rules '{serial: NOBODY00}' '[skip]' # another run comes
			DEPMEND_CLOCK=virtual:2026-11-23T03:30:00Z act
			[ -n "${3:-}" ] || same "$1, killed at $i of $points: then it is back, once" 'WS1 EMEA 1' \
				"$(place) $(effects assign "$late")"
			run status --json
			same "$1, killed at $i of $points: then status names it no more" "${3:+$late}" \
				"$(jq -r 'select(.type == "off_server") | .serial' out)"
			rules '{uem.group: WS1 EMEA}' "$1"
		fi
		DEPMEND_CLOCK=virtual:2026-11-24T03:30:00Z act
		exits "$1, killed at $i of $points: it goes on" 0
		run status
		check "$1, killed at $i of $points: nothing is off" grep -q '^open *nothing' out
	done
	check "$1: it was off when it was killed" test "$off" -gt 1
}
part_killed() {
	killed_off '[delete_from_lifecycle, release]' 36
	killed_off '[delete_from_lifecycle, delete_record]' 40
	killed_off '[{wipe: {kind: enterprise}}, delete_from_lifecycle, release]' 36 wiped
}

for part in "${@:-budget table steps still back bought school killed}"; do
	for one in $part; do "part_$one"; done
done
suite_end
