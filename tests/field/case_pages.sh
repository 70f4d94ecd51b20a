# shellcheck shell=bash disable=SC2154
# Every list reader, and one table of ways in which pages come. Rules that fire on what is missing make
# each list speak: a device that a list loses would change its row.

"$build/depmend-sim" --make-fleet 130 --seed 7 >pages.fleet.csv
cut -d, -f1 pages.fleet.csv >pages.csv
absence() { # CONDITION...: a rule for each, then one that leaves the rest alone
	local i=0
	printf 'version: 1\nname: absence\nrules:\n'
	for condition in "$@"; do
		i=$((i + 1))
		printf '  - {name: r%s, match: {%s}, do: [{advise: missing}]}\n' $i "$condition"
	done
	printf '  - {name: rest, match: {always: true}, do: [skip]}\n'
}
absence 'apple.known: false' 'not: {apple.added|present: true}' >apple-devices.yaml
absence 'not: {apple.server|present: true}' 'apple.server: WS1 EMEA' >apple-servers.yaml
absence 'uem.listed: false' 'not: {uem.profile|present: true}' >uem-list.yaml
absence 'not: {uem.profile_status|present: true}' >uem-tokens.yaml
absence 'uem.profile_count|lt: 1' 'uem.custom_prompt: true' >uem-profiles.yaml
absence 'uem.user_licensed_apps|ge: 1' 'uem.public_apps|ge: 1' >uem-apps.yaml
absence 'not: {uem.device|present: true}' >uem-records.yaml
lists='apple-devices apple-servers uem-list uem-tokens uem-profiles uem-apps uem-records'

# NAME, harmless: nothing may become unknown, KNOBS
behaviours='
clamped|yes|page.clamp=10
short|yes|page.clamp=10 page.short=3
unlimited-short|yes|page.short=1
untold|yes|page.clamp=10 page.total=none
empty|yes|page.clamp=10 page.empty=2
ignored|no|page.clamp=10 page.ignored=yes
repeated|no|page.clamp=10 page.repeat=2
shifting|no|page.clamp=10 page.shift=1
shifting-far|no|page.clamp=10 page.shift=7
losing|no|page.clamp=10 page.lose=1
too-small|no|page.clamp=10 page.total_less=10
too-large|no|page.clamp=10 page.total_more=7
cut|no|page.clamp=10 page.cut=2
ignored-untold|no|page.clamp=10 page.ignored=yes page.total=none
'

plan_list() { # LIST: verdicts in LIST.got
	rm -f got.csv
	run plan pages.csv --rules "$1.yaml" --out got.csv --max-wait 12h
	: >got
	[ ! -s got.csv ] || verdicts got.csv >got
}

# Lists that only doctor and export read, or that every command reads first: servers, groups of a
# Group ID that others begin with, users of a name that others end with, apps, audit events.
{
	echo serial,server,profile,enrollment_status,user
	for i in $(seq 10 34); do
		echo "PAGESRVR00$i,WS1 EMEA $i,Corporate iPads,Enrolled,a$i.jo@example.com"
	done
	for i in 1 2 3; do
		echo "PAGEDEVI000$i,WS1 EMEA,Corporate iPads,Enrolled,jo@example.com"
		echo "PAGEDEVI001$i,WS1 APAC,Corporate iPads,Enrolled,jo@example.com"
		echo "PAGEDEVI002$i,WS1 Americas,Corporate iPads,Enrolled,jo@example.com"
	done
	for i in $(seq 10 39); do echo "PAGEOFFS00$i,WS1 APAC,,,"; done
} >many.fleet.csv
grep OFFS many.fleet.csv | sed '1i serial,server,profile,enrollment_status,user' | cut -d, -f1 >many.csv
printf 'version: 1\nname: off\nrules:\n  - {name: off, match: {always: true}, do: [unassign]}\n' >many.yaml
new_findings() { # those of many.want that are not in it, whatever is not checked
	jq -r 'select(.state == "finding" and (.proof | test("in whole|repeats entries|names itself") | not)) |
		.check + " " + .subject' out | sort >many.got
	comm -13 many.want many.got
}
asked_too_often() {
	test "$(wc -l <"$audit")" -lt 2500
}
many() { # NAME HARMLESS KNOBS...
	local name=$1 harmless=$2
	shift 2
	new_world --fleet many.fleet.csv --set uem.profile_user=inside --set uem.apps=device "$@"
	run doctor --json
	same "doctor, $name pages: nothing is taken for missing" '' "$(new_findings)"
	[ "$harmless" = no ] || same "doctor, $name pages: all is checked" "$(cat many.unchecked)" \
		"$(jq -r 'select(.state == "not checked") | .check' out | sort -u | xargs)"
	check "doctor, $name pages: it ends" asked_too_often
	run apply many.csv --rules many.yaml --yes --max-wait 12h --allow percent=100 --out many.result.csv
	run export --off-server --out many.off.csv --max-wait 12h
	[ -e many.off.csv ] || : >many.off.csv
	same "audit events, $name pages: nobody else is listed" 0 "$(grep -c 'PAGE[DS]' many.off.csv)"
	[ "$harmless" = no ] || same "audit events, $name pages: all of them" 30 "$(grep -c PAGEOFFS many.off.csv)"
	rm -f many.result.csv many.off.csv
}
: >many.want
new_world --fleet many.fleet.csv --set uem.profile_user=inside --set uem.apps=device
run doctor --json
jq -r 'select(.state == "finding") | .check + " " + .subject' out | sort >many.want
jq -r 'select(.state == "not checked") | .check' out | sort -u | xargs >many.unchecked

new_world --fleet pages.fleet.csv --set uem.enums=names
for list in $lists; do
	plan_list "$list"
	mv got "$list.want"
	same "$list: every row is decided when all is well" 0 "$(grep -c undecided "$list.want")"
done
while IFS='|' read -r name harmless knobs; do
	[ -n "$name" ] || continue
	sets=()
	for knob in $knobs; do
		sets+=(--set "$knob")
	done
	new_world --fleet pages.fleet.csv --set uem.enums=names "${sets[@]}"
	for list in $lists; do
		rm -rf state
		: >"$audit"
		plan_list "$list"
		read -r wrong undecided < <(differ "$list.want" got)
		same "$list, $name pages: nothing is taken for missing" 0 "$wrong"
		[ "$harmless" = no ] || same "$list, $name pages: all is read" \
			"$(wc -l <"$list.want") 0" "$(wc -l <got) $undecided"
		check "$list, $name pages: it ends" test "$(wc -l <"$audit")" -lt 1000
	done
	many "$name" "$harmless" "${sets[@]}"
done <<<"$behaviours"

# A colleague has just put it on a server: its record is of before that, and the server's list is cut.
{ cat pages.fleet.csv && echo 'PAGELATE0001,'; } >late.fleet.csv
{ cat pages.csv && echo PAGELATE0001; } >late.csv
absence 'not: {apple.server|present: true}' >late.yaml
cat >late.scenario.yaml <<'END'
version: 1
overrides:
  - {service: apple, path: '/v1/orgDevices*', knobs: {apple.stale: 1h}}
  - {service: apple, path: '/v1/mdmServers/*/relationships/devices', knobs: {page.clamp: 10, page.cut: 2}}
admins: [{on: {service: apple, path: /v1/mdmServers, nth: 1}, at: before, do: assign, server: WS1 EMEA, serials: [PAGELATE0001]}]
END
new_world --fleet late.fleet.csv --scenario late.scenario.yaml
run plan late.csv --rules late.yaml --out late.got.csv --max-wait 12h
same 'a cut list and a record of before: its server is not known' undecided "$(cut -d, -f2 late.got.csv | tail -n 1)"
