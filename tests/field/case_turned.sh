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
turned_world() { # TURN FLEET [SIMULATOR OPTION...]
	local turn=$1 fleet=$2
	shift 2
	new_world --fleet "$fleet" "$@"
	rm -f turned.port
	python3 "$here/turned.py" "$port" "$turn" turned.port &
	proxy=$!
	await_file turned.port "$proxy"
	sed -i "s/127\.0\.0\.1:$port/127.0.0.1:$(cat turned.port)/g" depmend.yaml
}
turned_end() {
	kill "$proxy"
	wait "$proxy" 2>/dev/null
}
turned() { # TURN CONDITION ODD-OUTCOME OTHERS' OUTCOME [WORDS]
	local got
	turned_world "$1" turned.fleet.csv
	printf 'version: 1\nname: turned\nrules:\n  - {name: r, match: {%s}, do: [{advise: x}]}\n' "$2" >r.yaml
	printf '  - {name: rest, match: {always: true}, do: [skip]}\n' >>r.yaml
	run plan turned.csv --rules r.yaml --out turned.plan.csv
	turned_end
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
for turn in 'a gateway without that device' 'a server without that device'; do
	turned "$turn" 'apple.known: false' undecided undecided 'in the words of its API'
done
turned 'an old API without records' 'uem.device|present: false' undecided undecided 'in the words of its API'
turned 'an API without records' 'uem.device|present: false' manual manual
for turn in 'an API that keeps records to itself' 'an API without a word on records'; do
	turned "$turn" 'uem.device|present: false' undecided undecided 'UEM answered 404'
done
for turn in 'a path that Apple does not know' 'a right that Apple does not give' 'a 404 without errors'; do
	turned "$turn" 'apple.known: false' undecided skipped 'Apple answered 404'
done
turned "Apple's own 404" 'apple.known: false' manual skipped
for turn in 'details of nothing' 'details in an envelope' 'details that are a word'; do
	turned "$turn" 'uem.profile_status|present: false' undecided undecided 'is about something else'
done
for turn in 'tokens that are counted and not shown' 'tokens beside an error in words'; do
	turned "$turn" 'uem.profile_status|present: false' undecided undecided
done
for turn in 'no apps, and no body' 'apps that are yet to come'; do
	turned "$turn" 'uem.public_apps|lt: 1' undecided undecided
done
turned 'no apps' 'uem.public_apps|lt: 1' manual manual
turned 'devices beside an error' 'apple.known: false' skipped skipped
turned 'members beside an error' 'not: {apple.server|present: true}' undecided skipped 'comes with an error'
turned 'twin profiles' 'uem.custom_prompt: true' undecided undecided 'several profiles of that name'

# What doctor could not read is no fault of what it looked at, and needs another remedy.
sed '1s/$/,user/; 2,$s/$/,jo@example.com/' turned.fleet.csv >asked.fleet.csv
asked() { # TURN: each finding and its remedy in ./out
	turned_world "$1" asked.fleet.csv --set uem.profile_user=inside
	run doctor --json
	turned_end
}
for list in users groups; do
	asked "$list in no JSON"
	check "$list in no JSON: the list is named" grep -q "\"proof\":\"the UEM's list of $list: unusable JSON" out
	same "$list in no JSON: nobody is told to choose another user" 0 "$(grep -c 'choose a user' out)"
	check "$list in no JSON: what to look at" grep -q 'is not the API.*the address in the settings' out
done
asked 'groups without themselves'
same 'groups without themselves: nobody is outside' 0 "$(grep -c 'not below the profile' out)"
check 'groups without themselves: that is not checked' grep -q 'profile-user.*not checked.*in whole' out
for turn in 'servers in no JSON' 'servers by no method'; do
	asked "$turn"
	check "$turn: the list is named" grep -q "\"proof\":\"Apple's list of servers: " out
	same "$turn: no role is asked for" 0 "$(grep -c 'give the API account a role' out)"
	turned_world "$turn" turned.fleet.csv
	run plan turned.csv --rules r.yaml --out turned.plan.csv
	turned_end
	exits "$turn: nothing can be judged" 69
	check "$turn: what cannot be read is named" grep -q "depmend: Apple's list of servers: " err
done

# More of them than are searched for one by one: what the pages do not name is asked for, or found by all that it says.
{
	echo serial,server,profile,enrollment_status
	for i in $(seq 10 89); do echo "ODDTOKENS0$i,WS1 EMEA,Corporate iPads,Enrolled"; done
	echo ODDELSEWHERE,WS1 APAC,,
	echo ODDELSEWHER2,WS1 Americas,,
} >many-turned.fleet.csv
grep -v ELSE many-turned.fleet.csv | cut -d, -f1 >many-turned.csv
while IFS=';' read -r turn condition outcome; do
	turned_world "$turn" many-turned.fleet.csv --set page.clamp=10
	printf 'version: 1\nname: turned\nrules:\n  - {name: r, match: {not: {%s}}, do: [{advise: x}]}\n' "$condition" >r.yaml
	printf '  - {name: rest, match: {always: true}, do: [skip]}\n' >>r.yaml
	rm -f turned.plan.csv
	run plan many-turned.csv --rules r.yaml --out turned.plan.csv
	turned_end
	same "$turn: nobody is without one for it" 80 "$(verdicts turned.plan.csv | grep -c " $outcome ")"
done <<'T'
tokens without ids;uem.profile_status|present: true;undecided
tokens with empty ids;uem.profile_status|present: true;undecided
tokens with numbers for ids;uem.profile_status|present: true;undecided
devices with zeros for ids;uem.listed: true;skipped
devices with empty ids;apple.known: true;skipped
devices with 0 for ids;apple.known: true;skipped
T
for turn in 'next cursor a number' 'next cursor an object' 'next link an object' 'next link a list'; do
	turned_world "$turn" many-turned.fleet.csv
	rm -f turned.plan.csv
	printf 'version: 1\nname: turned\nrules:\n  - {name: r, match: {apple.known: false}, do: [{advise: x}]}\n' >r.yaml
	printf '  - {name: rest, match: {always: true}, do: [skip]}\n' >>r.yaml
	run plan many-turned.csv --rules r.yaml --out turned.plan.csv
	turned_end
	same "$turn: what may be on the next page is not missing" '0 79' \
		"$(grep -c ',manual,' turned.plan.csv) $(grep -c 'undecided.*in a way that cannot be read' turned.plan.csv)"
done

# The log of an activity in words that nobody knows tells nothing: the devices do, though Apple shows them late.
rules '[unassign, sync, reassign, sync]'
for turn in 'log SUCCESS_WITH_WARNING' 'log WARNING' 'log ERFOLG' 'log PENDING' 'log SUC' 'log twice'; do
	turned_world "$turn" turned.fleet.csv --set apple.visibility_lag=4m
	rm -f turned.result.csv
	run apply turned.csv --rules rules.yaml --yes --max-wait 12h --allow percent=100 --out turned.result.csv
	turned_end
	same "$turn: all are done, and back" '4 4 4' \
		"$(grep -c ',done,' turned.result.csv) $(effects unassign) $(effects assign)"
done

# Pointers that count from 1 show it by one behind the last device: from then on they blame nobody.
seq -f 'ODDPOINT0%03g,WS1 EMEA' 24 | sed '1i serial,server' | cat - <(sed -n '4,5s/,Corp.*//p' turned.fleet.csv) >pointed.fleet.csv
head -25 pointed.fleet.csv | cut -d, -f1 >pointed.csv
turned_world 'pointers from 1' pointed.fleet.csv --set 'apple.refused_serials=ODDPOINT0003 ODDPOINT0010 ODDPOINT0018 ODDPOINT0024'
rules '[{reassign: {to: WS1 APAC}}, sync]'
rm -f turned.result.csv
run apply pointed.csv --rules rules.yaml --yes --max-wait 30h --allow percent=100 --out turned.result.csv
turned_end
same 'pointers from 1: who was not refused is moved, and nobody else' '20 4 20' \
	"$(grep -c ',done,' turned.result.csv) $(grep -c 'ODDPOINT00\(03\|10\|18\|24\),failed,' turned.result.csv) $(effects assign)"
