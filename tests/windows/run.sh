#!/usr/bin/env bash
# Change windows: no device is off its server outside of them; what they leave no time for waits, and
# says until when; their end puts back.
#
#	tests/windows/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/windows/run.sh BUILD}"
worlds=${DEPMEND_WINDOW_WORLDS:-$(fewer 200)}

cat >"$work/rules.yaml" <<'END'
version: 1
name: windows
parameters: {job: {default: rebuild}}
columns: {serial: serial}
waves: [100%]
rules:
  - {name: rebuild, match: {param.job: rebuild}, do: [unassign, sync, reassign, sync]}
  - {name: look, match: {param.job: look}, do: [sync]}
END
on=(EMEA Americas APAC)
printf 'serial,server,enrollment_status,user\n' >"$work/fleet.csv"
echo serial >"$work/in.csv"
for i in $(seq 10 39); do
	printf 'C02WIN0000%s,WS1 %s,Enrolled,jo\n' "$i" "${on[i % 3]}" >>"$work/fleet.csv"
	printf 'C02WIN0000%s\n' "$i" >>"$work/in.csv"
done
cd "$work" || exit 1

world() { # TIME [SIMULATOR OPTION...]
	export DEPMEND_CLOCK=virtual:$1
	shift
	new_world --fleet fleet.csv "$@"
	settings_with 'limits: {devices: 99, percent: 100}
windows: ["22:00-06:00 Europe/Berlin"]'
}
act() { # OPTION...
	run apply in.csv --rules rules.yaml --yes --max-wait 48h "$@"
}
off_now() { # devices that the services have off a server
	echo $(($(effects unassign) - $(effects assign)))
}

# --- outside ---
world 2026-11-22T20:30:00Z
run plan in.csv --rules rules.yaml --out plan.csv
check 'a plan says when it goes on' grep -q '^window .*the next window opens at 2026-11-22T21:00:00Z' err
act
exits 'before the window' 75
same 'nothing is taken off' 0 "$(effects unassign)"
same 'all rows wait' 30 "$(grep -c ',pending,.*run.window: .*the next window opens at 2026-11-22T21:00:00Z' in.result.csv)"
act --set job=look
exits 'what takes nothing off is done' 0

# --- inside, and the same run goes on in it ---
rm in.result.csv
export DEPMEND_CLOCK=virtual:2026-11-22T21:00:00Z
act
exits 'in the window' 0
same 'all rows are done' 30 "$(grep -c ',done,' in.result.csv)"
same 'all are back' 0 "$(off_now)"

# --- too late to be back ---
world 2026-11-23T04:00:00Z
act
exits 'an hour before its end' 75
same 'nothing is taken off any more' 0 "$(effects unassign)"
check 'it says why' grep -q 'the window ends at 2026-11-23T05:00:00Z, and a device is off its server for up to 1 h' err
check 'and when' grep -q 'the next window opens at 2026-11-23T21:00:00Z' err

# --- --until ---
world 2026-11-22T22:00:00Z
act --until 2026-11-22T23:00:00Z
exits '--until leaves no time' 75
same 'nothing is taken off' 0 "$(effects unassign)"
act --until 2026-11-23T01:00:00Z
exits '--until leaves time' 0
world 2026-11-22T12:00:00Z
settings_with 'limits: {devices: 99, percent: 100}'
act --until 2026-11-22T11:00:00Z
exits '--until is over' 75
check 'it says so' grep -q 'run.window.*--until is over' in.result.csv
act --until 2026-11-22T18:00:00Z
exits 'without windows: --until alone' 0

# --- its end puts back: the UEM shows nothing any more ---
world 2026-11-22T21:00:00Z
sed -i '$d' depmend.yaml
printf 'timeouts: {sync: 12h}\nwindows: ["22:00-06:00 Europe/Berlin"]\n' >>depmend.yaml
act
exits 'a window shorter than the plan' 75
same 'takes nothing off' 0 "$(effects unassign)"

# --- the rates let a part of it be done in the window ---
world 2026-11-22T21:00:00Z
printf 'rate: {apple_write: 2/hour}\nbatch: {apple: 2}\n' >>depmend.yaml
sed -i 's/, percent: 100/, percent: 100, in_flight: 2/' depmend.yaml
act
exits 'slow' 75
check 'some are done' test "$(grep -c ',done,' in.result.csv)" -gt 0
check 'some wait' test "$(grep -c ',pending,.*run.window.*the next window opens at 2026-11-23T21:00:00Z' in.result.csv)" -gt 0
same 'none is off' 0 "$(off_now)"

# --- settings ---
for bad in '22:00-06:00' '22:00-06:00 Mars/Base' '25:00-06:00 UTC' '22:00-22:00 UTC' '24:00-06:00 UTC' \
	'22:00-06:00 ../../etc/passwd' '22-6 UTC' '22:00 - 06:00 UTC'; do
	settings_with "windows: [\"$bad\"]"
	run check
	exits "windows: '$bad'" 78
done
settings_with 'windows: ["22:00-24:00 America/New_York", "00:00-06:00 America/New_York"]'
run check
exits 'good windows' 0

# --- random worlds ---
"$root/tests/windows/worlds.py" "$build" "$work" "$worlds" >worlds.log 2>&1
check "$worlds random plans: no device is off outside its window" test $? -eq 0
check 'devices were taken off in them' test "$(sed -n 's/.*off=\([0-9]*\).*/\1/p' worlds.log)" -gt "$((worlds / 4))"
check 'rows had to wait in them' test "$(sed -n 's/.*waiting=\([0-9]*\).*/\1/p' worlds.log)" -gt "$((worlds / 4))"
head -n 20 worlds.log
suite_end
