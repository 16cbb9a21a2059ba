"""What has been seen: the ledger of pieces and sources. Pure; a reading joins it in `joining.py`, the rows are in
`store/`.

Feeds are windows: they are read often and mailed once, so what scrolled off between two readings must be remembered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Protocol

from roundup.identity import identities
from roundup.model import Bookmark, Defect, Picture, Piece, Published
from roundup.words import mark

#: The words of the states, for the catalogues.
_STATES = (mark("ok"), mark("stale"), mark("failed"), mark("held"), mark("muted"))


class SourceState(StrEnum):
    """How a source stands after a reading."""

    OK = "ok"
    #: Could not be read now, but was read well since the last sent issue.
    STALE = "stale"
    #: Could not be read now, nor since the last sent issue.
    FAILED = "failed"
    #: Suddenly holds mostly unknown, old pieces: not mailed until a person accepts it.
    HELD = "held"
    #: Silenced by a person.
    MUTED = "muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedPiece:
    """A piece as it was last read, and what was judged of it when it was first recorded."""

    piece: Piece
    published: Published
    first_seen: datetime
    #: Whether it was young enough for the issue that was due next when it was first recorded.
    young: bool
    #: Whether its source's latest good reading lists it.
    listed: bool
    withdrawn: bool = False
    #: When its number of comments, the largest ever seen, was first seen; None: it was never known.
    counted_at: datetime | None = None
    #: The id under which the ledger holds it (its source may have given it another since); None: not recorded yet.
    recorded_as: str | None = None
    #: Identities that it had before its source gave it others. Were they forgotten, a site that changes its guids one
    #: day and its links the next would bring back what issues have carried.
    former: frozenset[str] = frozenset()
    #: The picture as its source gives it, once somebody has looked at it: `piece.picture` is what came of that, None if
    #: it can't be mailed. None: nobody has.
    offered: Picture | None = None

    def identities(self, zone: tzinfo) -> frozenset[str]:
        """Every identity that it has or had; see `roundup.identity`. `zone` is the newsletter's."""
        return identities(self.piece, self.published, zone) | self.former

    @property
    def ref(self) -> tuple[str, str]:
        """What tells it from every other piece: its source and its id there."""
        return self.piece.source, self.piece.id


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What the last good reading of a source held, for an editor."""

    #: How many pieces had never been seen before.
    new: int = 0
    #: What is no piece, by the reason: how many of each.
    left_out: Mapping[str, int] = field(default_factory=dict)
    #: Of how many pieces the number of comments is known.
    counted: int = 0
    #: What could not be used; of very many, the first.
    defects: tuple[Defect, ...] = ()
    #: How many more defects there were.
    more_defects: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """What is remembered of a source."""

    name: str
    bookmark: Bookmark = field(default_factory=Bookmark)
    #: When it was last read well; None: never.
    read_well_at: datetime | None = None
    #: How many pieces its last good reading held.
    found: int = 0
    muted: bool = False
    #: A person accepted what made it held: its next reading is taken whole.
    accepted: bool = False
    state: SourceState = SourceState.OK
    #: Why it failed or was held, as a sentence; empty when it is well.
    trouble: str = ""
    #: It asked not to be read before then; None: it did not ask.
    not_before: datetime | None = None
    report: SourceReport = field(default_factory=SourceReport)

    def was_read_after(self, since: datetime | None) -> bool:
        """Whether it was read well after `since`; None: ever."""
        return self.read_well_at is not None and (since is None or self.read_well_at > since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One source after a reading: how it stands, and every piece that is known of it."""

    record: SourceRecord
    pieces: tuple[RememberedPiece, ...]
    defects: tuple[Defect, ...] = ()

    def is_usable(self, since: datetime | None) -> bool:
        """Whether an issue may be made of it: read well now, or since the last sent issue was frozen (`since`). The
        reading that issue was made of is none since: a feed that fails from then on must not pass for a quiet one."""
        if self.record.state in (SourceState.OK, SourceState.MUTED):
            return self.record.state is SourceState.OK
        return self.record.was_read_after(since)


class Memory(Protocol):
    """The ledger of what has been seen."""

    def sources(self) -> Mapping[str, SourceRecord]:
        """What is remembered of each source, by name."""
        ...

    def pieces(self, source: str) -> Sequence[RememberedPiece]:
        """Every remembered piece of a source."""
        ...

    def record(self, shelves: Sequence[Shelf], *, at: datetime) -> None:
        """Write a gathering down, all sources in one transaction."""
        ...

    def mark(self, source: str, *, muted: bool | None = None, accepted: bool | None = None) -> None:
        """Write down a person's word on a source; None leaves a mark as it is."""
        ...

    def began(self) -> datetime | None:
        """When the calendar began: the moment of the first run. None: there was none yet."""
        ...

    def begin(self, at: datetime) -> None:
        """Let the calendar begin, if it has not begun by then."""
        ...

    def tidied_at(self) -> datetime | None:
        """When what is personal and old was last erased; None: never."""
        ...

    def tidied(self, at: datetime) -> None:
        """It was just now."""
        ...

    def gathered_at(self) -> datetime | None:
        """When the sources were last gathered; None: never."""
        ...
