"""The list: who is on it, how an address is written, and what a list file may change. Pure; rows are in `store/`.

Value 2 governs: a file never lifts `left`, `bounced`, `complained` or any other status; it makes active only who is
new or `removed`. Only the person's own sign-up or `roundup subscribers add` brings anybody back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from email_validator import EmailNotValidError, validate_email

from roundup.model import Cadence, Status, Subscriber
from roundup.words import borrowed, figures, say

#: The name of the list file that `run` follows.
FOLLOWED_FILE = "subscribers.csv"

#: A followed file that takes away more than this share of its active rows, and at least this many, changes nothing.
_LARGEST_LOSS = 0.20
_SMALLEST_LOSS = 5


#: Of a name, in characters: beyond it a header line would pass the 998 octets of RFC 5322 §2.1.1.
_LONGEST_NAME = 150


class AddressError(ValueError):
    """An address cannot be mailed. The message is a sentence that says why."""


def mailable_form(given: str) -> str:
    """The form of an address that is mailed: as given, its domain as an A-label. Raises `AddressError`.

    A local part outside ASCII has no other form (RFC 6531): whether it can be mailed is for the relay to say, which
    refuses it with the reason where it does not offer SMTPUTF8.
    """
    try:
        checked = validate_email(given.strip(), check_deliverability=False, allow_smtputf8=True, test_environment=True)
    except EmailNotValidError as error:
        raise AddressError(borrowed(error)) from None
    mailable = f"{checked.local_part}@{checked.ascii_domain}"
    # RFC 5321 §4.5.3.1: 64 octets before the @, 254 in all.
    if len(checked.local_part.encode()) > 64 or len(mailable.encode()) > 254:
        raise AddressError(say("It is longer than an address may be: 64 characters before the @, 254 in all."))
    return mailable


def compared_form(mailable: str) -> str:
    """The form of a mailable address for comparing: all of it in lower case. Two addresses that differ in case alone
    are one person everywhere that matters, and mailing them twice breaks value 1."""
    return mailable.lower()


def clean_name(given: str) -> str:
    """A person's name as one line of text, and no longer than a name is."""
    return one_line(given)[:_LONGEST_NAME].rstrip()


def one_line(given: str) -> str:
    """Text on one line, without what could break out of a header (RFC 5322 §2.2)."""
    printable = "".join(character if character.isprintable() else " " for character in given)
    return " ".join(printable.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One usable row of a list file."""

    line: int
    email: str
    name: str = ""
    #: None: the file says nothing (active for who is new); see `unknown_status` for a word that is not ours.
    status: Status | None = None
    #: The word that stands in the file where it is no status of ours; the row is stored as `removed`.
    unknown_status: str = ""
    cadence: Cadence = Cadence.DAILY
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that changes nobody, and why."""

    line: int
    what: str
    #: The address, where it could be read: whoever it belongs to has not vanished from the file.
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """A list file as it was read."""

    name: str
    rows: tuple[ListRow, ...]
    bad: tuple[BadRow, ...]
    #: SHA-256 of its octets, in hex.
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a list file would change. Applied in one transaction, or not at all."""

    #: New people, with the status they begin with.
    new: tuple[tuple[ListRow, Status], ...] = ()
    #: Known people (by compared form) and what changes of them.
    changed: Mapping[str, tuple[ListRow, Status]] = field(default_factory=dict)
    #: Compared forms of those who vanished from the followed file.
    vanished: tuple[str, ...] = ()
    #: Rows whose person stays as they are, because a file never brings back who left.
    kept_away: tuple[ListRow, ...] = ()
    #: How many people stay as they are.
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a list file is compared with."""

    name: str
    status: Status
    cadence: Cadence
    sections: tuple[str, ...]
    origin: str


def compare(read: ListFile, known: Mapping[str, Known], *, followed: bool) -> Changes:
    """What a file changes. `known` holds everybody by compared form; `followed`: who vanished becomes `removed`."""
    new: list[tuple[ListRow, Status]] = []
    changed: dict[str, tuple[ListRow, Status]] = {}
    kept_away: list[ListRow] = []
    unchanged = 0
    merged = _merged(read.rows)
    there = {*merged, *(compared_form(row.email) for row in read.bad)}
    for compared, row in merged.items():
        person = known.get(compared)
        if person is None:
            new.append((row, _first_status(row)))
            continue
        status = _next_status(person.status, row)
        if status is not Status.ACTIVE and row.status in (None, Status.ACTIVE) and not row.unknown_status:
            kept_away.append(row)
        if _differs(person, row, status):
            changed[compared] = (row, status)
        else:
            unchanged += 1
    vanished = tuple(
        compared
        for compared, person in known.items()
        if followed and person.origin == FOLLOWED_FILE and person.status is Status.ACTIVE and compared not in there
    )
    return Changes(new=tuple(new), changed=changed, vanished=vanished, kept_away=tuple(kept_away), unchanged=unchanged)


#: Which of two rows for one person wins: what a file can never undo outweighs what it can.
_WEIGHT = {
    Status.LEFT: 6,
    Status.COMPLAINED: 5,
    Status.BOUNCED: 4,
    Status.PAUSED: 3,
    Status.PENDING: 2,
    Status.REMOVED: 1,
    Status.ACTIVE: 0,
}


def _merged(rows: Iterable[ListRow]) -> dict[str, ListRow]:
    """One row a person: of rows for the same address the one that keeps most mail away wins; of equals the first."""
    merged: dict[str, ListRow] = {}
    for row in rows:
        compared = compared_form(row.email)
        before = merged.get(compared)
        if before is None or _WEIGHT[_first_status(row)] > _WEIGHT[_first_status(before)]:
            merged[compared] = row
    return merged


def _first_status(row: ListRow) -> Status:
    if row.unknown_status:
        return Status.REMOVED
    return Status.ACTIVE if row.status is None else row.status


def _next_status(now: Status, row: ListRow) -> Status:
    """The status after a row. Only `removed` becomes active; nothing that takes mail away is ever refused to an
    active person, and no other status is lifted or traded for another by a file, but for `left`, which is obeyed."""
    wanted = _first_status(row)
    if wanted is Status.LEFT:
        # Only a complaint says more.
        return now if now is Status.COMPLAINED else Status.LEFT
    if now in (Status.ACTIVE, Status.REMOVED):
        return wanted
    return now


def _differs(person: Known, row: ListRow, status: Status) -> bool:
    return (
        person.status is not status
        or row.name not in ("", person.name)
        or person.cadence is not row.cadence
        or person.sections != row.sections
    )


def too_many_lost(changes: Changes, known: Mapping[str, Known]) -> str | None:
    """Why a followed file must not be followed unseen; None if it may be (plan §2.6)."""
    active = {
        compared: person
        for compared, person in known.items()
        if person.origin == FOLLOWED_FILE and person.status is Status.ACTIVE
    }
    # Turned weekly counts, too, for who was mailed daily: a column that slipped looks just like that.
    stopped = [
        compared
        for compared, (row, status) in changes.changed.items()
        if compared in active
        and _is_daily(active[compared].cadence, active[compared].sections)
        and not (status is Status.ACTIVE and _is_daily(row.cadence, row.sections))
    ]
    lost = len(changes.vanished) + len(stopped)
    if lost < _SMALLEST_LOSS or lost <= _LARGEST_LOSS * len(active):
        return None
    return say(
        "{followed_file} would take {lost} of {active} people off the daily list. If that is right: `roundup "
        "subscribers import {followed_file}`. If not, mend the file; nothing was changed.",
        followed_file=FOLLOWED_FILE,
        lost=figures(lost),
        active=figures(len(active)),
    )


def _is_daily(cadence: Cadence, sections: Sequence[str]) -> bool:
    return cadence is Cadence.DAILY and not sections


def complaints(read: ListFile) -> tuple[str, ...]:
    """What an editor should know of a list file's rows: a sentence each, with the line."""
    bad = [(row.line, row.what) for row in read.bad]
    unknown = [
        (
            row.line,
            say(
                "“{word}” is no status that roundup knows, so {email} is not mailed",
                word=row.unknown_status,
                email=row.email,
            ),
        )
        for row in read.rows
        if row.unknown_status
    ]
    return tuple(f"{read.name}:{line}: {what}" for line, what in sorted(bad + unknown))


class SubscriberBook(Protocol):
    """The ledger of subscribers."""

    def all(self) -> Iterable[Subscriber]:
        """Everybody, by address."""
        ...

    def find(self, email: str) -> Subscriber | None:
        """The person with an address, in any spelling that compares equal; None: nobody."""
        ...

    def known(self) -> Mapping[str, Known]:
        """Everybody by compared form, as a list file is compared with them."""
        ...

    def apply(self, changes: Changes, *, origin: str, digest: str, at: datetime) -> None:
        """Write a list file's changes down, all in one transaction, and remember its digest."""
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

    def leave(self, key: bytes, *, at: datetime) -> Subscriber | None:
        """The person with this key leaves, at once, also for a run in progress. Safe to repeat. None: nobody."""
        ...

    def by_key(self, key: bytes) -> Subscriber | None:
        """The person with this key; None: nobody."""
        ...
