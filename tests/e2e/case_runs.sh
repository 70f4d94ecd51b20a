# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# What `runs RUN` says of a run that is not over: until when it waits, what is in flight, what next.

apply() { # apply's options
	run apply api-tool.csv --rules corrupted-registration --yes --allow percent=100 "$@"
}
show_newest() {
	run runs
	run runs "$(sed -n 's/^  \(2[^ ]*\).*/\1/p' out | tail -n 1)"
	exits 'runs RUN' 0
}

fresh
settings_with 'rate: {apple_write: 4/hour}
batch: {apple: 5}'
apply --max-wait 10m
exits 'the write limit outlives --max-wait' 75
same 'it is told when to run again' 1 "$(grep -c 'at 20..-..-..T..:..:..Z.*: run again then' err)"
show_newest
check 'so is who asks later' grep -q '^stopped .* at 20..-..-..T..:..:..Z.*: run again then' out
check 'how many wait' grep -q ' pending' out
check 'for what' grep -q ' x run\.waiting: ' out
check 'with which status it ended' grep -q '^status   75: ' out
check 'by which rules' grep -q '^rules    /.*corrupted-registration\.yaml$' out
check 'and with which of their parameters' grep -q '^set      server=$' out
check 'who began it, and where' grep -qxF "by       $(id -un) on $(hostname)" out
check 'a run that does not work is stopped' grep -q '^run  .* (stopped)$' out
run runs
check 'the list says so, too' grep -qE "^  2026.*  stopped  .* pending.*  corrupted-registration  api-tool.csv  $(id -un)@$(hostname)$" out
check 'with what goes on' grep -q '^2026[^ ]* is stopped; this continues it:$' out
check 'in a line of its own, to be copied' grep -q '^next     depmend apply api-tool.csv --rules' out
run runs --json
same 'the same for programs' "corrupted-registration $(id -un) $(hostname) false" \
	"$(jq -r '"\(.rules | split("/")[-1] | split(".")[0]) \(.user) \(.host) \(.running)"' out)"
show_newest
check 'what to type' grep -qxF \
	'next     depmend apply api-tool.csv --rules corrupted-registration --yes --allow percent=100 --max-wait 10m' out
apply --max-wait 48h
show_newest
check 'nothing is left when it is over' test -z "$(grep -E '^(next|stopped|waiting)' out)"

fresh --scenario apple-activity-stopped
apply --past-halt
exits 'activities that bring only half of the devices back' 5
show_newest
same 'each device in flight is named' "$(grep -c ',in_flight,' api-tool.result.csv)" \
	"$(grep -c '^in flight [A-Z0-9]* unassign=done' out)"
check 'with where it was' grep -q '^in flight .*(was status=ASSIGNED;server=WS1 ' out

# Killed before anybody knew what became of a change.
fresh --set apple.activity_time=20m
DEPMEND_CLOCK='' "$build/depmend" apply api-tool.csv --rules corrupted-registration --yes \
	--allow percent=100 >first.out 2>&1 </dev/null &
first=$!
for _ in $(seq 600); do
	[ "$(changes)" -gt 0 ] && break
	sleep 0.05
done
kill -KILL "$first"
wait "$first" 2>/dev/null
show_newest
check 'a change whose outcome nobody knows' grep -Eq \
	'^waiting  for unassign of [0-9]+ devices?, sent 2.*: its outcome is known by 2' out
check 'no status: it did not live to have one' test -z "$(grep '^status' out)"

# --- over time: what became of each run, by rule ---
new_world
cat >two.yaml <<'Y'
version: 1
rules:
  - {name: pads, match: {family: iPad}, do: [{note: a pad}]}
  - {name: macs, match: {family: Mac}, do: [skip]}
Y
printf 'serial,family\n%s\n' "$(printf 'COUNTED0000%s,iPad\n' 1 2 3)" >counted.csv
printf 'COUNTED00009,Mac\nCOUNTED00008,Watch\n' >>counted.csv
for n in 1 2; do
	run apply counted.csv --rules ./two.yaml --yes
	exits "run $n" 0
	sed -i '$d' counted.csv
done
run status --json
same 'status has each run by rule and outcome' '3 pads noted, 1 macs skipped
3 pads noted, 1 macs skipped, 1  unmatched' "$(jq -r 'select(.type == "run") |
	[.counts[] | "\(.rows) \(.rule // "") \(.outcome)"] | join(", ")' out)"
run runs --json
same 'so does runs' 2 "$(jq -r 'select(.type == "run") | select(.counts[0].rows == 3) | .run' out | wc -l)"
run report latest --metrics counted.prom
same 'and so do the metrics' '1 1 1 3 3' "$(sed -n 's/^depmend_run_rows{.*} //p' counted.prom | sort | xargs)"
check 'with their names' grep -q '^depmend_run_rows{tenant="[^"]*",run="2026[^"]*",rule="macs",outcome="skipped"} 1$' counted.prom
# Many rules and many runs do not make them longer and longer.
{
	printf 'version: 1\nrules:\n'
	for n in $(seq 130); do printf '  - {name: r%s, match: {asset_tag: "%s"}, do: [skip]}\n' "$n" "$n"; done
} >many.yaml
{
	echo serial,asset_tag
	for n in $(seq 130); do printf 'MANYRULE%04d,%s\n' "$n" "$n"; done
} >many.csv
run apply many.csv --rules ./many.yaml --yes
run status --json
same 'the smallest ones together' '101 30' "$(jq -r 'select(.type == "run") | .counts |
	"\(length) \([.[] | select(.rule == "(other rules)") | .rows] | add)"' out | head -n 1)"
for n in $(seq 12); do
	echo "COUNTED001$n,iPad" >>counted.csv
	run apply counted.csv --rules ./two.yaml --yes
done
run report latest --metrics counted.prom
same 'the latest ten runs' 10 "$(sed -n 's/^depmend_run_rows{.*,run="\([^"]*\)".*/\1/p' counted.prom | sort -u | wc -l)"
