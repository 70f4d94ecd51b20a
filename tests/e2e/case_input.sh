# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# What stops a run before anybody is asked anything: input in which rows cannot be told.

fresh

refused() { # WHAT STATUS: by plan and by apply
	local command

	mark
	for command in plan 'apply --yes'; do
		# shellcheck disable=SC2086 # a word and an option
		run $command bad.csv --rules corrupted-registration --out result.csv
		exits "$command: $1" "$2"
		check "$command: $1: says which file" grep -q 'bad\.csv' err
		check "$command: $1: no result" test ! -e result.csv
	done
	nobody_asked
}

: >bad.csv
refused 'an empty file' 65
printf 'Model,Color\niMac,blue\n' >bad.csv
refused 'no column with serials' 65
printf 'Serial Number,Model\n' >bad.csv
refused 'a header and no rows' 65
printf 'Serial Number,Model\n7AGC74BU22,"iPad\nEDW516UQXV,iMac\n' >bad.csv
refused 'an open quote' 65
printf 'Serial Number,Model\n7AGC74BU22,"iPad\nEDW516UQXV,"iMac"\n' >bad.csv
refused 'a quote that closes in another row' 65
printf 'Serial Number,Model\n7AGC74BU22,Ger\xe4t\n' >bad.csv
refused 'bytes that are no UTF-8' 65
rm bad.csv
refused 'no such file' 66

# A filter may find nothing.
printf 'Serial Number,Model\n' >bad.csv
run apply bad.csv --rules corrupted-registration --yes --allow empty=yes
exits 'no rows, allowed' 0
check 'no rows, allowed: the result has a header' "$rows" same bad.csv bad.result.csv

# Rows at fault never stop the others, not even when all are at fault.
printf 'Serial Number,Model\nX,a\n1E+9,b\n,c\n' >bad.csv
mark
run apply bad.csv --rules corrupted-registration --yes
exits 'only bad rows' 3
sent 0 0
same 'only bad rows: outcomes' '3 invalid' "$("$rows" outcomes bad.result.csv)"
check 'only bad rows: rows in, rows out' "$rows" same bad.csv bad.result.csv

# The same serial with two wishes is not acted on at all.
printf '%s\n' 'Serial Number,Server' '19G35KP8SX,WS1 EMEA' '5XP7U89VCQ,WS1 EMEA' \
	'19G35KP8SX,WS1 Americas' >bad.csv
cat >wish.yaml <<'Y'
version: 1
name: wish
rules:
  - name: move
    match: {always: true}
    do: [{reassign: {to: {column: Server}}}, sync]
Y
mark
run apply bad.csv --rules wish.yaml --yes
exits 'two wishes' 3
sent 1 2
same 'two wishes: outcomes' 'invalid done invalid' \
	"$("$rows" column depmend_outcome bad.result.csv | paste -sd' ')"
