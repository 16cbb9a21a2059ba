"""Which remembered pieces their source has taken back. Pure."""

from collections.abc import Iterable
from typing import Protocol

from roundup.identity import normal_link
from roundup.model import Published, Reading


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
    of a feed, a piece is withdrawn that is missing while an older one is still listed; one with nothing older listed
    may have scrolled off the end, which is no withdrawal, and is asked about. A reading that failed, or is unchanged or
    partial, withdraws nothing; nor does a defect: a file that can't be read at the moment is not gone.
    """
    if reading.failure is not None or reading.unchanged or reading.partial:
        return frozenset(), ()
    ids = {piece.id for piece in reading.pieces}
    links = {normal_link(piece.link) for piece in reading.pieces}
    gone: set[str] = set()
    asked: dict[str, None] = {}
    for piece in remembered:
        if piece.id in ids or normal_link(piece.link) in links or _has_defect(piece, reading):
            continue
        if reading.whole or _is_older_listed(piece, reading):
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


def _is_older_listed(piece: Remembered, reading: Reading) -> bool:
    """Whether the reading lists a piece published before this one."""
    if piece.published is None:
        return False
    at = piece.published.at
    return any(listed.published is not None and listed.published.at < at for listed in reading.pieces)
