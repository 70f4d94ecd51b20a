#!/usr/bin/env bash
# Every gate that is a script: one line each, the output of what failed, and a count.
#
#	tests/lint/all.sh [GATE...]      GATE: the name of a script beside this one
set -u
cd "$(dirname "$0")/../.." || exit 1

passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

[ $# -gt 0 ] || set -- floors.sh headers.sh functions.sh banned.sh places.sh shell.sh readable.py words.py kinds.py traps.py links.py cites.py \
	format.sh cppcheck.sh tidy.sh
for gate in "$@"; do
	start=$SECONDS
	if "tests/lint/$gate" >"$log" 2>&1; then
		word=ok passed=$((passed + 1))
	else
		word=FAILED failed=$((failed + 1))
	fi
	printf '%-12s %-6s %4d s\n' "${gate%.*}" "$word" $((SECONDS - start))
	[ "$word" = ok ] || sed 's/^/    /' "$log"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
