#!/usr/bin/python3
"""What `tmux capture-pane -e -p` shows, on stdin, as an HTML page that looks like a terminal, on stdout."""
import html
import re
import sys

COLORS = ["#3b4252", "#d05a5a", "#6fb36f", "#d6a64a", "#6b94d6", "#b487c7", "#5fb3b3", "#d8dee9"]
PAGE = """<!doctype html><meta charset="utf-8"><title>terminal</title><style>
body {{ margin: 0; padding: 18px 22px; background: #1d2127; color: #d8dee9; }}
pre {{ margin: 0; font: 15px/1.35 "DejaVu Sans Mono", monospace; }}
</style><pre>{}</pre>"""


def style(codes, now):
    """The style after these SGR codes; only what a plain terminal program uses."""
    now = dict(now)
    for code in codes:
        if code == 0:
            now = {}
        elif code in (1, 2):
            now["weight"] = "font-weight:bold" if code == 1 else "opacity:.6"
        elif code == 22:
            now.pop("weight", None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            now["color"] = f"color:{COLORS[code % 10]}"
        elif code == 39:
            now.pop("color", None)
    return now


def main():
    out, now = [], {}
    for part in re.split(r"(\x1b\[[0-9;]*m)", sys.stdin.read().rstrip()):
        if part.startswith("\x1b["):
            now = style([int(c or 0) for c in part[2:-1].split(";")], now)
        elif part:
            text = html.escape(re.sub(r"\x1b\][^\x07]*\x07|\x1b[()][0-9A-B]|\x0f", "", part))
            out.append(f'<span style="{";".join(now.values())}">{text}</span>' if now else text)
    print(PAGE.format("".join(out)))


if __name__ == "__main__":
    main()
