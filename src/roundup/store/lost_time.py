"""What a restored database does not know: the time between its backup and now. Until a person says what happened in
it, nothing that may have been sent is sent again (value 1)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import update

from roundup.archive import PROPOSED, IssueState
from roundup.model import DeliveryState, IssueKey
from roundup.store import Ledgers
from roundup.store.database import Database
from roundup.store.ledgers import ledgers_over
from roundup.store.schema import deliveries
from roundup.store.sqlite_file import open_to_write
from roundup.store.turns import seconds

_OPEN = (IssueState.OPEN, *PROPOSED)
_MAY_HAVE_GONE = [each.value for each in (DeliveryState.PLANNED, DeliveryState.CLAIMED, DeliveryState.DEFERRED)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """An issue that may have been sent, and why it waits, in words."""

    key: IssueKey
    instant: datetime
    why: str
    #: See `Archive.hold`.
    firm: bool = True


@contextmanager
def _ledgers(path: Path) -> Iterator[tuple[Ledgers, Database]]:
    database = open_to_write(path)
    with ledgers_over(database) as ledgers:
        yield ledgers, database


def hold_frozen(path: Path, why: Callable[[IssueKey], str], *, at: datetime) -> list[IssueKey]:
    """Hold every issue that was being delivered; each delivery that had not come to its end is in doubt."""
    with _ledgers(path) as (ledgers, database):
        records = ledgers.archive.unfinished()
        for record in records:
            ledgers.archive.hold(record.key, why(record.key), instant=record.instant, at=at, firm=True)
            theirs = (deliveries.c.issue_id == record.id, deliveries.c.state.in_(_MAY_HAVE_GONE))
            values = {
                "state": DeliveryState.UNKNOWN.value,
                "doubts": deliveries.c.doubts + 1,
                "offered": 0,
                "next_try": None,
                "changed_at": seconds(at),
                "reply": "a backup was restored that was made before this delivery's end was known",
            }
            with database.writing() as connection:
                connection.execute(update(deliveries).where(*theirs).values(values))
    return [record.key for record in records]


def hold_due(path: Path, doubtful: Sequence[Doubtful], *, at: datetime) -> list[IssueKey]:
    """Hold those issues that the database knows no end of. Returns which."""
    held = []
    with _ledgers(path) as (ledgers, _):
        for each in doubtful:
            record = ledgers.archive.find(each.key)
            if record is None or record.state in _OPEN:
                ledgers.archive.hold(each.key, each.why, instant=each.instant, at=at, firm=each.firm)
                held.append(each.key)
    return held


def began(path: Path) -> datetime | None:
    """When the newsletter's calendar began; None: before its first run."""
    with _ledgers(path) as (ledgers, _):
        return ledgers.memory.began()
