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
for spelt in '200B:\342\200\213' '00A0:\302\240' '202E:\342\200\256'; do
	hidden=$(printf '%b' "${spelt#*:}")
	for place in "match: {uem.profile: 'Corporate${hidden} iPads'}, do: [skip]" \
		"match: {apple.server: 'WS1${hidden}EMEA'}, do: [skip]" \
		"match: {always: true}, do: [{assign_profile: {profile: 'Corporate${hidden} iPads'}}]"; do
		printf 'version: 1\nname: r\nrules:\n  - {name: r, %s}\n' "$place" >hidden.yaml
		run check --rules ./hidden.yaml
		check "U+${spelt%:*} in a rule's ${place%% *} is shown" grep -q "<U+${spelt%:*}>" err out
	done
done

# Why a row did not begin, or was refused, is said on the row itself, also where a service says little.
cat >why.fleet.csv <<'F'
serial,server,profile
WHYREASON001,WS1 EMEA,
WHYREASON002,WS1 EMEA,
WHYREASON003,WS1 EMEA,
WHYREASON004,WS1 APAC,
WHYREASON005,WS1 Americas,
F
head -4 why.fleet.csv | cut -d, -f1 >why.csv
ended() { # WHAT STEPS OUTCOME REASON METHOD PATH REPLY: the reply to that request, and what each row says
	rules "$2"
	printf 'version: 1\nfaults:\n  - {method: %s, path: "%s", do: reply, applied: no, %s}\n' \
		"$5" "$6" "$7" >why.scenario.yaml
	new_world --fleet why.fleet.csv --profile 'Corporate iPads' --scenario "$work/why.scenario.yaml"
	run apply why.csv --rules rules.yaml --yes --max-wait 12h --allow percent=100 --out why.result.csv
	same "$1" 3 "$(grep -c ",$3,.*$4" why.result.csv)"
	rm -f why.result.csv
}
late='[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]'
members='*/relationships/devices'
profiles='*/dep/profiles/*/devices/*'
for status in 401 403; do
	ended "Apple answers $status: rows that did not begin say so" '[unassign, sync, reassign, sync]' pending \
		"run.not_begun: .*Apple answered $status" GET "$members" "status: $status, body: json, nth: $late"
done
ended 'and so they do when the UEM does' '[{assign_profile: {profile: Corporate iPads}}]' pending \
	'run.not_begun: .*UEM answered 401' PUT "$profiles" 'status: 401, body: empty'
for body in html json; do
	ended "another 404 where profiles are assigned ($body)" '[{assign_profile: {profile: Corporate iPads}}]' failed \
		'uem.refused: .*see uem.url' PUT "$profiles" "status: 404, body: $body"
done
for body in empty html; do
	ended "a refusal with a body that is $body" '[unassign]' failed 'apple.refused: .*Apple does not say why' \
		POST /v1/orgDeviceActivities "status: 409, body: $body"
done
ended 'a list that cannot be read any more' '[unassign]' undecided \
	"rule.unknown: .*apple.server: server '.*unusable JSON" GET "$members" "status: 200, body: empty, nth: $late"
for code in 403 1 5999; do
	ended "no profile waits for an administrator ($code)" '[{assign_profile: {profile: Corporate iPads}}]' \
		failed 'uem.refused: ' PUT "$profiles" "status: 403, code: \"$code\""
done

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
	local final yes=()
	shift 3
	for final in wipe release delete_record; do
		[[ $steps != *"$final"* ]] || yes=(--allow "$final=1" --confirm "$final=1")
	done
	new_world --fleet advice.fleet.csv "$@"
	printf 'version: 1\nname: a\nrules:\n  - {name: a, match: {always: true}, do: %s, if_failed: [{advise: open a ticket}]}\n' \
		"$steps" >advice.yaml
	rm -f advice.result.csv
	run apply advice.csv --rules advice.yaml --yes --max-wait "${patience:-12h}" --allow percent=100 \
		"${yes[@]}" --out advice.result.csv
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

# Each kind of step, refused, unverified, out of time, or restored by an early end.
sed -i 's/^ADVICE000001,WS1 EMEA,$/ADVICE000001,WS1 EMEA,Corporate iPads/' advice.fleet.csv
sed -i '1s/$/,enrollment_status/; 2,$s/$/,Enrolled/' advice.fleet.csv
cat >refuse.yaml <<'S'
version: 1
faults: [{service: apple, path: /v1/orgDeviceActivities, method: POST, do: reply, status: 409, code: ENTITY_ERROR, applied: no}]
S
cat >back.yaml <<'S'
version: 1
faults: [{service: apple, activity: ASSIGN_DEVICES, do: reply, status: 409, code: ENTITY_ERROR, applied: no}]
S
cat >forbidden.yaml <<'S'
version: 1
faults: [{service: uem, path: '*/commands', method: POST, do: reply, status: 400, code: 5100, applied: no},
  {service: uem, path: '*/mdm/devices/*', method: DELETE, do: reply, status: 400, code: 5002, applied: no},
  {service: uem, path: '*/dep/profiles/*/devices/*', method: PUT, do: reply, status: 404, code: 8, applied: no}]
S
cat >held.yaml <<'S'
version: 1
faults: [{service: uem, path: '*/commands', method: POST, do: reply, status: 403, body: json, applied: no}]
S
for step in unassign '{reassign: {to: WS1 APAC}}' '{migrate: {to: WS1 APAC, deadline: 30d}}' 'delete_from_lifecycle, release'; do
	advised "$step refused" 3 "[$step]" --scenario "$work/refuse.yaml"
	advised "$step failed in the log" 3 "[$step]" --set apple.failing=ADVICE000001
	advised "$step unverified" 5 "[$step]" --set apple.ignored=ADVICE000001
done
for step in '{assign_profile: {profile: Other iPads}}' remove_profile delete_record '{wipe: {kind: device}}'; do
	advised "$step refused" 3 "[$step]" --scenario "$work/forbidden.yaml" --profile 'Other iPads'
done
advised 'a profile out of time' 5 '[{assign_profile: {profile: Other iPads}}]' --set uem.profile=stuck --profile 'Other iPads'
advised 'a wipe that is held' 3 '[{wipe: {kind: device}}]' --scenario "$work/held.yaml"
advised 'a put-back refused' 5 '[unassign, sync, reassign, sync]' --scenario "$work/back.yaml"
advised 'fetch in vain' 5 '[unassign, fetch, reassign, fetch]' --set uem.sync=lost
patience=20m advised 'restored' 75 '[unassign, sync, reassign, sync]' --set uem.sync_time=10h
check 'restored: it is back' grep -q ',restored,' advice.result.csv
# Where the next apply goes on nothing has failed.
new_world --fleet advice.fleet.csv --set apple.activity_time=10h
rm -f advice.result.csv
run apply advice.csv --rules advice.yaml --yes --max-wait 20m --allow percent=100 --out advice.result.csv
check 'on its way: it is off its server' grep -q ',in_flight,' advice.result.csv
same 'on its way: no ticket is advised' 0 "$(cat advice.result.csv out err | grep -c 'open a ticket')"
