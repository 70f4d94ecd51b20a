#!/bin/sh
# The sample of `make test`. See differential.py.
build=${1:?usage: tests/differential/run.sh BUILD}
case ${build##*/} in release*) n=300 ;; *) n=60 ;; esac
exec "$(dirname "$0")/differential.py" "$build/depmend" "${DIFFERENTIAL:-$n}"
