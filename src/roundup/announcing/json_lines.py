"""Reports in a file, a line of JSON each (jsonlines.org): for whoever collects logs, and for looking back."""

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
            handle = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o640)
            with os.fdopen(handle, "ab", buffering=0) as file:
                # In one piece, so that two runs do not write into each other's line.
                file.write(f"{document}\n".encode())
        except OSError as error:
            return say(
                "The report could not be written to {path}: {why}.", path=self._path, why=borrowed(error.strerror)
            )
        return ""
