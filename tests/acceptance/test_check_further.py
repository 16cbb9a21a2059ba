"""`roundup check`: the faults that are quieter, or of a database that has lived for years; each planted and told."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from roundup.signing_up import Rationing, Request
from roundup.store.migrate import _config
from roundup.store.sqlite import SqliteStore
from tests.checked import DOMAIN, World, a_feed, said
from tests.newsletters import free_port, roundup, write_subscribers
from tests.sinks import a_sink


def settle(directory: Path, old: str, new: str) -> None:
    """Write a newsletter's settings anew, with one thing in place of another."""
    toml = directory / "roundup.toml"
    before = toml.read_text("utf-8")
    assert old in before
    toml.write_text(before.replace(old, new), encoding="utf-8")


def test_half_a_way_to_leave_a_clock_that_nobody_compares_and_a_relay_far_away_in_the_clear(
    world: World, tmp_path: Path
) -> None:
    with a_sink(tmp_path, host="0.0.0.0") as sink:
        # An address at which nobody is at home, so that it is not known to be this machine.
        there = {**sink.smtp, "host": "0.0.0.0", "security": "none", "allow_plaintext": True, "username": ""}
        directory = world.a_newsletter(tmp_path, smtp=there, newsletter={"public_url": "http://localhost:1/"})
        settle(directory, str(world.site.source["feed"]), f"http://localhost:{free_port()}/feed.xml")
        code, found = world.check(directory)

    assert [] == said(
        found,
        {
            "smtp-open": "Mail and the password travel to 0.0.0.0 unencrypted, so anybody on the way can read them",
            "no-one-click": "Gmail and Yahoo ask of every larger newsletter (RFC 8058): set [newsletter] public_url",
            "clock-unknown": "No web server told the time, so this machine's clock could not be compared",
            "pages-unreachable": "cannot be reached",
            "source-trouble": "Lantern: ",
            "sources-none": "No source could be used",
            "issue-warning": "is not https: some readers will be warned of it.",
        },
    )
    assert 1 == code


def test_no_mailbox_to_leave_by_and_faults_in_a_feed_and_in_templates(world: World, tmp_path: Path) -> None:
    directory = world.a_newsletter(tmp_path)
    settle(directory, f'unsubscribe_mailto = "leave@{DOMAIN}"\n', "")
    for name, text in (
        ("web/home.html", "{% if %}"),
        ("email/masthead.html", "<tr><td><script>x()</script></td></tr>"),
    ):
        template = directory / "templates" / name
        template.parent.mkdir(parents=True, exist_ok=True)
        template.write_text(text, encoding="utf-8")
    world.site.body = a_feed().replace(f"<link>https://{DOMAIN}/bridge/</link>".encode(), b"")

    code, found = world.check(directory)

    assert [] == said(
        found,
        {
            "issue-lint": "The HTML part has a <script> (1), which mail clients remove.",
            "source-defects": "Lantern: The bridge that two towns built: Its link 'bridge' is no web address",
            "public-template": "web/home.html, line 1: Expected an expression",
            "issue-warning": "The HTML part has 0 headings of the first rank; it should have one.",
            "no-mailto": "Outlook's own button to leave works with such an address alone: set it to a mailbox",
        },
    )
    assert 1 == code


def test_a_database_of_an_older_roundup_with_a_long_journal_and_readers_whom_nobody_asked(
    world: World, tmp_path: Path
) -> None:
    directory = world.a_newsletter(tmp_path)
    path = directory / "roundup.db"
    at = datetime.now(UTC)
    wish = Request(email="ada@example.com", network="192.0.2.0/24", wording="", source="/", at=at - timedelta(days=2))
    with SqliteStore(path=path).to_write() as ledgers:
        assert 1 == ledgers.signups.ask([wish], Rationing(per_hour=10, per_network=10))
    # What SQLite finds no beginning in, it does not read.
    with (directory / "roundup.db-wal").open("wb") as beside:
        beside.truncate(70 * 1024 * 1024)
    code, found = world.check(directory)

    assert [] == said(
        found,
        {
            "signups-wait": "1 reader signed up this week, and no confirmation mail was accepted",
            "database-journal": "Beside the database lie 70 MB that are not in it yet (-wal): some program keeps",
        },
    )
    assert 0 == code


def test_a_database_as_it_was_two_versions_ago(world: World, tmp_path: Path) -> None:
    directory = world.a_newsletter(tmp_path)
    engine = create_engine(f"sqlite:///{directory / 'roundup.db'}")
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0009")
    engine.dispose()

    code, found = world.check(directory)

    assert [] == said(found, {"database-older": "make a backup; the next run brings it up to date."})
    assert 0 == code


def test_a_database_that_is_damaged_in_the_middle(world: World, tmp_path: Path) -> None:
    directory = world.a_newsletter(tmp_path)
    write_subscribers(directory, [f"reader{number}@example.com,Reader" for number in range(3000)])
    assert 0 == roundup(directory, "subscribers", "import", "subscribers.csv", env=world.env).returncode
    path = directory / "roundup.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        (root,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'subscribers'").fetchone()
    with path.open("r+b") as file:
        file.seek(root * size)
        file.write(bytes(size))

    code, found = world.check(directory)

    assert [] == said(found, {"database-damaged": "The database is damaged (Page "})
    assert "bring it back from a backup, for it knows who has left and what was sent." in found["database-damaged"]
    assert 1 == code


def test_an_issue_that_was_sent_to_whom_nobody_can_look_for(world: World, tmp_path: Path) -> None:
    directory = world.a_newsletter(tmp_path)

    code, found = world.check(directory, "--send-to", "ada@example.net")

    assert [] == said(found, {"received-by-hand": "The issue was sent to ada@example.net and accepted"})
    assert (0, 1) == (code, len(world.sink.lines()))
