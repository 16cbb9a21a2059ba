"""Reports in a file, a line of JSON each (jsonlines.org): for whoever collects logs, and for looking back."""

import errno
import os
from pathlib import Path

from roundup.words import borrowed, say


class JsonLines:
    """Implements `roundup.announcing.Announcer`. What rotates the file may move it away at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def announce(self, document: str) -> str:
        """See `Announcer`."""
        try:
            # A pipe that nobody reads is not waited for.
            handle = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY | os.O_NONBLOCK, 0o640)
            try:
                line = f"{document}\n".encode()
                # In one piece, so that two runs do not write into each other's line.
                if os.write(handle, line) < len(line):
                    # What else could be short of room: a disk, or a pipe whose reader is slow.
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(handle)
        except OSError as error:
            return say(
                "The report could not be written to {path}: {why}.", path=self._path, why=borrowed(error.strerror)
            )
        return ""
