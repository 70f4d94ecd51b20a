#!/usr/bin/env bash
# What happens between accepted, landed, visible and terminal, and what other people do meanwhile.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# with YAML: a new world under that scenario, without a restart; Apple's server ids in $a and $b
with() {
	local world
	world=$(jq -n --rawfile f "$work/fleet.csv" --arg s "version: 1
$1" '{fleet: $f, scenario: $s, profiles: ["Macs"], servers: ["Server C"]}')
	auth=()
	request POST /sim/reset --data-binary "$world"
	[ "$status" = 204 ] || verdict 1 "reset: $body"
	now=1767225600000
	apple_sign_in
	get /v1/mdmServers
	a=$(jq -r '.data[] | select(.attributes.serverName == "Server A").id' <<<"$body")
	b=$(jq -r '.data[] | select(.attributes.serverName == "Server B").id' <<<"$body")
}
ask() { # type server serial...: leaves $id
	post /v1/orgDeviceActivities "$(activity "$@")"
	id=$(jq -r .data.id <<<"$body")
}
end_of() {
	get "/v1/orgDeviceActivities/$id"
	jq -r '.data.attributes | "\(.status) \(.subStatus)"' <<<"$body"
}
is_on() { # serial: what Apple says
	get "/v1/orgDevices/$1/assignedServer"
	[ "$status" = 200 ] && jq -r .data.attributes.serverName <<<"$body" || echo none
}
truth() { # jq filter over one device of the truth: serial filter
	get /sim/state
	jq -r --arg s "$1" ".devices[] | select(.serial == \$s) | $2" <<<"$body"
}
log_of() { # serial: its row of the log of $id
	get "/v1/orgDeviceActivities/$id"
	local link
	link=$(jq -r .data.attributes.downloadUrl <<<"$body")
	curl -s -H "X-Sim-Now: $now" "$link" | sed -n "s/^$1,//p" | cut -d, -f1,2
}
uem_list() { # the ADE list of Server A's group: its serials
	local keep=("${auth[@]}")
	uem_basic
	get "/api/mdm/dep/groups/$og/devices"
	auth=("${keep[@]}")
	accept=application/json
	jq -r '.[].deviceSerialNumber' <<<"$body" | paste -sd' ' -
}
uem_group() {
	uem_basic 2
	get '/api/system/groups/search?name=Server%20A'
	og=$(jq -r '.OrganizationGroups[0].Uuid' <<<"$body")
}
told() { # kind and jq filter over the audit
	jq -r "select(.kind == \"$1\") | $2" "$work/audit.ndjson" | paste -sd, -
}

sim_start --any-key --control --fleet "$work/fleet.csv"

# --- an activity in time ---
with 'overrides: [{activity: UNASSIGN_DEVICES, nth: 1, knobs: {apple.activity_time: 40m}}]'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
first=$id
ask UNASSIGN_DEVICES "$a" C02SOUND0002
later 11
same "the second one is as ever" "COMPLETED COMPLETED_WITH_SUCCESS" "$(end_of)"
id=$first
later 1800
apple_sign_in
same "the first outlasts half an hour" "IN_PROGRESS PROCESSING" "$(end_of)"
same "and has done nothing" "Server A" "$(truth C02SOUND0001 .server)"
later 600
apple_sign_in
same "until it ends" "COMPLETED COMPLETED_WITH_SUCCESS" "$(end_of)"

with 'knobs: {apple.activity_time: 10m, apple.land_early: 9m}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 61
same "lands early" null "$(truth C02SOUND0001 .server)"
same "while it is in progress" "IN_PROGRESS SUBMITTED" "$(end_of)"
with 'knobs: {apple.activity_time: 10s, apple.land_early: 5s, apple.activity_end: never}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 7200
apple_sign_in
same "stuck for ever" "IN_PROGRESS PROCESSING" "$(end_of)"
same "landed all the same" null "$(truth C02SOUND0001 .server)"
for type in UNASSIGN_DEVICES ASSIGN_DEVICES RELEASE_DEVICES; do
	with 'knobs: {apple.activity_time: 10m, apple.land_early: 9m}
admins: [{after: 2m, do: set, knobs: {apple.land_early: 0s}}]'
	[ $type != RELEASE_DEVICES ] || { # of one that is on no server
		ask UNASSIGN_DEVICES "$a" C02SOUND0001
		later 601
		apple_sign_in
	}
	ask $type "$([ $type = ASSIGN_DEVICES ] && echo "$b" || echo "$a")" C02SOUND0001
	later 601
	apple_sign_in
	same "$type, landed before its end: not once more" "COMPLETED COMPLETED_WITH_SUCCESS" "$(end_of)"
done
with 'knobs: {apple.land_late: 5m}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 11
same "says done" "COMPLETED COMPLETED_WITH_SUCCESS" "$(end_of)"
same "is not" "Server A" "$(truth C02SOUND0001 .server)"
later 300
same "is now" null "$(truth C02SOUND0001 .server)"
with 'knobs: {apple.activity_end: unknown}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 11
same "a status nobody knows" "SUSPENDED AWAITING_REVIEW" "$(end_of)"
with 'knobs: {apple.activity_life: 1h}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 3500
get "/v1/orgDeviceActivities/$id"
expect 200
later 200
apple_sign_in
get "/v1/orgDeviceActivities/$id"
expect 404

# --- half of an activity ---
with 'knobs: {apple.failing: C02SOUND0001, apple.fail_word: OPERATION_NOT_ALLOWED}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001 C02SOUND0002
later 11
same "half of it" "COMPLETED COMPLETED_WITH_ERROR" "$(end_of)"
same "logged as failed" ERROR,OPERATION_NOT_ALLOWED "$(log_of C02SOUND0001)"
same "logged as done" SUCCESS,UPDATED "$(log_of C02SOUND0002)"
same "only the other one moved" "Server A null" \
	"$(truth C02SOUND0001 .server) $(truth C02SOUND0002 .server)"
with 'knobs: {apple.ignored: C02SOUND0001, apple.misreported: C02SOUND0002, apple.unlogged: C02BROKE0001}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001 C02SOUND0002 C02BROKE0001
later 11
same "logged, not done" "SUCCESS,UPDATED Server A" "$(log_of C02SOUND0001) $(truth C02SOUND0001 .server)"
same "done, logged as failed" "ERROR,INTERNAL_ERROR null" \
	"$(log_of C02SOUND0002) $(truth C02SOUND0002 .server)"
same "done, not logged" " null" "$(log_of C02BROKE0001) $(truth C02BROKE0001 .server)"
with 'knobs: {apple.activity_time: 10s, apple.land_apart: 60s}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001 C02SOUND0002
later 11
same "one after the other" "null Server A" \
	"$(truth C02SOUND0001 .server) $(truth C02SOUND0002 .server)"
later 60
same "and the next" null "$(truth C02SOUND0002 .server)"

# --- what reads show ---
with 'overrides: [{activity: "*", nth: 1, knobs: {apple.visibility_lag: 10m}}]'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 11
same "landed" null "$(truth C02SOUND0001 .server)"
get /v1/orgDevices/C02SOUND0001
check '.data.attributes | .status == "ASSIGNED" and .updatedDateTime == "2024-03-01T00:00:00.000Z"'
later 600
get /v1/orgDevices/C02SOUND0001
check '.data.attributes | .status == "UNASSIGNED" and .updatedDateTime == "2026-01-01T00:00:10.000Z"'
with 'overrides:
  - {path: "/v1/mdmServers/*/relationships/devices", nth: 2, knobs: {apple.stale: 30s}}
  - {path: /v1/orgDevices/C02SOUND0001*, nth: 1, knobs: {apple.stale: 1h}}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 20
on_a='[.data[].id] == ["C02SOUND0002", "C02BROKE0001"] and .meta.paging.total == 2'
get "/v1/mdmServers/$a/relationships/devices"
check "$on_a"
get "/v1/mdmServers/$a/relationships/devices" # the one stale reading
check '[.data[].id] == ["C02SOUND0001", "C02SOUND0002", "C02BROKE0001"] and .meta.paging.total == 3'
get "/v1/mdmServers/$a/relationships/devices"
check "$on_a"
get /v1/orgDevices/C02SOUND0001
check '.data.attributes | .status == "ASSIGNED" and .updatedDateTime == "2024-03-01T00:00:00.000Z"'
get /v1/orgDevices/C02SOUND0001
check '.data.attributes.status == "UNASSIGNED"'
with 'admins: [{after: 1m, do: release, serials: [C02SOUND0001]}]
overrides: [{path: /v1/orgDevices, nth: 2, knobs: {apple.stale: 30s}}]'
later 70
released='[.data[] | select(.id == "C02SOUND0001").attributes.releasedFromOrgDateTime][0]'
get /v1/orgDevices
check "$released == \"2026-01-01T00:01:00.000Z\""
get /v1/orgDevices
check "$released == null"
with 'knobs: {apple.event_delay: 1h}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 600
events='/v1/auditEvents?filter[startTimestamp]=2025-01-01T00:00:00Z'
get "$events"
check '.data == []'
request POST /sim/scenario --data-binary 'version: 1
knobs: {apple.event_delay: 0s}'
get "$events"
check '.data == []' # it was late when it was made
later 3011
apple_sign_in
get "$events"
check '.data | length == 1'

# --- the UEM's list ---
with 'overrides:
  - {method: GET, path: "/api/*/devices", nth: 2, knobs: {page.without: C02SOUND0002}}
  - {method: GET, path: "/api/*/devices", nth: 4, knobs: {uem.stale: 5m}}'
uem_group
apple_sign_in
all="C02SOUND0001 C02SOUND0002 C02BROKE0001"
same "complete" "$all" "$(uem_list)"
same "lacks one" "C02SOUND0001 C02BROKE0001" "$(uem_list)"
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 11
uem_basic
put "/api/mdm/dep/groups/$og/devices?action=Sync" ''
expect 202
later 61
same "gone" "C02SOUND0002 C02BROKE0001" "$(uem_list)"
same "there, in a stale reading" "$all" "$(uem_list)"
same "gone" "C02SOUND0002 C02BROKE0001" "$(uem_list)"
uem_basic
get "/api/mdm/groups/$og/enrollment-tokens"
check '[.tokens[].serial_number] == ["C02SOUND0002", "C02BROKE0001"] and .total == 2'
request POST /sim/scenario --data-binary 'version: 1
knobs: {uem.stale: 10m}'
get "/api/mdm/groups/$og/enrollment-tokens"
check '[.tokens[].serial_number] == ["C02SOUND0001", "C02SOUND0002", "C02BROKE0001"] and .total == 3'
get "/api/mdm/groups/$og/enrollment-tokens?serial_number=C02SOUND0001"
check '.total == 1'

with 'knobs: {uem.feed_lacks: C02OTHER0001}'
uem_group
apple_sign_in
ask ASSIGN_DEVICES "$a" C02OTHER0001 C02SHELF0001
later 11
uem_basic
put "/api/mdm/dep/groups/$og/devices?action=Sync" ''
later 61
same "not in the feed" "$all C02SHELF0001" "$(uem_list)"
uem_basic
put "/api/mdm/dep/groups/$og/devices?action=Fetch" ''
later 61
same "but fetched" "C02SOUND0001 C02SOUND0002 C02BROKE0001 C02OTHER0001 C02SHELF0001" "$(uem_list)"

with 'knobs: {uem.throttled: C02SOUND0001}'
uem_group
uem_basic
get "/api/mdm/dep/profiles/search?OrganizationGroupUuid=$og"
macs=$(jq -r '.ProfileList[] | select(.ProfileName == "Macs").uuid' <<<"$body")
phones=$(jq -r '.ProfileList[] | select(.ProfileName == "Phones").uuid' <<<"$body")
put "/api/mdm/dep/profiles/$phones/devices/C02SOUND0001?action=Assign" ''
expect 202
later 31
same "throttled" "Macs 5" "$(truth C02SOUND0001 '.listed[0] | "\(.profile) \(.profile_status)"')"
later 86400
same "a day later" "Phones 1" "$(truth C02SOUND0001 '.listed[0] | "\(.profile) \(.profile_status)"')"
uem_basic
put "/api/mdm/dep/profiles/$macs/devices/C02SOUND0002?action=Assign" ''
later 31
same "others are not" "Macs 1" "$(truth C02SOUND0002 '.listed[0] | "\(.profile) \(.profile_status)"')"
with 'knobs: {uem.throttled: C02SOUND0001, uem.throttled_gone: yes}'
uem_group
apple_sign_in
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 11
ask ASSIGN_DEVICES "$a" C02SOUND0001
later 11
uem_basic
put "/api/mdm/dep/groups/$og/devices?action=Fetch" ''
later 61
same "left out for a day" "C02SOUND0002 C02BROKE0001" "$(uem_list)"
later 86400
uem_basic
put "/api/mdm/dep/groups/$og/devices?action=Fetch" ''
later 61
same "and back" "$all" "$(uem_list)"

# --- wipes ---
with 'knobs: {uem.wipe_again: yes}'
uem_basic
get '/api/mdm/devices?searchby=Serialnumber&id=C02SOUND0001'
record=$(jq -r .Id.Value <<<"$body")
post "/api/mdm/devices/$record/commands?command=DeviceWipe" ''
expect 202
post "/api/mdm/devices/$record/commands?command=DeviceWipe" ''
expect 202
same "one waits" 1 "$(truth C02SOUND0001 '.records[0].waiting_wipes')"
later 301
same "wiped once" Unenrolled "$(truth C02SOUND0001 '.records[0].status')"
request POST /sim/scenario --data-binary 'version: 1
admins: [{do: enroll, serials: [C02SOUND0001]}]'
expect 204
same "the second strikes the new enrollment" "Unenrolled DeviceWipePending" \
	"$(truth C02SOUND0001 '[.records[].status] | join(" ")')"
get '/api/mdm/devices?searchby=Serialnumber&id=C02SOUND0001'
check ".Id.Value != $record and .LastEnrolledOn == \"2026-01-01T00:05:01.000\""
with ''
uem_basic
get '/api/mdm/devices?searchby=Serialnumber&id=C02SOUND0001'
record=$(jq -r .Id.Value <<<"$body")
post "/api/mdm/devices/$record/commands?command=DeviceWipe" ''
post "/api/mdm/devices/$record/commands?command=DeviceWipe" ''
expect 400 # most tenants take no second one

# --- other people, at a moment of ours ---
with 'admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: before, do: assign, server: Server B}]'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
expect 201
later 11
same "moved before it was looked at" "Server B" "$(is_on C02SOUND0001)"
same "so it failed" "ERROR,OPERATION_NOT_ALLOWED" "$(log_of C02SOUND0001)"
with 'admins: [{on: {activity: UNASSIGN_DEVICES, nth: 1}, at: landed, do: assign, server: Server B}]'
ask UNASSIGN_DEVICES "$a" C02SOUND0001 C02SOUND0002
later 11
same "both moved when it had landed" "Server B Server B" "$(is_on C02SOUND0001) $(is_on C02SOUND0002)"
same "in this order" "unassign C02SOUND0001,unassign C02SOUND0002,assign C02SOUND0001,assign C02SOUND0002" \
	"$(told effect '"\(.what) \(.serial)"')"
same "by whom" "$client,other-admin@example.com" \
	"$(told effect 'select(.serial == "C02SOUND0001").actor')"
with 'knobs: {apple.visibility_lag: 1m}
admins: [{on: {activity: UNASSIGN_DEVICES}, at: visible, after: 30s, do: release}]'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 75
same "not yet" null "$(truth C02SOUND0001 .released)"
later 30
same "half a minute after it could be seen" 1767225700000 "$(truth C02SOUND0001 .released)"
with 'admins: [{on: {activity: UNASSIGN_DEVICES}, at: terminal, do: set, knobs: {apple.role: none}}]'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 5
get /v1/mdmServers
expect 200
later 6
get /v1/mdmServers
expect 403
with 'admins:
  - {after: 1m, do: rename_server, server: Server A, name: Server X}
  - {after: 2m, do: delete_server, server: Server B, to: Server X}
  - {after: 3m, do: recreate_server, server: Server X}
  - {after: 4m, do: disown, server: Server C, allowed: no}
  - {after: 5m, do: vanish, serials: [C02SOUND0002]}
  - {after: 6m, do: release, serials: [C02SOUND0001], actor: BUSINESSAPI.ours}
  - {after: 7m, do: return, serials: [C02SOUND0001]}
  - {after: 8m, do: delete_record, serials: [C02OTHER0001]}
  - {after: 8m, do: profile, serials: [C02BROKE0001, C02SHELF0001], profile: New}'
names='[.data[].attributes.serverName]'
later 61
get /v1/mdmServers
check "$names == [\"Server C\", \"Server X\", \"Server B\"] and (.data | any(.id == \"$a\"))"
later 60
get /v1/mdmServers
check "$names == [\"Server C\", \"Server X\"] and .meta.paging.total == 2"
same "its devices moved" "Server X" "$(is_on C02OTHER0001)"
later 60
get /v1/mdmServers
check "$names == [\"Server C\", \"Server X\"] and (.data | all(.id != \"$a\"))"
same "its devices came along" "Server X" "$(is_on C02SOUND0001)"
get "/v1/mdmServers/$a"
expect 404
later 60
get /v1/mdmServers
check '.data[] | select(.attributes.serverName == "Server C").attributes.enableMdmDisownFlag == false'
later 60
get /v1/orgDevices/C02SOUND0002
expect 404
get /v1/orgDevices
check '(.data | length) == 5 and .meta.paging.total == 5'
later 60
get /v1/orgDevices/C02SOUND0001
check '.data.attributes.releasedFromOrgDateTime == "2026-01-01T00:06:00.000Z"'
get "/v1/auditEvents?filter[startTimestamp]=2025-01-01T00:00:00Z&filter[type]=DEVICE_REMOVED_FROM_ORG"
check '.data[0].attributes.actorId == "BUSINESSAPI.ours"'
later 60
get /v1/orgDevices/C02SOUND0001
check '.data.attributes | .releasedFromOrgDateTime == null and .status == "UNASSIGNED"
	and .addedToOrgDateTime == "2026-01-01T00:07:00.000Z"'
later 60
same "no record" 0 "$(truth C02OTHER0001 '.records | length')"

# --- a cancelled migration ---
with 'knobs: {apple.cancel_time: 1m}'
deadline=$(activity ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE "$b" C02SOUND0001 |
	jq -c '.data.attributes.activityTypeMetadata.mdmMigrationDeadlineDateTime = "2026-02-01T00:00:00Z"')
post /v1/orgDeviceActivities "$deadline"
later 11
same "moved" "Server B" "$(is_on C02SOUND0001)"
ask CANCEL_MDM_MIGRATION '' C02SOUND0001
later 11
same "still there" "Server B" "$(is_on C02SOUND0001)"
later 60
same "back by itself" "Server A" "$(is_on C02SOUND0001)"
post /v1/orgDeviceActivities "$deadline"
later 11
ask ASSIGN_DEVICES "$a" C02SOUND0001
later 11
get '/v1/orgDevices/C02SOUND0001?fields[orgDevices]=mdmMigrationStatus'
check '.data.attributes | has("mdmMigrationStatus") | not' # reassigning drops it

# --- holding a request ---
with 'admins:
  - {on: {activity: UNASSIGN_DEVICES, nth: 1}, at: before, do: hold}
  - {on: {activity: UNASSIGN_DEVICES, nth: 2}, at: after, do: hold}'
hold() { # serial: a request that waits in the background
	curl -s -o "$work/held" -H "X-Sim-Now: $now" "${auth[@]}" -H 'Content-Type: application/json' \
		-d "$(activity UNASSIGN_DEVICES "$a" "$1")" "$url/v1/orgDeviceActivities" &
	waiting=$!
	get '/sim/held?wait=5000'
}
hold C02SOUND0001
check '.[0] | .method == "POST" and .uri == "/v1/orgDeviceActivities" and .what == "request"'
same "nothing is accepted" "" "$(told accepted .type)"
request POST /sim/scenario --data-binary 'version: 1
admins: [{do: assign, server: Server B, serials: [C02SOUND0001]}]'
request POST /sim/go
wait "$waiting"
same "then it goes on" IN_PROGRESS "$(jq -r .data.attributes.status "$work/held")"
hold C02SOUND0002
check '.[0].what == "reply"'
same "accepted" UNASSIGN_DEVICES,UNASSIGN_DEVICES "$(told accepted .type)"
request POST /sim/go
wait "$waiting"
get /sim/held
check '. == []'

# --- healing ---
with 'knobs: {apple.activity_end: never, apple.role: full}
faults: [{service: apple, path: /v1/orgDevices, do: reply, status: 500, applied: no}]'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
get /v1/orgDevices
expect 500
request POST '/sim/heal?activities=end'
expect 204
get /v1/orgDevices
expect 200
same "it ends" "COMPLETED COMPLETED_WITH_SUCCESS" "$(end_of)"

# --- what the audit tells ---
sim_start --any-key --control --audit-bodies --fleet "$work/fleet.csv"
with 'knobs: {apple.visibility_lag: 20s, apple.server_lag: 10s}'
ask UNASSIGN_DEVICES "$a" C02SOUND0001
later 60
get /v1/orgDevices/C02SOUND0001
same "accepted" "$id UNASSIGN_DEVICES Server A C02SOUND0001" \
	"$(told accepted '"\(.activity) \(.type) \(.server) \(.serials | join(" "))"')"
same "landed" "1767225610000 $id" "$(told effect '"\(.t) \(.activity)"')"
same "terminal" "1767225610000 COMPLETED UPDATED" \
	"$(told terminal '"\(.t) \(.status) \(.log.C02SOUND0001)"')"
same "visible" "1767225630000 status $id,1767225640000 server $id" \
	"$(told visible '"\(.t) \(.what) \(.activity)"')"
same "told" UNASSIGNED \
	"$(told request 'select(.path == "/v1/orgDevices/C02SOUND0001").told.data.attributes.status')"
same "sent" UNASSIGN_DEVICES \
	"$(told request 'select(.sent) | .sent | fromjson.data.attributes.activityType')"
same "no secret" "" "$(told request 'select(.path | startswith("/auth")) | .told // empty')"

# --- without --control there is none ---
sim_start --any-key --fleet "$work/fleet.csv"
auth=()
request GET /sim/state
expect 404
all_reached
