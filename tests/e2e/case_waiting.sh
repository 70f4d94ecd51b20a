# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# Serials that the seller has not added yet: `wait_for: {listed: ...}` of a rule.

# Devices that are there, and those of the list, which come night by night.
waiting_fleet() { # SERIALS NIGHTS: the last ones never come
	python3 - "$1" "$2" <<'P' >fleet.csv
import csv, datetime, sys
n, nights = int(sys.argv[1]), int(sys.argv[2])
print("serial,server,family,profile,arrives")
for i in range(40):
    print(f"OLDFLEET{i:04},{('WS1 EMEA', 'WS1 APAC', 'WS1 Americas')[i % 3]},iPad,Corporate iPads,")
for i in range(n):
    at = datetime.date(2026, 11, 22) + datetime.timedelta(days=1 + i % (nights + 1))
    print(f"WAITS{i:07},,iPad,,{at}T01:00:00Z" if i % (nights + 1) < nights else f"WAITS{i:07},,iPad,,2030-01-01")
P
	{ echo serial; sed -n 's/^\(WAITS[0-9]*\),.*/\1/p' fleet.csv; } >new.csv
}
wait_rule() { # NAME DURATION
	cat >wait.yaml <<Y
version: 1
rules:
  - name: $1
    match: {apple.status: UNASSIGNED}
    wait_for: {listed: $2}
    do: [{reassign: {to: WS1 EMEA}}, sync]
Y
}
night() { # NIGHT [LIST]: counted from 2026-11-22
	DEPMEND_CLOCK=virtual:$(date -u -d "2026-11-22 + $1 days" +%F)T03:00:00Z \
		run apply "${2:-new.csv}" --rules ./wait.yaml --yes --allow percent=100 --max-wait 12h
}
ended() { # SERIAL [LIST]: outcome and reason code
	python3 -c 'import csv, sys
for r in csv.DictReader(open(sys.argv[1])):
    if r["serial"] == sys.argv[2]: print(r["depmend_outcome"], r["depmend_reason"].split(":")[0])' \
		"${2:-new.result.csv}" "$1"
}
in_all() { # OUTCOME
	grep -c ",$1," new.result.csv
}

# --- night after night ---
waiting=${WAITING_SERIALS:-66} nights=${WAITING_NIGHTS:-10} # tests/full/waiting.sh has more of both
waiting_fleet "$waiting" "$nights"
never=$(grep -c ,2030 fleet.csv)
new_world --fleet fleet.csv
settings_with 'limits: {devices: 1000}'
wait_rule newcomers 40d
before=0 came=0
pages=$(((waiting + 40 + 999) / 1000))
for n in $(seq 0 $((nights + 1))); do
	night "$n"
	exits "night $n" 0
	earlier=$came came=$(awk -F, -v at="$(date -u -d "2026-11-22 + $n days" +%F)T03" \
		'$5 != "" && $5 < at' fleet.csv | wc -l)
	same 'who came is acted on the same night' "$came" "$(effects assign)"
	# One listing to judge by; those who have come are looked at once more before they are assigned.
	listed=$(requests '.path == "/v1/orgDevices"')
	[ "$came" -gt "$earlier" ] && most=$((2 * pages)) || most=$pages
	check 'one listing' test $((listed - before)) -le "$most"
	before=$listed
done
same 'nothing is asked by serial' 0 "$(requests '(.path | test("^/v1/orgDevices/WAITS"))')"
same 'nobody twice' '' "$(repeated_effects assign)"
same 'the others wait' "$never" "$(in_all waiting)"
check 'the row says since when' grep -q 'rule.waiting: .*: since 2026-11-22T03:00:0.*, until 2027-01-01T03:0' new.result.csv
check 'who waits is not called done' test -z "$(grep 'nothing left to do' err)"
run report latest --html new.html
check 'the page says it, too' grep -q '<code>rule.waiting</code> .*since 2026-11-22T03:00' new.html
same 'each row once' "$((waiting < 5000 ? waiting : 5000))" "$(grep -c '^<tr><td class="n">' new.html)"
run status
check 'so does status' grep -q "^waiting     $never serials of .*new.csv, not at Apple yet: rule 'newcomers', since 2026-11-22" out
run status --json
same 'in figures' "$never newcomers" "$(jq -r 'select(.type == "waiting") | "\(.serials) \(.rule)"' out)"
run explain new.csv "$(sed -n 's/,.*,2030.*//p;' fleet.csv | head -n 1)" --rules ./wait.yaml
check 'explain says so' grep -q "rule 'newcomers' waits" out

# --- what is left to a person ---
waiting_fleet 4 1 # the 2nd and 4th never come
new_world --fleet fleet.csv
wait_rule newcomers 10d
echo WAITS0000001 >protected.csv
night 0
same 'it waits' 'waiting rule.waiting' "$(ended WAITS0000001)"
settings_with 'protect: {file: protected.csv}'
printf 'serial\nWAITS0000001\n' >protected.csv
night 2
same 'the protected list is that of today' 'protected protected.listed' "$(ended WAITS0000001)"
says_of_waits() { # what status says of them, and in figures
	run status
	sed -n 's/^waiting  *\([0-9]*\) serials\? of [^ ]*, \(.*\): rule .*/\1 \2/p' out | sort | paste -sd';'
	run status --json
	jq -r 'select(.type == "waiting") | "\(.serials) \(.state)"' out | sort
}
same 'status: one is protected' "$(printf '%s\n' '1 not at Apple yet;1 on the protected list now' '1 protected' '1 waiting')" "$(says_of_waits)"
echo '1.2E+7' >protected.csv
run status
exits 'status goes on without a list that cannot be read' 0
printf 'serial\nWAITS0000001\n' >protected.csv
same 'who came is acted on' 'done state.done' "$(ended WAITS0000000)"
settings
night 11
exits 'the date has passed' 3
same 'status: the date has passed' "$(printf '%s\n' '2 not at Apple in time' '2 over')" "$(says_of_waits)"
run history WAITS0000001
check 'so does its history' grep -q 'not at Apple in time: rule .*a person has to look' out
same 'then a person has to look' 'manual rule.wait_over' "$(ended WAITS0000001)"
check 'protected meanwhile, it is the same wait' grep -q 'wait_over: .*since 2026-11-22T03:.*until 2026-12-02T03:' new.result.csv
wait_rule newcomers 30d
night 11
same 'a rule that waits longer' 'waiting rule.waiting' "$(ended WAITS0000001)"
cp new.result.csv again.csv
night 12 again.csv
same 'its result is the same list' 'waiting rule.waiting' "$(ended WAITS0000001 again.result.csv)"

wait_rule others 30d
night 12
exits 'the rule is gone' 3
same 'another rule does not take its place' 'manual rule.wait_gone' "$(ended WAITS0000001)"
check 'it is named' grep -q "wait_gone: .*rule 'newcomers'" new.result.csv
sed -i '/wait_for/d; s/apple.status: UNASSIGNED/asset_tag: none/' wait.yaml
night 12
same 'nor do rules of which none fires' 'manual rule.wait_gone' "$(ended WAITS0000001)"
wait_rule others 30d
run forget WAITS0000001 --reason 'new rules' --confirm forget=1
exits 'a person begins the wait anew' 0
check 'the wait is shown' grep -q 'waiting     1 serial of ' err
night 12
same 'it waits by the new rule' 'waiting rule.waiting' "$(ended WAITS0000001)"

# --- on two lists ---
printf 'serial\nWAITS0000001\n' >second.csv
night 13 second.csv
exits 'another list' 3
same 'status: two lists' 2 "$(says_of_waits | grep -c ' two_lists$')"
same 'two lists' 'manual rule.wait_twice' "$(ended WAITS0000001 second.result.csv)"
check 'which is named' grep -q 'wait_twice: .*/new.csv' second.result.csv
night 13
same 'either of them' 'manual rule.wait_twice' "$(ended WAITS0000001)"
printf 'serial\nOLDFLEET0000\n' >second.csv
night 14 second.csv
night 14
same 'taken off the other list' 'waiting rule.waiting' "$(ended WAITS0000001)"
same 'nothing was sent for it' 0 "$(effects assign WAITS0000001)"

# --- it comes while two lists want it; the date of a list that is gone passes ---
waiting_fleet 1 5 # comes on the 23rd
new_world --fleet fleet.csv
wait_rule newcomers 3d
night 0
cp new.csv second.csv
night 0 second.csv
night 1
same 'it has come, and two lists want it' 'manual rule.wait_twice' "$(ended WAITS0000000)"
night 2
same 'still' 'manual rule.wait_twice 0' "$(ended WAITS0000000) $(effects assign)"
night 4
same 'the other list has waited long enough' 'done state.done 1' "$(ended WAITS0000000) $(effects assign)"

# --- which list it is: a new name each night, and none ---
since() { # RESULT: since when, each that waits
	sed -n 's/.*rule.waiting: .*since \([-0-9T:]*\)..Z,.*/\1/p' "$1" | sed 's/:[^:]*$//' | sort | uniq -c | xargs
}
dated() { # NIGHT: a copy of new.csv under the name of that night
	echo "devices-$(date -u -d "2026-11-22 + $1 days" +%F)"
}
waiting_fleet 2 0 # neither ever comes
for kept in no yes; do
	new_world --fleet fleet.csv
	wait_rule newcomers 3d
	for n in 0 1 2; do
		[ $kept = yes ] || rm -f devices-*.csv
		cp new.csv "$(dated $n).csv"
		night $n "$(dated $n).csv"
		exits "a name for each night, night $n, the others are kept: $kept" 0
		same 'since the first night' '2 2026-11-22T03:00' "$(since "$(dated $n).result.csv")"
	done
	run status --json
	same 'one list waits' "2 $(dated 2).csv" "$(jq -r 'select(.type == "waiting") | "\(.serials) \(.list)"' out | sed 's,/.*/,,')"
	cp new.csv "$(dated 4).csv"
	night 4 "$(dated 4).csv"
	same 'and its time ends' 'manual rule.wait_over' "$(ended WAITS0000001 "$(dated 4).result.csv")"
done
rm -f devices-*
new_world --fleet fleet.csv
wait_rule newcomers 30d
cp new.csv site-100001.csv
cp new.csv site-100002.csv
night 0 site-100001.csv
night 0 site-100002.csv
night 1 site-100001.csv
same 'numbers, and both are asked about' 'manual rule.wait_twice' "$(ended WAITS0000001 site-100001.result.csv)"
night 1 site-100002.csv
same 'the other one as well' 'manual rule.wait_twice' "$(ended WAITS0000001 site-100002.result.csv)"
mv site-100002.csv other.csv
night 2 other.csv
same 'a list with another name, and one that is still there' 'manual rule.wait_twice' \
	"$(ended WAITS0000001 other.result.csv)"
rm site-100001.csv
night 3 other.csv
same 'which is removed' '2 2026-11-22T03:00' "$(since other.result.csv)"
cp new.csv site-100001.csv
for n in 4 8; do
	night $n site-100001.csv
done
same 'and comes back' 'manual rule.wait_twice' "$(ended WAITS0000001 site-100001.result.csv)"
night 12 site-100001.csv
same 'not asked about for a week, the other one is over, and hands over since when' '2 2026-11-22T03:00' "$(since site-100001.result.csv)"

piped() { # NIGHT OUT SERIAL...
	printf '%s\n' serial "${@:3}" >pipe.txt
	DEPMEND_CLOCK=virtual:$(date -u -d "2026-11-22 + $1 days" +%F)T03:00:00Z "$build/depmend" apply - --out "$2" \
		--rules ./wait.yaml --yes --allow percent=100 <pipe.txt >out 2>err
}
new_world --fleet fleet.csv
wait_rule newcomers 3d
for n in 0 1 2; do
	piped $n a.csv WAITS0000000 WAITS0000001 WAITS0000002
	piped $n b.csv WAITS0000003 WAITS0000004
	same "two pipes, night $n" '3 2026-11-22T03:00 2 2026-11-22T03:00' "$(since a.csv) $(since b.csv)"
done
piped 2 b.csv WAITS0000003 WAITS0000004 WAITS0000001
same 'a serial that two pipes bring' 'manual rule.wait_twice' "$(ended WAITS0000001 b.csv)"
piped 4 b.csv WAITS0000003 WAITS0000004
same 'the time of a pipe ends' 'manual rule.wait_over' "$(ended WAITS0000003 b.csv)"

# A clock that was wrong: nobody waits since a time that has not come.
new_world --fleet fleet.csv
wait_rule newcomers 3d
night 0
sqlite3 state/*/depmend.db "UPDATE wait SET since = since + 315360000000, until = until + 315360000000"
night 1
same 'since now at the latest' '2 2026-11-23T03:00' "$(since new.result.csv)"
night 5
same 'and its time ends' 'manual rule.wait_over' "$(ended WAITS0000001)"
night 0 new.csv
DEPMEND_CLOCK=virtual:2026-11-28T03:00:00Z run apply new.csv --rules ./wait.yaml --yes --now 2036-01-01T00:00:00Z
run status --json
same 'nor since a day that rules go by' 2026-11-23T03:00 "$(jq -r 'select(.type == "waiting") | .since' out | cut -c1-16)"

# --- a list that is not whole says nothing of who is missing ---
for hole in '4 page.total_more=7' '70 page.total_more=7' '4 page.lose=1'; do
	waiting_fleet "${hole% *}" 1
	new_world --fleet fleet.csv --set "${hole#* }" --set page.clamp=10
	night 0
	exits "serials and list: $hole" 3
	same "undecided, $hole" "${hole% *}" "$(in_all undecided)"
	run status --json
	same 'and none waits' '' "$(jq -r 'select(.type == "waiting") | .serials' out)"
done

# --- it waits for the row, whatever the rule asks of live facts ---
cat >wait.yaml <<'Y'
version: 1
rules:
  - {name: loans, match: {asset_tag: LOAN}, do: [skip]}
  - name: pads
    match: {model|contains: pad, not: {apple.server|present: true}, uem.listed: no}
    wait_for: {listed: 1d}
    do: [{reassign: {to: {column: Wanted}}}]
  - {name: rest, match: {apple.known: no}, do: [{advise: not ours}]}
tests:
  - {row: {model: iPad, apple.known: no, csv.Wanted: X}, expect: {waits: pads}}
  - {row: {model: iPad, apple.known: yes, uem.listed: no, csv.Wanted: X}, expect: {rule: pads}}
  - {row: {model: iPad, apple.known: unknown, uem.listed: no, csv.Wanted: X}, expect: {rule: pads}}
  - {row: {model: iPad, apple.known: unknown, uem.listed: unknown, csv.Wanted: X}, expect: {undecided: pads}}
  - {row: {model: iPhone, apple.known: no}, expect: {rule: rest}}
  - {row: {model: iPad, asset_tag: LOAN, apple.known: no}, expect: {rule: loans}}
Y
waiting_fleet 0 1
new_world --fleet fleet.csv
cat >new.csv <<'C'
serial,model,asset tag,Wanted
WAITROWS0001,iPad,,WS1 EMEA
WAITROWS0002,iPhone,,WS1 EMEA
WAITROWS0003,iPad,LOAN,WS1 EMEA
WAITROWS0004,iPad,,
WAITROWS0001,iPad,,WS1 EMEA
C
run check new.csv --rules ./wait.yaml
exits 'the tests of the rules' 0
night 0
same 'the row decides' 'waiting rule.waiting
duplicate row.duplicate' "$(ended WAITROWS0001)"
same 'not of that kind' 'manual rule.advise' "$(ended WAITROWS0002)"
same 'an earlier rule' 'skipped rule.skip' "$(ended WAITROWS0003)"
same 'a step that cannot be made is told now' 'invalid row.bad_value' "$(ended WAITROWS0004)"
run plan new.csv --rules ./wait.yaml --offline --out offline.csv
same 'offline nobody waits' 0 "$(grep -c ',waiting,' offline.csv)"
sed -i 's/csv.Wanted: X}, expect: {waits/csv.Wanted: X, apple.known: yes}, expect: {waits/; s/apple.known: no, csv.Wanted: X, //' wait.yaml
run check --rules ./wait.yaml
exits 'a test of a wait can fail' 65
check 'it says what was found' grep -q "expected rule 'pads' waits, found no rule" err
for bad in 'wait_for: 30d' 'wait_for: {listed: soon}' 'wait_for: {}' 'wait_for: {listed: 0d}' 'wait_for: {known: 3d}'; do
	printf 'version: 1\nrules:\n  - {name: a, match: {always: true}, do: [unassign], %s}\n' "$bad" >bad.yaml
	run check --rules ./bad.yaml
	exits "$bad" 65
done

# A list that was copied waits since its first one did, also when that is gone; and what a person types
# is a serial whatever it looks like.
new_world
cat >copied.yaml <<'Y'
version: 1
rules: [{name: copied, match: {always: true}, wait_for: {listed: 30d}, do: [unassign]}]
Y
printf 'serial\nWAITCOPY0001\n' >first.csv
cp first.csv copy.csv
for at in 22:first 24:copy 25:copy; do
	[ "$at" != 25:copy ] || rm first.csv
	DEPMEND_CLOCK=virtual:2026-11-${at%:*}T03:00:00Z run apply "${at#*:}.csv" --rules ./copied.yaml --yes
done
check 'it waits since the first list did' grep -q 'WAITCOPY0001,waiting,.*since 2026-11-22T03:00:.*, until 2026-12-22' copy.result.csv
for typed in WAITSERIAL01 COMPUTERNAME; do
	run plan --serial "$typed" --rules ./copied.yaml
	check "typed: $typed" grep -q "^$typed,waiting," out
done
cp copy.csv serials
run apply --serial WAITSERIAL01 --rules ./copied.yaml --yes --out typed.csv
run status --json
same 'a file that happens to be called so is not their list' '1 stdin' \
	"$(jq -r 'select(.type == "waiting" and (.list | endswith("copy.csv") | not)) | "\(.serials) \(.list)"' out | cut -d' ' -f1,2)"

# It has left the organization by the day it is listed.
waiting_fleet 1 2
new_world --fleet fleet.csv --state "$work/sim.db"
wait_rule newcomers 9d
sed -i 's/apple.status: UNASSIGNED/always: true/' wait.yaml
night 0
same 'it waits' 'waiting rule.waiting' "$(ended WAITS0000000)"
DEPMEND_CLOCK=virtual:2026-11-23T02:00:00Z run export --out live.csv
sqlite3 sim.db "UPDATE device SET released = 1795399200000 WHERE serial = 'WAITS0000000'"
night 1
same 'who has left is not assigned' 'failed apple.released 0' "$(ended WAITS0000000) $(effects assign)"
