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
rules:
  - {name: rebuild, match: {param.job: rebuild}, do: [unassign, sync, reassign, sync]}
  - {name: take, match: {param.job: take}, do: [unassign]}
  - {name: release, match: {param.job: release}, do: [delete_from_lifecycle, release]}
  - {name: look, match: {apple.known: true, uem.listed: true}, do: [skip]}
END

fleet() { # N [SERVER-SUFFIX]: serials on three servers
	awk -v n="$1" -v s="${2:-}" 'BEGIN { split("EMEA,Americas,APAC", on, ","); print "serial,server"
		for (i = 0; i < n; i++) printf "C02GRD%06d,WS1 %s%s\n", i, on[i % 3 + 1], s }' >"$work/fleet.csv"
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

# --- what cannot be undone has limits of its own ---
fresh 60 "$options, release: 3"
rows 0 4
stopped 'release: 4 of 3' '--allow release=4' release --confirm release=4
rows 0 2
stopped 'release: another count' 'not 3' release --confirm release=3
passes 'release: 2 of 3' release --confirm release=2
rows 2 2
stopped 'release: 2 and 2 of 3' '--allow release=4' release --confirm release=2
rows 2 1
passes 'release: 2 and 1 of 3' release --confirm release=1
fresh 60 "$options"
rows 0 1
stopped 'release: none unless the settings say so' '--allow release=1' release --confirm release=1
passes 'release: lifted for this run' release --confirm release=1 --allow release=1

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
# A run that was cut for 20, and goes on with 7.
fresh 60 "$options, in_flight: 20"
settings_with "limits: {$options, in_flight: 20}
rate: {apple_read: 8/hour}"
rows 0 20
act rebuild --max-wait 1m
exits 'in_flight: stopped before it began' 75
same 'in_flight: nothing is away' 0 "$(most_away)"
settings_with "limits: {$options, in_flight: 7}"
export DEPMEND_CLOCK=virtual:2026-11-22T06:00:00Z
passes 'in_flight: it goes on' rebuild
same 'in_flight: with what holds now' 7 "$(most_away)"
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z

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
rate: {apple_read: 8/hour}"
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

# --- another organization's credentials ---
fresh 60 "$options"
rows 0 3
passes 'organization: the first run' take
rows 3 3
sed -i "s/client_id: BUSINESSAPI.*/client_id: BUSINESSAPI.$(cat /proc/sys/kernel/random/uuid)/" depmend.yaml
stopped 'organization: another client id' '--allow organization=yes' take
passes 'organization: a new client id, said so' take --allow organization=yes
act look
exits 'organization: known from then on' 0
settings_with "limits: {$options}"
act look --allow organization=yes
exits 'organization: back again' 0
apple_only() {
	settings_with "limits: {$options}"
	sed -i '/^uem:/,/client_secret/d' depmend.yaml
}
fresh 60 "$options"
apple_only
passes 'organization: Apple alone' take
fleet 60 ' of others'
sim_stop
sim_start --fleet fleet.csv
apple_only
rows 6 3
stopped 'organization: other servers' '--allow organization=yes' take
passes 'organization: other servers, said so' take --allow organization=yes

suite_end
