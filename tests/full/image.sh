#!/usr/bin/env bash
# The container image: the same twice, small, nothing in it that it does not need; run by an OCI runtime as a user that is not
# root on a read-only root it rehearses, applies against the simulator, and answers signals as process 1.
#
#	tests/full/image.sh
#
# Needs root and runc (apt-get install runc).
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v runc >/dev/null || {
	echo "image: needs runc (apt-get install runc)" >&2
	exit 1
}
# shellcheck source=tests/lib.sh
. tests/lib.sh
make -s all || exit 1
suite_begin .build/release
unset DEPMEND_CLOCK DEPMEND_SETTINGS
export BUNDLES=$work/bundles
mkdir "$BUNDLES"

inside() { # ARG...: leaves $status, $work/out and $work/err
	tests/full/container.py run "$work/root" "image-$$-$((++containers))" "$work/mount" "$@" >"$work/out" 2>"$work/err"
	status=$?
}
containers=0

# On the real clock, whose minutes the suite has not got.
quick_world() {
	# shellcheck disable=SC2119 # no options of the simulator
	new_world
	settings_with 'rate: {apple_read: 2000/1m, apple_write: 1000/1h}
timeouts: {settle: 1s, activity: 20s}
poll: {apple: 1s, uem: 1s}'
}

# A folder that the image's user may write, with settings for the simulator.
new_mount() {
	rm -rf "$work/mount"
	mkdir -p "$work/mount/state"
	cp "$work/depmend.yaml" "$work/apple.pem" "$work/tenant-code" "$work/uem-secret" samples/portal-like.csv "$work/mount/"
	sed -i 's|^state:.*|state: /var/lib/depmend|' "$work/mount/depmend.yaml"
	chown -R 65532:65532 "$work/mount"
	chmod 0700 "$work/mount/state"
}

until_seen() { # EFFECT
	for _ in $(seq 600); do
		[ "$(effects "$1")" -eq 0 ] || return 0
		sleep 0.1
	done
	return 1
}

away() { # devices that are on no server and were taken off
	echo $(($(effects unassign) - $(effects assign)))
}

check 'it is made' src/package/image.sh "$work/image.tar"
check 'and made again' src/package/image.sh "$work/again.tar"
check 'the same twice' cmp "$work/image.tar" "$work/again.tar"
mkdir "$work/root"
check 'it is an OCI archive' tests/full/container.py unpack "$work/image.tar" "$work/root"
check 'at most 60 MB' test "$(du -sb "$work/root" | cut -f1)" -le 60000000
check 'no setuid or setgid file' test -z "$(find "$work/root" -perm /6000)"
for tool in sh bash dash busybox apt apt-get dpkg perl python3; do
	check "no $tool" test -z "$(find "$work/root" -name "$tool" \( -type f -o -type l \) -path '*bin/*')"
done
check 'every library is there' test -z "$(find "$work/root/usr/bin" -type f -exec chroot "$work/root" \
	/lib64/ld-linux-x86-64.so.2 --list {} \; 2>&1 | grep 'not found')"

quick_world
new_mount
inside --version
check 'it says its version' test "$status" -eq 0
inside rehearse portal-like.csv --rules corrupted-registration --out rehearsal.csv
check 'it rehearses' test "$status" -eq 3
check 'with a result' test "$(grep -c ',done,' "$work/mount/rehearsal.csv")" -eq 40
inside check portal-like.csv --settings depmend.yaml --rules corrupted-registration
check 'it checks' test "$status" -le 3
inside apply portal-like.csv --settings depmend.yaml --rules corrupted-registration --allow percent=30 --yes --out result.csv
check 'it applies' test "$status" -eq 3
check '40 devices done' test "$(grep -c ',done,' "$work/mount/result.csv")" -eq 40
check 'each taken off once and put back once' test "$(effects unassign) $(effects assign)" = '40 40'
inside apply portal-like.csv --settings depmend.yaml --rules corrupted-registration --allow percent=30 --yes --out /etc/result.csv
check 'its root is read-only' test "$status" -eq 73

# Process 1 of a container has no default action for signals: what depmend does about them counts.
quick_world
new_mount
tests/full/container.py run "$work/root" "image-$$-term" "$work/mount" apply portal-like.csv --settings depmend.yaml \
	--rules corrupted-registration --allow percent=30 --yes --out result.csv >"$work/out" 2>"$work/err" &
container=$!
check 'devices are taken off' until_seen unassign
kill -TERM "$container"
wait "$container"
check 'SIGTERM ends it' test $? -eq 143
check 'every device is back' test "$(away)" -eq 0
sim_stop
suite_end
