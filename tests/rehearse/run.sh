#!/usr/bin/env bash
# `depmend rehearse`: the same twice, the same as the real thing, and nothing left behind.
#
#	tests/rehearse/run.sh BUILD
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. tests/lib.sh
suite_begin "${1:?usage: tests/rehearse/run.sh BUILD}"

# Without settings, in a folder of its own; what is temporary goes to one that can be looked into.
here=$work/here
export TMPDIR=$work/tmp
mkdir "$here" "$TMPDIR"
real_settings=$DEPMEND_SETTINGS
unset DEPMEND_SETTINGS DEPMEND_CLOCK

in_here() { # depmend's arguments
	(cd "$here" && HOME=$here XDG_CONFIG_HOME=$here "$build/depmend" "$@") \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
}

rehearse() { # CSV OPTION...
	in_here rehearse "$@" --rules corrupted-registration
}

left_behind() { # files and processes of the rehearsals
	ls -A "$TMPDIR"
	simulators
}

simulators() { # the brackets keep grep from finding itself
	grep -lz "$TMPDIR/depmend-rehears[e]" /proc/[0-9]*/cmdline 2>/dev/null || true
}

says() { # text of the summary
	grep -qF -- "$1" "$work/out"
}

column() { # WORD FILE: that column of a result whose cells before it hold no line end
	python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[2], encoding="utf-8")): print(row[sys.argv[1]])' "$1" "$2"
}

twice() {
	cp samples/portal-like.csv "$here/in.csv"
	rehearse in.csv --now 2026-11-22T03:00:00Z --seed 7 --assume profile_status=Failed \
		--audit "$work/first.ndjson"
	exits 'rows at fault are told' 3
	cp "$work/out" "$work/first.out"
	cp "$here/in.rehearsal.csv" "$work/first.csv"
	rehearse in.csv --now 2026-11-22T03:00:00Z --seed 7 --assume profile_status=Failed \
		--audit "$work/second.ndjson"
	check 'the same audit twice' cmp "$work/first.ndjson" "$work/second.ndjson"
	check 'the audit tells of effects' grep -q '"what":"assign"' "$work/first.ndjson"
	check 'the same summary twice' cmp "$work/first.out" "$work/out"
	check 'the same result twice' cmp "$work/first.csv" "$here/in.rehearsal.csv"
	check 'devices are done' says '47 rows: 40 done, 1 duplicate, 3 invalid, 3 manual'
	check 'the worst case' says 'wave 1   5 devices; if every step after the first failed, 5 would be off'
	check 'of each wave' says 'wave 2   35 devices; if every step after the first failed, 35 would be off'
	check 'what nobody knows' says 'unknown  apple.released:'
	check 'the size is not known' says 'limits.percent was not asked'
	same 'no file but the result' "$(printf 'in.csv\nin.rehearsal.csv')" "$(ls "$here")"
	same 'nothing is left' '' "$(left_behind)"
}

samples() {
	local sample

	for sample in portal-like.csv api-tool.csv excel-semicolon.csv serials.txt fleet.csv; do
		cp "samples/$sample" "$here/in.csv"
		rehearse in.csv
		exits "$sample" 3
		check "$sample: some are done" grep -q ',done,rebuild,' "$here/in.rehearsal.csv"
		check "$sample: nothing twice" says 'extra    0 changes'
	done
}

assumptions() {
	cp samples/serials.txt "$here/in.csv"
	rehearse in.csv --assume server=
	check 'an assumed server' says '16 manual'
	rehearse in.csv --assume apple.server=
	check 'an assumed server, as rules name it' says '16 manual'
	rehearse in.csv --assume colour=red
	exits 'a column nobody knows' 64
	rehearse in.csv --assume corrupted=maybe
	exits 'a value that cannot be' 64
	rehearse in.csv --out -
	check 'the CSV alone on stdout' grep -q '^serial,depmend_outcome,' "$work/out"
	check 'the summary beside it' grep -q '^guards' "$work/err"
}

mistakes() {
	printf 'a,b\n1,2\n' >"$here/bad.csv"
	rehearse bad.csv
	exits 'no serials' 65
	check 'no result without rows' test ! -e "$here/bad.rehearsal.csv"
	rehearse none.csv
	exits 'no file' 66
	cp samples/serials.txt "$here/in.csv"
	in_here rehearse in.csv
	exits 'no rules' 64
	rehearse in.csv --scenario no-such-weather
	exits 'no such scenario' 65
	check 'the simulator says why' grep -q 'no-such-weather' "$work/err"
	rehearse - --scenario all
	exits 'every scenario of stdin' 64
	same 'nothing is left of failures' '' "$(left_behind)"
}

weather() {
	cp samples/serials.txt "$here/in.csv"
	rehearse in.csv --scenario apple-lag-long
	check 'slow lists are waited for' says '16 done'
	rehearse in.csv --scenario storm
	check 'a storm is weathered' says '16 done'
	check 'and nothing is sent twice' says 'extra    0 changes'
	rehearse in.csv --scenario apple-activity-failed
	check 'refusals are told' says '5 failed'
	check 'and end it after the first five' says '11 pending'
	check 'a halt is told by the status' test "$status" -ne 0
	printf 'version: 1\nwaves: [1, 3, 5, 7, 9, 11, 13, 100%%]\nrules: [{name: r, match: {always: true}, do: [unassign, reassign]}]\n' >"$here/waves.yaml"
	in_here rehearse in.csv --rules ./waves.yaml
	same 'a few of many waves are told one by one' '5 and 3 more waves of at most 3 devices; off their server at most 3' \
		"$(grep -c '^wave ' "$work/out") $(grep '^and .* waves' "$work/out")"
}

# The real thing: a simulator started apart, the same settings, the same fleet.
as_apply() {
	export DEPMEND_SETTINGS=$real_settings DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
	new_world --seed 1
	cp samples/portal-like.csv "$work/in.csv"
	run rehearse "$work/in.csv" --rules corrupted-registration --inventory samples/fleet.csv
	check 'a guard would fire' says 'stopped by limits.percent ('
check 'and apply would send nothing, as this went on' says '); apply would send nothing. Allow it: --allow percent='
	grep '^sent' "$work/out" >"$work/predicted"
	cp samples/serials.txt "$work/bare.csv"
	sed 's/^  tokens:.*/&\n    - {server: WS1 Oceania, group: WS1OCEANIA}/' "$DEPMEND_SETTINGS" \
		>"$work/more.yaml"
	run rehearse "$work/bare.csv" --rules corrupted-registration --settings "$work/more.yaml"
	exits 'servers that only the settings name' 3
	check 'are there, too' says '16 done'
	same 'the real world is untouched' 0 "$(effects unassign)"
	check 'no secret is needed' test ! -e "$work/state"
	run apply "$work/in.csv" --rules corrupted-registration --yes --allow percent=30
	grep '^sent' "$work/err" >"$work/sent"
	same 'changes, reads and duration as predicted' "$(cat "$work/sent")" "$(cat "$work/predicted")"
	for one in depmend_outcome depmend_steps depmend_after depmend_finished; do
		same "$one as predicted" "$(column $one "$work/in.result.csv")" \
			"$(column $one "$work/in.rehearsal.csv")"
	done
	sim_stop
	unset DEPMEND_SETTINGS DEPMEND_CLOCK
}

# Loopback, the temporary folder and the output: nothing else, neither ours nor the simulator's.
confined() {
	cp samples/portal-like.csv "$here/in.csv"
	(cd "$here" && HOME=$here XDG_CONFIG_HOME=$here strace -f -y -qq -o "$work/trace" \
		-e trace=connect,bind,open,openat,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,link,linkat,symlink,symlinkat,truncate \
		"$build/depmend" rehearse in.csv --rules corrupted-registration) >"$work/out" 2>"$work/err"
	same 'nothing outside is touched' '' \
		"$(python3 tests/rehearse/confined.py "$work/trace" "$TMPDIR/" "$here/" \
			${GCOV_PREFIX:+"$GCOV_PREFIX/"})"
	check 'the trace shows the simulator, too' grep -q 'bind(.*127\.0\.0\.1' "$work/trace"
}

# A request that is never answered keeps the rehearsal busy for a minute of real time.
begin_stuck() {
	rm -f "$work/log"
	(cd "$here" && HOME=$here XDG_CONFIG_HOME=$here exec "$build/depmend" rehearse in.csv \
		--rules corrupted-registration --scenario lost-reply-timeout) \
		>"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	for _ in $(seq 600); do
		grep -qs '"path":"/v1/orgDeviceActivities"' "$TMPDIR"/*/audit.ndjson && break
		sleep 0.05
	done
}

gone() { # waits until no process of the rehearsals is there
	for _ in $(seq 200); do
		[ -n "$(simulators)" ] || return 0
		sleep 0.05
	done
	return 1
}

ends() {
	cp samples/serials.txt "$here/in.csv"
	begin_stuck
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	if on_linux 'a killed rehearsal takes its simulator along'; then
		check 'a killed rehearsal takes its simulator along' gone
	else
		simulators | cut -d/ -f3 | xargs -r kill -KILL
	fi
	rm -rf "$TMPDIR"/depmend-rehearse-*
	begin_stuck
	kill -TERM "$pid"
	wait "$pid"
	status=$?
	exits 'a stopped rehearsal' 143
	same 'nothing is left of a stopped one' '' "$(left_behind)"
}

twice
samples
assumptions
mistakes
weather
confined
as_apply
ends
suite_end
