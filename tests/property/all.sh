#!/bin/sh
# `make property`: a thousand triples. See property.py.
exec python3 "$(dirname "$0")/property.py" "${1:?usage: tests/property/all.sh BUILD}" 1000
