#!/usr/bin/env bash
# Small faults of a kind: options that mean nothing, bounds that settings do not know, an environment
# that weakens, limits met too late, output without end.
#
#	tests/faults/run.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/faults/run.sh BUILD}"
cd "$work" || exit 1
# shellcheck disable=SC2119 # it needs no options
new_world
cp "$root"/samples/api-tool.csv in.csv
r='--rules corrupted-registration'

# --- an option whose value would mean nothing is refused at once, by every command that takes it ---

while read -r option; do
	# shellcheck disable=SC2086 # words
	{
		run apply in.csv $r --yes $option
		exits "apply $option" 64
		check "apply $option names the option" grep -q -e "${option%% *}" err
		same "apply $option sends nothing" 0 "$(effects unassign)"
	}
	case $option in
	--allow*) run plan in.csv --rules corrupted-registration --allow "${option#--allow }" ;;
	--limit*) run plan in.csv --rules corrupted-registration --limit 0 ;;
	*) continue ;;
	esac
	exits "plan $option" 64
done <<'END'
--limit 0
--allow releases=5
--allow percent=10%
--allow percent=101
--allow devices=many
--allow devices=-1
--allow organization=sure
--allow empty=1
--allow again=x
--allow =5
--confirm relase=3
--confirm release=many
--confirm release=
--confirm =3
--confirm forget=2
--confirm restore=1
--allow devices=0
--allow percent=0
--allow in_flight=0
--encoding nosuch
--encoding utf-8//TRANSLIT
--limit 3 --limit 5
--header none --header=2
--allow devices=30 --allow devices=40
--confirm release=3 --confirm release=4
--set a=1 --set a=2
--expect a.csv --expect b.csv
END
run apply in.csv --rules corrupted-registration --yes --allow again=7AGC74BU22 --allow again=NQXKE2KNGE --allow devices=700 --allow devices=700 --max-wait 0s
check 'what may come again, or says the same twice, is taken' test "$status" -ne 64
while read -r command; do
	# shellcheck disable=SC2086 # words
	run $command
	exits "$command" 64
done <<'END'
forget 7AGC74BU22 --reason x --confirm release=1
restore a.backup --confirm forget=1
forget 7AGC74BU22 --reason x --confirm forget=1 --confirm forget=2
check in.csv --rules corrupted-registration --encoding nosuch
export --encoding nosuch
export --header none
export --serial-column 3
check in.csv --rules corrupted-registration --max-wait 1h
check --rules corrupted-registration --header none
check --rules corrupted-registration --serial-column 2
check --rules corrupted-registration --parser libcsv
check --rules corrupted-registration --allow empty=yes
check --set a=b
check in.csv --rules corrupted-registration --allow percent=50
explain in.csv 7AGC74BU22 --rules corrupted-registration --allow devices=50
export --allow percent=50
export --allow again=7AGC74BU22
export --allow empty=yes
export --json --raw-csv
plan in.csv --rules corrupted-registration --json --raw-csv
plan --serial 7AGC74BU22 --rules corrupted-registration --parser libcsv
apply in.csv --rules corrupted-registration --dry-run --expect 0123456789ab
apply in.csv --rules corrupted-registration --dry-run --approval a.approval
rehearse in.csv --rules corrupted-registration --scenario all --out b.csv
rehearse in.csv --rules corrupted-registration --scenario all --audit b.ndjson
status --jobs 2
plan in.csv --rules corrupted-registration --jobs 2
doctor --yes
doctor --wait-lock 3s
doctor --fix custom-prompt --bundle b.txt
doctor --older-than 3d --bundle b.txt
backup a.backup --wait-lock 3s
backup -
restore -
report latest --raw-csv
plan --serial 7AGC74BU22 --rules corrupted-registration --serial-column 2
apply --serial 7AGC74BU22 --rules corrupted-registration --header none --yes
plan in.csv --rules corrupted-registration --offline --max-wait 1h
undo latest --yes
undo latest --confirm release=1
undo latest --expect a.csv
undo latest --past-halt
undo latest --apply --yes --detailed-exitcode
END
check 'a stream is no backup' test ! -e ./-
run rehearse in.csv --rules corrupted-registration --audit -
check 'what takes the standard output has it alone' jq -e -n '[inputs] | length > 10' out
check 'the rest is said beside it' grep -q 'Simulation only' err
check 'what would do nothing writes nothing' test -z "$(find . -name 'b.*' -o -name a.backup)"
for taken in 'check in.csv --allow empty=yes' 'export --allow organization=yes --allow network_state=yes --allow fleet=1'; do
	# shellcheck disable=SC2086 # words
	run $taken
	check "$taken: what is heeded is taken" test "$status" -ne 64
done
for command in backup restore plan check history forget report undo runs rules approve; do
	run "$command" ''
	exits "$command with an empty argument" 64
	check "$command with an empty argument: says so" grep -q 'argument is empty' err
done
run plan in.csv --rules corrupted-registration --allow releases=5
check 'the nearest name is offered' grep -q "did you mean 'release'" err

# --- bounds are those of the settings ---

{
	sed '/^  tokens:/,/^  auth:/{/^    - /d}' depmend.yaml | sed '/^  tokens:/q'
	for i in $(seq 33); do printf '    - {server: S%d, group: G%d}\n' "$i" "$i"; done
	sed -n '/^  auth:/,$p' depmend.yaml
} >many.yaml
run check --settings many.yaml
exits '33 token groups' 78
check 'says how many there may be' grep -q '32' err
{
	cat depmend.yaml
	printf 'enrollment:\n'
	for i in $(seq 5); do printf '  - {server: D%d, server_token: {file: uem-secret}}\n' "$i"; done
} >many.yaml
run check --settings many.yaml
exits '5 enrollment servers' 78

(umask 077 && printf 'a\r\nb' >two-lines && printf 'https://h/%09000d' 0 >long-url && printf 'ftp://h/' >ftp-url)
while IFS='|' read -r what setting pattern; do
	{
		cat depmend.yaml
		printf '%s\n' "$setting"
	} >late.yaml
	run check in.csv --rules corrupted-registration --settings late.yaml
	exits "check: $what" 78
	check "check: $what: at its place" grep -qE "late.yaml:[0-9]+:[0-9]+: error: .*$pattern" err out
done <<'END'
a ping to a URL of 9 kB|notify: {url: {file: long-url}}|the URL of notify
a webhook with one|notify: {webhook: {url: {file: long-url}, format: slack, on: [failure]}}|the URL of notify
a ping by another protocol|notify: {url: {file: ftp-url}}|its URL is none
END
sed 's/tenant_code: {file: tenant-code}/tenant_code: {file: two-lines}/' depmend.yaml >late.yaml
run check in.csv --rules corrupted-registration --settings late.yaml
exits 'check: a REST API key of two lines' 78

# --- a limit that would be met after the work is met before it ---

bash -c "ulimit -n 14; exec \"$build/depmend\" apply in.csv --rules corrupted-registration --yes" >out 2>err
same 'apply with few files' 73 "$?"
check 'says what to raise' grep -q 'ulimit -n' err
timeout 20 "$build/depmend" init --settings in.csv/new.yaml --tenant t >out 2>err </dev/null
same 'init below a file: before any question' 73 "$?"
check 'init below a file: says where' grep -q 'in.csv' err
same 'and sends nothing' 0 "$(effects unassign)"

# --- the environment ---

# What is taken out is looked for in the environment of a program that is asked for a secret.
mapfile -t weakens < <(sed -n 's/^\t\t"\([A-Za-z0-9_]*\)",.*/\1/p' "$root/src/os/environment.c")
check 'many variables are taken out' test "${#weakens[@]}" -gt 20
cp depmend.yaml quiet.yaml
sed -i "s|client_secret: {file: uem-secret}|client_secret: {command: [sh, -c, \"env >$work/seen; cat $work/uem-secret\"]}|" depmend.yaml
run_in() { # ASSIGNMENT...: a plan with these variables
	env "$@" "$build/depmend" plan in.csv --rules corrupted-registration --out plan.csv >out 2>err </dev/null
	status=$?
}
run_in "${weakens[@]/%/=$work/none}" SSLKEYLOGFILE="$work/keys" OPENSSL_CONF="$work/none.cnf" SQLITE_TMPDIR="$work" KEPT=yes
exits 'plan with a key log and an OpenSSL of its own' 3
check 'no key is logged' test ! -e "$work/keys"
check 'a program sees the environment' grep -q '^KEPT=yes' seen
for one in "${weakens[@]}"; do
	check "$one is taken out" test "$(grep -c "^$one=" seen)" -eq 0
done
# libcurl would read these where it was asked to; it is not.
mkdir home
printf 'machine 127.0.0.1 login eve password eve\n' | tee home/.netrc home/_netrc >home/netrc
printf 'insecure\nproxy = http://127.0.0.1:1\n' >home/.curlrc
run_in HOME="$work/home" CURL_HOME="$work/home" NETRC="$work/home/netrc" XDG_CONFIG_HOME="$work/home" CURL_CA_BUNDLE="$work/none" \
	MALLOC_CHECK_=3 MALLOC_PERTURB_=7 LD_LIBRARY_PATH="$work"
exits 'plan with another .netrc and .curlrc' 3
cp quiet.yaml depmend.yaml

# --- authorities: both variables are honoured, and what is wrong with them is said before a connection ---

openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1 2>/dev/null
mkdir authorities
cp ca.pem authorities/ca.pem
openssl rehash authorities
python3 - <<-'END' &
	import http.server, pathlib, ssl
	class No(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        self.send_error(401)
	    def log_message(self, *_): pass
	class Server(http.server.ThreadingHTTPServer):
	    def handle_error(self, *_): pass
	server = Server(("127.0.0.1", 0), No)
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain("ca.pem", "ca.key")
	server.socket = context.wrap_socket(server.socket, server_side=True)
	pathlib.Path("tls-port").write_text(str(server.server_port))
	server.serve_forever()
END
tls_pid=$!
await_file tls-port "$tls_pid"
sed "s|http://127.0.0.1:$port|https://127.0.0.1:$(cat tls-port)|" depmend.yaml >tls.yaml
asks() { # STATUS WORDS [VARIABLE=VALUE...]
	local want=$1 words=$2
	shift 2
	env "$@" timeout -k 2 60 "$build/depmend" check --online --settings tls.yaml --max-wait 0s >out 2>err </dev/null
	status=$?
	exits "authorities: $*" "$want"
	check "authorities: $*: $words" grep -q "$words" err out
}
mkfifo -m 600 ca.pipe
ln -s ca.pipe ca.link
asks 69 'certificate' KEPT=yes
asks 77 '401' SSL_CERT_FILE=ca.pem
asks 77 '401' SSL_CERT_DIR=authorities
asks 77 '401' "SSL_CERT_DIR=/none:$work/authorities"
asks 66 'SSL_CERT_FILE: /none: No such file' SSL_CERT_FILE=/none
asks 66 'SSL_CERT_FILE: authorities is no regular file' SSL_CERT_FILE=authorities
asks 66 'SSL_CERT_FILE: /dev/zero is no regular file' SSL_CERT_FILE=/dev/zero
asks 66 'SSL_CERT_FILE: /dev/ptmx is no regular file' SSL_CERT_FILE=/dev/ptmx
openssl x509 -in ca.pem -outform DER -out ca.der
: >empty.pem
for without in ca.der empty.pem uem-secret; do
	asks 66 "SSL_CERT_FILE: $without holds no certificate" SSL_CERT_FILE="$without"
done
asks 66 'ca.link: is a pipe' SSL_CERT_FILE=ca.link
asks 66 'SSL_CERT_DIR: /none:ca.pem: there is no such folder' SSL_CERT_DIR=/none:ca.pem
kill "$tls_pid"
wait "$tls_pid" 2>/dev/null

# --- an address that is too long is not cut ---

(umask 077 && printf 'http://127.0.0.1:%s/%09000d' "$port" 0 >ping-url)
printf 'notify: {url: {file: ping-url}}\n' >>depmend.yaml
before=$(requests '.path | startswith("/000")')
run apply in.csv --rules corrupted-registration --yes --limit 1
check 'a URL of 9 kB is said to be too long' grep -qE 'the URL of notify' err
same 'and nothing is sent there' "$before" "$(requests '.path | startswith("/000")')"
cp quiet.yaml depmend.yaml

# --- a cell and a value of a megabyte, by every operator ---

python3 - <<'END'
N = 1000000
with open("large.csv", "w") as out:
    out.write("Serial,Text,Needle,Stars\n")
    out.write("C02XK1ABJG5H,%s,%s,%s\n" % ("a" * (N // 2 - 2000), "a" * (N // 4) + "b", "*a" * (N // 9) + "b*"))
with open("large.yaml", "w") as out:
    out.write("version: 1\nrules:\n")
    for n, op in enumerate(["", "|ne", "|exact", "|prefix", "|suffix", "|contains", "|glob", "|lt", "|ge", "|before", "|older_than", "|present"]):
        for column in ("Needle", "Stars"):
            value = "{column: %s}" % column if op not in ("|before", "|older_than", "|present") else {"|before": "2026-01-01", "|older_than": "3d", "|present": "false"}[op]
            out.write("  - {name: r%d%s, match: {csv.Text%s: %s}, do: [skip]}\n" % (n, column, op, value))
END
TIMEFORMAT=%U
spent=$({ time "$build/depmend" plan large.csv --offline --rules large.yaml --out large.out >/dev/null 2>err </dev/null; } 2>&1)
check "every operator on half a megabyte takes less than 5 s: $spent" test "${spent%%[.,]*}" -lt 5
check 'the row is judged' grep -q C02XK1ABJG5H large.out
spent=$({ time "$build/depmend" explain large.csv C02XK1ABJG5H --rules large.yaml --offline >out 2>err </dev/null; } 2>&1)
check "explain as well: $spent" test "${spent%%[.,]*}" -lt 5
check 'and cuts what it shows' test "$(wc -c <out)" -lt 100000

# --- what is written on one line, or without end, in rules and settings ---

python3 - <<'END'
def write(name, text):
    open(name + ".yaml", "w").write("version: 1\n" + text)
RULE = "rules: [{name: a, match: {always: true}, do: [skip%s]}]\n"
write("columns", "columns: {serial: Serial, " + ", ".join("c%d: H%d" % (i, i) for i in range(32000)) + "}\n" + RULE % "")
write("keys", RULE % "" + "limits: {" + ", ".join("k%d: 1" % i for i in range(32000)) + "}\n")
write("steps", RULE % "".join(", s%d" % i for i in range(60)) + "tests: [" + ", ".join("{k%d: 1}" % i for i in range(16000)) + "]\n")
write("recipes", "recipes: {" + ", ".join("r%d: [skip]" % i for i in range(32000)) + "}\n" + RULE % "")
write("parameters", "parameters: {" + ", ".join("p%d: {default: x}" % i for i in range(16000)) + "}\n" + RULE % "")
END
for one in columns keys steps recipes parameters; do
	spent=$({ time timeout 60 "$build/depmend" check in.csv --rules "$one.yaml" >out 2>&1 </dev/null; } 2>&1)
	check "a line of half a megabyte, $one: $spent" test "${spent%%[.,]*}" -lt 3
	check "$one: said at its place" grep -qE "^$one.yaml:[23]:[0-9]+: error" out
done
run check in.csv --rules recipes.yaml
check 'how many recipes there may be' grep -q 'more than 1000 recipes' err out
run check in.csv --rules parameters.yaml
check 'how many parameters there may be' grep -q 'more than 1000 parameters' err out

# --- another run, which --wait-lock outlives ---

lock=$(find state -name '*lock*' -type f | head -n 1)
check 'there is a lock' test -n "$lock"
hold() { # SECONDS
	python3 - "$lock" "$1" <<-'END' &
		import fcntl, struct, sys, time
		file = open(sys.argv[1], "r+")
		fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)) # F_OFD_SETLK
		fcntl.flock(file, fcntl.LOCK_EX)
		open("held", "w").close()
		time.sleep(float(sys.argv[2]))
	END
	holder=$!
	timeout 300 sh -c 'while ! [ -e held ]; do sleep 0.1; done'
	rm held
}
hold 3600
run apply in.csv --rules corrupted-registration --yes --limit 1
exits 'while another run is active' 11
kill "$holder"
wait "$holder" 2>/dev/null
hold 4
env --unset=DEPMEND_CLOCK "$build/depmend" apply in.csv --rules corrupted-registration --yes --limit 1 --wait-lock 1m --max-wait 1s >out 2>err </dev/null
check 'with --wait-lock it is waited for' test "$?" -ne 11
wait "$holder"

# --- output has an end ---

{
	printf 'version: 1\nrules:\n'
	for i in $(seq 990); do printf '  - {name: rule%d, match: {model: "none %d"}, do: [skip]}\n' "$i" "$i"; done
} >many-rules.yaml
run plan in.csv --rules many-rules.yaml --offline --out plan2.csv
check 'ten names' grep -q 'rule10 and 980 more' <(tr -d '\n' <err)
check 'no line of thousands' test "$(wc -c <err)" -lt 3000

# --- a number in advice is the number that is asked for ---

cat >forced.yaml <<'END'
version: 1
rules:
  - name: forced
    match: {serial|prefix: 7}
    do: [{migrate: {to: WS1 APAC, deadline: 2026-01-01, force_now: true}}]
  - name: gentle
    match: {always: true}
    do: [{migrate: {to: WS1 APAC, deadline: 30d}}]
END
run apply in.csv --rules forced.yaml --yes
told=$(sed -n 's/.*say --confirm \(migrate=[0-9]*\).*/\1/p' err | head -n 1)
check 'a forced migration asks for its number' test -n "$told"
run apply in.csv --rules forced.yaml --yes --confirm "$told"
check 'that number is taken' test "$status" -ne 4 -a "$status" -ne 64

# --- a pipe that nobody writes into is refused, or waited for with a word and until a signal ---
mkfifo -m 600 pipe.csv
printf 'serial\nC02XK1ABJG5H\n' >piped.csv
printf 'version: 1\nrules: [{name: a, match: {always: true}, do: [skip]}]\n' >piped.yaml
piped() { # STATUS WORDS COMMAND...
	local want=$1 words=$2
	shift 2
	# 124: it waits, and has had the time to say so, also on a busy machine.
	timeout -k 5 $((want == 124 ? 4 : 60)) "$build/depmend" "$@" >out 2>err </dev/null
	status=$?
	exits "$*" "$want"
	check "$*: says so" grep -q "pipe.csv.* is a pipe$words" err
}
piped 124 ': waiting until' plan pipe.csv --offline --rules ./piped.yaml
piped 124 ': waiting until' check pipe.csv
piped 124 ': waiting until' export --since pipe.csv
piped 66 '; name a file' plan piped.csv --offline --rules ./pipe.csv
piped 66 '; name a file' apply piped.csv --rules ./piped.yaml --expect pipe.csv --yes
piped 66 '; name a file' restore pipe.csv
# A link to one is no other thing.
ln -s pipe.csv link.pipe.csv
piped 124 ': waiting until' plan link.pipe.csv --offline --rules ./piped.yaml
piped 124 ': waiting until' export --compare link.pipe.csv
piped 124 ': waiting until' rehearse piped.csv --rules ./piped.yaml --inventory link.pipe.csv
piped 66 '; name a file' plan piped.csv --offline --rules ./link.pipe.csv
piped 78 '; name a file' check --settings ./link.pipe.csv
piped 66 '; name a file' apply piped.csv --rules ./piped.yaml --expect link.pipe.csv --yes
piped 65 '; name a file' rehearse piped.csv --rules ./piped.yaml --scenario ./link.pipe.csv
piped 66 '; name a file' restore link.pipe.csv
piped 66 '; name a file' init --settings ./new.yaml --tenant t --organization business --client-id BUSINESSAPI.x --private-key link.pipe.csv
# What is read before anything is under way ends at the first signal, however long it might take.
for endless in '--expect /dev/ptmx' '--expect /dev/fd/7'; do
	# shellcheck disable=SC2086 # words
	timeout -k 20 4 "$build/depmend" apply piped.csv --rules ./piped.yaml --yes $endless >out 2>err </dev/null 7< <(exec sleep 30 2>/dev/null)
	same "a signal while $endless is read" 124 "$?"
done
timeout -k 2 10 env SSL_CERT_FILE=pipe.csv "$build/depmend" plan in.csv --rules corrupted-registration --out p.csv >out 2>err </dev/null
status=$?
exits 'certificate authorities in a pipe' 66
check 'certificate authorities in a pipe: says so' grep -q 'pipe.csv: is a pipe' err
printf 'approval: {steps: [unassign], people: 1, keys: approvers.pub}\n' >>depmend.yaml
ssh-keygen -q -t ed25519 -N '' -f key
echo "mia $(cut -d' ' -f1,2 key.pub)" >approvers.pub
printf "version: 1\nrules: [{name: a, match: {apple.known: true}, do: [cancel_migration]}]\n" >off.yaml
run plan in.csv --rules ./off.yaml --out approved.csv
piped 66 '; name a file' approve approved.csv --rules ./off.yaml --key pipe.csv --yes

suite_end
