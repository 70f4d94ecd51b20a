#!/usr/bin/env bash
# One commit built in two folders gives the same bytes.
#
#	tests/full/two-paths.sh
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for path in "$work/one" "$work/a much longer path/of another depth"; do
	mkdir -p "$path"
	git clone -q "$top" "$path/depmend" || exit 1
	make -s -C "$path/depmend" -j2 all >"$work/log" 2>&1 || {
		tail -n 20 "$work/log"
		echo '0 passed, 1 failed'
		exit 1
	}
	sha256sum "$path"/depmend/bin/depmend* | sed 's| .*/| |' >>"$work/sums"
done
if [ "$(sort -u "$work/sums" | wc -l)" -eq 2 ]; then
	echo '1 passed, 0 failed'
else
	sort "$work/sums"
	echo '0 passed, 1 failed'
	exit 1
fi
