#!/usr/bin/env bash
# Apple: migrations, release, editing servers, audit events, School (services/README.md Apple A.3, A.6, E).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

sim_start --fleet "$work/fleet.csv" --apple-key "$work/key.pub"
apple_sign_in
get /v1/mdmServers
a=$(jq -r .data[0].id <<<"$body")
b=$(jq -r .data[1].id <<<"$body")

# --- migrations ---
with_deadline() { # type server deadline serial
	activity "$1" "$2" "$4" | jq -c --arg d "$3" \
		'.data.attributes.activityTypeMetadata = {mdmMigrationDeadlineDateTime: $d}'
}
code() { echo "$status $(jq -r '.errors[0].code' <<<"$body")"; }
migrate=ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE
post /v1/orgDeviceActivities "$(activity $migrate "$b" C02SOUND0001)"
same "a deadline is needed" "409 ENTITY_ERROR.ATTRIBUTE.REQUIRED" "$(code)"
post /v1/orgDeviceActivities "$(with_deadline $migrate "$b" 2026-04-02T00:00:00Z C02SOUND0001)"
same "more than 90 days ahead" "409 ENTITY_ERROR.ATTRIBUTE.INVALID" "$(code)"
post /v1/orgDeviceActivities "$(with_deadline $migrate "$b" soon C02SOUND0001)"
same "no time" "409 ENTITY_ERROR.ATTRIBUTE.INVALID" "$(code)"
post /v1/orgDeviceActivities "$(with_deadline $migrate "$b" 2026-01-11T00:00:00Z C02SOUND0001)"
expect 201
later 11
device() { # serial: all attributes
	get "/v1/orgDevices/$1?fields[orgDevices]=status,releasedFromOrgDateTime,isMdmMigrationCapable,mdmMigrationStatus,mdmMigrationDeadlineDateTime,releaserEntityType"
}
device C02SOUND0001
conforms apple oneDevice
check '.data.attributes | .mdmMigrationStatus == "REQUESTED" and .isMdmMigrationCapable
	and .mdmMigrationDeadlineDateTime == "2026-01-11T00:00:00.000Z"'
post /v1/orgDeviceActivities "$(with_deadline UPDATE_MDM_MIGRATION_DEADLINE '' 2026-01-21T00:00:00Z C02SOUND0001)"
expect 201
later 11
device C02SOUND0001
check '.data.attributes.mdmMigrationDeadlineDateTime == "2026-01-21T00:00:00.000Z"'
later $((15 * 86400))
apple_sign_in
device C02SOUND0001
check '.data.attributes.mdmMigrationStatus == "REQUESTED"' # the first deadline no longer counts
later $((6 * 86400))
apple_sign_in
device C02SOUND0001
check '.data.attributes.mdmMigrationStatus == "SUCCESS"'
post /v1/orgDeviceActivities "$(with_deadline $migrate "$b" 2025-12-01T00:00:00Z C02SOUND0002)"
later 11
device C02SOUND0002
check '.data.attributes.mdmMigrationStatus == "STARTED"' # the past forces it now
later 3600
apple_sign_in
device C02SOUND0002
check '.data.attributes.mdmMigrationStatus == "SUCCESS"'
post /v1/orgDeviceActivities "$(with_deadline $migrate "$a" 2026-02-11T00:00:00Z C02SOUND0002)"
later 11
post /v1/orgDeviceActivities "$(activity CANCEL_MDM_MIGRATION '' C02SOUND0002 C02SHELF0001)"
expect 201
later 11
device C02SOUND0002
check '.data.attributes | has("mdmMigrationStatus") | not'
same "nothing to cancel" "migrate-cancel false" "$(effects C02SHELF0001)"
same "moves" "migrate true,migrate true,migrate-cancel true,migrate-return true" "$(effects C02SOUND0002)"

# --- release ---
post /v1/orgDeviceActivities "$(activity RELEASE_DEVICES '' C02OTHER0001)"
expect 201
later 11
device C02OTHER0001
check '.data.attributes | .status == "UNASSIGNED" and .releasedFromOrgDateTime != null and .releaserEntityType == "API"'
post /v1/orgDeviceActivities "$(activity ASSIGN_DEVICES "$a" C02OTHER0001)"
later 11
device C02OTHER0001
same "what has left cannot be assigned" "release true,assign false" "$(effects C02OTHER0001)"

# --- servers ---
post /v1/mdmServers '{"data":{"type":"mdmServers","attributes":{"serverName":"Server C","defaultProductFamilies":["MAC"]}}}'
expect 201
conforms apple oneServer
check '.data.attributes | .serverName == "Server C" and .deviceCount == 0 and .defaultProductFamilies == ["MAC"]'
c=$(jq -r .data.id <<<"$body")
patch "/v1/mdmServers/$c" '{"data":{"type":"mdmServers","attributes":{"enableMdmDisownFlag":true}}}'
expect 200
check '.data.attributes | .serverName == "Server C" and .enableMdmDisownFlag'
patch "/v1/mdmServers/$c" '{"data":{"type":"orgDevices"}}'
same "type" "409 ENTITY_ERROR.TYPE.INVALID" "$(code)"
patch /v1/mdmServers/0123 '{}'
expect 404
post /v1/mdmServers '{"data":{"type":"mdmServers","attributes":{}}}'
same "a name is needed" "409 ENTITY_ERROR.ATTRIBUTE.REQUIRED" "$(code)"
post /v1/mdmServers '{'
same "no JSON" "400 PARAMETER_ERROR.INVALID" "$(code)"
delete "/v1/mdmServers/$a"
same "devices are on it" "409 STATE_ERROR" "$(code)"
delete "/v1/mdmServers/$c"
expect 204
get "/v1/mdmServers/$c"
expect 404
delete "/v1/mdmServers/$c"
expect 404

# --- coverage ---
get /v1/orgDevices/C02SOUND0001/appleCareCoverage
expect 200
conforms apple coverage
same "a warranty of a year from the order on" "INACTIVE Limited Warranty 2025-02-19" \
	"$(jq -r '.data[0].attributes | "\(.status) \(.description) \(.endDateTime[:10])"' <<<"$body")"
get '/v1/orgDevices/C02SOUND0001/appleCareCoverage?fields[appleCareCoverage]=status,endDateTime'
check '(.data[0].attributes | keys) == ["endDateTime", "status"]'
get '/v1/orgDevices/C02SOUND0001/appleCareCoverage?fields[appleCareCoverage]=serial'
same "a field that is none" "400 PARAMETER_ERROR.INVALID" "$(code)"
get /v1/orgDevices/C02SHELF0001/appleCareCoverage
check '.data == []'
get /v1/orgDevices/NOSUCHSERIAL/appleCareCoverage
expect 404

# --- audit events ---
get /v1/auditEvents
same "a start is needed" "400 PARAMETER_ERROR.REQUIRED" "$(code)"
check '.errors[0].source.parameter == "filter[startTimestamp]"'
get '/v1/auditEvents?filter[startTimestamp]=then'
same "no time" "400 PARAMETER_ERROR.INVALID" "$(code)"
get '/v1/auditEvents?filter[startTimestamp]=2026-01-01T00:00:00Z&limit=2'
expect 200
conforms apple auditEvents
check '.data | length == 2 and .[0].attributes.subjectId == "C02SOUND0001"'
check '.data[0].attributes | .type == "DEVICE_UNASSIGNED_FROM_SERVER" and .actorType == "API_USER"
	and has(.eventDataPropertyKey)'
get "/v1/auditEvents?filter[startTimestamp]=2026-01-01T00:00:00Z&limit=2&cursor=$(jq -r .meta.paging.nextCursor <<<"$body")"
check '.data | length == 2 and .[0].attributes.subjectId == "C02SOUND0002"'
get '/v1/auditEvents?filter[startTimestamp]=2026-01-01T00:00:00Z&filter[subjectId]=C02OTHER0001'
check '[.data[].attributes.type] == ["DEVICE_UNASSIGNED_FROM_SERVER", "DEVICE_REMOVED_FROM_ORG"]'
get '/v1/auditEvents?filter[startTimestamp]=2026-01-01T00:00:00Z&filter[type]=DEVICE_REMOVED_FROM_ORG'
check '.data | length == 1'
get '/v1/auditEvents?filter[startTimestamp]=2025-01-01T00:00:00Z&filter[endTimestamp]=2025-12-31T00:00:00Z'
check '.data == []'

# --- School ---
client=SCHOOLAPI.9703f56c-10ce-4876-8f59-e78e5e23a152 scope=school.api
apple_sign_in
get '/v1/auditEvents?filter[startTimestamp]=2026-01-01T00:00:00Z'
same "no audit events" "403 FORBIDDEN_ERROR" "$(code)"
post /v1/orgDeviceActivities "$(activity RELEASE_DEVICES '' C02SOUND0001)"
same "no release" "409 ENTITY_ERROR.ATTRIBUTE.INVALID" "$(code)"
all_reached
