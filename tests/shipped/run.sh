#!/usr/bin/env bash
# Every shipped rule runs to its end against the simulator, on a fleet that needs it, and the run
# undone says what it cannot take back. The table at the end shows where each heading of the page
# that depmend automates went.
#
#	tests/shipped/run.sh BUILD
# shellcheck disable=SC2016 # backticks are marks of the table
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/shipped/run.sh BUILD}"
cd "$work" || exit 1
table=$work/table.md

cat >fleet.csv <<'F'
serial,server,family,profile,profile_status,corrupted,listed,released,enrollment_status,user,migration_capable,coverage,coverage_end
SHPNOPRF0001,WS1 EMEA,iPad,,,,yes,,,,yes,,
SHPNOSYN0002,WS1 EMEA,iPad,,,,no,,,,yes,,
SHPONNON0003,,iPad,,,,no,,,,yes,,
SHPCORRU0004,WS1 EMEA,iPad,Corporate iPads,Failed,yes,yes,,,,yes,,
SHPENROL0005,WS1 EMEA,iPad,Corporate iPads,Pushed,,yes,,Enrolled,jo,yes,expired,2025-01-01
SHPSTUCK0006,WS1 EMEA,iPad,Corporate iPads,Assignment in progress,,yes,,,,yes,,
SHPLEFT00007,WS1 EMEA,iPad,,,,yes,,,,yes,,
SHPMACPR0008,WS1 APAC,Mac,Macs,Pushed,,yes,,,,yes,,
SHPMACNO0009,WS1 APAC,Mac,,,,yes,,,,yes,,
SHPOLDIE0010,WS1 EMEA,iPad,Corporate iPads,Assigned,,yes,,Unenrolled,jo,no,,
SHPSOLD00011,WS1 Americas,iPad,Corporate iPads,Assigned,,yes,,,,yes,expired,2025-01-01
SHPGONE00012,,iPad,,,,no,2026-01-01,,,yes,,
SHPAPPS00013,WS1 EMEA,iPad,Corporate iPads,Pushed,,yes,,Enrolled,jo,yes,,
SHPAPPS00014,WS1 EMEA,iPad,Corporate iPads,Pushed,,yes,,Enrolled,jo,yes,,
SHPAPPS00015,WS1 EMEA,iPad,Corporate iPads,Pushed,,yes,,Enrolled,jo,yes,,
SHPGAVE00016,,iPad,,,,no,2026-01-01,Enrolled,jo,yes,,
F

# Somebody has taken it off its server since the UEM's last sync: between the first look and ours.
cat >left.yaml <<'Y'
version: 1
admins:
  - {after: 1m, do: unassign, serials: [SHPLEFT00007]}
Y

# rule NAME 'SERIAL=OUTCOME ...' [OPTION...]: a new world, one run, and each row as expected
rule() {
	local name=$1 wanted=$2 pair
	shift 2
	new_world --fleet fleet.csv --set uem.enums=names --scenario left.yaml
	printf '%s\n' serial >in.csv
	for pair in $wanted; do echo "${pair%%=*}"; done >>in.csv
	rm -f in.result*.csv
	run export --out live.csv # the first look
	DEPMEND_CLOCK=virtual:2026-11-22T04:00:00Z run apply in.csv --rules "$name" --yes \
		--allow percent=100 --max-wait 12h "$@"
	outcomes_are "$name" "$wanted"
	ran="$ran $name"
}

outcomes_are() { # NAME 'SERIAL=OUTCOME ...'
	local is
	is=$(python3 -c 'import csv
for r in csv.DictReader(open("in.result.csv")): print(r["serial"] + "=" + r["depmend_outcome"], end=" ")' 2>&1)
	same "$1" "$2" "${is% }"
	[ "$2" = "${is% }" ] || cat err
}

heading() { # TEXT RULE VERDICT
	printf '| %s | %s | %s |\n' "$1" "$2" "$3" >>"$table"
}

ran=
printf '| heading of the page | shipped rule | ends |\n|---|---|---|\n' >"$table"

rule assign-missing-profile \
	'SHPNOPRF0001=manual SHPNOSYN0002=manual SHPONNON0003=manual SHPENROL0005=manual' \
	--set 'profile=Corporate iPads'
same 'the missing profiles are given' 2 "$(effects profile)"
check 'the missing record has come' test "$(effects sync-add SHPNOSYN0002)" -ge 1
heading 'Device not completing enrollment' assign-missing-profile \
	'`done`: sync, assign the profile; `manual`: custom prompt, token, erase'

rule corrupted-registration 'SHPCORRU0004=done SHPONNON0003=done SHPGONE00012=manual' \
	--set 'server=WS1 EMEA' --set 'profile=Corporate iPads'
same 'it was taken off and put back' '1 1' \
	"$(effects unassign SHPCORRU0004) $(effects assign SHPCORRU0004)"
heading 'Not able to assign or remove a profile (corrupted record)' corrupted-registration \
	'`done`: unassign, sync, reassign, sync, assign the profile'

rule stuck-assignment 'SHPSTUCK0006=manual SHPENROL0005=skipped'
heading 'Stuck in "Assignment in Progress"' stuck-assignment \
	'`manual`: the ticket is written for support'

rule not-syncing 'SHPNOSYN0002=done SHPLEFT00007=done SHPENROL0005=skipped'
heading 'Devices not syncing' not-syncing \
	'`done`: sync, fetch; `manual`: token, terms, batch service'

rule invalid-profile 'SHPENROL0005=done SHPNOPRF0001=done SHPNOSYN0002=manual' \
	--set 'profile=Corporate iPads'
heading 'Invalid profile' invalid-profile \
	'`done`: remove, sync, assign; `manual`: Group ID, user, network, token'

rule unenroll 'SHPENROL0005=done SHPOLDIE0010=manual' --allow wipe=1 --confirm wipe=1
same 'the device was wiped' 1 "$(effects wipe)"
heading 'Unenroll: another user' unenroll '`done`: device wipe, Unenrolled proved'
irreversible=$(sed -n 's/^run  *//p' err)
run undo "$irreversible"
check 'undo names the wipe' grep -q 'undo.irreversible.*wipe' out
rule unenroll 'SHPENROL0005=done SHPSOLD00011=manual' --set profile=remove --allow wipe=1 \
	--confirm wipe=1
heading 'Unenroll: out of the program' unenroll '`done`: remove the profile, device wipe'

rule reconfigure 'SHPENROL0005=manual'
heading 'Reconfigure the program' reconfigure \
	'`manual`: keys and tokens are only in portal and console'

rule store-password-prompts 'SHPAPPS00013=manual SHPAPPS00014=skipped SHPAPPS00015=skipped SHPNOPRF0001=manual'
heading 'Store password prompts' store-password-prompts \
	'`manual`: the apps that ask are counted per device'

rule reboot-mac-keep-data 'SHPMACPR0008=manual SHPMACNO0009=manual SHPENROL0005=skipped'
heading 'Reboot a Mac and keep its data' reboot-mac-keep-data '`manual`: commands to type on the Mac'

rule delete-from-lifecycle \
	'SHPCORRU0004=done SHPLEFT00007=done SHPENROL0005=manual SHPONNON0003=skipped'
heading 'Delete from the lifecycle page' delete-from-lifecycle \
	'`done`: unassign, sync, gone from list and search'

rule release-sold 'SHPSOLD00011=done SHPENROL0005=manual SHPGONE00012=skipped' \
	--allow release=1 --confirm release=1
same 'the device has left' 1 "$(effects release)"
run undo "$(sed -n 's/^run  *//p' err)"
check 'undo names the release' grep -q 'undo.irreversible.*release' out
heading '(beyond the page) sold devices' release-sold '`done`: lifecycle, release'

rule retire-out-of-coverage 'SHPSOLD00011=done SHPENROL0005=manual SHPNOPRF0001=manual SHPGONE00012=skipped' \
	--set release=yes --allow release=1 --confirm release=1
same 'what is out of coverage has left' 1 "$(effects release)"
rule retire-out-of-coverage 'SHPSOLD00011=noted'
same 'unless it was only to be reported' 0 "$(effects release)"
heading '(beyond the page) out of coverage' retire-out-of-coverage '`noted`; `done`: lifecycle, release'

rule move-server 'SHPNOPRF0001=done SHPMACPR0008=skipped SHPGONE00012=manual' \
	--set 'server=WS1 APAC'
heading '(beyond the page) wrong server' move-server '`done`: reassign, sync'

rule migrate-with-deadline 'SHPENROL0005=done SHPOLDIE0010=manual SHPONNON0003=manual' \
	--set 'server=WS1 APAC'
heading '(beyond the page) move while in use' migrate-with-deadline '`done`: deadline set and read back'

rule orphans 'SHPNOSYN0002=done SHPLEFT00007=done SHPENROL0005=skipped'
heading '(beyond the page) orphans of both sides' orphans '`done`: sync'

rule pushed-not-enrolled \
	'SHPMACPR0008=manual SHPENROL0005=skipped SHPNOPRF0001=skipped SHPGONE00012=skipped'
heading '(beyond the page) pushed and not enrolled' pushed-not-enrolled '`manual`: look for the device'

world_of() { # [SIMULATOR OPTION...]
	new_world --fleet fleet.csv --state "$work/sim.db" "$@"
	rm -f in.result*.csv
}
world_of --set uem.duplicates=2
printf '%s\n' serial SHPENROL0005 SHPOLDIE0010 SHPAPPS00013 SHPAPPS00014 SHPNOPRF0001 >in.csv
run apply in.csv --rules duplicate-records --yes
outcomes_are duplicate-records \
	'SHPENROL0005=skipped SHPOLDIE0010=manual SHPAPPS00013=skipped SHPAPPS00014=manual SHPNOPRF0001=skipped'
same 'the list of records is read once, and no record by itself' '1 0' "$(requests \
	'.path == "/api/mdm/devices/search" and .query == "page=0&pagesize=500"') $(requests '.path == "/api/mdm/devices"')"
ran="$ran duplicate-records"
heading '(beyond the page) two records of one serial' duplicate-records '`manual`: which to delete'
world_of --set uem.duplicates=2 --set page.total_more=5
run apply in.csv --rules duplicate-records --yes
same 'a list that is not whole shows what it shows' 'manual undecided' "$(python3 -c 'import csv
print(*sorted({r["depmend_outcome"] for r in csv.DictReader(open("in.result.csv"))}))')"

world_of
sqlite3 "$work/sim.db" "UPDATE device SET gone = 1 WHERE serial = 'SHPAPPS00013'"
printf '%s\n' serial SHPAPPS00013 SHPGAVE00016 SHPENROL0005 SHPGONE00012 >in.csv
run apply in.csv --rules enrolled-not-at-apple --yes
outcomes_are enrolled-not-at-apple \
	'SHPAPPS00013=manual SHPGAVE00016=manual SHPENROL0005=skipped SHPGONE00012=skipped'
ran="$ran enrolled-not-at-apple"
heading '(beyond the page) enrolled, not at Apple' enrolled-not-at-apple '`manual`: add or unenroll it'

new_world --fleet fleet.csv --state "$work/sim.db" --scenario left.yaml
run export --out in.csv
sqlite3 "$work/sim.db" "UPDATE device SET gone = 1 WHERE serial = 'SHPAPPS00013'"
rm -f in.result*.csv
DEPMEND_CLOCK=virtual:2026-11-22T04:00:00Z run apply in.csv --rules left-since-export --yes
same 'left-since-export' 'SHPAPPS00013=not-listed SHPLEFT00007=other-server' "$(python3 -c 'import csv
print(*(r["serial"] + "=" + r["depmend_rule"] for r in csv.DictReader(open("in.result.csv"))
	if r["depmend_outcome"] == "manual"))')"
ran="$ran left-since-export"
heading '(beyond the page) moved since an export' left-since-export '`manual`: by whom, and back'

new_world --fleet fleet.csv
printf '%s\n' serial,server 'SHPNOPRF0001,WS1 APAC' 'SHPENROL0005,WS1 EMEA' 'SHPNOSYN0002,WS1 EMEA' >in.csv
rm -f in.result*.csv
run apply in.csv --rules reconcile --yes --allow percent=100
outcomes_are reconcile 'SHPNOPRF0001=done SHPENROL0005=skipped SHPNOSYN0002=done'
ran="$ran reconcile"
heading '(beyond the page) as the list says' reconcile '`done`: reassign, sync'

for file in "$root"/rules/*.yaml; do
	name=$(basename "$file" .yaml)
	check "$name has run" grep -qw -- "$name" <<<"$ran"
	run check live.csv --rules "$name" # an export: servers and dates, and cells that are empty
	exits "$name has nothing against an export" 0
done
cat "$table"
suite_end
