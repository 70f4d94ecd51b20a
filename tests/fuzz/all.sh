#!/usr/bin/env bash
# Runs every fuzzer for SECS seconds each, from the committed seeds and what earlier runs found.
#
#	tests/fuzz/all.sh BUILD SECS [NAME...]      NAME: fuzz_json, ...
#
# tests/fuzz/NAME.c is built by the Makefile, tests/fuzz/corpus/NAME/ holds its seeds and
# tests/fuzz/NAME.dict, when it is there, its words. New inputs go to BUILD/fuzz/corpus/NAME/, an
# input that breaks it to BUILD/fuzz/NAME-crash-*.
set -u
cd "$(dirname "$0")/../.." || exit 1

build=${1:?usage: tests/fuzz/all.sh BUILD SECS [NAME...]}/fuzz
secs=${2:?usage: tests/fuzz/all.sh BUILD SECS [NAME...]}
shift 2
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if [ $# -eq 0 ]; then
	for source in tests/fuzz/fuzz_*.c; do
		name=${source##*/}
		set -- "$@" "${name%.c}"
	done
fi
for name in "$@"; do
	found=$build/corpus/$name seeds=tests/fuzz/corpus/$name words=tests/fuzz/$name.dict
	options=(-max_total_time="$secs" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
		-artifact_prefix="$build/$name-")
	[ -e "$words" ] && options+=(-dict="$words")
	mkdir -p "$found" "$seeds"
	if "$build/$name" "${options[@]}" "$found" "$seeds" >"$log" 2>&1; then
		word=ok passed=$((passed + 1))
	else
		word=FAILED failed=$((failed + 1))
	fi
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	printf '%-24s %-6s %12s runs\n' "$name" "$word" "${runs:-0}"
	[ "$word" = ok ] || tail -n 60 "$log" | sed 's/^/    /'
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
