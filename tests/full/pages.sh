#!/usr/bin/env bash
# The pages of a plan, a report, a history and a difference where people open them: no fault of
# accessibility, nothing wider than a telephone, no word cut.
#
#	tests/full/pages.sh [FOLDER]     FOLDER: where pictures are left
#
# Needs chromium, python3-websocket, and npm for axe-core.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
command -v npm >/dev/null || {
	echo "pages: needs npm" >&2
	exit 1
}
keep=$(realpath "${1:-$(mktemp -d)}")
(cd "$root" && bin/setup --full && make --no-print-directory all) || exit 1
suite_begin "$root/.build/release"
cd "$work" || exit 1
# shellcheck disable=SC2119 # a world needs no options
new_world
check 'axe-core' npm install --silent --prefix "$work/node" axe-core
cp "$root/samples/portal-like.csv" in.csv
run plan in.csv --rules corrupted-registration --out plan.csv --html plan.html
run export --out before.csv
run apply in.csv --rules corrupted-registration --yes --expect plan.csv --allow percent=50
exits 'a run' 3
run report latest --html report.html --csv run.csv
run history "$(sed -n 's/,done,.*//p' run.csv | head -n 1 | cut -d, -f1)" --html history.html
sed 5,9d before.csv >earlier.csv
run export --out live.csv --since earlier.csv --html difference.html
for page in plan report history difference; do check "$page" test -s "$page.html"; done
same 'as people open them' '' "$("$here/pages.py" node/node_modules/axe-core/axe.min.js "$keep" ./*.html 2>&1)"
printf 'pictures: %s\n' "$keep"
suite_end
