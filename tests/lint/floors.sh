#!/bin/sh
# The floors of src/ and what each may include; who may include a library's header; who may print.
# `floors.sh --print` shows the table.
set -eu
cd "$(dirname "$0")/../.."

table='
base
os        base
io        base os
io/csv    base io
io/db     base os io
trust     base os io
model     base os io trust
approve   base os io trust model
lists     base os io trust model
rules     base os io trust model lists
store     base os io io/db trust model
services  base os io trust model
wire      base os io trust model rules store services
facts     base os io trust model rules store services wire
plan      base os io trust model lists rules store services wire facts
undo      base os io trust model lists rules store services wire facts plan
run       base os io trust model lists rules store services wire facts plan
run/uem   base os io trust model lists rules store services wire facts plan run
apply     base os io trust model lists rules store services wire facts plan run run/uem
older     base os io trust model lists rules store services wire facts plan run apply
forecast  base os io trust model lists rules store services wire facts plan run
survey    base os io io/db trust model lists rules store services wire facts plan run
report    base os io trust model lists rules store services wire facts plan run apply forecast
rehearse  base os io trust model lists rules store wire facts plan run apply
cli/args  base os io io/db trust model report
cli/app   base os io io/db trust model approve lists rules store services wire facts plan undo run apply older forecast survey report rehearse cli/args
cli/tenants base os io trust model report cli/args
cli       base os io io/db trust model approve lists rules store services wire facts plan undo run apply older forecast survey report rehearse cli/args cli/app cli/tenants
docs      base os io trust model rules report cli/args
sim/core  base os io io/db trust model
sim/world base os io trust model sim/core
sim/apple base os io trust model sim/core sim/world
sim/uem   base os io trust model sim/core sim/world
sim/dep   base os io trust model sim/core sim/world
sim       base os io trust model sim/core sim/world sim/apple sim/uem sim/dep
'
libraries='
csv.h        src/io/csv/csv.c
yaml.h       src/io/yaml.c
cjson/       src/io/json.c
curl/        src/io/curl_api.h
sqlite3.h    src/io/db/
openssl/     src/io/crypto_
microhttpd.h src/sim/serve.c
xlsxwriter.h src/report/xlsx_api.h
zstd.h       src/io/packed.c
'
if [ "${1:-}" = --print ]; then
	printf '%s%s' "$table" "$libraries"
	exit 0
fi

find src -name '*.[ch]' -exec awk -v table="$table" -v libraries="$libraries" '
BEGIN {
	n = split(table, line, "\n")
	for (i = 1; i <= n; i++)
		if (split(line[i], word, " ")) {
			floor = word[1]
			known[floor] = 1
			for (k = 2; k in word; k++)
				may[floor, word[k]] = 1
		}
	n = split(libraries, line, "\n")
	for (i = 1; i <= n; i++)
		if (split(line[i], word, " "))
			only[word[1]] = word[2]
}
function floor_of(path) { # src/ left out: every folder is a floor
	sub(/\/[^\/]*$/, "", path)
	return path
}
function bad(msg) { printf "%s:%d: %s\n", FILENAME, FNR, msg; n_bad++ }
FNR == 1 {
	from = floor_of(substr(FILENAME, length("src/") + 1))
	if (!(from in known))
		bad("src/" from " is no floor")
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\"")
	to = floor_of(q[2])
	if (q[2] !~ /\//)
		bad("name the floor: \"" from "/" q[2] "\"")
	else if (to != from && !((from, to) in may) && !((from, floor_of(to)) in may))
		bad(from " may not include " to)
	# The answer to a signal cannot wait for an error to be returned.
	if (q[2] == "base/log.h" && FILENAME != "src/os/stop.c" && from !~ /^(base|wire|facts|plan|run.*|apply|older|forecast|survey|report|cli.*)$/)
		bad("nothing below wire logs; return an error instead")
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	split($0, q, /[<>]/)
	for (p in only)
		if (index(q[2], p) == 1 && index(FILENAME, only[p]) != 1)
			bad("<" q[2] "> belongs to " only[p])
}
END { exit n_bad > 0 }' {} +
