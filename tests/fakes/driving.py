"""Whoever drives lines, as plainly as can be."""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from roundup.model import Message, Outcome
from roundup.sending import Answered, Asked, Ended, Event, Line, NoWay, Ready, Sender
from roundup.sending.opening import Relay
from roundup.sending.smtp import SmtpSender

_PATIENCE = 30.0


class Driver:
    """Gives messages to every line that has room, lets go of what is asked for, and writes down what happens."""

    def __init__(self, sender: Sender) -> None:
        self.lines = sender.open()
        #: What happened, in order.
        self.events: list[Event] = []
        #: What became of each message, by recipient and in the order of the answers.
        self.outcomes: list[tuple[str, Outcome]] = []
        self.given: dict[Line, deque[Message]] = {}
        #: Lines that have nothing to do.
        self.idle: list[Line] = []

    def send(self, messages: Iterable[Message]) -> Sequence[Outcome]:
        """Offer messages once each, in order. Returns what became of them, in the order of the answers, until all are
        answered or there is no way."""
        waiting = deque(messages)
        before, wanted = len(self.outcomes), len(waiting)
        while len(self.outcomes) - before < wanted and not self.no_way:
            for line in list(self.idle):
                self.give(line, waiting)
            for event in self.turn():
                if isinstance(event, Asked):
                    self.give(event.line, waiting)
                    event.line.release()
        return [outcome for _, outcome in self.outcomes[before:]]

    def turn(self, seconds: float = 1.0) -> Sequence[Event]:
        """A turn, written down."""
        events = self.lines.turn(seconds)
        self.events += events
        for event in events:
            match event:
                case Answered(line, outcome):
                    self.outcomes.append((self.given[line].popleft().envelope_to, outcome))
                case Ready(line):
                    self.idle.append(line)
                case Ended(line):
                    self.idle = [each for each in self.idle if each is not line]
                case _:
                    pass
        return events

    def give(self, line: Line, waiting: "deque[Message]") -> bool:
        """Put the next message on a line that has room."""
        if not waiting or not line.has_room:
            return False
        self.idle = [each for each in self.idle if each is not line]
        self.given.setdefault(line, deque()).append(waiting[0])
        line.give(waiting.popleft())
        return True

    def until(self, kind: type[Event]) -> Line:
        """Wait for an event of some kind. Returns its line."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            assert time.monotonic() < deadline, f"{kind.__name__} did not come: {self.events}"
            for event in self.turn(0.5):
                if isinstance(event, kind):
                    assert not isinstance(event, NoWay)
                    return event.line

    @property
    def kinds(self) -> list[str]:
        """The names of what happened."""
        return [type(event).__name__ for event in self.events]

    @property
    def no_way(self) -> str:
        """Why there is no way; empty: there is, or may be."""
        return next((event.why for event in self.events if isinstance(event, NoWay)), "")


def a_message(
    content: bytes = b"Subject: hello\r\n\r\nhello\r\n", *, to: str = "ada@example.com", number: int = 1
) -> Message:
    """A plain message."""
    message_id = f"<20261120.main.{number}@lantern.example.org>"
    return Message(
        envelope_from="bounces+abc@lantern.example.org",
        envelope_to=to,
        message_id=message_id,
        content=f"Message-ID: {message_id}\r\n".encode() + content,
    )


def some_messages(count: int, *, to: str = "ada@example.com") -> list[Message]:
    """Messages that differ in their number."""
    return [a_message(number=number, to=to) for number in range(count)]


def an_smtp_sender(
    port: int,
    *,
    connections: int = 4,
    messages_per_connection: int = 0,
    security: Literal["starttls", "tls", "none"] = "none",
    username: str = "",
    password: str = "",
    host: str = "127.0.0.1",
) -> SmtpSender:
    """A sender to a port of this machine."""
    relay = Relay(
        host=host, port=port, security=security, username=username, password=password, own_name="lantern.example.org"
    )
    return SmtpSender(relay, connections=connections, messages_per_connection=messages_per_connection)


def octets_in(folder: Path) -> list[bytes]:
    """Every message in a folder, in the order of their coming."""
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)]


def sent(sender: Sender, *messages: Message) -> Driver:
    """Offer messages, and take leave."""
    driver = Driver(sender)
    with closing(driver.lines):
        driver.send(messages)
    return driver
