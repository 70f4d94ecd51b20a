#!/usr/bin/env bash
# UEM: device records, deletes, commands, users, apps, profile changes (services/README.md UEM C).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

sim_start --fleet "$work/fleet.csv" --any-key --profile Phones
uem_basic
error_of() { echo "$status $(jq -r .errorCode <<<"$body" 2>/dev/null)"; }
by=searchby=Serialnumber

# --- C.1 one ---
get "/api/mdm/devices?$by&id=C02SOUND0001"
expect 200
conforms uem device
one=$(jq -r .Id.Value <<<"$body") uuid=$(jq -r .Uuid <<<"$body")
get "/api/mdm/devices?$by&id=c02sound0001"
expect 200
get "/api/mdm/devices?searchby=DeviceId&id=$one"
check '.SerialNumber == "C02SOUND0001"'
get "/api/mdm/devices?searchby=Udid&id=x"
same "unknown" "404 5002" "$(error_of)"
get "/api/mdm/devices?$by"
same "no id" "422 5003" "$(error_of)"
get "/api/mdm/devices/$one"
expect 200
check '.SerialNumber == "C02SOUND0001"'
get /api/mdm/devices/99999
same "number" "404 5002" "$(error_of)"
uem_basic 2
get "/api/mdm/devices/$uuid"
expect 200
conforms uem deviceV2
check '.enrollmentInfo.enrollmentStatus == "ENROLLED"'
same "version 2" v2 "$(header x-api-version)"
get /api/mdm/devices/706bd383-26d3-4833-9cad-bff1b0fe045e
same "uuid" "404 5061" "$(error_of)"
uem_basic
get /api/mdm/devices/not-a-uuid
expect 404
same "a page" text/html "$(header Content-Type)"

# --- C.1 many ---
bulk() { jq -nc '{BulkValues: {Value: $ARGS.positional}}' --args "$@"; }
post "/api/mdm/devices?$by" "$(bulk C02SOUND0001 C02OTHER0001)"
expect 200
conforms uem deviceList
check '.Devices | map(.SerialNumber) == ["C02SOUND0001", "C02OTHER0001"]'
post "/api/mdm/devices?$by" "$(bulk C02SOUND0001 NOSUCHSERIAL)"
same "one unknown fails all" "404 5002" "$(error_of)"
post /api/mdm/devices/id "$(bulk "$one")"
check '.Devices | length == 1'
post "/api/mdm/devices?$by" '{}'
same "no values" "422 5003" "$(error_of)"
post '/api/mdm/devices?searchby=Colour' "$(bulk x)"
same "no such search" "422 5003" "$(error_of)"
get '/api/mdm/devices/search?serialnumber=C02OTHER0001'
expect 200
conforms uem deviceSearch
check '.Total == 2 and .Devices[0].SerialNumber == "C02SOUND0001"' # no such filter
get '/api/mdm/devices/search?user=bob@example.com'
check '.Devices | map(.SerialNumber) == ["C02OTHER0001"]'
get '/api/mdm/devices/search?pagesize=1&page=1'
check '.PageSize == 1 and .Page == 1 and .Devices[0].SerialNumber == "C02OTHER0001"'
get '/api/mdm/devices/search?pagesize=9999'
check '.PageSize == 500'
get '/api/mdm/devices/search?page=1'
expect 204
get '/api/mdm/devices/search?lgid=99999'
expect 204

# --- users, apps ---
get '/api/system/users/search?username=ann'
expect 200
conforms uem users
check '.Users | map(.UserName) == ["ann@example.com"]'
get '/api/system/users/search?email=ann@example.com'
check '.Users | map([.UserName, .Id.Value > 0]) == [["ann@example.com", true]]'
get '/api/system/users/search?username=nobody'
expect 204
get /api/mam/apps/purchased/search
expect 200
conforms uem apps
get '/api/mam/apps/purchased/search?applicationName=nothing'
expect 204
get '/api/mam/apps/search?applicationType=Public'
conforms uem apps
check '.Application | all(.ApplicationType == "Public")'
get "/api/mdm/devices/$one/apps"
expect 200
conforms uem deviceApps
get /api/mdm/devices/99999/apps
same "no such device" "404 5002" "$(error_of)"

# --- C.4 commands ---
post "/api/mdm/devices/$one/commands?command=Fold" ''
same "no such command" "400 5102" "$(error_of)"
post "/api/mdm/devices/commands?command=DeviceWipe&$by&id=C02OTHER0001" ''
same "not enrolled" "400 400" "$(error_of)"
post "/api/mdm/devices/commands?command=DeviceWipe&$by&id=NOSUCHSERIAL" ''
same "unknown" "404 5002" "$(error_of)"
post /api/mdm/devices/99999/commands?command=Lock ''
same "unknown id" "404 5002" "$(error_of)"
post "/api/mdm/devices/$one/commands?command=Lock" ''
expect 202
post "/api/mdm/devices/$one/commands?command=EnterpriseWipe" ''
expect 202
same "empty" "" "$body"
status_of() {
	get "/api/mdm/devices?$by&id=$1"
	jq -r .EnrollmentStatus <<<"$body"
}
same "pending" EnterpriseWipePending "$(status_of C02SOUND0001)"
later 301
same "over" Unenrolled "$(status_of C02SOUND0001)"
same "effects" "wipe true,unenrolled true" "$(effects C02SOUND0001)"
post "/api/mdm/devices/$one/commands?command=DeviceWipe" ''
same "no longer enrolled" "400 400" "$(error_of)"

# --- C.3 deletes ---
get /api/mdm/devices/bulksettings
expect 200
conforms uem bulkSettings
delete "/api/mdm/devices?$by&id=C02SOUND0001"
expect 204
delete "/api/mdm/devices?$by&id=C02SOUND0001"
same "gone" "404 5002" "$(error_of)"
delete "/api/mdm/devices?searchby=Colour&id=x"
same "no such search" "422 5003" "$(error_of)"
delete /api/mdm/devices/99999
same "unknown id" "404 5002" "$(error_of)"
post "/api/mdm/devices/bulk?$by" "$(bulk C02SOUND0001)"
same "none accepted" 400 "$status"
conforms uem bulk
post "/api/mdm/devices/bulk?$by" "$(bulk C02OTHER0001 NOSUCHSERIAL)"
expect 200
conforms uem bulk
check '.AcceptedItems == 1 and .FailedItems == 1 and (.Faults.Faults | map(.ItemValue)) == ["NOSUCHSERIAL"]'
post "/api/mdm/devices/bulk?$by" '{}'
same "no values" "422 5003" "$(error_of)"
same "effect" "delete-record true" "$(effects C02OTHER0001)"
get /api/mdm/devices/search
expect 204

# --- B.3 changing a profile: whole ---
uem_basic 2
get '/api/system/groups/search?groupid=SERVERA'
og=$(jq -r .OrganizationGroups[0].Uuid <<<"$body")
uem_basic
get "/api/mdm/dep/profiles/search?OrganizationGroupUuid=$og"
p=$(jq -r .ProfileList[0].uuid <<<"$body")
get "/api/mdm/dep/profiles/$p"
put "/api/mdm/dep/profiles/$p" "$(jq '.CustomPromptRequired = true | .Extra = {deep: [1, "x", null, false]} | del(.Department)' <<<"$body")"
expect 202
same "empty" "" "$body"
get "/api/mdm/dep/profiles/$p"
conforms uem profile
check '.CustomPromptRequired and .Extra == {deep: [1, "x", null, false]} and (has("Department") | not)'
put "/api/mdm/dep/profiles/$p" '{}'
same "no name" "400 400" "$(error_of)"
put /api/mdm/dep/profiles/0000 '{}'
same "unknown" "404 404" "$(error_of)"
all_reached
