# shellcheck shell=bash
# A machine with nothing but Debian and make, for clean-root.sh and walk.sh. Source it, then
#
#	fresh_root [PACKAGE...]     $top/fresh, with a clone in /depmend; $top goes at the end of the shell
#	inside ROOT COMMAND         runs it there, in /depmend, with namespaces of its own
#
# Needs root, debootstrap and a Debian mirror ($MIRROR, or the usual one); about 3 GB below $TMPDIR for a while.

fresh_root() { # [PACKAGE...]
	local suite=bookworm packages

	if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
		echo "needs root and debootstrap (apt-get install debootstrap)" >&2
		exit 1
	fi
	top=$(mktemp -d)
	trap 'rm -rf "$top"' EXIT
	packages=$(IFS=, && echo "make${*:+,$*}")
	echo "a fresh $suite from ${MIRROR:-the usual mirror}"
	if ! debootstrap --variant=minbase --include="$packages" "$suite" "$top/fresh" ${MIRROR:+"$MIRROR"} >"$top/log" 2>&1; then
		cat "$top/log" "$top/fresh/debootstrap/debootstrap.log" >&2 || true
		exit 1
	fi
	git clone -q --no-hardlinks . "$top/fresh/depmend"
}

# So that no mount and no process outlives the command.
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
