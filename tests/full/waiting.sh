#!/usr/bin/env bash
# 10,000 serials that Apple does not list yet, over 30 nights: the case of tests/e2e, at full size.
#
#	tests/full/waiting.sh [BUILD]
set -u
export WAITING_SERIALS=10000 WAITING_NIGHTS=30
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../e2e/run.sh" "${1:-$here/../../.build/release}" "$here/../e2e/case_waiting.sh"
