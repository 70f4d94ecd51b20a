#!/usr/bin/env bash
# What others do, and what becomes of lists, clocks and addresses, while a run waits or between two of
# them. Each name is a story, told with several members of its kind.
#
#	tests/meanwhile/run.sh BUILD [PART]...    waits protected stale lists pages servers left back taken unheard vain deeds elsewhere
#	                                          limits profiles final quota busy deaf older missing gone
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/meanwhile/run.sh BUILD [PART]...}"
shift
cd "$work" || exit 1

apply() { # OPTION...
	apply_rows --max-wait 48h "$@"
}
outcome() { # SERIAL
	cell "$1" depmend_outcome
}
tell() { # FILE: one more scenario from now on, at the time at which each world begins
	curl -sf -H "X-Sim-Now: $(date -ud 2026-11-22T03:00Z +%s)000" --data-binary "@$1" \
		"http://127.0.0.1:$port/sim/scenario"
}
profile_of() { # SERIAL: of the last export
	python3 -c 'import csv, sys
for r in csv.DictReader(open("live.csv")):
    if r["serial"] == sys.argv[1]: print(r["profile"])' "$1"
}
# Where the device is in truth, as the effects tell.
place() { # SERIAL
	jq -r --arg s "$1" 'select(.kind == "effect" and .serial == $s and .effective and
		(.what | test("^(assign|unassign|release|vanish|migrate|return)$"))) |
		if .what == "assign" or .what == "migrate" then .after else "off" end' "$audit" | tail -n 1
}
ours() { # WHAT SERIAL: effects of our account
	jq -r --arg w "$1" --arg s "$2" --arg us "$client" 'select(.kind == "effect" and .what == $w and
		.serial == $s and .effective and .actor == $us) | .what' "$audit" | wc -l
}
world() { # YAML, SIMULATOR OPTION...
	printf 'version: 1\n%s\n' "$1" >story.yaml
	shift
	new_world --fleet fleet.csv --scenario story.yaml "$@"
}

cat >fleet.csv <<-'F'
	serial,server,profile,enrollment_status,user,added,last_seen
	C02WHILE0001,WS1 EMEA,Corporate iPads,Enrolled,jo,2025-03-01T00:00:00Z,2026-11-01T00:00:00Z
	C02WHILE0002,WS1 EMEA,Corporate iPads,Enrolled,jo,2025-03-01T00:00:00Z,2026-11-01T00:00:00Z
	C02WHILE0003,WS1 APAC,Corporate iPads,,,2025-03-01T00:00:00Z,
	C02WHILE0004,WS1 APAC,Corporate iPads,,,2025-03-01T00:00:00Z,
	C02STAY00001,WS1 EMEA,Kiosk,,,2025-03-01T00:00:00Z,
	C02STAY00002,WS1 Americas,Kiosk,,,2025-03-01T00:00:00Z,
	C02STAY00003,WS1 APAC,Kiosk,,,2025-03-01T00:00:00Z,
	C02STAY00004,WS1 APAC,Custom,,,2025-03-01T00:00:00Z,
F
rebuild='[unassign, sync, reassign, sync]'

busy='faults: [{service: uem, method: PUT, query: "*action=Assign*", nth: 1, do: reply, status: 429, retry_after: 7200, applied: no}]
'
theirs='do: profile, serials: [C02WHILE0003], profile: Custom'
slow='rate: {apple_write: 1/hour}'
off_for_a_while='--set uem.sync_time=20m'
two='version: 1
name: t
waves: [1, 100%%]
rules:
  - {name: first, match: {serial: C02WHILE0001}, do: [{reassign: {to: WS1 Americas}}]}
  - {name: second, match: {always: true}, do: %s}
'
lost='faults: [{service: uem, method: POST, path: "/api/mdm/devices/*/commands", nth: 1, do: reset, applied: %s}]'
later='faults:
  - {activity: "*", nth: 1, do: reply, status: 429, code: TOO_MANY_REQUESTS, retry_after: 7200, applied: no}
'

# --- a change waits for the rate limit, or as Apple asks: what somebody decided meanwhile stays ---
# The first row takes the write of the hour, so that the second waits.
part_waits() {
	waiting() { # DO, YAML of what happens meanwhile; once by the rate, once by Retry-After
		local how=$3
		if [ "$how" = rate ]; then
			world "$2"
			settings_with "$slow"
			# shellcheck disable=SC2059 # the rules are a format
			printf "$two" "$1" >rules.yaml
			rows C02WHILE0001 C02WHILE0003
		else
			world "$later$2"
			rules "$1"
			rows C02WHILE0003
		fi
		apply --allow release=1 --confirm "release=$(grep -c 'release' <<<"$1")"
	}
	for how in rate retry-after; do
		waiting '[{reassign: {to: WS1 EMEA}}]' \
			'admins: [{after: 30m, do: assign, server: WS1 Americas, serials: [C02WHILE0003]}]' $how
		same "$how, moved elsewhere: the row" drifted "$(outcome C02WHILE0003)"
		same "$how, moved elsewhere: it stays there" 'WS1 Americas' "$(place C02WHILE0003)"
		exits "$how, moved elsewhere" 5
		waiting '[{reassign: {to: WS1 EMEA}}]' \
			'admins: [{after: 30m, do: assign, server: WS1 EMEA, serials: [C02WHILE0003]}]' $how
		same "$how, moved to our target: it is not assigned once more" 0 "$(ours assign C02WHILE0003)"
		same "$how, moved to our target: nor stripped" 0 "$(effects strip C02WHILE0003)"
		same "$how, moved to our target: nothing was left to do" 'unchanged 0' "$(outcome C02WHILE0003) $status"
		waiting '[unassign]' 'admins: [{after: 30m, do: unassign, serials: [C02WHILE0003]}]' $how
		same "$how, taken off by another: not by us" 0 "$(ours unassign C02WHILE0003)"
		same "$how, taken off by another: nothing was left to do" 'unchanged 0' "$(outcome C02WHILE0003) $status"
		waiting '[unassign]' 'admins: [{after: 30m, do: assign, server: WS1 EMEA, serials: [C02WHILE0003]}]' $how
		same "$how, moved before it is taken off: the row" drifted "$(outcome C02WHILE0003)"
		same "$how, moved before it is taken off: it stays" 'WS1 EMEA' "$(place C02WHILE0003)"
	done

	# one that is done already, while the other waits
	for deed in 'assign, server: WS1 APAC' unassign release; do
		world "admins: [{after: 30m, do: $deed, serials: [C02WHILE0001]}]"
		settings_with "$slow"
		# shellcheck disable=SC2059 # the rules are a format
		printf "$two" '[unassign]' >rules.yaml
		rows C02WHILE0001 C02WHILE0003
		apply
		same "done, then $deed: the rows" 'drifted done' "$(outcome C02WHILE0001) $(outcome C02WHILE0003)"
		same "done, then $deed: it is left" 0 "$(($(ours assign C02WHILE0001) - 1))"
	done

	# put back into service, between the step that takes it off and the release
	for back in 'assign, server: WS1 APAC' 'assign, server: WS1 EMEA'; do
		world "admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: visible, after: 20m, do: $back}]"
		settings_with "$slow"
		rules '[delete_from_lifecycle, release]'
		rows C02WHILE0003
		apply --allow release=1 --confirm release=1
		same "in service again ($back): not released" 0 "$(ours release C02WHILE0003)"
		same "in service again ($back): it stays" "${back#*: }" "$(place C02WHILE0003)"
		check "in service again ($back): not a clean end" test "$status" -ne 0
	done
}

# The protected list changes while the run waits: a secret that a command gives is asked for anew.
part_protected() {
	cat >secret.sh <<-'F'
		#!/bin/sh
		cat uem-secret
		n=$(cat asked)
		[ ! -e "then$n" ] || cat "then$n" >protected.csv
		echo $((n + 1)) >asked
	F
	chmod 700 secret.sh
	lists() { # DO: with then1, then2 ... in the list's place, at each question
		world '' --set uem.token_life=10m
		sed -i "s|client_secret: .*|client_secret: {command: [$work/secret.sh]}|" depmend.yaml
		printf '%s\nprotect: {file: protected.csv}\n' "$slow" >>depmend.yaml
		echo C02STAY00001 >protected.csv
		echo 0 >asked
		# shellcheck disable=SC2059 # the rules are a format
		printf "$two" "$1" >rules.yaml
		sed -i "s/first, match: {serial: C02WHILE0001}, do: .*/first, match: {serial: C02WHILE0001}, do: [{reassign: {to: WS1 APAC}}, sync, {reassign: {to: WS1 EMEA}}, sync, {reassign: {to: WS1 APAC}}, sync]}/" rules.yaml
		rows C02WHILE0001 C02WHILE0002
		apply --allow wipe=1 --confirm "wipe=$(grep -c wipe rules.yaml)"
	}
	moved='{reassign: {to: WS1 APAC}}, sync'
	for step in '{wipe: {kind: device}}' unassign '{reassign: {to: WS1 Americas}}'; do
		rm -f then*
		printf 'C02STAY00001\nC02WHILE0002\n' >then2
		lists "[$moved, $step]"
		same "protected meanwhile ($step): the row" protected "$(outcome C02WHILE0002)"
		same "protected meanwhile ($step): no wipe" 0 "$(wipes)"
		same "protected meanwhile ($step): the other one" 'done' "$(outcome C02WHILE0001)"

		mv then2 then1 # and not for long: what was once protected stays so
		echo C02STAY00001 >then2
		lists "[$moved, $step]"
		same "protected for a while ($step): the row" protected "$(outcome C02WHILE0002)"
		same "protected for a while ($step): no wipe" 0 "$(wipes)"

		printf 'C02STAY00001\n\0\n' >then2 && rm then1 # and what cannot be read stops what is new
		lists "[$moved, $step]"
		exits "a list that cannot be read ($step)" 78
		same "a list that cannot be read ($step): nothing of it is sent" '0 0' \
			"$(ours assign C02WHILE0002) $(wipes)"
	done
	# and who is off its server comes back, protected or not
	for then in '' skip; do # the run goes on, or another one comes
		for list in C02WHILE0001 'C02WHILE0001\nC02WHILE0003' '\0'; do
			world '' --set apple.activity_time=20m
			echo 'protect: {file: protected.csv}' >>depmend.yaml
			echo C02STAY00001 >protected.csv
			rules "$rebuild"
			rows C02WHILE0001 C02WHILE0003
			apply --max-wait 10m
			exits "protected while off: cut off" 75
			# shellcheck disable=SC2059 # the list is a format
			printf "C02STAY00001\n$list\n" >protected.csv
			[ -z "$then" ] || rules "[$then]"
			DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
			same "protected while off ($list), then ${then:-the same}: both are back" 'WS1 EMEA WS1 APAC' \
				"$(place C02WHILE0001) $(place C02WHILE0003)"
		done
	done
}

# --- one stale page, whichever it is: who was taken off comes back all the same ---
part_stale() {
	for path in '/v1/mdmServers/*/relationships/devices' '/v1/orgDevices/*' /v1/orgDevices; do
		for nth in $(seq 1 "$(fewer 8)"); do
			world "overrides: [{service: apple, path: '$path', nth: $nth, knobs: {apple.stale: 55s}}]" \
				--set apple.visibility_lag=5s
			rules "$rebuild"
			rows C02WHILE0001
			apply
			same "page $nth of $path stale: it is back" "0 WS1 EMEA 1" \
				"$status $(place C02WHILE0001) $(ours assign C02WHILE0001)"
			same "page $nth of $path stale: the row" 'done' "$(outcome C02WHILE0001)"
		done
	done
	# ... and when Apple says that it came back, though it did not, and a page shows it as it was before
	for path in '/v1/mdmServers/*/relationships/devices' '/v1/orgDevices/*' /v1/orgDevices; do
		for nth in $(seq 1 "$(fewer 8)"); do
			world "overrides:
  - {activity: ASSIGN_DEVICES, nth: 1, knobs: {apple.ignored: C02WHILE0001}}
  - {service: apple, method: GET, path: '$path', nth: $nth, knobs: {apple.stale: 55s}}"
			rules "$rebuild"
			rows C02WHILE0001
			apply --max-wait 5m
			check "page $nth of $path stale, not put back: its row says so" \
				test "$(place C02WHILE0001)$(outcome C02WHILE0001)" = offin_flight
			rules '[skip]'
			DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
			same "page $nth of $path stale, not put back: it is, later" 'WS1 EMEA' "$(place C02WHILE0001)"
		done
	done
	# said to have failed, though it happened, and it shows late: the second look is no sooner than that
	for activity in UNASSIGN_DEVICES ASSIGN_DEVICES; do
		for lag in 20s 40s 55s; do
			world "overrides: [{activity: $activity, nth: 1, knobs: {apple.misreported: C02WHILE0001, apple.visibility_lag: $lag}}]"
			rules "$rebuild"
			rows C02WHILE0001
			apply
			check "$activity misreported, $lag late: not called failed" \
				test "$(outcome C02WHILE0001)" != failed
			rules '[skip]'
			DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
			same "$activity misreported, $lag late: it is back, once" 'WS1 EMEA 1' \
				"$(place C02WHILE0001) $(ours assign C02WHILE0001)"
		done
	done
}

# --- a list of the UEM that lacks a device is no proof that it is gone ---
part_lists() {
	gone() { # WHAT SERIAL
		rules '[delete_from_lifecycle]'
		rows "$2"
		apply
		same "$1: done, after a sync and a search" 'done yes yes' \
			"$(outcome "$2") $([ "$(syncs)" -gt 0 ] && echo yes) $([ "$(searches)" -gt 0 ] && echo yes)"
		same "$1: it was taken off" off "$(place "$2")"
	}
	searches() { requests '.path | test("enrollment-tokens$")'; }
	for serial in C02WHILE0001 C02WHILE0003; do # of the first group, and of the last
		for nth in $(seq 1 "$(fewer 5)"); do
			for path in '*/devices' '*/enrollment-tokens*'; do
				world "overrides: [{service: uem, method: GET, path: '$path', nth: $nth, knobs: {page.without: $serial}}]"
				gone "list $nth of $path lacks $serial" $serial
			done
		done
		world "overrides: [{service: uem, method: GET, path: '*/devices', knobs: {page.without: $serial}}]"
		gone "all lists lack $serial" $serial
	done

	# one that cannot be read is no reason to keep devices of another group off, or not to be done
	away() { # SERIAL: minutes off its server
		jq -r --arg s "$1" 'select(.kind == "effect" and .serial == $s and .effective and
			(.what == "assign" or .what == "unassign")) | .t' "$audit" | paste -sd ' ' |
			awk '{print int(($2 - $1) / 60000)}'
	}
	for deed in 'delete_server, server: WS1 EMEA' 'recreate_server, server: WS1 EMEA, to: WS1 Americas'; do
		world "admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: terminal, do: $deed}]"
		rules "$rebuild"
		rows C02WHILE0001 C02WHILE0003
		apply
		same "$deed, and its list is doubted: the others are done" 'done state.done' "$(verdict C02WHILE0003)"
		check "$deed, and its list is doubted: the others are soon back" test "$(away C02WHILE0003)" -lt 15
	done
}

# --- pages that shift, come twice or get lost make nobody unknown to Apple, whose record would go ---
part_pages() {
	{
		echo serial,server,enrollment_status,user
		for i in $(seq 10 69); do echo "C02PAGES00$i,WS1 EMEA,Unenrolled,jo"; done
		printf "%s,,\n" "C02STAY00002,WS1 Americas" "C02STAY00003,WS1 APAC"
	} >pages.csv
	cut -d, -f1 pages.csv >in.csv
	cat >rules.yaml <<-'F'
		version: 1
		name: t
		rules:
		  - {name: gone, match: {apple.known: false}, do: [delete_record]}
		  - {name: rest, match: {always: true}, do: [skip]}
	F
	for pages in page.shift=1 page.shift=3 page.repeat=2 page.lose=1 page.cut=3 page.total_less=20 page.ignored=yes; do
		rm -f in.result*.csv
		new_world --fleet pages.csv --set page.clamp=10 --set $pages
		apply --allow delete_record=60 --confirm delete_record=0
		same "$pages: no record is deleted" 0 "$(effects delete-record)"
		check "$pages: it ends in good order" test "$status" -lt 70
	done

	# while devices are off no list of Apple's is whole any more: their own records bring them back
	for when in "{method: PUT, query: '*action=Sync*', nth: 1}, at: before" \
		'{activity: UNASSIGN_DEVICES, nth: 1}, at: landed'; do
		for pages in 'page.cut: 1, page.clamp: 2' 'page.repeat: 1, page.clamp: 2' 'page.total_more: 3' \
			'apple.page_drop: 3'; do
			world "admins: [{on: $when, do: set, knobs: {$pages}}]"
			rules "$rebuild"
			rows C02WHILE0001 C02WHILE0002
			apply --max-wait 2h
			exits "$when, $pages" 0
			same "$when, $pages: both are back" 'done done WS1 EMEA WS1 EMEA' \
				"$(outcome C02WHILE0001) $(outcome C02WHILE0002) $(place C02WHILE0001) $(place C02WHILE0002)"
		done
	done
}

# --- servers: renamed, or made anew, while a device is off ---
part_servers() {
	for when in accepted landed visible terminal; do
		[ $when != accepted ] || at=after
		[ $when = accepted ] || at=$when
		# shellcheck disable=SC2086 # an option and its value
		world "admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: $at, do: rename_server, server: WS1 APAC, name: WS1 Asia}]" $off_for_a_while
		rules "$rebuild"
		rows C02WHILE0001 C02WHILE0003
		apply
		exits "renamed when $when" 0
		same "renamed when $when: both are back" 'WS1 EMEA WS1 Asia' "$(place C02WHILE0001) $(place C02WHILE0003)"
	done
	for how in rename recreate delete; do
		case $how in
		rename) deed='rename_server, server: WS1 APAC, name: WS1 Asia' ;;
		*) deed="${how}_server, server: WS1 APAC" ;;
		esac
		world "admins: [{after: 1h, do: $deed}]" --set apple.activity_time=20m
		rules "$rebuild"
		rows C02WHILE0001 C02WHILE0003
		apply --max-wait 10m
		exits "$how between two runs: in flight" 75
		rules '[skip]'
		rows C02STAY00001
		for hour in 05 06; do
			DEPMEND_CLOCK=virtual:2026-11-22T$hour:00:00Z apply
			check "$how between two runs: no crash ($hour)" test "$status" -lt 70
			DEPMEND_CLOCK=virtual:2026-11-22T$hour:30:00Z run undo latest
			check "$how between two runs: undo, no crash ($hour)" test "$status" -lt 70
			[ $how != recreate ] || sed -i 's/#.*//' depmend.yaml
			[ $how = recreate ] || sed -i '/server: WS1 APAC/d' depmend.yaml # as its message says
		done
		same "$how between two runs: the other is back" 'WS1 EMEA' "$(place C02WHILE0001)"
		run status --json
		case $how in
		rename) same "$how between two runs: that one, too" 'WS1 Asia' "$(place C02WHILE0003)" ;;
		*) check "$how between two runs: that one is named" grep -q C02WHILE0003 out ;;
		esac
	done
	# the settings know the old name: no list proves that it came back, and it says so
	for steps in "$rebuild" '[unassign, sync, reassign, sync, {assign_profile: {profile: Corporate iPads}}]'; do
		world 'admins: [{after: 1h, do: rename_server, server: WS1 APAC, name: WS1 Asia}]' --set apple.activity_time=20m
		rules "$steps"
		rows C02WHILE0001 C02WHILE0003
		apply --max-wait 10m
		exits "old name, $steps: in flight" 75
		DEPMEND_CLOCK=virtual:2026-11-22T05:00:00Z apply
		exits "old name, $steps: not proved" 5
		same "old name, $steps: each as it is" 'done WS1 EMEA unverified apple.server_unmapped WS1 Asia' \
			"$(outcome C02WHILE0001) $(place C02WHILE0001) $(outcome C02WHILE0003) $(cell C02WHILE0003 depmend_reason | cut -d: -f1) $(place C02WHILE0003)"
	done
	# the server that one of them was to go to: the others are not kept from going
	for deed in 'delete_server, server: WS1 Americas, to: WS1 EMEA' 'recreate_server, server: WS1 Americas'; do
		world "admins: [{after: 1h, do: $deed}]"
		settings_with "$slow"
		# shellcheck disable=SC2059 # the rules are a format
		printf "$two" '[{reassign: {to: WS1 APAC}}]' >rules.yaml
		rows C02WHILE0003 C02WHILE0001 C02WHILE0002
		sed -i 's/  - {name: second/  - {name: now, match: {serial: C02WHILE0003}, do: [{reassign: {to: WS1 EMEA}}]}\n&/' rules.yaml
		apply --max-wait 10m
		exits "$deed: cut off" 75
		[ "${deed%%_*}" != delete ] || sed -i '/server: WS1 Americas/d' depmend.yaml # as its message says
		DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply --allow organization=yes
		exits "$deed: goes on" 3
		same "$deed: the one that was to go there" 'failed row.unknown_server' \
			"$(outcome C02WHILE0001) $(cell C02WHILE0001 depmend_reason | cut -d: -f1)"
		same "$deed: the others" 'done WS1 EMEA done WS1 APAC' \
			"$(for s in 3 2; do echo "$(outcome C02WHILE000$s) $(place C02WHILE000$s)"; done | xargs)"
	done
}

# --- released, or gone, while it is off: not assigned again and again ---
part_left() {
	for deed in release vanish; do
		for at in landed visible; do
			# shellcheck disable=SC2086 # an option and its value
			world "admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: $at, after: 1m, do: $deed}]" $off_for_a_while
			rules "$rebuild"
			rows C02WHILE0001
			apply
			check "$deed at $at: not done" test "$(outcome C02WHILE0001)" != 'done'
			first=$(posts)
			for hour in 09 15; do
				DEPMEND_CLOCK=virtual:2026-11-22T$hour:00:00Z apply
				check "$deed at $at: no crash" test "$status" -lt 70
			done
			same "$deed at $at: nothing more is sent" "$first" "$(posts)"
			check "$deed at $at: one try at most" test "$first" -le 2
			run status
			check "$deed at $at: nobody is off" test -z "$(grep -i 'off server.*C02WHILE' out)"
		done
	done
}

# --- brought back, or moved, by another administrator before our change was seen, or after it ---
part_back() {
	said() { # WHAT OUTCOME REASON: with the name of who did it
		same "$1: the row" "$2 $3" "$(outcome C02WHILE0001) $(cell C02WHILE0001 depmend_reason | cut -d: -f1)"
		check "$1: it names who" grep -q 'SERVER by other-admin@example.com at 2026-11-22T' \
			<<<"$(cell C02WHILE0001 depmend_reason)"
	}
	by_hand() { # AT AFTER SERVER [SIMULATOR OPTION...]
		local at=$1 after=$2 to=$3
		shift 3
		world "admins: [{on: {activity: '*', nth: 1}, at: $at, after: $after, do: assign, server: $to, serials: [C02WHILE0001]}]" "$@"
		rows C02WHILE0001
	}
	for after in 1s 5s 2m; do # seen off its server or not
		rules "$rebuild"
		by_hand landed $after 'WS1 EMEA' --set uem.sync_time=4m
		apply
		exits "back by hand after $after" 3
		said "back by hand after $after" restored run.put_back
		same "back by hand after $after: it is not assigned once more" 0 "$(ours assign C02WHILE0001)"
		rows C02STAY00001 # its custody is over, and another run finds nothing to bring back
		rules '[skip]'
		DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
		exits "back by hand after $after: nothing is left open" 0
	done
	for steps in '[unassign]' '[{reassign: {to: WS1 APAC}}]' '[{reassign: {to: WS1 APAC}}, sync]'; do
		rules "$steps"
		by_hand landed 1s 'WS1 EMEA'
		apply
		exits "$steps, back by hand" 5
		said "$steps, back by hand" drifted state.drifted
	done
	rules "$rebuild" # between two runs
	for then in '' skip; do
		by_hand landed 1m 'WS1 EMEA' --set apple.activity_time=20m
		apply --max-wait 10m
		exits "back by hand between two runs" 75
		run=$(sed -n 's/^run *//p' err)
		[ -z "$then" ] || rules "[$then]"
		DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
		[ -z "$then" ] || run report "$run" --csv in.result.csv
		said "back by hand between two runs, then ${then:-the same}" restored run.put_back
		same "back by hand between two runs: it is not assigned once more" 0 "$(ours assign C02WHILE0001)"
	done
	rules "$rebuild" # and where all the steps hold all the same, the row is done, and says so
	world "faults: [{activity: ASSIGN_DEVICES, nth: 1, do: reply, status: 429, code: TOO_MANY_REQUESTS, retry_after: 600, applied: no}]
admins: [{on: {activity: '*', nth: 1}, at: landed, after: 5m, do: assign, server: WS1 EMEA, serials: [C02WHILE0001]}]"
	rows C02WHILE0001
	apply
	exits 'back by hand while ours waits' 0
	said 'back by hand while ours waits' 'done' state.done
	# no event, no name: what Apple accepted does not show
	for none in 'apple.event_delay=2d' ''; do
		[ -n "$none" ] && by_hand landed 1s 'WS1 EMEA' --set $none
		[ -n "$none" ] || world 'knobs: {apple.ignored: C02WHILE0001}'
		apply
		same "nobody is known (${none:-nobody was}): the row" 'unverified apple.not_proved' \
			"$(outcome C02WHILE0001) $(cell C02WHILE0001 depmend_reason | cut -d: -f1)"
		run status
		exits "nobody is known (${none:-nobody was}): nobody is off" 0
	done
}

# --- back by our own put-back, and taken off again before that was seen ---
part_taken() {
	taken() { # AFTER STEPS [SIMULATOR OPTION...]
		local after=$1 steps=$2
		shift 2
		rules "$steps"
		world "admins: [{on: {activity: ASSIGN_DEVICES, nth: 1}, at: landed, after: $after, do: unassign, serials: [C02WHILE0001]}]" "$@"
		rows C02WHILE0001 C02WHILE0002
		apply
	}
	theirs_stays() { # WHAT
		same "$1: the rows" 'drifted state.drifted done' \
			"$(outcome C02WHILE0001) $(cell C02WHILE0001 depmend_reason | cut -d: -f1) $(outcome C02WHILE0002)"
		check "$1: it names who" grep -q 'SERVER by other-admin@example.com at 2026-11-22T' \
			<<<"$(cell C02WHILE0001 depmend_reason)"
		same "$1: it is assigned once" 1 "$(ours assign C02WHILE0001)"
		same "$1: it stays as it was left" off "$(place C02WHILE0001)"
		run status
		check "$1: nobody is off by us" test -z "$(grep -i 'off server.*C02WHILE' out)"
	}
	for steps in "$rebuild" '[unassign, reassign]' '[unassign, sync, {reassign: {to: WS1 APAC}}]' \
		'[{reassign: {to: WS1 APAC}}, sync]' '[{reassign: {to: WS1 APAC}}]'; do
		for after in 1s 20s 50s; do
			taken $after "$steps"
			theirs_stays "$steps, taken off after $after"
		done
	done
	# while nobody looks
	world "admins: [{on: {activity: ASSIGN_DEVICES, nth: 1}, at: landed, after: 1m, do: unassign, serials: [C02WHILE0001]}]" \
		--set apple.activity_time=20m
	rules "$rebuild"
	rows C02WHILE0001
	apply --max-wait 30m
	exits 'taken off between two runs' 75
	DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
	same 'taken off between two runs: the row' drifted "$(outcome C02WHILE0001)"
	same 'taken off between two runs: it is assigned once' 1 "$(ours assign C02WHILE0001)"
	# told only while what we send again waits for its turn
	taken 1s '[unassign, reassign]' --set apple.event_delay=40m
	same 'taken off, and no event tells yet: it is back' 'done' "$(outcome C02WHILE0001)"
	world "admins: [{on: {activity: ASSIGN_DEVICES, nth: 1}, at: landed, after: 1s, do: unassign, serials: [C02WHILE0001]}]" \
		--set apple.event_delay=40m
	settings_with 'rate: {apple_write: 2/hour}'
	rules "$rebuild"
	rows C02WHILE0001 C02WHILE0002
	apply
	theirs_stays 'told while the next put-back waits'
	# the run ends before it is done with all: he is named all the same
	# shellcheck disable=SC2086 # an option and its value
	world "admins: [{on: {activity: ASSIGN_DEVICES, nth: 1}, at: landed, after: 5s, do: unassign, serials: [C02WHILE0001]}]" $off_for_a_while
	rules "$rebuild"
	rows C02WHILE0001 C02WHILE0002
	apply --max-wait 20m
	same 'the run ends early: the rows' 'drifted restored' "$(outcome C02WHILE0001) $(outcome C02WHILE0002)"
	check 'the run ends early: it names who' grep -q 'SERVER by other-admin@example.com at 2026-11-22T' \
		<<<"$(cell C02WHILE0001 depmend_reason)"
	# without an event it comes back: Apple may have dropped what we sent
	taken 1s "$rebuild" --set apple.event_delay=2d
	same 'taken off, and no event tells: it is back' 'done WS1 EMEA' "$(outcome C02WHILE0001) $(place C02WHILE0001)"
}

# --- nobody heard that it was done, and somebody else moved the device back to where it was ---
part_unheard() {
	for fault in 'do: reset, applied: yes' 'do: reply, status: 502, applied: yes'; do
		for after in 70s 20m; do
			for steps in '[unassign]' '[{reassign: {to: WS1 APAC}}]' "$rebuild" '[delete_from_lifecycle, release]'; do
				world "faults: [{activity: '*', nth: 1, $fault}]
admins: [{on: {activity: '*', nth: 1}, at: landed, after: $after, do: assign, server: WS1 EMEA, serials: [C02WHILE0001]}]"
				rules "$steps"
				rows C02WHILE0001
				case $steps in
				*release*) apply --allow release=1 --confirm release=1 ;;
				*) apply ;;
				esac
				same "$steps, unheard ($fault), back after $after: sent once" 1 \
					"$(requests '.method == "POST" and .path == "/v1/orgDeviceActivities"')"
				same "$steps, unheard ($fault), back after $after: it stays" 'WS1 EMEA' "$(place C02WHILE0001)"
				check "$steps, unheard ($fault), back after $after: it names who" \
					grep -q 'SERVER by other-admin@example.com at 2026-11-22T' <<<"$(cell C02WHILE0001 depmend_reason)"
				check "$steps, unheard ($fault), back after $after: $(outcome C02WHILE0001)" \
					grep -qx -e drifted -e restored <<<"$(outcome C02WHILE0001)"
			done
		done
	done
}

# --- Apple says that it is done, and nothing changes: tried in one more run, and then a person says ---
part_vain() {
	for steps in "$rebuild" '[unassign]' '[{reassign: {to: WS1 APAC}}]' '[{migrate: {to: WS1 Americas, deadline: 2026-12-20}}]'; do
		world 'knobs: {apple.ignored: C02WHILE0001}' --control
		rules "$steps"
		rows C02WHILE0001
		for hour in 03 05 07 09; do
			DEPMEND_CLOCK=virtual:2026-11-22T$hour:00:00Z apply
			exits "$steps, in vain, at $hour" 5
		done
		same "$steps, in vain: two requests" 2 "$(posts)"
		same "$steps, in vain: the row" 'unverified apple.no_effect' \
			"$(outcome C02WHILE0001) $(cell C02WHILE0001 depmend_reason | cut -d: -f1)"
		echo 'name: other' | cat - rules.yaml | sed '/^name: t/d' >other.yaml && mv other.yaml rules.yaml
		DEPMEND_CLOCK=virtual:2026-11-22T10:00:00Z apply
		same "$steps, in vain, rules of another name: two requests" 2 "$(posts)"
		printf 'version: 1\nknobs: {apple.ignored: ""}\n' >mended.yaml
		tell mended.yaml
		DEPMEND_CLOCK=virtual:2026-11-22T11:00:00Z apply --allow again=C02WHILE0001
		exits "$steps, in vain, then a person says so" 0
	done
	# another change of the device is another matter
	world 'knobs: {apple.ignored: C02WHILE0001}'
	rows C02WHILE0001
	for steps in '[unassign]' '[unassign]' '[unassign]' '[{reassign: {to: WS1 APAC}}]' '[{reassign: {to: WS1 Americas}}]'; do
		rules "$steps"
		apply
	done
	same 'in vain, and others: each is sent' 4 "$(posts)"
}

# --- a wipe that nobody knows about: its own result as input, the device enrolled anew, little time ---
part_deeds() {
	again() { # SERVICE PATH [MEMBER VALUE]...: from now on the records say so
		local about="service: $1, path: '$2'"
		shift 2
		printf 'version: 1\nodd:\n' >odd.yaml
		while [ $# -gt 0 ]; do
			case $2 in absent) value=$2 ;; *) value="'\"$2\"'" ;; esac
			printf '  - {%s, member: %s, value: %s}\n' "$about" "$1" "$value" >>odd.yaml
			shift 2
		done
		tell odd.yaml
	}
	for applied in yes no; do
		# shellcheck disable=SC2059 # a format
		world "$(printf "$lost" $applied)" --set uem.wipe_time=30m
		rules '[{wipe: {kind: device}}]'
		rows C02WHILE0002
		apply --allow wipe=5 --confirm wipe=1 --max-wait 5m
		check "wipe, applied: $applied, little time: not a clean end" test "$status" -ne 0
		cp in.result.csv again.csv
		run apply again.csv --rules rules.yaml --yes --allow percent=100 --allow wipe=5 --confirm wipe=1 --max-wait 1h
		same "wipe, applied: $applied, its result as input: one wipe" 1 "$(wipes)"
		[ $applied = yes ] || check "wipe, its result as input: not a clean end" test "$status" -ne 0
	done
	world "${lost/\%s/yes}"$'\n''admins: [{after: 2h, do: enroll, serials: [C02WHILE0002]}]'
	rules '[{wipe: {kind: device}}]'
	rows C02WHILE0002
	apply --allow wipe=5 --confirm wipe=1 --max-wait 1m
	check 'wipe, enrolled anew: not a clean end' test "$status" -ne 0
	for kind in device enterprise; do
		rules "[{wipe: {kind: $kind}}]"
		for hour in 07 12; do
			DEPMEND_CLOCK=virtual:2026-11-22T$hour:00:00Z apply --allow wipe=5 --confirm wipe=1 --max-wait 1h
			check "wipe, enrolled anew, $kind at $hour: not a clean end" test "$status" -ne 0
		done
	done
	same 'wipe, enrolled anew: one wipe' 1 "$(wipes)"
	for enrolled in '2026-11-21T05:00:00.000' '2026-11-22T02:00:00.000' absent; do # its record stays, and tells of another one
		world "${lost/\%s/no}" --control
		rules '[{wipe: {kind: device}}]'
		rows C02WHILE0002
		apply --allow wipe=5 --confirm wipe=1 --max-wait 1m
		again uem '/api/mdm/devices*' LastEnrolledOn $enrolled
		rules '[{wipe: {kind: enterprise}}]'
		apply --allow wipe=5 --confirm wipe=1 --max-wait 1h
		check "wipe, enrolled $enrolled: not a clean end" test "$status" -ne 0
		same "wipe, enrolled $enrolled: one wipe" 1 "$(wipes)"
	done

	# what is done is not done again for the same enrollment or membership, whatever is read of it,
	# nor when what is read does not tell which one it is
	for odd in '' absent soon; do
		world '' --control
		rules '[{wipe: {kind: device}}]'
		rows C02WHILE0002
		apply --allow wipe=5 --confirm wipe=1
		exits 'a wipe' 0
		again uem '/api/mdm/devices*' EnrollmentStatus Enrolled ${odd:+LastEnrolledOn "$odd"}
		apply --allow wipe=5 --confirm wipe=1
		check "a wipe, then enrolled by its record (${odd:-the same}): not a clean end" test "$status" -ne 0
		same "a wipe, then enrolled by its record (${odd:-the same}): one" 1 "$(wipes)"
		world '' --control
		rules '[delete_from_lifecycle, release]'
		rows C02WHILE0003
		apply --allow release=5 --confirm release=1
		exits 'a release' 0
		again apple '/v1/orgDevices*' attributes.releasedFromOrgDateTime absent \
			${odd:+attributes.addedToOrgDateTime "$odd"}
		apply --allow release=5 --confirm release=1
		check "a release, then a member (${odd:-the same}): not a clean end" test "$status" -ne 0
		same "a release, then a member (${odd:-the same}): one" 1 \
			"$(jq -r 'select(.kind == "accepted" and .type == "RELEASE_DEVICES") | .type' "$audit" | wc -l)"
	done
}

# --- other addresses, and a corrected clock, between two processes ---
part_elsewhere() {
	cut_off() { # leaves C02WHILE0001 off its server, in a run that has not ended
		world '' --set apple.activity_time=20m
		rules "$rebuild"
		rows C02WHILE0001
		apply --max-wait 25m
		exits "$1: cut off" 75
	}
	cut_off 'another url of Apple'
	sed -i '/apple:/,/uem:/s/127\.0\.0\.1/localhost/' depmend.yaml
	DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
	exits 'another url of Apple' 0
	same 'another url of Apple: it is back, once' 'WS1 EMEA 1' "$(place C02WHILE0001) $(ours assign C02WHILE0001)"
	cut_off 'another url of the UEM'
	sed -i '/uem:/,$s/127\.0\.0\.1/localhost/' depmend.yaml
	DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
	exits 'another url of the UEM' 0
	same 'another url of the UEM: it is back, once' 'WS1 EMEA 1' "$(place C02WHILE0001) $(ours assign C02WHILE0001)"
	for to in 2026-11-21T22:00:00Z 2026-11-22T03:26:00Z 2027-11-22T03:00:00Z; do
		cut_off "the clock says $to"
		DEPMEND_CLOCK=virtual:$to apply
		exits "the clock says $to" 0
		same "the clock says $to: it is back, once" 'WS1 EMEA 1' \
			"$(place C02WHILE0001) $(ours assign C02WHILE0001)"
	done
	# a change that nobody knows about is in quarantine; on a new boot for the whole time once more
	sent_ms() { # NTH: when the change was sent
		jq -r 'select(.kind == "request" and .path == "/v1/orgDeviceActivities" and .method == "POST") | .t' \
			"$audit" | sed -n "$1p"
	}
	for steps in '[unassign]' '[{reassign: {to: WS1 Americas}}]' '[delete_from_lifecycle]'; do
		for boot in one two; do
			world 'faults: [{activity: "*", nth: 1, do: reset, applied: no}]'
			rules "$steps"
			rows C02WHILE0003
			DEPMEND_BOOT=one apply --max-wait 2m
			check "$steps, its reply lost: not a clean end" test "$status" -ne 0
			DEPMEND_BOOT=$boot DEPMEND_CLOCK=virtual:2026-11-22T03:25:00Z apply --max-wait 20m
			if [ $boot = one ]; then
				exits "$steps, its reply lost, the same boot" 0
				# the time of a request and of an activity, and two readings a minute apart
				check "$steps, its reply lost: not sent again within 32 minutes" \
					test $(($(sent_ms 2) - $(sent_ms 1))) -ge $((32 * 60000))
			else
				same "$steps, its reply lost, a new boot: not sent again in 45 minutes" '' "$(sent_ms 2)"
				DEPMEND_BOOT=$boot DEPMEND_CLOCK=virtual:2026-11-22T03:45:00Z apply
				exits "$steps, its reply lost, a new boot, and later" 0
			fi
		done
	done
}

# --- no limit keeps a device off its server ---
part_limits() {
	for limit in 'devices: 1' 'percent: 1' 'in_flight: 1' 'devices: 1, percent: 1, in_flight: 1'; do
		for then in '' skip; do # the run goes on, or another one comes
			world '' --set apple.activity_time=20m
			rules "$rebuild"
			rows C02WHILE0001 C02WHILE0003
			apply --max-wait 10m
			exits "$limit, then ${then:-the same}: cut off" 75
			settings_with "limits: {$limit}"
			[ -z "$then" ] || rules "[$then]"
			DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z run apply in.csv --rules rules.yaml --yes --max-wait 48h
			same "$limit, then ${then:-the same}: both are back" 'WS1 EMEA WS1 APAC' \
				"$(place C02WHILE0001) $(place C02WHILE0003)"
		done
	done
}

# --- a profile that somebody gave meanwhile is left ---
part_profiles() {
	for how in waiting given taken; do
		case $how in
		waiting) world "${busy}admins: [{after: 30m, $theirs}]" ;;
		given) world "admins: [{on: {service: uem, method: PUT, query: '*action=Assign*'}, at: after, after: 50s, $theirs}]" ;;
		taken) world "${busy}admins: [{after: 30m, do: profile, serials: [C02WHILE0003]}]" ;;
		esac
		is=Custom
		[ $how != taken ] || is=
		rules '[{assign_profile: {profile: Kiosk}}]'
		rows C02WHILE0003
		apply
		check "a profile of somebody else, $how: not called done" test "$(outcome C02WHILE0003)" != 'done'
		run export --out live.csv
		same "a profile of somebody else, $how: it stays" "$is" "$(profile_of C02WHILE0003)"
	done
}

# --- off its server to leave for good, and it does not leave: it comes back, or is known to be off ---
part_final() {
	leaves() { # OPTION...
		rules '[delete_from_lifecycle, release]'
		rows C02WHILE0003
		apply --allow release=1 --confirm release=1 "$@"
	}
	so() { # WHAT VERDICT STATUS PLACE
		same "$1: the row" "$2" "$(verdict C02WHILE0003)"
		exits "$1" "$3"
		same "$1: where it is" "$4" "$(place C02WHILE0003)"
		run status --json
		same "$1: status knows who is off" "$([ "$4" != off ] || echo C02WHILE0003)" \
			"$(jq -r 'select(.serial and .since) | .serial' out)"
		rules '[skip]'
		rows C02STAY00001
		DEPMEND_CLOCK=virtual:2026-11-22T12:00:00Z apply
		exits "$1: then nothing is open" 0
		same "$1: it is on its server" 'WS1 APAC 0' "$(place C02WHILE0003) $(ours release C02WHILE0003)"
	}
	refused='faults: [{activity: RELEASE_DEVICES, do: reply, applied: no, status:'
	for how in '409, code: ENTITY_ERROR' '404, code: NOT_FOUND'; do
		world "$refused $how}]"
		leaves
		so "$how" 'failed apple.refused' 3 'WS1 APAC'
	done
	world "$refused 403, code: FORBIDDEN}]"
	leaves
	so 403 'restored run.put_back' 77 'WS1 APAC'
	world "$refused 429, retry_after: 7200}]"
	leaves --max-wait 1h
	so 429 'in_flight run.in_flight' 75 off
	world 'overrides: [{activity: RELEASE_DEVICES, knobs: {apple.failing: C02WHILE0003}}]'
	leaves
	so 'its log' 'failed apple.device_failed' 3 'WS1 APAC'
	world ''
	settings_with 'rate: {apple_write: 1/hour}'
	leaves --max-wait 30m
	same 'no write left: it does not leave' 'pending run.waiting 75 0' "$(verdict C02WHILE0003) $status $(changes)"
	world '' --set uem.sync_time=3h
	leaves
	so 'the UEM lists it' 'unverified uem.not_proved' 5 'WS1 APAC'
	world '' --set uem.sync_time=3h
	leaves --max-wait 20m
	so 'cut off in the sync' 'restored run.put_back' 75 'WS1 APAC'
}

# --- the UEM takes no sync for hours: nobody is off that long ---
part_quota() {
	for retry in 60 1800 80000; do
		world "faults: [{service: uem, method: PUT, query: '*action=*', do: reply, status: 429, retry_after: $retry, applied: no}]"
		rules "$rebuild"
		rows C02WHILE0001 C02WHILE0003
		apply
		for one in C02WHILE0001 C02WHILE0003; do
			same "no sync for now, again in $retry s: its reason" 'restored run.put_back' "$(verdict $one)"
			check "no sync for now, again in $retry s: it is back" test "$(place $one)" != off
		done
		check "no sync for now, again in $retry s: off for less than two hours" \
			test "$(jq -s '[.[] | select(.kind == "effect" and (.what == "assign" or .what == "unassign")) |
				.t] | max - min' "$audit")" -lt 7200000
		exits "no sync for now, again in $retry s" 75
	done
	world "faults: [{service: uem, method: PUT, query: '*action=*', nth: [1, 2], do: reply, status: 429, retry_after: 1200, applied: no}]"
	rules "$rebuild"
	rows C02WHILE0001 C02WHILE0003
	apply
	exits 'no sync for twenty minutes: it is waited for' 0
	world "faults: [{service: uem, method: PUT, query: '*action=*', nth: 1, do: reply, status: 429, retry_after: 7200, applied: no}]"
	rules '[sync]'
	apply
	exits 'nobody is off: a sync may wait' 0
}

# --- a service that has no time for us for hours, while devices are off: they go home first ---
part_busy() {
	off_for() { # minutes from the first that was taken off to the last that came back; none if one did not
		jq -rs '[.[] | select(.kind == "effect" and .effective and (.what == "assign" or .what == "unassign"))] |
			(map(select(.what == "assign")) | length) as $back |
			if $back < 2 then "for ever" else (map(.t) | (max - min) / 60000 | floor) end' "$audit"
	}
	home() { # WHAT, MOST MINUTES [EXIT STATUS]
		for one in C02WHILE0001 C02WHILE0003; do
			check "$1: it is back" test "$(place $one)" != off
		done
		check "$1: off for $(off_for) minutes at most" test "$(off_for)" -le "$2"
		[ -z "${3:-}" ] || exits "$1" "$3"
	}
	off='on: {activity: UNASSIGN_DEVICES, nth: 2}, at: terminal'
	rows C02WHILE0001 C02WHILE0003
	rules "$rebuild"
	for told in yes no; do
		world "admins: [{$off, do: set, knobs: {uem.quota: 1, uem.quota_retry_after: $told}}]"
		apply
		home "no quota left (Retry-After: $told)" 100 75
	done
	world "knobs: {uem.quota: 60}
admins: [{$off, do: set, knobs: {uem.quota_others: 15}}]"
	apply
	home 'down to the reserve of the quota' 100 75
	for answer in 429 503; do # a list, at whichever moment, and the token without which none is read
		for nth in $(seq 3 "$(fewer 8)"); do
			world "faults: [{service: uem, method: GET, path: '*/devices', nth: $nth, do: reply, status: $answer, retry_after: 80000, applied: no}]"
			apply
			home "the UEM's list $nth answers $answer" 120
		done
		for nth in 2 3 4; do
			world "knobs: {uem.token_life: 90s, apple.token_life: 90s}
faults: [{path: '/connect/token', nth: $nth, do: reply, status: $answer, retry_after: 80000, applied: no}]"
			apply
			home "token $nth of the UEM: $answer" 120
		done
		# where Apple tells nothing nobody can be put back: at once when it does, and not by way of a sync
		for nth in 8 12 16 20 24; do
			world "faults: [{service: apple, method: GET, path: '/v1/*', nth: $nth, do: reply, status: $answer, retry_after: 10000, applied: no}]"
			apply
			home "answer $nth of Apple's: $answer" 175
		done
	done
	# a run that goes on has devices off already when it signs in
	world 'knobs: {apple.activity_time: 20m}' --control
	apply --max-wait 10m
	exits 'cut off' 75
	printf 'version: 1\nfaults: [{service: uem, do: reply, status: 429, retry_after: 80000, applied: no}]\n' >busy.yaml
	tell busy.yaml
	DEPMEND_CLOCK=virtual:2026-11-22T04:00:00Z apply
	home 'a run that goes on' 120 75
	# a sync refused, taken, and refused again takes its time once
	world "knobs: {uem.sync: lost}
faults:
  - {service: uem, method: PUT, query: '*action=*', nth: [1, 3], do: reply, status: 429, retry_after: 1200, applied: no}
  - {service: uem, method: PUT, query: '*action=*', nth: [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22], do: reply, status: 429, retry_after: 300, applied: no}"
	apply
	home 'refused, taken, refused again' 100
}

# --- nobody tells what others did, or not now: no reason to send nothing, least of all a put-back ---
part_deaf() {
	for how in 'status: 500' 'status: 503, retry_after: 7200' 'status: 429, retry_after: 50' 'status: 429'; do
		fault="faults: [{service: apple, path: /v1/auditEvents, do: reply, $how, applied: no}]"
		world "$fault"
		rules "$rebuild"
		rows C02WHILE0001 C02WHILE0003
		apply
		exits "no events ($how)" 0
		same "no events ($how): both are back" 'WS1 EMEA WS1 APAC' "$(place C02WHILE0001) $(place C02WHILE0003)"
		world '' --control --set apple.activity_time=20m # the devices are off when that begins
		apply --max-wait 10m
		exits "no events from now on ($how): cut off" 75
		printf 'version: 1\n%s\n' "$fault" >deaf.yaml
		tell deaf.yaml
		rules '[skip]'
		DEPMEND_CLOCK=virtual:2026-11-22T04:00:00Z apply --max-wait 3h
		same "no events from now on ($how): both are back" 'WS1 EMEA WS1 APAC' \
			"$(place C02WHILE0001) $(place C02WHILE0003)"
	done
}

# --- an older state, and no time to ask what it has forgotten: it is asked the next time ---
part_older() {
	for end in '--max-wait 30m' '--until 2026-11-22T05:00:00Z'; do
		world '' --control --set apple.activity_time=20m
		rules '[skip]'
		rows C02STAY00001
		apply
		rm -rf kept && cp -r state kept
		rules "$rebuild"
		rows C02WHILE0003
		DEPMEND_CLOCK=virtual:2026-11-22T03:10:00Z apply --max-wait 10m
		exits "an older state ($end): cut off" 75
		rm -rf state && mv kept state
		printf 'version: 1\nfaults: [{service: apple, path: /v1/auditEvents, do: reply, status: 429, retry_after: 7200, applied: no}]\n' >deaf.yaml
		tell deaf.yaml
		rules '[skip]'
		rows C02STAY00001
		# shellcheck disable=SC2086 # an option and its value
		DEPMEND_CLOCK=virtual:2026-11-22T04:00:00Z run apply in.csv --rules rules.yaml --yes --allow percent=100 $end
		exits "an older state ($end): no time to ask" 75
		curl -sf -X POST "http://127.0.0.1:$port/sim/heal"
		DEPMEND_CLOCK=virtual:2026-11-22T07:00:00Z apply
		same "an older state ($end): then it is back" 'WS1 APAC' "$(place C02WHILE0003)"
	done
}

# --- an id by which Apple knows no activity: its time over, events and looks tell what it did ---
part_missing() {
	for activity in '*' UNASSIGN_DEVICES ASSIGN_DEVICES; do
		for takes in 10s 20m; do
			world "overrides: [{activity: '$activity', knobs: {apple.activity_life: 1s, apple.activity_time: $takes}}]"
			rules "$rebuild"
			rows C02WHILE0001 C02WHILE0003
			apply
			exits "no such activity ($activity, $takes)" 0
			for one in C02WHILE0001 C02WHILE0003; do
				same "no such activity ($activity, $takes): once off, once back" '1 1 done' \
					"$(ours unassign $one) $(ours assign $one) $(outcome $one)"
			done
			world "overrides: [{activity: '$activity', knobs: {apple.activity_life: 1s, apple.activity_time: $takes}}]"
			apply --max-wait 35m # whoever comes then brings back what is off
			rules '[skip]'
			for hour in 05 06; do DEPMEND_CLOCK=virtual:2026-11-22T$hour:00:00Z apply; done
			exits "no such activity ($activity, $takes), then another run" 0
			for one in C02WHILE0001 C02WHILE0003; do
				same "no such activity ($activity, $takes), then another run: back, once" '1 1' \
					"$(ours unassign $one) $(ours assign $one)"
			done
		done
	done
	# before its time is over nothing leaves
	world "overrides: [{activity: UNASSIGN_DEVICES, knobs: {apple.activity_life: 1s, apple.activity_time: 25m}}]"
	rules "$rebuild"
	rows C02WHILE0001
	apply --max-wait 10m
	rules '[skip]'
	DEPMEND_CLOCK=virtual:2026-11-22T03:20:00Z apply --max-wait 5m
	same 'no such activity, not over yet: nothing leaves' 0 "$(ours assign C02WHILE0001)"
	# and what was never done is done again
	world "knobs: {apple.ignored: C02WHILE0001}
overrides: [{activity: ASSIGN_DEVICES, nth: 1, knobs: {apple.activity_life: 1s}}]
admins: [{on: {activity: ASSIGN_DEVICES, nth: 1}, at: after, after: 5m, do: set, knobs: {apple.ignored: ''}}]"
	rules '[{reassign: {to: WS1 Americas}}]'
	rows C02WHILE0001
	apply
	same 'no such activity, and nothing of it: sent again' '0 done 1' \
		"$status $(outcome C02WHILE0001) $(ours assign C02WHILE0001)"
}

# --- the server to go back to is deleted: a person says what is next, and no run does ---
part_gone() {
	world 'admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: landed, after: 5s, do: delete_server, server: WS1 EMEA}]' \
		--set apple.activity_time=20m
	rules "$rebuild"
	rows C02WHILE0001
	apply --max-wait 10m
	sed -i '/server: WS1 EMEA/d' depmend.yaml
	for steps in '[unassign]' '[delete_from_lifecycle]' "$rebuild"; do
		rules "$steps"
		DEPMEND_CLOCK=virtual:2026-11-22T05:00:00Z apply --allow organization=yes
		same "its server is gone, $steps" '5 in_flight apple.server_gone' "$status $(verdict C02WHILE0001)"
		check "its server is gone, $steps: applying again is no help" \
			test -z "$(grep '^next.* apply ' err)"
		check "its server is gone, $steps: what is" grep -q 'depmend forget' err
	done
	run forget C02WHILE0001 --reason 'it stays off' --confirm forget=1
	rules '[unassign]'
	DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply --allow organization=yes
	same 'its server is gone, and a person let it go' 'unchanged 0' "$(outcome C02WHILE0001) $status"
}

for part in "${@:-waits protected stale lists pages servers left back taken unheard vain deeds elsewhere limits profiles final quota busy deaf older missing gone}"; do
	for one in $part; do "part_$one"; done
done
suite_end
