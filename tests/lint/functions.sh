#!/bin/sh
# Functions of at most 70 lines (half of them of 20, nine in ten of 50) and complexity 15, files of at most 600 lines, folders of 6,500.
set -eu
cd "$(dirname "$0")/../.."

files=$(find src -name '*.[ch]' | sort)
# shellcheck disable=SC2086 # one word per file
{
	pmccabe $files | awk '
		$1 > 15 { printf "%s %s: complexity %d, at most 15\n", $6, $7, $1; bad = 1 }
		$5 > 70 { printf "%s %s: %d lines, at most 70\n", $6, $7, $5; bad = 1 }
		END { exit bad }' && long=0 || long=1
	pmccabe $files 2>/dev/null | awk '{ print $5 }' | sort -n | awk '
		{ lines[NR] = $1 }
		END {
			half = lines[int((NR + 1) / 2)]; most = lines[int(NR * 9 / 10)]
			if (half > 20 || most > 50) {
				printf "half of the functions have up to %d lines, nine in ten up to %d\n", half, most
				exit 1
			}
		}' || long=1
	wc -l $files | awk '
		$2 != "total" && $1 > 600 { printf "%s: %d lines, at most 600\n", $2, $1; bad = 1 }
		END { exit bad }' || long=1
	wc -l $files | awk '
		$2 != "total" { sub(/\/[^\/]*$/, "", $2); lines[$2] += $1 }
		END {
			for (dir in lines)
				if (lines[dir] > 6500) {
					printf "%s: %d lines, at most 6500\n", dir, lines[dir]; bad = 1
				}
			exit bad
		}' || long=1
}
exit "$long"
