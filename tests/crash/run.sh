#!/bin/sh
# The sample of `make test`: kill points, lost replies, disks, signals. See crash.py. Under the
# sanitizers those that reach other code than the rest.
build=${1:?usage: tests/crash/run.sh BUILD}
case ${build##*/} in
release*) set -- ;;
*) set -- --only order --only kill --only lost --only errors --only signal --only kinds ;;
esac
exec python3 "$(dirname "$0")/crash.py" "$build" "$@"
