"""What the desk does in the background, one thing at a time: a delivery takes minutes, and is watched meanwhile."""

import threading
from collections.abc import Callable, Sequence

from roundup.errors import HeldError, RoundupError
from roundup.office import Office
from roundup.reports import RunReport
from roundup.words import say

#: For how long the desk waits, when it is closed, until every line has finished the message that it is on, in seconds.
_PATIENCE = 60.0


class AtWork:
    """Implements `roundup.newsroom.Watch`: it is told of the steps, and the page shows them. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._office: Office | None = None
        self.revision = 0
        #: What is being done, and how much of it; empty: nothing.
        self.what = ""
        self.total = 0
        self.done = 0
        self.notes: list[str] = []
        #: How the last thing ended, a sentence each.
        self.outcome: Sequence[str] = ()
        self.ended_well = True

    @property
    def is_busy(self) -> bool:
        """Whether something is being done."""
        return self._thread is not None and self._thread.is_alive()

    def start(
        self, office: Office, does: Callable[[], RunReport], *, tell: Callable[[RunReport], Sequence[str]]
    ) -> None:
        """Begin. `tell` says how it ended. Raises `HeldError` if something is being done already."""
        with self._lock:
            if self.is_busy:
                raise HeldError(say("The desk is at work already. Wait until it has ended."))
            self._office, self.notes, self.outcome, self.ended_well = office, [], (), True
            self.revision += 1
            self._thread = threading.Thread(target=self._work, args=(does, tell), name="desk-at-work")
            self._thread.start()

    def forget(self) -> None:
        """What ended before is no news any more."""
        if not self.is_busy and (self.outcome or self.notes):
            self.outcome, self.notes = (), []
            self.revision += 1

    def stop(self) -> None:
        """Let every line finish the message that it is on, and wait for that."""
        thread, office = self._thread, self._office
        if thread is not None and office is not None and thread.is_alive():
            office.stop.now()
            thread.join(_PATIENCE)

    def _work(self, does: Callable[[], RunReport], tell: Callable[[RunReport], Sequence[str]]) -> None:
        try:
            report = does()
            self.outcome, self.ended_well = tuple(tell(report)), report.exit_code == 0
        except HeldError as error:
            self.outcome, self.ended_well = (say("Held: {why}", why=str(error)),), False
        except RoundupError as error:
            self.outcome, self.ended_well = (say("Failed: {why}", why=str(error)),), False
        finally:
            self.what = ""
            self.revision += 1

    # Watch ---------------------------------------------------------------------------------------------------------

    def begin(self, what: str, total: int) -> None:
        """See `Watch`."""
        self.what, self.total, self.done = what, total, 0
        self.revision += 1

    def step(self) -> None:
        """See `Watch`."""
        self.done += 1
        # A page that is drawn anew for every message would draw nothing else.
        if self.done % max(1, self.total // 100) == 0:
            self.revision += 1

    def end(self) -> None:
        """See `Watch`."""
        self.revision += 1

    def note(self, sentence: str) -> None:
        """See `Watch`."""
        self.notes.append(sentence)
        self.revision += 1
