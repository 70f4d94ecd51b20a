#!/usr/bin/env bash
# What the cases share. Each case starts its own simulator on a virtual clock:
#
#	now=1767225600000; sim_start --fleet "$work/fleet.csv" ...; apple_sign_in
#	get /v1/orgDevices; expect 200; check '.data | length == 3'
#
# get, post, put, ... leave the reply in $status, $body and $head.
set -u

work=$(mktemp -d)
pid=''
now=1767225600000 # 2026-01-01T00:00:00Z
token='' auth=()
accept=application/json
status='' body='' head=''

finish() {
	sim_stop
	rm -rf "$work"
}
trap finish EXIT

sim_stop() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	[ -z "$pid" ] || wait "$pid" 2>/dev/null
	pid=
}

# sim_start ARGS...: on a free port; audit in $work/audit.ndjson unless the caller says otherwise.
sim_start() {
	sim_stop
	rm -f "$work/port"
	"${SIM:?}" --listen 127.0.0.1:0 --port-file "$work/port" --audit "$work/audit.ndjson" "$@" \
		>"$work/sim.out" 2>&1 &
	pid=$!
	for _ in $(seq 200); do
		[ -s "$work/port" ] && break
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	[ -s "$work/port" ] || cat "$work/sim.out"
	url=http://127.0.0.1:$(cat "$work/port")
}

# request METHOD PATH [curl arguments]
request() {
	local method=$1 path=$2
	shift 2
	body=$(curl -s -g -m 20 -X "$method" -D "$work/head" -H "X-Sim-Now: $now" \
		-H "Accept: $accept" "${auth[@]}" "$@" "$url$path")
	# shellcheck disable=SC2034 # read by cases
	rc=$?
	head=$(<"$work/head")
	head=${head//$'\r'/}
	status=${head#* }
	status=${status%%[!0-9]*}
}
get() { request GET "$@"; }
delete() { request DELETE "$@"; }
# post PATH BODY, put PATH BODY, patch PATH BODY [curl arguments]
send() {
	local method=$1 path=$2 data=$3
	shift 3
	request "$method" "$path" -H 'Content-Type: application/json' --data-binary "$data" "$@"
}
post() { send POST "$@"; }
put() { send PUT "$@"; }
patch() { send PATCH "$@"; }

later() { # seconds
	now=$((now + $1 * 1000))
}

verdict() { # status name [detail]
	if [ "$1" -eq 0 ]; then
		echo "ok ${BASH_LINENO[1]} $2"
	else
		echo "not ok ${BASH_LINENO[1]} $2"
		printf '    status %s body %s\n' "$status" "${body:0:600}"
	fi
}
expect() { # HTTP status
	[ "$status" = "$1" ]
	verdict $? "status $1"
}
check() { # jq expression over the body
	jq -e "$1" >/dev/null 2>&1 <<<"$body"
	verdict $? "$1"
}
conforms() { # schema file without .json, definition
	local said
	said=$(python3 "${0%/*}/validate.py" "${0%/*}/schemas/$1.json" "$2" <<<"$body")
	verdict $? "conforms to $1 $2: $said"
}
same() { # what expected got
	[ "$2" = "$3" ] || printf '    expected %q, got %q\n' "$2" "$3"
	[ "$2" = "$3" ]
	verdict $? "$1"
}
all_reached() { # the last line of a case
	echo reached
}
header() { # name: its value
	sed -n "s/^$1: //Ip" <<<"$head" | head -n 1
}
# Effects of the audit about one serial: "assign true".
effects() { # serial
	jq -r --arg s "$1" 'select(.kind == "effect" and .serial == $s) | "\(.what) \(.effective)"' \
		"$work/audit.ndjson" | paste -sd, -
}

# --- signing in ---

b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

make_key() { # file: $1.pem and $1.pub
	openssl ecparam -name prime256v1 -genkey -noout -out "$1.pem" 2>/dev/null
	openssl ec -in "$1.pem" -pubout -out "$1.pub" 2>/dev/null
}

# DER SEQUENCE of two INTEGERs to 64 bytes R and S, as JOSE wants it.
raw_signature() {
	openssl asn1parse -inform DER | sed -n 's/.*INTEGER *://p' |
		while read -r hex; do
			hex=$(printf '%64s' "${hex#00}" | tr ' ' 0)
			# shellcheck disable=SC2001 # a group is needed
			printf "%b" "$(sed "s/../\\\\x&/g" <<<"$hex")"
		done
}

# jwt KEY CLIENT [jq filter over the claims] [jq filter over the header]
jwt() {
	local key=$1 client=$2 head claims text
	head=$(jq -nc "{alg: \"ES256\", kid: \"k-1\", typ: \"JWT\"} | ${4:-.}")
	claims=$(jq -nc --arg c "$client" --argjson t "$((now / 1000))" \
		"{iss: \$c, sub: \$c, aud: \"https://account.apple.com/auth/oauth2/v2/token\",
		  iat: \$t, exp: (\$t + 1200), jti: \"j-1\"} | ${3:-.}")
	text=$(printf %s "$head" | b64url).$(printf %s "$claims" | b64url)
	printf '%s.%s' "$text" "$(printf %s "$text" |
		openssl dgst -sha256 -sign "$key" -binary | raw_signature | b64url)"
}

scope=business.api
client=BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152

# apple_token ASSERTION [scope] [path]: leaves the reply
apple_token() {
	auth=()
	request POST "${3:-/auth/oauth2/v2/token}" --data-urlencode grant_type=client_credentials \
		--data-urlencode "client_id=$client" --data-urlencode "client_assertion=$1" \
		--data-urlencode \
		client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
		--data-urlencode "scope=${2:-$scope}"
}
declare -A assertions=() # signing takes a dozen processes; a simulator takes one any number of times
apple_sign_in() {
	assertions[$client $now]=${assertions[$client $now]:-$(jwt "$work/key.pem" "$client")}
	apple_token "${assertions[$client $now]}" "$scope"
	token=$(jq -r .access_token <<<"$body")
	auth=(-H "Authorization: Bearer $token")
	accept=application/json
}
uem_basic() { # [version]
	auth=(-u svc:pass -H "aw-tenant-code: code")
	accept="application/json;version=${1:-1}"
}

# activity TYPE SERVER SERIAL...: the body of a POST; SERVER empty for none
activity() {
	local type=$1 server=$2
	shift 2
	jq -nc --arg t "$type" --arg s "$server" '
		{data: {type: "orgDeviceActivities", attributes: {activityType: $t},
		 relationships: ({devices: {data: [$ARGS.positional[] | {type: "orgDevices", id: .}]}}
		 + if $s == "" then {} else {mdmServer: {data: {type: "mdmServers", id: $s}}} end)}}' \
		--args "$@"
}

make_key "$work/key"

# Three devices on A, one on B, one corrupted, one on no server, one that has left.
cat >"$work/fleet.csv" <<'CSV'
serial,server,family,model,type,added,order_number,order_date,source,source_id,released,imei,profile,profile_status,corrupted,enrollment_status,user,last_seen
C02SOUND0001,Server A,Mac,"iMac 21.5""","iMac19,2",2024-03-01,W1,2024-02-20,APPLE,-2085650007946880,,,Macs,,,Enrolled,ann@example.com,2025-12-30T10:00:00Z
C02SOUND0002,Server A,iPhone,iPhone 13,"iPhone14,5",2024-03-01,W1,2024-02-20,RESELLER,8DA4F31,,356789012345678 356789012345679,Phones,,,,,
C02BROKE0001,Server A,iPad,"iPad Pro 11"", 4th","iPad14,3",2024-03-02,W2,2024-02-21,APPLE,-2085650007946880,,,,,yes,,,
C02OTHER0001,Server B,Mac,Mac mini,"Mac14,3",2024-03-03,W2,2024-02-21,APPLE,-2085650007946880,,,,,,Unenrolled,bob@example.com,
C02SHELF0001,,iPad,iPad,"iPad12,1",2024-03-04,,,MANUALLY_ADDED,,,,,,,,,
C02LEFT00001,,iPad,iPad,"iPad12,1",2023-03-04,W3,2023-02-21,APPLE,-2085650007946880,2025-06-01,,,,,,,
CSV
