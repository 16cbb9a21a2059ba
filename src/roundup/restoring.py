"""A backup put in place of a newsletter.

What is to come into place is made ready beside it, in `.restoring`, which changes nothing; a restore that ends before
`READY` is written never was. From `READY` on it is only moved, and the next command of any kind goes on with that.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from roundup import lost_issues, restoring_on_server, scaffold, scheduling
from roundup.backing_up import DATABASE, Manifest, unpack
from roundup.errors import HeldError, StoreError
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, IssueKey
from roundup.office import Office
from roundup.scheduling import Schedule
from roundup.store import copies, lost_time
from roundup.store.lost_time import Doubtful
from roundup.store.moving import NotCopiedError
from roundup.words import borrowed, mark, say, spoken

if TYPE_CHECKING:
    from roundup.store.postgresql import PostgresStore

#: `roundup.cli.declaring` looks for it, too, before it loads this.
_STAGING = ".restoring"
_READY = "READY"
_NEW, _KEPT, _PRESENT = "new", "kept", "present.db"
_LOST = mark(
    "Restored from a backup of {when}: this issue may have been sent in the lost time. If it was: `roundup issues skip "
    "{key} --was-sent`. If it was not: `roundup issues release {key}`."
)
_NEXT = mark(
    "Restored from a backup of {when}: pieces of this issue may have been mailed in the lost time. Look at `roundup "
    "preview`, then let it go: `roundup issues release {key}`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What waits for a person after a restore."""

    #: Issues that may have been sent, not written down in the backup.
    lost: list[IssueKey]
    #: Issues that were being delivered when the backup was made.
    frozen: list[IssueKey]
    #: The issues after them, whose pieces may have been mailed.
    following: list[IssueKey]


@contextmanager
def staged(directory: Path, file: Path) -> Iterator[tuple[Path, Manifest]]:
    """Lay a backup out beside the newsletter, until the end of the block. Gives where, and what it says of itself.
    Raises `StoreError`."""
    staging = directory / _STAGING
    with scaffold.held(staging) as ours:
        if not ours:
            raise StoreError(say("A restore is at work here already. Nothing was changed."))
        # One that was killed since the command began.
        _complete(directory)
        scaffold.clear(staging)
        folder = staging / _NEW
        folder.mkdir(mode=0o700)
        try:
            yield folder, unpack(file, folder)
        finally:
            # What is ready and could not be moved is moved by the next command.
            if not (staging / _READY).exists():
                scaffold.remove(staging)


@contextmanager
def room_to_keep(directory: Path) -> Iterator[Path]:
    """An empty folder in which the present state is made ready to be kept, while a backup is laid out."""
    folder = directory / _STAGING / _KEPT
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def hold_the_lost_time(folder: Path, schedule: Schedule, manifest: Manifest, *, now: datetime) -> Held:
    """Hold what may have been sent between the backup and now, in the database that is laid out."""
    database, when = folder / DATABASE, spoken().full_moment(manifest.taken_at.astimezone(schedule.zone))
    frozen = lost_time.hold_frozen(database, lambda key: say(_LOST, when=when, key=key), at=now)
    lost: list[IssueKey] = []
    following: list[IssueKey] = []
    # A first run may have been in the lost time. On its own day `--now` sends an issue whose time was over before it.
    began = scheduling.day_of(lost_time.began(database) or manifest.taken_at, schedule)
    for edition, calendar in _calendars(schedule):
        doubtful = [
            Doubtful(key=key, instant=instant, why=say(_LOST, when=when, key=key))
            for key, instant in _due_between(manifest.taken_at, now, calendar, edition)
            if key.day >= began
        ]
        here = lost_time.hold_due(database, doubtful, at=now)
        lost += here
        # What somebody sent by hand, on a day without an issue, nobody here knows of.
        if here or frozen or edition == MAIN_EDITION or lost_time.may_be_tried_again(database, edition):
            after = max(now, doubtful[-1].instant) if doubtful else now
            waits = (
                Doubtful(key=key, instant=instant, why=say(_NEXT, when=when, key=key))
                for key, instant in _to_come(after, now, calendar, edition)
            )
            following += lost_time.hold_first(database, waits, at=now)
    return Held(lost=lost, frozen=frozen, following=following)


def _calendars(schedule: Schedule) -> Iterator[tuple[str, Schedule]]:
    yield MAIN_EDITION, schedule
    if schedule.of_the_week is not None:
        yield WEEKLY_EDITION, schedule.of_the_week


def _due_between(
    since: datetime, now: datetime, calendar: Schedule, edition: str
) -> Iterator[tuple[IssueKey, datetime]]:
    """From the issue due last before the backup, which may have gone out after it, to today's, which `run --now` may
    have sent before its time."""
    due = scheduling.latest_due(since, calendar) or scheduling.next_due(since, calendar)
    today = scheduling.day_of(now, calendar)
    while due is not None and due.day <= today:
        yield IssueKey(day=due.day, edition=edition), due.instant
        due = scheduling.next_due(due.instant, calendar)


def _to_come(after: datetime, now: datetime, calendar: Schedule, edition: str) -> Iterator[tuple[IssueKey, datetime]]:
    """The issues that are due after then. Where the calendar has none any more, those that `run --now` may send."""
    while (due := scheduling.next_due(after, calendar)) is not None:
        yield IssueKey(day=due.day, edition=edition), due.instant
        after = due.instant
    day = scheduling.day_of(now, calendar)
    while edition == MAIN_EDITION:
        yield IssueKey(day=day), scheduling.instant_of(day, calendar)
        day += timedelta(days=1)


def put_in_place(directory: Path, database: Path, server: "PostgresStore | None") -> None:
    """From here on the backup is the newsletter. `database`: where its database belongs, if not on the `server`, whose
    lock the caller holds. Raises `StoreError`."""
    staging = directory / _STAGING
    # What its journal held would stay behind, and with it what was held.
    copies.in_one_file(staging / _NEW / DATABASE)
    copies.to_disk(staging / _NEW)
    partial = staging / f"{_READY}.partial"
    place, here = database.resolve(), directory.resolve()
    # Whoever finishes it may see the directory by another path, from within a container for example.
    place = place.relative_to(here) if place.is_relative_to(here) else place
    where = {"database": str(place)} if server is None else restoring_on_server.place(server)
    partial.write_text(json.dumps(where), encoding="utf-8")
    copies.to_disk(partial)
    partial.replace(staging / _READY)
    copies.to_disk(staging)
    _complete(directory, server)


def present_copy(directory: Path) -> Path:
    """Where a copy of what is on the server lies, as long as it may be replaced."""
    return directory / _STAGING / _PRESENT


def finish(directory: Path) -> bool:
    """Go on with a restore that was killed while it moved things into place, or take away what one left that was
    killed before. Returns whether there was something to go on with."""
    staging = directory / _STAGING
    if not staging.exists():
        return False
    # Whoever comes while things are moved waits, and finds it done.
    with scaffold.held(staging, waits=(staging / _READY).exists()) as ours:
        completed = ours and _complete(directory)
        if ours:
            scaffold.remove(staging)
    return completed


def _complete(directory: Path, server: "PostgresStore | None" = None) -> bool:
    """Move what is ready into its place. The caller holds the folder, and the lock of a `server` that is given. Raises
    `HeldError`: until it is moved, half of the newsletter is of yesterday."""
    staging = directory / _STAGING
    if not (staging / _READY).exists():
        return False
    told = json.loads((staging / _READY).read_text(encoding="utf-8"))
    if not restoring_on_server.is_on_server(told):
        _move_all(directory, staging / _NEW, directory / told["database"])
        _is_done(staging)
    elif server is None:
        with restoring_on_server.held(directory, staging / _NEW, told) as found:
            _complete_on(found, directory, told)
    else:
        _complete_on(server, directory, told)
    return True


def _complete_on(server: "PostgresStore", directory: Path, told: Mapping[str, str]) -> None:
    staging = directory / _STAGING
    try:
        restoring_on_server.load(server, staging / _NEW / DATABASE, present_copy(directory), told)
    except NotCopiedError:
        # No file was moved yet: the restore never was.
        _is_done(staging)
        raise
    _move_all(directory, staging / _NEW, None)
    _is_done(staging)
    restoring_on_server.forget(server)


def _is_done(staging: Path) -> None:
    (staging / _READY).unlink()
    copies.to_disk(staging)


def _move_all(directory: Path, folder: Path, database: Path | None) -> None:
    try:
        _move(directory, folder, database)
    except OSError as error:
        raise HeldError(
            say(
                "A restore was begun and cannot be finished: {path}: {error}. Mend that; any command then goes on with "
                "it, and none does anything else before.",
                path=error.filename or directory,
                error=borrowed(error.strerror or error),
            )
        ) from error


def _move(directory: Path, folder: Path, database: Path | None) -> None:
    """Move the files; `database`: where that belongs, None: not among the files."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if name.startswith((f"{DATABASE}-", f"{DATABASE}.before-")):
            # The backup itself is what there was before its database was brought up to date.
            continue
        if name == DATABASE and database is None:
            continue
        target = database if name == DATABASE and database is not None else directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name == DATABASE:
            # A journal of the former database would be read as this one's.
            for ending in ("-wal", "-shm", "-journal"):
                target.with_name(target.name + ending).unlink(missing_ok=True)
        _move_to(path, target)
        copies.to_disk(target.parent)


def _move_to(path: Path, target: Path) -> None:
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The database may lie on another disk than the newsletter.
        partial = target.with_name(f".{target.name}.partial")
        os.close(os.open(partial, os.O_CREAT | os.O_WRONLY, 0o600))
        shutil.copy(path, partial)
        copies.to_disk(partial)
        partial.replace(target)
        copies.to_disk(target.parent)
        path.unlink()


def were_sent(office: Office, held: Held, *, now: datetime) -> Held:
    """The editor says that what may have been sent was sent: it is closed, and no piece of before now is new to an
    edition that went out. Returns what waits still. The caller holds the lock. If this is killed, what is not closed
    yet stays held. Raises `HeldError` if a source cannot be read, unless all were on their way when the backup was
    made: what was mailed of it is not known then, and everything waits."""
    with office.store.to_write() as ledgers:
        if held.lost:
            lost_issues.read_sources(office, ledgers, now=now)
        for key in (*held.frozen, *held.lost):
            # Also what somebody sent by hand, with `run --now`, after the last of them.
            lost_issues.was_sent(office, ledgers, key, until=now, now=now)
        # Where all that was lost is frozen, nobody knows of what was sent after it.
        known = {key.edition for key in held.lost}
        for key in held.following:
            record = ledgers.archive.find(key)
            if record is not None and key.edition in known:
                ledgers.archive.hold(key, "", instant=record.instant, at=now)
    return Held(lost=[], frozen=[], following=[key for key in held.following if key.edition not in known])
