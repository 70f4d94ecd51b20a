#!/usr/bin/env bash
# The live inventory: whole, true, usable as input; and where it disagrees with a CSV.
#
#	tests/survey/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/survey/run.sh BUILD}"
cd "$work" || exit 1

truth() { # SQL
	sqlite3 "$work/sim.db" "$1"
}

# The columns of these headers, by serial, without the header. No cell asked for holds a comma.
columns() { # FILE HEADER...
	python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline="")):
	print(*(row[h] for h in sys.argv[2:]), sep="|")' "$@"
}

# --- the inventory ---

new_world --state "$work/sim.db"

run export --out live.csv
exits 'an export' 0
same 'it says how many devices there are' \
	"$(truth 'SELECT count(*) FROM device') devices" "$(tail -n 1 "$work/err")"
truth "SELECT d.serial, coalesce(s.name, ''), CASE WHEN s.name IS NULL THEN 'UNASSIGNED'
	ELSE 'ASSIGNED' END, d.released IS NOT NULL,
	CASE WHEN EXISTS (SELECT 1 FROM record r WHERE r.device = d.id) THEN 'yes' ELSE 'no' END
	FROM device d LEFT JOIN server s ON s.id = d.server ORDER BY 1" >truth.txt
columns live.csv serial server status released listed |
	awk -F '|' -v OFS='|' '{ $4 = $4 != ""; print }' >live.txt
same 'each device once, sorted, with server, status, release and the view of the UEM' '' \
	"$(diff truth.txt live.txt | head -n 5)"
truth "SELECT d.serial, coalesce(max(p.name), '') FROM device d
	LEFT JOIN record r ON r.device = d.id LEFT JOIN profile p ON p.id = r.profile
	GROUP BY d.serial ORDER BY 1" >truth.txt
columns live.csv serial profile >live.txt
same 'with its profile' '' "$(diff truth.txt live.txt | head -n 5)"
same 'nothing was changed' 0 "$(changes)"
same 'nor synced' 0 "$(syncs)"
same 'nothing was asked per device' 0 \
	"$(requests '(.path | test("orgDevices/|enrollment-tokens|mdm/devices"))')"

run export
exits 'to a pipe' 0
check 'the same bytes' cmp -s live.csv "$work/out"

run plan --offline live.csv --rules reconcile --out plan.csv
exits 'it is an input, if not enough to decide by' 3
same 'of which each row is good' 0 "$(columns plan.csv depmend_outcome | grep -c invalid)"

# --- what costs a request per device ---

run export --detail --out detail.csv
exits 'an export with details' 0
truth "SELECT d.serial, coalesce((SELECT m.status FROM managed m WHERE m.serial = d.serial
		ORDER BY m.id DESC LIMIT 1), ''),
	coalesce((SELECT m.user FROM managed m WHERE m.serial = d.serial ORDER BY m.id DESC LIMIT 1), ''),
	coalesce((SELECT r.status FROM record r WHERE r.device = d.id LIMIT 1), '') FROM device d
	WHERE EXISTS (SELECT 1 FROM record r WHERE r.device = d.id) ORDER BY 1" >truth.txt
columns detail.csv listed serial enrollment_status user profile_status |
	sed -n 's/^yes|//p' >live.txt
same 'tells state, user and profile status of what the UEM lists' '' \
	"$(diff truth.txt live.txt | head -n 5)"
same 'and is the same otherwise' '' "$(diff live.csv <(python3 -c 'import csv, sys
rows = [r[:-8] for r in csv.reader(open("detail.csv", newline=""))]
csv.writer(sys.stdout, lineterminator="\n").writerows(rows)') | head -n 5)"

# --- cut, and going on ---

pages() { # how often a page of the whole organization was asked for
	requests '.path == "/v1/orgDevices" and .status == 200'
}

"$build/depmend-sim" --make-fleet 2500 --seed 3 >large.csv
new_world --fleet large.csv
run export --out whole.csv
exits 'an export of three pages' 0
rm -rf state "$audit"
new_world --fleet large.csv
settings_with 'rate: {apple_read: 3/min}'
run export --out cut.csv --max-wait 10s
exits 'cut for want of time' 75
check 'it says how to go on' grep -q 'export again within 6 hours goes on from here' err
check 'and writes nothing' test ! -e cut.csv
same 'after two pages' 2 "$(pages)"
run export --out cut.csv
exits 'going on' 0
same 'no page comes twice' 3 "$(pages)"
check 'the same inventory' cmp -s whole.csv cut.csv
check 'nothing is left behind' test -z "$(find state -name 'export.db*')"
run export --out cut.csv --max-wait 70s
exits 'cut again' 75
before=$(pages)
check 'with pages read' test "$before" -gt 3
DEPMEND_CLOCK=virtual:2026-11-23T03:00:00Z run export --out cut.csv
exits 'the day after' 0
same 'what is old is read anew' $((before + 3)) "$(pages)"

# --- round: a simulator of the export is the same organization ---

sim_stop
rm -f "$work"/sim.db*
sim_start --fleet live.csv --state "$work/sim.db"
settings
rm -rf "$work/state"
run export --out again.csv
exits 'an export of the export' 0
columns live.csv serial status server family model type order_number source listed profile >a.txt
columns again.csv serial status server family model type order_number source listed profile >b.txt
same 'a fleet made of the export looks the same' '' "$(diff a.txt b.txt | head -n 5)"

# --- what disagrees ---

new_world --state "$work/sim.db"
run export --compare live.csv --out diff.csv
exits 'a comparison' 0
columns diff.csv reason | sort | uniq -c >before.txt
check 'a CSV of now disagrees with nothing at Apple' test "$(grep -cE 'csv\.|apple\.' before.txt)" -eq 0

on=$(columns live.csv serial server released | awk -F '|' '$2 == "WS1 EMEA" { print $1 }')
off=$(columns live.csv serial server released | awk -F '|' '$2 == "" && $3 == "" { print $1 }')
out=$(columns live.csv serial released | awk -F '|' '$2 != "" { print $1; exit }')
here=$(sed -n 1p <<<"$on") there=$(sed -n 2p <<<"$on")
sold=$(truth "SELECT d.serial FROM device d JOIN server s ON s.id = d.server WHERE s.name = 'WS1 EMEA'
	AND d.serial NOT IN (SELECT serial FROM managed) ORDER BY 1 DESC LIMIT 1") # nobody uses it any more
dropped=$(sed -n 4p <<<"$on") none=$(sed -n 5p <<<"$on") free=$(sed -n 1p <<<"$off")
apac=$(columns live.csv server listed profile serial | grep '^WS1 APAC|yes|')
other=$(grep -v '||' <<<"$apac" | sed -n '1s/.*|//p') bare=$(sed -n 's/.*||//p' <<<"$apac" | head -n 1)
joined=$(columns live.csv listed_as serial | sed -n 's/^Enrolled|//p' | sed -n 20p)
parted=$(columns live.csv listed_as serial | sed -n 's/^Unenrolled|//p' | sed -n 1p)
check 'the fleet has what is to be planted' test -n "$joined$parted" -a -n "$there$sold$none$free$out" -a -n "$other" -a -n "$bare"
python3 - "$there" "$sold" "$dropped" "$none" "$free" "$out" "$other" "$bare" "$joined" "$parted" <<'EOF'
import csv, sys
there, sold, dropped, none, free, out, other, bare, joined, parted = sys.argv[1:]
rows = list(csv.DictReader(open("live.csv", newline="")))
ids = {r["server"]: r["server_id"] for r in rows}
with open("planted.csv", "w", newline="") as f:
    w = csv.DictWriter(f, rows[0].keys())
    w.writeheader()
    for r in rows:
        if r["serial"] == there:
            r.update(server="WS1 APAC", server_id=ids["WS1 APAC"])
        if r["serial"] == sold:
            r["released"] = "2026-01-01"
        if r["serial"] == none:
            r["server"], r["status"] = "", "UNASSIGNED"
        if r["serial"] == free:
            r["status"] = "ASSIGNED"
        if r["serial"] == out:
            r["released"] = ""
        if r["serial"] == joined:
            r["listed_as"] = "Discovered"
        if r["serial"] == parted:
            r["listed_as"] = "Enrolled"
        if r["serial"] == other:
            r["profile"] = "Another"
        if r["serial"] == bare:
            r["profile"] = "Corporate iPads"
        if r["serial"] != dropped:
            w.writerow(r)
    w.writerow({**{k: "" for k in rows[0]}, "serial": "ZZPLANTED99"})
EOF
run export --since live.csv --out since.csv
exits 'nothing has changed since an export of now' 0
same 'so there is no row' '' "$(columns since.csv change)"
run export --since planted.csv --out since.csv
exits 'what changed since an earlier export' 0
{
	echo "$there|moved|WS1 APAC|WS1 EMEA"
	echo "$sold|returned|WS1 EMEA|WS1 EMEA"
	echo "$dropped|added||WS1 EMEA"
	echo "$none|assigned||WS1 EMEA"
	echo "$out|released||"
	echo "$joined|enrolled|$(columns live.csv serial server server | sed -n "s/^$joined|//p")"
	echo "$parted|unenrolled|$(columns live.csv serial server server | sed -n "s/^$parted|//p")"
	echo "$other|profile|WS1 APAC|WS1 APAC"
	echo "$bare|profile|WS1 APAC|WS1 APAC"
	echo 'ZZPLANTED99|lost||'
} | sort >wanted.txt
columns since.csv serial change server_before server | sort >got.txt
same 'each change, and no other' '' "$(diff wanted.txt got.txt)"
same 'and how many of each' '10 changes: 1 added, 1 released, 1 returned, 1 lost, 1 moved, 1 assigned, 1 enrolled, 1 unenrolled, 2 profile' \
	"$(tail -n 1 err)"
run export --since planted.csv --html since.html
exits 'as a page' 0
same 'the terminal gets a table' "$there" "$(sed -n 's/^  moved  *1  //p' out)"
check 'the page names each' python3 - since.html "$there" "$sold" "$dropped" "$none" "$out" "$other" "$bare" \
	"$joined" "$parted" ZZPLANTED99 <<'EOF'
import html.parser, sys
page = open(sys.argv[1]).read()
missing = [s for s in sys.argv[2:] if f"<code>{s}</code>" not in page]
assert not missing and "<script" not in page and "default-src 'none'" in page, missing
assert page.count("<h2>") == 1 + 9 and page.count("<tr>") == 9 + 10
html.parser.HTMLParser().feed(page)
EOF
# What an earlier export could not read is no other state: each cell of another device.
python3 - <<'EOF'
import csv
rows = list(csv.DictReader(open("live.csv", newline="")))
next(r for r in rows if r["released"])["released"] = "unknown"
on = [r for r in rows if r["server"] and r["listed_as"] == "Enrolled" and r["profile"]]
for r, cells in zip(on, [{"status": "ASSIGNED", "server": ""}, {"status": "unknown", "server": ""},
        {"released": "unknown"}, {"profile": "unknown"}, {"listed_as": "unknown"},
        {"listed": "unknown", "profile": "", "listed_as": ""}]):
    r.update(cells)
with open("unsure.csv", "w", newline="") as f:
    w = csv.DictWriter(f, rows[0].keys())
    w.writeheader()
    w.writerows(rows)
EOF
run export --since unsure.csv --out since.csv
exits 'since an export that could not read everything' 0
same 'what it could not read has not changed' '' "$(columns since.csv serial change)"
run export --compare unsure.csv --out diff.csv
same 'nor does it disagree' '' "$(columns diff.csv serial reason | grep -vE 'uem.(not_listed|left_behind|other_server)')"
sed 's/^\([^,]*\),.*/\1/' planted.csv >serials.csv
run export --since serials.csv --out since.csv
same 'a list of serials alone does not say what was otherwise' 'added lost' \
	"$(columns since.csv change | sort -u | paste -sd' ')"
run export --html since.html
exits 'a page of nothing' 64
cp planted.csv '<img src=x>&.csv'
run export --since '<img src=x>&.csv' --html since.html
check 'names of files are text in the page' grep -q '<code>&lt;img src=x&gt;&amp;.csv</code>' since.html
check 'and nothing else' test "$(grep -c '<img' since.html)" = 0
run export --since planted.csv --json
exits 'as JSON' 0
same 'the same' 10 "$(jq -r 'select(.type == "change") | .serial' out | wc -l)"
run export --since live.csv --compare live.csv
exits 'one comparison at a time' 64

# Rows of the earlier export that are odd, and files that are none.
nowhere=$(columns live.csv listed released serial | sed -n 's/^no||//p' | sed -n 1p)
edited() { # PYTHON over `rows` (a dict each, by `serial`): earlier.csv
	python3 - "$1" "$there" "$none" "$nowhere" <<'EOF'
import csv, sys
rows = list(csv.DictReader(open("live.csv", newline="")))
headers = list(rows[0])
by = {r["serial"]: r for r in rows}
code, there, none, nowhere = sys.argv[1:]
exec(code)
with open("earlier.csv", "w", newline="") as f:
    w = csv.DictWriter(f, headers)
    w.writeheader()
    w.writerows(rows)
EOF
	run export --since earlier.csv --out since.csv
}
edited 'by[nowhere].update(listed="yes", listed_as="Enrolled")'
same 'what the UEM has lost' "$nowhere|unlisted|Enrolled|no" "$(columns since.csv serial change enrollment_before uem_listed)"
cp depmend.yaml whole.yaml
sed -i '/^uem:/,/client_secret/d' depmend.yaml
run export --since earlier.csv --out since.csv
same 'without a UEM nobody knows' '' "$(columns since.csv change)"
mv whole.yaml depmend.yaml
edited 'by[none]["serial"] = "1.23E+11"; by[there]["serial"] = ""'
exits 'rows without a serial' 0
same 'are named, and what they may be is no news' "$(printf '%s\n' '1.23E+11|unreadable' "$none|unknown" "$there|unknown" "line|unreadable" | sort)" \
	"$(columns since.csv serial change | sed 's/^line [0-9]*/line/' | sort)"
check 'with the line of the first' grep -q 'earlier.csv has 2 rows without a serial number that can be read, the first on line' err
edited 'rows.append(dict(by[none])); rows.append({**by[there], "server": "WS1 APAC"})'
same 'two rows of a device: only where they differ' "$there|unknown" "$(columns since.csv serial change)"
edited 'by[there].update(server="WS1\x1b[31m EMEA\x07", server_id="A"); by[none].update(server="\u202eWS1", server_id="B")'
same 'controls are not written' "$(printf '%s\n' "$none|moved|???WS1" "$there|moved|WS1?[31m EMEA?" | sort)" \
	"$(columns since.csv serial change server_before | sort)"
edited 'rows[:] = [r for r in rows if r["server"] == "WS1 EMEA"]'
exits 'an export of which rows were taken out' 0
same 'what it lacks was not added' unknown "$(columns since.csv change | sort -u)"
check 'that is said' grep -q "earlier.csv has .* of the $(truth 'SELECT count(*) FROM device') devices of its export" err
edited 'rows[:] = rows[5:]; headers.remove("inventory_devices"); [r.pop("inventory_devices") for r in rows]'
same 'one of before that, which does not tell' '5 added' "$(columns since.csv change | sort | uniq -c | xargs)"
edited 'rows.append(dict(rows[0]))'
same 'rows that are there twice are no more devices' '' "$(columns since.csv change)"
refused() { # FILE WHY
	echo kept >since.csv
	run export --since "$1" --out since.csv
	exits "no export: $1" 65
	check "it says why: $1" grep -q -- "$2" err
	same 'the file of before stays' kept "$(cat since.csv)"
}
run export --since planted.csv --out changes.csv
run export --compare planted.csv --out disagree.csv
run plan planted.csv --rules reconcile --out result.csv
"$build/depmend-sim" --make-fleet 60 --seed 77 >others.csv
sed '1s/.*/serial,status,server,listed/; 2,$s/^\([^,]*\),.*/\1,ASSIGNED,WS1 EMEA,yes/' others.csv >foreign.csv
sed -n 1,4p foreign.csv | sed 's/WS1 EMEA/Jamf/' >few.csv
refused changes.csv 'a list of changes'
refused disagree.csv 'a list of what disagrees'
refused result.csv 'a result, with columns depmend_'
refused foreign.csv 'another organization: Apple lists 0 of its 60 devices'
refused few.csv 'another organization: Apple lists 0 of its 3 devices'
sed -i 's/Jamf/WS1 EMEA/' few.csv
refused few.csv 'another organization: .* --allow organization=yes'
run export --since few.csv --out since.csv --allow organization=yes
same 'a few devices that are all gone, of a server of ours' 3 "$(columns since.csv change | grep -c lost)"

run export --compare planted.csv --out diff.csv
exits 'a comparison with planted differences' 0
{
	echo "$there|apple.other_server|reconcile"
	echo "$sold|apple.not_released|release-sold"
	echo "$dropped|csv.missing|"
	echo "$none|apple.assigned|reconcile"
	echo "$free|apple.unassigned|move-server"
	[ -z "$out" ] || echo "$out|apple.released|"
	echo 'ZZPLANTED99|apple.not_found|'
	echo "$other|uem.other_profile|"
	echo "$bare|uem.no_profile|assign-missing-profile"
} | sort >want.txt
columns diff.csv serial reason rule | grep -E '\|(csv|apple)\.|profile\|' | sort >got.txt
same 'each planted difference and no other' '' "$(diff want.txt got.txt)"
columns diff.csv reason | grep '^uem' | grep -v profile | sort | uniq -c >after.txt
same 'what Apple and the UEM disagree on does not depend on the CSV' '' \
	"$(diff <(grep uem before.txt) after.txt)"
check 'and the agreeing one is not named' test "$(grep -c "^$here," diff.csv)" -eq 0

# What was suggested for each reason, and what turned out to act on its devices.
pairs() {
	columns diff.csv reason rule | grep -v '|$' | sort -u >>suggested.txt
}
mends() { # REASON SERIAL RULE [OPTION...]: the rule, given the rows that name it, acts on the device
	head -n 1 diff.csv >its.csv
	grep ",$3\$" diff.csv >>its.csv
	run plan its.csv --rules "$3" --out plan.csv "${@:4}"
	same "$3 mends $1" planned \
		"$(columns plan.csv serial depmend_outcome | sed -n "s/^$2|//p" | sort -u)"
	echo "$1|$3" >>tried.txt
}
pairs
run plan diff.csv --rules reconcile --out plan.csv
same 'reconcile takes all the differences and mends its own' "planned $there" \
	"$(columns plan.csv depmend_outcome serial | sed -n 's/^planned|/planned /p')"
mends apple.other_server "$there" reconcile
mends apple.not_released "$sold" release-sold
mends apple.assigned "$none" reconcile --set empty=unassign
mends apple.unassigned "$free" move-server --set 'server=WS1 APAC'
mends uem.no_profile "$bare" assign-missing-profile --set 'profile=Corporate iPads'

# --- Apple against the UEM ---

python3 - "$here" "$free" <<'EOF'
import csv, sys
here, free = sys.argv[1:]
rows = list(csv.DictReader(open("live.csv", newline="")))
with open("torn.csv", "w", newline="") as f:
    w = csv.DictWriter(f, [*rows[0].keys(), "group"])
    w.writeheader()
    for r in rows:
        r["group"] = ""
        if r["serial"] == here:
            r["listed"] = "no"
        if r["serial"] == free:
            r["listed"], r["group"] = "yes", "WS1EMEA"
        w.writerow(r)
EOF
new_world --fleet torn.csv --state "$work/sim.db"
run export --compare live.csv --out diff.csv
exits 'a comparison of a torn world' 0
check 'on a server and not listed' grep -q "^$here,uem.not_listed,.*,orphans\$" diff.csv
check 'listed and on no server' grep -q "^$free,uem.left_behind,.*,orphans\$" diff.csv
pairs
mends uem.not_listed "$here" orphans
mends uem.left_behind "$free" orphans
same 'every rule that is named mends what it is named for' "$(sort -u suggested.txt)" \
	"$(sort -u tried.txt)"

run export --out live.csv
run apply live.csv --rules orphans --limit 2 --yes --out result.csv
check 'apply takes an export' test "$status" -eq 0
check 'and --limit holds' test "$(columns result.csv depmend_outcome | grep -c '^done')" -le 2
check 'something was mended' test "$(columns result.csv depmend_outcome | grep -c '^done')" -gt 0

# --- a device that only the UEM lists ---

# Apple's replies pass through here, without one of the devices.
cat >forget.py <<'EOF'
import http.server, json, sys, urllib.error, urllib.request
upstream, serial, port_file = sys.argv[1:]

class Forget(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ask = urllib.request.Request(upstream + self.path)
        for name in ("Authorization", "Accept"):
            if self.headers[name]:
                ask.add_header(name, self.headers[name])
        if self.path.partition("?")[0].endswith("/orgDevices/" + serial):
            return self.answer(404, {"errors": [{"status": "404", "code": "NOT_FOUND",
                "title": "The specified resource does not exist"}]})
        with urllib.request.urlopen(ask) as got:
            body = json.load(got)
        known = [d for d in body["data"] if d["id"] != serial]
        if "total" in body["meta"]["paging"]:
            body["meta"]["paging"]["total"] -= len(body["data"]) - len(known)
        body["data"] = known
        self.answer(200, body)

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forget)
open(port_file, "w").write(str(server.server_port))
server.serve_forever()
EOF
forget_start() { # from now on Apple is asked through it
	rm -f forget.port
	python3 forget.py "http://127.0.0.1:$port" "$here" "$work/forget.port" &
	forget=$!
	await_file forget.port $forget
	sed -i "s|^  url: http://127.0.0.1:$port  .*|  url: http://127.0.0.1:$(cat forget.port)|" depmend.yaml
}
forget_stop() {
	kill "$forget"
	wait "$forget" 2>/dev/null
}
new_world --state "$work/sim.db"
forget_start
run export --out torn.csv
exits 'an export when Apple has forgotten a device' 0
same 'it has its row' "$here|||yes" "$(columns torn.csv serial status server listed | grep "^$here|")"
run export --compare live.csv --out diff.csv
exits 'a comparison with it' 0
same 'missing at Apple, left in the UEM' "apple.not_found uem.left_behind" \
	"$(columns diff.csv serial reason | sed -n "s/^$here|//p" | xargs)"
run export --since live.csv --out since.csv
same 'it is lost' "$here|lost" "$(columns since.csv serial change | grep "^$here|")"
forget_stop
sim_stop
sim_start --state "$work/sim.db" --set page.total=none
settings
forget_start
run export --since live.csv --out since.csv
same 'also of a list that does not tell its total' "$here|lost" "$(columns since.csv serial change | grep "^$here|")"
forget_stop

new_world --state "$work/sim.db" --scenario apple-short-lists
run export --since live.csv --out since.csv
same 'what a list that is cut does not show is not lost' 0 "$(columns since.csv change | grep -c lost)"
gone=$(columns since.csv change | grep -c unknown)
check 'it is not known' test "$gone" -gt 0
run export --out cut.csv
same 'an export of such lists says so' "partial" "$(columns cut.csv inventory | sort -u)"
run export --since live.csv --html since.html
check 'and so does the page' grep -q 'a listing of Apple was not whole' since.html
# Lists that do not tell their total, and are cut: whom they do not show is asked for by name, and as
# soon as one is there nobody is lost whom nobody asked for.
new_world --state "$work/sim.db"
run export --out now.csv
cuts() { # WHAT KNOB=VALUE...: of everything in now.csv, which is there
	local what=$1
	shift
	new_world --state "$work/sim.db" --set page.clamp=20 --set page.total=none "${@/#/--set=}"
	run export --since now.csv --out since.csv
	exits "cut without a total: $what" 0
	same "nobody is lost: $what" 0 "$(columns since.csv change | grep -cE 'lost|unlisted')"
}
free=$(truth 'SELECT serial FROM device WHERE server IS NULL AND released IS NULL ORDER BY random() LIMIT 3' | paste -sd' ')
at_uem=$(truth 'SELECT d.serial FROM device d JOIN record r ON r.device = d.id WHERE d.server IS NOT NULL LIMIT 1')
cuts 'the last pages' page.cut=2
cuts 'each page' page.lose=1
cuts 'here and there' apple.page_drop=7
cuts 'an empty page in the middle' page.empty=2
cuts 'a page that comes again' page.repeat=2
cuts 'pages that overlap' page.shift=3
cuts 'a few' "page.without=$free $at_uem"
same 'they are not known' "$(wc -w <<<"$free $at_uem")" "$(columns since.csv change serial | grep ^unknown | sort -u | wc -l)"
check 'it says so' grep -q 'which by its name is there or could not be read' err
same 'and counts two kinds of not known as one' '' "$(sed -n 's/^[0-9]* changes\?: //p' err | grep -o '[a-z]\+' | sort | uniq -d)"
check 'of which there are some' grep -q '^[0-9]* changes.* unknown' err

cuts 'a last page that does not say that it is the last' page.total=bare page.cut=2
check 'nor is that believed' grep -q 'the last page of the list does not say that it is the last' err

# A list that has become a fifth shorter than the last one is believed by no command.
new_world --state "$work/sim.db"
run export --out all.csv
sim_stop
sim_start --state "$work/sim.db" --set page.total=none --set apple.page_drop=3
settings
run export --out short.csv
exits 'a list that has become shorter' 0
check 'it says than when' grep -q 'the apple listing has .* entries, last time it had' err
same 'the export is not whole' partial "$(columns short.csv inventory | sort -u)"
run export --since now.csv --out since.csv --allow "fleet=$(sed -n 's/.*--allow fleet=\([0-9]*\);.*/\1/p' err | head -n 1)"
check 'allowed, it is' test "$(grep -c 'last time it had' err)" = 0
same 'and yet nobody is lost who is there' 0 "$(columns since.csv change | grep -c lost)"

new_world --state "$work/sim.db"
run export --since cut.csv --out since.csv
same 'what the cut one lacks was not added since' unknown "$(columns since.csv change | sort -u)"
check 'it is not known either' test "$(columns since.csv change | wc -l)" -gt 0
for word in 'Partial ' PARTIAL '"  partial"'; do
	sed "2,\$s/,partial\$/,$word/" cut.csv >touched.csv
	run export --since touched.csv --out since.csv
	same "a spreadsheet made it '$word'" unknown "$(columns since.csv change | sort -u)"
done

# --- since an export of before a server was renamed, and a device added again ---

sim_stop
{
	echo serial,server,added,released
	printf 'ZZNAMES%s,%s,2025-03-01T10:00:00Z,\n' 0001 Lab 0002 Lab 0003 Shop 0004 'WS1 EMEA' 0005 'WS1 EMEA' \
		0006 'WS1 APAC' 0007 'WS1 Americas'
} >names.csv
cat >names.yaml <<'Y'
version: 1
rules: [{name: all, match: {apple.status: UNASSIGNED}, do: [sync]}]
Y
rm -f sim.db*
new_world --fleet names.csv --state "$work/sim.db"
run export --out then.csv
run apply names.csv --rules ./names.yaml --yes --out result.csv
exits 'a run that knows the servers' 0
sim_stop
truth "UPDATE server SET name = 'Laboratory' WHERE name = 'Lab';
	UPDATE server SET uuid = 'A0' || substr(uuid, 3) WHERE name = 'Shop';
	UPDATE device SET added = added + 3 * 86400000 WHERE serial = 'ZZNAMES0004';
	UPDATE device SET added = added + 3600000 WHERE serial = 'ZZNAMES0005'"
sim_start --state "$work/sim.db"
settings
then_was() { # PYTHON over a row r of then.csv: what has changed since
	python3 - "$1" <<'EOF'
import csv, sys
rows = list(csv.DictReader(open("then.csv", newline="")))
for r in rows:
    exec(sys.argv[1])
with open("earlier.csv", "w", newline="") as f:
    w = csv.DictWriter(f, rows[0].keys())
    w.writeheader()
    w.writerows(rows)
EOF
	run export --since earlier.csv --out since.csv
	columns since.csv serial change server_before server | sed 's/^ZZNAMES000//' | paste -sd' '
}
again='4|returned|WS1 EMEA|WS1 EMEA 5|returned|WS1 EMEA|WS1 EMEA'
labs='1|renamed|Lab|Laboratory 2|renamed|Lab|Laboratory'
same 'by ids: renamed, and one made anew under the same name' "$labs 3|moved|Shop|Shop $again" "$(then_was 'pass')"
same 'without ids the last run tells' "$labs $again" "$(then_was 'r["server_id"] = ""')"
same 'a server that is still there is another one' "1|moved|WS1 EMEA|Laboratory ${labs#* } $again" \
	"$(then_was 'r["server_id"] = ""; r["server"] = "WS1 EMEA" if r["serial"].endswith("1") else r["server"]')"
same 'a date alone tells days' "$labs 3|moved|Shop|Shop 4|returned|WS1 EMEA|WS1 EMEA" "$(then_was 'r["added"] = r["added"][:10]')"
same 'what a spreadsheet made of it tells nothing' "$labs 3|moved|Shop|Shop" "$(then_was 'r["added"] = "01.03.2025 10:00"')"
rm -f state/last.*
same 'where nobody knows, it is not known' "${labs//renamed/unknown} $again" "$(then_was 'r["server_id"] = ""')"

# --- since a run ---

new_world --state "$work/sim.db"
run export --out then.csv
run apply then.csv --rules orphans --limit 1 --yes --out result.csv
id=$(sed -n 's/^run  *//p' err)
sqlite3 "$work/sim.db" "UPDATE managed SET status = 'Enrolled' WHERE status = 'Unenrolled'" 2>/dev/null
run export --since "$id" --out since.csv
exits 'since a run that was given an export' 0
run export --since then.csv --out same.csv
check 'is since that export' cmp -s since.csv same.csv
rm then.csv
run export --since latest --out since.csv
check 'also when the file is gone, by the name latest' cmp -s since.csv same.csv
head -n 3 live.csv | sed 's/,.*//' >few.csv
run apply few.csv --rules orphans --yes
run export --since latest
exits 'since a run that was given a list of serials' 64
check 'it says why' grep -q 'is no export of depmend' err
run export --since nosuchrun
exits 'since a run that is none' 64
new_world --state "$work/sim.db" --set page.clamp=10 --set page.ignored=yes
rm since.csv
run export --since live.csv --out since.csv
check 'nor what pages do not show that are all the first' \
	test ! -e since.csv -o "$(grep -sc ',lost,' since.csv)" = 0

# --- lists as people have them ---

"$build/depmend-sim" --make-fleet 20 --seed 5 >small.csv
new_world --fleet small.csv
mkdir lists
"$root/tests/reading/cases.py" --write lists
check 'there are lists of every kind' test "$(find lists -name '*.csv' | wc -l)" -gt 100
same 'a list to compare with is read as the input is' '' "$("$root/tests/survey/compare_lists.py" \
	"$build/depmend" "$root/tests/reading/cases/all.yaml" lists/* "$root"/tests/reading/cases/*.csv)"

# --- without a UEM, and when something cannot be read ---

new_world --state "$work/sim.db"
sed -i '/^uem:/,/client_secret/d' "$work/depmend.yaml"
run export --out apple.csv
exits 'with Apple alone' 0
same 'every device of Apple' "$(truth 'SELECT count(*) FROM device')" \
	"$(columns apple.csv serial | sort -u | wc -l)"
same 'nothing is said for the UEM' '|' "$(columns apple.csv listed profile | sort -u)"

settings
echo kept >kept.csv
sim_stop
run export --out kept.csv --max-wait 1s
check 'a service that is away is a failure' test "$status" -ne 0
same 'and the file of before stays' kept "$(cat kept.csv)"

suite_end
