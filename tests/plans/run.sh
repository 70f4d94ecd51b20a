#!/usr/bin/env bash
# What a plan says to who decides about it: every guard with its figure, the one line that lifts all
# that would stop it, and a next command that lifts none of them. Generated plans, each carried out
# by what it printed. And results of random lists by either parser (parsers.py).
#
#	tests/plans/run.sh BUILD [N]
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/plans/run.sh BUILD [N]}"
here=$(cd "$(dirname "$0")" && pwd)
cd "$work" || exit 1
RANDOM=4

check 'either parser, the same result' python3 -B "$here/parsers.py" "$build" 60

cat >rules.yaml <<'END'
version: 1
parameters: {job: {default: rebuild}}
columns: {serial: serial}
rules:
  - {name: rebuild, match: {param.job: rebuild}, do: [unassign, sync, reassign, sync]}
  - {name: take, match: {param.job: take}, do: [unassign]}
  - {name: move, match: {param.job: move}, do: [{reassign: {to: WS1 EMEA}}, sync]}
  - {name: release, match: {param.job: release}, do: [delete_from_lifecycle, release]}
  - {name: delete_record, match: {param.job: delete_record}, do: [delete_record]}
  - {name: wipe, match: {param.job: wipe}, do: [{wipe: {kind: device}}]}
END
awk 'BEGIN { split("EMEA,Americas,APAC", on, ",")
	print "serial,server,enrollment_status,user"
	for (i = 0; i < 60; i++) printf "C02PLN%06d,WS1 %s,Enrolled,jo\n", i, on[i % 3 + 1] }' >fleet.csv
rows() { # N: in.csv
	awk -v n="$1" 'BEGIN { print "serial"; for (i = 0; i < n; i++) printf "C02PLN%06d\n", i }' >in.csv
}
line() { # LABEL: of the plan
	sed -n "s/^$1  *//p" err
}

# --- one with everything ---
new_world --fleet fleet.csv
settings_with 'limits: {devices: 20, percent: 5, release: 3}'
rows 30
run plan in.csv --rules ./rules.yaml --set job=release --out plan.csv
exits 'a plan that guards would stop' 0
# Of each wave three servers are left, by a sync each, and one request releases.
same 'how many devices' '30 devices, in 8 requests to Apple, 0 to the UEM, 6 syncs' "$(line 'will change')"
same 'in waves' '2, the first with 5 devices; each is verified before the next begins' "$(line waves)"
same 'what cannot be undone' 'devices per step that cannot be undone: release 30' "$(line 'no way back')"
same 'what does not come back' '30 devices removed from their server, not restored' "$(line 'off server')"
same 'every guard with its figure' 'limits.release: 30 devices (limit 3); apply sends nothing
limits.devices: 30 devices (limit 20); apply sends nothing
limits.percent: 30 devices (limit 3, 5 % of 60 devices); apply sends nothing' "$(line stopped)"
same 'one line lifts them' '--allow release=30 --allow devices=30 --allow percent=50' "$(line allow | sed 's/.*: //')"
run plan in.csv --rules ./rules.yaml --set job=move --out plan.csv --html plan.html
check 'it names the page' test "$(line page)" = plan.html
run explain in.csv C02PLN000001 --rules ./rules.yaml --set job=move
check 'explain ends with a command that runs' sh -c "PATH=$build:\$PATH; $(sed -n 's/^next  *//p' out)"
run explain in.csv C02XK1AAJG5H --rules ./rules.yaml
check 'a serial that is not in the list: which list' grep -q "in.csv: no row has the serial 'C02XK1AAJG5H'" err
run check in.csv --rules ./rules.yaml -q
same 'check --quiet says only what is wrong' '' "$(cat out err)"
run check in.csv --rules ./rules.yaml -v
same 'what it names next is not verbose' 0 "$(grep -c -e '--verbose' out)"
run plan in.csv --rules ./rules.yaml --set job=release --out plan.csv
check 'it stands above the next command' test "$(grep -n '^allow' err | cut -d: -f1)" -lt "$(grep -n '^next' err | cut -d: -f1)"
run plan in.csv --rules ./rules.yaml --set job=release --out plan.csv --allow release=30 --allow percent=40
same 'what was allowed is a figure' 'limits.release: 30 devices (limit 30)' "$(line guard)"
same 'what was too little is said anew, what was enough again' \
	'--allow devices=30 --allow percent=50 --allow release=30' "$(line allow | sed 's/.*: //')"
check 'the next command lifts nothing' test "$(line next | grep -cE -e '--(allow|yes|confirm)')" -eq 0
run apply in.csv --rules ./rules.yaml --set job=release --dry-run --yes --confirm release=30 --allow release=30
check 'nor does that of --dry-run' test "$(line next | grep -cE -e '--(allow|yes|confirm|dry-run)')" -eq 0
check 'and there is one' test -n "$(line next)"
run plan in.csv --rules ./rules.yaml --allow relase=30
exits 'a guard that there is not' 64
run apply in.csv --rules ./rules.yaml --yes --confirm relase=30
exits 'a step that there is not' 64
same 'nothing was sent by any of these' 0 "$(changes)"

# The reader's window begins with a line of its own, which is moved out of it; what is read next ends at
# the first byte that cannot be.
python3 - >unread.csv <<'END'
import sys
text = "sep=;\nserial;note\n"
while len(text) < 62000:
    text += f"C02XK{len(text):07d};{'n' * 3000}\n"
row = f"C02XK{len(text):07d};"
text += row + "n" * (65530 - len(text) - len(row)) + "\nAAAAA"
sys.stdout.buffer.write(text.encode() + b"\x81;x\n")
END
for way in quick libcsv; do
	# shellcheck disable=SC2046 # none, or one
	run plan unread.csv --offline --rules rules.yaml --encoding cp1252 $([ $way = quick ] || echo --parser libcsv)
	same "$way: a byte that is not cp1252" 65 "$status"
	cat out err >"$way.told"
done
check 'told of the same row by either parser' cmp quick.told libcsv.told
check 'and what it is' grep -q 'not cp1252' quick.told

# --- the page for who has to agree ---
mkdir pages
run plan in.csv --rules ./rules.yaml --set job=release --html plan.html --out pages/plan.csv
exits 'a page and a CSV in another folder' 0
check 'both are there' test -s plan.html -a -s pages/plan.csv
page() { # WHAT PATTERN
	check "the page: $1" grep -qE -e "$2" plan.html
}
page 'how many devices' '<dt>Devices changed</dt><dd>30</dd>'
page 'what does not come back' '<dt>Removed from their server, not restored</dt><dd>30</dd>'
page 'what cannot be undone' '<code>release</code><td class="n">30<td class="bad">no'
page 'of which group' '<th scope="row">release<td>WS1 EMEA<td class="n">10<td>delete_from_lifecycle, release'
page 'each device' '<code>C02PLN000029</code>'
page 'the guards that stop it' 'Stops it: </strong>limits.release: 30 devices \(limit 3\)'
page 'the command' '<code>depmend apply in.csv --rules ./rules.yaml --set job=release --expect [0-9a-f]{12}</code>'
page 'what lifts the guards' '<code>--allow release=30 --allow devices=30 --allow percent=50</code>'
page 'the whole fingerprint' '<code>[0-9a-f]{64}</code>'
page 'the rules and their parameters' '<dt>Parameter</dt><dd><code>job=release</code>'
check 'it loads nothing and runs nothing' test "$(grep -cE '<script|<img|<link|src=|href=' plan.html)" -eq 0
check 'it is well-formed enough to be read' python3 - <<'END'
import html.parser, sys
class P(html.parser.HTMLParser):
    void = {"meta", "br"}
    loose = {"td", "th", "tr", "thead", "tbody", "p", "li"}
    stack = []
    def handle_starttag(self, tag, attrs):
        if tag not in self.void | self.loose:
            self.stack.append(tag)
    def handle_endtag(self, tag):
        if tag not in self.void | self.loose:
            assert self.stack.pop() == tag, (tag, self.getpos())
p = P()
p.feed(open("plan.html").read())
assert not p.stack, p.stack
END
run plan in.csv --rules ./rules.yaml --offline --html no.html
exits 'a page needs the services' 64
run plan in.csv --rules ./rules.yaml --set job=release --html rules.yaml
exits 'a page is not written over the rules' 64

# --- what earlier runs left ---
rows 6
run plan in.csv --rules ./rules.yaml --out plan.csv
check 'nothing is unfinished' test "$(grep -cE '^(off server  [0-9]+ devices?;|unknown|paused)' err)" -eq 0
same 'they come back' 1 "$(grep -c '^off server  6 devices leave the server and come back in this run: up to 5 at a time, ' err)"
check 'until when, and why' grep -qE '^estimate    ends 2026-.* to 2026-.*Z \(the UEM takes up to 45 min for a sync\)$' err
settings_with 'batch: {apple: 1}
rate: {apple_write: 3/hour}'
run plan in.csv --rules ./rules.yaml --out plan.csv
check 'the narrow place is named' grep -q '(3 changes to Apple in an hour)$' err
settings
run pause --reason 'of a storm'
run plan in.csv --rules ./rules.yaml --out plan.csv
check 'a brake is named' grep -qE '^paused      since .*: of a storm$' err

# --- on a terminal: the first rows ---
settings
run resume
rows 8
python3 "$root/tests/terminal/pty.py" --columns 80 --data shown "$build/depmend" plan in.csv \
	--rules ./rules.yaml --color never >term
check 'the first rows' grep -q '^the first 5 of 8 rows to be acted on:' shown
same 'which are these' 'C02PLN000000 C02PLN000004' "$(sed -n '/^the first/,/^fingerprint/s/^  \([A-Z0-9]*\) .*/\1/p' shown | sed -n '1p;$p' | tr '\n' ' ' | sed 's/ $//')"
same 'nothing of it is too wide' '' "$(grep -v '^next' shown | grep -E '.{81}')"
TZ=Asia/Kathmandu python3 "$root/tests/terminal/pty.py" --data shown "$build/depmend" plan in.csv \
	--rules ./rules.yaml --color never >term
check 'times are those of the terminal' grep -qE '^estimate    ends [0-9][0-9]:[0-9][0-9] \+05:45 to ' shown

# --- a server whose name has what separates steps in a CSV is named as it is ---
{ cat fleet.csv && echo 'C02PLN000060,EMEA=planned;Lab,,'; } >named.csv
printf '%s\n' 'version: 1' 'columns: {serial: serial}' 'rules:' \
	'  - {name: move, match: {apple.server: WS1 EMEA}, do: [{reassign: {to: "EMEA=planned;Lab"}}]}' >named.yaml
new_world --fleet named.csv
rows 1
run plan in.csv --rules ./named.yaml --html named.html
check 'the table has one step' grep -q ' planned  reassign(EMEA=planned;Lab)$' err
same 'the page as well' 'reassign(EMEA=planned;Lab)' "$(grep -o 'reassign([^<]*' named.html | sort -u)"

# --- generated: what is printed is what happens ---
jobs=(rebuild take move release delete_record wipe)
for i in $(seq "${2:-${PLANS:-$(fewer 40)}}"); do
	job=${jobs[RANDOM % 6]} n=$((1 + RANDOM % 30))
	new_world --fleet fleet.csv
	settings_with "limits: {devices: $((RANDOM % 40)), percent: $((RANDOM % 101)), release: $((RANDOM % 40)), delete_record: $((RANDOM % 40)), wipe: $((RANDOM % 40))}"
	rows "$n"
	what="$i: $job of $n"
	run plan in.csv --rules ./rules.yaml --set "job=$job" --out plan.csv
	next=$(line next) allow=$(line allow | sed 's/.*: //') stops=$(line stopped | wc -l)
	[ -n "$next" ] || { same "$what: nothing to do" '' "$(grep ',planned,' plan.csv)" && continue; }
	yes="--yes --max-wait 48h"
	case $job in release | delete_record | wipe) yes+=" --confirm $job=$(grep -c ',planned,' plan.csv)" ;; esac
	check "$what: the line is there when something stops" test "$((stops > 0))" = "$([ -n "$allow" ] && echo 1 || echo 0)"
	# shellcheck disable=SC2086
	run ${next#depmend } $yes
	if [ "$stops" -gt 0 ]; then
		exits "$what: stopped, as the plan said" 4
		same "$what: nothing was sent" 0 "$(changes)"
		# shellcheck disable=SC2086
		run ${next#depmend } $yes $allow
	fi
	check "$what: no guard stops it ($status)" test "$status" -ne 4 -a "$status" -ne 64
	check "$what: something was sent" test "$(changes)" -gt 0
done

suite_end
