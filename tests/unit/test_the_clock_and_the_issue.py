"""What the passing hours do not change: the order, the fingerprint, and what was sent or is on its way."""

from dataclasses import replace

import pytest

from roundup.model import Piece
from roundup.office import Orders
from roundup.ranking import Order, Ranking
from tests.builders import at_instant, in_london, on_day
from tests.fakes.sources import ScriptedSource
from tests.offices import BRIDGE, a_newsroom, a_paper, a_piece_of, a_reading

ARCH = a_piece_of("2026-11-16 02:00", "arch", comments=40)
KERBS = replace(
    a_piece_of("2026-11-16 08:00", "kerbs", comments=3), published=on_day(in_london("2026-11-16 08:00").date())
)
LAMPS = a_piece_of("2026-11-17 09:00", "lamps")


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("looked_at", ["2026-11-16 00:05", "2026-11-16 09:30", "2026-11-16 16:59", "2026-11-16 17:00"])
def test_a_preview_at_any_hour_of_the_day_is_what_is_sent(looked_at: str, order: Order) -> None:
    newsroom = replace(a_newsroom(ScriptedSource(a_reading(KERBS, BRIDGE, ARCH))), ranking=Ranking(order=order))
    with a_paper(newsroom=newsroom) as paper:
        paper.run("2026-11-16 00:00")
        seen = paper.run(looked_at, Orders(dry_run=True))
        sent = paper.run("2026-11-16 22:47", Orders(expect=seen.fingerprint))

        assert ("sent", seen.fingerprint, 3) == (str(sent.state), sent.fingerprint, len(paper.mailed()[0]))
        # Each order is another: else it would have tried one thing three times.
        first = {Order.HOT: "arch", Order.NEWEST: "bridge", Order.MOST_COMMENTED: "arch"}[order]
        assert first == paper.mailed()[0][0]


def test_what_was_first_seen_by_a_clock_that_was_far_ahead_is_judged_again() -> None:
    undated = replace(KERBS, published=None)
    with a_paper(ScriptedSource(a_reading(BRIDGE, undated))) as paper:
        paper.run("2026-12-30 09:00")
        paper.run("2026-11-16 09:00")

        assert "sent" == paper.run("2026-11-16 17:00").state
        assert [["bridge", "kerbs"]] == [sorted(mail) for mail in paper.mailed()]


@pytest.mark.parametrize(
    "edited",
    [
        replace(BRIDGE, title="The bridge, corrected"),
        replace(BRIDGE, excerpt="Another text altogether."),
        replace(BRIDGE, published=at_instant(in_london("2026-11-17 10:00"))),
        replace(
            BRIDGE, title="Corrected", excerpt="Another.", published=at_instant(in_london("2026-11-17 10:00")),
            authors=("Bo Reed",),
        ),
    ],
    ids=["title", "excerpt", "date", "all of it"],
)  # fmt: skip
def test_a_piece_that_is_edited_after_it_was_sent_is_not_sent_again(edited: Piece) -> None:
    source = ScriptedSource(a_reading(BRIDGE))
    with a_paper(source) as paper:
        paper.states("2026-11-16 09:00", "2026-11-16 17:00")
        source.play(a_reading(LAMPS, edited))
        paper.run("2026-11-17 17:00")

        assert [["bridge"], ["lamps"]] == paper.mailed()


def test_what_is_withdrawn_before_the_freeze_is_dropped_and_after_it_is_kept() -> None:
    source = ScriptedSource(a_reading(BRIDGE, ARCH, whole=True))
    with a_paper(source) as paper:
        paper.run("2026-11-16 09:00")
        source.play(a_reading(BRIDGE, whole=True))
        # Frozen while no line can be opened: it is still to be delivered when the bridge is taken back, too.
        paper.sender.trouble = "No route to host."
        assert "unfinished" == str(paper.run("2026-11-16 17:00").state)
        source.play(a_reading(whole=True))
        paper.sender.trouble = ""
        assert "sent" == str(paper.run("2026-11-16 18:30").state)

        assert [["bridge"]] == paper.mailed()


def test_what_a_clock_that_was_a_year_ahead_saw_first_is_judged_again() -> None:
    undated = replace(a_piece_of("2026-11-16 08:00", "undated"), published=None)
    source = ScriptedSource(a_reading(BRIDGE, ARCH, undated))
    with a_paper(source) as paper:
        # By then they are too old.
        paper.run("2027-11-16 09:00")
        assert "sent" == str(paper.run("2026-11-16 17:00").state)

        assert [{"bridge", "arch", "undated"}] == [set(each) for each in paper.mailed()]
        assert {in_london("2026-11-16 17:00")} == {
            each.first_seen for each in paper.ledgers.memory.pieces("The Lantern")
        }


@pytest.mark.parametrize("kept", [(BRIDGE, ARCH), ()])
def test_an_issue_of_a_clock_that_was_a_year_ahead_makes_no_piece_too_old_and_is_not_sent_again(
    kept: tuple[Piece, ...],
) -> None:
    source = ScriptedSource(a_reading(a_piece_of("2026-11-15 20:00", "early")))
    with a_paper(source) as paper:
        paper.states("2026-11-16 09:00", "2026-11-16 17:00")
        ahead = a_piece_of("2027-11-16 16:00", "ahead")
        source.play(a_reading(*kept, ahead))
        assert "sent" == str(paper.run("2027-11-16 17:00").state)
        source.play(a_reading(*kept, ahead, LAMPS))
        paper.states("2026-11-17 12:00", "2026-11-17 17:00")

        assert [["early"], ["ahead"]] == paper.mailed()[:2]
        assert {"lamps", *(each.id for each in kept if each is BRIDGE)} <= set(paper.mailed()[2])
        assert "ahead" not in paper.mailed()[2]
