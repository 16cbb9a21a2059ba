"""`roundup store move`: nothing is lost on the way, and at no moment may two databases be sent from."""

import fcntl
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from roundup.store import migrate, moving
from roundup.store.postgresql import PostgresStore
from roundup.store.sqlite_file import open_as_it_is, open_to_write
from tests import awkward
from tests.newsletters import DUE, a_newsletter, roundup, rows, started, told
from tests.postgres import Cluster
from tests.processes import killed, peak, until

RUN = ("run", "--now", "--at", DUE)
MANY, MOST, LONG = 12_000, 30_000, 60_000


@pytest.fixture
def url(cluster: Cluster, name: str) -> str:
    return cluster.url(name)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A newsletter that has sent an issue."""
    made = a_newsletter(tmp_path)
    assert "sent" == told(roundup(made, *RUN, "--json"))["state"]
    return made


@pytest.fixture
def large(directory: Path) -> Path:
    """The same with many deliveries."""
    return with_deliveries(directory, MANY)


def with_deliveries(directory: Path, count: int) -> Path:
    with closing(open_to_write(directory / "roundup.db")) as database, database.writing() as connection:
        awkward.fill_with_many(connection, count)
    return directory


def on_server(directory: Path, url: str) -> None:
    """Do as the command says."""
    path = directory / "roundup.toml"
    path.write_text(f'{path.read_text(encoding="utf-8")}\n[store]\nurl = "{url}"\n', encoding="utf-8")


def mails(directory: Path) -> int:
    return len(list((directory / "outbox").glob("*.eml")))


def same(directory: Path, url: str) -> bool:
    """Whether the server has every row of the file, to the last octet."""
    store = PostgresStore(url, directory=directory)
    with (
        closing(open_as_it_is(directory / "roundup.db")) as old,
        store.as_it_is() as new,
        old.reading() as left,
        new.reading() as right,
    ):
        return bool(moving.compare(left, right))


def copied(cluster: Cluster, name: str, table: str) -> int:
    """How many rows of a table are on the server."""
    try:
        return int(cluster.run(f"SELECT count(*) FROM {table}", name)[0][0])  # noqa: S608
    except psycopg.errors.UndefinedTable:
        return 0


def is_seen(connection: "psycopg.Connection[tuple[object, ...]]", table: str) -> bool:
    """Whether a table is there; then this transaction goes on looking at it."""
    try:
        return bool(connection.execute(f"SELECT 1 FROM {table}".encode()).fetchall())  # noqa: S608
    except psycopg.errors.UndefinedTable:
        connection.rollback()
        return False


def test_a_newsletter_goes_on_where_it_was_and_the_old_file_sends_nothing(directory: Path, url: str) -> None:
    had = mails(directory)
    moved = roundup(directory, "store", "move", url)
    assert 0 == moved.returncode, moved.stderr
    assert f'[store]\nurl = "{url}"' in moved.stdout
    assert same(directory, url)
    for command in (RUN, ("run",), ("subscribers", "list"), ("backup", "kept.tar.gz"), ("store", "move", url)):
        forgotten = roundup(directory, *command)
        assert (3, True) == (forgotten.returncode, "has moved to PostgreSQL" in forgotten.stderr), command
    on_server(directory, url)
    assert "already-sent" == told(roundup(directory, *RUN, "--json"))["state"]
    assert had == mails(directory)


def test_an_older_roundup_does_not_send_from_the_old_file_either(directory: Path, url: str) -> None:
    roundup(directory, "store", "move", url)
    # What every version there was has read first, and refuses if it is none that it knows.
    assert [("moved-out",)] == rows(directory, "SELECT version_num FROM alembic_version")
    (directory / "roundup.db").unlink()
    gone = roundup(directory, *RUN)
    assert (3, True) == (gone.returncode, "is gone or empty" in gone.stderr)
    (directory / ".roundup.db.lock").unlink()
    unknown = roundup(directory, *RUN)
    assert (3, True) == (unknown.returncode, "has had a database before" in unknown.stderr)


def test_a_move_that_was_killed_goes_on_also_if_a_run_was_between(
    cluster: Cluster, name: str, large: Path, url: str
) -> None:
    process = started(large, "store", "move", url)
    until(process, lambda: copied(cluster, name, "deliveries") > 1000)
    killed(process)
    there = copied(cluster, name, "deliveries")
    assert there < MANY
    early = roundup(large, "run", env={"ROUNDUP_DATABASE_URL": url})
    assert (3, True) == (early.returncode, "does not hold everything yet" in early.stderr)
    assert 0 == roundup(large, "subscribers", "list").returncode, "the old one goes on"

    process = started(large, "store", "move", url)
    until(process, lambda: copied(cluster, name, "deliveries") > there)
    killed(process)
    left = roundup(large, "subscribers", "remove", "r200@example.org")
    assert 0 == left.returncode, left.stderr
    ended = roundup(large, "store", "move", url, "--json")
    assert 0 == ended.returncode, ended.stderr
    assert told(ended)["rows"]["deliveries"] == MANY + 2
    assert same(large, url)
    assert [("left",)] == cluster.run("SELECT status FROM subscribers WHERE compared = 'r200@example.org'", name)


def test_one_that_was_killed_when_neither_may_be_used_is_ended(
    cluster: Cluster, name: str, directory: Path, url: str
) -> None:
    process = started(directory, "store", "move", url)
    with psycopg.connect(url) as looker:
        # Looks at what is dropped at the very end, so that the move waits there.
        until(process, lambda: is_seen(looker, "roundup_arrival"))
        mark = "SELECT version_num FROM alembic_version"
        until(process, lambda: rows(directory, mark) == [("moved-out",)])
        killed(process)
    assert [("moving-in",)] == cluster.run(mark, name)
    for env in ({}, {"ROUNDUP_DATABASE_URL": url}):
        assert 3 == roundup(directory, *RUN, env=env).returncode
    elsewhere = roundup(directory, "store", "move", cluster.url(cluster.make_database()))
    assert (3, True) == (elsewhere.returncode, "has moved to PostgreSQL" in elsewhere.stderr)
    ended = roundup(directory, "store", "move", url)
    assert 0 == ended.returncode, ended.stderr
    assert same(directory, url)
    on_server(directory, url)
    assert "already-sent" == told(roundup(directory, *RUN, "--json"))["state"]


def test_whenever_it_is_killed_at_most_one_of_the_two_is_used(
    cluster: Cluster, name: str, directory: Path, url: str
) -> None:
    mark, used = "SELECT version_num FROM alembic_version", set()
    fastest = time.monotonic()
    assert 0 == roundup(directory, "issues", "list").returncode
    fastest = time.monotonic() - fastest
    for number in range(16):
        process = started(directory, "store", "move", url)
        with suppress(subprocess.TimeoutExpired):
            # The first is killed before it has done anything, the last ends.
            process.wait(fastest * (0.3 + 0.12 * number))
        process.kill()
        process.communicate()
        (old,) = rows(directory, mark)
        (new,) = cluster.run(mark, name) if copied(cluster, name, "alembic_version") else [("nothing",)]
        used.add((old[0] == migrate.head(), new[0] == migrate.head()))
        if process.returncode == 0:
            break
    assert (True, False) in used
    assert (True, True) not in used
    assert roundup(directory, "store", "move", url).returncode in (0, 3)
    assert same(directory, url)
    assert [(migrate.head(),)] == cluster.run(mark, name)


def test_a_row_that_was_changed_on_the_server_before_it_goes_on_is_copied_anew(
    cluster: Cluster, name: str, large: Path, url: str
) -> None:
    process = started(large, "store", "move", url)
    until(process, lambda: copied(cluster, name, "deliveries") > 1000)
    killed(process)
    cluster.run("UPDATE subscribers SET status = 'active' WHERE id = 3", name)
    assert 0 == roundup(large, "store", "move", url).returncode
    assert same(large, url)


def test_many_rows_take_no_more_memory_and_nobody_writes_behind_its_back(
    cluster: Cluster, name: str, directory: Path, url: str
) -> None:
    large = with_deliveries(directory, MOST)
    process = started(large, "store", "move", url)
    until(process, lambda: copied(cluster, name, "subscribers") > 1000)
    with closing(sqlite3.connect(large / "roundup.db", timeout=0)) as other:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("UPDATE subscribers SET status = 'left'")
        most = peak(process)
        with pytest.raises(sqlite3.IntegrityError, match="moved to PostgreSQL"):
            other.execute("UPDATE subscribers SET status = 'left'")
    assert same(large, url)
    few = a_newsletter(large.parent / "few")
    assert 0 == roundup(few, "subscribers", "add", "cy@example.org").returncode
    assert most - peak(started(few, "store", "move", cluster.url(cluster.make_database()))) < 12 * 1024


def test_a_database_that_holds_a_newsletter_or_something_else_is_refused(
    cluster: Cluster, name: str, directory: Path, tmp_path: Path
) -> None:
    url = cluster.url(name)
    other = a_newsletter(tmp_path / "other", store={"url": url})
    assert 0 == roundup(other, "subscribers", "add", "cy@example.org").returncode
    refused = roundup(directory, "store", "move", url)
    assert (1, True) == (refused.returncode, "holds a newsletter already" in refused.stderr)
    assert 1 == copied(cluster, name, "subscribers")
    foreign = cluster.make_database()
    cluster.run("CREATE TABLE issues (what text)", foreign)
    refused = roundup(directory, "store", "move", cluster.url(foreign))
    assert (1, True) == (refused.returncode, "tables of something else (issues)" in refused.stderr)
    assert "already-sent" == told(roundup(directory, *RUN, "--json"))["state"], "the old one goes on"


def test_a_database_that_another_newsletter_is_moving_into_is_refused(
    cluster: Cluster, name: str, directory: Path, tmp_path: Path
) -> None:
    url = cluster.url(name)
    process = started(with_deliveries(directory, LONG), "store", "move", url)
    until(process, lambda: copied(cluster, name, "subscribers") > 1000)
    other = a_newsletter(tmp_path / "other", newsletter={"id": "the-evening-bell"})
    assert 0 == roundup(other, "subscribers", "add", "cy@example.org").returncode
    meanwhile = roundup(other, "store", "move", url)
    killed(process)
    then = roundup(other, "store", "move", url)
    assert (1, True) == (meanwhile.returncode, "A run is at work" in meanwhile.stderr)
    assert (1, True) == (then.returncode, "another newsletter, daily-lantern" in then.stderr)


@pytest.mark.parametrize("given", ["postgresql://roundup:hunter2@127.0.0.1/x", "postgresql:///x?password=hunter2"])
def test_a_password_on_the_command_line_is_refused_and_not_repeated(directory: Path, given: str) -> None:
    refused = roundup(directory, "store", "move", given)
    assert (2, True) == (refused.returncode, "PGPASSWORD" in refused.stderr)
    assert "hunter2" not in refused.stdout + refused.stderr


def test_nothing_is_moved_while_somebody_is_at_work(directory: Path, url: str) -> None:
    with (directory / ".roundup.db.lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        running = roundup(directory, "store", "move", url)
    with closing(sqlite3.connect(directory / "roundup.db")) as reader:
        reader.execute("SELECT count(*) FROM subscribers").fetchone()
        looked_at = roundup(directory, "store", "move", url)
    assert (1, True) == (running.returncode, "A run is at work" in running.stderr)
    assert (2, True) == (looked_at.returncode, "stop `roundup serve`" in looked_at.stderr)


def test_what_cannot_be_moved_is_told(cluster: Cluster, directory: Path, url: str, tmp_path: Path) -> None:
    new = a_newsletter(tmp_path / "new")
    nothing = roundup(new, "store", "move", url)
    assert (1, True) == (nothing.returncode, "nothing to move" in nothing.stderr)
    there = roundup(directory, "store", "move", url, env={"ROUNDUP_DATABASE_URL": cluster.url("postgres")})
    assert (2, True) == (there.returncode, "on PostgreSQL already" in there.stderr)
    file = roundup(directory, "store", "move", "sqlite:///other.db")
    assert (2, True) == (file.returncode, "Name a database on a server" in file.stderr)
    ((page,),) = rows(directory, "SELECT rootpage FROM sqlite_master WHERE name = 'subscribers'")
    with (directory / "roundup.db").open("r+b") as octets:
        octets.seek(4096 * (page - 1))
        octets.write(b"\xff" * 100)
    damaged = roundup(directory, "store", "move", url)
    assert (1, True) == (damaged.returncode, "damaged" in damaged.stderr), damaged.stderr
