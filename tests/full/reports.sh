#!/usr/bin/env bash
# The reports where people open them: HTML in Chromium, XLSX in LibreOffice, metrics in promtool when it
# is there; at 1,000 rows with names that are markup, and at more rows than one sheet holds.
#
#	tests/full/reports.sh [FOLDER]     FOLDER: where pictures and reports are left
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
keep=$(realpath "${1:-$(mktemp -d)}")
(cd "$root" && bin/setup --full && make --no-print-directory all) || exit 1
suite_begin "$root/.build/release"
cd "$work" || exit 1

opens() { # NAME: the page in a browser
	mkdir -p "$keep/$1"
	cp run.* "$keep/$1/"
	same "$1: the page" '' "$("$here/browser.py" run.html run.csv "$keep/$1" 2>&1)"
}

reports() {
	run report latest --html run.html --xlsx run.xlsx --metrics run.prom --csv run.csv --raw-csv
	exits 'report' 0
}

# All sheets as CSV, every cell as text in quotes.
office() { # NAME
	local filter='csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1'

	rm -rf sheets
	soffice "-env:UserInstallation=file://$work/office" --headless --convert-to "$filter" \
		--outdir sheets run.xlsx >office.log 2>&1 || cat office.log
	same "$1: every cell of the workbook" '' "$("$here/../report/check.py" cells sheets run.csv 2>&1)"
}

# --- a thousand devices, some of them with odd names ---

"$build/depmend-sim" --make-fleet 1000 --seed 8 >fleet.csv
new_world --fleet "$work/fleet.csv"
awk -F, 'NR == 1 { print "Serial,Model"; next }
	{ print $1 "," (NR % 7 ? "Model " NR % 7 : "<script>alert(1)</script>") }' fleet.csv >in.csv
printf '%s\n' '0123456789,=1+1' '12E4567890,"_x0041_ & ""<b>"' '1234567E10,1234567E10' >>in.csv
run apply in.csv --rules corrupted-registration --yes --allow devices=1003 --allow percent=100
exits 'a thousand rows' 3
reports
opens thousand
office thousand
if command -v promtool >/dev/null; then
	check 'promtool' promtool check metrics <run.prom
fi

# --- more rows than a sheet holds ---

cat >leave.yaml <<'RULES'
version: 1
name: leave
rules:
  - name: broken
    match: {csv.Wish: advise}
    do: [{advise: "look at it"}]
  - name: rest
    match: {always: true}
    do: [skip]
RULES
awk 'BEGIN { print "Serial,Model,Wish"; for (i = 0; i < 1048600; i++)
	printf "X%09d,Model %d,%s\n", i, i % 37, i % 9797 == 96 ? "advise" : "leave" }' >in.csv
new_world
run apply in.csv --rules leave.yaml --yes
exits 'a million rows' 3
reports
opens million
same 'million: every cell of the workbook' '' "$("$here/../report/check.py" xlsx run.xlsx run.csv 2>&1)"
office million
same 'million: sheets' 3 "$(unzip -l run.xlsx | grep -c 'xl/worksheets/sheet')"
printf 'pictures: %s\n' "$keep"
suite_end
