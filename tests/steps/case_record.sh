# shellcheck shell=bash disable=SC2154
# delete_record: by record id, alone and many at once.

fleet <<'F'
serial,server,enrollment_status,user
RECGONE00001,WS1 EMEA,,jo
RECLEFT00002,WS1 EMEA,Unenrolled,jo
RECENRO00003,WS1 EMEA,Enrolled,jo
RECMORE00004,WS1 APAC,Unenrolled,jo
RECMORE00005,WS1 APAC,Unenrolled,jo
RECMORE00006,WS1 APAC,Unenrolled,jo
RECSTAY00007,WS1 APAC,Unenrolled,jo
F
rules '[delete_record]'
deletes() { # requests that delete, alone or many
	requests '(.method == "DELETE" and (.path | startswith("/api/mdm/devices/"))) or
		(.method == "POST" and .path == "/api/mdm/devices/bulk")'
}

new_world --fleet fleet.csv
rows RECLEFT00002 RECENRO00003 RECGONE00001
apply
exits 'a record is deleted by nobody who was not asked' 4
apply --allow delete_record=2
exits 'the number has to be confirmed' 64
same 'nothing was sent' 0 "$(deletes)"
apply --allow delete_record=2 --confirm delete_record=2
exits 'records are deleted' 0
same 'an unenrolled record is gone' 'done' "$(outcome RECLEFT00002)"
same 'an enrolled one as well' 'done' "$(outcome RECENRO00003)"
same 'what has no record is left alone' 'unchanged state.holds' "$(outcome RECGONE00001)"
same 'each was deleted once' '' "$(repeated_effects delete-record)"
same 'both were deleted' 2 "$(effects delete-record)"
same 'in one call' 1 "$(deletes)"
check 'before names the record' grep -q 'record=[0-9]*;enrollment=Enrolled' in.result.csv
check 'after says that there is none' grep -q 'record=none' in.result.csv
rows RECLEFT00002
apply --allow delete_record=2 --confirm delete_record=0
exits 'a deleted record stays deleted' 0
same 'nothing more was sent' 1 "$(deletes)"

new_world --fleet fleet.csv
rows RECLEFT00002
run apply in.csv --rules rules.yaml --allow delete_record=1 --allow percent=100 --confirm delete_record=1
exits 'one record: its number is agreement enough' 0
same 'one record: DELETE by its id' 1 "$(requests '.method == "DELETE"')"

# --- 403 has four meanings ---

new_world --fleet fleet.csv --scenario uem-bulk-cap
rows RECLEFT00002 RECENRO00003 RECMORE00004 RECMORE00005 RECMORE00006
apply --allow delete_record=5 --confirm delete_record=5
exits 'within bulksettings' 0
same 'two a call, as the tenant says' 3 "$(deletes)"
same 'all were deleted' 5 "$(effects delete-record)"

new_world --fleet fleet.csv --scenario uem-bulk-cap --set uem.bulk_says=5
apply --allow delete_record=5 --confirm delete_record=5
exits 'over the cap although bulksettings said otherwise' 0
same 'all were deleted in smaller calls' 5 "$(effects delete-record)"
same 'nothing twice' '' "$(repeated_effects delete-record)"

new_world --fleet fleet.csv --scenario uem-wipe-held
rows RECLEFT00002 RECMORE00004
apply --allow delete_record=2 --confirm delete_record=2
exits 'the second is held' 3
same 'one was deleted' 1 "$(effects delete-record)"
same 'one is done, one held' 'done held uem.held' \
	"$(printf '%s %s' "$(outcome RECLEFT00002)" "$(outcome RECMORE00004)")"
same 'a hold is never sent again' 1 "$(deletes)"

new_world --fleet fleet.csv
echo wrong >tenant-code
apply --allow delete_record=2 --confirm delete_record=2
exits 'a wrong tenant code ends the run' 77
check 'and is named' grep -q 1013 err
echo code >tenant-code

# --- faults in every shape ---

for shape in faults fault single; do
	new_world --fleet fleet.csv --set "uem.faults=$shape" --set uem.bulk_refuses=2
	rows RECLEFT00002 RECMORE00004 RECMORE00005
	apply --allow delete_record=3 --confirm delete_record=3
	exits "Faults as $shape" 3
	same "Faults as $shape: the others are done" 2 "$(effects delete-record)"
	same "Faults as $shape: the refused one says so" 'failed uem.refused' \
		"$(for s in RECLEFT00002 RECMORE00004 RECMORE00005; do outcome $s; done | grep -v 'done')"
	run status --json
	same "Faults as $shape: what was refused by name is not open" 0 \
		"$(jq -r 'select(.type == "status") | .open_changes + .open_irreversible' out)"
done

# --- whom it hits ---

new_world --fleet fleet.csv --set uem.duplicates=2
rows RECLEFT00002 RECENRO00003
apply --allow delete_record=2 --confirm delete_record=1
same 'one of several records is not guessed' 'failed uem.ambiguous' "$(outcome RECENRO00003)"
check 'its row names both, to tell them apart in the console' \
	grep -qE 'uem.ambiguous: [^;]*: device IDs [0-9]+ [0-9]+' in.result.csv
for kind in device enterprise; do
	printf 'version: 1\nname: w\nrules:\n  - {name: w, match: {always: true}, do: [{wipe: {kind: %s}}]}\n' $kind >wipe.yaml
	run plan in.csv --rules wipe.yaml --out plan.csv
	check "so does the plan of a wipe ($kind)" grep -qE 'uem.ambiguous: [^;]*: device IDs [0-9]+ [0-9]+' plan.csv
done
run plan in.csv --rules rules.yaml
check 'the plan names both records' grep -qE 'record=[0-9]+ [0-9]+;' out
same 'the other row is done' 'done' "$(outcome RECLEFT00002)"

# A look-up of many may bring all records of a serial, in any order: none of them is the device's by that.
cat >left.yaml <<'END'
version: 1
name: left
rules:
  - {name: left, match: {uem.enrollment_status: Unenrolled}, do: [unassign]}
  - {name: rest, match: {always: true}, do: [skip]}
END
new_world --fleet fleet.csv --set uem.duplicates=2 --set uem.bulk_records=all
rows RECLEFT00002 RECENRO00003
run plan in.csv --rules left.yaml
check 'two records that a look-up brings: neither is believed' grep -q '^RECENRO00003,undecided.*several records' out
check 'and who has one is judged' grep -qE '^RECLEFT00002,(planned|skipped)' out

# Nor is the one that can be read beside one that cannot.
second() { # WHAT ODD...: what the second record of the reply is
	{
		echo 'version: 1'
		echo 'odd:'
		printf "  - {service: uem, method: POST, path: '*/mdm/devices', %s}\n" "${@:2}"
	} >odd.yaml
	new_world --fleet fleet.csv --set uem.duplicates=2 --set uem.bulk_records=all --scenario odd.yaml
	rows RECENRO00003 RECLEFT00002
	run plan in.csv --rules left.yaml
	check "a second record $1: the first one is not believed" grep -q '^RECENRO00003,undecided.*several records' out
}
for k in 1 2 3; do
	second "that is no object ($k)" "record: $k, value: 'null'"
	second "without a serial ($k)" "record: $k, member: SerialNumber, value: absent"
done
second 'of the same id, which cannot be read' "member: Id, value: '{}'"
new_world --fleet fleet.csv --scenario odd.yaml
rows RECENRO00003 RECLEFT00002
run plan in.csv --rules left.yaml
check 'one record of each, with ids that cannot be read' grep -qE '^RECLEFT00002,' out

new_world --fleet fleet.csv --set uem.odd_status=yes
rows RECLEFT00002 RECENRO00003 RECMORE00004 RECMORE00005 RECMORE00006
run plan in.csv --rules rules.yaml
check 'a status nobody has heard of forbids it' grep -q 'undecided.*uem.enrollment_status' out
check 'capitals do not' grep -q '^RECENRO00003,planned' out
