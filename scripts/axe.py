#!/usr/bin/env python3
"""Fetch axe-core, which judges whether a mail can be read by everybody, into .venv/share (MPL 2.0; for tests alone).

Usage: scripts/axe.py     does nothing when it is there already; exit 1, and a word why, when it cannot be had
"""

import base64
import hashlib
import io
import sys
import tarfile
import urllib.request
from pathlib import Path

VERSION = "4.14.1"
ADDRESS = f"https://registry.npmjs.org/axe-core/-/axe-core-{VERSION}.tgz"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
PLACE = Path(__file__).resolve().parents[1] / ".venv" / "share" / f"axe-core-{VERSION}.min.js"


def main() -> int:
    """Fetch, compare, unpack one file."""
    if PLACE.exists():
        return 0
    try:
        with urllib.request.urlopen(ADDRESS, timeout=60) as answer:
            octets = answer.read(20_000_000)
    except OSError as error:
        print(f"axe-core could not be fetched ({error}); tests that need it are skipped.", file=sys.stderr)
        return 1
    if base64.b64encode(hashlib.sha512(octets).digest()).decode() != SHA512:
        print(f"{ADDRESS} is not what it was; it was not used.", file=sys.stderr)
        return 1
    with tarfile.open(fileobj=io.BytesIO(octets)) as archive:
        script = archive.extractfile("package/axe.min.js")
        if script is None:
            return 1
        PLACE.parent.mkdir(parents=True, exist_ok=True)
        PLACE.write_bytes(script.read())
    return 0


if __name__ == "__main__":
    sys.exit(main())
