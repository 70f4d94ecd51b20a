# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# apply mends every corrupted device of every sample, with the fewest requests, exactly once.

# Serials of an effect that took effect, in the order it did.
took() { # WHAT
	jq -r --arg what "$1" \
		'select(.kind == "effect" and .what == $what and .effective) | .serial' "$audit"
}

# Per device, what happened to it in order: "unassign,sync-remove,assign,sync-add,mended".
stories() {
	jq -r 'select(.kind == "effect" and .effective) | "\(.serial) \(.what)"' "$audit" |
		awk '{ story[$1] = story[$1] "," $2 } END { for (s in story) print substr(story[s], 2) }' |
		sort -u
}

# Devices that were put on another server than they were taken from.
strays() {
	jq -r 'select(.kind == "effect" and .effective and (.what == "unassign" or .what == "assign"))
		| "\(.serial) \(if .what == "assign" then .after else .before end)"' "$audit" |
		sort -u | cut -d' ' -f1 | uniq -d
}

while read -r sample servers outcomes; do
	fresh
	mark
	run apply "$sample" --rules corrupted-registration --yes --allow percent=30
	exits "apply $sample: some rows are at fault" 3
	result=$(result_of "$sample")
	check "apply $sample: rows in, rows out" "$rows" same "$sample" "$result"
	same "apply $sample: outcomes" "$outcomes" "$("$rows" outcomes "$result")"
	same "apply $sample: rows that do not say why" '' "$("$rows" silent "$result")"
	same "apply $sample: no row calls for depmend again" '' \
		"$("$rows" column depmend_outcome "$result" | grep -E 'pending|flight|unverified')"

	# One activity per server and step, one sync per token group and phase, in two waves: five
	# devices, of every server, and the others.
	sent $((2 * 2 * servers)) $((2 * 2 * servers))
	mended=$("$rows" serials "done" "$result")
	for effect in unassign assign mended sync-remove sync-add; do
		same "apply $sample: $effect exactly once on each" "$mended" "$(took "$effect" | sort)"
	done
	same "apply $sample: in this order" 'unassign,sync-remove,assign,sync-add,mended' "$(stories)"
	same "apply $sample: back on their own server" '' "$(strays)"

	# Once more: nothing is sent; the earlier result is kept.
	cp "$result" first.csv
	mark
	run apply "$sample" --rules corrupted-registration --yes --allow percent=30
	exits "apply $sample again" 3
	sent 0 0
	same "apply $sample again: outcomes" "${outcomes/done/unchanged}" \
		"$("$rows" outcomes "$result")"
	kept=$(ls "${sample%.csv}".result.2*.csv)
	check "apply $sample again: the first result is kept" cmp -s first.csv "$kept"

	# The result is an input: what was done stays as it is.
	mark
	run apply first.csv --rules corrupted-registration --yes --allow percent=30
	exits "apply the result of $sample" 3
	sent 0 0
	check "apply the result of $sample: rows in, rows out" "$rows" same first.csv first.result.csv
	check "apply the result of $sample: no column twice" "$rows" same "$sample" first.result.csv
	same "apply the result of $sample: outcomes" "${outcomes/done/unchanged}" \
		"$("$rows" outcomes first.result.csv)"
done <<'SAMPLES'
portal-like.csv 3 1 duplicate 3 invalid 3 manual 40 done
api-tool.csv 1 1 duplicate 2 invalid 1 manual 14 done
serials.txt 1 1 duplicate 2 invalid 1 manual 15 done
excel-semicolon.csv 1 1 duplicate 2 invalid 2 manual 11 done
SAMPLES
