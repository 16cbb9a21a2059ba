"""A source: a text file with a piece a line, `2026-11-20T09:00+00:00 https://example.org/a/ Its title`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.model import Bookmark, Defect, Piece, Published, Reading


class NotebookSource:
    """Implements `roundup.gathering.Source`."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    def read(self, bookmark: Bookmark, *, seconds: float = SOURCE_SECONDS) -> Reading:
        """A line that is no piece is a defect, and the rest goes on; a file that cannot be read is a failure."""
        del bookmark, seconds
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            return Reading(source=self.name, failure=f"{self._path} cannot be read: {error.strerror}.")
        read = [self._piece(line, f"{self._path.name}:{number}") for number, line in enumerate(lines, start=1) if line]
        return Reading(
            source=self.name,
            pieces=tuple(each for each in read if isinstance(each, Piece)),
            defects=tuple(each for each in read if isinstance(each, Defect)),
            whole=True,
        )

    def is_gone(self, link: str, *, seconds: float = SOURCE_SECONDS) -> bool:
        """See `Source`."""
        del link, seconds
        return False

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """See `Source`."""
        del pieces, seconds
        return Counts()

    def _piece(self, line: str, where: str) -> Piece | Defect:
        try:
            written, link, title = line.split(maxsplit=2)
            at = datetime.fromisoformat(written)
        except ValueError:
            return Defect(source=self.name, where=where, what="It is no piece; write a time, a link and a title.")
        return Piece(id=link, source=self.name, title=title, link=link, published=Published(at=at, latest=at))
