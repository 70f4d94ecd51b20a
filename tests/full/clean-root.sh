#!/usr/bin/env bash
# What the README promises a newcomer, on machines that have nothing but Debian and make: clone, then
# `make demo` alone; on another one `make test` alone. The machines are two copies of a fresh root.
#
#	tests/full/clean-root.sh [TARGET...]     default: demo test
#
# Needs root, debootstrap and a Debian mirror ($MIRROR, or the usual one); about 3 GB below $TMPDIR for a while.
set -eu
cd "$(dirname "$0")/../.."

suite=bookworm
[ $# -gt 0 ] || set -- demo test

if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
	echo "clean-root: needs root and debootstrap (apt-get install debootstrap)" >&2
	exit 1
fi
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT

echo "clean-root: a fresh $suite from ${MIRROR:-the usual mirror}"
if ! debootstrap --variant=minbase --include=make "$suite" "$top/fresh" ${MIRROR:+"$MIRROR"} >"$top/log" 2>&1; then
	cat "$top/log" "$top/fresh/debootstrap/debootstrap.log" >&2 || true
	exit 1
fi
git clone -q --no-hardlinks . "$top/fresh/depmend"

# In namespaces of their own, so that no mount and no process outlives the command.
inside() { # ROOT COMMAND
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --mount --pid --ipc --uts --fork --kill-child bash -euc '
		mount -t proc proc "$1/proc"
		mount -t devtmpfs dev "$1/dev" 2>/dev/null || mount --rbind /dev "$1/dev"
		mount -t devpts -o newinstance,ptmxmode=0666 pts "$1/dev/pts"
		mount -t tmpfs -o nosuid,nodev tmp "$1/tmp"
		exec chroot "$1" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			sh -c "cd /depmend && $2"' inside "$1" "$2" </dev/null
}

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
