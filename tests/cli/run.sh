#!/usr/bin/env bash
# Text cases for the command line: tests/cli/*.case.
#
#	tests/cli/run.sh BUILD [CASE...]
#
# A case is a file of directives, each with the lines that follow it:
#	@file NAME          writes NAME in the case's own folder, which is the working folder
#	@run COMMAND        runs a shell command; depmend is the one of BUILD
#	@status N           what the command before ended with; without it: 0
#	@stdout @stderr     exactly these lines; no lines: nothing was printed
#	@stdout-has @stderr-has     each of these lines is part of a printed line
#	@note               says what follows; so do the lines before the first directive
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$(realpath "${1:?usage: tests/cli/run.sh BUILD [CASE...]}")

# What a file may cost that is made to be costly. ASan reserves terabytes of addresses: with it only
# the time is bounded.
caps='ulimit -v 65536 -t 2'
if grep -q __asan_init "$build/depmend"; then caps='ulimit -t 30'; fi
shift
[ $# -gt 0 ] || set -- tests/cli/*.case
passed=0 failed=0
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT

complain() { # text; then details on stdin
	printf -- '--- %s: %s\n' "$case_name" "$1"
	sed 's/^/    /'
	case_failed=1
}

# The environment is named whole, so that no machine's own settings take part.
run_command() {
	(
		cd "$work" || exit 1
		env -i PATH="$build:/usr/local/bin:/usr/bin:/bin" HOME="$top/home" LC_ALL=C.UTF-8 \
			caps="$caps" ${GCOV_PREFIX:+"GCOV_PREFIX=$GCOV_PREFIX"} \
			TMPDIR="$top" bash -c "$1" >"$top/stdout" 2>"$top/stderr" </dev/null
	)
	echo $? >"$top/status"
}

check_status() {
	cat "$top/stdout" "$top/stderr" >"$top/both"
	[ "$(cat "$top/status")" = "$wanted_status" ] ||
		complain "'$command' ended with $(cat "$top/status"), not $wanted_status" <"$top/both"
}

check_text() { # stdout|stderr
	diff -u --label wanted --label "$1" "$top/text" "$top/$1" >"$top/diff" ||
		complain "$1 of '$command'" <"$top/diff"
}

check_has() { # stdout|stderr
	local line

	while IFS= read -r line; do
		grep -qF -- "$line" "$top/$1" || complain "$1 of '$command' lacks '$line'" <"$top/$1"
	done <"$top/text"
}

# A directive is over when the next one starts; the status is looked at before the next command.
end_directive() {
	# Blank lines before the next directive are for the reader.
	sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$top/text"
	case $directive in
	@file) cp "$top/text" "$work/$argument" ;;
	@run) command=$argument wanted_status=0 && run_command "$argument" ;;
	@status) wanted_status=$argument ;;
	@stdout | @stderr) check_text "${directive#@}" ;;
	@stdout-has) check_has stdout ;;
	@stderr-has) check_has stderr ;;
	'' | @note) ;;
	*) complain "no such directive: $directive" </dev/null ;;
	esac
}

run_case() { # file
	local line

	case_name=${1##*/} case_failed='' directive='' argument='' command=''
	work=$top/${case_name%.case}
	mkdir -p "$work" "$top/home"
	: >"$top/text"
	while IFS= read -r line; do
		case $line in
		@*)
			end_directive
			directive=${line%% *} argument=${line#"$directive"} argument=${argument# }
			: >"$top/text"
			[ "$directive" != @run ] || [ -z "$command" ] || check_status
			;;
		*) printf '%s\n' "$line" >>"$top/text" ;;
		esac
	done <"$1"
	end_directive
	[ -z "$command" ] || check_status
	if [ -n "$case_failed" ]; then failed=$((failed + 1)); else passed=$((passed + 1)); fi
}

for one in "$@"; do
	run_case "$one"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
