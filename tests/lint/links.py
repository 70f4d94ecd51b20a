#!/usr/bin/env python3
"""The link graph of all objects: no file needs another that needs it.

An object needs the one that defines what it leaves undefined (nm). Knots, files that reach each
other, have to be those of links.known, one per line: a knot that is gone, or has become smaller,
goes from there as well.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build/release"
KNOWN = ROOT / "tests/lint/links.known"


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
    known = [line.strip() for line in KNOWN.read_text().splitlines()
             if line.strip() and not line.startswith("#")] if KNOWN.exists() else []
    if "--edges" in sys.argv:
        for knot in found:
            files = knot.split()
            for v in files:
                print(v, "->", " ".join(w for w in graph[v] if w in files))
            print()
        return 0
    bad = False
    for knot in found:
        if not any(set(knot.split()) <= set(k.split()) for k in known):
            print("a knot of", len(knot.split()), "files:", knot)
            bad = True
    for knot in known:
        if not any(set(k.split()) <= set(knot.split()) for k in found):
            print("no knot any more, take it out of links.known:", knot)
            bad = True
    return bad


sys.exit(main())
