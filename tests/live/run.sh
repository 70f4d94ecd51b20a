#!/usr/bin/env bash
# A rebuild on the real clock, with four requests under way and replies that take their time: as it
# should be, killed on its way, and with the reply to a change lost. Elsewhere time is virtual, and
# requests leave one after the other.
#
#	tests/live/run.sh BUILD [PART]     PART: whole, killed or lost; all of them at once without
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
if [ $# -eq 1 ]; then
	logs=$(mktemp -d)
	trap 'rm -rf "$logs"' EXIT
	for part in whole killed lost; do
		"$0" "$1" "$part" >"$logs/$part" 2>&1 &
	done
	wait
	for part in whole killed lost; do
		echo "--- $part"
		cat "$logs/$part"
		[[ $(tail -n 1 "$logs/$part") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] ||
			BASH_REMATCH=('' 0 1)
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
	done
	suite_end
	exit
fi

suite_begin "${1:?usage: tests/live/run.sh BUILD [PART]}"
unset DEPMEND_CLOCK
cd "$work" || exit 1
cp "$root/samples/serials.txt" in.csv
rebuild=(apply in.csv --rules corrupted-registration --yes --allow percent=30)

# Everything takes a second at the services, so that a rebuild takes one or two minutes.
quick_world() { # [SIMULATOR OPTION...]
	new_world --scenario slow-network --set apple.activity_time=1s --set uem.sync_time=1s \
		--set uem.profile_time=1s "$@"
	settings_with 'rate: {apple_read: 2000/1m, apple_write: 1000/1h}
timeouts: {settle: 1s, activity: 20s}'
}

says() {
	grep -qF -- "$1" "$work/err"
}

# What the services did, whatever depmend says about it.
rebuilt() {
	exits 'apply: some rows are at fault' 3
	check '15 rows are done' says '15 done'
	for effect in unassign assign mended; do
		same "$effect: nothing came twice" '' "$(repeated_effects "$effect")"
		same "$effect: each device once" 15 "$(effects "$effect")"
	done
	run apply in.csv --rules corrupted-registration --yes --allow percent=30 --out again.csv
	check 'once more: nothing is left to do' says '15 unchanged'
}

case ${2:?} in
whole)
	quick_world
	run "${rebuild[@]}"
	rebuilt
	;;
killed)
	quick_world
	"$build/depmend" "${rebuild[@]}" >out 2>err &
	pid=$!
	for _ in $(seq 600); do
		[ "$(effects unassign)" -gt 0 ] && break
		sleep 0.1
	done
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	check 'it was killed with devices off their server' test "$(effects assign)" -eq 0
	run "${rebuild[@]}"
	rebuilt
	;;
lost)
	quick_world --scenario lost-reply-reset
	run "${rebuild[@]}"
	rebuilt
	;;
esac
suite_end
