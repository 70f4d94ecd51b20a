# shellcheck shell=bash disable=SC2154
# release in Apple School Manager: by the DEP service, with the token of a server of its own.

fleet <<'F'
serial,server,group
SCHSOLD00001,WS1 EMEA,
SCHSOLD00002,WS1 EMEA,
SCHDESK00003,depmend desk,-
SCHKEPT00004,depmend desk,-
F
business=$client
school_begin
school() { # TOKEN-FILE [SIMULATOR OPTION...]
	school_world "$@"
	rm -f in.result*.csv
}
disowns() {
	requests '.path == "/devices/disown"'
}
releases() { # N
	apply --allow "release=$1" --confirm "release=$1"
}

rows SCHSOLD00001 SCHSOLD00002 SCHDESK00003
for token in token.p7m token.json; do
	school "$token"
	rules '[delete_from_lifecycle, {reassign: {to: depmend desk}}, release]'
	releases 3
	exits "$token: devices are released" 0
	same "$token: all three have left" 3 "$(effects release)"
	same "$token: the one at the desk at once, the others together" 2 "$(disowns)"
	same "$token: each step is told" \
		'delete_from_lifecycle=done;reassign(depmend desk)=done;release=done' \
		"$(cell SCHSOLD00001 depmend_steps)"
done
rows SCHSOLD00001
rm -f in.result.csv
apply
same 'a released device stays so' 'unchanged state.holds' "$(outcome SCHSOLD00001)"

# --- what stands in the way ---
rules '[release]'
rows SCHSOLD00001
school token.json
releases 0
same 'a device has to be on the desk' 'failed apple.not_on_server' "$(outcome SCHSOLD00001)"
rows SCHDESK00003
school token.json
sqlite3 sim.db "UPDATE server SET disown=0"
apply
exits 'a desk that may not release' 3
same 'is told before anything is sent' 'failed apple.release_off' "$(outcome SCHDESK00003)"
rows SCHSOLD00001
rules '[delete_from_lifecycle, {reassign: {to: depmend desk}}, release]'
apply
same 'no device is moved there' 'failed apple.release_off 0' \
	"$(outcome SCHSOLD00001) $(effects unassign)"
rules '[release]'
rows SCHDESK00003

school token.json --scenario dep-terms
releases 1
exits 'terms that nobody accepted end the run' 77
check 'and are named' grep -qi 'terms' err
same 'before anything was sent' 0 "$(changes)"
school token.json --scenario dep-token-expired
releases 1
exits 'so does a token that is over' 77

school token.json
sed -i 's/server: depmend desk/server: WS1 EMEA/' depmend.yaml
releases 1
exits 'a token of another server is a mistake' 78

for scenario in dep-rotating-session dep-short-session dep-quoted-words dep-busy; do
	school token.json --scenario "$scenario"
	releases 1
	exits "$scenario does not matter" 0
done

cat >over.yaml <<'F'
version: 1
faults:
  - {service: dep, path: /account, nth: 1, do: reply, status: 403, code: FORBIDDEN, applied: no}
  - {service: dep, path: /devices/disown, nth: 1, do: reply, status: 403, code: FORBIDDEN, applied: no}
F
school token.json --scenario over.yaml
releases 1
exits 'a session that is over is begun anew' 0
same 'once for each refusal' 3 "$(requests '.path == "/session"')"
same 'and the device is released once' '1 2' "$(effects release) $(disowns)"

# --- replies that do not come ---
for applied in yes no; do
	printf 'version: 1\nfaults:\n  - {service: dep, method: POST, path: /devices/disown, nth: 1, do: reset, applied: %s}\n' \
		$applied >lost.yaml
	school token.json --scenario lost.yaml
	releases 1
	exits "the reply is lost, applied: $applied" 0
	same 'released once' '' "$(repeated_effects release)"
	same 'and it is gone' 'done' "$(outcome SCHDESK00003)"
done

school token.json
sed -i '/^enrollment:/,$d' depmend.yaml
releases 1
exits 'without enrollment: there is no way' 78
check 'which is said' grep -q 'enrollment:' err
same 'nobody else has left' 0 "$(effects release)"
client=$business
