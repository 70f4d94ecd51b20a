#!/usr/bin/env bash
# The built programs carry the protections that the Makefile asks for.
#
#	tests/build/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
build=${1:?usage: tests/build/run.sh BUILD}
# Sanitizers bring their own protection and take some of these away.
case ${build##*/} in release) ;; *) suite_end && exit ;; esac

shows() { # PATTERN READELF-OPTION...
	local pattern=$1
	shift
	readelf -W "$@" "$program" | grep -q -E "$pattern"
}

lacks() {
	! shows "$@"
}

for name in depmend depmend-sim; do
	program=$build/$name
	check "$name: position independent" shows 'Type: +DYN \(Position' -h
	check "$name: relocations are read-only" shows 'GNU_RELRO' -l
	check "$name: bound at the start" shows 'BIND_NOW|Flags:.* NOW' -d
	check "$name: no code on the stack" shows 'GNU_STACK .* RW ' -l
	check "$name: nothing both written and run" lacks 'LOAD .* RWE ' -l
	check "$name: no search path" lacks 'RPATH|RUNPATH' -d
	check "$name: stack canaries" shows '__stack_chk_fail' --dyn-syms
	check "$name: fortified calls" shows '__(memcpy|snprintf|vsnprintf|fprintf|read)_chk' --dyn-syms
done

# libcurl and the thirty libraries that it brings take longer to load than a small plan takes in whole.
loads_curl() { # COMMAND...: on the real clock, since only simulators may be asked on a virtual one
	env -u DEPMEND_CLOCK LD_DEBUG=files "$build/depmend" "$@" 2>&1 </dev/null | grep -c 'libcurl\.so'
}
suite_begin "$build"
cd "$work" || exit 1
new_world --seed 1
printf 'serial,status\nC02BUILD0001,ASSIGNED\n' >in.csv
rules '[skip]'
for words in --version --help status runs rules 'rules check rules.yaml' 'check in.csv' 'plan in.csv --offline --rules rules.yaml'; do
	# shellcheck disable=SC2086 # words
	same "$words: libcurl is not loaded" 0 "$(loads_curl $words)"
done
check 'doctor: who asks a service loads it' test "$(loads_curl doctor)" -gt 0
suite_end
