"""`roundup worker`: stays, and makes batches of deliveries, beside others on other machines."""

import os
import signal
import socket
from pathlib import Path

import click

from roundup import wiring
from roundup.cli.metrics import metrics_page
from roundup.cli.newsletter import opened
from roundup.cli.service_manager import notify
from roundup.clock import wait
from roundup.errors import HeldError, StoreError
from roundup.model import IssueId, SubscriberId
from roundup.office import Office
from roundup.store import Ledgers
from roundup.words import say
from roundup.working import Work

#: Between tries to reach the database at the beginning, in seconds.
_PATIENCE_SECONDS = 3.0


def worker(directory: Path, *, metrics: str) -> int:
    """What `roundup worker` does. Gives the exit code."""
    settings, office = opened(directory, sends=True)
    wiring.check_sending(settings, at=None)
    works: list[Work] = []

    def make(issue: IssueId, first: SubscriberId) -> bool:
        return works[0].make(issue, first)

    taker = wiring.taker(directory, settings, make, tell=_tell_of_the_server)

    def stop(number: int, _frame: object) -> None:
        if office.stop.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        office.stop.now()
        taker.end()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with metrics_page(office, metrics) as page:
        if _await_the_server(office):
            with office.store.to_write() as ledgers:
                work = _work(office, ledgers)
                if page is not None:
                    work.answered = page.delivered
                works.append(work)
                notify(READY="1", STATUS=say("Waiting for deliveries."))
                click.echo(say("Waiting for deliveries."))
                taker.stay()
    notify(STOPPING="1")
    click.echo(say("Stopped."))
    return 0


def _work(office: Office, ledgers: Ledgers) -> Work:
    return Work(
        office=office,
        ledgers=ledgers,
        name=f"{socket.gethostname()}/{os.getpid()}",
        tell=lambda sentence: click.echo(sentence, err=True),
    )


def _await_the_server(office: Office) -> bool:
    """Whether the database can be used; it is waited for. False: a stop was asked for. Raises `HeldError`."""
    said = False
    while not office.stop.asked:
        try:
            with office.store.to_write():
                return True
        except HeldError:
            raise
        except StoreError as error:
            if not said:
                _tell_of_the_server(str(error))
            said = True
            wait(_PATIENCE_SECONDS)
    return False


def _tell_of_the_server(sentence: str) -> None:
    """Say that the database is gone, or (an empty sentence) that it is back."""
    if sentence:
        click.echo(say("Waiting for the database, and going on when it is back. {why}", why=sentence), err=True)
    else:
        click.echo(say("The database is back."), err=True)
