"""Looks for secrets where none may be.

    scan.py SECRETS PATH...

SECRETS: a file with one secret a line. Each is looked for as it is, in base64 at any alignment, in
base64url, in hex and URL-encoded, in every file under the paths. Prints where something was found;
fails when nothing could be looked through.
"""

import base64
import sys
import urllib.parse
from pathlib import Path


def forms(secret):
    raw = secret.encode()
    yield "raw", raw
    yield "hex", raw.hex().encode()
    yield "URL-encoded", urllib.parse.quote(secret, safe="").encode()
    for shift in range(3):
        # What the neighbouring bytes decide at both ends is left out.
        plain = base64.b64encode(b"x" * shift + raw + b"xx")
        core = plain[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6]
        yield "base64", core
        yield "base64url", core.translate(bytes.maketrans(b"+/", b"-_"))


def files(paths):
    for path in map(Path, paths):
        yield from (one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


secrets = Path(sys.argv[1]).read_text(encoding="utf-8").split()
n = 0
for file in files(sys.argv[2:]):
    data = file.read_bytes()
    n += len(data) > 0
    for number, secret in enumerate(secrets, 1):
        for form, wanted in forms(secret):
            if wanted in data:
                print(f"{file}: secret {number}, {form}")
sys.exit(0 if n and secrets else "nothing was looked through")
