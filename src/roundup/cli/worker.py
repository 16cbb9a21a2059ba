"""`roundup worker`: stays, and makes batches of deliveries, beside others on other machines."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from roundup import wiring
from roundup.cli.faults_kept import kept_traceback
from roundup.cli.metrics import metrics_page
from roundup.cli.newsletter import opened
from roundup.cli.service_manager import notify
from roundup.clock import wait
from roundup.errors import HeldError, StoreError
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
    wiring.check_queued(directory, settings)
    server = _Server()
    with metrics_page(office, metrics) as page, _stopping(office) as ends:
        if _await(server, office):
            with office.store.to_write() as ledgers:
                work = _work(office, ledgers, server)
                if page is not None:
                    work.answered = page.delivered
                taker = wiring.taker(directory, settings, work, tell=server.is_lost)
                ends.append(taker.end)
                notify(READY="1", STATUS=say("Waiting for deliveries."))
                click.echo(say("Waiting for deliveries."))
                if not office.stop.asked:
                    taker.stay()
                work.sender.leave()
    notify(STOPPING="1")
    click.echo(say("Stopped."))
    return 0


@contextmanager
def _stopping(office: Office) -> Iterator[list[Callable[[], None]]]:
    """SIGTERM and Ctrl-C: every line finishes the message it is on, and that was all; a second Ctrl-C does not wait.
    What is put into the list is called, too."""
    ends: list[Callable[[], None]] = []

    def stop(number: int, _frame: object) -> None:
        if office.stop.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        office.stop.now()
        for end in ends:
            end()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    yield ends


def _work(office: Office, ledgers: Ledgers, server: "_Server") -> Work:
    return Work(
        office,
        ledgers,
        name=f"{socket.gethostname()}/{os.getpid()}",
        tell=lambda sentence: click.echo(sentence, err=True),
        lost=server.is_lost,
        fault=kept_traceback,
    )


@dataclass(slots=True)
class _Server:
    """The database, as whoever looks on is told of it: once when it is gone, and once when it is back."""

    gone: bool = False

    def is_lost(self, why: str) -> None:
        """It cannot be used; empty: it can."""
        if why and not self.gone:
            # What else there is to read in it is for a command that ends.
            first = why.partition(". ")[0]
            told = say("The database cannot be used, so sending pauses; it goes on by itself. ({why})", why=first)
            click.echo(told, err=True)
        elif not why and self.gone:
            click.echo(say("The database is back."), err=True)
        self.gone = bool(why)


def _await(server: _Server, office: Office) -> bool:
    """Whether the database can be used; it is waited for. False: a stop was asked for. Raises `HeldError`."""
    while not office.stop.asked:
        try:
            with office.store.to_write():
                server.is_lost("")
                return True
        except HeldError:
            raise
        except StoreError as error:
            server.is_lost(str(error))
            wait(_PATIENCE_SECONDS)
    return False
