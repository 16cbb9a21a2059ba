"""Ways out of which a test decides what happens at each turn."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from roundup.model import Message, NotOffered, Outcome, Unknown
from roundup.sending import Answered, Asked, Ended, Event, Ready
from roundup.sending.singly import SingleFile
from tests.fakes.senders import RecordingSender


class _HookedFile(SingleFile):
    def __init__(self, sender: "HookedSender") -> None:
        super().__init__(sender.answer, begin=lambda: sender.trouble)
        self._sender = sender

    def turn(self, seconds: float) -> Sequence[Event]:
        events = super().turn(seconds)
        self._sender.turns += 1
        self._sender.after_turn(self._sender.turns)
        return events

    def close(self) -> None:
        self._sender.closed += 1
        super().close()


class HookedSender(RecordingSender):
    """A recording sender; `after_turn` is called with the number of each turn, before its events are heard."""

    def __init__(
        self,
        after_turn: Callable[[int], object] = lambda _: None,
        answers: Mapping[str, Sequence[Outcome]] | None = None,
    ) -> None:
        super().__init__(answers)
        self.after_turn = after_turn
        self.turns = 0
        self.opened = 0
        self.closed = 0

    def open(self) -> SingleFile:
        self.opened += 1
        # A delivery that never ends would open lines without end.
        assert self.opened < 20
        return _HookedFile(self)


class ManyLines:
    """Implements `roundup.sending.Lines`: some lines side by side, each answered one turn after its release."""

    def __init__(self, answer: Callable[[Message], Outcome], count: int) -> None:
        self.answer = answer
        self.events: list[Event] = [Ready(OneOfMany(self)) for _ in range(count)]
        #: The most messages that were ever between their release and their answer.
        self.most_released = 0
        self.released = 0

    def turn(self, seconds: float) -> Sequence[Event]:
        del seconds
        events, self.events = self.events, []
        self.released -= sum(isinstance(event, Answered) for event in events)
        return events

    def close(self) -> None:
        self.events = []


class OneOfMany:
    """Implements `roundup.sending.Line`."""

    def __init__(self, lines: ManyLines) -> None:
        self._lines = lines
        self._given: deque[Message] = deque()
        self._alive = True

    @property
    def has_room(self) -> bool:
        return self._alive and len(self._given) < 2

    def give(self, message: Message) -> None:
        assert self.has_room
        self._given.append(message)
        if len(self._given) == 1:
            self._lines.events.append(Asked(self))

    def release(self) -> None:
        outcome = self._lines.answer(self._given.popleft())
        self._lines.released += 1
        self._lines.most_released = max(self._lines.most_released, self._lines.released)
        self._lines.events.append(Answered(self, outcome))
        if isinstance(outcome, NotOffered | Unknown):
            self._end(outcome.why)
        else:
            self._lines.events.append(Asked(self) if self._given else Ready(self))

    def drop(self) -> None:
        self._end("")

    def _end(self, why: str) -> None:
        self._alive = False
        self._lines.events += [Answered(self, NotOffered(why="the line broke")) for _ in self._given]
        self._lines.released += len(self._given)
        self._given.clear()
        self._lines.events += [Ended(self, why), Ready(OneOfMany(self._lines))]


class ManySender(RecordingSender):
    """A recording sender with several lines."""

    def __init__(self, count: int, answers: Mapping[str, Sequence[Outcome]] | None = None) -> None:
        super().__init__(answers)
        self._count = count

    def open(self) -> ManyLines:  # type: ignore[override]
        return ManyLines(self.answer, self._count)
