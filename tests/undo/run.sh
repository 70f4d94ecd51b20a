#!/usr/bin/env bash
# The way back: undo of a run leads Apple and the UEM to where they were before it, tells what it
# cannot, and leaves alone what somebody else changed since.
#
#	tests/undo/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/undo/run.sh BUILD}"

# Commands of this suite act on a good part of a small fleet, twice within a day.
lift=(--allow percent=100 --allow devices=5000)

fresh() { # a new world, with its truth in a file
	cd "$work" || exit 1
	rm -f ./*.csv
	new_world --state "$work/sim.db"
	state >"$work/before"
}

truth() { # SQL
	sqlite3 "$work/sim.db" "$1"
}

# Where every device is at Apple, which UEM groups list it, and with which profile.
state() {
	truth "SELECT d.serial, s.name, o.group_id, p.name, d.released IS NOT NULL, d.migration
		FROM device d LEFT JOIN server s ON s.id = d.server
		LEFT JOIN record r ON r.device = d.id LEFT JOIN og o ON o.id = r.og
		LEFT JOIN profile p ON p.id = r.profile ORDER BY 1, 3"
}

some_of() { # N SERVER: serials on it that have a profile and are not enrolled
	truth "SELECT d.serial FROM device d JOIN server s ON s.id = d.server
		JOIN record r ON r.device = d.id
		WHERE s.name = '$2' AND r.profile IS NOT NULL
		AND d.serial NOT IN (SELECT serial FROM managed WHERE status = 'Enrolled')
		ORDER BY d.serial LIMIT $1"
}

newest() { # name of the newest run
	run runs
	sed -n 's/^  \(2[^ ]*\).*/\1/p' "$work/out" | tail -n 1
}

outcomes() { # FILE: each outcome with its number, on one line
	grep -oE ',(done|drifted|duplicate|failed|manual|planned|protected|skipped|unchanged),' "$1" |
		tr -d , | sort | uniq -c | awk '{ printf "%s%s %s", n++ ? " " : "", $1, $2 }'
}

# The state is as before the run; a second undo sends nothing.
undone() { # RUN WHAT
	local n syncs

	state >"$work/now"
	same "$2: the state is as it was" '' "$(diff "$work/before" "$work/now")"
	n=$(changes) syncs=$(syncs)
	run undo "$1"
	check "$2: why nothing is left to do" grep -qE '^  [0-9]+ x (undo\.nothing|state\.holds): ' "$work/err"
	same "$2: no rule is named that matched nothing" 0 "$(grep -c 'matched nothing' "$work/err")"
	run undo "$1" --apply --yes "${lift[@]}"
	exits "$2: a second undo" 0
	same "$2: a second undo sends nothing" "$n" "$(changes)"
	same "$2: nor does it sync" "$syncs" "$(syncs)"
}

# apply, look at the plan of its undo, carry it out
there_and_back() { # WHAT EXPECTED-OUTCOMES-OF-THE-UNDO APPLY-ARGUMENT...
	local what=$1 expected=$2 name n
	shift 2
	run apply in.csv "$@" --yes "${lift[@]}"
	exits "$what: apply" 0
	state >"$work/now"
	check "$what: it changed something" test -n "$(diff "$work/before" "$work/now")"
	name=$(newest)
	n=$(changes)
	run undo "$name" --out plan.csv --detailed-exitcode
	exits "$what: plan" 2
	check "$what: what is typed next carries it out" grep -qE "^next .*undo $name --apply --expect" err
	same "$what: a plan sends nothing" "$n" "$(changes)"
	same "$what: a plan is no run" "$name" "$(newest)"
	run undo "$name" --apply --yes --expect plan.csv "${lift[@]}"
	exits "$what: undo" 0
	same "$what: of the undo" "$expected" "$(outcomes "undo-$name.result.csv")"
	undone "$name" "$what"
}

# --- reversible runs ---

fresh
(some_of 4 'WS1 EMEA' && some_of 2 'WS1 APAC') >in.csv
there_and_back 'delete from lifecycle' '6 done' --rules delete-from-lifecycle
same 'each is assigned once' 6 "$(effects assign)"

fresh
(
	some_of 4 'WS1 EMEA'
	some_of 2 'WS1 APAC'
	some_of 1 'WS1 Americas'
	truth 'SELECT serial FROM device WHERE server IS NULL AND released IS NULL LIMIT 2'
) >in.csv
there_and_back 'move' '8 done 1 unchanged' --rules move-server --set 'server=WS1 Americas'
same 'what was on no server is on none again' 2 "$(effects unassign)"

fresh
some_of 4 'WS1 EMEA' >in.csv
cat >give.yaml <<-'END'
	version: 1
	name: give
	rules:
	  - name: give
	    match: {always: true}
	    do: [{assign_profile: {profile: NAME}}]
END
other=$(truth "SELECT p.name FROM profile p JOIN og o ON o.id = p.og WHERE o.group_id = 'WS1EMEA'
	AND p.name NOT IN (SELECT q.name FROM record r JOIN profile q ON q.id = r.profile
	JOIN device d ON d.id = r.device WHERE d.serial IN ($(sed "s/.*/'&'/" in.csv | paste -sd,)))
	LIMIT 1")
sed -i "s/NAME/\"$other\"/" give.yaml
there_and_back 'another profile' '4 done' --rules give.yaml

fresh
some_of 3 'WS1 EMEA' >in.csv
there_and_back 'migrate' '3 done' --rules migrate-with-deadline --set 'server=WS1 APAC'

# --- a name may look like the words of another part ---

odd='Pads;profile=none'
fresh
some_of 3 'WS1 EMEA' >in.csv
sed "s/WS1 EMEA/$odd/; 1s/server,/server,group,/; 2,\$s/^\([^,]*,[^,]*\),/\1,,/" \
	"$root/samples/fleet.csv" | sed "/,$odd,,/s//,$odd,WS1EMEA,/" >fleet.csv
new_world --state "$work/sim.db" --fleet fleet.csv
sed -i "s/{server: WS1 EMEA,/{server: '$odd',/" depmend.yaml
state >before
there_and_back 'an odd name' '3 done' --rules move-server --set 'server=WS1 Americas'

# --- a rebuild that gives a profile: only the profile has to go back ---

fresh
(
	grep ',yes,' "$root/samples/fleet.csv" | grep ',WS1 EMEA,' | cut -d, -f1 | head -n 4
	some_of 3 'WS1 EMEA'
) >in.csv
there_and_back 'rebuild' '6 done 1 unchanged' --rules corrupted-registration \
	--set 'profile=Corporate iPads'
same 'no device is taken off its server again' 7 "$(effects unassign)"

# --- what cannot be undone ---

fresh
some_of 2 'WS1 EMEA' >in.csv
run apply in.csv --rules release-sold --allow release=2 --confirm release=2 --yes "${lift[@]}"
exits 'release' 0
name=$(newest) n=$(changes)
run undo "$name" --out plan.csv
exits 'undo of a release' 3
same 'a release stays' '2 manual' "$(outcomes plan.csv)"
check 'the row names its reason' grep -q 'undo.irreversible: .*: release,' plan.csv
check 'so does the command' grep -q 'cannot be undone: undo.irreversible: .*: release$' err
run undo "$name" --apply --yes "${lift[@]}"
exits 'undo of a release sends nothing' 3
same 'nothing was sent' "$n" "$(changes)"

# A record that was deleted stays so, wherever the device goes.
fresh
truth "SELECT d.serial FROM device d JOIN server s ON s.id = d.server
	JOIN managed m ON m.serial = d.serial WHERE s.name = 'WS1 EMEA' AND m.status = 'Enrolled'
	GROUP BY d.serial HAVING count(*) = 1 LIMIT 2" >in.csv
for steps in delete_record '{reassign: {to: WS1 APAC}}, delete_record' '{wipe: {kind: device}}, delete_record'; do
	printf 'version: 1\nname: t\nrules:\n  - {name: r, match: {always: true}, do: [%s]}\n' "$steps" >t.yaml
	lost=delete_record
	[[ $steps != *wipe* ]] || lost='wipe, delete_record'
	new_world --state "$work/sim.db"
	run apply in.csv --rules t.yaml --yes "${lift[@]}" --allow delete_record=2 --confirm delete_record=2 \
		--allow wipe=2 --confirm "wipe=$([[ $steps == *wipe* ]] && echo 2 || echo 0)"
	exits "$steps" 0
	name=$(newest)
	run undo "$name" --apply --yes "${lift[@]}"
	exits "undo of $steps" 3
	same "undo of $steps: a person has to see to them" '2 manual' "$(outcomes "undo-$name.result.csv")"
	check "undo of $steps: the rows name it" \
		test "$(grep -cE "(undo\.irreversible|rule\.advise): [^,]*: \"?$lost|what cannot be undone: $lost" \
			"undo-$name.result.csv")" -eq 2
	same "undo of $steps: no more is deleted" 2 "$(effects delete-record)"
	same "undo of $steps: they are back where they were" 2 "$(truth "SELECT count(*) FROM device d
		JOIN server s ON s.id = d.server WHERE s.name = 'WS1 EMEA'
		AND d.serial IN ('$(paste -sd, in.csv | sed "s/,/','/g")')")"
done

# What cannot be undone and may still be carried out is no clean end, and is named.
cat >lost.yaml <<'F'
version: 1
faults:
  - {service: uem, method: POST, path: "/api/mdm/devices/*/commands", do: reset, applied: no}
  - {service: uem, method: DELETE, path: "/api/mdm/devices/*", do: reset, applied: no}
F
truth "SELECT d.serial FROM device d JOIN server s ON s.id = d.server
	JOIN managed m ON m.serial = d.serial WHERE s.name = 'WS1 EMEA' AND m.status = 'Enrolled'
	GROUP BY d.serial HAVING count(*) = 1 LIMIT 1" >in.csv
for knob in '--set uem.wipe_time=9d' '--scenario lost.yaml'; do
	for steps in '{wipe: {kind: device}}' '{wipe: {kind: device}}, delete_record' '{reassign: {to: WS1 APAC}}, {wipe: {kind: enterprise}}' \
		delete_record 'delete_from_lifecycle, release'; do
		world=("${knob% *}" "${knob#* }") wait=5m # too short to learn the outcome of a request
		case $steps in
		*reassign*) wait=20m ;;
		delete_record) [ "${world[0]}" = --scenario ] || continue ;;
		*release) world=(--set apple.activity_time=15m) ;;
		esac
		new_world --state "$work/sim.db" "${world[@]}"
		serial=$(head -n 1 in.csv) options=()
		for step in wipe delete_record release; do
			options+=(--allow "$step=9")
			[[ $steps != *$step* ]] || options+=(--confirm "$step=1")
		done
		printf 'version: 1\nname: t\nrules:\n  - {name: r, match: {always: true}, do: [%s]}\n' "$steps" >t.yaml
		run apply in.csv --rules t.yaml --yes "${lift[@]}" "${options[@]}" --max-wait 20m
		check "open $steps ($knob): not done" test "$status" -ne 0
		name=$(newest)
		run undo "$name" --out plan.csv
		[[ $steps == *reassign* ]] || check "undo of an open $steps ($knob)" test "$status" -eq 5
		check "undo of an open $steps ($knob): the command names it" \
			grep -q "^$serial cannot be undone.*: .*\(wipe\|delete_record\|release\)" err
		n=$(changes)
		run undo "$name" --apply --yes "${lift[@]}" --max-wait $wait --out undone.csv
		check "undo of an open $steps ($knob), carried out" test "$status" -eq 5 -o "$status" -eq 75
		check "undo of an open $steps ($knob): the row names it" \
			grep -qE "(wipe|delete_record|release)" undone.csv err
	done
done

# --- changed by somebody else since ---

fresh
some_of 3 'WS1 EMEA' >in.csv
run apply in.csv --rules move-server --set 'server=WS1 Americas' --yes "${lift[@]}"
exits 'move' 0
name=$(newest)
head -n 1 in.csv >one.csv
run apply one.csv --rules move-server --set 'server=WS1 APAC' --yes "${lift[@]}"
exits 'one is moved on' 0
run undo "$name" --apply --yes --out out.csv "${lift[@]}"
exits 'undo finds it moved on' 5
same 'it is left alone' '2 done 1 drifted' "$(outcomes out.csv)"
same 'where it was moved to' 'WS1 APAC' "$(truth "SELECT s.name FROM device d
	JOIN server s ON s.id = d.server WHERE d.serial = '$(cat one.csv)'")"

# --- the same guards as any run ---

fresh
some_of 4 'WS1 EMEA' >in.csv
run apply in.csv --rules delete-from-lifecycle --yes "${lift[@]}"
exits 'delete' 0
name=$(newest) n=$(changes)
run undo "$name" --apply "${lift[@]}"
exits 'nobody said yes' 64
settings_with 'limits: {devices: 3}'
run undo "$name" --apply --yes
exits 'a limit holds' 4
settings_with "protect: {file: $work/one.csv}"
head -n 1 in.csv >one.csv
run undo "$name" --apply --yes --limit 2 --out out.csv "${lift[@]}"
exits 'two at first' 0
same 'one is protected, one beyond the limit' '2 done 1 protected 1 skipped' "$(outcomes out.csv)"
same 'one activity for both, and their profiles' $((n + 3)) "$(changes)"
run undo nothing-like-this
exits 'no such run' 64

# --- a run that was stopped half way, and an undo that is ---

fresh
some_of 4 'WS1 EMEA' >in.csv
settings_with $'rate: {apple_write: 1/hour}\nbatch: {apple: 3}'
run apply in.csv --rules delete-from-lifecycle --yes --max-wait 10m "${lift[@]}"
exits 'the write budget outlives the wait' 75
same 'three are off their server' 3 "$(effects unassign)"
name=$(newest)
settings
run undo "$name" --apply --yes "${lift[@]}"
exits 'half a run is undone' 0
same 'the three, no more' '3 done 1 unchanged' "$(outcomes "undo-$name.result.csv")"
undone "$name" 'half a run'
run runs "$name"
check 'it will not be continued' grep -q superseded out

fresh
some_of 4 'WS1 EMEA' >in.csv
run apply in.csv --rules delete-from-lifecycle --yes "${lift[@]}"
exits 'delete' 0
name=$(newest)
settings_with 'rate: {apple_write: 1/hour}'
run undo latest --apply --yes --max-wait 10m "${lift[@]}"
exits 'an undo waits, too' 75
check 'it names the command that goes on' grep -q "depmend undo $name --apply" err
first=$(newest)
run runs "$first"
check 'so does the run' grep -q "depmend undo $name --apply" out
settings
run undo "$name" --apply --yes "${lift[@]}"
exits 'the undo goes on' 0
same 'as the same run' "$first" "$(newest)"
undone "$name" 'an undo in two parts'

# --- a change that came when its run did not wait any more is undone; one that may still come is told ---

mkdir -p late && cd late || exit 1
cat >fleet.csv <<-'END'
	serial,server,profile
	C02LATE00001,WS1 EMEA,Kiosk
	C02LATE00002,WS1 EMEA,Kiosk
	C02STAY00001,WS1 EMEA,Kiosk
	C02STAY00002,WS1 Americas,Kiosk
	C02STAY00003,WS1 APAC,Kiosk
END
cat >late.yaml <<-'END'
	version: 1
	overrides: [{activity: '*', nth: 1, knobs: {apple.activity_time: 40m}}]
END
for steps in '{reassign: {to: WS1 Americas}}' '{reassign: {to: WS1 Americas}}, sync' unassign delete_from_lifecycle \
	'{migrate: {to: WS1 Americas, deadline: 2027-01-20}}' 'unassign, {reassign: {to: WS1 Americas}}'; do
	for wait in 10m 6h; do # its run is cut off, or over
		new_world --fleet fleet.csv --scenario late.yaml
		rules "[$steps]"
		rows C02LATE00001 C02LATE00002
		apply_rows --max-wait $wait
		check "late $steps, $wait: not done" test "$status" -ne 0
		name=$(newest)
		run undo "$name" --out plan.csv
		exits "undo of $steps, $wait, which may still come" 5
		same "undo of $steps, $wait, which may still come: the rows" 2 \
			"$(grep -c ',unverified,.*,state.request_open: ' plan.csv)"
		DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z run undo "$name" --apply --yes "${lift[@]}" --out undone.csv
		exits "undo of $steps, $wait, which came late" 0
		same "undo of $steps, $wait, which came late: they are back" 'WS1 EMEA WS1 EMEA' \
			"$(for i in 1 2; do jq -r --arg s C02LATE0000$i 'select(.kind == "effect" and .effective and
				.serial == $s and (.what | test("assign|migrate"))) | .after' "$audit" | tail -n 1; done | xargs)"
	done
done
# ... but not where somebody else has brought it since
new_world --fleet fleet.csv --scenario <(cat late.yaml - <<-'END'
	admins: [{after: 2h, do: assign, server: WS1 APAC, serials: [C02LATE00001]}]
END
)
rules '[{reassign: {to: WS1 Americas}}]'
rows C02LATE00001 C02LATE00002
apply_rows
name=$(newest)
DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z run undo "$name" --apply --yes "${lift[@]}" --out undone.csv
exits 'undo of what came late, and was moved on' 5
same 'undo of what came late, and was moved on: the rows' '1 done 1 drifted' "$(outcomes undone.csv)"
# ... nor what somebody else did while the run was at it: its row ended as drifted, and that is theirs
while read -r steps; do
	new_world --fleet fleet.csv --set uem.sync_time=5m --scenario <(cat <<-'END'
		version: 1
		admins:
		  - {on: {activity: '*', nth: 1}, at: landed, after: 5s, do: assign, server: WS1 APAC, serials: [C02LATE00001]}
	END
	)
	rules "[$steps]"
	rows C02LATE00001
	apply_rows --max-wait 6h
	name=$(newest)
	n=$(posts)
	DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z run undo "$name" --apply --yes "${lift[@]}" --out undone.csv
	exits "undo of $steps, moved by others meanwhile" 5
	same "undo of $steps, moved by others meanwhile: the row" '1 drifted' "$(outcomes undone.csv)"
	same "undo of $steps, moved by others meanwhile: nothing is sent" "$n" "$(posts)"
done <<-'END'
	unassign
	delete_from_lifecycle
	unassign, sync, reassign, sync
	unassign, sync, {reassign: {to: WS1 Americas}}, sync
END
# a profile, too
new_world --fleet fleet.csv --profile Custom --profile Theirs --scenario <(cat <<-'END'
	version: 1
	admins:
	  - {on: {service: uem, method: PUT, query: '*action=Assign*'}, at: after, after: 50s, do: profile, profile: Theirs, serials: [C02LATE00001]}
END
)
rules '[{assign_profile: {profile: Custom}}]'
rows C02LATE00001
apply_rows
exits 'another profile by others meanwhile' 5
name=$(newest)
n=$(changes)
DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z run undo "$name" --apply --yes "${lift[@]}" --out undone.csv
exits 'undo of a profile in the place of which others gave another' 5
same 'undo of a profile in the place of which others gave another: the row' '1 drifted' "$(outcomes undone.csv)"
same 'undo of a profile in the place of which others gave another: nothing is sent' "$n" "$(changes)"
cd "$work" || exit 1

# --- the latest run is none that undoes another: the same command goes on, and does not turn round ---

for wait in 10m 6h; do
	fresh
	some_of 4 'WS1 EMEA' >in.csv
	run apply in.csv --rules delete-from-lifecycle --yes "${lift[@]}"
	name=$(newest)
	[ $wait = 6h ] || settings_with 'rate: {apple_write: 1/hour}'
	run undo latest --apply --yes --max-wait $wait "${lift[@]}"
	first=$(newest)
	settings
	run undo latest --apply --yes "${lift[@]}"
	exits "undo latest, $wait, again" 0
	[ $wait = 6h ] || same 'undo latest, again, is the same run' "$first" "$(newest)"
	run undo latest --apply --yes "${lift[@]}"
	exits "undo latest, $wait, a third time" 0
	undone "$name" "undo latest, $wait"
	same "undo latest, $wait: none is taken off again" 4 "$(effects unassign)"
	run undo "$first" --apply --yes "${lift[@]}"
	exits "undo latest, $wait: one that is named is taken back" 0
	same "undo latest, $wait: they are off again" 8 "$(effects unassign)"
done

# --- the run of each shipped rule ---

# Serials of the result CSV with an outcome that fits, as a pattern for grep.
serials_that() { # FILE OUTCOME-PATTERN
	grep -E ",($2)," "$1" | cut -d, -f1 | sort -u
}

# Of every kind of device some, with a server each that is not its own.
of_all_kinds() {
	echo serial,server
	(
		grep ',yes,' "$root/samples/fleet.csv" | cut -d, -f1 | head -n 4
		some_of 2 'WS1 EMEA'
		some_of 2 'WS1 APAC'
		truth 'SELECT serial FROM device WHERE server IS NULL AND released IS NULL LIMIT 2'
		truth 'SELECT serial FROM device WHERE released IS NOT NULL LIMIT 1'
		truth "SELECT serial FROM managed WHERE status = 'Enrolled' LIMIT 2"
		truth 'SELECT d.serial FROM device d LEFT JOIN record r ON r.device = d.id
			WHERE r.profile IS NULL AND d.server IS NOT NULL LIMIT 2'
		echo C02NOTTHERE
	) | sort -u | sed 's/$/,WS1 Americas/'
}

sets_of() { # RULES: the options that give its parameters a value
	sed -n '/^parameters/,/^[^ p]/s/^  \([a-z]*\):.*/\1/p' "$1" | while read -r name; do
		case $name in
		server) echo '--set server=WS1 Americas' ;;
		profile) grep -q 'remove' <<<"$(grep -A1 '^parameters' "$1")" &&
			echo '--set profile=remove' || echo '--set profile=Corporate iPads' ;;
		enrolled) echo '--set enrolled=delete' ;;
		empty) echo '--set empty=unassign' ;;
		esac
	done
}

undo_shipped() { # RULES
	local name=${1##*/} sets=() line n
	fresh
	of_all_kinds >in.csv
	name=${name%.yaml}
	while read -r line; do
		sets+=("${line%% *}" "${line#* }")
	done < <(sets_of "$1")
	run plan in.csv --rules "$name" "${sets[@]}" --out plan.csv
	for line in release wipe delete_record; do
		n=$(grep -c "[;,]$line\b.*=planned" plan.csv)
		[ "$n" -eq 0 ] || sets+=(--allow "$line=$n" --confirm "$line=$n")
	done
	run apply in.csv --rules "$name" "${sets[@]}" --yes --max-wait 2d "${lift[@]}"
	[ "$(changes)" -gt 0 ] || return 0 # advice only
	run undo "$(newest)" --apply --yes --max-wait 2d --out undone.csv "${lift[@]}"
	state >now
	serials_that undone.csv 'manual|failed|unchanged' >left
	same "$name: all that can be undone is as it was" '' \
		"$(diff before now | grep -E '^[<>]' | grep -v -F -f left)"
	same "$name: nothing is left half undone" '' "$(serials_that undone.csv 'unverified|in_flight|pending')"
	echo "$name: $(serials_that undone.csv 'done' | wc -l) undone"
}

for rules in "$root"/rules/*.yaml; do
	undo_shipped "$rules" >>"$work/shipped"
done
check 'some rules were undone' test "$(grep -c '^[a-z-]*: [1-9].* undone' "$work/shipped")" -ge 7

# --- rules say how it is taken back: their limits, waves and halt; what is taken back the run says ---
new_world
served=$(python3 -c 'import csv, sys
print(*[r["serial"] for r in csv.DictReader(open(sys.argv[1])) if r["server"] == "WS1 EMEA"][:3])' "$root/samples/fleet.csv")
# shellcheck disable=SC2086 # one row each
printf '%s\n' serial $served >in.csv
printf 'version: 1\nname: away\nrules:\n  - {name: r, match: {always: true}, do: [{reassign: {to: WS1 APAC}}]}\n' >away.yaml
run apply in.csv --rules away.yaml --yes --allow percent=100
exits 'moved' 0
cat >how.yaml <<-'F'
	version: 1
	name: how
	parameters: {n: {default: x, help: a word}}
	limits: {devices: 2}
	waves: [1, 100%]
	rules:
	  - {name: r, match: {always: true}, do: [skip]}
F
run undo latest --rules how.yaml --parser libcsv --set n=y
exits 'undo by rules: planned' 0
check 'undo by rules: their limit is asked' grep -q 'rules.*2\|limit 2\|limits.devices' err
run undo latest --rules how.yaml --apply --yes --allow percent=100
exits 'undo by rules: their limit stops it' 4
sed -i 's/devices: 2/devices: 9/' how.yaml
run undo latest --rules how.yaml --apply --yes --allow percent=100
exits 'undo by rules: within their limit' 0
same 'undo by rules: in their waves' 2 "$(requests '.method == "POST" and .path == "/v1/orgDeviceActivities" and .status == 201 and .t > 0' | awk '{print $1 - 1}')"
run undo latest --set n=y
exits 'undo, a parameter of no rules' 64
run undo latest --rules nowhere.yaml
check 'undo by rules that are not there' test "$status" -ge 64

suite_end
