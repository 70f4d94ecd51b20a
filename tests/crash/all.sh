#!/bin/sh
# `make crash`: every call of a run, and much more of everything else. See crash.py.
exec python3 "$(dirname "$0")/crash.py" "${1:?usage: tests/crash/all.sh BUILD}" --all
