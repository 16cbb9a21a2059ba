"""One SMTP conversation, once the line is open: octets in, octets out. Pure: it has no socket and no clock.

Where the next hop announces PIPELINING (RFC 2920), the envelope of the next message rides on the end of the present
one: §3.1 lets the transfer of a message's content stand first in a group of commands. So a message costs one round
trip instead of four. The next message's octets go only when they are released, so that no more than one message a
line is ever in doubt. Elsewhere each command waits for the answer to the one before.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from roundup.model import Accepted, Deferred, Message, NotOffered, Outcome, Refused, Reply, Unknown
from roundup.redacting import redacted
from roundup.sending.replies import outcome_of
from roundup.words import figures, say

_GO_ON, _CLOSING, _HYPHEN = 354, 421, ord("-")
#: RFC 5321 §4.5.3.1.5 allows 512 octets a line; some send more. What never ends is no reply.
_LONGEST_REPLY = 65_536


class _Step(Enum):
    """What an awaited reply answers."""

    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()
    #: The end of a message that was asked for though nobody is to have it.
    EMPTY = auto()
    RSET = auto()


#: What is awaited of one envelope, and of a message with the next envelope behind it.
_ENVELOPE = (_Step.MAIL, _Step.RCPT, _Step.DATA)
_MESSAGE_AND_ENVELOPE = deque((_Step.DOT, *_ENVELOPE))
#: The answers to the latter if all goes well, as it nearly always does: read at once, at a third of the cost.
_ALL_WELL = re.compile(rb"250( [^\r\n]*)?\r\n250(?: [^\n]*)?\n25[01](?: [^\n]*)?\n354(?: [^\n]*)?\n")

#: RFC 5321 §4.5.3.2: seconds to wait for each answer. A hasty client makes copies.
_PATIENCE = {_Step.MAIL: 300, _Step.RCPT: 300, _Step.DATA: 120, _Step.DOT: 600, _Step.EMPTY: 600, _Step.RSET: 300}
#: For the next block of a message to be taken, in seconds.
BLOCK_PATIENCE = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """What the next hop announced (RFC 5321 §4.1.1.1), read again after STARTTLS."""

    pipelining: bool = False
    eight_bit: bool = False
    utf8: bool = False
    #: Whether it knows SIZE (RFC 1870), and the most octets it takes; 0: it does not say.
    size: bool = False
    most_octets: int = 0


class BrokenLineError(Exception):
    """The next hop said something that nobody can go on from. The message says what."""


@dataclass(slots=True)
class _Given:
    """A message on the line."""

    message: Message
    #: Why it is not even offered.
    unfit: Outcome | None
    announced: bool = False
    #: Its MAIL FROM was accepted, so that what breaks now breaks over its own person.
    named: bool = False
    #: The first command of its envelope that was refused, and the reply.
    refused: tuple[_Step, Reply] | None = None
    #: Where in all that was said its final dot ends; None: its octets were not released.
    ends_at: int | None = None


class Dialogue:
    """The client's side. `answered` is called with the outcome of each message in turn, `asked` when the next hop
    waits for octets, `idle` when nothing is on the line any more."""

    def __init__(
        self,
        extensions: Extensions,
        *,
        asked: Callable[[], None],
        answered: Callable[[Outcome], None],
        idle: Callable[[], None],
    ) -> None:
        self._extensions = extensions
        self._asked = asked
        self._answered = answered
        self._idle = idle
        #: In the order given; at most two.
        self._given: deque[_Given] = deque()
        #: What is to be said, and which answers it brings.
        self._commands: deque[tuple[tuple[_Step, ...], bytes]] = deque()
        self._awaited: deque[_Step] = deque()
        self._said = 0
        self._heard = bytearray()

    @property
    def has_room(self) -> bool:
        """Whether another message may be given."""
        return len(self._given) < 2

    @property
    def patience(self) -> int:
        """How many seconds the next hop has for what is awaited now; 0: nothing is awaited."""
        return _PATIENCE[self._awaited[0]] if self._awaited else 0

    def give(self, message: Message) -> bytes:
        """Another message. Returns what is to be said."""
        self._given.append(_Given(message, self._unfit(message)))
        if len(self._given) == 1:
            self._begin()
        elif self._given[0].ends_at is not None:
            self._announce(self._given[1])
        return self._speak()

    def release(self) -> bytes:
        """The octets that were asked for, and the next envelope with them. Returns what is to be said."""
        present = self._given[0]
        message = present.message
        content = message.content if message.undotted else _dot_stuffed(message.content)
        self._commands.append(((_Step.DOT,), content + b".\r\n"))
        present.ends_at = self._said + len(content) + 3
        if len(self._given) > 1:
            self._announce(self._given[1])
        return self._speak()

    def hear(self, octets: bytes, *, sent: int) -> bytes:
        """What the next hop said when `sent` octets of all that was said had gone out. Returns what is to be said to
        that. Raises `BrokenLineError`."""
        if self._awaited == _MESSAGE_AND_ENVELOPE and not self._heard and self._all_is_well(octets, sent):
            return b""
        self._heard += octets
        said = b""
        while (reply := self._next_reply()) is not None:
            self._take(*reply, sent)
            if self._commands:
                said += self._speak()
        return said

    def broken(self, why: str, *, sent: int, peaceful: bool = False) -> None:
        """The line is no more, `sent` octets of all that was said having gone out: what was given is answered.
        `peaceful`: it was ours to end it, so that nobody's message is to blame.

        Only a message whose final dot may have gone out can have been accepted (RFC 5321 §4.1.1.4); it is in doubt.
        """
        for number, given in enumerate(self._given):
            if given.ends_at is not None and sent >= given.ends_at:
                self._answered(Unknown(why=say("the line broke after the message was offered: {why}", why=why)))
            else:
                why_not = say("the line broke before the message was offered: {why}", why=why)
                over_it = number == 0 and given.named and not peaceful
                self._answered(NotOffered(why=why_not, over_it=over_it))
        self._given.clear()

    # Saying --------------------------------------------------------------------------------------------------------

    def _unfit(self, message: Message) -> Outcome | None:
        """What must not even be offered."""
        known = self._extensions
        if not message.envelope_to.isascii() and not known.utf8:
            text = say("5.6.7 this mail server does not take addresses beyond ASCII (SMTPUTF8)")
            return Refused(reply=Reply(code=550, text=text))
        if known.most_octets and len(message.content) > known.most_octets:
            text = say(
                "5.3.4 the issue has {octets} octets, and the mail server takes {most}",
                octets=figures(len(message.content)),
                most=figures(known.most_octets),
            )
            return Deferred(reply=Reply(code=552, text=text))
        return None

    def _begin(self) -> None:
        """The message that is first now: its envelope, unless that went out before."""
        present = self._given[0]
        if present.unfit is not None:
            self._conclude(present.unfit)
        elif not present.announced:
            self._announce(present)

    def _announce(self, given: _Given) -> None:
        if given.unfit is not None:
            return
        given.announced = True
        message, known = given.message, self._extensions
        options = f" SIZE={len(message.content)}" if known.size else ""
        if known.eight_bit and not message.content.isascii():
            options += " BODY=8BITMIME"
        if not message.envelope_to.isascii():
            options += " SMTPUTF8"
        envelope = (
            f"MAIL FROM:<{message.envelope_from}>{options}\r\n".encode(),
            f"RCPT TO:<{message.envelope_to}>\r\n".encode(),
            b"DATA\r\n",
        )
        if known.pipelining:
            self._commands.append((_ENVELOPE, b"".join(envelope)))
        else:
            self._commands.extend(((step,), octets) for step, octets in zip(_ENVELOPE, envelope, strict=True))

    def _speak(self) -> bytes:
        """What may be said now: all at once to who takes it (nothing after DATA), else one command after another."""
        said: list[bytes] = []
        awaited, commands = self._awaited, self._commands
        while commands and (not awaited or (self._extensions.pipelining and awaited[-1] is not _Step.DATA)):
            steps, octets = commands.popleft()
            awaited.extend(steps)
            said.append(octets)
            self._said += len(octets)
        return b"".join(said) if len(said) != 1 else said[0]

    # Hearing -------------------------------------------------------------------------------------------------------

    def _all_is_well(self, octets: bytes, sent: int) -> bool:
        """Take the answers to a message and the next envelope, if they are all here, all good, and nothing else is."""
        ends_at = self._given[0].ends_at
        found = _ALL_WELL.fullmatch(octets)
        if found is None or ends_at is None or sent < ends_at:
            return False
        self._awaited.clear()
        self._given.popleft()
        self._given[0].named = True
        self._answered(Accepted(reply=Reply(code=250, text=_text(found[1] or b""))))
        self._asked()
        return True

    def _next_reply(self) -> tuple[int, bytes] | None:
        """The code and the octets of the next whole reply (RFC 5321 §4.2.1); None: it is not all here yet."""
        heard, start = self._heard, 0
        while (end := heard.find(b"\n", start)) >= 0:
            if not heard[start : start + 3].isdigit() or heard[start + 3] not in b" -\r\n":
                raise BrokenLineError(
                    say("it said what is no SMTP reply: {text}", text=_text(heard[start : min(end, start + 60)]))
                )
            if heard[start + 3] != _HYPHEN:
                reply = bytes(heard[: end + 1])
                del heard[: end + 1]
                return int(reply[:3]), reply
            start = end + 1
        if len(heard) > _LONGEST_REPLY:
            raise BrokenLineError(say("its reply has no end"))
        return None

    def _take(self, code: int, octets: bytes, sent: int) -> None:
        if not self._awaited:
            raise BrokenLineError(say("it said, unasked: {text}", text=_text(octets)))
        step = self._awaited.popleft()
        if code == _CLOSING and step is not _Step.DOT:
            # RFC 5321 §3.8: it is closing the line, whatever was asked.
            raise BrokenLineError(_text(octets))
        match step:
            case _Step.DOT:
                self._take_end(_reply(code, octets), sent)
            case _Step.MAIL | _Step.RCPT:
                self._take_envelope(step, code, octets)
            case _Step.DATA:
                self._take_data(code, octets)
            case _Step.RSET if code != 250:
                raise BrokenLineError(say("it refused RSET: {text}", text=_text(octets)))
            case _:
                pass

    def _take_end(self, reply: Reply, sent: int) -> None:
        ends_at = self._given[0].ends_at
        if ends_at is None or sent < ends_at or reply.code // 100 not in (2, 4, 5):
            raise BrokenLineError(
                say("unexpected answer to the message: {code} {text}", code=reply.code, text=reply.text)
            )
        self._conclude(outcome_of(reply))
        if reply.code == _CLOSING:
            raise BrokenLineError(f"{reply.code} {reply.text}")

    def _take_envelope(self, step: _Step, code: int, octets: bytes) -> None:
        given = self._given[0]
        if code // 100 == 2:
            given.named = True
            return
        given.refused = given.refused or (step, _refusal(code, octets))
        if self._commands:
            # One command at a time: the rest of this envelope was not said yet, and is not to be.
            self._commands.clear()
            self._refuse(given)

    def _take_data(self, code: int, octets: bytes) -> None:
        given = self._given[0]
        if code == _GO_ON and given.refused is None:
            self._asked()
            return
        if code == _GO_ON:
            # RFC 2920 §3.1: who gets a 354 in spite of a refused envelope must end the message with a dot alone.
            self._commands.append(((_Step.EMPTY,), b".\r\n"))
        else:
            given.refused = given.refused or (_Step.DATA, _refusal(code, octets))
        self._refuse(given)

    def _refuse(self, given: _Given) -> None:
        """The envelope was refused: the slate is wiped for the next message."""
        if given.refused is None:
            raise BrokenLineError(say("nothing was refused"))
        step, reply = given.refused
        self._commands.append(((_Step.RSET,), b"RSET\r\n"))
        if step is _Step.MAIL and reply.code >= 500:
            # The envelope sender was refused: that is about us, whatever its code says.
            self._conclude(Deferred(reply=reply))
        else:
            self._conclude(outcome_of(reply))

    def _conclude(self, outcome: Outcome) -> None:
        self._given.popleft()
        self._answered(outcome)
        if self._given:
            self._begin()
        else:
            self._idle()


def _reply(code: int, octets: bytes) -> Reply:
    lines = octets.splitlines()
    return Reply(code=code, text=_text(lines[0][4:] if len(lines) == 1 else b" ".join(line[4:] for line in lines)))


def _refusal(code: int, octets: bytes) -> Reply:
    """A reply that says no. Raises `BrokenLineError` for what no server may say here."""
    if code // 100 not in (4, 5):
        raise BrokenLineError(say("unexpected answer: {text}", text=_text(octets)))
    return _reply(code, octets)


def _dot_stuffed(content: bytes) -> bytes:
    """RFC 5321 §4.5.2: a line that begins with a dot gets another."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _text(octets: bytes | bytearray) -> str:
    # A server may quote our login, in its answer to a message, too: that is stored and shown.
    return redacted(" ".join(octets.decode("utf-8", "replace").split()))
