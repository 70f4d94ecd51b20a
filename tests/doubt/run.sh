#!/usr/bin/env bash
# What one reading shows may be wrong: a page of before, a list that lacks a device, an answer that is
# none or about another one. Each name is a story.
#
#	tests/doubt/run.sh BUILD [PART]...    before late lacks
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
	for after in 1s 10s 30s; do
		for steps in "$rebuild" '[delete_from_lifecycle, release]' \
			'[{reassign: {to: WS1 Americas}}, sync, {reassign: {to: WS1 APAC}}, sync]'; do
			world "admins:
  - {on: {activity: '*', nth: 1}, at: terminal, after: $after, do: set, knobs: {apple.stale: 55s}}
  - {on: {activity: '*', nth: 1}, at: terminal, after: 50s, do: set, knobs: {apple.stale: 0s}}"
			rules "$steps"
			rows C02DOUBT0003
			apply --allow release=1 --confirm "release=$(grep -c release <<<"$steps")"
			same "$steps, of before $after after its end: the row" '0 done' "$status $(outcome C02DOUBT0003)"
		done
	done
}

# --- it left late, after its row was settled, and the run after is shown a page of before ---
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

for part in "${@:-before late lacks}"; do
	for one in $part; do "part_$one"; done
done
suite_end
