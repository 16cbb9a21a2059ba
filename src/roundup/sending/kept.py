"""Lines that stay open from one batch of messages to the next: opening them, and finding out how many are worth having,
costs as much as a hundred messages."""

from collections.abc import Sequence

from roundup.sending import Answered, Asked, Ended, Event, Line, Lines, NoWay, Ready, Sender


class KeptSender:
    """Implements `roundup.sending.Sender`: what is closed in peace is open again at once. For one driver at a time."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._kept: _KeptLines | None = None

    def open(self) -> Lines:
        """See `Sender`."""
        if self._kept is None or self._kept.is_over:
            self._kept = _KeptLines(self._sender.open())
        self._kept.begin()
        return self._kept

    def leave(self) -> None:
        """Take leave of the next hop: there is nothing to do, or something may be on its way."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.leave()


class _KeptLines:
    """Implements `roundup.sending.Lines`."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        #: Those that have nothing to do, as far as was heard.
        self._free: dict[Line, None] = {}
        self._is_new = True
        #: There is no way any more: another begins anew.
        self.is_over = False

    def begin(self) -> None:
        """Somebody else drives them now."""
        self._is_new = True

    def turn(self, seconds: float) -> Sequence[Event]:
        """See `Lines`. Whoever begins hears of the lines that are open already, and of none that has ended since."""
        is_new, self._is_new = self._is_new, False
        free = dict(self._free) if is_new else {}
        events = self._lines.turn(0 if free else seconds)
        for event in events:
            match event:
                case Ready(line):
                    self._free[line] = None
                    free.pop(line, None)
                case Asked(line) | Answered(line, _) | Ended(line, _):
                    self._free.pop(line, None)
                    free.pop(line, None)
                case NoWay():
                    self.is_over = True
        return [*map(Ready, free), *events]

    def close(self) -> None:
        """See `Lines`. Nothing is on its way; if something may be, `KeptSender.leave` follows."""
        if self.is_over:
            self.leave()

    def leave(self) -> None:
        """Close them."""
        self.is_over = True
        self._lines.close()
