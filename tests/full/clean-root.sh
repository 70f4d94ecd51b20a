#!/usr/bin/env bash
# What the README promises a newcomer, on machines that have nothing but Debian and make: clone, then
# `make demo` alone; on another one `make test` alone. The machines are two copies of a fresh root.
#
#	tests/full/clean-root.sh [TARGET...]     default: demo test
#
# Needs what fresh_root.bash needs.
set -eu
cd "$(dirname "$0")/../.."

[ $# -gt 0 ] || set -- demo test
# shellcheck source=tests/full/fresh_root.bash
. tests/full/fresh_root.bash
# shellcheck disable=SC2119 # it needs no package
fresh_root

failed=0
for target in "$@"; do
	cp -a "$top/fresh" "$top/$target"
	start=$SECONDS
	inside "$top/$target" "make $target" >"$top/$target.log" 2>&1 && rc=0 || rc=$?
	tail -n 3 "$top/$target.log"
	if [ "$rc" -ne 0 ]; then
		failed=$((failed + 1))
		cat "$top/$target.log"
	fi
	printf 'clean-root: make %s: exit %d, %d s\n' "$target" "$rc" $((SECONDS - start))
	rm -rf "${top:?}/$target"
done
printf '%d passed, %d failed\n' $(($# - failed)) "$failed"
[ "$failed" -eq 0 ]
