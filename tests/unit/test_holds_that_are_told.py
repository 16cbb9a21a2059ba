"""Whatever waits for a person is told as such, by whoever is asked, and nothing else is."""

from roundup import holding, measuring
from roundup.cli.issues import as_told
from roundup.model import WEEKLY_EDITION, IssueKey
from roundup.office import Orders
from roundup.reports import RunReport
from tests.approvals import DUE, LATER, a_paper_that_asks, approve
from tests.fakes.sources import ScriptedSource
from tests.offices import Paper
from tests.unit.test_checking_holds import told
from tests.unit.test_firm_holds import MONDAY, TUESDAY, WHY, hold_firmly

WEEK = IssueKey(day=TUESDAY.day, edition=WEEKLY_EDITION)


def held_issues(paper: Paper) -> float:
    told_of = measuring.measures(paper.ledgers, paper.schedule, sources=[], now=paper.clock())
    return next(each.samples[0][1] for each in told_of if each.name == "roundup_held_issues")


def dry_run(paper: Paper, when: str) -> RunReport:
    return paper.run(when, Orders(dry_run=True))


def test_a_skipped_day_tells_what_waits_until_midnight(paper: Paper) -> None:
    paper.skip(MONDAY)
    hold_firmly(paper, TUESDAY)
    first, second = paper.run("2026-11-16 17:00"), paper.run("2026-11-16 17:05")

    assert ("held", 3, TUESDAY.day, WHY) == (first.state, first.exit_code, first.issue, first.because)
    assert (3, True) == (second.exit_code, second.is_quiet)
    assert ("held", WHY) == (dry_run(paper, "2026-11-16 17:10").state, dry_run(paper, "2026-11-16 17:10").because)


def test_a_weekly_one_is_told_and_released_though_there_is_no_weekly_edition_any_more(paper: Paper) -> None:
    hold_firmly(paper, WEEK)
    report = paper.run("2026-11-16 12:00")

    assert ("held", 3, WEEKLY_EDITION, WHY) == (report.state, report.exit_code, report.edition, report.because)
    assert ("held", WEEKLY_EDITION) == (dry_run(paper, "2026-11-16 12:05").state, report.edition)
    holding.release(paper.office(), WEEK, now=paper.clock())
    assert "not-due" == paper.run("2026-11-16 12:10").state


def test_a_proposed_one_is_counted_and_checked_and_rehearsed(source: ScriptedSource) -> None:
    with a_paper_that_asks(source) as paper:
        paper.run(DUE)
        assert (0, []) == (held_issues(paper), told(paper, LATER))
        hold_firmly(paper, MONDAY)
        (said,) = told(paper, LATER)

        assert (1, "held") == (held_issues(paper), dry_run(paper, LATER).state)
        # Skipping is no answer to a firm hold, so it is not offered.
        assert (True, False) == (WHY in said, "issues skip" in said)


def test_an_approved_one_is_rehearsed_as_what_waits_for_another(source: ScriptedSource) -> None:
    with a_paper_that_asks(source) as paper:
        paper.run("2026-11-16 12:00")
        approve(paper, "2026-11-16 12:05")
        hold_firmly(paper, TUESDAY)
        report = dry_run(paper, DUE)

        assert ("held", MONDAY.day, True) == (report.state, report.issue, WHY in report.because)
        assert ("held", report.because) == (paper.run(DUE).state, paper.run(DUE).because)


def test_a_released_one_is_held_no_more(paper: Paper) -> None:
    holding.hold(paper.office(), TUESDAY, now=paper.clock())
    held = paper.ledgers.archive.find(TUESDAY)
    assert held is not None
    assert (1, "held") == (held_issues(paper), as_told(held, paper.ledgers)["state"])
    holding.release(paper.office(), TUESDAY, now=paper.clock())
    released = paper.ledgers.archive.find(TUESDAY)
    assert released is not None

    assert (0, "open") == (held_issues(paper), as_told(released, paper.ledgers)["state"])
