#!/usr/bin/env bash
# gcc's analyzer over every source: what it reports is what analyzer.known lists, no more, no less.
# It takes a minute, so that it is a gate of its own: make analyze.
set -u
cd "$(dirname "$0")/../.." || exit 1

# Prints FILE FUNCTION WARNING; a complaint that is no warning of the analyzer's stays as it is.
analyze_one() { # file
	gcc -std=c17 -D_GNU_SOURCE -Isrc -O2 -fanalyzer -fdiagnostics-plain-output \
		-fdiagnostics-path-format=none -c -o /dev/null "$1" 2>&1 |
		sed -n -E -e "s/^.*: In function '(.*)':\$/\1/;t in" \
			-e 's/^([^:]+):[0-9:]+ .*\[(-Wanalyzer-[a-z-]+)\]$/\1 \2/;T print' \
			-e 'G;s/^(.*) (.*)\n(.*)/\1 \3 \2/' -e ':print' -e 'p;d' -e ':in' -e h
}
export -f analyze_one
export LC_ALL=C

diff -u --label analyzer.known <(grep -v -e '^#' -e '^$' tests/lint/analyzer.known | sort) \
	--label found <(find src -name '*.c' -print0 |
		xargs -0 -r -P 2 -I{} bash -c 'analyze_one "{}"' | sort -u)
