#!/usr/bin/env bash
# What a release consists of, made twice from one commit: in folders of other length, under another umask, language, time zone,
# file system and compiler flags, beside files that are no part of it. And the package once more, from the archive of sources.
#
#	tests/full/dist.sh
#
# Needs dpkg-dev, git and localedef; compiles three times.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/check.sh
. tests/check.sh
unset MAKEFLAGS SOURCE_DATE_EPOCH

other="$top/a folder of another length"
clone() { # UMASK FROM FOLDER
	(umask "$1" && git clone -q "$2" "$3")
}

elsewhere() { # COMMAND...: as somebody else would run it
	env LOCPATH="$top/locale" LC_ALL=en_US.UTF-8 TZ=Asia/Kolkata TMPDIR="$top/shm" CFLAGS=-O0 CPPFLAGS=-DNDEBUG GZIP=-1 \
		TAR_OPTIONS=--mode=0600 DPKG_DEB_COMPRESSOR_TYPE=gzip GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=core.autocrlf \
		GIT_CONFIG_VALUE_0=true GIT_CONFIG_KEY_1=tar.umask GIT_CONFIG_VALUE_1=0077 "$@"
}

quietly() {
	"$@" >"$top/said" 2>&1 || { tail -n 20 "$top/said" && return 1; }
}

mkdir "$top/locale" "$top/shm"
mount -t tmpfs tmpfs "$top/shm" 2>/dev/null && trap 'umount "$top/shm"; rm -rf "$top"' EXIT
localedef -i en_US -f UTF-8 "$top/locale/en_US.UTF-8" 2>/dev/null
check 'a checkout' clone 022 . "$top/one"
check 'a release is made' quietly "$top/one/src/package/dist.sh" "$top/one.dist"
check 'another checkout' clone 077 "$top/one" "$other"
echo 'of nobody else' >"$other/samples/kubernetes/tenants/acme/apple.pem"
echo 'version: 1' >"$other/rules/mine.yaml"
# shellcheck disable=SC2016 # the inner shell expands it
check 'and again' quietly elsewhere sh -c 'umask 077 && "$1/src/package/dist.sh" "$2"' sh "$other" "$top/other.dist"
for file in "$top/one.dist"/*; do
	check "${file##*/} is the same" cmp "$file" "$top/other.dist/${file##*/}"
done
check 'six files' test "$(find "$top/one.dist" -type f | wc -l)" -eq 6
# shellcheck disable=SC2016 # the inner shell expands it
check 'their checksums' sh -c 'cd "$1" && sha256sum -c --quiet SHA256SUMS' sh "$top/one.dist"
version=$(sed -n 's/^#define DEPMEND_VERSION "\(.*\)"/\1/p' src/base/version.h)
# shellcheck disable=SC2016 # jq's variable
check 'the list of what is in it has the version' jq -e --arg version "$version" \
	'any(.packages[]; .name == "depmend" and .versionInfo == $version) and any(.packages[]; .name == "libcurl4")' \
	"$top/one.dist/depmend-$version.spdx.json"
# shellcheck disable=SC2016 # jq's variable
check 'and of which distribution the others are' jq -e --arg distro "distro=$(sed -n 's/^ID=//p' /etc/os-release)-$(sed -n 's/^VERSION_ID="\(.*\)"/\1/p' /etc/os-release)" \
	'[.packages[] | select(.name != "depmend") | .externalRefs[].referenceLocator | endswith($distro)] | length > 10 and all' \
	"$top/one.dist/depmend-$version.spdx.json"
check 'nothing that lay beside the sources' test -z "$(for one in "$top"/*.dist/*.deb; do dpkg-deb -c "$one"; done | grep -E 'apple.pem|mine.yaml')"
check 'all may read what the package has' test -z "$(dpkg-deb -c "$top/other.dist"/*.deb | grep -vE '^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) ')"

# As a distribution packs it: no history, and within a repository that is another's.
mkdir "$top/distribution" && git -C "$top/distribution" init -q && tar -xzf "$top/one.dist/depmend-$version.tar.gz" -C "$top/distribution"
git -C "$top/distribution" -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m other
check 'the archive builds' quietly make -s -j2 -C "$top/distribution/depmend-$version" all
check 'and is packed' quietly "$top/distribution/depmend-$version/src/package/deb.sh" "$top/again.deb"
check 'into the same package' cmp "$top/again.deb" "$(find "$top/one.dist" -name '*.deb')"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
