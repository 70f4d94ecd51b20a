#!/usr/bin/env bash
# The manual and the completions know every command, option, exit status and reason that the sources
# know, and nothing else.
#
#	tests/docs/run.sh BUILD
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$(realpath "${1:?usage: tests/docs/run.sh BUILD}")
docs=$build/docs
# shellcheck source=tests/check.sh
. tests/check.sh

same() { # WHAT FILE FILE
	check "$1" diff -u "$2" "$3"
}

# --- as the sources have it ---

commands=$(sed -n '/define COMMAND_LIST/,/^enum/s/^\tX([A-Z_]*, \([a-z]*\),.*/\1/p' src/cli/args/options.h)
options=$(sed -n '/define OPTION_LIST/,/^enum/s/^\tX([A-Z_]*, "\([a-z-]*\)".*/\1/p' src/cli/args/options.h)
statuses=$(sed -n 's/^\tX(\([0-9]*\), ".*/\1/p' src/report/status.h)
reasons=$(sed -n '/define REASON_LIST/,/^enum/s/^\tX([A-Z_]*, "\([a-z._]*\)".*/\1/p' src/model/outcome.h)

check 'the tables are found' test "$(wc -w <<<"$commands $options $statuses $reasons")" -gt 100

# --- the manual ---

for page in depmend.1 depmend-rules.5 depmend-settings.5 depmend-runbook.7 depmend-sim.1; do
	check "$page has no mistake" mandoc -T lint -W warning "$docs/$page"
	mandoc -T utf8 -O width=100 "$docs/$page" | col -bx >"$top/$page"
done
for one in $commands; do
	check "depmend(1) has $one" grep -q "^     $one" "$top/depmend.1"
done
for one in $options; do
	check "depmend(1) has --$one" grep -qE "^     (-., )?--$one( |$)" "$top/depmend.1"
done
for one in $statuses; do
	check "depmend(1) has status $one" grep -qE "^     $one " "$top/depmend.1"
done
for one in $reasons; do
	check "depmend(1) has reason $one" grep -qE "^     ${one/./\\.}( |$)" "$top/depmend.1"
done
changes=$(sed -n 's/^\tX([A-Z_]*, "\([a-z]*\)",.*/\1/p' src/model/change.h)
for one in $changes; do
	check "depmend(1) has change $one" grep -qE "^     $one " "$top/depmend.1"
done
allowances=$(sed -nE '/define ALLOWANCE_LIST/,/^$/s/^\tX\(([a-z_]+),.*/\1/p' src/model/allowance.h)
columns=$(sed -n '/result_columns\[/,/;/s/[^"]*"\([a-z_]*\)"[^"]*/\1 /gp' src/report/result.c)
check 'guards and columns are found' test "$(wc -w <<<"$allowances $columns")" -gt 20
for one in $allowances; do
	check "depmend(1) says what --allow $one lifts" grep -qE "^     $one=" "$top/depmend.1"
done
check 'depmend(1) says what becomes of hidden characters' grep -q 'keep hidden characters' \
	<(tr -s ' \n' ' ' <"$top/depmend.1")
for one in $columns; do
	check "depmend(1) has column $one" grep -qE "^     $one$" "$top/depmend.1"
done
for one in depmend-sim.1 depmend-rules.5 depmend-settings.5 depmend-runbook.7; do
	check "depmend(1) leads to $one" grep -q "${one%.*}(${one##*.})" <(sed -n '/^SEE ALSO/,$p' "$top/depmend.1")
done
for one in DEPMEND_SETTINGS DEPMEND_CLOCK HTTPS_PROXY SSL_CERT_FILE; do
	check "depmend(1) has the variable $one" grep -q "^     .*$one" "$top/depmend.1"
done
for one in $statuses; do
	check "depmend-runbook(7) has status $one" grep -qE "^     $one: " "$top/depmend-runbook.7"
done
for one in $reasons; do
	check "depmend-runbook(7) has reason $one" grep -qE "^     ${one/./\\.}: " "$top/depmend-runbook.7"
done
words=$(sed -nE '/define (STEP|OPER|COLUMN|FACT_SLOT|FACT_DATE|FACT_FLAG)_LIST/,/^(enum|#define FACT_LIST)/s/^\tX\([A-Z_]*, "([a-z_.]+)".*/\1/p' \
	src/model/step.h src/model/field.h src/rules/ruleset.h)
check 'the words of rules are found' test "$(wc -w <<<"$words")" -gt 70
for one in $words; do
	check "depmend-rules(5) has $one" grep -qE "^     ${one/./\\.}( |$)" "$top/depmend-rules.5"
done

# --- the settings ---

keys=$(sed -nE 's/^\tYAML_KEY\("([a-z_0-9]+)".*/\1/p' src/model/settings_page.c src/model/settings_oversight.c)
check 'the settings are found' test "$(wc -w <<<"$keys")" -gt 50
for one in $keys; do
	check "depmend-settings(5) has $one" grep -qE "^     ([a-z_]+(\[\])?\.)*$one( |$)" \
		"$top/depmend-settings.5"
done
same 'the full sample of the settings is current (copy it from .build/release/docs)' \
	samples/depmend.full.yaml "$docs/depmend.full.yaml"
(umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$top/apple.pem" && echo x >"$top/uem-secret")
echo C02XK1AAJG5H >"$top/protected.csv"
cp samples/depmend.full.yaml "$top/full.yaml"
check 'the full sample loads' "$build/depmend" check --settings "$top/full.yaml"

"$build/depmend-sim" --help >"$top/sim-help"
words=$(sed -nE 's/^  (--)?([a-z][a-z_.-]*)( [A-Z|.:0-9a-z]*)?  .*/\1\2/p' "$top/sim-help")
check 'the words of the simulator are found' test "$(wc -w <<<"$words")" -gt 100
for one in $words; do
	check "depmend-sim(1) has $one" grep -qE -e "^     ${one/./\\.}( |$)" "$top/depmend-sim.1"
done

# --- what a command takes, in help and as each shell would offer it ---

of_help() { # COMMAND
	"$build/depmend" "$1" --help | sed -nE 's/^  (-.,|   ) (--[a-z-]+).*/\2/p'
}

of_bash() { # COMMAND
	# shellcheck disable=SC2016 # the inner shell expands it
	bash --norc -c 'compopt() { :; }; . "$1"; COMP_WORDS=(depmend "$2" --) COMP_CWORD=2
		_depmend depmend -- "$2"; printf "%s\n" "${COMPREPLY[@]}"' - "$docs/depmend.bash" "$1"
}

# What the completion hands to zsh's own _arguments.
of_zsh() { # COMMAND
	# shellcheck disable=SC2016
	zsh -f -c '_arguments() { if [[ $1 = -C ]]; then state=rest line=("$wanted")
		else print -rl -- "$@"; fi }
		wanted=$2; complete_it() { . "$1" }; complete_it "$1"' - "$docs/_depmend" "$1" |
		sed -nE 's/^\*(--[a-z-]+).*/\1/p'
}

of_fish() { # COMMAND
	# shellcheck disable=SC2016
	HOME=$top fish --no-config -c 'source $argv[1]; complete -C "depmend $argv[2] --"' \
		"$docs/depmend.fish" "$1" | sed -nE 's/^(--[a-z-]+)\t.*/\1/p'
}

for command in $commands; do
	of_help "$command" | sort >"$top/help"
	cat "$top/help" >>"$top/all"
	for shell in bash zsh fish; do
		"of_$shell" "$command" | grep -e -- | sort >"$top/$shell"
		same "$shell offers what '$command --help' lists" "$top/help" "$top/$shell"
	done
done
while read -r one; do echo "--$one"; done <<<"$options" | sort >"$top/options"
sort -u "$top/all" >"$top/seen"
same 'every option is in the help of some command' "$top/options" "$top/seen"

# --- commands, and values of a choice ---

sort <<<"$commands" >"$top/commands"
bash --norc -c '. "$1"; COMP_WORDS=(depmend "") COMP_CWORD=1
	_depmend depmend "" depmend; printf "%s\n" "${COMPREPLY[@]}"' - "$docs/depmend.bash" |
	grep -v -e '^-' | sort >"$top/bash"
same 'bash offers the commands' "$top/commands" "$top/bash"
# shellcheck disable=SC2016
HOME=$top fish --no-config -c 'source $argv[1]; complete -C "depmend "' "$docs/depmend.fish" |
	cut -f1 | sort >"$top/fish"
same 'fish offers the commands' "$top/commands" "$top/fish"
printf '%s\n' always auto never >"$top/words"
bash --norc -c '. "$1"; COMP_WORDS=(depmend plan --color "") COMP_CWORD=3
	_depmend depmend "" --color; printf "%s\n" "${COMPREPLY[@]}"' - "$docs/depmend.bash" |
	sort >"$top/bash"
same 'bash offers the words of --color' "$top/words" "$top/bash"
# shellcheck disable=SC2016
HOME=$top fish --no-config -c 'source $argv[1]; complete -C "depmend plan --color "' \
	"$docs/depmend.fish" | cut -f1 | sort >"$top/fish"
same 'fish offers the words of --color' "$top/words" "$top/fish"

# A file whose name comes before the command is no command; a plan to approve is a file.
offers_bash() { # WORD... before the one that is asked for
	# shellcheck disable=SC2016
	(cd "$top" && PATH=$build:$PATH bash --norc -c 'compopt() { :; }; . "$1"; shift; COMP_WORDS=(depmend "$@" "") COMP_CWORD=$(($# + 1))
		_depmend depmend "" "${@: -1}"; printf "%s\n" "${COMPREPLY[@]}"' - "$docs/depmend.bash" "$@")
}
: >"$top/settings.yaml" && : >"$top/plan.csv"
check 'bash: the settings before the command are none' grep -qx latest <(offers_bash --settings settings.yaml report)
check 'bash: approve takes a file' grep -qx plan.csv <(offers_bash approve)
check 'bash: --expect takes a file' grep -qx plan.csv <(offers_bash apply x.csv --expect)

# --- values that the programs know ---

values_bash() { # COMMAND OPTION: with depmend in PATH, as it is where this is installed
	# shellcheck disable=SC2016
	PATH=$build:$PATH bash --norc -c 'compopt() { :; }; . "$1"; COMP_WORDS=(depmend "$2" $3 "") COMP_CWORD=$((3 - !${#3}))
		_depmend depmend "" "${3:-$2}"; printf "%s\n" "${COMPREPLY[@]}"' - "$docs/depmend.bash" "$1" "${2:-}"
}
values_fish() {
	# shellcheck disable=SC2016
	PATH=$build:$PATH HOME=$top fish --no-config -c 'source $argv[1]; complete -C "depmend $argv[2] $argv[3] "' \
		"$docs/depmend.fish" "$1" "${2:-}" | cut -f1
}
values_zsh() { # the action that zsh would run
	# shellcheck disable=SC2016
	PATH=$build:$PATH zsh -f -c '_arguments() { if [[ $1 = -C ]]; then state=rest line=("$wanted")
		else for one in "$@"; do
			[[ $one = "*$what"* ]] || continue
			action=${one##*:}; action=${${action#[\{\(]}%[\}\)]}
			[[ $one = *"{"* ]] && eval "$action" || print -rl -- ${=action}
		done; fi }
		compadd() { shift; print -rl -- "$@" }; _files() { : }
		wanted=$2 what=$3; complete_it() { . "$1" }; complete_it "$1"' - "$docs/_depmend" "$1" "${2:-:argument}"
}
for shell in bash zsh fish; do
	for one in "plan --rules corrupted-registration" "plan --allow release=" "doctor --fix custom-prompt" \
		"rehearse --scenario all" "rehearse --scenario apple-kid-refused" "apply --confirm release="; do
		read -r command option value <<<"$one"
		check "$shell: $command $option offers $value" grep -qxF -e "$value" \
			<("values_$shell" "$command" "$option")
	done
	check "$shell: rehearse --scenario offers names alone" \
		test 0 -eq "$("values_$shell" rehearse --scenario | grep -c "(")"
	check "$shell: rules offers their names" grep -qxF orphans <("values_$shell" rules)
	check "$shell: report offers runs" grep -qxF latest <("values_$shell" report)
done

# Runs are those of the settings that the line names.
mkdir "$top/asked"
printf '%s\n' '#!/bin/sh' 'echo "  1$*" | tr " " _ | sed "s/^__/  /"' >"$top/asked/depmend"
chmod +x "$top/asked/depmend"
asked_bash() { # WORD...
	# shellcheck disable=SC2016
	PATH=$top/asked:$PATH bash --norc -c 'compopt() { :; }; . "$1"; shift; COMP_WORDS=(depmend "$@" "") COMP_CWORD=$(($# + 1))
		_depmend depmend "" report; printf "%s\n" "${COMPREPLY[@]}"' - "$docs/depmend.bash" "$@"
}
asked_fish() {
	# shellcheck disable=SC2016
	PATH=$top/asked:$PATH HOME=$top fish --no-config -c 'source $argv[1]; complete -C "depmend $argv[2..] "' "$docs/depmend.fish" "$@"
}
asked_zsh() { # the outer options come before the command, the inner ones behind it
	# shellcheck disable=SC2016
	PATH=$top/asked:$PATH zsh -f -c '_arguments() {
			for ((i = 1; i <= ${#given}; i++)); do [[ $given[i] = --settings ]] && opt_args[--settings]=$given[i+1]; done
			if [[ $1 = -C ]]; then state=rest line=(report) given=("$behind[@]") opt_args[--none]=
			else for one in "$@"; do [[ $one = "*:argument"* ]] && eval "${${one#*\{}%\}}"; done; fi }
		compadd() { shift; print -rl -- "$@" }
		docs=$1; shift; at=${argv[(i)report]} given=("${(@)argv[1,at]}") behind=("${(@)argv[at,-1]}")
		complete_it() { . "$docs" }; complete_it' - "$docs/_depmend" "$@"
}
for shell in bash fish zsh; do
	check "$shell: runs without settings" grep -qx '1runs_*' <("asked_$shell" report)
	check "$shell: settings before the command" grep -qE '^1runs_--settings[=_]a.yaml$' <("asked_$shell" --settings a.yaml report)
	check "$shell: settings behind it" grep -qE '^1runs_--settings[=_]b.yaml$' <("asked_$shell" report --settings b.yaml)
done

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
