"""What is known of a source once it has been read: joined, kept, held, taken back (plan §2.4)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from roundup.identity import identities
from roundup.joining import Moment, join
from roundup.memory import RememberedPiece, Shelf, SourceRecord, SourceState
from roundup.model import Bookmark, Defect, Piece, Published, Reading
from tests.builders import INSTANT, LONDON, PUBLISHED, a_piece, a_remembered_piece, at_instant

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


# Readings that went well -----------------------------------------------------------------------------------------


def test_a_new_piece_is_judged_once_and_first_seen_now() -> None:
    shelf = joined(a_reading(numbered(1)), remembered=(), young=False)
    (only,) = shelf.pieces

    assert (NOW, False, True, None) == (only.first_seen, only.young, only.listed, only.recorded_as)


def test_a_piece_seen_before_keeps_its_judgement_and_takes_what_is_told_of_it_now() -> None:
    (only,) = joined(a_reading(replace(SEEN.piece, comments=9, title="Anew")), young=False).pieces

    assert (9, "Anew") == (only.piece.comments, only.piece.title)
    assert (True, NOW - HOUR, "piece-1") == (only.young, only.first_seen, only.recorded_as)


def test_a_changed_guid_keeps_the_record() -> None:
    (only,) = joined(a_reading(replace(SEEN.piece, id="new"))).pieces

    assert ("new", "piece-1", NOW - HOUR) == (only.piece.id, only.recorded_as, only.first_seen)


def test_an_id_tells_a_piece_before_its_link_does() -> None:
    moved = replace(SEEN.piece, link="https://lantern.example/moved/", title="Moved")
    usurper = a_piece(id="usurper", title="Another")
    first, second = joined(a_reading(usurper, moved)).pieces

    # The usurper stands at the old link, but the old piece is still listed under its own id.
    assert (("usurper", None), ("piece-1", "piece-1")) == (
        (first.piece.id, first.recorded_as), (second.piece.id, second.recorded_as),
    )  # fmt: skip


def test_two_pieces_never_come_to_share_a_record() -> None:
    twin = replace(SEEN.piece, id="twin")
    records = [each.recorded_as for each in joined(a_reading(twin, replace(twin, id="triplet"))).pieces]

    assert ["piece-1", None] == records


def test_a_withdrawn_piece_that_is_listed_again_is_back() -> None:
    (only,) = joined(a_reading(SEEN.piece), remembered=[replace(SEEN, withdrawn=True, listed=False)]).pieces

    assert (True, False) == (only.listed, only.withdrawn)


def test_what_is_no_longer_listed_is_remembered() -> None:
    shelf = joined(a_reading(numbered(1)))

    assert [("n1", True), ("piece-1", False)] == [(each.piece.id, each.listed) for each in shelf.pieces]


def test_a_piece_without_a_date_is_of_when_it_was_first_seen() -> None:
    (only,) = joined(a_reading(replace(SEEN.piece, published=None)), remembered=()).pieces

    assert at_instant(NOW) == only.published


def test_a_date_that_goes_missing_stays_what_it_was() -> None:
    undated = replace(SEEN.piece, published=None)
    seen_undated = replace(SEEN, piece=undated, published=at_instant(NOW - 5 * HOUR))

    assert PUBLISHED == joined(a_reading(undated)).pieces[0].published
    assert at_instant(NOW - 5 * HOUR) == joined(a_reading(undated), remembered=[seen_undated]).pieces[0].published


def test_a_date_that_is_corrected_is_taken() -> None:
    corrected = at_instant(NOW - 3 * HOUR)

    assert corrected == joined(a_reading(replace(SEEN.piece, published=corrected))).pieces[0].published


def test_a_good_reading_makes_the_source_well() -> None:
    ill = replace(RECORD, state=SourceState.STALE, trouble="It answered 503.", accepted=True)
    record = joined(a_reading(SEEN.piece, numbered(1)), record=ill).record

    assert (SourceState.OK, "", NOW, 2, False, '"new"') == (
        record.state, record.trouble, record.read_well_at, record.found, record.accepted, record.bookmark.etag,
    )  # fmt: skip


def test_an_unchanged_source_stands_as_it_is_remembered() -> None:
    unchanged = Reading(source="The Lantern", unchanged=True, bookmark=Bookmark(etag='"old"'))
    shelf = joined(unchanged, record=replace(RECORD, found=7))

    assert (SEEN,) == shelf.pieces
    assert (SourceState.OK, 7, NOW) == (shelf.record.state, shelf.record.found, shelf.record.read_well_at)


def test_an_empty_source_that_was_always_empty_is_well() -> None:
    assert SourceState.OK == joined(a_reading(), record=NEVER_READ, remembered=()).record.state


# Readings that did not -------------------------------------------------------------------------------------------

FAILED = Reading(source="The Lantern", failure="It answered 503.", defects=(Defect(source="s", where="w", what="x"),))


@pytest.mark.parametrize(
    ("read_well_at", "last_sent", "state"),
    [
        (NOW - HOUR, LAST_SENT, SourceState.STALE),
        (NOW - 40 * DAY, None, SourceState.STALE),
        (LAST_SENT - HOUR, LAST_SENT, SourceState.FAILED),
        (LAST_SENT, LAST_SENT, SourceState.FAILED),  # the reading that the last issue was made of
        (None, None, SourceState.FAILED),
    ],
)
def test_a_failed_source_is_stale_if_it_was_read_well_since_the_last_issue(
    read_well_at: datetime | None, last_sent: datetime | None, state: SourceState
) -> None:
    shelf = joined(FAILED, record=replace(RECORD, read_well_at=read_well_at), last_sent=last_sent)

    assert (state, "It answered 503.") == (shelf.record.state, shelf.record.trouble)
    assert (state is SourceState.STALE) == shelf.is_usable(last_sent)


def test_a_failure_un_sees_nothing_and_keeps_the_bookmark() -> None:
    shelf = joined(FAILED)

    assert ((SEEN,), RECORD.bookmark, RECORD.read_well_at, 1) == (
        shelf.pieces, shelf.record.bookmark, shelf.record.read_well_at, shelf.record.found,
    )  # fmt: skip
    assert FAILED.defects == shelf.defects


def test_a_source_that_had_pieces_and_has_none_counts_as_failed() -> None:
    shelf = joined(a_reading())

    assert (SourceState.STALE, "It held 1 pieces when it was last read and holds none now.") == (
        shelf.record.state, shelf.record.trouble,
    )  # fmt: skip
    assert ((SEEN,), '"old"') == (shelf.pieces, shelf.record.bookmark.etag)


def test_a_muted_source_is_usable_by_nobody_and_keeps_what_it_had() -> None:
    shelf = joined(Reading(source="The Lantern"), record=replace(RECORD, muted=True))

    assert (SourceState.MUTED, (SEEN,), False) == (shelf.record.state, shelf.pieces, shelf.is_usable(None))


def test_a_source_read_well_now_is_usable_whatever_the_clock_says() -> None:
    shelf = joined(a_reading(SEEN.piece))

    assert shelf.is_usable(NOW + DAY)


# The flood guard -------------------------------------------------------------------------------------------------


def flood(unknown: int, known: int = 0, *, old: int | None = None) -> tuple[Reading, list[RememberedPiece]]:
    """A reading of so many unknown pieces, `old` of them (or all) older than the last issue, and so many known."""
    old = unknown if old is None else old
    pieces = [
        numbered(number, published=INSTANT - 40 * DAY if number < old else INSTANT - HOUR) for number in range(unknown)
    ]
    known_pieces = [numbered(1000 + number) for number in range(known)]
    return a_reading(*pieces, *known_pieces), [a_remembered_piece(piece) for piece in known_pieces]


@pytest.mark.parametrize(
    ("unknown", "known", "old", "held"),
    [
        (5, 0, 5, True),
        (5, 4, 5, True),
        (5, 5, 5, False),  # half is not more than half
        (4, 0, 4, False),  # fewer than five
        (9, 0, 4, False),  # a busy day: new, not old
        (9, 0, 5, True),
    ],
)
def test_more_than_half_unknown_and_five_of_them_old_is_a_flood(
    unknown: int, known: int, old: int, *, held: bool
) -> None:
    reading, remembered = flood(unknown, known, old=old)
    shelf = joined(reading, remembered=remembered)

    assert (SourceState.HELD if held else SourceState.OK) == shelf.record.state


def test_a_held_source_keeps_its_last_good_pieces_and_its_bookmark() -> None:
    reading, _ = flood(6)
    shelf = joined(reading)

    assert ((SEEN,), '"old"', NOW - HOUR) == (
        shelf.pieces, shelf.record.bookmark.etag, shelf.record.read_well_at,
    )  # fmt: skip
    assert shelf.record.trouble.startswith(
        "6 of its 6 pieces have never been seen, and 6 of them are older than the last issue: the site may have moved."
    )
    assert shelf.is_usable(LAST_SENT)


def test_what_a_person_accepted_is_taken_whole_and_the_next_flood_is_held_again() -> None:
    reading, _ = flood(6)
    shelf = joined(reading, record=replace(RECORD, accepted=True))

    assert (SourceState.OK, False, 7) == (shelf.record.state, shelf.record.accepted, len(shelf.pieces))


@pytest.mark.parametrize(
    ("record", "last_sent"), [(NEVER_READ, LAST_SENT), (RECORD, None)], ids=["first reading", "no issue sent"]
)
def test_a_first_reading_is_never_a_flood(record: SourceRecord, last_sent: datetime | None) -> None:
    reading, _ = flood(30)

    assert SourceState.OK == joined(reading, record=record, remembered=(), last_sent=last_sent).record.state


def test_pieces_that_an_issue_carried_are_no_flood() -> None:
    reading, _ = flood(6)
    known = frozenset().union(*(identities(each, each.published or PUBLISHED, LONDON) for each in reading.pieces))

    assert SourceState.OK == joined(reading, remembered=(), known=known).record.state


def test_a_move_to_https_is_no_flood() -> None:
    # New guids at the old links: known by another identity.
    remembered = [a_remembered_piece(numbered(number)) for number in range(6)]
    moved = [
        replace(each.piece, id=f"new {each.piece.id}", link=each.piece.link.replace("https", "http"))
        for each in remembered
    ]

    assert SourceState.OK == joined(a_reading(*moved), remembered=remembered).record.state


def test_undated_pieces_are_unknown_but_not_old() -> None:
    undated = [replace(numbered(number), published=None) for number in range(9)]

    assert SourceState.OK == joined(a_reading(*undated)).record.state
