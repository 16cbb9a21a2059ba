"""The port of the store: the ledgers of one newsletter, opened together."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from roundup.archive import Archive
from roundup.journal import Journal
from roundup.memory import Memory
from roundup.personal import PersonalRecords
from roundup.proposals import Proposals
from roundup.returned import ReturnedMail
from roundup.signing_up import SignupBook
from roundup.statistics import Statistics
from roundup.subscribers import SubscriberBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledgers:
    """What a newsletter remembers."""

    memory: Memory
    archive: Archive
    proposals: Proposals
    journal: Journal
    subscribers: SubscriberBook
    signups: SignupBook
    personal: PersonalRecords
    statistics: Statistics
    returned: ReturnedMail


class Store(Protocol):
    """Where the ledgers lie."""

    def to_write(self) -> AbstractContextManager[Ledgers]:
        """Open them, made or migrated first if need be. Raises `StoreError`."""
        ...

    def to_read(self) -> AbstractContextManager[Ledgers]:
        """Open them without changing a byte. Raises `StoreError`."""
        ...

    def only_run(self) -> AbstractContextManager[bool]:
        """The lock that lets one run at a time work: True if it is ours. It dies with its process."""
        ...
