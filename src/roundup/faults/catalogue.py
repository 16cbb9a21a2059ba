"""Every fault the server knows: at which step, what it says, whether it takes the message, whether it hangs up. Pure.

Codes are those of RFC 5321 §4.2.3 and RFC 3463; docs/faults.md tells what roundup makes of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """Where in the conversation a fault happens."""

    RCPT = "RCPT"
    DATA = "DATA"
    #: After the 354, once the first octets of the message have come.
    CONTENT = "the message"
    #: After the final dot.
    DOT = "the final dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that can go wrong."""

    #: What an address begins with.
    name: str
    at: Step
    #: What happens, for an editor.
    told: str
    #: The octets it answers with; empty: nothing.
    says: bytes = b""
    #: It hangs up afterwards.
    closes: bool = False
    #: It has the message all the same (only at the final dot).
    takes: bool = False
    #: It lets `Manners.slow` seconds go by first.
    waits: bool = False


_FAULTS = (
    Fault(name="x-450", at=Step.RCPT, told="says that the mailbox is busy", says=b"450 4.2.1 mailbox busy\r\n"),
    Fault(
        name="x-greylist",
        at=Step.RCPT,
        told="asks to come again later",
        says=b"451 4.7.1 greylisted, come again later\r\n",
    ),
    Fault(name="x-452", at=Step.RCPT, told="has no room now", says=b"452 4.3.1 no room now\r\n"),
    Fault(name="x-550", at=Step.RCPT, told="knows no such person", says=b"550 5.1.1 no such person here\r\n"),
    Fault(
        name="x-multiline",
        at=Step.RCPT,
        told="knows no such person, in a reply of several lines",
        says=b"550-5.1.1 no such person here,\r\n550-5.1.1 nor has there\r\n550 5.1.1 ever been\r\n",
    ),
    Fault(name="x-full", at=Step.RCPT, told="says that the mailbox is full", says=b"552 5.2.2 mailbox full\r\n"),
    Fault(name="x-571", at=Step.RCPT, told="will not have our mail", says=b"550 5.7.1 you may not send here\r\n"),
    Fault(name="x-251", at=Step.RCPT, told="forwards to another address", says=b"251 2.1.5 forwarding\r\n"),
    Fault(
        name="x-421",
        at=Step.RCPT,
        told="says that it is closing, and hangs up",
        says=b"421 4.3.2 closing the line\r\n",
        closes=True,
    ),
    Fault(name="x-drop-rcpt", at=Step.RCPT, told="hangs up without a word", closes=True),
    Fault(name="x-slow", at=Step.RCPT, told="takes its time", says=b"250 2.1.5 ok, at last\r\n", waits=True),
    Fault(name="x-garbage", at=Step.RCPT, told="answers with gibberish", says=b"lp0 on fire\r\n"),
    Fault(
        name="x-endless",
        at=Step.RCPT,
        told="answers with a line without end, and hangs up",
        says=b"250-" + b"and so on " * 20_000,
        closes=True,
    ),
    Fault(name="x-no-data", at=Step.DATA, told="cannot take a message now", says=b"451 4.3.0 not now\r\n"),
    Fault(name="x-drop-data", at=Step.DATA, told="hangs up before the message", closes=True),
    Fault(name="x-drop-before-dot", at=Step.CONTENT, told="hangs up in the middle of the message", closes=True),
    Fault(
        name="x-unasked",
        at=Step.CONTENT,
        told="refuses while the message still comes, and hangs up",
        says=b"550 5.3.0 enough of this\r\n",
        closes=True,
    ),
    Fault(name="x-451", at=Step.DOT, told="fails to store the message", says=b"451 4.3.0 could not store it\r\n"),
    Fault(name="x-552", at=Step.DOT, told="finds the message too big", says=b"552 5.3.4 too big\r\n"),
    Fault(name="x-spam", at=Step.DOT, told="takes the message for spam", says=b"554 5.7.1 looks like spam\r\n"),
    Fault(
        name="x-421-dot",
        at=Step.DOT,
        told="says that it is closing, and hangs up",
        says=b"421 4.3.2 closing the line\r\n",
        closes=True,
    ),
    Fault(
        name="x-slow-dot",
        at=Step.DOT,
        told="takes the message, and its time",
        says=b"250 2.0.0 taken, at last\r\n",
        takes=True,
        waits=True,
    ),
    Fault(name="x-drop-after-dot", at=Step.DOT, told="takes the message and hangs up", closes=True, takes=True),
    Fault(
        name="x-lost-reply",
        at=Step.DOT,
        told="takes the message, says nothing for a while, and hangs up",
        closes=True,
        takes=True,
        waits=True,
    ),
    Fault(
        name="x-half-reply",
        at=Step.DOT,
        told="takes the message and hangs up within its answer",
        says=b"25",
        closes=True,
        takes=True,
    ),
    Fault(
        name="x-garbage-dot",
        at=Step.DOT,
        told="takes the message and answers with gibberish",
        says=b"lp0 on fire\r\n",
        takes=True,
    ),
)

#: Every fault by its name.
CATALOGUE: Mapping[str, Fault] = {fault.name: fault for fault in _FAULTS}
_LONGEST_FIRST = sorted(CATALOGUE, key=len, reverse=True)


def fault_of(address: str) -> Fault | None:
    """What is to be done to a reader: the longest name that their address begins with, up to its end or a sign that is
    no letter and no digit. So `x-451-dana@…` is an `x-451`, and `x-4510@…` is nothing."""
    if not address.startswith("x-"):
        return None
    for name in _LONGEST_FIRST:
        if address.startswith(name) and not address[len(name) : len(name) + 1].isalnum():
            return CATALOGUE[name]
    return None
