"""The port of gathering: a `Source` is read and gives a `Reading`. The adapters are the files beside this one."""

from collections.abc import Sequence
from typing import Protocol

from roundup.model import Bookmark, Counts, Piece, Reading


class Source(Protocol):
    """A feed or a folder."""

    @property
    def name(self) -> str:
        """What editors call it; unique among a newsletter's sources."""
        ...

    def read(self, bookmark: Bookmark) -> Reading:
        """Read everything the source holds now. Never raises for what the source holds or fails to hold:
        a failed read is a `Reading` with a `failure`, an unusable entry is a `Defect`."""
        ...

    def is_gone(self, link: str) -> bool:
        """Whether the page of a piece that the source no longer lists answers 404 or 410.
        False when it cannot be asked, and always False for a folder."""
        ...

    def count(self, pieces: Sequence[Piece]) -> Counts:
        """The comments of some of its pieces, from where its owner said that they are counted besides the source
        itself: files, or other servers. Never raises; empty when there is no such place."""
        ...
