# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# `sync: {command: ...}` of another device management service: one that fails is a service that
# cannot be reached (69), one that cannot be run a mistake of the settings (78). Either way devices
# come back.

alone() { # COMMAND
	fresh
	grep -m 3 'WS1 EMEA' "$root/samples/fleet.csv" | cut -d, -f1 | sed '1i serial' >in.csv
	sed -i '/^uem:/,/client_secret:/d' "$work/depmend.yaml"
	printf '%s\n' "sync: {command: $1}" 'limits: {percent: 100}' >>"$work/depmend.yaml"
	printf 'version: 1\nname: again\nrules:\n  - {name: one, match: {always: true}, do: [unassign, sync, reassign, sync]}\n' \
		>"$work/again.yaml"
}
apply() {
	run apply in.csv --rules ./again.yaml --yes --past-halt --max-wait 12h
}
cd "$work" || exit 1

while IFS='|' read -r command wanted said; do
	alone "$command"
	apply
	exits "sync by $command" "$wanted"
	check "sync by $command: it is named" grep -q "sync: $said" err
	same "sync by $command: who was taken off is back" "$(effects unassign)" "$(effects assign)"
	check "sync by $command: the row says so" grep -q ',restored,' in.result.csv
	sed -i "s|^sync: .*|sync: {command: [sh, -c, 'exit 0']}|" depmend.yaml
	apply
	exits "sync by $command: mended, it ends well" 0
done <<'END'
['false']|69|'false' ended with exit status 1
[sh, -c, 'kill -9 $$']|69|'sh' was ended by signal 9
[sh, -c, 'yes']|69|'sh' printed more than
[./nowhere/sync]|78|cannot run '[^ ]*': No such file
END

# Whoever started us did not care how his programs end, and that is handed down.
careless() { # depmend's arguments
	(trap '' CHLD && exec "$build/depmend" "$@") >out 2>err </dev/null
	# shellcheck disable=SC2034 # exits() reads it
	status=$?
}
alone "[sh, -c, 'exit 0']"
careless apply in.csv --rules ./again.yaml --yes --max-wait 12h
exits 'sync by a command, SIGCHLD ignored' 0
sed -i 's|private_key:.*|private_key: {command: [cat, apple.pem]}|' depmend.yaml
rm -f state/*/apple-token
careless export --out live.csv
exits 'a secret by a command, SIGCHLD ignored' 0
careless rehearse in.csv --rules ./again.yaml --out rehearsed.csv
exits 'a rehearsal, SIGCHLD ignored' 0
mkdir -p tenants && cp depmend.yaml tenants/one.yaml
cp apple.pem tenants/
careless export --settings tenants --out '{tenant}.csv'
exits 'many tenants, SIGCHLD ignored' 0
