#!/usr/bin/env bash
# An allocation fails, ours or a library's: the run ends by the deliberate abort or with a status
# that says so, never in another way (some libraries try again and get it). The next one finishes
# it, and nothing was done twice.
#
#	tests/oom/run.sh BUILD [POINTS]
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
total=$(cat count)
devices=$(effects assign)
check 'there is something to count' test "$total" -gt 1000
check 'and something to do' test "$devices" -gt 0

for ((i = 0; i < points; i++)); do
	at=$((total * i / points + 1 + RANDOM % (total / points)))
	new_world --seed 1
	rm -f in.result*
	LD_PRELOAD=$shim OOM_AT=$at "${apply[@]}" >out 2>err </dev/null
	status=$?
	case $status in
	0 | 134 | 3 | 5 | 69 | 70 | 73 | 74 | 75 | 77 | 78) passed=$((passed + 1)) ;;
	*) check "allocation $at: ended with $status" false ;;
	esac
	run apply in.csv --rules corrupted-registration --yes
	exits "allocation $at: the next run" 0
	same "allocation $at: once for each device" "$devices $devices" \
		"$(effects unassign) $(effects assign)"
	same "allocation $at: nothing twice" '' "$(repeated_effects unassign)$(repeated_effects assign)"
done
suite_end
