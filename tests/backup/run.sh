#!/usr/bin/env bash
# The state as one file and back: after a loss, for another machine, beside a run; a newer state is
# never replaced unasked.
#
#	tests/backup/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/backup/run.sh BUILD}"
cd "$work" || exit 1

cat >rules.yaml <<'END'
version: 1
name: backup
parameters: {job: {default: rebuild}}
columns: {serial: serial}
waves: [100%]
rules:
  - {name: rebuild, match: {param.job: rebuild}, do: [unassign, sync, reassign, sync]}
  - {name: take, match: {param.job: take}, do: [unassign]}
END
on=(EMEA Americas APAC)
printf 'serial,server,enrollment_status,user\n' >fleet.csv
for i in $(seq 10 39); do
	printf 'C02BAK0000%s,WS1 %s,Enrolled,jo\n' "$i" "${on[i % 3]}" >>fleet.csv
done
rows() { # FROM TO
	{
		echo serial
		seq -f 'C02BAK0000%g' "$1" "$2"
	} >in.csv
}
world() {
	new_world --fleet fleet.csv
	settings_with 'limits: {devices: 99, percent: 100}'
	rm -rf other ./*.db ./*.csv.*
}
act() {
	run apply in.csv --rules rules.yaml --yes --max-wait 48h
}
elsewhere() { # COMMAND...: with another state folder
	sed 's/^state: .*/state: other/' depmend.yaml >other.yaml
	run "$@" --settings other.yaml
}
events() { # STATE
	sqlite3 "$1"/*/depmend.db 'SELECT count(*) FROM event'
}

# --- after a loss ---
world
run backup b.db
exits 'of a state without runs' 0
rows 10 14
act
exits 'a run' 0
before=$(events state)
run backup b.db
exits 'backup' 0
same 'for nobody else' 600 "$(stat -c %a b.db)"
same 'nothing is left beside it' b.db "$(ls -- *.db*)"
run report latest --json
cp out report.json
mv state lost
run restore b.db
exits 'restore' 0
same 'the audit trail is there' "$before" "$(events state)"
run report latest --verify
exits 'and whole' 0
run report latest --json
check 'the run can be reported again' cmp -s out report.json
run history C02BAK000010
check 'a device has its history' grep -q "done" out
act
exits 'the same run again' 0
check 'does nothing twice' test "$(effects unassign C02BAK000010)" -eq 1
run backup b.db
exits 'over the backup of before' 0

# --- beside a run: its sync waits, with devices off ---
world
rows 10 29
sed -i '/^uem:/,/^state:/{/^state:/!d}' depmend.yaml
cat >hook <<'END'
#!/bin/sh
touch off
while [ ! -e on ]; do sleep 0.05; done
END
chmod +x hook
echo 'sync: {command: [./hook]}' >>depmend.yaml
"$build/depmend" apply in.csv --rules rules.yaml --yes --max-wait 48h >run.out 2>&1 </dev/null &
apply=$!
for _ in $(seq 400); do
	[ ! -e off ] || break
	sleep 0.05
done
run backup beside.db
exits 'beside a run' 0
run backup moved.db --move
exits '--move waits for no run' 11
check 'nor is there a file' test ! -e moved.db
run restore beside.db
exits 'nor is a state restored below a run' 11
touch on
wait "$apply"
same 'the run itself ends well' 0 "$?"
same 'it was taken while devices were off' 20 "$(sqlite3 beside.db 'SELECT count(*) FROM custody')"
elsewhere restore beside.db
exits 'the backup is whole' 0
elsewhere report latest --verify
exits 'its audit trail, too' 0
elsewhere status --json
check 'it knows who was off' grep -q 'C02BAK000010' out
elsewhere apply in.csv --rules rules.yaml --yes --max-wait 48h
same 'nobody is off afterwards' "$(effects assign)" "$(effects unassign)"

# --- to another machine ---
world
rows 10 12
act
run backup b.db --move
exits '--move' 0
rows 13 14
act
exits 'the old folder is retired' 78
check 'it says so' grep -q 'this state was moved away, at .*, into b.db' err
check 'and how to take it back' grep -q 'depmend restore FILE' err
run status
exits 'but can be read' 0
elsewhere restore b.db
exits 'on the other machine' 0
elsewhere apply in.csv --rules rules.yaml --yes --max-wait 48h
exits 'it goes on there' 0
elsewhere backup back.db --move
exits 'and back again' 0
run restore back.db
exits 'restored where it was' 0
rows 15 15
act
exits 'and in use' 0

# --- an older one over a newer one ---
world
rows 10 12
act
run backup old.db
rows 13 14
act
now=$(events state)
lost=$((now - $(sqlite3 old.db 'SELECT count(*) FROM event')))
run restore old.db
exits 'an older state' 4
check 'it says how much is lost' grep -q "$lost events came after it" err
check 'and how to do it all the same' grep -q -e "--confirm restore=$lost" err
same 'nothing was changed' "$now" "$(events state)"
run restore old.db --confirm restore=$((lost + 1))
exits 'another number' 4
same 'nothing was changed either' "$now" "$(events state)"
run backup new.db
run restore old.db --confirm "restore=$lost"
exits 'confirmed' 0
same 'it is the older one' $((now - lost)) "$(events state)"
same 'what was there is kept' "$now" "$(sqlite3 state/*/depmend.db.replaced-* 'SELECT count(*) FROM event')"
run restore new.db
exits 'a newer one needs no confirmation' 0
same 'it is the newer one' "$now" "$(events state)"
run restore new.db
exits 'the same one' 0
same 'each keeps what it replaced, however soon it comes' 3 "$(find state -name 'depmend.db.replaced-*' | wc -l)"
rows 16 16
mv state kept
act
run restore new.db
exits 'another history' 4
check 'it says so' grep -q 'the state here is another one' err

# --- what is no backup ---
rm -rf state
echo serial >text.db
: >empty.db
head -c 20000 new.db >cut.db
sqlite3 plain.db 'CREATE TABLE t(a)'
for file in text empty cut plain; do
	run restore $file.db
	exits "$file.db" 65
	check "$file.db: nothing was made" test ! -e state/*/depmend.db
done
run restore none.db
exits 'no file' 66

# --- whose backup it is: it becomes the state ---
others_may_write() { # WHAT FILE
	run restore "$2"
	exits "$1" 78
	check "$1: how to mend it" grep -q 'the backup .*run: chmod' <(tr '\n' ' ' <err)
	check "$1: nothing was made" test ! -e state/*/depmend.db
}
mkdir -p open
cp new.db open/
chmod 666 new.db
others_may_write 'a backup that all may write to' new.db
chmod 602 new.db
ln -s new.db link.db
others_may_write 'one that others may write to, by a link' link.db
chmod 600 new.db
chmod 777 open
others_may_write 'one in a folder that all may write to' open/new.db
chmod 1777 open
run restore open/new.db
exits 'one of ours in a folder as /tmp is' 0
# One that is killed when the ledger is the restored one already, and the archive's tables are in it.
left_over() { sqlite3 state/*/depmend.db "SELECT count(*) FROM sqlite_master WHERE name LIKE 'archive%'"; }
struck=0
for back in $(seq 40); do
	rm -rf state calls
	at=$((${n_writes:-0} - back))
	LD_PRELOAD=$build/crash/shim.so ASAN_OPTIONS=verify_asan_link_order=0 CRASH_PATH='*/depmend.db-wal' CRASH_LOG=calls \
		CRASH_AT=$((at > 0 ? at : 0)) run restore new.db 2>/dev/null
	[ "${n_writes:-}" ] || n_writes=$(wc -l <calls)
	[ "$status" -eq 137 ] && [ "$(left_over)" -gt 0 ] && struck=$at && break
done
check 'a restore is killed just before its end' test "$struck" -gt 0
run backup again.db
exits 'then there is a backup all the same' 0
rm again.db
run resume
same 'and the next command that writes leaves nothing of it' 0 "$(left_over)"
run restore new.db --confirm restore=1
exits 'the same restore again' 0
rm -rf state
run backup text.db
exits 'over another file' 73
same 'which stays' serial "$(cat text.db)"
run backup state/b.db
exits 'into the state folder' 64
run backup none/b.db
exits 'into no folder' 73
sqlite3 new.db "UPDATE archive_file SET path = '../../etc/x' WHERE path = (SELECT min(path) FROM archive_file)"
run restore new.db
exits 'a path that leads out' 65
sed -i "s/$client/BUSINESSAPI.another/" depmend.yaml
run restore old.db
exits 'of another account' 78

suite_end
