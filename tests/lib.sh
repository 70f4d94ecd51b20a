# shellcheck shell=bash
# What suites share that run the tool against the simulator as a process of its own. Source it, then
#
#	suite_begin BUILD               a temporary folder $work and keys; removed at the end of the shell
#	new_world [SIMULATOR OPTION...] a simulator with the sample fleet, settings, and no state
#	run apply in.csv --yes          leaves $status, $work/out and $work/err
#	check 'what has to hold' test "$(effects unassign)" -eq 40
#	suite_end                       the line that tests/run.sh reads
#
# Both programs go by a virtual clock, so that hours pass in milliseconds. It starts anew with each
# world and goes on from one run to the next.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
passed=0 failed=0
sim_pid='' port='' status=0

suite_begin() { # BUILD
	build=$(cd "$1" && pwd) || exit 1
	work=$(mktemp -d)
	trap suite_clean EXIT
	audit=$work/audit.ndjson
	export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z DEPMEND_SETTINGS=$work/depmend.yaml
	make_key "$work/apple"
	(umask 077 && echo code >"$work/tenant-code" && echo secret >"$work/uem-secret")
	# The lock of a run is named by the client id and counts on the whole machine.
	client=BUSINESSAPI.$(cat /proc/sys/kernel/random/uuid)
}

# So many samples of a kind, and a quarter of them where the sanitizers take their time.
fewer() { # N
	case ${build##*/} in release*) echo "$1" ;; *) echo $((($1 + 3) / 4)) ;; esac
}

# Whether this build has what only Linux has (`make PORTABLE=1` leaves it out); what is not tested then is named.
on_linux() { # WHAT
	case ${build##*/} in *-portable) echo "skipped: $1 (only Linux has that)" && return 1 ;; esac
}

suite_clean() {
	sim_stop
	rm -rf "$work"
}

suite_end() {
	printf '%d passed, %d failed\n' "$passed" "$failed"
	[ "$failed" -eq 0 ]
}

make_key() { # NAME: NAME.pem and NAME.pub
	(umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$1.pem")
	openssl ec -in "$1.pem" -pubout -out "$1.pub" 2>/dev/null
}

# --- a world ---

new_world() { # [SIMULATOR OPTION...]
	sim_stop
	rm -rf "$work/state" "$audit" "$work"/sim.db*
	sim_start "$@"
	settings
}

sim_stop() {
	[ -n "$sim_pid" ] || return 0
	kill "$sim_pid" 2>/dev/null
	wait "$sim_pid" 2>/dev/null
	sim_pid=
}

await_file() { # FILE PID: until the process has written it, or is gone
	for _ in $(seq $((20 * ${SIM_START_SECONDS:-30}))); do
		[ -s "$1" ] && break
		kill -0 "$2" 2>/dev/null || break
		sleep 0.05
	done
}

# Later options win, so that a caller may give another --fleet or --audit.
sim_start() { # [SIMULATOR OPTION...]
	rm -f "$work/port"
	"$build/depmend-sim" --fleet "$root/samples/fleet.csv" --port-file "$work/port" \
		--audit "$audit" --apple-key "$work/apple.pub" --uem-client depmend:secret \
		--tenant-code code "$@" >"$work/sim.log" 2>&1 &
	sim_pid=$!
	await_file "$work/port" "$sim_pid"
	port=$(cat "$work/port" 2>/dev/null) || {
		cat "$work/sim.log"
		echo "the simulator did not start"
		exit 1
	}
}

# The sample's settings for this simulator and this suite.
settings() {
	sed -e "s|127\.0\.0\.1:8080|127.0.0.1:$port|" -e "s|BUSINESSAPI\.[^ ]*|$client|" \
		"$root/samples/depmend.yaml" >"$work/depmend.yaml"
}

# The same with more lines: settings_with 'limits: {devices: 3}'
settings_with() { # YAML
	settings
	printf '%s\n' "$1" >>"$work/depmend.yaml"
}

# A school, whose server "depmend desk" may disown; fleet.csv has to name that server.
school_begin() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/token.key" -out "$work/token.crt" -days 9 \
		-subj /CN=t 2>/dev/null
	client=SCHOOLAPI.$(cat /proc/sys/kernel/random/uuid)
}

school_world() { # token.p7m|token.json [SIMULATOR OPTION...]
	local token=$1
	shift
	rm -f sim.db*
	new_world --fleet fleet.csv --state "$work/sim.db" "$@"
	sqlite3 sim.db "UPDATE server SET disown=1 WHERE name='depmend desk'"
	"$build/depmend-sim" --dep-token 'depmend desk' >token.json
	{
		printf 'Content-Type: text/plain;charset=UTF-8\r\n\r\n-----BEGIN MESSAGE-----\n'
		cat token.json
		printf -- '-----END MESSAGE-----\n'
	} >token.mime
	openssl smime -encrypt -aes-256-cbc -in token.mime -out token.p7m token.crt
	chmod 600 token.*
	settings_with "enrollment:
  - {server: depmend desk, server_token: {file: $token}, private_key: {file: token.key}, url: 'http://127.0.0.1:$port'}"
	sed -i 's/organization: business/organization: school/' depmend.yaml
}

run() { # depmend's arguments
	"$build/depmend" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

# --- one rule for a few devices; a suite with a job of its own has its own words for these ---

rules() { # DO: rules.yaml does that to every row
	printf 'version: 1\nname: t\nrules:\n  - {name: r, match: {always: true}, do: %s}\n' "$1" >rules.yaml
}

rows() { # SERIAL...: the input
	printf '%s\n' serial "$@" >in.csv
	rm -f in.result*.csv
}

apply_rows() { # OPTION...
	run apply in.csv --rules rules.yaml --yes --allow percent=100 "$@"
}

cell() { # SERIAL COLUMN: of the result
	python3 -c 'import csv, sys
for r in csv.DictReader(open("in.result.csv")):
    if r["serial"] == sys.argv[1]: print(r[sys.argv[2]])' "$@"
}

verdict() { # SERIAL: its outcome and the code of the reason
	local why

	why=$(cell "$1" depmend_reason)
	[ -z "$why" ] || echo "$(cell "$1" depmend_outcome) ${why%%:*}"
}

# --- what the simulator saw ---

# effects unassign [SERIAL]: how many took effect
effects() {
	jq -r --arg what "$1" --arg serial "${2:-}" 'select(.kind == "effect" and .what == $what and
		.effective and ($serial == "" or .serial == $serial)) | .serial' "$audit" | wc -l
}

# Every effect that came more than once on a device: nothing when all is well.
repeated_effects() { # WHAT
	jq -r --arg what "$1" 'select(.kind == "effect" and .what == $what and .effective) | .serial' \
		"$audit" | sort | uniq -d
}

requests() { # jq condition over the request: .service .method .path .query .status
	jq -r "select(.kind == \"request\" and ($1)) | .method" "$audit" | wc -l
}

# Requests that change something, as the services count them: activities and profiles.
changes() {
	requests '(.method != "GET" and .path != "/auth/oauth2/token" and .path != "/connect/token"
		and (.path | endswith("/search") | not) and .path != "/api/mdm/devices"
		and (.query | test("action=(Sync|Fetch)") | not))'
}

# Changes at Apple that were taken; wipes and other commands to the UEM, taken or not.
posts() { requests '.method == "POST" and .path == "/v1/orgDeviceActivities" and .status == 201'; }
wipes() { requests '.method == "POST" and (.path | test("/commands$"))'; }

syncs() {
	requests '.method == "PUT" and (.query | test("action=(Sync|Fetch)"))'
}

# --- verdicts ---

check() { # WHAT COMMAND...: passes when the command succeeds
	local what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'not ok: %s (line %s: %s)\n' "$what" "${BASH_LINENO[0]}" "$*"
	fi
}

same() { # WHAT EXPECTED GOT
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'not ok: %s (line %s)\n    expected: %s\n    got:      %s\n' "$1" \
			"${BASH_LINENO[0]}" "$2" "$3"
	fi
}

# The status of the last run; when it is another one, what the run said is shown.
exits() { # WHAT STATUS
	if [ "$status" -eq "$2" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'not ok: %s (line %s): exit %s, not %s\n' "$1" "${BASH_LINENO[0]}" "$status" "$2"
		tail -n 20 "$work/err"
	fi
}
