"""How a reading joins what is remembered. Pure.

A failed reading never un-sees anything; whether a piece is young enough is judged once, when it is first recorded (but
for what a wrong clock recorded in the future: else it would be too old for ever); of the numbers of comments that were
ever seen the largest stays, for caches make counts fall.
"""

import shlex
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Protocol

from roundup.identity import folded, identities
from roundup.memory import RememberedPiece, Shelf, SourceRecord, SourceReport, SourceState
from roundup.model import Defect, Picture, Piece, Published, Reading
from roundup.words import figures, say, say_many

#: How many old pieces at once make a flood.
_FLOOD = 5
#: How many defects of a source are written down.
_DEFECTS_KEPT = 20
#: What lies further in the future than this was written down before the clock was set back.
AHEAD = timedelta(minutes=5)


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
    record = _read_by(record, moment.now)
    remembered = tuple(_judged_again(each, moment, young) for each in remembered)

    def kept(state: SourceState, trouble: str) -> Shelf:
        # Its last good pieces stand, and its bookmark too: what was not taken must be read again.
        not_before = moment.now + reading.wait if reading.wait else record.not_before
        as_it_was = replace(record, state=state, trouble=trouble, not_before=not_before)
        return Shelf(record=as_it_was, pieces=remembered, defects=reading.defects)

    trouble = reading.failure
    window_is_empty = not reading.unchanged and not reading.whole and not reading.pieces and record.found > 0
    if trouble is None and window_is_empty:
        trouble = say_many(
            "It held {count} piece when it was last read and holds none now.",
            "It held {count} pieces when it was last read and holds none now.",
            record.found,
        )
    if record.muted:
        return kept(SourceState.MUTED, "")
    if trouble is not None:
        return kept(SourceState.STALE if record.was_read_after(moment.last_frozen) else SourceState.FAILED, trouble)
    flood = _flood(reading, record, remembered, moment)
    if flood:
        return kept(SourceState.HELD, flood)
    found = record.found if reading.unchanged else len(reading.pieces)
    pieces: tuple[RememberedPiece, ...] = remembered
    if not reading.unchanged:
        pieces = _joined(reading.pieces, _Known.of(remembered, moment, moved=record.accepted), young)
    well = replace(
        record, bookmark=reading.bookmark, read_well_at=moment.now, found=found, accepted=False,
        state=SourceState.OK, trouble="", not_before=moment.now + reading.wait if reading.wait else None,
        report=_report(reading, pieces, record.report),
    )  # fmt: skip
    return Shelf(record=well, pieces=pieces, defects=reading.defects)


def with_defects(report: SourceReport, defects: Sequence[Defect]) -> SourceReport:
    """The report with more defects, each once, of which no more are written down than there is room for."""
    defects = [defect for defect in defects if defect not in report.defects]
    room = max(0, _DEFECTS_KEPT - len(report.defects))
    more = report.more_defects + max(0, len(defects) - room)
    return replace(report, defects=(*report.defects, *defects[:room]), more_defects=more)


def _report(reading: Reading, pieces: Sequence[RememberedPiece], before: SourceReport) -> SourceReport:
    """What the reading held, in numbers; one that is unchanged holds what it held, and nothing new."""
    listed = [each for each in pieces if each.listed]
    counted = sum(each.piece.comments is not None for each in listed)
    if reading.unchanged:
        return replace(before, new=0, counted=counted)
    return SourceReport(
        new=sum(each.recorded_as is None for each in listed),
        left_out=Counter(say(each.because) for each in reading.skipped),
        counted=counted,
        defects=reading.defects[:_DEFECTS_KEPT],
        more_defects=max(0, len(reading.defects) - _DEFECTS_KEPT),
    )


def _flood(reading: Reading, record: SourceRecord, remembered: Sequence[RememberedPiece], moment: Moment) -> str:
    """Why a reading must not be mailed unseen; empty if it may be.

    A site that moved or re-imported its archive gives every piece a new guid and often a new address (FreshRSS #5909,
    liferea #1195), sometimes the day of the move for a date: more than half of its pieces are then unknown, and old by
    their dates or their titles.
    """
    if record.read_well_at is None or record.accepted or moment.last_sent is None:
        return ""
    unknown = [
        piece
        for piece in reading.pieces
        if moment.known.isdisjoint(identities(piece, piece.published or _seen(moment.now), moment.zone))
    ]
    if len(unknown) * 2 <= len(reading.pieces):
        return ""
    old = [piece for piece in unknown if piece.published and piece.published.latest < moment.last_sent]
    again = _seen_by_title(unknown, remembered)
    if max(len(old), again) < _FLOOD:
        return ""
    why = (
        say_many(
            "{count} of them is older than the last issue", "{count} of them are older than the last issue", len(old)
        )
        if len(old) >= _FLOOD
        else say_many(
            "{count} of them has the title of a piece seen before",
            "{count} of them have the titles of pieces seen before",
            again,
        )
    )
    return say(
        "{unknown} of its {found} pieces have never been seen, and {why}: the site may have moved. `roundup "
        "sources accept {name}` takes them, `mute` silences it.",
        unknown=figures(len(unknown)),
        found=figures(len(reading.pieces)),
        why=why,
        name=shlex.quote(record.name),
    )


def _seen_by_title(unknown: Sequence[Piece], remembered: Sequence[RememberedPiece]) -> int:
    """How many unknown pieces have the title of a remembered one. A title that comes again and again tells nothing."""
    titles = Counter(folded(each.piece.title) for each in remembered)
    return sum(titles[folded(piece.title)] == 1 for piece in unknown)


def _seen(now: datetime) -> Published:
    """The publication of a piece whose source gives no date: when it was first seen."""
    return Published(at=now, latest=now)


def _read_by(record: SourceRecord, now: datetime) -> SourceRecord:
    """The record, read well no later than now: a source that fails must not pass for well until then."""
    if record.read_well_at is None or record.read_well_at <= now + AHEAD:
        return record
    return replace(record, read_well_at=now)


def _judged_again(each: RememberedPiece, moment: Moment, young: Youth) -> RememberedPiece:
    """A piece that was first seen in the future is seen first now, and judged as if it had come now; what was young
    stays so. What issues have carried is known by its identities, which it keeps."""
    if each.first_seen <= moment.now + AHEAD:
        return each
    published = each.piece.published or _seen(moment.now)
    counted_at = each.counted_at and min(each.counted_at, moment.now)
    again = replace(each, published=published, first_seen=moment.now, counted_at=counted_at)
    return _renamed(replace(again, young=each.young or young(published)), each, moment.zone)


def _joined(pieces: Sequence[Piece], known: "_Known", young: Youth) -> tuple[RememberedPiece, ...]:
    """The pieces of a good reading, over what is remembered; then the remembered ones that it does not list."""
    moment = known.moment
    listed = {piece.id for piece in pieces}
    joined: list[RememberedPiece] = []
    met: set[tuple[str, str]] = set()
    for piece in pieces:
        before = known.met_before(piece, listed)
        if before is not None and before.ref not in met:
            met.add(before.ref)
            published = piece.published or before.published
            as_known, offered = _looked_at(piece, before)
            seen_again = replace(before, published=published, listed=True, withdrawn=False, offered=offered)
            joined.append(_renamed(recounted(seen_again, as_known, now=moment.now), before, moment.zone))
        else:
            published = piece.published or _seen(moment.now)
            counted_at = None if piece.comments is None else moment.now
            joined.append(
                RememberedPiece(
                    piece=piece, published=published, first_seen=moment.now, young=young(published), listed=True,
                    counted_at=counted_at,
                )
            )  # fmt: skip
    unlisted = (replace(each, listed=False) for each in known.remembered if each.ref not in met)
    return (*joined, *unlisted)


def _looked_at(piece: Piece, before: RememberedPiece) -> tuple[Piece, Picture | None]:
    """The piece with what is known of its picture, and the picture as its source gives it; None if nobody has looked at
    that one."""
    offered, found = piece.picture, before.piece.picture
    if offered is None or before.offered is None or before.offered.url != offered.url:
        return piece, None
    return replace(piece, picture=found and replace(found, alt=offered.alt)), offered


def _renamed(now: RememberedPiece, before: RememberedPiece, zone: tzinfo) -> RememberedPiece:
    """The piece as it is now, with what it was known by before."""
    if (now.piece, now.published) == (before.piece, before.published):
        return now
    return replace(now, former=before.identities(zone) - identities(now.piece, now.published, zone))


def recounted(remembered: RememberedPiece, piece: Piece, *, now: datetime) -> RememberedPiece:
    """A remembered piece as `piece` tells of it now. The largest number of comments stays, with its time."""
    before = remembered.piece.comments
    if piece.comments is None or (before is not None and piece.comments <= before):
        return replace(remembered, piece=replace(piece, comments=before))
    return replace(remembered, piece=piece, counted_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The remembered pieces of a source, by all that tells them."""

    remembered: Sequence[RememberedPiece]
    #: By the id that its source gave it last, before anything else tells it.
    by_id: Mapping[str, RememberedPiece]
    by_identity: Mapping[str, RememberedPiece]
    #: By title and day, and by title alone where a person accepted the source as moved.
    by_title: Mapping[tuple[str, date | None], RememberedPiece]
    moment: Moment

    @staticmethod
    def of(remembered: Sequence[RememberedPiece], moment: Moment, *, moved: bool) -> "_Known":
        by_identity: dict[str, RememberedPiece] = {}
        by_title: dict[tuple[str, date | None], list[RememberedPiece]] = {}
        for each in remembered:
            for identity in each.identities(moment.zone):
                by_identity.setdefault(identity, each)
            title = folded(each.piece.title)
            for day in (each.published.printed_day(moment.zone), *([None] if moved else [])):
                by_title.setdefault((title, day), []).append(each)
        only = {key: found[0] for key, found in by_title.items() if key[0] and len(found) == 1}
        by_id = {each.piece.id: each for each in remembered}
        return _Known(remembered=remembered, by_id=by_id, by_identity=by_identity, by_title=only, moment=moment)

    def met_before(self, piece: Piece, listed: Collection[str]) -> RememberedPiece | None:
        """The remembered piece that this one is: by its id first, then by any other identity, then by its title, unless
        the reading still lists the remembered one under its own id (`listed`): no two pieces may come to share one."""
        if piece.id in self.by_id:
            return self.by_id[piece.id]
        published = piece.published or _seen(self.moment.now)
        others = identities(piece, published, self.moment.zone)
        title = folded(piece.title)
        found = [self.by_identity.get(each) for each in sorted(others)]
        # Within one source a title on a day is the same piece, wherever the site has moved to.
        found += [self.by_title.get((title, day)) for day in (published.printed_day(self.moment.zone), None)]
        return next((each for each in found if each is not None and each.piece.id not in listed), None)
