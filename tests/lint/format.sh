#!/bin/sh
# clang-format, as .clang-format at the top says.
set -eu
cd "$(dirname "$0")/../.."

find src tests -name '*.[ch]' -print0 | xargs -0 -r clang-format --dry-run -Werror
