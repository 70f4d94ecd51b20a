#!/usr/bin/env bash
# The samples for systemd: no complaint of `systemd-analyze verify`, and little to attack.
set -u
cd "$(dirname "$0")/../.." || exit 1
bin/setup --full && make --no-print-directory all || exit 1

most=1.5 # of 10
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# Programs have to be there; the manual is not installed.
for kind in service timer; do
	sed "s|/usr/bin/depmend|$PWD/bin/depmend|" "samples/systemd/depmend@.$kind" >"$work/depmend@.$kind"
done
said=$(cd "$work" && systemd-analyze verify --man=no ./depmend@acme.service ./depmend@acme.timer 2>&1)
rc=$?
if [ "$rc" -eq 0 ] && [ -z "$said" ]; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
	printf 'not ok: systemd-analyze verify: exit %s\n%s\n' "$rc" "$said"
fi

cp "$work/depmend@.service" "$work/depmend@acme.service"
said=$(systemd-analyze security --offline=yes "$work/depmend@acme.service" --no-pager 2>&1)
level=$(printf '%s\n' "$said" | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
if awk -v level="$level" -v most="$most" 'BEGIN { exit !(level != "" && level <= most) }'; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
	printf 'not ok: exposure level %s, not at most %s\n%s\n' "$level" "$most" "$said"
fi
printf 'systemd: exposure level %s\n%d passed, %d failed\n' "$level" "$passed" "$failed"
[ "$failed" -eq 0 ]
