"""A real PostgreSQL server for tests, below one temporary directory, on a port of 127.0.0.1 (or of an address that is
given) and a socket of its own.

The machine's own servers are not touched. It runs as another user where we are root, because PostgreSQL refuses root.
Texts sort as people sort them (ICU), so that whatever counts on the order of octets shows.
"""

import atexit
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from roundup.store import Ledgers
from roundup.store.postgresql import PostgresStore
from roundup.store.schema import metadata
from tests.newsletters import free_port

USER, PASSWORD = "roundup", "correct-horse"
_PATIENCE = 30.0
_NUMBERS = count(1)
#: Databases beside the one that `initdb` makes.
_EMPTY, _READY = "template0", "ready"


def _programs() -> Path | None:
    """Where the newest installed PostgreSQL has its programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


def missing_parts() -> str:
    """What a server lacks on this machine; empty: nothing."""
    return "" if _programs() else "PostgreSQL is not installed"


def _unprivileged() -> str | None:
    """Whom to run as; None: ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as_another_user() -> Sequence[str]:
    """What stands before a command that may not run as root."""
    user = _unprivileged()
    return ["setpriv", f"--reuid={user}"] if user else []


@dataclass(slots=True, kw_only=True)
class Cluster:
    """A server that can be stopped and started again."""

    root: Path
    port: int
    #: Whether it waits for the disk: only a power cut could tell.
    durable: bool = False
    #: Where it listens beside its socket.
    host: str = "127.0.0.1"
    #: What stands before its command, such as what puts it into another network.
    within: Sequence[str] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        return self.root / "data"

    def url(self, name: str) -> str:
        """The address of a database, by the socket, where nobody asks for a password."""
        return f"postgresql://{USER}@/{name}?host={self.root}&port={self.port}"

    def tcp_url(self, name: str, *, password: str = "") -> str:
        """The same by TCP, where the password is asked for."""
        return f"postgresql://{USER}{':' if password else ''}{password}@{self.host}:{self.port}/{name}"

    def make(self) -> None:
        """Make its files."""
        programs = _programs()
        assert programs is not None
        secret = self.root / "password"
        secret.write_text(PASSWORD + "\n", encoding="ascii")
        if user := _unprivileged():
            shutil.chown(self.root, user)
            shutil.chown(secret, user)
        access = ["-U", USER, "--pwfile", str(secret), "--auth-local=trust", "--auth-host=scram-sha-256"]
        words = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"]
        command = [str(programs / "initdb"), "-D", str(self.data), "--no-sync", *access, *words]
        made = subprocess.run(command, user=user, cwd=self.root, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stdout + made.stderr
        with (self.data / "pg_hba.conf").open("a", encoding="ascii") as admitted:
            admitted.write("host all all samenet scram-sha-256\n")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        programs = _programs()
        assert programs is not None
        given: dict[str, Any] = {"unix_socket_directories": self.root, "port": self.port, "max_connections": 100}
        given |= {"listen_addresses": self.host, "fsync": "on" if self.durable else "off"}
        options = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        log = (self.root / "log").open("ab")
        command = [*self.within, *_as_another_user(), str(programs / "postgres"), "-D", str(self.data), *options]
        self._process = subprocess.Popen(command, cwd=self.root, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                going = self._process.poll() is None and time.monotonic() < deadline
                assert going, (self.root / "log").read_text(encoding="utf-8")
                time.sleep(0.02)
            else:
                return

    def stop(self, *, number: int = signal.SIGINT) -> None:
        """Stop it: SIGINT is `pg_ctl stop -m fast`, SIGQUIT is `-m immediate`, without a word to anybody."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=_PATIENCE)
            self._process = None

    def run(self, statement: str, name: str = "postgres") -> list[tuple[Any, ...]]:
        """What a statement gives in a database; each is a transaction."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def cut_lock_holders(self, name: str) -> None:
        """End every session of a database that holds an advisory lock, as an administrator may."""
        assert self.run(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
            "WHERE locktype = 'advisory' AND datname = current_database()",
            name,
        )

    def make_database(self, *, like: str = _EMPTY) -> str:
        """Make a database, empty or a copy of another. Returns its name."""
        name = f"newsletter_{next(_NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def make_ready_database(self) -> str:
        """The same with roundup's tables in it, all empty."""
        if (_READY,) not in self.run("SELECT datname FROM pg_database"):
            self.run(f"CREATE DATABASE {_READY} TEMPLATE {_EMPTY}")
            with PostgresStore(self.url(_READY), directory=self.root).to_write():
                pass
        return self.make_database(like=_READY)


@contextmanager
def a_cluster(*, durable: bool = False, host: str = "127.0.0.1", within: Sequence[str] = ()) -> Iterator[Cluster]:
    """Make and start a server, and stop it in the end."""
    root = Path(tempfile.mkdtemp(prefix="postgresql-"))
    root.chmod(0o755)
    cluster = Cluster(root=root, port=free_port(), durable=durable, host=host, within=within)
    try:
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        cluster.stop(number=signal.SIGQUIT)
        shutil.rmtree(root, ignore_errors=True)


@functools.cache
def _shared() -> Cluster:
    opened = a_cluster()
    cluster = opened.__enter__()
    atexit.register(opened.__exit__, None, None, None)
    return cluster


def the_cluster() -> Cluster:
    """The server that all tests of this process share. Without PostgreSQL the test that asks is skipped, but in CI it
    fails."""
    if missing := missing_parts():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no PostgreSQL: {missing}")
    return _shared()


#: Ready databases that nobody uses, all empty: emptying one is much quicker than making one.
_free: list[str] = []


@contextmanager
def ledgers_on_postgresql(folder: Path) -> Iterator[Ledgers]:
    """Empty ledgers in a database of their own."""
    cluster = the_cluster()
    name = _free.pop() if _free else cluster.make_ready_database()
    with PostgresStore(cluster.url(name), directory=folder).to_write() as ledgers:
        yield ledgers
    cluster.run("; ".join(str(table.delete()) for table in reversed(metadata.sorted_tables)), name)
    cluster.run("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'", name)
    _free.append(name)
