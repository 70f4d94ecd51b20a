# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# The other shipped procedures of the main job: out of the lifecycle page, and to another server.

took() { # WHAT
	jq -r --arg what "$1" 'select(.kind == "effect" and .what == $what and .effective) |
		"\(.serial) \(.before)>\(.after)"' "$audit" | sort
}

# --- delete-from-lifecycle: unassign, sync, and nothing is put back ---
fresh
mark
run apply serials.txt --rules delete-from-lifecycle --yes
exits 'delete more than its own limit allows' 4
sent 0 0
run apply serials.txt --rules delete-from-lifecycle --yes --allow percent=10
exits 'delete from the lifecycle page' 3
check 'delete: rows in, rows out' "$rows" same serials.txt serials.txt.result.csv
same 'delete: outcomes' '1 duplicate 2 invalid 1 skipped 15 done' \
	"$("$rows" outcomes serials.txt.result.csv)"
sent 2 2 # five devices, then the others
same 'delete: off its server, once' \
	"$("$rows" serials "done" serials.txt.result.csv | sed 's/$/ WS1 APAC>/')" "$(took unassign)"
same 'delete: gone from the UEM, once' "$("$rows" serials "done" serials.txt.result.csv)" \
	"$(took sync-remove | cut -d' ' -f1)"
same 'delete: nothing is put back' '' "$(took assign)"
mark
run apply serials.txt --rules delete-from-lifecycle --yes --allow percent=10
exits 'delete again' 3
sent 0 0
same 'delete again: outcomes' '1 duplicate 2 invalid 16 skipped' \
	"$("$rows" outcomes serials.txt.result.csv)"

# Enrolled devices are left to a person.
awk -F, 'NR == 1 || /,Enrolled,/' fleet.csv | head -n 8 >enrolled.csv
mark
run apply enrolled.csv --rules delete-from-lifecycle --yes
exits 'delete enrolled devices' 3
sent 0 0
same 'enrolled devices: outcomes' '7 manual' "$("$rows" outcomes enrolled.result.csv)"

# --- move-server: Apple moves in one step, both groups are synced ---
fresh
mark
run apply serials.txt --rules move-server --set 'server=WS1 EMEA' --yes
exits 'move to another server' 3
check 'move: rows in, rows out' "$rows" same serials.txt serials.txt.result.csv
same 'move: outcomes' '1 duplicate 2 invalid 1 manual 15 done' \
	"$("$rows" outcomes serials.txt.result.csv)"
sent 1 2
same 'move: once each, never without a server' \
	"$("$rows" serials "done" serials.txt.result.csv | sed 's/$/ WS1 APAC>WS1 EMEA/')" \
	"$(took assign)"
same 'move: no unassign' '' "$(took unassign)"
mark
run apply serials.txt --rules move-server --set 'server=WS1 EMEA' --yes
exits 'move again' 3
sent 0 0
same 'move again: outcomes' '1 duplicate 2 invalid 1 manual 15 skipped' \
	"$("$rows" outcomes serials.txt.result.csv)"

run apply serials.txt --rules move-server --set 'server=WS1 Mars' --yes
exits 'move to a server that Apple does not have' 65
check 'that server is named' grep -q "'WS1 Mars'" err
sent 0 0

# --- mended with a profile on top: the UEM takes one request per device ---
fresh
mark
run apply serials.txt --rules corrupted-registration --set 'profile=Corporate iPads' --yes
exits 'rebuild with a profile' 3
sent $((2 * 2 + 15)) $((2 * 2)) # in two waves
same 'with a profile: outcomes' '1 duplicate 2 invalid 1 manual 15 done' \
	"$("$rows" outcomes serials.txt.result.csv)"
same 'with a profile: read back' 15 \
	"$("$rows" column depmend_after serials.txt.result.csv | grep -c 'profile=Corporate iPads')"

# --- what a rule only says: with a step beside it, and alone ---
fresh
cat >note.yaml <<'END'
version: 1
rules:
  - name: moved
    match: {apple.server: WS1 APAC}
    do: [{reassign: {to: WS1 EMEA}}, sync, {note: "tell the APAC desk"}]
  - name: rest
    match: {always: true}
    do: [{note: "of no interest"}]
END
run apply serials.txt --rules ./note.yaml --yes --allow percent=50
same 'noted and done, and nothing else of the rows that could be read' \
	'done noted' "$("$rows" outcomes serials.txt.result.csv | tr ' ' '\n' | grep -E 'done|noted' | sort | tr '\n' ' ' | sed 's/ $//')"
check 'the note of a row that was acted on' grep -q ',done,moved,.*tell the APAC desk' serials.txt.result.csv
check 'and of one that was not' grep -q ',noted,rest,.*rule.note: .*of no interest' serials.txt.result.csv
