#!/usr/bin/env bash
# Random worlds under a conductor that owns time, some on the real clock, and what the oracle has to
# find when it is planted.
#
#	tests/worlds/run.sh BUILD
exec python3 "$(dirname "$0")/worlds.py" "${1:?usage: tests/worlds/run.sh BUILD}" -n 300 --real 8 --planted
