"""Sources that show what a test tells them to."""

import time
from collections.abc import Sequence

from roundup.clock import Clock
from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.model import Bookmark, Piece, Reading


class ScriptedSource:
    """A source that plays a script of readings, one each time it is read; the last one stands for good."""

    def __init__(self, *script: Reading, name: str = "The Lantern", gone: Sequence[str] = ()) -> None:
        self.name = name
        #: The bookmarks it was given, one for each time it was read.
        self.bookmarks: list[Bookmark] = []
        #: The seconds it was allowed, one for each time it was read.
        self.allowed: list[float] = []
        #: The links it was asked about.
        self.asked: list[str] = []
        #: What is counted besides the source itself, by the pieces' ids.
        self.counts: dict[str, int] = {}
        self._script = list(script)
        self._gone = gone

    def play(self, *script: Reading) -> None:
        """What it shows from now on."""
        self._script = list(script)

    def read(self, bookmark: Bookmark, *, seconds: float = SOURCE_SECONDS) -> Reading:
        self.allowed.append(seconds)
        self.bookmarks.append(bookmark)
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def is_gone(self, link: str, *, seconds: float = SOURCE_SECONDS) -> bool:
        del seconds
        self.asked.append(link)
        return link in self._gone

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        del seconds
        ids = {piece.id for piece in pieces}
        return Counts(by_id={key: number for key, number in self.counts.items() if key in ids})


class FeedWindow:
    """A feed that lists the newest `size` of the pieces that are out by now."""

    def __init__(self, pieces: Sequence[Piece], *, size: int, clock: Clock, name: str = "The Lantern") -> None:
        self.name = name
        self._pieces = pieces
        self._size = size
        self._clock = clock

    def read(self, _bookmark: Bookmark, *, seconds: float = SOURCE_SECONDS) -> Reading:
        del seconds
        now = self._clock()
        out = [piece for piece in self._pieces if piece.published is not None and piece.published.at <= now]
        newest = sorted(out, key=lambda piece: str(piece.published and piece.published.at), reverse=True)
        return Reading(source=self.name, pieces=tuple(newest[: self._size]))

    def is_gone(self, _link: str, *, seconds: float = SOURCE_SECONDS) -> bool:
        del seconds
        return False

    def count(self, _pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        del seconds
        return Counts()


class SlowSource:
    """A source that takes all the time it is given, and then fails, or shows what it has."""

    def __init__(self, name: str, *pieces: Piece) -> None:
        self.name = name
        self._pieces = pieces
        #: The seconds it was allowed, one for each time it was read or asked.
        self.allowed: list[float] = []

    def read(self, _bookmark: Bookmark, *, seconds: float = SOURCE_SECONDS) -> Reading:
        self.allowed.append(seconds)
        time.sleep(seconds)
        failure = None if self._pieces else "It took too long."
        return Reading(source=self.name, pieces=self._pieces, failure=failure)

    def is_gone(self, _link: str, *, seconds: float = SOURCE_SECONDS) -> bool:
        self.allowed.append(seconds)
        return False

    def count(self, _pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        self.allowed.append(seconds)
        return Counts()
