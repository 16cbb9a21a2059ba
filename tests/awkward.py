"""Rows of every table, with values that engines and drivers are known to bend."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import cycle
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    insert,
    select,
    text,
)

from roundup.store.schema import Instant, deliveries, metadata, subscribers

#: Rows of each table.
ROWS = 12
#: No two are the same, so that they may be keys. Each fits into the shortest column.
_TEXTS = (
    "",
    "plain",
    'O\'Hara \\ "%s" ',
    "a\0b",
    "a",
    "\ufdd0",
    "\ufdd00\0\ufdd01",
    "e\u0301\u00e9",
    "\u05e9\u200f\u202e",
    "\U0001f4e8\U0010ffff",
    "\r\n\t\x1f\x7f",
    "NULL",
)
_NUMBERS = (0, 1, -1, 2**31 - 1, -(2**31))
_LARGE = (*_NUMBERS, 2**63 - 1, -(2**63), 2**53 + 1)
_INSTANTS = (
    datetime(2026, 11, 27, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
)
_DAYS = (date(1, 1, 1), date(2026, 11, 27), date(9999, 12, 31))
#: As they stand in the column: no value, the `null` of JSON, and numbers that a parser would write in another way.
_JSON = (
    None,
    "null",
    "[]",
    '{"b": 1.10, "a": 1e3, "a": -0.0, "c": 0.1}',
    '"\\u0000 \\ud83d\\udce8"',
    "[12345678901234567890123, true, false]",
)


def fill(connection: Connection) -> None:
    """Awkward rows for every table, which refer to one another as they must."""
    for table in metadata.sorted_tables:
        makers = {column: _values(column) for column in table.columns}
        for number in range(ROWS):
            row = {column.name: next(values) for column, values in makers.items()}
            _put(connection, table, {**row, **_own_key(table, number)})


def _own_key(table: Table, number: int) -> Mapping[str, Any]:
    """What no two rows of a table may have the same of."""
    own: dict[str, Any] = {}
    for column in table.columns:
        if column.foreign_keys or (column.primary_key and isinstance(column.type, Integer)):
            own[column.name] = number + 1
        elif column.unique or (column.primary_key and isinstance(column.type, LargeBinary)):
            own[column.name] = _TEXTS[number] if isinstance(column.type, Text) else bytes([255 - number, 0, 39, 92] * 2)
    if table.name == "issues":
        own["day"] = date(2026, 11, number + 1)
    return own


def _values(column: Column[Any]) -> Iterator[Any]:
    kinds: tuple[tuple[type, tuple[Any, ...]], ...] = (
        (Boolean, (True, False)),
        (Integer, _LARGE if column.type.__class__.__name__ == "BigInteger" else _NUMBERS),
        (LargeBinary, (b"", b"\0", bytes(range(256)), b"'\\x00")),
        (Instant, _INSTANTS),
        (Date, _DAYS),
        (String, _TEXTS),
        (object, _JSON),
    )
    values = next(values for kind, values in kinds if isinstance(column.type, kind))
    return cycle([*values, None] if column.nullable else [each for each in values if each is not None])


def _put(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """One row; JSON as it is to stand there."""
    held = {name: row[name] for name in row if table.c[name].type.__class__.__name__ == "JSON"}
    connection.execute(insert(table).values({**row, **{key: [] for key in held}}))
    cast = "CAST(:value AS json)" if connection.dialect.name == "postgresql" else ":value"
    keys = {column.name: row[column.name] for column in table.primary_key.columns}
    for name, value in held.items():
        where = " AND ".join(f"{key} = :key_{key}" for key in keys)
        given = {"value": value} | {f"key_{key}": each for key, each in keys.items()}
        connection.execute(text(f"UPDATE {table.name} SET {name} = {cast} WHERE {where}"), given)  # noqa: S608


def fill_with_many(connection: Connection, count: int) -> None:
    """Besides them so many people, and a delivery of the first issue to each."""
    (one,) = connection.execute(select(subscribers).where(subscribers.c.id == 2)).mappings()
    sent = {"issue_id": 1, "state": "accepted", "reply": "250 2.0.0 Ok: queued as 4bQ1xX0YzWz1"}
    for first in range(100, 100 + count, 1000):
        numbers = range(first, first + 1000)
        others = ({"id": each, "compared": f"r{each}@example.org", "key": b"%08d" % each} for each in numbers)
        connection.execute(insert(subscribers), [{**one, **other} for other in others])
        connection.execute(insert(deliveries), [{**sent, "subscriber_id": each} for each in numbers])
