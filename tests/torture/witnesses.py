"""What is watched while a run sends, so that it can be killed at a chosen moment: the journal's writes, and a log."""

import ctypes
import os
import select
from pathlib import Path

_IN_MODIFY = 0x2
_READ = 65_536
_C = ctypes.CDLL(None, use_errno=True)


class Writes:
    """Tells of each write to a file of a folder, while it is made (inotify(7))."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name = name.encode()
        self._events = _C.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._events < 0 or _C.inotify_add_watch(self._events, os.fsencode(folder), _IN_MODIFY) < 0:
            raise OSError(ctypes.get_errno(), f"{folder} cannot be watched")

    def forget(self) -> None:
        """What was written before is of no interest."""
        while self.comes(0):
            pass

    def comes(self, seconds: float) -> bool:
        """Wait for a write, no longer than so many seconds. Returns whether it came."""
        if not select.select([self._events], [], [], seconds)[0]:
            return False
        return self._name in os.read(self._events, _READ)

    def close(self) -> None:
        """Watch no more."""
        os.close(self._events)


class Mentions:
    """Counts how often a log that is being written has mentioned something."""

    def __init__(self, log: Path, what: bytes) -> None:
        self._what = what
        self._file = log.open("rb")
        self._rest = b""
        self._count = 0

    def count(self) -> int:
        """How often, up to now."""
        while read := self._file.read(_READ):
            text = self._rest + read
            self._count += text.count(self._what)
            # Half a mention is completed by what comes next.
            self._rest = text[max(0, len(text) - len(self._what) + 1) :]
        return self._count

    def close(self) -> None:
        """Read no more."""
        self._file.close()
