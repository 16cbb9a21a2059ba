"""`kill -9` at every step of a backup, a restore and a migration: nothing is lost, and nothing goes out twice.

In CI at some of the steps, in `make torture` at each; see `tests.torture.steps`.
"""

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from roundup.backing_up import Manifest, unpack
from roundup.store.migrate import _config
from tests.newsletters import DUE, THE_DAY, a_newsletter, a_piece_of_today, dump
from tests.torture import powercuts
from tests.torture.steps import WHOLE, Ended, Steps, chosen, copied, steps

pytestmark = pytest.mark.long

_EVERY_DAY = {"at": "00:00", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "max_lateness": "24h"}
_OLDEST = "0001"
_KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steps]:
    """Whoever runs commands. Without a compiler the tests are skipped, but in CI they fail."""
    missing = powercuts.missing_parts()
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"nothing to kill with: {missing}")
    with steps(tmp_path_factory.mktemp("library")) as ready:
        yield ready


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A newsletter and a folder of backups, as they were prepared, and where each trial begins with a copy of them."""

    prepared: Path
    place: Path

    def anew(self) -> None:
        """As it was."""
        copied(self.prepared, self.place)

    @property
    def directory(self) -> Path:
        """The newsletter's."""
        return self.place / "newsletter"

    @property
    def backups(self) -> Path:
        """Where backups lie."""
        return self.place / "backups"

    @property
    def file(self) -> Path:
        """The backup."""
        return self.backups / "kept.tar.gz"

    def run(self, program: Steps, *words: str, at: int = 0) -> Ended:
        """A command on the newsletter."""
        return program.run(self.place, "-C", str(self.directory), *words, at=at)

    def done(self, program: Steps, *words: str) -> Ended:
        """A command that nobody kills, and that must do what it is for."""
        ended = self.run(program, *words)
        assert ended.code in (0, 3), ended
        return ended


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory, program: Steps) -> World:
    """A newsletter that was kept; then its issue went out to both of its readers, and one of them left."""
    folder = tmp_path_factory.mktemp("sent")
    world = World(prepared=folder / "prepared", place=folder / "place")
    content = {"one.md": a_piece_of_today("One")}
    a_newsletter(world.place, schedule=_EVERY_DAY, content=content, selection={"max_age": "48h"})
    (world.directory / "issues").mkdir()
    (world.directory / "issues" / "2026-01-01.toml").write_text("# then\n", encoding="utf-8")
    world.done(program, "subscribers", "import", "subscribers.csv")
    with closing(sqlite3.connect(world.directory / "roundup.db")) as database, database:
        # Its calendar began before today.
        database.execute("UPDATE newsletter SET began = '2026-01-01 00:00:00.000000'")
    world.done(program, "backup", str(world.file))
    assert "sent" == _said(world.done(program, "run", "--now", "--json"))["state"]
    world.done(program, "subscribers", "remove", "ada@example.com")
    (world.directory / "issues" / "2026-01-01.toml").write_text("# now\n", encoding="utf-8")
    world.place.rename(world.prepared)
    return world


def _said(ended: Ended) -> Any:
    """What a command printed with --json."""
    return json.loads(ended.out)


def _files(directory: Path) -> dict[str, bytes]:
    """Every file but what SQLite keeps beside its own."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and not path.name.startswith(("roundup.db", "before-restore-"))
    }


def _everything(path: Path, room: Path) -> str:
    """All rows of a database, read from a copy: whoever comes next is to find it as it was left."""
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    for ending in ("", "-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        if beside.exists():
            shutil.copy(beside, room / f"roundup.db{ending}")
    return dump(room)


def _whole(file: Path, room: Path) -> Manifest:
    """What a backup says of itself, once it was found to be whole."""
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    return unpack(file, room)


# Backup ----------------------------------------------------------------------------------------------------------


def test_a_backup_that_is_killed_changes_nothing_and_the_next_one_succeeds(
    sent: World, program: Steps, tmp_path: Path
) -> None:
    sent.anew()
    before, rows = _files(sent.directory), _everything(sent.directory / "roundup.db", tmp_path / "room")
    former = sent.file.read_bytes()
    count = sent.done(program, "backup", str(sent.file)).steps
    print(f"{count} steps")
    assert count > 20
    for at in chosen(count):
        sent.anew()
        assert _KILLED == sent.run(program, "backup", str(sent.file), at=at).code, at
        assert (before, rows) == (_files(sent.directory), _everything(sent.directory / "roundup.db", tmp_path / "room"))
        assert sent.file.read_bytes() == former or _whole(sent.file, tmp_path / "whole").rows["issues"] == 1, at
        sent.done(program, "backup", str(sent.file))
        assert ["kept.tar.gz"] == [each.name for each in sent.backups.iterdir()], at
        assert 1 == _whole(sent.file, tmp_path / "whole").rows["issues"]
        assert before == _files(sent.directory)


# Restore ---------------------------------------------------------------------------------------------------------

_PEOPLE = "SELECT email, status FROM subscribers ORDER BY email"
_STAYED = [("ada@example.com", "left"), ("bo@example.net", "active")]


def _rows(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchall()


#: What a run says after a restore: the issue waits, or, if it was said to be sent, is closed.
_RESTORED = {"--hold": {"held"}, "--lost-were-sent": {"held", "skipped"}}
_AS_BEFORE = {"already-sent"}


def _check_nothing_goes_out(world: World, program: Steps, states: set[str]) -> None:
    """Whatever became of the restore, the next runs mail nobody, and who left stays away."""
    for words in (("run", "--json"), ("run", "--now", "--json")):
        assert _said(world.done(program, *words))["state"] in states
    assert 2 == len(list((world.directory / "outbox").glob("*.eml")))
    assert _STAYED == _rows(world.directory / "roundup.db", _PEOPLE)


def _check_kept(world: World, room: Path, rows: str) -> None:
    """What was there before is kept aside, whole."""
    (kept,) = world.directory.glob("before-restore-*.tar.gz")
    _whole(kept, room)
    assert (rows, b"# now\n") == (dump(room), (room / "issues" / "2026-01-01.toml").read_bytes())


#: What a newsletter's directory holds; SQLite takes a journal that is worth nothing away when it next writes.
_KNOWN = {"roundup.toml", "roundup.db", "roundup.db-journal", ".roundup.db.lock", ".secret", "subscribers.csv"}
_KNOWN |= {"content", "issues", "outbox"}


def _rests(directory: Path) -> set[str]:
    """Names in the newsletter's directory that nobody expects there."""
    return {each.name for each in directory.iterdir() if not each.name.startswith("before-restore-20")} - _KNOWN


def _is_restored(world: World) -> bool:
    """Whether the backup is what the newsletter is, as far as files tell."""
    return (world.directory / "issues" / "2026-01-01.toml").read_bytes() == b"# then\n"


@pytest.mark.parametrize("decision", _RESTORED if WHOLE else ["--hold"])
def test_a_restore_that_is_killed_never_was_or_is_finished(
    sent: World, program: Steps, tmp_path: Path, decision: str
) -> None:
    sent.anew()
    before, rows = _files(sent.directory), _everything(sent.directory / "roundup.db", tmp_path / "room")
    restore, states = ("restore", decision, str(sent.file)), _RESTORED[decision]
    count = sent.done(program, *restore).steps
    print(f"{count} steps")
    _check_nothing_goes_out(sent, program, states)
    seen = set()
    for at in chosen(count):
        sent.anew()
        assert _KILLED == sent.run(program, *restore, at=at).code, at
        was_ready = (sent.directory / ".restoring" / "READY").exists()
        finished = "has been finished" in sent.done(program, "issues", "list").err
        assert (was_ready, set()) == (finished, _rests(sent.directory)), at
        restored = _is_restored(sent)
        seen.add((finished, restored))
        if restored:
            _check_kept(sent, tmp_path / "whole", rows)
        else:
            now = _everything(sent.directory / "roundup.db", tmp_path / "room")
            assert (before, rows) == (_files(sent.directory), now), at
            # Kept for nothing, but never by half.
            assert all(_whole(kept, tmp_path / "whole") for kept in sent.directory.glob("before-restore-*.tar.gz"))
        _check_nothing_goes_out(sent, program, states if restored else _AS_BEFORE)
        sent.done(program, "restore", "--hold", str(sent.file))
        _check_nothing_goes_out(sent, program, _RESTORED["--hold"])
    # Not in vain. At few steps none may be one at which it is ready and not yet moved: see the next test.
    assert {(False, False), (False, True)} | ({(True, True)} if WHOLE else set()) <= seen


def test_whoever_finishes_a_restore_may_be_killed_too(sent: World, program: Steps, tmp_path: Path) -> None:
    ready = World(prepared=tmp_path / "prepared", place=sent.place)
    sent.anew()
    rows = _everything(sent.directory / "roundup.db", tmp_path / "room")
    _kill_when_ready(sent, program)
    copied(ready.place, ready.prepared)
    count = ready.done(program, "issues", "list").steps
    print(f"{count} steps")
    assert count > 10
    for at in chosen(count):
        ready.anew()
        assert _KILLED == ready.run(program, "issues", "list", at=at).code, at
        ready.done(program, "sources", "list")
        assert (set(), True) == (_rests(ready.directory), _is_restored(ready)), at
        _check_kept(ready, tmp_path / "whole", rows)
        _check_nothing_goes_out(ready, program, _RESTORED["--hold"])


def _kill_when_ready(world: World, program: Steps) -> None:
    """Kill a restore at the first step at which it counts."""
    least, most = 1, world.done(program, "restore", "--hold", str(world.file)).steps
    while least < most:
        middle = (least + most) // 2
        world.anew()
        world.run(program, "restore", "--hold", str(world.file), at=middle)
        if (world.directory / ".restoring" / "READY").exists() or _is_restored(world):
            most = middle
        else:
            least = middle + 1
    world.anew()
    world.run(program, "restore", "--hold", str(world.file), at=most)
    assert (world.directory / ".restoring" / "READY").exists()


# Migration -------------------------------------------------------------------------------------------------------

_KEPT_ROWS = ("SELECT email, status FROM subscribers ORDER BY email", "SELECT day, state FROM issues")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A newsletter as the first version left it: of two people one has left, and the day's issue is sent."""
    folder = tmp_path_factory.mktemp("old")
    world = World(prepared=folder / "prepared", place=folder / "place")
    a_newsletter(world.place)
    engine = create_engine(f"sqlite:///{world.directory / 'roundup.db'}")
    with engine.begin() as connection:
        command.upgrade(_config(connection), _OLDEST)
        for email, status in _STAYED:
            connection.execute(text(_SOMEBODY), {"email": email, "status": status, "key": email.encode()})
        connection.execute(text(_AN_ISSUE), {"day": THE_DAY})
    engine.dispose()
    world.place.rename(world.prepared)
    return world


_SOMEBODY = (
    "INSERT INTO subscribers (email, compared, status, cadence, key, origin, since, changed_at) VALUES (:email, :email,"
    " :status, 'daily', :key, 'add', '2026-11-01 00:00:00.000000', '2026-11-01 00:00:00.000000')"
)
_AN_ISSUE = (
    "INSERT INTO issues (day, edition, state, instant, looked_at) VALUES (:day, 'main', 'sent',"
    " '2026-11-20 17:00:00.000000', '2026-11-20 17:00:00.000000')"
)


def _stands(path: Path, room: Path) -> tuple[str, list[list[tuple[Any, ...]]]]:
    """The revision of a database, and what has to be kept of it; from a copy."""
    _everything(path, room)
    copy = room / "roundup.db"
    assert [("ok",)] == _rows(copy, "PRAGMA integrity_check")
    ((revision,),) = _rows(copy, "SELECT version_num FROM alembic_version")
    return revision, [_rows(copy, statement) for statement in _KEPT_ROWS]


def test_a_migration_that_is_killed_is_whole_or_was_not_and_is_done_by_the_next_run(
    old: World, program: Steps, tmp_path: Path
) -> None:
    old.anew()
    path, room = old.directory / "roundup.db", tmp_path / "room"
    revision, rows = _stands(path, room)
    count = old.done(program, "run", "--at", DUE, "--json").steps
    print(f"{count} steps")
    newest, names = _stands(path, room)[0], {each.name for each in old.directory.iterdir()}
    kept = old.directory / f"roundup.db.before-{newest}"
    seen = set()
    for at in chosen(count):
        old.anew()
        assert _KILLED == old.run(program, "run", "--at", DUE, "--json", at=at).code, at
        found = _stands(path, room)
        seen.add((found[0], kept.exists()))
        assert rows == found[1], at
        if kept.exists():
            assert (revision, rows) == _stands(kept, room), at
        assert "already-sent" == _said(old.done(program, "run", "--at", DUE, "--json"))["state"]
        assert ((newest, rows), (revision, rows)) == (_stands(path, room), _stands(kept, room)), at
        assert names == {each.name for each in old.directory.iterdir()}, at
        assert not (old.directory / "outbox").exists()
    # Not in vain: before the copy, between it and the migration, and after.
    assert {(revision, False), (revision, True), (newest, True)} == seen
