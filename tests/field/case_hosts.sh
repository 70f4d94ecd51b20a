# shellcheck shell=bash disable=SC2154
# What answers in place of an API is named, with the remedy that fits.

printf 'version: 1\nname: r\nrules:\n  - {name: r, match: {uem.listed: false}, do: [{advise: x}]}\n' >hosts.yaml
head -20 "$root/samples/fleet.csv" | cut -d, -f1 >hosts.csv
answers() { # SERVICE PATH BODY [STATUS]
	printf 'version: 1\nfaults:\n  - {service: %s, path: "%s", do: reply, body: %s, applied: no%s}\n' \
		"$1" "$2" "$3" "${4:+, status: $4}" >hosts.scenario.yaml
	new_world --scenario "$work/hosts.scenario.yaml"
	run plan hosts.csv --rules hosts.yaml --out hosts.plan.csv --max-wait 1h
}
answers uem '/api/*' sign-in
exits 'the console instead of the API' 78
check 'it names the setting and the API server' grep -q 'sign-in page: uem.url has to name the API server' err
answers uem '*/dep/groups/*' sign-in
exits 'a sign-in page in place of a list' 78
answers uem '/api/*' firewall
exits 'a firewall' 78
check 'it does not speak of credentials' grep -q 'firewall or proxy on the way answered 403.*nothing about the credentials' err
answers apple '/v1/*' firewall
exits 'a firewall before Apple' 78
answers uem '*/dep/groups/*' maintenance
exits 'maintenance' 75
check 'it is named' grep -q 'down for maintenance' err

# A success that brings no list proves that nothing is missing: no list of it is empty.
for code in 202 203 206; do
	for body in empty json; do
		answers uem '*/dep/groups/*' $body $code
		exits "$code, $body, in place of a group's list" 3
		same "$code, $body: nobody is missing from it" 19 "$(verdicts hosts.plan.csv | grep -c ' undecided ')"
		check "$code, $body: it is named" grep -q "UEM answered $code instead of a list" hosts.plan.csv
		answers apple /v1/mdmServers $body $code
		exits "$code, $body, in place of the servers" 69
		check "$code, $body: no server is said to be missing" grep -q "Apple answered $code instead of a list" err
	done
done
# A list beside an errorCode is none, whatever the status says.
answers uem '*/system/groups/search' list 200
exits 'groups beside an errorCode' 69
check 'groups beside an errorCode: it is named' grep -q 'UEM answered 200/200: Failed' err
while IFS='|' read -r path fact; do
	printf 'version: 1\nname: r\nrules:\n  - {name: r, match: {not: {%s|ge: 1}}, do: [{advise: x}]}\n' "$fact" >hosts.yaml
	answers uem "$path" list 200
	check "$fact beside an errorCode: nothing is counted" test 10 -lt \
		"$(grep -c "undecided.*$fact: .*UEM answered 200/200: Failed" hosts.plan.csv)"
done <<'T'
*/dep/profiles/search|uem.profile_count
*/mam/apps/purchased/search|uem.user_licensed_apps
T
new_world
sed -i 's|^  url: http://127.0.0.1:[0-9]*  .*|  url: https://no-such-host.invalid|' depmend.yaml
unset DEPMEND_CLOCK
start=$SECONDS
run plan hosts.csv --rules hosts.yaml --out hosts.plan.csv
check 'a name that never resolved: within seconds' test $((SECONDS - start)) -lt 60
exits 'a name that never resolved' 69
check 'it says so' grep -q 'name cannot be resolved' err
export DEPMEND_CLOCK=virtual:2026-11-22T03:00:00Z

# A 404 of something else where records are deleted or wiped is a refusal that is named, not a riddle: it is asked once.
printf 'serial,server,enrollment_status\nHOSTGONE0001,WS1 EMEA,%s\nHOSTGONE0002,WS1 APAC,%s\nHOSTGONE0003,WS1 Americas,%s\n' \
	Unenrolled Unenrolled Unenrolled >gone.fleet.csv
cut -d, -f1 gone.fleet.csv >gone.csv
refused_by_a_page() { # STEP PATH METHOD STATUS-AND-BODY N: so many devices
	printf 'version: 1\nfaults:\n  - {service: uem, path: "%s", method: %s, do: reply, applied: no, %s}\n' \
		"$2" "$3" "$4" >gone.scenario.yaml
	new_world --fleet gone.fleet.csv --scenario "$work/gone.scenario.yaml"
	rules "[$1]"
	head -$(($5 + 1)) gone.csv >gone.some.csv
	rm -f gone.result.csv
	run apply gone.some.csv --rules rules.yaml --yes --max-wait 12h --allow percent=100 --allow "${1%%:*}=9" \
		--allow delete_record=9 --allow wipe=9 --confirm "delete_record=$5" --out gone.result.csv
	same "$1 of $5, $4: the rows name it" "$5" "$(grep -c ',failed,.*uem.refused: .*see uem.url' gone.result.csv)"
	same "$1 of $5, $4: it is asked once" 1 "$(requests ".method == \"$3\" and (.path | test(\"/mdm/devices\")) and
		(.query | test(\"Serialnumber\") | not)")"
}
refused_by_a_page delete_record '*/mdm/devices/bulk' POST 'status: 404, body: html' 3
refused_by_a_page delete_record '*/mdm/devices/*' DELETE 'status: 404, body: html' 1
refused_by_a_page delete_record '*/mdm/devices/*' DELETE 'status: 404, body: json' 1
