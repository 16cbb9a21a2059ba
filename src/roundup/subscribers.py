"""The list: who is on it, what they said of that, and what they chose. Pure; rows are in `store/`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from roundup.list_changes import Changes, Known, Taken, TakingIn
from roundup.list_files import BadRow, ListRow
from roundup.model import Cadence, Status, Subscriber


class Saying(StrEnum):
    """What somebody said of being mailed. Each is written down with its time: the proof of consent, and of its end."""

    CONFIRMED = "confirmed"
    LEFT = "left"
    #: Took leaving back.
    STAYED = "stayed"
    #: Chose how often, and of what.
    CHOSE = "chose"
    #: The editor's words for them: `subscribers add` and `remove`.
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One such saying."""

    what: Saying
    at: datetime
    #: The sentence that they agreed to, as it was shown.
    wording: str = ""
    #: Where they were asked: the page of the form, or the command.
    source: str = ""
    #: The network they came from, its last part left out; empty: unknown.
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reader wants to have."""

    cadence: Cadence
    #: Empty: all.
    sections: tuple[str, ...]
    #: No mail before this day; None: from now on.
    paused_until: date | None = None
    #: No mail before they say so, where there is no such day.
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """People who are the same to an issue, and how many they are."""

    status: Status
    cadence: Cadence
    sections: tuple[str, ...]
    count: int


class SubscriberBook(Protocol):
    """The ledger of subscribers."""

    def all(self) -> Iterable[Subscriber]:
        """Everybody, by address."""
        ...

    def census(self) -> Sequence[Crowd]:
        """Everybody, counted."""
        ...

    def choices(self, cadence: Cadence) -> Sequence[tuple[str, ...]]:
        """The sections that active readers with this cadence chose, each choice once, but for those who have all."""
        ...

    def find(self, email: str) -> Subscriber | None:
        """The person with an address, in any spelling that compares equal; None: nobody. Raises `AddressError`."""
        ...

    def known(self, compared: Iterable[str]) -> Mapping[str, Known]:
        """Those of these addresses whom the list has, by compared form, as a list file is compared with them."""
        ...

    def apply(self, changes: Changes, *, origin: str, digest: str, at: datetime) -> None:
        """Write changes down, all in one transaction, and remember the digest of the followed file."""
        ...

    def take_in(self, rows: Iterable[ListRow | BadRow], how: TakingIn, *, name: str, digest: str) -> Taken:
        """Take a list file in, row by row, all in one transaction. `name` and `digest` are the file's. Raises
        `ListError`, and then nothing is changed."""
        ...

    def followed_digest(self) -> str:
        """The digest of the followed file when it was last applied; empty: never."""
        ...

    def trouble(self) -> str:
        """Why the followed file could not be followed when a run last told so; empty: it could."""
        ...

    def note_trouble(self, trouble: str) -> None:
        """Remember that it was told. An applied file clears it."""
        ...

    def add(self, email: str, name: str, *, at: datetime) -> Subscriber:
        """Make an address active, whatever it was: a person's own word through the editor."""
        ...

    def set_status(self, email: str, status: Status, *, at: datetime) -> bool:
        """Change somebody's status; False if nobody has that address."""
        ...

    def leave(self, leaving: Mapping[bytes, Consent]) -> Mapping[bytes, Subscriber]:
        """The people with these keys leave, at once, also for a run in progress. Safe to repeat. Returns those whom
        the list has."""
        ...

    def stay(self, staying: Mapping[bytes, Consent], *, since: datetime) -> Mapping[bytes, Subscriber]:
        """Those who left after `since` take it back, and are what they were before: who paused pauses, and who bounced
        is not mailed. Who left before that, or in another way, stays as they are. Returns those whom the list has."""
        ...

    def choose(self, choosing: Mapping[bytes, tuple[Choice, Consent]]) -> Mapping[bytes, Subscriber]:
        """What people want to have, if they are on the list. Returns those whom the list has."""
        ...

    def wake(self, day: date, *, at: datetime) -> int:
        """Whoever paused until `day`, or a day before, is active again. Returns how many they are."""
        ...

    @property
    def is_at_hand(self) -> bool:
        """Whether reading it waits for nobody: no network, no lock."""
        ...

    def by_keys(self, keys: Sequence[bytes]) -> Mapping[bytes, Subscriber]:
        """The people with these keys, as far as the list has them."""
        ...
