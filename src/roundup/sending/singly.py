"""Messages one after another, each offered and answered in one call: for what is no network, and for a few messages."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from roundup.model import Message, NotOffered, Outcome, Unknown
from roundup.sending import Answered, Asked, Ended, Event, NoWay, Ready, Sender
from roundup.words import say

#: After so many messages in a row that could not be offered, it is given up.
_FAILED_IN_A_ROW = 3


class SingleFile:
    """Implements `roundup.sending.Lines` with one line, over a function that offers a message.

    `begin` is called before the first; what it returns, if not empty, is why there is no way out.
    """

    def __init__(self, offer: Callable[[Message], Outcome], *, begin: Callable[[], str] = lambda: "") -> None:
        self._offer = offer
        self._begin: Callable[[], str] | None = begin
        self._events: list[Event] = []
        self._given: deque[Message] = deque()
        self._failed = 0

    def turn(self, seconds: float) -> Sequence[Event]:
        """See `Lines`."""
        del seconds
        if self._begin is not None:
            trouble, self._begin = self._begin(), None
            self._events.append(NoWay(trouble) if trouble else Ready(self))
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """See `Lines`."""
        self._given.clear()

    @property
    def has_room(self) -> bool:
        """See `Line`."""
        return len(self._given) < 2

    def give(self, message: Message) -> None:
        """See `Line`."""
        self._given.append(message)
        if len(self._given) == 1:
            self._events.append(Asked(self))

    def release(self) -> None:
        """See `Line`."""
        outcome = self._offer(self._given.popleft())
        self._events.append(Answered(self, outcome))
        self._failed = self._failed + 1 if isinstance(outcome, NotOffered) else 0
        if isinstance(outcome, NotOffered | Unknown):
            self._end(outcome.why)
        else:
            self._events.append(Asked(self) if self._given else Ready(self))

    def drop(self) -> None:
        """See `Line`."""
        self._end("")

    def _end(self, why: str) -> None:
        """The line is no more; it is opened anew at once, unless that has led nowhere."""
        while self._given:
            self._given.popleft()
            self._events.append(Answered(self, NotOffered(why=why or say("it was not to be offered after all"))))
        self._events.append(Ended(self, why))
        self._events.append(NoWay(why) if self._failed == _FAILED_IN_A_ROW else Ready(self))


class NoWayError(Exception):
    """No line to the next hop could be opened, so nothing more was offered. The message says why, for an editor."""


def offered(
    sender: Sender, messages: Iterable[Message], *, stop: Callable[[], bool] = lambda: False
) -> Iterator[Outcome]:
    """Offer messages one after another, and say what became of each. Raises `NoWayError`.

    `stop` is asked about once a second: from when it says so no message's octets are let go any more, and whoever
    waits for a next hop that is silent waits no longer. The answer to what was let go before is waited for."""
    lines = sender.open()
    waiting, let_go = iter(messages), False
    try:
        following, on_its_way = next(waiting, None), False
        while following is not None:
            if stop() and not let_go:
                raise NoWayError(say("it was not to be offered after all"))
            for event in lines.turn(1.0):
                match event:
                    case Ready(line) if following is not None and not on_its_way:
                        line.give(following)
                        on_its_way = True
                    case Asked(line):
                        line.release()
                        let_go = True
                    case Answered(_, outcome):
                        yield outcome
                        following, on_its_way, let_go = next(waiting, None), False, False
                    case NoWay(why):
                        raise NoWayError(why)
                    case _:
                        pass
    finally:
        lines.close()
