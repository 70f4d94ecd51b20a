#!/usr/bin/env bash
# The tool against the simulator, each a process of its own, as an administrator would run it.
#
#	tests/e2e/run.sh BUILD [CASE...]     CASE: a case_*.sh of this folder
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/e2e/run.sh BUILD [CASE...]}"
shift
[ $# -gt 0 ] || set -- "$here"/case_*.sh
cases=$(realpath -e "$@") || exit 1

# shellcheck disable=SC2034 # for the cases
rows=$here/rows.py
# shellcheck disable=SC2034
samples='portal-like.csv api-tool.csv serials.txt excel-semicolon.csv'

# Copies of the samples, since results are written beside their input.
fresh() { # [SIMULATOR OPTION...]
	new_world "$@"
	rm -f "$work"/*.csv "$work"/*.txt
	(cd "$root/samples" && cp -- *.csv *.txt "$work")
}

result_of() { # INPUT
	echo "${1%.csv}.result.csv"
}

# What the simulator was asked to change or to sync since the last call of `mark`.
mark() {
	marked_changes=$(changes) marked_syncs=$(syncs) marked_requests=$(requests true)
}
sent() { # CHANGES SYNCS
	same 'changes sent' "$1" $(($(changes) - marked_changes))
	same 'syncs asked for' "$2" $(($(syncs) - marked_syncs))
}
nobody_asked() {
	same 'requests of any kind' 0 $(($(requests true) - marked_requests))
}

cd "$work" || exit 1
for one in $cases; do
	echo "--- ${one##*/}"
	# shellcheck source=/dev/null
	. "$one"
done
suite_end
