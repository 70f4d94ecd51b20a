#!/usr/bin/env bash
# The simulator's own command line.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

fails() { # status words arguments
	local want=$1 words=$2
	shift 2
	timeout 10 "$SIM" "$@" >"$work/out" 2>&1
	status=$?
	body=$(cat "$work/out")
	same "status of $*" "$want" "$status"
	grep -qF -- "$words" "$work/out"
	verdict $? "says '$words'"
}
fails 64 "--help says more" --nonsense
fails 64 "write --fleet in full" --fle x
fails 64 "unexpected 'x'" x
fails 64 "--help says more" --fleet
fails 64 "loopback" --listen 0.0.0.0:0
fails 64 "127.0.0.1:PORT" --listen nowhere
fails 64 "127.0.0.1:PORT" --listen 127.0.0.1:99999
fails 64 "--seed takes a number" --seed x
fails 64 "--clock-rate takes a number" --clock-rate -1
fails 64 "--make-fleet takes a number" --make-fleet many
fails 64 "two parts" --uem-client id
fails 64 "two parts" --uem-user name
fails 65 "no knob 'x'" --set x=1
fails 66 "nosuch.yaml" --scenario nosuch.yaml
fails 66 "nosuch.csv" --fleet nosuch.csv
fails 66 "nosuch.pem" --fleet "$work/fleet.csv" --apple-key nosuch.pem
fails 0 "profile_status" --help
fails 0 "apple.visibility_lag" --help
fails 0 "faults:" --help
fails 0 "lost-reply-reset" --list-scenarios
fails 0 '"consumer_key":"CK_' --dep-token "Server A"
echo 'version: 1' >"$work/s.yaml"
echo 'knobs: {uem.sync: never}' >>"$work/s.yaml"
fails 65 "s.yaml:2: uem.sync takes works|lost|fetch" --scenario "$work/s.yaml"
printf 'serial\nnonsense!\n' >"$work/bad.csv"
fails 65 "bad.csv:2: serial" --fleet "$work/bad.csv"
fails 78 "" --fleet "$work/fleet.csv" --apple-key "$work/fleet.csv"

# The scenario that --help shows is one.
"$SIM" --help | sed -n '/^  version: 1/,$p' | grep -E '^  ([a-z]*:|  - )' |
	sed -E 's/^  //; s/^(faults|overrides|odd|admins):.*/\1:/; s/}  .*/}/' >"$work/shown.yaml"
sim_start --any-key --scenario "$work/shown.yaml"
get /v1/mdmServers
expect 401
same "every part of it" 15 "$(wc -l <"$work/shown.yaml")"
sim_stop

# --- made fleets ---
"$SIM" --make-fleet 300 --seed 4 >"$work/a.csv"
"$SIM" --make-fleet 300 --seed 4 >"$work/b.csv"
"$SIM" --make-fleet 300 --seed 5 >"$work/c.csv"
cmp -s "$work/a.csv" "$work/b.csv"
verdict $? "the same seed, the same fleet"
! cmp -s "$work/a.csv" "$work/c.csv"
verdict $? "another seed, another fleet"
same "rows" 301 "$(wc -l <"$work/a.csv")"
same "1 % corrupted" 3 "$(grep -c ,yes, "$work/a.csv")"
"$SIM" --make-fleet 10 >/dev/full 2>"$work/out"
same "full disk" 74 $?
same "the sample fleet is this one" "" \
	"$("$SIM" --make-fleet 200 --corrupted 200 --seed 8 | diff - "${0%/*}/../../samples/fleet.csv")"

# --- starting, without a fleet, and stopping ---
sim_start --any-key --server "Server Z" --profile P --clock-rate 1000
same "says where" "listening on port ${url##*:}" "$(cat "$work/sim.out")"
apple_sign_in
get /v1/mdmServers
check '[.data[].attributes.serverName] == ["Server Z"]'
get /v1/orgDevices
check '.data == [] and .meta.paging.total == 0'
for signal in TERM INT HUP; do
	kill -$signal "$pid"
	wait "$pid"
	same "stops on SIG$signal" 0 $?
	pid=''
	sim_start --any-key
done
sim_start --any-key --listen '[::1]:0'
url="http://[::1]:${url##*:}"
get /v1/mdmServers
expect 401

# --- what HTTP clients send ---
request POST /auth/oauth2/token -H 'Expect: 100-continue' -d grant_type=x
check '.error == "unsupported_grant_type"'
head -c 100000 /dev/zero | tr '\0' a >"$work/long"
request GET "/v1/$(head -c 60000 "$work/long")"
same "a long path" 404 "$status"
request POST /auth/oauth2/token --data-binary "@$work/long" -H 'Transfer-Encoding: chunked'
expect 400
get /v1/orgDevices%00
expect 404
get //
expect 404
all_reached
