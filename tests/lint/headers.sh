#!/bin/sh
# Every header compiles alone and has a guard that is named after it, and all of them compile together,
# since a name means one thing; and the programs that no test builds, fuzzers and benchers, still compile.
set -eu
cd "$(dirname "$0")/../.."

bad=0
compiles() { # FILE
	gcc -std=c17 -D_GNU_SOURCE -Isrc -Itests -Wall -Wextra -Werror -x c -fsyntax-only "$1" || bad=1
}
for h in $(find src -name '*.h' | sort); do
	compiles "$h"
	guard=$(printf '%s' "${h#src/}" | tr 'a-z/.' 'A-Z__')
	if ! grep -q "^#ifndef $guard\$" "$h"; then
		echo "$h: the guard should be $guard"
		bad=1
	fi
done
find src -name '*.h' | sort | sed 's|^src/\(.*\)|#include "\1"|' |
	gcc -std=c17 -D_GNU_SOURCE -Isrc -x c -fsyntax-only - || bad=1
for c in tests/fuzz/*.c tests/bench/*.c; do compiles "$c"; done
exit $bad
