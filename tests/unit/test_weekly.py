"""The weekly edition, and readers who chose sections: the week's pieces once, nothing repeated, none missing."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest

from roundup.model import WEEKLY_EDITION, Cadence, IssueKey, Piece
from roundup.office import Orders
from roundup.reports import RunState
from roundup.rules import Match, Section
from roundup.subscribers import Choice, Consent, Saying
from roundup.word import Reference, Word
from tests.builders import INSTANT, a_schedule
from tests.fakes.sources import ScriptedSource
from tests.offices import Paper, a_newsroom, a_paper, a_piece_of, a_reading
from tests.unit.test_sixty_days import HOUR, UnreliableFeed, hours, published

ADA, WANDA = "ada@lantern.example", "wanda@lantern.example"
FRIDAYS = replace(a_schedule(), weekly=4)
#: Monday the 16th to Friday the 20th of November 2026.
WEEK = [f"2026-11-{day} 17:00" for day in range(16, 21)]
THE_WEEK = IssueKey(day=date(2026, 11, 20), edition=WEEKLY_EDITION)


def choose(paper: Paper, email: str, cadence: Cadence, *sections: str) -> None:
    """Somebody chooses on the page."""
    person = paper.ledgers.subscribers.find(email)
    assert person is not None
    choice = Choice(cadence=cadence, sections=sections)
    paper.ledgers.subscribers.choose({person.key: (choice, Consent(what=Saying.CHOSE, at=INSTANT))})


@contextmanager
def a_paper_with_a_week(*pieces: str) -> Iterator[Paper]:
    """A daily for Ada with a weekly edition for Wanda, whose feed lists these pieces at last."""
    readings = [a_reading(*(a_piece_of(f"{WEEK[number][:10]} 09:00", name) for number, name in enumerate(pieces)))]
    with a_paper(ScriptedSource(*readings), schedule=FRIDAYS, subscribers=(ADA, WANDA)) as paper:
        choose(paper, WANDA, Cadence.WEEKLY)
        yield paper


def one_a_day(paper: Paper, *, count: int = 5, extra: Piece | None = None) -> None:
    """A piece comes each day, and is mailed on it."""
    shown = [a_piece_of(f"{WEEK[number][:10]} 09:00", f"n{number}") for number in range(count)]
    for number, when in enumerate(WEEK[:count]):
        out = [*shown[: number + 1], *([extra] if extra and number else [])]
        paper.newsroom = replace(paper.newsroom, sources=(ScriptedSource(a_reading(*out)),))
        paper.run(when)


def test_a_weekly_reader_has_the_week_in_one_mail_and_a_daily_one_each_day() -> None:
    with a_paper_with_a_week() as paper:
        one_a_day(paper)

        assert [["n0"], ["n1"], ["n2"], ["n3"], ["n4"]] == paper.mailed(ADA)
        assert [["n4", "n3", "n2", "n1", "n0"]] == paper.mailed(WANDA)


def test_the_run_tells_of_both_editions() -> None:
    with a_paper_with_a_week() as paper:
        one_a_day(paper, count=4)
        paper.newsroom = replace(
            paper.newsroom, sources=(ScriptedSource(a_reading(a_piece_of("2026-11-20 09:00", "n4"))),)
        )
        report = paper.run(WEEK[4])
        told = report.to_json()

        assert ("sent", "sent", "weekly") == (told["state"], told["weekly"]["state"], told["weekly"]["edition"])
        assert [1, 1] == [told["deliveries"]["accepted"], told["weekly"]["deliveries"]["accepted"]]
        assert any("(weekly)" in line for line in report.lines(FRIDAYS.zone))
        assert RunState.ALREADY_SENT == paper.run("2026-11-20 17:05").state
        assert 1 == len(paper.mailed(WANDA))


def test_who_expects_the_days_issue_is_given_no_other() -> None:
    with a_paper_with_a_week() as paper:
        one_a_day(paper, count=4)
        fresh = a_reading(a_piece_of("2026-11-20 09:00", "n4"))
        paper.newsroom = replace(paper.newsroom, sources=(ScriptedSource(fresh),))
        foreseen = paper.run("2026-11-20 16:59", Orders(dry_run=True))
        report = paper.run(WEEK[4], Orders(expect=foreseen.fingerprint))
        later = paper.run("2026-11-20 17:05")

        assert (RunState.SENT, None, 0) == (report.state, report.weekly, report.exit_code)
        assert (RunState.SENT, WEEKLY_EDITION) == (later.state, later.edition)


def test_without_weekly_readers_there_is_no_weekly_edition_and_nothing_to_decide() -> None:
    with a_paper_with_a_week() as paper:
        one_a_day(paper)
        choose(paper, WANDA, Cadence.DAILY)
        states = paper.states("2026-11-27 17:00", "2026-11-27 23:30", "2026-11-28 12:00")

        assert ["nothing-new", "not-due", "not-due"] == states
        assert 0 == paper.run("2026-11-28 12:05").exit_code


def test_on_a_day_without_an_issue_the_weekly_edition_is_what_is_told() -> None:
    with a_paper_with_a_week() as paper:
        paper.schedule = replace(a_schedule(weekdays=range(4)), weekly=4)
        one_a_day(paper, count=4)
        report = paper.run(WEEK[4])

        assert (RunState.SENT, "weekly") == (report.state, report.edition)
        assert [["n3", "n2", "n1", "n0"]] == paper.mailed(WANDA)


def test_what_the_editor_excluded_from_a_day_is_not_in_the_week() -> None:
    with a_paper_with_a_week() as paper:
        word = Word(exclude=(Reference(text="n1", where="x:1"),))
        paper.newsroom = replace(
            paper.newsroom,
            word=lambda key: word if key == IssueKey(day=date(2026, 11, 17)) else Word(),
        )
        one_a_day(paper, extra=a_piece_of("2026-11-17 08:00", "m1"))

        assert [["n4", "n3", "n2", "m1", "n0"]] == paper.mailed(WANDA)


def test_the_weekly_edition_has_a_word_of_its_own() -> None:
    with a_paper_with_a_week() as paper:
        word = Word(pin=(Reference(text="n0", where="x:1"),), subject="All of it")
        paper.newsroom = replace(paper.newsroom, word=lambda key: word if key == THE_WEEK else Word())
        one_a_day(paper)
        record = paper.ledgers.archive.find(THE_WEEK)

        assert [["n0", "n4", "n3", "n2", "n1"]] == paper.mailed(WANDA)
        assert record is not None
        assert "All of it" == record.subject


def test_with_weekly_readers_alone_the_days_issues_are_made_and_mailed_to_nobody() -> None:
    with a_paper_with_a_week() as paper:
        choose(paper, ADA, Cadence.WEEKLY)
        one_a_day(paper)

        assert 1 == len(paper.mailed(ADA))
        assert 5 == len(paper.mailed(ADA)[0])


def test_a_weekly_edition_that_is_switched_on_later_is_not_missed_before() -> None:
    with a_paper_with_a_week() as paper:
        paper.schedule = a_schedule()
        one_a_day(paper)
        paper.schedule = FRIDAYS
        report = paper.run("2026-11-23 09:00")

        assert RunState.NOT_DUE == report.state
        assert report.weekly is None


def test_a_weekly_edition_that_was_held_up_goes_with_the_next() -> None:
    with a_paper_with_a_week() as paper:
        one_a_day(paper, count=4)
        paper.break_templates()
        held = paper.run(WEEK[4])
        paper.break_templates("")
        later = [a_piece_of(f"2026-11-{day} 09:00", f"n{day}") for day in (23, 27)]
        paper.newsroom = replace(paper.newsroom, sources=(ScriptedSource(a_reading(*later)),))
        for day in (23, 24, 25, 26, 27):
            paper.run(f"2026-11-{day} 17:00")

        assert RunState.NOTHING_NEW == held.state
        assert held.weekly is not None
        assert (RunState.HELD, 3, False) == (held.weekly.state, held.exit_code, held.is_quiet)
        assert [["n27", "n23", "n3", "n2", "n1", "n0"]] == paper.mailed(WANDA)


def carried(paper: Paper, edition: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for record in paper.ledgers.archive.all():
        stored = paper.ledgers.archive.stored(record.key)
        if stored is not None and record.key.edition == edition:
            found.update(piece["id"] for piece in stored.told["pieces"])
            found.update(piece["id"] for piece in stored.told["left_out"] if piece["because"] == "more")
    return found


def test_in_sixty_days_a_weekly_reader_has_every_piece_that_a_daily_reader_has_once() -> None:
    shown = published(random.Random(11))  # noqa: S311 - a simulation
    with a_paper(schedule=FRIDAYS, subscribers=(ADA, WANDA)) as paper:
        choose(paper, WANDA, Cadence.WEEKLY)
        feed = UnreliableFeed(shown, silent=set(), clock=paper.clock)
        paper.newsroom = a_newsroom(feed, maximum=7)
        # Not each hour, as the daily has them: what is missing in a week shows as well.
        for moment in list(hours())[::4]:
            paper.run(moment)
        # The last Friday may lie before the last of what the days had.
        last = max(record.key.day for record in paper.ledgers.archive.all() if record.key.edition == WEEKLY_EDITION)
        daily, weekly = carried(paper, "main"), carried(paper, "weekly")

        assert {1} == set(daily.values()) == set(weekly.values())
        assert set(daily) == set(weekly)
        assert 150 < len(weekly)
        assert timedelta() <= (moment - 4 * HOUR).date() - last < timedelta(days=8)


# Sections ---------------------------------------------------------------------------------------------------------

BOOKS, TRAMS = (
    Section(name="Books", match=Match(links=["*book*"])),
    Section(name="Trams", match=Match(links=["*tram*"])),
)


@contextmanager
def a_paper_with_sections(*people: tuple[str, ...]) -> Iterator[Paper]:
    """A daily with two sections, and readers with what they chose."""
    pieces = [a_piece_of("2026-11-16 09:00", name) for name in ("book-1", "book-2", "tram-1", "else")]
    with a_paper(ScriptedSource(a_reading(*pieces)), subscribers=[email for email, *_ in people]) as paper:
        selection = replace(paper.newsroom.selection, sections=(BOOKS, TRAMS))
        paper.newsroom = replace(paper.newsroom, selection=selection)
        for email, *sections in people:
            choose(paper, email, Cadence.DAILY, *sections)
        yield paper


def test_readers_of_sections_have_these_and_nothing_else() -> None:
    with a_paper_with_sections(("all@x.example",), ("b@x.example", "Books"), ("t@x.example", "Trams")) as paper:
        report = paper.run(WEEK[0])

        assert {"book-1", "book-2", "tram-1", "else"} == set(paper.mailed("all@x.example")[0])
        assert [{"book-1", "book-2"}] == [set(each) for each in paper.mailed("b@x.example")]
        assert [["tram-1"]] == paper.mailed("t@x.example")
        assert report.tally is not None
        assert report.tally.adds_up
        assert {} == dict(report.tally.excluded)


def test_the_subject_is_about_what_the_reader_has() -> None:
    with a_paper_with_sections(("t@x.example", "Trams")) as paper:
        paper.run(WEEK[0])

        assert b"Subject: About tram-1\r\n" in paper.sender.offered[0].content


@pytest.mark.parametrize("people", [3, 40])
def test_what_is_rendered_grows_with_the_choices_and_not_with_the_readers(people: int) -> None:
    readers = [(f"p{number}@x.example", *(["Books"] if number % 2 else ["Trams", "Books"])) for number in range(people)]
    with a_paper_with_sections(*readers) as paper:
        paper.run(WEEK[0])
        stored = paper.ledgers.archive.stored(IssueKey(day=date(2026, 11, 16)))

        assert stored is not None
        assert [(("Books",),), (("Books", "Trams"),)] == [variant.choices for variant in stored.variants]
        assert people == len(paper.sender.offered)


def test_whose_sections_have_nothing_today_or_are_no_more_gets_nothing() -> None:
    readers = (("all@x.example",), ("gone@x.example", "Gone"), ("t@x.example", "Trams"))
    with a_paper_with_sections(*readers) as paper:
        quiet = a_reading(a_piece_of("2026-11-16 09:00", "book-1"))
        paper.newsroom = replace(paper.newsroom, sources=(ScriptedSource(quiet),))
        report = paper.run(WEEK[0])

        assert ["all@x.example"] == [message.envelope_to for message in paper.sender.offered]
        assert report.tally is not None
        assert {"sections": 2} == dict(report.tally.excluded)


def test_a_dry_run_counts_as_the_run_does_and_shows_the_same_fingerprint() -> None:
    readers = (("all@x.example",), ("gone@x.example", "Gone"), ("t@x.example", "Trams"))
    with a_paper_with_sections(*readers) as paper:
        foreseen = paper.run("2026-11-16 16:59", Orders(dry_run=True))
        happened = paper.run(WEEK[0])

        assert foreseen.fingerprint == happened.fingerprint
        assert foreseen.tally is not None
        assert happened.tally is not None
        assert foreseen.tally.excluded == happened.tally.excluded
