#!/usr/bin/python3
"""Generated files: the serials read are those meant, or the file is refused.

    generated.py DEPMEND COUNT [FIRST]     prints what was refused, by kind; the last line is `N passed, N failed`
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import files

HERE = pathlib.Path(__file__).resolve().parent
LEAST_READ = 0.97


def run(depmend, path, options):
    done = subprocess.run([depmend, "plan", "--offline", str(path), "--rules", str(HERE / "cases/all.yaml"), "--json", *options],
                          capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TMPDIR": str(path.parent)})
    read, bad, reading = [], 0, None
    for line in done.stdout.splitlines():
        one = json.loads(line)
        if one["type"] == "row":
            if one["outcome"] in ("planned", "duplicate"):
                read.append(one["serial"])
            else:
                bad += 1
        elif one["type"] == "plan":
            reading = {k: one["reading"][k] for k in ("header_line", "serial_column", "delimiter", "several_in_a_line")}
    return done.returncode, read, bad, reading, done.stderr


def judge(f, rc, read, bad, err):
    """None: as it has to be; else what is wrong."""
    if rc == 65:
        return None
    if rc not in (0, 3):
        return f"exit {rc}: {err[:300]}"
    wrong = set(read) - set(f.sure) - set(f.may)
    if wrong:
        return f"read what is no device: {sorted(wrong)[:5]}"
    lost = set(f.sure) - set(read)
    if lost:
        return f"lost: {sorted(lost)[:5]}"
    if bad < len(set(f.may) - set(read)):
        return "rows lost in silence"
    return None


def one(depmend, folder, seed):
    f = files.make(seed)
    path = pathlib.Path(folder) / f"{seed}.csv"
    path.write_bytes(f.data)
    rc, read, bad, reading, err = run(depmend, path, f.options)
    why = judge(f, rc, read, bad, err)
    if why is None and rc != 65 and seed % 3 == 0:
        other = files.replaced(seed)
        if other is not None:
            path.write_bytes(other)
            rc2, _, _, reading2, err = run(depmend, path, f.options)
            if rc2 == 65:
                why = f"with a tenth replaced it is refused: {err[:300]}"
            elif reading2 != reading:
                why = f"with a tenth replaced it is read as {reading2}, not {reading}"
    path.unlink()
    return seed, f.readable, f.what, rc, why, err


def main():
    depmend, count = sys.argv[1], int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    failed, readable, refused = 0, 0, collections.Counter()
    n_refused = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for seed, is_readable, what, rc, why, err in pool.map(lambda s: one(depmend, folder, s), range(first, first + count)):
            readable += is_readable
            if why:
                failed += 1
                if failed <= 20:
                    print(f"not ok: file {seed} ({', '.join(what)}): {why}")
            elif rc == 65 and is_readable:
                n_refused += 1
                refused[err.split(": ", 2)[-1].split(";")[0][:60]] += 1
                if os.environ.get("READING_SHOW"):
                    print(f"refused: {seed} ({', '.join(what)}): {err.strip()[:400]}")
    share = 1 - n_refused / max(readable, 1)
    print(f"{count} files: {readable} have to be read, {share:.1%} of them are; refused:")
    for cause, n in refused.most_common():
        print(f"  {n:5d}  {cause}")
    if share < LEAST_READ:
        print(f"not ok: at least {LEAST_READ:.0%} have to be read")
        failed += 1
    print(f"{count + 1 - failed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
