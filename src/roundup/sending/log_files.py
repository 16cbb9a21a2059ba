"""A log file and those it was rotated into, read from old to new in bounded memory, and then followed."""

import gzip
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from roundup.words import say

_CHUNK = 1 << 20
#: Syslog writes no longer ones (RFC 5424 §6.1 asks for 2 KB); what has longer lines is no log.
_LONGEST_LINE = 1 << 16
_MOST_FILES = 10


class NotALogError(OSError):
    """A file is no log, or is not kept as one."""


class LogFiles:
    """Reads a log's lines, oldest first. Its rotated files are found by their names (`mail.log.1`, `mail.log.2.gz`,
    `mail.log-20261123`) and taken as far back as was written `since`. Raises `OSError`."""

    def __init__(self, path: Path, *, since: datetime) -> None:
        self._path = path
        self._followed = [_Tail(path.open("rb"))]
        #: Whether a file older than `since` shows that nothing is missing between the two.
        self.reaches_back = False
        try:
            self._old = list(self._rotated(since.timestamp()))
        except OSError:
            self.close()
            raise
        self._old.reverse()

    def close(self) -> None:
        """Close what is open."""
        for tail in self._followed:
            tail.file.close()

    def old_batches(self) -> Iterator[list[bytes]]:
        """The lines of the rotated files, some at a time."""
        for path in self._old:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                tail = _Tail(cast("BinaryIO", file))
                yield from tail.batches()
                yield [tail.rest]

    def new_batches(self) -> Iterator[list[bytes]]:
        """The lines that have come into the log since it was last asked, some at a time."""
        for tail in self._followed:
            yield from tail.batches()
        last = self._followed[-1]
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return  # being rotated just now
        if not os.path.samestat(there, os.fstat(last.file.fileno())):
            # The old one stays open: its writer may not have noticed yet.
            self._followed.append(_Tail(self._path.open("rb")))
            yield from self._followed[-1].batches()
        elif there.st_size < last.file.tell():
            raise NotALogError(say("{path} was cut off while it was read", path=self._path))

    def _rotated(self, since: float) -> Iterator[Path]:
        own = os.fstat(self._followed[0].file.fileno())
        name = re.compile(re.escape(self._path.name) + r"[.-]\d[\d.-]*(\.gz)?")
        found = [each for each in self._path.parent.iterdir() if name.fullmatch(each.name)]
        stated = sorted(((each.stat().st_mtime, each) for each in found), reverse=True)
        for count, (changed, path) in enumerate(stated):
            if changed < since:
                self.reaches_back = True
                return
            if count == _MOST_FILES:
                return
            if not os.path.samestat(path.stat(), own):
                yield path


class _Tail:
    """An open file, and the beginning of a line that is not whole yet."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.rest = b""

    def batches(self) -> Iterator[list[bytes]]:
        while chunk := self.file.read(_CHUNK):
            lines = (self.rest + chunk).split(b"\n")
            self.rest = lines.pop()
            if len(self.rest) > _LONGEST_LINE:
                raise NotALogError(say("{name} is not a log: it has endless lines", name=self.file.name))
            yield lines
