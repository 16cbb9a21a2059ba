"""What a restore finds in its way: broken settings, other disks, others at work; what is there is always kept first."""

import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine

from roundup import restoring, scaffold
from roundup.cli.backup import _unwritten, backup, restore
from roundup.cli.newsletter import opened
from roundup.cli.schedule import _Resident, _Told
from roundup.errors import HeldError, StoreError
from roundup.store import copies
from roundup.store.migrate import _config
from roundup.store.sqlite import SqliteStore
from tests.newsletters import a_newsletter, rows

_COUNT = "SELECT count(*) FROM subscribers"


def a_kept_one(folder: Path, *, url: str = "sqlite:///roundup.db") -> tuple[Path, Path]:
    """A newsletter that is due every day, also today, and its backup."""
    every_day = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
    directory, file = a_newsletter(folder, store={"url": url}, schedule=every_day), folder / "kept.tar.gz"
    with SqliteStore(path=directory / url.removeprefix("sqlite:///")).to_write():
        pass
    assert 0 == backup(directory, file, as_json=True)
    return directory, file


def brought_back(directory: Path, file: Path) -> None:
    assert 0 == restore(directory, file, lost_were_sent=False, holds=True, as_json=True)


def kept_names(directory: Path) -> list[str]:
    """What is in what was kept aside."""
    (kept,) = directory.glob("before-restore-*.tar.gz")
    assert 0o600 == kept.stat().st_mode & 0o777
    with tarfile.open(kept) as archive:
        return archive.getnames()


def test_settings_that_nobody_can_read_are_kept_and_replaced(tmp_path: Path) -> None:
    directory, file = a_kept_one(tmp_path)
    good = (directory / "roundup.toml").read_bytes()
    (directory / "roundup.toml").write_bytes(b"[newsletter\nbroken")
    brought_back(directory, file)
    assert good == (directory / "roundup.toml").read_bytes()
    assert {"manifest.json", "roundup.toml", "roundup.db"} <= {*kept_names(directory)}


def test_what_is_there_is_kept_if_only_the_database_is_gone(tmp_path: Path) -> None:
    directory, file = a_kept_one(tmp_path)
    (directory / "templates").mkdir()
    (directory / "templates" / "mine.txt").write_text("since the backup\n", encoding="utf-8")
    (directory / "roundup.db").unlink()
    brought_back(directory, file)
    assert {"roundup.toml", ".secret", "templates/mine.txt"} <= {*kept_names(directory)}
    assert [(0,)] == rows(directory, _COUNT)


def test_what_was_sent_is_not_closed_while_a_source_cannot_tell_what_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory, file = a_kept_one(tmp_path)
    (directory / "content").rename(tmp_path / "elsewhere")
    capsys.readouterr()
    assert 0 == restore(directory, file, lost_were_sent=True, holds=False, as_json=True)
    told = capsys.readouterr()
    assert (True, True) == ("could not be read: The Lantern" in told.err, len(json.loads(told.out)["held"]) >= 2)
    (tmp_path / "elsewhere").rename(directory / "content")
    assert 0 == restore(directory, file, lost_were_sent=True, holds=False, as_json=True)
    told = capsys.readouterr()
    assert ("", []) == (told.err, json.loads(told.out)["held"])


def test_nothing_is_kept_where_nothing_was(tmp_path: Path) -> None:
    _, file = a_kept_one(tmp_path)
    new = tmp_path / "new"
    brought_back(new, file)
    assert {"roundup.toml", "roundup.db", ".secret", "subscribers.csv", ".roundup.db.lock"} == {
        each.name for each in new.iterdir()
    }


def test_the_copy_from_before_an_upgrade_outlives_a_restore(tmp_path: Path) -> None:
    directory, file = a_newsletter(tmp_path), tmp_path / "kept.tar.gz"
    engine = create_engine(f"sqlite:///{directory / 'roundup.db'}")
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0001")
    engine.dispose()
    backup(directory, file, as_json=True)
    with SqliteStore(path=directory / "roundup.db").to_write():
        pass
    (upgraded,) = directory.glob("roundup.db.before-*")
    upgraded.write_bytes(b"what a person may still want")
    brought_back(directory, file)
    assert [b"what a person may still want"] == [each.read_bytes() for each in directory.glob("roundup.db.before-*")]


def _another_disk(than: Path) -> Path | None:
    """A folder on another file system, of which a machine may have none."""
    for each in (Path("/dev/shm"), Path.home(), Path("/var/tmp")):
        if each.is_dir() and os.access(each, os.W_OK) and each.stat().st_dev != than.stat().st_dev:
            return each
    return None


@pytest.fixture
def another_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than `tmp_path`."""
    disk = _another_disk(tmp_path)
    if disk is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("there is one file system alone")
    with tempfile.TemporaryDirectory(prefix="roundup-", dir=disk) as folder:
        yield Path(folder)


def test_a_database_on_another_disk_comes_back(tmp_path: Path, another_disk: Path) -> None:
    database = another_disk / "roundup.db"
    directory, file = a_kept_one(tmp_path, url=f"sqlite:///{database}")
    database.write_bytes(b"damaged" * 1000)
    brought_back(directory, file)
    with closing(sqlite3.connect(database)) as found:
        assert [(0,)] == found.execute(_COUNT).fetchall()
    assert 0o600 == database.stat().st_mode & 0o777
    assert {"roundup.db", ".roundup.db.lock"} == {each.name for each in another_disk.iterdir()}
    assert not (directory / ".restoring").exists()


def test_whoever_comes_while_a_restore_is_prepared_leaves_it_alone(tmp_path: Path) -> None:
    directory, file = a_kept_one(tmp_path)
    with restoring.staged(directory, file) as (folder, _):
        assert not restoring.finish(directory)
        with pytest.raises(StoreError, match="A restore is at work here already"), restoring.staged(directory, file):
            raise AssertionError("two at once")
        assert (folder / "roundup.db").exists()
    assert not (directory / ".restoring").exists()


@pytest.mark.parametrize("is_there", [True, False])
def test_what_somebody_writes_while_a_restore_looks_is_not_lost(tmp_path: Path, *, is_there: bool) -> None:
    path = tmp_path / "roundup.db"
    if is_there:
        with SqliteStore(path=path).to_write():
            pass
    with pytest.raises(StoreError, match="was written into meanwhile"), _unwritten(path):
        _somebody_writes(path)
    with _unwritten(path), SqliteStore(path=path).to_read() as ledgers:
        assert ledgers.memory.began() is not None


def _somebody_writes(path: Path) -> None:
    with SqliteStore(path=path).to_write() as ledgers:
        ledgers.memory.begin(datetime.now(UTC))


def test_two_backups_never_write_one_file(tmp_path: Path) -> None:
    directory, file = a_kept_one(tmp_path)
    before = file.read_bytes()
    with scaffold.held(file.with_name(".kept.tar.gz.partial")) as ours:
        assert ours
        with pytest.raises(StoreError, match=r"Another backup is being written to .*kept\.tar\.gz"):
            backup(directory, file, as_json=True)
    assert before == file.read_bytes()
    assert 0 == backup(directory, file, as_json=True)


def test_what_stands_in_a_journal_comes_along(tmp_path: Path) -> None:
    """The holds of a restore were lost if they stayed in a journal that is not moved."""
    path = tmp_path / "roundup.db"
    with SqliteStore(path=path).to_write():
        pass
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("CREATE TABLE held (key TEXT)")
        with pytest.raises(StoreError, match="could not be put into one file"):
            copies.in_one_file(path)
    copies.in_one_file(path)
    assert {"roundup.db", ".roundup.db.lock"} == {each.name for each in tmp_path.iterdir()}
    assert "held" in copies.counts(path)[1]


def _cut_off(directory: Path, file: Path) -> None:
    """A restore that has begun to move things and cannot go on: a file stands in place of a folder."""
    (directory / "issues").mkdir()
    (directory / "issues" / "2026-11-20.toml").touch()
    backup(directory, file, as_json=True)
    (directory / "issues" / "2026-11-20.toml").unlink()
    (directory / "issues").rmdir()
    (directory / "issues").touch()
    with pytest.raises(HeldError, match=r"cannot be finished: .*issues"):
        brought_back(directory, file)


def test_who_stays_goes_on_with_a_restore_that_was_cut_off_and_mails_nothing_before(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, schedule={"at": "00:00"})
    settings, office = opened(directory, sends=True)
    resident = _Resident(directory=directory, settings=settings, office=office, told=_Told())
    resident.tick()
    _cut_off(directory, tmp_path / "kept.tar.gz")
    resident.tick()
    assert (directory / ".restoring" / "READY").exists()
    (directory / "issues").unlink()
    resident.tick()
    assert (directory / "issues" / "2026-11-20.toml").exists()
    assert not (directory / ".restoring").exists()
    assert not (directory / "outbox").exists()


def test_who_stays_reads_the_settings_anew_after_a_restore(tmp_path: Path) -> None:
    directory, file = a_newsletter(tmp_path, schedule={"at": "00:00"}), tmp_path / "kept.tar.gz"
    settings, office = opened(directory, sends=True)
    resident = _Resident(directory=directory, settings=settings, office=office, told=_Told(), files={})
    for _ in range(2):
        # The database that it makes itself is no other.
        resident.tick()
        assert not resident.told.to_reload
    backup(directory, file, as_json=True)
    with (directory / "roundup.toml").open("a", encoding="utf-8") as toml:
        toml.write('[reports]\nlog = "of-the-lost-time.jsonl"\n')
    brought_back(directory, file)
    resident.tick()
    assert resident.told.to_reload
    resident.reload_if_asked()
    resident.tick()
    assert not resident.told.to_reload


def test_a_directory_may_be_elsewhere_when_its_restore_is_finished(tmp_path: Path) -> None:
    directory, _ = a_kept_one(tmp_path)
    _cut_off(directory, tmp_path / "kept.tar.gz")
    moved = directory.rename(tmp_path / "moved")
    (moved / "issues").unlink()
    assert restoring.finish(moved)
    assert [(0,)] == rows(moved, _COUNT)
    assert not directory.exists()


def test_a_list_file_that_goes_back_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who was taken out of it since would be mailed again from its next edit on."""
    directory, file = a_kept_one(tmp_path)
    (directory / "subscribers.csv").write_text("email\nbo@example.net\n", encoding="utf-8")
    said = []
    for _ in range(2):
        capsys.readouterr()
        assert 0 == restore(directory, file, lost_were_sent=False, holds=True, as_json=False)
        said.append("subscribers.csv is that of the backup" in capsys.readouterr().out)
    assert [True, False] == said
