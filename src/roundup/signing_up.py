"""Signing up: who asks to be put on the list, how often that is listened to, and whose turn it is to be asked back.
Pure; rows are in `store/`.

Double opt-in: nobody is on the list before they have confirmed from their own mailbox. A form that sends mail to
whatever address is typed into it is a weapon (sign-up bombing), so that mail is rationed: by address, by network and
in all, and who asked from a crowded network waits behind who did not.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NewType, Protocol

from roundup.model import Subscriber

SignupId = NewType("SignupId", int)

#: How long a sign-up waits for its mail, and how long the link of that mail may be followed once it was accepted.
CONFIRMABLE = timedelta(hours=48)
#: From a network from which fewer wait, sign-ups are heard when all others are not.
FEW_WAITING = 3
#: A confirmation mail that the mail server put off is offered again after so long, put off again after so long, and so
#: on; the last is for all that follow.
RETRIED_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
#: An address is asked once in this time, and so often as long as that is remembered, until it has confirmed.
ONCE_IN = timedelta(hours=24)
MOST_UNCONFIRMED = 3


class SignupState(StrEnum):
    """What has become of a sign-up."""

    #: Its confirmation mail waits for its turn.
    WAITING = "waiting"
    #: It is being offered. Who died over it is not asked a second time: they can sign up again.
    SENDING = "sending"
    SENT = "sent"
    #: Its mail did not go in time, or was not needed any more.
    EXPIRED = "expired"
    FAILED = "failed"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody's wish to be put on the list, as a form brought it."""

    #: The form that is mailed.
    email: str
    #: See `network_of`.
    network: str
    #: The sentence under the form, as they saw it.
    wording: str
    #: The page that the form is on.
    source: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rationing:
    """How much is listened to."""

    #: Confirmation mails in an hour, in all, that are accepted.
    per_hour: int
    #: Sign-ups in an hour from one network.
    per_network: int
    #: For how long a sign-up that was not confirmed counts against its address: a lock-out ends.
    remembered: timedelta = timedelta(days=7)

    @property
    def in_vain_per_hour(self) -> int:
        """How many sign-ups may be tried in an hour whose mail is not accepted: a mail server that takes nothing is
        left in peace."""
        return 4 * self.per_hour

    @property
    def most_waiting(self) -> int:
        """How many may wait before crowded networks are not heard: a day's worth."""
        return 24 * self.per_hour

    @property
    def most_of_all(self) -> int:
        """How many may wait whatever their network, so that a flood from everywhere fills no disk."""
        return 4 * self.most_waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Signup:
    """A sign-up whose turn has come."""

    id: SignupId
    email: str
    #: The subscriber's key.
    key: bytes
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What was asked before for one mailbox, under whatever `+tag`."""

    #: When they were mailed, or signed up, if no mail went yet.
    last_asked: datetime
    #: How many sign-ups are remembered that could be confirmed and were not.
    unconfirmed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowding:
    """How many sign-ups there are already."""

    #: In the last hour from the same network.
    from_network: int
    #: That wait for their mail and can still be confirmed: from the same network, and in all.
    waiting_there: int
    waiting: int

    def leaves_room(self, by: Rationing) -> bool:
        """Whether there is room for one more. A full house is full for who comes from a crowded network."""
        most = by.most_of_all if self.waiting_there < FEW_WAITING else by.most_waiting
        return self.from_network < by.per_network and self.waiting < most


def is_heard(request: Request, earlier: Earlier | None, crowding: Crowding, by: Rationing) -> bool:
    """Whether a sign-up leads to a mail. Whoever asks is told the same in any case."""
    if not crowding.leaves_room(by):
        return False
    if earlier is None:
        return True
    return earlier.unconfirmed < MOST_UNCONFIRMED and request.at - earlier.last_asked >= ONCE_IN


@lru_cache(maxsize=4096)
def network_of(host: str) -> str:
    """The network of a client, which is all that is kept of where somebody was: the first 24 bits of an IPv4 address,
    the first 48 of an IPv6 one (what a provider gives one household); empty for what is no address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    bits = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))


class SignupBook(Protocol):
    """The ledger of sign-ups."""

    def ask(self, requests: Sequence[Request], rationing: Rationing) -> int:
        """Write sign-ups down, all in one transaction; who is new is on the list as `pending`. Returns how many of
        them lead to a mail."""
        ...

    def next(self, rationing: Rationing, *, at: datetime) -> Signup | None:
        """Whose turn it is, claimed; None: nobody's, or this hour's mails are used up. Networks from which few wait
        come first."""
        ...

    def settle(self, signup: SignupId, state: SignupState, *, trouble: str = "", at: datetime) -> None:
        """What became of its mail, now. One that waits again has its turn later, and later each time."""
        ...

    def give_back(self, signup: SignupId) -> None:
        """Its mail was offered to nobody: its turn was none."""
        ...

    def is_confirmable(self, key: bytes, asked_at: datetime, *, at: datetime) -> bool:
        """Whether `confirm` would find that sign-up. Changes nothing."""
        ...

    def confirm(self, key: bytes, asked_at: datetime, *, network: str, at: datetime) -> Subscriber | None:
        """Somebody confirms the sign-up of that second, mailed in the last 48 hours: they are active, whatever they
        were. Safe to repeat: a sign-up is confirmed once, and settles all others of the same person until then. None:
        nothing was asked."""
        ...
