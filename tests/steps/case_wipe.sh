# shellcheck shell=bash disable=SC2154
# wipe: sent once, later steps wait, runs stop and go on.

fleet <<'F'
serial,server,enrollment_status,user
WIPENROL0001,WS1 EMEA,Enrolled,jo
WIPENROL0002,WS1 EMEA,Enrolled,jo
WIPLEFT00003,WS1 EMEA,Unenrolled,jo
WIPNONE00004,WS1 EMEA,,jo
F

# --- both kinds, and what is not enrolled ---
new_world --fleet fleet.csv
rules '[{wipe: {kind: device}}]'
rows WIPENROL0001 WIPLEFT00003 WIPNONE00004
apply --allow wipe=1 --confirm wipe=1
exits 'a device without a record cannot be wiped' 3
same 'a wiped device is proved by its enrollment status' 'done' "$(outcome WIPENROL0001)"
same 'one that left already is left alone' 'unchanged state.holds' "$(outcome WIPLEFT00003)"
same 'one without a record is a person'"'"'s job' 'failed uem.no_record' "$(outcome WIPNONE00004)"
same 'one wipe was sent' 1 "$(wipes)"
same 'a DeviceWipe' 1 "$(requests '.query | test("command=DeviceWipe")')"
check 'the evidence names the look' grep -q 'record:2026' in.result.csv
rules '[{wipe: {kind: enterprise}}]'
rows WIPENROL0002
apply --allow wipe=2 --confirm wipe=1 # the second within a day
same 'an EnterpriseWipe' 1 "$(requests '.query | test("command=EnterpriseWipe")')"

# --- later steps wait; --max-wait ends; the next apply goes on ---
new_world --fleet fleet.csv --set uem.wipe_time=20h
rules '[{wipe: {kind: device}}, delete_record]'
rows WIPENROL0001 WIPENROL0002
apply --allow wipe=2 --allow delete_record=2 --confirm wipe=2 --confirm delete_record=2 --max-wait 6h
exits 'a wipe outlives --max-wait' 3
same 'its row is held' 'held uem.wipe_waiting' "$(outcome WIPENROL0001)"
same 'the record is still there' 0 "$(effects delete-record)"
check 'the next command is named' grep -q 'depmend apply in.csv' err
run status
check 'status says where a wipe is called off' grep -qF 'Devices > Lifecycle > Wipe Log' out
run status --json
same 'and how many wait' 2 "$(jq -r 'select(.type == "status") | .pending_wipes' out)"
cat >pending.yaml <<'Y'
version: 1
rules:
  - {name: pending, match: {uem.pending_wipe: yes}, do: [{advise: it is being wiped}]}
  - {name: other, match: {uem.pending_wipe: no}, do: [skip]}
Y
printf '%s\n' serial WIPENROL0001 WIPLEFT00003 WIPNONE00004 >pending.csv
run plan pending.csv --rules ./pending.yaml --out pending.plan.csv
same 'a fact for rules' 'manual skipped skipped' "$(python3 -c 'import csv
print(*(r["depmend_outcome"] for r in csv.DictReader(open("pending.plan.csv"))))')"
same 'our own wipes are told of as ours' '2 0' "$(run status --json
	jq -rs '[.[] | select(.type == "status")][0].pending_wipes, ([.[] | select(.type == "pending_wipe")] | length)' out | xargs)"
apply --max-wait 6h
same 'held still' 'held uem.wipe_waiting' "$(outcome WIPENROL0001)"
apply --max-wait 24h
exits 'the next apply goes on' 0
same 'the wipes were sent once' 2 "$(wipes)"
same 'then the records were deleted' 2 "$(effects delete-record)"
same 'both steps are done' 'wipe(device)=done;delete_record=done' "$(cell WIPENROL0001 depmend_steps)"

# --- one that others sent: seen by whichever command reads the record, and then by status ---
new_world --fleet fleet.csv --set uem.wipe_time=20h --control
run plan pending.csv --rules ./pending.yaml --out pending.plan.csv
run status
same 'no wipe: nothing is said of one' 0 "$(grep -c '^wipes' out)"
printf 'version: 1\nadmins: [{do: wipe, serials: [WIPENROL0001]}]\n' >others.yaml
curl -sf --data-binary @others.yaml "http://127.0.0.1:$port/sim/scenario"
DEPMEND_CLOCK=virtual:2026-11-22T05:00:00Z run plan pending.csv --rules ./pending.yaml --out pending.plan.csv
check 'the plan sees it' grep -q '^WIPENROL0001,manual' pending.plan.csv
run status
check 'status names the device' grep -q '^  WIPENROL0001  since 2026-11-22' out
check 'and where it is called off' grep -qF 'Devices > Lifecycle > Wipe Log' out
run status --json
same 'for programs, too' '1 WIPENROL0001 Devices' "$(jq -rs '([.[] | select(.type == "status")][0].pending_wipes),
	(.[] | select(.type == "pending_wipe") | .serial, .remedy[:7])' out | xargs)"
DEPMEND_CLOCK=virtual:2026-11-24T05:00:00Z run plan pending.csv --rules ./pending.yaml --out pending.plan.csv
run status
same 'until a command reads that it is over' 0 "$(grep -c '^wipes' out)"

# --- never unenrolled ---
new_world --fleet fleet.csv --set uem.wipe_time=30d
settings_with 'timeouts: {wipe: 2h}'
apply --allow wipe=2 --allow delete_record=2 --confirm wipe=2 --confirm delete_record=2 --max-wait 3h
exits 'a wipe that does not end within timeouts.wipe' 5
same 'is not proved' 'unverified uem.wipe_waiting' "$(outcome WIPENROL0001)"
same 'and its record stays' 0 "$(effects delete-record)"

# --- held for an administrator ---
new_world --fleet fleet.csv --scenario uem-wipe-held
rules '[{wipe: {kind: device}}]'
rows WIPENROL0001 WIPENROL0002
apply --allow wipe=2 --confirm wipe=2
exits 'the second wipe is held' 3
same 'one done, one held' 'done held uem.held' "$(printf '%s %s' "$(outcome WIPENROL0001)" "$(outcome WIPENROL0002)")"
n=$(wipes)
apply
exits 'held still' 3
same 'it is not sent again' "$n" "$(wipes)"

rules '[{wipe: {kind: enterprise}}]'
apply --confirm wipe=0
exits 'held in another run as well, though the device is enrolled still' 3
same 'which says why' 'held uem.wipe_waiting' "$(outcome WIPENROL0002)"
same 'nor is it sent by another run' "$n" "$(wipes)"

# --- another run in between ---
new_world --fleet fleet.csv --set uem.wipe_time=20h
rules '[{wipe: {kind: device}}, delete_record]'
apply --allow wipe=2 --allow delete_record=2 --confirm wipe=2 --confirm delete_record=2 --max-wait 1h
rules '[sync]'
apply
exits 'another run does not wait for wipes of an earlier one, but is no clean end for these devices' 5
check 'but tells of them' grep -q '2 devices of an earlier run were sent a wipe' err
rules '[{wipe: {kind: device}}, delete_record]'
apply --max-wait 1h
same 'the earlier run goes on' 'held uem.wipe_waiting' "$(outcome WIPENROL0001)"
rules '[{advise: wait}]'
DEPMEND_CLOCK=virtual:2026-11-23T12:00:00Z apply
exits 'another run sees that the wipes are over' 3
rules '[{wipe: {kind: device}}, delete_record]'
DEPMEND_CLOCK=virtual:2026-11-23T12:00:00Z apply
exits 'what follows a wipe is not lost, nor confirmed again' 0
same 'the records were deleted' 2 "$(effects delete-record)"
same 'the wipes were sent once' 2 "$(wipes)"
same 'both steps are done' 'wipe(device)=done;delete_record=done' "$(cell WIPENROL0001 depmend_steps)"

# --- nobody knows whether it arrived ---
rules '[{wipe: {kind: device}}]'
for applied in yes no; do
	cat >lost.yaml <<-F
		version: 1
		faults:
		  - {service: uem, method: POST, path: "/api/mdm/devices/*/commands", nth: 1, do: reset, applied: $applied}
	F
	new_world --fleet fleet.csv --scenario lost.yaml
	rows WIPENROL0001
	apply --allow wipe=1 --confirm wipe=1
	same "the reply is lost, applied: $applied: one wipe" 1 "$(wipes)"
	[ $applied = yes ] && same 'it was carried out' 'done' "$(outcome WIPENROL0001)"
	[ $applied = no ] && same 'it is not sent again' 'unverified uem.outcome_unknown' "$(outcome WIPENROL0001)"
done
