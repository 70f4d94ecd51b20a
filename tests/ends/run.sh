#!/usr/bin/env bash
# Credentials end: status, metrics and the webhook say so at 30, 14 and 3 days, each once.
#
#	tests/ends/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/ends/run.sh BUILD}"
cd "$work" || exit 1
hook_pid=''
trap '[ -z "$hook_pid" ] || kill "$hook_pid" 2>/dev/null; suite_clean' EXIT

cat >hook.py <<'END'
import http.server
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open("posts", "a") as f:
            f.write(body + "\n")
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
with open("hook-port", "w") as f:
    f.write(str(server.server_port))
server.serve_forever()
END
python3 hook.py &
hook_pid=$!
for _ in $(seq 200); do
	[ ! -s hook-port ] || break
	sleep 0.05
done
(umask 077 && echo "http://127.0.0.1:$(cat hook-port)/x" >hook-url)
cat >rules.yaml <<'END'
version: 1
name: ends
columns: {serial: serial}
rules: [{name: look, match: {always: true}, do: [skip]}]
END
printf 'serial\nC02XK1ABJG5H\n' >in.csv

# shellcheck disable=SC2119 # it needs no options
new_world
settings_with 'notify: {webhook: {url: {file: hook-url}, format: json, on: [expiry]}}'
sed -i 's|group: WS1EMEA|&, expires: 2027-01-01|' depmend.yaml
at() { # TIME
	export DEPMEND_CLOCK=virtual:$1
	run apply in.csv --rules rules.yaml --yes
	exits "$1: a run" 0
}
told() {
	touch posts
	wc -l <posts
}
at 2026-11-22T03:00:00Z
same '40 days before: nothing is told' 0 "$(told)"
run status
check 'status has the end' grep -q 'server token of the UEM (WS1 EMEA) ends 2027-01-01, in 39 days' out
check 'an end that nobody noted' grep -q 'WS1 APAC): its end is not known' out
at 2026-12-03T03:00:00Z
same '29 days before' 1 "$(told)"
check 'it says what ends' jq -e '.expiry | test("WS1 EMEA.*ends 2027-01-01, in 28 days: renew it")' posts >/dev/null
at 2026-12-04T03:00:00Z
same 'once' 1 "$(told)"
at 2026-12-18T03:00:00Z
same '14 days before' 2 "$(told)"
at 2026-12-29T12:00:00Z
same '3 days before' 3 "$(told)"
run status
check 'status says it is soon' grep -q '^ends soon .*WS1 EMEA.* in 2 days' out
check 'and what to do' grep -q -e '-> renew it in the console' out
run status --json
same 'for programs' '2 3' "$(jq -r 'select(.type == "credential" and .name == "WS1 EMEA") | "\(.days_left) \(.stage)"' out)"
at 2027-01-02T03:00:00Z
run status
check 'status says it has ended' grep -q 'WS1 EMEA) ended 2027-01-01' out
run report latest --metrics run.prom
check 'metrics' grep -q '^depmend_credential_days_left{.*name="WS1 EMEA"' run.prom

# --- a certificate ---
openssl req -x509 -newkey rsa:2048 -nodes -keyout p12.key -out p12.crt -days 10 -subj /CN=api 2>/dev/null
(umask 077 && openssl pkcs12 -export -inkey p12.key -in p12.crt -passout pass:open-sesame -out admin.p12 &&
	echo open-sesame >p12-password)
sed -i '/^    oauth:/,/client_secret/d' depmend.yaml
sed -i 's|^  auth:.*|  auth: {certificate: {pkcs12: {file: admin.p12}, password: {file: p12-password}}}|' depmend.yaml
DEPMEND_CLOCK='' run status
check 'the end of a certificate is read' grep -q "certificate of the UEM's administrator ends .*, in 9 days" out

suite_end
