#!/usr/bin/env bash
# Runs every unit and suite of `make test` and says how much of the floors that decide was run:
# at least 90 % of the lines and 70 % of the branches, and 85 % of the branches of rules and plan.
#
#	tests/coverage.sh BUILD MAKE...      BUILD was made with VARIANT=coverage
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1:?usage: tests/coverage.sh BUILD MAKE...}
shift

# The sandbox lets counters be written below /var/tmp only.
GCOV_PREFIX=$(mktemp -d /var/tmp/depmend-coverage-XXXXXX)
export GCOV_PREFIX
trap 'rm -rf "$GCOV_PREFIX"' EXIT
chmod 777 "$GCOV_PREFIX"

"$@" VARIANT=coverage check
cp -r "$GCOV_PREFIX/$PWD/$build/." "$build/" || exit 1

least() { # LINES BRANCHES SOURCE...
	local lines=$1 branches=$2 filters=() source
	shift 2
	for source in "$@"; do filters+=(--filter "src/$source"); done
	# Not the units' own objects: some compile a source once more, in another way.
	gcovr --root . --object-directory "$build" --exclude-unreachable-branches "${filters[@]}" \
		--sort-uncovered --fail-under-line "$lines" --fail-under-branch "$branches" \
		"$build"/{rules,services,wire,facts,plan,run,forecast,store,io}
}

failed=0
least 90 70 rules/ services/ wire/ facts/ plan/ run/ forecast/ store/ io/ || failed=1
least 90 85 rules/ plan/plan || failed=1
exit "$failed"
