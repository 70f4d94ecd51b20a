#!/usr/bin/env bash
# Lists that are not cut as asked, records that are not what the contract says, refusals that name
# several devices, pages of other hosts where JSON should be.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# Ten devices on Server A.
{
	echo serial,server,family,enrollment_status,user,profile
	for i in $(seq 0 9); do echo "C02PAGE0000$i,Server A,iPad,Enrolled,u$i@example.com,P$i"; done
} >"$work/ten.csv"
with() { # YAML
	auth=()
	request POST /sim/reset --data-binary "$(jq -n --rawfile f "$work/ten.csv" --arg s "version: 1
$1" '{fleet: $f, scenario: $s}')"
	[ "$status" = 204 ] || verdict 1 "reset: $body"
	now=1767225600000
	apple_sign_in
	[ -n "${a:-}" ] || get /v1/mdmServers
	a=${a:-$(jq -r '.data[0].id' <<<"$body")} # follows from its name
}
# Follows the cursors, at most 9 pages: the last digits of the serials by page, / between pages; and
# the totals that were told.
walk() { # path filter
	local cursor='' pages='' totals='' n
	for ((n = 0; n < 9; n++)); do
		get "$1limit=4${cursor:+&cursor=$cursor}"
		pages+=$(jq -r "[.data[] | $2 | .[-1:]] | join(\"\")" <<<"$body")/
		totals+=$(jq -r '.meta.paging.total // "-"' <<<"$body")' '
		cursor=$(jq -r '.meta.paging.nextCursor // ""' <<<"$body")
		[ -n "$cursor" ] || break
	done
	echo "$pages ${totals%% *}"
}
# The same by page numbers until one is empty or 204.
count_pages() { # path rows member size-parameter
	local pages='' n
	for ((n = 0; n < 6; n++)); do
		get "$1page=$n&$4=4"
		[ "$status" = 200 ] || break
		pages+=$(jq -r "[.$2[] | .$3 | .[-1:]] | join(\"\")" <<<"$body")/
	done
	echo "$pages $(jq -r '.total // .Total // .TotalResults // "-"' <<<"${body:-null}")"
}

sim_start --any-key --control --fleet "$work/ten.csv"

# The table of page behaviours: each list of Apple's in pages of four.
while IFS='|' read -r knobs want; do
	with "knobs: {$knobs}"
	same "devices: $knobs" "$want" "$(walk '/v1/orgDevices?' .id)"
	same "linkages: $knobs" "$want" "$(walk "/v1/mdmServers/$a/relationships/devices?" .id)"
done <<'TABLE'
page.total: told|0123/4567/89/ 10
page.clamp: 3|012/345/678/9/ 10
page.short: 1|012/345/678/9/ 10
page.ignored: yes|0123/0123/0123/0123/0123/0123/0123/0123/0123/ 10
page.shift: 1|0123/3456/6789/ 10
page.shift: 2|0123/2345/4567/ 10
page.empty: 1|/0123/4567/89/ 10
page.empty: 2|0123//4567/89/ 10
page.repeat: 2|0123/4567/4567/89/ 10
page.lose: 1|012/456/89/ 10
page.cut: 2|0123/4567/ 10
page.without: C02PAGE00003 C02PAGE00008|012/4567/9/ 10
page.without: C02PAGE00003, page.total_less: 1|012/4567/89/ 9
page.total_more: 3|0123/4567/89/ 13
page.total: none|0123/4567/89/ -
apple.page_drop: 5|0123/567/8/ 10
TABLE

while IFS='|' read -r knobs want; do
	with "knobs: {$knobs}"
	uem_basic 2
	get '/api/system/groups/search?name=Server%20A'
	og=$(jq -r '.OrganizationGroups[0].Uuid' <<<"$body")
	uem_basic
	same "tokens: $knobs" "${want% *}" \
		"$(count_pages "/api/mdm/groups/$og/enrollment-tokens?" tokens serial_number page_size | cut -d' ' -f1)"
	same "records: $knobs" "${want% *}" \
		"$(count_pages '/api/mdm/devices/search?' Devices SerialNumber pagesize | cut -d' ' -f1)"
	get '/api/mdm/devices/search?pagesize=4'
	check ".Total == ${want#* }"
	# Lists without serials: users and profiles.
	case $knobs in
	*without* | *total*) ;;
	*)
		same "users: $knobs" "${want% *}" "$(count_pages '/api/system/users/search?' Users \
			'UserName | split("@")[0]' pagesize | cut -d' ' -f1)"
		same "profiles: $knobs" "${want% *}" "$(count_pages \
			"/api/mdm/dep/profiles/search?OrganizationGroupUuid=$og&" ProfileList ProfileName PageSize |
			cut -d' ' -f1)"
		;;
	esac
done <<'TABLE'
page.total: told|0123/4567/89/ 10
page.clamp: 3|012/345/678/9/ 10
page.ignored: yes|0123/0123/0123/0123/0123/0123/ 10
page.empty: 2|0123//4567/89/ 10
page.repeat: 1|0123/0123/4567/89/ 10
page.lose: 1|012/456/89/ 10
page.without: C02PAGE00003|012/4567/89/ 10
page.total_less: 3|0123/4567/89/ 7
page.total: none|0123/4567/89/ null
TABLE

# --- odd records ---
with 'odd:
  - {path: /v1/orgDevices, nth: 1, record: 2, member: attributes.orderDateTime, value: 12345}
  - {path: /v1/orgDevices, nth: 2, serial: C02PAGE00004, value: "null"}
  - {path: /v1/orgDevices, nth: 3, record: 3, member: id, value: "7"}
  - {path: /v1/orgDevices, nth: 4, member: attributes.status, value: absent}
  - {path: "/v1/orgDevices/C*", member: attributes.status, value: "\"ON_HOLD\""}
  - {service: uem, path: "*/devices", record: 2, member: deviceSerialNumber, value: lower}
  - {service: uem, path: "*/devices", record: 3, member: deviceSerialNumber, value: blanks}
  - {service: uem, path: "*/devices", query: "*Serialnumber*", member: LastSeen,
     value: "\"2026-01-01T07:00Z\""}'
get /v1/orgDevices
check '.data[1].attributes.orderDateTime == 12345 and (.data | length == 10)'
check '[.data[] | select(.attributes.orderDateTime)] | length == 1'
get /v1/orgDevices
check '.data[4] == null and ([.data[] | select(.)] | length == 9)'
get /v1/orgDevices
check '.data[2].id == 7'
get /v1/orgDevices
check '[.data[].attributes | has("status")] | any | not'
get /v1/orgDevices/C02PAGE00004
check '.data.attributes.status == "ON_HOLD" and .data.id == "C02PAGE00004"'
uem_basic 2
get '/api/system/groups/search?name=Server%20A'
og=$(jq -r '.OrganizationGroups[0].Uuid' <<<"$body")
uem_basic
get "/api/mdm/dep/groups/$og/devices"
check '[.[1:3][].deviceSerialNumber] == ["c02page00001", " C02PAGE00002 "] and length == 10'
get '/api/mdm/devices?searchby=Serialnumber&id=C02PAGE00004'
check '.LastSeen == "2026-01-01T07:00Z"'

# --- refusals that name several ---
places() { jq -c '[.errors[].source.pointer // "-" | split("/")[-1]]' <<<"$body"; }
refused='apple.refused_serials: C02PAGE00001 C02PAGE00003'
three() { post /v1/orgDeviceActivities "$(activity UNASSIGN_DEVICES "$a" C02PAGE0000{1,2,3} NOSUCH00001)"; }
with "knobs: {$refused}"
three
expect 409
conforms apple errors
same "two of them" '["0","2"]' "$(places)"
with "knobs: {$refused, apple.unknown_serials: refuse, apple.refusal_code: STATE_ERROR}"
three
same "with the unknown one" '["0","2","3"]' "$(places)"
check '[.errors[].code] == ["STATE_ERROR", "STATE_ERROR", "ENTITY_ERROR.RELATIONSHIP.INVALID"]'
with "knobs: {$refused, apple.refusal: first}"
three
same "only the first" '["0"]' "$(places)"
with "knobs: {$refused, apple.refusal: unnamed}"
three
check '[.errors[] | has("source")] == [false, false]'
with "knobs: {$refused, apple.pointer: id}"
three
check '[.errors[].source.pointer | endswith("/id")] == [true, true]'
with "knobs: {$refused, apple.pointer: nested}"
three
check '[.errors[].source.jsonPointer.pointer | split("/")[-1]] == ["0", "2"]'
with "knobs: {$refused, apple.pointer: detail}"
three
check '.errors | map(.detail | contains("C02PAGE0000")) == [true, true]'
same "and nothing happened" "" "$(effects C02PAGE00002)"

# --- not JSON ---
with 'faults:
  - {path: /v1/orgDevices, nth: 1, do: reply, body: sign-in, applied: no}
  - {path: /v1/orgDevices, nth: 2, do: reply, body: maintenance, retry_after: 120, applied: no}
  - {path: /v1/orgDevices, nth: 3, do: reply, body: firewall, applied: no}
  - {path: /v1/orgDevices, nth: 4, do: reply, status: 302, body: empty, location: "https://console/AirWatch/Login", applied: no}
  - {path: /v1/orgDevices, nth: 5, do: reply, status: 429, code: TOO_MANY_REQUESTS, retry_after: soon, applied: no}'
get /v1/orgDevices
expect 200
same "a sign-in page" "text/html; charset=utf-8 1" "$(header Content-Type) $(grep -c 'type="password"' <<<"$body")"
get /v1/orgDevices
expect 503
same "until when" 120 "$(header Retry-After)"
get /v1/orgDevices
expect 403
same "a firewall" 1 "$(grep -c 'support ID' <<<"$body")"
get /v1/orgDevices
expect 302
same "elsewhere" https://console/AirWatch/Login "$(header Location)"
get /v1/orgDevices
expect 429
same "no number" soon "$(header Retry-After)"
get /v1/orgDevices
expect 200

# --- resetting ---
request POST /sim/reset --data-binary '{"fleet": "serial\nnonsense!\n"}'
expect 400
check '.error | contains("fleet:2")'
get /v1/orgDevices
expect 200 # the old world stays
request POST /sim/reset --data-binary '{"set": ["x=1"]}'
expect 400
request POST /sim/scenario --data-binary 'version: 1
admins: [{do: hold}]'
expect 400
check '.error | contains("only a request can be held")'
request POST /sim/scenario --data-binary 'version: 1
overrides: [{path: /v1/*, knobs: {apple.nonsense: 1}}]'
expect 400
request GET /sim/go
expect 405
request GET /sim/nothing
expect 404
request POST /sim/reset --data-binary '{"scenarios": ["apple-old-api"], "servers": ["S"], "seed": 7}'
expect 204
same "a fresh audit" 0 "$(grep -c orgDevices "$work/audit.ndjson")"
apple_sign_in
get /v1/mdmServers
check '[.data[].attributes.serverName] == ["S"]'
get "/v1/mdmServers/$(jq -r .data[0].id <<<"$body")"
expect 403
sim_start --any-key --control --state "$work/s.db" --fleet "$work/ten.csv"
request POST /sim/reset --data-binary '{}'
expect 409
all_reached
