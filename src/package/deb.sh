#!/bin/sh
# Makes a Debian package of what `make install` installs.
#
#	src/package/deb.sh OUT.deb       DEBFULLNAME, DEBEMAIL: who answers for the package
#
# The same sources make the same package byte for byte: its times are those of the last commit.
set -eu
out=$(realpath -m "${1:?usage: src/package/deb.sh OUT.deb}")
cd "$(dirname "$0")/../.."

# shellcheck source=src/package/source.sh
. src/package/source.sh
who="${DEBFULLNAME:-The depmend authors} <${DEBEMAIL:-maintainers@depmend.invalid}>"

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
root=$top/root doc=$top/root/usr/share/doc/depmend
${MAKE:-make} --no-print-directory install DESTDIR="$root" PREFIX=/usr
strip --strip-unneeded --remove-section=.comment "$root"/usr/bin/*
gzip -9n "$root"/usr/share/man/man*/*

mkdir -p "$doc"
{
	echo 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/'
	echo
	echo 'Files: *'
	sed -n 's/^Copyright (c) /Copyright: /p' LICENSE
	echo 'License: Expat'
	sed -n '/^Permission/,$p' LICENSE | sed 's/^$/./; s/^/ /'
} >"$doc/copyright"
printf 'depmend (%s) unstable; urgency=medium\n\n  * See NEWS in README.md.\n\n -- %s  %s\n' \
	"$version" "$who" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
install -m 0644 README.md "$doc/"

# dpkg-shlibdeps wants a source package around it.
mkdir -p "$top/debian" "$root/DEBIAN"
echo 'Source: depmend' >"$top/debian/control"
depends=$(cd "$top" && dpkg-shlibdeps -O root/usr/bin/* | sed -n 's/^shlibs:Depends=//p')
for library in $loaded_later; do
	depends="$depends, $(dpkg-query -S "*/$library" | sed 's/:.*//' | sort -u)"
done
# As dpkg-gencontrol(1) counts, which is the same on every file system: what du(1) says is not.
size=$(find "$root" -path "$root/DEBIAN" -prune -o -type f -printf '%s\n' -o -printf '1\n' |
	awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
cat >"$root/DEBIAN/control" <<END
Package: depmend
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: $who
Installed-Size: $size
Depends: $depends
Recommends: ca-certificates
Section: admin
Priority: optional
Description: mend Apple device enrollment in bulk
 Reads a CSV of serial numbers exported from Apple Business or School Manager,
 judges every row by rules, carries out unassign, sync, reassign and
 delete-from-lifecycle across Apple and Workspace ONE UEM, proves each change
 by reading it back, and writes one result row per input row.
END
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)

mkdir -p "$(dirname "$out")"
dpkg-deb -Zxz --root-owner-group --build "$root" "$out"
