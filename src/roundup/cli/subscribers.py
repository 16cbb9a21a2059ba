"""`roundup subscribers`: the list."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from roundup import clock
from roundup.audience import Audience
from roundup.cli.newsletter import opened, print_json
from roundup.cli.persons import checked
from roundup.errors import SettingsError
from roundup.list_changes import FOLLOWED_FILE
from roundup.model import Cadence, Status, Subscriber
from roundup.settings import Settings
from roundup.words import mark, say


def list_(directory: Path, *, as_json: bool) -> int:
    """What `roundup subscribers list` does. Gives the exit code."""
    settings, office = opened(directory)
    with office.store.to_read() as ledgers:
        people = list(ledgers.subscribers.all())
    if as_json:
        print_json([_json(person, settings) for person in people])
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
        because = _exclusion(person, settings)
        table.add_row(
            Text(person.email),
            Text(person.name),
            say(person.status.value),
            say("no ({because})", because=say(because)) if because else say("yes"),
        )
    Console().print(table)
    return 0


def add(directory: Path, address: str, *, name: str) -> int:
    """What `roundup subscribers add` does. Gives the exit code."""
    _, office = opened(directory)
    with office.store.to_write() as ledgers:
        before = ledgers.subscribers.find(checked(address))
        person = ledgers.subscribers.add(address, name, at=clock.now())
    if before is None:
        click.echo(say("{email} is active.", email=person.email))
    else:
        click.echo(say("{email} is active (was {status}).", email=person.email, status=say(before.status.value)))
    return 0


def remove(directory: Path, address: str) -> int:
    """What `roundup subscribers remove` does. Gives the exit code."""
    _, office = opened(directory)
    with office.store.to_write() as ledgers:
        if ledgers.subscribers.find(checked(address)) is None:
            raise SettingsError(say("{address} is not on the list.", address=address))
        ledgers.subscribers.set_status(address, Status.LEFT, at=clock.now())
    click.echo(say("{address} has left.", address=address))
    return 0


def _exclusion(person: Subscriber, settings: Settings) -> str | None:
    """Why the next issue would not go to somebody; None if it would."""
    if person.cadence is Cadence.WEEKLY and settings.schedule.weekly is None and person.status is Status.ACTIVE:
        return "cadence"
    there = {section.name for section in settings.section}
    variants = {person.sections: 1} if there.intersection(person.sections) else {}
    return Audience(cadence=None, variants=variants).exclusion(person.status, person.cadence, person.sections)


def _json(person: Subscriber, settings: Settings) -> dict[str, object]:
    return {
        "email": person.email,
        "name": person.name,
        "status": person.status.value,
        "mailable": _exclusion(person, settings) is None,
    }
