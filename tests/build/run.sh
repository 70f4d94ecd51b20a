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

# libcurl with the thirty libraries that it brings, and libxlsxwriter, take longer to load than a small plan takes in whole.
loads() { # LIBRARY COMMAND...: on the real clock, since only simulators may be asked on a virtual one
	local library=$1
	shift
	env -u DEPMEND_CLOCK LD_DEBUG=files "$build/depmend" "$@" 2>&1 </dev/null | grep -c "$library\.so"
}
suite_begin "$build"
cd "$work" || exit 1
new_world --seed 1
printf 'serial,status\nC02BUILD0001,ASSIGNED\n' >in.csv
rules '[skip]'
for words in --version --help status runs rules 'rules check rules.yaml' 'check in.csv' 'plan in.csv --offline --rules rules.yaml'; do
	# shellcheck disable=SC2086 # words
	same "$words: neither is loaded" 00 "$(loads libcurl $words)$(loads libxlsxwriter $words)"
done
check 'doctor: who asks a service loads libcurl' test "$(loads libcurl doctor)" -gt 0

# Installed from a checkout whose owner keeps his secrets, and another tenant, beside the sample as it says.
tree=$work/tree
mkdir "$tree"
cp -r "$root/Makefile" "$root/samples" "$root/rules" "$tree/"
for secret in kubernetes/tenants/acme/apple.pem kubernetes/tenants/acme/uem-secret kubernetes/tenants/own/devices.csv \
	github/token cron/apple.pem systemd/acme.override; do
	mkdir -p "$(dirname "$tree/samples/$secret")"
	echo 'of nobody else' >"$tree/samples/$secret"
done
put() { # UMASK FOLDER
	(umask "$1" && make -s -C "$tree" -o all install BUILD="$build" DESTDIR="$work/$2" PREFIX=/usr)
}
check 'it is installed' put 022 installed
check 'without what the owner keeps beside the samples' test -z "$(grep -r 'of nobody else' "$work/installed")"
every_sample() { # of the sources; an archive of them has no history, and nothing beside them
	cd "$root/samples" && { git ls-files -- cron 'depmend*.yaml' github kubernetes systemd 2>/dev/null ||
		find cron depmend*.yaml github kubernetes systemd -type f; } | grep -v '/.gitignore$' | sort
}
same 'with every sample' "$(every_sample)" "$(cd "$work/installed/usr/share/doc/depmend/examples" && find . -type f | sed 's|^./||' | sort)"
check 'under another umask' put 077 private
same 'all may read it' '' "$(find "$work/private/usr" ! -perm -444)"
same 'and it is the same' '' "$(diff -r "$work/installed" "$work/private")"
suite_end
