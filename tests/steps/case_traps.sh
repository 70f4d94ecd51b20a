# shellcheck shell=bash disable=SC2154
# Traps of the contracts that no single function can fall into (apple.md F, uem.md H). Those of one
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
same 'H.3, H.4, H.5, F.7: lists, syncs and activities are shared by all rows' "$alone" \
	"$(lists) $(syncs) $(posts)"
same 'H.32: no call that only scripts know' 0 \
	"$(requests '.path | test("aedprofile|/mdm/enrollment/")')"
