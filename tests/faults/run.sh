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
END
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

# --- a limit that would be met after the work is met before it ---

bash -c "ulimit -n 14; exec \"$build/depmend\" apply in.csv --rules corrupted-registration --yes" >out 2>err
same 'apply with few files' 73 "$?"
check 'says what to raise' grep -q 'ulimit -n' err
same 'and sends nothing' 0 "$(effects unassign)"

# --- the environment ---

export SSLKEYLOGFILE=$work/keys OPENSSL_CONF=$work/none.cnf HOSTALIASES=$work/hosts GCONV_PATH=$work
run plan in.csv --rules corrupted-registration --out plan.csv
exits 'plan with a key log and an OpenSSL of its own' 3
check 'no key is logged' test ! -e "$work/keys"
unset SSLKEYLOGFILE OPENSSL_CONF HOSTALIASES GCONV_PATH

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

suite_end
