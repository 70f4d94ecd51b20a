#!/bin/sh
# Functions of at most 70 lines and complexity 15, files of at most 600 lines, folders of 6,500.
set -eu
cd "$(dirname "$0")/../.."

files=$(find src -name '*.[ch]' | sort)
# shellcheck disable=SC2086 # one word per file
{
	pmccabe $files | awk '
		$1 > 15 { printf "%s %s: complexity %d, at most 15\n", $6, $7, $1; bad = 1 }
		$5 > 70 { printf "%s %s: %d lines, at most 70\n", $6, $7, $5; bad = 1 }
		END { exit bad }' && long=0 || long=1
	wc -l $files | awk '
		$2 != "total" && $1 > 600 { printf "%s: %d lines, at most 600\n", $2, $1; bad = 1 }
		END { exit bad }' || long=1
	# Folders that are still to be divided.
	wc -l $files | awk -v known='src/sim' '
		$2 != "total" { sub(/\/[^\/]*$/, "", $2); lines[$2] += $1 }
		END {
			for (dir in lines) {
				if (lines[dir] > 6500 && dir != known) {
					printf "%s: %d lines, at most 6500\n", dir, lines[dir]; bad = 1
				} else if (lines[dir] <= 6500 && dir == known) {
					printf "%s: divided, no exception any more\n", dir; bad = 1
				}
			}
			exit bad
		}' || long=1
}
exit "$long"
