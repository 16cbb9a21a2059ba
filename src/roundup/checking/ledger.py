"""The database, and the disk it lies on, looked at without changing them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from roundup.checking import Area, Finding, Looked
from roundup.checking.catalogue import finding
from roundup.errors import HeldError, StoreError
from roundup.store import Examination, Store
from roundup.words import figures, say

#: SQLite's journal is written into the file at 1 MB; more waits behind somebody who reads for very long.
_LONG_JOURNAL = 64 * 1024 * 1024
#: What an issue needs beside what is there: measured on full disks, which a run must not meet in the middle.
_ROOM, _ROOM_FOR_ONE = 16 * 1024 * 1024, 1024
_MEGABYTE = 1024 * 1024


def look(store: Store) -> Iterator[Looked]:
    """How the database stands."""
    try:
        found = store.examine()
    except HeldError as error:
        yield Looked(area=Area.DATABASE, findings=[finding("database-gone", str(error))])
    except StoreError as error:
        yield Looked(area=Area.DATABASE, findings=[finding("database", str(error))])
    else:
        seen = say("up to date") if found.exists else say("not there yet: the first run makes it")
        yield Looked(area=Area.DATABASE, findings=[*_judged(found)], seen=[seen])


def _judged(found: Examination) -> Iterator[Finding]:
    if found.damage:
        yield finding(
            "database-damaged",
            say(
                "The database is damaged ({damage}): stop every run, and bring it back from a backup, for it knows who "
                "has left and what was sent.",
                damage=found.damage,
            ),
        )
    if found.read_only:
        yield finding(
            "database-read-only",
            say(
                "The database, or its folder, cannot be written to, so nothing is sent: give both to whoever runs "
                "roundup (chown), on a disk that may be written."
            ),
        )
    if found.journal > _LONG_JOURNAL:
        yield finding(
            "database-journal",
            say(
                "Beside the database lie {count} MB that are not in it yet (-wal): some program keeps it open; stop "
                "and start `roundup serve`, and see whether a backup program holds it.",
                count=figures(found.journal // _MEGABYTE),
            ),
        )
    if not found.current:
        yield finding(
            "database-older",
            say("The database is of an older roundup: make a backup; the next run brings it up to date."),
        )


def room(folder: Path, people: int) -> Iterator[Finding]:
    """Whether the disk has room for an issue to so many people. Raises OSError."""
    free, needed = shutil.disk_usage(folder).free, _ROOM + _ROOM_FOR_ONE * people
    if free < needed:
        yield finding(
            "disk-full",
            say(
                "The disk of {folder} has {free} MB free, and an issue to this list needs {needed} MB: make room, or "
                "a run may have to stop in the middle.",
                folder=folder,
                free=figures(free // _MEGABYTE),
                needed=figures(-(-needed // _MEGABYTE)),
            ),
        )
