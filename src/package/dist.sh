#!/bin/sh
# Makes what a release consists of, in FOLDER:
#
#	src/package/dist.sh FOLDER       the sources, the Debian package, the image, an SBOM (SPDX), the changes, SHA256SUMS
#
# The same commit on the same packages makes the same files byte for byte. The version is the one of src/base/version.h.
set -eu
out=$(realpath -m "${1:?usage: src/package/dist.sh FOLDER}")
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^#define DEPMEND_VERSION "\(.*\)"/\1/p' src/base/version.h)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
name=depmend-$version

if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
	echo "dist: there are changes that are not committed: a release is made of a commit" >&2
	exit 1
fi
rm -rf "$out"
mkdir -p "$out"
git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$out/$name.tar.gz"
src/package/deb.sh "$out/depmend_${version}_$(dpkg --print-architecture).deb"
src/package/image.sh "$out/$name-image.tar"
src/package/sbom.py "$out/$name-image.tar" "$version" "$SOURCE_DATE_EPOCH" >"$out/$name.spdx.json"
sed -n '/^## News/,$p' README.md >"$out/CHANGES.md"
(cd "$out" && sha256sum -- * >SHA256SUMS)
