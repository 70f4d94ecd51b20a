#!/usr/bin/env bash
# A full disk, a real one: a tmpfs of 64 KiB for the state, the result and the reports, and /dev/full.
# Every single write, fsync and rename that fails is in tests/crash.
#
#	tests/disk/run.sh BUILD
# shellcheck source=tests/lib.sh
if [ -z "${DEPMEND_MOUNTS:-}" ]; then
	for mounts in 'unshare --mount' 'unshare --map-root-user --mount'; do
		# shellcheck disable=SC2086 # a command and its options
		$mounts mount -t tmpfs none /mnt 2>/dev/null && DEPMEND_MOUNTS=1 exec $mounts "$0" "$@"
	done
	echo 'skipped: no mounts of our own are allowed here'
	echo '0 passed, 0 failed'
	exit
fi
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/disk/run.sh BUILD}"
cd "$work" || exit 1
case $build in
*-portable)
	# Without what only Linux has it cannot know these beforehand, or not at all.
	portable=1
	echo 'skipped: outputs that are mounted themselves (fixed/out.csv), state on a network file system'
	;;
*) portable= ;;
esac
rules=(--rules corrupted-registration)
apply=(apply in.csv "${rules[@]}" --yes --allow percent=100)
mkdir small
mount -t tmpfs -o size=64k small small || exit 1
small() { # SIZE
	mount -o remount,size="$1" small
}
fill() {
	cat /dev/zero >small/fill 2>/dev/null
}
# Some 100 KB, so that no result fits.
{
	echo serial,note
	cut -d, -f1 "$root/samples/fleet.csv" | sed "1d; s/\$/,$(printf '%0500d' 0)/"
} >in.csv

# --- the state ---

new_world --seed 1
sed -i 's|^state:.*|state: small/state|' depmend.yaml
run "${apply[@]}"
exits 'a new state does not fit' 74
same 'nothing is changed' 0 "$(changes)"
check 'the cause is named' grep -q 'disk is full' err
check 'no result of a run that never was' test ! -e in.result.csv

small 8m
run "${apply[@]}"
exits 'with room it goes on' 3
done_before=$(effects assign)
first=$(sed -n 's/^run  *//p' err)
cp in.result.csv first.csv
fill
head -n 20 in.csv >other.csv
before=$(changes)
run "${apply[@]/in.csv/other.csv}" --out other.result.csv
exits 'no room for another run' 74
same 'it changes nothing' "$before" "$(changes)"
check 'the earlier result is as it was' cmp -s first.csv in.result.csv
rm small/fill
run report "$first" --verify
exits 'so is the earlier run' 0
run "${apply[@]/in.csv/other.csv}" --out other.result.csv
check 'and with room the other goes on' test "$status" -le 3
same 'nothing twice' "$done_before" "$(effects assign)"

# --- the result ---

rm -rf small/* # and with it the state
small 64k
new_world --seed 1
echo earlier >small/result.csv
run "${apply[@]}" --out small/result.csv
check "no room for the result: exit $status" test "$status" -eq 73 -o "$status" -eq 74
check 'the cause is named' grep -q 'No space left' err
same 'the earlier one is as it was' earlier "$(cat small/result.csv)"
same 'nothing is left beside it' result.csv "$(ls small)"
run "${apply[@]}"
exits 'with room it ends' 3
same 'once for each device' "$done_before" "$(effects assign)"
check 'nothing twice' test -z "$(repeated_effects assign)"
same 'every row has its line' "$(wc -l <in.csv)" "$(wc -l <in.result.csv)"

# --- reports ---

for kind in csv html xlsx metrics; do
	echo earlier >small/report
	fill
	run report latest --$kind small/report
	check "no room for $kind: exit $status" test "$status" -eq 73 -o "$status" -eq 74
	check "$kind: the cause is named" grep -q -i 'space' err
	same "$kind: the earlier one is as it was" earlier "$(cat small/report)"
	rm small/fill
	run report latest --$kind report
	exits "$kind: elsewhere there is room" 0
done

# --- the standard output ---

full() { # depmend's arguments
	"$build/depmend" "$@" >/dev/full 2>err </dev/null
	status=$?
	exits "$1 into a full device" 74
	check "$1: the cause is named" grep -q 'No space left' err
}
full runs
full runs latest
full check in.csv "${rules[@]}"
full plan in.csv "${rules[@]}"
full plan in.csv "${rules[@]}" --json
full explain in.csv "$(sed -n '2s/,.*//p' in.csv)" "${rules[@]}"
full export
full doctor
full undo latest
full --help
full --version
run export --out /dev/full
exits 'a device as output' 73
check 'it is still one' test -c /dev/full
umount small

# --- what cannot be written is found out before the first request ---

mkdir folder fixed && touch folder/out.csv fixed/out.csv other
mount --bind folder folder && mount -o remount,ro,bind folder || exit 1
mount --bind other fixed/out.csv || exit 1
mount -t tmpfs -o size=64k small small || exit 1
fill
: >"$audit"
outs=(folder/new folder/out.csv small/out.csv "$(printf '%0300d' 0)")
[ "$portable" ] || outs+=(fixed/out.csv)
while read -r command; do
	for out in "${outs[@]}"; do
		# shellcheck disable=SC2086 # words
		run $command "$out"
		exits "$command ${out:0:20}" 73
		check "$command ${out:0:20}: names it" grep -q "$out: " err
	done
done <<'END'
plan in.csv --rules corrupted-registration --out
plan in.csv --rules corrupted-registration --html
apply in.csv --rules corrupted-registration --yes --out
undo latest --apply --yes --out
export --out
export --since in.csv --html
report latest --csv
report latest --html
report latest --xlsx
report latest --metrics
report latest --tickets
history 7AGC74BU22 --html
doctor --bundle
rehearse in.csv --rules corrupted-registration --out
rehearse in.csv --rules corrupted-registration --audit
backup
END
same 'nobody was asked' 0 "$(requests true)"
same 'nothing is left of it' "fill" "$(ls small)"
umount folder fixed/out.csv small

# --- what becomes unwritable meanwhile: the run is kept, and told how to write its result ---

printf 'serial\nC02DSK00001\n' >one.csv
printf 'serial,server\nC02DSK00001,WS1 EMEA\nC02STAY0001,WS1 EMEA\n' >one.fleet
printf 'version: 1\nname: one\nrules:\n  - {name: r, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' >one.yaml
new_world --fleet one.fleet
echo earlier >folder/out.csv
sed -i '/^uem:/,/client_secret:/d' depmend.yaml
cat >over.sh <<'END'
#!/bin/sh
mountpoint -q folder/out.csv || mount --bind other folder/out.csv
END
chmod 755 over.sh
echo 'sync: {command: [./over.sh]}' >>depmend.yaml
run apply one.csv --rules ./one.yaml --yes --allow percent=100 --out folder/out.csv
exits 'a file that cannot be replaced any more' $((portable ? 74 : 73))
same 'the device is back' 1 "$(effects assign)"
check 'its rows are counted' grep -q '^1 row: 1 done' err
check 'no file is its result' test "$(grep -c '^result' err)" -eq 0
next=$(sed -n 's/^next  *depmend \(report .* --csv\) FILE$/\1/p' err)
check 'what writes the result is named' test -n "$next"
# shellcheck disable=SC2086 # words
run $next one.result.csv
check 'and writes it' grep -q '^C02DSK00001,done' one.result.csv
umount folder/out.csv
same 'the earlier file is as it was' earlier "$(cat folder/out.csv)"

# --- a limit on the size of files ---

for blocks in 1 16 48 64; do
	rm -rf in.result.csv
	new_world --seed 1
	(ulimit -f "$blocks" && exec "$build/depmend" "${apply[@]}") >out 2>err </dev/null
	status=$?
	check "files of at most $blocks KiB: exit $status" test "$status" -eq 73 -o "$status" -eq 74
	check 'the cause is named' grep -qiE 'too large|full|disk' err
	run "${apply[@]}"
	exits 'without the limit it ends' 3
	check 'nothing twice' test -z "$(repeated_effects assign)"
done
new_world --seed 1
run plan in.csv "${rules[@]}" --out plan.csv
(ulimit -f 1 && exec "$build/depmend" plan in.csv "${rules[@]}" --out plan.csv) >out 2>err </dev/null
status=$?
check "a plan that grows too large: exit $status" test "$status" -eq 73 -o "$status" -eq 74
check 'the earlier one is whole' test "$(wc -l <plan.csv)" -eq "$(wc -l <in.csv)"

# --- a ledger that cannot be opened, with devices off their servers ---

printf 'serial,server\nC02DSK00001,WS1 EMEA\nC02DSK00002,WS1 EMEA\nC02DSK00003,WS1 APAC\nC02STAY0001,WS1 Americas\n' >off.fleet
printf 'serial\nC02DSK00001\nC02DSK00002\nC02DSK00003\n' >off.csv
printf 'version: 1\nname: off\nwaves: [100%%]\nrules:\n  - {name: r, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' >off.yaml
# The way back, of either server, gets lost once.
printf 'version: 1\nfaults:\n  - {path: /v1/orgDeviceActivities, method: POST, nth: [3, 4], do: reset, applied: no}\n' >lost.yaml
off_apply() { # OPTION...
	run apply off.csv --rules ./off.yaml --yes --allow percent=100 --past-halt "$@"
}
shimmed() { # FAILING-PATH AT LOG OPTION...
	local path=$1 at=$2 log=$3
	shift 3
	LD_PRELOAD=$build/crash/shim.so CRASH_PATH=$path CRASH_AT=$at CRASH_FAIL=28 CRASH_LOG=$log \
		ASAN_OPTIONS=verify_asan_link_order=0 off_apply "$@"
}
# Three devices off: the ledger knows, or the emergency file alone knows how far they are.
left_off() { # ledger|emergency
	new_world --fleet off.fleet --scenario lost.yaml
	rm -f off.result.csv calls
	if [ "$1" = ledger ]; then
		off_apply --max-wait 5m
	else
		shimmed '*/depmend.db*' "$strike" calls --max-wait 5m
	fi
	good=$(echo state/*/depmend.db)
	rm -rf kept && cp -r state kept
}
away() { # how many of the three are on no server
	jq -r 'select(.kind == "effect" and .effective and (.what == "assign" or .what == "unassign")) |
		.serial + " " + .what' "$audit" | awk '{ last[$1] = $2 } END { for (s in last) n += last[s] == "unassign"; print n + 0 }'
}
kept_records() { grep -ac '"devices"' state/*/emergency; }

# The first write of the ledger after which the put-backs go by the emergency file.
new_world --fleet off.fleet --scenario lost.yaml
shimmed '*/depmend.db*' 0 all --max-wait 5m
strike=0
for part in 45 50 55 60 65 70 75 80; do
	strike=$(($(wc -l <all) * part / 100))
	left_off emergency
	[ "$status" -eq 74 ] && [ "$(away)" -eq 3 ] && [ "$(kept_records)" -gt 0 ] && break
done
same 'the emergency file holds put-backs, and three are off' '74 3' "$status $(away)"

began=$DEPMEND_CLOCK
for where in ledger emergency; do
	for how in full header; do
		export DEPMEND_CLOCK=$began
		left_off $where
		same "$where, $how: three are off" 3 "$(away)"
		export DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z
		case $how in
		full) shimmed '*/depmend.db*' 1 /dev/null --max-wait 2h ;;
		header)
			dd if=/dev/zero of="$good" bs=100 count=1 conv=notrunc 2>/dev/null
			rm -f "$good"-*
			off_apply --max-wait 2h
			;;
		esac
		exits "$where, $how: the state cannot be written" 74
		case $where-$how in
		ledger-header) same "$where, $how: nobody knows of them" 3 "$(away)" ;;
		*)
			same "$where, $how: they are back" 0 "$(away)"
			check "$where, $how: nobody twice" test -z "$(repeated_effects assign)"
			;;
		esac
		[ "$how" = full ] || cp kept/"${good#state/}"* "$(dirname "$good")"
		off_apply --max-wait 48h
		check "$where, $how: with a state it ends well: $status" test "$status" -le 3
		same "$where, $how: all are on their servers" 0 "$(away)"
		run status
		exits "$where, $how: and nothing is open" 0
	done
done
export DEPMEND_CLOCK=$began

# --- a state that nobody may write: on a read-only mount, a backup's medium, of another user ---

readers=(status runs 'runs latest' 'history C02DSK00001' 'report latest --verify' 'report latest --csv -' 'status --json')
asks=("plan off.csv --rules ./off.yaml" "explain off.csv C02DSK00001 --rules ./off.yaml" export doctor)
read_all() { # FILE
	for command in "${readers[@]}"; do
		# shellcheck disable=SC2086 # a command and its words
		run $command
		printf '%s: %s\n' "$command" "$status"
		cat out
	done >"$1"
}
log_of_state() { # its last commit is in the log alone, and nobody has its index
	python3 - "$(echo state/*/depmend.db)" <<'END'
import os, shutil, sqlite3, sys
path = sys.argv[1]
db = sqlite3.connect(path, isolation_level=None)
db.execute("PRAGMA wal_autocheckpoint=0")
db.execute("INSERT INTO meta VALUES('pause', '1795316400000 in the log alone')")
for ending in ("", "-wal"):
    shutil.copy(path + ending, "kept" + ending)
db.close()
for ending in ("", "-wal"):
    shutil.copy("kept" + ending, path + ending)
    os.remove("kept" + ending)
END
}
locked_up() { # a read-only mount of the state
	mount --bind state state && mount -o remount,ro,bind state
}
rm -rf kept
new_world --fleet off.fleet
off_apply
exits 'a run' 0
read_all writable.txt
check 'it is read' grep -q '^report latest --csv -: 0' writable.txt
rm -f state/*/*-wal state/*/*-shm
locked_up || exit 1
read_all fixed.txt
same 'on a read-only mount: the same' "$(cat writable.txt)" "$(cat fixed.txt)"
run backup fixed.backup
exits 'on a read-only mount: a backup' 0
: >"$audit"
for command in "${asks[@]}"; do
	# shellcheck disable=SC2086 # a command and its words
	run $command
	exits "on a read-only mount: ${command%% *} asks nobody" 74
	check "on a read-only mount: ${command%% *} says what to do" grep -q 'state:. to a folder that is' err
done
for command in "apply off.csv --rules ./off.yaml --yes" 'pause --reason x'; do
	# shellcheck disable=SC2086 # a command and its words
	run $command
	exits "on a read-only mount: ${command%% *} changes nothing" 73
	check "on a read-only mount: ${command%% *} says what to do" grep -q 'has to be on a disk that can be written' err
done
same 'on a read-only mount: nobody was asked' 0 "$(requests true)"
umount state
run runs
exits 'writable again' 0
log_of_state
locked_up || exit 1
run status
check 'what stands in the log alone is read' grep -q 'in the log alone' out
same 'and nothing is made beside it' '' "$(find state -name '*-shm')"
umount state
: >"$(echo state/*/depmend.db)-journal"
echo hot >"$(echo state/*/depmend.db)-journal"
locked_up || exit 1
run status
exits 'cut off while it was written' 74
check 'and says so' grep -q 'was cut off' err
umount state
rm state/*/depmend.db-journal
cp -a state whole
truncate -s 6000 state/*/depmend.db
locked_up || exit 1
run status
exits 'damaged, on a read-only mount' 74
check 'it is named' grep -q '^depmend: .*/depmend.db is damaged' err
umount state
rm -rf state && mv whole state
if [ "$(id -u)" -eq 0 ] && setpriv --reuid=65533 --clear-groups true 2>/dev/null; then
	chmod 755 "$work" && chmod 644 depmend.yaml && chmod -R go+rX state
	owner=$(stat -c %u state)
	chown -R 65532 state
	DEPMEND_TRUST=$(realpath state):$work setpriv --reuid=65533 --clear-groups "$build/depmend" runs >out 2>err
	status=$?
	exits "another user's, who lets us read it" 0
	check 'his runs' grep -q off.csv out
	chown -R "$owner" state
	run resume
	exits 'the next command' 0
	as_other() { DEPMEND_TRUST=$work setpriv --reuid=65533 --clear-groups "$@" >out 2>err; }
	check 'nobody else can hold its folder' test -z "$(as_other flock -n -s state/*/ true && echo held)"
	as_other "$build/depmend" runs
	check 'and who may read it does' grep -q off.csv out
fi

# A command that ends before it comes to that, and a ledger that cannot be written: one word about it.
left_off ledger
export DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z
(ulimit -f 48 && exec "$build/depmend" apply none.csv --rules ./off.yaml --yes --max-wait 2h) >out 2>err </dev/null
same 'no list, and no room: they are back' 0 "$(away)"
check 'no list, and no room: which is said' grep -q 'no device stays off its server' err
check 'no list, and no room: nobody says that they are not' test -z "$(grep 'not put back' err)"
export DEPMEND_CLOCK=$began

# --- the file that all processes write, damaged: it keeps nobody off his server, and no command from working ---

damage() { # HOW: shared.db
	rm -f state/*/shared.db-*
	case $1 in
	rubbish) yes rubbish | head -c 9000 >shared ;;
	head) { head -c 100 /dev/zero && tail -c +101 state/*/shared.db; } >shared ;;
	short) echo SQLite >shared ;;
	esac
	cat shared >"$(echo state/*/shared.db)"
}
# Two at once, one of them slow: one puts it aside, and the other has what it began.
export DEPMEND_CLOCK=$began
left_off ledger
damage rubbish
ASAN_OPTIONS=detect_leaks=0 strace -qq -f -o trace -e trace=rename,renameat,renameat2 -e inject=rename,renameat,renameat2:delay_enter=400000 \
	"$build/depmend" status >out.slow 2>err.slow </dev/null &
slow=$!
sleep 0.2
run status
exits 'two at once' 5
wait "$slow"
same 'two at once, the slow one' 5 "$?"
same 'two at once: one puts it aside' 1 "$(cat err err.slow | grep -c 'begun anew')"
check 'two at once: and keeps it' cmp -s shared state/*/shared.db.damaged
for how in rubbish head short; do
	export DEPMEND_CLOCK=$began
	left_off ledger
	damage $how
	run status
	exits "$how: status" 5
	check "$how: says so" grep -q 'was damaged and is begun anew' err
	check "$how: and keeps it" cmp -s shared state/*/shared.db.damaged
	damage $how
	export DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z
	off_apply --max-wait 48h
	check "$how: apply ends well: $status" test "$status" -le 3
	same "$how: all are on their servers" 0 "$(away)"
	check "$how: nobody twice" test -z "$(repeated_effects assign)"
done
export DEPMEND_CLOCK=$began

# --- a network file system, or a folder that is copied elsewhere ---

shim=$build/crash/shim.so
state_on() { # TYPE depmend's arguments
	local type=$1
	shift
	LD_PRELOAD=$shim CRASH_STATFS=$type ASAN_OPTIONS=verify_asan_link_order=0 run "$@"
}
network=(--allow network_state=yes)
types=(0x6969 0xfe534d42 0xff534d42 0x65735546 0x01021997)
[ -z "$portable" ] || types=()
for type in "${types[@]}"; do
	rm -f in.result.csv
	new_world --seed 1
	for command in "${apply[*]}" "plan in.csv ${rules[*]}" status 'runs' 'doctor'; do
		# shellcheck disable=SC2086 # a command and its words
		state_on $type $command
		exits "state on $type: ${command%% *}" 78
		check 'what lifts it' grep -q -e '--allow network_state=yes' err
	done
	same 'nothing is sent' 0 "$(changes)"
done
if [ -z "$portable" ]; then
	state_on 0x6969 "${apply[@]}" "${network[@]}"
	exits 'accepted by whoever runs it' 3
	check 'without a log' test -z "$(find state -name '*-wal' -o -name '*-shm')"
	same 'and no word of which file it is' 3 "$(awk '{ print NF }' state/*.counter)"
	same 'with a journal' delete "$(sqlite3 state/*/depmend.db 'PRAGMA journal_mode')"
	for command in 'runs' 'status' 'report latest --verify' 'export' 'history C02XK1ABJG5H'; do
		# shellcheck disable=SC2086 # a command and its words
		state_on 0x6969 $command
		exits "what was accepted is read: $command" 0
	done
	check 'still without a log' test -z "$(find state -name '*-wal' -o -name '*-shm')"
	state_on 0x6969 "${apply[@]}"
	exits 'to change devices takes it again' 78
fi
run runs
exits 'back on a local disk' 0
for folder in Dropbox/x .stfolder; do
	new_world --seed 1
	mkdir -p "$work/synced/$folder"
	[ "${folder#.}" = "$folder" ] || folder=.
	sed -i "s|^state:.*|state: synced/$folder/state|" depmend.yaml
	run "${apply[@]}"
	exits "state in a folder that is copied ($folder)" 78
	check 'by whom' grep -qE 'Dropbox|Syncthing' err
	same 'nothing is sent' 0 "$(changes)"
	rm -rf synced
done

# --- descriptors that are closed: no message lands in a file ---

closed() { # WHAT SHELL-REDIRECTION STATUS depmend's arguments
	local what=$1 how=$2 wanted=$3
	shift 3
	eval '"$build/depmend" "$@"' "$how"
	status=$?
	same "$what: exit" "$wanted" "$status"
}
messages() {
	grep -rlE 'of an? earlier|^[0-9]+ rows: |^depmend:' state ./*.csv
}
for how in '<&- >out 2>err' '>out 2>&-' '<&- >&- 2>&-'; do
	rm -f in.result.csv
	new_world --seed 1
	closed "apply $how" "$how" 3 "${apply[@]}" -v
	same "apply $how: no message in a file" '' "$(messages)"
	same "apply $how: the result is whole" "$(wc -l <in.csv)" "$(wc -l <in.result.csv)"
	same "apply $how: the state is whole" ok "$(sqlite3 state/*/depmend.db 'PRAGMA quick_check')"
done
closed 'a plan without an output' '>&- 2>err' 74 plan in.csv "${rules[@]}"
check 'the cause is named' grep -q 'cannot write' err
closed 'a list that cannot be read' '<&- 2>err' 66 plan - "${rules[@]}"

# --- a reader that goes away ---

for command in 'rules' 'help' "plan in.csv ${rules[*]}" 'export'; do
	# shellcheck disable=SC2086 # a command and its words
	"$build/depmend" $command 2>err </dev/null | true
	status=${PIPESTATUS[0]}
	check "$command | true: exit $status" test "$status" -eq 0 -o "$status" -eq 74
done
suite_end
