#!/usr/bin/env bash
# The state is lost while devices are off their servers: Apple's audit events say which, and where they
# came from; reconcile puts them back.
#
#	tests/lost/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/lost/run.sh BUILD}"
cd "$work" || exit 1

cat >rules.yaml <<'END'
version: 1
name: lost
parameters: {job: {default: take}}
columns: {serial: serial}
waves: [100%]
rules:
  - {name: take, match: {param.job: take}, do: [unassign]}
  - {name: home, match: {param.job: home}, do: [{reassign: {to: WS1 EMEA}}]}
  - {name: release, match: {param.job: release}, do: [delete_from_lifecycle, release]}
END
on=(EMEA Americas APAC)
printf 'serial,server\n' >fleet.csv
for i in $(seq 10 39); do
	printf 'C02LST0000%s,WS1 %s\n' "$i" "${on[i % 3]}" >>fleet.csv
done
printf 'C02LST000090,\n' >>fleet.csv # on no server, and not by us
rows() { # FROM TO
	{
		echo serial
		seq -f 'C02LST0000%g' "$1" "$2"
	} >in.csv
}
act() { # JOB
	run apply in.csv --rules rules.yaml --set "job=$1" --allow percent=100 --yes --confirm "release=$(($(wc -l <in.csv) - 1))" --max-wait 48h
}
new_world --fleet fleet.csv
settings_with 'limits: {devices: 99, percent: 100, release: 9}'

rows 10 21
run apply in.csv --rules rules.yaml --yes --max-wait 48h
exits 'devices are taken off' 0
rows 20 20
run apply in.csv --rules rules.yaml --set job=home --yes --max-wait 48h
exits 'one is put back' 0
rows 21 21
act release
exits 'one is released' 0
run export --off-server --out known.csv
exits 'with the state' 0

rm -rf state
run status
check 'a state that knows no run: status says what to do' grep -q 'depmend export --off-server' out
rows 20 20
run apply in.csv --rules rules.yaml --set job=home --yes --max-wait 48h --allow percent=100
check 'a state that knows no run: so does apply' grep -q 'depmend export --off-server' err
run status
check 'a state that knows one: no word of it' test -z "$(grep 'off-server' out)"
rm -rf state
run export --off-server --out off.csv
exits 'without the state' 0
same 'the state makes no difference' "$(sort known.csv)" "$(sort off.csv)"
same 'those that our account took off, and that still are' "$(seq -f 'C02LST0000%g' 10 19)" \
	"$(tail -n +2 off.csv | cut -d, -f1 | sort)"
same 'with the server they came from' "$(sed -n '/^C02LST00001/p' fleet.csv | sort)" \
	"$(tail -n +2 off.csv | cut -d, -f1,2 | sort)"
check 'and the time' grep -q '^C02LST000010,WS1 Americas,2026-11-22T03:0' off.csv
run export --off-server --json
same 'as JSON' 10 "$(jq -r 'select(.type == "device") | .serial' out | wc -l)"

run apply off.csv --rules reconcile --yes --max-wait 48h --allow percent=100
exits 'reconcile puts them back' 0
run export --out live.csv
same 'all are where they were' "$(sed -n '/^C02LST00001/p' fleet.csv | sort)" \
	"$(sed -n '/^C02LST00001/p' live.csv | cut -d, -f1,3 | sort)"
run export --off-server --out none.csv
same 'then none is off' 1 "$(wc -l <none.csv)"

# --- from a server that is gone: the list does not say where to, and says so ---
new_world --fleet fleet.csv --state "$work/gone.db"
settings_with 'limits: {devices: 99, percent: 100, release: 9}'
rows 10 12
run apply in.csv --rules rules.yaml --yes --max-wait 48h
exits 'taken off' 0
rm -rf state
sqlite3 gone.db "DELETE FROM server WHERE name = 'WS1 Americas'"
run export --off-server --out gone.csv
exits 'from a server that is gone' 0
same 'its cell is empty' 'C02LST000010,' "$(grep 'C02LST000010' gone.csv | cut -d, -f1,2)"
check 'and that is said' grep -q "of 1 of them Apple's events name no server that is there now" err

# --- taken off by others, or too long ago ---
new_world --fleet fleet.csv
settings_with 'limits: {devices: 99, percent: 100, release: 9}'
rows 30 32
run apply in.csv --rules rules.yaml --yes --max-wait 48h
exits 'taken off, long ago' 0
export DEPMEND_CLOCK=virtual:2026-12-30T03:00:00Z
rm -rf state
run export --off-server --out old.csv
same 'older than 30 days' 1 "$(wc -l <old.csv)"
run export --off-server --detail
exits 'with --detail' 64
settings
sed -i 's/organization: business/organization: school/; s/BUSINESSAPI/SCHOOLAPI/' depmend.yaml
run export --off-server
check 'of a school' test "$status" -ne 0

# --- an older state in the place of the newest ---
# The same device is taken out and comes back; then its release would be the second irreversible step.
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
older() { # say 0 or 1: whether status knows that the state is an older one
	run status --json
	jq -r 'select(.type == "status") | if .restored_state then 1 else 0 end' out
}
for how in database backup folder; do
	new_world --fleet fleet.csv
	settings_with 'limits: {devices: 99, percent: 100, release: 9}'
	rows 10 12
	run apply in.csv --rules rules.yaml --set job=home --yes --max-wait 48h
	exits "$how: a run" 0
	org=$(dirname state/*/depmend.db)
	cp -r "$org" kept
	[ $how != folder ] || { rm -rf kept && cp -r state kept; }
	run backup kept.backup
	rows 10 11
	act release
	exits "$how: two are released" 0
	same "$how: the state is the newest" 0 "$(older)"
	rows 12 12
	run apply in.csv --rules rules.yaml --yes --max-wait 48h
	exits "$how: one is taken off" 0
	case $how in
	database) rm "$org"/depmend.db* && cp kept/depmend.db* "$org" ;;
	folder) rm -rf state && mv kept state ;;
	backup)
		run restore kept.backup
		number=$(grep -o 'restore=[0-9]*' err)
		run restore kept.backup --confirm "$number"
		;;
	esac
	rm -rf kept
	export DEPMEND_CLOCK=virtual:2026-11-23T03:00:00Z
	same "$how: status says so at once" 1 "$(older)"
	rows 13 14
	run apply in.csv --rules rules.yaml --set job=release --yes --max-wait 48h --confirm release=2
	exits "$how: a release waits" 4
	check "$how: the message" grep -q 'say --allow restored_state=yes' err
	check "$how: it says since when" grep -q 'the state is older than what was last done' err
	same "$how: what nobody remembers came back" 1 "$(effects assign C02LST000012)"
	same "$how: status says so" 1 "$(older)"
	run status
	check "$how: status in words" grep -q '^restored ' out
	run plan in.csv --rules rules.yaml --set job=release --out plan.csv
	check "$how: the plan says it" grep -q 'allow .*--allow restored_state=yes' err
	run runs
	exits "$how: its run is listed" 0
	run report latest --html page.html
	exits "$how: and can be reported" 0
	rows 15 15
	run apply in.csv --rules rules.yaml --set job=home --yes --max-wait 48h
	exits "$how: what can be undone goes on" 0
	rows 13 14
	run apply in.csv --rules rules.yaml --set job=release --yes --max-wait 48h --confirm release=2 \
		--allow restored_state=yes
	exits "$how: a person says so" 0
	same "$how: then the state counts as known" 0 "$(older)"
	same "$how: nothing came twice" '' "$(repeated_effects release)"
	export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
done

# The events cannot be asked when it is noticed: the next start asks again.
new_world --fleet fleet.csv --control
settings_with 'limits: {devices: 99, percent: 100, release: 9}'
rows 10 10
run apply in.csv --rules rules.yaml --set job=home --yes --max-wait 48h
run backup kept.backup
rows 12 12
run apply in.csv --rules rules.yaml --yes --max-wait 48h
exits 'one is taken off, and forgotten' 0
rm -r "$(dirname state/*/depmend.db)"
run restore kept.backup
export DEPMEND_CLOCK=virtual:2026-11-23T03:00:00Z
curl -sf -H "X-Sim-Now: $(date -d 2026-11-23T03:00:00Z +%s)000" --data-binary @- \
	"http://127.0.0.1:$port/sim/scenario" <<'END'
version: 1
faults: [{service: apple, path: "/v1/auditEvents*", do: reply, status: 503, body: html}]
END
rows 15 15
run apply in.csv --rules rules.yaml --set job=home --yes --max-wait 48h
check 'without the events: it is said' grep -q "next 'depmend apply' asks again" <(tr '\n' ' ' <err)
same 'without the events: nobody knows of it' 0 "$(effects assign C02LST000012)"
curl -sf -X POST "http://127.0.0.1:$port/sim/heal"
export DEPMEND_CLOCK=virtual:2026-11-23T06:00:00Z
run apply in.csv --rules rules.yaml --set job=home --yes --max-wait 48h
exits 'with the events' 0
same 'with the events: what nobody remembers came back' 1 "$(effects assign C02LST000012)"
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z

# moved to another machine it is the newest, and so is a first state of an account that was used
new_world --fleet fleet.csv
settings_with 'limits: {devices: 99, percent: 100, release: 9}'
rows 10 11
run apply in.csv --rules rules.yaml --yes --max-wait 48h
run backup moved.backup --move
export DEPMEND_CLOCK=virtual:2026-11-23T03:00:00Z
for first in moved fresh; do
	rm -rf state
	[ $first = fresh ] || run restore moved.backup
	rows 13 13
	[ $first = moved ] || rows 14 14
	run apply in.csv --rules rules.yaml --set job=release --yes --max-wait 48h --confirm release=1
	exits "$first: nothing is older" 0
	same "$first: what was taken off for good stays off" 0 "$(effects assign C02LST000010)"
done

# --- which file the state is in: a copy of it may be an older one ---

new_world --fleet fleet.csv
settings_with 'limits: {devices: 99, percent: 100, release: 9}'
rows 10 11
run apply in.csv --rules rules.yaml --yes --max-wait 48h
released() { # WHAT STATUS: how a release ends now
	rows "$n" "$n"
	n=$((n + 1))
	run apply in.csv --rules rules.yaml --set job=release --yes --max-wait 48h --confirm release=1
	exits "$1" "$2"
}
copy_back() { rm -rf state && mv "$1" state; }
n=13
cp -r state kept
copy_back kept
same 'a copy of the newest: it may be an older one' 1 "$(older)"
released 'a copy of the newest: the events say that it is not' 0
same 'a copy of the newest: it counts as known' 0 "$(older)"
check 'a copy of the newest: no word of an older one' test -z "$(grep 'than what was last done' err)"
mv state elsewhere && mv elsewhere state
same 'a folder that was renamed is no copy' 0 "$(older)"
run backup now.backup
rm -r "$(dirname state/*/depmend.db)"
run restore now.backup
exits 'the newest is restored beside its counter' 0
same 'and is no copy' 0 "$(older)"
released 'a release after it' 0

{ sed 's/WS1 EMEA/depmend desk/' fleet.csv; echo C02LST000099,WS1 EMEA; } >desk.csv
mv fleet.csv business.csv && mv desk.csv fleet.csv
business=$client
school_begin
sed -i 's/\[delete_from_lifecycle, release\]/[{reassign: {to: depmend desk}}, release]/' rules.yaml
for kind in older newest database; do
	school_world token.json
	echo 'limits: {devices: 99, percent: 100, release: 9}' >>depmend.yaml
	n=13
	released "school, $kind: a release" 0
	mv state elsewhere && mv elsewhere state
	released "school, $kind: renamed, it goes on" 0
	run backup now.backup
	cp -r state kept
	org=$(dirname state/*/depmend.db)
	cp -r "$org" one
	[ $kind = newest ] || released "school, $kind: one more" 0
	[ $kind = database ] || copy_back kept
	[ $kind != database ] || { rm "$org"/depmend.db* && cp one/depmend.db* "$org"; }
	rm -rf kept one
	export DEPMEND_CLOCK=virtual:2026-11-23T03:00:00Z
	same "school, $kind: status knows" 1 "$(older)"
	before=$(effects release)
	released "school, $kind: a release waits" 4
	check "school, $kind: and why" grep -q 'say --allow restored_state=yes' err
	same "school, $kind: nothing was sent" "$before" "$(effects release)"
	rows 20 20
	run apply in.csv --rules rules.yaml --yes --max-wait 48h --set job=home
	exits "school, $kind: what can be undone goes on" 0
	run apply in.csv --rules rules.yaml --set job=release --yes --max-wait 48h --confirm release=1 \
		--allow restored_state=yes
	exits "school, $kind: a person says so" 0
	same "school, $kind: then it counts as known" 0 "$(older)"
	run backup now.backup
	rm -r "$(dirname state/*/depmend.db)"
	run restore now.backup
	same "school, $kind: restored by depmend, it is no copy" 0 "$(older)"
	export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
done
client=$business
mv business.csv fleet.csv

# --- a move of our own takes the device off, too: no sign of an older state ---

new_world --fleet fleet.csv --set apple.activity_time=20m
printf '%s\n' 'version: 1' 'name: move' 'rules:' \
	'  - {name: r, match: {always: true}, do: [{reassign: {to: WS1 Americas}}, sync]}' >move.yaml
awk -F, 'NR == 1 || ($2 == "WS1 EMEA" && !n++) { print $1 }' fleet.csv >move.csv
export DEPMEND_CLOCK=virtual:2026-12-22T03:00:00Z
run apply move.csv --rules move.yaml --yes --allow percent=100 --max-wait 10m
exits 'a move that outlasts --max-wait' 75
export DEPMEND_CLOCK=virtual:2026-12-22T05:00:00Z
run apply move.csv --rules move.yaml --yes --allow percent=100
same 'a move that ended meanwhile: nothing is older' 0 "$(older)"
check 'a move that ended meanwhile: not said either' test -z "$(grep 'state is older' err)"

# --- taken off again at once after it was put back, and killed there: no sign of one either ---

new_world --fleet fleet.csv --set apple.activity_time=100ms --set uem.sync_time=100ms
settings_with 'timeouts: {settle: 300ms}'
printf '%s\n' 'poll: {apple: 50ms, uem: 50ms}' 'rate: {apple_read: 999/min}' >>depmend.yaml
for job in first.unassign,reassign second.unassign,reassign; do
	printf '%s\n' 'version: 1' 'name: n' 'rules:' \
		"  - {name: ${job%.*}, match: {always: true}, do: [${job#*.}]}" >"${job%.*}.yaml"
done
export DEPMEND_CLOCK=virtual:2027-01-22T03:00:00Z
run apply move.csv --rules first.yaml --yes --allow percent=100
exits 'off and back' 0
LD_PRELOAD=$build/crash/shim.so ASAN_OPTIONS=verify_asan_link_order=0 CRASH_PATH='POST /v1/orgDeviceActivities UNASSIGN' CRASH_AT=1 CRASH_AFTER=1 \
	run apply move.csv --rules second.yaml --yes --allow percent=100 2>/dev/null
exits 'off again, and killed' 137
run apply move.csv --rules second.yaml --yes --allow percent=100
exits 'it goes on' 0
check 'off again, and killed: nothing is older' test -z "$(grep 'older' err)"
sim_stop
suite_end
