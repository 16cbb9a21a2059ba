"""Which remembered pieces their source has taken back. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from roundup.identity import normal_link
from roundup.model import Piece, Published, Reading


class Remembered(Protocol):
    """A piece that an earlier reading wrote down and no issue has carried."""

    @property
    def id(self) -> str:
        """Unique within its source."""
        ...

    @property
    def link(self) -> str:
        """The address of its page."""
        ...

    @property
    def published(self) -> Published | None:
        """When it was published, as it is remembered; None: unknown."""
        ...


def missing(remembered: Iterable[Remembered], reading: Reading) -> tuple[frozenset[str], tuple[str, ...]]:
    """The ids that are withdrawn, and the links of pieces whose pages are to be asked (404 and 410: withdrawn too).

    `remembered` are the pieces of this one source. By design 2.4: what a whole reading (a folder) lacks is withdrawn;
    of a feed, a piece is withdrawn that is missing while an older one is still listed in its place; one with nothing
    older listed may have scrolled off the end, which is no withdrawal, and is asked about. A reading that failed, or is
    unchanged or partial, withdraws nothing; nor does a defect: a file that can't be read at the moment is not gone.
    """
    if reading.failure is not None or reading.unchanged or reading.partial:
        return frozenset(), ()
    ids = {piece.id for piece in reading.pieces}
    oldest = _oldest_in_place(reading.pieces)
    links = {normal_link(piece.link) for piece in reading.pieces}
    gone: set[str] = set()
    asked: dict[str, None] = {}
    for piece in remembered:
        if piece.id in ids or normal_link(piece.link) in links or _has_defect(piece, reading):
            continue
        if reading.whole or (oldest is not None and piece.published is not None and oldest < piece.published.at):
            gone.add(piece.id)
        else:
            asked.setdefault(piece.link)
    return frozenset(gone), tuple(asked)


def _has_defect(piece: Remembered, reading: Reading) -> bool:
    """Whether the source may still have the piece but couldn't use it: a defect names it, its line, or its folder."""
    return any(
        defect.where == piece.id or defect.where.startswith(f"{piece.id}:") or piece.id.startswith(f"{defect.where}/")
        for defect in reading.defects
    )


def _oldest_in_place(pieces: Sequence[Piece]) -> datetime | None:
    """The earliest publication among the pieces that stand where a feed in the order of dates has them; None: none do.

    An old piece above newer ones was pinned there, or the feed is in another order: that newer ones are missing below
    it shows nothing, for they scroll off while it stays.
    """
    oldest: datetime | None = None
    newest_below: datetime | None = None
    for piece in reversed(pieces):
        if piece.published is None:
            continue
        at = piece.published.at
        if newest_below is None or at >= newest_below:
            newest_below = at
            oldest = at if oldest is None else min(oldest, at)
    return oldest
