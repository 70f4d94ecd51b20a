# shellcheck shell=bash disable=SC2154
# What Apple leaves out of its feed to the UEM: that device waits, with a reason of its own and a time
# to try again. The others of its phase do not wait for it off their server.

{
	echo serial,server,profile
	for i in 0 1 2 3 4 5 6 7 8 9; do
		echo "FEEDLACKS00$i,WS1 EMEA,Corporate iPads"
	done
	for i in $(seq 20); do echo "FEEDSTAYS0$((i + 10)),WS1 EMEA,"; done
	echo 'FEEDSTAYS001,WS1 APAC,'
	echo 'FEEDSTAYS002,WS1 Americas,'
} >feed.fleet.csv
head -11 feed.fleet.csv | cut -d, -f1 >ten.csv
printf 'serial\nFEEDLACKS009\n' >one.csv
printf 'version: 1\nname: f\nrules:\n  - {name: f, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' >feed.yaml
cat >no-fetch.yaml <<'S'
version: 1
knobs: {uem.feed_lacks: FEEDLACKS009}
faults:
  - {service: uem, method: PUT, query: '*action=Fetch*', do: reply, status: 202, body: empty, applied: no}
S
cat >elsewhere.yaml <<'S'
version: 1
knobs: {uem.feed_lacks: FEEDLACKS009}
S
rebuilt() { # INPUT [SIMULATOR OPTION...]
	local input=$1
	shift
	new_world --fleet feed.fleet.csv "$@"
	rm -f feed.result.csv
	run apply "$input" --rules feed.yaml --yes --max-wait 24h --allow percent=100 \
		--out feed.result.csv
}
ended() { # SERIAL: its outcome and reason
	python3 - "$1" <<'P'
import csv, sys
for row in csv.DictReader(open("feed.result.csv", newline="")):
    if row["serial"] == sys.argv[1]:
        print(row["depmend_outcome"], row["depmend_reason"].split(":")[0])
P
}
minutes_off() { # SERIAL: from its unassign to its reassign, in whole minutes
	jq -rs --arg s "$1" '[.[] | select(.kind == "effect" and .serial == $s and .effective and
		(.what == "unassign" or .what == "assign")) | .t] | ((.[1] - .[0]) / 60000) | floor' "$audit"
}
fetches() {
	requests '.query | test("action=Fetch")'
}

rebuilt ten.csv --scenario "$work/elsewhere.yaml"
exits 'a device that only Fetch brings' 0
same 'all ten are rebuilt' 10 "$(grep -c ',done,' feed.result.csv)"
check 'by a Fetch' test "$(fetches)" -gt 0
check 'nine did not wait for the tenth' test "$(minutes_off FEEDLACKS000)" -lt 15
check 'the tenth did' test "$(minutes_off FEEDLACKS009)" -gt 15

rebuilt ten.csv --scenario "$work/no-fetch.yaml"
exits 'a device that nothing brings' 5
same 'nine are rebuilt' 9 "$(grep -c ',done,' feed.result.csv)"
same 'the tenth has a reason of its own' 'unverified uem.left_out' "$(ended FEEDLACKS009)"
check 'and a time to try again' grep -q 'FEEDLACKS009.*try again from 2026-11-23T' feed.result.csv
same 'it was put back' 1 "$(effects assign FEEDLACKS009)"
check 'nine did not wait for it' test "$(minutes_off FEEDLACKS000)" -lt 15
check 'a Fetch was tried' test "$(fetches)" -gt 0
run status
check 'nothing is left open' grep -q '^open *nothing' out

for knobs in 'uem.throttled=FEEDLACKS009 uem.throttled_gone=yes' \
	'uem.throttled=FEEDLACKS009 uem.throttled_gone=yes uem.throttle_time=12h'; do
	sets=()
	for knob in $knobs; do sets+=(--set "$knob"); done
	rebuilt ten.csv "${sets[@]}"
	exits "throttled ($knobs)" 5
	same 'nine are rebuilt' 9 "$(grep -c ',done,' feed.result.csv)"
	same 'the throttled one waits' 'unverified uem.left_out' "$(ended FEEDLACKS009)"
	same 'on its server' 1 "$(effects assign FEEDLACKS009)"
done

# Alone it has nobody to be compared with: Apple tells that the UEM asked.
rebuilt one.csv --set uem.throttled=FEEDLACKS009 --set uem.throttled_gone=yes
same 'alone and left out' 'unverified uem.left_out' "$(ended FEEDLACKS009)"
rebuilt one.csv --set uem.sync=lost
same 'a sync that does nothing is no throttle' 'unverified uem.not_proved' "$(ended FEEDLACKS009)"
