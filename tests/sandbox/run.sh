#!/usr/bin/env bash
# What depmend gives away before it talks to a server, and that it works without.
#
#	tests/sandbox/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/sandbox/run.sh BUILD}"
cd "$work" || exit 1
export ASAN_OPTIONS=detect_leaks=0 # no leaks are looked for under strace
cp "$root/samples/serials.txt" in.csv
new_world --seed 1

traced() { # depmend's arguments
	strace -f -qq -o trace -e trace=connect,prctl,landlock_restrict_self,execve \
		"$build/depmend" "$@" >out 2>err </dev/null
	status=$?
}

before_connect() { # PATTERN
	sed '/AF_INET/q' trace | grep -q "$1"
}

traced apply in.csv --rules corrupted-registration --yes -v
exits 'apply in the sandbox' 3
linux=
on_linux 'privileges given up before the first connection' && linux=1
confined() { # WHAT
	[ ! "$linux" ] || check "$1" before_connect 'PR_SET_NO_NEW_PRIVS, 1'
}
confined 'no new privileges before the first connection'
check 'it says what may be written' grep -q '^sandbox: ' err
same 'one program only' 1 "$(grep -c execve trace)"
if grep -q '^sandbox: Landlock' err; then
	check 'confined before the first connection' before_connect 'landlock_restrict_self(.*= 0'
	check 'the state is on the list' grep -q "^sandbox: .*$work/state" err
fi
traced plan in.csv --rules corrupted-registration --out plan.csv
confined 'plan is confined'
traced export --out export.csv
confined 'export is confined'
check 'and writes its file' test -s export.csv
run_name=$("$build/depmend" runs --quiet | grep -o '2026[0-9a-f-]*' | head -n 1)
traced undo "$run_name"
confined 'undo is confined'

traced doctor
confined 'doctor is confined'
[ ! "$linux" ] || check 'doctor tells' grep -q '^sandbox: .*; no new privileges$' err
landlock=$(sed -n 's/^sandbox: Landlock \([0-9]*\);.*/\1/p' err)
traced doctor --json
same 'to programs as well' "${landlock:-0} $([ "$linux" ] && echo true || echo false)" \
	"$(jq -r 'select(.type == "sandbox") | "\(.landlock) \(.no_new_privileges)"' out)"
same 'and what may be written' "${landlock:+$work/state}" \
	"$(jq -r 'select(.type == "sandbox") | .writable[0] // ""' out)"

sed 's/client_secret: .*/client_secret: {command: [cat, uem-secret]}/' depmend.yaml >command.yaml
traced plan in.csv --rules corrupted-registration --settings command.yaml --out plan.csv -v
exits 'a secret that a program tells' 3
check 'then there is no sandbox, and it says so' grep -q '^sandbox: none, since' err
run doctor --settings command.yaml --json
same 'doctor says so, too' 'false 0' \
	"$(jq -r 'select(.type == "sandbox") | "\(.no_new_privileges) \(.writable | length)"' out)"

if [ "$(id -u)" -eq 0 ]; then
	new_world --seed 1
	setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs \
		"$build/depmend" apply in.csv --rules corrupted-registration --yes >out 2>err </dev/null
	status=$?
	exits 'apply without any capability' 3
	same 'its devices are done' 15 "$(effects assign)"
fi
suite_end
