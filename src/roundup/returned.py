"""The ledger of returned mail: which was read, and what became of whom by it. Pure; the rows are in `store/`.

Mail is known again by its octets and by its name in the mailbox, so that a reading that was killed changes nothing
twice: everything that a message changes, and that it was read, is one transaction; only afterwards is it put away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from roundup.model import IssueId, IssueKey


class Kind(StrEnum):
    """What a message says that it is."""

    #: It was not delivered, and nobody tries again.
    BOUNCE = "bounce"
    #: It is late, or was relayed: nothing has been decided yet.
    NOTICE = "notice"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    AUTO_REPLY = "auto-reply"
    OTHER = "other"


class Became(StrEnum):
    """What came of a message."""

    #: The address is no more: its subscriber is bounced.
    GONE = "gone"
    #: It bounced, and may be well tomorrow: counted.
    COUNTED = "counted"
    #: It was counted once too often: its subscriber is bounced.
    WORN_OUT = "worn-out"
    #: The refusal is about the newsletter: nobody's status changes.
    ABOUT_US = "about-us"
    COMPLAINED = "complained"
    LEFT = "left"
    #: Delayed, or answered by a machine: nothing changes.
    NOTICED = "noticed"
    #: It is about a delivery, a person or a time of which nothing follows any more.
    NOBODY = "nobody"
    #: It has nothing to do with this newsletter, or cannot prove that it has.
    NOT_OURS = "not-ours"
    #: It was read before.
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A message, read."""

    #: Its name in the mailbox, and SHA-256 of its octets.
    name: str
    digest: bytes
    kind: Kind
    #: The subscriber's key, proved by a signed token; None: it has none.
    key: bytes | None = None
    #: The issue that it is about, proved likewise.
    issue: IssueKey | None = None
    #: With UNSUBSCRIBE: the address that it says it is from, and whether that is believed if `key` is nobody's.
    sender: str = ""
    believed: bool = True
    #: With UNSUBSCRIBE: it has a token, and not one of ours.
    foreign_token: bool = False
    #: With BOUNCE: `5.1.1`, and what the mail server said.
    status: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of it."""

    what: Became
    #: It was certainly ours, so that it may be put away.
    ours: bool
    #: Whom it was about; empty: nobody known.
    email: str = ""
    issue: IssueKey | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusing:
    """An issue that many mail servers refused because of the newsletter."""

    id: IssueId
    key: IssueKey
    #: How many reports said so, of how many people who were to get it.
    reports: int
    people: int


class ReturnedMail(Protocol):
    """The ledger of returned mail."""

    def known(self, names: Sequence[str]) -> Mapping[str, bool]:
        """Those of these names that were read before, and whether they were ours."""
        ...

    def take(self, came: Sequence[Came], *, at: datetime) -> Sequence[Taken]:
        """Do what messages say and write down that they were read, all in one transaction. What each became."""
        ...

    def refusing(self) -> Sequence[Refusing]:
        """The issues with reports that are about us, which were not told yet."""
        ...

    def told(self, issue: IssueId) -> None:
        """It was told; further reports about it are counted only."""
        ...

    def prune(self, before: datetime) -> None:
        """Forget the names of what was read before then."""
        ...
