#!/usr/bin/env bash
# A folder of settings: each tenant in a process of its own, one summary, the worst exit status.
#
#	tests/tenants/run.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/tenants/run.sh BUILD}"
cd "$work" || exit 1
unset DEPMEND_SETTINGS
many=${TENANTS:-12}
new_world --server Unused
for f in apple.pem tenant-code uem-secret; do cp "$f" "kept.$f"; done
device=$(sed -n '2s/,.*//p' "$root/samples/fleet.csv")

# tenant NAME [FILE]: settings of its own, with a client id of its own
tenant() {
	local file=${2:-all/$1.yaml}
	mkdir -p "$(dirname "$file")" lists out
	cp apple.pem tenant-code uem-secret "$(dirname "$file")/"
	sed -e "s|^tenant:.*|tenant: $1|; s|client_id: BUSINESSAPI.*|client_id: BUSINESSAPI.$1|" \
		-e "s|^state:.*|state: $work/states/$1|" depmend.yaml >"$file"
	printf 'serial\n%s\n' "$device" >"lists/$1.csv"
}
printf 'version: 1\nname: r\nrules:\n  - {name: a, match: {always: true}, do: [skip]}\n' >skip.yaml
printf 'version: 1\nname: r\nrules:\n  - {name: a, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' \
	>rebuild.yaml
grep -q '^tenant:' depmend.yaml || sed -i '1a tenant: x' depmend.yaml
summary() { # NAME: its status in the summary
	awk -v name="$1" '$1 == name { print $2 }' out.txt
}
go() { # COMMAND...: leaves $status, out.txt, err.txt
	"$build/depmend" "$@" >out.txt 2>err.txt </dev/null
	status=$?
	cp err.txt err
}

# --- as one by one ---

for i in $(seq "$many"); do tenant "t$i"; done
tenant sub all/sub/depmend.yaml
cp skip.yaml all/rules.yaml
go plan 'lists/{tenant}.csv' --rules ./skip.yaml --settings all --out 'out/{tenant}.csv'
exits 'a plan for each' 0
for i in 1 "$many"; do
	check "t$i has its plan" grep -q "^$device,skipped" "out/t$i.csv"
	same "t$i is in the summary" 0 "$(summary "t$i")"
done
check 'settings in a folder of their own' test -s out/sub.csv
check 'what is no tenant is named' grep -q 'ignored: all/rules.yaml' err.txt
go status --settings all --json
exits 'status as JSON' 0
same 'each object names its tenant' "$((many + 1))" \
	"$(jq -r 'select(.type == "status") | .tenant' out.txt | sort -u | wc -l)"
same 'and the summary has each' "$((many + 1))" "$(jq -r 'select(.type == "tenant") | .tenant' out.txt | wc -l)"
python3 "$root/tests/terminal/pty.py" --columns 60 --data folded "$build/depmend" status --settings all --color never >term
same 'each line fits the terminal, with its tenant' '' "$(grep -vE '^(t[0-9]+|sub): |^  ' folded | tr -d '\r'
	tr -d '\r' <folded | grep -E '.{61}')"
check 'all of them are there' test "$(grep -c ': budgets ' folded)" -eq "$((many + 1))"

# --- one goes wrong, the others do not mind ---

cp all/t2.yaml t2.kept && echo 'colour: blue' >>all/t2.yaml
printf 'version: 1\ntenant: [\n' >all/broken.yaml
rm lists/t3.csv
go plan 'lists/{tenant}.csv' --rules ./skip.yaml --settings all --out 'out/{tenant}.csv' --jobs 3
exits 'the worst of all' 78
same 'a mistake in one' 78 "$(summary t2)"
check 'and its place is told' grep -q '^t2: all/t2.yaml:' err.txt
same 'a page that is no YAML' 78 "$(summary broken)"
same 'a list that is missing' 66 "$(summary t3)"
same 'the others are as before' 0 "$(summary t1)"
mv t2.kept all/t2.yaml && rm all/broken.yaml
printf 'serial\n%s\n' "$device" >lists/t3.csv

# --- names of files that a label, a path or a terminal does not bear; pages that cannot be read ---

cp -r all odd
rm -r odd/sub odd/t[3-9].yaml odd/t1[0-9].yaml
for name in 'q"x' 'back\slash' $'new\nline' $'esc\e[31m' $'latin\xe9' 't2'; do
	printf 'tenant: [\n' >"odd/$name.broken.yaml"
done
printf 'tenant: [\n' >odd/T1.yaml
ln -s /nowhere/acme.yaml odd/gone.yaml
mkdir odd/later odd/lost+found odd/empty && ln -s /nowhere/depmend.yaml odd/later/depmend.yaml
ln -s loop odd/loop
mkfifo odd/pipe.yaml
cp all/t3.yaml odd/short.yml
go report latest --settings odd --html odd.html --metrics odd.prom
exits 'pages that are none' 78
for name in q_x.broken back_slash.broken new_line.broken esc__31m.broken latin_.broken t2.broken gone later loop pipe; do
	same "$name is named" 78 "$(summary "$name")"
	check "$name is on the page" grep -q ">$name</th><td class=\"n warn\">78<" odd.html
done
same 'who says its name keeps it' '0 78' "$(summary t1) $(summary T1)"
same 'what the file system has of its own is no tenant' '' "$(summary lost+found)$(summary empty)"
same 'a name for each tenant, of letters that a label bears' '' \
	"$(grep -avxE '# .*|depmend_tenant_status\{tenant="[A-Za-z0-9._-]+"\} [0-9]+' odd.prom)"
same 'nothing that steers a terminal' '' "$(cat out.txt err.txt | LC_ALL=C tr -cd '\001-\010\013-\037')"
check 'what only ends in .yml is told' grep -qx 'ignored: odd/short.yml is no tenant .* end in .yaml' err.txt
go status --settings odd --json
same 'each line is JSON' "$(wc -l <out.txt)" "$(jq -c . out.txt | wc -l)"
go apply 'lists/{tenant}.csv' --rules ./skip.yaml --settings odd --yes --out 'out/{tenant}.csv'
go report latest --settings odd --html odd.html --metrics 'out/{tenant}.prom'
check 'a page with its numbers' grep -q '>t2</th><td class="n">0<.*<td class="n">1<' odd.html
echo 'colour: blue' >>odd/t2.yaml
go report latest --settings odd --html odd.html --metrics 'out/{tenant}.prom'
check 'none of an earlier time' grep -q '>t2</th><td class="n warn">78<.*<td class="n">–</tr>' odd.html

# --- two of one organization ---

sed 's/^tenant:.*/tenant: twin/' all/t1.yaml >all/twin.yaml
go status --settings all
exits 'one organization twice' 78
same 'this one is refused' 78 "$(summary t1)"
same 'and that one' 78 "$(summary twin)"
check 'and it says why' grep -q 'the same client_id: they are one organization' out.txt
rm all/twin.yaml
cp all/t1.yaml all/other.yaml
sed -i 's/client_id: BUSINESSAPI.*/client_id: BUSINESSAPI.other/' all/other.yaml
go status --settings all
same 'one name twice' '78 78' "$(summary t1 | xargs)"
sed -i 's/^tenant:.*/tenant: T1/' all/other.yaml
go status --settings all
same 'and where letters have no case' '78 78' "$(summary t1) $(summary T1)"
rm all/other.yaml

# --- two files that name each other's client id as an earlier one, of one state ---

pair() { # NAME OTHER
	tenant "$1" "pair/$1.yaml"
	sed -i -e "s|^state:.*|state: $work/states/pair|" \
		-e "s|client_id: BUSINESSAPI.*|&\n  previous_client_ids: [BUSINESSAPI.$2]|" "pair/$1.yaml"
}
pair left right
pair right left
printf 'serial\n%s\n' "$(sed -n '3s/,.*//p' "$root/samples/fleet.csv")" >lists/left.csv
go apply "lists/left.csv" --rules ./rebuild.yaml --settings pair/left.yaml --yes --allow percent=100 --max-wait 1d
exits 'the first one works' 0
for command in status 'plan lists/right.csv --rules ./skip.yaml' 'apply lists/right.csv --rules ./skip.yaml --yes' \
	'pause --reason x' 'runs' 'check'; do
	# shellcheck disable=SC2086 # words
	go $command --settings pair/right.yaml
	exits "$command: the second one does not" 78
	check "$command: both are named" grep -q 'pair/right.yaml and .*pair/left.yaml name each other' err.txt out.txt
done
go status --settings pair/left.yaml
exits 'the first one still does' 0
cp pair/left.yaml left.kept && sed -i '/previous_client_ids/d' pair/left.yaml
go status --settings pair/right.yaml
exits 'nor is anything wrong when the first one is mended' 0
mv left.kept pair/left.yaml
go status --settings pair
same 'in one folder both are refused' '78 78' "$(summary left) $(summary right)"

# --- what is asked of the command line ---

usage() { # WHAT TEXT COMMAND...
	local what=$1 text=$2
	shift 2
	go "$@"
	exits "$what" 64
	check "$what: the remedy" grep -qF -- "$text" err.txt
}
usage 'one CSV for all' 'put {tenant} into the path' plan lists/t1.csv --rules ./skip.yaml --settings all
usage 'one plan for all' "--out 'FOLDER/{tenant}.csv'" plan 'lists/{tenant}.csv' --rules ./skip.yaml --settings all
usage 'one output for all' 'put {tenant} into the path' \
	plan 'lists/{tenant}.csv' --rules ./skip.yaml --settings all --out x.csv
usage 'one list of tickets for all' 'put {tenant} into the path' report latest --settings all --tickets x.csv
usage 'one bundle for all' 'put {tenant} into the path' doctor --settings all --bundle x.zip
usage 'apply asks nobody' 'needs --yes or --expect' apply 'lists/{tenant}.csv' --rules ./skip.yaml --settings all
usage 'a command for one tenant' 'takes the settings of one tenant' check --settings all
mkdir empty
go status --settings empty
exits 'a folder without tenants' 78

# --- a brake for all, and the lock of one ---

kill -STOP "$sim_pid" # so that it cannot end before it is stopped
"$build/depmend" apply lists/t1.csv --rules ./rebuild.yaml --settings all/t1.yaml --yes --allow percent=100 \
	--out one.csv >one.out 2>one.err </dev/null &
one=$!
for _ in $(seq 500); do grep -qs "^$one " states/t1/*/lock && break; sleep 0.02; done
kill -STOP "$one"
kill -CONT "$sim_pid"
go apply 'lists/{tenant}.csv' --rules ./skip.yaml --settings all --yes --out 'out/{tenant}.csv'
same 'another run of one has the lock' 11 "$(summary t1)"
same 'the others go on' 0 "$(summary t2)"
exits 'the worst is told' 11
kill -CONT "$one"
wait "$one"

# --- a signal reaches each of them, and what was not begun stays so ---

kill -STOP "$sim_pid"
"$build/depmend" apply 'lists/{tenant}.csv' --rules ./rebuild.yaml --settings all --yes --allow percent=100 \
	--out 'out/{tenant}.csv' --jobs 2 >out.txt 2>err.txt </dev/null &
parent=$!
for _ in $(seq 200); do [ "$(pgrep -fc -- '--settings all/')" -ge 2 ] && break; sleep 0.05; done
sleep 0.3
kill -TERM "$parent"
sleep 0.3
kill -CONT "$sim_pid"
wait "$parent"
same 'the status of the signal' 143 "$?"
same 'those that ran have stopped in order' 2 "$(grep -c ' 143  stopped by SIGTERM' out.txt)"
check 'the others were not begun' test "$(grep -c 'not begun: stopped before its turn' out.txt)" -ge 5

# --- stopping takes as long as it takes: asked once, and also when we are gone ---

sim_stop
new_world --server Unused
for f in apple.pem tenant-code uem-secret; do cp "kept.$f" "$f"; done
rm -rf all states lists out && mkdir out
printf '%s\n' 'timeouts: {settle: 5s, activity: 20s}' 'poll: {apple: 1s, uem: 1s}' >>depmend.yaml
printf 'version: 1\nname: r\nrules:\n  - {name: a, match: {always: true}, do: [unassign, reassign]}\n' >bounce.yaml
clock=$DEPMEND_CLOCK
unset DEPMEND_CLOCK # one that leaps would leave the tenants in different hours
grep -q '^tenant:' depmend.yaml || sed -i '1a tenant: x' depmend.yaml
for i in 1 2 3 4 5 6; do
	tenant "t$i" "half$((i % 2))/t$i.yaml"
	printf 'serial\n%s\n' "$(awk -F, -v n="$i" 'NR > 1 && $2 != "" && ++k == n { print $1 }' "$root/samples/fleet.csv")" \
		>"lists/t$i.csv"
done
slow_stop() { # FOLDER SIGNAL...: a second between them, the service silent meanwhile; leaves $status
	local folder=$1 before
	shift
	before=$(effects unassign)
	"$build/depmend" apply 'lists/{tenant}.csv' --rules ./bounce.yaml --settings "$folder" --yes --allow percent=100 \
		--out 'out/{tenant}.csv' >out.txt 2>err.txt </dev/null &
	parent=$!
	for _ in $(seq 2000); do [ "$(effects unassign)" -ge $((before + 3)) ] && break; sleep 0.02; done
	kill -STOP "$sim_pid"
	for signal; do
		kill -"$signal" "$parent"
		sleep 1.5
	done
	spent=$(awk '{ print $14 + $15 }' "/proc/$parent/stat" 2>/dev/null || echo 0)
	kill -CONT "$sim_pid"
	wait "$parent" 2>/dev/null
	status=$?
	for _ in $(seq 2000); do pgrep -f -- "--settings $folder/" >/dev/null || break; sleep 0.05; done
	for one in "$folder"/*.yaml; do
		env -u DEPMEND_CLOCK "$build/depmend" status --settings "$one" >status.txt 2>&1 </dev/null
		same "${one##*/}, $*: nothing is off" 0 "$?"
	done
}
slow_stop half0 TERM
exits 'told once' 143
check "and waits without work ($spent ticks)" test "$spent" -lt 50
same 'all are back' "$(effects unassign)" "$(effects assign)"
slow_stop half1 TERM KILL
same 'all are back, though nobody waits for them' "$(effects unassign)" "$(effects assign)"
export DEPMEND_CLOCK=$clock

# --- many: as one by one, but for time; one hangs, one is locked, one has a mistake ---

sim_stop
new_world --server Unused
for f in apple.pem tenant-code uem-secret; do cp "kept.$f" "$f"; done
rm -rf all states lists out && mkdir out
printf '%s\n' 'rate: {apple_read: 2000/1m, apple_write: 1000/1h}' 'timeouts: {settle: 1s, activity: 20s}' \
	'poll: {apple: 1s, uem: 1s}' >>depmend.yaml
printf 'version: 1\nname: r\nrules:\n  - {name: a, match: {always: true}, do: [unassign, reassign]}\n' >bounce.yaml
clock=$DEPMEND_CLOCK
unset DEPMEND_CLOCK # one that leaps would leave the tenants in different hours
grep -q '^tenant:' depmend.yaml || sed -i '1a tenant: x' depmend.yaml
crowd=$(fewer "${TENANTS:-40}") # also run with 100
for i in $(seq "$crowd"); do
	tenant "t$i"
	printf 'serial\n%s\n' "$(awk -F, -v n="$i" 'NR > 1 && $2 != "" && ++k == n { print $1 }' "$root/samples/fleet.csv")" \
		>"lists/t$i.csv"
done
# More at once than descriptors: who finds none waits for one of the others to end.
(ulimit -n 64 && exec "$build/depmend" status --settings all --jobs 99 >out.txt 2>err.txt </dev/null)
status=$?
cp err.txt err
exits 'more at once than there are descriptors' 0
same 'each has its turn' "$crowd" "$(awk '$2 == 0' out.txt | wc -l)"
python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(64)
open("silent", "w").write(str(s.getsockname()[1]))
kept = []
while True: kept.append(s.accept())' &
silent=$!
for _ in $(seq 200); do [ -s silent ] && break; sleep 0.05; done
sed -i "s|127.0.0.1:$port|127.0.0.1:$(cat silent)|" all/t1.yaml
sed -i 's/activity: 20s/activity: 20s, request: 20s/' all/t1.yaml
echo 'colour: blue' >>all/t2.yaml
"$build/depmend" apply lists/t3.csv --rules ./bounce.yaml --settings all/t3.yaml --yes --allow percent=100 \
	--out one.csv >one.out 2>one.err </dev/null &
one=$!
for _ in $(seq 500); do grep -qs "^$one " states/t3/*/lock && break; sleep 0.02; done
kill -STOP "$one"
"$build/depmend" plan 'lists/{tenant}.csv' --rules ./bounce.yaml --settings all --max-wait 3s --jobs 1 \
	--out 'out/{tenant}.csv' >out.txt 2>err.txt </dev/null &
parent=$!
for _ in $(seq 600); do [ -s out/t10.csv ] && break; sleep 0.05; done
check 'the one that hangs frees its slot' test -s out/t10.csv -a ! -e out/t1.csv
kill -TERM "$parent"
wait "$parent"
same 'and stops with all' 143 "$(summary t1)"
rm out/*
sed -i 's/request: 20s/request: 1s/' all/t1.yaml
go apply 'lists/{tenant}.csv' --rules ./bounce.yaml --settings all --yes --allow percent=100 --max-wait 2m --jobs 12 \
	--out 'out/{tenant}.csv'
same 'one hangs, one has a mistake, one is locked' '69 78 11' "$(summary t1) $(summary t2) $(summary t3)"
exits 'the worst of them' 78
same 'the others are done' $((crowd - 3)) "$(awk '$2 == 0' out.txt | wc -l)"
held=$(tail -n 1 lists/t3.csv) # how far it has come nobody knows
same 'each once' "$((crowd - 3)) $((crowd - 3))" \
	"$(($(effects unassign) - $(effects unassign "$held"))) $(($(effects assign) - $(effects assign "$held")))"
kill "$silent"
kill -CONT "$one"
# Where it stood still for longer than its timeouts, the next run tells what became of that request.
wait "$one" || "$build/depmend" apply lists/t3.csv --rules ./bounce.yaml --settings all/t3.yaml --yes \
	--allow percent=100 --out one.csv >one.out 2>one.err </dev/null
same 'and the one that was stopped' 0 "$?"
export DEPMEND_CLOCK=$clock

# --- one page and one metrics file for all ---

go report latest --settings all --html all.html --metrics all.prom
exits 'a page and metrics for all' 78
check 'the page has each' test "$(grep -c '<tr><th scope="row">t[0-9]*</th>' all.html)" -eq "$crowd"
check 'what needs a person stands first' test "$(grep -n 'scope="row">t2<' all.html | cut -d: -f1)" -lt \
	"$(grep -n 'scope="row">t4<' all.html | cut -d: -f1)"
same 'each name has one head' '' "$(grep '^# TYPE' all.prom | sort | uniq -d)"
same 'and stands in one place' '' "$(grep -v '^#' all.prom | sed 's/{.*//' | uniq | sort | uniq -d)"
same 'each tenant has its status' "$crowd" "$(grep -c '^depmend_tenant_status{' all.prom)"
check 'also the one with a mistake' grep -q '^depmend_tenant_status{tenant="t2"} 78$' all.prom
same 'and its rows' 1 "$(sed -n 's/^depmend_rows{tenant="t4",outcome="done"} //p' all.prom)"
go report latest --settings all --html all.html --metrics 'out/{tenant}.prom'
check 'a page for all, metrics for each' grep -q 'tenant="t4"' out/t4.prom
check 'the page has numbers' test "$(grep -c '<td class="n">1<td class="n">1<td class="n">0' all.html)" -ge "$((crowd - 3))"
go report latest --settings all --html all/t4.yaml
exits 'not over the settings' 64
go report latest --settings all --html none/all.html
exits 'a folder that is not there' 73
same 'nothing stays in the folder of temporary files' '' "$(ls -d "${TMPDIR:-/tmp}"/depmend-all-* 2>/dev/null)"

# --- a tenant that had no run yet is named, and is no failure ---

mv all/t2.yaml t2.kept
tenant new
for i in $(seq 1 "$crowd"); do [ "$i" = 4 ] || rm -f "all/t$i.yaml"; done
go report latest --settings all --html all.html --metrics all.prom
exits 'one had no run yet' 0
same 'it is in the summary' 'no runs yet' "$(awk '$1 == "new" && $2 == 0 { $1 = $2 = ""; print substr($0, 3) }' out.txt)"
check 'and on the page' grep -q '>new</th><td class="n">–<td>no runs yet<' all.html
check 'which has no trouble' grep -q '<div class="tile"><dt>Tenants with something to look at</dt><dd>0<' all.html
check 'nor numbers that are missing' grep -q '<div class="tile"><dt>Tenants without numbers</dt><dd>0<' all.html
check 'its status is no mistake' grep -q '^depmend_tenant_status{tenant="new"} 0$' all.prom
go report latest --settings all --csv 'out/{tenant}.csv'
exits 'the same in files of their own' 0
go report latest --settings all/new.yaml --csv out/new.csv
exits 'alone it is one' 64
mv t2.kept all/t2.yaml

# --- the parent dies: nobody is left, nobody is off its server ---

on_linux 'a killed parent leaves no orphan' || {
	suite_end
	exit
}
sim_stop
new_world --server Unused
for f in apple.pem tenant-code uem-secret; do cp "kept.$f" "$f"; done
rm -rf all states
for i in 1 2 3; do
	tenant "t$i"
	printf 'serial\n%s\n' "$(sed -n "$((i + 1))s/,.*//p" "$root/samples/fleet.csv")" >"lists/t$i.csv"
done
kill -STOP "$sim_pid"
env -u DEPMEND_CLOCK "$build/depmend" apply 'lists/{tenant}.csv' --rules ./rebuild.yaml --settings all --yes \
	--allow percent=100 --out 'out/{tenant}.csv' >out.txt 2>err.txt </dev/null &
parent=$!
children() { pgrep -f -- "--settings all/t[123].yaml"; }
for _ in $(seq 400); do [ "$(compgen -G 'states/t[123]/*/lock' | wc -l)" -eq 3 ] && break; sleep 0.05; done
same 'three run' 3 "$(children | wc -l)"
kill -KILL "$parent"
wait "$parent" 2>/dev/null
kill -CONT "$sim_pid"
for _ in $(seq 600); do [ "$(children | wc -l)" -eq 0 ] && break; sleep 0.05; done
same 'no orphan is left' 0 "$(children | wc -l)"
for i in 1 2 3; do
	check "t$i: each row has its result" grep -q pending "out/t$i.csv"
done

suite_end
