# shellcheck shell=bash disable=SC2154
# Traps that no single function can fall into (services/README.md Apple F, UEM H). Those of one
# codec are unit tests of that name: test_apple_F.., test_uem_H..

fleet <<'F'
serial,server
TRPAAAAA0001,WS1 EMEA
TRPAAAAA0002,WS1 EMEA
TRPAAAAA0003,WS1 EMEA
TRPAAAAA0004,WS1 EMEA
TRPAAAAA0005,WS1 EMEA
TRPAAAAA0006,WS1 EMEA
F
posts() {
	requests '.method == "POST" and .path == "/v1/orgDeviceActivities"'
}
lists() {
	requests '.method == "GET" and (.path | test("/dep/groups/.*/devices$"))'
}
new_world --fleet fleet.csv

rules '[{reassign: {to: WS1 EMEA}}]'
rows TRPAAAAA0001 NOTTHERE0001
apply
same 'F.9: a serial that Apple would swallow in silence is named before' 'failed apple.not_found' \
	"$(outcome NOTTHERE0001)"
same 'F.11: on that server already: unchanged' 'unchanged state.holds' "$(outcome TRPAAAAA0001)"
same 'F.11: and nothing is sent, which would strip its profile' '0 0' "$(posts) $(effects strip)"

rules '[unassign]'
rows TRPAAAAA0001
apply
same 'F.8: off its server' 'done' "$(outcome TRPAAAAA0001)"
check 'F.28b: the UEM keeps its copy until it syncs' grep -q 'server=none;listed=yes' in.result.csv
rules '[sync]'
rm -f in.result.csv
apply
check 'F.28b: then it is gone' grep -q 'listed=no' in.result.csv
same 'H.2: which the list shows, not the 202' 'done' "$(outcome TRPAAAAA0001)"

new_world --fleet fleet.csv
rules '[{reassign: {to: WS1 APAC}}]'
rows TRPAAAAA0001
apply
same 'F.12: moved' 'done' "$(outcome TRPAAAAA0001)"
same 'F.12: by one ASSIGN, without a gap' '1 0' "$(posts) $(effects unassign)"

# Named by its serial, and by the list.
cat >unseen.yaml <<'F'
version: 1
faults:
  - {service: apple, method: GET, path: "/v1/orgDevices/*/relationships/assignedServer", do: reply, status: 404, body: json, applied: no}
F
new_world --fleet fleet.csv --scenario unseen.yaml
rules '[unassign]'
rows TRPAAAAA0001
apply
same 'F.13: assigned, but to no server that shows: nobody knows' 'undecided rule.unknown' \
	"$(outcome TRPAAAAA0001)"
same 'F.13: so nothing is sent' 0 "$(posts)"

sed '2s/WS1 EMEA/,2026-01-02/; 1s/$/,released/; 3,$s/$/,/' fleet.csv >released.csv
new_world --fleet released.csv
apply
same 'F.15: listed, but released: nothing is done to it' 'failed apple.released' \
	"$(outcome TRPAAAAA0001)"

# So many that a look-up by serial costs less than the pages.
(cat fleet.csv && seq -f 'TRPMANY%05g,WS1 EMEA' 1100) >many.csv
new_world --fleet many.csv --scenario apple-documented-fields
apply
same 'F.26: by a look-up, not from the pages' 0 "$(requests '.path == "/v1/orgDevices"')"
same 'F.26: one device, read without the newer fields' 'done' "$(outcome TRPAAAAA0001)"

rules '[unassign, sync, reassign, sync, {assign_profile: {profile: Corporate iPads}}]'
sed -i '2s/$/,Corporate iPads/; 1s/$/,profile/; 3,$s/$/,/' fleet.csv
new_world --fleet fleet.csv --scenario uem-auto-assign
apply
same 'H.9: what the sync gave is not given again' 'done 0' \
	"$(outcome TRPAAAAA0001) $(requests '.path | test("/profiles/.*/devices/")')"
check 'H.9: it is there' grep -q 'profile=Corporate iPads' in.result.csv

same 'H.32: no call that only scripts know' 0 \
	"$(requests '.path | test("aedprofile|/mdm/enrollment/")')"

new_world --fleet fleet.csv --scenario apple-partial
rules '[unassign]'
rows TRPAAAAA0001 TRPAAAAA0002 TRPAAAAA0003 TRPAAAAA0004 TRPAAAAA0005
apply
same 'F.21: the log is fetched without the bearer: it tells who failed' 1 \
	"$(grep -c 'failed,.*apple.device_failed' in.result.csv)"

new_world --fleet fleet.csv --set 'apple.failing=TRPAAAAA0001 TRPAAAAA0003 TRPAAAAA0004' \
	--set 'apple.fail_word=NOT_ALLOWED UPDATED_TWICE DEVICE_BUSY ORDER_BLOCKED'
apply
own_reasons() { # WHAT
	for of in 1:NOT_ALLOWED 3:DEVICE_BUSY 4:ORDER_BLOCKED; do
		check "F.21: $1: each failed device has the reason of its own row: $of" \
			grep -q "^TRPAAAAA000${of%:*},.*failed,.*${of#*:}" in.result.csv
	done
	same "F.21: $1: the others are done" 2 "$(grep -c ',done,' in.result.csv)"
}
own_reasons 'taken off'
# The same of a log in several tables, of other programs, and of an activity with others before it.
for program in '[unassign, sync, reassign, sync]' '[{reassign: {to: WS1 APAC}}, sync]' \
	'[{migrate: {to: WS1 APAC, deadline: 30d}}]'; do
	rules "$program"
	rm -f in.result.csv
	new_world --fleet fleet.csv --set 'apple.failing=TRPAAAAA0001 TRPAAAAA0003 TRPAAAAA0004' \
		--set 'apple.fail_word=NOT_ALLOWED UPDATED_TWICE DEVICE_BUSY ORDER_BLOCKED' --set apple.log_tables=3
	apply
	own_reasons "$program"
done
rules '[unassign]'

sed '1s/$/,enrollment_status,user/; 2s/$/,Enrolled,jo/; 3,$s/$/,Unenrolled,jo/' fleet.csv >other.csv
new_world --fleet other.csv --set uem.look_up=other
rules '[{wipe: {kind: device}}]'
rows TRPAAAAA0001
apply
same 'H.11: the record of another device is no answer' 'undecided rule.unknown' \
	"$(outcome TRPAAAAA0001)"

# As many looks and syncs for five rows as for one.
rules '[unassign, sync]'
for n in 1 5; do
	new_world --fleet fleet.csv
	# shellcheck disable=SC2046
	rows $(seq -f 'TRPAAAAA%04g' "$n")
	apply
	exits "$n rows" 0
	[ "$n" -gt 1 ] || alone="$(lists) $(syncs) $(posts)"
done
same 'H.3, H.4: the lists are read once for all rows' "${alone%% *}" "$(lists)"
same 'H.5: a sync serves all rows' "$(cut -d' ' -f2 <<<"$alone")" "$(syncs)"
same 'F.7: an activity takes all rows' "${alone##* }" "$(posts)"
