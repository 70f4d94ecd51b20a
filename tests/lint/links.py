#!/usr/bin/env python3
"""The link graph of all objects: no file needs another that needs it, and what a file gives out is needed.

An object needs the one that defines what it leaves undefined (nm). A knot are files that reach each
other. `links.py --edges` shows who needs whom in it. What no other object needs is static, unless a unit
test calls it beside its own file.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build/release"
# What tests alone look at, and what a macro declares for all of its kind: a command, a page that is embedded.
LEFT_ALONE = {"rules_schema", "settings_schema", "csv_delimiter", "http_pending", "cmd_version", "page_css", "page_js"}


def objects():
    """By source: its object, which the build has to have left beside it."""
    subprocess.run(["make", "--no-print-directory", "-j2", "all"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    for source in sorted((ROOT / "src").rglob("*.c")):
        name = str(source.relative_to(ROOT / "src"))
        yield name[:-2], BUILD / (name[:-2] + ".o")


def needs():
    """By file: the files that define what it calls; and (file, symbol) that no other file calls."""
    defined, wanted = {}, {}
    for name, path in objects():
        wanted[name] = set()
        for line in subprocess.run(["nm", path], capture_output=True, text=True, check=True,
                                   ).stdout.splitlines():
            kind, symbol = line.split()[-2:]
            if kind == "U":
                wanted[name].add(symbol)
            elif kind.isupper() and symbol != "main":
                defined[symbol] = name
    called = set().union(*wanted.values())
    return ({name: sorted({defined[s] for s in symbols if s in defined} - {name})
             for name, symbols in wanted.items()},
            sorted((name, symbol) for symbol, name in defined.items() if symbol not in called))


def unneeded(alone):
    """Those that could be static or gone: no test names them, or nothing but a test does."""
    tests = "\n".join(p.read_text() for p in (ROOT / "tests").rglob("*.[ch]"))
    for name, symbol in alone:
        own = (ROOT / f"src/{name}.c").read_text()
        word = re.compile(rf"\b{symbol}\b")
        if symbol not in LEFT_ALONE and not (word.search(tests) and len(word.findall(own)) > 1):
            yield f"src/{name}.c: no other file needs {symbol}"


def knots(graph):
    """Strongly connected files, by Tarjan's algorithm."""
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in graph[v]:
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            knot = stack[stack.index(v):]
            del stack[stack.index(v):]
            if len(knot) > 1:
                found.append(" ".join(sorted(knot)))

    sys.setrecursionlimit(10000)
    for v in graph:
        if v not in index:
            visit(v)
    return sorted(found)


def main():
    graph, alone = needs()
    found = knots(graph)
    if "--edges" in sys.argv:
        for knot in found:
            files = knot.split()
            for v in files:
                print(v, "->", " ".join(w for w in graph[v] if w in files))
            print()
        return 0
    for knot in found:
        print("a knot of", len(knot.split()), "files:", knot)
    idle = list(unneeded(alone))
    print("\n".join(idle), end="\n" if idle else "")
    return bool(found or idle)


sys.exit(main())
