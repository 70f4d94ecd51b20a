# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# plan says what would be done, and does nothing.

for sample in $samples; do
	fresh
	mark
	run plan "$sample" --rules corrupted-registration --out plan.csv
	exits "plan $sample: some rows are at fault" 3
	check "plan $sample: signed in and looked" test "$(requests true)" -gt 5
	sent 0 0
	same "plan $sample: effects" 0 "$(jq -r 'select(.kind == "effect") | .what' "$audit" | wc -l)"
	check "plan $sample: rows in, rows out" "$rows" same "$sample" plan.csv
	same "plan $sample: rows that do not say why" '' "$("$rows" silent plan.csv)"
	check "plan $sample: shows a fingerprint" grep -q '^fingerprint [0-9a-f]\{12\}$' err
	cp plan.csv before.csv
	run plan "$sample" --rules corrupted-registration
	check "plan $sample: a pipe gets the same CSV" cmp -s out before.csv
done

fresh
run plan portal-like.csv --rules corrupted-registration --out plan.csv
same 'what becomes of the rows' '1 duplicate 3 invalid 3 manual 40 planned' "$("$rows" outcomes plan.csv)"
same 'the steps of a planned row' 'unassign=planned;sync=planned;reassign=planned;sync=planned' \
	"$("$rows" column depmend_steps plan.csv | grep planned | sort -u)"
same 'the rules that fired' 'on-no-server rebuild released unknown-to-apple' \
	"$("$rows" column depmend_rule plan.csv | grep . | sort -u | paste -sd' ')"

# The plan of a file does not depend on how the file is written.
fingerprint=$(grep ^fingerprint err)
while read -r encoding delimiter end; do
	"$rows" as "$encoding" "$delimiter" "$end" portal-like.csv other.csv
	run plan other.csv --rules corrupted-registration --out plan.csv
	same "plan of $encoding, '$delimiter', '$end'" "$fingerprint" "$(grep ^fingerprint err)"
	check "rows of $encoding, '$delimiter', '$end'" "$rows" same portal-like.csv plan.csv
done <<'DIALECTS'
utf-8 , \r\n
utf-8-sig ; \r\n
utf-8 TAB \n
utf-16 TAB \r\n
utf-8 , \r
DIALECTS

# Clean input: 2 when asked whether there is something to do.
grep -v -e '[a-z+]' -e ' ' -e ZZ7 -e '^.\{1,7\}$' serials.txt | sort -u >clean.txt
run plan clean.txt --rules corrupted-registration --out plan.csv
exits 'plan of a clean file' 0
run plan clean.txt --rules corrupted-registration --out plan.csv --detailed-exitcode
exits 'plan with changes pending' 2
run plan clean.txt --rules move-server --set 'server=WS1 APAC' --out plan.csv --detailed-exitcode
exits 'plan with nothing to do' 0

# `apply --dry-run` is `plan`, with what that takes; without it apply takes none of it.
run apply clean.txt --rules corrupted-registration --dry-run --out plan.csv --detailed-exitcode --html plan.html
exits 'apply --dry-run with changes pending' 2
check 'apply --dry-run writes the page' grep -q '<html' plan.html
mark
for option in --detailed-exitcode '--html page.html' --offline; do
	# shellcheck disable=SC2086 # words
	run apply clean.txt --rules corrupted-registration --yes $option
	exits "apply $option" 64
	check "apply $option: with what it goes" grep -q -- '--dry-run' err
done
nobody_asked

# plan --offline asks nobody, not even who does not exist.
mark
sim_stop
run plan portal-like.csv --rules corrupted-registration --offline --out plan.csv
nobody_asked
check 'plan --offline: what would read the facts' grep -q -- '-> plan without --offline, which reads it$' "$work/err"
cp plan.csv once.csv
run plan portal-like.csv --rules corrupted-registration --rules corrupted-registration --offline --out plan.csv
exits 'the same rules twice' 3
check 'the same rules twice are rules once' cmp once.csv plan.csv
check 'plan --offline: rows in, rows out' "$rows" same portal-like.csv plan.csv
