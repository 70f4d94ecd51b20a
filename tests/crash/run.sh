#!/bin/sh
# The sample of `make test`: kill points, lost replies, disks, signals. See crash.py.
exec python3 "$(dirname "$0")/crash.py" "${1:?usage: tests/crash/run.sh BUILD}"
