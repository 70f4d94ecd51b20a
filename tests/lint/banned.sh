#!/bin/sh
# Functions with a safer neighbour, and output from floors that have to return errors instead.
set -eu
cd "$(dirname "$0")/../.."

bad=0
code() { # the file without comments and texts, line numbers kept
	gcc -fpreprocessed -dD -E "$1" 2>/dev/null | awk '
		/^# [0-9]+ "/ { line = $2 - 1; next }
		{ line++; gsub(/"([^"\\]|\\.)*"/, "\"\""); printf "%d: %s\n", line, $0 }'
}
forbid() { # file pattern why
	hits=$(printf '%s\n' "$text" | grep -E "$2") || return 0
	printf '%s\n' "$hits" | sed "s|^|$1:|; s|\$|    <- $3|"
	bad=1
}
call() { # words: as a call
	printf '(^|[^A-Za-z0-9_])(%s) *\\(' "$1"
}

unsafe=$(call 'strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|gets|atoi|atol|atoll|atof|strtol|strtoul|strtoll|strtoull|gmtime|localtime|alloca|rand|srand|system|popen|tmpnam|mktemp')
exits=$(call 'exit|_exit|err|errx')
prints=$(call 'printf|puts|putchar|perror|warn|warnx')

for f in $(find src -name '*.[ch]' | sort); do
	text=$(code "$f")
	forbid "$f" "$unsafe" 'see the list in tests/lint/banned.sh'
	forbid "$f" '#[ ]*(pragma once|include <regex.h>)' 'not here'
	forbid "$f" '#[ ]*include <(sys/)?(endian|byteswap)[.]h>' 'macOS has it not: base/bytes.h'
	case $f in
	src/*/main.c | src/os/stop.c) ;; # a second signal ends the process
	src/os/process.c) ;;                # the first process of a container, by a signal
	src/os/child.c) ;;                  # a child that could not become the program
	src/rehearse/world.c) ;;            # a child that could not become the simulator
	src/cli/app/notify.c) ;;             # a child that sends a ping
	*) forbid "$f" "$exits" 'only main exits' ;;
	esac
	case $f in
	src/base/log.c | src/base/mem.c) ;;
	src/base/* | src/os/* | src/io/* | src/trust/* | src/model/* | src/lists/* | src/rules/* | src/store/* | src/services/*)
		forbid "$f" "$prints" 'nothing below wire prints'
		forbid "$f" '(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)' 'nothing below wire prints'
		;;
	esac
done
exit $bad
