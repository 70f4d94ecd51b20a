#!/usr/bin/python3
"""Runs a command on a terminal of its own.

    pty.py [--columns N] [--pipe] [--data FILE] [--answer TEXT] COMMAND...

Its stdin and stderr are one terminal, its stdout another or a pipe.
Prints what the first got, byte for byte; FILE takes what stdout got. Ends as the command does.
"""
import argparse
import fcntl
import os
import select
import struct
import subprocess
import sys
import termios


def terminal(columns):
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST  # bytes as they were written
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    return ours, theirs


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--columns", type=int, default=80)
    p.add_argument("--pipe", action="store_true", help="stdout is a pipe")
    p.add_argument("--data", default=os.devnull, help="what stdout got")
    p.add_argument("--answer", action="append", default=[],
                   help="typed when a question stands at the end of the line; one after the other")
    p.add_argument("command", nargs=argparse.REMAINDER)
    a = p.parse_args()

    ours, theirs = terminal(a.columns)
    data_in, data_out = os.pipe() if a.pipe else terminal(a.columns)
    child = subprocess.Popen(a.command, stdin=theirs, stdout=data_out, stderr=theirs,
                             start_new_session=True)
    os.close(theirs)
    os.close(data_out)
    done = set()
    got = {ours: b"", data_in: b""}
    while got.keys() - done:
        for fd in select.select([f for f in got if f not in done], [], [])[0]:
            try:
                more = os.read(fd, 65536)
            except OSError:  # the other side of a terminal is gone
                more = b""
            got[fd] += more
            if not more:
                done.add(fd)
            if a.answer and fd == ours and more and got[fd].rstrip().endswith((b"[y/N]", b":")):
                os.write(ours, a.answer.pop(0).encode() + b"\n")
    sys.stdout.buffer.write(got[ours])
    with open(a.data, "wb") as f:
        f.write(got[data_in])
    sys.exit(child.wait())



main()
