#!/usr/bin/env bash
# An allocation fails, ours or a library's: ours ends in the deliberate abort, a library's in that or
# in a status that says so, never in another way (some libraries try again and get it). The next run
# finishes it, and nothing was done twice.
#
#	tests/oom/run.sh BUILD [POINTS]      POINTS: in the libraries; a fifth as many are ours
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/oom/run.sh BUILD [POINTS]}"
points=${2:-16}
shim=$build/oom/shim.so
cd "$work" || exit 1
printf '%s\n' 19G35KP8SX 5XP7U89VCQ 9QSNTNUU60 88QLEW6S62 >in.csv
apply=("$build/depmend" apply in.csv --rules corrupted-registration --yes)

# ASan has an allocator of its own.
if grep -q __asan_init "$build/depmend"; then
	suite_end
	exit
fi

new_world --seed 1
LD_PRELOAD=$shim OOM_COUNT=$work/count "${apply[@]}" >out 2>err </dev/null
read -r by_program by_libraries <count
devices=$(effects assign)
check 'there is something to count' test "$by_program" -gt 1000 -a "$by_libraries" -gt 1000
check 'and something to do' test "$devices" -gt 0
declare -A ended

fail_one() { # program|library N STATUS...
	local at="$1 $2"

	new_world --seed 1
	rm -f in.result*
	LD_PRELOAD=$shim OOM_BY=$1 OOM_AT=$2 "${apply[@]}" >out 2>err </dev/null
	status=$?
	ended[$1 $status]=$((${ended[$1 $status]:-0} + 1))
	shift 2
	check "$at: ended with $status" grep -qw -- "$status" <<<"$*"
	run apply in.csv --rules corrupted-registration --yes
	exits "$at: the next run" 0
	same "$at: once for each device" "$devices $devices" \
		"$(effects unassign) $(effects assign)"
	same "$at: nothing twice" '' "$(repeated_effects unassign)$(repeated_effects assign)"
}

# One anywhere in each of N equal parts.
parts() { # N program|library ALLOCATIONS STATUS...
	local n=$1 by=$2 all=$3 i
	shift 3
	for ((i = 0; i < n; i++)); do
		fail_one "$by" $((all * i / n + 1 + (RANDOM << 15 | RANDOM) % (all / n))) "$@"
	done
}
parts $((points / 5)) program "$by_program" 134
parts "$points" library "$by_libraries" 0 134 3 5 69 70 73 74 75 77 78
for one in "${!ended[@]}"; do echo "$one: ${ended[$one]} times"; done | sort
suite_end
