"""What a restored database takes from the one that it replaces: what became of people since the backup."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from roundup.model import Status
from roundup.store.database import Database
from roundup.store.personal import SqlPersonalRecords
from roundup.store.schema import consents, subscribers, suppressions
from roundup.store.sqlite_file import open_to_read, open_to_write
from roundup.subscribers import Saying

_AT_ONCE = 500
#: From what an editor may lift to what nobody does.
_GONE = (Status.BOUNCED, Status.LEFT, Status.COMPLAINED)
_MAILED = (Status.ACTIVE, Status.PAUSED)
_CAME_BACK = (Saying.CONFIRMED, Saying.STAYED, Saying.ADDED)
#: What somebody said, and all that is written down of it.
_Said = dict[tuple[str, datetime], Mapping[str, Any]]


def take_along(new: Path, old: Path, hashed: Callable[[str], tuple[bytes, ...]], *, at: datetime) -> int:
    """Take what `old`, the database that is replaced, knows of people into `new`: who joined, left, bounced or
    complained since, and who asked to be forgotten. Returns how many changed. Raises `StoreError`."""
    with closing(open_to_read(old)) as before, closing(open_to_write(new)) as database:
        changed = 0
        with before.reading() as reading:
            for page in reading.execute(_people()).mappings().partitions(_AT_ONCE):
                with database.writing() as writing:
                    changed += _take_page(reading, writing, page)
            asked = set(reading.execute(select(suppressions.c.hash)).scalars())
            there = set(reading.execute(select(subscribers.c.compared)).scalars()) if asked else set()
        return changed + _forget(database, asked, there, hashed, at=at)


def _people() -> Select[tuple[object, ...]]:
    """Everybody, but for what is left of who was forgotten: nobody's row, for the sums of the past."""
    return select(subscribers).where(subscribers.c.email != "")


def _take_page(reading: Connection, writing: Connection, page: Sequence[RowMapping]) -> int:
    known = _known(writing, page)
    disputed = [row for row in page if row["compared"] in known and _is_disputed(row, known[row["compared"]])]
    theirs = _said(reading, (row["id"] for row in disputed))
    ours = _said(writing, (known[row["compared"]]["id"] for row in disputed))
    taken = []
    for row in page:
        values: Mapping[str, object] = {name: value for name, value in row.items() if name != "id"}
        present = known.get(row["compared"])
        if present is None:
            writing.execute(insert(subscribers).values(values))
        elif _prevails(row, present, theirs.get(row["id"], {}), ours.get(present["id"], {})):
            whose = subscribers.c.id == present["id"]
            writing.execute(update(subscribers).where(whose).values({**values, "key": subscribers.c.key}))
        else:
            continue
        taken.append(row)
    _take_sayings(reading, writing, taken)
    return len(taken)


def _known(writing: Connection, page: Sequence[RowMapping]) -> dict[str, RowMapping]:
    columns = (subscribers.c.id, subscribers.c.compared, subscribers.c.status, subscribers.c.changed_at)
    statement = select(*columns).where(subscribers.c.compared.in_([row["compared"] for row in page]))
    return {row["compared"]: row for row in writing.execute(statement).mappings()}


def _is_disputed(one: RowMapping, other: RowMapping) -> bool:
    """Whether one of two rows says that somebody has gone, and the other mails them."""
    return (one["status"] in _GONE and other["status"] in _MAILED) or (
        other["status"] in _GONE and one["status"] in _MAILED
    )


def _prevails(row: RowMapping, present: RowMapping, theirs: _Said, ours: _Said) -> bool:
    """Whether a row of the database that is replaced takes the place of the backup's.

    Value 2 decides: who left, complained or bounced in either has gone, whichever row changed last, for a clock may
    have been wrong, and a new name changes a row too. The one exception is that they came back after it: a
    confirmation (or the editor's `subscribers add`) of a later time, which the database where they have gone does not
    know. Where both have gone the stronger counts; in all other cases the later row."""
    if _is_disputed(row, present):
        if row["status"] in _GONE:
            return not _came_back(ours, row, theirs)
        return _came_back(theirs, present, ours)
    if row["status"] in _GONE and present["status"] in _GONE:
        stronger = _GONE.index(row["status"]) - _GONE.index(present["status"])
        return stronger > 0 or (stronger == 0 and row["changed_at"] > present["changed_at"])
    return bool(row["changed_at"] > present["changed_at"])


def _came_back(said: _Said, gone: RowMapping, known: _Said) -> bool:
    return any(what in _CAME_BACK and at > gone["changed_at"] and (what, at) not in known for what, at in said)


def _said(connection: Connection, people: Iterable[int]) -> dict[int, _Said]:
    """What people said, by their numbers."""
    found: dict[int, _Said] = {}
    statement = select(consents).where(consents.c.subscriber_id.in_(list(people)))
    for row in connection.execute(statement).mappings():
        found.setdefault(row["subscriber_id"], {})[row["what"], row["at"]] = {
            name: value for name, value in row.items() if name != "id"
        }
    return found


def _take_sayings(reading: Connection, writing: Connection, taken: Sequence[RowMapping]) -> None:
    """The proof of what was taken: what these people said since."""
    known = _known(writing, taken)
    theirs, ours = _said(reading, (row["id"] for row in taken)), _said(writing, (row["id"] for row in known.values()))
    rows = [
        {**said, "subscriber_id": known[row["compared"]]["id"]}
        for row in taken
        for what, said in theirs.get(row["id"], {}).items()
        if what not in ours.get(known[row["compared"]]["id"], {})
    ]
    if rows:
        writing.execute(insert(consents), rows)


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
