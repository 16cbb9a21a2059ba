"""What must not be mailed unseen: a source that suddenly holds mostly unknown, old pieces (plan §2.4)."""

from dataclasses import replace
from datetime import datetime

import pytest

from roundup.identity import identities
from roundup.memory import RememberedPiece, SourceRecord, SourceState
from roundup.model import Piece, Reading
from tests.builders import INSTANT, LONDON, PUBLISHED, a_remembered_piece
from tests.joining import DAY, HOUR, LAST_SENT, NEVER_READ, NOW, RECORD, SEEN, a_reading, joined, numbered

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


def moved(number: int, *, title: str = "") -> Piece:
    """A piece with another id, link and date."""
    return replace(
        numbered(number, published=INSTANT - HOUR), id=f"m{number}", link=f"https://moved.example/{number}/",
        title=title or f"Part {number}",
    )  # fmt: skip


@pytest.mark.parametrize(("count", "held"), [(5, True), (4, False)])
def test_an_archive_that_was_dated_anew_at_new_addresses_is_a_flood_by_its_titles(count: int, *, held: bool) -> None:
    remembered = [a_remembered_piece(numbered(number)) for number in range(count)]
    shelf = joined(a_reading(*(moved(number) for number in range(count))), remembered=remembered)

    assert held == ("5 of them have the titles of pieces seen before: the site may have moved" in shelf.record.trouble)


def test_titles_that_come_every_day_are_no_flood() -> None:
    daily = [a_remembered_piece(replace(numbered(number), title="Open thread")) for number in range(9)]
    shelf = joined(a_reading(*(moved(number, title="Open thread") for number in range(9))), remembered=daily)

    assert SourceState.OK == shelf.record.state


def test_undated_pieces_are_unknown_but_not_old() -> None:
    undated = [replace(numbered(number), published=None) for number in range(9)]

    assert SourceState.OK == joined(a_reading(*undated)).record.state
