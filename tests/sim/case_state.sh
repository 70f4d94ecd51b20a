#!/usr/bin/env bash
# State: SIGKILL at any moment loses nothing that was answered and applies nothing twice; the same
# seed, scenario and requests give the same audit, byte for byte.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

state=(--fleet "$work/fleet.csv" --any-key --state "$work/state.db")

# --- killed again and again while a client works ---
sim_start "${state[@]}"
apple_sign_in
get /v1/mdmServers
a=$(jq -r .data[0].id <<<"$body")

uem_basic
get '/api/mdm/dep/profiles/search?SearchText=Phones'
profile=$(jq -r .ProfileList[0].uuid <<<"$body")

assign_profile() { # leaves the reply
	local auth=(-u svc:pass -H 'aw-tenant-code: code') accept='application/json;version=1'
	put "/api/mdm/dep/profiles/$profile/devices/C02BROKE0001?action=Assign" ''
}
# Sends change after change to both services; what was answered is noted. Ends when the server is
# gone.
client_loop() {
	local n=0 kind
	while :; do
		kind=UNASSIGN_DEVICES
		[ $((n++ % 2)) -eq 0 ] || kind=ASSIGN_DEVICES
		post /v1/orgDeviceActivities "$(activity $kind "$a" C02SOUND0001 C02SOUND0002)"
		[ "$rc" -eq 0 ] || return 0
		[ "$status" != 201 ] || jq -r .data.id <<<"$body" >>"$work/answered"
		later 11
		echo "$now" >"$work/now"
		assign_profile
		[ "$rc" -eq 0 ] || return 0
		[ "$status" != 202 ] || echo 1 >>"$work/accepted"
	done
}
: >"$work/answered"
for round in $(seq "${SIM_KILLS:-12}"); do # a longer run: SIM_KILLS=500
	apple_sign_in
	client_loop &
	worker=$!
	until [ "$(wc -l <"$work/answered")" -ge $((round * 2)) ]; do
		kill -0 "$worker" 2>/dev/null || break
		sleep 0.01
	done
	sleep "0.0$((RANDOM % 90 + 10))"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	wait "$worker"
	pid=''
	sim_start "${state[@]}"
	now=$(cat "$work/now" 2>/dev/null || echo "$now")
	[ -n "$(tail -c 1 "$work/audit.ndjson")" ] && broken=1
done
same "no line is torn" "" "${broken:-}"
later 60
get /v1/mdmServers
jq -e . "$work/audit.ndjson" >/dev/null
verdict $? "every line is JSON"
answered=$(sort "$work/answered")
done_ones=$(jq -r 'select(.kind == "effect" and .activity) | "\(.activity) \(.serial)"' "$work/audit.ndjson" | sort)
same "no effect twice" "" "$(uniq -d <<<"$done_ones")"
same "each answered one has its two effects" "$answered" "$(awk '{n[$1]++} END {for (i in n) if (n[i] == 2) print i}' \
	<<<"$done_ones" | sort | comm -12 - <(printf '%s\n' "$answered"))"
of_audit() { jq -r "select($1) | 1" "$work/audit.ndjson" | wc -l; }
taken=$(of_audit '.method == "PUT" and .status == 202')
same "each accepted assignment was taken" 1 $((taken >= $(wc -l <"$work/accepted")))
same "and worked once" "$taken" "$(of_audit '.what == "profile"')"
unknown=0
while read -r id; do
	get "/v1/orgDeviceActivities/$id"
	[ "$status" = 200 ] || unknown=$((unknown + 1))
done <"$work/answered"
same "each answered one is known" 0 "$unknown"

# --- what a restart keeps ---
sim_start "${state[@]}"
get /v1/mdmServers
expect 200 # the token is still good
same "time does not go back" "$now" "$(now=1 && get /v1/mdmServers && header X-Sim-Now)"

# --- the same again ---
story() { # audit file
	now=1767225600000
	rm -f "$1"
	sim_start --fleet "$work/fleet.csv" --any-key --seed 5 --scenario apple-stream-resets \
		--scenario apple-rate-limits --audit "$1"
	apple_sign_in
	for _ in 1 2 3 4 5 6 7 8 9 10; do get /v1/mdmServers; done
	post /v1/orgDeviceActivities "$(activity UNASSIGN_DEVICES "$a" C02SOUND0001)"
	later 60
	uem_basic 1
	get '/api/mdm/devices/search'
	put '/api/mdm/dep/groups/x/devices?action=Sync' ''
	apple_sign_in
	get /v1/orgDevices
	sim_stop
}
story "$work/one"
story "$work/two"
cmp "$work/one" "$work/two"
verdict $? "two audits are the same, byte for byte"
same "and hold something" 1 $(($(wc -l <"$work/one") > 15))

# --- durable, and a port that is taken ---
sim_start "${state[@]}" --durable
get /v1/mdmServers
expect 401 # another story: signed out
port=${url##*:}
"$SIM" --fleet "$work/fleet.csv" --listen "127.0.0.1:$port" >"$work/taken" 2>&1
same "port taken" 73 $?
all_reached
