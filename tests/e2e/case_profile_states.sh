# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# Profiles that failed, are throttled or stay in assignment: since when, and when to try again.

cat >fleet.csv <<'F'
serial,server,family,listed,profile,profile_status,added
STATEFAILED1,WS1 EMEA,iPad,yes,Corporate iPads,Failed,2026-11-01
STATETHROTT2,WS1 EMEA,iPad,yes,Corporate iPads,Throttled,2026-11-01
STATEPROGRE3,WS1 EMEA,iPad,yes,Corporate iPads,Assignment in progress,2026-11-01
STATEPUSHED4,WS1 EMEA,iPad,yes,Corporate iPads,Pushed,2026-11-01
STATENOTHIN5,WS1 APAC,iPad,no,,,2026-11-01
STATENOTHIN6,WS1 Americas,iPad,no,,,2026-11-01
F
cut -d, -f1 fleet.csv | head -5 >states.csv
cat >states.yaml <<'Y'
version: 1
rules:
  - {name: now, match: {uem.profile_retry|older_than: 1s}, do: [skip], because: try it}
  - {name: long, match: {uem.profile_since|older_than: 12h}, do: [{advise: it takes long}]}
  - {name: waits, match: {uem.profile_since|present: true}, do: [{advise: wait}]}
  - {name: rest, match: {always: true}, do: [skip]}
tests:
  - row: {uem.profile_status: Throttled, uem.profile_since: 2026-11-01, uem.profile_retry: 2030-01-01}
    now: 2026-11-02
    expect: {rule: long}
  - {row: {uem.profile_status: Pushed}, expect: {rule: rest}}
Y
states() { # AT: what a plan says of each
	rm -f states.plan.csv
	DEPMEND_CLOCK=virtual:$1 run plan states.csv --rules ./states.yaml --out states.plan.csv
	python3 -c 'import csv
for r in csv.DictReader(open("states.plan.csv")):
    print(r["depmend_rule"], r["depmend_reason"].partition("profile ")[2] or "-", sep=": ")'
}

new_world --fleet fleet.csv --set uem.enums=names
run check states.csv --rules ./states.yaml
exits 'facts that rules can name' 0
states 2026-11-22T03:00:00Z >first
same 'rows say since when and when next' 'waits: Failed since 2026-11-22T03:00:00Z, next try now
waits: Throttled since 2026-11-22T03:00:00Z, next try 2026-11-23T03:00:00Z
waits: In progress since 2026-11-22T03:00:00Z, next try 2026-11-22T07:00:00Z
rest: -' "$(sed 's/:0[0-9]Z/:00Z/g' first)"
states 2026-11-22T16:00:00Z >later
same 'the time goes on, the state is the same one' 'now: Failed since 2026-11-22T03:00:00Z, next try now
long: Throttled since 2026-11-22T03:00:00Z, next try 2026-11-23T03:00:00Z
now: In progress since 2026-11-22T03:00:00Z, next try now
rest: -' "$(sed 's/:0[0-9]Z/:00Z/g' later)"
DEPMEND_CLOCK=virtual:2026-11-22T16:00:00Z run doctor
check 'doctor names the failed ones' grep -q '1 whose profile failed.*since 2026-11-22T03:00:0.Z, next try now' out
check 'those that Apple throttles' grep -q '1 whose profile Apple throttles.*next try 2026-11-23T03:00:0.Z' out
check 'and those in assignment' grep -q '1 still in assignment.*since 2026-11-22T03' out
DEPMEND_CLOCK=virtual:2026-11-22T16:00:00Z run apply states.csv --rules ./states.yaml --yes
check 'so does the result of a run' grep -q 'Throttled since 2026-11-22T03:00:0.Z, next try 2026-11-23' states.result.csv
run report latest --html states.html
check 'and its page' grep -q 'Throttled since 2026-11-22T03:00:0.Z' states.html

# What the services say themselves is never shortened, neither by the settings nor by what they say
# later; a state that comes back begins anew.
throttled() { # AT
	states "$1" | sed -n '2{s/:0[0-9]Z/:00Z/g;p}'
}
new_world --fleet fleet.csv --set uem.throttle_says=3d --state sim.db --set uem.enums=names
printf 'timeouts: {throttled: 1h}\n' >>depmend.yaml
same 'longer than the settings' 'waits: Throttled since 2026-11-22T03:00:00Z, next try 2026-11-25T03:00:00Z' \
	"$(throttled 2026-11-22T03:00:00Z)"
sim_stop
sim_start --state sim.db --set uem.throttle_says=30m --set uem.enums=names
settings_with 'timeouts: {throttled: 1h}'
same 'less is said later' 'long: Throttled since 2026-11-22T03:00:00Z, next try 2026-11-25T03:00:00Z' \
	"$(throttled 2026-11-23T03:00:00Z)"
sim_stop
sqlite3 sim.db "UPDATE record SET status = 2 WHERE device = 2"
sim_start --state sim.db --set uem.enums=names
settings_with 'timeouts: {throttled: 1h}'
same 'it went through' 'rest: -' "$(throttled 2026-11-24T03:00:00Z)"
sim_stop
sqlite3 sim.db "UPDATE record SET status = 5 WHERE device = 2"
sim_start --state sim.db --set uem.enums=names
settings_with 'timeouts: {throttled: 1h}'
same 'throttled again is another time' 'waits: Throttled since 2026-11-25T03:00:00Z, next try 2026-11-25T04:00:00Z' \
	"$(throttled 2026-11-25T03:00:00Z)"

# A run that meets one: its row says so, by one look at the end.
sim_stop
cat >give.yaml <<'Y'
version: 1
rules: [{name: give, match: {always: true}, do: [{assign_profile: {profile: Corporate iPads}}]}]
Y
sed 's/,Corporate iPads,[A-Z][a-z ]*,/,,,/' fleet.csv >bare.csv
new_world --fleet bare.csv --profile 'Corporate iPads' --set uem.enums=names --set uem.throttled=STATETHROTT2 \
	--set uem.throttle_time=30d
head -3 states.csv >give.csv
run apply give.csv --rules ./give.yaml --yes --allow percent=100 --max-wait 12h
exits 'Apple throttles one of two' 5
check 'its row says so' grep -q ',unverified,.*uem.not_proved: .*profile Throttled since 2026-11-22T.*, next try 2026-11-23T' give.result.csv
same 'the other one is done' 1 "$(grep -c '^STATEFAILED1.*,done,' give.result.csv)"
same 'each token was read before, and once more of who does not show it' 3 "$(requests '.path | test("/enrollment-tokens/")')"

# A profile is not given before the time that is known, whoever saw it, and whatever the rules ask.
again() { # AT [OPTION...]
	rm -f give.result*.csv
	DEPMEND_CLOCK=virtual:$1 run apply give.csv --rules ./give.yaml --yes --allow percent=100 --max-wait 12h "${@:2}"
}
given() {
	requests '.query | test("action=Assign")'
}
before=$(given)
again 2026-11-23T02:00:00Z
exits 'who is throttled waits' 0
same 'the row says until when' 1 "$(grep -c '^STATETHROTT2.*,waiting,.*uem.profile_wait: .*until 2026-11-23T' give.result.csv)"
same 'and nothing is sent' "$before" "$(given)"
again 2026-11-23T02:30:00Z --now 2026-12-24T00:00:00Z
same 'nor by another day' "1 $before" "$(grep -c ',waiting,' give.result.csv) $(given)"
again 2026-11-24T03:00:00Z
same 'after that it is tried again' $((before + 1)) "$(given)"

# Nor before a time that nobody has asked for yet.
sim_stop
rm -f sim.db*
new_world --fleet bare.csv --profile 'Corporate iPads' --set uem.enums=names --state sim.db
sim_stop
sqlite3 sim.db "UPDATE record SET status = 5 WHERE device = 2"
sim_start --state sim.db --set uem.enums=names --set uem.throttle_says=3d
settings_with 'timeouts: {throttled: 1h}'
again 2026-11-22T03:00:00Z
exits 'who is throttled and was never read waits' 0
same 'until the time that the service names' 1 "$(grep -c '^STATETHROTT2.*,waiting,.*uem.profile_wait: .*until 2026-11-25T' give.result.csv)"
same 'and only the other one is given a profile' 1 "$(given)"
sim_stop
rm -f sim.db*

new_world --fleet bare.csv --profile 'Corporate iPads' --set uem.enums=names --set uem.throttled=STATETHROTT2 \
	--set uem.throttle_says=3d --set uem.throttle_time=30d --state sim.db
settings_with 'timeouts: {throttled: 1h}'
again 2026-11-22T03:00:00Z
before=$(given)
again 2026-11-24T03:00:00Z
same 'a time that a service named is not shortened' "1 $before" \
	"$(grep -c '^STATETHROTT2.*,waiting,.*until 2026-11-25T' give.result.csv) $(given)"
again 2026-11-26T03:00:00Z
same 'asked once more just before, it names another' "1 $before" \
	"$(grep -c '^STATETHROTT2.*,waiting,.*until 2026-11-29T' give.result.csv) $(given)"
sim_stop
sim_start --state sim.db --set uem.enums=names --set uem.throttled=STATETHROTT2 --set uem.throttle_time=30d
settings_with 'timeouts: {throttled: 1h}'
again 2026-11-30T03:00:00Z
same 'it is over' $((before + 1)) "$(given)"

# However it is said, and whatever the state is said to be.
says() { # JSON MEMBERS...: what the detail of its token says, from now on: member=JSON
	local one
	{
		echo 'version: 1'
		echo 'odd:'
		for one in "$@"; do
			echo "  - {service: uem, path: '*enrollment-tokens/*', member: ${one%%=*}, value: '${one#*=}'}"
		done
	} >says.yaml
	sim_stop
	sim_start --state sim.db --set uem.enums=names --scenario says.yaml
	settings_with 'timeouts: {throttled: 1h}'
}
seen() { # AT: somebody looks
	DEPMEND_CLOCK=virtual:$1 run plan give.csv --rules ./states.yaml --out look.csv
}
until_when() { # AT: until when the plan of give.yaml lets it wait
	rm -f give.plan.csv
	DEPMEND_CLOCK=virtual:$1 run plan give.csv --rules ./give.yaml --out give.plan.csv
	sed -n 's/.*uem.profile_wait: .*until \([^ ,"]*\):..Z.*/\1/p' give.plan.csv
}
printf 'serial\nSTATETHROTT2\n' >give.csv
sed 's/STATETHROTT2,WS1 EMEA,iPad,yes,Corporate iPads/STATETHROTT2,WS1 EMEA,iPad,yes,/' fleet.csv >none.csv
named() { # WHAT UNTIL MEMBER=JSON...
	local what=$1 until=$2
	shift 2
	new_world --fleet none.csv --profile 'Corporate iPads' --state sim.db
	says "$@"
	seen 2026-11-22T03:00:00Z
	same "$what" "$until" "$(until_when 2026-11-22T03:10:00Z)"
}
named 'a fraction of a second' 2026-11-24T03:01 'profile_status="Throttled"' retry_after_seconds=172860.5
named 'as a text' 2026-11-24T03:01 'profile_status="Throttled"' 'retry_after_seconds="172860.5"'
named 'longer than a year' 2028-11-21T03:00 'profile_status="Throttled"' retry_after_seconds=63072000
named 'as good as for ever' "$(date -u -d '2026-11-22T03:00:00Z +36600 days' +%FT%H:%M)" 'profile_status="Throttled"' retry_after_seconds=1e18
named 'without a state' 2026-11-25T03:00 'profile_status=absent' retry_after_seconds=259200
named 'with an empty one' 2026-11-25T03:00 'profile_status=""' retry_after_seconds=259200
named 'of a state that nobody has heard of' 2026-11-25T03:00 'profile_status="Resting"' retry_after_seconds=259200
says 'profile_status="Assigned"'
seen 2026-11-23T03:00:00Z
same 'assigned in between' 2026-11-25T03:00 "$(until_when 2026-11-23T03:00:00Z)"
says 'profile_status="Throttled"' retry_after_seconds=60
seen 2026-11-23T05:00:00Z
same 'throttled once more, for less' 2026-11-25T03:00 "$(until_when 2026-11-23T05:10:00Z)"
says 'profile_status="Assigned"'
seen 2026-11-25T04:00:00Z
same 'it is over' '' "$(until_when 2026-11-25T04:00:00Z)"

# Throttled between the plan and its turn.
cat >mend.yaml <<'Y'
version: 1
rules: [{name: mend, match: {uem.profile_status: Failed}, do: [{assign_profile: {profile: Corporate iPads}}]}]
Y
cat >late.yaml <<'Y'
version: 1
odd:
  - {service: uem, path: '*enrollment-tokens/*', nth: 1, member: profile_status, value: '"Failed"'}
  - {service: uem, path: '*enrollment-tokens/*', nth: 2, member: profile_status, value: '"Throttled"'}
  - {service: uem, path: '*enrollment-tokens/*', nth: 2, member: retry_after_seconds, value: '7200'}
Y
new_world --fleet none.csv --profile 'Corporate iPads' --set uem.enums=names --scenario late.yaml
rm -f give.result*.csv
run apply give.csv --rules ./mend.yaml --yes --allow percent=100
exits 'throttled since the plan' 0
same 'it waits' 1 "$(grep -c '^STATETHROTT2.*,waiting,.*uem.profile_wait: .*until 2026-11-23T03' give.result.csv)"
same 'and nothing was sent' 0 "$(given)"
run apply give.csv --rules ./mend.yaml --yes --allow percent=100
same 'nor by the run that comes next' 0 "$(given)"

# The number of a state that the settings give no words: the row says it as it is, with the time that was named.
head -3 states.csv >give.csv
numbered() { # WHAT REASON OPTION...: of the row, and what doctor says
	local what=$1 reason=$2
	shift 2
	new_world --fleet bare.csv --profile 'Corporate iPads' --set uem.throttled=STATETHROTT2 --set uem.throttle_time=30d "$@"
	rm -f give.result*.csv
	run apply give.csv --rules ./give.yaml --yes --allow percent=100 --max-wait 12h
	exits "$what: it does not show" 5
	same "$what: the row" "$reason" "$(sed -n 's/^STATETHROTT2.*,unverified,.*the change: \([^"]*\)".*/\1/p; s/^STATETHROTT2.*,unverified,.*the change: \([^",]*\),status.*/\1/p' \
		give.result.csv | sed 's/:0[0-9]Z/:00Z/g')"
}
numbered 'a number and a time' 'profile status 5 since 2026-11-22T03:31:00Z, next try 2026-11-25T03:31:00Z' --set uem.throttle_says=3d
run report latest --html give.html
check 'so does its page' grep -q 'profile status 5 since 2026-11-22T03:3' give.html
DEPMEND_CLOCK=virtual:2026-11-23T03:00:00Z run doctor --older-than 1h
check 'and doctor' grep -q '1 whose profile the UEM wants to be left alone.*next try 2026-11-2[56]T' out
same 'it counts the number as well' 1 "$(grep -c 'tells the profile status of [0-9]* devices\? as a number' out)"
before=$(given)
DEPMEND_CLOCK=virtual:2026-11-24T03:00:00Z run apply give.csv --rules ./give.yaml --yes --allow percent=100 --max-wait 12h
same 'nothing is sent before' "$before" "$(given)"
numbered 'a number alone' 'profile status 5'
numbered 'a name and a time' 'profile Throttled since 2026-11-22T03:31:00Z, next try 2026-11-25T03:31:00Z' --set uem.throttle_says=3d --set uem.enums=names
