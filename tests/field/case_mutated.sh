# shellcheck shell=bash disable=SC2154
# One record of each list spoilt in every way: the other records are read the same, and a date is read
# rightly or not at all. MUTATIONS says how many replies per list.

check 'at least 40 kinds of mutation' test "$(python3 "$here/mutate.py" --kinds)" -ge 40
cat >mutated.fleet.csv <<'F'
serial,server,profile,enrollment_status,added
ODDRECORD001,WS1 EMEA,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
ODDRECORD002,WS1 EMEA,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
ODDRECORD003,WS1 APAC,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
ODDRECORD004,WS1 Americas,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
F
mutated() { # WHAT PATTERN APPLE-OR-UEM
	local bad=0 count=${MUTATIONS:-60} n
	new_world --fleet mutated.fleet.csv
	echo -1 >mutation
	rm -f mutate.port
	python3 "$here/mutate.py" "http://127.0.0.1:$port" "$work/mutate.port" "$2" "$work/mutation" &
	local proxy=$!
	for _ in $(seq 200); do
		[ -s mutate.port ] && break
		sleep 0.05
	done
	case $3 in
	apple) sed -i "s|^  url: http://127.0.0.1:$port  .*|  url: http://127.0.0.1:$(cat mutate.port)|" depmend.yaml ;;
	uem) sed -i "/^uem:/,\$s|^  url: http://127.0.0.1:$port.*|  url: http://127.0.0.1:$(cat mutate.port)|" depmend.yaml ;;
	esac
	run export --out mutated.want.csv --max-wait 12h
	exits "$1: an export through the proxy" 0
	for n in $(seq "$count"); do
		echo "$n" >mutation
		rm -rf state
		run export --out mutated.got.csv --max-wait 12h
		if [ "$status" -ne 0 ] ||
			! python3 "$here/mutate.py" --compare mutated.want.csv mutated.got.csv ODDRECORD002 >mutated.diff; then
			bad=$((bad + 1))
			echo "$1: mutation $n: exit $status" && head -n 3 mutated.diff err
		fi
	done
	same "$1: of $count mutated replies none is read wrongly" 0 "$bad"
	kill "$proxy"
	wait "$proxy" 2>/dev/null
}
mutated "Apple's devices" '/v1/orgDevices\?' apple
mutated "a server's devices" '/relationships/devices' apple
mutated "the UEM's devices" '/dep/groups/[^/]*/devices' uem
