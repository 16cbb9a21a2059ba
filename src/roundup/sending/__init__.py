"""The port of sending: a `Sender` opens `Line`s to the next hop, and a line offers messages one after another."""

from typing import Protocol

from roundup.model import Message, Outcome


class LineError(Exception):
    """No line to the next hop could be opened, so nothing was offered. The message says why, for an editor."""


class Line(Protocol):
    """One connection to the next hop. Used by one thread."""

    def offer(self, message: Message) -> Outcome:
        """Offer one message and say what became of it. Never raises for what the next hop does.
        After `Unknown` or `NotOffered` the line is broken and must be closed."""
        ...

    def close(self) -> None:
        """Take leave of the next hop. Never raises."""
        ...


class Sender(Protocol):
    """A way out."""

    @property
    def connections(self) -> int:
        """How many lines may be open at once."""
        ...

    def connect(self) -> Line:
        """Open a line. Raises `LineError`."""
        ...
