#!/usr/bin/env bash
# UEM: sign-in, ADE list, Sync and Fetch, profiles, lifecycle rows (services/README.md UEM A-D).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

sim_start --fleet "$work/fleet.csv" --any-key --uem-client id:secret --uem-user svc:pass \
	--tenant-code code --profile Macs --profile Phones

# --- A.4 OAuth ---
auth=()
request POST /connect/token -d 'grant_type=client_credentials&client_id=id&client_secret=wrong'
expect 400
check '.error == "invalid_client"'
request POST /connect/token -d 'grant_type=password'
check '.error == "unsupported_grant_type"'
request POST /connect/token -u id:secret -d grant_type=client_credentials
expect 200
request POST /connect/token -d 'grant_type=client_credentials&client_id=id&client_secret=secret'
expect 200
conforms uem token
check '.expires_in == 3600 and .token_type == "Bearer"'
bearer=$(jq -r .access_token <<<"$body")

error_of() { echo "$status $(jq -r .errorCode <<<"$body" 2>/dev/null)"; }

# --- A.2, A.3 who may call ---
get /api/system/info
same "no credentials" "401 1005" "$(error_of)"
get /api/system/info -u svc:wrong
same "wrong password" "401 1005" "$(error_of)"
get /api/system/info -u svc:pass
same "Basic without tenant code" "403 1013" "$(error_of)"
get /api/system/info -H "Authorization: Bearer $bearer"
expect 200
get /api/system/info -H "Authorization: Bearer $bearer" -H 'aw-tenant-code: wrong'
same "Bearer with another tenant's code" "403 1013" "$(error_of)"
get /api/system/info -H 'Authorization: Bearer nonsense'
same "unknown token" "401 1024" "$(error_of)"
conforms uem error
check '(.message | type) == "string" and (.activityId | length) == 36'
get /api/system/info -H "Authorization: CMSURL\`1 MII$(printf '%0120d' 0)" -H 'aw-tenant-code: code'
expect 200
later 3601
get /api/system/info -H "Authorization: Bearer $bearer"
same "token over" "401 1029" "$(error_of)"
uem_basic

# --- headers, case, unknown paths ---
get /API/System/Info
expect 200
same "version" v1 "$(header x-api-version)"
same "quota" 250000 "$(header X-RateLimit-Limit)"
left=$(header X-RateLimit-Remaining)
get /Api/system/info
same "one call less" $((left - 1)) "$(header X-RateLimit-Remaining)"
same "window of 24 h" 1 "$((($(header X-RateLimit-Reset) - now / 1000) / 80000))"
same "correlation" 36 "$(header X-Correlation-ID | tr -d '\n' | wc -c)"
uem_basic 2
get '/api/system/groups/search'
same "second version" v2 "$(header x-api-version)"
get /api/mdm/dep/profiles/search
same "a version that is not there" v1 "$(header x-api-version)"
uem_basic
get /api/mdm/devices/aedprofile/assign
expect 404
same "a page, no JSON" text/html "$(header Content-Type)"
request PUT /api/mdm/dep/groups/x/devices
expect 411

# --- C.6 groups ---
uem_basic 2
get '/api/system/groups/search?groupid=SERVERA'
expect 200
conforms uem groupsV2
check '.OrganizationGroups | length == 1 and .[0].GroupId == "SERVERA" and (.[0].Devices | type) == "string"'
og=$(jq -r '.OrganizationGroups[0].Uuid' <<<"$body")
og_id=$(jq -r '.OrganizationGroups[0].Id' <<<"$body")
get '/api/system/groups/search?name=depmend'
root=$(jq -r '.OrganizationGroups[0].Uuid' <<<"$body")
get '/api/system/groups/search?groupid=NOSUCH'
expect 204
same "no body" "" "$body"
get "/api/system/groups/search?page=7"
expect 204
get "/api/system/groups/$og"
expect 200
conforms uem groupV2
check '.GroupId == "SERVERA" and .Id > 0'
uem_basic
get '/api/system/groups/search?groupid=SERVERA'
conforms uem groupsV1
check '.LocationGroups[0].Id.Value > 0'
get "/api/system/groups/$og_id"
check ".Id.Value == $og_id"
get /api/system/groups/99999
same "no such group" "404 5054" "$(error_of)"
get "/api/system/groups/$root/children"
expect 200
conforms uem children
check '.[0].Name == "depmend" and (map(.Name) | contains(["Server A", "Server B"]))'

# --- B.6 list ---
get "/api/mdm/dep/groups/$og/devices"
expect 200
conforms uem depDevices
check 'length == 3 and .[0].deviceSerialNumber == "C02SOUND0001" and .[0].profileName == "Macs"'
check '.[0].profileUuid | test("^[0-9A-F]{32}$")'
check '.[2] | .deviceSerialNumber == "C02BROKE0001" and (has("profileUuid") | not)'
get /api/mdm/dep/groups/xyz/devices
same "malformed group" "400 5056" "$(error_of)"
get /api/mdm/dep/groups/3f0c1d52-7c0e-4a0e-9a57-2f0f6a0f1a11/devices
same "unknown group" "404 5054" "$(error_of)"
get "/api/mdm/dep/groups/$root/devices"
same "group without account" "404 5053" "$(error_of)"
put "/api/mdm/dep/groups/$og/devices?action=Dance" ''
same "bad action" "400 5055" "$(error_of)"
put '/api/mdm/dep/groups/xyz/devices?action=Sync' ''
same "sync of a malformed group" "400 5056" "$(error_of)"
put '/api/mdm/dep/groups/3f0c1d52-7c0e-4a0e-9a57-2f0f6a0f1a11/devices?action=Sync' ''
same "sync of an unknown group" "404 5054" "$(error_of)"
put "/api/mdm/dep/groups/$root/devices?action=Sync" ''
same "sync without account" "404 5053" "$(error_of)"

# --- B.1, B.2, B.9 profiles ---
get "/api/mdm/dep/profiles/search?organizationgroupuuid=$og"
expect 200
conforms uem profiles
check '.TotalResults == 2 and (.ProfileList | map(.ProfileName)) == ["Macs", "Phones"]'
check '.ProfileList[0] | (.profile_identifier | test("^[0-9A-F]{32}$")) and (.uuid | length) == 36'
macs=$(jq -r .ProfileList[0].uuid <<<"$body")
apple_id=$(jq -r .ProfileList[0].profile_identifier <<<"$body")
phones=$(jq -r .ProfileList[1].uuid <<<"$body")
get "/api/mdm/dep/profiles/search?SearchText=nothing"
expect 204
get "/api/mdm/dep/profiles/$apple_id"
expect 200
conforms uem profile
check '.ProfileName == "Macs" and .CustomPromptRequired == false'
get /api/mdm/dep/profiles/0000
same "unknown profile" "404 404" "$(error_of)"

# --- C.1 device records ---
get '/api/mdm/devices?searchby=Serialnumber&id=C02SOUND0001'
expect 200
conforms uem device
check '.SerialNumber == "C02SOUND0001" and .EnrollmentStatus == "Enrolled" and .UserName == "ann@example.com"
	and .LastSeen == "2025-12-30T10:00:00.000" and .LocationGroupName == "Server A"'
get '/API/mdm/devices/?searchBy=Serialnumber&id=C02SOUND0001'
expect 200 # as published scripts write it
get '/api/mdm/devices?searchby=Serialnumber&id=C02OTHER0001'
check '.LastSeen == "0001-01-01T00:00:00.000"'
get '/api/mdm/devices?searchby=Serialnumber&id=C02SOUND0002'
same "never enrolled" "404 5002" "$(error_of)"
get '/api/mdm/devices?searchby=Colour&id=x'
same "bad search" "422 5003" "$(error_of)"

# --- C.5 enrollment tokens ---
token_status() { # serial: its profile status, or "none"
	get "/api/mdm/groups/$og/enrollment-tokens?serial_number=$1"
	[ "$status" = 200 ] || { echo none && return; }
	get "/api/mdm/groups/$og/enrollment-tokens/$(jq -r .tokens[0].uuid <<<"$body")"
	jq -r .profile_status <<<"$body"
}
get "/api/mdm/groups/$og/enrollment-tokens?serial_number=C02BROKE0001"
expect 200
conforms uem tokens
check '.total == 1 and .tokens[0].serial_number == "C02BROKE0001"'
uuid=$(jq -r .tokens[0].uuid <<<"$body")
get "/api/mdm/groups/$og/enrollment-tokens/$uuid"
expect 200
conforms uem tokenDetail
check '.serial_number == "C02BROKE0001" and .profile_status == 3 and .dep_token == true'
get "/api/mdm/groups/$og/enrollment-tokens/706bd383-26d3-4833-9cad-bff1b0fe045e"
same "unknown token row" "404 5220" "$(error_of)"
get "/api/mdm/groups/$og/enrollment-tokens/xyz"
expect 404
same "malformed: a page" text/html "$(header Content-Type)"
get "/api/mdm/groups/$og/enrollment-tokens?serial_number=NOSUCHSERIAL"
expect 204
get "/api/mdm/groups/$og/enrollment-tokens?page_size=2&page=1"
check '.tokens | length == 1'
get "/api/mdm/groups/$og/enrollment-tokens?page=9"
expect 204

# --- B.8 profiles onto devices ---
assign_url() { echo "/api/mdm/dep/profiles/$1/devices/$2?action=$3"; }
put "$(assign_url "$phones" C02SOUND0001 Assign)" ''
expect 202
same "empty" "" "$body"
same "location" "api/mdm/dep/profiles/$phones/devices/C02SOUND0001" "$(header Location)"
get "/api/mdm/dep/groups/$og/devices"
check '.[0].profileName == "Macs"' # queued only
later 31
get "/api/mdm/dep/groups/$og/devices"
check '.[0].profileName == "Phones"'
put "$(assign_url "$phones" C02SOUND0001 Unassign)" ''
later 31
get "/api/mdm/dep/groups/$og/devices"
check '.[0] | has("profileName") | not'
put "$(assign_url "$macs" C02SHELF0001 Assign)" ''
same "no record" "404 5058" "$(error_of)"
put "$(assign_url 0000 C02SOUND0001 Assign)" ''
same "no profile" "404 8" "$(error_of)"
put "$(assign_url "$macs" C02SOUND0001 Fold)" ''
same "no action" "400 5055" "$(error_of)"

# --- a corrupted registration: assigning never works ... ---
put "$(assign_url "$macs" C02BROKE0001 Assign)" ''
expect 202
later 31
same "stays in progress" 3 "$(token_status C02BROKE0001)"
same "in vain" "profile false" "$(effects C02BROKE0001)"

# ... until it went all the way round: off at Apple, synced, back at Apple, synced.
sync() {
	uem_basic
	put "/api/mdm/dep/groups/$og/devices?action=${1:-Sync}" ''
	later 61
}
apple() { # type
	apple_sign_in
	get '/v1/mdmServers'
	post /v1/orgDeviceActivities "$(activity "$1" "$(jq -r .data[0].id <<<"$body")" C02BROKE0001)"
	later 11
	uem_basic
}
apple UNASSIGN_DEVICES
get "/api/mdm/dep/groups/$og/devices"
check 'length == 3' # not yet: the copy is old
apple ASSIGN_DEVICES
sync
get "/api/mdm/dep/groups/$og/devices"
check 'length == 3'
put "$(assign_url "$macs" C02BROKE0001 Assign)" ''
later 31
same "no sync between: still broken" 3 "$(token_status C02BROKE0001)"
apple UNASSIGN_DEVICES
sync
same "gone" none "$(token_status C02BROKE0001)"
put "$(assign_url "$macs" C02BROKE0001 Assign)" ''
same "gone: no record to assign to" "404 5058" "$(error_of)"
apple ASSIGN_DEVICES
same "not back before the sync" none "$(token_status C02BROKE0001)"
sync
same "back, empty" 0 "$(token_status C02BROKE0001)"
put "$(assign_url "$macs" C02BROKE0001 Assign)" ''
later 31
same "mended" 1 "$(token_status C02BROKE0001)"
same "the way it went" "profile false,unassign true,assign true,profile false,unassign true,sync-remove true,assign true,sync-add true,mended true,profile true" \
	"$(effects C02BROKE0001)"
sync Fetch
same "Fetch finds nothing new" 10 "$(effects C02BROKE0001 | tr , '\n' | wc -l)"
all_reached
