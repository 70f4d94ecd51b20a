#!/usr/bin/env bash
# The Debian package: lintian finds no error, and on a fresh Debian root it installs with what it
# depends on, runs, and leaves nothing when it is removed.
#
#	tests/full/deb.sh
#
# Needs root, debootstrap, lintian and a Debian mirror ($MIRROR, or the usual one); about 1 GB below $TMPDIR for a while.
set -u
cd "$(dirname "$0")/../.." || exit 1

for one in debootstrap lintian; do
	command -v "$one" >/dev/null || {
		echo "deb: needs $one (apt-get install $one)" >&2
		exit 1
	}
done
# shellcheck source=tests/check.sh
. tests/check.sh

inside() { # COMMAND
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --mount --pid --fork --kill-child sh -euc '
		mount -t proc proc "$1/proc"
		exec chroot "$1" /usr/bin/env -i HOME=/ LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euc "$2"' inside "$top/root" "$1" </dev/null
}

files() { # what the package could leave; apt's own caches and logs aside
	(cd "$top/root" && find . -xdev \( -path ./var -o -path ./proc -o -path ./tmp \) -prune -o -print) | sort
}

check 'make deb' make deb
check 'lintian finds no error' lintian --fail-on error .build/depmend.deb
check 'a fresh root' debootstrap --variant=minbase bookworm "$top/root" ${MIRROR:+"$MIRROR"}
cp .build/depmend.deb samples/portal-like.csv "$top/root/"
check 'its dependencies install' inside "apt-get install -y --no-install-recommends \
	$(dpkg-deb -f .build/depmend.deb Depends | sed 's/([^)]*)//g; s/,/ /g')"
files >"$top/before"
check 'it installs' inside 'dpkg -i depmend.deb'
check 'it runs' inside 'depmend --version && depmend check portal-like.csv --rules corrupted-registration || [ $? -eq 3 ]'
check 'it rehearses' inside 'cd /tmp && depmend rehearse /portal-like.csv --rules corrupted-registration --out r.csv || [ $? -le 5 ]; test -s r.csv'
check 'it brings its manual' test -s "$top/root/usr/share/man/man1/depmend.1.gz"
check 'it is removed' inside 'apt-get purge -y depmend'
files >"$top/after"
check 'nothing is left' diff -u "$top/before" "$top/after"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
