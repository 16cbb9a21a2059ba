"""Messages are made before their turn comes: by the thread that sends where that takes microseconds, else by threads
beside it. RSA takes longer than all else that is done for a message, and while it computes Python lets other threads go
on, so that signing takes a core of its own where there is one. Ed25519 is too quick for that: handing a message over
takes as long (docs/decisions, 2026-11-28)."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol

from roundup.model import Delivery, Message

#: Threads that sign, at most. More cores than these are quicker than any mail server.
_MOST_HANDS = 8

#: Makes one delivery's message. Several threads may call it at once.
Make = Callable[[Delivery], Message]
#: Waits until a message is made. Raises what making it raised.
Made = Callable[[], Message]


class Maker(Protocol):
    """Makes the messages of a delivery."""

    @property
    def is_beside(self) -> bool:
        """Whether they are made while whoever asks goes on."""

    def make(self, deliveries: Sequence[Delivery]) -> Sequence[Made]:
        """Begin with these. One for each, in their order."""

    def close(self) -> None:
        """Nobody waits for any of them any more."""


def maker(make: Make, *, takes_long: bool) -> Maker:
    """Who makes messages. `takes_long`: each is signed with RSA."""
    cores = os.cpu_count() or 1
    return _Hands(make, min(cores, _MOST_HANDS)) if takes_long and cores > 1 else _AtOnce(make)


class _AtOnce:
    """Makes them itself."""

    is_beside = False

    def __init__(self, make: Make) -> None:
        self._make = make

    def make(self, deliveries: Sequence[Delivery]) -> Sequence[Made]:
        return [_tried(self._make, each) for each in deliveries]

    def close(self) -> None:
        pass


class _Hands:
    """Threads that make them, some at a time, for handing them over takes its time as well."""

    is_beside = True

    def __init__(self, make: Make, hands: int) -> None:
        self._make = make
        self._hands = hands
        self._threads = ThreadPoolExecutor(hands, thread_name_prefix="maker")

    def make(self, deliveries: Sequence[Delivery]) -> Sequence[Made]:
        each = max(1, -(-len(deliveries) // self._hands))
        made: list[Made] = []
        for start in range(0, len(deliveries), each):
            some = deliveries[start : start + each]
            future = self._threads.submit(self._make_some, some)
            made += [_awaited(future, number) for number in range(len(some))]
        return made

    def _make_some(self, deliveries: Sequence[Delivery]) -> list[Made]:
        return [_tried(self._make, each) for each in deliveries]

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)


def _awaited(future: "Future[list[Made]]", number: int) -> Made:
    def wait() -> Message:
        return future.result()[number]()

    return wait


def _tried(make: Make, delivery: Delivery) -> Made:
    """What making a message came to: nobody else's is hurt by it."""
    try:
        message = make(delivery)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one address must never hurt another
        return _failing(error)
    return lambda: message


def _failing(error: Exception) -> Made:
    def fail() -> Message:
        raise error

    return fail


class Letter(NamedTuple):
    """A delivery with its message."""

    delivery: Delivery
    message: Message
    #: When consent was read: `stopwatch` seconds.
    read_at: float


class Unmade(NamedTuple):
    """A delivery that no message could be made for, and why."""

    delivery: Delivery
    error: Exception


class Stock:
    """What was claimed and is on no line yet, in the order of the claims; the first of it with messages."""

    def __init__(self, making: Maker) -> None:
        self._maker = making
        #: With the time at which consent was read.
        self._claimed: deque[tuple[Delivery, float]] = deque()
        self._made: deque[tuple[Delivery, Made, float]] = deque()

    def __len__(self) -> int:
        return len(self._made) + len(self._claimed)

    @property
    def has_unmade(self) -> bool:
        """Whether there is something to make."""
        return bool(self._claimed)

    @property
    def is_made_beside(self) -> bool:
        """See `Maker.is_beside`."""
        return self._maker.is_beside

    def add(self, deliveries: Sequence[Delivery], *, read_at: float) -> None:
        """These were claimed."""
        self._claimed.extend((each, read_at) for each in deliveries)

    def make(self, count: int) -> None:
        """Have so many messages made, or begun."""
        these = [self._claimed.popleft() for _ in range(min(count - len(self._made), len(self._claimed)))]
        made = self._maker.make([delivery for delivery, _ in these])
        self._made.extend((delivery, each, read_at) for (delivery, read_at), each in zip(these, made, strict=True))

    def next(self) -> Letter | Unmade | None:
        """The first of them; None: there is none."""
        if not self._made:
            self.make(1)
        if not self._made:
            return None
        delivery, made, read_at = self._made.popleft()
        try:
            return Letter(delivery, made(), read_at)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one address must never hurt another
            return Unmade(delivery, error)

    def emptied(self) -> list[Delivery]:
        """All that is left, in its order. Nothing is made any more."""
        self._maker.close()
        left = [*(delivery for delivery, _, _ in self._made), *(delivery for delivery, _ in self._claimed)]
        self._made.clear()
        self._claimed.clear()
        return left
