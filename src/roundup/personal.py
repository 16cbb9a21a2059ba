"""What is kept of people, and for how long: the access and the erasure that they may ask for (GDPR 15, 17), and what
nobody has to ask for. Pure; rows are in `store/`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept. None: for ever."""

    #: Sign-ups that were not confirmed, and people of whom there is nothing else.
    unconfirmed: timedelta | None = None
    #: Which issue went to whom, and what the mail server said; the sums stay.
    deliveries: timedelta | None = None
    #: People who left, bounced or complained; afterwards only that no file brings them back.
    left: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was erased because its time was over."""

    unconfirmed: int = 0
    deliveries: int = 0
    left: int = 0


class PersonalRecords(Protocol):
    """The ledger of what is personal."""

    def of(self, email: str) -> dict[str, Any] | None:
        """All that is kept of the person with an address, as JSON has it; None: nothing. Raises `AddressError`."""
        ...

    def forget(self, email: str, hashes: Collection[bytes], *, at: datetime) -> bool:
        """Erase everything of a person but keyed hashes of the address, so that no list file brings them back. Sums of
        the past stay. False if the list has nobody with that address; the hashes are kept all the same."""
        ...

    def prune(self, retention: Retention, *, hashed: "Hashed", at: datetime) -> Pruned:
        """Erase what is older than it may be."""
        ...


class Hashed(Protocol):
    """Makes the keyed hashes of an address."""

    def __call__(self, compared: str, /) -> Collection[bytes]:
        """Of its compared form."""
        ...
