#!/usr/bin/env bash
# status, history, forget, pause and resume: what they say of the ledger, and what they leave alone.
#
#	tests/status/run.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/status/run.sh BUILD}"
cd "$work" || exit 1
# shellcheck disable=SC2119 # it needs no options
new_world
cp "$root"/samples/*.csv .

sql() { # STATEMENT...: on the one store there is
	/usr/bin/python3 - "$(echo state/*/depmend.db)" "$@" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for statement in sys.argv[2:]:
    for row in db.execute(statement):
        print(*row, sep="|")
db.commit()
END
}
of() { # TYPE EXPRESSION: of the JSON lines in out
	jq -r "select(.type == \"$1\") | $2" out
}

# --- an empty state ---

run status
exits 'status of an empty state' 0
check 'says that nothing is open' grep -q 'no device is off its server' out
run history 7AGC74BU22
exits 'history of a device that no run had' 0
check 'says so' grep -q 'no run of this organization' out

# --- a run ---

run apply api-tool.csv --rules corrupted-registration --yes
exits 'apply' 3
run runs --json
name=$(of run .run)
run status --json
exits 'status after a run' 0
same 'nothing is off' 0 "$(of status .off_server)"
same 'the last run' "$name" "$(of run .run | head -n 1)"
run history 7AGC74BU22 --json
exits 'history' 0
check 'has its requests' grep -q unassign <(of history .step)
check 'has its verdict' grep -qx 'done' <(of history .outcome)
check 'has who confirmed it' grep -q '^confirmed by .*: --yes' <(of history 'select(.what == "person") | .detail')
same 'and that first' person "$(of history .what | head -n 1)"
run history 7AGC74BU22 NQXKE2KNGE --html history.html
exits 'history as a page' 0
check 'the page has its steps' grep -q '<td class="word">unassign<td>' history.html
check 'the page has who confirmed it' grep -q '<td class="word">person<td>confirmed by ' history.html
same 'the page has a part for each' 2 "$(grep -c '<h2><code>' history.html)"
same 'and nothing else is printed' '' "$(cat out)"
run history 7AGC74BU22 --html history.html --json
exits 'history, both' 0
check 'JSON beside the page' grep -q '"type":"history"' out
run history 7AGC74BU22 --html depmend.yaml
exits 'no page in the place of the settings' 64
run history nonsense!
exits 'history of no serial' 64

# --- a device off its server, a change without an answer, a wipe without an outcome ---

sql "INSERT INTO custody SELECT '7AGC74BU22', 'SERVER1', 'SERVER1', id, 1790000000000 FROM run" \
	"INSERT INTO request(id, run, kind, target, state, activity, intent) SELECT 900, id, 0, 'SERVER1', 3, '', 1790000000000 FROM run" \
	"INSERT INTO request_device VALUES(900, 'C02AAAAAAAA1', 0)" \
	"INSERT INTO intent VALUES('C02AAAAAAAA1', 900)" \
	"INSERT INTO deed SELECT 'C02AAAAAAAA2', 11, '7;x', 0, id, 900, 1790000000000 FROM run"
run status
exits 'status with a device off its server and nobody at work' 5
check 'counts it' grep -q '^off server  1 device' out
check 'names it' grep -q '7AGC74BU22.*SERVER1.*run '"$name" out
check 'names the change without an answer' grep -q 'C02AAAAAAAA1  unassign, sent' out
check 'names the wipe' grep -q 'C02AAAAAAAA2  wipe' out
run status --json
same 'off_server lines' 7AGC74BU22 "$(of off_server .serial)"
same 'open_change lines' C02AAAAAAAA1 "$(of open_change .serial)"
same 'irreversible lines' 'C02AAAAAAAA2 false' "$(of irreversible '.serial + " " + (.proved | tostring)')"
same 'the status' 5 "$(of status .status)"
before=$(sql "SELECT count(*) FROM event")
run status
same 'reading writes nothing' "$before" "$(sql "SELECT count(*) FROM event")"

# --- forget ---

run forget 7AGC74BU22
exits 'forget without a reason' 64
run forget 7AGC74BU22 --reason 'server is gone'
exits 'forget without a terminal or a count' 64
check 'names the flag' grep -q -e '--confirm forget=1' err
run forget 7AGC74BU22 --reason 'server is gone' --confirm forget=2
exits 'forget with another count' 4
same 'forgot nothing' 1 "$(sql "SELECT count(*) FROM custody")"
run forget 7AGC74BU22 7agc74bu22 C02AAAAAAAA1 C02AAAAAAAA9 --reason 'server is gone' --confirm forget=2
exits 'forget' 0
check 'shows the evidence first' grep -q '7AGC74BU22.*since' err
check 'says that nothing is open about another' grep -q 'C02AAAAAAAA9  nothing is open' err
same 'let go' '0|0' "$(sql "SELECT (SELECT count(*) FROM custody), (SELECT count(*) FROM intent)")"
same 'left the wipe of another device' 1 "$(sql "SELECT count(*) FROM deed WHERE state = 0")"
run forget 7AGC74BU22 --reason again
exits 'forget with nothing open' 0
run history 7AGC74BU22
check 'the trail has the reason' grep -q 'server is gone' out
check 'the trail has the name' grep -q "$(id -un) on $(hostname)" out
run report "$name" --verify
exits 'the audit trail is whole' 0
run status
exits 'status with a wipe open' 0

# --- pause and resume ---

run pause
exits 'pause without a reason' 64
run pause --reason 'maintenance until Monday'
exits 'pause' 0
same 'pause: each line for itself' 0 "$(grep -c '?' out)"
check 'pause: since then' grep -q 'is paused since 2026-11-2' out
run status
check 'status says paused' grep -q 'paused .*maintenance until Monday' out
check 'status says by whom' grep -qF " by $(id -un) on $(hostname), until" out
run status --json
same 'status says it to programs' "$(id -un) on $(hostname)" "$(of status .paused_by)"
run pause --reason again --json
same 'pause says it to programs' "$(id -un) on $(hostname)" "$(of pause .by)"
run resume
exits 'resume' 0
run status --json
same 'no longer paused' null "$(of status .paused)"

# --- a run that works now, by a clock of its own ---

new_world --set apple.activity_time=30m
printf 'version: 1\nrules:\n  - {name: r, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' >rules.yaml
DEPMEND_CLOCK='' "$build/depmend" apply --serial 7AGC74BU22 --rules rules.yaml --yes >live.csv 2>live.err </dev/null &
live=$!
for _ in $(seq 200); do
	DEPMEND_CLOCK='' run status --json
	[ "$(of status .off_server)" = 1 ] && [ "$(of status .estimate)" != null ] && break
	sleep 0.1
done
exits 'off by a run that works' 0
same 'who' "$live" "$(of status .pid)"
same 'how far it is' 'apply: 0 of 1 done' "$(of status .phase | cut -d, -f1)"
same 'its run' running "$(of run .state)"
ends=$(of status .estimate)
DEPMEND_CLOCK=virtual:$(date -ud "$ends + 59 minutes" +%FT%TZ) run status
exits 'less than an hour beyond its estimate' 0
DEPMEND_CLOCK=virtual:$(date -ud "$ends + 61 minutes" +%FT%TZ) run status
exits 'more than that' 5
check 'is said' grep -q '^estimate .*more than an hour ago' out
kill -9 "$live"
wait "$live" 2>/dev/null
DEPMEND_CLOCK='' run status --json
exits 'off, and no run works' 5
same 'its run was stopped' stopped "$(of run .state)"
DEPMEND_CLOCK='' run status
same 'what continues it' 'next        depmend apply --serial 7AGC74BU22 --rules rules.yaml --yes' "$(grep ^next out)"
# Another run took its place: with which status it ended nobody has seen.
sql "UPDATE run SET state = 2, finished = created"
DEPMEND_CLOCK='' run status
check 'of the run that was killed' grep -q ' superseded *$' out

suite_end
