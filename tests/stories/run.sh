#!/usr/bin/env bash
# Stories of time, of other administrators and of other runs: what was sent and may still act, who is
# off its server, what cannot be undone. Each name is a story.
#
#	tests/stories/run.sh BUILD
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/stories/run.sh BUILD}"
cd "$work" || exit 1

apply() { # OPTION...
	apply_rows "$@"
	cat err >>said
}

open_items() { # KIND: how many of the status are of that kind
	run status --json
	grep -c "$1" out
}

activities() { # TYPE: how many were asked for
	jq -r --arg what "$1" 'select(.kind == "effect" and .what == $what) | .serial' "$audit" | wc -l
}

fleet() {
	cat >fleet.csv <<-'F'
		serial,server,enrollment_status,user
		C02STORY0001,WS1 EMEA,Enrolled,jo
		C02STORY0002,WS1 EMEA,Enrolled,jo
		C02STORY0003,WS1 APAC,Enrolled,jo
		C02STAY00001,WS1 EMEA,,
		C02STAY00002,WS1 Americas,,
		C02STAY00003,WS1 APAC,,
	F
}
fleet

# --- an activity that outlives timeouts.activity ---
patient='timeouts: {activity: 3h}'
for step in 'unassign' '{reassign: {to: WS1 APAC}}'; do
	new_world --fleet fleet.csv --set apple.activity_time=2h
	rules "[$step]"
	rows C02STORY0001
	apply
	exits "$step, still in progress: not done" 5
	same "$step, still in progress" 'unverified state.request_open' "$(verdict C02STORY0001)"
	apply
	exits "$step, the same again" 5
	same "$step, the same again: nothing is sent" 1 "$(posts)"
	rules '[{reassign: {to: WS1 Americas}}]'
	apply
	same "$step, other rules: nothing is sent" 1 "$(posts)"
	same "$step, other rules: the row says why" 'unverified state.request_open' \
		"$(verdict C02STORY0001)"
	settings_with "$patient" # this world's activities all take two hours
	DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
	exits "$step, over: others may go on" 0
	same "$step, over: one more" 2 "$(posts)"
done

# --- the rebuild's first step outlives its run: the device comes back once it is off ---
new_world --fleet fleet.csv --set apple.activity_time=2h
rules '[unassign, sync, reassign, sync]'
rows C02STORY0001
apply
exits 'off some day: not done' 5
rules '[skip]'
settings_with "$patient"
DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply --max-wait 24h
same 'off some day: other rules put it back' 1 "$(effects assign C02STORY0001)"

# --- in flight at the end of --max-wait; it lands, and whoever comes next judges it anew ---
for steps in '[unassign, sync, reassign, sync]' '[{reassign: {to: WS1 Americas}}, sync]' '[delete_from_lifecycle]' \
	'[unassign]' '[{migrate: {to: WS1 Americas, deadline: 2026-12-20}}]' '[delete_from_lifecycle, release]'; do
	new_world --fleet fleet.csv --set apple.activity_time=20m
	rules "$steps"
	rows C02STORY0001
	wait=10m why=state.request_open options=()
	case $steps in
	*unassign,*) wait=25m why=run.coming_back ;;
	*release*) options=(--allow release=9 --confirm release=1) ;;
	esac
	apply --max-wait $wait "${options[@]}"
	exits "$steps: in flight" 75
	same "$steps: the row says so" "in_flight $why" "$(verdict C02STORY0001)"
	first=$(sed -n 's/^run *//p' err)
	rules '[skip]'
	rows C02STAY00001
	for when in 09 15; do
		DEPMEND_CLOCK=virtual:2026-11-22T$when:00:00Z apply
		exits "$steps: it landed, the next one at $when is clean" 0
	done
	run status
	exits "$steps: it landed, status" 0
	check "$steps: it landed, nothing is open" grep -q '^open *nothing' out
	run runs "$first"
	check "$steps: it landed, its run is over" test -z "$(grep -E 'active|in flight' out)"
	run report "$first" --csv in.result.csv
	check "$steps: it landed, the row has a name" \
		grep -qE '^(restored|pending|done) ' <<<"$(verdict C02STORY0001)"
done

# --- serials that the UEM spells in its own way are the same ones: a sync and a search prove it ---
for spelt in lower blanks; do
	printf 'version: 1\nodd:\n  - {service: uem, path: "*/dep/groups/*/devices", member: deviceSerialNumber, value: %s}\n' \
		$spelt >spelt.yaml
	for steps in '[delete_from_lifecycle]' '[unassign, sync, reassign, sync]'; do
		new_world --fleet fleet.csv --scenario spelt.yaml
		rules "$steps"
		rows C02STORY0001
		apply
		exits "$steps, $spelt" 0
		same "$steps, $spelt: done" 'done' "$(verdict C02STORY0001 | cut -d' ' -f1)"
		check "$steps, $spelt: after a sync" test "$(syncs)" -gt 0
	done
	same "$spelt: it came back" 1 "$(effects assign C02STORY0001)"
done

# --- the home server is deleted while the device is off, before that is proved or after ---
for after in 5s 20s 11m; do
	cat >deleted.yaml <<-F
		version: 1
		admins:
		  - {after: $after, do: delete_server, server: WS1 APAC}
	F
	new_world --fleet fleet.csv --scenario deleted.yaml --set uem.sync_time=10m
	rules '[unassign, sync, reassign, sync]'
	rows C02STORY0001 C02STORY0003
	apply --max-wait 6h
	check "deleted after $after: no crash" test "$status" -lt 70
	same "deleted after $after: the other device" 'done' "$(verdict C02STORY0001 | cut -d' ' -f1)"
	check "deleted after $after: not done" test "$(verdict C02STORY0003 | cut -d' ' -f1)" != 'done'
	[ "$after" != 11m ] || same "deleted after $after: the row says so" 'in_flight apple.server_gone' \
		"$(verdict C02STORY0003)"
	apply --max-wait 6h --allow organization=yes
	check "deleted after $after: no crash of the next one either" test "$status" -lt 70
	check "deleted after $after: the next one is not clean" test "$status" -gt 0
	check "deleted after $after: status names it" test "$(open_items C02STORY0003)" -gt 0
	rows C02STORY0001 C02STORY0002
	rules '[{reassign: {to: WS1 Americas}}]'
	sed -i '/server: WS1 APAC/d' depmend.yaml # as its message says
	apply --allow organization=yes
	exits "deleted after $after: not clean while it is off" 5
	same "deleted after $after: others go on" 'done' "$(verdict C02STORY0001 | cut -d' ' -f1)"
	run forget C02STORY0003 --reason 'its server is gone' --confirm forget=1
	exits "deleted after $after: a person lets it go" 0
	apply
	exits "deleted after $after: let go, it is clean again" 0
done

# --- and when other rules bring the device to another server, it is back there, at once ---
cat >deleted.yaml <<'F'
version: 1
admins:
  - {after: 11m, do: delete_server, server: WS1 APAC}
F
for steps in '[{reassign: {to: WS1 Americas}}]' '[{reassign: {to: WS1 Americas}}, sync]' \
	'[unassign, sync, {reassign: {to: WS1 Americas}}, sync]' '[unassign, reassign]'; do
	new_world --fleet fleet.csv --scenario deleted.yaml --set uem.sync_time=10m
	rules '[unassign, sync, reassign, sync]'
	rows C02STORY0003
	apply --max-wait 6h
	exits "home deleted, then $steps: off" 5
	rules "$steps"
	sed -i '/server: WS1 APAC/d' depmend.yaml # as its message says
	apply --max-wait 6h --allow organization=yes
	case $steps in
	*Americas*)
		exits "home deleted, then $steps" 0
		same "home deleted, then $steps: the row" 'done state.done' "$(verdict C02STORY0003)"
		run status
		exits "home deleted, then $steps: status" 0
		;;
	*)
		check "home deleted, then $steps: not clean" test "$status" -ne 0
		apply --max-wait 6h
		check "home deleted, then $steps: nor is it said to be" test -z "$(grep '^nothing left' err)"
		;;
	esac
done

# --- steps after the last sync: what the UEM lists then is for its next sync, and nobody's doing ---
for steps in '[{reassign: {to: WS1 APAC}}, sync, unassign, reassign]' '[unassign, sync, reassign, unassign, reassign]' \
	'[{reassign: {to: WS1 APAC}}, sync, unassign, sync, {reassign: {to: WS1 EMEA}}]' '[unassign, sync, unassign, reassign]' \
	'[unassign, sync, reassign]' '[sync, {reassign: {to: WS1 EMEA}}]'; do
	new_world --fleet fleet.csv
	rules "$steps"
	rows C02STORY0003
	apply --max-wait 6h
	exits "sync, then more: $steps" 0
	same "sync, then more: $steps: the row" 'done state.done' "$(verdict C02STORY0003)"
done

# --- nor do other rules that want it on no server make it done: that is for a person to say ---
for steps in '[unassign]' '[unassign, sync]' '[delete_from_lifecycle]'; do
	new_world --fleet fleet.csv --scenario deleted.yaml --set uem.sync_time=10m
	rules '[unassign, sync, reassign, sync]'
	rows C02STORY0003
	apply --max-wait 6h
	exits "home deleted, then $steps: off" 5
	rules "$steps"
	sed -i '/server: WS1 APAC/d' depmend.yaml # as its message says
	rows C02STORY0003 C02STORY0001
	run plan in.csv --rules rules.yaml --out in.result.csv
	same "home deleted, then $steps: planned" 'in_flight apple.server_gone' "$(verdict C02STORY0003)"
	for _ in 1 2; do
		apply --max-wait 6h --allow organization=yes
		exits "home deleted, then $steps: not clean" 5
		same "home deleted, then $steps: so says its row" 'in_flight apple.server_gone' "$(verdict C02STORY0003)"
		check "home deleted, then $steps: the other one" grep -qE '^(done|unchanged) ' <<<"$(verdict C02STORY0001)"
		run runs latest
		exits "home deleted, then $steps: runs" 0
		run status
		exits "home deleted, then $steps: and status" 5
		check "home deleted, then $steps: status promises no way back" grep -q 'its server is gone' out
		check "home deleted, then $steps: but names what to do" grep -q 'or depmend forget C02STORY0003' out
	done
	run forget C02STORY0003 --reason 'it is to be on no server' --confirm forget=1
	apply --max-wait 6h
	exits "home deleted, then $steps: let go, it is clean" 0
	check "home deleted, then $steps: and as wanted" grep -qE '^(done|unchanged) ' <<<"$(verdict C02STORY0003)"
	run status
	exits "home deleted, then $steps: so says status" 0
done

# --- a wipe that nobody knows about is sent once, whoever asks ---
cat >lost.yaml <<'F'
version: 1
faults:
  - {service: uem, method: POST, path: "/api/mdm/devices/*/commands", nth: 1, do: reset, applied: no}
F
new_world --fleet fleet.csv --scenario lost.yaml
rules '[{wipe: {kind: device}}]'
rows C02STORY0002
apply --allow wipe=5 --confirm wipe=1
check 'an unknown wipe: not a clean end' test "$status" -ne 0
same 'an unknown wipe: one request' 1 "$(wipes)"
apply --allow wipe=5 --confirm wipe=1
check 'an unknown wipe, the same again: not a clean end' test "$status" -ne 0
rules '[{wipe: {kind: enterprise}}]'
apply --allow wipe=5 --confirm wipe=1
check 'an unknown wipe, other rules: not a clean end' test "$status" -ne 0
DEPMEND_CLOCK=virtual:2026-12-24T03:00:00Z apply --allow wipe=5 --confirm wipe=1
check 'an unknown wipe, a month later: not a clean end' test "$status" -ne 0
same 'an unknown wipe is sent once' 1 "$(wipes)"
for steps in '[skip]' '[{reassign: {to: WS1 Americas}}]'; do
	rules "$steps"
	apply
	exits "an unknown wipe, $steps: not a clean end" 5
	check "an unknown wipe, $steps: it is named" grep -q 'not known yet: wipe of C02STORY0002' err
done
rows C02STAY00001
apply
exits 'an unknown wipe of another device: told' 0
check 'an unknown wipe of another device: said' grep -q 'of other runs are still open' err
rows C02STORY0002

# --- a person lets it go ---
run forget C02STORY0002 --reason 'looked at it' --confirm forget=1
exits 'forget' 0
check 'forget: nothing is open any more' test "$(open_items C02STORY0002)" -eq 0

# --- a wiped device that enrolls anew has another record: nobody waits for the old one, and the new
# one is left alone ---
cat >enrolled.yaml <<'F'
version: 1
admins:
  - {after: 1200s, do: unenroll, serials: [C02STORY0002]}
  - {after: 1201s, do: enroll, serials: [C02STORY0002]}
F
for steps in '[{wipe: {kind: device}}]' '[{wipe: {kind: enterprise}}]' '[{wipe: {kind: device}}, delete_record]'; do
	allowed=(--allow wipe=5 --confirm wipe=1)
	[[ $steps != *delete* ]] || allowed+=(--allow delete_record=5 --confirm delete_record=1)
	for wait in 10m 6h; do
		new_world --fleet fleet.csv --scenario enrolled.yaml --set uem.wipe_time=3h
		rules "$steps"
		rows C02STORY0002
		apply "${allowed[@]}" --max-wait $wait
		[ $wait = 6h ] || DEPMEND_CLOCK=virtual:2026-11-22T04:00:00Z apply "${allowed[@]}" --max-wait 6h
		exits "$steps, enrolled anew, $wait" 5
		same "$steps, enrolled anew, $wait: the row" 'drifted state.drifted' "$(verdict C02STORY0002)"
		same "$steps, enrolled anew, $wait: one wipe, and no more" '1 0' \
			"$(wipes) $(effects delete-record)"
		check "$steps, enrolled anew, $wait: status names it" test "$(open_items C02STORY0002)" -gt 0
	done
	run forget C02STORY0002 --reason 'looked at it' --confirm forget=1
	exits "$steps, enrolled anew: a person lets it go" 0
done

# --- what cannot be undone comes true when its run waits no more: whoever looks next knows it is done ---
cat >late.yaml <<'F'
version: 1
overrides:
  - {activity: RELEASE_DEVICES, nth: 1, knobs: {apple.activity_time: 40m}}
F
sed 's/^serial.*/&,last_seen/; /,jo$/s/$/,2026-11-01T00:00:00Z/; /,,$/s/$/,/' fleet.csv >seen.csv
while read -r step first later steps; do
	for again in same skip; do
		new_world --fleet seen.csv --control --scenario late.yaml --set uem.wipe_time=9d
		rules "$steps"
		rows C02STORY0001 C02STORY0003
		given=(--allow "$step=2" --confirm "$step=2")
		apply "${given[@]}"
		[ "$step" = release ] || DEPMEND_CLOCK=virtual:2026-11-30T03:00:00Z apply "${given[@]}"
		exits "$step comes late: not known" 5
		same "$step comes late: the row" "unverified $first" "$(verdict C02STORY0001)"
		check "$step comes late: status names it" test "$(open_items '"C02STORY0003"')" -gt 0
		[ "$again" = same ] || rules '[skip]'
		[ "$again" = same ] || given=()
		DEPMEND_CLOCK=virtual:$later apply "${given[@]}"
		exits "$step came late, then $again: clean" 0
		check "$step came late, then $again: it says so" \
			grep -q "^$step of C02STORY0003, which an earlier run waited for in vain, is done" err
		run status
		check "$step came late, then $again: nothing is open" grep -q '^open *nothing' out
		same "$step came late, then $again: sent once" 2 "$(($(activities release) + $(wipes)))"
	done
done <<-'F'
	release state.request_open 2026-11-22T09:00:00Z [delete_from_lifecycle, release]
	wipe uem.wipe_waiting 2026-12-03T03:00:00Z [{wipe: {kind: device}}]
F
# ... of the enrollment that it was sent to: one that came after tells nothing of it
new_world --fleet seen.csv --control --set uem.wipe_time=9d
rules '[{wipe: {kind: device}}]'
rows C02STORY0002
apply --allow wipe=5 --confirm wipe=1
DEPMEND_CLOCK=virtual:2026-11-30T03:00:00Z apply --allow wipe=5 --confirm wipe=1
exits 'wiped late, then enrolled and unenrolled: not known' 5
printf 'version: 1\nadmins:\n  - {do: unenroll, serials: [C02STORY0002]}\n  - {after: 1h, do: enroll, serials: [C02STORY0002]}\n  - {after: 2h, do: unenroll, serials: [C02STORY0002]}\n' |
	curl -sf -H "X-Sim-Now: $(date -ud 2026-11-30T04:00Z +%s)000" --data-binary @- \
		"http://127.0.0.1:$port/sim/scenario"
rules '[skip]'
DEPMEND_CLOCK=virtual:2026-12-03T03:00:00Z apply
exits 'wiped late, then enrolled and unenrolled: a person looks' 5

# --- and so do the rows that waited for it, although their run goes on for the sake of others ---
for steps in '[{reassign: {to: WS1 Americas}}, sync]' '[unassign, sync, reassign, sync]'; do
	new_world --fleet fleet.csv --set apple.activity_time=2h
	printf 'version: 1\nname: t\nrules:\n  - {name: a, match: {serial: C02STORY0001}, do: [unassign, sync, reassign, sync]}\n' >rules.yaml
	printf '  - {name: r, match: {always: true}, do: %s}\n' "$steps" >>rules.yaml
	rows C02STORY0001 C02STORY0003
	apply
	exits "$steps, let go: open" 5
	run forget C02STORY0003 --reason 'looked at it' --confirm forget=1
	exits "$steps, let go: forget" 0
	apply
	same "$steps, let go: its row is a person's" 'manual run.forgotten' "$(verdict C02STORY0003)"
	same "$steps, let go: the other one waits still" 'in_flight state.request_open' \
		"$(verdict C02STORY0001)"
	run forget C02STORY0001 --reason 'looked at it' --confirm forget=1
	apply
	exits "$steps, all let go: nothing is open" 3
done

# --- paused ---
new_world --fleet fleet.csv
run pause --reason 'audit at noon'
rules '[unassign]'
rows C02STORY0001
apply
exits 'paused' 4
check 'paused: it says why' grep -q 'audit at noon' err
same 'paused: nothing is sent' 0 "$(posts)"
run resume
apply
exits 'resumed' 0

# --- a run that is killed, and then may not go on: also the rows it had not begun say why ---
cat >held.yaml <<'F'
version: 1
admins: [{on: {service: uem, path: '*/dep/*', nth: 4}, at: before, do: hold}]
F
start=$(date -d 2026-11-22T03:00:00Z +%s)000
apply_until_held() { # of two devices the first is off its server; leaves $pid
	new_world --fleet fleet.csv --set uem.sync_time=40m --control --scenario held.yaml
	settings_with 'limits: {in_flight: 1}'
	rules '[unassign, sync, reassign, sync]'
	rows C02STORY0001 C02STORY0002
	"$build/depmend" apply in.csv --rules rules.yaml --yes --allow percent=100 >out 2>err </dev/null &
	pid=$!
	curl -sf -H "X-Sim-Now: $start" "http://127.0.0.1:$port/sim/held?wait=20000" >/dev/null
}
let_go() {
	curl -sf -H "X-Sim-Now: $start" -X POST "http://127.0.0.1:$port/sim/go"
}
for brake in pause expect; do
	apply_until_held
	kill -9 $pid
	wait $pid 2>/dev/null
	let_go
	rows C02STAY00001
	run plan in.csv --rules rules.yaml --allow percent=100 --out plan.csv
	rows C02STORY0001 C02STORY0002
	if [ $brake = pause ]; then
		run pause --reason 'of a storm'
		apply
	else
		apply --expect plan.csv
	fi
	exits "$brake in the midst: refused" 4
	same "$brake in the midst: each row says why" 0 \
		"$(tail -n +2 in.result.csv | grep -cE ',pending,[^,]*,[^,]*,,' )"
	check "$brake in the midst: that it was refused" grep -q 'run.guarded: ' in.result.csv
done

# --- a pause holds for the run that works, too ---
apply_until_held
run pause --reason 'of a storm'
let_go
wait $pid
status=$?
exits 'paused while it works' 4
same 'paused while it works: the device that was off is back' 1 "$(effects assign C02STORY0001)"
same 'paused while it works: nobody else leaves' 0 "$(effects unassign C02STORY0002)"
same 'paused while it works: its row waits' 'pending run.guarded' "$(verdict C02STORY0002)"
check 'paused while it works: it says why' grep -q 'paused since .*: of a storm; nothing more is sent' err

# --- rules that cannot be read keep no device off its server ---
cat >down.yaml <<'F'
version: 1
faults:
  - {service: uem, path: "/api/*", nth: [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], do: reply, status: 503, body: html}
F
new_world --fleet fleet.csv --set uem.sync_time=40m
rules '[unassign, sync, reassign, sync]'
rows C02STORY0001
"$build/depmend" apply in.csv --rules rules.yaml --yes --allow percent=100 >out 2>err </dev/null &
pid=$!
for _ in $(seq 200); do
	[ "$(effects unassign C02STORY0001)" -gt 0 ] && break
	sleep 0.01
done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
if [ "$(effects unassign C02STORY0001)" -eq 1 ] && [ "$(effects assign C02STORY0001)" -eq 0 ]; then
	echo 'nonsense: [' >rules.yaml
	apply
	exits 'rules that cannot be read' 65
	same 'rules that cannot be read: it is back all the same' 1 "$(effects assign C02STORY0001)"
fi

# --- nor does anything else that is wrong with what is asked for now ---
for wrong in rules server column; do
	new_world --fleet fleet.csv --set apple.activity_time=20m
	rules '[unassign, sync, reassign, sync]'
	rows C02STORY0001
	apply --max-wait 10m
	exits "then wrong $wrong: cut off" 75
	case $wrong in
	rules) echo 'nonsense: [' >rules.yaml ;;
	server) rules '[{reassign: {to: Nowhere}}]' ;;
	column) sed -i '1s/.*/nothing/' in.csv ;;
	esac
	DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
	check "then wrong $wrong: it is said" test "$status" -ge 64
	same "then wrong $wrong: it is back all the same" 1 "$(effects assign C02STORY0001)"
done

# --- who is off, and may stay so for long, counts in every run ---
for off in C02STORY0001 C02STORY0002 C02STORY0003; do
	new_world --fleet fleet.csv --set apple.activity_time=2h
	rules '[unassign, sync, reassign, sync]'
	rows $off
	apply
	exits "$off leaves late: open" 5
	settings_with 'limits: {in_flight: 1}'
	rows C02STAY00001
	apply --max-wait 30m
	exits "$off leaves late: no room for another one" 75
	same "$off leaves late: nobody else leaves" 1 "$(posts)"
done

# --- nor does a protected list that is damaged meanwhile, or a pause ---
off() { # then what happens while C02STORY0001 is off its server; its run was killed
	new_world --fleet fleet.csv --set uem.sync_time=40m
	settings_with 'protect: {file: protected.csv}'
	printf 'C02STAY00001\n' >protected.csv
	rules '[unassign, sync, reassign, sync]'
	rows C02STORY0001
	"$build/depmend" apply in.csv --rules rules.yaml --yes --allow percent=100 >out 2>err </dev/null &
	pid=$!
	for _ in $(seq 400); do
		[ "$(effects unassign C02STORY0001)" -gt 0 ] && break
		sleep 0.01
	done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
}
off
if [ "$(effects assign C02STORY0001)" -eq 0 ]; then
	printf 'C02STAY00001\n\0\n' >protected.csv
	apply
	exits 'a damaged protected list' 78
	same 'a damaged protected list: it is back all the same' 1 "$(effects assign C02STORY0001)"
fi
off
if [ "$(effects assign C02STORY0001)" -eq 0 ]; then
	printf 'C02STORY0001\n' >protected.csv
	apply
	same 'protected meanwhile: it is back all the same' 1 "$(effects assign C02STORY0001)"
fi
off
if [ "$(effects assign C02STORY0001)" -eq 0 ]; then
	run pause --reason 'audit'
	apply
	exits 'paused meanwhile' 4
	same 'paused meanwhile: it is back all the same' 1 "$(effects assign C02STORY0001)"
fi

# --- the plan says when a device comes back without the profile it has ---
printf '%s\n' serial,server,profile 'C02STORY0001,WS1 EMEA,Corporate iPads' 'C02STAY00002,WS1 Americas,' \
	'C02STAY00003,WS1 APAC,' >one.csv
new_world --fleet one.csv
rows C02STORY0001
bare() { # STEPS: what the plan says of profiles
	rules "$1"
	run plan in.csv --rules rules.yaml --out plan.csv
	grep -c '^profiles .* 1 device will come back without' err
}
same 'a rebuild' 1 "$(bare '[unassign, sync, reassign, sync]')"
same 'a move' 1 "$(bare '[{reassign: {to: WS1 APAC}}, sync]')"
same 'a rebuild that gives one' 0 \
	"$(bare "[unassign, sync, reassign, sync, {assign_profile: {profile: Corporate iPads}}]")"
same 'a device taken out' 0 "$(bare '[delete_from_lifecycle]')"

# --- the same command once more: what a run did is no difference from the plan it carried out ---
twice() { # WHAT STEPS OPTION...: with --expect, until nothing is left to do
	local what=$1
	rules "$2"
	shift 2
	run plan in.csv --rules rules.yaml --out plan.csv
	expect=$(sed -n 's/^fingerprint *//p' err)
	apply --expect "$expect" "$@"
	exits "$what" 0
	sent=$(posts) gone=$(effects release) wiped=$(wipes)
	apply --expect "$expect" "$@"
	exits "$what, once more" 0
	check "$what, once more: it says so" grep -q '^nothing left to do' err
	same "$what, once more: nothing is sent" "$sent $gone $wiped" \
		"$(posts) $(effects release) $(wipes)"
	apply --expect "$expect" "$@"
	exits "$what, a third time" 0
}
new_world --fleet fleet.csv
rows C02STORY0001 C02STORY0003
twice 'a move' '[{reassign: {to: WS1 Americas}}, sync]'
twice 'a device taken out' '[delete_from_lifecycle]'
new_world --fleet fleet.csv
twice 'a release' '[delete_from_lifecycle, release]' --allow release=5 --confirm release=2
new_world --fleet fleet.csv
rules '[{reassign: {to: WS1 Americas}}]'
run plan in.csv --rules rules.yaml --out plan.csv
expect=$(sed -n 's/^fingerprint *//p' err)
rules '[unassign]'
rows C02STORY0001
apply
rules '[{reassign: {to: WS1 Americas}}]'
rows C02STORY0001 C02STORY0003
apply --expect "$expect"
exits 'what others changed since the plan is a difference' 4
same 'what others changed: nothing is sent' 1 "$(posts)"

# but what others changed meanwhile of a device that it put back is one, if the UEM alone tells
cat >given.csv <<-'F'
	serial,server,profile
	C02STORY0001,WS1 EMEA,Corporate iPads
	C02STORY0003,WS1 APAC,Corporate iPads
	C02STAY00001,WS1 EMEA,Corporate iPads
	C02STAY00002,WS1 Americas,Kiosk
	C02STAY00003,WS1 APAC,Kiosk
F
for given in no yes; do
	new_world --fleet given.csv --set uem.sync_time=40m
	rules '[unassign, sync, reassign, sync]'
	rows C02STORY0001 C02STORY0003
	run plan in.csv --rules rules.yaml --out plan.csv
	expect=$(sed -n 's/^fingerprint *//p' err)
	apply --expect "$expect" --max-wait 10m
	exits "put back early, then a profile: $given" 75
	if [ $given = yes ]; then
		rules '[{assign_profile: {profile: Kiosk}}]'
		sed -i 's/name: r,/name: other,/' rules.yaml
		rows C02STORY0003
		DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z apply
		exits 'given another profile' 0
		rules '[unassign, sync, reassign, sync]'
		rows C02STORY0001 C02STORY0003
		DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply --expect "$expect" --max-wait 48h
		exits 'given another profile: that is a difference' 4
		same 'given another profile: the row' C02STORY0003 "$(grep -o '^C02[A-Z0-9]*' err)"
	else
		DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply --expect "$expect" --max-wait 48h
		check 'put back early: no difference' test "$status" -ne 4
	fi
done

# --- a profile that is under way when a run ends is seen by the one that goes on ---
sed 's/^C02STORY0003.*/C02STORY0003,WS1 APAC,Custom/; s/^C02STORY0001.*/C02STORY0001,WS1 APAC,Corporate iPads/' \
	given.csv >under.csv
for steps in '[{assign_profile: {profile: Kiosk}}]' '[remove_profile]' \
	'[unassign, sync, reassign, sync, {assign_profile: {profile: Kiosk}}]'; do
	new_world --fleet under.csv --set uem.profile_time=20m
	rules "$steps"
	rows C02STORY0003
	apply --max-wait 15m
	exits "$steps, under way" 75
	sent=$(changes)
	apply --max-wait 3h
	exits "$steps, under way, then continued" 0
	same "$steps, under way, then continued" 'done state.done' "$(verdict C02STORY0003)"
	same "$steps, under way, then continued: nothing is sent again" "$sent" "$(changes)"
done

# at most five rows are shown, and how many there are
seq -f 'C02DIFF%05.0f,WS1 EMEA,,' 1 12 | cat fleet.csv - >many.csv
new_world --fleet many.csv
{ echo serial && grep -o '^C02DIFF[^,]*' many.csv; } >in.csv
rules '[{reassign: {to: WS1 APAC}}]'
run plan in.csv --rules rules.yaml --out plan.csv
expect=$(sed -n 's/^fingerprint *//p' err)
rules '[{reassign: {to: WS1 Americas}}]'
apply --expect "$expect"
exits 'another plan' 4
same 'another plan: the rows shown' 5 "$(grep -c '^C02DIFF' err)"
check 'another plan: how many more there are' grep -q '^and 7 more rows' err
check 'another plan: how many differ' grep -q '12 rows differ' err

# stopped after the first sync, and continued
new_world --fleet fleet.csv --set uem.sync_time=40m
rules '[unassign, sync, reassign, sync]'
rows C02STORY0001
run plan in.csv --rules rules.yaml --out plan.csv
expect=$(sed -n 's/^fingerprint *//p' err)
"$build/depmend" apply in.csv --rules rules.yaml --yes --allow percent=100 --expect "$expect" >out 2>err </dev/null &
pid=$!
for _ in $(seq 400); do
	[ "$(syncs)" -gt 0 ] && break
	sleep 0.01
done
kill -INT $pid 2>/dev/null
wait $pid
stopped=$?
if [ $stopped -eq 130 ]; then
	apply --expect "$expect"
	check 'stopped, and continued with --expect' test "$status" -ne 4
	same 'stopped, and continued: it came back' "$(effects unassign)" "$(effects assign)"
fi

# --- rows of a run that was stopped while its devices come back say what is so ---
truly() { # WHAT: no row says that a device is off its server which Apple has on one
	python3 - "$audit" in.result.csv <<-'P'
		import csv, json, sys
		at = {}
		for line in open(sys.argv[1]):
		    e = json.loads(line)
		    if e.get("kind") == "effect" and e["effective"] and e["what"] in ("assign", "unassign"):
		        at[e["serial"]] = e["what"] == "assign"
		for r in csv.DictReader(open(sys.argv[2])):
		    if at.get(r["serial"]) and "off its server" in r["depmend_reason"]:
		        sys.exit(r["serial"] + " " + r["depmend_reason"])
	P
}
for steps in '[unassign, sync, reassign, sync]' '[unassign, sync, {reassign: {to: WS1 Americas}}, sync]'; do
	for signal in TERM HUP; do
		new_world --fleet fleet.csv --set uem.sync_time=40m
		rules "$steps"
		rows C02STORY0001 C02STORY0003
		"$build/depmend" apply in.csv --rules rules.yaml --yes --allow percent=100 >out 2>err </dev/null &
		pid=$!
		for _ in $(seq 400); do
			[ "$(syncs)" -gt 0 ] && break
			sleep 0.01
		done
		kill -$signal $pid 2>/dev/null
		wait $pid
		[ $? -gt 128 ] || continue
		check "$steps, $signal: what the rows say is so" truly
		# When it struck is chance: before the way back was sent, on it, or in the last sync.
		same "$steps, $signal: who is on the way was seen there, and it says so" '' \
			"$(grep 'run.coming_back' in.result.csv | grep -v ' it was seen there once, at 2026-11-22')"
		run report latest --csv in.result.csv
		check "$steps, $signal: so does the report" truly
		apply --max-wait 6h
		# Before its first sync was proved a rebuild that is back home was none: it is planned anew.
		if [ "$status" -eq 3 ]; then
			same "$steps, $signal: back without its sync" 'restored run.put_back restored run.put_back' \
				"$(verdict C02STORY0001) $(verdict C02STORY0003)"
			apply --max-wait 6h
		fi
		exits "$steps, $signal: it goes on" 0
	done
done
# the same when --max-wait ends it, or a kill
new_world --fleet fleet.csv --set apple.activity_time=5m --set uem.sync_time=60m
rules '[unassign, sync, reassign, sync]'
rows C02STORY0001
apply --max-wait 6m
check 'cut off: what the row says is so' truly
new_world --fleet fleet.csv --set apple.activity_time=1h
"$build/depmend" apply in.csv --rules rules.yaml --yes --allow percent=100 --max-wait 6h >out 2>err </dev/null &
pid=$!
for _ in $(seq 800); do
	[ "$(requests '.method == "POST" and .path == "/v1/orgDeviceActivities" and .status == 201')" -gt 1 ] && break
	sleep 0.01
done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
if [ "$(posts)" -eq 2 ]; then
	run report latest --csv in.result.csv
	check 'killed: what the report says is so' truly
fi

# --- a run that goes on is compared with what was confirmed when it began ---
new_world --fleet fleet.csv --set apple.activity_time=25m
rules '[delete_from_lifecycle, release]'
rows C02STORY0001 C02STORY0003
run plan in.csv --rules rules.yaml --out plan.csv
apply --allow release=2 --confirm release=2 --max-wait 35m
exits 'a release, cut off' 75
apply --allow release=2 --confirm release=1
exits 'goes on, another count' 4
check 'goes on, another count: it says how many' grep -q 'has 2 devices to release, not 1' err
apply --allow release=2 --confirm release=2
exits 'goes on, the same count' 0

# --- --max-wait ends in the midst of a look: nothing leaves on the half of it ---
unasked() { # changes that left although what others did was not asked after the look
	jq -rs '[.[] | select(.kind == "request" and .service == "apple" and
		(.path | test("orgDeviceActivities/|oauth2") | not))] as $r | [range(1; $r | length) |
		select($r[.].method == "POST" and $r[.].status == 201 and
			($r[. - 1].path | test("auditEvents") | not))] | length' "$audit"
}
while read -r reads time wait steps; do
	new_world --fleet fleet.csv --set "apple.activity_time=$time"
	settings_with "rate: {apple_read: $reads/1m}"
	rules "$steps"
	rows C02STORY0001
	apply --max-wait "$wait"
	exits "half a look, $steps: cut off" 75
	same "half a look, $steps: no change leaves on it" 0 "$(unasked)"
	[ "$(effects unassign)" -eq "$(effects assign)" ] ||
		check "half a look, $steps: who is off is named" test "$(open_items C02STORY0001)" -gt 0
	settings
	DEPMEND_CLOCK=virtual:2026-11-22T09:00:00Z apply
	same "half a look, $steps: then it goes on" 1 "$(effects assign)"
done <<-'F'
	4 30s 60s [{reassign: {to: WS1 APAC}}]
	4 230s 300s [unassign, sync, reassign, sync]
F

# --- --max-wait ends before the second look is due: that is what the end says, and the run goes on ---
# Apple moves a device whose migration was cancelled back by itself, here only after two hours.
while read -r wait time steps; do
	new_world --fleet fleet.csv --set apple.cancel_time=2h --set "apple.activity_time=$time"
	rules '[{migrate: {to: WS1 Americas, deadline: 2026-12-20}}]'
	rows C02STORY0001
	apply
	rules "$steps"
	apply --max-wait "$wait"
	exits "moved back late, $time, $wait: it says so" 75
	same "moved back late, $time, $wait: the row" 'pending run.waiting' "$(verdict C02STORY0001)"
	check "moved back late, $time, $wait: why" grep -q 'one look does not decide' in.result.csv
	apply --max-wait 6h
	exits "moved back late, $time, $wait: it goes on" 0
done <<-'F'
	12m 5m [cancel_migration, {reassign: {to: WS1 APAC}}, sync]
	750s 10s [cancel_migration, {reassign: {to: WS1 APAC}}]
	1210s 10s [cancel_migration, delete_from_lifecycle]
	30m 5m [cancel_migration, unassign]
F

# --- who was taken off by somebody else before our own unassign is not put back by us ---
# The second wave begins when the first is through; by then a colleague has taken its device off.
while read -r delay outcome assigns deed steps; do
	deed=${deed//_A/ A} deed=${deed//,/, } deed=${deed//:/: }
	cat >others.yaml <<-F
		version: 1
		admins:
		  - {after: 3m, do: $deed}
	F
	new_world --fleet fleet.csv --scenario others.yaml --set uem.sync_time=5m --set "apple.event_delay=$delay"
	rules "$steps"
	sed -i '/^name/a waves: [1, 100%]' rules.yaml
	rows C02STORY0001 C02STORY0003
	apply --max-wait 48h
	same "$deed, then $steps: the row" "$outcome" "$(verdict C02STORY0003 | cut -d' ' -f1)"
	same "$deed, then $steps: assignments" "$assigns" "$(effects assign C02STORY0003)"
	same "$deed, then $steps: the other" 'done' "$(verdict C02STORY0001 | cut -d' ' -f1)"
	[ "$delay $outcome" != '0s drifted' ] ||
		check "$deed, then $steps: it says who" grep -q 'C02STORY0003.* by other-admin' in.result.csv
done <<-'F'
	0s drifted 0 unassign,serials:[C02STORY0003] [unassign, sync, reassign, sync]
	2h drifted 0 unassign,serials:[C02STORY0003] [unassign, sync, reassign, sync]
	0s drifted 0 unassign,serials:[C02STORY0003] [unassign, sync, {reassign: {to: WS1 Americas}}, sync]
	0s drifted 0 unassign,serials:[C02STORY0003] [{reassign: {to: WS1 Americas}}, sync, unassign, reassign]
	0s done 0 unassign,serials:[C02STORY0003] [delete_from_lifecycle]
	0s done 1 delete_server,server:WS1_APAC [unassign, {reassign: {to: WS1 Americas}}, sync]
F

# --- one server's list that is never whole again hides no move to another server ---
for cut in EMEA Americas; do
	[ $cut = EMEA ] && other=Americas || other=EMEA
	{
		echo serial,server
		printf "%s,WS1 $cut\n" $(seq -f C02MANY%05g 20)
		printf "%s,WS1 $other\n" C02STAY00001
		printf "%s,WS1 APAC\n" C02STORY0001 C02STORY0002 C02STAY00002
	} >many.csv
	new_world --fleet many.csv --scenario <(printf '%s\n' 'version: 1' 'admins:' \
		'  - {on: {activity: ASSIGN_DEVICES, nth: 2}, at: landed, do: set, knobs: {page.without: C02STORY0001}}')
	printf 'version: 1\nrules:\n  - {name: %s, match: {serial: %s}, do: [{reassign: {to: WS1 %s}}]}\n' \
		a C02STORY0001 $cut >rules.yaml
	printf '  - {name: b, match: {serial: C02STORY0002}, do: [{reassign: {to: WS1 %s}}]}\n' "$other" >>rules.yaml
	rows C02STORY0001 C02STORY0002
	apply --max-wait 6h
	exits "$cut is never whole" 5
	same "$cut is never whole: who is on it" 'unverified apple.outcome_unknown' "$(verdict C02STORY0001)"
	same "$cut is never whole: who is on $other" 'done state.done' "$(verdict C02STORY0002)"
done

# --- a look that is good for nobody, and takes no request because the server is gone, ends all the same ---
# What others did may be asked only when Apple takes more reads.
while read -r reads to outcome steps; do
	[ "$to" = - ] && to= || to=', to: WS1 EMEA'
	cat >deleted.yaml <<-F
		version: 1
		admins:
		  - {after: 4m, do: delete_server, server: WS1 APAC$to}
	F
	new_world --fleet fleet.csv --scenario deleted.yaml --set uem.sync_time=10m
	settings_with "rate: {apple_read: $reads/1m}"
	rules "$steps"
	sed -i '/^name/a waves: [1, 100%]' rules.yaml
	rows C02STORY0001 C02STORY0003
	timeout 60 "$build/depmend" apply in.csv --rules rules.yaml --yes --allow percent=100 \
		--max-wait 48h >out 2>err </dev/null
	check "deleted meanwhile, $reads reads a minute, $steps: it ends" test $? -lt 64
	same "deleted meanwhile, $reads reads a minute, $steps: the row" "$outcome" "$(verdict C02STORY0003 | cut -d' ' -f1)"
	same "deleted meanwhile, $reads reads a minute, $steps: the other" 'done' "$(verdict C02STORY0001 | cut -d' ' -f1)"
done <<-'F'
	2 - unchanged [unassign]
	2 EMEA drifted [unassign, sync, reassign, sync]
	2 EMEA drifted [delete_from_lifecycle]
	3 - drifted [{reassign: {to: WS1 Americas}}, sync]
F

# --- what is left of the budgets, from the state alone ---
new_world --fleet fleet.csv
rules '[{reassign: {to: WS1 APAC}}]'
rows C02STORY0001
apply
DEPMEND_CLOCK=virtual:2026-11-22T03:30:00Z run status
check 'budgets: one change of the hour is used' grep -q 'Apple changes: 9 of 10 left in any' out
check 'budgets: what was read is over' grep -q 'Apple reads: 20 of 20 left in any' out
DEPMEND_CLOCK=virtual:2026-11-22T04:30:00Z run status --json
same 'budgets: an hour later' 10 "$(jq -r 'select(.type == "status") | .apple_changes_left' out)"

# --- the settings have to say which group a server feeds, before anything is sent ---
untied() { # SERVER [LINE]: its entry of uem.tokens is another one, or none
	settings
	sed -i "s/^    - {server: $1, .*/${2:-}/" depmend.yaml
}
new_world --fleet fleet.csv
untied 'WS1 APAC'
rows C02STORY0003
for steps in '[unassign, sync, reassign, sync]' '[delete_from_lifecycle]' '[{reassign: {to: WS1 EMEA}}, {reassign: {to: WS1 APAC}}, sync]'; do
	rules "$steps"
	apply
	exits "$steps, unmapped" 3
	same "$steps, unmapped" 'invalid apple.server_unmapped' "$(verdict C02STORY0003)"
done
rows C02STORY0001 C02STORY0003
rules '[{reassign: {to: WS1 APAC}}, sync]'
apply
same 'to an unmapped server: nothing is sent' 0 "$(posts)"
rules '[{reassign: {to: WS1 EMEA}}, sync]'
apply
same 'from an unmapped server to one that is not' 'done' "$(verdict C02STORY0003 | cut -d' ' -f1)"

new_world --fleet fleet.csv
untied 'WS1 APAC' '    - {server: WS1 APAC, group: none}'
rules '[{reassign: {to: WS1 APAC}}, sync]'
apply
exits 'group none is on purpose' 0
same 'group none: it went there' 'done' "$(verdict C02STORY0001 | cut -d' ' -f1)"
rules '[delete_from_lifecycle]'
apply
exits 'group none: nothing of the UEM is taken from it' 0
same 'group none: nothing is left to do' 'unchanged' "$(verdict C02STORY0003 | cut -d' ' -f1)"
same 'group none: no more than that' 1 "$(posts)"
printf '    - {server: WS1 Nowhere, group: none}\n' >entry.txt
sed -i '/server: WS1 APAC/r entry.txt' depmend.yaml
apply
exits 'group none of a server that is not there' 65

# two entries are mixed up
new_world --fleet fleet.csv
sed -i 's/WS1EMEA}/swap}/; s/WS1APAC}/WS1EMEA}/; s/swap}/WS1APAC}/' depmend.yaml
for steps in '[unassign, sync, reassign, sync]' '[delete_from_lifecycle]' '[{reassign: {to: WS1 Americas}}, sync]'; do
	rules "$steps"
	apply
	exits "$steps, groups swapped" 78
	same "$steps, groups swapped: nothing is sent" 0 "$(posts)"
done
check 'groups swapped: it names the place' grep -q 'depmend.yaml:17:.*mixed up' err
rules '[unassign]'
apply
exits 'groups swapped: Apple alone can be asked' 0

# but a few devices that changed places, and are not synced yet, are none, whichever the input names
stale() { # ROWS...: of the fleet, behind three that are where they belong
	{
		printf 'serial,server,group,enrollment_status,user\n'
		printf '%s,,,\n' 'C02STAY00001,WS1 EMEA' 'C02STAY00002,WS1 Americas' 'C02STAY00003,WS1 APAC'
		printf '%s,,\n' "$@"
	} >stale.csv
	new_world --fleet stale.csv
	cut -d, -f1 stale.csv | grep -v STAY >in.csv
}
for steps in '[{reassign: {to: WS1 Americas}}, sync]' '[delete_from_lifecycle]'; do
	rules "$steps"
	stale 'C02STORY0001,WS1 EMEA,WS1APAC' 'C02STORY0003,WS1 APAC,WS1EMEA'
	apply
	exits "$steps, two changed places" 0
	stale 'C02STORY0001,WS1 EMEA,WS1APAC' 'C02STORY0003,WS1 APAC,WS1EMEA' \
		'C02STORY0002,WS1 EMEA,WS1APAC' 'C02STORY0004,WS1 APAC,WS1EMEA'
	apply
	exits "$steps, four changed places" 0
done
# and neither is the only device of its server
stale 'C02STORY0001,WS1 EMEA,WS1APAC' 'C02STORY0003,WS1 APAC,WS1EMEA' 'C02STORY0004,WS1 APAC,WS1EMEA'
grep -v 'C02STAY0000[13]' stale.csv >only.csv
new_world --fleet only.csv
apply
exits 'the only device of its server' 0

# --- a list that is cut just before the change keeps nobody from seeing the others' ---
# The wave waits an hour for writes; meanwhile a colleague moves one of its devices, and the list of the
# other's server is not whole when both are looked at.
for cut in EMEA Americas; do
	[ $cut = EMEA ] && other=Americas || other=EMEA
	{
		echo serial,server
		printf "%s,WS1 $cut\n" C02STORY0001 C02STORY0002 $(seq -f C02MANY%05g 20)
		printf "%s,WS1 $other\n" C02STORY0003 C02STORY0004
	} >many.csv
	new_world --fleet many.csv --scenario <(
		cat <<-F
			version: 1
			admins:
			  - {after: 30m, do: set, knobs: {apple.page_drop: 20}}
			  - {after: 30m, do: assign, server: WS1 APAC, serials: [C02STORY0004]}
			  - {after: 3h, do: set, knobs: {apple.page_drop: 0}}
		F
	) --server 'WS1 APAC' --server 'WS1 Depot'
	settings_with 'rate: {apple_write: 1/h}'
	rules '[{reassign: {to: WS1 Depot}}]'
	sed -i '/^name/a waves: [2, 100%]' rules.yaml
	rows C02STORY0001 C02STORY0002 C02STORY0003 C02STORY0004
	apply --allow percent=100 --max-wait 48h
	same "$cut: the moved one is left where it is" 'drifted state.drifted' "$(verdict C02STORY0004)"
	same "$cut: nothing of ours is done to it" 1 "$(effects assign C02STORY0004)"
	same "$cut: the others are done" 'done done done' \
		"$(for i in 1 2 3; do verdict C02STORY000$i | cut -d' ' -f1; done | paste -sd' ')"
done

check 'no message counts 1 as several' test -z "$(grep -wE '1 (devices|rows|changes|runs|wipes|steps|requests)' said)"
suite_end
