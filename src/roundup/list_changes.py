"""What a list file may change of the list. Pure; `store/taking_in.py` does it.

Value 2 governs: a file never lifts `left`, `bounced`, `complained` or any other status; it makes active only who is
new or `removed`. Only the person's own sign-up or `roundup subscribers add` brings anybody back.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from roundup.list_files import BadRow, ListRow
from roundup.list_files.rows import WEIGHT
from roundup.model import Cadence, Status
from roundup.words import figures, say

#: The name of the list file that `run` follows.
FOLLOWED_FILE = "subscribers.csv"

#: A followed file that takes away more than this share of its active rows, and at least this many, changes nothing.
_LARGEST_LOSS = 0.20
_SMALLEST_LOSS = 5
#: How many rows are told one by one; more are only counted.
MOST_TOLD = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a list file is compared with."""

    name: str
    status: Status
    cadence: Cadence
    sections: tuple[str, ...]
    origin: str
    paused_until: date | None = None
    #: They chose cadence and sections themselves, which no file changes.
    chose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What some rows of a list file would change. Each person is in it once."""

    #: New people, with the status they begin with.
    new: Sequence[tuple[ListRow, Status]] = ()
    #: Known people (by compared form) and what changes of them.
    changed: Mapping[str, tuple[ListRow, Status]] = field(default_factory=dict)
    #: Compared forms of those who vanished from the followed file.
    vanished: Sequence[str] = ()
    #: Rows whose person stays as they are, because a file never brings back who left.
    kept_away: Sequence[ListRow] = ()
    #: How many people stay as they are.
    unchanged: int = 0


def compare(
    rows: Mapping[str, ListRow], known: Mapping[str, Known], *, forgotten: Collection[str] = frozenset()
) -> Changes:
    """What rows change, one a person. All by compared form: `known` holds those whom the list has, `forgotten` those
    whom it had, and who asked to be erased."""
    new: list[tuple[ListRow, Status]] = []
    changed: dict[str, tuple[ListRow, Status]] = {}
    kept_away: list[ListRow] = []
    unchanged = 0
    for compared, row in rows.items():
        person = known.get(compared)
        if compared in forgotten and person is None:
            kept_away.append(row)
            continue
        if person is None:
            new.append((row, first_status(row)))
            continue
        status = _next_status(person.status, row)
        if status is not Status.ACTIVE and row.status in (None, Status.ACTIVE) and not row.unknown_status:
            kept_away.append(row)
        if _differs(person, row, status):
            changed[compared] = (row, status)
        else:
            unchanged += 1
    return Changes(new=new, changed=changed, kept_away=kept_away, unchanged=unchanged)


def weight(row: ListRow | BadRow) -> int:
    """How much mail a row keeps away: of two rows for one person that which keeps more counts, of equals the first. A
    bad row only says that somebody is there."""
    return -1 if isinstance(row, BadRow) else WEIGHT[first_status(row)]


def first_status(row: ListRow) -> Status:
    """The status that somebody new begins with."""
    if row.unknown_status:
        return Status.REMOVED
    return Status.ACTIVE if row.status is None else row.status


def _next_status(now: Status, row: ListRow) -> Status:
    """The status after a row. Only `removed` becomes active; nothing that takes mail away is ever refused to an
    active person, and no other status is lifted or traded for another by a file, but for `left`, which is obeyed."""
    wanted = first_status(row)
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
        or (person.cadence, person.sections) != choice_after(person, row)
        or (status is Status.PAUSED and row.paused_until not in (None, person.paused_until))
    )


def choice_after(person: Known, row: ListRow) -> tuple[Cadence, tuple[str, ...]]:
    """Somebody's cadence and sections after a row: what it does not say stays, and so does what they chose."""
    if person.chose:
        return person.cadence, person.sections
    return row.cadence or person.cadence, person.sections if row.sections is None else row.sections


def stopped(changes: Changes, known: Mapping[str, Known]) -> int:
    """How many active people of the followed file are mailed daily no more."""
    # Turned weekly counts, too, for who was mailed daily: a column that slipped looks just like that.
    return sum(
        _is_ours(known[compared])
        and _is_daily(known[compared].cadence, known[compared].sections)
        and not (status is Status.ACTIVE and _is_daily(*choice_after(known[compared], row)))
        for compared, (row, status) in changes.changed.items()
    )


def _is_ours(person: Known) -> bool:
    return person.origin == FOLLOWED_FILE and person.status is Status.ACTIVE


def _is_daily(cadence: Cadence, sections: Sequence[str]) -> bool:
    return cadence is Cadence.DAILY and not sections


def too_many_lost(lost: int, active: int) -> str | None:
    """Why a followed file that takes `lost` of its `active` people away must not be followed unseen; None if it may be
    (plan §2.6)."""
    if lost < _SMALLEST_LOSS or lost <= _LARGEST_LOSS * active:
        return None
    return say(
        "{followed_file} would take {lost} of {active} people off the daily list. If that is right: `roundup "
        "subscribers import {followed_file}`. If not, mend the file; nothing was changed.",
        followed_file=FOLLOWED_FILE,
        lost=figures(lost),
        active=figures(active),
    )


@dataclass(slots=True, kw_only=True)
class Taken:
    """What a list file changed, or would change, in numbers. Filled as it is read."""

    name: str
    rows: int = 0
    refused: int = 0
    #: The first of the rows that were refused, and a sentence for each row that an editor should know of.
    bad: list[BadRow] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    more_complaints: int = 0
    new: Counter[Status] = field(default_factory=Counter)
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    kept_away: int = 0
    #: The first of those.
    kept_away_first: list[ListRow] = field(default_factory=list)

    def see(self, row: ListRow | BadRow) -> None:
        """A row as it is read."""
        if isinstance(row, BadRow):
            self.refused += 1
            if len(self.bad) < MOST_TOLD:
                self.bad.append(row)
            self._complain(row, row.what)
            return
        self.rows += 1
        if row.unknown_status:
            self._complain(
                row,
                say(
                    "“{word}” is no status that roundup knows, so {email} is not mailed",
                    word=row.unknown_status,
                    email=row.email,
                ),
            )

    def _complain(self, row: ListRow | BadRow, what: str) -> None:
        if len(self.complaints) < MOST_TOLD:
            self.complaints.append(f"{self._place(row)}:{row.line}: {what}")
        else:
            self.more_complaints += 1

    def _place(self, row: ListRow | BadRow) -> str:
        return f"{self.name}/{row.file}" if row.file else self.name

    def count(self, changes: Changes) -> None:
        """What some of them change."""
        self.new.update(status for _, status in changes.new)
        self.changed += len(changes.changed)
        self.unchanged += changes.unchanged
        self.vanished += len(changes.vanished)
        self.kept_away += len(changes.kept_away)
        self.kept_away_first += list(changes.kept_away)[: MOST_TOLD - len(self.kept_away_first)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingIn:
    """How a list file is taken in."""

    #: Where the people come from: FOLLOWED_FILE, or `import`.
    origin: str
    at: datetime
    #: Who vanished from the file becomes `removed`.
    follows: bool = False
    #: A file that takes too many away changes nothing.
    careful: bool = False
    #: Change nothing; only say what would be changed.
    dry: bool = False
    #: Every keyed hash that somebody who was forgotten may have, by compared form.
    hashed: Callable[[str], Collection[bytes]] = lambda _compared: ()
    #: Told of all changes, and of whom they are about.
    seen: Callable[[Changes, Mapping[str, Known]], None] = lambda _changes, _known: None
