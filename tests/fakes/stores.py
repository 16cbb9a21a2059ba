"""Ledgers in memory, open as long as a test wants them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from roundup.store import Examination, Ledgers
from roundup.store.sqlite import SqliteStore

_NOWHERE = Path("/nonexistent/roundup.db")


@contextmanager
def ledgers_in_memory() -> Iterator[Ledgers]:
    """Empty ledgers: a database that does not exist is read as an empty one in memory."""
    with SqliteStore(path=_NOWHERE).to_read() as ledgers:
        yield ledgers


class OpenStore:
    """A store whose ledgers are open already, and stay so."""

    def __init__(self, ledgers: Ledgers) -> None:
        self._ledgers = ledgers
        #: True while another run is at work.
        self.busy = False

    @contextmanager
    def to_write(self) -> Iterator[Ledgers]:
        yield self._ledgers

    @contextmanager
    def to_read(self) -> Iterator[Ledgers]:
        yield self._ledgers

    @property
    def name(self) -> str:
        return "memory"

    def copy(self, target: Path) -> None:
        raise NotImplementedError(target)

    @contextmanager
    def only_run(self) -> Iterator[bool]:
        yield not self.busy

    def examine(self) -> Examination:
        return Examination(exists=True)
