# shellcheck shell=bash disable=SC2154
# One record of each list spoilt in every way: the other records are read the same, a date is read
# rightly or not at all, and nothing is missing for it. MUTATIONS says how many replies per list,
# MUTATED of which commands' lists.

mutations=${MUTATIONS:-$(fewer 12)}
check 'at least 40 kinds of mutation' test "$(python3 "$here/mutate.py" kinds)" -ge 40
cat >mutated.fleet.csv <<'F'
serial,server,group,profile,enrollment_status,user,added,last_seen
ODDRECORD001,WS1 EMEA,,Corporate iPads,Enrolled,jo@example.com,2025-04-30T22:05:14Z,2026-11-20T22:05:14Z
ODDRECORD002,WS1 EMEA,,Odd Profile,Enrolled,jo@example.com,2025-04-30T22:05:14Z,2026-11-20T22:05:14Z
ODDRECORD003,WS1 APAC,,Corporate iPads,Enrolled,jo@example.com,2025-04-30T22:05:14Z,2026-11-20T22:05:14Z
ODDRECORD004,WS1 Americas,,Corporate iPads,Enrolled,jo@example.com,2025-04-30T22:05:14Z,2026-11-20T22:05:14Z
ODDRECORD005,WS1 Americas,,,,,2025-04-30T22:05:14Z,
ODDRECORD006,Spare,WS1EMEA2,,,,2025-04-30T22:05:14Z,
F
grep -v 006 mutated.fleet.csv | cut -d, -f1 >mutated.csv
cat >mutated.yaml <<'R'
version: 1
name: mutated
rules:
  - {name: absent-list, match: {uem.listed: false}, do: [{advise: x}]}
  - {name: absent-record, match: {uem.device|present: false, csv.serial|ne: ODDRECORD005}, do: [{advise: x}]}
  - {name: absent-profile, match: {uem.profile|present: false, csv.serial|ne: ODDRECORD005}, do: [{advise: x}]}
  - {name: absent-token, match: {uem.profile_status|present: false}, do: [{advise: x}]}
  - {name: prompt, match: {uem.custom_prompt: true}, do: [skip]}
  - {name: users, match: {uem.user_licensed_apps|ge: 1}, do: [skip]}
  - {name: apps, match: {uem.public_apps|ge: 1}, do: [skip]}
  - {name: rest, match: {always: true}, do: [skip]}
R
mutated() { # CASE [SIMULATOR OPTION...]
	local case=$1
	shift
	new_world --fleet mutated.fleet.csv --set uem.enums=names "$@"
	[ "$case" != events ] || take_off
	python3 "$here/mutate.py" run "$case" "$port" "$build/depmend" "$mutations" >"mutated.$case"
	same "$case: of $mutations mutated replies of each of its lists none is read wrongly" 0 \
		"$(tail -n 1 "mutated.$case")"
	[ "$(tail -n 1 "mutated.$case")" = 0 ] || head -n 20 "mutated.$case"
}
take_off() { # three devices, so that there are events
	printf 'serial\nODDRECORD001\nODDRECORD002\nODDRECORD004\n' >off.csv
	printf 'version: 1\nname: off\nrules:\n  - {name: off, match: {always: true}, do: [unassign]}\n' >off.yaml
	run apply off.csv --rules off.yaml --yes --max-wait 12h --allow percent=100 --out off.result.csv
	exits 'three devices are taken off' 0
}
for case in ${MUTATED:-export plan events doctor}; do
	case $case in
	doctor) mutated doctor --set uem.profile_user=inside --set uem.apps=all ;;
	*) mutated "$case" ;;
	esac
done
