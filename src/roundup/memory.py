"""What has been seen: the ledger of pieces and sources, and how a reading joins it. Pure; the rows are in `store/`.

Feeds are windows: they are read often and mailed once, so what scrolled off between two readings must be remembered.
A failed reading never un-sees anything; whether a piece is young enough is judged once, when it is first recorded.
"""

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Protocol

from roundup.identity import identities
from roundup.model import Bookmark, Defect, Piece, Published, Reading


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
    #: The id under which the ledger holds it (its source may have given it another since); None: not recorded yet.
    recorded_as: str | None = None

    @property
    def ref(self) -> tuple[str, str]:
        """What tells it from every other piece: its source and its id there."""
        return self.piece.source, self.piece.id


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
        return _is_recent(self.record, since)


def _is_recent(record: SourceRecord, since: datetime | None) -> bool:
    """Whether a source was read well after `since`; None: ever."""
    return record.read_well_at is not None and (since is None or record.read_well_at > since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a reading is judged against."""

    now: datetime
    #: The instant of the last sent `main` issue, and when it was frozen; None: none was sent.
    last_sent: datetime | None
    last_frozen: datetime | None
    zone: tzinfo
    #: Every identity that is known: of remembered pieces and of carried ones.
    known: frozenset[str]


class Youth(Protocol):
    """The judgement whether a piece is young enough (see `selecting.young_enough`)."""

    def __call__(self, published: Published) -> bool:
        """True if it is."""
        ...


def join(
    reading: Reading, *, record: SourceRecord, remembered: Sequence[RememberedPiece], moment: Moment, young: Youth
) -> Shelf:
    """What is known of a source once `reading` has been read. Nothing is written."""

    def kept(state: SourceState, trouble: str) -> Shelf:
        # Its last good pieces stand, and its bookmark too: what was not taken must be read again.
        as_it_was = replace(record, state=state, trouble=trouble)
        return Shelf(record=as_it_was, pieces=tuple(remembered), defects=reading.defects)

    trouble = reading.failure
    window_is_empty = not reading.unchanged and not reading.whole and not reading.pieces and record.found > 0
    if trouble is None and window_is_empty:
        trouble = f"It held {record.found} pieces when it was last read and holds none now."
    if record.muted:
        return kept(SourceState.MUTED, "")
    if trouble is not None:
        return kept(SourceState.STALE if _is_recent(record, moment.last_frozen) else SourceState.FAILED, trouble)
    flood = _flood(reading, record, moment)
    if flood:
        return kept(SourceState.HELD, flood)
    found = record.found if reading.unchanged else len(reading.pieces)
    well = replace(
        record, bookmark=reading.bookmark, read_well_at=moment.now, found=found, accepted=False,
        state=SourceState.OK, trouble="",
    )  # fmt: skip
    pieces = tuple(remembered) if reading.unchanged else _joined(reading.pieces, remembered, moment, young)
    return Shelf(record=well, pieces=pieces, defects=reading.defects)


def _flood(reading: Reading, record: SourceRecord, moment: Moment) -> str:
    """Why a reading must not be mailed unseen; empty if it may be.

    A site that moved or re-imported its archive gives every piece a new guid and often a new address (FreshRSS #5909,
    liferea #1195): more than half of its pieces are then unknown, and old.
    """
    if record.read_well_at is None or record.accepted or moment.last_sent is None:
        return ""
    unknown = [
        piece
        for piece in reading.pieces
        if moment.known.isdisjoint(identities(piece, piece.published or _seen(moment.now), moment.zone))
    ]
    old = [piece for piece in unknown if piece.published and piece.published.latest < moment.last_sent]
    if len(unknown) * 2 <= len(reading.pieces) or len(old) < 5:
        return ""
    return (
        f"{len(unknown)} of its {len(reading.pieces)} pieces have never been seen, and {len(old)} of them are older "
        f"than the last issue: the site may have moved. "
        f"`roundup sources accept {shlex.quote(record.name)}` takes them, `mute` silences it."
    )


def _seen(now: datetime) -> Published:
    """The publication of a piece whose source gives no date: when it was first seen."""
    return Published(at=now, latest=now)


def _joined(
    pieces: Sequence[Piece], remembered: Sequence[RememberedPiece], moment: Moment, young: Youth
) -> tuple[RememberedPiece, ...]:
    """The pieces of a good reading, over what is remembered; then the remembered ones that it does not list."""
    by_identity = _by_identity(remembered, moment.zone)
    listed = {piece.id for piece in pieces}
    joined: list[RememberedPiece] = []
    met: set[tuple[str, str]] = set()
    for piece in pieces:
        before = _met_before(piece, by_identity, moment, listed)
        if before is not None and before.ref not in met:
            met.add(before.ref)
            published = piece.published or before.published
            joined.append(replace(before, piece=piece, published=published, listed=True, withdrawn=False))
        else:
            published = piece.published or _seen(moment.now)
            judged = young(published)
            joined.append(
                RememberedPiece(piece=piece, published=published, first_seen=moment.now, young=judged, listed=True)
            )
    unlisted = (replace(each, listed=False) for each in remembered if each.ref not in met)
    return (*joined, *unlisted)


def _by_identity(remembered: Sequence[RememberedPiece], zone: tzinfo) -> Mapping[str, RememberedPiece]:
    found: dict[str, RememberedPiece] = {}
    for each in remembered:
        for identity in identities(each.piece, each.published, zone):
            found.setdefault(identity, each)
    return found


def _met_before(
    piece: Piece, by_identity: Mapping[str, RememberedPiece], moment: Moment, listed: Collection[str]
) -> RememberedPiece | None:
    """The remembered piece that this one is: by its id first, then by any other identity, unless the reading still
    lists the remembered one under its own id (`listed`): no two pieces may come to share one."""
    own = f"id {piece.source} {piece.id}"
    if own in by_identity:
        return by_identity[own]
    others = identities(piece, piece.published or _seen(moment.now), moment.zone)
    found = (by_identity[each] for each in sorted(others) if each in by_identity)
    return next((each for each in found if each.piece.id not in listed), None)


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

    def gathered_at(self) -> datetime | None:
        """When the sources were last gathered; None: never."""
        ...
