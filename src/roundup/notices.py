"""The ledger of notices: which report is to be told where, and whether it has been. Pure; the rows are in `store/`.

A report is often about a mail server that takes nothing, so its own letter may have to wait: it is written down first,
and each run goes on with what waits. A notice has a name, and is written down once: what stands still is told once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

#: So long a notice is tried; then it says nothing that is of use any more.
TRIED_FOR = timedelta(days=1)
#: Whoever claimed one has so long to tell it; then another run may.
CLAIMED_FOR = timedelta(minutes=5)
#: So long they are known, so that nothing is told again.
KEPT_FOR = timedelta(days=60)


class Way(StrEnum):
    """How a notice is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One report, to be told in one way."""

    #: What makes it this one and no other, whenever it is made.
    name: str
    way: Way
    #: With MAIL, else empty.
    subject: str = ""
    #: A text, or with WEBHOOK a JSON object.
    content: str


class Notices(Protocol):
    """The ledger of notices."""

    def note(self, notice: Notice, *, at: datetime) -> bool:
        """Write one down, to be told; False: it is known already."""
        ...

    def claim(self, *, at: datetime) -> Notice | None:
        """The oldest that waits, claimed for `CLAIMED_FOR`; None: none waits, or none may be tried yet."""
        ...

    def settle(self, notice: Notice, *, trouble: str, again: bool, at: datetime) -> None:
        """What became of one that was claimed. `trouble`: why it was not told; empty: it was. `again`: it waits for
        another try."""
        ...

    def prune(self, before: datetime) -> None:
        """Forget those of before then."""
        ...
