#!/usr/bin/env bash
# The state is damaged while devices are off their servers: its log cut, removed or overwritten under an
# apply, the ledger itself damaged between two commands. Whoever comes next is told what it is and what
# helps, and every device comes back.
#
#	tests/damage/run.sh BUILD
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/damage/run.sh BUILD}"
cd "$work" || exit 1
began=$DEPMEND_CLOCK
later=virtual:2026-11-22T12:00:00Z
printf 'serial,server\nC02DMG00001,WS1 EMEA\nC02DMG00002,WS1 EMEA\nC02DMG00003,WS1 EMEA\nC02STAY0001,WS1 Americas\nC02STAY0002,WS1 APAC\n' >off.fleet
printf 'version: 1\nname: off\nwaves: [100%%]\nrules:\n  - {name: r, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' >rules.yaml
sed 's/do: .*/do: [skip]}/' rules.yaml >past.yaml
start=$(date -ud 2026-11-22T03:00Z +%s)000
# The reply to the look after the UNASSIGN: it was accepted, and its activity is under way.
printf 'version: 1\nadmins: [{on: {path: "/v1/orgDeviceActivities/*", nth: 1}, at: before, do: hold}]\n' >hold.yaml

goes() { apply_rows --past-halt --max-wait 48h; }
away() { # how many of the three are on no server
	jq -r 'select(.kind == "effect" and .effective and (.what == "assign" or .what == "unassign")) |
		.serial + " " + .what' "$audit" | awk '{ last[$1] = $2 } END { for (s in last) n += last[s] == "unassign"; print n + 0 }'
}
# A ledger with a run of before in it, and a backup of that.
with_past() { # SIMULATOR OPTION...
	export DEPMEND_CLOCK=$began
	rm -f ./*.backup
	new_world --fleet off.fleet --control "$@"
	rows C02STAY0001
	run apply in.csv --rules past.yaml --yes
	run backup past.backup
	rows C02DMG00001 C02DMG00002 C02DMG00003
	good=$(echo state/*/depmend.db)
}
under_way() { # leaves pid
	"$build/depmend" apply in.csv --rules rules.yaml --yes --allow percent=100 --past-halt --max-wait 5h >out 2>err </dev/null &
	pid=$!
	curl -sf -H "X-Sim-Now: $start" "http://127.0.0.1:$port/sim/held?wait=9000" >/dev/null
}
go_on() { # leaves status
	curl -sf -H "X-Sim-Now: $start" -X POST "http://127.0.0.1:$port/sim/go" >/dev/null
	wait "$pid"
	status=$?
}
spoil() { # HOW FILE
	local log=$2-wal size

	size=$(stat -c %s "$log" 2>/dev/null)
	case $1 in
	none) : ;;
	cut) truncate -s 0 "$log" ;;
	half) truncate -s $((size / 2)) "$log" ;;
	short) truncate -s $((size - 100)) "$log" ;;
	removed) rm "$log" ;;
	replaced) head -c $((size / 2)) "$log" >older && mv older "$log" ;;
	zeroed) dd if=/dev/zero of="$log" bs=1 seek=200 count=4096 conv=notrunc 2>/dev/null ;;
	index) rm "$2-shm" ;;
	page) # the last one, of a ledger without a log
		sqlite3 "$2" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
		dd if=/dev/zero of="$2" bs=4096 seek=8 count=8 conv=notrunc 2>/dev/null
		;;
	half-ledger)
		sqlite3 "$2" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
		pages=$(($(stat -c %s "$2") / 4096))
		truncate -s $(((pages >> 1) * 4096)) "$2"
		;;
	rubbish) yes rubbish | head -c 9000 >"$2" && rm -f "$log" ;;
	folder) rm -f "$2" && mkdir "$2" ;;
	log-folder) rm -f "$log" && mkdir "$log" ;;
	esac
}

# --- the log, while an apply runs ---

for how in none index cut half short removed replaced zeroed; do
	with_past --scenario hold.yaml
	under_way
	spoil $how "$good"
	go_on
	case $how in
	none | index) exits "log $how: nothing is lost" 0 ;;
	zeroed)
		exits "log $how: it does not end well" 74
		check "log $how: what it was" grep -q 'depmend.db-wal was changed while it is in use' err
		;;
	*)
		exits "log $how: it does not go on" 74
		check "log $how: what it was" grep -q 'depmend.db-wal was cut, removed or replaced while it is in use' err
		;;
	esac
	same "log $how: all are back" 0 "$(away)"
	same "log $how: and what is kept is whole" ok "$(sqlite3 "$good" 'PRAGMA quick_check')"
	run status
	check "log $how: status: $status" test "$status" -eq 0 -o "$status" -eq 5
	export DEPMEND_CLOCK=$later
	goes
	check "log $how: the next one ends well: $status" test "$status" -le 3
	same "log $how: all are on their servers" 0 "$(away)"
	run status
	exits "log $how: and nothing is open" 0
done
# The same, and the power fails.
for how in cut half removed replaced zeroed; do
	with_past --scenario hold.yaml
	under_way
	spoil $how "$good"
	kill -KILL "$pid"
	go_on 2>/dev/null
	export DEPMEND_CLOCK=$later
	goes
	check "log $how, killed: the next one ends well: $status" test "$status" -le 3
	same "log $how, killed: all are on their servers" 0 "$(away)"
	run status
	exits "log $how, killed: and nothing is open" 0
done

# --- the ledger, between two commands ---

for how in page half-ledger rubbish folder log-folder; do
	with_past --scenario hold.yaml
	under_way
	kill -KILL "$pid"
	go_on 2>/dev/null
	spoil $how "$good"
	export DEPMEND_CLOCK=$later
	for command in status 'history C02DMG00001' 'backup new.backup' 'pause --reason none' 'forget C02DMG00001 --reason none --confirm forget=1'; do
		# shellcheck disable=SC2086 # a command and its words
		run $command
		exits "ledger $how: ${command%% *}" 74
		check "ledger $how: ${command%% *} says what is damaged" grep -q 'depmend.db is damaged: ' err
		check "ledger $how: ${command%% *} says what helps" grep -q "'depmend restore FILE' takes a backup back" err
	done
	check "ledger $how: no backup of it" test ! -e new.backup
	before=$(changes)
	goes
	exits "ledger $how: apply" 74
	check "ledger $how: apply says what helps" grep -q "'depmend restore FILE' takes a backup back" err
	same "ledger $how: apply sends nothing" "$before" "$(changes)"
	run restore past.backup
	exits "ledger $how: the backup is taken back" 0
	check "ledger $how: what was damaged is kept" grep -q '^kept .*/depmend\.db\.damaged-' err
	check "ledger $how: and is there" test -n "$(find state -name 'depmend.db*.damaged-*' -o -name 'depmend.db.damaged-*')"
	goes
	check "ledger $how: the next one ends well: $status" test "$status" -le 3
	same "ledger $how: all are on their servers" 0 "$(away)"
	run status
	exits "ledger $how: and nothing is open" 0
done
# What an earlier one put aside, and whatever else has that name, stays where it is: of one second there may be more.
with_past
spoil rubbish "$good"
export DEPMEND_CLOCK=$later
aside=$good.damaged-${later#virtual:}
mkdir "$aside" && : >"$aside-wal" && : >"$aside/within"
run restore past.backup
exits 'its place is taken: the backup is taken back' 0
check 'its place is taken: it has another' grep -q "^kept .*\.damaged-${later#virtual:}-2$" err
same 'its place is taken: and is there' rubbish "$(head -n 1 "$aside-2")"
check 'its place is taken: by what stays' test -e "$aside/within" -a -e "$aside-wal"
yes other | head -c 9000 >"$good"
run restore past.backup
exits 'its place is taken twice: the backup is taken back' 0
same 'its place is taken twice: the first is still there' rubbish "$(head -n 1 "$aside-2")"
same 'its place is taken twice: and so is this one' other "$(head -n 1 "$aside-3")"
run status
exits 'its place is taken: nothing is open' 0

# What is not damaged does not become it by the name of its folder.
with_past
mv state 'it is damaged: no'
sed -i "s|^state:.*|state: 'it is damaged: no'|" depmend.yaml
good=$(echo 'it is damaged: no'/*/depmend.db)
mv "$good" sound.db && ln -s "$work/sound.db" "$good"
for command in 'pause --reason none' 'restore past.backup'; do
	# shellcheck disable=SC2086 # a command and its words
	run $command
	exits "not damaged: ${command%% *}" 74
	check "not damaged: ${command%% *}: what it is" grep -q 'cannot open or create' err
	check "not damaged: ${command%% *}: nothing else is said to help" test "$(grep -c 'restore FILE' err)" -eq 0
done
check 'not damaged: it is where it was' test -L "$good"
rm -rf 'it is damaged: no' sound.db

# Without a backup the file is moved away.
with_past --scenario hold.yaml
under_way
kill -KILL "$pid"
go_on 2>/dev/null
spoil page "$good"
mv "$good" away.db
export DEPMEND_CLOCK=$later
run export --off-server
goes
check "ledger moved away: the next one ends well: $status" test "$status" -le 3
same 'ledger moved away: all are on their servers' 0 "$(away)"

# --- what all processes write ---

for how in cut zeroed removed page folder; do
	with_past --scenario hold.yaml
	under_way
	spoil $how "${good%/*}/shared.db"
	go_on
	check "shared $how: it ends in order: $status" test "$status" -eq 0 -o "$status" -eq 74
	same "shared $how: all are back" 0 "$(away)"
	run status
	check "shared $how: status: $status" test "$status" -eq 0 -o "$status" -eq 5
	export DEPMEND_CLOCK=$later
	goes
	check "shared $how: the next one ends well: $status" test "$status" -le 3
	same "shared $how: all are on their servers" 0 "$(away)"
done
suite_end
