#!/usr/bin/env bash
# Random worlds under a conductor that owns time, some on the real clock, and what the oracle has to
# find when it is planted. The sanitizers take ten times as long for each.
#
#	tests/worlds/run.sh BUILD
build=${1:?usage: tests/worlds/run.sh BUILD}
n=300 real=8
case ${build##*/} in release*) ;; *) n=60 real=2 ;; esac
without=()
case ${build##*/} in
*-portable)
	echo 'skipped: worlds whose machine sleeps (without what only Linux has its clock does not count that)'
	without=(--without suspend)
	;;
esac
# Worlds that went wrong once: a process asked for the time without end; the machine slept within a look.
python3 "$(dirname "$0")/worlds.py" "$build" -n 1 --seed 7002937 --jobs 1 || exit 1
[ ${#without[@]} -gt 0 ] || python3 "$(dirname "$0")/worlds.py" "$build" -n 1 --seed 34 --aim suspend || exit 1
exec python3 "$(dirname "$0")/worlds.py" "$build" -n "$n" --real "$real" --planted "${without[@]}"
