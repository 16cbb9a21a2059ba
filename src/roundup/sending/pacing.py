"""How fast: a limit on messages a second, shared by all lines."""

import threading

from roundup import clock


class Pacer:
    """Gives each message its turn. `rate` is messages a second; 0: no limit."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._lock = threading.Lock()
        self._next_turn = 0.0

    def await_turn(self) -> None:
        """Return when the next message may go. Turns are a fixed gap apart: a pause is not made up for by a burst."""
        if not self._gap:
            return
        with self._lock:
            now = clock.stopwatch()
            turn = max(now, self._next_turn)
            self._next_turn = turn + self._gap
        if turn > now:
            clock.wait(turn - now)
