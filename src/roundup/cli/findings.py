"""Findings on the terminal: what harms most first, in groups; a line each where nobody looks."""

from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from roundup.checking import Finding, Looked, Severity
from roundup.words import mark, say, say_many, spoken

_HEADINGS = {
    Severity.ERROR: (mark("Errors"), "bold red"),
    Severity.WARNING: (mark("Warnings"), "bold yellow"),
    Severity.NOTE: (mark("Notes"), "bold"),
}


def tell(found: Sequence[Finding], looked: Sequence[Looked]) -> None:
    """All findings, and what was looked at."""
    console = Console(highlight=False)
    if not console.is_terminal:
        _plainly(found, looked)
        return
    console.print(Text(summary(found), style="bold" if found else "bold green"))
    for severity, (heading, style) in _HEADINGS.items():
        own = [each for each in found if each.rule.severity is severity]
        if own:
            console.print()
            console.print(Text(say(heading), style=style))
            console.print(_table([(say(each.rule.area.value), each.what) for each in own]))
    console.print()
    seen = _seen(looked)
    bare = ", ".join(area for area, phrases in seen if not phrases)
    console.print(Text(say("Looked at: {areas}.", areas=bare), style="dim"))
    console.print(_table([(area, phrases) for area, phrases in seen if phrases], style="dim"))


def _plainly(found: Sequence[Finding], looked: Sequence[Looked]) -> None:
    for each in found:
        click.echo(f"{say(each.rule.severity.value)}: {say(each.rule.area.value)}: {each.what}")
    areas = dict.fromkeys(say(each.area.value) for each in looked)
    click.echo(f"{summary(found)} {say('Looked at: {areas}.', areas=', '.join(areas))}")


def summary(found: Sequence[Finding]) -> str:
    """`All is well.`, or how many errors, warnings and notes there are."""
    counts = {severity: sum(each.rule.severity is severity for each in found) for severity in Severity}
    parts = [
        said
        for said, count in (
            (say_many("{count} error", "{count} errors", counts[Severity.ERROR]), counts[Severity.ERROR]),
            (say_many("{count} warning", "{count} warnings", counts[Severity.WARNING]), counts[Severity.WARNING]),
            (say_many("{count} note", "{count} notes", counts[Severity.NOTE]), counts[Severity.NOTE]),
        )
        if count
    ]
    return f"{spoken().listed(parts)}." if parts else say("All is well.")


def _seen(looked: Sequence[Looked]) -> list[tuple[str, str]]:
    """Each area once, with what was seen there."""
    seen: dict[str, list[str]] = {}
    for each in looked:
        seen.setdefault(say(each.area.value), []).extend(each.seen)
    return [(area, "; ".join(phrases)) for area, phrases in seen.items()]


def _table(rows: Sequence[tuple[str, str]], style: str = "") -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(no_wrap=True, style=style or "cyan")
    table.add_column(overflow="fold", style=style)
    for area, what in rows:
        table.add_row(Text(area), Text(what))
    return table
