#!/usr/bin/env bash
# Each guard one below, at and one above its limit; what is not the organization of yesterday; what
# a guard stops has sent nothing and says how to go on.
#
#	tests/guards/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/guards/run.sh BUILD}"

cat >"$work/rules.yaml" <<'END'
version: 1
name: guards
parameters: {job: {default: rebuild}}
columns: {serial: serial}
waves: [100%]
rules:
  - {name: rebuild, match: {param.job: rebuild}, do: [unassign, sync, reassign, sync]}
  - {name: take, match: {param.job: take}, do: [unassign]}
  - {name: release, match: {param.job: release}, do: [delete_from_lifecycle, release]}
  - {name: delete_record, match: {param.job: delete_record}, do: [delete_record]}
  - {name: wipe, match: {param.job: wipe}, do: [{wipe: {kind: device}}]}
  - {name: bounce, match: {param.job: bounce}, do: [unassign, reassign]}
  - {name: look, match: {apple.known: true, uem.listed: true}, do: [skip]}
END

fleet() { # N [SERVER-SUFFIX]: serials on three servers
	awk -v n="$1" -v s="${2:-}" 'BEGIN { split("EMEA,Americas,APAC", on, ",")
		print "serial,server,enrollment_status,user"
		for (i = 0; i < n; i++) printf "C02GRD%06d,WS1 %s%s,Enrolled,jo\n", i, on[i % 3 + 1], s }' >"$work/fleet.csv"
}

# The same options each time: percent is not what most of these are about.
options='percent: 100'
fresh() { # N-OF-FLEET LIMITS [SIMULATOR OPTION...]
	fleet "$1"
	local limits=$2
	shift 2
	new_world --fleet "$work/fleet.csv" "$@"
	settings_with "limits: {$limits}"
}

rows() { # FROM N: in.csv
	awk -v from="$1" -v n="$2" 'BEGIN { print "serial"
		for (i = from; i < from + n; i++) printf "C02GRD%06d\n", i }' >"$work/in.csv"
}

act() { # JOB OPTION...
	run apply in.csv --rules rules.yaml --set "job=$1" --yes --max-wait 48h "${@:2}"
}

stopped() { # WHAT PATTERN JOB OPTION...: exit 4, nothing sent, and the message helps
	local what=$1 pattern=$2 before
	shift 2
	before="$(changes) $(syncs)"
	act "$@"
	exits "$what" 4
	same "$what: nothing is sent" "$before" "$(changes) $(syncs)"
	check "$what: it says how to go on" grep -q -e "$pattern" err
}

passes() { # WHAT JOB OPTION...
	local what=$1 before
	shift
	before=$(changes)
	act "$@"
	exits "$what" 0
	check "$what: something is sent" test "$(changes)" -gt "$before"
}

cd "$work" || exit 1

# --- devices, in any 24 hours ---
fresh 60 "$options, devices: 8"
rows 0 9
stopped 'devices: 9 of 8' '--allow devices=9' take
rows 0 5
passes 'devices: 5 of 8' take
rows 5 4
stopped 'devices: 5 and 4 of 8' '--allow devices=9' take
rows 5 3
passes 'devices: 5 and 3 of 8' take
rows 8 1
stopped 'devices: one more' '--allow devices=9' take
export DEPMEND_CLOCK=virtual:2026-11-23T02:59:00Z
stopped 'devices: a minute before a day is over' '--allow devices=9' take
export DEPMEND_CLOCK=virtual:2026-11-23T03:05:00Z
passes 'devices: a day later' take
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
rows 9 8
passes 'devices: lifted for this run' take --allow devices=17

# --- percent of the organization, rounded down, at least one ---
fresh 69 'percent: 10'
rows 0 7
stopped 'percent: 7 of 69' '--allow percent=' take
rows 0 6
passes 'percent: 6 of 69' take
fresh 5 'percent: 10'
rows 0 2
stopped 'percent: 2 of 5' '--allow percent=' take
rows 0 1
passes 'percent: 1 of 5' take
fresh 60 'percent: 10'
rows 0 7
passes 'percent: lifted for this run' take --allow percent=12
fresh 60 'percent: 100'
rows 0 7
run plan in.csv --rules rules.yaml --set job=take --out plan.csv
check 'percent: any share: the plan says so' grep -qx 'guard  *limits.percent: 7 devices (any share is allowed)' err
passes 'percent: any share' take
same 'percent: any share: that is no limit left out' 0 "$(grep -c 'not evaluated' err)"

# --- what cannot be undone has limits of its own, each in any 24 hours ---
final() { # JOB N: with the count confirmed
	printf '%s\n' "$1" --confirm "$1=$2"
}
for job in release delete_record wipe; do
	mapfile -t of2 < <(final $job 2)
	mapfile -t of1 < <(final $job 1)
	fresh 60 "$options, $job: 3"
	rows 0 4
	stopped "$job: 4 of 3" "--allow $job=4" $job --confirm $job=4
	rows 0 2
	stopped "$job: another count" 'not 3' $job --confirm $job=3
	passes "$job: 2 of 3" "${of2[@]}"
	rows 2 2
	stopped "$job: 2 and 2 of 3" "--allow $job=4" "${of2[@]}"
	rows 2 1
	passes "$job: 2 and 1 of 3" "${of1[@]}"
	rows 3 1
	stopped "$job: one more" "--allow $job=4" "${of1[@]}"
	export DEPMEND_CLOCK=virtual:2026-11-23T02:59:00Z
	stopped "$job: a minute before a day is over" "--allow $job=4" "${of1[@]}"
	export DEPMEND_CLOCK=virtual:2026-11-23T03:59:00Z
	passes "$job: a day later" "${of1[@]}"
	export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
	fresh 60 "$options"
	rows 0 1
	stopped "$job: none unless the settings say so" "--allow $job=1" "${of1[@]}"
	passes "$job: lifted for this run" "${of1[@]}" --allow $job=1
done

# --- once more at each send: a run that goes on may meet other limits, and what others did since ---
later() { # LIMITS SETTINGS WHEN: what holds for the rest of the run
	settings_with "limits: {$options, $1}
$2"
	export DEPMEND_CLOCK=virtual:$3
}
guarded() { # WHAT PENDING PATTERN: stopped on its way, and the rest is left as it was
	exits "$1" 4
	same "$1: the rest is pending" "$2" "$(grep -c ',pending,.*run\.guarded' in.result.csv)"
	check "$1: it says how to go on" grep -q -e "the next request.*$3" err
}
alone='batch: {apple: 1}
rate: {apple_write: 1000/hour}'
fresh 60 "$options, devices: 6"
later 'devices: 6' "rate: {apple_read: 5/hour}" 2026-11-22T03:00:00Z
rows 0 6
act take --max-wait 1m
exits 'send, devices: stopped before it began' 75
later 'devices: 4' "$alone" 2026-11-22T06:00:00Z
act take
guarded 'send, devices: 4 of 4, and no more' 2 '--allow devices=5'
same 'send, devices: sent' 4 "$(effects unassign)"
act take
guarded 'send, devices: nor in the next process' 2 '--allow devices=5'
same 'send, devices: nothing is sent' 4 "$(changes)"
act take --allow devices=5
guarded 'send, devices: one more is allowed' 1 '--allow devices=6'
act take
guarded 'send, devices: which holds for the run' 1 '--allow devices=6'
later 'devices: 4' "$alone" 2026-11-23T07:00:00Z
passes 'send, devices: a day later' take
same 'send, devices: all are sent, once' 6 "$(effects unassign)"

fresh 60 'percent: 10'
settings_with 'rate: {apple_read: 5/hour}'
rows 0 6
act take --max-wait 1m
exits 'send, percent: stopped before it began' 75
options='percent: 8' later 'devices: 60' "$alone" 2026-11-22T06:00:00Z
act take
guarded 'send, percent: 8 % of 60 are 4' 2 '--allow percent=9'
same 'send, percent: sent' 4 "$(effects unassign)"

# A run whose first device cannot be put back stays open while another one acts.
cat >refuse.yaml <<'END'
version: 1
faults:
  - {service: apple, method: POST, path: /v1/orgDeviceActivities, nth: [2, 3, 4], do: reply, status: 409,
     body: json, applied: no}
END
bounce() {
	run apply older.csv --rules waves.yaml --set job=bounce --yes --max-wait "$1"
}
sed 's/^waves: .*/waves: [1, 100%]/' rules.yaml >waves.yaml
fresh 60 "$options, devices: 8" --scenario refuse.yaml
later 'devices: 8' 'rate: {apple_write: 2/hour}' 2026-11-22T03:00:00Z
rows 0 6
cp in.csv older.csv
bounce 10m
exits 'send, two runs: the older one stops' 75
same 'send, two runs: one is off its server' 1 "$(grep -c ',in_flight,' older.result.csv)"
later 'devices: 8' "$alone" 2026-11-22T06:00:00Z
rows 6 3
act take
exits 'send, two runs: another one acts' 5
same 'send, two runs: on three more' 4 "$(effects unassign)"
bounce 48h
exits 'send, two runs: the older goes on' 4
same 'send, two runs: until 8 were acted on' '8 5' "$(effects unassign) $(effects assign)"
check 'send, two runs: it says how to go on' grep -q -e 'the next request.*--allow devices=9' err

# What cannot be undone.
fresh 60 "$options"
later 'release: 3' 'rate: {apple_read: 5/hour}' 2026-11-22T03:00:00Z
rows 0 3
act release --confirm release=3 --max-wait 1m
exits 'send, release: stopped before it began' 75
later 'release: 2' "$alone" 2026-11-22T06:00:00Z
act release --confirm release=3
exits 'send, release: 2 of 2, and no more' 4
check 'send, release: it says how to go on' grep -q -e 'the next request.*--allow release=3' err
same 'send, release: the third is back on its server' 1 "$(grep -c ',restored,.*run\.put_back' in.result.csv)"
same 'send, release: sent' 2 "$(effects release)"
act release --confirm release=1 --allow release=3
same 'send, release: it leaves with the next run' '0 3' "$status $(effects release)"
for job in delete_record wipe; do
	fresh 60 "$options" --scenario uem-bulk-cap
	later "$job: 3" 'rate: {uem: 9/hour}' 2026-11-22T03:00:00Z
	rows 0 3
	act $job --confirm $job=3 --max-wait 1m
	exits "send, $job: stopped before it began" 75
	check "send, $job: it is a run already" grep -q '^run ' err
	later "$job: 2" '' 2026-11-22T06:00:00Z
	act $job
	guarded "send, $job: 2 of 2, and no more" 1 "--allow $job=3"
	same "send, $job: sent" 2 "$(effects "${job/_/-}")"
done
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z

# --- off their servers at one time ---
most_away() { # the most devices that were off their servers at any moment
	jq -s 'reduce (.[] | select(.kind == "effect" and .effective)) as $e ([0, 0];
		if $e.what == "unassign" then .[0] += 1 elif $e.what == "assign" then .[0] -= 1 else . end
		| .[1] = ([.[0], .[1]] | max)) | .[1]' "$audit"
}
fresh 60 "$options, in_flight: 7"
rows 0 20
passes 'in_flight: 20 in steps of 7' rebuild
same 'in_flight: never more than 7' 7 "$(most_away)"
# Lifted for this run, also when it goes on.
fresh 60 "$options, in_flight: 7"
rows 0 20
passes 'in_flight: lifted' rebuild --allow in_flight=14
same 'in_flight: never more than 14' 14 "$(most_away)"
fresh 60 "$options, in_flight: 7"
settings_with "limits: {$options, in_flight: 7}
rate: {apple_read: 5/hour}"
act rebuild --max-wait 1m --allow in_flight=20
exits 'in_flight: stopped before it began' 75
settings_with "limits: {$options, in_flight: 7}"
export DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z
passes 'in_flight: it goes on as it was allowed' rebuild
same 'in_flight: all at once' 20 "$(most_away)"
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z
# A run that was cut for 20, and goes on with 7.
fresh 60 "$options, in_flight: 20"
settings_with "limits: {$options, in_flight: 20}
rate: {apple_read: 5/hour}"
rows 0 20
act rebuild --max-wait 1m
exits 'in_flight: stopped before it began' 75
same 'in_flight: nothing is away' 0 "$(most_away)"
settings_with "limits: {$options, in_flight: 7}"
export DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z
passes 'in_flight: it goes on' rebuild
same 'in_flight: with what holds now' 7 "$(most_away)"
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z

# --- what is advised is followed to the letter until it works, whatever there is to lift ---

cat >mixed.yaml <<'END'
version: 1
name: mixed
columns: {serial: serial}
waves: [100%]
rules:
  - {name: wipe, match: {serial|suffix: "0"}, do: [{wipe: {kind: device}}]}
  - {name: record, match: {serial|suffix: "1"}, do: [delete_record]}
  - {name: release, match: {serial|suffix: ["2", "5"]}, do: [delete_from_lifecycle, release]}
  - {name: forced, match: {serial|suffix: "3"}, do: [{migrate: {to: WS1 APAC, deadline: 2026-01-01, force_now: true}}]}
  - {name: gentle, match: {serial|suffix: "4"}, do: [{migrate: {to: WS1 APAC, deadline: 30d}}]}
  - {name: rest, match: {always: true}, do: [unassign, sync, reassign, sync]}
END
follow() { # WHAT RULES ARGUMENT...: does what messages say; leaves $lifted
	local what=$1 rules=$2 given=() said rounds=0
	shift 2
	run plan in.csv --rules "$rules" "$@"
	told=$(grep -oE -- '--allow [a-z_]+=[0-9]+' err | sort -u)
	for _ in $(seq 14); do
		run apply in.csv --rules "$rules" --max-wait 48h "$@" "${given[@]}"
		[ "$status" -eq 4 ] || [ "$status" -eq 64 ] || break
		mapfile -t said < <(grep -oE -- '--(allow|confirm) [a-z_]+=[0-9]+|--yes' err | sort -u | tr ' ' '\n')
		check "$what: it says what else is needed" test "${#said[@]}" -gt 0
		given+=("${said[@]}")
		rounds=$((rounds + 1))
	done
	# One message names all guards, one all that has to be confirmed.
	check "$what: one or two messages name all of it ($rounds)" test "$rounds" -ge 1 -a "$rounds" -le 2
	exits "$what: done as advised" 0
	same "$what: nothing is asked for twice" '' "$(printf '%s\n' "${given[@]}" | grep '=' | cut -d= -f1 | sort | uniq -d |
		grep -vE '^(release|delete_record|wipe)$')"
	lifted=$(printf '%s ' "${given[@]}" | grep -oE -- '--allow [a-z_]+=[0-9]+' | sort -u)
	same "$what: what the plan says lifts all of it" "$lifted" "$told"
}
for limits in 'percent: 100' 'devices: 3, percent: 5' 'devices: 3, percent: 5, wipe: 1, release: 1, delete_record: 1, in_flight: 5'; do
	fresh 60 "$limits"
	rows 0 12
	follow "$limits" mixed.yaml
	rows 12 11
	follow "$limits, the same day" mixed.yaml
	rows 30 9
	follow "$limits, a day of rebuilds" rules.yaml
done

# --- the protected list ---
fresh 60 "$options"
rows 3 1
cp in.csv protected.csv
settings_with "limits: {$options}
protect: {file: $work/protected.csv}"
rows 0 6
passes 'protect' rebuild
same 'protect: it is left alone' '0 5' "$(effects unassign C02GRD000003) $(effects unassign)"
# Protected after the run was frozen, before the device was touched.
fresh 60 "$options"
settings_with "limits: {$options}
rate: {apple_read: 5/hour}"
act rebuild --max-wait 1m
exits 'protect: stopped before it began' 75
settings_with "limits: {$options}
protect: {file: $work/protected.csv}"
export DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z
passes 'protect: it goes on' rebuild
same 'protect: the list counts as it is now' '0 5' "$(effects unassign C02GRD000003) $(effects unassign)"
check 'protect: the row says so' grep -q 'C02GRD000003,protected' in.result.csv
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z

# --- refused for a reason that is no device's: five times, and that is it ---
refuse() { # NTH...
	cat >refuse.yaml <<-END
		version: 1
		faults:
		  - {service: apple, method: POST, path: /v1/orgDeviceActivities, nth: [$1], do: reply, status: 404,
		     body: json, applied: no}
	END
}
rows 0 8
refuse '1, 2, 3, 4'
fresh 60 "$options" --scenario refuse.yaml
settings_with "limits: {$options}
batch: {apple: 1}"
act take
exits 'account: four refusals' 3
same 'account: the others are done' 4 "$(effects unassign)"
for some in '1, 2, 3, 4, 6' '1, 2, 4, 6, 8' '1, 3, 4, 5, 7, 8'; do
	refuse "$some"
	fresh 60 "$options" --scenario refuse.yaml
	settings_with "limits: {$options}
batch: {apple: 1}"
	act take
	exits "account: $some: not in a row" 3
done
same 'account: changes in between are done' 2 "$(effects unassign)"
refuse '1, 2, 3, 4, 5'
fresh 60 "$options" --scenario refuse.yaml
settings_with "limits: {$options}
batch: {apple: 1}"
act take
exits 'account: five refusals' 4
same 'account: nothing is sent after the fifth' '5 0' "$(changes) $(effects unassign)"
check 'account: it says how to go on' grep -q 'run again: Apple answered 404' err

# --- a fleet that is smaller than last time ---
smaller() { # N
	fleet "$1"
	sim_stop
	sim_start --fleet fleet.csv
	settings_with "limits: {$options}"
}
fresh 300 "$options"
rows 0 3
act look
exits 'fleet: yesterday' 0
smaller 240
act look
exits 'fleet: 20 % fewer' 0
fresh 300 "$options"
act look
smaller 237
# What they advise is heard by themselves, and by nobody after them.
look='--rules rules.yaml --set job=look'
for command in "plan in.csv $look --out plan.csv" "explain in.csv C02GRD000000 $look"; do
	# shellcheck disable=SC2086 # words
	{
		run $command
		told=$(sed -n 's/.*say \(--allow fleet=[0-9]*\).*/\1/p' err | sort -t= -k2n | head -n 1)
		check "fleet: ${command%% *} cannot decide" grep -q -e 'undecided' out err
		run $command $told
	}
	exits "fleet: ${command%% *} with what it advised: $told" 0
	check "fleet: ${command%% *} decides then" test "$(grep -c 'undecided' out err | grep -vc ':0')" -eq 0
done
stopped 'fleet: 21 % fewer' '--allow fleet=79' rebuild
stopped 'fleet: another number' '--allow fleet=79' rebuild --allow fleet=80
passes 'fleet: lifted for this run' rebuild --allow fleet=79

# --- a listing that shows fewer than it says there are ---
fresh 100 "$options" --set apple.page_drop=4
rows 0 9
stopped 'truncated: one in four is missing' 'of which it said there were 100; .*--allow fleet=75' rebuild
fresh 100 "$options" --set apple.page_drop=6
act look
exits 'truncated: one in six may be on its way' 0
cat >cut.yaml <<'END'
version: 1
faults:
  - {service: apple, method: GET, path: /v1/orgDevices, do: truncate, applied: no}
END
fresh 100 "$options" --scenario cut.yaml
act rebuild
exits 'truncated: pages that break off' 69
same 'truncated: nothing is sent' '0 0' "$(changes) $(syncs)"

# --- a list of the UEM that is empty all of a sudden ---
fresh 60 "$options" --state "$work/sim.db"
rows 0 9
act look
exits 'uem: yesterday' 0
sim_stop
sqlite3 sim.db 'DELETE FROM record'
sim_start --state "$work/sim.db"
settings_with "limits: {$options}"
stopped 'uem: empty lists' 'uem.*has 0 entries.*--allow fleet=0' rebuild
passes 'uem: lifted for this run' rebuild --allow fleet=0

# --- limits of rules count what runs of rules with that name did ---
fresh 60 'devices: 9, percent: 100'
named() { # NAME SERVER: rules of that name, which move at most two devices a day
	printf 'version: 1\nname: %s\nlimits: {devices: 2}\nrules:\n  - {name: r, match: {always: true}, do: [{reassign: {to: %s}}]}\n' \
		"$1" "$2" >named.yaml
}
named first 'WS1 APAC'
rows 0 2
run apply in.csv --rules named.yaml --yes
exits 'rules: two are moved' 0
rows 3 2
run apply in.csv --rules named.yaml --yes
exits 'rules: two more are too many for them' 4
check 'rules: it says whose limit it is' grep -q 'stopped by limits.devices of rules first (4 > 2, with 2 earlier' err
run plan in.csv --rules named.yaml
check 'rules: the plan has both' grep -q '^guard  *limits.devices: 2 devices, with 2 earlier in 24 hours (limit 9)$' err
check 'rules: and stops at theirs' grep -q '^stopped  *limits.devices of rules first: 2 devices, with 2 earlier in 24 hours (limit 2)' err
named second 'WS1 APAC'
run apply in.csv --rules named.yaml --yes
exits 'rules: others have not moved any' 0
rows 6 3
run apply in.csv --rules named.yaml --yes --limit 1
exits 'rules: their third is too many' 4
run apply in.csv --rules named.yaml --yes --limit 1 --allow devices=3
exits 'rules: which can be allowed' 0

# --- what cannot be undone goes by the time that it is, not by --now ---
cat >aged.yaml <<'END'
version: 1
name: aged
parameters: {job: {default: release}}
rules:
  - {name: release, match: {param.job: release, apple.added|older_than: 1y}, do: [delete_from_lifecycle, release]}
  - {name: wipe, match: {param.job: wipe, not: {apple.added|newer_than: 30d}}, do: [{wipe: {kind: device}}]}
  - {name: young, match: {param.job: delete_record, apple.added|newer_than: 7d}, do: [delete_record]}
  - {name: take, match: {param.job: take, apple.added|older_than: 1y}, do: [unassign]}
  - {name: forced, match: {param.job: forced, apple.added|older_than: 1y}, do: [{migrate: {to: WS1 APAC, deadline: 1d, force_now: true}}]}
END
aged() { # JOB NOW [OPTION...]
	run apply in.csv --rules aged.yaml --set "job=$1" --yes --max-wait 48h --now "$2" "${@:3}"
}
awk 'BEGIN { print "serial,server,added,enrollment_status,user"
	split("EMEA,Americas,APAC", on, ",")
	for (i = 0; i < 60; i++) printf "C02GRD%06d,WS1 %s,2026-11-%02d,Enrolled,jo\n", i, on[i % 3 + 1], i % 20 + 1 }' >aged.csv
aged_world() {
	fresh 60 "$options, release: 9, wipe: 9, delete_record: 9" --fleet aged.csv
	rows 0 2
}
aged_world
for job in 'release 2028-01-01T00:00:00Z' 'wipe 2027-01-31T00:00:00Z' 'delete_record 2026-11-05T00:00:00Z' \
	'forced 2028-01-01T00:00:00Z'; do
	step=${job% *}
	aged "$step" "${job#* }" --confirm "${step/forced/migrate}=2"
	exits "now: $job" 4
	check "now: $job: it says how to go on" grep -q 'Plan again without --now' err
done
run plan in.csv --rules aged.yaml --now 2028-01-01T00:00:00Z --out ahead.csv
same 'now: a plan may look ahead' 2 "$(grep -c ',planned,' ahead.csv)"
check 'now: and says what apply does with it' grep -q '^stopped .* as of 2028-01-01T00:00:00Z .*--now' err
check 'now: for which there is no allowance' test "$(grep -c '^allow ' err)" -eq 0
run apply in.csv --rules aged.yaml --yes --confirm release=2 --expect ahead.csv
exits 'now: nor does it count because the plan was approved' 4
same 'now: nothing is sent' '0 0' "$(changes) $(syncs)"
aged take 2028-01-01T00:00:00Z
exits 'now: what can be undone may go by it' 0
same 'now: as it was said' 2 "$(effects unassign)"
aged_world
export DEPMEND_CLOCK=virtual:2026-12-20T03:00:00Z
run plan in.csv --rules aged.yaml --set job=wipe --out today.csv
export DEPMEND_CLOCK=virtual:2026-12-28T03:00:00Z
run apply in.csv --rules aged.yaml --set job=wipe --yes --max-wait 48h --confirm wipe=2 --expect today.csv
same 'now: a plan by the clock of its day is carried out' 2 "$(effects wipe)"
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z

# --- nor by a clock that is another than Apple's ---
off() { # AHEAD JOB [OPTION...]: Apple's clock is so far ahead; by the machine's own all of them are young
	fresh 60 "$options, release: 9, wipe: 9, delete_record: 9" --fleet aged.csv --set "clock.ahead=$1"
	rows 0 2
	run apply in.csv --rules aged.yaml --set "job=$2" --yes --max-wait 48h "${@:3}"
}
for job in 'wipe 2026-12-28T03:00:00Z' 'release 2027-12-24T03:00:00Z' 'forced 2027-12-24T03:00:00Z'; do
	step=${job% *}
	export DEPMEND_CLOCK=virtual:${job#* }
	off 397d "$step" --confirm "${step/forced/migrate}=2"
	exits "clock: $step" 4
	check "clock: $step: it says why" grep -q "this machine's clock is 397 d behind Apple's.* cannot be undone; nothing was sent" err
	same "clock: $step: nothing is sent" '0 0' "$(changes) $(syncs)"
done
run plan in.csv --rules aged.yaml --set job=forced --out plan.csv
check 'clock: plan says what stops it' grep -q "^stopped .*this machine's clock is 397 d behind" err
off 397d take
exits 'clock: what can be undone is' 0
check 'clock: and is told so' grep -q "clock is .* behind Apple's: ages, coverage and dates are judged wrongly; set it" err
export DEPMEND_CLOCK=virtual:2026-12-28T03:00:00Z
off 20h wipe --confirm wipe=2
same 'clock: less than a day is no other day' 2 "$(effects wipe)"
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z

# --- another organization's credentials ---
fresh 60 "$options"
rows 0 3
passes 'organization: the first run' take
rows 3 3
sed -i "s/client_id: BUSINESSAPI.*/client_id: BUSINESSAPI.$(cat /proc/sys/kernel/random/uuid)/" depmend.yaml
stopped 'organization: another client id of the same servers' 'doctor --fix client-id' take
stopped 'organization: no allowance lifts that' 'both are of one organization' take --allow organization=yes
run plan in.csv --rules rules.yaml --set job=take
check 'organization: plan says so' grep -q '^stopped  *an earlier run went by the client id' err
same 'organization: plan offers no allowance' 0 "$(grep -c 'allow organization' err)"
run doctor
check 'organization: doctor finds it' grep -q '^client-id,finding,' out
run doctor --fix client-id
exits 'organization: doctor asks' 64
run doctor --fix client-id --yes
check 'organization: doctor joins them' grep -q '^client-id,mended,' out
passes 'organization: joined' take
run runs --json
same 'organization: with the runs of before' 2 "$(grep -c '"type":"run"' out)"
settings_with "limits: {$options}"
act look
exits 'organization: the old account goes on, too' 0
sed -i 's/^tenant: .*/tenant: beside/; s/client_id: BUSINESSAPI.*/client_id: BUSINESSAPI.beside/' depmend.yaml
stopped 'organization: another tenant of the same servers' 'both are of one organization' take
settings_with "limits: {$options}"

# Nothing of the state is waited for when it is a pipe.
for place in "$work/state/last.demo" "$work/state/$(printf %s "$client" | sha256sum | cut -c1-16)/emergency"; do
	kept=$(basename "$place")
	mv "$place" kept
	mkfifo -m 600 "$place"
	before=$SECONDS
	act look --allow organization=yes
	check "a pipe as $kept of the state: refused at once" test $((SECONDS - before)) -lt 20
	check "a pipe as $kept of the state: named" grep -q "$kept" err
	rm "$place"
	mv kept "$place"
done

# --- a new API account of the same organization: what the old one left open is known ---
fresh 60 "$options" --scenario apple-activity-never
rows 0 2
act rebuild --max-wait 10m
check 'account: the old one leaves devices off' test "$status" -eq 75
new_account() {
	sed -i "s/client_id: BUSINESSAPI.*/client_id: BUSINESSAPI.$(cat /proc/sys/kernel/random/uuid)/" depmend.yaml
}
as_said() { # what the message says, word for word
	local line
	line=$(grep -o 'previous_client_ids: [^]]*]' err | head -n 1)
	sed -i "/^  previous_client_ids/d; s/^  client_id: BUSINESSAPI.*/&\n  $line/" depmend.yaml
}
new_account
run status
exits 'account: status knows, whatever the settings name' 5
check 'account: what is off its server' grep -q '^off server *2 devices' out
check 'account: status says whose state it is' grep -q 'previous_client_ids' err
run runs
exits 'account: runs know, too' 0
stopped 'account: and cannot be told to forget' 'previous_client_ids' take --allow organization=yes
stopped 'account: the new one does not know' 'previous_client_ids' take
# Every command that reads or writes the state does so in the organization's, before it is joined and after.
every_command() { # WHEN
	local off
	off=$(sed -n 2p in.csv)
	run history "$off"
	check "account, $1: history" grep -q 'rebuild' out
	run report latest --csv again.csv
	exits "account, $1: report" 0
	run backup "$work/$1.backup"
	exits "account, $1: backup" 0
	run export --off-server --out off.csv
	exits "account, $1: export" 0
	run plan in.csv --rules rules.yaml --set job=look
	check "account, $1: plan names what is open" grep -q "$off" err
	run doctor
	check "account, $1: doctor" grep -q "$off" out
	run undo latest
	check "account, $1: undo knows the run" test "$status" -ne 64
	run pause --reason "new account, $1"
	exits "account, $1: pause" 0
	run status
	check "account, $1: status shows the pause" grep -q "new account, $1" out
	run resume
	run status
	check "account, $1: resume" test -z "$(grep "new account, $1" out)"
	run forget "$off" --reason "looked at, $1"
	exits "account, $1: forget asks" 64
	check "account, $1: forget finds it" grep -q "$off" err
	run backup --move "$work/$1.moved"
	exits "account, $1: backup --move" 0
	run forget "$off" --reason "moved away, $1"
	exits "account, $1: it is moved away" 78
	run restore "$work/$1.moved"
	exits "account, $1: restore" 0
	run status
	check "account, $1: and all is there again" grep -q '^off server *2 devices' out
}
every_command apart
run undo latest --apply --yes
exits 'account: no undo before it is joined' 4
check 'account: and how to join it' grep -q 'previous_client_ids' err
for again in named 'once more' 'a third time'; do
	as_said
	run status
	exits "account, $again: known" 5
	check "account, $again: nothing more to say" test -z "$(grep previous_client_ids err)"
	check "account, $again: off its server" grep -q '^off server *2 devices' out
	act look # knows the account from then on
	new_account
	act look # and is refused, which leaves a folder for it
	run status
	exits "account, $again: another new one" 5
done
sed -i '/previous_client_ids/d' depmend.yaml
run status
exits 'account: all earlier ones left out of the settings' 5
apple_only() {
	settings_with "limits: {$options}"
	sed -i '/^uem:/,/client_secret/d' depmend.yaml
}
fresh 60 "$options"
apple_only
passes 'organization: Apple alone' take
# A sync needs a UEM, or what stands in for it; nothing stands in for the rest.
rows 9 2
for job in bounce2 'sync' fetch delete_from_lifecycle remove_profile; do
	steps="[$job]"
	[ "$job" != bounce2 ] || steps='[unassign, sync, reassign, sync]'
	printf 'version: 1\nrules:\n  - {name: r, match: {always: true}, do: %s}\n' "$steps" >alone.yaml
	n=$(changes)
	run apply in.csv --rules alone.yaml --yes
	exits "Apple alone: $job" 78
	same "Apple alone: $job: nothing is sent" "$n" "$(changes)"
	run check --rules alone.yaml
	exits "Apple alone: $job: check says so" 78
	# Of a sync it says where the line belongs; of other steps nothing that does not help.
	where="'sync: {wait: 30m}' in the settings (a line of its own, no step of the rules)"
	case $job in
	bounce2 | sync | fetch) check "Apple alone: $job: where the line goes" grep -qF "$where" err ;;
	*) same "Apple alone: $job: no sync is advised" 0 "$(grep -c 'wait: 30m' err)" ;;
	esac
done
printf 'version: 1\nrules:\n  - {name: r, match: {always: true}, do: [{sync: {wait: 30m}}]}\n' >step.yaml
run check --rules step.yaml
exits 'Apple alone: as a step' 65
check 'Apple alone: as a step: where it belongs' grep -qF "write 'sync' alone; with another device management service, $where" err
echo 'sync: {wait: 30m}' >>depmend.yaml
printf 'version: 1\nrules:\n  - {name: r, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' >alone.yaml
run check --rules alone.yaml
exits 'Apple alone: a wait stands in, says check' 0
run apply in.csv --rules alone.yaml --yes --max-wait 48h
exits 'Apple alone: a wait stands in' 0
check 'Apple alone: its proof says so' grep -q 'sync:waited' in.result.csv
fleet 60 ' of others'
sim_stop
sim_start --fleet fleet.csv
apple_only
rows 6 3
stopped 'organization: other servers' '--allow organization=yes' take
passes 'organization: other servers, said so' take --allow organization=yes

# --- several guards, several steps that cannot be undone: all in one message, lifted by one line ---
new_world --seed 1
awk -F, 'NR == 1 || $3 != ""' "$root/samples/fleet.csv" | cut -d, -f1 | head -n 31 >in.csv
printf 'version: 1\nrules:\n  - {name: w, match: {uem.device|present: true}, do: [%s]}\n' \
	'{wipe: {kind: enterprise}}, delete_record' >both.yaml
run apply in.csv --rules both.yaml --yes --max-wait 1h
exits 'two guards' 4
lift=$(sed -n 's/^depmend: .*once you have decided: \(--allow .*\)$/\1/p' err)
same 'two guards: both are lifted by one line' 2 "$(grep -o -- '--allow [a-z_]*=[0-9]*' <<<"$lift" | wc -l)"
# shellcheck disable=SC2086 # words
run apply in.csv --rules both.yaml --max-wait 1h $lift
exits 'two steps to confirm' 64
confirm=$(sed -n 's/^depmend: .*: say \(--confirm .*\)$/\1/p' err)
same 'two steps: both are confirmed by one line' 2 "$(grep -o -- '--confirm [a-z_]*=[0-9]*' <<<"$confirm" | wc -l)"
same 'nothing is sent before' 0 "$(changes)"
# shellcheck disable=SC2086 # words
run apply in.csv --rules both.yaml --max-wait 1h $lift $confirm
check "with both lines it begins ($status)" test "$(changes)" -gt 0

suite_end
