"""How fast: a limit on messages a second, over all lines. Pure: the time is an argument, in seconds."""

from collections.abc import Callable

#: Several who share a rate take as many turns at once as come in so many seconds, and at least one.
_AT_ONCE_SECONDS = 0.05
#: They ask again after so many seconds if nobody can say whose turn it is.
_ASK_AGAIN_SECONDS = 1.0


class Pacer:
    """Gives each message its turn. `rate` is messages a second; 0: no limit."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next_turn = 0.0

    def seconds_to_wait(self, now: float) -> float:
        """How long until the next message may go; 0.0: now."""
        return max(0.0, self._next_turn - now) if self._gap else 0.0

    def take_turn(self, now: float) -> None:
        """A message goes. Turns are a fixed gap apart: a pause is not made up for by a burst."""
        if self._gap:
            self._next_turn = max(now, self._next_turn) + self._gap


class SharedPacer(Pacer):
    """The same for several processes that keep one rate together. `take` gives the next so many turns to us, and says
    in how many seconds the first of them comes; None: nobody can say now."""

    def __init__(self, rate: float, take: Callable[[int], float | None]) -> None:
        super().__init__(rate)
        self._take = take
        self._at_once = max(1, int(rate * _AT_ONCE_SECONDS))
        self._left = 0

    def seconds_to_wait(self, now: float) -> float:
        """See `Pacer`. Asked only when there is a message to send, so that no turn is taken for nobody."""
        if self._gap and not self._left:
            first = self._take(self._at_once)
            if first is None:
                return _ASK_AGAIN_SECONDS
            self._next_turn = now + first
            self._left = self._at_once
        return super().seconds_to_wait(now)

    def take_turn(self, now: float) -> None:
        """See `Pacer`. The turns were given to us: what came late is sent, and not lost to the rate."""
        del now
        self._next_turn += self._gap
        self._left = max(0, self._left - 1)
