#!/usr/bin/env bash
# The main job under valgrind: no access to memory that is not ours, nothing undefined decides.
#
#	tests/full/valgrind.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. tests/lib.sh
suite_begin .build/release
cp samples/serials.txt "$work/in.csv"
new_world --seed 1
cd "$work" || exit 1

under() { # WHAT STATUS ARGUMENT...
	local what=$1 wanted=$2
	shift 2
	valgrind -q --error-exitcode=99 "$build/depmend" "$@" >out 2>err </dev/null
	status=$?
	exits "$what" "$wanted"
}

rules=(--rules corrupted-registration)
under check 3 check in.csv "${rules[@]}"
under plan 3 plan in.csv "${rules[@]}" --out plan.csv
under apply 3 apply in.csv "${rules[@]}" --expect plan.csv --yes
under explain 0 explain in.csv "$(sed -n 1p in.csv)" "${rules[@]}"
under export 0 export --out export.csv
under 'export --compare' 0 export --compare in.csv --out compare.csv
under runs 0 runs
under report 0 report latest --csv r.csv --html r.html --xlsx r.xlsx --metrics r.prom
under undo 0 undo latest --apply --yes --allow percent=100
suite_end
