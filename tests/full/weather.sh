#!/usr/bin/env bash
# Every scenario over the 200 devices of the sample: no effect beyond the plan, every row accounted
# for, and rows left in flight only where the weather itself keeps them there.
#
#	tests/full/weather.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. tests/lib.sh
suite_begin .build/release
unset DEPMEND_SETTINGS DEPMEND_CLOCK
cp samples/fleet.csv "$work/in.csv"
cd "$work" || exit 1

HOME=$work run rehearse in.csv --rules corrupted-registration --inventory in.csv \
	--scenario all --allow percent=100
sed 1d out | sed 's/^ *//; s/  \+/|/g' >table
# NAME|EXTRA|TOOK|STATUS|OUTCOMES
names=$("$build/depmend-sim" --list-scenarios | sed -n 's/^\([a-z][^ ]*\).*/\1/p')
same 'every scenario' "$names" "$(cut -d'|' -f1 table)"
same 'no effect beyond the plan' 0 "$(cut -d'|' -f2 table | sort -u | tr '\n' ' ' | xargs)"
while IFS='|' read -r name _ _ status outcomes; do
	same "$name: every row is accounted for" 200 \
		"$(grep -o '[0-9]\+ [a-z_]\+' <<<"$outcomes" | awk '{ n += $1 } END { print n }')"
	case $outcomes in
	# A halt comes before them in the order of statuses.
	*in_flight*) check "$name: its status tells of rows in flight" test "$status" -eq 5 -o "$status" -eq 4 ;;
	esac
done <table
same 'where devices stay in flight' \
	'apple-activity-never apple-activity-stopped' \
	"$(grep in_flight table | cut -d'|' -f1 | sort | xargs)"
suite_end
