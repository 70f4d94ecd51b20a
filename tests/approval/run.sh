#!/usr/bin/env bash
# Two people: what a plan with the named steps needs before anything of it is sent, and every way of
# approving that does not count.
#
#	tests/approval/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/approval/run.sh BUILD}"
cd "$work" || exit 1
me=$(id -un)

cat >rules.yaml <<'END'
version: 1
name: approval
columns: {serial: serial}
rules: [{name: wipe, match: {always: true}, do: [{wipe: {kind: device}}]}]
END
cat >quiet.yaml <<'END'
version: 1
name: quiet
columns: {serial: serial}
rules: [{name: take, match: {always: true}, do: [unassign]}]
END
printf 'serial,server,enrollment_status,user\n' >fleet.csv
on=(EMEA Americas APAC)
for i in 1 2 3 4 5 6 7 8 9; do
	printf 'C02APP00000%s,WS1 %s,Enrolled,jo\n' "$i" "${on[i % 3]}" >>fleet.csv
done

for who in anna ben carl dora own other; do
	ssh-keygen -q -t ed25519 -N '' -C "$who" -f "$who"
done
ssh-keygen -q -t ecdsa -N '' -C anna2 -f anna2
line() { # NAME KEY [OPTIONS]
	printf '%s%s %s\n' "$1" "${3:+ $3}" "$(cut -d' ' -f1,2 "$2.pub")"
}
approvers() {
	{
		echo '# who may approve'
		line anna@example.org anna
		line anna@example.org anna2
		line ben@example.org,b.b@example.org ben
		line dora@example.org dora 'valid-before="20261101"'
		line "$me@example.org" own
	} >approvers.pub
}
approvers

world() { # [SIMULATOR OPTION...]
	new_world --fleet fleet.csv "$@"
	settings_with "limits: {wipe: 9, devices: 9, percent: 100}
approval: {steps: [wipe, release, delete_record], people: 2, keys: approvers.pub}"
	rm -f ./*.approval plan.csv
	approvers
}
rows() { # SERIAL-DIGIT...
	{
		echo serial
		printf 'C02APP00000%s\n' "$@"
	} >in.csv
}
plan() {
	rm -f plan.csv plan.csv.*
	run plan in.csv --rules rules.yaml --out plan.csv
}
approve() { # KEY
	run approve plan.csv --rules rules.yaml --key "$1" --yes
}
act() { # OPTION...
	run apply in.csv --rules rules.yaml --confirm "wipe=$(($(wc -l <in.csv) - 1))" --yes --max-wait 48h "$@"
}
refused() { # WHAT PATTERN [OPTION...]: exit 4, the message, nothing sent
	local what=$1 pattern=$2 before
	shift 2
	before="$(changes) $(syncs)"
	act "$@"
	exits "$what" 4
	check "$what: the message" grep -q -e "$pattern" err
	check "$what: how many are missing" grep -q 'needs the approval of 2 people other than who applies it' err
	same "$what: nothing is sent" "$before" "$(changes) $(syncs)"
}
accepted() { # WHAT [OPTION...]
	local what=$1 before
	shift
	before=$(changes)
	act "$@"
	check "$what: it began ($status)" test "$status" -ne 4
	check "$what: something is sent" test "$(changes)" -gt "$before"
}

# --- as it should be ---
world
rows 1 2
plan
exits 'a plan' 0
check 'the plan says what it needs' grep -q '^approval .*wipe needs the approval of 2 people' err
refused 'nobody approved' '0 approved; nothing was sent' --expect plan.csv
approve anna
exits 'anna approves' 0
check 'her file is beside the plan' test -s plan.csv.anna@example.org.approval
check 'she sees what she signs' grep -q '2 devices: wipe' err
refused 'one of two' '1 approved: anna@example.org' --expect plan.csv
approve ben
accepted 'two people' --expect plan.csv
run report latest --json
run report latest --html report.html
check 'the report says who approved' grep -q 'signed by anna@example.org' report.html
check 'and the second' grep -q 'signed by ben@example.org' report.html
same 'the audit trail says who approved' 'anna@example.org ben@example.org' \
	"$(sqlite3 state/*/depmend.db "SELECT text FROM event WHERE kind = 'run'" |
		jq -r '[.approvals[] | select(.signed and .key and .plan) | .name] | sort | join(" ")')"
run report latest --verify
exits 'the chain holds' 0

# --- what a plan prints is what one types, whatever its file is called ---
printed() { # OPTION...: plans, and runs the two commands of the plan
	world
	rows 4 5
	rm -f ./*.approval
	run plan in.csv --rules rules.yaml "$@"
	approving=$(sed -n 's/^approval .*\(depmend approve .*\)/\1/p' err)
	applying=$(sed -n 's/^next  *//p' err)
}
typed() { PATH=$build:$PATH sh -c "$1" >out 2>err </dev/null; }
for file in plan.csv "the plan's.csv" -plan.csv; do
	printed "--out=$file"
	typed "$approving --key anna --yes"
	typed "$approving --key ben --yes"
	same "$file: two signatures beside it" 2 "$(find . -name '*.approval' | wc -l)"
	typed "$applying --confirm wipe=2 --yes --max-wait 48h"
	check "$file: what is printed finds them" test "$(changes)" -gt 0
done
printed --out=plan.csv
run apply in.csv --rules rules.yaml --expect plan.csv --settings "$work/depmend.yaml" --yes --confirm wipe=2
check 'refused: what to type, as it is' grep -qF "depmend approve plan.csv --settings $work/depmend.yaml" <(tr '\n' ' ' <err)
printed
check 'no file: what it takes' grep -q 'plan again with --out PLAN.csv, then depmend approve PLAN.csv' err

# --- a plan without such steps needs none ---
run apply in.csv --rules quiet.yaml --yes --max-wait 48h
exits 'other steps need no approval' 0

# --- replayed: the same plan again, after the run was finished and the devices came back ---
world
rows 3
plan
approve anna
approve ben
mkdir kept && cp ./*.approval plan.csv kept/
accepted 'the first time' --expect plan.csv
sim_stop
rm -rf sim.db*
sim_start --fleet fleet.csv
settings_with "limits: {wipe: 9, devices: 9, percent: 100}
approval: {steps: [wipe], people: 2, keys: approvers.pub}"
sqlite3 state/*/depmend.db "UPDATE run SET state = 1; DELETE FROM deed; DELETE FROM intent"
refused 'replayed' 'was approved by it already' --expect kept/plan.csv

# --- a changed plan ---
world
rows 4 5
plan
approve anna
approve ben
rows 4 5 6
refused 'one device more' 'it approves plan' --approval plan.csv.anna@example.org.approval \
	--approval plan.csv.ben@example.org.approval
mv plan.csv.anna@example.org.approval a.approval
mv plan.csv.ben@example.org.approval b.approval
plan
act --expect plan.csv --approval a.approval --approval b.approval
exits 'new signatures are needed' 4
sed 's/C02APP000006/C02APP000007/' plan.csv >other.csv
run approve other.csv --rules rules.yaml --key anna --yes
run approve other.csv --rules rules.yaml --key ben --yes
refused 'a CSV that was changed by hand' 'it approves plan' --approval other.csv.anna@example.org.approval \
	--approval other.csv.ben@example.org.approval

# --- forged ---
world
rows 1
plan
approve anna
approve ben
f=plan.csv.ben@example.org.approval
cp $f good.approval
sed 's/^signed: 2026-11-22/signed: 2026-11-21/' good.approval >$f
refused 'a text that was changed' 'the signature does not fit' --expect plan.csv
sed "s/^tenant: .*/tenant: other/" good.approval >$f
refused 'of another tenant' 'for another tenant' --expect plan.csv
sed '/BEGIN/,$d' good.approval >text
{
	cat text
	ssh-keygen -q -Y sign -f ben -n git <text 2>/dev/null
} >$f
refused 'signed for something else' 'the signature does not fit' --expect plan.csv
{
	cat text
	sed -n '/BEGIN/,$p' plan.csv.anna@example.org.approval
} >$f
refused 'with the signature of another' 'does not count: ' --expect plan.csv
{
	cat text
	ssh-keygen -q -Y sign -f other -n approval@depmend <text 2>/dev/null
} >$f
refused 'by a key that nobody listed' 'its key is not in the list of approvers' --expect plan.csv
head -c 300 good.approval >$f
refused 'cut short' 'no SSH signature is in it' --expect plan.csv
: >$f
refused 'empty' 'no SSH signature is in it' --expect plan.csv
head -c 4096 /dev/urandom >$f
refused 'rubbish' 'no SSH signature is in it' --expect plan.csv
cp good.approval $f

# --- two keys of one person, a copy, several names of one person ---
rm $f
cp plan.csv.anna@example.org.approval copy.approval
refused 'a copy' '1 approved: anna' --expect plan.csv --approval copy.approval
cp plan.csv.anna@example.org.approval first.approval
approve anna2
refused 'two keys of one person' 'one person counts once' --expect plan.csv --approval first.approval
line b.b@example.org carl >>approvers.pub
approve ben
run approve plan.csv --rules rules.yaml --key carl --yes --out carl.approval
rm -f plan.csv.anna*
refused 'two names of one person' 'one person counts once' --expect plan.csv --approval carl.approval

rm -f carl.approval plan.csv.ben*
for names in 'ben ben@example.org' 'ben@example.org BEN' 'x,ben ben@example.org' 'ben@example.org,y x,ben'; do
	read -r one other <<<"$names"
	{ line "$one" ben; line "$other" carl; } >approvers.pub
	run approve plan.csv --rules rules.yaml --key ben --yes --out ben.approval
	run approve plan.csv --rules rules.yaml --key carl --yes --out carl.approval
	refused "a login and its address: $names" 'one person counts once' --expect plan.csv --approval ben.approval --approval carl.approval
done
rm -f ben.approval carl.approval

# --- self-signed ---
approvers
rm -f plan.csv.*.approval
approve anna
approve own
refused 'self-signed' "$me@example.org carries the plan out" --expect plan.csv
line eve@example.org other >>approvers.pub
approve other
SUDO_USER=eve refused 'self-signed through sudo' 'eve@example.org carries the plan out' --expect plan.csv

# --- expired ---
approvers
rm -f plan.csv.*.approval
approve anna
approve dora
refused 'an expired key' 'the key of dora@example.org is not valid now' --expect plan.csv
{
	line anna@example.org anna
	line dora@example.org dora 'valid-before="20261122020000"'
} >approvers.pub
sed -n '1,/^id/p' plan.csv.dora@example.org.approval | sed 's/^signed: .*/signed: 2026-11-20T00:00:00Z/' >text
{
	cat text
	ssh-keygen -q -Y sign -f dora -n approval@depmend <text 2>/dev/null
} >plan.csv.dora@example.org.approval
refused 'a key that ended after it signed' 'is not valid now' --expect plan.csv
approvers
{
	sed 's/^signed: .*/signed: 2026-10-20T00:00:00Z/' text >old
	cat old
	ssh-keygen -q -Y sign -f ben -n approval@depmend <old 2>/dev/null
} >plan.csv.ben@example.org.approval
refused 'older than a plan is remembered' 'older than 30 days' --expect plan.csv
{
	sed 's/^signed: .*/signed: 2027-10-20T00:00:00Z/' text >old
	cat old
	ssh-keygen -q -Y sign -f ben -n approval@depmend <old 2>/dev/null
} >plan.csv.ben@example.org.approval
refused 'signed in the future' 'still to come' --expect plan.csv

# --- a signer removed, before the run and while it waits ---
rm -f plan.csv.*.approval
approve anna
approve ben
sed -i '/^ben/d' approvers.pub
refused 'a signer removed' 'its key is not in the list of approvers' --expect plan.csv
approvers
accepted 'listed again' --expect plan.csv

# --- a signer removed in the middle of a run: what is sent stays sent, the rest is not ---
cat >hold.yaml <<'END'
version: 1
admins: [{on: {service: uem, method: POST, path: '*/commands*', nth: 1}, at: before, do: hold}]
END
world --control --scenario hold.yaml
sed -i '/^name/a waves: [1, 100%]' rules.yaml
rows 7 8 9
plan
approve anna
approve ben
"$build/depmend" apply in.csv --rules rules.yaml --confirm wipe=3 --yes --max-wait 48h --expect plan.csv \
	>out 2>err </dev/null &
running=$!
curl -sf "http://127.0.0.1:$port/sim/held?wait=20000" >/dev/null
sed -i '/^ben/d' approvers.pub
curl -sf -X POST "http://127.0.0.1:$port/sim/go"
wait "$running"
status=$?
exits 'a signer removed in mid-run' 4
check 'a signer removed in mid-run: who' grep -q 'no longer has ben@example.org, whose approval this run needs' err
same 'a signer removed in mid-run: no further wave' 1 "$(wipes)"
refused 'nor does the next one go on' 'its key is not in the list of approvers' --expect plan.csv
approvers
accepted 'until the list has him again' --expect plan.csv
same 'then the rest is sent, once' '3 ' "$(wipes) $(repeated_effects wipe)"
sed -i '/^waves/d' rules.yaml

# --- the list of approvers under the rules of trust ---
chmod 666 approvers.pub
act --expect plan.csv
exits 'others may write the list' 78
check 'it says so' grep -q 'the list of approvers' err
chmod 644 approvers.pub
for bad in '' 'anna' '*@example.org ssh-ed25519 AAAA' "ca cert-authority $(cat anna.pub)" '!x ssh-ed25519 AAAA' \
	$'\xef\xbb\xbfanna ssh-ed25519 AAAA' $'anna\xe2\x80\x8b ssh-ed25519 AAAA' $'ben,an\xc2\xadna ssh-ed25519 AAAA'; do
	echo "$bad" >approvers.pub
	run check
	exits "a list with '$bad'" 78
done
rm approvers.pub
run check
exits 'no list' 78
approvers

# --- approve itself ---
run approve plan.csv --rules rules.yaml --key carl --yes
exits 'a key that would not count' 4
check 'nothing is written for it' test ! -e plan.csv.carl.approval
run approve plan.csv --rules rules.yaml --key anna
exits 'without a terminal and --yes' 64
run approve in.csv --rules rules.yaml --key anna --yes
exits 'not the CSV of a plan' 65
run approve plan.csv --rules rules.yaml --key none --yes
exits 'no such key' 66
settings
run approve plan.csv --rules rules.yaml --key anna --yes
exits 'no approval in the settings' 78
run apply in.csv --rules rules.yaml --yes --approval copy.approval
exits '--approval without approval:' 64

suite_end
