# shellcheck shell=bash disable=SC2154
# migrate and cancel_migration: deadlines, who can, another date, the past.

fleet <<'F'
serial,server,migration_capable
MIGABLE00001,WS1 EMEA,yes
MIGABLE00002,WS1 EMEA,yes
MIGUNABLE003,WS1 EMEA,no
F
activities() { # activities of that type
	jq -r 'select(.kind == "effect" and .what == "'"$1"'") | .serial' "$audit" | wc -l
}
to_apac() { # DEADLINE [FORCE]
	rules "[{migrate: {to: WS1 APAC, deadline: $1${2:+, force_now: true}}}]"
}

new_world --fleet fleet.csv
to_apac 30d
rows MIGABLE00001 MIGUNABLE003
apply
exits 'one device cannot migrate' 3
same 'the other is told to' 'done' "$(outcome MIGABLE00001)"
same 'which cannot is named' 'failed apple.not_capable' "$(outcome MIGUNABLE003)"
check 'proved by status and date' grep -q 'migration=REQUESTED' in.result.csv
n=$(changes)
to_apac 2026-12-22T03:00:00Z
rows MIGABLE00001
apply
same 'the same date is left alone' 'unchanged state.holds' "$(outcome MIGABLE00001)"
same 'nothing was sent' "$n" "$(changes)"
to_apac 2026-12-24
rm -f in.result.csv
apply
same 'another date is an update' 'done' "$(outcome MIGABLE00001)"
same 'sent as one' 1 "$(activities migrate-update)"
rules '[unassign, sync, reassign, sync]'
rm -f in.result.csv
apply
same 'no rebuild drops a migration that is under way' 'failed apple.migration_pending' \
	"$(outcome MIGABLE00001)"
same 'nothing was unassigned' 0 "$(effects unassign)"
rules '[{reassign: {to: WS1 EMEA}}, sync]'
rm -f in.result.csv
apply
same 'no move either' 'failed apple.migration_pending' "$(outcome MIGABLE00001)"
rules '[cancel_migration]'
rm -f in.result.csv
apply
same 'it is cancelled' 'done' "$(outcome MIGABLE00001)"
same 'by one activity' 1 "$(activities migrate-cancel)"
rm -f in.result.csv
apply
same 'a second time there is nothing to cancel' 'unchanged state.holds' "$(outcome MIGABLE00001)"

# --- deadlines that cannot be ---
n=$(changes)
for bad in 91d 2026-11-21; do
	to_apac $bad
	rows MIGABLE00002
	apply
	same "deadline $bad is refused" 'invalid row.bad_value' "$(outcome MIGABLE00002)"
done
same 'nothing was sent' "$n" "$(changes)"
to_apac 2026-11-21 now
rm -f in.result.csv
apply
exits 'the past has to be confirmed' 64
apply --confirm migrate=1
same 'force_now migrates at once' 'done' "$(outcome MIGABLE00002)"

# --- to the server it is on: nothing is sent, which would take its profile ---
new_world --fleet fleet.csv
home=$(awk -F, '$1 == "MIGABLE00001" { print $2 }' fleet.csv)
rules "[{migrate: {to: $home, deadline: 2027-01-01}}]"
rows MIGABLE00001
apply
exits 'it is there already' 0
same 'which is said' 'unchanged state.holds' "$(outcome MIGABLE00001)"
same 'and nothing was sent' 0 "$(changes)"
rules '[{migrate: {to: WS1 APAC, deadline: 2026-11-22T04:00:00Z}}]'
apply
exits 'it migrates' 0
rows MIGABLE00001
rules '[{migrate: {to: WS1 APAC, deadline: 2027-01-01}}]'
DEPMEND_CLOCK=virtual:2026-11-24T00:00:00Z apply
exits 'after the migration it is there' 0
same 'another date moves nothing' 0 "$(activities migrate-update)"

# --- a deadline that passes between confirmation and sending: no device is moved at once by it ---
new_world --fleet fleet.csv
settings_with 'rate: {apple_write: 1/10h}'
rules '[{migrate: {to: WS1 Americas, deadline: 2027-01-01}}]'
rows MIGABLE00001
apply
to_apac 2026-11-22T06:00:00Z
rows MIGABLE00002
apply --max-wait 12h
exits 'the write limit opens after the deadline' 3
same 'it is not sent then' 'failed apple.deadline' "$(outcome MIGABLE00002)"

# --- cancelling moves the device back by itself, at once or later: it is never assigned where it is ---
cat >profiled.csv <<'F'
serial,server,migration_capable,profile
MIGABLE00001,WS1 EMEA,yes,Corporate iPads
MIGABLE00002,WS1 EMEA,yes,Corporate iPads
STAY00000001,WS1 APAC,yes,Corporate iPads
STAY00000002,WS1 Americas,yes,Corporate iPads
F
server_of() { # SERIAL
	run export --out where.csv --max-wait 12h
	python3 -c 'import csv, sys
for r in csv.DictReader(open("where.csv")):
    if r["serial"] == sys.argv[1]: print(r["server"])' "$1"
}
migrating() { # [SIMULATOR OPTION...]: both are on their way to WS1 APAC
	new_world --fleet profiled.csv "$@"
	to_apac 30d
	rows MIGABLE00001 MIGABLE00002
	apply
	same 'both are told to migrate' "2" "$(activities migrate)"
	rm -f in.result.csv
}
for wait in 0s 30s 20m 3h; do
	migrating --set apple.cancel_time=$wait
	rules '[cancel_migration, {reassign: {to: WS1 EMEA}}]'
	apply --max-wait 12h
	same "cancelled, and back after $wait: both done" 2 "$(grep -c ',done,\|,unchanged,' in.result.csv)"
	same "cancelled, and back after $wait: nothing is assigned where it is" 0 \
		"$(jq -r 'select(.kind == "effect" and .what == "assign" and (.effective | not)) | .serial' "$audit" | wc -l)"
	same "cancelled, and back after $wait: it is there" 'WS1 EMEA' "$(server_of MIGABLE00001)"

	migrating --set apple.cancel_time=$wait
	rules '[cancel_migration, {reassign: {to: WS1 Americas}}]'
	apply --max-wait 12h
	same "cancelled, and on to a third server, $wait: both done" 2 "$(grep -c ',done,' in.result.csv)"
	same "cancelled, and on to a third server, $wait: it is there" 'WS1 Americas' "$(server_of MIGABLE00001)"

	migrating --set apple.cancel_time=$wait
	run runs
	run undo "$(sed -n 's/^  \(2[^ ]*\).*/\1/p' out | tail -n 1)" --apply --yes --allow percent=100 --max-wait 12h
	exits "undone, back after $wait" 0
	same "undone, back after $wait: nothing is assigned where it is" 0 \
		"$(jq -r 'select(.kind == "effect" and .what == "assign" and (.effective | not)) | .serial' "$audit" | wc -l)"
	same "undone, back after $wait: it is there" 'WS1 EMEA' "$(server_of MIGABLE00001)"

	[ $wait = 3h ] && continue # longer than anybody waits for Apple: timeouts.activity
	migrating --set apple.cancel_time=$wait
	rules '[cancel_migration, unassign, sync, reassign, sync]'
	sed -i 's/name: r,/name: rebuild,/' rules.yaml
	apply --max-wait 24h
	same "cancelled, then rebuilt, $wait: both done" 2 "$(grep -c ',done,' in.result.csv)"
	same "cancelled, then rebuilt, $wait: it is back" 'WS1 EMEA' "$(server_of MIGABLE00001)"
done

# --- those that Apple does not let migrate are told by the log alone ---
for word in OPERATION_NOT_ALLOWED NOT_ELIGIBLE; do
	new_world --fleet profiled.csv --set apple.failing=MIGABLE00001 --set "apple.fail_word=$word"
	to_apac 30d
	rows MIGABLE00001 MIGABLE00002
	run plan in.csv --rules rules.yaml --out planned.csv
	check 'the plan says what the new server needs' \
		grep -q 'of 2 devices: first the new server needs an enrollment profile' out err
	apply
	exits "one is not eligible ($word)" 3
	same "one is not eligible ($word): the log tells which" 'failed apple.device_failed' "$(outcome MIGABLE00001)"
	check "one is not eligible ($word): and why" grep -q "MIGABLE00001.*$word" in.result.csv
	same "one is not eligible ($word): the other goes" 'done' "$(outcome MIGABLE00002)"
done
