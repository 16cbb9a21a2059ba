"""Batches: ranges of an issue's deliveries that several workers make side by side. Pure.

An issue is cut into batches when it is frozen. Each is an entry of a queue that says "make what is missing of this
range", so that an entry that comes twice does no harm. A batch is taken up under a number that no other taking up of
the issue has; who holds an older one writes nothing more (`roundup.journal`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from roundup.journal import Journal
from roundup.model import IssueId, SubscriberId

#: How many deliveries are in a batch, unless the settings say otherwise.
BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The deliveries of an issue from the first to the last of these subscribers."""

    issue: IssueId
    first: SubscriberId
    last: SubscriberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the workers are with an issue."""

    #: Entries of the queue that are not done.
    open: int
    #: Those of them that somebody is at.
    begun: int
    #: How many deliveries were answered, as told now and then: for somebody who looks on, not for the sums.
    answered: int
    #: Why nobody claims more of it until the next run; empty: whoever can does.
    rest: str = ""
    #: What went wrong where its batches were taken up last, a sentence each.
    troubles: tuple[str, ...] = ()


class Batches(Protocol):
    """The ledger of batches. Every call is one transaction."""

    @property
    def are_queued(self) -> bool:
        """Whether deliveries are left to workers; then what is frozen is cut into batches."""
        ...

    def cut(self, issue: IssueId, *, size: int) -> Sequence[Batch]:
        """Cut an issue into batches of so many deliveries, if that was not done before. Returns all there are."""
        ...

    def share_out(self, issue: IssueId, *, at: datetime) -> int:
        """Take away its rest, and put what somebody's turn has come in, and is not in the queue, into it. Returns how
        many entries are in it."""
        ...

    def find(self, issue: IssueId, first: SubscriberId) -> Batch | None:
        """The batch that begins with this subscriber."""
        ...

    def journal(self, batch: Batch) -> Journal:
        """The journal of a batch: that of its issue, as if there were no other deliveries. `recover` takes it up."""
        ...

    def tell(self, batch: Batch, *, worker: str, answered: int = 0, trouble: str = "") -> None:
        """Who is at a batch, how many were answered since they told last, and what went wrong."""
        ...

    def rest(self, issue: IssueId, why: str) -> None:
        """Let nobody claim more of it until the next run."""
        ...

    def turns(self, count: int, *, rate: float) -> float:
        """Take the next turns of a rate (messages a second) that all workers keep together. Returns in how many seconds
        the first of them comes."""
        ...

    def progress(self, issue: IssueId) -> Progress:
        """How far the workers are."""
        ...
