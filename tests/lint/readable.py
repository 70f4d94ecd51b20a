#!/usr/bin/python3
"""Every YAML file, and every block of YAML in README.md, can be read."""
import pathlib
import re
import subprocess
import sys

import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
BROKEN_ON_PURPOSE = "tests/"


def check(name, text):
    try:
        yaml.safe_load(text)
        return True
    except yaml.YAMLError as e:
        print(f"{name}: {e}")
        return False


def main():
    listed = subprocess.run(["git", "ls-files", "*.yaml", "*.yml", ".clang-format", ".clang-tidy"],
                            cwd=TOP, capture_output=True, text=True, check=True).stdout.split()
    good = True
    for name in listed:
        if not name.startswith(BROKEN_ON_PURPOSE):
            good &= check(name, (TOP / name).read_text())
    readme = TOP / "README.md"
    if readme.exists():
        for block in re.finditer(r"^```ya?ml\n(.*?)^```", readme.read_text(), re.M | re.S):
            line = readme.read_text()[:block.start()].count("\n") + 1
            good &= check(f"README.md:{line}", block.group(1))
    sys.exit(not good)


main()
