#!/usr/bin/env bash
# The DEP service: sessions, lists, details, disown, profiles, activation lock (services/README.md Apple B).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# OAuth 1.0a: dep_sign TOKEN.json [timestamp] [nonce]; prints the Authorization header's value.
enc() { jq -rn --arg s "$1" '$s | @uri'; }
nonces=0
dep_header() {
	local t=$1 at=${2:-$((now / 1000))} nonce=${3:-n$((nonces++))} k a params base key sig
	k=$(jq -r .consumer_key "$t") a=$(jq -r .access_token "$t")
	params="oauth_consumer_key=$k&oauth_nonce=$nonce&oauth_signature_method=HMAC-SHA1"
	params+="&oauth_timestamp=$at&oauth_token=$a&oauth_version=1.0"
	base="GET&$(enc "$url/session")&$(enc "$params")"
	key="$(jq -r .consumer_secret "$t")&$(jq -r .access_secret "$t")"
	sig=$(printf %s "$base" | openssl dgst -sha1 -hmac "$key" -binary | openssl base64 -A)
	printf 'OAuth realm="ADM", oauth_consumer_key="%s", oauth_token="%s", oauth_signature_method="HMAC-SHA1", ' "$k" "$a"
	printf 'oauth_signature="%s", oauth_timestamp="%s", oauth_nonce="%s", oauth_version="1.0"' "$(enc "$sig")" "$at" "$nonce"
}
session() { # leaves the reply
	auth=()
	get /session -H "Authorization: $(dep_header "$work/token.json" "$@")"
	nonces=$((nonces + 1))
}
dep_sign_in() {
	session
	auth=(-H "X-ADM-Auth-Session: $(jq -r .auth_session_token <<<"$body")"
		-H "X-Server-Protocol-Version: ${1:-10}")
}
word() { echo "$status $body"; }

sim_start --fleet "$work/fleet.csv" --any-key
"$SIM" --dep-token "Server A" >"$work/token.json"
"$SIM" --dep-token "Server X" >"$work/stranger.json"
accept='*/*'

# --- B.2 session ---
session
expect 200
conforms dep session
auth=()
get /session
same "no OAuth" 400 "$status"
get /session -H "Authorization: $(dep_header "$work/stranger.json")"
same "another server's token" "401 token_rejected" "$(word)"
jq '.access_secret = "wrong"' "$work/token.json" >"$work/bent.json"
get /session -H "Authorization: $(dep_header "$work/bent.json")"
same "wrong secret" "401 signature_invalid" "$(word)"
session $((now / 1000 - 4000))
same "old timestamp" "401 timestamp_refused" "$(word)"
session $((now / 1000)) once
expect 200
session $((now / 1000)) once
same "nonce twice" "401 nonce_used" "$(word)"
get /session -A ''
same "no User-Agent" "400 USER_AGENT_MISSING" "$(word)"
get /session -H 'User-Agent;'
same "an empty User-Agent" "400 USER_AGENT_INVALID" "$(word)"
header=$(dep_header "$work/token.json")
get /session -H "Authorization: $header, oauth_version=\"1.0\""
same "a parameter twice" 400 "$status"
get /session -H "Authorization: ${header/HMAC-SHA1/PLAINTEXT}"
same "another signature method" 400 "$status"
get /account
same "no session" "403 FORBIDDEN" "$(word)"
dep_sign_in
later 181
get /account
same "session over" "401 UNAUTHORIZED" "$(word)"
dep_sign_in
get /account -A ''
same "no User-Agent either" "400 USER_AGENT_MISSING" "$(word)"
get /nowhere
expect 404
get /account/more
same "unknown" "404 NOT_FOUND" "$(word)"
delete /account
same "method" "405 METHOD_NOT_ALLOWED" "$(word)"

# --- B.3 account ---
get /account
expect 200
conforms dep account
check '.server_name == "Server A" and (.urls | map(.uri) | contains(["/profile/devices"]))'

# --- lists ---
post /server/devices '{"limit":2}'
expect 200
conforms dep fetch
check '(.devices | map(.serial_number)) == ["C02SOUND0001", "C02SOUND0002"] and .more_to_follow'
check '.devices[0] | .profile_status == "assigned" and .os == "OSX" and .device_family == "Mac"'
half=$(jq -r .cursor <<<"$body")
post /server/devices "{\"cursor\":\"$half\"}"
check '(.devices | map(.serial_number)) == ["C02BROKE0001"] and (.more_to_follow | not)'
check '.devices[0].profile_status == "empty"'
whole=$(jq -r .cursor <<<"$body")
post /server/devices "{\"cursor\":\"$whole\"}"
same "the end of a fetch" "400 EXHAUSTED_CURSOR" "$(word)"
post /server/devices '{"cursor":"nonsense!"}'
same "no cursor" "400 INVALID_CURSOR" "$(word)"
post /server/devices '{"limit":0}'
same "limit" "400 INVALID_LIMIT" "$(word)"
post /server/devices '{'
same "no JSON" "400 MALFORMED_REQUEST_BODY" "$(word)"
post /devices/sync '{}'
same "a cursor is needed" "400 CURSOR_REQUIRED" "$(word)"
post /devices/sync "{\"cursor\":\"$half\"}"
same "half a fetch" "400 INVALID_CURSOR" "$(word)"
post /devices/sync "{\"cursor\":\"$whole\"}"
expect 200
check '.devices == [] and (.more_to_follow | not)'
apple() { # type serial
	apple_sign_in
	get /v1/mdmServers
	post /v1/orgDeviceActivities "$(activity "$1" "$(jq -r .data[0].id <<<"$body")" "$2")"
	later 11
	accept='*/*'
	dep_sign_in
}
apple UNASSIGN_DEVICES C02SOUND0002
apple ASSIGN_DEVICES C02SOUND0002
apple ASSIGN_DEVICES C02SHELF0001
post /devices/sync "{\"cursor\":\"$whole\",\"limit\":2}"
conforms dep sync
check '(.devices | map(.op_type)) == ["deleted", "modified"] and .more_to_follow'
post /devices/sync "{\"cursor\":\"$(jq -r .cursor <<<"$body")\"}"
check '.devices | map([.serial_number, .op_type]) == [["C02SHELF0001", "added"]]'
later $((8 * 86400))
dep_sign_in
post /devices/sync "{\"cursor\":\"$whole\"}"
same "older than 7 days" "400 EXPIRED_CURSOR" "$(word)"

# --- details ---
post /devices '{"devices":["C02SOUND0001","C02OTHER0001"]}'
expect 200
conforms dep devices
check '.devices.C02OTHER0001 == {response_status: "NOT_ACCESSIBLE"}'
body=$(jq .devices.C02SOUND0001 <<<"$body")
conforms dep known
post /devices '{"devices":[]}'
same "devices are needed" "400 DEVICE_ID_REQUIRED" "$(word)"
dep_sign_in 1
post /devices '{"devices":["C02SOUND0001"]}'
check '.devices.C02SOUND0001 | has("os") | not' # protocol 2 and later
dep_sign_in

# --- profiles ---
post /profile '{"url":"https://mdm.example.com"}'
same "a name is needed" "400 CONFIG_NAME_REQUIRED" "$(word)"
post /profile '{"profile_name":"P"}'
same "a URL is needed" "400 CONFIG_URL_REQUIRED" "$(word)"
post /profile '{"profile_name":"P","url":"https://mdm.example.com","is_supervised":true,"devices":["C02SOUND0001"]}'
expect 200
conforms dep assigned
check '.devices == {C02SOUND0001: "SUCCESS"}'
p=$(jq -r .profile_uuid <<<"$body")
get "/profile?profile_uuid=$p"
expect 200
conforms dep profile
check ". == {profile_uuid: \"$p\", profile_name: \"P\", url: \"https://mdm.example.com\", is_supervised: true}"
get /profile
same "which" "400 PROFILE_UUID_REQUIRED" "$(word)"
get /profile?profile_uuid=0123
same "unknown profile" "404 NOT_FOUND" "$(word)"
for method in PUT POST; do
	send $method /profile/devices "{\"profile_uuid\":\"$p\",\"devices\":[\"C02SOUND0002\",\"C02BROKE0001\",\"C02OTHER0001\"]}"
	expect 200
	check '.devices == {C02SOUND0002: "SUCCESS", C02BROKE0001: "FAILED", C02OTHER0001: "NOT_ACCESSIBLE"}'
done
put /profile/devices '{"devices":["C02SOUND0001"]}'
same "which profile" "400 PROFILE_UUID_REQUIRED" "$(word)"
put /profile/devices "{\"profile_uuid\":\"$p\"}"
same "which devices" "400 DEVICE_ID_REQUIRED" "$(word)"
put /profile/devices '{"profile_uuid":"0123","devices":["C02SOUND0001"]}'
same "no such profile" "404 PROFILE_NOT_FOUND" "$(word)"
send DELETE /profile/devices '{"devices":["C02SOUND0002"]}'
expect 200
check '.devices == {C02SOUND0002: "SUCCESS"}'
send DELETE /profile/devices '{}'
same "which" "400 DEVICE_ID_REQUIRED" "$(word)"

# --- activation lock ---
post /device/activationlock '{"device":"C02SOUND0002"}'
expect 200
conforms dep lock
check '.response_status == "SUCCESS"'
post /device/activationlock '{"device":"C02SOUND0002"}'
check '.response_status == "DEVICE_ALREADY_LOCKED"'
post /device/activationlock '{"device":"C02SOUND0001"}'
check '.response_status == "DEVICE_NOT_SUPPORTED"'
post /device/activationlock '{"device":"C02OTHER0001"}'
check '.response_status == "NOT_ACCESSIBLE"'
post /device/activationlock '{}'
same "which" "400 DEVICE_ID_REQUIRED" "$(word)"

# --- disown: for good ---
post /devices/disown '{"devices":["C02SOUND0001","C02OTHER0001"]}'
expect 200
check '.devices == {C02SOUND0001: "SUCCESS", C02OTHER0001: "NOT_ACCESSIBLE"}'
post /devices/disown '{"devices":["C02SOUND0001"]}'
check '.devices == {C02SOUND0001: "NOT_ACCESSIBLE"}'
post /devices/disown '{}'
same "which" "400 DEVICE_ID_REQUIRED" "$(word)"
apple_sign_in
get /v1/orgDevices/C02SOUND0001
check '.data.attributes | .releasedFromOrgDateTime != null and .status == "UNASSIGNED"'
get /v1/mdmServers
patch "/v1/mdmServers/$(jq -r .data[0].id <<<"$body")" \
	'{"data":{"type":"mdmServers","attributes":{"enableMdmDisownFlag":false}}}'
accept='*/*'
dep_sign_in
post /devices/disown '{"devices":["C02SOUND0002"]}'
check '.devices == {C02SOUND0002: "FAILED"}' # the server may not

# --- scenarios ---
dep_with() { # scenario
	sim_start --fleet "$work/fleet.csv" --any-key --scenario "$1"
	session
}
dep_with dep-terms
same "terms" "403 T_C_NOT_SIGNED" "$(word)"
dep_with dep-token-expired
same "token over" "401 token_expired" "$(word)"
dep_with dep-token-rejected
same "token removed" "401 token_rejected" "$(word)"
dep_with dep-quoted-words
auth=()
get /account
same "quoted" '403 "FORBIDDEN"' "$(word)"
dep_with dep-json-words
auth=()
get /account
same "JSON" '403 {"code":"FORBIDDEN"}' "$(word)"
sim_start --fleet "$work/fleet.csv" --any-key --scenario dep-rotating-session
dep_sign_in
get /account
expect 200
old=("${auth[@]}")
auth=(-H "X-ADM-Auth-Session: $(header X-ADM-Auth-Session)")
get /account
expect 200
auth=("${old[@]}")
get /account
same "the old session" "403 FORBIDDEN" "$(word)"
sim_start --fleet "$work/fleet.csv" --any-key --scenario dep-expired-cursor --scenario dep-page-loop
dep_sign_in
post /server/devices '{"limit":1}'
c1=$(jq -r .cursor <<<"$body")
check '.more_to_follow'
post /server/devices "{\"cursor\":\"$c1\",\"limit\":1}"
same "the cursor does not move" "$c1" "$(jq -r .cursor <<<"$body")"
sim_start --fleet "$work/fleet.csv" --any-key --scenario dep-throttled
for v in 8:FAILED 9:THROTTLED 10:THROTTLED; do
	dep_sign_in "${v%:*}"
	post /profile '{"profile_name":"P","url":"https://mdm.example.com"}'
	put /profile/devices "{\"profile_uuid\":$(jq .profile_uuid <<<"$body"),\"devices\":[\"C02SOUND0001\"]}"
	same "protocol $v" "${v#*:}" "$(jq -r .devices.C02SOUND0001 <<<"$body")"
done
check '.retry_after_seconds == 3600'
sim_start --fleet "$work/fleet.csv" --any-key --scenario dep-busy
dep_sign_in
for _ in 1 2 3 4 5 6 7 8 9 10; do get /account; done
same "busy" "429 TOO_MANY_REQUESTS" "$(word)"
sim_start --fleet "$work/fleet.csv" --any-key --scenario dep-repeated-rows
dep_sign_in
post /server/devices '{}'
cursor=$(jq -r .cursor <<<"$body")
apple UNASSIGN_DEVICES C02SOUND0001
post /devices/sync "{\"cursor\":\"$cursor\"}"
check '.devices | length == 2 and .[0] == .[1]'
all_reached
