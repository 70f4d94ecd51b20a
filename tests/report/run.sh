#!/usr/bin/env bash
# The reports of a run against its result CSV. What needs a browser or an office is in tests/full.
#
#	tests/report/run.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/report/run.sh BUILD}"
cd "$work" || exit 1

evil='<script>alert(1)</script>'
number() { # NAME: the value of a metric without further labels
	sed -n "s/^depmend_$1{tenant=\"demo\"} //p" run.prom
}

# Every report of the newest run, checked against its CSV.
reports() { # WHAT
	run report latest --html run.html --xlsx run.xlsx --metrics run.prom --csv run.csv --raw-csv
	exits "$1: report" 0
	for kind in html xlsx metrics; do
		file=run.$kind
		[ "$kind" != metrics ] || file=run.prom
		same "$1: $kind" '' "$("$here/check.py" "$kind" "$file" run.csv 2>&1)"
	done
}

# --- names that are markup, cells of every kind ---

sed "s|WS1 APAC|$evil|" "$root/samples/fleet.csv" >fleet.csv
new_world --fleet "$work/fleet.csv"
sed -i "s|server: WS1 APAC|server: \"$evil\"|; s|group: WS1EMEA|&, expires: 2100-01-01|; s|group: WS1APAC|group: SCRIPTALERT1SCRIPT|" \
	depmend.yaml
sed "s|WS1 APAC|$evil|; s|iPhone 12|$evil|" "$root/samples/portal-like.csv" >in.csv
printf '%s,"& "" \x27 </td> \xe2\x80\xae \x01 %s",,,,,,,,,,,,,,  =1+1\n' \
	ZZ8NOTOURS "$evil" ZZ7NOTOURS "$(head -c 3000 /dev/zero | tr '\0' x)" >>in.csv
run apply in.csv --rules corrupted-registration --yes --allow percent=30
exits 'a run with odd names' 3
reports 'odd names'
check 'markup is text' grep -q 'alert(1)&lt;/script&gt;' run.html
check 'control bytes are replaced' test "$(tr -d '\n\t' <run.html | tr -cd '\000-\037\177' | wc -c)" -eq 0
check 'a long cell is cut' grep -q 'xxx…' run.html
check 'who said yes' grep -q -- '<code>--yes</code>' run.html
check 'which guards were lifted' grep -q -- '<code>percent=30</code>' run.html
check 'the fingerprint' grep -qE '[0-9a-f]{64}' run.html
check 'the audit trail' grep -q 'The audit trail was whole' run.html
same 'timeline: as many as were sent' "$(requests '.path == "/v1/orgDeviceActivities" and .method == "POST"')" \
	"$(sed -n 's/.*Changes at Apple<\/strong>: \([0-9]*\) sent; at most .*/\1/p' run.html)"
for chart in 'Reads at Apple' 'Changes at Apple' 'Requests to the UEM'; do
	check "timeline: $chart" grep -q "<strong>$chart</strong>: [1-9][0-9]* sent" run.html
done
same 'metrics: exit status' 3 "$(number exit_status)"
same 'metrics: no success yet' '' "$(number last_success_timestamp_seconds)"
check 'metrics: token days' grep -Eq '^depmend_token_days_left\{.*group="WS1EMEA"\} [0-9]{5}(\.[0-9]+)?$' run.prom
check 'metrics: odd names' grep -q 'tenant="demo"' run.prom

sqlite3 state/*/depmend.db "UPDATE event SET text = replace(text, 'percent=30', 'percent=10') WHERE id = 1"
run report latest --html run.html
exits 'a changed audit trail' 0
check 'a changed audit trail shows' grep -q 'the audit trail is broken at event 1' run.html
run report latest --verify
check 'a changed audit trail fails --verify' test "$status" -ne 0

# --- success, and a run that is not over ---

new_world
sed -n '1p;/^7AGC74BU22/p' "$root/samples/portal-like.csv" >one.csv
settings_with 'notify: {url: {env: PING_URL}}'
python3 -c '
import http.server
class Pinged(http.server.BaseHTTPRequestHandler):
	def do_POST(self):
		size = int(self.headers["Content-Length"])
		print(self.path, self.rfile.read(size).decode().split(), flush=True)
		self.send_error(404)
server = http.server.HTTPServer(("127.0.0.1", 0), Pinged)
print(server.server_port, flush=True)
server.handle_request()
server.handle_request()' >pings 2>/dev/null &
for _ in $(seq 200); do
	[ ! -s pings ] || break
	sleep 0.05
done
PING_URL=http://127.0.0.1:$(head -n 1 pings)/ping
export PING_URL
run apply one.csv --rules corrupted-registration --yes
kill $! 2>/dev/null
exits 'a run without fault' 0
same 'what was pinged' "/ping/start [] /ping/0 ['rows=1', 'done=1']" "$(sed 1d pings | paste -sd ' ')"
check 'a ping that is not taken is said' grep -q 'notify: the answer was 404' err
reports 'no fault'
check 'nothing is left to do' grep -q 'Nothing: every row is settled' run.html
check 'and that it came to its end' grep -q '<td>ended' run.html
same 'metrics: exit status of a good run' 0 "$(number exit_status)"
check 'metrics: last success' test "$(number last_success_timestamp_seconds)" -gt "$(number last_run_timestamp_seconds)"

new_world
settings_with 'rate: {apple_write: 3/hour}'
run apply "$root/samples/portal-like.csv" --rules corrupted-registration --yes --allow percent=30 \
	--max-wait 1m --out stopped.csv
exits 'a run out of time' 75
reports 'out of time'
same 'metrics: not over' 0 "$(number run_finished)"
check 'and why it stopped' grep -q '<td>stopped<td colspan="4">.*max-wait' run.html
check 'the page says so' grep -q 'Not finished: run the same command again' run.html
run apply "$root/samples/portal-like.csv" --rules corrupted-registration --yes --out stopped.csv
exits 'and now to its end' 3
reports 'continued'
check 'who went on' grep -q '<td>continued' run.html

# --- more rows than a page shows ---

cat >leave.yaml <<'RULES'
version: 1
name: leave
rules:
  - name: broken
    match: {csv.Wish: advise}
    do: [{advise: "look at it"}]
  - name: rest
    match: {always: true}
    do: [skip]
RULES
awk 'BEGIN { print "Serial,Model,Wish"; for (i = 0; i < 6000; i++)
	printf "X%09d,Model %d,%s\n", i, i % 700, i % 97 == 96 ? "advise" : "leave" }' >many.csv
new_world
run apply many.csv --rules leave.yaml --yes
exits 'many rows' 3
reports 'many rows'
check 'names that do not fit are one' grep -q '<th scope="row">all others' run.html
check 'what was left out is said' grep -q '5,000 of 6,000 rows.* Left out: 1,000 skipped\.' run.html

# --- outputs that cannot be ---

mkdir -p folder
for kind in html xlsx metrics; do
	run report latest "--$kind" folder
	exits "--$kind onto a folder" 73
	run report latest "--$kind" nowhere/x
	exits "--$kind into no folder" 73
done
run report latest --xlsx -
exits '--xlsx - has no seat' 64
run report latest
exits 'report without a wish' 64
same 'nothing is left behind' '' "$(find . -name '.*.*' -newer many.csv ! -path './state/*' | grep -v '^\./\?$')"
# --- who may read the numbers: as the settings say, whatever the umask ---
(umask 077 && run report latest --metrics by-umask.prom)
same 'without metrics_mode the umask decides' 600 "$(stat -c %a by-umask.prom)"
settings_with 'metrics_mode: "0640"'
(umask 077 && run report latest --metrics for-group.prom)
same 'with it the group may read' 640 "$(stat -c %a for-group.prom)"
settings_with 'metrics_mode: "0777"'
run report latest --metrics no.prom
exits 'another mode is a mistake' 78
settings

suite_end
