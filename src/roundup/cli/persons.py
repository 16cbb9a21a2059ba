"""`roundup subscribers forget`, and what is kept of one person."""

import json
from pathlib import Path

import click

from roundup import clock, wiring
from roundup.cli.newsletter import opened
from roundup.email_address import AddressError, compared_form, mailable_form
from roundup.errors import ListError, SettingsError
from roundup.list_changes import FOLLOWED_FILE
from roundup.list_files.reading import ListReading
from roundup.store import Ledgers
from roundup.words import say


def told_of(ledgers: Ledgers, address: str) -> str:
    """All that is kept of one person, as a JSON document. Raises `SettingsError`."""
    found = ledgers.personal.of(checked(address))
    if found is None:
        raise SettingsError(say("{address} is not on the list.", address=address))
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def checked(address: str) -> str:
    """An address, in the form that is mailed. Raises `SettingsError` if it is none."""
    try:
        return mailable_form(address)
    except AddressError as error:
        raise SettingsError(
            say("“{address}” is no address that can be mailed: {error}", address=address, error=error)
        ) from None


def forget(directory: Path, address: str) -> int:
    """What `roundup subscribers forget` does. Gives the exit code."""
    _, office = opened(directory)
    email = checked(address)
    hashes = office.newsroom.secret.forgotten(compared_form(email))
    with office.store.to_write() as ledgers:
        there = ledgers.personal.forget(email, hashes, at=clock.now())
    if there:
        click.echo(say("Everything about {email} is erased. No list file brings them back.", email=email))
    else:
        click.echo(say("{email} was not on the list. No list file brings them onto it.", email=email))
    line = _line_of(directory, compared_form(email))
    if line:
        click.echo(
            say("{file}:{line}: the address still stands here; take it out.", file=FOLLOWED_FILE, line=line), err=True
        )
    return 0


def _line_of(directory: Path, compared: str) -> int:
    """Where the followed file still has an address; 0: nowhere."""
    opened_file = wiring.followed_file(directory)
    if opened_file is None:
        return 0
    try:
        rows = ListReading(FOLLOWED_FILE, opened_file)
        return next((row.line for row in rows if compared_form(row.email) == compared), 0)
    except ListError:
        return 0
