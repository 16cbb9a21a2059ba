"""`roundup pieces`: what could go into the next issue, and the editor's word on it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import click
import tomlkit
from rich.console import Console
from rich.table import Table
from rich.text import Text

from roundup import clock, scheduling, word_changes, word_file
from roundup.choosing import MORE
from roundup.cli.newsletter import moment, opened, print_json
from roundup.errors import HeldError
from roundup.model import Issue, IssueKey, RankedPiece
from roundup.scheduling import Due
from roundup.store import Ledgers
from roundup.upcoming import at_hand, due_next
from roundup.word import Word
from roundup.word_changes import Change, Names
from roundup.words import mark, say


def list_(directory: Path, day: str | None, at: str | None, *, as_json: bool) -> int:
    """What `roundup pieces list` does. Gives the exit code."""
    key, issue, trouble = _issue(directory, day, at)
    if trouble:
        click.echo(say("Held: {why}", why=trouble), err=True)
    if as_json:
        print_json([_json(place, each, because) for place, each, because in _places(issue)])
        return 3 if trouble else 0
    console = Console()
    console.print(say("The issue of {key}", key=key), highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", justify="right")
    for heading in (mark("Piece"), mark("Link"), mark("Because")):
        table.add_column(say(heading), overflow="fold")
    for place, each, because in _places(issue):
        title = Text(each.shown.title)
        table.add_row(str(place or "–"), title, Text(each.piece.link, style="dim"), Text(because, style="dim"))
    console.print(table)
    return 3 if trouble else 0


def pin(
    directory: Path, references: tuple[str, ...], *, place: int | None, off: bool, day: str | None, at: str | None
) -> int:
    """What `roundup pieces pin` does. Gives the exit code."""

    def change(also: Names) -> Change:
        if off:
            return word_changes.unlisted("pin", references, also)
        return word_changes.listed("pin", references, also, at=place)

    return _change(directory, change, day=day, at=at)


def exclude(directory: Path, references: tuple[str, ...], *, off: bool, day: str | None, at: str | None) -> int:
    """What `roundup pieces exclude` does. Gives the exit code."""
    changed = word_changes.unlisted if off else word_changes.listed
    return _change(directory, lambda also: changed("exclude", references, also), day=day, at=at)


def edit(directory: Path, /, reference: str | None, day: str | None, at: str | None, **values: object) -> int:
    """What `roundup pieces edit` does. Gives the exit code."""
    of_piece = {key: values.pop(key) for key in ("title", "excerpt", "picture", "alt")}
    given = {key: None if value == "" else value for key, value in of_piece.items() if value is not None}
    credit = {"text": values.pop("credit"), "link": values.pop("credit_link")}
    of_credit = {key: None if value == "" else value for key, value in credit.items() if value is not None}
    of_issue = {key: None if value == "" else value for key, value in values.items() if value is not None}
    if reference is None and (given or not (of_issue or of_credit)):
        raise click.UsageError("Name the piece, or say something of the issue: --subject, --preheader, --intro …")
    if reference is not None and (of_issue or of_credit or not given):
        raise click.UsageError("Of a piece say --title, --excerpt, --picture or --alt, and nothing of the issue.")
    if reference is not None:
        return _change(directory, lambda also: word_changes.edited(reference, given, also), day=day, at=at)

    def change(document: tomlkit.TOMLDocument) -> None:
        word_changes.said(of_issue)(document)
        if of_credit:
            word_changes.credited(of_credit)(document)

    return _change(directory, lambda _also: change, day=day, at=at)


def add(directory: Path, /, link: str, *, off: bool, day: str | None, at: str | None, **values: str | None) -> int:
    """What `roundup pieces add` does. Gives the exit code."""
    given = {"title": values["title"], "link": link} | {key: values[key] for key in ("excerpt", "author")}
    given = {key: value for key, value in given.items() if value is not None}
    if not off and "title" not in given:
        raise click.UsageError("Give it a --title.")
    change = word_changes.taken_out(link) if off else word_changes.added(given)
    return _change(directory, lambda _also: change, day=day, at=at)


def _issue(directory: Path, day: str | None, at: str | None) -> tuple[IssueKey, Issue, str]:
    """The issue as it would be chosen now; with what is wrong with the word on it, and then as it would be without.
    Raises HeldError, SettingsError."""
    desk = _Desk(directory, day=day, at=at)
    with desk.office.store.to_read() as ledgers:
        key, made = desk.key(ledgers), desk.made(ledgers)
        try:
            return key, made(desk.office.newsroom.word(key)), ""
        except HeldError as error:
            return key, made(Word()), str(error)


def _change(directory: Path, change: Callable[[Names], Change], *, day: str | None, at: str | None) -> int:
    """Write a change into the issue's file, if the issue can be made with it, and say so."""
    desk = _Desk(directory, day=day, at=at)
    with desk.office.store.to_read() as ledgers:
        key, made = desk.key(ledgers), desk.made(ledgers)
        written = word_file.change(directory, key, change(word_changes.names_of(made(Word()))), check=made)
    click.echo(say("Written to {path}. `roundup preview` shows the issue of {key}.", path=written.path, key=key))
    return 0


class _Desk:
    """One issue and what it is made of."""

    def __init__(self, directory: Path, *, day: str | None, at: str | None) -> None:
        settings, self.office = opened(directory)
        self._now = moment(at, settings.newsletter.zone) or clock.now()
        try:
            self._day = None if day is None else date.fromisoformat(day)
        except ValueError:
            raise click.UsageError(f"“{day}” is no issue; write its date, such as 2026-11-20.") from None

    def key(self, ledgers: Ledgers) -> IssueKey:
        return IssueKey(day=self._due(ledgers).day)

    def made(self, ledgers: Ledgers) -> Callable[[Word], Issue]:
        """The issue that a word makes. Raises SettingsError if it is frozen."""
        schedule = self.office.schedule
        return at_hand(self.office.newsroom, ledgers, schedule=schedule, due=self._due(ledgers), now=self._now)

    def _due(self, ledgers: Ledgers) -> Due:
        if self._day is None:
            return due_next(ledgers, self.office.schedule, self._now)
        return Due(day=self._day, instant=scheduling.instant_of(self._day, self.office.schedule))


def _places(issue: Issue) -> list[tuple[int | None, RankedPiece, str]]:
    """Every piece with its place in the issue, None if it is not in it, and the reason."""
    places: list[tuple[int | None, RankedPiece, str]] = [
        (place, each, each.why) for place, each in enumerate(issue.pieces, start=1)
    ]
    named = {MORE: say("only its title, under “More”")}
    return places + [(None, each.ranked, named.get(each.because, each.because)) for each in issue.left_out]


def _json(place: int | None, each: RankedPiece, because: str) -> dict[str, object]:
    piece = each.piece
    told = {"id": piece.id, "source": piece.source, "title": each.shown.title, "link": piece.link}
    return told | {"rank": place, "pinned": each.pinned, "why" if place else "because": because}
