"""How many lines to the next hop are worth having. Pure: the time is an argument, in seconds of any stopwatch.

More pressure may give less: a Postfix on two cores took 508 messages a second over 8 lines and 393 over 16. So up to
eight lines are simply opened, and beyond them more are tried and kept only while they make things faster. Whoever says
421 or opens no more lines gets fewer, and is tried again later.
"""

#: Lines that are opened without asking whether each is worth it.
_FREELY = 8
#: A rate is measured over this many seconds, or once so many messages were answered in at least so many seconds.
_WINDOW, _ENOUGH, _SHORTEST_WINDOW = 0.5, 500, 0.2
#: Seconds without a trial after one that failed.
_REST = 10.0
#: A trial has to bring this much.
_WORTH = 1.03
#: Seconds after which a line that was refused is asked for again.
_PATIENCE = 30.0


class Crowd:
    """Decides how many lines are wanted, from 1 to `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.wanted = min(limit, _FREELY)
        self._refused_at: float | None = None
        #: When the present window began, and how many had been answered by then.
        self._began = 0.0
        self._answered = 0
        self._rate = 0.0
        #: How many lines the trial that is going on has added; 0: none is.
        self._added = 0
        self._step = self.wanted
        self._rests_until = 0.0

    def measured(self, answered: int, now: float) -> None:
        """So many messages have been answered in all."""
        if not self._answered:
            self._began, self._answered = now, answered
            return
        seconds, count = now - self._began, answered - self._answered
        if seconds >= _WINDOW or (seconds >= _SHORTEST_WINDOW and count >= _ENOUGH):
            self._judge(count / seconds, now)
            self._began, self._answered = now, answered

    def refused(self, now: float, *, open_lines: int) -> None:
        """The next hop wants fewer lines than there are."""
        self.wanted = max(1, min(self.wanted, open_lines))
        self._refused_at = now
        self._added = 0

    def _judge(self, rate: float, now: float) -> None:
        """What the window that ended now says of the last trial, and whether there is another."""
        before, self._rate = self._rate, rate
        if self._refused_at is not None and now - self._refused_at < _PATIENCE:
            return
        if self._added and rate < before * _WORTH:
            # It brought nothing: the fewer the politer. The next trial is later, and smaller.
            self.wanted -= self._added
            self._added, self._step, self._rests_until = 0, 1, now + _REST
        elif now >= self._rests_until:
            self._added = min(self._step, self._limit - self.wanted)
            self.wanted += self._added
