#!/usr/bin/env bash
# What one reading shows may be wrong: a page of before, a list that lacks a device, an answer that is
# none. Each name is a story.
#
#	tests/doubt/run.sh BUILD [PART]...    before late lacks odd group servers never silent whose
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/doubt/run.sh BUILD [PART]...}"
shift
cd "$work" || exit 1

rules() { # DO
	printf 'version: 1\nname: t\nrules:\n  - {name: r, match: {always: true}, do: %s}\n' "$1" >rules.yaml
}
rows() { # SERIAL...
	printf '%s\n' serial "$@" >in.csv
	rm -f in.result*.csv
}
apply() { # OPTION...
	run apply in.csv --rules rules.yaml --yes --allow percent=100 --max-wait 48h "$@"
}
outcome() { # SERIAL
	python3 -c 'import csv, sys
for r in csv.DictReader(open("in.result.csv")):
    if r["serial"] == sys.argv[1]: print(r["depmend_outcome"])' "$1"
}
tell() { # YAML: from now on, at the time at which each world begins
	printf 'version: 1\n%s\n' "$1" | curl -sf -H "X-Sim-Now: $(date -ud 2026-11-22T03:00Z +%s)000" \
		--data-binary @- "http://127.0.0.1:$port/sim/scenario"
}
place() { # SERIAL: where it is in truth
	jq -r --arg s "$1" 'select(.kind == "effect" and .serial == $s and .effective and
		(.what | test("^(assign|unassign|release)$"))) |
		if .what == "assign" then .after else "off" end' "$audit" | tail -n 1
}
posts() { requests '.method == "POST" and .path == "/v1/orgDeviceActivities" and .status == 201'; }
world() { # YAML, SIMULATOR OPTION...
	printf 'version: 1\n%s\n' "$1" >story.yaml
	shift
	new_world --fleet fleet.csv --scenario story.yaml "$@"
}
printf '%s\n' serial,server,profile 'C02DOUBT0001,WS1 EMEA,Kiosk' 'C02DOUBT0002,WS1 EMEA,Kiosk' \
	'C02DOUBT0003,WS1 APAC,Kiosk' 'C02STAY00001,WS1 EMEA,Kiosk' 'C02STAY00002,WS1 Americas,Kiosk' \
	'C02STAY00003,WS1 APAC,Kiosk' >fleet.csv
rebuild='[unassign, sync, reassign, sync]'

# --- all that Apple tells is as of before, for a while: nobody is dropped, nor called moved ---
part_before() {
	for after in 1s 8s 15s 25s; do
		for steps in "$rebuild" '[delete_from_lifecycle, release]' \
			'[{reassign: {to: WS1 Americas}}, sync, {reassign: {to: WS1 APAC}}, sync]'; do
			world "admins:
  - {on: {activity: '*', nth: 1}, at: terminal, after: $after, do: set, knobs: {apple.stale: 55s}}
  - {on: {activity: '*', nth: 1}, at: terminal, after: 110s, do: set, knobs: {apple.stale: 0s}}" --set uem.sync_time=5s
			settings_with 'poll: {apple: 2s, uem: 5s}'
			rules "$steps"
			rows C02DOUBT0003
			apply --allow release=1 --confirm "release=$(grep -c release <<<"$steps")"
			same "$steps, of before $after after its end: the row" '0 done' "$status $(outcome C02DOUBT0003)"
		done
	done
}

# --- it left late, when nobody waited any more, and the run after is shown a page of before: that it never
# left is believed of two looks ---
part_late() {
	for nth in $(seq 1 "$(fewer 6)"); do
		world '' --set apple.activity_time=2h --control
		rules "$rebuild"
		rows C02DOUBT0003
		apply
		exits "left late, page $nth of before: open" 5
		tell "overrides: [{service: apple, method: GET, path: '/v1/*evices*', nth: $nth, knobs: {apple.stale: 55s}}]"
		rules '[skip]'
		settings_with 'timeouts: {activity: 3h}' # its way back takes as long
		DEPMEND_CLOCK=virtual:2026-11-22T05:00:20Z apply
		same "left late, page $nth of before: it is back" 'WS1 APAC' "$(place C02DOUBT0003)"
	done
}

# --- the UEM's list lacks it once: it has not noticed yet that the device left ---
part_lacks() {
	for nth in $(seq 1 "$(fewer 9)"); do
		world "overrides: [{service: uem, method: GET, path: '*/devices', nth: $nth, knobs: {page.without: C02DOUBT0003}}]" \
			--set uem.sync_time=2m
		rules "$rebuild"
		rows C02DOUBT0003
		apply
		same "list $nth lacks it: the row" '0 done' "$status $(outcome C02DOUBT0003)"
		same "list $nth lacks it: the UEM saw it leave" 1 "$(effects sync-remove C02DOUBT0003)"
	done
}

# --- an answer that is none: not known, and nothing is sent ---
part_odd() {
	unknown() { # WHAT CONDITION
		printf 'version: 1\nname: t\nrules:\n  - {name: r, match: {%s}, do: [unassign]}\n' "$2" >rules.yaml
		echo '  - {name: rest, match: {always: true}, do: [skip]}' >>rules.yaml
		rows C02DOUBT0003
		apply --max-wait 1h
		check "$1: it is not known" grep -qE '^(undecided|pending|skipped|)$' <<<"$(outcome C02DOUBT0003)"
		same "$1: nothing is sent" 0 "$(posts)"
	}
	for list in /v1/orgDevices '/v1/mdmServers/*/relationships/devices'; do
		world "faults: [{service: apple, method: GET, path: '$list', do: reply, status: 204, applied: no}]"
		case $list in
		*mdm*) unknown "204 for $list" 'not: {apple.server|present: true}' ;;
		*) unknown "204 for $list" 'apple.known: false' ;;
		esac
	done
	# by serial, and the answer is about somebody else
	printf '%s\n' serial,server,enrollment_status 'C02DOUBT0003,WS1 APAC,Enrolled' \
		'C02STAY00003,WS1 APAC,Enrolled' 'C02STAY00001,WS1 EMEA,' 'C02STAY00002,WS1 Americas,' >enrolled.csv
	world "odd: [{service: uem, path: '/api/mdm/devices*', member: SerialNumber, value: '\"C02STAY00003\"'}]" \
		--fleet enrolled.csv
	unknown "another device of the UEM's" 'uem.enrollment_status: Enrolled'
	for status in 403 404 422; do
		world "faults: [{service: uem, method: GET, path: '*/dep/groups/*/devices', do: reply, status: $status, applied: no}]"
		unknown "$status for the lists of groups" 'uem.listed: false'
	done
}

# --- the list of one group cannot be read: that is no word about the devices of another ---
part_group() {
	for fault in 'status: 404' 'status: 422' 'status: 200, body: empty'; do
		for nth in 4 7 10; do # the first of three is WS1 EMEA's; the plan has read three
			world "faults: [{service: uem, method: GET, path: '*/dep/groups/*/devices', nth: $nth, do: reply, $fault, applied: no}]"
			rules '[remove_profile]'
			rows C02DOUBT0001 C02DOUBT0003
			apply
			check "list $nth, $fault: the run goes on ($status)" test "$status" -le 5
			same "list $nth, $fault: the row of another group" 'done' "$(outcome C02DOUBT0003)"
			[ "$nth" = 4 ] && same "list $nth, $fault: its own" undecided "$(outcome C02DOUBT0001)"
		done
	done
}

# --- a list of servers that is not whole calls none of them gone; one that is gone keeps its last name ---
part_servers() {
	for knobs in 'page.lose: 1' 'page.cut: 1, page.clamp: 2'; do
		world '' --control
		rules '[skip]'
		rows C02STAY00001
		apply
		tell "overrides: [{service: apple, method: GET, path: /v1/mdmServers, knobs: {$knobs}}]" >/dev/null
		rules "$rebuild"
		rows C02DOUBT0001
		apply
		check "servers, $knobs: the run goes on ($status)" test "$status" -ne 4
	done
	for deed in 'delete_server, server: WS1 APAC' 'recreate_server, server: WS1 APAC' \
		'delete_server, server: WS1 APAC, to: WS1 Americas'; do
		world "admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: terminal, after: 1s, do: $deed}]"
		rules '[skip]'
		rows C02STAY00002
		apply
		rules "$rebuild"
		rows C02DOUBT0003
		apply
		apply --allow organization=yes
		run status
		check "$deed: status calls it by its name" grep -q 'goes to WS1 APAC (run .*), which was deleted' out
	done
}

# --- one device never comes to an end: who was put back before its first sync is planned anew all the same ---
part_never() {
	while IFS=/ read -r what wait days; do
		world "overrides: [{activity: $what, nth: 2, knobs: {apple.activity_end: never}}]" --set uem.sync_time=30m
		rules "$rebuild"
		sed -i '1a waves: [100%]' rules.yaml
		rows C02DOUBT0001 C02DOUBT0003
		apply --max-wait "$wait"
		exits "$what never ends, cut off after $wait" 75
		for day in $days; do
			DEPMEND_CLOCK=virtual:2026-11-${day}T03:00:00Z apply
		done
		same "$what never ends, cut off after $wait: the other row" 'done 5' "$(outcome C02DOUBT0001) $status"
	done <<-'F'
		UNASSIGN_DEVICES/12m/23 24
		UNASSIGN_DEVICES/5m/23 24
		ASSIGN_DEVICES/12m/23 24
	F
}

# --- one record always answers 500, or cuts the connection: that device is not known, and keeps nobody else waiting ---
part_silent() {
	{
		printf 'serial,server,profile,enrollment_status\n'
		printf 'C02DOUBT000%d,WS1 APAC,Kiosk,Enrolled\n' 1 2 3
		printf 'C02MANY%05d,WS1 APAC,Kiosk,Enrolled\n' $(seq 4500)
	} >many.csv
	while IFS=/ read -r fact service path query; do
		for fault in 'reply, status: 500' reset; do
			world "faults: [{service: $service, path: '${path//+//}', query: '$query', do: $fault, applied: no},
  {service: uem, method: POST, path: '/api/mdm/devices*', do: $fault, applied: no}]" --fleet many.csv \
				--server 'WS1 EMEA' --server 'WS1 Americas'
			printf 'version: 1\nname: t\nrules:\n  - {name: r, match: {%s}, do: [{note: x}]}\n' "$fact" >rules.yaml
			rows C02DOUBT0001 C02DOUBT0002 C02DOUBT0003
			run plan in.csv --rules rules.yaml --out in.result.csv
			same "$fact of one, $fault" '3 undecided noted noted' "$status $(outcome C02DOUBT0001) $(
				outcome C02DOUBT0002) $(outcome C02DOUBT0003)"
		done
	done <<-'F'
		apple.status: ASSIGNED/apple/*+C02DOUBT0001/*
		apple.server: WS1 APAC/apple/*+C02DOUBT0001+*/*
		uem.enrollment_status: Enrolled/uem/+api+mdm+devices*/*C02DOUBT0001*
		uem.profile_status|present: true/uem/*+enrollment-tokens*/*C02DOUBT0001*
	F
}

# --- Apple says that it failed, and it shows all the same: another's doing, or ours ---
part_whose() {
	late() { # DO: an older state comes back while a request is under way that it does not know of
		rules '[skip]'
		rows C02STAY00003
		apply
		cp -r state kept
		rules "$1"
		rows C02DOUBT0003
		DEPMEND_CLOCK=virtual:2026-11-22T03:10:00Z apply --max-wait 5m
		rm -rf state && mv kept state
		DEPMEND_CLOCK=virtual:2026-11-22T03:17:00Z apply
	}
	next() {
		rules '[skip]'
		rows C02STAY00003
		DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z apply
	}
	off() { # SERIAL: since when status calls it off its server
		run status --json
		jq -r --arg s "$1" 'select(.serial == $s and .since) | .since' out
	}
	for steps in "$rebuild" '[unassign]' '[{reassign: {to: WS1 Americas}}, sync]'; do
		world '' --set apple.activity_time=20m
		late "$steps"
		same "$steps, forgotten: it is ours" '0 done' "$status $(outcome C02DOUBT0003)"
	done
	world '' --set apple.activity_time=20m --set apple.event_delay=1h
	late "$rebuild"
	same 'forgotten, events come late: off its server, and known to be' \
		'5 in_flight apple.outcome_unknown 2026-11-22T03:17:00.000Z' \
		"$status $(verdict C02DOUBT0003) $(off C02DOUBT0003)"
	next
	same 'forgotten, events come late: it is back' 'WS1 APAC 0' "$(place C02DOUBT0003) $status"

	# Without a word of the events' a school's device could be ours; elsewhere it is as Apple's log says.
	for events in 0s 1h forbidden never; do
		delay=$events
		[[ $events = [01]* ]] || delay=0s
		world 'admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: after, after: 5s, do: unassign, serials: [C02DOUBT0003]}]
'"$([ $events != forbidden ] || echo 'faults: [{service: apple, path: /v1/auditEvents, do: reply, status: 403, applied: no}]')" \
			--set apple.activity_time=2m --set apple.event_delay=$delay
		[ $events != never ] || sed -i 's/: business/: school/; s/BUSINESSAPI/SCHOOLAPI/' depmend.yaml
		rules "$rebuild"
		rows C02DOUBT0003
		apply
		if [ $events = 1h ] || [ $events = never ]; then
			same "another took it off, events $events" '5 in_flight' "$status $(outcome C02DOUBT0003)"
		else
			same "another took it off, events $events" '5 drifted ' \
				"$status $(outcome C02DOUBT0003) $(off C02DOUBT0003)"
		fi
		next
		if [ $events = never ]; then # it could be ours, and nothing will ever tell
			same 'another took it off, without events: it is put back' 'WS1 APAC 0' \
				"$(place C02DOUBT0003) $status"
		else
			same "another took it off, events $events: it is left so" 'off 0' "$(place C02DOUBT0003) $status"
		fi
	done

	# no answer to our request, which was carried out or not, and another takes the device off
	while IFS=/ read -r steps applied after events ends; do
		world "faults: [{activity: UNASSIGN_DEVICES, nth: 1, do: reset, applied: $applied}]
admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: after, after: $after, do: unassign, serials: [C02DOUBT0003]}]" \
			--set apple.activity_time=10m --set "apple.event_delay=${events/never/0s}"
		[ "$events" != never ] || sed -i 's/: business/: school/; s/BUSINESSAPI/SCHOOLAPI/' depmend.yaml
		rules "$steps"
		rows C02DOUBT0003
		apply
		same "$steps, no answer, applied $applied, another $after later, events $events" "$ends" \
			"$status $(outcome C02DOUBT0003) $(place C02DOUBT0003)"
		check "$steps, no answer, applied $applied, another $after later, events $events: nothing is known to be off" \
			test -z "$(off C02DOUBT0003)"
	done <<-F
		$rebuild/no/5m/0s/5 drifted off
		$rebuild/yes/5m/0s/5 drifted off
		$rebuild/yes/20m/0s/0 done WS1 APAC
		$rebuild/no/5m/never/0 done WS1 APAC
		$rebuild/no/5m/28m/5 drifted off
		$rebuild/no/29m/3m/5 drifted off
		$rebuild/yes/20m/13m/0 done WS1 APAC
		[unassign]/no/5m/0s/5 drifted off
		[unassign]/yes/20m/0s/0 done off
		[unassign]/no/5m/never/0 done off
		[delete_from_lifecycle]/no/5m/0s/5 drifted off
		[delete_from_lifecycle]/no/5m/28m/5 drifted off
	F

	# a school, where no event ever tells
	for school in forgotten byhand; do
		world "$([ $school = forgotten ] ||
			echo 'admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: after, after: 25m, do: assign, server: WS1 APAC, serials: [C02DOUBT0003]}]')" \
			--set apple.activity_time=20m
		sed -i 's/: business/: school/; s/BUSINESSAPI/SCHOOLAPI/' depmend.yaml
		if [ $school = forgotten ]; then
			late "$rebuild"
			same 'a school, forgotten: it is ours' '0 done' "$status $(outcome C02DOUBT0003)"
			check 'a school, forgotten: nothing is known to be off' test -z "$(off C02DOUBT0003)"
			next
		else
			rules "$rebuild"
			rows C02DOUBT0003
			apply --max-wait 10m
			same 'a school, cut off' '75 in_flight' "$status $(outcome C02DOUBT0003)"
			DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z apply
			same 'a school, put back by hand' '3 restored run.put_back' "$status $(verdict C02DOUBT0003)"
			DEPMEND_CLOCK=virtual:2026-11-22T07:00:00Z apply
		fi
		same "a school, $school: it is on its server" 'WS1 APAC 0' "$(place C02DOUBT0003) $status"
	done
	# a move of ours that is not known comes in between: said whose it was
	world '' --set apple.activity_time=20m
	rules '[skip]'
	rows C02STAY00003
	apply
	cp -r state kept
	rules '[{reassign: {to: WS1 Americas}}]'
	rows C02DOUBT0003
	DEPMEND_CLOCK=virtual:2026-11-22T03:10:00Z apply --max-wait 5m
	rm -rf state && mv kept state
	rules "$rebuild"
	DEPMEND_CLOCK=virtual:2026-11-22T03:17:00Z apply
	check 'a forgotten move: by this account' grep -q 'by BUSINESSAPI.*this account' \
		<<<"$(cell C02DOUBT0003 depmend_reason)"
}

for part in "${@:-before late lacks odd group servers never silent whose}"; do
	for one in $part; do "part_$one"; done
done
suite_end
