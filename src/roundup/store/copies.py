"""Whole copies of a SQLite database, made while others read and write it.

SQLite's online backup (sqlite.org/backup.html), in one step: one read transaction, so that the copy is one state of the
database, and in WAL mode no writer waits for it.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from roundup.errors import StoreError
from roundup.words import borrowed, say

#: What a file that is no sound database makes of it.
DAMAGED = sqlite3.DatabaseError


def copy(source: Path, target: Path) -> None:
    """Make `target` a copy of the database at `source`, of mode 600, on the disk when this ends. It appears whole or
    not at all. Raises `StoreError`."""
    partial = target.with_name(f".{target.name}.partial")
    # Somebody who was killed may have left them.
    for ending in ("", "-journal"):
        partial.with_name(partial.name + ending).unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(partial)) as made:
            original.backup(made)
            # The copy is one file, without a journal beside it.
            made.execute("PRAGMA journal_mode = DELETE")
        to_disk(partial)
        partial.replace(target)
        to_disk(target.parent)
    except sqlite3.Error as error:
        raise StoreError(say("{path} could not be copied: {error}.", path=source, error=borrowed(error))) from error
    finally:
        partial.unlink(missing_ok=True)


def to_disk(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def counts(path: Path) -> tuple[str, dict[str, int]]:
    """The schema's revision and how many rows each table of a copy has, after SQLite has looked through all of it.
    Raises `StoreError` if it is damaged."""
    try:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise StoreError(say("{path} is damaged: {error}.", path=path, error=borrowed(found)))
            names = [
                row[0]
                for row in database.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
                )
            ]
            revision = database.execute("SELECT version_num FROM alembic_version").fetchone()
            rows = {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
    except sqlite3.Error as error:
        raise StoreError(say("{path} is damaged: {error}.", path=path, error=borrowed(error))) from error
    return (revision[0] if revision else ""), rows


def stamp(path: Path) -> tuple[int, bytes] | None:
    """What is another once somebody has written into a database that has no journal; None: there is none."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        # SQLite's own count of changes stands in the head.
        return path.stat().st_mtime_ns, file.read(100)


def in_one_file(path: Path) -> None:
    """Take all that a database's journal holds into its file, so that it may be moved. Nobody else has it open.
    Raises `StoreError`."""
    try:
        alone = is_left_alone(path)
    except DAMAGED as error:
        raise StoreError(say("{path} is damaged: {error}.", path=path, error=borrowed(error))) from error
    if not alone:
        raise StoreError(say("{path} could not be put into one file. Nothing was changed.", path=path))


def is_left_alone(path: Path) -> bool:
    """Whether no other process has the database open. What its journal holds is then in the file, and the journal is
    gone. Raises `sqlite3.DatabaseError` if it is damaged."""
    with closing(sqlite3.connect(path, timeout=0)) as database:
        try:
            # Leaving WAL mode needs the file for oneself (sqlite.org/wal.html).
            mode = database.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            return False
    return bool(mode == "delete")
