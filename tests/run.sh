#!/usr/bin/env bash
# Runs what was built: the unit programs, then every suite (tests/*/run.sh).
#
#	tests/run.sh BUILD [SUITE...]     SUITE: unit, or a folder of tests/ with a run.sh
#	SKIP='SUITE...'                   those are left out of a run of all, by name
#
# A suite gets BUILD as its argument, says on its last line `N passed, N failed` and exits
# non-zero when something failed. Output is shown only then.
set -u
cd "$(dirname "$0")/.." || exit 1

build=${1:?usage: tests/run.sh BUILD [SUITE...]}
shift
jobs=$(($(nproc) + 1)) # most of a suite is waiting
longest=1200 # seconds; a suite that hangs is a failure, not a wait
passed=0 failed=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

unit_one() { # program: leaves NAME.log and NAME.rc
	timeout "$longest" "$1" >"$2/${1##*/}.log" 2>&1
	echo $? >"$2/${1##*/}.rc"
}
export -f unit_one
export longest

# A version manager's python3 is a script that takes longer than most of what is asked of it.
python=$(python3 -c 'import sys; print(sys.executable)') && PATH=${python%/*}:$PATH

report() { # name passed failed seconds
	printf '%-28s %6d passed  %4d failed  %5d s\n' "$@"
}

# cmocka says how many tests of a program passed and failed; a program that died says nothing.
units() {
	local source program name rc good=0 bad=0 g b start=$SECONDS

	# By source: the folder may still hold programs whose test is gone.
	for source in tests/unit/test_*.c; do
		source=${source##*/}
		printf '%s\0' "$build/unit/${source%.c}"
	done | xargs -0 -r -P "$jobs" -I{} bash -c "unit_one '{}' '$logs'"
	for rc in "$logs"/test_*.rc; do
		[ -e "$rc" ] || continue
		name=${rc##*/} name=${name%.rc} program=$logs/$name.log
		g=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$program" | tail -n 1)
		b=$(sed -n 's/^\[  FAILED  \] .* \([0-9]*\) test.*/\1/p' "$program" | tail -n 1)
		g=${g:-0} b=${b:-0}
		if [ "$(cat "$rc")" -ne 0 ]; then
			[ "$b" -gt 0 ] || b=1
			printf -- '--- %s (status %s)\n' "$name" "$(cat "$rc")"
			cat "$program"
		fi
		good=$((good + g)) bad=$((bad + b))
	done
	report unit "$good" "$bad" $((SECONDS - start))
	passed=$((passed + good)) failed=$((failed + bad))
}

# As soon as it has ended, in one piece: its output when something failed, and its line.
suite() { # name
	local log=$logs/suite.$1.log rc last good bad start=$SECONDS

	timeout -k 30 "$longest" "tests/$1/run.sh" "$build" >"$log" 2>&1 </dev/null
	rc=$?
	last=$(tail -n 1 "$log")
	good=0 bad=1
	if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		good=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]}
		[ "$rc" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	fi
	echo "$good $bad" >"$logs/suite.$1.count"
	{
		if [ "$bad" -gt 0 ]; then
			printf -- '--- %s (status %s)\n' "$1" "$rc"
			cat "$log"
		fi
		report "$1" "$good" "$bad" $((SECONDS - start))
		grep '^skipped' "$log" # by name: what is not shown here
	} >"$log.whole"
	flock "$logs" cat "$log.whole"
}

# Each has a folder and a port of its own, and most of them wait more than they work.
suites() { # name...
	local good bad

	for one in "$@"; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
		suite "$one" &
	done
	wait
	for one in "$@"; do
		read -r good bad <"$logs/suite.$one.count" || good=0 bad=1
		passed=$((passed + good)) failed=$((failed + bad))
	done
}

if [ $# -eq 0 ]; then
	set -- unit
	for one in tests/*/run.sh; do
		[ -e "$one" ] || continue
		one=${one#tests/} one=${one%/run.sh}
		case " ${SKIP:-} " in
		*" $one "*) echo "skipped suite: $one" ;;
		*) set -- "$@" "$one" ;;
		esac
	done
fi
if [ "$1" = unit ]; then
	units
	shift
fi
suites "$@"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
