#!/usr/bin/env bash
# The main job in every weather that the simulator knows: each run ends by itself, with a status
# and outcomes of the contract, no effect comes twice, and nobody is left off a server without a row
# that says so.  tests/scenarios/run.sh BUILD [SCENARIO...]
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "$1"
shift
# These wait in real time.
slow='lost-reply-timeout slow-network'

corrupted_rows() { # the corrupted devices of the sample, as a bare list
	python3 - "$root/samples/fleet.csv" <<-'P'
		import csv, sys
		for d in csv.DictReader(open(sys.argv[1])):
		    if d["corrupted"] == "yes":
		        print(d["serial"])
	P
}

# Devices whose last effect at Apple took them off their server, without a row that says in_flight.
stranded() {
	python3 - "$audit" "$work/in.result.csv" <<-'P'
		import csv, json, os, sys
		last = {}
		for line in open(sys.argv[1]):
		    e = json.loads(line)
		    if e["kind"] == "effect" and e["what"] in ("unassign", "assign") and e["effective"]:
		        last[e["serial"]] = e["what"]
		rows = {}
		if os.path.exists(sys.argv[2]):
		    for r in csv.DictReader(open(sys.argv[2])):
		        rows[r["serial"]] = r["depmend_outcome"]
		for serial, what in sorted(last.items()):
		    if what == "unassign" and rows.get(serial) != "in_flight":
		        print(serial, rows.get(serial))
	P
}

unsettled_rows() { # rows whose outcome is none of the contract's
	[ -e "$work/in.result.csv" ] || return 0
	python3 - "$work/in.result.csv" <<-'P'
		import csv, sys
		known = set("""done unchanged skipped unmatched protected undecided invalid duplicate drifted
		    failed unverified held in_flight manual pending""".split())
		for r in csv.DictReader(open(sys.argv[1])):
		    if r["depmend_outcome"] not in known or (
		            r["depmend_outcome"] != "done" and not r["depmend_reason"]):
		        print(r["serial"], r["depmend_outcome"])
	P
}

one_scenario() { # NAME
	new_world --scenario "$1"
	rm -f "$work"/in.result*.csv
	(cd "$work" && timeout 120 "$build/depmend" apply in.csv --rules corrupted-registration --yes \
		--allow percent=100 --max-wait 12h >out 2>err </dev/null)
	status=$?
	case $status in
	0 | 3 | 4 | 5 | 69 | 75 | 77 | 78) ;;
	*) check "$1: exit status $status" false ;;
	esac
	check "$1: no unassign twice" test -z "$(repeated_effects unassign)"
	check "$1: no assign twice" test -z "$(repeated_effects assign)"
	check "$1: nobody stranded" test -z "$(stranded)"
	check "$1: every row has its outcome" test -z "$(unsettled_rows)"
}

{
	echo serial
	corrupted_rows
} >"$work/in.csv"

if [ $# -eq 0 ]; then
	# shellcheck disable=SC2046
	set -- $("$build/depmend-sim" --list-scenarios | awk -v slow=" $slow " \
		'$1 !~ /^\(/ && !index(slow, " " $1 " ") { print $1 }' | sort -u)
fi
check 'there are scenarios' test $# -gt 0
for name; do
	one_scenario "$name"
done
suite_end
