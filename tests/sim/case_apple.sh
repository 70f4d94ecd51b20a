#!/usr/bin/env bash
# Apple: sign-in, devices, servers, activities (services/README.md Apple A).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

sim_start --fleet "$work/fleet.csv" --apple-key "$work/key.pub" --client-id "$client"

# --- A.2 sign-in ---
good=$(jwt "$work/key.pem" "$client")
apple_token "$good"
expect 200
conforms apple token
check '.token_type == "Bearer" and .expires_in == 3600 and .scope == "business.api"'
apple_token "$good" business.api /auth/oauth2/token
expect 200
auth=()
request POST "/auth/oauth2/token?grant_type=client_credentials&client_id=$client&client_assertion=$good\
&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&scope=business.api" -d ''
same "as a query" "200 Bearer" "$status $(jq -r .token_type <<<"$body")"
apple_token "$good" school.api
expect 400
conforms apple tokenError
check '.error == "invalid_scope"'
auth=()
request POST /auth/oauth2/token -d grant_type=password
expect 400
check '.error == "unsupported_grant_type"'
request POST /auth/oauth2/token -d grant_type=client_credentials
check '.error == "invalid_request"'

refused() { # what, assertion
	apple_token "$2"
	same "$1" "400 invalid_client" "$status $(jq -r .error <<<"$body")"
}
make_key "$work/other"
refused "another key" "$(jwt "$work/other.pem" "$client")"
refused "aud of the other path" "$(jwt "$work/key.pem" "$client" '.aud |= sub("v2/"; "")')"
refused "iss" "$(jwt "$work/key.pem" "$client" '.iss = "x"')"
refused "sub" "$(jwt "$work/key.pem" "$client" '.sub = "x"')"
refused "no jti" "$(jwt "$work/key.pem" "$client" 'del(.jti)')"
refused "expired" "$(jwt "$work/key.pem" "$client" '.exp = .iat - 1')"
refused "from the future" "$(jwt "$work/key.pem" "$client" '.iat += 4000 | .exp += 4000')"
refused "longer than 180 days" "$(jwt "$work/key.pem" "$client" '.exp = .iat + 181 * 86400')"
refused "alg none" "$(jwt "$work/key.pem" "$client" . '.alg = "none"')"
der=$(printf %s "${good%.*}" | openssl dgst -sha256 -sign "$work/key.pem" -binary | b64url)
refused "DER instead of R and S" "${good%.*}.$der"
refused "no JWT" "abc"
client=BUSINESSAPI.00000000-0000-0000-0000-000000000000
refused "another client" "$(jwt "$work/key.pem" "$client")"
client=BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152

# --- A.2 bearer and Accept ---
auth=()
post /v1/orgDeviceActivities '{}'
expect 401
get /v1/mdmServers
expect 401
conforms apple errors
check '.errors[0] | .code == "NOT_AUTHORIZED" and .status == "401" and (.title and .detail)'
apple_sign_in
accept=application/vnd.api+json
get /v1/mdmServers
expect 406
accept=application/json
later 3601
get /v1/mdmServers
expect 401
apple_sign_in

# --- A.3 unknown paths ---
get /v1/orgGadgets
expect 404
check '.errors[0].code == "NOT_FOUND"'
delete /v1/orgDevices
expect 403
check '.errors[0].code == "FORBIDDEN_ERROR"'

# --- A.5 servers ---
get /v1/mdmServers
expect 200
conforms apple mdmServers
check '.data | length == 2 and all(.type == "mdmServers" and (.id | test("^[0-9A-F]{32}$")))'
check '.data[0].attributes | .serverName == "Server A" and .deviceCount == 3 and .status == "ACTIVE"'
check '.data[0].attributes | has("lastConnectedDateTime") | not'
a=$(jq -r .data[0].id <<<"$body")
b=$(jq -r .data[1].id <<<"$body")
get '/v1/mdmServers?fields[mdmServers]=serverName,lastConnectedDateTime'
check '.data[0].attributes | keys == ["lastConnectedDateTime", "serverName"]'
get '/v1/mdmServers?fields[mdmServers]=nonsense'
expect 400
check '.errors[0] | .code == "PARAMETER_ERROR.INVALID" and .source.parameter == "fields[mdmServers]"'
get "/v1/mdmServers/$a"
expect 200
conforms apple oneServer
check '.data.attributes.serverName == "Server A"'
get /v1/mdmServers/0123
expect 404
get "/v1/mdmServers/$a/relationships/devices?limit=2"
expect 200
conforms apple linkages
check '.data | length == 2 and .[0] == {type: "orgDevices", id: "C02SOUND0001"}'
check '.meta.paging | .limit == 2 and .total == 3 and (.nextCursor | length > 0)'
get "/v1/mdmServers/$a/relationships/devices?limit=2&cursor=$(jq -r .meta.paging.nextCursor <<<"$body")"
check '.data == [{type: "orgDevices", id: "C02BROKE0001"}] and (.meta.paging | has("nextCursor") | not)'
get /v1/mdmServers/0123/relationships/devices
expect 404
get "/v1/mdmServers/$a/devices"
expect 403
check '.errors[0].code == "FORBIDDEN_ERROR"'

# --- A.4 devices ---
get /v1/orgDevices
expect 200
conforms apple orgDevices
check '.data | length == 6'
check '.data[0].attributes | .deviceModel == "iMac 21.5\"" and .productFamily == "Mac"
	and .purchaseSourceId == "-2085650007946880" and .status == "ASSIGNED"'
check '.data[1].attributes.imei == ["356789012345678", "356789012345679"]'
check '.data[5].attributes | .releasedFromOrgDateTime == "2025-06-01T00:00:00.000Z"'
check '.data[0].attributes | .releasedFromOrgDateTime == null and .addedToOrgDateTime == "2024-03-01T00:00:00.000Z"'
check '.data[0].attributes | (.wifiMacAddress | type) == "string" and (.ethernetMacAddress | type) == "array"'
check '.data[0].relationships.assignedServer.links.related
	| test("^http://.*/v1/orgDevices/C02SOUND0001/assignedServer$")'
get '/v1/orgDevices?limit=4&fields[orgDevices]=serialNumber,status'
check '.data | length == 4 and all(.attributes | keys == ["serialNumber", "status"])'
next=$(jq -r .links.next <<<"$body")
get "${next#"$url"}"
expect 200
check '(.data | length == 2) and (.links | has("next") | not) and .meta.paging.total == 6'
check '.data[0].attributes | keys == ["serialNumber", "status"]'
for bad in limit=0 limit=1001 limit=x cursor=%21%21 cursor=YWJj 'fields[orgDevices]=colour'; do
	get "/v1/orgDevices?$bad"
	same "$bad" "400 PARAMETER_ERROR.INVALID" "$status $(jq -r '.errors[0].code' <<<"$body")"
done
get /v1/orgDevices/C02SOUND0001
expect 200
conforms apple oneDevice
check '.data.id == "C02SOUND0001" and .data.attributes.serialNumber == "C02SOUND0001"'
get /v1/orgDevices/C02SOUND0001 -H 'Host: api-business.apple.com'
check '.data.links.self == "https://api-business.apple.com/v1/orgDevices/C02SOUND0001"' # through a TLS front
get /v1/orgDevices/c02sound0001
expect 404
check '.errors[0] | .code == "NOT_FOUND" and (.detail | contains("orgDevices"))'
get /v1/orgDevices/C02SOUND0001/relationships/assignedServer
expect 200
conforms apple serverLink
check ".data == {type: \"mdmServers\", id: \"$a\"}"
get /v1/orgDevices/C02SOUND0001/assignedServer
expect 200
check '.data.attributes.serverName == "Server A"'
conforms apple oneServer
get '/v1/orgDevices/C02SOUND0001/assignedServer?fields[mdmServers]=status'
check '.data.attributes == {status: "ACTIVE"}'
get /v1/orgDevices/C02SHELF0001/assignedServer
expect 404
get /v1/orgDevices/C02SHELF0001/relationships/assignedServer
expect 404
get /v1/orgDevices/NOSUCHSERIAL/assignedServer
expect 404

# --- A.6 activities: refusals ---
refusal() { # what status code body
	post /v1/orgDeviceActivities "$4"
	same "$1" "$2 $3" "$status $(jq -r '.errors[0].code' <<<"$body")"
	conforms apple errors
}
refusal "no JSON" 400 PARAMETER_ERROR.INVALID '{'
refusal "no data" 422 ENTITY_UNPROCESSABLE '{}'
refusal "type" 409 ENTITY_ERROR.TYPE.INVALID '{"data":{"type":"x"}}'
refusal "no activity type" 409 ENTITY_ERROR.ATTRIBUTE.REQUIRED '{"data":{"type":"orgDeviceActivities"}}'
refusal "unknown activity type" 409 ENTITY_ERROR.ATTRIBUTE.INVALID "$(activity FOLD_DEVICES "$a" C02SOUND0001)"
refusal "unassign without server" 409 ENTITY_ERROR.RELATIONSHIP.REQUIRED "$(activity UNASSIGN_DEVICES '' C02SOUND0001)"
check '.errors[0].source.pointer == "/data/relationships/mdmServer"'
refusal "unknown server" 409 ENTITY_ERROR.RELATIONSHIP.INVALID "$(activity ASSIGN_DEVICES 0123 C02SOUND0001)"
refusal "no devices" 409 ENTITY_ERROR.RELATIONSHIP.REQUIRED "$(activity ASSIGN_DEVICES "$a")"

# --- A.6 activities: their life ---
post /v1/orgDeviceActivities "$(activity UNASSIGN_DEVICES "$a" C02SOUND0001 C02SOUND0001)"
expect 201
conforms apple activity
check '.data | .type == "orgDeviceActivities" and .attributes.status == "IN_PROGRESS"
	and .attributes.subStatus == "SUBMITTED" and (.attributes | has("completedDateTime") | not)'
id=$(jq -r .data.id <<<"$body")
later 5
get "/v1/orgDeviceActivities/$id"
expect 200
check '.data.attributes | .status == "IN_PROGRESS" and .subStatus != "SUBMITTED" and (has("downloadUrl") | not)'
get /v1/orgDevices/C02SOUND0001
check '.data.attributes.status == "ASSIGNED"'
later 5
get "/v1/orgDeviceActivities/$id"
conforms apple activity
check '.data.attributes | .status == "COMPLETED" and .subStatus == "COMPLETED_WITH_SUCCESS"
	and .completedDateTime > .createdDateTime'
log=$(jq -r .data.attributes.downloadUrl <<<"$body")
get /v1/orgDevices/C02SOUND0001
check '.data.attributes.status == "UNASSIGNED"'
get /v1/orgDevices/C02SOUND0001/assignedServer
expect 404
get /v1/orgDeviceActivities/b1481656-b267-480d-b284-a809eed8b041
expect 404
get /v1/orgDeviceActivities
expect 403

# --- A.7 log ---
same "file name in the link" "attachment%3B%20filename%3D%22ABM-ActivityLog_$id.csv%22" \
	"${log##*&response-content-disposition=}"
signed=("${auth[@]}")
auth=()
get "${log#"$url"}"
expect 200
same "content type" text/csv "$(header Content-Type)"
same "file name" "attachment; filename=\"ABM-ActivityLog_$id.csv\"" "$(header Content-Disposition)"
same "one row of a serial named twice" 1 "$(grep -c ^C02SOUND0001,SUCCESS,UPDATED, <<<"$body")"
same "preamble" "ACTIVITY_ID,$id" "$(sed -n 2p <<<"$body")"
get "${log#"$url"}" -H 'Authorization: Bearer x'
expect 400
bent=${log/X-Signature=/X-Signature=0}
get "${bent#"$url"}"
expect 403
later 901
get "${log#"$url"}"
expect 403
auth=("${signed[@]}")

# --- A.6 what becomes of devices ---
run_activity() { # type server serial...: sub-status at the end
	post /v1/orgDeviceActivities "$(activity "$@")"
	id=$(jq -r .data.id <<<"$body")
	later 11
	get "/v1/orgDeviceActivities/$id"
	sub=$(jq -r .data.attributes.subStatus <<<"$body")
}
run_activity UNASSIGN_DEVICES "$a" NOSUCHSERIAL
same "an unknown serial is a silent no-op" COMPLETED_WITH_SUCCESS "$sub"
run_activity ASSIGN_DEVICES "$a" C02SOUND0002 C02SHELF0001
same "same server among others" COMPLETED_WITH_ERROR "$sub"
same "assign strips the profile where it already was" "assign false,strip true" "$(effects C02SOUND0002)"
same "assign from the shelf" "assign true" "$(effects C02SHELF0001)"
run_activity UNASSIGN_DEVICES "$a" C02OTHER0001
same "all refused" COMPLETED_WITH_FAILURE "$sub"
same "not on that server" "unassign false" "$(effects C02OTHER0001)"
run_activity ASSIGN_DEVICES "$a" C02LEFT00001
same "released" COMPLETED_WITH_FAILURE "$sub"
run_activity ASSIGN_DEVICES "$a" C02OTHER0001
same "one assign moves a device" COMPLETED_WITH_SUCCESS "$sub"
get "/v1/mdmServers/$b/relationships/devices"
check '.data == [] and .meta.paging.total == 0'
later $((31 * 86400))
apple_sign_in
get "/v1/orgDeviceActivities/$id"
expect 404

# --- the audit ---
same "every request has a line" true "$(jq -s 'map(select(.kind == "request")) | length > 70' "$work/audit.ndjson")"
same "no secret in it" 0 "$(grep -c -e client_assertion -e "$token" "$work/audit.ndjson")"
all_reached
