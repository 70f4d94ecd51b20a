#!/usr/bin/env bash
# The sample service on a Debian root of its own, started by systemd as process 1: a run as the unit
# sandboxes it, with credentials, against the simulator; its result, metrics and page; a refusal.
#
#	tests/full/service.sh
#
# Needs root, debootstrap and a Debian mirror ($MIRROR, or the usual one); about 1 GB below $TMPDIR for a while.
set -u
cd "$(dirname "$0")/../.." || exit 1

command -v debootstrap >/dev/null || {
	echo "service: needs debootstrap (apt-get install debootstrap)" >&2
	exit 1
}
# shellcheck source=tests/check.sh
. tests/check.sh
root=$top/root
acme=$root/etc/depmend/acme

# --- the machine ---
make --no-print-directory deb || exit 1
# shellcheck disable=SC2046 # words
if ! debootstrap --variant=minbase --include="systemd,$(dpkg-deb -f .build/depmend.deb Depends |
	sed 's/([^)]*)//g; s/ //g')" bookworm "$root" ${MIRROR:+"$MIRROR"} >"$top/log" 2>&1; then
	tail -n 5 "$top/log"
	exit 1
fi
dpkg-deb -x .build/depmend.deb "$root"
cp samples/systemd/depmend@.service "$root/etc/systemd/system/"
port=$((20000 + RANDOM % 10000))

# --- the tenant ---
(
	umask 077
	mkdir -p "$acme"
	openssl ecparam -name prime256v1 -genkey -noout -out "$acme/apple.pem"
	echo code >"$acme/tenant-code"
	echo secret >"$acme/uem-secret"
)
openssl ec -in "$acme/apple.pem" -pubout -out "$root/apple.pub" 2>/dev/null
chmod 755 "$root/etc/depmend" "$acme"
head -n 5 samples/api-tool.csv >"$acme/devices.csv"
sed -e "s|127\.0\.0\.1:8080|127.0.0.1:$port|" -e 's|{file: apple.pem}|{credential: apple-key}|' \
	-e 's|{file: tenant-code}|{credential: tenant-code}|' -e '/^state:/d' \
	-e 's|{file: uem-secret}|{credential: uem-secret}|' samples/depmend.yaml >"$acme/depmend.yaml"
printf '%s\n' 'rules: [corrupted-registration]' 'poll: {apple: 1s, uem: 1s}' >>"$acme/depmend.yaml"
chmod 644 "$acme/depmend.yaml" "$acme/devices.csv"
cp samples/fleet.csv "$root/fleet.csv"

# --- what is started there ---
cat >"$root/etc/systemd/system/sim.service" <<END
[Service]
ExecStart=/usr/bin/depmend-sim --fleet /fleet.csv --listen 127.0.0.1:$port --apple-key /apple.pub \\
	--uem-client depmend:secret --tenant-code code --clock-rate 20 --audit /audit.ndjson --port-file /port
END
cat >"$root/etc/systemd/system/try.service" <<'END'
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh /try.sh
END
cat >"$root/try.sh" <<'END'
systemctl start sim
while [ ! -s /port ]; do sleep 0.1; done
over() { # NAME: waits for the service, keeps how it ended
	while [ "$(systemctl show -P SubState depmend@acme)" = running ] ||
		[ "$(systemctl show -P ActiveState depmend@acme)" = deactivating ]; do sleep 0.2; done
	systemctl show -P Result -P ExecMainStatus -P User -P DynamicUser depmend@acme | paste -sd ' ' >"/$1"
	journalctl -u depmend@acme -o cat --no-pager >"/$1.log"
	cp -a /var/lib/private/depmend/acme "/$1.state"
}
systemctl start depmend@acme
over first
chmod 644 /etc/depmend/acme/devices.csv
echo wrong >/etc/depmend/acme/uem-secret
systemctl start depmend@acme
over second
systemctl exit 0
END

boot() {
	# shellcheck disable=SC2016 # the inner shell expands it
	timeout -k 10 600 unshare --mount --pid --ipc --uts --cgroup --fork --kill-child sh -euc '
		mount --make-rprivate /
		mount --bind "$1" "$1"
		mount -t proc proc "$1/proc"
		mount -t sysfs -o ro sysfs "$1/sys"
		mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
		mount -t tmpfs tmpfs "$1/run"
		mount -t tmpfs tmpfs "$1/tmp"
		mount --rbind /dev "$1/dev"
		cd "$1"
		mkdir -p old
		pivot_root . old
		umount -l /old
		mount --make-rshared /
		exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			/lib/systemd/systemd --unit=try.service --show-status=no --log-target=null' boot "$root" </dev/null
}
boot
check 'it booted and ran' test -s "$root/first" -a -s "$root/second"
check 'a run as the unit wants it' grep -q '^success 0 ' "$root/first"
state=$root/first.state
check 'its devices are done' test "$(grep -c ',done,' "$state/devices.result.csv")" -eq 3
check 'a row at fault is no failure of the service' grep -q ',invalid,' "$state/devices.result.csv"
check 'no secret of it is told' test -z "$(grep -hE 'secret|eyJ|BEGIN' "$root"/*.log)"
check 'the page was written' grep -q '<!doctype html>' "$state/report.html"
check 'the numbers were written' grep -q '^depmend_' "$state/depmend.prom"
check 'nobody else may read them' test "$(stat -c %a "$state")" = 700
check 'a refused secret fails the service' grep -q '^exit-code 77 ' "$root/second"
printf '%d passed, %d failed\n' "$passed" "$failed"
if [ "$failed" -gt 0 ]; then
	cat "$root"/first "$root"/second "$root"/*.log
fi
[ "$failed" -eq 0 ]
