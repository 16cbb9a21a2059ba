"""One real issue, sent to a mailbox to be looked at when it arrives. Its links are marked as tests and change nothing;
its Message-ID is new each time, so that no mailbox folds it away as a copy."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from roundup import clock, messages
from roundup.email_address import compared_form
from roundup.messages import Addressee
from roundup.model import Accepted, Message, RenderedIssue
from roundup.office import Office
from roundup.sending.singly import NoWayError, offered
from roundup.tokens import KEY_OCTETS, Purpose
from roundup.trying_out import said
from roundup.words import say

#: How long it is waited for, and how often it is looked for, in seconds.
PATIENCE, _BETWEEN = 60.0, 2.0

#: Gives the octets of the message with a Message-ID, if it is in the mailbox.
Find = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent."""

    message: Message
    #: Why it was not accepted; empty: it was.
    refusal: str


def send(office: Office, rendered: RenderedIssue, address: str) -> Sent:
    """Offer an issue to an address, once."""
    key = secrets.token_bytes(KEY_OCTETS)
    stationery = messages.stationery(rendered, office.newsroom.letterhead, office.newsroom.secret)
    message = stationery.message(Addressee(email=address, name="", key=key, purpose=Purpose.TEST), date=office.clock())
    try:
        (outcome,) = offered(office.sender, [message])
    except NoWayError as error:
        return Sent(message=message, refusal=str(error))
    if isinstance(outcome, Accepted):
        return Sent(message=message, refusal="")
    return Sent(
        message=message,
        refusal=say("The issue for {address} was {what}.", address=address, what=said(outcome).rstrip(".")),
    )


def arrives_there(address: str, mailbox_of: str) -> bool:
    """Whether what is sent to an address comes to the mailbox of another: the same but for a `+tag`."""
    one, other = (compared_form(each).rpartition("@") for each in (address, mailbox_of))
    return (one[0].partition("+")[0], one[2]) == (other[0].partition("+")[0], other[2])


def awaited(find: Find, message_id: str, *, seconds: float = PATIENCE) -> bytes | None:
    """What arrived; None: it did not in time."""
    ends = clock.stopwatch() + seconds
    while True:
        octets = find(message_id)
        if octets is not None or clock.stopwatch() >= ends:
            return octets
        clock.wait(_BETWEEN)
