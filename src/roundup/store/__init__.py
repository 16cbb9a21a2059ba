"""The port of the store: the ledgers of one newsletter, opened together."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from roundup.archive import Archive
from roundup.batches import Batches
from roundup.journal import Journal
from roundup.memory import Memory
from roundup.notices import Notices
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
    batches: Batches
    subscribers: SubscriberBook
    signups: SignupBook
    personal: PersonalRecords
    statistics: Statistics
    returned: ReturnedMail
    notices: Notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """How a database stands, looked at without changing it."""

    #: False: there is none yet; the first run makes it.
    exists: bool
    #: False: an older roundup made it; the next run brings it up to date.
    current: bool = True
    #: What the engine finds damaged; empty: nothing.
    damage: str = ""
    #: It cannot be written to.
    read_only: bool = False
    #: The octets that were written beside it and are not in it yet.
    journal: int = 0


class Store(Protocol):
    """Where the ledgers lie."""

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        ...

    def to_write(self) -> AbstractContextManager[Ledgers]:
        """Open them, made or migrated first if need be. Raises `StoreError`."""
        ...

    def to_read(self) -> AbstractContextManager[Ledgers]:
        """Open them without changing a byte. Raises `StoreError`."""
        ...

    def copy(self, target: Path) -> None:
        """Make `target` a SQLite file with all that is in them at one moment, while others go on reading and writing.
        Raises `StoreError`, also if there are none yet."""
        ...

    def only_run(self) -> AbstractContextManager[bool]:
        """The lock that lets one run at a time work: True if it is ours. It dies with its process."""
        ...

    def examine(self) -> Examination:
        """How it stands. Takes as long as reading it once. Raises `StoreError` if it cannot be used, and `HeldError` if
        a database was here and is gone."""
        ...
