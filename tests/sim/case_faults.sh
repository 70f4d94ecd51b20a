#!/usr/bin/env bash
# Replies that get lost, as a client's socket sees it (services/README.md Apple F.23, F.24).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

start() { # scenario
	now=1767225600000
	rm -f "$work/audit.ndjson"
	sim_start --fleet "$work/fleet.csv" --any-key --scenario "$1"
	apple_sign_in
	get /v1/mdmServers
	a=$(jq -r .data[0].id <<<"$body")
}
unassign() {
	post /v1/orgDeviceActivities "$(activity UNASSIGN_DEVICES "$a" C02SOUND0001)" -m 2
}
settled() {
	later 60
	get /v1/orgDevices/C02SOUND0001
	jq -r .data.attributes.status <<<"$body"
}

# curl's words: 56 reset, 52 closed without a byte, 18 cut off, 28 nothing in time.
for case in reset:56 close:52 truncated:18 timeout:28; do
	for kind in reply:UNASSIGNED request:ASSIGNED; do
		start "lost-${kind%:*}-${case%:*}"
		unassign
		same "${kind%:*} ${case%:*}" "${case#*:}" "$rc"
		same "and then" "${kind#*:}" "$(settled)"
		unassign
		same "only the first" "0 201" "$rc $status"
	done
done
for code in 500 502; do
	for kind in reply:UNASSIGNED request:ASSIGNED; do
		start "lost-${kind%:*}-$code"
		unassign
		expect $code
		same "HTML" text/html "$(header Content-Type)"
		same "and then" "${kind#*:}" "$(settled)"
	done
done

start lost-reply-late
unassign
same "reset" 56 "$rc"
later 240
same "not yet" ASSIGNED "$(settled)"
later 300
same "five minutes later" UNASSIGNED "$(settled)"
same "once" "unassign true" "$(effects C02SOUND0001)"
same "the audit says so" late "$(jq -r 'select(.fault == "reset") | .applied' "$work/audit.ndjson")"

start apple-stream-resets
resets=0
for _ in $(seq 60); do
	get /v1/mdmServers
	[ "$rc" -ne 56 ] || resets=$((resets + 1))
done
same "some of sixty" 1 $((resets > 1 && resets < 20))

# The next request on the same connection is not harmed by a fault on another one.
cat >"$work/uem.yaml" <<'YAML'
version: 1
faults:
  - {service: uem, path: "*/devices", method: GET, nth: 1, do: truncate}
YAML
sim_start --fleet "$work/fleet.csv" --any-key --scenario "$work/uem.yaml"
uem_basic 2
get '/api/system/groups/search?name=Server%20A'
og=$(jq -r '.OrganizationGroups[0].Uuid' <<<"$body")
uem_basic
get "/api/mdm/dep/groups/$og/devices"
same "a list cut off" "18 false" "$rc $(jq -e . >/dev/null 2>&1 <<<"$body" && echo true || echo false)"
get "/api/mdm/dep/groups/$og/devices"
check 'length == 3'
all_reached
