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

(umask 077 && echo code >tenant-code)

# --- what nobody sees or a terminal obeys, in every channel that people read ---
# Not the columns of the input, and CSVs of names that rules compare with: those stay as they are,
# but for a terminal.

# Marks that turn the direction of writing, a control, zero width, joiners, a soft hyphen, a byte
# order mark, a letter without a shape, a selector of variants, tags.
evil=$(printf 'x\u202ey\u2066z\u009b2J\u200b\u200d\u2060\u2064\u00ad\ufeff\u3164\ufe0f\U000e0041\U000e0101w')
spelled=$(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$evil")
awk -v e="$evil" -v w='＝1+1' -v t="$(printf '\t=2')" -v b="$(printf '\ufeff=3')" '
	NR == 1 { print $0 ",Notes,Tab,Mark,Wanted," e } NR > 1 { print $0 "," w "," t "," b "," e "," e }' in.csv >marks.csv
sed "s|WS1 APAC|$evil|" "$root/samples/fleet.csv" >fleet.csv
new_world --fleet "$work/fleet.csv"
python3 - "$spelled" <<-'END'
	import re, sys
	text = open("depmend.yaml").read()
	open("depmend.yaml", "w").write(text.replace("server: WS1 APAC, group: WS1APAC", "server: %s, group: XYZ2JW" % re.sub(
	    r"\\ud[0-9a-f]{3}\\ud[0-9a-f]{3}", lambda m: "\\U%08x" % ord(m[0].encode().decode("unicode_escape").encode(
	        "utf-16", "surrogatepass").decode("utf-16")), sys.argv[1])))
END
python3 - hooks <<-'END' &
	import http.server, pathlib, sys
	class Hook(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        with open("shown/hook.log", "ab") as log:
	            log.write(self.path.encode() + b" " + self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
	        self.send_response(200)
	        self.end_headers()
	    def log_message(self, *_): pass
	server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
	pathlib.Path("hook-port").write_text(str(server.server_port))
	server.serve_forever()
END
hook_pid=$!
timeout 20 sh -c 'while ! [ -s hook-port ]; do sleep 0.1; done'
(umask 077 && printf 'http://127.0.0.1:%s/hook' "$(cat hook-port)" >hook-url)
printf 'notify: {url: {file: hook-url}, webhook: {url: {file: hook-url}, format: slack, on: [failure, off_server, guard, new_open_items, expiry]}}\n' >>depmend.yaml
cat >rules.yaml <<-'END'
	version: 1
	rules:
	  - name: to
	    match: {apple.server: WS1 EMEA}
	    do: [{reassign: {to: {column: Wanted}}}]
	    if_failed: [{advise: "ask <!channel>"}]
END
serial=$(sed -n '2s/,.*//p' marks.csv)
mkdir -p shown
channel() { # NAME ARGUMENT...: what it says, as text and as JSON
	local name=$1
	shift
	run "$@"
	cp out "shown/$name.out"
	cp err "shown/$name.err"
}
for json in '' --json; do
	channel "check$json" check marks.csv --rules rules.yaml ${json:+"$json"}
	channel "plan$json" plan marks.csv --rules rules.yaml --out plan.csv --html "shown/plan$json.html" ${json:+"$json"}
	channel "explain$json" explain marks.csv "$serial" --rules rules.yaml ${json:+"$json"}
done
channel apply apply marks.csv --rules rules.yaml --yes --allow percent=100 -v
exits 'a server of such a name' 0
name=$("$build/depmend" runs --quiet | grep -o '2026[0-9a-f-]*' | head -n 1)
for json in '' --json; do
	channel "status$json" status ${json:+"$json"}
	channel "history$json" history "$serial" ${json:+"$json"}
	channel "runs$json" runs ${json:+"$json"}
	channel "run$json" runs "$name" ${json:+"$json"}
	channel "report$json" report "$name" ${json:+"$json"}
	channel "doctor$json" doctor ${json:+"$json"}
	channel "undo$json" undo "$name" --out undo.csv ${json:+"$json"}
	channel "pause$json" pause --reason "$evil" ${json:+"$json"}
	channel "paused$json" apply marks.csv --rules rules.yaml --yes ${json:+"$json"}
	channel "resume$json" resume ${json:+"$json"}
	channel "off$json" export --off-server ${json:+"$json"}
done
channel export--json export --json
run export --out live.csv
sed -i "2s/,WS1 [A-Za-z]*,/,$evil,/" live.csv
channel since export --since live.csv --html shown/since.html
channel compare export --compare live.csv --json
python3 "$root/tests/terminal/pty.py" --data shown/export.tty "$build/depmend" export --progress none >shown/export.tty.err
python3 "$root/tests/terminal/pty.py" --data shown/report.tty "$build/depmend" report "$name" --csv - >shown/report.tty.err
channel rehearse rehearse marks.csv --rules rules.yaml
cp marks.csv "$evil.csv"
channel name check "$evil.csv" --rules rules.yaml
channel nofile check "$evil.none"
channel option apply marks.csv "--$evil"
channel set plan marks.csv --rules rules.yaml --set "$evil=1"
channel history.html history "$serial" --html shown/history.html
channel files report "$name" --html shown/report.html --xlsx shown/report.xlsx --metrics shown/metrics.prom \
	--csv report.csv --tickets shown/tickets.csv
python3 -c '
import csv
rows = csv.reader(open("report.csv"))
for row in rows: print(row[-10:])' >shown/result.ours
# Names of files and words that are no UTF-8: what reads lines as text would show none of theirs.
bytes=$(printf 'x\377\376\355\240\200\300\233y')
channel bytes.settings status --settings "$bytes"
channel bytes.history history "$bytes"
channel bytes.rules rules "$bytes"
channel bytes.out export --out "$bytes/x.csv"
channel bytes.set plan marks.csv --rules rules.yaml --set "$bytes"
channel bytes.check check "$bytes.csv" --json
channel bytes.pause pause --reason "$bytes"
channel bytes.status status --json
channel bytes.resume resume
kill "$hook_pid"
wait "$hook_pid" 2>/dev/null
check 'messages were sent' grep -q '^/hook ' shown/hook.log
check 'every channel says something' test "$(find shown -size +0 -name '*.*' | wc -l)" -gt 25
same 'none shows the marks' '' "$(cd shown && python3 -c '
import pathlib, re, zipfile
bad = re.compile("[\u202a-\u202e\u2066-\u2069\u0080-\u009f\u200b-\u200f\u2060-\u2064\u00ad\ufeff\u3164\ufe0f\U000e0000-\U000e0fff\x1b\udc80-\udcff]")
for path in sorted(pathlib.Path().iterdir()):
    if path.suffix == ".xlsx":
        book = zipfile.ZipFile(path)
        text = "".join(book.read(name).decode() for name in book.namelist())
    else:
        text = path.read_bytes().decode(errors="surrogateescape")
    if bad.search(text):
        print(path)')"
for csv in plan report; do
	check "$csv.csv: a full-width formula is text" grep -q "'＝1+1" "$csv.csv"
	check "$csv.csv: so is one behind a TAB" grep -q "'=2" "$csv.csv"
	check "$csv.csv: and behind a byte order mark" grep -q "$(printf "'\ufeff=3")" "$csv.csv"
done
suite_end
