"""How fast a sink takes messages, looked at from outside while it does."""

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

_LOOK_SECONDS = 0.05
#: A rate is kept if it is in any of these.
WINDOW_SECONDS = 10.0


class Pace:
    """When how many messages were there."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._counts: list[int] = []

    def saw(self, count: int, *, at: float) -> None:
        """So many are there now."""
        self._times.append(at)
        self._counts.append(count)

    def rates(self) -> list[float]:
        """Messages a second in each window, from every look on; none if it was all shorter."""
        found = []
        for first, began in enumerate(self._times):
            last = bisect_left(self._times, began + WINDOW_SECONDS)
            if last < len(self._times):
                found.append((self._counts[last] - self._counts[first]) / (self._times[last] - began))
        return found

    @property
    def busiest(self) -> float:
        """In the busiest window."""
        return max(self.rates(), default=0.0)

    @property
    def usual(self) -> float:
        """In the median window."""
        return median(self.rates() or [0.0])


@contextmanager
def looked_at(ledger: Path) -> Iterator[Pace]:
    """Look at a sink's ledger until the block ends."""
    pace, done = Pace(), threading.Event()

    def look() -> None:
        count = 0
        with ledger.open("rb") as lines:
            while not done.wait(_LOOK_SECONDS):
                count += lines.read().count(b"\n")
                pace.saw(count, at=time.monotonic())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield pace
    finally:
        done.set()
        watcher.join()
