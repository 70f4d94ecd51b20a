#!/bin/sh
# Check, plan and apply one of the samples against the simulator; nothing leaves the machine. Called
# by `make demo`, which builds first. Keys, settings, state and results are left in .build/demo.
#
#	samples/demo.sh [FOLDER]     where the two programs are; default: bin
#
# Ends with 0 only when every device with a corrupted registration is done, and the simulator saw
# each of them taken off its server once and put back once.
set -eu
cd "$(dirname "$0")/.."

programs=${1:-bin}
dir=.build/demo
input=samples/portal-like.csv
result=$dir/portal-like.result.csv
audit=$dir/audit.ndjson
simulator=

stop_simulator() {
	[ -z "$simulator" ] || { kill "$simulator" && wait "$simulator"; } 2>/dev/null || true
	simulator=
}
trap stop_simulator EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
	printf 'demo: %s\n' "$1" >&2
	exit 1
}

make_secrets() {
	rm -rf "$dir"
	mkdir -p "$dir"
	(
		umask 077
		openssl ecparam -name prime256v1 -genkey -noout -out "$dir/apple.pem"
		openssl rand -hex 16 >"$dir/tenant-code"
		openssl rand -hex 16 >"$dir/uem-secret"
	)
	openssl ec -in "$dir/apple.pem" -pubout -out "$dir/apple.pub" 2>/dev/null
}

start_simulator() {
	"$programs/depmend-sim" --fleet samples/fleet.csv --listen 127.0.0.1:0 --port-file "$dir/port" \
		--audit "$audit" --apple-key "$dir/apple.pub" \
		--uem-client "depmend:$(cat "$dir/uem-secret")" \
		--tenant-code "$(cat "$dir/tenant-code")" >"$dir/simulator.log" 2>&1 &
	simulator=$!
	for _ in $(seq 300); do
		[ ! -s "$dir/port" ] || return 0
		kill -0 "$simulator" 2>/dev/null || break
		sleep 0.1
	done
	cat "$dir/simulator.log" >&2
	fail "the simulator did not start"
}

# Only one run per client id at a time, on the whole machine: the demo takes one of its own.
write_settings() {
	sed -e "s/127\.0\.0\.1:8080/127.0.0.1:$(cat "$dir/port")/" \
		-e "s/BUSINESSAPI\.[^ ]*/BUSINESSAPI.$(openssl rand -hex 16)/" \
		samples/depmend.yaml >"$dir/depmend.yaml"
}

# Some rows of the sample are at fault, on purpose: then depmend ends with 3.
depmend() {
	set -- "$@" --rules corrupted-registration --settings "$dir/depmend.yaml"
	printf '\n$ %s/depmend %s\n' "$programs" "$*"
	"$programs/depmend" "$@" || [ $? -eq 3 ] ||
		fail "depmend $1 failed"
}

# Serial, outcome, steps and reason of every row.
rows() { # result CSV
	awk '
		{
			record = open ? record "\n" $0 : $0
			open = gsub(/"/, "&", record) % 2 # a quoted cell goes on in the next line
			if (open)
				next
			for (n = 0; match(record, /^("([^"]|"")*"|[^,]*)(,|$)/) && RLENGTH > 0; n++) {
				cell[n] = substr(record, 1, RLENGTH)
				record = substr(record, RLENGTH + 1)
				sub(/,$/, "", cell[n])
				if (sub(/^"/, "", cell[n]) && sub(/"$/, "", cell[n]))
					gsub(/""/, "\"", cell[n])
			}
			for (i = 0; !known && i < n; i++)
				at[cell[i]] = i
			printf "%-14s %-16s %-48s %s\n", known ? toupper(cell[0]) : cell[0],
				cell[at["depmend_outcome"]], cell[at["depmend_steps"]],
				cell[at["depmend_reason"]]
			known = 1
		}' "$1"
}

effects() { # what, serial (a dot and a star: on all devices)
	grep -c "\"serial\":\"$2\",\"what\":\"$1\",.*\"effective\":true" "$audit" || true
}

verify() {
	# The fleet says `yes` in one column only.
	corrupted=$(sed -n 's/^\([A-Z0-9]*\),.*,yes,.*/\1/p' samples/fleet.csv)
	[ -n "$corrupted" ] || fail "the fleet has no corrupted device"
	n=0
	for serial in $corrupted; do
		n=$((n + 1))
		grep -q "^$serial  *done " "$dir/rows.txt" || fail "$serial is not done"
		for effect in unassign assign mended; do
			[ "$(effects "$effect" "$serial")" -eq 1 ] || fail "$serial: $effect: not exactly once"
		done
	done
	for effect in unassign assign; do
		[ "$(effects "$effect" '.*')" -eq "$n" ] || fail "$effect: on devices that are not corrupted"
	done
	printf '\ndemo: all %d corrupted devices are repaired, by %d changes at Apple and %d syncs\n' \
		"$n" "$(grep -c '"method":"POST","path":"/v1/orgDeviceActivities"' "$audit")" \
		"$(grep -c '"query":"action=Sync"' "$audit")"
}

make_secrets
start_simulator
write_settings

# The simulator takes the time from its client: what would take minutes is over at once.
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z

depmend check "$input"
# All that the plan names are a fifth of the fleet, which limits.percent would stop.
depmend plan "$input" --allow percent=30 --out "$dir/plan.csv"
depmend apply "$input" --allow percent=30 --expect "$dir/plan.csv" --yes --out "$result"

rows "$result" >"$dir/rows.txt"
printf '\nFour columns of %s, which has all columns and rows of the input:\n' "$result"
cat "$dir/rows.txt"
verify
cat <<END

Next, from this folder:
  $programs/depmend --settings $dir/depmend.yaml runs
  $programs/depmend --settings $dir/depmend.yaml report latest --html $dir/report.html
  $programs/depmend rules
END
