#!/bin/sh
# The sample of `make test`. See property.py.
exec python3 "$(dirname "$0")/property.py" "${1:?usage: tests/property/run.sh BUILD}" 60
