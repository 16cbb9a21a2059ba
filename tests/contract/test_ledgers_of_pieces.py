"""The contract of the ledger of what has been seen (plan §2.4)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from roundup.joining import Moment, join
from roundup.memory import RememberedPiece, Shelf, SourceRecord, SourceReport, SourceState
from roundup.model import Bookmark, Defect, Picture, Piece, Reading
from roundup.store import Ledgers
from tests.builders import INSTANT, LONDON, a_piece, a_remembered_piece, on_day

LATER = INSTANT + timedelta(hours=1)
LANTERN = SourceRecord(
    name="The Lantern",
    read_well_at=INSTANT,
    found=1,
    bookmark=Bookmark(etag='"1"', modified="Mon", location="https://lantern.example/feed/"),
)
PIECES = [
    a_piece(id="1"),
    a_piece(id="2", published=on_day(date(2015, 3, 29)), link="https://lantern.example/2/"),
    a_piece(id="3", published=None, comments=None, link="https://lantern.example/3/"),
    a_piece(id="4", picture=Picture(url="https://lantern.example/4.png", alt="Ümlaut 🙂"), tags=("a", "b,c")),
    a_piece(id="6", picture=Picture(url="https://lantern.example/6.png", width=1200, height=630)),
    replace(a_piece(id="7"), language="pt-BR"),
    a_piece(
        id="5", title="T\u2028\x00 ' \" %s", excerpt="", authors=("A", "B, C"), link="https://lantern.example/5?p=1"
    ),
]


def shelf(*pieces: RememberedPiece, record: SourceRecord = LANTERN) -> Shelf:
    return Shelf(record=record, pieces=pieces)


def seen(ledgers: Ledgers, *pieces: Piece) -> None:
    """Read these pieces and write it down, as a run does."""
    moment = Moment(now=LATER, last_sent=None, last_frozen=None, zone=LONDON, known=frozenset())
    record = ledgers.memory.sources().get("The Lantern", LANTERN)
    joined = join(
        Reading(source="The Lantern", pieces=pieces), record=record,
        remembered=ledgers.memory.pieces("The Lantern"), moment=moment, young=lambda _published: True,
    )  # fmt: skip
    ledgers.memory.record([joined], at=LATER)


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.id)
def test_a_piece_comes_back_as_it_was_written(ledgers: Ledgers, piece: Piece) -> None:
    remembered = replace(
        a_remembered_piece(replace(piece, link_is_shared=True), young=False, listed=False, withdrawn=True),
        counted_at=LATER, former=frozenset({"id The Lantern old", "title 2015-03-30 author adamarsh ümlaut"}),
        offered=Picture(url="http://lantern.example/as-it-was.png", alt="🙂", width=9, height=8),
    )  # fmt: skip
    ledgers.memory.record([shelf(remembered)], at=INSTANT)

    assert [replace(remembered, recorded_as=piece.id)] == list(ledgers.memory.pieces("The Lantern"))


def test_a_source_comes_back_as_it_was_written(ledgers: Ledgers) -> None:
    report = SourceReport(
        new=2, left_out={"a draft": 3}, counted=1, more_defects=9,
        defects=(Defect(source="The Lantern", where="2.md:7", what="No date."),),
    )  # fmt: skip
    record = replace(
        LANTERN, muted=True, accepted=True, state=SourceState.HELD, trouble="Six of its six pieces are new.",
        not_before=LATER, report=report, bookmark=replace(LANTERN.bookmark, contents=bytes(range(256))),
    )  # fmt: skip
    ledgers.memory.record([shelf(record=record), shelf(record=SourceRecord(name="The Lamp"))], at=INSTANT)

    assert {"The Lamp": SourceRecord(name="The Lamp"), "The Lantern": record} == dict(ledgers.memory.sources())


def test_a_piece_seen_again_is_written_over_and_not_beside(ledgers: Ledgers) -> None:
    seen(ledgers, a_piece(comments=1))
    seen(ledgers, a_piece(comments=9, title="A new title"))

    assert [(9, "A new title")] == [
        (each.piece.comments, each.piece.title) for each in ledgers.memory.pieces("The Lantern")
    ]


def test_a_piece_with_a_new_id_keeps_its_row(ledgers: Ledgers) -> None:
    seen(ledgers, a_piece(id="old"))
    seen(ledgers, a_piece(id="new"))
    seen(ledgers, a_piece(id="newer"))

    assert ["newer"] == [each.piece.id for each in ledgers.memory.pieces("The Lantern")]


def test_a_feed_that_numbers_its_pieces_anew_is_written_down(ledgers: Ledgers) -> None:
    # The guids count down from the newest: each piece now has the number that its neighbour had.
    def numbered(guid: int, page: int) -> Piece:
        return a_piece(id=str(guid), title=f"T{page}", link=f"https://lantern.example/{page}/")

    seen(ledgers, numbered(5, 1), numbered(6, 2))
    seen(ledgers, numbered(4, 1), numbered(5, 2))
    seen(ledgers, numbered(3, 1), numbered(4, 2), numbered(5, 7))

    assert {"T1", "T2", "T7"} <= {each.piece.title for each in ledgers.memory.pieces("The Lantern")}


def test_sources_keep_their_pieces_apart(ledgers: Ledgers) -> None:
    lamp = a_remembered_piece(a_piece(source="The Lamp"))
    ledgers.memory.record([shelf(a_remembered_piece()), shelf(lamp, record=SourceRecord(name="The Lamp"))], at=INSTANT)

    assert ["The Lamp"] == [each.piece.source for each in ledgers.memory.pieces("The Lamp")]
    assert [] == list(ledgers.memory.pieces("Nobody"))


def test_a_gathering_is_written_whole_or_not_at_all(ledgers: Ledgers) -> None:
    twice = shelf(a_remembered_piece(), a_remembered_piece())
    with pytest.raises(IntegrityError):
        ledgers.memory.record([shelf(record=SourceRecord(name="The Lamp")), twice], at=INSTANT)

    assert ({}, None) == (dict(ledgers.memory.sources()), ledgers.memory.gathered_at())


def test_marks_are_kept_apart(ledgers: Ledgers) -> None:
    ledgers.memory.record([shelf(record=replace(LANTERN, state=SourceState.HELD))], at=INSTANT)
    ledgers.memory.mark("The Lantern", accepted=True)
    assert SourceState.HELD == ledgers.memory.sources()["The Lantern"].state
    ledgers.memory.mark("The Lantern", muted=True)
    marked = ledgers.memory.sources()["The Lantern"]

    assert (True, True, SourceState.MUTED) == (marked.muted, marked.accepted, marked.state)
    ledgers.memory.mark("The Lantern", muted=False)
    again = ledgers.memory.sources()["The Lantern"]
    assert (False, True, SourceState.OK) == (again.muted, again.accepted, again.state)


@pytest.mark.parametrize("state", list(SourceState))
def test_a_person_settles_what_held_a_source_and_not_why_it_cannot_be_read(
    ledgers: Ledgers, state: SourceState
) -> None:
    ledgers.memory.record([shelf(record=replace(LANTERN, state=state, trouble="It answered 503."))], at=INSTANT)
    ledgers.memory.mark("The Lantern", muted=False, accepted=True)
    settled = ledgers.memory.sources()["The Lantern"]
    ledgers.memory.mark("The Lantern", muted=True)
    muted = ledgers.memory.sources()["The Lantern"]

    is_settled = state in (SourceState.MUTED, SourceState.HELD)
    expected = (SourceState.OK, "") if is_settled else (state, "It answered 503.")
    assert expected == (settled.state, settled.trouble)
    assert (SourceState.MUTED, "") == (muted.state, muted.trouble)


def test_a_source_may_be_marked_before_it_is_read(ledgers: Ledgers) -> None:
    ledgers.memory.mark("The Lamp", muted=True)

    assert ledgers.memory.sources()["The Lamp"].muted


def test_the_calendar_begins_once_and_at_its_earliest(ledgers: Ledgers) -> None:
    assert ledgers.memory.began() is None
    ledgers.memory.begin(LATER)
    ledgers.memory.begin(INSTANT)
    ledgers.memory.begin(LATER)

    # The earliest: a trial with --at in the future must not make the present "before the beginning".
    assert INSTANT == ledgers.memory.began()


def test_what_its_source_has_not_listed_for_years_is_forgotten(ledgers: Ledgers) -> None:
    listed, unlisted = (
        a_remembered_piece(a_piece(id=str(listed)), listed=listed, first_seen=INSTANT) for listed in (True, False)
    )
    ledgers.memory.record([shelf(listed, unlisted)], at=INSTANT)
    ledgers.memory.record([shelf()], at=INSTANT + timedelta(days=400))
    assert 2 == len(ledgers.memory.pieces("The Lantern"))
    ledgers.memory.record([shelf()], at=INSTANT + timedelta(days=401))

    assert ["True"] == [each.piece.id for each in ledgers.memory.pieces("The Lantern")]


def test_the_last_gathering_is_remembered(ledgers: Ledgers) -> None:
    assert ledgers.memory.gathered_at() is None
    ledgers.memory.begin(INSTANT)
    ledgers.memory.record([], at=LATER)

    assert (LATER, INSTANT) == (ledgers.memory.gathered_at(), ledgers.memory.began())
