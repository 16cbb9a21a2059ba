"""Which pieces of earlier issues the next one names as still talked about, by the readings that it is made of."""

from dataclasses import replace

import pytest

from roundup import pipeline
from roundup.model import IssueKey, Piece, Reading
from roundup.rules import Match, Rules
from roundup.talking import Talk
from tests.builders import in_london
from tests.fakes.sources import ScriptedSource
from tests.offices import BRIDGE, Paper, a_newsroom, a_paper, a_piece_of, a_reading

NEW = a_piece_of("2026-11-17 09:00", "kerbs")
TUESDAY = in_london("2026-11-17 17:00")
LAMP = "The Lamp"


def counted(comments: int, piece: Piece = BRIDGE) -> Piece:
    """The piece with so many comments."""
    return replace(piece, comments=comments)


def of_the_lamp(*pieces: Piece) -> Reading:
    """A reading of the second source."""
    return a_reading(*(replace(piece, source=LAMP) for piece in pieces), source=LAMP)


def sent_on_monday(paper: Paper) -> None:
    """The issue of Monday; from then on there is a block."""
    assert ["not-due", "sent"] == paper.states("2026-11-16 09:00", "2026-11-16 17:00")
    paper.newsroom = replace(paper.newsroom, talk=Talk(maximum=3, growth=5))


def named(paper: Paper) -> list[tuple[str, int]]:
    """What Tuesday's issue would name, with the comments that Monday's told of."""
    paper.clock.at = TUESDAY
    ledgers = paper.ledgers
    occasion = pipeline.Occasion(instant=TUESDAY, now=TUESDAY, preparing=True)
    gathering = pipeline.gather(paper.newsroom, remembered=ledgers.memory, archive=ledgers.archive, occasion=occasion)
    issue = pipeline.choose(paper.newsroom, gathering, key=IssueKey(day=TUESDAY.date()), instant=TUESDAY)
    return [(each.piece.id, each.comments_then) for each in issue.talked_about]


def test_what_has_grown_is_named_in_full_or_under_more() -> None:
    arch = a_piece_of("2026-11-16 08:00", "arch", comments=2)
    source = ScriptedSource(a_reading(BRIDGE, arch))
    with a_paper(newsroom=a_newsroom(source, maximum=1)) as paper:
        sent_on_monday(paper)
        source.play(a_reading(NEW, counted(30), counted(40, arch)))

        assert [("arch", 2), ("bridge", 0)] == named(paper)


@pytest.mark.parametrize("whole", [True, False], ids=["a folder without its file", "a feed whose page is gone"])
def test_what_its_source_took_back_after_it_was_sent_is_not_named(*, whole: bool) -> None:
    source = ScriptedSource(a_reading(BRIDGE, whole=whole), gone=[BRIDGE.link])
    with a_paper(source) as paper:
        sent_on_monday(paper)
        source.counts = {"bridge": 30}
        source.play(a_reading(NEW, BRIDGE, whole=whole))
        assert [("bridge", 0)] == named(paper)

        source.play(a_reading(NEW, whole=whole))
        assert [] == named(paper)


def test_what_has_not_grown_is_not_asked_about() -> None:
    source = ScriptedSource(a_reading(BRIDGE), gone=[BRIDGE.link])
    with a_paper(source) as paper:
        sent_on_monday(paper)
        source.play(a_reading(NEW))

        assert ([], []) == (named(paper), source.asked)


def test_what_the_newsletter_no_longer_takes_is_not_named() -> None:
    source = ScriptedSource(a_reading(BRIDGE))
    with a_paper(source) as paper:
        sent_on_monday(paper)
        source.play(a_reading(NEW, counted(30)))
        assert [("bridge", 0)] == named(paper)

        rules = Rules(exclude=Match(links=["*/bridge/"]))
        paper.newsroom = replace(paper.newsroom, selection=replace(paper.newsroom.selection, rules=rules))
        assert [] == named(paper)


def test_what_a_silenced_source_has_is_not_named() -> None:
    lantern = ScriptedSource(a_reading(BRIDGE))
    lamp = ScriptedSource(of_the_lamp(a_piece_of("2026-11-16 10:00", "moth")), name=LAMP)
    with a_paper(lantern, lamp) as paper:
        sent_on_monday(paper)
        lantern.play(a_reading(counted(30)))
        lamp.play(of_the_lamp(NEW))
        paper.run("2026-11-17 10:00")
        assert [("bridge", 0)] == named(paper)

        paper.ledgers.memory.mark("The Lantern", muted=True)
        assert [] == named(paper)


def test_a_piece_of_two_sources_has_the_comments_of_the_livelier_then_and_now() -> None:
    lantern = ScriptedSource(a_reading(BRIDGE))
    lamp = ScriptedSource(of_the_lamp(counted(20)), name=LAMP)
    with a_paper(lantern, lamp) as paper:
        sent_on_monday(paper)
        lantern.play(a_reading(NEW, counted(3)))
        lamp.play(of_the_lamp(counted(45)))

        assert [("bridge", 20)] == named(paper)
