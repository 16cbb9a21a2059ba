"""Real newsletter directories, and the installed command run on them as its users run it."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

#: A Friday; the pieces of `a_newsletter` are of its morning.
THE_DAY = "2026-11-20"
DUE = f"{THE_DAY}T17:00"
SECRET = "0123456789abcdef" * 4
COMMAND = (sys.executable, "-W", "error", "-m", "roundup")

_NEWSLETTER = {
    "name": "The Daily Lantern",
    "id": "daily-lantern",
    "timezone": "Europe/London",
    "from": "roundup@lantern.example.org",
    "postal_address": "The Daily Lantern, 1 Example Street, London",
    "website": "https://lantern.example.org/",
    "public_url": "https://roundup.lantern.example.org/",
    "unsubscribe_mailto": "leave@lantern.example.org",
    "bounce_address": "bounces@lantern.example.org",
}
_SOURCE = {"folder": "content", "link": "https://lantern.example.org/{year}/{month:02}/{slug}/", "name": "The Lantern"}


def a_piece_file(
    title: str, *, day: str = THE_DAY, at: str = "09:00", comments: int = 0, body: str = "It took an evening."
) -> str:
    """The text of a content file, published at nine in the morning (UTC)."""
    head = f"title: {json.dumps(title)}\ndate: {day}T{at}:00Z\nauthor: Ada Marsh\ncomment_count: {comments}\n"
    return f"---\n{head}---\n\n{body}\n"


def a_piece_of_today(title: str) -> str:
    """The same, published as the day (of UTC) began, so that it is out whatever hour it is."""
    return a_piece_file(title, day=f"{datetime.now(UTC):%Y-%m-%d}", at="00:00")


#: Content files by name.
PIECES = {
    "library.md": a_piece_file("A library is a place to read", comments=2),
    "bridge.md": a_piece_file("The bridge that two towns built", comments=7),
}


def a_newsletter(
    folder: Path,
    *,
    sources: Sequence[Mapping[str, Any]] = (_SOURCE,),
    smtp: Mapping[str, Any] | None = None,
    subscribers: Iterable[str] | None = ("ada@example.com,Ada Marsh", "bo@example.net,Bo"),
    content: Mapping[str, str] = PIECES,
    **tables: Mapping[str, Any] | Sequence[Mapping[str, Any]],
) -> Path:
    """A newsletter directory, `folder`/newsletter, ready to run. It writes into its `outbox` unless `smtp` says more.

    `subscribers` are lines of subscribers.csv (email,name,status,cadence,sections), None for no such file; any other
    keyword is a table of roundup.toml, laid over what stands there: `schedule={"at": "07:00"}`.
    """
    directory = folder / "newsletter"
    (directory / "content").mkdir(parents=True)
    settings: dict[str, Any] = {
        "newsletter": _NEWSLETTER,
        "editor": {"email": "editor@lantern.example.org"},
        "sources": sources,
        "smtp": smtp or {"outbox": "outbox"},
        # Letters to the editor would lie among the issue's: whoever is about them asks for them.
        "reports": {"mail": "never"},
    }
    for table, given in tables.items():
        settings[table] = {**settings.get(table, {}), **given} if isinstance(given, Mapping) else given
    (directory / "roundup.toml").write_text(_toml(settings), encoding="utf-8")
    write_secret(directory)
    if subscribers is not None:
        write_subscribers(directory, subscribers)
    for name, text in content.items():
        (directory / "content" / name).write_text(text, encoding="utf-8")
    return directory


def write_secret(directory: Path) -> None:
    """The file that signs tokens, as `init` would make it."""
    path = directory / ".secret"
    path.touch(mode=0o600)
    path.write_text(SECRET + "\n", encoding="ascii")


def write_subscribers(directory: Path, lines: Iterable[str]) -> None:
    """subscribers.csv, from lines without their heading."""
    text = "\n".join(("email,name,status,cadence,sections", *lines)) + "\n"
    (directory / "subscribers.csv").write_text(text, encoding="utf-8")


def _toml(settings: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for table, content in settings.items():
        single = isinstance(content, Mapping)
        for each in [content] if single else content:
            lines.append(f"[{table}]" if single else f"[[{table}]]")
            lines.extend(f"{key} = {_value(value)}" for key, value in each.items())
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + "}"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _environment(env: Mapping[str, str] | None) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ROUNDUP_")} | dict(env or {})


def roundup(
    directory: Path, *args: str, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the command in a newsletter's directory, with the environment laid over this one's."""
    command = [*COMMAND, "-C", str(directory), *args]
    return subprocess.run(command, capture_output=True, text=True, env=_environment(env), timeout=timeout, check=False)


def started(
    directory: Path, *args: str, env: Mapping[str, str] | None = None, within: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """The same, without waiting for its end. `within`: what stands before its command."""
    command = [*within, *COMMAND, "-C", str(directory), *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment(env))


def told(result: subprocess.CompletedProcess[str]) -> Any:
    """What a command printed with --json."""
    return json.loads(result.stdout)


def free_port() -> int:
    """A port of 127.0.0.1 at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(directory: Path, port: int) -> Iterator[str]:
    """`roundup serve` at work; gives its address, ending in a slash."""
    address = f"http://127.0.0.1:{port}/"
    process = started(directory, "serve", "--port", str(port))
    try:
        await_answer(process, address)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=20)
    assert "Traceback" not in complaints, complaints


def await_answer(process: subprocess.Popen[str], address: str) -> None:
    """Wait until a server that was started answers."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"`roundup serve` did not come up: {process.returncode}")


def rows(directory: Path, statement: str) -> list[tuple[Any, ...]]:
    """What a statement reads from the newsletter's database."""
    with closing(sqlite3.connect(directory / "roundup.db")) as database:
        return database.execute(statement).fetchall()


def dump(directory: Path) -> str:
    """Everything in the newsletter's database, as SQL: equal if and only if nothing changed."""
    with closing(sqlite3.connect(directory / "roundup.db")) as database:
        return "\n".join(database.iterdump())
