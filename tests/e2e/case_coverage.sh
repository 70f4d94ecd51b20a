# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# Coverage and purchase as facts: what they cost, how long they are believed, what is released by them.

covers() { # requests about coverage, of all of this world
	requests '.path | endswith("/appleCareCoverage")'
}
asked() { # N WHAT: so many since the last call
	same "asked about coverage: $2" "$1" $(($(covers) - covered))
	covered=$(covers)
}
by_serial() { # RESULT: SERIAL=OUTCOME ...
	python3 -c 'import csv, sys
print(*(r["serial"] + "=" + r["depmend_outcome"] for r in csv.DictReader(open(sys.argv[1]))))' "$1"
}

cat >covered.csv <<'F'
serial,server,family,order_date,order_number,source,source_id,added,enrollment_status,user,released,coverage,coverage_end,coverage_kind
CVACT00001,WS1 EMEA,iPad,2020-01-01,W1,APPLE,-2085650007946880,2020-02-01,,,,active,2027-05-01,AppleCare+
CVSNNN0002,WS1 EMEA,iPad,2020-01-01,W1,APPLE,-2085650007946880,2020-02-01,,,,active,2026-11-24,
CVEXP00003,WS1 EMEA,iPad,2020-01-01,W2,RESELLER,8DA4F31,2020-02-01,,,,expired,2025-05-01,
CVSXD00004,WS1 EMEA,iPad,2020-01-01,W2,RESELLER,8DA4F31,2020-02-01,Enrolled,jo,,expired,2025-05-01,
CVLTD00005,WS1 EMEA,iPad,2020-01-01,W2,RESELLER,8DA4F31,2020-02-01,,,,expired,2026-11-15,
CVNXNE0006,WS1 EMEA,iPad,,,MANUALLY_ADDED,,2020-02-01,,,,none,,
CVQDD00007,WS1 EMEA,iPad,2020-01-01,W2,RESELLER,8DA4F31,2020-02-01,,,,active,2027-05-01,
CVCANC0008,WS1 EMEA,iPad,2020-01-01,W2,RESELLER,8DA4F31,2020-02-01,,,,expired,2027-05-01,AppleCare+
CVSUBS0009,WS1 EMEA,iPad,2020-01-01,W2,RESELLER,8DA4F31,2020-02-01,,,,active,,AppleCare+
CVWARR0010,WS1 EMEA,iPad,2026-03-01,W3,RESELLER,8DA4F31,2026-03-04,,,,,,
CVLEFT0011,,iPad,2020-01-01,W2,RESELLER,8DA4F31,2020-02-01,,,2026-01-01,expired,2025-05-01,
F
(cut -d, -f1 covered.csv && echo CVNQNE0012) >list.csv # the last one Apple does not know

covered_world() { # [SIMULATOR OPTION...]
	new_world --fleet covered.csv --server 'WS1 Americas' --server 'WS1 APAC' \
		--set apple.coverage_odd=CVQDD00007 --set apple.coverage_canceled=CVCANC0008 "$@"
	rm -f list.result*.csv
	covered=0
}

# --- what it costs ---
covered_world
run plan list.csv --rules orphans --out plan.csv
run explain list.csv CVEXP00003 --rules orphans
run export --out live.csv
asked 0 'rules that do not ask, and an export without details'

run plan list.csv --rules retire-out-of-coverage --out plan.csv
exits 'a report of what is out of coverage' 3
same 'who is out of coverage' "CVACT00001=skipped CVSNNN0002=skipped CVEXP00003=noted \
CVSXD00004=manual CVLTD00005=noted CVNXNE0006=manual CVQDD00007=undecided CVCANC0008=noted \
CVSUBS0009=skipped CVWARR0010=skipped CVLEFT0011=skipped CVNQNE0012=skipped" "$(by_serial plan.csv)"
check 'why nobody can tell is said' grep -q 'CVQDD00007.*does not tell whether it is covered' plan.csv
asked 10 'each device that Apple has, once'
ledger() {
	find state -name 'depmend.db*' -exec sha256sum {} + | sort
}
before=$(ledger)
run plan list.csv --rules retire-out-of-coverage --out again.csv
same 'the second plan says the same' '' "$(diff plan.csv again.csv)"
asked 1 'what was read is kept; what nobody can tell is asked again'
same 'a plan writes nothing into the ledger' "$before" "$(ledger)"
run explain list.csv CVSNNN0002 --rules retire-out-of-coverage
check 'explain shows it' grep -q 'apple.coverage: active *true' out
asked 0 'explain takes what is kept'

# --- how long it is believed ---
DEPMEND_CLOCK=virtual:2026-11-25T03:00:00Z run plan list.csv --rules retire-out-of-coverage --out later.csv
same 'an end that has passed is not active' CVSNNN0002=manual \
	"$(by_serial later.csv | tr ' ' '\n' | grep CVSNNN | sed 's/undecided/manual/;s/noted/manual/')"
asked 2 'the one that ended since, and the one nobody can tell'
DEPMEND_CLOCK=virtual:2026-11-30T03:00:00Z run plan list.csv --rules retire-out-of-coverage --out later.csv
asked 9 'a week later all but the one that was asked about since'
settings_with 'keep: {coverage: 1s}'
DEPMEND_CLOCK=virtual:2026-11-30T04:00:00Z run plan list.csv --rules retire-out-of-coverage --out later.csv
asked 10 'keep: {coverage: 1s} keeps nothing'
settings_with 'keep: {coverage: 20d}'
DEPMEND_CLOCK=virtual:2026-12-12T04:00:00Z run plan list.csv --rules retire-out-of-coverage --out later.csv
asked 1 'keep: {coverage: 20d}'
settings
DEPMEND_CLOCK=virtual:2026-12-12T04:00:00Z run plan list.csv --rules retire-out-of-coverage --out later.csv \
	--now 2028-01-01T00:00:00Z
check 'as of a later day what ended by then is not active' grep -q '^CVACT00001,noted' later.csv

# A look at a later day leaves no word behind that today's release would go by.
covered_world
run plan list.csv --rules retire-out-of-coverage --out later.csv --now 2028-01-01T00:00:00Z
check 'out of coverage by then' grep -q '^CVACT00001,noted' later.csv
covered=$(covers)
run apply list.csv --rules retire-out-of-coverage --set release=yes --yes --confirm release=2 --allow release=9 \
	--allow percent=100
same 'what is covered today is not released' 'CVACT00001=skipped CVSNNN0002=skipped' \
	"$(by_serial list.result.csv | cut -d' ' -f1,2)"
asked 5 'what a later day was asked for is kept as it is today; the two are asked about before they leave and before they are released'
run apply list.csv --rules retire-out-of-coverage --set release=yes --yes --confirm release=2 --allow release=9 \
	--allow percent=100 --now 2028-01-01T00:00:00Z --out later.csv
exits 'nor is it by a later day' 4

# An end that is no date of such a device: nobody knows whether it is covered.
sed 's/^\(CV[A-Z0-9]*,WS1 EMEA,iPad,2020.*\),\(active\|expired\),[-0-9]*,/\1,expired,END,/' covered.csv >ends.csv
for end in 0001-01-01 1970-01-01 2001-01-01 9999-12-31 ''; do
	sed "s/,END,/,$end,/" ends.csv >odd.csv
	covered_world --fleet odd.csv
	run apply list.csv --rules retire-out-of-coverage --set release=yes --yes --confirm release=0 --allow release=9 \
		--allow percent=100
	same "released, with the end '$end'" 0 "$(effects release)"
	same "undecided, with the end '$end'" CVEXP00003=undecided "$(by_serial list.result.csv | cut -d' ' -f3)"
done

# --- one whose coverage Apple cannot tell keeps nobody else waiting; all of them are an outage ---
for fault in 'reply, status: 500' 'reset' 'reply, status: 429' 'reply, status: 429, retry_after: 3600'; do
	printf 'version: 1\nfaults: [{service: apple, path: "*/CVLTD00005/*", do: %s, applied: no}]\n' "$fault" >silent.yaml
	covered_world --scenario silent.yaml
	run plan list.csv --rules retire-out-of-coverage --out plan.csv
	exits "one is not told, $fault" 3
	same "one is not told, $fault: it is undecided" 'CVEXP00003=noted CVSXD00004=manual CVLTD00005=undecided' \
		"$(by_serial plan.csv | cut -d' ' -f3-5)"
	run plan list.csv --rules retire-out-of-coverage --out plan.csv
	same "one is not told, $fault: also when it alone is asked for" 'CVEXP00003=noted CVSXD00004=manual CVLTD00005=undecided' \
		"$(by_serial plan.csv | cut -d' ' -f3-5)"
done
printf 'version: 1\nfaults: [{service: apple, path: "*/appleCareCoverage", do: reply, status: 500, applied: no}]\n' >silent.yaml
covered_world --scenario silent.yaml
run plan list.csv --rules retire-out-of-coverage --out plan.csv
check 'none is told: an outage' test "$status" -ge 69
sed -i 's/500/429/' silent.yaml
covered_world --scenario silent.yaml
run plan list.csv --rules retire-out-of-coverage --out plan.csv --max-wait 6h
exits 'none is told for now' 75
sed -i 's/applied/chance: 50, applied/' silent.yaml
covered_world --scenario silent.yaml
run plan list.csv --rules retire-out-of-coverage --out plan.csv --max-wait 6h
same 'every other request is too many: all are told in the end' '1 undecided' "$("$rows" outcomes plan.csv | grep -o '[0-9]* undecided')"
printf 'version: 1\nfaults:\n' >silent.yaml
for one in CVACT00001 CVSNNN0002 CVSXD00004 CVNXNE0006 CVSUBS0009; do
	printf '  - {service: apple, path: "*/%s/appleCareCoverage", do: reply, status: 429, applied: no}\n' "$one" >>silent.yaml
done
covered_world --scenario silent.yaml
run plan list.csv --rules retire-out-of-coverage --out plan.csv --max-wait 6h
same 'five are refused for ever, and the others told' '6 undecided' "$("$rows" outcomes plan.csv | grep -o '[0-9]* undecided')"

# --- the account is withdrawn while coverage is read: that is said, whoever was asked about ---
printf 'version: 1\nfaults: [{service: apple, path: "*/CVEXP00003/appleCareCoverage", do: reply, status: 401, applied: no}]\n' >gone.yaml
for command in 'plan list.csv --rules retire-out-of-coverage --out plan.csv' 'explain list.csv CVEXP00003 --rules retire-out-of-coverage' \
	'export --detail --out detail.csv'; do
	covered_world --scenario gone.yaml
	# shellcheck disable=SC2086 # words
	run $command
	exits "${command%% *}: the account is withdrawn" 77
done

# --- no right to it ---
covered_world --scenario apple-coverage-forbidden
for i in $(seq 10 39); do echo "CVM0RE00$i,WS1 EMEA,iPad,2020-01-01,W2,RESELLER,8DA4F31,2020-02-01,,,,expired,2025-05-01,"; done \
	>more.csv
cat covered.csv more.csv >many.csv
(cut -d, -f1 many.csv) >list40.csv
covered_world --fleet many.csv --scenario apple-coverage-forbidden
run apply list40.csv --rules retire-out-of-coverage --set release=yes --yes --confirm release=0
exits 'an account that may not read coverage' 3
asked 20 'no more than a first few'
same 'all are undecided, but for the one that has left' '40 undecided 1 skipped' \
	"$("$rows" outcomes list40.result.csv | tr ' ' '\n' | paste -sd' ' | awk '{ print $3, $4, $1, $2 }' |
		sed 's/^\([0-9]*\) skipped \([0-9]*\) undecided$/\2 undecided \1 skipped/')"
same 'nothing was released' 0 "$(effects release)"
run export --detail --out detail.csv
exits 'an export with details all the same' 0
check 'it says that it is not known' grep -q '^CVEXP00003,.*,unknown,unknown,unknown$' detail.csv

# --- releasing ---
covered_world --scenario apple-coverage-missing
mark
run apply list.csv --rules retire-out-of-coverage --set release=yes --yes --confirm release=2
exits 'the settings allow no release' 4
sent 0 0
run apply list.csv --rules retire-out-of-coverage --set release=yes --yes --confirm release=2 --allow release=2 \
	--allow percent=100
exits 'with release=2' 3
same 'released: expired for long and not enrolled' 'CVCANC0008 CVEXP00003' "$(jq -r \
	'select(.kind == "effect" and .what == "release" and .effective) | .serial' "$audit" | sort | paste -sd' ')"
same 'the others' "CVACT00001=skipped CVSNNN0002=skipped CVEXP00003=done \
CVSXD00004=manual CVLTD00005=noted CVNXNE0006=undecided CVQDD00007=undecided CVCANC0008=done \
CVSUBS0009=skipped CVWARR0010=skipped CVLEFT0011=skipped CVNQNE0012=skipped" "$(by_serial list.result.csv)"

# --- a plan of Apple's bought between the report and the release ---
covered_world --scenario apple-coverage-missing
run apply list.csv --rules retire-out-of-coverage --yes
sed 's/^\(CVEXP00003,.*\),expired,2025-05-01,$/\1,active,2027-06-01,AppleCare+/' covered.csv >renewed.csv
sim_stop
rm -f "$work"/sim.db*
sim_start --fleet renewed.csv --server 'WS1 Americas' --server 'WS1 APAC' --set apple.coverage_canceled=CVCANC0008
settings
DEPMEND_CLOCK=virtual:2026-11-28T03:00:00Z run apply list.csv --rules retire-out-of-coverage --set release=yes --yes \
	--confirm release=1 --allow release=2 --allow percent=100 --out later.result.csv
same 'what is covered by now is not released' CVCANC0008 "$(jq -r \
	'select(.kind == "effect" and .what == "release" and .effective) | .serial' "$audit" | sort | paste -sd' ')"

# --- purchase, and the export ---
covered_world
cat >bought.yaml <<'Y'
version: 1
name: bought
rules:
  - {name: by-hand, match: {apple.source: MANUALLY_ADDED}, do: [{note: by hand}]}
  - {name: apple, match: {apple.source_id: "-2085650007946880", apple.order_date|before: 2021-01-01}, do: [{note: Apple}]}
  - {name: new, match: {apple.order_number: W3, apple.order_date|newer_than: 1y}, do: [{note: new}]}
Y
run plan list.csv --rules bought.yaml --out plan.csv
same 'source, order number and date are facts' '1 new 2 apple 1 by-hand' \
	"$(for r in new apple by-hand; do echo "$(grep -c "noted,$r," plan.csv) $r"; done | paste -sd' ')"
asked 0 'and cost nothing of their own'
run export --detail --out detail.csv
asked 10 'an export with details: each device that has not left'
same 'coverage, its end and kind' 'active|2027-05-01T00:00:00.000Z|AppleCare+ expired|2025-05-01T00:00:00.000Z|Limited Warranty none|| unknown|unknown|unknown ||' \
	"$(python3 -c 'import csv
for r in csv.DictReader(open("detail.csv")):
    if r["serial"] in ("CVACT00001", "CVEXP00003", "CVNXNE0006", "CVQDD00007", "CVLEFT0011"):
        print(r["coverage"], r["coverage_end"], r["coverage_kind"], sep="|")' |
		sort | sed 's/^||/~||/' | sort | sed 's/^~//' | paste -sd' ')"
run export --detail --out detail.csv
asked 1 'the second takes what is kept'

# The inventory tells a rehearsal what the services would; what it does not know is no word of theirs.
sed -i 's/^\(CVACT00001,.*\),,,,,active/\1,unknown,unknown,unknown,unknown,active/' detail.csv
check 'a state is not known' grep -q '^CVACT00001,.*,unknown,' detail.csv
run rehearse list.csv --inventory detail.csv --rules retire-out-of-coverage
check 'a rehearsal knows coverage from the inventory' grep -q '^CVEXP00003,noted' list.rehearsal.csv
cat >seen.yaml <<'Y'
version: 1
name: seen
rules:
  - {name: word, match: {uem.enrollment_status: unknown}, do: [{note: a word}]}
  - {name: other, match: {always: true}, do: [skip]}
Y
run rehearse list.csv --inventory detail.csv --rules seen.yaml
check 'a word that stands for none is none' grep -q '^CVACT00001,skipped' list.rehearsal.csv
