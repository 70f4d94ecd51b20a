#!/bin/sh
# The sample of `make test`; BESIDE=200 BESIDE_ROUNDS=50 for all of it. See beside.py.
exec python3 "$(dirname "$0")/beside.py" "${1:?usage: tests/beside/run.sh BUILD}"
