#!/usr/bin/env bash
# Every step that is not part of the main job: what is sent, how it is proved, what is refused.
#
#	tests/steps/run.sh BUILD [CASE...]
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
suite_begin "${1:?usage: tests/steps/run.sh BUILD [CASE...]}"
shift
cd "$work" || exit 1

# A fleet of the rows on stdin (header first), and one device more on each server of the settings.
fleet() {
	local commas

	cat >fleet.csv
	commas=$(head -1 fleet.csv | tr -dc ,)
	printf "STAY%08d,%s${commas#,}\n" 1 'WS1 EMEA' 2 'WS1 Americas' 3 'WS1 APAC' >>fleet.csv
}

apply() { # OPTION...
	apply_rows "$@"
}

# outcome SERIAL: "done" or "failed uem.refused"
outcome() {
	local said

	said=$(verdict "$1")
	echo "${said% state.done}"
}

[ $# -gt 0 ] || set -- record wipe profile migrate fields school events traps
for name; do
	# shellcheck source=/dev/null
	. "$here/case_$name.sh"
done
suite_end
