#!/usr/bin/env bash
# `export` of a million devices against the simulator, also compared with a CSV of as many, and of a
# tenth with details: memory; requests of a whole reading of 42,000 devices on five servers.
# BENCH_QUICK=1: 50,000 devices instead of a million.
#
#	tests/bench/export.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
SIM_START_SECONDS=600
suite_begin "${1:?usage: tests/bench/export.sh BUILD}"
cd "$work" || exit 1
missed=0

figure() { # AIM WHAT VALUE TARGET: VALUE may be at most TARGET
	local ok=yes
	[ "$3" -le "$4" ] || ok=no missed=1
	printf '%s|%s|%s|%s|%s\n' "$1" "$2" "$3" "$4" "$ok"
}

n=1000000
[ -z "${BENCH_QUICK:-}" ] || n=50000

takes() { # WHAT OPTION...: export with these, in at most 64 MiB
	local what=$1
	shift
	"$build/bench/measure" measured "$build/depmend" export "$@" 2>err </dev/null
	read -r seconds _ kib status <measured
	[ "$status" -eq 0 ] || {
		tail -n 3 err >&2
		missed=1
	}
	figure - "$what: MiB resident" $(((kib + 1023) / 1024)) 64
	printf -- '-|%s: seconds|%s||-\n' "$what" "$seconds"
}

has() { # FILE N
	[ "$(wc -l <"$1")" -eq $(($2 + 1)) ] || {
		echo "$1 has not $2 devices" >&2
		missed=1
	}
}

"$build/depmend-sim" --make-fleet "$n" --seed 1 >million.csv
new_world --fleet million.csv
takes "export of $n devices" --out live.csv
has live.csv "$n"
takes "export --compare of $n devices" --compare live.csv --out diff.csv
"$build/depmend-sim" --make-fleet $((n / 10)) --seed 1 >tenth.csv
new_world --fleet tenth.csv
takes "export --detail of $((n / 10)) devices" --detail --out live.csv
has live.csv $((n / 10))

# --- requests ---

"$build/depmend-sim" --make-fleet 42000 --seed 1 |
	awk -F, -v OFS=, 'NR > 1 && $2 != "" { $2 = "MDM " NR % 5 } { print }' >fleet.csv
new_world --fleet fleet.csv --state "$work/sim.db"
sed -i '/^    - {server:/d' depmend.yaml
sqlite3 sim.db "SELECT '    - {server: ' || s.name || ', group: ' || g.uuid || '}' FROM server s
	JOIN og g ON g.id = s.og" >tokens
sed -i '/^  tokens:/r tokens' depmend.yaml
cat >all.yaml <<'YAML'
version: 1
name: all
rules:
  - name: all
    match: {any: [{apple.status: none}, {apple.server|prefix: nowhere}, {uem.listed: yes}]}
    do: [skip]
YAML

reads() { # of both services so far, without sign-ins
	requests '(.path | test("token$") | not)'
}

run export --out live.csv
[ "$status" -eq 0 ] || missed=1
figure - 'export of 42000 devices on 5 servers: requests' "$(reads)" $((50 + 5 * 9))
before=$(reads)
run plan fleet.csv --rules all.yaml --out plan.csv
[ "$status" -eq 0 ] || missed=1
figure - 'facts of 42000 devices on 5 servers: requests' $(($(reads) - before)) $((50 + 5 * 9))

exit "$missed"
