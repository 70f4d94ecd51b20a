#!/usr/bin/env bash
# What plan says that carrying it out will take is what it takes, and the least that it can take.
#
#	tests/schedule/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
suite_begin "${1:?usage: tests/schedule/run.sh BUILD}"

# No time passes between a change and its effect: what is beyond the printed numbers is no poll.
at_once=(--set apple.activity_time=0s --set uem.sync_time=0s --set uem.profile_time=0s)
limits='limits: {devices: 5000, percent: 100, in_flight: 3000}'

rules() { # MORE-LINES [MORE-RULES]
	cat >"$work/rules.yaml" <<-END
		version: 1
		name: mixed
		columns: {serial: Serial}
		$1
		rules:
		  - {name: rebuild, match: {csv.Job: rebuild}, do: [unassign, sync, reassign, sync]}
		  - {name: move, match: {csv.Job: move}, do: [{reassign: {to: {column: Target}}}, sync]}
		  - {name: delete, match: {csv.Job: delete}, do: [delete_from_lifecycle]}
		  - {name: unassign, match: {csv.Job: unassign}, do: [unassign]}
		${2:-}
	END
}

fresh() { # SIZE "JOB..." SETTINGS [SIMULATOR OPTION...]
	local size=$1 jobs=$2 settings=$3
	shift 3
	# shellcheck disable=SC2086 # a word for each job
	"$here/least.py" make "$work" "$size" $jobs
	new_world --fleet "$work/fleet.csv" "$@"
	settings_with "$settings"
}

# The numbers of a printed line: said requests 2 is the second one of that line.
said() { # LINE WHICH
	grep "^$1 " "$work/plan" | grep -o '[0-9]\+' | sed -n "$2p"
}

of() { # FILE NAME: of the lines that count.py and least.py print
	sed -n "s/^$2 //p" "$work/$1"
}

# "1 h 48 min" in ms
in_ms() {
	awk 'BEGIN { of["d"] = 86400; of["h"] = 3600; of["min"] = 60; of["s"] = 1 }
		{ for (i = 1; i < NF; i += 2) t += $i * of[$(i + 1)] * 1000; print t }' <<<"$*"
}

at_ms() { date -ud "$1" +%s000; }

plan_and_apply() { # EXIT-STATUS APPLY-OPTION...
	local status_wanted=$1 from
	shift
	run plan in.csv --rules rules.yaml --out plan.csv -v
	exits 'plan' 0
	mv err plan
	from=$(wc -l <"$audit")
	run apply in.csv --rules rules.yaml --yes "$@"
	exits 'apply' "$status_wanted"
	"$here/count.py" "$audit" "$from" >seen
	ended=$(jq -s 'map(.t) | max' "$audit")
}

# What plan printed, what the audit shows, and what least.py computes.
holds() { # BATCH IN-FLIGHT STAGE...
	local name
	"$here/least.py" count "$work" "$@" >least
	printf '%s\n' "apple_changes $(said requests 1)" "uem_changes $(said requests 2)" \
		"syncs $(said requests 3)" "apple_listings $(said listings 1)" \
		"uem_listings $(said listings 2)" >planned
	for name in apple_changes uem_changes syncs apple_listings uem_listings; do
		same "$name: planned, and the least" "$(of least $name)" "$(of planned $name)"
	done
	for name in apple_changes uem_changes syncs; do
		same "$name: sent" "$(of least $name)" "$(of seen $name)"
	done
	check 'no more polls of Apple than it said' test "$(of seen apple_listings)" -le \
		$(($(of planned apple_listings) + $(said polls 1)))
	check 'no more polls of the UEM than it said' test "$(of seen uem_listings)" -le \
		$(($(of planned uem_listings) + $(said polls 2)))
	check 'activities are polled no more often than it said' test "$(of seen activity_polls)" -le \
		"$(said polls 1)"
	check 'not earlier than it said' test "$ended" -ge "$(at_ms "$(awk '/^estimate/ { print $3 }' plan)")"
	check 'not later than it said' test "$ended" -le "$(at_ms "$(awk '/^estimate/ { print $5 }' plan)")"
}

no_polls() {
	same 'apple_listings: sent' "$(of least apple_listings)" "$(of seen apple_listings)"
	same 'uem_listings: sent' "$(of least uem_listings)" "$(of seen uem_listings)"
	same 'requests in all, Apple' "$(said listings 3)" "$(of seen apple_reads)"
	same 'requests in all, UEM' "$(said listings 4)" "$(of seen uem_reads)"
}

# No device was off its server for longer than the plan said.
back_in_time() {
	check 'back within what it said' test "$(of seen off_ms)" -le \
		"$(in_ms "$(sed -n 's/^reserved.* to //p' plan)")"
	check 'something was away at all' test "$(of seen off_ms)" -gt 0
}

cd "$work" || exit 1

# --- a mixed file: two syncs for each group, and the fewest activities ---
rules 'waves: [100%]'
fresh 1000 'rebuild delete move' "$limits" "${at_once[@]}"
plan_and_apply 0
holds 1000 3000 100%
no_polls
check 'one wave is no news' test -z "$(grep '^waves ' plan)"
same 'activities' 9 "$(of seen apple_changes)"
same 'syncs: two of each group' 6 "$(of seen syncs)"

# --- the same while things take their time ---
fresh 1000 'rebuild delete move' "$limits"
plan_and_apply 0
holds 1000 3000 100%
back_in_time

# --- in waves: two syncs per wave and group ---
rules 'waves: [10%, 50%, 100%]'
fresh 900 'rebuild delete move' "$limits" "${at_once[@]}"
plan_and_apply 0
holds 1000 3000 10% 50% 100%
no_polls
same 'syncs: two of each group in each wave, and for who waited at home for the way back' 21 "$(of seen syncs)"
same 'waves, said' 3 "$(said waves 1)"
same 'devices of the first, said' 90 "$(said waves 2)"

# --- without a word about waves: five devices first, where one leaves its server ---
rules ''
fresh 900 'rebuild move' "$limits" "${at_once[@]}"
plan_and_apply 0
holds 1000 3000 5 100%
no_polls
same 'waves by default, said' '2 5' "$(said waves 1) $(said waves 2)"
fresh 300 move "$limits" "${at_once[@]}"
plan_and_apply 0
holds 1000 3000 100%
no_polls
check 'no device leaves its server: one wave' test -z "$(grep '^waves ' plan)"
rules 'waves: [100%]'

# --- before what cannot be undone, rules are asked once more: each time by facts of now ---
cat >again.yaml <<'END'
version: 1
name: again
rules:
  - {name: release, match: {uem.enrollment_status: Unenrolled, apple.coverage: expired}, do: [delete_from_lifecycle, release]}
END
for n in 6 60; do
	awk -v n="$n" 'BEGIN { print "serial,server,enrollment_status,user,added,coverage,coverage_end"
		for (i = 0; i < n; i++) printf "C02AGN%06d,WS1 EMEA,Unenrolled,jo,2020-01-01,expired,2026-02-01\n", i }' >fleet.csv
	cut -d, -f1 fleet.csv >in.csv
	new_world --fleet fleet.csv --server 'WS1 APAC' --server 'WS1 Americas' "${at_once[@]}"
	settings_with 'limits: {devices: 5000, percent: 100, release: 90}'
	run plan in.csv --rules again.yaml --out plan.csv -v
	mv err plan
	from=$(wc -l <"$audit")
	DEPMEND_CLOCK=virtual:2026-11-22T05:00:00Z run apply in.csv --rules again.yaml --yes --max-wait 48h --confirm "release=$n"
	exits "released, $n" 0
	"$here/count.py" "$audit" "$from" >seen
	same "released, $n: asked about coverage before they leave, and not again within timeouts.fresh" "$n" \
		"$(tail -n +$((from + 1)) "$audit" | grep -c appleCareCoverage)"
	check "released, $n: no more reads than it said" test "$(of seen apple_reads)" -le "$(said listings 3)"
	check "released, $n: nor many fewer" test $((10 * $(said listings 3))) -le $((11 * $(of seen apple_reads)))
	check "released, $n: of the UEM neither" test "$(of seen uem_reads)" -le $(($(said listings 4) + $(said polls 2)))
done

# --- as many off their servers as allowed ---
rules 'waves: [100%]'
fresh 3000 unassign "$limits" "${at_once[@]}"
plan_and_apply 0
holds 1000 3000 100%
no_polls
same 'three servers, three activities' 3 "$(of seen apple_changes)"

# --- 200 at a time: server by server, six requests instead of eighteen ---
fresh 600 rebuild 'limits: {devices: 5000, percent: 100, in_flight: 200}' "${at_once[@]}"
plan_and_apply 0
same 'most off their server at once, said' 200 "$(said 'off server' 2)"
holds 1000 200 100%
no_polls
same 'one server a wave' 6 "$(of seen apple_changes)"

# --- the same while activities take their time: the first tells how long, so that each other is asked about once ---
for takes in 10s 2s 45s; do
	fresh 600 rebuild 'limits: {devices: 5000, percent: 100, in_flight: 200}' --set "apple.activity_time=$takes"
	plan_and_apply 0
	same "$takes: activities" 6 "$(of seen apple_changes)"
	first=$(case $takes in 10s) echo 3 ;; 2s) echo 2 ;; *) echo 6 ;; esac) # after 0, 5, 12.5, 23.8, 40.6 and 66 s
	same "$takes: polls" $((first + 5)) "$(of seen activity_polls)"
done

# --- what is left of the servers goes together ---
fresh 630 rebuild 'limits: {devices: 5000, percent: 100, in_flight: 100}' "${at_once[@]}"
plan_and_apply 0
holds 1000 100 100%
no_polls
same 'two full requests of each server, and the rest of each' 18 "$(of seen apple_changes)"
same 'three servers in the last wave' 7 "$(said waves 1)"

# --- more at a time than one request may name ---
fresh 690 rebuild 'limits: {devices: 5000, percent: 100, in_flight: 250}
batch: {apple: 100}' "${at_once[@]}"
plan_and_apply 0 --max-wait 48h
holds 100 250 100%
same 'full requests, two to a wave, and a rest' 18 "$(of seen apple_changes)"

# --- the default, many at a time: one request more for each server and direction ---
rules ''
fresh 615 rebuild 'limits: {devices: 5000, percent: 100, in_flight: 100}' "${at_once[@]}"
plan_and_apply 0
holds 1000 100 5 100%
no_polls
rules 'waves: [100%]'

# --- others move a device before its wave, and one after it: neither is moved back ---
cat >others.yaml <<'END'
version: 1
admins:
  - {on: {service: apple, method: POST, path: /v1/orgDeviceActivities, nth: [2]}, at: after, do: assign,
     server: WS1 APAC, serials: [C02SCH000297]}
  - {on: {service: apple, method: POST, path: /v1/orgDeviceActivities, nth: [6]}, at: after, do: assign,
     server: WS1 APAC, serials: [C02SCH000000]}
END
fresh 300 rebuild 'limits: {devices: 5000, percent: 100, in_flight: 50}' "${at_once[@]}" --scenario others.yaml
plan_and_apply 5 --max-wait 48h
same 'both are said to have drifted' 'C02SCH000000 C02SCH000297' \
	"$(grep ',drifted,' in.result.csv | cut -d, -f1 | sort | xargs)"
for serial in C02SCH000000 C02SCH000297; do
	same "$serial is where others put it" 'WS1 APAC' "$(jq -r --arg s "$serial" 'select(.kind == "effect" and
		.effective and .serial == $s and (.what == "assign" or .what == "unassign")) | .after' "$audit" | tail -n 1)"
done
"$here/least.py" count "$work" 1000 50 100% >least
same 'no change more than the least' "$(of least apple_changes)" "$(of seen apple_changes)"
check 'reads within a fifth of what it said' test "$((10 * $(of seen apple_reads)))" -le \
	"$((12 * $(said listings 3)))"

# --- and what another limit would save, and risk ---
fresh 900 rebuild 'limits: {devices: 5000, percent: 100, in_flight: 50}'
run plan in.csv --rules rules.yaml --out plan.csv
exits 'plan' 0
mv err plan
same 'in flight, said' '50 900' "$(sed -n 's/.*limits.in_flight \([0-9]*\): .*--allow in_flight=\([0-9]*\)$/\1 \2/p' plan |
	head -n 1)"

# --- ten writes an hour: nobody waits longer for the way back than it said ---
fresh 150 rebuild "$limits
batch: {apple: 10}" "${at_once[@]}"
plan_and_apply 0 --max-wait 48h
holds 10 3000 100%
same 'writes kept for the way back' 15 "$(said reserved 1)"
back_in_time
sed -n 's/^apply: .*, \([0-9]*\) of \([0-9]*\) requests,.* ends about \(.*\)Z$/\1 \2 \3/p' err >told
check 'apply says how far it is' test "$(wc -l <told)" -gt 3
same 'from the first line on it knows the end, to two minutes' '' "$(while read -r sent all at; do
	off=$(($(at_ms "2026-11-22T$at") - ended))
	[ "${off#-}" -le 120000 ] && [ "$sent" -le "$all" ] || echo "$sent of $all, ends $at"
done <told)"
check 'nobody waits for hours: who could not come back soon waits at home' test "$(of seen off_ms)" -lt 300000

# --- a small job of twelve writes at ten an hour, in the default waves ---
rules ''
fresh 40 rebuild "$limits"
plan_and_apply 0 --max-wait 48h
holds 1000 3000 5 100%
same 'twelve writes' 12 "$(of seen apple_changes)"
back_in_time
check 'no device is off its server for long' test "$(of seen off_ms)" -lt 600000
rules 'waves: [100%]'

# --- from two servers to two others each: each way back is a write of its own ---
cat >spread.yaml <<'END'
version: 1
name: spread
waves: [100%]
rules:
  - {name: spread, match: {always: true}, do: [unassign, sync, {reassign: {to: {column: Target}}}, sync]}
END
awk 'BEGIN { print "serial,server"; for (i = 0; i < 8; i++) print "C02SPR00000" i "," (i < 4 ? "WS1 EMEA" : "WS1 Americas")
	print "C02STAY00000,WS1 APAC" }' >fleet.csv
awk 'BEGIN { print "Serial,Target"; for (i = 0; i < 8; i++) print "C02SPR00000" i "," \
	(i % 2 ? "WS1 APAC" : i < 4 ? "WS1 Americas" : "WS1 EMEA") }' >spread.csv
new_world --fleet fleet.csv
settings_with "$limits
rate: {apple_write: 4/hour}"
from=$(wc -l <"$audit")
run apply spread.csv --rules ./spread.yaml --yes --max-wait 48h
exits 'spread' 0
"$here/count.py" "$audit" "$from" >seen
check 'none of them is off its server for long' test "$(of seen off_ms)" -lt 600000
check 'but for a while' test "$(of seen off_ms)" -gt 0

# --- more servers to leave, or to come back to, than there are writes in an hour ---
fresh_spread() { # FROM TO EACH RATE: without a UEM
	"$here/least.py" spread "$work" "$1" "$2" "$3"
	new_world --fleet "$work/fleet.csv" "${at_once[@]}"
	sed -i '/^uem:/,/client_secret:/d' depmend.yaml
	printf '%s\n' "$limits" "rate: {apple_write: $4/hour}" 'sync: {wait: 30s}' >>depmend.yaml
	rules 'waves: [100%]' \
		'  - {name: spread, match: {always: true}, do: [unassign, sync, {reassign: {to: {column: Target}}}, sync]}'
	sed -i '/do: \[.*delete_from/d' rules.yaml
}
for shape in '1 12' '12 1' '2 12' '6 6'; do
	# shellcheck disable=SC2086 # a word for each count
	fresh_spread $shape 8 10
	plan_and_apply 0 --max-wait 48h
	holds 1000 3000 100%
	back_in_time
	check "$shape: who could not come back soon waits at home" test "$(of seen off_ms)" -lt 600000
done

# --- the same in runs that may not wait so long: each gets on, and the next one at the time it is told ---
for shape in '1 12 3 10' '12 1 3 10' '1 5 2 3'; do
	# shellcheck disable=SC2086 # a word for each count
	fresh_spread $shape
	sent=0 began=$DEPMEND_CLOCK
	for _ in 1 2 3 4 5 6; do
		run apply in.csv --rules rules.yaml --yes --max-wait 30m
		[ "$status" -eq 75 ] || break
		check "$shape: it got on" test "$(changes)" -gt "$sent"
		sent=$(changes)
		told=$(sed -n 's/.*putting devices back, at \([^ ,]*\), .*run again then$/\1/p' err | tail -n 1)
		DEPMEND_CLOCK=virtual:$told
	done
	exits "$shape: the last one ends it" 0
	check "$shape: it took more than one" test "$sent" -gt 0
	"$here/count.py" "$audit" 0 >seen
	check "$shape: nobody was off for long" test "$(of seen off_ms)" -lt 600000
	DEPMEND_CLOCK=$began
done
fresh_spread 1 2 2 1
run apply in.csv --rules rules.yaml --yes --max-wait 30m
exits 'one write an hour' 75
check 'one write an hour: no time would be true' grep -q 'brings a device back no sooner than 1 h after .* give a longer one$' err
run apply in.csv --rules rules.yaml --yes --max-wait 48h
exits 'one write an hour, given time' 0

# --- two writes an hour: one look for all that was sent ---
fresh 30 unassign "$limits
rate: {apple_write: 2/hour}"
plan_and_apply 0 --max-wait 3h
holds 1000 3000 100%
same 'apple_listings: sent' "$(of least apple_listings)" "$(of seen apple_listings)"

# --- profiles: a request for each device ---
rules 'waves: [100%]' '  - {name: profile, match: {csv.Job: profile}, do: [{assign_profile: {profile: "Corporate iPads"}}]}'
fresh 30 profile "$limits" "${at_once[@]}"
plan_and_apply 0
holds 1000 3000 100%
no_polls

# --- facts: the cheaper way, which the plan names; only what is needed ---
plan_of() { # ROWS: the first ones of in.csv; what was asked of devices
	local from
	head -n $(($1 + 1)) in.csv >few.csv
	from=$(wc -l <"$audit")
	run plan few.csv --rules rules.yaml --out plan.csv -v
	exits "$1 rows" 0
	asked=$(tail -n +$((from + 1)) "$audit" | jq -r 'select(.kind == "request") | .path |
		if test("/v1/orgDevices/.") then "serial" elif test("/v1/orgDevices$") then "page"
		elif test("/relationships/devices$") then "list" elif test("/dep/groups/") then "uem"
		else empty end' | sort | uniq -c | awk '{ printf "%s%s %d", (NR > 1 ? ", " : ""), $2, $1 }')
}
facts() { # WHAT SAID ASKED
	same "facts: $1" "$2" "$(sed -n 's/^facts *//p' err)"
	same "facts: $1: requests" "$3" "$asked"
}
rules ''
fresh 3000 'rebuild unassign' "$limits"
plan_of 2
facts 'few' 'Apple: 2 devices by serial + 2 servers by serial (4 reads) rather than 6 by page' 'serial 4, uem 3'
plan_of 3
facts 'a draw' 'Apple: 3 device pages + 3 server list pages (6 reads) rather than 6 by serial' 'list 3, page 3, uem 3'
plan_of 3000
facts 'many' 'Apple: 3 device pages + 3 server list pages (6 reads) rather than 6000 by serial' \
	'list 3, page 3, uem 3'
check 'facts: the UEM has one way only' grep -q '^            UEM: 3 lists (3 reads)$' err
run plan few.csv --rules rules.yaml --json
same 'facts: the same in JSON' '3 0 3 3000' "$(tail -n 1 out |
	jq -r '.facts[] | select(.reading == "apple devices") | "\(.pages) \(.serials) \(.requests) \(.instead)"')"
cat >rules.yaml <<'END'
version: 1
name: csv-only
columns: {serial: Serial}
rules:
  - {name: keep, match: {csv.Job: rebuild}, do: [skip]}
  - {name: one, match: {serial: C02SCH000003}, do: [unassign]}
  - {name: rest, match: {not: {serial: C02SCH000004}}, do: [skip]}
  - {name: look, match: {apple.status: ASSIGNED}, do: [skip]}
END
plan_of 3
facts 'rules on the CSV alone' '' ''
plan_of 4
facts 'and a step' 'Apple: 1 device by serial + 1 server by serial (2 reads) rather than 6 by page' \
	'serial 2, uem 3'
sed -i '/C02SCH000003/d' in.csv
plan_of 2999
facts 'one row is open' 'Apple: 1 device by serial (1 read) rather than 3 by page' 'serial 1'

# --- enrollment tokens: by page or by serial, to the same end ---
status_of() { # ROWS: how many are Pushed; $asked: what it took
	local from
	head -n $(($1 + 1)) in.csv >few.csv
	from=$(wc -l <"$audit")
	run plan few.csv --rules rules.yaml --out plan.csv -v
	exits "tokens of $1 rows" 0
	asked=$(tail -n +$((from + 1)) "$audit" | jq -r 'select(.kind == "request" and
		(.path | test("/enrollment-tokens"))) | if .path | test("tokens/") then "detail"
		elif .query | test("serial_number=") then "serial" else "page" end' |
		sort | uniq -c | awk '{ printf "%s%s %d", (NR > 1 ? ", " : ""), $2, $1 }')
	grep -c ',skipped,pushed,' plan.csv
}
cat >rules.yaml <<'END'
version: 1
name: tokens
columns: {serial: Serial}
rules:
  - {name: pushed, match: {uem.profile_status: [Pushed, "2"]}, do: [skip]}
  - {name: gone, match: {uem.profile_status|present: false}, do: [skip]}
  - {name: other, match: {always: true}, do: [skip]}
END
awk 'BEGIN { print "serial,server,profile,profile_status,listed"; split("Pushed,Assigned", word, ",")
	for (i = 0; i < 1500; i++) printf "C02TOK%06d,WS1 %s,Corporate iPads,%s,%s\n", i,
		i < 700 ? "EMEA" : i < 1200 ? "Americas" : "APAC", word[i % 2 + 1], i % 100 == 4 ? "no" : "yes" }' >fleet.csv
{ echo Serial && grep -o '^C02[^,]*' fleet.csv; } >in.csv
new_world --fleet fleet.csv
settings_with "$limits"
status_of 1 >pushed
same 'tokens: one' '1, detail 1, serial 1' "$(cat pushed), $asked"
status_of 2 >pushed
same 'tokens: a first page that shows them all' '1, detail 2, page 1' "$(cat pushed), $asked"
status_of 1500 >pushed
same 'tokens: all' '735, detail 1485, page 4, serial 15' "$(cat pushed), $asked"
same 'tokens: what is gone' 15 "$(grep -c ',skipped,gone,' plan.csv)"
check 'tokens: it says so' grep -q '^facts .*UEM: 3 lists + 4 token pages + 15 tokens by serial (1507 reads) rather than 3003' err

# --- the same inputs in any surroundings: the same bytes ---
rules ''
fresh 90 'rebuild delete move' "$limits" --set uem.quota_headers=no # how much others use is no input
plan_in() { # ENVIRONMENT...
	rm -rf "$work/state"
	env -i "$@" ${GCOV_PREFIX:+"GCOV_PREFIX=$GCOV_PREFIX"} \
		DEPMEND_CLOCK="$DEPMEND_CLOCK" "$build/depmend" plan in.csv --rules rules.yaml \
		--settings "$work/depmend.yaml" >out 2>&1 </dev/null
}
plan_in
mv out reference
check 'a plan to compare with' grep -q '^estimate    ends 2026' reference
locales=(C POSIX C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8 ar_EG.UTF-8 fa_IR ja_JP.eucJP nonsense '')
zones=(UTC America/New_York Asia/Kathmandu Pacific/Apia Europe/Berlin :/nowhere 'QQQ-14' '' Africa/Casablanca
	Antarctica/Troll)
different=0
for locale in "${locales[@]}"; do
	for zone in "${zones[@]}"; do
		plan_in LC_ALL="$locale" LANG="$locale" LC_NUMERIC=de_DE LANGUAGE=tr TZ="$zone" COLUMNS=$RANDOM \
			HOME=/nowhere NO_COLOR=1 POSIXLY_CORRECT=1 "X$RANDOM=$RANDOM"
		cmp -s out reference || different=$((different + 1))
	done
done
same 'of 100 plans, those with other bytes' 0 "$different"

suite_end
