#!/usr/bin/env python3
"""The link graph of all objects: no file needs another that needs it.

An object needs the one that defines what it leaves undefined (nm). A knot are files that reach each
other. `links.py --edges` shows who needs whom in it.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build/release"


def objects():
    """By source: its object, which the build has to have left beside it."""
    subprocess.run(["make", "--no-print-directory", "-j2", "all"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    for source in sorted((ROOT / "src").rglob("*.c")):
        name = str(source.relative_to(ROOT / "src"))
        yield name[:-2], BUILD / (name[:-2] + ".o")


def needs():
    """By file: the files that define what it calls."""
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
    return {name: sorted({defined[s] for s in symbols if s in defined} - {name})
            for name, symbols in wanted.items()}


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
    graph = needs()
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
    return bool(found)


sys.exit(main())
