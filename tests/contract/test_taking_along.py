"""What a restored database takes from the one that it replaces: who has gone in either has gone."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roundup.model import Status
from roundup.store import Ledgers
from roundup.store.sqlite import SqliteStore
from roundup.store.taking_along import take_along
from roundup.subscribers import Consent, Saying
from tests.lists import leave

ADA = "ada@lantern.example"
DAY = timedelta(days=1)
#: When the backup was made; a clock that went wrong is a year ahead.
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
AHEAD = NOW + 365 * DAY
#: One thing that happens to Ada.
Step = Callable[[Ledgers], object]


def added(at: datetime, name: str = "") -> Step:
    return lambda ledgers: ledgers.subscribers.add(ADA, name, at=at)


def left(at: datetime) -> Step:
    return lambda ledgers: leave(ledgers.subscribers, key_of(ledgers), at=at)


def became(status: Status, at: datetime) -> Step:
    return lambda ledgers: ledgers.subscribers.set_status(ADA, status, at=at)


def stayed(at: datetime) -> Step:
    said = Consent(what=Saying.STAYED, at=at)
    return lambda ledgers: ledgers.subscribers.stay({key_of(ledgers): said}, since=NOW - 30 * DAY)


def key_of(ledgers: Ledgers) -> bytes:
    person = ledgers.subscribers.find(ADA)
    assert person is not None
    return person.key


def restored(folder: Path, before: list[Step], since: list[Step], *, only_in_backup: tuple[Step, ...] = ()) -> Path:
    """A backup into which was taken what happened since."""
    old, new = folder / "old.db", folder / "new.db"
    _lives(old, before)
    shutil.copy(old, new)
    _lives(new, list(only_in_backup))
    _lives(old, since)
    take_along(new, old, lambda compared: (compared.encode(),), at=NOW)
    return new


def _lives(path: Path, steps: list[Step]) -> None:
    with SqliteStore(path=path).to_write() as ledgers:
        for step in steps:
            step(ledgers)


def status_in(path: Path) -> Status:
    with SqliteStore(path=path).to_write() as ledgers:
        person = ledgers.subscribers.find(ADA)
        assert person is not None
        return person.status


@pytest.mark.parametrize("gone", [Status.LEFT, Status.COMPLAINED, Status.BOUNCED])
def test_who_has_gone_stays_away_whatever_the_clock_said_before(tmp_path: Path, gone: Status) -> None:
    # Also where a confirmation of the wrong clock's time is in both.
    new = restored(tmp_path, [added(AHEAD)], [became(gone, NOW + DAY)])

    assert gone is status_in(new)


@pytest.mark.parametrize("gone", [Status.LEFT, Status.COMPLAINED, Status.BOUNCED])
def test_who_had_gone_by_the_backup_is_not_brought_back_by_a_later_row(tmp_path: Path, gone: Status) -> None:
    # A database of another time in its place: whoever put an older one there lost that they had gone.
    new = restored(
        tmp_path, [added(NOW - 9 * DAY)], [became(Status.ACTIVE, NOW + DAY)], only_in_backup=(became(gone, NOW),)
    )

    assert gone is status_in(new)


def test_who_came_back_since_is_back_and_so_is_the_proof(tmp_path: Path) -> None:
    new = restored(tmp_path, [added(NOW - 9 * DAY), left(NOW - DAY)], [added(NOW + DAY)])
    assert Status.ACTIVE is status_in(new)

    with SqliteStore(path=new).to_write() as ledgers:
        person = ledgers.personal.of(ADA)
    assert person is not None
    assert ["added", "left", "added"] == [each["what"] for each in person["consents"]]
    # Restored once more, with the proof.
    shutil.copy(new, tmp_path / "again.db")
    assert 0 == take_along(tmp_path / "again.db", new, lambda compared: (compared.encode(),), at=NOW)


def test_who_took_leaving_back_since_stays(tmp_path: Path) -> None:
    assert Status.ACTIVE is status_in(restored(tmp_path, [added(NOW - 9 * DAY), left(NOW)], [stayed(NOW + DAY)]))


def test_who_came_back_in_the_backup_after_they_had_gone_is_there(tmp_path: Path) -> None:
    new = restored(
        tmp_path, [added(NOW - 9 * DAY)], [left(NOW - 8 * DAY)], only_in_backup=(added(NOW - DAY),)
    )  # fmt: skip

    assert Status.ACTIVE is status_in(new)


def test_of_two_ways_to_have_gone_the_stronger_counts(tmp_path: Path) -> None:
    before, complained, has_left = added(NOW - 9 * DAY), became(Status.COMPLAINED, NOW), left(NOW + DAY)

    assert Status.COMPLAINED is status_in(restored(tmp_path, [before], [has_left], only_in_backup=(complained,)))


def test_otherwise_the_later_row_counts(tmp_path: Path) -> None:
    new = restored(tmp_path, [added(NOW - 9 * DAY)], [added(NOW, "Ada Marsh")])

    with SqliteStore(path=new).to_write() as ledgers:
        person = ledgers.subscribers.find(ADA)
    assert person is not None
    assert "Ada Marsh" == person.name
