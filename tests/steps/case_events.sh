# shellcheck shell=bash disable=SC2154
# Audit events: a second proof, and a witness of what nobody answered. Never proof of the opposite.

fleet <<'F'
serial,server
EVTMOVED0001,WS1 EMEA
EVTMOVED0002,WS1 EMEA
F
event_reads() {
	requests '.path == "/v1/auditEvents"'
}
rules '[{reassign: {to: WS1 APAC}}, sync]'
rows EVTMOVED0001 EVTMOVED0002

new_world --fleet fleet.csv
apply
exits 'a run with events' 0
check 'they are in the evidence' test -n "$(cell EVTMOVED0001 depmend_evidence | grep -o 'event:[0-9a-f-]\{36\}')"
check 'each row has its own' test "$(cell EVTMOVED0001 depmend_evidence)" != "$(cell EVTMOVED0002 depmend_evidence)"
same 'they are read once before the change, and once for the evidence' 2 "$(event_reads)"

new_world --fleet fleet.csv --scenario apple-late-events
rm -f in.result.csv
apply
exits 'events that come late are no reason to doubt' 0
same 'there is none in the evidence' '' "$(cell EVTMOVED0001 depmend_evidence | grep -o event:)"

# The reply is lost and the lists lag behind for hours: only the event tells that it was carried out.
cat >lost.yaml <<'F'
version: 1
knobs: {apple.visibility_lag: 5h}
faults:
  - {service: apple, method: POST, path: /v1/orgDeviceActivities, nth: 1, do: reset, applied: yes}
F
rules '[{reassign: {to: WS1 APAC}}]'
rows EVTMOVED0001
new_world --fleet fleet.csv --scenario lost.yaml
apply
same 'it is not sent again' 1 "$(requests '.method == "POST" and .path == "/v1/orgDeviceActivities"')"
same 'and not called done' 'unverified apple.not_proved' "$(outcome EVTMOVED0001)"
check 'the witness is named' grep -q 'event:' in.result.csv
