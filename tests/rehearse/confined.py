"""Reads strace -f -y output: what left loopback or touched a file outside the given folders.

    confined.py TRACE FOLDER...

Prints every such call. Reading is free; an attempt to make a folder that is there is no touch.
"""

import re
import sys

TRACE, FOLDERS = sys.argv[1], tuple(sys.argv[2:])
CALL = re.compile(r"^\d+\s+(\w+)\((.*)\) += (-?\d+)(?:<.*>)?(.*)$")
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC")


def inside(path):
    return path == "/dev/null" or path.startswith(FOLDERS)


def paths(arguments):
    """Every path of a call; one that starts at a folder's descriptor begins with that folder."""
    for at, name in re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"', arguments):
        if not name.startswith("/proc/self/fd/"):
            yield name if name.startswith("/") else f"{at}/{name}"


def wrong(call, arguments):
    if call in ("connect", "bind"):
        return "127.0.0.1" not in arguments
    if call in ("open", "openat", "creat") and not WRITES.search(arguments):
        return False
    return not all(inside(path) for path in paths(arguments))


seen = 0
for line in open(TRACE, encoding="utf-8"):
    match = CALL.match(line)
    if not match:
        continue
    seen += 1
    if "EEXIST" not in match[4] and wrong(match[1], match[2]):
        print(line, end="")
sys.exit("the trace holds no calls" if not seen else 0)
