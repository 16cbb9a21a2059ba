"""What an editor can change of an issue, as one digest: the settings, the word on it, and templates of the newsletter's
own.

A stored issue stays what it is while this stays the same, whatever its sources say meanwhile.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from roundup import word_file
from roundup.model import IssueKey


def digest(directory: Path, settings_file: str, key: IssueKey) -> str:
    """64 hex digits. What cannot be read is told apart from what is not there, and holds nothing up: whoever reads it
    for an issue says what is wrong with it."""
    seen = hashlib.sha256()
    for path in (directory / settings_file, word_file.path_of(directory, key), *_templates(directory)):
        for part in (path.relative_to(directory).as_posix().encode(), _octets(path)):
            seen.update(len(part).to_bytes(8, "big") + part)
    return seen.hexdigest()


def _templates(directory: Path) -> Iterator[Path]:
    folder = directory / "templates" / "email"
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _octets(path: Path) -> bytes:
    # A pipe that somebody put there would be waited for.
    if not path.is_file():
        return b"-" if not path.exists() else b"?"
    try:
        return b"+" + path.read_bytes()
    except OSError:
        return b"?"
