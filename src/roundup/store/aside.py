"""What is done while the disk is waited for.

A commit that is safe waits for the disk: a tenth of a millisecond or several, thousands of times in a delivery. It
needs no Python while it waits, so another thread has that to itself.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple


class _Task(NamedTuple):
    """What is to be done, and where its end is told."""

    what: Callable[[], None]
    done: "SimpleQueue[BaseException | None]"


class Aside:
    """A thread that does one thing at a time, while its owner waits for another."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[_Task | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def doing(self, what: Callable[[], None], *, while_waiting_for: Callable[[], None]) -> None:
        """Both at once; returns when both are done. Raises what either raises."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="aside", daemon=True)
            self._thread.start()
        done: SimpleQueue[BaseException | None] = SimpleQueue()
        self._asked.put(_Task(what, done))
        try:
            while_waiting_for()
        finally:
            failed = done.get()
        if failed is not None:
            raise failed

    def _work(self) -> None:
        while (task := self._asked.get()) is not None:
            try:
                task.what()
            except BaseException as error:  # noqa: BLE001 - raised where it was asked for
                task.done.put(error)
            else:
                task.done.put(None)

    def close(self) -> None:
        """Do nothing more."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join()
            self._thread = None
