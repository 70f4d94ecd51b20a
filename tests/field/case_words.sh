# shellcheck shell=bash disable=SC2154
# Characters that nobody sees, and what a rule says when it failed.

new_world
zero=$(printf '\342\200\213')
sed -i "s|server: \"WS1 EMEA\"|server: \"WS1${zero} EMEA\"|; s|server: WS1 EMEA|server: \"WS1${zero} EMEA\"|" depmend.yaml
run check
check 'a name with a character that nobody sees is shown spelt' grep -q 'WS1<U+200B> EMEA' out err
head -3 "$root/samples/fleet.csv" | cut -d, -f1 >words.csv
printf 'version: 1\nname: r\nrules:\n  - {name: r, match: {always: true}, do: [skip]}\n' >words.yaml
run plan words.csv --rules words.yaml --out words.plan.csv
check 'and told apart from the one that is meant' \
	grep -q "named 'WS1<U+200B> EMEA' at Apple; did you mean 'WS1 EMEA'" err
settings
sed -i "s|client_id: BUSINESSAPI|client_id: ${zero}BUSINESSAPI|" depmend.yaml
run check
exits 'in an id it is a mistake' 78
check 'which is shown' grep -q '<U+200B>BUSINESSAPI' out err
settings
(umask 077 && printf 'code\302\240\n' >tenant-code)
run plan words.csv --rules words.yaml --out words.plan.csv
exits 'in a secret too' 78
check 'where it is, not what the secret is' grep -q 'U+00A0 at byte 5 of 6' err
(umask 077 && echo code >tenant-code)

# if_failed: the advice of the rule reaches rows, summary, report and --json.
cat >advice.fleet.csv <<'F'
serial,server,profile
ADVICE000001,WS1 EMEA,
ADVICE000002,WS1 EMEA,Corporate iPads
ADVICE000003,WS1 APAC,
ADVICE000004,WS1 Americas,
F
cut -d, -f1 advice.fleet.csv | head -2 >advice.csv
advised() { # WHAT STATUS STEPS [SIMULATOR OPTION...]
	local what=$1 wanted=$2 steps=$3
	shift 3
	new_world --fleet advice.fleet.csv "$@"
	printf 'version: 1\nname: a\nrules:\n  - {name: a, match: {always: true}, do: %s, if_failed: [{advise: open a ticket}]}\n' \
		"$steps" >advice.yaml
	rm -f advice.result.csv
	run apply advice.csv --rules advice.yaml --yes --max-wait 12h --allow percent=100 \
		--out advice.result.csv
	exits "$what" "$wanted"
	check "$what: the row says it" grep -q 'ADVICE000001.*the rule says: open a ticket' advice.result.csv
	check "$what: the summary says it" grep -q '1 x the rule says: open a ticket' out err
	run report "$(grep -o '20261122-[0-9a-z-]*' advice.result.csv | head -1)" --html advice.html --json
	check "$what: --json says it" grep -q '"advice":"open a ticket"' out
	check "$what: the report says it" grep -q 'open a ticket' advice.html
}
advised 'refused' 3 '[{reassign: {to: WS1 APAC}}]' --set apple.refused_serials=ADVICE000001
advised 'failed in the log' 3 '[{reassign: {to: WS1 APAC}}]' --set apple.failing=ADVICE000001
advised 'timed out' 5 '[{assign_profile: {profile: Corporate iPads}}]' --set uem.profile=stuck
advised 'a sync in vain' 5 '[unassign, sync, reassign, sync]' --set uem.sync=lost
