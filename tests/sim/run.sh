#!/usr/bin/env bash
# The simulator against its contracts: plain curl and jq, none of depmend's own codecs.
#
#	tests/sim/run.sh BUILD [SCRIPT...]     SCRIPT: a case_*.sh of this folder
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: tests/sim/run.sh BUILD [SCRIPT...]}" && pwd)
shift
[ $# -gt 0 ] || set -- "$here"/case_*.sh
passed=0 failed=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# shellcheck disable=SC2016 # for the inner shell
printf '%s\0' "$@" | SIM=$build/depmend-sim logs=$logs xargs -0 -P 2 -I{} \
	bash -c 'bash "$1" >"$logs/${1##*/}" 2>&1' bash {}
for script in "$@"; do
	out=$(<"$logs/${script##*/}")
	good=$(grep -c '^ok ' <<<"$out")
	bad=$(grep -c '^not ok ' <<<"$out")
	# A script that died half-way says nothing about what it did not reach.
	grep -q '^reached$' <<<"$out" || bad=$((bad + 1))
	[ "$bad" -eq 0 ] || printf -- '--- %s\n%s\n' "${script##*/}" "$(grep -v '^ok ' <<<"$out")"
	passed=$((passed + good)) failed=$((failed + bad))
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
