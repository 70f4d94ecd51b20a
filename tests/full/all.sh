#!/usr/bin/env bash
# The suites that need root, the network or a long time: every other script of this folder.
set -u
cd "$(dirname "$0")" || exit 1

failed=0
for one in *.sh; do
	[ "$one" != all.sh ] || continue
	echo "--- ${one%.sh}"
	"./$one" || failed=1
done
exit "$failed"
