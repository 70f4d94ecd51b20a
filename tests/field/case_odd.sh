# shellcheck shell=bash disable=SC2154
# One odd record: its device is unknown, with the reason, and the others are read as ever.

cat >odd.fleet.csv <<'F'
serial,server,profile,enrollment_status,added
ODDRECORD001,WS1 EMEA,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
ODDRECORD002,WS1 EMEA,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
ODDRECORD003,WS1 APAC,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
ODDRECORD004,WS1 Americas,Corporate iPads,Enrolled,2025-04-30T22:05:14Z
F
cut -d, -f1 odd.fleet.csv >odd.csv
odd() { # SERVICE PATH MEMBER VALUE: of ODDRECORD002
	cat >odd.yaml <<S
version: 1
odd:
  - {service: $1, path: "$2", serial: ODDRECORD002, ${3:+member: $3, }value: '$4'}
S
	new_world --fleet odd.fleet.csv --scenario "$work/odd.yaml"
}
rule() { # CONDITION
	printf 'version: 1\nname: odd\nrules:\n  - {name: r, match: {%s}, do: [{advise: x}]}\n' "$1" >r.yaml
	printf '  - {name: rest, match: {always: true}, do: [skip]}\n' >>r.yaml
}
judged() { # WHAT CONDITION ODD-OUTCOME OTHERS
	local got
	rule "$2"
	run plan odd.csv --rules r.yaml --out odd.plan.csv
	got=$(verdicts odd.plan.csv | cut -d' ' -f1,2)
	same "$1: the odd device" "ODDRECORD002 $3" "$(grep 002 <<<"$got")"
	same "$1: the others" 3 "$(grep -v 002 <<<"$got" | grep -c " $4\$")"
}

# Dates: read rightly, absent where systems write never, or unknown.
while IFS='|' read -r value outcome; do
	[ -n "$value" ] || continue
	odd apple '/v1/orgDevices*' attributes.addedToOrgDateTime "$value"
	judged "added $value" 'not: {apple.added|before: 2026-01-01}' "$outcome" skipped
done <<'T'
1746050714192|undecided
false|undecided
"2025-04-30T22:05:14+0000"|skipped
"2025-04-30T22:05Z"|skipped
"2025-04-30T22:05"|undecided
"04/05/2025 1:22:16 PM"|undecided
"/Date(1746050714192)/"|skipped
"1448-05-14T13:22:16Z"|undecided
"2569-11-05T13:22:16Z"|undecided
"/Date(1746050714)/"|undecided
"0001-01-01T00:00:00Z"|manual
"1/1/1900 12:00:00 AM"|manual
null|manual
T

# A status that nobody knows: nothing is sent, whatever the rule; what has none is no better.
for value in '"LENT"' null absent '""' 7 '["x"]'; do
	odd apple '/v1/orgDevices*' attributes.status "$value"
	printf 'version: 1\nname: odd\nrules:\n  - {name: all, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' >r.yaml
	run apply odd.csv --rules r.yaml --yes --max-wait 12h --allow percent=100 --out odd.result.csv
	exits "status $value: one row is undecided" 3
	same "status $value: the odd device" 'ODDRECORD002 undecided' \
		"$(verdicts odd.result.csv | grep 002 | cut -d' ' -f1,2)"
	check "status $value: it says why" grep -q '002.*apple.status: Apple gives it' odd.result.csv
	same "status $value: nothing was sent for it" 0 "$(effects unassign ODDRECORD002)"
	same "status $value: the others are done" 3 "$(verdicts odd.result.csv | grep -c ' done ')"
	rm -f odd.result.csv
done

# An entry that names no device may be any: what the list does not show is unknown, what it shows is
# read. Apple's devices can be asked for by name, the UEM's list cannot.
for value in null '"x"' '[]' '{}' '{"id":7}'; do
	odd apple '/v1/orgDevices' '' "$value"
	judged "an entry $value of Apple's devices" 'apple.known: false' skipped skipped
	odd apple '/v1/mdmServers/?*' '' "$value"
	judged "an entry $value of a server's list" 'not: {apple.server|present: true}' undecided skipped
	odd uem '*/dep/groups/*/devices' '' "$value"
	judged "an entry $value of the UEM's list" 'uem.listed: false' undecided skipped
	run export --out odd.export.csv
	exits "an export with an entry $value" 0
	check "an export with an entry $value: it is not said to be missing" \
		grep -q 'ODDRECORD002.*unknown' odd.export.csv
done
for value in lower blanks; do
	odd uem '*/dep/groups/*/devices' deviceSerialNumber "$value"
	judged "a serial in $value" 'uem.listed: false' skipped skipped
	odd uem '*/mdm/devices*' SerialNumber "$value"
	judged "a record's serial in $value" 'not: {uem.device|present: true}' skipped skipped
done
for value in null '""' 7 false; do
	odd uem '*/dep/groups/*/devices' deviceSerialNumber "$value"
	judged "a serial $value" 'uem.listed: false' undecided skipped
	odd uem '*/dep/groups/*/devices' profileName "$value"
	case $value in
	null | '""') judged "a profile $value" 'not: {uem.profile|present: true}' skipped skipped ;;
	*) judged "a profile $value" 'not: {uem.profile|present: true}' undecided skipped ;;
	esac
done

# Assigned, says Apple of it, and its server lists it under another name.
odd apple '/v1/mdmServers/?*' id '"OTHERDEVICE1"'
judged 'listed under another name' 'apple.status: ASSIGNED, not: {apple.server|present: true}' undecided skipped
check 'why its server is unknown is said' \
	grep -q '002.*apple.server: Apple calls it ASSIGNED and names no server that it is on' odd.plan.csv

# A tenant says in which order it writes dates.
odd uem '*/mdm/devices*' LastSeen '"05/11/2026 1:22:16 PM"'
judged 'day and month that may be either' 'uem.last_seen|older_than: 100d' undecided skipped
check 'how to settle it is said' grep -q 'uem.date_order' odd.plan.csv
sed -i 's|^uem:|uem:\n  date_order: dmy|' depmend.yaml
judged 'with dmy it is November' 'uem.last_seen|older_than: 100d' skipped skipped
sed -i 's|date_order: dmy|date_order: mdy|' depmend.yaml
judged 'with mdy it is May' 'uem.last_seen|older_than: 100d' manual skipped

# Years of other calendars are no dates of this one, in lists neither.
printf 'serial,seen\nODDRECORD001,14/05/1448\nODDRECORD002,05/11/2569\nODDRECORD003,05/11/2019\n' >calendar.csv
for condition in 'csv.seen|older_than: 100d' 'csv.seen|before: 2030-01-01' 'not: {csv.seen|newer_than: 100d}'; do
	printf 'version: 1\nname: n\ndates: ["%%d/%%m/%%Y"]\nrules:\n  - {name: old, match: {%s}, do: [{advise: x}]}\n  - {name: rest, match: {always: true}, do: [skip]}\n' \
		"$condition" >calendar.yaml
	run plan calendar.csv --rules calendar.yaml --offline --out calendar.plan.csv
	same "the year 1448 or 2569 is not known to be $condition" 2 "$(grep -c '00[12],.*undecided' calendar.plan.csv)"
	same "an old one beside them is ($condition)" 'ODDRECORD003 manual old' "$(verdicts calendar.plan.csv | grep 003)"
done

# What a list says is read as well: a cell that means never is no old date.
for never in 0001-01-01T00:00:00 1900-01-01 1970-01-01T00:00:00Z 1899-12-30 '1/1/0001 12:00:00 AM' '1/1/1970 12:00:00 AM'; do
	printf 'serial,seen\nODDRECORD001,%s\nODDRECORD002,11/20/2019 1:00:00 PM\n' "$never" >never.csv
	for condition in 'older_than: 100d' 'before: 2020-01-01'; do
		printf 'version: 1\nname: n\ndates: ["%%m/%%d/%%Y %%I:%%M:%%S %%p"]\nrules:\n  - {name: old, match: {csv.seen|%s}, do: [{advise: x}]}\n  - {name: rest, match: {always: true}, do: [skip]}\n' \
			"$condition" >never.yaml
		run plan never.csv --rules never.yaml --offline --out never.plan.csv
		same "a cell with $never is not $condition" 'ODDRECORD001 skipped rest' "$(verdicts never.plan.csv | grep 001)"
		same "an old one beside it is ($condition)" 'ODDRECORD002 manual old' "$(verdicts never.plan.csv | grep 002)"
	done
done

# What is not over has not happened: a release or a contact of the year 9999 is no date that rules could go by.
for value in '"9999-12-31T23:59:59Z"' '"9999-12-31T00:00:00.000+00:00"'; do
	odd apple '/v1/orgDevices*' attributes.releasedFromOrgDateTime "$value"
	judged "released $value" 'apple.released|present: true' undecided skipped
	odd apple '/v1/orgDevices*' attributes.addedToOrgDateTime "$value"
	judged "added $value" 'apple.added|newer_than: 30d' undecided skipped
	odd uem '*/mdm/devices*' LastSeen "$value"
	judged "last seen $value" 'uem.last_seen|newer_than: 30d' undecided skipped
done

# An export tells each date of a device as it is, and so does a list made of it.
cat >dates.fleet.csv <<'F'
serial,server,profile,enrollment_status,added,order_date,last_seen,coverage,coverage_end
ODDDATES0001,WS1 EMEA,Corporate iPads,Enrolled,2025-04-30T22:05:14Z,2025-04-02T00:00:00Z,2026-11-20T22:05:14Z,expired,2026-04-01T00:00:00Z
ODDDATES0002,WS1 APAC,Corporate iPads,Enrolled,2025-05-30T22:05:14Z,2025-05-02T00:00:00Z,2026-10-20T22:05:14Z,active,2027-04-01T00:00:00Z
ODDDATES0003,WS1 Americas,,,2025-06-30T22:05:14Z,2025-06-02T00:00:00Z,,active,2027-03-01T00:00:00Z
F
new_world --fleet dates.fleet.csv
run export --detail --out dates.csv --max-wait 12h
exits 'an export with dates' 0
cat >dates.py <<'P'
import csv, sys
for r in sorted(csv.DictReader(open(sys.argv[1])), key=lambda r: r["serial"]):
    print(r["serial"], *(r[k][:10] for k in ("added", "order_date", "last_seen", "coverage_end")))
P
same 'each date of the export is its own' "$(python3 dates.py dates.fleet.csv)" "$(python3 dates.py dates.csv)"
