# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# A device that makes Apple refuse the activity it stands in: it fails, the others are done, and
# finding it costs at most k * (ceil(log2 n) + 1) activities more for k of n.
cat >unassign.yaml <<'Y'
version: 1
name: refused
waves: [100%]
halt: {failed_percent: 100}
rules:
  - {name: off, match: {always: true}, do: [unassign]}
Y

activities() {
	requests '.service == "apple" and .method == "POST" and .path == "/v1/orgDeviceActivities"'
}

# The simulator refuses every device whose number in the fleet is a multiple of EVERY.
seek() { # DEVICES AHEAD EVERY MOST [SIMULATOR OPTION...]: AHEAD others stand before them
	local n=$1 ahead=$2 every=$3 most=$4 k
	shift 4
	{
		echo serial,server
		for i in $(seq "$ahead"); do echo "C02AHEAD$i,WS1 APAC"; done
		for i in $(seq "$n"); do printf 'C02SEEK%03d,WS1 EMEA\n' "$i"; done
		# Others, so that most of the list stays.
		for i in $(seq 300); do printf 'C02STAY%03d,WS1 EMEA\n' "$i"; done
		printf 'C02STAY998,WS1 Americas\nC02STAY999,WS1 APAC\n'
	} >fleet.csv
	{
		echo serial
		for i in $(seq "$n"); do printf 'C02SEEK%03d\n' "$i"; done
	} >seek.csv
	rm -f seek.result*.csv
	k=$(((ahead + n) / every - ahead / every))
	new_world --fleet fleet.csv --set "apple.refused_devices=$every" "$@"
	run apply seek.csv --rules unassign.yaml --yes --max-wait 96h --allow percent=100
	exits "$k of $n refused" $((k ? 3 : 0))
	same "$k of $n: they fail" "$k" "$(grep -c ',failed,.*apple.refused: .*cannot be changed' seek.result.csv)"
	same "$k of $n: the others are done, once" "$((n - k)) $((n - k))" \
		"$(grep -c ',done,' seek.result.csv) $(effects unassign)"
	check "$k of $n: at most $most activities more, not $(($(activities) - 1))" \
		test $(($(activities) - 1)) -le "$most"
}

unnamed='--set apple.refusal=unnamed'
# shellcheck disable=SC2086 # two words
for ahead in 0 21 32 63; do
	seek 64 "$ahead" 64 7 $unnamed
done
# shellcheck disable=SC2086
for ahead in 0 13; do
	seek 64 "$ahead" 32 14 $unnamed
	seek 60 "$ahead" 12 35 $unnamed
done
seek 64 5 64 1
seek 60 5 12 5
