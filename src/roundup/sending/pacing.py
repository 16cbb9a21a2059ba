"""How fast: a limit on messages a second, over all lines. Pure: the time is an argument, in seconds."""


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
