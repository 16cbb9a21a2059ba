"""Everything runs with marked secrets, against servers that quote them; then whatever was said or kept is searched."""

import html
import logging
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, quote_plus

import click
import pytest

from roundup import cli, words
from roundup.cli import daily
from tests.fakes.echoes import a_database, a_mail_server, a_mailbox
from tests.newsletters import DUE, THE_DAY, a_newsletter, a_piece_file, await_answer, free_port, rows, started
from tests.postgres import the_cluster
from tests.signatures import a_key_file, an_ed25519_pem

SMTP, DATABASE, SIGNING, FEED = "hunter2-SMTP/+&=Zz", "hunter2-DATABASE", "hunter2-SIGNING-" * 3, "hunter2-FEED-xyz"
HOOK, PING, IMAP = "hunter2-HOOK-T0B1", "hunter2-PING-7f3a", "hunter2-IMAP-\\+&=Zz"
SECRETS = (SMTP, DATABASE, SIGNING, FEED, HOOK, PING, IMAP, an_ed25519_pem().decode().splitlines()[1])
ENVIRONMENT = {
    "ROUNDUP_SMTP_PASSWORD": SMTP,
    "ROUNDUP_IMAP_PASSWORD": IMAP,
    "ROUNDUP_SECRET": SIGNING,
    # Nobody is there: both fail, and that is told.
    "ROUNDUP_WEBHOOK": f"http://127.0.0.1:9/services/{HOOK}",
    "ROUNDUP_PING": f"http://127.0.0.1:9/{PING}",
}

#: Every command there is -> how it is run here, one after another. A new one must be added.
RUNS: Mapping[str, Sequence[Sequence[str]]] = {
    "init": [["init", "{folder}/another"]],
    "demo": [["demo", "--to", "{folder}/demo"]],
    "subscribers add": [["subscribers", "add", "dee@example.org"]],
    "subscribers import": [["subscribers", "import", "subscribers.csv", "--json"]],
    "sources list": [["sources", "list", "--json"]],
    "sources mute": [["sources", "mute", "Feed"]],
    "sources accept": [["sources", "accept", "Feed"]],
    "pieces list": [["pieces", "list", "--at", DUE]],
    "pieces pin": [["pieces", "pin", "no-such-piece", "--at", DUE]],
    "pieces exclude": [["pieces", "exclude", "no-such-piece", "--at", DUE]],
    "pieces edit": [["pieces", "edit", "--subject", "A subject", "--issue", THE_DAY]],
    "pieces add": [["pieces", "add", "https://name:{FEED}@127.0.0.1:9/a/", "--title", "A", "--issue", THE_DAY]],
    "preview": [["preview", "--out", "out", "--at", DUE, "--json"]],
    "run": [["run", "--now", "--at", DUE], ["run", "--at", DUE, "--json"]],
    "test-send": [["test-send", "cy@example.org"]],
    "issues list": [["issues", "list", "--json"]],
    "issues show": [["issues", "show", THE_DAY, "--json"], ["issues", "show", THE_DAY, "--failed"]],
    "issues hold": [["issues", "hold", THE_DAY]],
    "issues release": [["issues", "release", THE_DAY]],
    "issues approve": [["issues", "approve", THE_DAY]],
    "issues correct": [["issues", "correct", THE_DAY, "--yes", "--intro", "Sorry."]],
    "issues retry": [["issues", "retry", THE_DAY, "--json"]],
    "issues skip": [["issues", "skip", THE_DAY]],
    "subscribers list": [["subscribers", "list", "--json"]],
    "subscribers export": [["subscribers", "export"], ["subscribers", "export", "--person", "ada@example.com"]],
    "subscribers stats": [["subscribers", "stats", "--json"]],
    "subscribers remove": [["subscribers", "remove", "dee@example.org"]],
    "subscribers forget": [["subscribers", "forget", "dee@example.org"]],
    "bounces": [["bounces", "--json"]],
    "check": [["check", "--offline"], ["check", "--json", "--name-server", "127.0.0.1:9"]],
    "backup": [["backup", "{folder}/kept.tar.gz"]],
    "restore": [["restore", "{folder}/kept.tar.gz", "--hold"]],
    "store move": [["store", "move", "postgresql://roundup:{DATABASE}@127.0.0.1:9/newsletter"]],
    # In a file it has nothing to do.
    "worker": [["worker"]],
    # These stay: they are run as processes of their own, below.
    "serve": [],
    "schedule": [],
}


def commands(group: click.Command, before: str = "") -> Iterator[str]:
    if isinstance(group, click.Group):
        for name, each in group.commands.items():
            yield from commands(each, f"{before} {name}".strip())
    else:
        yield before


def test_every_command_is_run() -> None:
    assert set(RUNS) == set(commands(cli.group))


@dataclass
class Said:
    """All that was said by commands, and by whom."""

    capture: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    directory: Path
    everything: dict[str, str] = field(default_factory=dict)

    def run(self, *args: str) -> str:
        """A command in this very process, from its outermost loop, as `roundup` is started."""
        filled = [each.format(folder=self.directory.parent, FEED=FEED, DATABASE=DATABASE) for each in args]
        self.monkeypatch.setattr(sys, "argv", ["roundup", "-C", str(self.directory), *filled])
        with pytest.raises(SystemExit):
            cli.main()
        out, err = self.capture.readouterr()
        name = f"{len(self.everything)} {' '.join(args)}"
        self.everything |= {f"stdout of {name}": out, f"stderr of {name}": err}
        return out + err


@pytest.fixture
def database() -> str:
    """A real one's address, at which any password is right. Made before `said` takes the folder for temporary files."""
    cluster = the_cluster()
    return cluster.url(cluster.make_database()).replace("://roundup@", f"://roundup:{DATABASE}@")


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    """What the command changes in its process is as it was."""
    before = logging.getLogRecordFactory(), sys.excepthook, threading.excepthook
    signals = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    logging.setLogRecordFactory(before[0])
    sys.excepthook, threading.excepthook = before[1:]
    for number, what in signals.items():
        signal.signal(number, what)
    words.speak(words.of("en-GB"))


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Said]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    faults = tmp_path / "faults"
    faults.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(faults))
    with a_mailbox() as port:
        yield Said(capfd, monkeypatch, _a_newsletter(tmp_path, mailbox=port))


def _a_newsletter(folder: Path, *, mailbox: int) -> Path:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    pieces = {"bridge.md": a_piece_file("A bridge"), "bus.md": a_piece_file("A bus", day=yesterday)}
    feed = {"feed": f"http://name:{FEED}@127.0.0.1:9/feed", "name": "Feed", "allow_private": True}
    content = {"folder": "content", "link": "https://lantern.example.org/{slug}/", "name": "The Lantern"}
    directory = a_newsletter(
        folder,
        content=pieces,
        sources=[content, feed],
        smtp={"host": "127.0.0.1", "port": 9, "security": "none", "username": "roundup"},
        selection={"max_age": "30d"},
        dkim=[{"selector": "e2026", "key": "dkim.pem"}],
        reports={"mail": "daily", "log": "reports.jsonl"},
        bounces={"imap": "127.0.0.1", "port": mailbox, "security": "none", "username": "returned"},
    )
    a_key_file(directory, "dkim.pem", an_ed25519_pem())
    return directory


def at_port(directory: Path, port: int) -> None:
    path = directory / "roundup.toml"
    path.write_text(re.sub(r"(?m)^port = \d+$", f"port = {port}", path.read_text(encoding="utf-8")), encoding="utf-8")


def spellings(secret: str) -> set[bytes]:
    octets = secret.encode()
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret), octets.hex()}
    # In base64 between other octets: the letters that only the secret decides, at each of the three places.
    inner = {b64encode(b"x" * at + octets)[4 if at else 0 : (at + len(octets)) // 3 * 4] for at in range(3)}
    return {text.encode() for text in texts} | inner | {urlsafe_b64encode(octets).rstrip(b"=")}


def found(places: Mapping[str, bytes]) -> list[str]:
    """Where a secret stands, as it is or in another spelling."""
    return [
        f"{secret[:14]} in {where}: …{octets[max(0, octets.find(each) - 60) :][:160]!r}"
        for secret in SECRETS
        for each in spellings(secret)
        for where, octets in places.items()
        if each in octets
    ]


def kept(directory: Path) -> dict[str, bytes]:
    """Every file below and beside a newsletter but those that hold secrets by their nature: its own settings, in which
    a feed's address may have a password, and its keys."""
    ours = {directory / name for name in ("roundup.toml", "dkim.pem", ".secret")}
    ours |= set((directory / "issues").glob("*.toml"))
    there = [path for path in directory.parent.rglob("*") if path.is_file() and path not in ours]
    packed = {
        f"{path}/{name}": octets
        for path in there
        if path.name.endswith(".tar.gz")
        for name, octets in _unpacked(path)
        if name not in {each.name for each in ours}
    }
    # What a mail has is on lines of 76 characters, with = at the end where one goes on.
    return packed | {
        str(path): path.read_bytes().replace(b"=\r\n", b"") if path.suffix == ".eml" else path.read_bytes()
        for path in there
    }


def _unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as backup:
        for member in backup.getmembers():
            if (file := backup.extractfile(member)) is not None:
                yield member.name.rpartition("/")[2], file.read()


def told(said: Said) -> dict[str, bytes]:
    return {where: text.encode() for where, text in said.everything.items()}


def test_no_secret_stands_in_what_any_command_says_or_keeps(said: Said) -> None:
    for manner in ("refuses", "breaks"):
        with a_mail_server(manner) as port:
            at_port(said.directory, port)
            text = said.run("run", "--now", "--at", DUE)
            assert "Traceback" not in text
            assert manner == "breaks" or "refused the login of roundup (535 5.7.8 bad password •••" in text
    with a_mail_server("takes") as port:
        at_port(said.directory, port)
        for runs in RUNS.values():
            for args in runs:
                said.run(*args)
        _stays(said, "schedule")
        with _served(said, "preview", "--no-browser", "--at", DUE) as asked:
            for page in ("/", "/issues", f"/issues/{THE_DAY}", "/issue.eml"):
                asked(page)
    with a_mail_server("refuses") as port:
        at_port(said.directory, port)
        with _served(said, "serve") as asked:
            _sign_up(asked, "new@example.org")
            asked("/archive")
            time.sleep(1)
    log = said.everything["stderr of ('serve',)"]
    assert "refused the login of roundup" in log
    assert "•••" in log
    assert "new@example.org" not in log
    unreached = [where for where, text in said.everything.items() if "The report did not reach 127.0.0.1" in text]
    assert {"stderr of 0 run --now --at 2026-11-20T17:00", "stderr of ('schedule',)"} <= set(unreached)
    assert "ada@example" not in (said.directory / "reports.jsonl").read_text(encoding="utf-8")
    replies = rows(said.directory, "SELECT reply FROM deliveries WHERE reply <> ''")

    assert any("•••" in reply for (reply,) in replies), "the server quoted the password, and it was not hidden"
    assert found(told(said) | kept(said.directory)) == []


def _stays(said: Said, *args: str) -> None:
    """A command that runs until it is stopped."""
    process = started(said.directory, *args, env=ENVIRONMENT)
    assert process.stdout is not None
    said.everything[f"first line of {args}"] = process.stdout.readline()
    time.sleep(2)
    _stopped(said, process, args)


def _stopped(said: Said, process: subprocess.Popen[str], args: Sequence[str]) -> None:
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    said.everything |= {f"stdout of {args}": out, f"stderr of {args}": err}


@contextmanager
def _served(said: Said, *args: str) -> Iterator[Callable[..., str]]:
    """The same for one that serves pages; gives what asks for one."""
    site = f"http://127.0.0.1:{free_port()}"
    process = started(said.directory, *args, "--port", site.rpartition(":")[2], env=ENVIRONMENT)

    def asked(page: str, **form: str) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(f"{site}{page}", data, timeout=30) as answer:
            text = str(answer.read().decode("utf-8", "replace"))
        said.everything[f"{args[0]}: {page}"] = text
        return text

    try:
        await_answer(process, site)
        yield asked
    finally:
        _stopped(said, process, args)


def _sign_up(asked: Callable[..., str], email: str) -> None:
    shown = asked("/").partition('name="shown" value="')[2].partition('"')[0]
    # As long as a person takes.
    time.sleep(3)
    asked("/subscribe", email=email, shown=shown)


def test_a_fault_of_our_own_keeps_a_traceback_without_secrets(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"the relay has the password {os.environ['ROUNDUP_SMTP_PASSWORD']}")

    said.run("run", "--now", "--dry-run", "--at", DUE)
    monkeypatch.setattr(daily, "tell", broken)
    text = said.run("run", "--now", "--at", DUE)

    [report] = (said.directory.parent / "faults").glob("roundup-fault-*.txt")
    assert str(report) in text
    assert "RuntimeError: the relay has the password •••" in report.read_text(encoding="utf-8")
    assert found(told(said) | kept(said.directory)) == []


def test_the_password_of_the_database_is_nowhere(database: str, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_database() as port:
        for address in (
            f"postgresql://roundup:{DATABASE}@127.0.0.1:{port}/newsletter",
            f"postgresql://roundup:{DATABASE}@127.0.0.1:{free_port()}/newsletter",
            f"postgresql://roundup:{DATABASE}@[::1/newsletter",
            f"mysql://roundup:{DATABASE}@localhost/newsletter",
            database,
        ):
            monkeypatch.setenv("ROUNDUP_DATABASE_URL", address)
            for args in (("subscribers", "list"), ("run", "--now", "--at", DUE)):
                assert "Traceback" not in said.run(*args)

    # Its words may be secrets of tests that ran before in this process; its code is none.
    assert [text for text in said.everything.values() if "••• (28P01)" in text], said.everything
    assert found(told(said) | kept(said.directory)) == []


def test_nor_is_it_when_the_newsletter_is_moved_there(
    database: str, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    said.run("run", "--now", "--at", DUE)
    monkeypatch.setenv("PGPASSWORD", DATABASE)
    with a_database() as port:
        assert "••• (28P01)" in said.run("store", "move", f"postgresql://roundup@127.0.0.1:{port}/newsletter")
    assert "does not belong on the command line" in said.run("store", "move", database)
    moved = said.run("store", "move", database.replace(f":{DATABASE}@", "@"))
    assert "were moved and compared" in moved, moved
    assert found(told(said) | kept(said.directory)) == []


def test_a_token_stands_in_its_own_persons_mail_and_nowhere_else(said: Said) -> None:
    settings = said.directory / "roundup.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"(?s)\[smtp\].*?\n\[", '[smtp]\noutbox = "outbox"\n[', text, count=1), encoding="utf-8")
    said.run("run", "--now", "--at", DUE, "--json")
    said.run("issues", "show", THE_DAY, "--json")
    mails = {path.name: path.read_bytes() for path in (said.directory / "outbox").glob("*.eml")}
    # The editor's reports have none.
    mails = {name: octets for name, octets in mails.items() if b"\nList-Unsubscribe:" in octets}
    tokens = {name: _tokens(octets) for name, octets in mails.items()}
    with _served(said, "serve") as asked:
        for of in tokens.values():
            asked(f"/u/{of['u'].decode()}")

    assert 2 == len(tokens)
    for name, of in tokens.items():
        # To leave and to choose: there is no other that is signed for a reader.
        assert {"u"} == set(of)
        where = {place for place, octets in (told(said) | kept(said.directory)).items() if of["u"] in octets}
        assert where == {str(said.directory / "outbox" / name), f"serve: /u/{of['u'].decode()}"}
    assert found(told(said) | kept(said.directory)) == []


def _tokens(octets: bytes) -> dict[str, bytes]:
    """What is signed for its reader alone, by the first word of where it stands."""
    found = re.findall(rb"(?:/(\w)/|(bounces)\+)([\w-]{22,})", octets.replace(b"=\r\n", b""))
    return {(page or path).decode(): token for page, path, token in found}
