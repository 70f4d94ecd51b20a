# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# What somebody else changed after the plan was frozen is left alone, and named.

drift() { # [SIMULATOR OPTION...]
	cat >drift.yaml <<-END
		version: 1
		name: drift
		columns: {serial: serial}
		waves: [1, 100%]
		rules: [{name: rebuild, match: {always: true}, do: [unassign, sync, reassign, sync]}]
	END
	awk 'BEGIN { split("EMEA,Americas,APAC", on, ","); print "serial,server"
		for (i = 1; i < 40; i++) printf "C02DRIFT%04d,WS1 %s\n", i, on[i < 20 ? 1 : i % 3 + 1] }' \
		>drift-fleet.csv
	cat >others.yaml <<-END
		version: 1
		admins:
		  - {after: 1m, do: assign, server: WS1 APAC, serials: [C02DRIFT0002]}
		  - {after: 1m, do: unassign, serials: [C02DRIFT0003]}
	END
	fresh --fleet drift-fleet.csv --scenario others.yaml "$@"
	settings_with 'limits: {percent: 100}'
	printf 'serial\nC02DRIFT0001\nC02DRIFT0002\nC02DRIFT0003\n' >in.csv
	run apply in.csv --rules drift.yaml --yes
	exits 'two of three drifted' 5
	same 'what became of them' '2 drifted 1 done' "$("$rows" outcomes in.result.csv)"
	same 'it is left where it was put' 0 "$(effects unassign C02DRIFT0002)"
	same 'who was taken off is left there' 0 "$(effects assign C02DRIFT0003)"
}

reason_of() { # SERIAL
	grep "^$1," in.result.csv
}

drift
check 'it says what changed, who did it, and when' grep -q \
	"state.drifted: .*it is now on server 'WS1 APAC'; DEVICE_ASSIGNED_TO_SERVER by [^ ]* at 2026-11-22T03:01:00Z" \
	<(reason_of C02DRIFT0002)

# Events that come late are no evidence; nobody waits for them, and nobody else is blamed.
drift --set apple.event_delay=2h
check 'without an event it says what changed' grep -q "it is now on server 'WS1 APAC'[,\"]" \
	<(reason_of C02DRIFT0002)
