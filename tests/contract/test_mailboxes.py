"""What every mailbox promises, kept by a folder and by a real Dovecot over it."""

import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roundup.mailboxes import MOST_OCTETS, Mailbox, MailboxError
from roundup.mailboxes.imap import ImapMailbox, Server
from roundup.mailboxes.maildir import Maildir
from tests.estate import PASSWORD, Estate

pytestmark = pytest.mark.estate
WHO = "returned@example.org"


def folder_of(estate: Estate) -> Path:
    return estate.root / "mail" / "example.org" / "returned"


def over_imap(estate: Estate, *, password: str = PASSWORD) -> ImapMailbox:
    return ImapMailbox(
        Server(host="127.0.0.1", port=estate.imap_port, security="none", username=WHO, password=password)
    )


@pytest.fixture(params=["maildir", "imap"])
def mailbox(request: pytest.FixtureRequest, estate: Estate) -> Iterator[Mailbox]:
    """The same mailbox, looked at in two ways. Nothing is in it."""
    shutil.rmtree(folder_of(estate), ignore_errors=True)
    arrive(estate, "first")
    yield Maildir(folder_of(estate)) if request.param == "maildir" else over_imap(estate)
    shutil.rmtree(folder_of(estate), ignore_errors=True)


def arrive(estate: Estate, word: str, body: str = "Hello.") -> None:
    """A message comes through Postfix and Dovecot."""
    with smtplib.SMTP("127.0.0.1", estate.plain_port) as line:
        line.sendmail("", [WHO], f"Message-ID: <{word}@lantern.example>\r\nSubject: {word}\r\n\r\n{body}\r\n")
    estate.lines()


def names_in(estate: Estate) -> list[str]:
    return sorted(path.name for path in folder_of(estate).glob("*/*") if path.parent.name in {"new", "cur"})


def test_messages_are_read_and_nothing_is_marked(mailbox: Mailbox, estate: Estate) -> None:
    arrive(estate, "second")
    with mailbox.open() as opened:
        names = list(opened.waiting())
        read = [opened.read(name) for name in names]
        again = list(opened.waiting())

    assert [b"Subject: first", b"Subject: second"] == [
        next(line for line in (octets or b"").splitlines() if line.startswith(b"Subject")) for octets in read
    ]
    assert names == again
    assert all("S" not in name.partition(":2,")[2] for name in names_in(estate))


def test_only_what_is_put_away_leaves_the_inbox(mailbox: Mailbox, estate: Estate) -> None:
    arrive(estate, "second")
    with mailbox.open() as opened:
        first, second = opened.waiting()
        opened.put_away([first])
        opened.put_away([first])
    with mailbox.open() as opened:
        assert [second] == list(opened.waiting())
        assert b"Subject: second" in (opened.read(second) or b"")
        assert opened.read(first) is None
    assert 1 == len(list((folder_of(estate) / ".Roundup").glob("[nc]*/*")))


def test_what_somebody_else_marked_as_deleted_stays(mailbox: Mailbox, estate: Estate) -> None:
    arrive(estate, "second")
    where = folder_of(estate)
    marked = next(path for path in where.glob("*/*") if path.is_file() and b"Subject: second" in path.read_bytes())
    marked.replace(where / "cur" / f"{marked.name.partition(':2,')[0]}:2,T")
    with mailbox.open() as opened:
        first = next(name for name in opened.waiting() if b"Subject: first" in (opened.read(name) or b""))
        opened.put_away([first])
        opened.clear(datetime(2100, 1, 1, tzinfo=UTC))

    left = [path for path in where.glob("*/*") if path.is_file() and path.parent.name in {"new", "cur"}]
    assert [True] == [b"Subject: second" in path.read_bytes() for path in left]


def test_only_what_was_put_away_and_is_old_is_deleted(mailbox: Mailbox, estate: Estate) -> None:
    arrive(estate, "second")
    with mailbox.open() as opened:
        assert 0 == opened.clear(datetime(2100, 1, 1, tzinfo=UTC))
        first, second = opened.waiting()
        opened.put_away([first])
        assert 0 == opened.clear(datetime.now(UTC) - timedelta(days=30))
        assert 1 == opened.clear(datetime(2100, 1, 1, tzinfo=UTC))
        assert [second] == list(opened.waiting())
        assert opened.find("<first@lantern.example>") is None


def test_a_message_is_found_by_its_message_id_put_away_or_not(mailbox: Mailbox, estate: Estate) -> None:
    arrive(estate, "second")
    with mailbox.open() as opened:
        first, _ = opened.waiting()
        opened.put_away([first])
        for word in ("first", "second"):
            assert f"Subject: {word}".encode() in (opened.find(f"<{word}@lantern.example>") or b"")
        assert opened.find("<third@lantern.example>") is None
        assert opened.find('<"quoted"\r\n@lantern.example>') is None
        assert 1 == len(opened.waiting())


def test_of_a_monstrous_message_the_beginning_is_read(mailbox: Mailbox, estate: Estate) -> None:
    line = "x" * 70 + "\r\n"
    arrive(estate, "monstrous", line * (2 * MOST_OCTETS // len(line)))
    with mailbox.open() as opened:
        lengths = [len(opened.read(name) or b"") for name in opened.waiting()]

    assert MOST_OCTETS == lengths[-1]
    assert lengths[0] < 2_000


def test_a_wrong_password_is_told_with_what_to_do(estate: Estate) -> None:
    with pytest.raises(MailboxError, match="ROUNDUP_IMAP_PASSWORD"), over_imap(estate, password="wrong").open():
        pass


def test_nobody_listening_is_told(estate: Estate) -> None:
    nobody = Server(host="127.0.0.1", port=1, security="none", username=WHO, password="x")
    with pytest.raises(MailboxError, match=r"127\.0\.0\.1:1 cannot"), ImapMailbox(nobody).open():
        pass


def test_a_folder_that_is_no_maildir_is_told(tmp_path: Path) -> None:
    with pytest.raises(MailboxError, match="no Maildir"), Maildir(tmp_path / "nothing").open():
        pass


def test_a_link_in_a_maildir_leads_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Subject: not mail")
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "box" / folder).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1.link").symlink_to(secret)
    subprocess.run(["mkfifo", tmp_path / "box" / "new" / "2.pipe"], check=True)
    with Maildir(tmp_path / "box").open() as opened:
        assert [None, b""] == [opened.read(name) for name in opened.waiting()]
