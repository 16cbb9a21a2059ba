"""`roundup backup` and `restore`: everything comes back; nothing goes out by itself that may have gone out before."""

import os
import sqlite3
import stat
import subprocess
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.archives import unpack
from tests.newsletters import COMMAND, a_newsletter, a_piece_file, a_piece_of_today, dump, roundup, rows, told

EVERY_DAY = {"at": "00:00", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "max_lateness": "24h"}


def a_daily(tmp_path: Path) -> Path:
    """A newsletter that is due at midnight every day, with a piece of today."""
    content = {"one.md": a_piece_of_today("One")}
    directory = a_newsletter(tmp_path, schedule=EVERY_DAY, content=content, selection={"max_age": "48h"})
    assert 0 == roundup(directory, "subscribers", "import", "subscribers.csv").returncode
    return directory


def test_a_backup_is_one_file_that_nobody_else_reads(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    kept = told(roundup(directory, "backup", str(file), "--json"))
    assert (2, 0o600) == (kept["rows"]["subscribers"], stat.S_IMODE(file.stat().st_mode))


def test_a_backup_without_the_secret_says_so(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    assert "It holds the secret and everybody's address" in roundup(directory, "backup", str(file)).stdout
    (directory / ".secret").unlink()
    kept = roundup(directory, "backup", str(file), env={"ROUNDUP_SECRET": "of-the-environment-" * 3})
    assert "keep ROUNDUP_SECRET as well" in kept.stdout, kept.stderr
    with tarfile.open(file) as archive:
        assert not [name for name in archive.getnames() if name.endswith(".secret")]


def test_a_lost_newsletter_comes_back_whole(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    roundup(directory, "backup", str(file))
    everybody = "SELECT email, status, key FROM subscribers ORDER BY id"
    before, secret = rows(directory, everybody), (directory / ".secret").read_bytes()
    new = tmp_path / "new"
    result = roundup(new, "restore", str(file))
    assert 0 == result.returncode, result.stderr
    assert "would be mailed again" in result.stdout
    assert (before, secret) == (rows(new, everybody), (new / ".secret").read_bytes())
    assert 0o600 == stat.S_IMODE((new / ".secret").stat().st_mode)
    assert not (new / ".restoring").exists()


def test_what_was_sent_in_the_lost_time_is_not_sent_again(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    with_calendar(directory)
    roundup(directory, "backup", str(file))
    assert "sent" == told(roundup(directory, "run", "--now", "--json"))["state"]
    sent = len(list((directory / "outbox").glob("*.eml")))
    assert 2 == sent
    restored = roundup(directory, "restore", str(file))
    assert 0 == restored.returncode, restored.stderr
    for order in ((), ("--now",)):
        result = told(roundup(directory, "run", "--json", *order))
        assert "held" == result["state"], result
    assert sent == len(list((directory / "outbox").glob("*.eml")))
    for held in (datetime.now(UTC).date(), datetime.now(UTC).date() + timedelta(days=1)):
        assert "held" == told(roundup(directory, "run", "--now", "--json"))["state"]
        assert 0 == roundup(directory, "issues", "release", str(held)).returncode
    assert "sent" == told(roundup(directory, "run", "--now", "--json"))["state"]


def test_the_editor_says_that_it_was_sent(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    with_calendar(directory)
    roundup(directory, "backup", str(file))
    roundup(directory, "run", "--now")
    restored = roundup(directory, "restore", str(file), "--lost-were-sent")
    assert 0 == restored.returncode, restored.stderr
    today = datetime.now(UTC).date()
    assert f"Closed, for it was sent: {today}." in restored.stdout
    assert "skipped" == told(roundup(directory, "run", "--now", "--json"))["state"]
    tomorrow = f"{today + timedelta(days=1)}T12:00+00:00"
    assert "nothing-new" == told(roundup(directory, "run", "--at", tomorrow, "--json"))["state"]


def test_an_issue_that_was_sent_is_closed_by_the_editor_and_its_pieces_are_in_no_other(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    with_calendar(directory)
    today = datetime.now(UTC).date()
    yesterday = (today - timedelta(days=1)).isoformat()
    (directory / "content" / "one.md").write_text(a_piece_file("One", day=yesterday), encoding="utf-8")
    roundup(directory, "backup", str(file))
    assert "sent" == told(roundup(directory, "run", "--json"))["state"]
    roundup(directory, "restore", str(file), "--hold")
    tomorrow = today + timedelta(days=1)
    assert f"roundup issues skip {today} --was-sent" in roundup(directory, "issues", "show", str(today)).stdout
    checked = told(roundup(directory, "check", "--offline", "--json"))
    assert 2 == len([each for each in checked if each["id"] == "issue-on-hold"]), "this one and the next"
    refused = roundup(directory, "issues", "skip", str(today))
    assert (2, True) == (refused.returncode, "If it was sent, say `--was-sent`" in refused.stderr)
    closed = roundup(directory, "issues", "skip", str(today), "--was-sent")
    assert (0, True) == (closed.returncode, "Its pieces are not offered to another" in closed.stdout), closed.stderr
    for day in (tomorrow, tomorrow + timedelta(days=1)):
        # The one after it may have pieces that were mailed, and waits until somebody has looked, too.
        assert "held" == told(roundup(directory, "run", "--at", f"{day}T12:00+00:00", "--json"))["state"]
    roundup(directory, "issues", "release", str(tomorrow))
    assert "nothing-new" == told(roundup(directory, "run", "--at", f"{tomorrow}T12:00+00:00", "--json"))["state"]


def test_no_issue_is_held_of_before_the_first_run(tmp_path: Path) -> None:
    directory, file = a_newsletter(tmp_path, schedule=EVERY_DAY | {"at": "23:59"}), tmp_path / "kept.tar.gz"
    yesterday = datetime.now(ZoneInfo("Europe/London")).date() - timedelta(days=1)
    roundup(directory, "run")
    roundup(directory, "backup", str(file))
    held = told(roundup(directory, "restore", str(file), "--hold", "--json"))["held"]
    assert held
    assert str(yesterday) not in held


def test_who_left_since_the_backup_stays_away(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    roundup(directory, "backup", str(file))
    roundup(directory, "subscribers", "remove", "ada@example.com")
    roundup(directory, "subscribers", "forget", "bo@example.net")
    roundup(directory, "subscribers", "add", "cy@example.org")
    result = roundup(directory, "restore", str(file))
    assert "3 people were taken along." in result.stdout, result.stdout + result.stderr
    assert [("ada@example.com", "left"), ("cy@example.org", "active")] == rows(
        directory, "SELECT email, status FROM subscribers WHERE email != '' ORDER BY email"
    )
    assert 1 == len(list(directory.glob("before-restore-*.tar.gz")))


def test_a_damaged_backup_changes_nothing(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    roundup(directory, "backup", str(file))
    whole, before = file.read_bytes(), dump(directory)
    for broken in (whole[: len(whole) // 2], b"no backup", whole[:-200] + bytes(200)):
        file.write_bytes(broken)
        result = roundup(directory, "restore", str(file))
        assert 1 == result.returncode, result.stdout
        assert "Nothing was changed" in result.stderr
    assert before == dump(directory)


def test_a_database_that_somebody_has_open_is_not_replaced(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    roundup(directory, "backup", str(file))
    with closing(sqlite3.connect(directory / "roundup.db")) as reader:
        reader.execute("SELECT count(*) FROM subscribers").fetchone()
        result = roundup(directory, "restore", str(file))
    assert (2, True) == (result.returncode, "stop `roundup serve`" in result.stderr)


def test_a_restore_over_a_damaged_database_keeps_it(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    roundup(directory, "backup", str(file))
    (directory / "roundup.db").write_bytes(b"damaged" * 1000)
    result = roundup(directory, "restore", str(file))
    assert 0 == result.returncode, result.stderr
    assert [(2,)] == rows(directory, "SELECT count(*) FROM subscribers")
    (kept,) = directory.glob("before-restore-*.tar.gz")
    with tarfile.open(kept) as archive:
        unpack(archive, tmp_path, "roundup.db")
        assert {"roundup.toml", ".secret", "subscribers.csv"} <= {*archive.getnames()}
    assert b"damaged" * 1000 == (tmp_path / "roundup.db").read_bytes()


def test_another_newsletter_is_not_written_over(tmp_path: Path) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    roundup(directory, "backup", str(file))
    other = a_newsletter(tmp_path / "other", newsletter={"id": "other"})
    result = roundup(other, "restore", str(file))
    assert (2, True) == (result.returncode, "daily-lantern" in result.stderr)
    assert not os.path.lexists(other / "roundup.db")


@pytest.mark.parametrize(("answer", "said"), [("y", "Closed, for it was sent: "), ("n", "Held: ")])
def test_whoever_sits_at_a_terminal_is_asked_whether_the_lost_issues_were_sent(
    tmp_path: Path, answer: str, said: str
) -> None:
    directory, file = a_daily(tmp_path), tmp_path / "kept.tar.gz"
    with_calendar(directory)
    roundup(directory, "backup", str(file))
    ours, theirs = os.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keyboard:
        keyboard.write(f"{answer}\n".encode())
        command = [*COMMAND, "-C", str(directory), "restore", str(file)]
        done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=120, check=False)
        os.close(theirs)

    assert 0 == done.returncode, done.stderr
    assert "Were all of these issues sent since the backup: " in done.stdout
    assert said in done.stdout.partition("]: ")[2]


def with_calendar(directory: Path) -> None:
    """Its calendar began before today."""
    with closing(sqlite3.connect(directory / "roundup.db")) as database:
        database.execute("UPDATE newsletter SET began = '2026-01-01 00:00:00.000000'")
        database.commit()
