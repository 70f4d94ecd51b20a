#!/usr/bin/env bash
# --json: one object per line on stdout, as samples/output.schema.json says; nothing else is there.
#
#	tests/json/run.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/json/run.sh BUILD}"
cd "$work" || exit 1
# shellcheck disable=SC2119 # it needs no options
new_world
cp "$root"/samples/*.csv .

says() { # WHAT TYPES STATUS COMMAND...: so many of each type
	local what=$1 types=$2 wanted=$3 got

	shift 3
	run "$@" --json
	exits "$what" "$wanted"
	got=$(/usr/bin/python3 "$here/validate.py" out 2>&1)
	same "$what: what stdout has" "$types" "$got"
}
of_last() { # jq expression over the last line
	tail -n 1 out | jq -r "$1"
}
outcomes() { # of the last line, as the CSV of FILE has them
	same 'the counts are those of the CSV' "$(/usr/bin/python3 - "$1" <<'END'
import collections, csv, json, sys
print(json.dumps(dict(sorted(collections.Counter(r["depmend_outcome"] for r in csv.DictReader(open(sys.argv[1]))).items()))))
END
)" "$(tail -n 1 out | jq -c '.outcomes | to_entries | sort_by(.key) | from_entries' | sed 's/":/": /g; s/,"/, "/g')"
}
r='--rules corrupted-registration'

# shellcheck disable=SC2086 # two words
{
	says 'plan' '1 plan 18 row' 3 plan api-tool.csv $r --out plan.csv
	outcomes plan.csv
	same 'the fingerprint' 64 "$(of_last '.fingerprint | length')"
	check 'the next command' grep -q 'depmend apply api-tool.csv --rules corrupted-registration' <(of_last .next)
	says 'plan --offline' '1 plan 18 row' 3 plan api-tool.csv $r --offline
	same 'each row with a line of its own' 18 "$(jq 'select(.type == "row") | .line' out | sort -u | wc -l)"
	same 'an invalid row' row.bad_serial "$(jq -r 'select(.reason == "row.bad_serial") | .reason' out)"
	says 'a plan with its CSV on stdout' '' 64 plan api-tool.csv $r --out -
	check 'names the option' grep -q -e '--out FILE' err
	says 'rehearse' '1 rehearsal 47 row' 3 rehearse portal-like.csv $r --out rehearsal.csv
	outcomes rehearsal.csv
	says 'explain' '10 condition 1 verdict' 0 explain api-tool.csv 7AGC74BU22 $r
	same 'its verdict' rule "$(of_last .verdict)"
	says 'apply without --yes' '18 row 1 run' 64 apply api-tool.csv $r
	same 'nothing begun' null "$(of_last .run)"
	says 'apply' '18 row 1 run' 3 apply api-tool.csv $r --yes
	outcomes api-tool.result.csv
	same 'the status' 3 "$(of_last .status)"
	name=$(of_last .run)
	cp out applied
	says 'apply to stdout' '' 64 apply - $r --yes
	says 'rules' "$(find "$root/rules" -name '*.yaml' | wc -l) rules" 0 rules
	says 'one rule' '1 rules' 0 rules orphans
	says 'status' '3 credential 1 run 1 status' 0 status
	says 'history' '5 history' 0 history 7AGC74BU22
	says 'pause' '1 pause' 0 pause --reason x
	says 'resume' '1 pause' 0 resume
	says 'init' '1 check 1 init 2 written' 0 init --settings new/depmend.yaml --organization business --tenant new \
		--client-id BUSINESSAPI.1 --private-key apple.pem
	same 'the command to type then' 'depmend check --settings new/depmend.yaml --online' "$(of_last .next)"
	says 'version' '1 version' 0 version
	says 'backup' '1 backup' 0 backup state.backup
	says 'restore' '1 restore' 0 restore state.backup
	says 'runs' '1 run' 0 runs
	same 'its state' finished "$(of_last .state)"
	same 'its name' "$name" "$(of_last .run)"
	says 'runs RUN' '1 run' 0 runs "$name"
	outcomes api-tool.result.csv
	says 'report' '18 row 1 run' 0 report "$name" --csv report.csv
	outcomes report.csv
	check 'with the same rows as apply' cmp <(jq -c 'select(.type == "row")' applied) \
		<(jq -c 'select(.type == "row")' out)
	run report "$name" --json --verify
	exits 'report --verify' 0
	check 'with its audit trail' grep -qE '^1 audit [0-9]+ event 18 row 1 run$' \
		<(/usr/bin/python3 "$here/validate.py" out)
	same 'of which no event is missing' "$(sqlite3 state/*/depmend.db 'SELECT hash FROM event
		WHERE run = (SELECT id FROM run) ORDER BY id')" "$(jq -r 'select(.type == "event") | .hash' out)"
	for one in csv html metrics; do
		says "report with --$one on stdout" '' 64 report "$name" "--$one" -
		check 'names the option' grep -q -e "--$one FILE" err
	done
	run report "$name" --json --new
	check 'report --new' grep -qE '^[0-9]+ open_item$' <(/usr/bin/python3 "$here/validate.py" out)
	says 'undo' '1 plan 18 row' 0 undo "$name" --out undo.csv
	same 'undo reads no list' null "$(of_last .reading)"
	outcomes undo.csv
	says 'check' '1 check 2 diagnostic' 3 check api-tool.csv $r
	run check api-tool.csv $r --json -v
	check 'check -v' /usr/bin/python3 "$here/validate.py" out
	says 'export' '200 device 1 export' 0 export
	cp out devices
	same 'without a CSV' null "$(of_last .result)"
	says 'export with a CSV' '200 device 1 export' 0 export --out live.csv
	check 'the rows are those of the CSV' /usr/bin/python3 - <<'END'
import csv, json
lines = [json.loads(line) for line in open("devices")][:-1]
for line in lines:
    assert line.pop("type") == "device"
    line["type"] = line.pop("product_type")
rows = [{k: v or None for k, v in row.items()} for row in csv.DictReader(open("live.csv", newline=""))]
def plain(text):  # what the CSV neutralises
    return text[1:] if text and text[0] == "'" and text[1:2] in "=+-@" else text
rows = [{k: plain(v) for k, v in row.items()} for row in rows]
assert lines == rows and len(rows) == 200
END
	says 'an export with a CSV on stdout' '' 64 export --out -
	run export --json --detail
	check 'export --detail' /usr/bin/python3 "$here/validate.py" out
	run export --json --compare api-tool.csv
	check 'export --compare' grep -qE '^[0-9]+ disagreement 1 export$' \
		<(/usr/bin/python3 "$here/validate.py" out)
	same 'as many as it says' "$(of_last .rows)" "$(grep -c '"type":"disagreement"' out)"
	run export --json --since api-tool.csv
	check 'export --since' grep -qE '^[0-9]+ change 1 export$' \
		<(/usr/bin/python3 "$here/validate.py" out)
	for one in duplicate-records retire-out-of-coverage; do
		run plan --serial 7AGC74BU22 --rules "$one" --json
		check "a plan by $one" /usr/bin/python3 "$here/validate.py" out
	done
	run doctor --json -v
	check 'doctor' /usr/bin/python3 "$here/validate.py" out
	check 'findings of doctor' grep -q '"type":"finding"' out
	run plan api-tool.csv $r -v --offline
	run plan api-tool.csv $r -v --out plan.csv
	check '-v tells each request' grep -qE '^GET http://127.0.0.1:[0-9]*/v1/.*: 200' err
	check 'and no secret of it' test "$(grep -ciE 'bearer|client_assertion=[^*]|eyJ' err)" -eq 0
}
suite_end
