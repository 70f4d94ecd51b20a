# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# A device that an early end brought where its row wants it is not taken off again: the next apply
# goes on with what follows. One that is only back where it was is.

printf 'serial,server\nC02ARR00001,WS1 EMEA\nC02ARR00002,WS1 EMEA\nC02ARR00003,WS1 Americas\nC02STAY0001,WS1 APAC\n' \
	>"$work/three.fleet"
printf 'Serial\nC02ARR00001\nC02ARR00002\nC02ARR00003\n' >"$work/three.rows"
printf 'Serial\nC02STAY0001\n' >"$work/other.rows"

alone() { # SYNC-WAIT STEPS [SIMULATOR OPTION...]: without a UEM, so that a sync takes as long as it is told
	local wait=$1 steps=$2
	shift 2
	fresh --fleet "$work/three.fleet" "$@"
	cp "$work/three.rows" "$work/in.csv"
	sed -i '/^uem:/,/client_secret:/d' "$work/depmend.yaml"
	printf '%s\n' "sync: {wait: $wait}" 'limits: {percent: 100}' >>"$work/depmend.yaml"
	printf 'version: 1\nname: arrive\nwaves: [100%%]\nrules:\n  - {name: one, match: {always: true}, do: %s}\n' \
		"$steps" >"$work/arrive.yaml"
}
apply() { # MAX-WAIT
	run apply "$work/in.csv" --rules "$work/arrive.yaml" --yes --past-halt --max-wait "$1"
}

# The run ends during its first sync.
cut_short() {
	sed -i "s/^sync: .*/sync: {command: ['false']}/" "$work/depmend.yaml"
	apply 30m
	sed -i 's/^sync: .*/sync: {wait: 1h}/' "$work/depmend.yaml"
}

# --- the end comes during the first sync ---
alone 1h '[unassign, sync, {reassign: {to: WS1 APAC}}, sync]'
cut_short
exits 'it stops at the first sync' 69
same 'each is on its new server' 3 "$(effects assign)"
same 'so its row is not restored' 3 "$(grep -c ',pending,.*sync=skipped;reassign(WS1 APAC)=done;sync=pending,' "$work/in.result.csv")"
apply 48h
exits 'the next apply ends it' 0
same 'with the sync that was left' 3 "$(grep -c ',done,.*reassign(WS1 APAC)=done;sync=done,' "$work/in.result.csv")"
same 'nobody was taken off again' '3 3' "$(effects unassign) $(effects assign)"

alone 1h '[unassign, sync, reassign, sync]'
cut_short
exits 'a rebuild stops at the first sync' 69
same 'each is back on its server, and no more' 3 "$(grep -c ',restored,.*sync=skipped;reassign=done;sync=skipped,' "$work/in.result.csv")"
check 'the end names the command that goes on' grep -q '^next .*depmend apply ' "$work/err"
apply 48h
exits 'it is made anew' 0
same 'each was taken off twice' 6 "$(effects unassign)"

# --- after it: what is left of a rebuild is the way back, and what follows it ---
cat >"$work/busy.yaml" <<'YAML'
version: 1
faults:
  - {path: /v1/orgDeviceActivities, method: POST, nth: [3, 4, 5, 6], do: reply, status: 429, code: TOO_MANY_REQUESTS,
     retry_after: 7200, applied: no}
YAML
for steps in '[unassign, sync, reassign, sync]' '[unassign, sync, reassign]' '[unassign, sync, {reassign: {to: WS1 APAC}}, sync]'; do
	alone 1m "$steps" --scenario "$work/busy.yaml"
	apply 30m
	exits "$steps: Apple is too busy for the way back" 75
	same "$steps: they are in flight" 3 "$(grep -c ',in_flight,' "$work/in.result.csv")"
	apply 48h
	exits "$steps: the next apply goes on" 0
	same "$steps: each came back and is done" 3 "$(grep -c ',done,.*unassign=done;sync=done;reassign.*=done' "$work/in.result.csv")"
	same "$steps: and nobody twice" '3 3' "$(effects unassign) $(effects assign)"
done

# --- another run takes over ---
alone 1h '[unassign, sync, {reassign: {to: WS1 APAC}}, sync]'
cut_short
first=$(sed -n 's/^run *//p' "$work/err")
cp "$work/other.rows" "$work/in.csv"
printf 'version: 1\nname: leave\nrules:\n  - {name: leave, match: {always: true}, do: [skip]}\n' >"$work/arrive.yaml"
apply 48h
exits 'other rules' 0
run report "$first" --csv "$work/in.result.csv"
same 'who arrived is not said to be restored' 0 "$(grep -c ',restored,' "$work/in.result.csv")"
same 'but that another run took over' 3 "$(grep -c 'run.superseded' "$work/in.result.csv")"

# --- too short for anybody: none leaves, and what is proposed works ---
while IFS='|' read -r wait given steps; do
	alone "$wait" "$steps"
	apply "$given"
	exits "$steps in $given" 75
	same "$steps in $given: nobody leaves" 0 "$(changes)"
	same "$steps in $given: the rows say how long it takes" 3 \
		"$(grep -c ',pending,.*needs about .* to be back' "$work/in.result.csv")"
	proposed=$(sed -n 's/^next .* --max-wait \([^ ]*\)$/\1/p' "$work/err")
	same "$steps in $given: one time is proposed" 1 "$(grep -c '^next.*--max-wait' "$work/err")"
	for _ in 1 2 3; do
		apply "$proposed"
		[ "$status" -eq 0 ] && break
	done
	same "$steps in $given: with $proposed they go and are back" '0 3 3' \
		"$status $(effects unassign) $(effects assign)"
done <<'END'
1m|1s|[unassign, sync, reassign, sync]
1h|50m|[unassign, sync, reassign, sync]
30m|10m|[unassign, sync, {reassign: {to: WS1 APAC}}]
END
