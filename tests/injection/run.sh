#!/usr/bin/env bash
# Text that would mean something else to whoever gets it next: SQL, a path, a header. What formulas
# are to an office, see tests/unit/test_csv_out.c; markup to a browser, tests/report; escapes to a
# terminal, tests/terminal; segments of every URL, tests/unit/test_segments.c.
#
#	tests/injection/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/injection/run.sh BUILD}"
cd "$work" || exit 1

# A server, and the UEM group that the simulator makes of its letters and digits.
evil="x'); DELETE FROM run; -- ../../x?y=1#"
sed "s|WS1 APAC|$evil|" "$root/samples/fleet.csv" >fleet.csv
new_world --fleet "$work/fleet.csv"
sed -i "s|server: WS1 APAC, group: WS1APAC|server: \"$evil\", group: XDELETEFROMRUNXY1|" depmend.yaml
cp depmend.yaml good.yaml
cat >rules.yaml <<-END
	version: 1
	rules:
	  - name: "$evil"
	    match: {apple.server: WS1 EMEA}
	    do: [{reassign: {to: "$evil"}}, sync]
END
awk -F, 'NR == 1 || ($2 == "WS1 EMEA" && $14 == "" && n++ < 2) { print $1 }' fleet.csv >in.csv

# --- SQL: names are texts, in and out of the store ---

run apply in.csv --rules rules.yaml --yes --allow percent=100
exits 'a server and a rule whose names are SQL' 0
same 'both devices are there' 2 "$(effects assign)"
same 'the result names them' 2 "$(python3 -c '
import csv, sys
print(sum(row["depmend_rule"] == sys.argv[1] and f";server={sys.argv[1]};" in row["depmend_after"]
    for row in csv.DictReader(open("in.result.csv"))))' "$evil")"
name=$("$build/depmend" runs --quiet | grep -o '2026[0-9a-f-]*' | head -n 1)
same 'the run is there' 1 "$(sqlite3 state/*/depmend.db 'SELECT count(*) FROM run')"

# --- names of runs: none but the beginning of one ---

for other in "x' OR '1'='1" "latest' --" % _ '*' ../../x "../$name" "runs/$name" ''; do
	run runs "$other"
	exits "runs '$other'" 64
	run undo "$other" --apply --yes
	exits "undo '$other'" 64
	run report "$other" --csv out.csv
	exits "report '$other'" 64
done
check 'nothing was written' test ! -e out.csv
same 'nothing was undone' 2 "$(effects assign)"
run runs "${name%?}"
exits 'the beginning of a name' 0

# --- a header that goes on ---

before=$(requests '.path | startswith("/api")')
(umask 077 && printf 'code\r\nX-Evil: 1\n' >tenant-code)
run plan in.csv --rules rules.yaml --out plan.csv
exits 'a tenant code of two lines' 78
check 'it says what is wrong' grep -q 'line end' err
same 'the UEM is not asked' "$before" "$(requests '.path | startswith("/api")')"
suite_end
