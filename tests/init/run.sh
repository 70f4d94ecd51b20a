#!/usr/bin/env bash
# From nothing to settings that both services accept: `init` by options and by questions, `check
# --online`.
#
#	tests/init/run.sh BUILD
# shellcheck disable=SC2119 # a world needs no options
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/init/run.sh BUILD}"
cd "$work" || exit 1
new_world
unset DEPMEND_SETTINGS

umask 022
echo code >code && echo secret >secret # as a download leaves them: others may read
cp apple.pem download.pem && chmod 644 download.pem
host=http://127.0.0.1:$port
account=(--tenant acme --organization business --client-id "$client" --private-key download.pem)
uem=(--uem-url "$host" --tenant-code code --token 'WS1 EMEA=WS1EMEA' --token 'WS1 APAC=WS1APAC'
	--uem-token-url "$host/connect/token" --uem-client-id depmend --uem-client-secret secret)
sim=(--apple-url "$host" --apple-token-url "$host/auth/oauth2/token")

init() { # FOLDER OPTION...
	run init --settings "$1/depmend.yaml" "${@:2}"
}
files() {
	(cd "$1" && find . -type f -printf '%m %P\n' | sort)
}

# --- by options ---
init a "${account[@]}" "${uem[@]}" "${sim[@]}"
exits 'with everything that is needed' 0
same 'what it wrote' '600 apple.pem
600 tenant-code
600 uem-secret
644 depmend.yaml' "$(files a)"
same 'others may look at what is no secret' 755 "$(stat -c %a a)"
same 'the command that comes next' 'depmend check --settings a/depmend.yaml --online' "$(sed -n 's/^next *//p' out)"
check 'it ran the checks' grep -q '^check    0 errors, 0 warnings' out
same 'nothing was asked' 0 "$(requests true)"
check 'every key has its comment' test "$(grep -c '^ *# ' a/depmend.yaml)" -gt 30
sed -E 's/^#([a-z])/\1/' a/depmend.yaml >a/all.yaml
echo C02XK1AAJG5H >a/protected.csv && (umask 077 && echo https://x >a/ping-url)
check 'what is a comment can be uncommented' grep -qE '^limits:' a/all.yaml
grep -v '^enrollment\|^sync\|^approval' a/all.yaml >a/most.yaml
run check --settings a/most.yaml
exits 'all of it loads' 0

cp -r a before
init a "${account[@]}" "${uem[@]}"
exits 'where settings are' 73
same 'they stay' '' "$(diff -r a before 2>&1)"
rm a/depmend.yaml
init a "${account[@]}" "${uem[@]}"
exits 'where only a secret is' 73
check 'it is named' grep -q '^depmend: a/apple.pem is there already' err
check 'nothing new' test ! -e a/depmend.yaml

refused() { # WHAT WORDS OPTION...: 64, and nothing is written
	init r "${@:3}"
	exits "$1" 64
	check "$1: it says so" grep -q -e "$2" err
	check "$1: nothing is written" test ! -e r
}
refused 'without a terminal and options' 'missing: --tenant, --organization, --client-id, --private-key'
refused 'an unknown kind of organization' 'business|school' "${account[@]}" --organization firm
refused 'a UEM without a way to sign in' 'one of --uem-client-id, --uem-user and --uem-certificate' \
	"${account[@]}" --uem-url "$host" --token A=B
refused 'two ways to sign in' 'give only one of' "${account[@]}" "${uem[@]}" --uem-user u
refused 'what belongs to a UEM' '--token has no use without --uem-url' "${account[@]}" --token A=B
refused 'what belongs to another way' '--uem-password has no use with that way' "${account[@]}" "${uem[@]}" --uem-password code
for bad in 'tenant=a b' "client-id=a$(printf '\342\200\213')b" 'uem-url=http://elsewhere.example' 'uem-url=https://x.example/api'; do
	init r "${account[@]}" "${uem[@]}" --"${bad%%=*}" "${bad#*=}"
	check "--$bad: refused by its name" grep -q "^depmend: --${bad%%=*}: " err
	check "--$bad: nothing is written" test "$status" -ne 0 -a ! -e r
done
openssl ecparam -name secp384r1 -genkey -noout -out other.pem
init r "${account[@]}" --private-key other.pem
exits 'another key' 78
check 'it is named' grep -q '^depmend: --private-key: other.pem: ' err
init r "${account[@]}" --private-key nowhere.pem
exits 'no key' 66
check 'nothing is written' test ! -e r
echo x >folder
init folder/b "${account[@]}"
exits 'a folder that cannot be made' 73

# --- without a UEM, in a folder that is entered ---
mkdir b && cd b || exit 1
run init --tenant acme --organization school --client-id "$client" --private-key ../download.pem
exits 'without a UEM' 0
same 'the settings are found' 'depmend check --online' "$(sed -n 's/^next *//p' ../out)"
check 'the key that stands in for the sync is shown' grep -q '^#sync: ' depmend.yaml
cd .. || exit 1

# --- by questions ---
ask() { # FOLDER ANSWER...
	local answers=()

	for one in "${@:2}"; do answers+=(--answer "$one"); done
	python3 "$here/../terminal/pty.py" "${answers[@]}" --data out \
		"$build/depmend" init --settings "$1/depmend.yaml" "${sim[@]}" >term
	status=$?
}
ask q 'a b' acme business "$client" '' nowhere.pem download.pem "$host" code 'no group' 'WS1 EMEA=WS1EMEA' \
	'WS1 APAC=WS1APAC' '' '' "$host/connect/token" depmend secret
exits 'on a terminal' 0
same 'the same files' "$(files before | grep -v '\.yaml\|protected\|ping')" "$(files q | grep -v yaml)"
check 'the same settings' diff before/depmend.yaml q/depmend.yaml
same 'the same secrets' 'code secret' "$(cat q/tenant-code q/uem-secret | tr '\n' ' ' | sed 's/ $//')"
check 'what will not do is asked again' grep -q "a tenant's name has up to" term
check 'a file that is not there' grep -q 'nowhere.pem: ' term
check 'a pair without a group' grep -q 'write SERVER=GROUP' term
check 'secrets are not echoed' test "$(grep -cE '(^|[^-])secret$' term)" -eq 0
ask q2 acme school "$client" '' download.pem ''
exits 'without a UEM' 0
check 'it is not asked about' test "$(grep -c 'Group ID' term)" -eq 0
"$build/depmend" init </dev/null >/dev/null 2>&1
python3 - "$build/depmend" <<'END' >term
import os, pty, signal, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "init", "--settings", "stopped/depmend.yaml"])
os.read(fd, 4096)
time.sleep(0.3)
os.kill(pid, signal.SIGINT)
_, how = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(how))
END
same 'Ctrl-C at a question' 130 "$(tail -n 1 term)"
check 'nothing is written' test ! -e stopped

# --- check --online ---
run check --settings q/depmend.yaml --online
exits 'both services take the credentials' 0
check 'it says what it found' grep -qE \
	'^online   signed in to Apple \([0-9]+ servers\) and to the UEM \(2 organization groups, one page of profiles\)' out
same 'nothing but reads' 0 "$(changes)"
sed -i 's/client_id: depmend/client_id: another/' q/depmend.yaml
run check --settings q/depmend.yaml --online
exits 'the UEM refuses' 77
run check --settings q/depmend.yaml
exits 'without --online nothing is asked' 0
echo 'x:' >>q/depmend.yaml
before=$(requests true)
run check --settings q/depmend.yaml --online
exits 'settings with a mistake' 78
same 'nothing is sent with them' "$before" "$(requests true)"
cd / && run check --online
exits 'no settings' 78

suite_end
