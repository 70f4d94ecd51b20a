#!/usr/bin/env bash
# Every gate that is a script: one line each, the output of what failed, and a count.
#
#	tests/lint/all.sh [GATE...]      GATE: the name of a script beside this one
set -u
cd "$(dirname "$0")/../.." || exit 1

passed=0 failed=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

[ $# -gt 0 ] || set -- floors.sh headers.sh functions.sh banned.sh places.sh shell.sh readable.py words.py kinds.py traps.py links.py names.py cites.py \
	format.sh cppcheck.sh tidy.sh

run_gate() { # GATE: leaves GATE.log and GATE.end
	local start=$SECONDS word=FAILED

	if "tests/lint/$1" >"$logs/$1.log" 2>&1; then word=ok; fi
	echo "$word $((SECONDS - start))" >"$logs/$1.end"
}

# Two at a time: most of them keep one core busy, and only links.py builds.
for gate in "$@"; do
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
	run_gate "$gate" &
done
wait
for gate in "$@"; do
	read -r word seconds <"$logs/$gate.end" || word=FAILED seconds=0
	printf '%-12s %-6s %4d s\n' "${gate%.*}" "$word" "$seconds"
	if [ "$word" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		sed 's/^/    /' "$logs/$gate.log"
	fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
