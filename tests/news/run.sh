#!/usr/bin/env bash
# What is told of a run: webhooks, what is new since the run before, tickets; and what never is told.
#
#	tests/news/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/news/run.sh BUILD}"
cd "$work" || exit 1
hook_pid=''
trap '[ -z "$hook_pid" ] || kill "$hook_pid" 2>/dev/null; suite_clean' EXIT

cat >hook.py <<'END'
import http.server, sys
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open("posts", "a") as f:
            f.write(self.path + " " + self.headers["Content-Type"] + " " + body + "\n")
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
(umask 077 && echo "http://127.0.0.1:$(cat hook-port)/services/T0P-S3CRET" >hook-url)

cat >rules.yaml <<'END'
version: 1
name: news
columns: {serial: serial}
rules:
  - {name: broken, match: {csv.job: move}, do: [{reassign: {to: {column: target}}}], if_failed: [{advise: "ask the asset desk"}]}
  - {name: person, match: {csv.job: person}, do: [{advise: "swap the battery"}]}
  - {name: take, match: {csv.job: take}, do: [unassign]}
END
printf 'serial,server\n' >fleet.csv
on=(EMEA Americas APAC)
for i in $(seq 10 29); do
	printf 'C02NEW0000%s,WS1 %s\n' "$i" "${on[i % 3]}" >>fleet.csv
done
world() { # FORMAT [MORE]
	new_world --fleet fleet.csv
	settings_with "limits: {devices: 20, percent: 100}
notify: {webhook: {url: {file: hook-url}, format: $1${2:-}}}"
	rm -f posts
}
list() { # SERIAL-NUMBER,JOB...
	{
		echo serial,job,target
		for one in "$@"; do
			echo "C02NEW0000${one%,*},${one#*,},nowhere"
		done
	} >in.csv
}
act() {
	run apply in.csv --rules rules.yaml --yes --max-wait 48h
}
posts() {
	touch posts
	wc -l <posts
}
leaks() { # WHAT: nothing of it is in what was posted
	! grep -qE "$1" posts
}

# --- each format, and what is never in it ---
for format in json slack teams; do
	world $format
	list 10,person 11,person 12,move
	act
	exits "$format: some rows are open" 3
	same "$format: one message" 1 "$(posts)"
	check "$format: as JSON" grep -q '^/services/T0P-S3CRET application/json {' posts
	sed 's/^[^{]*//' posts >body
	check "$format: which is well-formed" jq -e . body >/dev/null
	check "$format: the counts" grep -q 'manual' body
	check "$format: the causes" grep -q 'rule.advise' body
	check "$format: no serial" leaks 'C02NEW'
	sed -i 's/^[^{]*//' posts
	check "$format: no secret" leaks 'T0P-S3CRET|secret|BUSINESSAPI|swap the battery'
	check "$format: nor are they in what the run says" bash -c '! grep -q T0P-S3CRET out err'
done
world slack
list 10,person
act
check 'slack: a text' jq -e '.text | test("1 manual") and test("next: depmend runs 20261122")' <(sed 's/^[^{]*//' posts) >/dev/null
world teams
act
check 'teams: a card' jq -e '.attachments[0].content.body[0].text | test("depmend demo")' <(sed 's/^[^{]*//' posts) >/dev/null
world json ', serials: true'
act
check 'serials when they are asked for' jq -e '.serials == ["C02NEW000010"]' <(sed 's/^[^{]*//' posts) >/dev/null

# --- on what ---
world json
list 10,take
act
exits 'a run without fault' 0
same 'is not told' 0 "$(posts)"
world json ', on: [guard]'
list 10,person
act
same 'a failure is not told where only guards are' 0 "$(posts)"
mapfile -t all < <(seq -f '%g,take' 10 29)
list "${all[@]}"
settings_with "limits: {devices: 5, percent: 100}
notify: {webhook: {url: {file: hook-url}, format: json, on: [guard]}}"
act
exits 'a guard' 4
check 'a guard is told' jq -e '.events == ["guard"] and .status == 4' <(sed 's/^[^{]*//' posts) >/dev/null

# --- new open items ---
world json
list 10,person 11,person
act
check 'at first all are new' jq -e '.new_open_items == 2' <(tail -n 1 posts | sed 's/^[^{]*//') >/dev/null
run report latest --new
same 'report --new: all' 2 "$(grep -c '^ *C02NEW' out)"
list 10,person 11,person 12,person
act
check 'then those that were not there before' jq -e '.new_open_items == 1' <(tail -n 1 posts | sed 's/^[^{]*//') >/dev/null
run report latest --new
same 'report --new' C02NEW000012 "$(sed -n 's/^ *\(C02NEW.*\)/\1/p' out)"
run report latest --new --json
same 'report --new --json' C02NEW000012 "$(jq -r 'select(.type == "open_item") | .serial' out)"
run report latest --tickets new.csv --new
same 'only the new ones become tickets' 1 "$(grep -c C02NEW000012 new.csv)"
check 'only those' bash -c '! grep -q C02NEW000010 new.csv'

# --- tickets ---
list 10,person 11,person 12,move 13,move 14,take
act
run report latest --tickets tickets.csv
exits 'tickets' 0
same 'a line per cause' 3 "$(wc -l <tickets.csv)"
same 'a header' key,reason,rule,outcome,devices,summary,remedy,serials "$(head -n 1 tickets.csv)"
check 'with the serials' grep -q 'rule.advise,person,manual,2,.*,swap the battery,C02NEW000010 C02NEW000011$' tickets.csv
list 11,person 15,person
act
run report latest --tickets later.csv
same 'the same cause has the same key' "$(sed -n 's/,rule.advise.*//p' tickets.csv)" "$(sed -n 's/,rule.advise.*//p' later.csv)"

# --- a webhook that is dead, silent, or says no ---
python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(8)
open("dead-port", "w").write(str(s.getsockname()[1]))
time.sleep(120)' &
dead=$!
for _ in $(seq 200); do
	[ ! -s dead-port ] || break
	sleep 0.05
done
world json
echo "http://127.0.0.1:$(cat dead-port)/x" >hook-url
sed -i 's|^notify: .*|notify: {url: {file: hook-url}, webhook: {url: {file: hook-url}, format: json}}|' depmend.yaml
list 10,person
sed 's|^notify: .*||' depmend.yaml >quiet.yaml
begin=$SECONDS
DEPMEND_SETTINGS=$PWD/quiet.yaml act
exits 'without news' 3
plain=$((SECONDS - begin)) # what this machine takes for it now
begin=$SECONDS
act
exits 'with a dead webhook and a dead watchdog' 3
check 'no more than 15 s are lost' test $((SECONDS - begin)) -le $((16 + 2 * plain))
check 'it is said' grep -q 'notify: no answer in time' err
kill "$dead"
echo "http://127.0.0.1:1/x" >hook-url
begin=$SECONDS
act
exits 'with nobody there' 3
check 'nothing is lost' test $((SECONDS - begin)) -le $((3 + 2 * plain))

# --- settings ---
for bad in '{}' '{webhook: {url: {file: hook-url}}}' '{webhook: {url: {file: hook-url}, format: mail}}' \
	'{webhook: {url: {file: hook-url}, format: json, on: []}}' '{webhook: {url: {file: hook-url}, format: json, on: [noise]}}' \
	'{webhook: {url: "https://hooks.slack.com/T0P", format: slack}}'; do
	settings_with "notify: $bad"
	run check
	exits "notify: $bad" 78
	check "notify: $bad: no secret is quoted" bash -c '! grep -q T0P out err'
done

suite_end
