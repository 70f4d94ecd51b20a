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
