# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# The demo ends well, ends badly when it should, and never leaves its simulator behind.

demo() { # PROGRAMS
	"$root/samples/demo.sh" "$1" >out 2>err </dev/null
	# shellcheck disable=SC2034 # `exits` looks at it
	status=$?
}
simulator_ended() {
	! curl -s -o /dev/null "http://127.0.0.1:$(cat "$root/.build/demo/port")/"
}

demo "$build"
exits 'the demo' 0
# Two waves of two changes and two syncs for each of three servers.
check 'it says what it has shown' grep -q \
	'^demo: all 40 corrupted devices are repaired, by 12 changes at Apple and 12 syncs$' out
check 'its simulator has ended' simulator_ended

# Stand-ins for depmend; $1 is the command.
mkdir programs
ln -s "$build/depmend-sim" programs/
stand_in() { # SCRIPT
	printf '#!/bin/sh\nreal=%s/depmend\n%s\n' "$build" "$1" >programs/depmend
	chmod +x programs/depmend
	demo "$work/programs"
	check "simulator, after: $1" simulator_ended
}
stand_in 'exit 70'
exits 'the demo of a tool that fails' 1
# shellcheck disable=SC2016 # the stand-in expands it
stand_in '[ $1 = apply ] || exec $real "$@"
	$real apply "$2" --yes --limit 3 --out "$9" --rules "${11}" --settings "${13}"'
exits 'the demo of a tool that does too little' 1
check 'it names a device' grep -q '^demo: [A-Z0-9]* is not done$' err
# shellcheck disable=SC2016
stand_in 'kill -TERM $PPID'
exits 'the demo, told to stop' 143
