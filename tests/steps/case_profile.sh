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
