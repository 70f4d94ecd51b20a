"""What the parts of the bench share: files to measure on, interleaved pairs, lines of the table."""
import collections
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1]).resolve()
CACHE = TOP / ".build/bench"  # generated files; `make clean` removes them
QUICK = os.environ.get("BENCH_QUICK", "") not in ("", "0")
LONGEST_S = 300
ROUNDS = 1 if QUICK else 5
ROWS = 100_000 if QUICK else 1_000_000
DEPMEND = BUILD / "depmend"

missed = 0


def line(aim, what, value, target="", ok=None):
    """One line of the table. ok None: a figure, not an aim."""
    global missed
    missed += ok is False
    word = "-" if ok is None else "yes" if ok else "no"
    print(aim or "-", what, value, target or "-", word, sep="|", flush=True)


def aim(name, what, value, most, form="{:.3f}"):
    """A figure that may be at most so large."""
    line(name, what, form.format(value), "<= " + form.format(most), value <= most)


def tell(*words):
    print(*words, file=sys.stderr, flush=True)


def finish():
    sys.exit(missed > 0)


def program(name):
    return BUILD / "bench" / name


def device_csv(rows):
    """The same file for the same number of rows, made once."""
    path = CACHE / f"devices-{rows}.csv"
    maker = program("generate")
    if not path.exists() or path.stat().st_mtime < maker.stat().st_mtime:
        CACHE.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with open(part, "wb") as out:
            subprocess.run([maker, str(rows)], stdout=out, check=True)
        part.rename(path)
    return path


# --- measuring ---

Used = collections.namedtuple("Used", "wall cpu peak_kib status")


class Failed(Exception):
    """It ran, and ended with a status of 64 or more."""

    def __init__(self, text, used):
        super().__init__(text)
        self.used = used


def measure(command, out="/dev/null", env=None, cwd=None):
    """Runs it once. What it says on its error output is shown when it fails without a word."""
    with tempfile.NamedTemporaryFile("r") as report, open(out, "wb") as sink, \
            tempfile.TemporaryFile("w+") as err:
        subprocess.run([program("measure"), report.name, *command], stdout=sink, stderr=err,
                       stdin=subprocess.DEVNULL, env=env, cwd=cwd, check=True, timeout=LONGEST_S)
        wall, cpu, peak, status = report.read().split()
        used = Used(float(wall), float(cpu), int(peak), int(status))
        if used.status >= 64:
            err.seek(0)
            raise Failed(f"{command[0]}: status {status}: {err.read()[-500:]}", used)
    return used


def interleaved(commands, rounds=None):
    """Runs each in turn, round after round: {name: [Used, ...]}. A command is a list of words or a
    function that measures one run."""
    runs = {name: [] for name in commands}
    for _ in range(rounds or ROUNDS):
        for name, command in commands.items():
            runs[name].append(command() if callable(command) else measure(command))
    return runs


def ratio(runs, name, to, by="cpu"):
    """Median of the ratios of neighbours: what else runs on the machine cancels out."""
    return statistics.median(getattr(a, by) / max(getattr(b, by), 1e-6)
                             for a, b in zip(runs[name], runs[to]))


def median(runs, by):
    return statistics.median(getattr(run, by) for run in runs)


def peak_mib(runs):
    return max(run.peak_kib for run in runs) / 1024


# --- peers ---

def wants(what):
    """Whether a missing peer is to be installed."""
    said = os.environ.get("BENCH_INSTALL", "")
    if said:
        return said != "0"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(f"{what} is not installed. Install it? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "y"


def have_package(command, package):
    """Whether the command is there, after offering the Debian package that brings it."""
    if not shutil.which(command) and wants(package):
        root = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "install",
                        "-y", "--no-install-recommends", package], stdout=sys.stderr, check=False)
    if shutil.which(command):
        return True
    tell(f"skipped: {command} is not installed (apt-get install {package}, or BENCH_INSTALL=1)")
    return False


def have_module(name):
    """The same for a package of npm, kept under .build/bench."""
    where = CACHE / "node_modules" / name
    if not where.exists() and shutil.which("npm") and wants(f"{name} (npm)"):
        subprocess.run(["npm", "install", "--silent", "--prefix", CACHE, name],
                       stdout=sys.stderr, check=False)
    if where.exists():
        return True
    tell(f"skipped: {name} is not installed (npm install {name}, or BENCH_INSTALL=1)")
    return False
