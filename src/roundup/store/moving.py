"""Every row of one database copied into another, whichever engines they are, and compared.

Rows go in pages, in the order of their keys, table by table, so that nothing refers to what is not there yet. What was
copied and committed is always the beginning of what there is; so a copy that was cut off is gone on with.

Values are read and written as columns hold them, and no wrapping of ours is taken off: a JSON `null` and no value at
all are two things, and a number keeps the digits that it was written with.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Table,
    Text,
    bindparam,
    cast,
    exc,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
)

from roundup.errors import StoreError
from roundup.store.schema import issues, metadata, renderings, sources
from roundup.words import borrowed, say

#: Rows of a page, which is all that is kept in memory; and of one of the tables whose rows hold whole mails or folders.
_PAGE, _SHORT_PAGE = 1000, 20
_LONG_ROWS = {issues, renderings, sources}
_TO = "to_"
_POSTGRESQL = "postgresql"

Key = tuple[Any, ...]
#: Opens a transaction of the database that is copied into; its end commits a page.
Pages = Callable[[], AbstractContextManager[Connection]]


class NotCopiedError(StoreError):
    """The rows cannot be copied. What was not committed before never was."""


class OtherRowsError(NotCopiedError):
    """What lies in the database that is copied into is not the beginning of what is copied."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What is compared of a table: how many rows, and the sum of their digests, which is the same in whatever order an
    engine gives them (PostgreSQL's texts hold a NUL in another way, which sorts elsewhere)."""

    rows: int = 0
    digest: int = 0

    def with_rows(self, rows: Sequence[Row[Any]]) -> "Sum":
        """The same and some more rows."""
        # How Python writes values tells kinds apart, and each has one way.
        added = sum(int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest()) for row in rows)
        return Sum(self.rows + len(rows), (self.digest + added) % 2**256)


def copy(source: Connection, pages: Pages, *, watch: Callable[[int], None] = lambda _rows: None) -> None:
    """Copy every row that is not there yet. `source`: in one transaction, so that it is one state. `watch` is told
    after each page of how many rows. Raises `OtherRowsError`, and `NotCopiedError` for a value that the other engine
    does not take."""
    for table in metadata.sorted_tables:
        with pages() as target:
            there, _ = _added_up(target, table)
        same, last = _added_up(source, table, only=there.rows)
        if same != there:
            raise OtherRowsError(_differs(table))
        for page in _pages(source, table, after=last):
            with pages() as target:
                _write(target, table, page)
            watch(len(page))
    with pages() as target:
        _count_on(target)


def compare(source: Connection, target: Connection) -> Mapping[str, int]:
    """How many rows each table has, in both. Raises `OtherRowsError` if one is not the same to the last octet."""
    rows = {}
    for table in metadata.sorted_tables:
        ours, theirs = _added_up(source, table)[0], _added_up(target, table)[0]
        if ours != theirs:
            raise OtherRowsError(_differs(table))
        rows[table.name] = ours.rows
    return rows


def empty(target: Connection) -> None:
    """Away with every row."""
    if target.dialect.name == _POSTGRESQL:
        # Rows one by one would each be looked for in all that could refer to them.
        target.execute(text(f"TRUNCATE {', '.join(metadata.tables)}"))
        return
    for table in reversed(metadata.sorted_tables):
        target.execute(table.delete())


def is_empty(target: Connection) -> bool:
    """Whether there is no row of anything."""
    return not any(target.execute(select(1).select_from(table).limit(1)).first() for table in metadata.sorted_tables)


def total(source: Connection) -> int:
    """How many rows there are in all."""
    return sum(source.execute(select(func.count()).select_from(table)).scalar_one() for table in metadata.sorted_tables)


def _differs(table: Table) -> str:
    return say("The rows of {table} are not the same in both databases. What was copied is not used.", table=table.name)


# Reading -----------------------------------------------------------------------------------------------------------


def _pages(
    source: Connection, table: Table, *, after: Key | None = None, only: int | None = None
) -> Iterator[Sequence[Row[Any]]]:
    """The rows in the order of their keys, from the one that follows `after`; `only`: so many."""
    keys = [*table.primary_key.columns]
    place = [[*table.columns].index(key) for key in keys]
    size = _SHORT_PAGE if table in _LONG_ROWS else _PAGE
    wanted = select(*(_as_held(column) for column in table.columns)).order_by(*keys)
    while only is None or only > 0:
        page = wanted.limit(size if only is None else min(size, only))
        if after is not None:
            page = page.where(
                tuple_(*keys) > tuple_(*(literal(value, key.type) for key, value in zip(keys, after, strict=True)))
            )
        rows = source.execute(page).all()
        if not rows:
            return
        yield rows
        after = tuple(rows[-1][at] for at in place)
        only = None if only is None else only - len(rows)


def _added_up(source: Connection, table: Table, *, only: int | None = None) -> tuple[Sum, Key | None]:
    """The sum of all rows, or of the first ones, and the key of the last."""
    summed, last = Sum(), None
    place = [[*table.columns].index(key) for key in table.primary_key.columns]
    for rows in _pages(source, table, only=only):
        summed = summed.with_rows(rows)
        last = tuple(rows[-1][at] for at in place)
    return summed, last


def _as_held(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(column, Text) if isinstance(column.type, JSON) else column


# Writing -----------------------------------------------------------------------------------------------------------


def _write(target: Connection, table: Table, page: Sequence[Row[Any]]) -> None:
    names = [_TO + column.name for column in table.columns]
    values = {column: _as_given(column, target) for column in table.columns}
    try:
        target.execute(insert(table).values(values), [dict(zip(names, row, strict=True)) for row in page])
    except (exc.DataError, exc.IntegrityError) as error:
        # Its first words; what else the driver says may hold somebody's address.
        told = getattr(getattr(error.orig, "diag", None), "message_primary", None) or error.orig
        raise NotCopiedError(
            say("A row of {table} cannot be written there: {error}.", table=table.name, error=borrowed(told))
        ) from None


def _as_given(column: ColumnElement[Any], target: Connection) -> ColumnElement[Any]:
    name = f"{_TO}{column.key}"
    if not isinstance(column.type, JSON):
        return bindparam(name, type_=column.type)
    held: BindParameter[Any] = bindparam(name, type_=Text)
    return cast(held, JSON) if target.dialect.name == _POSTGRESQL else held


def _count_on(target: Connection) -> None:
    """Let PostgreSQL number new rows after those that came with their numbers. Never back: that would not be undone
    with the transaction."""
    if target.dialect.name != _POSTGRESQL:
        return
    for table in metadata.sorted_tables:
        for column in table.primary_key.columns:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            highest = select(func.max(column)).scalar_subquery()
            if column is table.autoincrement_column:
                reached = func.greatest(highest, func.pg_sequence_last_value(sequence))
                target.execute(select(func.setval(sequence, reached)).where(highest.is_not(None)))
