#!/bin/sh
# Every header compiles alone and has a guard that is named after it.
set -eu
cd "$(dirname "$0")/../.."

bad=0
for h in $(find src -name '*.h' | sort); do
	gcc -std=c17 -D_GNU_SOURCE -Isrc -Wall -Wextra -Werror -x c -fsyntax-only "$h" || bad=1
	guard=$(printf '%s' "${h#src/}" | tr 'a-z/.' 'A-Z__')
	if ! grep -q "^#ifndef $guard\$" "$h"; then
		echo "$h: the guard should be $guard"
		bad=1
	fi
done
exit $bad
