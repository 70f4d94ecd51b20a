#!/usr/bin/env bash
# The wire as the field has it: lists that are not paged as asked, records that are odd, dates that may
# be two, pages for people in place of answers.
#
#	tests/field/run.sh BUILD [CASE...]
#
# Whatever a service does, a device that is there is never taken for missing, and what is read is read
# as it is: each row ends as it does with well-behaved services, or undecided with a reason.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"

suite_begin "$1"
cd "$work" || exit 1

# serial, outcome and rule of each row of a plan
verdicts() { # CSV
	python3 - "$1" <<'EOF'
import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline="")):
    print(row["serial"], row["depmend_outcome"], row["depmend_rule"])
EOF
}

# How many rows end otherwise than in the reference, not counting those that are undecided; how many
# are undecided.
differ() { # REFERENCE GOT
	awk 'NR == FNR { was[$1] = $2 " " $3; next }
		$2 == "undecided" { undecided++; next }
		was[$1] != $2 " " $3 { wrong++ }
		END { print wrong + 0, undecided + 0 }' "$1" "$2"
}

shift
[ $# -gt 0 ] || set -- feed hosts mutated odd pages refusals turned words
for part; do
	part=$here/case_$part.sh
	# shellcheck disable=SC1090
	. "$part"
done
suite_end
