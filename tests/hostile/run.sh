#!/usr/bin/env bash
# depmend against servers that misbehave; see behaviours.py for how.
#
#	tests/hostile/run.sh BUILD [NAME...]
set -u
cd "$(dirname "$0")/../.." || exit 1
exec python3 tests/hostile/hostile.py "$@"
