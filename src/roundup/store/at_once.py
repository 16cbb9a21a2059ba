"""The rows of a turn, all written by one statement, where the engine takes many values at once (PostgreSQL).

Row by row, a turn's outcomes and marks cost this process and the server half a millisecond each time. SQLite is no
other process, and is as quick row by row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine.interfaces import DBAPICursor

from roundup.store.database import Told

_OURS = """deliveries.issue_id = %(asked_issue)s AND deliveries.state = 'claimed'
    AND deliveries.lease = %(asked_lease)s"""
_SETTLE = f"""
UPDATE deliveries SET state = what.state, attempts = what.attempts, next_try = what.next_try, code = what.code,
    reply = what.reply, changed_at = %(asked_now)s, offered = 0, doubts = deliveries.doubts + what.doubts
FROM unnest(%(subscriber)s::int[], %(state)s::text[], %(attempts)s::int[], %(doubts)s::int[], %(next_try)s::bigint[],
    %(code)s::int[], %(reply)s::text[]) AS what(subscriber, state, attempts, doubts, next_try, code, reply)
WHERE {_OURS} AND deliveries.subscriber_id = what.subscriber"""  # noqa: S608 - constants of ours
_OFFER = f"""
UPDATE deliveries SET offered = 1, resent = doubts
WHERE {_OURS} AND offered = 0 AND subscriber_id = ANY(%(offering)s::int[])"""  # noqa: S608 - the same
#: Both, and an error unless every row is changed, soon after the transaction was begun. Who is behind a long
#: writer has to look at the list again.
_BOTH = f"""
WITH settled AS ({_SETTLE} RETURNING 1), offered AS ({_OFFER} RETURNING 1)
SELECT 1 / CASE WHEN (SELECT count(*) FROM settled) = %(to_settle)s AND (SELECT count(*) FROM offered) = %(to_offer)s
    AND clock_timestamp() < transaction_timestamp() + %(soon)s * interval '1 second' THEN 1 ELSE 0 END"""  # noqa: S608 - the same
_COLUMNS = ("subscriber", "state", "attempts", "doubts", "next_try", "code", "reply")


def settle(cursor: DBAPICursor, own: Mapping[str, int], rows: Sequence[Mapping[str, Any]]) -> int:
    """Write outcomes down. Returns how many rows were changed."""
    cursor.execute(_SETTLE, {**own, **_by_column(rows)})
    return cursor.rowcount


def offer(cursor: DBAPICursor, own: Mapping[str, int], subscribers: Sequence[int]) -> int:
    """Mark deliveries as being offered. Returns how many rows were changed."""
    cursor.execute(_OFFER, {**own, "offering": _array(subscribers)})
    return cursor.rowcount


def both(own: Mapping[str, int], rows: Sequence[Mapping[str, Any]], subscribers: Sequence[int], *, soon: float) -> Told:
    """What does both within so many seconds after the transaction was begun, and fails if any row was not changed."""
    counts = {"to_settle": len(rows), "to_offer": len(subscribers), "soon": soon}
    return _BOTH, {**own, **_by_column(rows), "offering": _array(subscribers), **counts}


def _by_column(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {name: _array(row[f"asked_{name}"] for row in rows) for name in _COLUMNS}


def _array(values: Iterable[int | str | None]) -> str:
    """As the server reads arrays. The driver writes them one value after another, which costs more than all the rest:
    0.4 ms for eight rows."""
    return f"{{{','.join(_element(each) for each in values)}}}"


def _element(value: int | str | None) -> str:
    if isinstance(value, str):
        value = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{value}"'
    return "NULL" if value is None else str(value)
