#!/bin/sh
# The sample of `make test`. See property.py.
build=${1:?usage: tests/property/run.sh BUILD}
case ${build##*/} in release*) n=60 ;; *) n=20 ;; esac
exec python3 "$(dirname "$0")/property.py" "$build" "$n"
