"""Approval with real processes: nothing goes out before the editor's yes, and what they saw is what arrives.

`issues approve` is about now, so these newsletters live in a zone in which it is noon.
"""

import re
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from roundup.model import IssueKey
from roundup.tokens import Secret
from tests.newsletters import a_newsletter, dump, free_port, roundup, rows, served, started, told
from tests.sinks import a_sink

ADA, EDITOR = "ada@example.com", "editor@lantern.example.org"
PAGE = Path(__file__).parents[2] / "docs" / "approval.md"
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FRIDAY, DUE = "2026-11-20", "2026-11-20T17:00"


def noon() -> tuple[str, date]:
    """A zone in which it is noon, and the day there."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}", (datetime.now(UTC) + timedelta(hours=ahead)).date()


def asking(folder: Path, smtp: Mapping[str, Any] | None = None, **schedule: Any) -> tuple[Path, str]:
    """A newsletter whose editor is asked, with a piece of three hours ago; and its day."""
    zone, today = noon()
    written = f"{datetime.now(UTC) - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"
    text = f"---\ntitle: The bridge that two towns built\ndate: {written}\ncomment_count: 2\n---\n\nIt took a while.\n"
    directory = a_newsletter(
        folder,
        content={"bridge.md": text},
        subscribers=[ADA, "bo@example.net"],
        newsletter={"timezone": zone},
        schedule={"approval": "required", "days": EVERY_DAY, "at": "17:00", **schedule},
        smtp=smtp,
    )
    return directory, today.isoformat()


def mails(folder: Path) -> dict[str, list[EmailMessage]]:
    """What was mailed, by address."""
    found: dict[str, list[EmailMessage]] = {}
    for path in sorted(folder.glob("*.eml"), key=lambda each: each.stat().st_mtime_ns):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        assert [] == mail.defects
        found.setdefault(mail["To"].addresses[0].addr_spec, []).append(mail)
    return found


def outbox(directory: Path) -> dict[str, list[EmailMessage]]:
    return mails(directory / "outbox")


def link_in(mail: EmailMessage) -> str:
    """The path of the page that a mail to the editor leads to."""
    found = re.search(r"https://roundup\.lantern\.example\.org/(approve/\S+)", mail.get_content())
    assert found is not None
    return found[1]


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def fetched(address: str, *, post: bool = False) -> tuple[int, str]:
    """The status and the heading of a page."""
    asked = urllib.request.Request(address, data=b"" if post else None, method="POST" if post else "GET")
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    return status, (re.search(r"<h1>(.*?)</h1>", text, re.DOTALL) or ["", ""])[1]


def write_word(directory: Path, day: str, subject: str) -> None:
    (directory / "issues").mkdir(exist_ok=True)
    (directory / "issues" / f"{day}.toml").write_text(f'subject = "{subject}"\n', encoding="utf-8")


def test_what_the_editor_saw_is_what_arrives_and_nothing_before(tmp_path: Path) -> None:
    directory, day = asking(tmp_path)
    ran = roundup(directory, "run", "--now", "--json")
    waits = told(ran)
    assert (3, "awaiting-approval", day) == (ran.returncode, waits["state"], waits["issue"])
    assert {EDITOR} == set(outbox(directory))
    assert [] == rows(directory, "SELECT * FROM deliveries")
    listed = told(roundup(directory, "issues", "list", "--json"))
    assert [("awaiting-approval", waits["fingerprint"])] == [(each["state"], each["fingerprint"]) for each in listed]

    # The world goes on; what waits does not.
    (directory / "content" / "bridge.md").write_text(
        (directory / "content" / "bridge.md").read_text(encoding="utf-8").replace("count: 2", "count: 99"), "utf-8"
    )
    assert (3, "") == ((again := roundup(directory, "run", "--now", "--quiet")).returncode, again.stdout + again.stderr)
    seen = roundup(directory, "preview", "--out", "seen", "--json")
    assert waits["fingerprint"] == told(seen)["fingerprint"]

    refused = roundup(directory, "issues", "approve", day, "--expect", "0" * 64)
    assert (3, True) == (refused.returncode, waits["fingerprint"] in refused.stderr)
    sent = roundup(directory, "issues", "approve", day, "--expect", waits["fingerprint"], "--json")
    assert (0, "sent", waits["fingerprint"]) == (sent.returncode, told(sent)["state"], told(sent)["fingerprint"])
    (mail,) = outbox(directory)[ADA]
    preview = message_from_bytes((directory / "seen" / "issue.eml").read_bytes(), policy=policy.default)
    tokens = [re.findall(r"/u/([\w-]{20,})", str(each["List-Unsubscribe"]))[0] for each in (mail, preview)]
    shown = (directory / "seen" / "issue.html").read_text(encoding="utf-8")
    assert shown == html_of(mail).replace(tokens[0], tokens[1]).replace(ADA, EDITOR)
    assert [1, 1, 1] == [len(each) for each in outbox(directory).values()]
    assert 2 == roundup(directory, "issues", "approve", day).returncode


def test_the_page_of_the_mail_approves_and_the_next_run_delivers(tmp_path: Path) -> None:
    directory, day = asking(tmp_path)
    roundup(directory, "run", "--now")
    first = link_in(outbox(directory)[EDITOR][0])
    write_word(directory, day, "The day the bridge stood")
    with served(directory, free_port()) as address:
        assert (200, "This link is out of date") == fetched(address + first, post=True), "no run has seen the edit yet"
        assert 3 == roundup(directory, "run", "--now").returncode
        before, asked = dump(directory), outbox(directory)[EDITOR]
        assert "To approve: The day the bridge stood" == asked[-1]["Subject"]
        link = link_in(asked[-1])
        forged = Secret(b"another secret" * 3).approval_token(IssueKey(day=date.fromisoformat(day)), "f" * 64)
        assert (200, "Approve this issue?") == fetched(address + link)
        assert (200, "This link is out of date") == fetched(address + first, post=True)
        assert 404 == fetched(f"{address}approve/{forged}", post=True)[0]
        assert before == dump(directory), "looking, old links and forged ones change nothing"
        assert (200, "Approved") == fetched(address + link, post=True)
        approved = dump(directory)
        assert [(200, "Approved")] * 2 == [fetched(address + link, post=True), fetched(address + link)]
        assert (approved, {EDITOR}) == (dump(directory), set(outbox(directory)))
    assert "sent" == told(roundup(directory, "run", "--json"))["state"]
    assert {EDITOR: 2, ADA: 1, "bo@example.net": 1} == {to: len(each) for to, each in outbox(directory).items()}
    assert "The day the bridge stood" == outbox(directory)[ADA][0]["Subject"]


@pytest.mark.parametrize(("rule", "state", "readers"), [("drop", "skipped", 0), ("send", "sent", 2)])
def test_when_nobody_answers_in_time(tmp_path: Path, rule: str, state: str, readers: int) -> None:
    directory = a_newsletter(tmp_path, schedule={"approval": "required", "after_deadline": rule})
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    ends = [told(roundup(directory, "run", "--at", f"{FRIDAY}T{at}", "--json")) for at in ("17:00", "20:59", "21:00")]
    assert ["awaiting-approval", "awaiting-approval", state] == [each["state"] for each in ends]
    assert readers == len(outbox(directory)) - 1
    late = roundup(directory, "issues", "approve", FRIDAY)
    assert (2, True) == (late.returncode, f"is {state} already: nothing to approve." in late.stderr)
    monday = told(roundup(directory, "run", "--at", "2026-11-23T17:00", "--json"))
    assert (("awaiting-approval", 2) if rule == "drop" else ("nothing-new", 0)) == (monday["state"], monday["pieces"])


def test_what_waits_is_told_by_dry_runs_and_can_be_held_and_skipped(tmp_path: Path) -> None:
    directory, day = asking(tmp_path)
    assert "It would wait for approval." in roundup(directory, "run", "--now", "--dry-run").stdout
    roundup(directory, "run", "--now")
    assert 0 == roundup(directory, "issues", "hold", day).returncode
    assert 3 == roundup(directory, "issues", "approve", day).returncode
    assert 0 == roundup(directory, "issues", "release", day).returncode
    assert 0 == roundup(directory, "issues", "skip", day).returncode
    assert ["skipped"] == [each["state"] for each in told(roundup(directory, "issues", "list", "--json"))]
    assert 2 == roundup(directory, "issues", "approve", day).returncode
    assert {EDITOR} == set(outbox(directory))


def test_what_is_approved_before_it_is_due_waits_for_its_hour(tmp_path: Path) -> None:
    directory, day = asking(tmp_path)
    early = roundup(directory, "issues", "approve", day)
    assert (0, True) == (early.returncode, f"The issue of {day} is approved" in early.stdout)
    shown = roundup(directory, "issues", "show", day).stdout
    assert f"The issue of {day}: approved" in shown
    assert "not-due" == told(roundup(directory, "run", "--json"))["state"]
    assert "sent" == told(roundup(directory, "run", "--at", f"{day}T17:00", "--json"))["state"]
    assert {ADA, "bo@example.net"} == set(outbox(directory)), "nobody was asked: they had said yes"


# Killed ----------------------------------------------------------------------------------------------------------


@contextmanager
def a_server_that_never_greets(port: int) -> Iterator[None]:
    """Whoever connects waits."""
    with socket.create_server(("127.0.0.1", port)):
        yield


def killed_once(process: subprocess.Popen[str], is_there: Callable[[], bool]) -> None:
    """Kill a process with -9 as soon as something is there."""
    deadline = time.monotonic() + 60
    while not is_there():
        assert time.monotonic() < deadline, "it never came"
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    # Until it waits for the mail server.
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)


def test_killed_between_storing_and_mailing_the_editor_is_told_once(tmp_path: Path) -> None:
    port = free_port()
    directory, _ = asking(tmp_path, smtp={"host": "127.0.0.1", "port": port, "security": "none"})
    roundup(directory, "issues", "list")
    with a_server_that_never_greets(port):
        process = started(directory, "run", "--now")
        killed_once(process, lambda: has(directory, "SELECT 1 FROM approvals"))
    assert [(None,)] == rows(directory, "SELECT mailed_at FROM approvals")
    with a_sink(tmp_path, port=port) as sink:
        for _ in range(3):
            assert "awaiting-approval" == told(roundup(directory, "run", "--now", "--json"))["state"]
        assert {EDITOR: 1} == sink.copies()


def test_killed_between_approving_and_delivering_everybody_gets_it_once(tmp_path: Path) -> None:
    port = free_port()
    directory, day = asking(tmp_path, smtp={"host": "127.0.0.1", "port": port, "security": "none"})
    with a_sink(tmp_path, port=port):
        assert 3 == roundup(directory, "run", "--now").returncode
    with a_server_that_never_greets(port):
        process = started(directory, "issues", "approve", day)
        killed_once(process, lambda: has(directory, "SELECT 1 FROM deliveries"))
    with a_sink(tmp_path, port=port) as sink:
        assert "sent" == told(roundup(directory, "run", "--json"))["state"]
        assert 0 == roundup(directory, "run").returncode
        assert {EDITOR: 1, ADA: 1, "bo@example.net": 1} == sink.copies()


def has(directory: Path, statement: str) -> bool:
    """Whether a statement finds something in the newsletter's database, once there is one."""
    try:
        return bool(rows(directory, statement))
    except sqlite3.OperationalError:
        return False


# The page --------------------------------------------------------------------------------------------------------


def test_the_pages_commands_do_what_it_says(tmp_path: Path) -> None:
    directory, day = asking(tmp_path)
    tomorrow = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    roundup(directory, "run", "--now")
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    commands = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    said = []
    for command in commands:
        words = command.replace(FRIDAY, day).replace("2026-11-23", tomorrow).split()
        assert words[:3] == ["roundup", "-C", "my-roundup"]
        result = roundup(directory, *words[3:])
        assert 0 == result.returncode, (command, result.stderr)
        said.append(result.stdout)
    assert "awaiting approval" in said[0].lower() or "awaiting-approval" in said[0]
    assert "Sent: the issue of" in said[1]
    assert 6 == len(commands)


def test_the_example_of_settings_is_one(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    directory, _ = asking(tmp_path, approval_deadline="1h", after_deadline="send")
    assert 0 == roundup(directory, "run", "--dry-run").returncode
    assert re.findall(r"^(approval|approval_deadline|after_deadline) = ", page, re.MULTILINE) == [
        "approval", "approval_deadline", "after_deadline",
    ]  # fmt: skip
