#!/usr/bin/env bash
# A newcomer and a colleague who type what the README has under "Two people", and nothing else: from a clone
# on a machine with nothing but Debian to a list of one's own, planned, signed by one and applied by the other.
#
#	tests/full/walk.sh
#
# Needs what fresh_root.bash needs.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/full/fresh_root.bash
. tests/full/fresh_root.bash
fresh_root sudo
root=$top/fresh

# The N-th block of commands under that heading.
block() { # N
	awk -v n="$1" '/^## / { here = $0 == "## Two people" } here && /^```sh/ { i++; inside = 1; next }
		/^```/ { inside = 0 } here && inside && i == n' README.md
}
block 1 >"$root/anna.sh"
block 2 >"$root/ben.sh"

# What takes a question needs a terminal, and Y.
sed -i -E "s/^(depmend approve.*|sudo .*depmend apply.*)/printf 'y\\\\n' | script -qec '\\1' \\/dev\\/null/" "$root"/{anna,ben}.sh
cat >"$root/walk.sh" <<'END'
set -eu
for who in anna ben; do
	useradd --create-home "$who"
	echo "$who ALL=(ALL) NOPASSWD: SETENV: ALL" >"/etc/sudoers.d/$who"
done
awk -F, 'NR == 1 || /,yes,/' samples/fleet.csv | cut -d, -f1 | head -n 6 >mine.csv
chown -R anna: /depmend
su anna -c 'cd /depmend && mkdir -p -m 700 ~/.ssh && sh -eux /anna.sh'
su ben -c 'cd /depmend && sh -eux /ben.sh'
END
mv "$root/walk.sh" "$root/depmend/walk.sh"

commands=$(cat "$root"/{anna,ben}.sh | sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' | wc -l)
failed=0
inside "$root" 'sh walk.sh' >"$top/walk.log" 2>&1 || failed=1
# Without colours.
sed -i 's/\x1b\[[0-9;]*[mK]//g' "$top/walk.log"
grep -q '5 rows: 5 done' "$top/walk.log" || failed=1
echo "walk: $((commands + 1)) commands with the clone"
[ "$commands" -le 11 ] || failed=1
[ "$failed" -eq 0 ] || cat "$top/walk.log"
printf '%d passed, %d failed\n' $((1 - failed)) "$failed"
[ "$failed" -eq 0 ]
