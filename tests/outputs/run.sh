#!/usr/bin/env bash
# An output that is one of our own inputs is refused, by any path, link or case, before anything is
# read from a service; what was there stays as it was.
#
#	tests/outputs/run.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/outputs/run.sh BUILD}"
cd "$work" || exit 1
# shellcheck disable=SC2119 # it needs no options
new_world
cp "$root"/samples/api-tool.csv in.csv
printf 'C02PRTCTD001\n' >protected.csv
printf '7AGC74BU22\n' >sold.txt
cat >own.yaml <<'END'
version: 1
rules:
  - name: all
    match: {serial|in_file: sold.txt}
    do: [sync]
END
printf 'protect: {file: protected.csv}\n' >>depmend.yaml
ln apple.pem hard.pem
ln -s apple.pem soft.pem
mkdir -p deep/er
ln -s ../.. deep/er/up
run apply in.csv --rules corrupted-registration --yes
name=$(basename "$(echo state/*/runs/*)")
sums=$(sha256sum apple.pem depmend.yaml protected.csv own.yaml sold.txt in.csv)

refused() { # WHAT ARGUMENT...
	local what=$1
	shift
	run "$@"
	exits "$what" 64
	check "$what: says which input" grep -qE 'is also read|lies in the state|both write' err
	check "$what: nothing is changed" same_sums
}
same_sums() {
	[ "$(sha256sum apple.pem depmend.yaml protected.csv own.yaml sold.txt in.csv)" = "$sums" ]
}

ln -s "$(basename "$(dirname state/*/depmend.db)")/depmend.db" state/link.db
plan='plan in.csv --rules own.yaml'
# shellcheck disable=SC2086 # words
for out in apple.pem ./apple.pem "$work/apple.pem" deep/../apple.pem deep/er/up/apple.pem hard.pem soft.pem \
	tenant-code uem-secret depmend.yaml protected.csv own.yaml sold.txt in.csv \
	state/last.demo state/link.db "$(dirname state/*/depmend.db)/new.csv" "$(echo state/*/depmend.db)"; do
	refused "plan --out ${out#"$work"/}" $plan --out "$out"
done
for option in html xlsx metrics csv; do
	refused "report --$option over the key" report "$name" "--$option" apple.pem
	refused "report --$option over the settings" report "$name" "--$option" depmend.yaml
	refused "report --$option into the state" report "$name" "--$option" "$(dirname state/*/depmend.db)/r.out"
done
# A service may have no other folder to write to.
run plan in.csv --rules own.yaml --out state/x.csv
exits 'plan --out beside the state' 3
check 'and it is there' test -s state/x.csv
refused 'report with one file twice' report "$name" --html page --xlsx ./page
refused 'report with one file in two cases' report "$name" --html page.out --csv PAGE.OUT
refused 'apply --out over the rules' apply in.csv --rules own.yaml --yes --out own.yaml
refused 'apply --out over the plan it expects' apply in.csv --rules own.yaml --yes --expect protected.csv --out protected.csv
refused 'export --out over the list to compare with' export --compare in.csv --out in.csv
refused 'export --out over the export it is held against' export --since in.csv --out in.csv
refused 'rehearse --audit over the input' rehearse in.csv --rules own.yaml --audit in.csv
refused 'rehearse --out over the inventory' rehearse in.csv --rules own.yaml --inventory sold.txt --out sold.txt
refused 'undo --out over the key' undo "$name" --out apple.pem

# What a run was made of is no output of what looks back at it.
run apply in.csv --rules own.yaml --yes --out own.csv
for file in in.csv own.yaml; do
	for option in html xlsx metrics csv tickets; do
		refused "report --$option over what the run read ($file)" report latest "--$option" "$file"
	done
	refused "undo --out over what the run read ($file)" undo latest --out "./$file"
	refused "undo --apply --out over what the run read ($file)" undo latest --apply --yes --out "$file"
done

# --- inputs that are not named by a path of their own ---

through() { # WHAT SHELL-REDIRECTION ARGUMENT...
	local what=$1 how=$2
	shift 2
	eval '"$build/depmend" "$@"' "$how"
	status=$?
	exits "$what" 64
	check "$what: says which input" grep -q 'is also read' err
	check "$what: nothing is changed" same_sums
}
for command in plan 'apply --yes' rehearse; do
	# shellcheck disable=SC2086 # words
	through "$command: the standard input" '<in.csv >out 2>err' $command - --rules own.yaml --out in.csv
done
for input in - /dev/stdin /proc/self/fd/0; do
	through "plan $input: at the end of its input" '<in.csv >>in.csv 2>err' plan "$input" --rules own.yaml
done
# shellcheck disable=SC2086 # words
for file in in.csv own.yaml depmend.yaml; do
	through "plan >>$file" ">>$file 2>err" $plan
done
through 'plan --out to a descriptor' '5<>own.yaml >out 2>err' plan in.csv --rules own.yaml --out /dev/fd/5

cp depmend.yaml kept.yaml
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=x 2>/dev/null
mkdir -p conf/depmend home/.config/depmend home/.ssh
echo 'trusted_group: [root]' | tee conf/depmend/trust.yaml >home/.config/depmend/trust.yaml
mkdir -m 700 creds
cp uem-secret creds/uem
printf '#!/bin/sh\ncat uem-secret\n' >tell.sh
chmod 755 tell.sh
surroundings='ca.pem conf/depmend/trust.yaml home/.config/depmend/trust.yaml creds/uem tell.sh'
# shellcheck disable=SC2086 # words
before=$(sha256sum $surroundings)
# shellcheck disable=SC2086,SC2094 # words; $out is another file than out
surrounded() { # WHAT SECRET OUT [VARIABLE=VALUE...]
	local what=$1 secret=$2 out=$3
	shift 3
	sed "s|client_secret: .*}|client_secret: {$secret}|" kept.yaml >depmend.yaml
	for command in 'plan in.csv --rules own.yaml' export; do
		env "$@" "$build/depmend" $command --out "$out" >out 2>err </dev/null
		status=$?
		exits "$what: $command" 64
		check "$what: $command says which input" grep -q 'is also read' err
		same "$what: $command changes nothing" "$before" "$(sha256sum $surroundings)"
	done
	cp kept.yaml depmend.yaml
}
surrounded 'authorities' 'file: uem-secret' ca.pem "SSL_CERT_FILE=$work/ca.pem"
mkdir authorities
cp ca.pem authorities
surrounded 'a folder of authorities' 'file: uem-secret' authorities/ca.pem "SSL_CERT_DIR=/none:$work/authorities"
surrounded 'a folder of authorities, by a new name' 'file: uem-secret' authorities/0123abcd.0 "SSL_CERT_DIR=$work/authorities"
surrounded 'trusted groups' 'file: uem-secret' conf/depmend/trust.yaml "XDG_CONFIG_HOME=$work/conf"
surrounded 'trusted groups at home' 'file: uem-secret' home/.config/depmend/trust.yaml "HOME=$work/home" XDG_CONFIG_HOME=
surrounded 'a credential' 'credential: uem' creds/uem "CREDENTIALS_DIRECTORY=$work/creds"
surrounded 'the program of a secret' "command: [$work/tell.sh]" ./tell.sh
surrounded 'the script of a secret' 'command: [sh, tell.sh]' "$work/tell.sh"
echo 'rules: own.yaml' >>depmend.yaml
sums=$(sha256sum apple.pem depmend.yaml protected.csv own.yaml sold.txt in.csv)
refused 'export --out over the rules of the settings' export --out own.yaml
refused 'doctor --bundle over the rules of the settings' doctor --bundle own.yaml
ln -s . loop
for list in sold.txt loop/sold.txt; do
	refused 'export --out over a list of these rules' export --out "$list"
	refused 'doctor --bundle over it' doctor --bundle "$list"
	refused 'history --html over it' history 7AGC74BU22 --html "$list"
	refused 'backup over it' backup "$list"
done
cp kept.yaml depmend.yaml
sums=$(sha256sum apple.pem depmend.yaml protected.csv own.yaml sold.txt in.csv)

# --- approvals ---

ssh-keygen -q -t ed25519 -N '' -f home/.ssh/id_ed25519
echo "mia $(cut -d' ' -f1,2 home/.ssh/id_ed25519.pub)" >approvers.pub
printf 'version: 1\nrules:\n  - {name: off, match: {always: true}, do: [unassign]}\n' >off.yaml
printf 'approval: {steps: [unassign], people: 1, keys: approvers.pub}\n' >>depmend.yaml
sums=$(sha256sum apple.pem depmend.yaml protected.csv own.yaml sold.txt in.csv)
export HOME=$work/home
run plan in.csv --rules off.yaml --out plan.csv
key=$(sha256sum home/.ssh/id_ed25519 plan.csv)
refused 'approve --out over the key' approve plan.csv --rules off.yaml --yes --out home/.ssh/id_ed25519
refused 'approve --out over the plan' approve plan.csv --rules off.yaml --yes --out plan.csv
refused 'approve --out over the approvers' approve plan.csv --rules off.yaml --yes --out approvers.pub
same 'the key and the plan are as they were' "$key" "$(sha256sum home/.ssh/id_ed25519 plan.csv)"
run approve plan.csv --rules off.yaml --yes
exits 'approve' 0
key=$(sha256sum plan.csv.mia.approval)
refused 'apply --out over the approval' apply in.csv --rules off.yaml --yes --expect plan.csv --out plan.csv.mia.approval
same 'the approval is as it was' "$key" "$(sha256sum plan.csv.mia.approval)"

# The name that nobody gave: in.result.csv is the result, and here it is the protected list.
cp protected.csv in.result.csv
sed 's/protected.csv/in.result.csv/' depmend.yaml >other.yaml
run apply in.csv --rules own.yaml --yes --settings other.yaml
exits 'apply whose result is its protected list' 64
check 'the list is as it was' cmp protected.csv in.result.csv

# The name that an earlier result is kept under is another file of somebody's.
cp in.csv in.previous.csv
printf 'serial\n7AGC74BU22\n' >list.csv
cp list.csv mine.csv
run rehearse in.previous.csv --rules own.yaml --out list.csv
cp mine.csv list.csv
for n in '' -2 -3; do
	run rehearse in.csv --rules own.yaml --out list.csv
	check "an earlier file is kept beside those that are there: $n" cmp mine.csv "list.previous$n.csv"
	cp mine.csv list.csv
done
run rehearse list.previous.csv --rules own.yaml --out list.csv
check 'also when one of them is the input' cmp mine.csv list.previous.csv

# --- one page and one metrics file for all tenants ---

mkdir -p all/acme
cp depmend.yaml apple.pem protected.csv approvers.pub tenant-code uem-secret all/acme
sed 's/^tenant: .*/tenant: beta/; s/client_id: BUSINESSAPI/client_id: BUSINESSAPI.b/' depmend.yaml >all/beta.yaml
cp protected.csv approvers.pub apple.pem tenant-code uem-secret all
before=$(find all -type f -exec sha256sum {} + | sort)
for option in html metrics; do
	for file in acme/depmend.yaml acme/apple.pem acme/protected.csv acme/approvers.pub beta.yaml apple.pem uem-secret; do
		refused "a folder of settings: --$option over $file" report latest --settings all "--$option" "all/$file"
	done
done
refused 'a folder of settings: one file twice' report latest --settings all --html page --metrics ./page
same 'a folder of settings: nothing is changed' "$before" "$(find all -type f -exec sha256sum {} + | sort)"

# What one tenant writes is not what another reads, nor what another writes.
mkdir lists
cp sold.txt lists/demo.csv
cp sold.txt lists/beta.csv
echo 'protect: {file: demo.csv}' >>all/beta.yaml
sed -i '/^protect: {file: protected.csv}/d' all/beta.yaml
cp protected.csv all/demo.csv
cp protected.csv lists/demo.result.csv
before=$(sha256sum all/demo.csv lists/*)
refused 'plan over the protected list of another tenant' plan 'lists/{tenant}.csv' --rules own.yaml --settings all --out 'all/{tenant}.csv'
refused 'export over it' export --settings all --out 'all/./{tenant}.csv'
refused 'report over it' report latest --settings all --csv 'all/{tenant}.csv'
sed -i 's/demo.csv/..\/lists\/demo.result.csv/' all/beta.yaml
refused 'apply whose result is the protected list of another tenant' apply 'lists/{tenant}.csv' --rules own.yaml --settings all --yes
sed -i 's/^protect: .*demo.result.csv.*/rules: ..\/own-{list}.yaml/; s/{list}/beta/' all/beta.yaml
sed 's/sold.txt/lists\/demo.csv/' own.yaml >own-beta.yaml
refused 'a list of its rules' export --settings all --out 'lists/{tenant}.csv'
mkdir two
ln -s . two/demo
ln -s . two/beta
echo kept >two/x.csv
run export --settings all --out 'two/{tenant}/x.csv'
exits 'two tenants that write one file' 64
check 'which says so' grep -q 'two tenants would write' err
same 'other tenants: nothing is changed' "$before kept" "$(sha256sum all/demo.csv lists/*) $(cat two/x.csv)"

# A pipe that nobody writes into is no file: a command says so, and does not wait for ever.
mkfifo pipe
for option in --scenario --rules --settings; do
	timeout -k 1 20 "$build/depmend" rehearse in.csv --rules own.yaml $option ./pipe >out 2>err </dev/null
	status=$?
	check "$option PIPE: refused, not waited for ($status)" grep -q 'pipe: is a pipe' err
done

# Names that hardly fit: that of the result, and that of the earlier one that is kept.
deep=$(printf 'a%.0s' {1..120})/$(printf 'b%.0s' {1..120})
long=$(printf 'ä%.0s' {1..125})
mkdir -p "$deep"
cp in.csv "$deep/in.csv"
cp in.csv "$deep/$long.csv"
run rehearse "$deep/in.csv" --rules own.yaml
check 'the result lies beside its list, however long the way there' test -s "$deep/in.rehearsal.csv"
run rehearse "$deep/$long.csv" --rules own.yaml
exits 'a default name that does not fit is refused' 73
echo kept >"$deep/$long.csv"
run rehearse in.csv --rules own.yaml --out "$deep/$long.csv"
check 'a name that fits just so' grep -q depmend_run "$deep/$long.csv"
same 'the earlier one is kept, its name cut between two characters' kept \
	"$(cat "$deep/$(printf 'ä%.0s' {1..121})".previous.csv)"
printf 'serial,depmend_run\nC02XK1ABJG5H,%s\n' "$(printf 'r%.0s' {1..300})" >odd.csv
run rehearse in.csv --rules own.yaml --out odd.csv
check 'a result over one of an impossible run' grep -q depmend_outcome odd.csv
check 'is kept all the same' test -s odd.previous.csv

# shellcheck disable=SC2086 # words
run $plan --out plan.csv
check 'another file is written' test -s plan.csv
suite_end
