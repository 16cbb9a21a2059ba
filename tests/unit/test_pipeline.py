"""From readings to an issue over many days: what scrolled off, what failed, what was taken back, what was carried."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from roundup import pipeline
from roundup.errors import HeldError
from roundup.model import Bookmark, IssueKey, Piece, Reading
from roundup.office import Orders
from roundup.pipeline import Gathering
from tests.builders import a_schedule, in_london
from tests.fakes.sources import FeedWindow, ScriptedSource
from tests.offices import BRIDGE, Paper, a_failure, a_newsroom, a_paper, a_piece_of, a_reading

LIBRARY = a_piece_of("2026-11-16 11:00", "library")
COUNCIL = a_piece_of("2026-11-17 09:00", "council")


def sent_on_monday(paper: Paper) -> None:
    assert "sent" == paper.run("2026-11-16 17:00").state


def gathered(paper: Paper, now: str) -> Gathering:
    ledgers = paper.ledgers
    return pipeline.gather(
        paper.newsroom,
        remembered=ledgers.memory,
        archive=ledgers.archive,
        occasion=pipeline.Occasion(instant=in_london(now), now=in_london(now), preparing=False),
    )


# What is remembered ---------------------------------------------------------------------------------------------


def test_a_piece_that_scrolled_off_between_two_gatherings_is_in_the_issue(source: ScriptedSource, paper: Paper) -> None:
    source.play(a_reading(LIBRARY))
    paper.run("2026-11-16 17:00")

    assert [["library", "bridge"]] == paper.mailed()


def test_a_piece_that_scrolled_off_is_asked_about_and_left_out_when_its_page_is_gone() -> None:
    source = ScriptedSource(a_reading(BRIDGE), gone=[BRIDGE.link])
    with a_paper(source) as paper:
        paper.run("2026-11-16 10:00")
        source.play(a_reading(LIBRARY))
        paper.run("2026-11-16 17:00")

        assert ([BRIDGE.link], [["library"]]) == (source.asked, paper.mailed())


def test_a_piece_missing_among_older_ones_is_withdrawn_and_told(source: ScriptedSource, paper: Paper) -> None:
    source.play(a_reading(LIBRARY, a_piece_of("2026-11-16 08:00", "older")))
    sent_on_monday(paper)
    explained = paper.ledgers.archive.stored(IssueKey(day=date(2026, 11, 16)))

    assert [["library", "older"]] == paper.mailed()
    assert explained is not None
    assert [("About bridge", "withdrawn by its source")] == [
        (each["title"], each["because"]) for each in explained.told["left_out"]
    ]


def test_what_a_folder_lacks_is_withdrawn(source: ScriptedSource, paper: Paper) -> None:
    source.play(a_reading(LIBRARY, whole=True))
    sent_on_monday(paper)

    assert [["library"]] == paper.mailed()


def test_an_issue_carries_a_piece_once_whatever_its_feed_does_to_it(source: ScriptedSource, paper: Paper) -> None:
    sent_on_monday(paper)
    moved = Piece(
        id="a new guid", source=BRIDGE.source, title="A new title", link="http://www.lantern.example/bridge?utm_source=x",
        published=COUNCIL.published,
    )  # fmt: skip
    source.play(a_reading(COUNCIL, moved))
    paper.run("2026-11-17 17:00")

    assert [["bridge"], ["council"]] == paper.mailed()


def test_titles_under_more_are_carried_too(source: ScriptedSource, paper: Paper) -> None:
    paper.selecting(maximum=1)
    source.play(a_reading(LIBRARY, BRIDGE))
    sent_on_monday(paper)
    source.play(a_reading(COUNCIL, LIBRARY, BRIDGE))
    paper.run("2026-11-17 17:00")

    assert [["library", "bridge"], ["council"]] == paper.mailed()


def test_nothing_is_carried_that_was_not_sent(source: ScriptedSource, paper: Paper) -> None:
    # Looked at, held, and dry: none of it counts.
    paper.run("2026-11-16 16:00", Orders(dry_run=True))
    paper.break_templates()
    assert "held" == paper.run("2026-11-16 17:00").state
    paper.break_templates(why="")
    source.play(a_reading(COUNCIL, BRIDGE))
    paper.run("2026-11-17 17:00")

    assert [["council", "bridge"]] == paper.mailed()


def test_a_dry_run_remembers_nothing(source: ScriptedSource, paper: Paper) -> None:
    source.play(a_reading(LIBRARY))
    assert 2 == paper.run("2026-11-16 16:00", Orders(dry_run=True)).pieces
    source.play(a_reading())

    assert ["bridge"] == [each.piece.id for each in paper.ledgers.memory.pieces("The Lantern")]


# What fails -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        (a_failure("It answered 503."), "It answered 503."),
        (a_reading(), "It held 1 piece when it was last read and holds none now."),
    ],
)
def test_a_source_in_trouble_gives_its_last_good_pieces_with_a_warning(
    source: ScriptedSource, paper: Paper, reading: Reading, told: str
) -> None:
    source.play(reading)
    report = paper.run("2026-11-16 17:00")

    assert ("sent", [["bridge"]]) == (report.state, paper.mailed())
    assert (
        f"The Lantern (stale): {told} Its last good pieces, of 16 November 2026 at 09:00, are used.",
    ) == report.warnings


def test_a_flood_is_held_and_the_last_good_pieces_are_mailed(source: ScriptedSource, paper: Paper) -> None:
    sent_on_monday(paper)
    source.play(a_reading(COUNCIL))
    paper.run("2026-11-17 10:00")
    source.play(a_reading(*(a_piece_of("2026-01-02 09:00", f"old {number}") for number in range(6))))
    report = paper.run("2026-11-17 17:00")

    assert [["bridge"], ["council"]] == paper.mailed()
    assert report.warnings[0].startswith("The Lantern (held): 6 of its 6 pieces have never been seen")


def test_a_source_that_was_never_read_well_holds_the_issue() -> None:
    with a_paper(ScriptedSource(a_failure())) as paper:
        paper.run("2026-11-16 10:00")
        report = paper.run("2026-11-16 17:00")

        assert ("held", 3) == (report.state, report.exit_code)
        assert "No source could be used" in report.because
        assert "The Lantern (failed): It answered 503." in report.because


def test_a_feed_that_fails_since_the_last_issue_is_held_and_no_quiet_day(source: ScriptedSource, paper: Paper) -> None:
    sent_on_monday(paper)
    source.play(a_failure())
    report = paper.run("2026-11-17 17:00")

    assert ("held", 3) == (report.state, report.exit_code)
    assert "The Lantern (failed): It answered 503." in report.because
    source.play(a_reading(COUNCIL))
    assert "sent" == paper.run("2026-11-17 17:05").state


def test_one_usable_source_is_enough() -> None:
    lamp = ScriptedSource(a_reading(a_piece_of("2026-11-16 09:00", "lamp", source="The Lamp")), name="The Lamp")
    with a_paper(ScriptedSource(a_failure()), lamp) as paper:
        paper.run("2026-11-16 10:00")
        report = paper.run("2026-11-16 17:00")

        assert ("sent", [["lamp"]]) == (report.state, paper.mailed())
        assert ("The Lantern (failed): It answered 503.",) == report.warnings


def test_a_muted_source_is_not_read_and_gives_nothing() -> None:
    lamp = ScriptedSource(a_reading(a_piece_of("2026-11-16 09:00", "lamp", source="The Lamp")), name="The Lamp")
    lantern = ScriptedSource(a_reading(BRIDGE))
    with a_paper(lantern, lamp) as paper:
        paper.run("2026-11-16 10:00")
        paper.ledgers.memory.mark("The Lantern", muted=True)
        paper.run("2026-11-16 17:00")

        assert ([["lamp"]], 1) == (paper.mailed(), len(lantern.bookmarks))


def test_all_sources_muted_hold_the_issue(paper: Paper) -> None:
    paper.ledgers.memory.mark("The Lantern", muted=True)

    with pytest.raises(HeldError, match="No source could be used"):
        pipeline.choose(
            paper.newsroom,
            gathered(paper, "2026-11-16 17:00"),
            key=IssueKey(day=date(2026, 11, 16)),
            instant=in_london("2026-11-16 17:00"),
        )


def test_a_source_gets_the_bookmark_of_its_last_good_reading_back(source: ScriptedSource, paper: Paper) -> None:
    marked = Reading(source="The Lantern", pieces=(BRIDGE,), bookmark=Bookmark(etag='"1"'))
    source.play(marked, a_failure(), Reading(source="The Lantern", unchanged=True, bookmark=Bookmark(etag='"1"')))
    paper.states("2026-11-16 12:00", "2026-11-16 13:00", "2026-11-16 14:00", "2026-11-16 17:00")

    # The last reading prepares an issue: comments must be those of now.
    assert [None, None, '"1"', '"1"', None] == [bookmark.etag for bookmark in source.bookmarks]
    assert [["bridge"]] == paper.mailed()


def test_gathering_and_preparing_write_nothing(source: ScriptedSource, paper: Paper) -> None:
    source.play(a_reading(LIBRARY, BRIDGE))
    instant = in_london("2026-11-16 17:00")
    gathering = gathered(paper, "2026-11-16 17:00")
    issue = pipeline.choose(paper.newsroom, gathering, key=IssueKey(day=date(2026, 11, 16)), instant=instant)
    prepared = pipeline.prepare(paper.newsroom, gathering, issue)

    assert 2 == len(prepared.explanation["pieces"])
    assert ["bridge"] == [each.piece.id for each in paper.ledgers.memory.pieces("The Lantern")]
    assert ([], in_london("2026-11-16 09:00")) == (
        list(paper.ledgers.archive.all()),
        paper.ledgers.memory.gathered_at(),
    )


def test_the_same_readings_make_the_same_fingerprint(source: ScriptedSource, paper: Paper) -> None:
    looked_at = paper.run("2026-11-16 12:00", Orders(dry_run=True)).fingerprint

    assert looked_at == paper.run("2026-11-16 17:03").fingerprint


# A fortnight ------------------------------------------------------------------------------------------------------

FIRST, LAST = in_london("2026-11-16 00:00"), in_london("2026-11-30 00:00")


def at_random_minutes(seed: int) -> list[Piece]:
    """Sixty pieces at random minutes of a fortnight, some of them in the same minute."""
    chosen = random.Random(seed)  # noqa: S311 - a simulation
    minutes = [chosen.randrange(14 * 24 * 60) for _ in range(58)]
    whens = [FIRST + timedelta(minutes=minute) for minute in (*minutes, *minutes[:2])]
    return [a_piece_of(f"{when:%Y-%m-%d %H:%M}", f"n{number}") for number, when in enumerate(whens)]


def downtime(seed: int) -> list[tuple[datetime, datetime]]:
    """Three times, of up to six hours, when the machine is off."""
    chosen = random.Random(-seed)  # noqa: S311 - a simulation
    starts = [FIRST + timedelta(minutes=chosen.randrange(14 * 24 * 60)) for _ in range(3)]
    return [(start, start + timedelta(minutes=chosen.randrange(360))) for start in starts]


@pytest.mark.parametrize("seed", range(1, 3))
def test_in_a_fortnight_with_downtime_each_piece_is_in_exactly_one_issue(seed: int) -> None:
    pieces = at_random_minutes(seed)
    with a_paper() as paper:
        # The window is wider than what a day and a downtime bring, and far narrower than the fortnight.
        paper.newsroom = a_newsroom(FeedWindow(pieces, size=12, clock=paper.clock), maximum=40)
        off = downtime(seed)
        for moment in hours(FIRST, LAST + timedelta(days=2)):
            if not any(start <= moment < end for start, end in off):
                paper.run(moment)

        assert sorted(piece.id for piece in pieces) == sorted(name for issue in paper.mailed() for name in issue)
        assert 11 == len(paper.mailed())


@pytest.mark.parametrize("seed", range(1, 3))
def test_a_fortnight_with_a_run_a_day_loses_nothing_that_its_feed_still_lists(seed: int) -> None:
    pieces = at_random_minutes(seed)
    with a_paper(schedule=a_schedule(weekdays=range(7))) as paper:
        paper.newsroom = a_newsroom(FeedWindow(pieces, size=30, clock=paper.clock), maximum=40)
        for day in range(16):
            paper.run(in_london("2026-11-16 09:00") + timedelta(days=day, minutes=480))

        assert sorted(piece.id for piece in pieces) == sorted(name for issue in paper.mailed() for name in issue)


def hours(first: datetime, last: datetime) -> Iterator[datetime]:
    moment = first
    while moment <= last:
        yield moment
        moment += timedelta(hours=1)
