# shellcheck shell=bash disable=SC2154
# A refusal that names several devices costs one more request, whichever way it names them.

{
	echo serial,server
	for i in $(seq -w 30); do
		echo "REFUSED00$i,WS1 EMEA"
	done
	echo 'REFUSED00APA,WS1 APAC'
	echo 'REFUSED00AME,WS1 Americas'
} >refused.fleet.csv
head -31 refused.fleet.csv | cut -d, -f1 >refused.csv
printf 'version: 1\nname: move\nrules:\n  - {name: move, match: {always: true}, do: [{reassign: {to: WS1 APAC}}, sync]}\n' >move.yaml
bad='REFUSED0003 REFUSED0004 REFUSED0007 REFUSED0008 REFUSED0011 REFUSED0012 REFUSED0017 REFUSED0018
	REFUSED0021 REFUSED0022 REFUSED0029 REFUSED0030'
bad=$(xargs <<<"$bad")
for pointer in plain id nested detail; do
	new_world --fleet refused.fleet.csv --set "apple.refused_serials=$bad" \
		--set apple.pointer=$pointer
	run apply refused.csv --rules move.yaml --yes --max-wait 12h --allow percent=100 \
		--out refused.result.csv
	exits "12 of 30 are refused ($pointer)" 3
	same "12 of 30 are refused ($pointer): the others are moved" 18 \
		"$(grep -c ',done,' refused.result.csv)"
	same "12 of 30 are refused ($pointer): they alone failed" 12 \
		"$(grep -c ',failed,.*apple\.refused' refused.result.csv)"
	same "12 of 30 are refused ($pointer): by two requests" 2 \
		"$(requests '.path == "/v1/orgDeviceActivities" and .method == "POST"')"
	rm -f refused.result.csv
done

# Patience that is asked for until another century: the next try is a day later, and who is off its
# server comes back.
head -5 refused.csv >century.csv
printf 'version: 1\nname: r\nrules:\n  - {name: r, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' >century.yaml
for wait in 99999999999 999999999999999999999999999 'Sun, 22 Nov 2126 03:10:00 GMT'; do
	cat >century.scenario.yaml <<S
version: 1
faults:
  - {service: apple, activity: ASSIGN_DEVICES, nth: 1, do: reply, status: 429, body: empty, retry_after: "$wait", applied: no}
S
	new_world --fleet refused.fleet.csv --scenario "$work/century.scenario.yaml"
	run apply century.csv --rules century.yaml --yes --max-wait 30h --allow percent=100 \
		--out century.result.csv
	exits "Retry-After $wait" 0
	same "Retry-After $wait: all are back" 4 "$(grep -c ',done,' century.result.csv)"
	rm -f century.result.csv
done
