#!/bin/sh
# The floors of src/ and what each may include; who may include a library's header; who may print.
# `floors.sh --print` shows the table.
set -eu
cd "$(dirname "$0")/../.."

table='
base
io        base
io/csv    base
model     base io
rules     base io model
store     base io model
services  base io model
wire      base io model rules store services
facts     base io model rules store services wire
plan      base io model rules store services wire facts
run       base io model rules store services wire facts plan
forecast  base io model rules store services wire facts plan run
survey    base io model rules store services wire facts plan run
report    base io model rules store services wire facts plan run forecast
rehearse  base io model rules store wire facts plan run
cli/args  base io model report
cli/app   base io model rules store services wire facts plan run forecast survey report rehearse cli/args
cli       base io model rules store services wire facts plan run forecast survey report rehearse cli/args cli/app
docs      base io model rules report cli/args
sim       base io model
'
libraries='
csv.h        src/io/csv/csv.c
yaml.h       src/io/yaml.c
cjson/       src/io/json.c
curl/        src/io/http.c
sqlite3.h    src/io/db.c
openssl/     src/io/crypto_
microhttpd.h src/sim/serve.c
xlsxwriter.h src/report/xlsx.c
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
	if (q[2] == "base/log.h" && FILENAME != "src/io/stop.c" && from !~ /^(base|wire|facts|plan|run|forecast|survey|report|cli.*)$/)
		bad("nothing below wire logs; return an error instead")
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	split($0, q, /[<>]/)
	for (p in only)
		if (index(q[2], p) == 1 && index(FILENAME, only[p]) != 1)
			bad("<" q[2] "> belongs to " only[p])
}
END { exit n_bad > 0 }' {} +
