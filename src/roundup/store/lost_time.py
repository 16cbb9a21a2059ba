"""What a restored database does not know: the time between its backup and now. Until a person says what happened in
it, nothing that may have been sent is sent again (value 1), and who left in it stays away (value 2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Select, insert, select, update

from roundup.archive import PROPOSED, IssueState
from roundup.model import IssueKey, Status
from roundup.store import Ledgers
from roundup.store.database import Database
from roundup.store.ledgers import ledgers_over
from roundup.store.personal import SqlPersonalRecords
from roundup.store.schema import subscribers, suppressions
from roundup.store.sqlite_file import open_to_read, open_to_write

_AT_ONCE = 500
_GONE = [each.value for each in (Status.LEFT, Status.REMOVED, Status.BOUNCED, Status.COMPLAINED)]
_OPEN = (IssueState.OPEN, *PROPOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """An issue that may have been sent, and why it waits, in words."""

    key: IssueKey
    instant: datetime
    why: str


@contextmanager
def _ledgers(path: Path) -> Iterator[Ledgers]:
    with ledgers_over(open_to_write(path)) as ledgers:
        yield ledgers


def hold_frozen(path: Path, why: Callable[[IssueKey], str], *, at: datetime) -> list[IssueKey]:
    """Hold every issue that was being delivered; each delivery that had not come to its end is in doubt."""
    with _ledgers(path) as ledgers:
        records = ledgers.archive.unfinished()
        for record in records:
            ledgers.archive.hold(record.key, why(record.key), instant=record.instant, at=at, firm=True)
            ledgers.journal.lose(record.id, at=at)
    return [record.key for record in records]


def hold_due(path: Path, doubtful: Sequence[Doubtful], *, at: datetime) -> list[IssueKey]:
    """Hold those issues that the database knows no end of. Returns which."""
    held = []
    with _ledgers(path) as ledgers:
        for each in doubtful:
            record = ledgers.archive.find(each.key)
            if record is None or record.state in _OPEN:
                # What held it when the backup was made holds it still.
                why = f"{record.hold} {each.why}" if record is not None and record.hold else each.why
                ledgers.archive.hold(each.key, why, instant=each.instant, at=at, firm=True)
                held.append(each.key)
    return held


def began(path: Path) -> datetime | None:
    """When the newsletter's calendar began; None: before its first run."""
    with _ledgers(path) as ledgers:
        return ledgers.memory.began()


def take_along(new: Path, old: Path, hashed: Callable[[str], tuple[bytes, ...]], *, at: datetime) -> int:
    """Take what `old`, the database that is replaced, knows of people into `new`: who joined, left, bounced or
    complained since, and who asked to be forgotten. Returns how many changed. Raises `StoreError`."""
    with closing(open_to_read(old)) as before, closing(open_to_write(new)) as database:
        changed = 0
        with before.reading() as reading:
            for page in reading.execute(_people()).mappings().partitions(_AT_ONCE):
                with database.writing() as writing:
                    changed += _take_page(writing, page)
            asked = set(reading.execute(select(suppressions.c.hash)).scalars())
            there = set(reading.execute(select(subscribers.c.compared)).scalars()) if asked else set()
        return changed + _forget(database, asked, there, hashed, at=at)


def _people() -> Select[tuple[object, ...]]:
    """Everybody, but for what is left of who was forgotten: nobody's row, for the sums of the past."""
    return select(subscribers).where(subscribers.c.email != "")


def _take_page(writing: Connection, page: Sequence[RowMapping]) -> int:
    compared = [row["compared"] for row in page]
    columns = (subscribers.c.compared, subscribers.c.changed_at, subscribers.c.status)
    known = {row.compared: row for row in writing.execute(select(*columns).where(subscribers.c.compared.in_(compared)))}
    changed = 0
    for row in page:
        values: Mapping[str, object] = {name: value for name, value in row.items() if name != "id"}
        if row["compared"] not in known:
            writing.execute(insert(subscribers).values(values))
        elif _is_newer(row, known[row["compared"]]):
            whose = subscribers.c.compared == row["compared"]
            writing.execute(update(subscribers).where(whose).values({**values, "key": subscribers.c.key}))
        else:
            continue
        changed += 1
    return changed


def _is_newer(row: RowMapping, known: Row[Any, Any, Any]) -> bool:
    """Whether the replaced database knows better how somebody stands. It saw all that the backup saw, and more: so if
    they are gone there, they are gone, whatever a clock that was wrong wrote beside it (value 2)."""
    return row["changed_at"] > known.changed_at or (row["status"] in _GONE and row["status"] != known.status)


def _forget(
    database: Database, asked: set[bytes], there: set[str], hashed: Callable[[str], tuple[bytes, ...]], *, at: datetime
) -> int:
    """Erase whom the replaced database was asked to forget."""
    with database.reading() as reading:
        new = asked - set(reading.execute(select(suppressions.c.hash)).scalars())
        people = (
            reading.execute(select(subscribers.c.email, subscribers.c.compared).where(subscribers.c.email != "")).all()
            if new
            else []
        )
    with database.writing() as writing:
        for each in new:
            writing.execute(insert(suppressions).values(hash=each, at=at))
    gone = [row.email for row in people if row.compared not in there and new.intersection(hashed(row.compared))]
    for email in gone:
        SqlPersonalRecords(database).forget(email, (), at=at)
    return len(gone)
