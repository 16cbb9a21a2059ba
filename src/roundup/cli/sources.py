"""`roundup sources`: how each source stands, and a person's word on it."""

import shlex
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from roundup.cli.newsletter import json_option, opened, pass_directory, print_json
from roundup.errors import SettingsError
from roundup.memory import SourceRecord
from roundup.office import Office


@click.group()
def sources() -> None:
    """The state of each source; release or silence one.

    \b
    Example:  roundup sources list
    """


@sources.command("list")
@json_option
@pass_directory
def list_(directory: Path, *, as_json: bool) -> int:
    """How each source stood when it was last read.

    \b
    Example:  roundup sources list
    """
    settings, office = opened(directory)
    with office.store.to_read() as ledgers:
        known = ledgers.memory.sources()
    records = [known.get(source.name) for source in office.newsroom.sources]
    names = [source.name for source in office.newsroom.sources]
    if as_json:
        print_json([_json(name, record) for name, record in zip(names, records, strict=True)])
        return 0
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("Source", "State", "Pieces", "Last read well", ""):
        table.add_column(heading)
    for name, record in zip(names, records, strict=True):
        read = record.read_well_at if record else None
        when = f"{read.astimezone(settings.newsletter.zone):%-d %b %Y %H:%M}" if read else "never"
        state, found, trouble = (
            (record.state.value, record.found, record.trouble) if record else ("not read yet", 0, "")
        )
        table.add_row(Text(name), state, str(found), when, Text(trouble))
    Console().print(table)
    return 0


@sources.command()
@click.argument("name")
@pass_directory
def accept(directory: Path, name: str) -> int:
    """Take what a held source shows, at its next reading; also lets a muted one speak again.

    \b
    Example:  roundup sources accept example.org
    """
    office = _with(directory, name)
    with office.store.to_write() as ledgers:
        ledgers.memory.mark(name, muted=False, accepted=True)
    click.echo(f"{name}: its next reading is taken whole.")
    return 0


@sources.command()
@click.argument("name")
@pass_directory
def mute(directory: Path, name: str) -> int:
    """Read a source no more, until it is accepted.

    \b
    Example:  roundup sources mute example.org
    """
    office = _with(directory, name)
    with office.store.to_write() as ledgers:
        ledgers.memory.mark(name, muted=True)
    click.echo(f"{name}: muted. `roundup sources accept {shlex.quote(name)}` lets it speak again.")
    return 0


def _with(directory: Path, name: str) -> Office:
    """The office, if a source is called `name`. Raises `SettingsError`."""
    _, office = opened(directory)
    names = [source.name for source in office.newsroom.sources]
    if name not in names:
        raise SettingsError(f"No source is called “{name}”. There are: {', '.join(names)}.")
    return office


def _json(name: str, record: SourceRecord | None) -> dict[str, object]:
    return {
        "name": name,
        "state": record.state.value if record else None,
        "found": record.found if record else 0,
        "read_well_at": record.read_well_at.isoformat() if record and record.read_well_at else None,
        "trouble": record.trouble if record else "",
    }
