#!/usr/bin/env bash
# What a person sees: on terminals of 40, 80 and 200 columns and under pipes, in three locales.
#
#	tests/terminal/run.sh BUILD
# shellcheck disable=SC2119 # a world needs no options
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/terminal/run.sh BUILD}"
cd "$work" || exit 1

locales='C de_DE.UTF-8 tr_TR.UTF-8'
export LOCPATH=$root/.build/locales
export ASAN_OPTIONS=detect_leaks=0 # setlocale() keeps what it made of LOCPATH
mkdir -p "$LOCPATH"
for one in de_DE tr_TR; do
	[ -e "$LOCPATH/$one.UTF-8" ] || localedef -i "$one" -f UTF-8 "$LOCPATH/$one.UTF-8" || exit 1
done

on_terminal() { # COLUMNS [pty.py OPTION...] COMMAND...: leaves term, data and $status
	rm -f data
	python3 "$here/pty.py" --columns "$1" --data data "${@:2}" >term
	status=$?
}

# The texts between two redraws, each of which has to fit.
widest() {
	sed 's/\r\x1b\[K/\n/g; s/\[y\/N\] /&\n/' term | sed '1,/\[y\/N\]/d; /^[0-9]* rows:/,$d' |
		awk 'length > n { n = length } END { print n + 0 }'
}
redraws() {
	grep -o $'\r\x1b\\[K[^\r]' term | wc -l
}
export TERM=xterm

# --- the status line ---
for columns in 40 80 200; do
	new_world
	cp "$root/samples/api-tool.csv" .
	on_terminal "$columns" --answer y "$build/depmend" apply api-tool.csv --rules corrupted-registration
	exits "apply on $columns columns" 3
	# Where the table has no room its titles are in each row.
	titles='  RULE  *SERVER  *ROWS'
	[ "$columns" -gt 40 ] || titles='^    STEPS    unassign, sync'
	check 'it showed the plan' grep -q "$titles" term
	check 'it asked' grep -q 'Act on 14 devices (plan [0-9a-f]*)? \[y/N\]' term
	check 'it was redrawn' test "$(redraws)" -gt 3
	check "no line of it is wider than $columns columns allow ($(widest))" test "$(widest)" -lt "$columns"
	check 'it says who is waited for' grep -qE '(until [0-9][0-9]:|waiting for)' term
	check 'it is gone before the summary' grep -q $'\r\x1b\\[K[0-9]* rows' term
	same 'nothing on stdout' '' "$(cat data)"
	same 'the counts are those of the result' "$(sed 's/\x1b\[[0-9;]*m//g' term | tr -s ' \n' ' ' |
		sed -E 's/.*[0-9] rows: (([0-9]+ [a-z_]+, )*[0-9]+ [a-z_]+).*/\1/')" \
		"$(python3 - api-tool.result.csv <<'END'
import csv, collections, sys
order = "pending planned done unchanged skipped unmatched protected duplicate undecided invalid failed held manual drifted unverified in_flight".split()
n = collections.Counter(r["depmend_outcome"] for r in csv.DictReader(open(sys.argv[1])))
print(", ".join(f"{n[o]} {o}" for o in order if n[o]))
END
)"
done

# Hours of waiting, on terminals of four widths: for what, until when, and no word is cut.
for columns in 30 60 80 130; do
	new_world
	settings_with 'batch: {apple: 2}'
	TZ=Europe/Berlin on_terminal "$columns" "$build/depmend" apply api-tool.csv --rules corrupted-registration \
		--yes --max-wait 48h --out "long.$columns.csv"
	sed 's/\r\x1b\[K/\n/g' term | grep -E '^(apply: )?[0-9]+ of [0-9]+' >redrawn
	check 'it was redrawn' test "$(wc -l <redrawn)" -gt 3
	same "every line fits $columns columns" '' "$(grep -E ".{$columns}" redrawn)"
	check 'how many are done' grep -qE $'\r\x1b\\[K(apply: )?[0-9]+ of 14( done)?(, |$|\r)' term
	same 'nothing but whole words' '' "$(grep -vE '(done|of [0-9]+|off server|requests|[0-9]{2}:[0-9]{2}|/hour\))$' redrawn)"
done
check 'what is waited for, and why' grep -qE 'waiting for write budget until [0-9]{2}:[0-9]{2} \(Apple 10/hour\), ends about [0-9]{2}:[0-9]{2}' term

# The end of a run on a narrow terminal: the same words, none of them broken.
for columns in 40 200; do
	new_world
	on_terminal "$columns" --answer y "$build/depmend" apply api-tool.csv --rules corrupted-registration \
		--out narrow.csv --color never
	sed 's/.*\[y\/N\] //; s/\r\x1b\[K/\n/g' term | sed '/^18 rows:/,$!d' >"end.$columns"
	sed 's/\r\x1b\[K/\n/g; s/\[y\/N\] /&\n/' term | sed '/\[y\/N\]/,$d' >"plan.$columns"
done
check 'the end is there' test -s end.40 -a -s plan.40
same 'the end fits' '' "$(grep -vE '^(result|next) ' end.40 | grep -E '.{41}')"
same 'so does the plan' '' "$(grep -E '.{41}' plan.40)"
words() { # a table that has no room has its titles in each row
	tr -s ' \n' '\n' <"$1" | grep -vE '^(20[0-9-]*-[0-9a-f]*|[0-9a-f]{12}|20.*Z|RULE|SERVER|ROWS|OUTCOME|STEPS)$'
}
same 'the same end' "$(words end.200)" "$(words end.40)"
same 'the same plan' "$(words plan.200)" "$(words plan.40)"

# The answer no.
new_world
on_terminal 80 --answer n "$build/depmend" apply api-tool.csv --rules corrupted-registration --out n.csv
exits 'the answer n' 4
same 'nothing was changed' 0 "$(changes)"
check 'a summary all the same' grep -q '^status   4: ' term

# --- without a status line ---
plain() { # WHAT: nothing but text reached the terminal
	check "$1: no escapes" test "$(grep -c $'[\x1b\r]' term)" -eq 0
}
lines() {
	grep -cE '^apply: [0-9]+' term
}
rm -f api-tool.result.csv
again=(apply api-tool.csv --rules corrupted-registration --yes)
new_world
TERM=dumb on_terminal 80 "$build/depmend" "${again[@]}"
plain 'TERM=dumb'
check 'a line every half minute' test "$(lines)" -gt 1
new_world
NO_COLOR=1 on_terminal 80 "$build/depmend" "${again[@]}" --progress plain
plain '--progress plain, NO_COLOR'
check 'the same lines' test "$(lines)" -gt 1
new_world
on_terminal 80 "$build/depmend" "${again[@]}" --progress none --color never
plain '--progress none'
same 'no progress' 0 "$(lines)"
new_world
on_terminal 80 "$build/depmend" "${again[@]}" -q
same '-q says how a bad end was, and nothing else' 'status 3: 18 rows: 14 done, 1 duplicate, 2 invalid, 1 manual' \
	"$(tr -d '\r' <term | cat - data)"
new_world
on_terminal 80 "$build/depmend" "${again[@]}" --color always --progress none
check '--color always' grep -q $'\x1b\\[32m' term
new_world
run "${again[@]}"
check 'under a pipe: a line every half minute' test "$(grep -cE '^apply: [0-9]+' err)" -gt 1
check 'no escapes under a pipe' test "$(grep -c $'[\x1b\r]' err)" -eq 0
new_world
run "${again[@]}" --color always --progress none
check 'colour under a pipe when asked for' grep -q $'\x1b\\[3' err

# --- at most ten redraws a second, by the wall clock ---
start=$(date +%s%N)
on_terminal 80 "$build/depmend" rehearse api-tool.csv --rules corrupted-registration --out r.csv
took=$((($(date +%s%N) - start) / 1000000))
check "$(redraws) redraws in $took ms" test "$(redraws)" -le $((took / 100 + 1))

# --- data is the same on any terminal, under a pipe, in any locale ---
new_world
printf 'Serial Number,Wanted server,Note\nC02XK1ABJG5H,Größe İstanbul 東京,"1,5"\n7AGC74BU22,,\n' >wide.csv
printf '\xef\xbb\xbfSerial Number\nSHORT\n1.23E+11\n' >bad.csv
cat >wide.yaml <<'END'
version: 1
rules:
  - name: İstanbul-東京
    match: {csv.Note: "1,5"}
    do: [skip]
  - name: rest
    match: {always: true}
    do: [unassign, sync, reassign, sync]
END
run apply api-tool.csv --rules corrupted-registration --yes --limit 1 --out one.csv
"$build/depmend" plan api-tool.csv --rules corrupted-registration 2>next >/dev/null </dev/null
fingerprint=$(sed -n 's/^fingerprint //p' next)
runs=$(sed -n 's/^run  *//p' err)

compare() { # NAME KIND COMMAND...     KIND: both, or only: what a terminal gets differs from a pipe
	local name=$1 kind=$2 locale columns
	shift 2

	"$build/depmend" "$@" >"$name.pipe" 2>/dev/null </dev/null
	on_terminal 80 "$build/depmend" "$@"
	mv data "$name.term"
	for columns in 40 200; do
		on_terminal "$columns" "$build/depmend" "$@"
		if [ "$kind" = both ]; then
			check "$name: on $columns columns" cmp "$name.term" data
		else
			same "$name: fits $columns columns" '' "$(grep -v '^next\|/' data | grep -E ".{$((columns + 1))}")"
		fi
		on_terminal "$columns" --pipe "$build/depmend" "$@"
		check "$name: a pipe from $columns columns" cmp "$name.pipe" data
	done
	for locale in $locales; do
		LC_ALL=$locale on_terminal 80 "$build/depmend" "$@"
		check "$name: in $locale" cmp "$name.term" data
		LC_ALL=$locale "$build/depmend" "$@" >data 2>/dev/null </dev/null
		check "$name: under a pipe in $locale" cmp "$name.pipe" data
	done
	[ "$kind" = only ] || check "$name: a terminal gets what a pipe gets" cmp "$name.pipe" "$name.term"
	check "$name: says something" test -s "$name.pipe" -a -s "$name.term"
}
# --- a terminal tells its own time, data that of Greenwich ---
tells() { # COMMAND...
	TZ=Asia/Kolkata on_terminal 120 "$build/depmend" "$@"
	check "$*: the terminal's time" grep -qE '[0-9]{2}:[0-9]{2} \+05:30' data
	same "$*: no other time there" '' "$(grep -vE ' proof | list:' data | grep -E '[0-9]{2}:[0-9]{2}:[0-9]{2}Z')"
	TZ=Asia/Kolkata "$build/depmend" "$@" >data 2>/dev/null </dev/null
	check "$*: Greenwich in a pipe" grep -qE 'T[0-9]{2}:[0-9]{2}:[0-9]{2}Z' data
}
run pause --reason 'the quarterly day'
tells status
tells pause --reason 'the quarterly day'
run resume
tells runs
tells runs "$runs"
tells history "$(sed -n 's/,done,.*//p' one.csv | cut -d, -f1)"

compare offline only plan wide.csv --offline --rules ./wide.yaml
check 'a plan names the command that applies it' grep -q "^next        depmend apply api-tool.csv --rules corrupted-registration --expect $fingerprint" next
check 'the table is lined up by what is shown' diff -u "$here/plan.golden" offline.term
compare check only check bad.csv
compare explain only explain api-tool.csv 7AGC74BU22 --rules corrupted-registration --now 2026-11-22T03:00:00Z
compare runs only runs
compare run only runs "$runs"
compare report both report "$runs" --verify
on_terminal 80 "$build/depmend" --help
same 'help fits' '' "$(grep -E '.{81}' data)"
check 'help says something' grep -q '^  check' data

# --- a list and the status line on one terminal: the list begins where the status line was ---
new_world
script -qec "'$build/depmend' export --off-server --color never" /dev/null </dev/null >term
check 'a list on a terminal' grep -q 'serial,server,unassigned' term
same 'it does not begin behind the status line' 0 "$(grep -c 'requests\?serial,' term)"

# --- what comes from outside cannot drive the terminal ---
harmless() { # WHAT: none of the bytes came through
	check "$1" test "$(cat term data | grep -cP '[\x1b\x07]|\xc2\x9b')" -eq 0
	check "$1 was shown" grep -q '[?][[]2J' term data
}
printf 'Serial Number,Wanted\nC02XK1ABJG5H,"\033]0;owned\007\033[2J\302\233"\n' >evil.csv
cat >to.yaml <<'END'
version: 1
rules:
  - name: to
    match: {always: true}
    do: [{reassign: {to: {column: Wanted}}}]
END
on_terminal 80 "$build/depmend" plan evil.csv --offline --rules ./to.yaml --color never
harmless 'a cell'
printf 'version: 1\nrules:\n  - name: "a\\e[2Jb"\n    match: {always: true}\n    do: [skip]\n' >evil.yaml
on_terminal 80 "$build/depmend" check evil.csv --rules ./evil.yaml --color never
check 'a rule' test "$(cat term data | grep -cP '[\x1b\x07]')" -eq 0
check 'a rule was refused' grep -q 'evil.yaml:3' term data
cp evil.csv $'evil\033[2J.csv'
on_terminal 80 "$build/depmend" check $'evil\033[2J.csv' --color never
harmless 'the name of a file'

suite_end
