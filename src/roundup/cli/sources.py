"""`roundup sources`: how each source stands, and a person's word on it."""

import shlex
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from roundup import clock
from roundup.cli.newsletter import opened, print_json
from roundup.cli.source_table import left_out_lines, source_details, source_table
from roundup.errors import SettingsError
from roundup.memory import SourceRecord, SourceState
from roundup.office import Office
from roundup.settings import Settings
from roundup.words import say


def list_(directory: Path, name: str | None, *, as_json: bool) -> int:
    """What `roundup sources list` does. Gives the exit code."""
    settings, office = _with(directory, name) if name else opened(directory)
    with office.store.to_read() as ledgers:
        known = ledgers.memory.sources()
    names = [name] if name else [source.name for source in office.newsroom.sources]
    records = [known.get(each) or SourceRecord(name=each) for each in names]
    now, zone = clock.now(), settings.newsletter.zone
    if as_json:
        print_json([_json(record) for record in records])
    elif name:
        Console().print(source_details(records[0], now=now, zone=zone))
    else:
        console = Console()
        console.print(source_table(records, now=now, zone=zone))
        for line in left_out_lines(records):
            console.print(line)
        for record in records:
            if record.trouble:
                console.print(Text(f"{record.name}: {record.trouble}", style="yellow"))
    return 0


def accept(directory: Path, name: str) -> int:
    """What `roundup sources accept` does. Gives the exit code."""
    _, office = _with(directory, name)
    with office.store.to_write() as ledgers:
        ledgers.memory.mark(name, muted=False, accepted=True)
    click.echo(say("{name}: its next reading is taken whole.", name=name))
    return 0


def mute(directory: Path, name: str) -> int:
    """What `roundup sources mute` does. Gives the exit code."""
    _, office = _with(directory, name)
    with office.store.to_write() as ledgers:
        ledgers.memory.mark(name, muted=True)
    click.echo(
        say(
            "{name}: muted. `roundup sources accept {source}` lets it speak again.", name=name, source=shlex.quote(name)
        )
    )
    return 0


def _with(directory: Path, name: str) -> tuple[Settings, Office]:
    """What commands work with, if a source is called `name`. Raises `SettingsError`."""
    settings, office = opened(directory)
    names = [source.name for source in office.newsroom.sources]
    if name not in names:
        raise SettingsError(say("No source is called “{name}”. There are: {names}.", name=name, names=", ".join(names)))
    return settings, office


def _json(record: SourceRecord) -> dict[str, object]:
    report = record.report
    was_read = record.read_well_at is not None or record.state is not SourceState.OK
    return {
        "name": record.name,
        "state": record.state.value if was_read else None,
        "found": record.found,
        "new": report.new,
        "left_out": dict(report.left_out),
        "counted": report.counted,
        "defects": [{"where": defect.where, "what": defect.what} for defect in report.defects],
        "more_defects": report.more_defects,
        "read_well_at": record.read_well_at.isoformat() if record.read_well_at else None,
        "not_before": record.not_before.isoformat() if record.not_before else None,
        "trouble": record.trouble,
    }
