"""`roundup subscribers`: the list."""

import csv
import io
import sys
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from roundup import clock
from roundup.cli.newsletter import json_option, opened, pass_directory, print_json
from roundup.errors import SettingsError
from roundup.following import exclusion_of
from roundup.list_file import parse
from roundup.model import Status, Subscriber
from roundup.store import Ledgers
from roundup.subscribers import (
    FOLLOWED_FILE,
    AddressError,
    Changes,
    ListFile,
    compare,
    complaints,
    mailable_form,
)
from roundup.words import figures, mark, say

_COLUMNS = ("email", "name", "status", "cadence", "sections")


@click.group()
def subscribers() -> None:
    """The list. An import never brings back who left.

    \b
    Example:  roundup subscribers list
    """


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@json_option
@pass_directory
def import_(directory: Path, file: Path, *, dry_run: bool, as_json: bool) -> int:
    """Take people in from a CSV file: the column email and, optionally, name, status, cadence, sections.

    FILE is looked for in the newsletter's directory.

    \b
    Example:  roundup subscribers import people.csv --dry-run
    """
    _, office = opened(directory)
    path = directory / file
    if not path.is_file():
        raise SettingsError(say("There is no file {path} (a path counts from the newsletter's directory).", path=path))
    read = parse(file.name, path.read_bytes())
    followed = path.resolve() == (directory / FOLLOWED_FILE).resolve()
    origin = FOLLOWED_FILE if followed else "import"
    with office.store.to_read() if dry_run else office.store.to_write() as ledgers:
        changes = compare(read, ledgers.subscribers.known(), followed=followed)
        if not dry_run:
            ledgers.subscribers.apply(changes, origin=origin, digest=read.digest, at=clock.now())
    if as_json:
        print_json(_told(read, changes, dry_run=dry_run))
        return 0
    for line in _summary(read, changes, dry_run=dry_run):
        click.echo(line)
    return 0


def _told(read: ListFile, changes: Changes, *, dry_run: bool) -> dict[str, object]:
    return {
        "rows": len(read.rows),
        "refused": [{"line": row.line, "what": row.what} for row in read.bad],
        "new": Counter(status.value for _, status in changes.new),
        "changed": len(changes.changed),
        "removed": len(changes.vanished),
        "unchanged": changes.unchanged,
        "not_brought_back": [row.email for row in changes.kept_away],
        "dry_run": dry_run,
    }


def _summary(read: ListFile, changes: Changes, *, dry_run: bool) -> list[str]:
    begun = Counter(status for _, status in changes.new)
    lines = [
        say(
            "{name}: usable rows: {usable}, refused: {refused}.",
            name=read.name,
            usable=figures(len(read.rows)),
            refused=figures(len(read.bad)),
        )
    ]
    lines += [
        f"{count:>7} " + say("new, {status}", status=say(status.value)) for status, count in sorted(begun.items())
    ]
    lines += [
        f"{len(changes.changed):>7} " + say("changed"),
        f"{len(changes.vanished):>7} " + say("removed, because they are gone from the file"),
        f"{changes.unchanged:>7} " + say("as they were"),
    ]
    if changes.kept_away:
        lines.append(
            f"{len(changes.kept_away):>7} " + say("not brought back: they left, bounced, complained or paused")
        )
        lines += [
            "        " + say("{email} (line {line})", email=row.email, line=row.line) for row in changes.kept_away[:20]
        ]
    lines += complaints(read)
    return [*lines, say("Nothing was changed (dry run).")] if dry_run else lines


@subscribers.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@pass_directory
def export(directory: Path, file: Path | None) -> int:
    """Write the whole list as CSV, to FILE in the newsletter's directory or to standard output.

    \b
    Example:  roundup subscribers export people.csv
    """
    _, office = opened(directory)
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(_COLUMNS)
    with office.store.to_read() as ledgers:
        for person in ledgers.subscribers.all():
            row = (person.email, person.name, person.status.value, person.cadence.value, ",".join(person.sections))
            writer.writerow(row)
    if file is None:
        sys.stdout.write(written.getvalue())
    else:
        (directory / file).write_text(written.getvalue(), encoding="utf-8", newline="")
        click.echo(say("Written to {path}.", path=directory / file))
    return 0


@subscribers.command("list")
@json_option
@pass_directory
def list_(directory: Path, *, as_json: bool) -> int:
    """Everybody on the list, and whether the next issue would go to them.

    \b
    Example:  roundup subscribers list
    """
    _, office = opened(directory)
    with office.store.to_read() as ledgers:
        people = list(ledgers.subscribers.all())
    if as_json:
        print_json([_json(person) for person in people])
        return 0
    if not people:
        click.echo(
            say(
                "Nobody yet. {followed_file} beside roundup.toml is read by the next `roundup run`.",
                followed_file=FOLLOWED_FILE,
            )
        )
        return 0
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in (mark("Address"), mark("Name"), mark("Status"), mark("Next issue")):
        table.add_column(say(heading))
    for person in people:
        because = exclusion_of(person)
        table.add_row(
            Text(person.email),
            Text(person.name),
            say(person.status.value),
            say("no ({because})", because=say(because)) if because else say("yes"),
        )
    Console().print(table)
    return 0


@subscribers.command()
@click.argument("address")
@click.option("--name", default="", help="How to address them.")
@pass_directory
def add(directory: Path, address: str, *, name: str) -> int:
    """Put somebody on the list who asked for it; also brings back who left.

    \b
    Example:  roundup subscribers add ann@example.org --name "Ann Example"
    """
    _, office = opened(directory)
    with office.store.to_write() as ledgers:
        before = _found(ledgers, address)
        person = ledgers.subscribers.add(address, name, at=clock.now())
    if before is None:
        click.echo(say("{email} is active.", email=person.email))
    else:
        click.echo(say("{email} is active (was {status}).", email=person.email, status=say(before.status.value)))
    return 0


@subscribers.command()
@click.argument("address")
@pass_directory
def remove(directory: Path, address: str) -> int:
    """Take somebody off the list. No file brings them back.

    \b
    Example:  roundup subscribers remove ann@example.org
    """
    _, office = opened(directory)
    with office.store.to_write() as ledgers:
        if _found(ledgers, address) is None:
            raise SettingsError(say("{address} is not on the list.", address=address))
        ledgers.subscribers.set_status(address, Status.LEFT, at=clock.now())
    click.echo(say("{address} has left.", address=address))
    return 0


def _found(ledgers: Ledgers, address: str) -> Subscriber | None:
    """The person with an address. Raises `SettingsError` if it is none."""
    try:
        mailable_form(address)
    except AddressError as error:
        raise SettingsError(
            say("“{address}” is no address that can be mailed: {error}", address=address, error=error)
        ) from None
    return ledgers.subscribers.find(address)


def _json(person: Subscriber) -> dict[str, object]:
    return {
        "email": person.email,
        "name": person.name,
        "status": person.status.value,
        "mailable": exclusion_of(person) is None,
    }
