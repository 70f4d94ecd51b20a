# shellcheck shell=bash disable=SC2154
# Apple refuses names of newer attributes: depmend asks for the documented ones.

fleet <<'F'
serial,server
FLDMOVED0001,WS1 EMEA
F
new_world --fleet fleet.csv --scenario apple-documented-fields
rules '[{reassign: {to: WS1 APAC}}, sync]'
rows FLDMOVED0001
apply
exits 'documented names do' 0
same 'the device is moved' 'done' "$(outcome FLDMOVED0001)"
same 'the refusal came once' 1 "$(requests '.status == 400')"
rules '[{migrate: {to: WS1 EMEA, deadline: 30d}}]'
rm -f in.result.csv
apply
same 'what is not told is not known' 'undecided rule.unknown' "$(outcome FLDMOVED0001)"
