"""Rows of a list file, piled up and put in order by person, in a SQLite file of its own.

Nobody else sees it and it ends with the process, so that whatever the engine of the ledgers a million rows need no
memory, and those of one person come together.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from roundup.email_address import compared_form
from roundup.list_changes import weight
from roundup.list_files import BadRow, ListRow, Row
from roundup.model import Cadence, Status

_COLUMNS = ("line", "file", "email", "name", "status", "unknown", "cadence", "sections", "paused_until", "since")
_PUT = f"INSERT INTO pile VALUES (?, ?, {', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - constants of ours
#: Sorted by SQLite, which does that on the disk where it is much; of equals the first row comes first.
_TAKE = f"SELECT compared, weight, {', '.join(_COLUMNS)} FROM pile ORDER BY +compared, -weight, rowid"  # noqa: S608
#: Rows written at once, and read at once.
_AT_ONCE = 2_000


class Pile:
    """The rows of a list file."""

    def __init__(self) -> None:
        # An empty name: a temporary file, unlinked as soon as it is made, and kept in memory while it is small.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = OFF")
        columns = ", ".join(_COLUMNS)
        self._database.execute(f"CREATE TABLE pile (compared TEXT, weight INTEGER, {columns})")
        self._database.execute("BEGIN")
        self._is_indexed = False

    def put(self, rows: Iterable[Row], *, see: Callable[[Row], None]) -> None:
        """Pile rows up; `see` is told of each."""
        waiting: list[tuple[Any, ...]] = []
        for row in rows:
            see(row)
            if row.email:
                waiting.append(_packed(row))
            if len(waiting) == _AT_ONCE:
                self._database.executemany(_PUT, waiting)
                waiting = []
        self._database.executemany(_PUT, waiting)

    def pages(self) -> Iterator[dict[str, ListRow]]:
        """All usable rows, by compared form, some at a time: of the rows for one person that which weighs most."""
        page: dict[str, ListRow] = {}
        last = ""
        for each in self._database.execute(_TAKE):
            if each[0] == last:
                continue
            last = each[0]
            if each[1] >= 0:
                page[last] = _unpacked(each[2:])
            if len(page) == _AT_ONCE:
                yield page
                page = {}
        if page:
            yield page

    def missing(self, compared: Sequence[str]) -> list[str]:
        """Those of these addresses of which no row speaks, not even a bad one."""
        if not self._is_indexed:
            self._database.execute("CREATE INDEX pile_by_person ON pile (compared)")
            self._is_indexed = True
        marks = ", ".join("?" * len(compared))
        found = self._database.execute(f"SELECT compared FROM pile WHERE compared IN ({marks})", compared)  # noqa: S608
        there: Collection[str] = {each[0] for each in found}
        return [each for each in compared if each not in there]

    def close(self) -> None:
        """Let go of it."""
        self._database.close()


def _packed(row: Row) -> tuple[Any, ...]:
    own = (compared_form(row.email), weight(row), row.line, row.file, row.email)
    if isinstance(row, BadRow):
        return (*own, "", None, "", None, None, None, None)
    return (
        *own,
        row.name,
        row.status.value if row.status else None,
        row.unknown_status,
        row.cadence.value if row.cadence else None,
        None if row.sections is None else ",".join(row.sections),
        row.paused_until.isoformat() if row.paused_until else None,
        row.since.isoformat() if row.since else None,
    )


def _unpacked(packed: Sequence[Any]) -> ListRow:
    line, file, email, name, status, unknown, cadence, sections, paused_until, since = packed
    return ListRow(
        line=line,
        file=file,
        email=email,
        name=name,
        status=Status(status) if status else None,
        unknown_status=unknown,
        cadence=Cadence(cadence) if cadence else None,
        sections=None if sections is None else tuple(each for each in sections.split(",") if each),
        paused_until=date.fromisoformat(paused_until) if paused_until else None,
        since=datetime.fromisoformat(since) if since else None,
    )
