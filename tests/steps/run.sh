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

# rules 'do: list': one rule that does that to every row
rules() {
	printf 'version: 1\nname: t\nrules:\n  - {name: r, match: {always: true}, do: %s}\n' "$1" >rules.yaml
}

# A fleet of the rows on stdin (header first), and one device more on each server of the settings.
fleet() {
	local commas

	cat >fleet.csv
	commas=$(head -1 fleet.csv | tr -dc ,)
	printf "STAY%08d,%s${commas#,}\n" 1 'WS1 EMEA' 2 'WS1 Americas' 3 'WS1 APAC' >>fleet.csv
}

rows() { # SERIAL...: the input
	printf '%s\n' serial "$@" >in.csv
	rm -f in.result*.csv
}

apply() { # OPTION...
	run apply in.csv --rules rules.yaml --yes --allow percent=100 "$@"
}

# outcome SERIAL: "done" or "failed uem.refused"
outcome() {
	python3 - "$1" <<-'P'
		import csv, sys
		for r in csv.DictReader(open("in.result.csv")):
		    if r["serial"] == sys.argv[1]:
		        print((r["depmend_outcome"] + " " + r["depmend_reason"].split(":")[0]).replace(" state.done", ""))
	P
}

cell() { # SERIAL COLUMN
	python3 -c 'import csv, sys
for r in csv.DictReader(open("in.result.csv")):
    if r["serial"] == sys.argv[1]: print(r[sys.argv[2]])' "$1" "$2"
}

[ $# -gt 0 ] || set -- record wipe profile migrate fields school events traps
for name; do
	# shellcheck source=/dev/null
	. "$here/case_$name.sh"
done
suite_end
