"""A source that is read: what a reading is joined to in tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from roundup.identity import identities
from roundup.joining import Moment, join
from roundup.memory import RememberedPiece, Shelf, SourceRecord
from roundup.model import Bookmark, Piece, Published, Reading
from tests.builders import INSTANT, LONDON, a_piece, a_remembered_piece, at_instant

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = INSTANT
LAST_SENT = INSTANT - DAY
RECORD = SourceRecord(name="The Lantern", read_well_at=NOW - HOUR, found=1, bookmark=Bookmark(etag='"old"'))
NEVER_READ = SourceRecord(name="The Lantern")
SEEN = a_remembered_piece(first_seen=NOW - HOUR, recorded_as="piece-1")


def joined(
    reading: Reading,
    *,
    record: SourceRecord = RECORD,
    remembered: Sequence[RememberedPiece] = (SEEN,),
    last_sent: datetime | None = LAST_SENT,
    known: frozenset[str] = frozenset(),
    young: bool = True,
) -> Shelf:
    of_remembered = [identities(each.piece, each.published, LONDON) for each in remembered]
    moment = Moment(now=NOW, last_sent=last_sent, last_frozen=last_sent, zone=LONDON, known=known.union(*of_remembered))

    def judge(published: Published) -> bool:
        return young

    return join(reading, record=record, remembered=remembered, moment=moment, young=judge)


def a_reading(*pieces: Piece, etag: str = '"new"') -> Reading:
    return Reading(source="The Lantern", pieces=pieces, bookmark=Bookmark(etag=etag))


def numbered(number: int, *, published: datetime = INSTANT - 40 * DAY) -> Piece:
    return a_piece(
        id=f"n{number}", title=f"Part {number}", link=f"https://lantern.example/n{number}/",
        published=at_instant(published),
    )  # fmt: skip
