"""`roundup backup` and `restore` on PostgreSQL, from there to a file and back: the same as on a file. A restore that is
killed leaves the old or the new."""

import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from roundup.store import moving
from roundup.store.postgresql import PostgresStore
from roundup.store.postgresql_server import WRITE_LOCK
from roundup.store.sqlite_file import open_as_it_is
from tests import awkward
from tests.archives import unpack
from tests.newsletters import a_newsletter, a_piece_of_today, free_port, roundup, rows, started, told
from tests.postgres import Cluster, the_cluster
from tests.processes import killed, peak, until

EVERY_DAY = {"at": "00:00", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "max_lateness": "24h"}
EVERYBODY = "SELECT email, status, encode(key, 'hex') FROM subscribers WHERE email <> '' ORDER BY email"
EVERYBODY_IN_FILE = EVERYBODY.replace("encode(key, 'hex')", "lower(hex(key))")
MANY = 50_000


@dataclass(frozen=True, slots=True)
class Server:
    """A database on a server."""

    cluster: Cluster
    name: str

    @property
    def url(self) -> str:
        return self.cluster.url(self.name)

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        return self.cluster.run(statement, self.name)


@pytest.fixture
def server() -> Server:
    """An empty one."""
    return another()


def another() -> Server:
    return Server(the_cluster(), the_cluster().make_database())


@pytest.fixture
def directory(server: Server, tmp_path: Path) -> Path:
    """A newsletter that is due at midnight every day, with a piece of today, and its calendar begun before."""
    made = a_daily(tmp_path, store={"url": server.url})
    server.run("UPDATE newsletter SET began = '2026-01-01'")
    return made


@pytest.fixture
def file(directory: Path, tmp_path: Path) -> Path:
    """Its backup."""
    kept = tmp_path / "kept.tar.gz"
    made = roundup(directory, "backup", str(kept))
    assert 0 == made.returncode, made.stderr
    return kept


def a_daily(folder: Path, **tables: Any) -> Path:
    content = {"one.md": a_piece_of_today("One")}
    made = a_newsletter(folder, schedule=EVERY_DAY, content=content, selection={"max_age": "48h"}, **tables)
    assert 0 == roundup(made, "subscribers", "import", "subscribers.csv").returncode
    return made


def mails(directory: Path) -> int:
    return len(list((directory / "outbox").glob("*.eml")))


def same(url: str, folder: Path, kept: Path) -> bool:
    """Whether a backup has every row of the server, to the last octet."""
    with tarfile.open(kept) as archive:
        unpack(archive, folder, "roundup.db")
    return same_rows(url, folder / "roundup.db")


def same_rows(url: str, database: Path) -> bool:
    with (
        closing(open_as_it_is(database)) as old,
        PostgresStore(url, directory=database.parent).as_it_is() as new,
        old.reading() as left,
        new.reading() as right,
    ):
        return bool(moving.compare(left, right))


@contextmanager
def nobody_writes(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Whoever would write waits."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT pg_advisory_lock({WRITE_LOCK})".encode())
        yield connection


def waits(server: Server) -> bool:
    """Whether somebody waits for that."""
    return bool(server.run("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))


def test_it_is_one_file_as_from_any_other_database(server: Server, directory: Path, file: Path, tmp_path: Path) -> None:
    assert 0o600 == file.stat().st_mode & 0o777
    assert same(server.url, tmp_path, file)
    assert not list(directory.glob("*.db")) + list(tmp_path.glob(".*partial"))


def test_there_is_nothing_to_keep_before_the_first_run(server: Server, tmp_path: Path) -> None:
    new = a_newsletter(tmp_path, store={"url": server.url})
    refused = roundup(new, "backup", str(tmp_path / "kept.tar.gz"))
    assert (1, True) == (refused.returncode, "nothing to keep" in refused.stderr)
    assert not (tmp_path / "kept.tar.gz").exists()


def test_a_lost_newsletter_comes_back_whole(server: Server, directory: Path, file: Path) -> None:
    before = server.run(EVERYBODY)
    server.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    lost = roundup(directory, "run", "--now")
    restored = roundup(directory, "restore", str(file))
    assert (3, 0) == (lost.returncode, restored.returncode), restored.stderr
    assert "would be mailed again" in restored.stdout
    assert before == server.run(EVERYBODY)
    assert not (directory / ".restoring").exists()
    # New ones get numbers of their own.
    assert 0 == roundup(directory, "subscribers", "add", "cy@example.org").returncode


def test_from_a_server_to_a_file_and_back(server: Server, directory: Path, file: Path, tmp_path: Path) -> None:
    before = server.run(EVERYBODY)
    in_file, back = tmp_path / "in-file", tmp_path / "back"
    to_file = roundup(in_file, "restore", str(file), env={"ROUNDUP_DATABASE_URL": "sqlite:///roundup.db"})
    assert 0 == to_file.returncode, to_file.stderr
    assert before == rows(in_file, EVERYBODY_IN_FILE)
    again = tmp_path / "again.tar.gz"
    env = {"ROUNDUP_DATABASE_URL": "sqlite:///roundup.db"}
    assert 0 == roundup(in_file, "backup", str(again), env=env).returncode
    other = another()
    to_server = roundup(back, "restore", str(again), env={"ROUNDUP_DATABASE_URL": other.url})
    assert 0 == to_server.returncode, to_server.stderr
    assert before == other.run(EVERYBODY)
    assert not list(back.glob("*.db"))
    del directory


def test_what_was_sent_in_the_lost_time_is_not_sent_again(directory: Path, file: Path) -> None:
    assert "sent" == told(roundup(directory, "run", "--now", "--json"))["state"]
    assert 2 == mails(directory)
    restored = roundup(directory, "restore", str(file))
    assert 0 == restored.returncode, restored.stderr
    for order in ((), ("--now",)):
        result = told(roundup(directory, "run", "--json", *order))
        assert "held" == result["state"], result
    assert 2 == mails(directory)
    today = date.fromisoformat(result["issue"])
    for held in (today, today + timedelta(days=1)):
        assert 0 == roundup(directory, "issues", "release", str(held)).returncode
    assert "sent" == told(roundup(directory, "run", "--now", "--json"))["state"]


def test_the_editor_says_that_it_was_sent(server: Server, directory: Path, file: Path) -> None:
    roundup(directory, "run", "--now")
    restored = roundup(directory, "restore", str(file), "--lost-were-sent")
    assert 0 == restored.returncode, restored.stderr
    assert "skipped" == told(roundup(directory, "run", "--now", "--json"))["state"]
    assert server.run("SELECT 1 FROM carried"), "what it had is in no other"


def test_who_left_since_the_backup_stays_away_and_what_was_there_is_kept(
    server: Server, directory: Path, file: Path, tmp_path: Path
) -> None:
    roundup(directory, "subscribers", "remove", "ada@example.com")
    roundup(directory, "subscribers", "forget", "bo@example.net")
    roundup(directory, "subscribers", "add", "cy@example.org")
    (tmp_path / "before.tar.gz").touch()
    assert 0 == roundup(directory, "backup", str(tmp_path / "before.tar.gz")).returncode
    result = roundup(directory, "restore", str(file))
    assert "3 people were taken along." in result.stdout, result.stdout + result.stderr
    people = server.run(EVERYBODY)
    assert [("ada@example.com", "left"), ("cy@example.org", "active")] == [row[:2] for row in people]
    [kept] = directory.glob("before-restore-*.tar.gz")
    brought_back = roundup(directory, "restore", str(kept))
    assert 0 == brought_back.returncode, brought_back.stderr
    assert people == server.run(EVERYBODY)


def test_one_that_is_killed_leaves_the_old_and_the_next_command_ends_it(
    server: Server, directory: Path, file: Path
) -> None:
    roundup(directory, "subscribers", "add", "cy@example.org")
    (directory / "issues").mkdir()
    (directory / "issues" / "2026-01-01.toml").write_text("# since\n", encoding="utf-8")
    old = server.run("SELECT * FROM subscribers ORDER BY id")
    with psycopg.connect(server.url) as reader:
        # The rows cannot be taken away as long as somebody reads them.
        reader.execute("SELECT 1 FROM consents")
        process = started(directory, "restore", str(file))
        until(process, lambda: bool(server.run("SELECT 1 FROM pg_locks WHERE NOT granted")))
        killed(process)
    assert (directory / ".restoring" / "READY").exists()
    assert old == server.run("SELECT * FROM subscribers ORDER BY id")
    assert [] == server.run("SELECT 1 FROM pg_tables WHERE tablename = 'roundup_replaced'")
    # A server that is not named holds everything.
    unnamed = roundup(directory, "run", "--now", env={"ROUNDUP_DATABASE_URL": "sqlite:///roundup.db"})
    assert (3, True) == (unnamed.returncode, "cannot be finished" in unnamed.stderr), unnamed.stderr
    finished = roundup(directory, "issues", "list")
    assert (0, True) == (finished.returncode, "has been finished" in finished.stderr), finished.stderr
    assert 3 == roundup(directory, "run", "--now").returncode, "held: it may have been sent"
    assert not (directory / ".restoring").exists()
    assert [] == server.run("SELECT 1 FROM pg_tables WHERE tablename = 'roundup_replaced'")


def test_whenever_it_is_killed_the_next_command_finds_the_old_or_the_new(
    server: Server, directory: Path, file: Path
) -> None:
    (directory / "issues").mkdir()
    word = directory / "issues" / "2026-01-01.toml"
    word.write_text("# then\n", encoding="utf-8")
    assert 0 == roundup(directory, "backup", str(file)).returncode
    ends = set()
    takes = time.monotonic()
    assert 0 == roundup(directory, "issues", "list").returncode
    takes = time.monotonic() - takes
    for number in range(10):
        server.run("DELETE FROM issues")
        word.write_text("# since\n", encoding="utf-8")
        process = started(directory, "restore", str(file), "--hold")
        with suppress(subprocess.TimeoutExpired):
            process.wait(takes * (0.8 + 0.2 * number))
        process.kill()
        process.communicate()
        after = roundup(directory, "issues", "list")
        assert 0 == after.returncode, after.stderr
        is_held = bool(server.run("SELECT 1 FROM issues WHERE hold <> ''"))
        assert is_held == (word.read_text(encoding="utf-8") == "# then\n")
        assert not (directory / ".restoring").exists()
        ends.add((is_held, process.returncode == 0, "has been finished" in after.stderr))
        if process.returncode == 0:
            break
    assert {(False, False, False), (True, True, False)} <= ends


def test_what_was_loaded_is_not_loaded_again(server: Server, directory: Path, file: Path, tmp_path: Path) -> None:
    (directory / "templates").mkdir()
    (directory / "templates" / "x.txt").write_text("x", encoding="utf-8")
    assert 0 == roundup(directory, "backup", str(file)).returncode
    # A file where a folder is to be: what is loaded, but not yet moved.
    (directory / "templates" / "x.txt").unlink()
    (directory / "templates").rmdir()
    (directory / "templates").touch()
    stuck = roundup(directory, "restore", str(file))
    assert (3, True) == (stuck.returncode, "cannot be finished" in stuck.stderr), stuck.stderr
    elsewhere = a_newsletter(tmp_path / "elsewhere", store={"url": server.url})
    assert 0 == roundup(elsewhere, "subscribers", "remove", "ada@example.com").returncode
    (directory / "templates").unlink()
    assert 0 == roundup(directory, "issues", "list").returncode
    assert "x" == (directory / "templates" / "x.txt").read_text(encoding="utf-8")
    assert ("ada@example.com", "left") in [row[:2] for row in server.run(EVERYBODY)]


def test_what_somebody_writes_meanwhile_is_not_lost(server: Server, directory: Path, file: Path) -> None:
    with nobody_writes(server.url) as other:
        process = started(directory, "restore", str(file))
        until(process, lambda: waits(server))
        other.execute("UPDATE subscribers SET status = 'left', changed_at = now() WHERE name = 'Ada Marsh'")
    _, complaints = process.communicate(timeout=60)
    assert (1, True) == (process.returncode, "was written into meanwhile. Nothing was changed" in complaints)
    assert ("ada@example.com", "left") in [row[:2] for row in server.run(EVERYBODY)]
    assert not (directory / ".restoring").exists()
    assert 0 == roundup(directory, "restore", str(file)).returncode
    assert ("ada@example.com", "left") in [row[:2] for row in server.run(EVERYBODY)]


def test_a_damaged_backup_changes_nothing(server: Server, directory: Path, file: Path) -> None:
    whole, before = file.read_bytes(), server.run(EVERYBODY)
    for broken in (whole[: len(whole) // 2], b"no backup", whole[:-200] + bytes(200)):
        file.write_bytes(broken)
        result = roundup(directory, "restore", str(file))
        assert (1, True) == (result.returncode, "Nothing was changed" in result.stderr), result.stdout
    assert before == server.run(EVERYBODY)


def test_a_run_at_work_is_waited_for(server: Server, directory: Path, file: Path) -> None:
    with PostgresStore(server.url, directory=directory).only_run() as ours:
        result = roundup(directory, "restore", str(file))
    assert ours
    assert (1, True) == (result.returncode, "A run is at work" in result.stderr)


def test_a_server_that_is_not_there_changes_nothing(server: Server, directory: Path, file: Path) -> None:
    before = (directory / "roundup.toml").read_bytes()
    url = server.url
    gone = f"postgresql://roundup@127.0.0.1:{free_port()}/{server.name}"
    for command in (("backup", str(file)), ("restore", str(file))):
        result = roundup(directory, *command, env={"ROUNDUP_DATABASE_URL": gone})
        assert (1, True) == (result.returncode, "cannot be reached" in result.stderr), result.stderr
    assert before == (directory / "roundup.toml").read_bytes()
    assert not (directory / ".restoring").exists()
    assert 0 == roundup(directory, "backup", str(file), env={"ROUNDUP_DATABASE_URL": url}).returncode


def test_a_newsletter_that_has_moved_is_not_restored_beside_itself(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path / "moves"), tmp_path / "of-the-file.tar.gz"
    assert 0 == roundup(directory, "backup", str(file)).returncode
    url = another().url
    assert 0 == roundup(directory, "store", "move", url).returncode
    left = roundup(directory, "restore", str(file))
    assert (3, True) == (left.returncode, "has moved to PostgreSQL" in left.stderr), left.stderr
    toml = directory / "roundup.toml"
    toml.write_text(f'{toml.read_text(encoding="utf-8")}\n[store]\nurl = "{url}"\n', encoding="utf-8")
    beside = roundup(directory, "restore", str(file))
    assert (2, True) == (beside.returncode, "has its database elsewhere" in beside.stderr), beside.stderr
    roundup(directory, "subscribers", "remove", "ada@example.com")
    there = roundup(directory, "restore", str(file), env={"ROUNDUP_DATABASE_URL": url})
    assert (0, True) == (there.returncode, "1 person was taken along." in there.stdout), there.stderr
    # The restored settings still name the file.
    assert 3 == roundup(directory, "run", "--now").returncode
    assert 0 == mails(directory)


def test_many_deliveries_are_kept_and_brought_back_in_little_memory(
    server: Server, directory: Path, file: Path, tmp_path: Path
) -> None:
    assert "sent" == told(roundup(directory, "run", "--now", "--json"))["state"]
    # Each restore puts the next issue on hold; all else is to be as it was.
    held = "DELETE FROM issues WHERE firm RETURNING firm"
    few = [peak(started(directory, command, str(file))) for command in ("backup", "restore")]
    assert [(True,)] == server.run(held)
    with PostgresStore(server.url, directory=directory).as_it_is() as database, database.writing() as connection:
        awkward.fill_with_many(connection, MANY)
    many = [peak(started(directory, command, str(file))) for command in ("backup", "restore")]
    assert [(MANY + 2,)] == server.run("SELECT count(*) FROM deliveries")
    assert [(True,)] == server.run(held)
    assert same(server.url, tmp_path, file)
    assert max(more - less for more, less in zip(many, few, strict=True)) < 16 * 1024
