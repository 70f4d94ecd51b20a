#!/usr/bin/env bash
# One world per finding: that finding and no other. A healthy world: none. What --fix mends is proved
# by reading it back, and a change is never sent twice.
#
#	tests/doctor/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/doctor/run.sh BUILD}"
cd "$work" || exit 1

cat >fleet.csv <<'CSV'
serial,server,group,family,added,listed,profile,profile_status,enrollment_status,user
C02AA0000001,WS1 EMEA,,iPad,2025-06-11,,Corporate iPads,Pushed,Enrolled,ann@example.com
C02AA0000002,WS1 EMEA,,iPad,2025-06-11,,Corporate iPads,Assigned,,
C02AA0000003,WS1 APAC,,Mac,2025-06-11,,Corporate Macs,Pushed,Enrolled,bob@example.com
C02AA0000004,WS1 APAC,,Mac,2025-06-11,,Corporate Macs,Assigned,,
C02AA0000005,,,Mac,2025-06-11,,,,,
C02AA0000006,desk,-,Mac,2025-06-11,,,,,
CSV
(umask 077 && "$build/depmend-sim" --dep-token desk >token.json)
cp token.json token.good

healthy() { # [SIMULATOR OPTION...]: every check can be carried out, and finds nothing
	new_world --fleet fleet.csv --set uem.apps=device --set uem.enums=names "$@"
	sed -i -e '/Americas/d' -e 's/\(group: WS1[A-Z]*\)}/\1, expires: 2027-11-01}/' depmend.yaml
	cat >>depmend.yaml <<YAML
enrollment:
  - {server: desk, url: "http://127.0.0.1:$port", server_token: {file: token.json}, private_key: {file: apple.pem}}
YAML
}

doctor() { # depmend doctor's arguments
	run doctor --json "$@"
}

found() { # STATE: the checks in that state, each once
	jq -rs --arg state "$1" '[.[] | select(.state == $state).check] | unique | join(" ")' out
}

field() { # CHECK FIELD: of its first finding
	jq -rs --arg check "$1" --arg field "$2" \
		'[.[] | select(.check == $check and .state != "ok")[$field]][0] // ""' out
}

finds() { # WHAT CHECK [TEXT IN PROOF]: this and nothing else
	doctor
	exits "$1" 3
	same "$1: the finding" "$2" "$(found finding)"
	same "$1: no note" '' "$(found note)"
	check "$1: a remedy" test -n "$(field "$2" remedy)"
	[ -z "${3:-}" ] || check "$1: proof" grep -qi -- "$3" <<<"$(field "$2" proof)"
}

# --- a healthy world ---

healthy --set uem.profile_user=inside
run doctor
exits 'a healthy world' 0
same 'nothing to say' 'check,state,subject,proof,remedy' "$(cat out)"
check 'in as many words' grep -q '^0 findings, 0 not checked$' err
same 'nothing was changed' 0 "$(changes)"
same 'nor synced' 0 "$(syncs)"
run doctor -v
same '-v names every check' "$(grep -c 'doctor_[a-z_]*,' "$root/src/survey/doctor.c")" \
	"$(grep -c ',ok,' out)"
run doctor --json -v
check '--json is JSON' jq -e -s '[.[] | select(.type == "finding")] |
	all(.state == "ok" and .check and .proof)' out >/dev/null
check 'nothing is left behind' test -z "$(find state -name 'doctor.db*')"

# --- secrets and clock ---

chmod 644 apple.pem
finds 'a key that others can read' secrets 'others can read'
check 'what needs it is not tried' test "$(field apple-sign-in state)" = 'not checked'
chmod 600 apple.pem
chmod 640 tenant-code
finds 'a tenant code that others can read' secrets 'others can read'
chmod 600 tenant-code
cp apple.pem keep.pem
openssl genrsa -out apple.pem 2048 2>/dev/null
finds 'a key of another kind' secrets
cp keep.pem apple.pem
healthy --set clock.ahead=10m
finds 'a clock that is behind' clock '10 min behind'

# --- Apple ---

make_key other
healthy --apple-key other.pub
finds 'a key that Apple does not know' apple-sign-in invalid_client
healthy --set apple.role=none
finds 'a role that may not read' apple-role 403
healthy --set apple.terms=pending
finds 'terms, as the API says it' apple-terms terms
healthy --set dep.terms=pending
finds 'terms, as the enrollment service says it' apple-terms T_C_NOT_SIGNED
healthy --set dep.token=expired
finds 'a server token that is over' server-token
healthy --set dep.token=rejected
finds 'a server token that was taken back' server-token
healthy
sed 's/2030-01-01/2026-12-01/' token.good >token.json
finds 'a server token that ends soon' server-token 'ends in 8 d'
cp token.good token.json
sed -i 's/server: desk/server: another desk/' depmend.yaml
finds 'the token of another server' server-token "belongs to the server 'desk'"
sed -i '/^enrollment:/,$d' depmend.yaml
doctor
exits 'without a server of its own' 0
same 'terms cannot be checked' 'apple-terms server-token' "$(found 'not checked')"

healthy
sim_stop
doctor
exits 'nobody there' 3
same 'is said of each service once' 'apple-sign-in server-token uem-sign-in' "$(found finding)"
same 'and is why nothing else is tried' 'Apple does not show its servers' "$(field profiles proof)"

# --- UEM ---

healthy --uem-client depmend:another
finds 'a wrong client secret' uem-sign-in
healthy --tenant-code another
finds 'a wrong tenant code' uem-sign-in 1013
healthy --set uem.role=none
finds 'a role without permissions' uem-role 1011
healthy --set uem.account=missing
finds 'a group without a token' uem-group 5053
check 'explained' grep -q 'holds no server token' <<<"$(field uem-group remedy)"
healthy
sed -i 's/group: WS1EMEA/group: 00000000-0000-4000-8000-000000000000/' depmend.yaml
finds 'a UUID of no group' uem-group 5054
sed -i 's/group: 00000000[-0-9]*/group: NOSUCH/' depmend.yaml
finds 'a Group ID of no group' uem-group NOSUCH
healthy
sed -i 's/server: WS1 EMEA/server: WS1 EMEAA/' depmend.yaml
finds 'a server that Apple does not have' token-server
healthy
sed -i '0,/2027-11-01/s//2026-11-20/' depmend.yaml
finds 'a token of the UEM that is over' uem-token 'ended 2 d'
sed -i '0,/2026-11-20/s//2026-12-10/' depmend.yaml
finds 'one that ends soon' uem-token 'ends in 17 d'
sed -i '0,/, expires: 2026-12-10/s///' depmend.yaml
doctor
exits 'one whose end is not told' 0
same 'that is said' uem-token "$(found 'not checked')"
healthy --set apple.server_idle=9d
finds 'a UEM that does not ask' last-connection '9 d ago'
check 'on premises there is a service to restart' \
	grep -q 'Batch Processing Service' <<<"$(field last-connection remedy)"

# --- profiles ---

sed 's/Corporate Macs,[A-Z][a-z]*/,/' fleet.csv >bare.csv
healthy --fleet bare.csv
finds 'a group without a profile' profiles
healthy --set uem.custom_prompt=yes
finds 'a custom prompt' custom-prompt
healthy --set uem.group_id=blank --state "$work/sim.db"
for group in WS1EMEA WS1APAC; do
	sed -i "s/group: $group/group: $(sqlite3 sim.db "SELECT uuid FROM og WHERE group_id = '$group'")/" \
		depmend.yaml
done
finds 'a group without a Group ID' landing-group 'no Group ID'
healthy --set uem.profile_user=outside
finds 'a user of another group' profile-user 'belongs to the group'
healthy --set uem.profile_user=unknown
finds 'a user there is none of' profile-user 'no user'
healthy --set uem.auto_assign=yes
doctor
exits 'profiles that are given out by a sync' 0
same 'are worth a note' auto-assign "$(found note)"

# --- devices ---

sed 's/^C02AA0000002,\(.*\),,Corporate iPads,Assigned/C02AA0000002,\1,no,,/' fleet.csv >some.csv
healthy --fleet some.csv
finds 'a device that the UEM does not list' not-listed '1 on a server'
same 'which one' C02AA0000002 "$(field not-listed subject)"
doctor --older-than 20y
exits 'which is not late yet' 0
sed 's/^C02AA0000005,,,\(.*\),,,,,/C02AA0000005,,WS1EMEA,\1,yes,,,,/' fleet.csv >some.csv
healthy --fleet some.csv
finds 'a device that the UEM alone has' left-behind '1 listed by the UEM'
same 'which one' C02AA0000005 "$(field left-behind subject)"
healthy --state "$work/sim.db"
sim_stop
sqlite3 sim.db "INSERT INTO record(og, device, profile, status, since) SELECT g.id, d.id, NULL, 0, 0
	FROM og g, device d WHERE g.group_id = 'WS1EMEA' AND d.serial = 'C02AA0000003'"
sim_start --state "$work/sim.db" --set uem.apps=device --set uem.enums=names
sed -i "s|127\.0\.0\.1:[0-9]*|127.0.0.1:$port|" depmend.yaml
finds 'a device in two groups' listed-elsewhere
sed '/^C02AA0000002/s/Assigned/Assignment in progress/' fleet.csv >some.csv
healthy --fleet some.csv
finds 'an assignment that does not end' stuck '1 still in assignment'
same 'which one' C02AA0000002 "$(field stuck subject)"
check 'with one profile there is one thing to do' \
	grep -q 'setting it up again' <<<"$(field stuck remedy)"
healthy --fleet some.csv --set uem.enums=numbers
doctor
exits 'numbers without words' 0
same 'are not judged' 'apps stuck' "$(found 'not checked')"
sed -i 's/^uem:$/uem:\n  profile_status: {0: Empty, 1: Assigned, 2: Pushed, 3: Assignment in progress}/' depmend.yaml
doctor
same 'the settings give them words' stuck "$(found finding)"

# --- what earlier runs left open, and entries that are mixed up ---

healthy --set apple.disown=no
finds 'a server that may not release devices' release-setting 'enableMdmDisownFlag is false'
for form in null absent '"maybe"'; do
	printf 'version: 1\nodd:\n  - {service: apple, path: /v1/mdmServers*, member: attributes.enableMdmDisownFlag, value: %s}\n' \
		"'$form'" >flag.yaml
	healthy --scenario "$work/flag.yaml"
	doctor
	check "a setting that Apple does not tell ($form) is not called on" \
		grep -q enableMdmDisownFlag <<<"$(field release-setting proof)"
	same "a setting that Apple does not tell ($form) is not checked" 'not checked' "$(field release-setting state)"
done

rebuild() { # OPTION...: of the first device
	printf 'serial\nC02AA0000002\n' >one.csv
	printf 'version: 1\nname: f\nrules:\n  - {name: f, match: {always: true}, do: %s}\n' "$1" >one.yaml
	shift
	rm -f one.result*.csv
	run apply one.csv --rules one.yaml --yes --max-wait 12h --allow percent=100 "$@" --out one.result.csv
}
cat >no-back.yaml <<'Y'
version: 1
faults: [{service: apple, activity: ASSIGN_DEVICES, do: reply, status: 409, code: ENTITY_ERROR, applied: no}]
Y
healthy --scenario "$work/no-back.yaml"
rebuild '[unassign, sync, reassign, sync]'
exits 'a device that cannot be put back' 5
doctor
same 'is a finding' custody "$(found finding)"
same 'which one' C02AA0000002 "$(field custody subject)"

sed 's/^C02AA0000002,\(.*\),,$/C02AA0000002,\1,Enrolled,/' fleet.csv >some.csv
healthy --fleet some.csv --set uem.wipe_time=30d
rebuild '[{wipe: {kind: device}}]' --allow wipe=1 --confirm wipe=1
doctor
same 'a wipe that waits is worth a note' 'open-wipe pending-wipe' "$(found note)"
for word in 'Device Wipe Pending' EnterpriseWipePending; do
	sed "s/^C02AA0000002,\(.*\),,$/C02AA0000002,\1,$word,/" fleet.csv >some.csv
	healthy --fleet some.csv
	doctor
	same "a wipe that the UEM shows ($word) is, too" pending-wipe "$(found note)"
	check 'it says where to call it off' grep -qF 'Devices > Lifecycle > Wipe Log' out err
done
# What doctor saw is what status names, until doctor sees it over or a person lets it go.
waiting() { "$build/depmend" status --json | jq -r 'select(.type == "pending_wipe") | .serial'; }
same 'status names it' C02AA0000002 "$(waiting)"
sim_stop
sed "s/^C02AA0000002,\(.*\),,$/C02AA0000002,\1,Enrolled,/" fleet.csv >over.csv
sim_start --fleet over.csv
settings_again=$(sed "s|http://127.0.0.1:[0-9]*|http://127.0.0.1:$port|" depmend.yaml) && echo "$settings_again" >depmend.yaml
doctor
check 'it is over: doctor does not name it' test -z "$(field pending-wipe subject)"
same 'it is over: nor does status' '' "$(waiting)"
healthy --fleet some.csv
doctor
run forget C02AA0000002 --reason 'the console says it is done' --confirm forget=1
exits 'a wipe that the UEM showed can be let go' 0
check 'a wipe that the UEM showed: with the evidence' grep -q '^wipe .*the UEM showed one that waits: since' err
same 'a wipe that the UEM showed: status forgets it' '' "$(waiting)"

healthy
sed -i 's/server: WS1 EMEA, group: WS1EMEA/server: WS1 EMEA, group: WS1APAC/; s/server: WS1 APAC, group: WS1APAC/server: WS1 APAC, group: WS1EMEA/' depmend.yaml
grep -n 'group: WS1' depmend.yaml >crossed
doctor
exits 'entries that are mixed up' 3
check 'are named' grep -q crossed-tokens <<<"$(found finding)"
check 'with both servers' grep -q "lists none of the 2 devices of 'WS1" <<<"$(field crossed-tokens proof)"

# --- apps ---

healthy --set uem.apps=user
finds 'an app with licences for users' apps 'licences for users'
healthy --set uem.apps=public
doctor
exits 'public apps' 0
same 'are worth a note' apps "$(found note)"

# --- mending ---

puts() {
	requests '.method == "PUT" and (.path | test("/dep/profiles/[^/]*$"))'
}

events() { # KIND: in the audit trail
	sqlite3 state/*/depmend.db "SELECT count(*) FROM event WHERE kind = '$1'"
}

healthy --set uem.custom_prompt=yes
doctor --fix everything
exits 'what cannot be mended' 64
doctor --fix custom-prompt
exits 'nobody to ask' 64
same 'nothing is sent' 0 "$(puts)"
doctor --fix custom-prompt --yes
exits 'mending' 0
same 'it is mended' custom-prompt "$(found mended)"
same 'one change per profile' 2 "$(puts)"
same 'each with an intent' 2 "$(events doctor.intent)"
same 'and an outcome' 2 "$(events doctor.outcome)"
doctor
exits 'it stays mended' 0
doctor --fix custom-prompt --yes
same 'and nothing is sent again' 2 "$(puts)"

healthy --set uem.custom_prompt=yes --set uem.profile_account=yes
doctor --fix custom-prompt --yes
exits 'a profile with a password' 3
same 'is not sent, which could blank it' 0 "$(puts)"
check 'it says so' grep -q 'local administrator' <<<"$(field custom-prompt remedy)"

lost() { # yes or no
	printf 'version: 1\nfaults:\n  - {service: uem, method: PUT, do: reset, applied: %s}\n' "$1"
}
lost yes >lost.yaml
healthy --set uem.custom_prompt=yes --scenario lost.yaml
doctor --fix custom-prompt --yes
exits 'replies that get lost' 0
same 'are settled by looking' custom-prompt "$(found mended)"
same 'not by sending again' 2 "$(puts)"
lost no >lost.yaml
healthy --set uem.custom_prompt=yes --scenario lost.yaml
doctor --fix custom-prompt --yes
exits 'changes that get lost' 3
same 'stay findings' custom-prompt "$(found finding)"
same 'and are not sent again' 2 "$(puts)"

suite_end
