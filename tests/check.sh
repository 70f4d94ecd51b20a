# shellcheck shell=bash
# For suites whose commands say much: what they say is shown only when one fails. Source it.

# shellcheck disable=SC2034 # for the line that tests/run.sh reads
passed=0 failed=0
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT

check() { # WHAT COMMAND...
	local what=$1

	shift
	if "$@" >"$top/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $what"
		cat "$top/log"
	fi
}
