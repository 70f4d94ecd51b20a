#!/usr/bin/env bash
# Each built-in scenario does what --list-scenarios says (services/README.md Apple F, UEM H).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

tried=()
with() { # scenario [arguments]
	tried+=("$1")
	local name=$1
	shift
	now=1767225600000
	rm -f "$work/audit.ndjson"
	sim_start --fleet "$work/fleet.csv" --any-key --profile Macs --scenario "$name" "$@"
	accept=application/json
}
with_apple() {
	with "$@"
	apple_sign_in
	get /v1/mdmServers
	a=$(jq -r .data[0].id <<<"$body")
}
with_uem() {
	with "$@"
	uem_basic 2
	get '/api/system/groups/search?name=Server%20A'
	og=$(jq -r '.OrganizationGroups[0].Uuid' <<<"$body")
	uem_basic
	get "/api/mdm/dep/profiles/search?OrganizationGroupUuid=$og"
	macs=$(jq -r .ProfileList[0].uuid <<<"$body")
}
run() { # type server serial...: leaves the finished activity
	post /v1/orgDeviceActivities "$(activity "$@")"
	id=$(jq -r .data.id <<<"$body")
	later 11
	get "/v1/orgDeviceActivities/$id"
}
end_of() { jq -r '.data.attributes | "\(.status) \(.subStatus)"' <<<"$body"; }
dep_list() { get "/api/mdm/dep/groups/$og/devices"; }

# --- Apple ---
with apple-kid-refused
apple_token "$(jwt "$work/key.pem" "$client")"
expect 400
apple_token "$(jwt "$work/key.pem" "$client" . 'del(.kid)')"
expect 200
for s in apple-token-throttle:400 apple-token-throttle-429:429; do
	with "${s%:*}"
	apple_sign_in
	apple_sign_in
	apple_sign_in
	expect "${s#*:}"
	later 61
	apple_sign_in
	expect 200
done
with_apple apple-token-expires
later 121
get /v1/mdmServers
expect 401
with_apple apple-rate-limits
for _ in $(seq 19); do get /v1/mdmServers; done
expect 200
get /v1/mdmServers
expect 429
conforms apple errors
same "until the window moves" 60 "$(header Retry-After)"
for _ in $(seq 11); do post /v1/orgDeviceActivities '{}'; done
expect 429
same "an hour for writes" 3600 "$(header Retry-After)"
with_apple apple-rate-limits-date
for _ in $(seq 20); do get /v1/mdmServers; done
same "as a date" "Thu, 01 Jan 2026 00:01:00 GMT" "$(header Retry-After)"
with_apple apple-rate-limits-silent
for _ in $(seq 20); do get /v1/mdmServers; done
expect 429
same "no hint" "" "$(header Retry-After)"
with_apple apple-unknown-refused
post /v1/orgDeviceActivities "$(activity ASSIGN_DEVICES "$a" C02SOUND0001 NOSUCHSERIAL)"
expect 409
check '.errors[0].source.pointer == "/data/relationships/devices/data/1"'
with_apple apple-partial
run UNASSIGN_DEVICES "$a" NOSUCHSERI1 NOSUCHSERI2 NOSUCHSERI3 C02SOUND0001 C02SOUND0002
same "one in five" "COMPLETED COMPLETED_WITH_ERROR" "$(end_of)"
log=$(jq -r .data.attributes.downloadUrl <<<"$body")
auth=()
get "${log#"$url"}"
same "in the log" C02SOUND0002,ERROR,INTERNAL_ERROR "$(sed -n 's/\(C02SOUND0002,[^,]*,[^,]*\),.*/\1/p' <<<"$body")"
same "unknown ones are not" 0 "$(grep -c NOSUCH <<<"$body")"
with_apple apple-activity-stopped
run UNASSIGN_DEVICES "$a" C02SOUND0001 C02SOUND0002
same "stopped" "STOPPED STOPPING" "$(end_of)"
same "half done" "unassign true/" "$(effects C02SOUND0001)/$(effects C02SOUND0002)"
with_apple apple-activity-failed
run UNASSIGN_DEVICES "$a" C02SOUND0001
same "failed" "FAILED PROCESSING" "$(end_of)"
same "nothing done" "" "$(effects C02SOUND0001)"
with_apple apple-activity-never
run UNASSIGN_DEVICES "$a" C02SOUND0001
later 3000
get "/v1/orgDeviceActivities/$id"
same "for ever" "IN_PROGRESS PROCESSING" "$(end_of)"
with_apple apple-activity-unlogged
run UNASSIGN_DEVICES "$a" C02SOUND0001
same "done" "COMPLETED COMPLETED_POST_PROCESSING_FAILED" "$(end_of)"
check '.data.attributes | has("downloadUrl") | not'
same "done indeed" "unassign true" "$(effects C02SOUND0001)"
with_apple apple-activity-slow
run UNASSIGN_DEVICES "$a" C02SOUND0001
check '.data.attributes.status == "IN_PROGRESS"'
later 590
get "/v1/orgDeviceActivities/$id"
check '.data.attributes.status == "COMPLETED"'
with_apple apple-activity-limit
# shellcheck disable=SC2046 # one word per serial
post /v1/orgDeviceActivities "$(activity ASSIGN_DEVICES "$a" $(seq -f NOSUCH%05g 51))"
expect 409
with_apple apple-lag
run UNASSIGN_DEVICES "$a" C02SOUND0001
get /v1/orgDevices/C02SOUND0001
check '.data.attributes.status == "ASSIGNED"'
later 20
get /v1/orgDevices/C02SOUND0001
check '.data.attributes.status == "UNASSIGNED"'
get /v1/orgDevices/C02SOUND0001/assignedServer
expect 200 # the server still shows
get "/v1/mdmServers/$a"
check '.data.attributes.deviceCount == 3'
later 30
get /v1/orgDevices/C02SOUND0001/assignedServer
expect 404
get "/v1/mdmServers/$a"
check '.data.attributes.deviceCount == 2'
with_apple apple-lag-long
run UNASSIGN_DEVICES "$a" C02SOUND0001
later 500
get /v1/orgDevices/C02SOUND0001
check '.data.attributes.status == "ASSIGNED"'
with_apple apple-unassigned-null
get /v1/orgDevices/C02SHELF0001/assignedServer
check '.data == null'
get /v1/orgDevices/NOSUCHSERIAL/assignedServer
expect 404
with_apple apple-unassigned-empty
get /v1/orgDevices/C02SHELF0001/relationships/assignedServer
check '.data.id == ""'
with_apple apple-text-lists
get /v1/orgDevices
conforms apple orgDevices
check '.data[1].attributes.imei == "356789012345678"'
with_apple apple-address-lists
get /v1/orgDevices
conforms apple orgDevices
check '.data[0].attributes | [.wifiMacAddress, .bluetoothMacAddress | length] == [1, 1]'
with_apple apple-extra-keys
get /v1/orgDevices/C02SOUND0001
check '.data.attributes | has("somethingNew")'
with_apple apple-times-2
get /v1/orgDevices/C02SOUND0001
check '.data.attributes.addedToOrgDateTime == "2024-03-01T00:00:00.00Z"'
with_apple apple-times-0
get /v1/orgDevices/C02SOUND0001
check '.data.attributes.addedToOrgDateTime == "2024-03-01T00:00:00Z"'
with_apple apple-html-errors
for _ in $(seq 6); do get /v1/mdmServers; done
expect 503
same "HTML" text/html "$(header Content-Type)"
with_apple apple-empty-errors
for _ in $(seq 6); do get /v1/mdmServers; done
expect 500
same "empty" "" "$body"
with_apple apple-empty-cursor
get /v1/orgDevices
check '.meta.paging.nextCursor == "" and (.links | has("next") | not)'
with_apple apple-wrong-next-host
get '/v1/orgDevices?limit=2'
check '.links.next | startswith("https://api-business.apple/v1/orgDevices?limit=2&cursor=")'
with_apple apple-page-loop
get '/v1/orgDevices?limit=2'
first=$(jq -r .meta.paging.nextCursor <<<"$body")
get "/v1/orgDevices?limit=2&cursor=$first"
same "again and again" "$first" "$(jq -r .meta.paging.nextCursor <<<"$body")"
with_apple apple-short-lists
get /v1/orgDevices
check '.data | length == 4'
get "/v1/mdmServers/$a/relationships/devices"
check '.data | length == 2'
with_apple apple-log-expires
run UNASSIGN_DEVICES "$a" C02SOUND0001
log=$(jq -r .data.attributes.downloadUrl <<<"$body")
auth=()
later 3
get "${log#"$url"}"
expect 403
with_apple apple-log-tables
run UNASSIGN_DEVICES "$a" C02SOUND0001
log=$(jq -r .data.attributes.downloadUrl <<<"$body")
auth=()
get "${log#"$url"}"
same "two tables" 2 "$(grep -c operation_status <<<"$body")"
with_apple apple-documented-fields
get '/v1/orgDevices?fields[orgDevices]=serialNumber,isMdmMigrationCapable'
expect 400
check '.errors[0].source.parameter == "fields[orgDevices]"'
get '/v1/orgDevices?fields[orgDevices]=serialNumber'
expect 200
with_apple apple-old-api
get "/v1/mdmServers/$a"
expect 403
check '.errors[0].code == "FORBIDDEN_ERROR"'
with_apple apple-read-only
post /v1/orgDeviceActivities "$(activity UNASSIGN_DEVICES "$a" C02SOUND0001)"
expect 403
with_apple apple-late-events
run UNASSIGN_DEVICES "$a" C02SOUND0001
events='/v1/auditEvents?filter[startTimestamp]=2025-01-01T00:00:00Z'
get "$events"
check '.data == []'
later 3601
apple_sign_in
get "$events"
check '.data | length == 1'
with_apple other-admin
later 121
get /v1/orgDevices
same "nobody's tenth device" 0 "$(grep -c unassign "$work/audit.ndjson")"
with_apple slow-network
get /v1/mdmServers
expect 200
with_apple storm
for _ in $(seq 20); do get /v1/mdmServers; done
same "limits hold in a storm" "Thu, 01 Jan 2026 00:01:00 GMT" "$(header Retry-After)"

# --- UEM ---
sync() { put "/api/mdm/dep/groups/$og/devices?action=${1:-Sync}" ''; }
unassigned() { # scenario: C02SOUND0001 is off its server, the UEM has not heard of it
	with_apple "$1"
	run UNASSIGN_DEVICES "$a" C02SOUND0001
	uem_basic 2
	get '/api/system/groups/search?name=Server%20A'
	og=$(jq -r '.OrganizationGroups[0].Uuid' <<<"$body")
	uem_basic
}
unassigned uem-sync-slow
sync
later 1100
dep_list
check 'length == 3'
later 101
dep_list
check 'length == 2'
unassigned uem-sync-lost
sync
sync Fetch
later 4000
dep_list
check 'length == 3'
unassigned uem-needs-fetch
sync
later 61
dep_list
check 'length == 3'
sync Fetch
later 61
dep_list
check 'length == 2'
assign() { put "/api/mdm/dep/profiles/$macs/devices/$1?action=Assign" ''; }
with_uem uem-profile-5058
assign C02SOUND0001
same "5058" "404 5058" "$status $(jq .errorCode <<<"$body")"
with_uem uem-profile-resync
assign C02SOUND0001
same "5058 before a sync" "404 5058" "$status $(jq .errorCode <<<"$body")"
put "/api/mdm/dep/groups/$og/devices?action=Sync" ''
expect 202
assign C02SOUND0001
expect 202
with_uem uem-profile-stuck
assign C02SOUND0002
later 3000
get "/api/mdm/groups/$og/enrollment-tokens?serial_number=C02SOUND0002"
get "/api/mdm/groups/$og/enrollment-tokens/$(jq -r .tokens[0].uuid <<<"$body")"
check '.profile_status == 3'
with_uem uem-no-account
dep_list
same "5053" "404 5053" "$status $(jq .errorCode <<<"$body")"
with_apple uem-auto-assign
run ASSIGN_DEVICES "$a" C02SHELF0001
uem_basic 2
get '/api/system/groups/search?name=Server%20A'
og=$(jq -r '.OrganizationGroups[0].Uuid' <<<"$body")
uem_basic
sync
later 61
dep_list
check 'map(select(.deviceSerialNumber == "C02SHELF0001")) | .[0].profileName == "Macs"'
with_uem uem-duplicates
get /api/mdm/devices/search
check '.Total == 2' # one in three of two
with_uem uem-odd-status
get '/api/mdm/devices?searchby=Serialnumber&id=C02SOUND0001'
check '.EnrollmentStatus == "ENROLLED"'
bulk='{"BulkValues":{"Value":["C02SOUND0001","NOSUCHSERI1","NOSUCHSERI2"]}}'
with_uem uem-faults-old
post '/api/mdm/devices/bulk?searchby=Serialnumber' "$bulk"
conforms uem bulk
check '.Faults.Fault | length == 2'
with_uem uem-faults-single
post '/api/mdm/devices/bulk?searchby=Serialnumber' "$bulk"
conforms uem bulk
check '.Faults.Fault.ItemValue == "NOSUCHSERI1" and .FailedItems == 2'
with_uem uem-bulk-cap
post '/api/mdm/devices/bulk?searchby=Serialnumber' "$bulk"
expect 403
get /api/mdm/devices/bulksettings
check '.DeleteDevice == 2'
with_uem uem-wipe-held
delete '/api/mdm/devices?searchby=Serialnumber&id=C02SOUND0001'
expect 204
delete '/api/mdm/devices?searchby=Serialnumber&id=C02OTHER0001'
expect 403
check '.message | contains("on hold")'
later 86401
uem_basic
delete '/api/mdm/devices?searchby=Serialnumber&id=C02OTHER0001'
expect 204
with_uem uem-enum-names
get "/api/mdm/groups/$og/enrollment-tokens?serial_number=C02BROKE0001"
get "/api/mdm/groups/$og/enrollment-tokens/$(jq -r .tokens[0].uuid <<<"$body")"
conforms uem tokenDetail
check '.profile_status == "Assignment in progress"'
with_uem uem-profile-account
get "/api/mdm/dep/profiles/$macs"
check '.AccountType == 1 and .Password == null'
with_uem uem-custom-prompt
get "/api/mdm/dep/profiles/$macs"
check .CustomPromptRequired
with_uem uem-html-errors
for _ in $(seq 5); do get /api/system/info; done
expect 503
same "HTML" text/html "$(header Content-Type)"
with uem-bom
uem_basic
get /api/system/info
same "a mark first" efbbbf "$(head -c 3 <<<"$body" | od -An -tx1 | tr -d ' ')"
with uem-error-in-ok
uem_basic
get '/api/mdm/devices?searchby=Serialnumber&id=NOSUCHSERIAL'
same "200 with errorCode" "200 5002" "$status $(jq .errorCode <<<"$body")"
for s in uem-token-expires:1029 uem-token-invalid:1024; do
	with "${s%:*}"
	auth=()
	request POST /connect/token -d 'grant_type=client_credentials&client_id=i&client_secret=s'
	auth=(-H "Authorization: Bearer $(jq -r .access_token <<<"$body")")
	later 121
	get /api/system/info
	same "token over" "401 ${s#*:}" "$status $(jq .errorCode <<<"$body")"
done
with uem-quota-shared
uem_basic
get /api/system/info
same "four less" 4996 "$(header X-RateLimit-Remaining)"
for s in uem-quota-zero: uem-quota-zero-retry:86400; do
	with "${s%:*}"
	uem_basic
	for _ in $(seq 31); do get /api/system/info; done
	expect 429
	same "none left" 0 "$(header X-RateLimit-Remaining)"
	same "when" "${s#*:}" "$(header Retry-After)"
	later 86400
	get /api/system/info
	expect 200
done
with uem-no-quota-headers
uem_basic
get /api/system/info
same "no headers" "" "$(header X-RateLimit-Remaining)"
with_uem uem-unassigned-null
dep_list
check '.[2] | has("profileUuid") and .profileUuid == null'
with_uem uem-unassigned-empty
dep_list
check '.[2].profileUuid == ""'
with_uem uem-bulk-skips
post '/api/mdm/devices?searchby=Serialnumber' "$bulk"
check '.Devices | length == 1'
with uem-xml
uem_basic
accept='*/*'
get /api/system/info
same "XML" "application/xml; charset=utf-8" "$(header Content-Type)"
with uem-blank-group-id
uem_basic 2
get '/api/system/groups/search?name=Server%20A'
check '.OrganizationGroups[0].GroupId == ""'

# --- from the field; what the knobs do stands in case_worlds.sh and case_pages.sh ---
with_apple apple-activity-early
run UNASSIGN_DEVICES "$a" C02SOUND0001
later 50
get "/v1/orgDeviceActivities/$id"
check '.data.attributes.status == "IN_PROGRESS"'
same "early" "unassign true" "$(effects C02SOUND0001)"
with_apple apple-activity-apart
run UNASSIGN_DEVICES "$a" C02SOUND0001 C02SOUND0002
same "one, not the other" "unassign true/" "$(effects C02SOUND0001)/$(effects C02SOUND0002)"
with_apple apple-stale
run UNASSIGN_DEVICES "$a" C02SOUND0001
for n in 2 2 3; do
	get "/v1/mdmServers/$a/relationships/devices"
	check ".data | length == $n"
done
with_apple apple-clamped-pages
get '/v1/orgDevices?limit=1000'
check '(.data | length) == 3 and .meta.paging.limit == 3'
with_apple apple-shifting-pages
get '/v1/orgDevices?limit=1000'
last=$(jq -r .data[2].id <<<"$body")
get "/v1/orgDevices?limit=1000&cursor=$(jq -r .meta.paging.nextCursor <<<"$body")"
same "again" "$last" "$(jq -r .data[0].id <<<"$body")"
with_apple apple-refuses-some
post /v1/orgDeviceActivities "$(activity ASSIGN_DEVICES "$a" C02SOUND0001 C02BROKE0001 C02LEFT00001)"
expect 409
check '[.errors[].source.pointer[-1:]] == ["1", "2"]'
with_apple apple-no-disown
get /v1/mdmServers
check '[.data[].attributes.enableMdmDisownFlag] == [false, false]'
with_apple apple-coverage-forbidden
get /v1/orgDevices/C02SOUND0001/appleCareCoverage
expect 403
with_apple apple-coverage-missing
get /v1/orgDevices/C02SHELF0001/appleCareCoverage
expect 404
get /v1/orgDevices/C02SOUND0001/appleCareCoverage
expect 200
with uem-clamped-pages
uem_basic
get '/api/system/users/search?pagesize=500'
check '.PageSize == 3'
with uem-page-ignored
uem_basic
get '/api/system/users/search?pagesize=1&page=7'
check '.Users | length == 1'
with_uem uem-serials-lower
dep_list
check '.[0].deviceSerialNumber == "c02sound0001"'
with uem-sign-in-page
uem_basic
get /api/system/info
expect 200
same "a page" "text/html; charset=utf-8" "$(header Content-Type)"
with uem-firewall
uem_basic
get /api/system/info
expect 403
with uem-maintenance
uem_basic
for code in 503 503 503 503 503 200; do
	get /api/system/info
	expect $code
done
with uem-wipe-again
uem_basic
for _ in 1 2; do
	post '/api/mdm/devices/commands?command=DeviceWipe&searchby=Serialnumber&id=C02SOUND0001' ''
	expect 202
done

# --- the list itself ---
"$SIM" --list-scenarios >"$work/list"
same "every line names where it stands" 0 "$(grep -cvE '^[^ ]+ +(Apple|UEM) [A-J](\.[0-9]+b?)? ' "$work/list")"
# case_dep.sh, case_faults.sh, case_errors.sh
elsewhere='^(\((always|client)\)|dep-|lost-|apple-(stream-resets|client-unauth)|uem-(no-perm|feature))'
traps() { # file section last
	seq -f "$1 $2.%g" "$3"
	[ "$1" != Apple ] || echo "$1 $2.28b"
}
same "every trap has a line" "" "$({ traps Apple F 30 && traps UEM H 34; } | sort |
	comm -23 - <(awk '{print $2, $3}' "$work/list" | sort -u))"
same "each was tried" "$(awk '{print $1}' "$work/list" | grep -vE "$elsewhere" | sort)" \
	"$(printf '%s\n' "${tried[@]}" | sort -u)"
all_reached
