#!/bin/sh
# No path of one machine, no unfinished work, no foreign top-level entry.
set -eu
cd "$(dirname "$0")/../.."

bad=0
if git grep -nIE '(^|[^A-Za-z0-9_.$])/(work|root|Users)/' -- . ':!tests/lint/places.sh'; then
	echo "^ paths of one machine"
	bad=1
fi
if git grep -nIE '\b(TODO|FIXME|XXX|HACK)\b' -- . ':!tests/lint/places.sh'; then
	echo "^ finish it, or leave it out"
	bad=1
fi
if git ls-files | cut -d/ -f1 | sort -u |
	grep -vxE 'bin|src|rules|samples|tests|Makefile|README\.md|LICENSE|\..*'; then
	echo "^ top-level entries that the agreed shape does not have"
	bad=1
fi
exit $bad
