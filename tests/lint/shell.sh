#!/bin/sh
# Every script passes shellcheck and can be run; so does what scripts source, which need not.
set -eu
cd "$(dirname "$0")/../.."

scripts=$(git grep -lIE '^#!.*\b(sh|bash)$' -- . | sort)
sourced=$(git grep -lI '^# shellcheck shell=' -- . | sort)
bad=0
for s in $scripts; do
	[ -x "$s" ] || { echo "$s: not executable" && bad=1; }
done
# shellcheck disable=SC2086 # one word per file
shellcheck $scripts $sourced || bad=1
exit $bad
