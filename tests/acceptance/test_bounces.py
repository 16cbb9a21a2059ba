"""`roundup bounces`: a real Postfix returns real reports, and what was crafted changes nobody."""

import os
import re
import shutil
import signal
import smtplib
import subprocess
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from roundup.model import IssueKey
from roundup.tokens import Purpose, Secret
from tests.estate import PASSWORD, Estate, an_estate, missing_parts
from tests.newsletters import COMMAND, DUE, SECRET, a_newsletter, a_piece_file, dump, roundup, rows, started, told
from tests.refusing import REPLIES, a_far_server, a_listener
from tests.returned_mail import a_bounce, a_maildir, a_message, loops, path_of

PAGE = (Path(__file__).parents[2] / "docs" / "bounces.md").read_text(encoding="utf-8")
SIGNS = Secret(SECRET.encode())
WHERE = "bounces@example.org"
PEOPLE = [f"{name}@far.example" for name in REPLIES]


def statuses(directory: Path) -> dict[str, str]:
    return dict(rows(directory, "SELECT email, status FROM subscribers"))


def key_of(directory: Path, email: str) -> bytes:
    return bytes(dict(rows(directory, "SELECT email, key FROM subscribers"))[email])


def postfix_for(port: int) -> str:
    """Postfix reaches the far side, takes what comes back with a token, and gives up at the first try."""
    return (
        f"transport_maps = inline:{{ far.example=smtp:[127.0.0.1]:{port} }}\n"
        "recipient_delimiter = +\npropagate_unmatched_extensions =\n"
        f"virtual_alias_maps = inline:{{ {WHERE}={WHERE} }}\n"
        "maximal_queue_lifetime = 0\nminimal_backoff_time = 1s\nqueue_run_delay = 1s\n"
    )


def mails_to_the_far_side(folder: Path, estate: Estate) -> Path:
    """A newsletter that has mailed everybody, and whose reports have come back."""
    yesterday = (date.today() - timedelta(days=1)).isoformat()  # noqa: DTZ011 - a piece is new by today's date
    directory = a_newsletter(
        folder,
        smtp={"host": "127.0.0.1", "port": estate.plain_port, "security": "none"},
        newsletter={"bounce_address": WHERE},
        selection={"max_age": "72h"},
        content={"bridge.md": a_piece_file("The bridge that two towns built", day=yesterday)},
        subscribers=PEOPLE,
        bounces={
            "imap": "127.0.0.1", "port": estate.imap_port, "security": "none", "username": WHERE,
        },
    )  # fmt: skip
    assert roundup(directory, "run", "--now").returncode == 0
    _await_reports(estate, len(PEOPLE))
    return directory


def _await_reports(estate: Estate, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(list(estate.root.glob("mail/example.org/bounces/new/*"))) < count:
        assert time.monotonic() < deadline, estate.log.read_text(encoding="utf-8")[-4000:]
        time.sleep(0.05)


def read_by_maildir(directory: Path, mail: Path, folder: Path) -> Path:
    """The same newsletter, the same mail, read from the folder."""
    other = folder / "by-maildir"
    shutil.copytree(directory, other)
    shutil.copytree(mail, other / "mail")
    settings = (other / "roundup.toml").read_text(encoding="utf-8").partition("[bounces]")[0]
    (other / "roundup.toml").write_text(f'{settings}[bounces]\nmaildir = "mail"\n', encoding="utf-8")
    return other


@pytest.mark.estate
@pytest.mark.skipif(bool(missing_parts()) and os.environ.get("CI") != "true", reason="no mail estate")
def test_eight_real_reports_are_matched_and_the_right_ones_suppress(tmp_path: Path) -> None:
    with a_far_server() as port, an_estate(postfix_for(port)) as estate:
        directory = mails_to_the_far_side(tmp_path, estate)
        mail = estate.root / "mail" / "example.org" / "bounces"
        other = read_by_maildir(directory, mail, tmp_path)
        before = [path.read_bytes() for path in mail.glob("new/*")]
        result = roundup(directory, "bounces", "--json", env={"ROUNDUP_IMAP_PASSWORD": PASSWORD})
        left = list(mail.glob("new/*")) + list(mail.glob("cur/*"))
        again = roundup(directory, "bounces", env={"ROUNDUP_IMAP_PASSWORD": PASSWORD})
    assert len(PEOPLE) == len(before)
    assert {"gone": 2, "counted": 5, "about-us": 1} == told(result)["read"], result.stderr
    assert ([], "No new mail.\n") == (left, again.stdout)
    gone = {"nobody@far.example", "unknown@far.example"}
    assert {email: "bounced" if email in gone else "active" for email in PEOPLE} == statuses(directory)
    assert [("bounced", 8)] == rows(directory, "SELECT state, count(*) FROM deliveries GROUP BY state")
    failed = roundup(directory, "issues", "show", told(result)["messages"][0]["issue"], "--failed").stdout
    assert all(f"{email}: bounced" in failed for email in PEOPLE)
    lines = {email: next(line for line in failed.splitlines() if f"{email}:" in line) for email in PEOPLE}
    said = {name: reply.split()[1] for name, reply in REPLIES.items()}
    assert [] == [name for name, code in said.items() if code not in lines[f"{name}@far.example"]], failed

    assert told(result)["read"] == told(roundup(other, "bounces", "--json"))["read"]
    assert statuses(directory) == statuses(other)


def sent(folder: Path) -> Path:
    """A newsletter that has sent its issue into its outbox, and has a Maildir."""
    people = [f"p{number}@example.com" for number in range(40)]
    directory = a_newsletter(folder, subscribers=people, bounces={"maildir": "mail"})
    assert roundup(directory, "run", "--now", "--at", DUE).returncode == 0
    a_maildir(directory / "mail", [])
    return directory


def paths(directory: Path) -> dict[str, str]:
    """Everybody's return path."""
    issue = IssueKey(day=date.fromisoformat(DUE[:10]))
    found = rows(directory, "SELECT email, key FROM subscribers ORDER BY email")
    return {email: path_of(issue, bytes(key), SIGNS) for email, key in found}


def test_a_thousand_loops_cause_no_mail_and_change_nobody(tmp_path: Path) -> None:
    directory = sent(tmp_path)
    to = paths(directory)
    a_maildir(directory / "mail", loops(list(to.values()), list(to), count=1000))
    with a_listener() as (port, connections):
        settings = (directory / "roundup.toml").read_text(encoding="utf-8")
        mails = f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"'
        (directory / "roundup.toml").write_text(settings.replace('outbox = "outbox"', mails), encoding="utf-8")
        before = sorted((directory / "outbox").iterdir())
        result = roundup(directory, "bounces", "--json")
        # Nor does the run that comes next have anything for anybody.
        assert 0 == roundup(directory, "run", "--at", f"{DUE[:10]}T18:00").returncode

    assert 1000 == sum(told(result)["read"].values())
    assert {"noticed", "not-ours"} == set(told(result)["read"])
    assert ([], before) == (connections, sorted((directory / "outbox").iterdir()))
    assert {"active"} == set(statuses(directory).values())


def test_a_kill_in_the_middle_changes_nothing_twice(tmp_path: Path) -> None:
    directory = sent(tmp_path)
    to = paths(directory)
    leaving = SIGNS.token(key_of(directory, "p1@example.com"), Purpose.LEAVE)
    first = [a_message(f"unsubscribe {leaving}"), a_bounce(to["p2@example.com"]), a_bounce(to["p3@example.com"])]
    a_maildir(directory / "mail", first + loops(list(to.values()), list(to), count=600))
    process = started(directory, "bounces", "--json")
    deadline = time.monotonic() + 60
    while not any((directory / "mail" / ".Roundup").glob("cur/*")):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    # Who comes back between the two readings is not made to leave again by a message that was read.
    assert roundup(directory, "subscribers", "add", "p1@example.com").returncode == 0
    assert roundup(directory, "bounces").returncode == 0

    assert {"active": 38, "bounced": 2} == dict(
        rows(directory, "SELECT status, count(*) FROM subscribers GROUP BY status")
    )
    assert [(603, 603)] == rows(directory, "SELECT count(*), count(DISTINCT name) FROM returned")
    after = dump(directory)
    assert "No new mail.\n" == roundup(directory, "bounces").stdout
    assert after == dump(directory)


def piped(directory: Path, octets: bytes) -> subprocess.CompletedProcess[bytes]:
    """As a mail server's alias does it."""
    command = [*COMMAND, "-C", str(directory), "bounces", "--stdin"]
    return subprocess.run(command, input=octets, capture_output=True, timeout=60, check=False)


def test_a_message_that_is_piped_in_is_read_and_put_away_only_if_it_was_ours(tmp_path: Path) -> None:
    directory = sent(tmp_path)
    bounce = a_bounce(paths(directory)["p1@example.com"])
    monstrous = a_message("Lunch?", "x" * 50_000_000)
    results = [piped(directory, bounce), piped(directory, bounce), piped(directory, monstrous)]

    assert [0, 0, 0] == [result.returncode for result in results]
    assert "bounced" == statuses(directory)["p1@example.com"]
    assert [bounce] == [path.read_bytes() for path in (directory / "returned").rglob("cur/*")]
    assert [monstrous] == [path.read_bytes() for path in (directory / "returned").glob("new/*")]


def test_a_mail_server_keeps_what_cannot_be_kept_here(tmp_path: Path) -> None:
    directory = sent(tmp_path)
    letters = [a_bounce(paths(directory)["p1@example.com"]), b"Subject: Lunch?\n\nAt noon.\n"]
    # A file where the folder would be: no octet of them can be written.
    (directory / "returned").touch()
    first = [piped(directory, letter).returncode for letter in letters]
    (directory / "returned").unlink()
    second = [piped(directory, letter).returncode for letter in letters]

    assert ([os.EX_TEMPFAIL] * 2, [os.EX_OK] * 2) == (first, second)
    kept = [*(directory / "returned").rglob("cur/*"), *(directory / "returned").glob("new/*")]
    assert letters == [path.read_bytes() for path in kept]


def test_a_mail_server_is_asked_to_try_again_when_nothing_can_be_written(tmp_path: Path) -> None:
    directory = sent(tmp_path)
    (directory / "roundup.db").rename(directory / "away")
    (directory / "roundup.db").mkdir()
    result = piped(directory, b"Subject: Hello\n\nHello.\n")

    assert os.EX_TEMPFAIL == result.returncode
    assert b"Traceback" not in result.stderr
    (directory / "roundup.toml").write_text("[newsletter", encoding="utf-8")
    assert os.EX_TEMPFAIL == piped(directory, b"Subject: Hello\n\nHello.\n").returncode


@pytest.mark.parametrize("wrong", [("-C", "/nowhere/at/all"), ("-C",), ("--nonsense",)])
def test_a_mail_server_is_asked_to_try_again_when_its_command_line_is_wrong(wrong: tuple[str, ...]) -> None:
    command = [*COMMAND, *wrong, "bounces", "--stdin"]
    assert os.EX_TEMPFAIL == subprocess.run(command, input=b"", capture_output=True, check=False).returncode
    # Nobody else is told so.
    assert 2 == subprocess.run([*command[:-1]], capture_output=True, check=False).returncode


#: What docs/bounces.md says of Postfix: master.cf, then main.cf.
MASTER, MAIN = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)[:2]
#: In place of roundup: its interpreter may be no other user's to run.
HANDED = """#!/bin/sh
cat > {folder}/message
exit $(cat {folder}/code)
"""


def handed_over(estate: Estate, folder: Path, octets: bytes, *, to: str, code: int) -> bytes:
    """What Postfix's pipe gives to a program that ends with a code."""
    (folder / "code").write_text(str(code), encoding="ascii")
    with smtplib.SMTP("127.0.0.1", estate.plain_port) as line:
        line.sendmail("", [to], octets)
    deadline = time.monotonic() + 30
    word = "status=deferred" if code else "status=sent"
    while word not in estate.log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, estate.log.read_text(encoding="utf-8")[-4000:]
        time.sleep(0.02)
    return (folder / "message").read_bytes()


@pytest.mark.estate
@pytest.mark.skipif(bool(missing_parts()) and os.environ.get("CI") != "true", reason="no mail estate")
def test_postfix_hands_over_what_the_page_says_and_keeps_what_is_not_written_down(tmp_path: Path) -> None:
    directory = sent(tmp_path)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.chown(folder, "daemon")
        (folder / "program").write_text(HANDED.format(folder=folder), encoding="ascii")
        (folder / "program").chmod(0o755)
        service = re.sub(r"argv=.*", f"argv={folder}/program", MASTER.replace("user=roundup", "user=daemon"))
        domain = "virtual_mailbox_domains = lantern.example.org\n"
        with an_estate(domain + MAIN.replace("example.org", "lantern.example.org"), services=service) as estate:
            to = paths(directory)["p1@example.com"]
            # What nobody says in a header is told by Postfix: which address it came to, and from nobody.
            bounce = a_message("failure notice", "<p1@example.com>:\n550 5.1.1 unknown", sender="x@example.com", to="x")
            first = handed_over(estate, folder, bounce, to=to, code=os.EX_OK)
            handed_over(estate, folder, bounce, to=to, code=os.EX_TEMPFAIL)

    assert 0 == piped(directory, first).returncode
    assert b"Return-Path: <>" in first
    assert [to] == [line.split()[1].decode() for line in first.splitlines() if line.startswith(b"Delivered-To:")]
    assert [("noticed", True)] == [
        (what, bool(ours)) for what, ours in rows(directory, "SELECT what, ours FROM returned")
    ]


def test_who_left_by_mail_is_not_mailed_by_the_run_that_reads_it(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, subscribers=["ada@example.com", "bo@example.net"], bounces={"maildir": "mail"})
    a_maildir(directory / "mail", [])
    assert roundup(directory, "run", "--at", f"{DUE[:10]}T09:00").returncode == 0
    a_maildir(directory / "mail", [a_message("unsubscribe", "Ada", sender="ada@example.com")])
    result = told(roundup(directory, "run", "--at", DUE, "--json"))

    assert {"accepted": 1} == result["deliveries"]
    assert {"left": 1} == result["excluded"]


@pytest.mark.parametrize("mailbox", [{"maildir": "nowhere"}, {"imap": "127.0.0.1", "port": 1, "username": "b"}])
def test_a_mailbox_that_fails_holds_no_issue(tmp_path: Path, mailbox: dict[str, object]) -> None:
    directory = a_newsletter(tmp_path, bounces=mailbox)
    run = roundup(directory, "run", "--now", "--at", DUE, "--json")
    quiet = roundup(directory, "run", "--quiet", "--at", f"{DUE[:10]}T17:10")

    assert (0, {"accepted": 2}) == (run.returncode, told(run)["deliveries"])
    assert any("[bounces]" in warning for warning in told(run)["warnings"])
    assert (0, "", "") == (quiet.returncode, quiet.stdout, quiet.stderr)
    assert 1 == roundup(directory, "bounces").returncode


def test_without_a_mailbox_the_command_says_what_to_set(tmp_path: Path) -> None:
    result = roundup(a_newsletter(tmp_path), "bounces")

    assert (2, True) == (result.returncode, "[bounces]" in result.stderr)
