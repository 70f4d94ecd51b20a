#!/usr/bin/env bash
# How long the state keeps what nothing needs: for ever, or as `keep:` says; and what no age removes.
#
#	tests/keep/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/keep/run.sh BUILD}"
cd "$work" || exit 1

cat >fleet.csv <<'END'
serial,server,enrollment_status,user
KEEPWIPE0001,WS1 EMEA,Enrolled,jo
KEEPREST0001,WS1 EMEA,Enrolled,jo
KEEPREST0002,WS1 EMEA,Enrolled,jo
KEEPREST0003,WS1 EMEA,Enrolled,jo
KEEPREST0004,WS1 EMEA,Enrolled,jo
KEEPSTAY0001,WS1 Americas,,
KEEPSTAY0002,WS1 APAC,,
END
cat >rules.yaml <<'END'
version: 1
name: keep
columns: {serial: serial}
waves: [100%]
rules:
  - {name: wipe, match: {serial|prefix: KEEPWIPE}, do: [{wipe: {kind: device}}]}
  - {name: rebuild, match: {always: true}, do: [unassign, sync, reassign, sync]}
END
keep='keep: {inputs: 400d, runs: 400d, events: 400d}'
world() { # KEEP
	export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
	new_world --fleet fleet.csv --seed 1
	settings_with "$1"
	echo 'limits: {devices: 99, percent: 100}' >>depmend.yaml
}
rows() { # SERIAL...
	printf '%s\n' serial "$@" >in.csv
}
apply() {
	run apply in.csv --rules rules.yaml --yes --max-wait 48h "$@"
}
wiping=(--allow wipe=9 --confirm wipe=1)
later() {
	export DEPMEND_CLOCK=virtual:2028-06-01T03:00:00Z
}
run_of() {
	sed -n 's/^run  *//p' err
}
sql() {
	sqlite3 state/*/depmend.db "$1"
}
inputs() {
	find state/*/inputs -name '*.csv' | wc -l
}
# Three runs: a wipe, a rebuild twice the same list, and one more device.
history() {
	rows KEEPWIPE0001
	apply "${wiping[@]}"
	exits 'a wipe' 0
	cp in.result.csv wiped.csv
	rows KEEPREST0001 KEEPREST0002
	apply
	exits 'a rebuild' 0
	first=$(run_of)
	cp in.result.csv first.csv
	rows KEEPREST0003
	apply
	exits 'another' 0
	second=$(run_of)
}

# --- once by content ---

world ''
rows KEEPREST0001
for day in 22 23 24 25; do
	export DEPMEND_CLOCK=virtual:2026-12-${day}T03:00:00Z
	cp rules.yaml rules$day.yaml
	echo "# $day" >>rules$day.yaml
	run apply in.csv --rules rules$day.yaml --yes --max-wait 48h
	check "day $day: $status" test "$status" -le 3
done
check 'several runs' test "$(sql 'SELECT count(*) FROM run')" -eq 4
same 'of one list' 1 "$(inputs)"

# --- nothing is written: nothing is pruned ---

for settings in '' "keep: {inputs: 400d, runs: 400d, events: 400d, hold: true}"; do
	world "$settings"
	history
	later
	rows KEEPREST0004
	apply
	exits "'$settings': later" 0
	same 'no list is gone' 4 "$(inputs)"
	same 'no rows are gone' 5 "$(sql 'SELECT count(*) FROM row')"
	run report "$first" --csv again.csv
	exits 'the first run is written again' 0
	same 'as it was' "$(sort first.csv)" "$(sort again.csv)"
	run report "$first" --verify
	check 'the audit trail holds from the beginning' grep -q '^the audit trail is whole: ' out
done

# --- pruned ---

world "$keep"
history
later
rows KEEPREST0004
apply
exits 'later' 0
check 'it says what it pruned' grep -q 'pruned by keep: of the settings: 3 lists, 3 runs' err
last=$(run_of)
same 'one list is left' 1 "$(inputs)"
same 'and the rows of one run' 1 "$(sql 'SELECT count(*) FROM row')"
run report "$last" --verify
exits 'the audit trail is whole' 0
check 'it says from when' grep -q 'whole, from the first event after 2026-11-2' out
run report "$last" --verify --json
check 'also in JSON' grep -q '"pruned_until":"2026-11-2' out
run report "$first" --csv again.csv
exits 'a run without rows' 66
check 'says why' grep -q 'not kept any more (keep:' err
run runs
exits 'the list of runs' 0
check 'has it still' grep -q "$first" out
check 'and what became of its rows' grep -q "$first .* done" out
run undo "$first"
exits 'undo of a run without rows' 66
run history KEEPWIPE0001
exits 'history' 0
check 'knows the wipe' grep -qi 'wipe' out
same 'the deed stays' 1 "$(sql 'SELECT count(*) FROM deed')"
same 'and who said yes to it' 3 "$(sql "SELECT count(*) FROM event WHERE kind = 'run' AND at < 1800000000000")"

cp first.csv in.csv
apply
same 'rows that were done are known' 0 "$status"
same 'as unchanged' 2 "$(grep -c ',unchanged,' in.result.csv)"
rows KEEPREST0001
apply
same 'their last time is known' "$(sql "SELECT count(DISTINCT serial) FROM device")" 5

# The device looks as before its wipe: the same record, enrolled at the same time.
sim_stop
rm -f "$audit"
sim_start --fleet fleet.csv --seed 1
sed -i "s|127\.0\.0\.1:[0-9]*|127.0.0.1:$port|" depmend.yaml
rows KEEPWIPE0001
apply --allow wipe=9 --confirm wipe=1
same 'no second wipe' 0 "$(wipes)"
apply --allow wipe=9 --confirm wipe=0
same 'nor unasked' 0 "$(wipes)"

# A changed event after the anchor shows, and so does one that is gone.
sql "UPDATE event SET text = text || '.' WHERE id = (SELECT max(id) FROM event) - 1"
run report "$last" --verify
check 'a changed event is found' test "$status" -ne 0

# --- what is open stays, whatever its age ---

world "$keep"
history
sql "UPDATE deed SET state = 0"
sql "INSERT INTO deed SELECT 'KEEPREST0003', d.kind, '', 0, r.id, 0, 1 FROM deed d, run r WHERE r.name = '$second'"
later
rows KEEPREST0004
apply --max-wait 1m
same 'rows of runs with open business' 2 "$(sql "SELECT count(*) FROM row WHERE run IN (SELECT id FROM run WHERE name = '$second') OR serial = 'KEEPWIPE0001'")"
same 'their lists, and that of now' 3 "$(inputs)"
check 'their audit trail' test "$(sql "SELECT min(id) FROM event WHERE kind = 'intent'")" -le 3

# --- a list that the disk has damaged is not taken for what the run was given ---

world ''
rows KEEPREST0001 KEEPREST0002 KEEPREST0003
apply
same 'a run' 0 "$status"
list=$(find state/*/inputs -name '*.csv')
for damage in s/KEEPREST0002/KEEPREST0009/ 3,4d d; do
	sed -i "$damage" "$list"
	for command in 'report latest --csv again.csv' 'report latest --html again.html' 'undo latest'; do
		# shellcheck disable=SC2086
		run $command
		same "$command with its list changed by $damage" 74 "$status"
	done
	check 'which one' grep -q "${list##*/}, is damaged" err
	apply
	same "the same list again after $damage" 3 "$(grep -c ',unchanged,' in.result.csv)"
	run report latest --csv again.csv
	same 'repairs it' 0 "$status"
done
# A pipe in its place is no list, and nobody waits for who writes into it.
rm "$list"
mkfifo "$list"
for command in runs 'runs latest' 'report latest --csv again.csv' 'undo latest' 'export --since latest --out since.csv'; do
	# shellcheck disable=SC2086 # words
	timeout -k 1 60 "$build/depmend" $command >out 2>err </dev/null
	status=$?
	check "a pipe in the place of the list: $command ends ($status)" test "$status" -lt 124
done

# --- a large list is compressed when its run has ended, and read as before ---

world ''
apply_large() { # COLUMN: the same devices with something else beside them
	{
		printf 'serial,%s\n' "$1"
		for n in 1 2 3; do printf 'KEEPREST000%d,%0400000d\n' "$n" "$n"; done
	} >in.csv
	apply "${@:2}"
}
packed() {
	find state/*/inputs -name '*.csv.zst' | wc -l
}
apply_large Note --max-wait 1m
list=$(find state/*/inputs -name '*.csv.zst')
same 'one list, compressed' '0 1' "$(inputs) $(packed)"
cp in.csv given.csv
check 'no other program is needed to read it' cmp <(zstd -dc "$list") given.csv
check 'a quarter of its size, or less' test $(($(stat -c %s "$list") * 4)) -lt "$(stat -c %s given.csv)"
apply --max-wait 48h
same 'the run goes on' '3 0' "$(grep -c ',done,' in.result.csv) $status"
same 'the list is kept once' '0 1' "$(inputs) $(packed)"
cp in.result.csv first.csv
run report latest --csv again.csv
same 'its result once more' 0 "$status"
check 'is what it was' cmp first.csv again.csv
run undo latest
same 'an undo has its rows' 4 "$(tail -n +1 out | cut -d, -f1 | wc -l)"
run backup kept.backup
same 'a backup' 0 "$status"
rm -r state
run restore kept.backup
run report latest --csv again.csv
same 'has it' 0 "$status"
check 'whole' cmp first.csv again.csv
list=$(find state/*/inputs -name '*.csv.zst')
for damage in 'truncate -s -9' 'truncate -s 0' 'sed -i s/0/1/g' 'cp given.csv'; do
	$damage "$list"
	run report latest --csv again.csv
	same "$damage: it is damaged" 74 "$status"
	check 'which one' grep -q 'is damaged' err
	run undo latest
	same "$damage: nor is it undone" 74 "$status"
	cp given.csv in.csv
	apply
	same "$damage: the same list again" 3 "$(grep -c ',unchanged,' in.result.csv)"
	run report latest --csv again.csv
	same "$damage: repairs it" 0 "$status"
	same "$damage: and it is compressed again" '0 1' "$(inputs) $(packed)"
done
# A pipe in its place is waited for by nobody, least of all with the lock in hand.
rm "$list"
mkfifo "$list"
timeout -k 1 120 "$build/depmend" report latest --csv again.csv >out 2>err </dev/null
same 'a pipe in its place' 66 "$?"
timeout -k 1 120 "$build/depmend" apply in.csv --rules rules.yaml --yes >out 2>err </dev/null
same 'is replaced by the next run' 0 "$?"
same 'by a list' '0 1' "$(inputs) $(packed)"
# What is too long for a line is damaged too.
head -c 3000000 /dev/zero | tr '\0' A | zstd -q >"$list"
run report latest --csv again.csv
same 'a list without an end of a line' 74 "$status"
head -c 2000000 /dev/zero >"${list%/*}/notes.csv"
apply
check 'what is no list is left alone' test -s "${list%/*}/notes.csv"
rm "${list%/*}/notes.csv"
# What was cut off while it was compressed: both are there, one of them whole or none.
zstd -q -d -k "$list"
cp "$list" sound.zst
truncate -s -9 "$list"
run report latest --csv again.csv
same 'the one that was there before is read' 0 "$status"
apply
check 'and is compressed anew' cmp "$list" sound.zst
same 'one list is left' '0 1' "$(inputs) $(packed)"
suite_end
