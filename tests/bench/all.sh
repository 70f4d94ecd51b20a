#!/usr/bin/env bash
# `make bench`: every part, as one table, which is also written to .build/bench/table.csv.
#
#	tests/bench/all.sh BUILD [PART...]      PART: the name of an executable beside this one
#	BENCH_QUICK=1                           smaller files and fewer runs: to try a part
#	BENCH_INSTALL=1                         install the peers that are missing; 0: do not ask
#
# A part is any executable of this folder. It gets BUILD as its argument and says on its output,
# a line for each figure,
#
#	aim|what|value|target|ok
#
# aim is a number of the design's table, or `-`; ok is `yes`, `no`, or `-` where there is no target.
# All else it has to say goes to its error output. It exits non-zero when an aim was missed or
# nothing could be measured. bench.py has what parts in Python share; *.c is built to BUILD/bench.
set -u
build=$(cd "${1:?usage: tests/bench/all.sh BUILD [PART...]}" && pwd) || exit 1
shift
cd "$(dirname "$0")" || exit 1

if [ $# -eq 0 ]; then
	for one in *; do
		[ "$one" = all.sh ] || [ ! -x "$one" ] || [ ! -f "$one" ] || set -- "$@" "$one"
	done
fi
mkdir -p ../../.build/bench
table=$(realpath ../../.build/bench)/table.csv
echo 'part,aim,what,value,target,ok' >"$table"
for part in "$@"; do
	{
		"./$part" "$build" || echo "-|$part: missed an aim, or could not measure|$?|0|no"
	} | while IFS='|' read -r aim what value target ok; do
		printf '%-3s %-76s %10s  %-10s %s\n' "$aim" "$what" "$value" "$target" "$ok"
		printf '%s,%s,"%s",%s,%s,%s\n' "${part%.*}" "$aim" "${what//\"/\"\"}" "$value" \
			"$target" "$ok" >>"$table"
	done
done
echo "the table is .build/bench/table.csv"
! grep -q ',no$' "$table"
