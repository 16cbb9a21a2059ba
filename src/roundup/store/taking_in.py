"""A list file taken in: piled up beside the database, then compared with the list page by page and written, all in one
transaction (`roundup.list_changes` has the rules)."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from roundup.email_address import clean_name, compared_form
from roundup.errors import ListError
from roundup.list_changes import (
    FOLLOWED_FILE,
    Changes,
    Known,
    Taken,
    TakingIn,
    choice_after,
    compare,
    stopped,
    too_many_lost,
)
from roundup.list_files import ListRow, Row
from roundup.model import Cadence, Status
from roundup.store.database import Database
from roundup.store.newsletter import change_newsletter
from roundup.store.people_rows import known_of, sections_as_kept
from roundup.store.pile import Pile
from roundup.store.schema import subscribers, suppressions
from roundup.tokens import KEY_OCTETS

_PAGE = 5_000
_OURS = (subscribers.c.origin == FOLLOWED_FILE, subscribers.c.status == Status.ACTIVE.value)


def take_in(database: Database, rows: Iterable[Row], how: TakingIn, *, name: str, digest: str) -> Taken:
    """See `SubscriberBook.take_in`."""
    taken = Taken(name=name)
    with closing(Pile()) as pile:
        # No transaction is open yet: reading a large file keeps nobody waiting.
        pile.put(rows, see=taken.see)
        with database.reading() if how.dry else database.writing() as connection:
            work = _Taking(connection, how, taken, pile)
            work.compare_all()
            if how.origin == FOLLOWED_FILE and not how.dry:
                change_newsletter(connection, followed_digest=digest, list_trouble="")
    return taken


class _Taking:
    """One file, within one transaction."""

    def __init__(self, connection: Connection, how: TakingIn, taken: Taken, pile: Pile) -> None:
        self._connection = connection
        self._how = how
        self._taken = taken
        self._pile = pile
        self._has_forgotten = connection.execute(select(suppressions.c.hash).limit(1)).first() is not None

    def compare_all(self) -> None:
        """Every page, and who vanished. Raises `ListError` if too many would be lost."""
        statement = select(func.count()).where(*_OURS)
        active = self._connection.execute(statement).scalar_one()
        lost = 0
        # First who vanished: afterwards who is new stands in the list, too.
        for vanished in self._vanished():
            lost += len(vanished)
            self._take(Changes(vanished=vanished), known_by(self._connection, vanished))
        for page in self._pile.pages():
            known = known_by(self._connection, page)
            changes = compare(page, known, forgotten=self._forgotten(page.keys() - known.keys()))
            lost += stopped(changes, known) if self._how.careful else 0
            self._take(changes, known)
        why = too_many_lost(lost, active) if self._how.careful else None
        if why is not None:
            raise ListError(why)

    def _take(self, changes: Changes, known: Mapping[str, Known]) -> None:
        self._taken.count(changes)
        self._how.seen(changes, known)
        if not self._how.dry:
            write(self._connection, changes, known, origin=self._how.origin, at=self._how.at)

    def _vanished(self) -> Iterable[list[str]]:
        after = ""
        while self._how.follows:
            statement = (
                select(subscribers.c.compared)
                .where(*_OURS, subscribers.c.compared > after)
                .order_by(subscribers.c.compared)
                .limit(_PAGE)
            )
            page = list(self._connection.execute(statement).scalars())
            if page and (missing := self._pile.missing(page)):
                yield missing
            if len(page) < _PAGE:
                return
            after = page[-1]

    def _forgotten(self, compared: Collection[str]) -> frozenset[str]:
        """Those of these addresses whose people asked to be erased."""
        if not self._has_forgotten:
            return frozenset()
        hashes = {each: tuple(self._how.hashed(each)) for each in compared}
        wanted = [one for several in hashes.values() for one in several]
        found = set(
            self._connection.execute(select(suppressions.c.hash).where(suppressions.c.hash.in_(wanted))).scalars()
        )
        return frozenset(each for each, several in hashes.items() if not found.isdisjoint(several))


def known_by(connection: Connection, compared: Iterable[str]) -> dict[str, Known]:
    """See `SubscriberBook.known`."""
    statement = select(subscribers).where(subscribers.c.compared.in_(list(compared)))
    return {row["compared"]: known_of(row) for row in connection.execute(statement).mappings()}


def write(connection: Connection, changes: Changes, known: Mapping[str, Known], *, origin: str, at: datetime) -> None:
    """Write changes down."""
    if changes.new:
        _insert(connection, [new_row(row, status, origin, at) for row, status in changes.new])
    if changes.changed:
        rows = [
            _changed(compared, row, status, known[compared], origin=origin)
            for compared, (row, status) in changes.changed.items()
        ]
        connection.execute(_CHANGE.values(changed_at=at), rows)
    if changes.vanished:
        gone = {"status": Status.REMOVED.value, "changed_at": at}
        rows = [{"whose": compared} for compared in changes.vanished]
        connection.execute(update(subscribers).where(subscribers.c.compared == bindparam("whose")).values(gone), rows)


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put people on the list. SQLAlchemy's own way costs twice what the rest of a row does."""
    columns = [column for column in subscribers.c if column.name in rows[0]]
    compiled = insert(subscribers).values({column: bindparam(column.name) for column in columns})
    sql = compiled.compile(dialect=connection.dialect)
    # Most of a page share their times.
    processes = {
        column.name: lru_cache(maxsize=256)(process)
        for column in columns
        if (process := column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect))
    }
    values = [
        {name: processes[name](value) if name in processes else value for name, value in row.items()} for row in rows
    ]
    order = sql.positiontup
    cursor = connection.connection.cursor()
    cursor.executemany(str(sql), [[row[name] for name in order] for row in values] if order else values)


_CHANGE = (
    update(subscribers)
    .where(subscribers.c.compared == bindparam("whose"))
    .values({each: bindparam(f"new_{each}") for each in (
        "status", "cadence", "sections", "name", "origin", "paused_until",
    )})
)  # fmt: skip


def _changed(compared: str, row: ListRow, status: Status, person: Known, *, origin: str) -> dict[str, Any]:
    cadence, sections = choice_after(person, row)
    # Whoever makes somebody active vouches for them: another file's silence takes nobody off.
    vouches = origin == FOLLOWED_FILE or status is Status.ACTIVE
    return {
        "whose": compared,
        "new_status": status.value,
        "new_cadence": cadence.value,
        "new_sections": sections_as_kept(sections),
        "new_name": clean_name(row.name) or person.name,
        "new_origin": origin if vouches else person.origin,
        "new_paused_until": (row.paused_until or person.paused_until) if status is Status.PAUSED else None,
    }


def new_row(row: ListRow, status: Status, origin: str, at: datetime) -> dict[str, Any]:
    """Somebody new, as the table has them."""
    return {
        "email": row.email,
        "compared": compared_form(row.email),
        "name": clean_name(row.name),
        "status": status.value,
        "cadence": (row.cadence or Cadence.DAILY).value,
        "sections": sections_as_kept(row.sections or ()),
        "key": secrets.token_bytes(KEY_OCTETS),
        "origin": origin,
        "since": row.since or at,
        "changed_at": at,
        "paused_until": row.paused_until if status is Status.PAUSED else None,
    }
