# shellcheck shell=bash disable=SC2154
# assign_profile and remove_profile: 5058, an assignment that stays in progress, names.

fleet <<'F'
serial,server,profile
PRFNONE00001,WS1 EMEA,
PRFNONE00002,WS1 EMEA,
PRFGIVEN0003,WS1 EMEA,Corporate iPads
F
puts() { # profile calls
	requests '.method == "PUT" and (.path | test("/profiles/.*/devices/"))'
}
rules '[{assign_profile: {profile: Corporate iPads}}]'
rows PRFNONE00001 PRFNONE00002 PRFGIVEN0003

new_world --fleet fleet.csv --scenario uem-profile-resync
apply
exits 'refused for want of a synced record: sync, then once more' 0
same 'one sync for all' 1 "$(syncs)"
same 'two tries each' 4 "$(puts)"
same 'both have it' 2 "$(effects profile)"
same 'what has it is left alone' 'unchanged state.holds' "$(outcome PRFGIVEN0003)"

new_world --fleet fleet.csv --scenario uem-profile-5058
rows PRFNONE00001
apply
exits 'refused after the sync as well' 3
same 'tried twice, not more' 2 "$(puts)"
same 'the refusal is told' 'failed uem.refused' "$(outcome PRFNONE00001)"
check 'with its number' grep -q '404/5058' in.result.csv

new_world --fleet fleet.csv --scenario uem-profile-stuck
rows PRFNONE00001
apply
exits 'an assignment that stays in progress' 5
same 'is not proved' 'unverified uem.not_proved' "$(outcome PRFNONE00001)"
same 'and was sent once' 1 "$(puts)"

new_world --fleet fleet.csv
rules '[remove_profile]'
rows PRFGIVEN0003 PRFNONE00001
apply
exits 'a profile is taken away' 0
same 'from the one that had it' 1 "$(effects profile)"
same 'the other is left alone' 'unchanged state.holds' "$(outcome PRFNONE00001)"

# --- names that the rules write mean one profile each, or nothing is done ---
names() { # WHAT DO MESSAGE
	rules "$2"
	apply
	exits "$1" 65
	check "$1: where, and what to do" grep -qF "$3" err
}
n=$(changes)
names 'a slip' '[{assign_profile: {profile: Corporate iPad}}]' \
	"rules.yaml:4:70: no profile is named 'Corporate iPad' in the UEM; did you mean 'Corporate iPads'?"
names 'a profile of elsewhere' '[unassign, sync, {assign_profile: {profile: Visitors}}]' \
	"no profile is named 'Visitors' in the UEM: use a name of the console's profile list"
names 'a slip in a server' '[{reassign: {to: WS1 EMAE}}]' \
	"rules.yaml:4:59: no server is named 'WS1 EMAE' at Apple; did you mean 'WS1 EMEA'?"
names 'a server of elsewhere' '[{reassign: {to: Jamf}}]' \
	"no server is named 'Jamf' at Apple: use a name that Apple's portal lists"
rules '[skip]'
sed -i 's/{always: true}/{uem.profile: Corporate iPda}/' rules.yaml
apply
exits 'a slip in a condition' 65
check 'a slip in a condition is told, too' grep -qF "did you mean 'Corporate iPads'?" err
same 'nothing was sent' "$n" "$(changes)"
