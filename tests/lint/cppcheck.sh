#!/usr/bin/env bash
# cppcheck over every source; files that did not change are not read again.
set -u
cd "$(dirname "$0")/../.." || exit 1

known=.build/lint/cppcheck
mkdir -p "$known"
cppcheck -j 2 --quiet --std=c11 -D_GNU_SOURCE -Isrc --enable=warning,performance,portability \
	--library=posix --library=gnu --suppressions-list=tests/lint/cppcheck.known \
	--cppcheck-build-dir="$known" --template='{file}:{line}: {id}: {message}' \
	--error-exitcode=1 src
