#!/bin/sh
# Makes what a release consists of, in FOLDER:
#
#	src/package/dist.sh FOLDER       the sources, the Debian package, the image, an SBOM (SPDX), the changes, SHA256SUMS
#
# The same commit on the same packages makes the same files byte for byte. The version is the one of src/base/version.h.
set -eu
out=$(realpath -m "${1:?usage: src/package/dist.sh FOLDER}")
cd "$(dirname "$0")/../.."

# shellcheck source=src/package/source.sh
. src/package/source.sh
name=depmend-$version
make=${MAKE:-make}
# What the caller would have compiled with, and his own ways of writing lines.
unset MAKEFLAGS MFLAGS CC CFLAGS CPPFLAGS LDFLAGS VARIANT PORTABLE
archive="git -c tar.umask=0022 -c core.autocrlf=false -c core.attributesFile=/dev/null archive --format=tar"

if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
	echo "dist: there are changes that are not committed: a release is made of a commit" >&2
	exit 1
fi
rm -rf "$out"
mkdir -p "$out"
$archive --prefix="$name/" HEAD | gzip -9n >"$out/$name.tar.gz"

# Of the archive and nothing else: what lies beside the sources, or was compiled from them in another way, is no part of it.
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
tar -xzf "$out/$name.tar.gz" -C "$top"
cd "$top/$name"
$make -s -j"$(getconf _NPROCESSORS_ONLN)" all
MAKE="$make -s" src/package/deb.sh "$out/depmend_${version}_$(dpkg --print-architecture).deb"
MAKE="$make -s" src/package/image.sh "$out/$name-image.tar"
src/package/sbom.py "$out/$name-image.tar" "$version" "$SOURCE_DATE_EPOCH" >"$out/$name.spdx.json"
sed -n '/^## News/,$p' README.md >"$out/CHANGES.md"
(cd "$out" && sha256sum -- * >SHA256SUMS)
