"""`check` says what waits for a person."""

import pytest

from roundup.checking.issue import look
from roundup.model import IssueKey
from tests.builders import in_london
from tests.fakes.sources import ScriptedSource
from tests.offices import BRIDGE, Paper, a_paper, a_reading


def told(paper: Paper, when: str) -> list[str]:
    sight = look(paper.newsroom, paper.ledgers, schedule=paper.schedule, now=in_london(when), reads=False)
    return [each.what for looked in sight.looked for each in looked.findings if each.rule.id == "issue-on-hold"]


@pytest.mark.parametrize(("day", "is_told"), [(16, True), (17, True), (13, False)])
def test_an_issue_on_hold_is_told_with_its_reason_until_its_time_is_past(day: int, *, is_told: bool) -> None:
    with a_paper(ScriptedSource(a_reading(BRIDGE))) as paper:
        key = IssueKey(day=in_london(f"2026-11-{day} 17:00").date())
        assert [] == told(paper, "2026-11-16 12:00")
        paper.ledgers.archive.hold(
            key, "The bridge is wrong.", instant=in_london(f"2026-11-{day} 17:00"), at=in_london("2026-11-13 09:00")
        )

        found = told(paper, "2026-11-16 12:00")
        assert is_told is bool(found)
        assert all("The bridge is wrong." in each and f"issues release {key}`" in each for each in found)


def test_an_issue_that_is_held_half_way_is_told() -> None:
    with a_paper(ScriptedSource(a_reading(BRIDGE))) as paper:
        paper.run("2026-11-16 09:00")
        paper.sender.trouble = "No route to host."
        paper.run("2026-11-16 17:00")
        (half,) = paper.ledgers.archive.unfinished()
        paper.hold(half.key, "Too many refused it.")

        assert ["Too many refused it." in each for each in told(paper, "2026-11-17 12:00")] == [True]
