#!/usr/bin/env bash
# Secrets stay where they are: every secret of the settings is searched for, in several encodings, in
# whatever depmend prints, writes, leaves in its state or hands to other programs; and secrets that
# others could read are refused.
#
#	tests/secrets/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/secrets/run.sh BUILD}"
cd "$work" || exit 1
export ASAN_OPTIONS=detect_leaks=0:handle_segv=0 # no leaks are looked for under strace, and a signal has to end it

client_secret=Cs+/=9sentinel-$RANDOM$RANDOM
tenant_code=Tc-7sentinel/$RANDOM$RANDOM
ping=Ping-3sentinel-$RANDOM$RANDOM
environment=Env+5sentinel/$RANDOM$RANDOM
(
	umask 077
	printf '%s\n' "$client_secret" >uem-secret
	printf '%s\n' "$tenant_code" >tenant-code
	printf 'http://127.0.0.1:1/%s\n' "$ping" >ping-url
	# A line of the key's base64 is as good as the key.
	{
		printf '%s\n' "$client_secret" "$tenant_code" "$ping" "$environment"
		grep -v -e ---- apple.pem
	} >secrets
)
mkdir said

world() {
	new_world --uem-client "depmend:$client_secret" --tenant-code "$tenant_code"
	settings_with 'notify: {url: {file: ping-url}}'
}

n=0
say() { # depmend's arguments: everything printed is kept, and what its programs are started with
	n=$((n + 1))
	strace -f -qq -v -s 4096 -e trace=execve -o "said/$n.trace" \
		"$build/depmend" "$@" -v >"said/$n.out" 2>"said/$n.err" </dev/null
	status=$?
}

found() { # where secrets are, but in the files that hold them
	python3 "$root/tests/secrets/scan.py" secrets said state ./*.csv
}

# --- everything a user does ---

cp "$root/samples/serials.txt" in.csv
world
say check in.csv --rules corrupted-registration
say plan in.csv --rules corrupted-registration --out plan.csv
say apply in.csv --rules corrupted-registration --yes
exits 'apply' 3
check 'it was said in full' grep -q 'orgDeviceActivities' said/$n.err
run_name=$(sed -n 's/^run  *//p' said/$n.err)
say explain in.csv "$(sed -n 2p in.csv)" --rules corrupted-registration
say runs
say runs "$run_name"
say report "$run_name" --csv said/again.csv --html said/again.html --metrics said/again.prom \
	--xlsx said/again.xlsx
python3 -m zipfile -e said/again.xlsx said/again.xlsx.d
say report "$run_name" --verify
exits 'report --verify' 0
say export --out said/export.csv
say undo "$run_name" --apply --yes --allow percent=100
say rehearse in.csv --rules corrupted-registration
say doctor

# --- and when it fails ---

echo "wrong$client_secret" >uem-secret
say apply in.csv --rules corrupted-registration --yes
exits 'a wrong client secret' 77
printf '%s\n' "$client_secret" >uem-secret
sed 's/oauth:.*/basic: {username: "svc:x", password: {file: uem-secret}}/; /token_url: .*connect/d; /client_id: depmend/d; /client_secret/d' \
	depmend.yaml >basic.yaml
say plan in.csv --rules corrupted-registration --settings basic.yaml
sed 's/client_secret: .*/client_secret: {env: SENTINEL}/' depmend.yaml >env.yaml
SENTINEL=$environment say plan in.csv --rules corrupted-registration --settings env.yaml
exits 'a wrong secret of the environment' 77
sed -i 1d said/$n.trace # where we put it ourselves
sed 's/client_secret: .*/client_secret: {command: [cat, uem-secret]}/' depmend.yaml >command.yaml
say plan in.csv --rules corrupted-registration --settings command.yaml --out plan.csv
exits 'a secret that a command tells' 3
check 'the programs it starts are seen, with their surroundings' \
	grep -q 'execve.*"cat", "uem-secret".*"DEPMEND_CLOCK=' said/$n.trace
sed 's/client_secret: .*/client_secret: {command: [sh, -c, "sleep 1; cat uem-secret"]}/' depmend.yaml >slow.yaml
TERM=xterm python3 "$root/tests/terminal/pty.py" "$build/depmend" plan in.csv --rules corrupted-registration \
	--settings slow.yaml --out plan.csv >slow.tty
check 'a terminal is told what a slow one is waited for' grep -q 'waiting for the programs that give secrets' slow.tty
sim_stop
say plan in.csv --rules corrupted-registration
exits 'nobody there' 69

same 'no secret anywhere' '' "$(found)"
cp uem-secret said/planted
check 'a planted one is found' test -n "$(found)"
base64 -w 0 tenant-code >said/planted
check 'in base64, too' test -n "$(found)"
rm said/planted

# --- secrets that are not kept well ---

refused() { # WHAT: plan ends with 78 and says what to do
	say plan in.csv --rules corrupted-registration
	exits "$1" 78
	check "$1: the remedy" grep -q -E 'chmod|owner|regular file|symbolic|put the file' said/$n.err
}

chmod 640 uem-secret
refused 'readable by the group'
chmod 604 uem-secret
refused 'readable by others'
chmod 600 uem-secret
mv uem-secret real-secret
mkdir elsewhere
cp -p real-secret elsewhere/
ln -s elsewhere/../../"${PWD##*/}"/real-secret uem-secret
on_linux 'a symbolic link that leaves its folder and comes back' && refused 'a symbolic link that leaves its folder'
ln -sf "$PWD/real-secret" uem-secret
on_linux 'an absolute symbolic link into its own folder' && refused 'an absolute symbolic link'
ln -sf elsewhere/real-secret uem-secret
say plan in.csv --rules corrupted-registration
check "a symbolic link within its folder: exit $status" test "$status" -ne 78
rm -r uem-secret elsewhere
mkfifo -m 600 uem-secret
refused 'a pipe'
rm uem-secret
mkdir -m 700 uem-secret
refused 'a folder'
rmdir uem-secret
mv real-secret uem-secret
if [ "$(id -u)" -eq 0 ]; then
	chown 12345 uem-secret
	refused "somebody else's"
	chown 0 uem-secret
fi
check 'there is a token, so that the key need not be opened' test -s state/*/apple-token
chmod 644 apple.pem
refused 'a key that others may read'
chmod 600 apple.pem
mv apple.pem away.pem
say plan in.csv --rules corrupted-registration
exits 'a key that is not there' 78
mv away.pem apple.pem

# --- no core file ---

mkdir core
cp depmend.yaml uem-secret tenant-code apple.pem ping-url in.csv core
for signal in ABRT SEGV; do
	same "killed by SIG$signal: no core" "$signal 0" \
		"$(python3 "$root/tests/secrets/core.py" $signal core "$build/depmend" plan in.csv \
			--rules corrupted-registration --settings depmend.yaml 2>&1)"
done
check 'no file of it' test -z "$(find core -name '*core*' -type f)"
strace -qq -e trace=prlimit64,setrlimit,prctl -o said/core.trace "$build/depmend" --version >said/version
check 'core files are off' grep -q 'RLIMIT_CORE, {rlim_cur=0, rlim_max=0}' said/core.trace
on_linux 'core files that a program collects' && check 'also where a program collects them' grep -q 'prctl(PR_SET_DUMPABLE, \(0\|SUID_DUMP_DISABLE\))' said/core.trace
suite_end
