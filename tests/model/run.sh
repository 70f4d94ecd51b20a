#!/bin/sh
# The protocol's models: one device to the end, two devices in one activity, several processes.
# spin goes through every state; then each rule is taken out, and that has to show a failure.
#
#	tests/model/run.sh BUILD          small bounds, a few seconds (make test)
#	tests/model/run.sh BUILD full     larger ones, with states and time (make model)
set -u
cd "$(dirname "$0")" || exit 1
here=$PWD
size=${2:-small}
optimize=-O0 # compiling takes longer than small searches
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0

search() { # model, options of the model ...: leaves $work/out
	model=$1
	shift
	rm -f -- *.trail
	spin -a "$@" "$here/$model.pml" >out 2>&1 &&
		gcc "$optimize" -DSAFETY -DCOLLAPSE -DVECTORSZ=256 -w -o pan pan.c >>out 2>&1 &&
		timeout 1200 ./pan -m2000000 -w24 >out 2>&1
	grep -q 'max search depth too small' out && echo 'errors: the search was cut short' >>out
}

count() { # ok or not, what was looked for
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $2"
		tail -n 40 out
	fi
}

# Every state is reached and no assertion fails.
holds() { # model, options ...
	search "$@"
	grep -q 'errors: 0$' out && ! grep -q 'cut short' out
	count $? "$*: to hold"
	sed -n "s/^ *\([0-9]*\) states, stored.*/$1: \1 states/p; s/^pan: elapsed time/	in/p" out
}

fails_without() { # model, rules ...
	model=$1
	shift
	for rule in "$@"; do
		search "$model" "-D$rule"
		grep -q 'assertion violated' out
		count $? "$model without the rule $rule: to show a failure"
		[ "$size" = small ] || printf '\t%s: %s\n' "$rule" \
			"$(grep -m1 'assertion violated' out)"
	done
}

if [ "$size" = small ]; then
	holds one_device -DKILLS=1
	holds two_devices -DKILLS=1
	holds processes -DMISHAPS=1
else
	optimize=-O2
	holds one_device -DKILLS=4 -DMOVES=4 -DRUNS=6
	holds two_devices -DKILLS=6 -DTOKENS=10
	holds processes -DMISHAPS=3
	optimize=-O0
fi
fails_without one_device NO_BLOCK ONE_READING NO_RECOVERY EARLY_CUSTODY DEED_AGAIN
fails_without two_devices NO_RESERVE NO_FIRST_CALL NO_INTENT SPLIT ALL_OR_NOTHING
fails_without processes LOCK_BY_PID OWN_RATES READERS_LOCK NO_FIRST_CALL OLD_TOKENS

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
