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

# The first process of a container has no default action for signals: it waits for a list that nobody writes, and is stopped.
as_first() { # SIGNAL STATUS COMMAND...
	local signal=$1 expected=$2 pid child
	shift 2
	mkfifo list && exec 8<>list
	unshare "${alone[@]}" "$build/depmend" "$@" list --rules corrupted-registration >out 2>err 8>&- &
	pid=$!
	child=
	for _ in $(seq 400); do child=$(pgrep -P "$pid" depmend) && break; sleep 0.05; done
	sleep 1 # it opens the list
	kill "-$signal" "$child"
	for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
	kill -KILL "$child" 2>/dev/null
	wait "$pid"
	same "$1 as the first process: $signal ends it" "$expected" "$?"
	exec 8>&-
	rm list
}
new_world
kill -STOP "$sim_pid"
"$build/depmend" check --online >out 2>err </dev/null &
checks=$!
sleep 2 # it asks
kill -TERM "$checks"
wait "$checks"
same 'check --online: the status of its signal' 143 "$?"
kill -CONT "$sim_pid"

# Who reads the messages of a command that writes the ledger stands still: others have the lock all the same.
mkfifo full && exec 7<>full
dd if=/dev/zero of=full bs=4096 oflag=nonblock 2>/dev/null
run pause --reason none
run backup state.backup
for command in 'forget C02XK1ABJG5H --reason none' 'restore state.backup' 'backup moved.backup --move'; do
	# shellcheck disable=SC2086 # a command and its words
	"$build/depmend" $command >/dev/null 2>full </dev/null &
	reads=$!
	for _ in $(seq 200); do [ "$(awk '{ print $3 }' "/proc/$reads/stat")" = S ] && break; sleep 0.05; done
	sleep 0.5
	check "${command%% *}: it has more to say" kill -0 "$reads"
	"$build/depmend" forget C02XK1ABJG5H --reason none >out 2>err </dev/null
	status=$?
	[ "${command#*--move}" = "$command" ] && expected=0 || expected=78
	exits "${command%% *}: nobody waits for who reads its messages" "$expected"
	kill -KILL "$reads"
	wait "$reads" 2>/dev/null
done
exec 7>&-
rm full
new_world

alone=(--pid --fork)
unshare "${alone[@]}" true 2>/dev/null || alone=(--user --map-root-user --pid --fork)
if unshare "${alone[@]}" true 2>/dev/null; then
	as_first TERM 143 check
	as_first TERM 143 plan --offline
	as_first HUP 129 check
	as_first TERM 143 apply --yes
else
	echo 'skipped: the first process of a container (unshare is refused here)'
fi
sim_stop

python3 "$root/tests/signals/waits.py" "$build" "$root" "$work" >waits.log 2>&1
status=$?
cat waits.log
[[ $(tail -n 1 waits.log) =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] || {
	echo "the waits ended early (status $status)"
	failed=1
}
passed=$((passed + ${BASH_REMATCH[1]:-0})) failed=$((failed + ${BASH_REMATCH[2]:-0}))
suite_end
