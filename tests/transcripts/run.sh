#!/usr/bin/env bash
# What commands say on a terminal: word for word at 80 columns; on others no line is wider than the
# terminal and no word is cut.
#
#	tests/transcripts/run.sh BUILD     DEPMEND_WRITE_GOLDEN=1: the files beside this one are made anew
# shellcheck disable=SC2119 # a world needs no options
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
suite_begin "${1:?usage: tests/transcripts/run.sh BUILD}"
cd "$work" || exit 1
export TERM=xterm TZ=UTC

on() { # COLUMNS COMMAND...: leaves shown
	python3 "$root/tests/terminal/pty.py" --columns "$1" --data data "$build/depmend" "${@:2}" --color never \
		--progress none --settings depmend.yaml >term
	cat term data | tr -d '\r' >shown
}
# What differs between two runs of the same: folders, names and hashes.
plain() {
	sed -E "s|$work|WORK|g; s|$root|ROOT|g; s/$(id -un)@$(hostname)/USER@HOST/; s/$(id -un) on $(hostname)/USER on HOST/
		s/2026[0-9]{4}-[0-9]{6}-[0-9a-f]{8}/RUN/g; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/ID/g
		s/[0-9a-f]{16}/STATE/g; s/[0-9a-f]{12}/FINGERPRINT/g; /^sandbox: .*no Landlock$/d; /^sandbox:/,/new privileges/d; s/BUSINESSAPI\.ID/CLIENT/g
		s/127\.0\.0\.1:[0-9]+/HOST/g"
}
words() {
	# Each plan reads anew, so that its times move on; a table of a plan that has no room has its titles
	# in each row.
	tr ' ' '\n' <"$1" | grep -vxE 'RULE|SERVER|ROWS|OUTCOME|STEPS|' | sed 's/[0-9][0-9]*/N/g'
}
says() { # NAME COMMAND...
	says_once "$@"
	fits "$@"
}
says_once() { # NAME COMMAND...: of what cannot be said twice
	local name=$1
	shift
	on 80 "$@"
	plain <shown >"$name.80"
	[ -z "${DEPMEND_WRITE_GOLDEN:-}" ] || cp "$name.80" "$here/$name.golden"
	check "$name: word for word" diff -u "$here/$name.golden" "$name.80"
	same "$name: fits 80 columns" '' "$(grep -v '^next\|/\|depmend' shown | grep -E ".{81}")"
}
fits() { # NAME COMMAND...: commands to be copied, paths and ids are not broken
	local name=$1 columns
	shift
	on "$widest" "$@"
	words shown >whole
	for columns in $widths; do
		on "$columns" "$@"
		same "$name: fits $columns columns" '' "$(grep -vE "^next|/|depmend|[^ ]{$((columns - 10))}" shown |
			grep -E ".{$((columns + 1))}")"
		check "$name: the same words on $columns columns" diff whole <(words shown)
	done
}

widths='60 120' widest=200
new_world
# Two waves within one hour's limit.
settings_with 'rate: {apple_write: 30/hour}'
cp "$root/samples/portal-like.csv" in.csv
rules='--rules corrupted-registration'
# shellcheck disable=SC2086 # two words
{
	says check check in.csv $rules
	says plan plan in.csv $rules
	says explain explain in.csv 7AGC74BU22 $rules
	run plan in.csv $rules --out plan.csv
	ssh-keygen -q -t ed25519 -N '' -C key -f key
	echo "anna $(cat key.pub)" >approvers.pub
	settings_with 'rate: {apple_write: 30/hour}
approval: {steps: [unassign], people: 1, keys: approvers.pub}'
	says_once approve approve plan.csv --key key --yes
	fits approve-again approve plan.csv --key key --yes
	settings_with 'rate: {apple_write: 30/hour}'
	says status status
	says_once pause pause --reason 'the network is being moved'
	says_once status-paused status
	says_once resume resume
	says_once apply apply in.csv $rules --allow percent=50 --yes
	# Where the table does not fit each run has lines of its own.
	widest=140
	says runs runs
	widest=200
	says run runs latest
	says history history 7AGC74BU22
	says_once report report latest --csv report.csv
	says undo undo latest
	says doctor doctor
	says rules rules
	says version version
	says_once export export --out inventory.csv
	says_once rehearse rehearse in.csv $rules --allow percent=50
	says_once forget forget 7AGC74BU22 --reason sold
	says_once backup backup state.bak
	says_once restore restore state.bak
	says_once init init # which finds that there are settings, and asks nothing
}
widths=30
# shellcheck disable=SC2086 # two words
{
	fits check check in.csv $rules
	fits status status
	widest=140 fits runs runs
	fits run runs latest
	fits history history 7AGC74BU22
	fits rules rules
}
widths='30 60 120'
says help help
for command in init check plan apply explain status history forget pause resume rules runs report undo rehearse \
	doctor export version; do
	fits "help $command" "$command" --help
done

suite_end
