#!/usr/bin/env bash
# The pictures of the README, from real runs against the simulator.
#
#	samples/pictures/make.sh
#
# Needs chromium, tmux and pngquant besides what building and testing need.
set -eu
cd "$(dirname "$0")/../.."
pictures=$PWD/samples/pictures
# shellcheck source=tests/lib.sh
. tests/lib.sh
make --no-print-directory all
suite_begin .build/release
cd "$work"
session=depmend-pictures-$$
trap 'tmux kill-session -t "$session" 2>/dev/null || true; suite_clean' EXIT

browse() { # PAGE PNG WIDTH HEIGHT [OPTION...]
	local page=$1 png=$2 size=$3,$4

	shift 4
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/browser" \
		--window-size="$size" --screenshot="$work/shot.png" "$@" "file://$page" >browser.log 2>&1
	pngquant --force --strip --output "$pictures/$png" 128 "$work/shot.png"
	printf '%s: %s bytes\n' "$png" "$(stat -c %s "$pictures/$png")"
}

press() { # TEXT: typed into the terminal, then Enter
	tmux send-keys -t "$session" -l "$1"
	tmux send-keys -t "$session" Enter
}

shows() { # REGEX: waits until the terminal shows it
	for _ in $(seq 600); do
		! tmux capture-pane -t "$session" -p | grep -qE "$1" || return 0
		sleep 0.1
	done
	tmux capture-pane -t "$session" -p
	exit 1
}

terminal() { # PNG
	sleep 0.5
	tmux capture-pane -t "$session" -e -p >pane
	"$pictures/terminal.py" <pane >pane.html
	browse "$work/pane.html" "$1" 1110 $((44 + 21 * $(awk 'NF { n = NR } END { print n }' pane)))
}

new_world --seed 1
cp "$root/samples/portal-like.csv" devices.csv
cat >terminal.rc <<RC
PATH=$build:\$PATH PS1='\$ '
RC
TERM=xterm-256color tmux new-session -d -s "$session" -x 118 -y 40 "bash --noprofile --rcfile $work/terminal.rc"

shows '^\$ *$'
press clear
press 'depmend plan devices.csv --rules corrupted-registration --allow percent=30 --out plan.csv'
shows 'fingerprint'
terminal plan.png
press clear
press 'depmend apply devices.csv --rules corrupted-registration --allow percent=30 --expect plan.csv'
shows 'y/N'
press y
shows '^status'
terminal run.png

depmend=$build/depmend
"$depmend" report latest --html report.html
browse "$work/report.html" report.png 1180 1560
