"""`roundup subscribers stats`: how the list grows, and what becomes of sign-ups and issues."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from roundup import clock
from roundup.cli.newsletter import opened, print_json
from roundup.model import Status
from roundup.statistics import IssueNumbers, Numbers, Week
from roundup.words import figures, mark, say, spoken

_BARS = " ▁▂▃▄▅▆▇█"
_WIDTH = 24


def stats(directory: Path, weeks: int, issues: int, *, as_json: bool) -> int:
    """What `roundup subscribers stats` does. Gives the exit code."""
    settings, office = opened(directory)
    with office.store.to_read() as ledgers:
        numbers = ledgers.statistics.numbers(at=clock.now(), zone=settings.newsletter.zone, weeks=weeks, issues=issues)
    if as_json:
        print_json(_json(numbers))
        return 0
    console = Console()
    for line in _now(numbers):
        console.print(line, markup=False, highlight=False)
    console.print()
    console.print(_growth(numbers.weeks))
    console.print()
    console.print(_funnel(numbers.weeks), markup=False, highlight=False)
    if numbers.issues:
        console.print()
        console.print(_issues(numbers.issues))
    return 0


def _now(numbers: Numbers) -> list[str]:
    statuses = [f"{figures(count)} {say(status.value)}" for status, count in sorted(numbers.now.items())]
    active = numbers.now.get(Status.ACTIVE, 0)
    return [
        say("On the list: {statuses}.", statuses=spoken().listed(statuses) or say("nobody")),
        say(
            "Of the {active} active: {weekly} weekly, {sections} with sections of their own.",
            active=figures(active),
            weekly=figures(numbers.weekly),
            sections=figures(numbers.with_sections),
        ),
    ]


def _growth(weeks: Sequence[Week]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(say(mark("Week from")))
    for heading in (mark("Joined"), mark("Left"), mark("Bounced, complained")):
        table.add_column(say(heading), justify="right")
    table.add_column(say(mark("Growth")))
    most = max((abs(week.joined - week.left - week.lost) for week in weeks), default=0)
    for week in weeks:
        growth = week.joined - week.left - week.lost
        bar = "█" * (round(_WIDTH * abs(growth) / most) if most else 0)
        style = "red" if growth < 0 else "green"
        signed = f"{'−' if growth < 0 else '+' if growth else ''}{figures(abs(growth))}"
        table.add_row(
            spoken().short_day(week.begins),
            figures(week.joined),
            figures(week.left),
            figures(week.lost),
            Text.assemble((bar, style), " " if bar else "", signed),
        )
    return table


def _funnel(weeks: Sequence[Week]) -> str:
    asked, mailed, confirmed = (
        sum(week.asked for week in weeks), sum(week.mailed for week in weeks), sum(week.confirmed for week in weeks),
    )  # fmt: skip
    most = max((week.confirmed for week in weeks), default=0)
    chart = "".join(_BARS[-(-week.confirmed * (len(_BARS) - 1) // most) if most else 0] for week in weeks)
    share = f" ({figures(round(100 * confirmed / asked))} %)" if asked else ""
    return say(
        "Sign-ups: {asked} asked, {mailed} were sent the confirmation mail, {confirmed} confirmed{share}.  {chart}",
        asked=figures(asked),
        mailed=figures(mailed),
        confirmed=figures(confirmed),
        share=share,
        chart=chart.rstrip(),
    ).rstrip()


def _issues(issues: Sequence[IssueNumbers]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(say(mark("Issue")), no_wrap=True)
    for heading in (mark("Accepted"), mark("Refused"), mark("Others"), mark("Left after it")):
        table.add_column(say(heading), justify="right", no_wrap=True)
    # Of what is too wide the subject gives way.
    table.add_column(say(mark("Subject")), overflow="ellipsis", ratio=1)
    for issue in issues:
        accepted, refused = issue.deliveries.get("accepted", 0), issue.deliveries.get("refused", 0)
        others = sum(issue.deliveries.values()) - accepted - refused
        cells = (figures(accepted), figures(refused), figures(others), figures(issue.left))
        table.add_row(str(issue.key), *cells, Text(issue.subject, no_wrap=True, overflow="ellipsis"))
    return table


def _json(numbers: Numbers) -> dict[str, Any]:
    return {
        "now": {status.value: count for status, count in sorted(numbers.now.items())},
        "weekly": numbers.weekly,
        "with_sections": numbers.with_sections,
        "weeks": [
            {
                "from": week.begins.isoformat(), "joined": week.joined, "left": week.left, "lost": week.lost,
                "asked": week.asked, "mailed": week.mailed, "confirmed": week.confirmed,
            }
            for week in numbers.weeks
        ],
        "issues": [
            {
                "issue": issue.key.day.isoformat(), "edition": issue.key.edition, "subject": issue.subject,
                "deliveries": dict(sorted(issue.deliveries.items())), "left": issue.left,
            }
            for issue in numbers.issues
        ],
    }  # fmt: skip
