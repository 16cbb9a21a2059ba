"""`roundup bounces`: what came back."""

import sys
from pathlib import Path

import click

from roundup import clock, settings, wiring
from roundup.cli.newsletter import print_json
from roundup.errors import SettingsError
from roundup.returning import Collected, read_mailbox
from roundup.words import say


def bounces(directory: Path, *, piped: bool, as_json: bool) -> int:
    """What `roundup bounces` does. Gives the exit code."""
    collected = _read(directory, piped=piped)
    _tell(collected, as_json=as_json)
    # Of a piped message too: whoever handed it over keeps it, and what was read is not read twice.
    return 1 if collected.troubles else 0


def _read(directory: Path, *, piped: bool) -> Collected:
    loaded = settings.load(directory)
    box = wiring.piped(directory, sys.stdin.buffer) if piped else None
    returning = wiring.returning(directory, loaded, wiring.schedule(loaded), box=box)
    if returning is None:
        raise SettingsError(
            say(
                "There is no mailbox to read: set [bounces] maildir or imap in roundup.toml, or let your mail server "
                "hand each message over with `roundup bounces --stdin`."
            )
        )
    with wiring.store(directory, loaded).to_write() as ledgers:
        return read_mailbox(returning, ledgers, at=clock.now())


def _tell(collected: Collected, *, as_json: bool) -> None:
    if as_json:
        print_json(collected.to_json())
        return
    for line in collected.lines():
        click.echo(line)
    for line in (*collected.warnings, *collected.troubles):
        click.echo(say("Warning: {warning}", warning=line), err=True)
