"""The port of sending: a `Sender` opens `Lines` to the next hop, and messages go along them side by side.

One thread drives all lines, in turns. Each message that is given to a line passes three points: its envelope goes out;
the next hop asks for its octets (`Asked`), and they are let go (`release`); its answer comes (`Answered`). Whoever
drives them can so write down that a message is about to be offered before it is, and what became of it before the
same line's next one is.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from roundup.model import Message, Outcome


class Line(Protocol):
    """One connection to the next hop. Its messages are answered in the order in which they were given."""

    @property
    def has_room(self) -> bool:
        """Whether it takes another message now: one beside the one that is on its way."""
        ...

    def give(self, message: Message) -> None:
        """Put a message on the line. Its envelope goes out as soon as the wire allows."""
        ...

    def release(self) -> None:
        """Let go of the octets that were asked for."""
        ...

    def drop(self) -> None:
        """Break the line off: what was asked for is not to be offered after all."""
        ...


class Ready(NamedTuple):
    """A line is open and has nothing to do."""

    line: Line


class Asked(NamedTuple):
    """The next hop waits for the octets of the message that was given first and is not answered yet."""

    line: Line


class Answered(NamedTuple):
    """What became of that message. Comes exactly once for each message that was given."""

    line: Line
    outcome: Outcome


class Ended(NamedTuple):
    """A line is no more; all its messages were answered before. `why` is empty if it ended in peace."""

    line: Line
    why: str


class NoWay(NamedTuple):
    """No line is open, and none will be: a sentence for an editor says why. Nothing follows."""

    why: str


Event = Ready | Asked | Answered | Ended | NoWay


class Lines(Protocol):
    """Some connections to the next hop. Driven by one thread."""

    def turn(self, seconds: float) -> Sequence[Event]:
        """What happened since the last turn; waits up to so many seconds for something to happen. Never raises for
        what the next hop does."""
        ...

    def close(self) -> None:
        """Take leave of the next hop. What was given and not answered is broken off. Never raises."""
        ...


class Sender(Protocol):
    """A way out."""

    def open(self) -> Lines:
        """Begin. The first line is opened alone; the others follow when a message has been answered on it."""
        ...
