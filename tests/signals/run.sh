#!/usr/bin/env bash
# Signals are heard in every wait: said at once, obeyed, and without burning a processor until then.
# The clock is the real one.
#
#	tests/signals/run.sh BUILD
# shellcheck disable=SC2119 # a world needs no options
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/signals/run.sh BUILD}"
unset DEPMEND_CLOCK
cd "$work" || exit 1

python3 "$root/tests/signals/waits.py" "$build" "$root" "$work" >waits.log 2>&1
status=$?
cat waits.log
[[ $(tail -n 1 waits.log) =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] || {
	echo "the waits ended early (status $status)"
	failed=1
}
passed=$((passed + ${BASH_REMATCH[1]:-0})) failed=$((failed + ${BASH_REMATCH[2]:-0}))
suite_end
