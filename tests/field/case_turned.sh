# shellcheck shell=bash disable=SC2154
# One serial twice in a list, a record that is too much to read, cursors that lead nowhere, a device that is on no list though
# Apple calls it assigned: what is told is taken, the rest is unknown.

cat >turned.fleet.csv <<'F'
serial,server,profile,enrollment_status,added
ODDRECORD001,WS1 EMEA,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
ODDRECORD002,WS1 EMEA,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
ODDRECORD003,WS1 APAC,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
ODDRECORD004,WS1 Americas,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
F
cut -d, -f1 turned.fleet.csv >turned.csv
turned() { # TURN CONDITION ODD-OUTCOME OTHERS' OUTCOME [WORDS]
	local proxy got
	new_world --fleet turned.fleet.csv
	rm -f turned.port
	python3 "$here/turned.py" "$port" "$1" turned.port &
	proxy=$!
	await_file turned.port "$proxy"
	sed -i "s/127\.0\.0\.1:$port/127.0.0.1:$(cat turned.port)/g" depmend.yaml
	printf 'version: 1\nname: turned\nrules:\n  - {name: r, match: {%s}, do: [{advise: x}]}\n' "$2" >r.yaml
	printf '  - {name: rest, match: {always: true}, do: [skip]}\n' >>r.yaml
	run plan turned.csv --rules r.yaml --out turned.plan.csv
	kill "$proxy"
	wait "$proxy" 2>/dev/null
	got=$(verdicts turned.plan.csv | cut -d' ' -f1,2)
	same "$1: $2: the odd device" "ODDRECORD002 $3" "$(grep 002 <<<"$got")"
	same "$1: $2: the others" 3 "$(grep -v 002 <<<"$got" | grep -c " $4\$")"
	[ -z "${5:-}" ] || check "$1: it says why" grep -q "002.*$5" turned.plan.csv
}

for turn in same 'lower case' blanks; do
	turned "$turn" 'uem.listed: false' skipped skipped
	turned "$turn" 'uem.profile: Corporate iPads' manual manual
done
for turn in 'another profile' 'lower case, another profile' 'no profile'; do
	turned "$turn" 'uem.profile|ne: Corporate iPads' undecided skipped 'lists it twice'
	turned "$turn" 'uem.listed: false' skipped skipped
done
for turn in large deep; do
	turned "$turn" 'uem.listed: false' undecided skipped
	turned "$turn" 'uem.profile|ne: Corporate iPads' undecided skipped
done
for turn in 'cursor of blanks' 'cursor of a tab' 'cursor that is another' 'cursor that stays' 'link of blanks'; do
	turned "$turn" 'apple.known: false' skipped skipped
done
turned unlisted 'apple.server|present: false' undecided skipped 'ASSIGNED'
turned unlisted 'not: {apple.server|prefix: WS2}' undecided manual ASSIGNED
