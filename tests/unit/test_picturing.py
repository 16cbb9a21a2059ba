"""Pictures of what may go into the next issue are looked at, and what came of it is remembered."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from roundup import picturing, pipeline
from roundup.gathering import Probed
from roundup.memory import RememberedPiece, Shelf
from roundup.model import Defect, Picture, Piece
from roundup.store import Ledgers
from tests.builders import in_london
from tests.fakes.probers import ScriptedProber
from tests.fakes.sources import ScriptedSource
from tests.fakes.stores import ledgers_in_memory
from tests.offices import a_failure, a_newsroom, a_piece_of, a_reading

NOW = in_london("2026-11-16 12:00")
URL = "https://lantern.example/lamp.jpg"
LAMP = Picture(url=URL, alt="A lamp")
SIZED = replace(LAMP, width=1200, height=630)
GONE = Probed(picture=None, because="The picture does not load.")
SILENCE = Probed(picture=LAMP, is_known=False)


@pytest.fixture
def ledgers() -> Iterator[Ledgers]:
    with ledgers_in_memory() as made:
        yield made


def a_picture_piece(
    name: str = "bridge", *, picture: Picture | None = LAMP, written: str = "2026-11-16 09:00"
) -> Piece:
    return replace(a_piece_of(written, name), picture=picture)


def gathered(
    ledgers: Ledgers, source: ScriptedSource, prober: ScriptedProber, *, hours: float = 0, seconds: float = 60
) -> Shelf:
    """A gathering, written down."""
    now = NOW + timedelta(hours=hours)
    occasion = pipeline.Occasion(instant=NOW + timedelta(hours=5), now=now, preparing=False, seconds=seconds)
    newsroom = replace(a_newsroom(source), prober=prober)
    found = pipeline.gather(newsroom, remembered=ledgers.memory, archive=ledgers.archive, occasion=occasion)
    ledgers.memory.record(found.shelves, at=now)
    return found.shelves[0]


def pictures(pieces: Sequence[RememberedPiece]) -> list[Picture | None]:
    return [each.piece.picture for each in pieces]


def test_a_picture_is_looked_at_once_and_its_size_is_remembered(ledgers: Ledgers) -> None:
    source, prober = ScriptedSource(a_reading(a_picture_piece())), ScriptedProber()
    for hours in range(3):
        shelf = gathered(ledgers, source, prober, hours=hours)
        assert [SIZED] == pictures(shelf.pieces) == pictures(ledgers.memory.pieces("The Lantern"))
    assert [("The Lantern", URL)] == prober.asked


def test_other_words_for_a_picture_are_taken_and_it_is_not_looked_at_again(ledgers: Ledgers) -> None:
    worded = a_picture_piece(picture=replace(LAMP, alt="The lamp at night"))
    source, prober = ScriptedSource(a_reading(a_picture_piece()), a_reading(worded)), ScriptedProber()
    gathered(ledgers, source, prober)
    assert [replace(SIZED, alt="The lamp at night")] == pictures(gathered(ledgers, source, prober).pieces)
    assert len(prober.asked) == 1


def test_another_picture_is_looked_at_anew(ledgers: Ledgers) -> None:
    other = a_picture_piece(picture=replace(LAMP, url=f"{URL}?2"))
    source, prober = ScriptedSource(a_reading(a_picture_piece()), a_reading(other)), ScriptedProber()
    gathered(ledgers, source, prober)
    assert [replace(SIZED, url=f"{URL}?2")] == pictures(gathered(ledgers, source, prober).pieces)
    assert [URL, f"{URL}?2"] == [url for _, url in prober.asked]


def test_a_picture_that_a_source_takes_away_is_gone(ledgers: Ledgers) -> None:
    source = ScriptedSource(a_reading(a_picture_piece()), a_reading(a_picture_piece(picture=None)))
    prober = ScriptedProber()
    gathered(ledgers, source, prober)
    (only,) = gathered(ledgers, source, prober).pieces
    assert (None, None) == (only.piece.picture, only.offered)


def test_a_picture_that_does_not_load_is_left_out_and_tried_again_while_its_piece_waits(ledgers: Ledgers) -> None:
    source, prober = ScriptedSource(a_reading(a_picture_piece())), ScriptedProber()
    prober.outcomes[URL] = GONE
    shelf = gathered(ledgers, source, prober)
    told = Defect(source="The Lantern", where=URL, what="The picture does not load.")
    assert ([None], (told,)) == (pictures(shelf.pieces), shelf.defects)
    assert (told,) == shelf.record.report.defects == gathered(ledgers, source, prober, hours=1).record.report.defects

    # The site has put it there.
    del prober.outcomes[URL]
    mended = gathered(ledgers, source, prober, hours=2)
    assert ([SIZED], (), ()) == (pictures(mended.pieces), mended.defects, mended.record.report.defects)
    gathered(ledgers, source, prober, hours=3)
    assert len(prober.asked) == 3


def test_it_is_tried_again_though_its_feed_is_unchanged_or_fails(ledgers: Ledgers) -> None:
    unchanged = replace(a_reading(), unchanged=True)
    source = ScriptedSource(a_reading(a_picture_piece()), unchanged, a_failure(), unchanged)
    prober = ScriptedProber()
    prober.outcomes[URL] = GONE
    for hours in range(3):
        assert [None] == pictures(gathered(ledgers, source, prober, hours=hours).pieces)
    assert len(prober.asked) == 3
    del prober.outcomes[URL]
    mended = gathered(ledgers, source, prober, hours=3)
    assert ([SIZED], ()) == (pictures(mended.pieces), mended.record.report.defects)


def test_it_is_not_tried_for_ever(ledgers: Ledgers) -> None:
    source, prober = ScriptedSource(a_reading(a_picture_piece())), ScriptedProber()
    prober.outcomes[URL] = GONE
    gathered(ledgers, source, prober)
    late = pipeline.Occasion(instant=NOW + timedelta(days=30), now=NOW + timedelta(days=30), preparing=False)
    newsroom = replace(a_newsroom(source), prober=prober)
    found = pipeline.gather(newsroom, remembered=ledgers.memory, archive=ledgers.archive, occasion=late)
    assert len(prober.asked) == 1
    assert [None] == pictures(found.shelves[0].pieces)


def test_a_pixel_is_left_out_without_a_word(ledgers: Ledgers) -> None:
    source, prober = ScriptedSource(a_reading(a_picture_piece())), ScriptedProber()
    prober.outcomes[URL] = Probed(picture=None)
    shelf = gathered(ledgers, source, prober)
    assert ([None], ()) == (pictures(shelf.pieces), shelf.defects)


def test_a_picture_of_which_nothing_is_known_stays_and_is_looked_at_again(ledgers: Ledgers) -> None:
    stated = replace(LAMP, width=640, height=480)
    source, prober = ScriptedSource(a_reading(a_picture_piece(picture=stated))), ScriptedProber()
    prober.outcomes[URL] = SILENCE
    shelf = gathered(ledgers, source, prober)
    assert ([stated], ()) == (pictures(shelf.pieces), shelf.defects)
    del prober.outcomes[URL]
    assert [SIZED] == pictures(gathered(ledgers, source, prober).pieces)


def test_who_is_silent_is_asked_for_no_other_picture(ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picturing, "_AT_ONCE", 1)
    pieces = [a_picture_piece(str(number), picture=replace(LAMP, url=f"{URL}?{number}")) for number in range(5)]
    prober = ScriptedProber()
    prober.outcomes = {f"{URL}?{number}": SILENCE for number in range(5)}
    gathered(ledgers, ScriptedSource(a_reading(*pieces)), prober)
    assert len(prober.asked) == 1


def test_the_address_that_is_mailed_may_be_another_than_the_sources(ledgers: Ledgers) -> None:
    plain = "http://lantern.example/lamp.jpg"
    source = ScriptedSource(a_reading(a_picture_piece(picture=Picture(url=plain, alt="A lamp"))))
    prober = ScriptedProber()
    prober.outcomes[plain] = Probed(picture=SIZED)
    for hours in range(2):
        assert [SIZED] == pictures(gathered(ledgers, source, prober, hours=hours).pieces)
    assert [plain] == [url for _, url in prober.asked]


def test_the_archive_of_a_site_is_not_looked_at(ledgers: Ledgers) -> None:
    old = [a_picture_piece(f"old-{day}", written=f"2026-10-{day} 09:00") for day in range(10, 30)]
    new = a_picture_piece(picture=replace(LAMP, url=f"{URL}?new"))
    prober = ScriptedProber()
    gathered(ledgers, ScriptedSource(a_reading(*old, new)), prober)
    assert [f"{URL}?new"] == [url for _, url in prober.asked]


def test_one_gathering_looks_at_thirty_the_newest_first_and_the_next_goes_on(ledgers: Ledgers) -> None:
    pieces = [
        a_picture_piece(f"n{number}", picture=replace(LAMP, url=f"{URL}?{number}"), written=f"2026-11-16 09:{number}")
        for number in range(10, 50)
    ]
    source, prober = ScriptedSource(a_reading(*pieces)), ScriptedProber()
    prober.outcomes[f"{URL}?49"] = GONE
    gathered(ledgers, source, prober)
    assert {f"{URL}?{number}" for number in range(20, 50)} == {url for _, url in prober.asked}
    prober.asked.clear()
    shelf = gathered(ledgers, source, prober)
    # What was never looked at goes before what did not load.
    assert {f"{URL}?{number}" for number in (*range(10, 20), 49)} == {url for _, url in prober.asked}
    assert f"{URL}?49" == prober.asked[-1][1]
    assert [None] == [
        each.piece.picture for each in shelf.pieces if not (each.piece.picture and each.piece.picture.width)
    ]


def test_one_picture_of_many_pieces_is_looked_at_once_and_each_keeps_its_words(ledgers: Ledgers) -> None:
    pieces = [a_picture_piece(word, picture=replace(LAMP, alt=word)) for word in ("one", "two")]
    prober = ScriptedProber()
    shelf = gathered(ledgers, ScriptedSource(a_reading(*pieces)), prober)
    assert [replace(SIZED, alt="one"), replace(SIZED, alt="two")] == pictures(shelf.pieces)
    assert len(prober.asked) == 1


def test_nobody_waits_for_pictures_longer_than_there_is_time(ledgers: Ledgers) -> None:
    pieces = [a_picture_piece(str(n), picture=Picture(url=f"https://h{n}.example/p")) for n in range(30)]
    began = time.monotonic()
    shelf = gathered(ledgers, ScriptedSource(a_reading(*pieces)), ScriptedProber(seconds=9), seconds=0.4)
    assert time.monotonic() - began < 2
    assert all(pictures(shelf.pieces))
    assert "ok" == shelf.record.state


def test_without_a_prober_pictures_stay_as_they_are(ledgers: Ledgers) -> None:
    source = ScriptedSource(a_reading(a_picture_piece()))
    occasion = pipeline.Occasion(instant=NOW, now=NOW, preparing=False)
    found = pipeline.gather(a_newsroom(source), remembered=ledgers.memory, archive=ledgers.archive, occasion=occasion)
    assert [LAMP] == pictures(found.shelves[0].pieces)
