#!/usr/bin/env bash
# How lists of serials are read: the files of cases/ and their like, lists of few rows, generated files, protected lists.
#
#	tests/reading/run.sh BUILD
#
# READING_FILES, READING_LISTS, READING_MUTATIONS: how many of each (20000, 500, 5000 is the whole of it).
set -u
cd "$(dirname "$0")/../.." || exit 1

depmend=$(realpath "${1:?usage: tests/reading/run.sh BUILD}")/depmend
passed=0 failed=0

part() { # COMMAND...: its last line counts
	local last

	"$@" | tee "$log"
	last=$(tail -n 1 "$log")
	if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
	else
		failed=$((failed + 1))
	fi
}

log=$(mktemp)
trap 'rm -f "$log" "$log.other"' EXIT
# Most of what this takes is waiting for one process after the other: two at a time.
tests/reading/cases.py "$depmend" 0 2 >"$log.other" &
part tests/reading/cases.py "$depmend" 1 2
wait
part cat "$log.other"
files=600 lists=60 mutations=300 every=3
case $depmend in */release*/depmend) ;; *) files=150 lists=15 mutations=75 every=13 ;; esac
part tests/reading/few.py "$depmend" "$every"
part tests/reading/generated.py "$depmend" "${READING_FILES:-$files}"
part tests/reading/protected.py "$depmend" "${READING_LISTS:-$lists}" "${READING_MUTATIONS:-$mutations}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
