#!/usr/bin/env bash
# Errors that the contracts list and no state of a made-up fleet brings about: a scenario answers
# them, each in its service's own form (services/README.md Apple A.2, A.8, B.2, B.3; UEM B, C).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

errors='apple POST /auth/oauth2/token 400 invalid_request
apple GET /v1/orgDevices/X1 400 PARAMETER_ERROR.ILLEGAL
apple GET /v1/mdmServers/X1 403 FORBIDDEN_ERROR
apple POST /v1/orgDeviceActivities 422 ENTITY_UNPROCESSABLE
apple GET /v1/orgDevices/X2 500 UNEXPECTED_ERROR
dep POST /profile 400 FLAGS_INVALID
dep GET /account 503 TOO_MANY_REQUESTS
dep POST /devices 403 ACCESS_DENIED
uem PUT /api/mdm/dep/profiles/P1 400 501
uem PUT /api/mdm/dep/groups/G1/devices 404 5053
uem PUT /api/mdm/dep/profiles/P1/devices/S1 404 5053
uem GET /api/mdm/devices/7 404 5177
uem POST /api/mdm/devices/7/commands 400 5100
uem POST /api/mdm/devices/8/commands 400 21
uem POST /api/mdm/devices/9/commands 400 6
uem POST /api/mdm/devices/10/commands 403 1011
uem GET /api/mdm/groups/G1/enrollment-tokens 404 6
uem GET /api/mdm/groups/G2/enrollment-tokens 404 5138
uem GET /api/mdm/groups/G3/enrollment-tokens 422 1012
uem DELETE /api/mdm/groups/G1/enrollment-tokens/T1 400 5217
uem DELETE /api/mdm/groups/G1/enrollment-tokens/T2 400 5218
uem GET /api/mdm/devices/search 403 1011'

{
	printf 'version: 1\nfaults:\n'
	while read -r service method path code_of_http code; do
		printf '  - {service: %s, method: %s, path: %s, do: reply, status: %s, code: "%s", applied: no}\n' \
			"$service" "$method" "$path" "$code_of_http" "$code"
	done <<<"$errors"
} >"$work/errors.yaml"
sim_start --fleet "$work/fleet.csv" --any-key --scenario "$work/errors.yaml"

while read -r service method path code_of_http code; do
	auth=()
	send "$method" "$path" '{}' -H 'Accept: application/json;version=1'
	expect "$code_of_http"
	case $service$path in
	apple/auth*)
		conforms apple tokenError
		check ".error == \"$code\""
		;;
	apple*)
		conforms apple errors
		check ".errors[0] | .code == \"$code\" and .status == \"$code_of_http\""
		;;
	uem*)
		conforms uem error
		check ".errorCode == $code"
		;;
	dep*) same "a bare word" "$code" "$body" ;;
	esac
done <<<"$errors"
same "the audit knows that nothing was applied" "reply no" \
	"$(jq -r 'select(.kind == "request") | "\(.fault) \(.applied)"' "$work/audit.ndjson" | sort -u)"

sim_start --fleet "$work/fleet.csv" --any-key --scenario apple-client-unauthorized \
	--scenario dep-access-denied --scenario uem-no-permission --scenario uem-feature-off
apple_token x
same "the account is off" "400 unauthorized_client" "$status $(jq -r .error <<<"$body")"
get /session
same "no access" "403 ACCESS_DENIED" "$status $body"
uem_basic 1
get /api/system/info
expect 200
for method in PUT POST DELETE; do
	send $method /api/mdm/enrollment-tokens '{}'
	same "$method: reading only" "403 1011" "$status $(jq .errorCode <<<"$body")"
done
get /api/mdm/groups/x/enrollment-tokens
same "no lifecycle" "404 5138" "$status $(jq .errorCode <<<"$body")"
sim_start --fleet "$work/fleet.csv" --any-key --scenario uem-feature-off
uem_basic 1
put /api/mdm/dep/profiles/x '{}'
same "no ADE" "400 501" "$status $(jq .errorCode <<<"$body")"
all_reached
