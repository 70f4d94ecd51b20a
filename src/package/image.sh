#!/bin/sh
# Makes a container image of what `make install` installs, as an OCI archive:
#
#	src/package/image.sh OUT.tar      podman load -i OUT.tar, docker load -i OUT.tar, skopeo copy oci-archive:OUT.tar ...
#
# It holds the two programs, the shipped rules, ssh-keygen for approvals, and of this Debian only what they load: no shell,
# no package manager, no setuid file. Nothing is fetched and no registry is asked. The same sources on the same packages make
# the same archive byte for byte: its times are those of the last commit.
set -eu
out=$(realpath -m "${1:?usage: src/package/image.sh OUT.tar}")
cd "$(dirname "$0")/../.."
# shellcheck source=src/package/source.sh
. src/package/source.sh
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
architecture=$(dpkg --print-architecture)
nobody=65532

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
root=$top/root
taken=$top/taken # Debian's files that were taken, a path a line

# Debian's own file, in its folder without links.
take() { # FILE...
	for from; do
		to=$(realpath "$(dirname "$from")")/$(basename "$from")
		install -D -m "$(stat -Lc %a "$from")" "$(realpath "$from")" "$root$to"
		realpath "$from" >>"$taken"
	done
}

loaded_by() { # PROGRAM...: the libraries, and the loader itself
	ldd "$@" | sed -n 's/^.* => \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | sort -u
}

programs() {
	${MAKE:-make} --no-print-directory install DESTDIR="$top/installed" PREFIX=/usr >/dev/null
	mkdir -p "$root/usr/bin" "$root/usr/share"
	cp "$top/installed"/usr/bin/* "$root/usr/bin/"
	strip --strip-unneeded --remove-section=.comment "$root"/usr/bin/*
	cp -r "$top/installed/usr/share/depmend" "$root/usr/share/"
	install -D -m 0644 LICENSE "$root/usr/share/doc/depmend/copyright"
}

debian() {
	take /usr/bin/ssh-keygen
	later=$(for name in $loaded_later; do /sbin/ldconfig -p | awk -v name="$name" '$1 == name { print $NF; exit }'; done)
	# shellcheck disable=SC2086 # paths without blanks
	for library in $later $(loaded_by "$root/usr/bin/depmend" "$root/usr/bin/depmend-sim" /usr/bin/ssh-keygen $later); do
		take "$library"
	done
	# Encodings of old exports, the clocks of change windows, who signs for the services.
	gconv=$(dirname "$(realpath "$(loaded_by /usr/bin/ssh-keygen | grep /libc\\.)")")/gconv
	take "$gconv"/gconv-modules "$gconv"/gconv-modules.cache "$gconv"/gconv-modules.d/* "$gconv"/*.so
	mkdir -p "$root/usr/lib/locale" "$root/usr/share"
	cp -a /usr/lib/locale/C.utf8 "$root/usr/lib/locale/"
	cp -a /usr/share/zoneinfo "$root/usr/share/"
	rm -rf "$root/usr/share/zoneinfo/right" "$root/usr/share/zoneinfo/posix" "$root/usr/share/zoneinfo/localtime"
	echo /usr/share/zoneinfo/Europe/Berlin >>"$taken"
	install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
	echo /usr/sbin/update-ca-certificates >>"$taken"
}

# Which packages these are of. dpkg may know a file by its place before /lib became /usr/lib.
used() {
	sed 'p; s|^/usr||' "$taken" | xargs dpkg-query -S 2>/dev/null | sed 's/[:,].*//' | sort -u
}

# As a distroless image has it: scanners look for packages here.
packages() {
	mkdir -p "$root/var/lib/dpkg/status.d" "$root/usr/share/doc"
	used | while read -r package; do
		dpkg-query -W -f 'Package: ${Package}\nVersion: ${Version}\nArchitecture: ${Architecture}\nMaintainer: ${Maintainer}\nSource: ${source:Package}\n' \
			"$package" >"$root/var/lib/dpkg/status.d/$package"
		[ ! -f "/usr/share/doc/$package/copyright" ] ||
			install -D -m 0644 "$(realpath "/usr/share/doc/$package/copyright")" "$root/usr/share/doc/$package/copyright"
	done
}

around() {
	ln -s usr/lib "$root/lib"
	[ ! -d /usr/lib64 ] || { mkdir -p "$root/usr/lib64" && ln -s usr/lib64 "$root/lib64"; }
	ln -s usr/bin "$root/bin"
	mkdir -p "$root/etc/depmend" "$root/data" "$root/proc" "$root/dev" "$root/sys"
	install -d -m 1777 "$root/tmp"
	install -d -m 0700 "$root/var/lib/depmend"
	printf 'root:x:0:0:root:/:/nonexistent\ndepmend:x:%s:%s:depmend:/var/lib/depmend:/nonexistent\n' $nobody $nobody >"$root/etc/passwd"
	printf 'root:x:0:\ndepmend:x:%s:\n' $nobody >"$root/etc/group"
	printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
	sed -n '/^ID=/p; /^VERSION_ID=/p; s/^PRETTY_NAME="\(.*\)"/PRETTY_NAME="depmend '"$version"' on \1"/p' /etc/os-release >"$root/etc/os-release"
}

# A tar of what is in FOLDER that does not depend on when or by whom it was made.
pack() { # FOLDER OUT, and more options of tar
	folder=$1 archive=$2
	shift 2
	tar -C "$folder" --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner "$@" -cf "$archive" .
}

blob() { # FILE: moves it to its place and prints its digest
	sum=$(sha256sum "$1" | cut -d' ' -f1)
	mv "$1" "$top/oci/blobs/sha256/$sum"
	echo "$sum"
}

image() {
	mkdir -p "$top/oci/blobs/sha256"
	# What the user of the image owns, the rest is root's.
	pack "$root" "$top/layer" --owner=0 --group=0 --exclude=./var/lib/depmend --exclude=./data
	(cd "$root" && tar --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner --owner=$nobody --group=$nobody \
		-rf "$top/layer" ./var/lib/depmend ./data)
	plain=$(sha256sum "$top/layer" | cut -d' ' -f1)
	gzip -9n "$top/layer"
	layer_size=$(stat -c %s "$top/layer.gz")
	layer=$(blob "$top/layer.gz")
	printf '{"created":"%s","architecture":"%s","os":"linux","config":{"User":"%s:%s","Env":["PATH=/usr/bin","LC_ALL=C.UTF-8","STATE_DIRECTORY=/var/lib/depmend"],"Entrypoint":["/usr/bin/depmend"],"Cmd":["help"],"WorkingDir":"/data","Volumes":{"/var/lib/depmend":{}},"StopSignal":"SIGTERM","Labels":{"org.opencontainers.image.title":"depmend","org.opencontainers.image.version":"%s"}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"%s","created_by":"src/package/image.sh"}]}' \
		"$created" "$architecture" $nobody $nobody "$version" "$plain" "$created" >"$top/config"
	config_size=$(stat -c %s "$top/config")
	config=$(blob "$top/config")
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%s}]}' \
		"$config" "$config_size" "$layer" "$layer_size" >"$top/manifest"
	manifest_size=$(stat -c %s "$top/manifest")
	manifest=$(blob "$top/manifest")
	printf '{"imageLayoutVersion":"1.0.0"}' >"$top/oci/oci-layout"
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"depmend:%s","io.containerd.image.name":"localhost/depmend:%s"}}]}' \
		"$manifest" "$manifest_size" "$version" "$version" >"$top/oci/index.json"
}

programs
debian
packages
around
image
mkdir -p "$(dirname "$out")"
pack "$top/oci" "$out" --owner=0 --group=0
printf '%s: depmend %s, %s MiB unpacked\n' "$out" "$version" "$(du -sm "$root" | cut -f1)"
