"""A table at which one SMTP dialogue is held, and both sides are written down."""

import pytest

from roundup.model import Accepted, Deferred, Message, Outcome, Refused, Reply
from roundup.sending.dialogue import Dialogue, Extensions

CONTENT = b"Subject: hello\r\n\r\nhello\r\n"
OK = b"250 2.0.0 ok\r\n"
GO_ON = b"354 go on\r\n"
PIPELINED, PLAIN = Extensions(pipelining=True), Extensions()
BOTH = pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
TAKEN = Accepted(reply=Reply(code=250, text="2.0.0 ok"))
NO_SUCH = b"550 5.1.1 nobody\r\n"
GONE = Refused(reply=Reply(code=550, text="5.1.1 nobody"), person_is_gone=True)
BUSY = b"450 4.2.1 busy\r\n"
WAIT = Deferred(reply=Reply(code=450, text="4.2.1 busy"))


def a_message(to: str = "ada@example.com", content: bytes = CONTENT) -> Message:
    return Message(
        envelope_from="b+1@lantern.example", envelope_to=to, message_id="<1@lantern.example>", content=content
    )


def envelope(to: str = "ada@example.com") -> bytes:
    """What is said before a message's octets, in one."""
    return f"MAIL FROM:<b+1@lantern.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode()


class Table:
    """A dialogue, all that was said in it, and all that came of it. Whatever it says goes out at once."""

    def __init__(self, extensions: Extensions = PLAIN) -> None:
        self.said = b""
        self.events: list[Outcome | str] = []
        self.dialogue = Dialogue(
            extensions,
            asked=lambda: self.events.append("asked"),
            answered=self.events.append,
            idle=lambda: self.events.append("idle"),
        )

    def give(self, *messages: Message) -> bytes:
        """Messages for the line. Returns what is said to that, as all of these do."""
        return self._out(b"".join(self.dialogue.give(message) for message in messages))

    def release(self) -> bytes:
        return self._out(self.dialogue.release())

    def hear(self, *replies: bytes) -> bytes:
        return self._out(b"".join(self.dialogue.hear(reply, sent=len(self.said)) for reply in replies))

    def envelope_is_taken(self) -> None:
        """The next hop takes the envelope, however it was said, and asks for the octets."""
        self.hear(OK)
        self.hear(OK)
        self.hear(GO_ON)
        assert "asked" == self.events.pop()

    def _out(self, octets: bytes) -> bytes:
        self.said += octets
        return octets

    def broken(self, *, sent: int | None = None) -> list[Outcome | str]:
        """What breaking off answers, when so many octets of what was said had gone."""
        before = len(self.events)
        self.dialogue.broken("it is gone", sent=len(self.said) if sent is None else sent)
        return self.events[before:]
