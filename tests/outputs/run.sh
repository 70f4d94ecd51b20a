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
printf 'C02PROTECTED1\n' >protected.csv
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

# The name that nobody gave: in.result.csv is the result, and here it is the protected list.
cp protected.csv in.result.csv
sed 's/protected.csv/in.result.csv/' depmend.yaml >other.yaml
run apply in.csv --rules own.yaml --yes --settings other.yaml
exits 'apply whose result is its protected list' 64
check 'the list is as it was' cmp protected.csv in.result.csv

# shellcheck disable=SC2086 # words
run $plan --out plan.csv
check 'another file is written' test -s plan.csv
suite_end
