"""Nothing in an issue speaks for spam (M31): the magazine's, with all that it can have, and the plainest."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.newsletters import DUE, a_newsletter, a_piece_file, roundup, write_secret, write_subscribers
from tests.spam import SpamAssassin

MAGAZINE = Path(__file__).resolve().parents[2] / "examples" / "magazine"
#: Names that are written in three ways: as they are, encoded, not at all.
READERS = ("amara@example.com,Amara Whitlow", "francoise@example.net,Françoise Lemaître-Żak", "reader7@example.com,")


def mailed(directory: Path, *command: str) -> list[bytes]:
    """What a command wrote into a newsletter's outbox."""
    result = roundup(directory, *command)
    assert (result.returncode, result.stderr) == (0, "")
    return [path.read_bytes() for path in sorted((directory / "outbox").glob("*.eml"))]


def the_magazine(folder: Path) -> Path:
    """The example as it is shipped, with its logo too: pictures, a sponsor, an appeal, and colours for the dark."""
    directory = folder / "magazine"
    shutil.copytree(MAGAZINE, directory)
    write_secret(directory)
    write_subscribers(directory, (f"{each},active,daily," for each in READERS))
    path = directory / "roundup.toml"
    settings = path.read_text(encoding="utf-8")
    for before, after in (('host = "smtp.example.org"', 'outbox = "outbox"'), ("# logo =", "logo =")):
        assert settings.count(before) == 1
        settings = settings.replace(before, after)
    path.write_text(settings, encoding="utf-8")
    return directory


def test_nothing_speaks_for_spam_in_the_magazines_issue(tmp_path: Path, spamassassin: SpamAssassin) -> None:
    copies = mailed(the_magazine(tmp_path), "run", "--now", "--at", DUE)
    for has in (b"/logo.png", b"/picket-at-dawn.png", b"prefers-color-scheme", b"reading-rooms", b"/join/"):
        assert all(has in copy.replace(b"=\r\n", b"") for copy in copies), has

    assert [{}] * len(READERS) == [spamassassin.rules_against(copy) for copy in copies]


def test_nothing_speaks_for_spam_in_a_test_mail_of_one_short_piece(tmp_path: Path, spamassassin: SpamAssassin) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    content = {"library.md": a_piece_file("A library is a place to read", day=yesterday)}
    directory = a_newsletter(tmp_path, content=content, selection={"max_age": "7d"})

    assert [{}] == [spamassassin.rules_against(mail) for mail in mailed(directory, "test-send", "editor@example.org")]


#: What is wrong with a message, by the rule that says so: what stood there, and what stands there in its place.
WRONGS = {
    "MISSING_DATE": (rb"(?m)^Date: .*\r\n", b""),
    "MISSING_MID": (rb"(?m)^Message-ID: .*\r\n", b""),
    "MISSING_SUBJECT": (rb"(?m)^Subject: .*\r\n", b""),
    "SUBJ_ALL_CAPS": (rb"(?m)^Subject: .*\r\n", b"Subject: READ ALL OF IT TODAY\r\n"),
    "DATE_IN_PAST_96_XX": (rb"(?m)^Date: .*\r\n", b"Date: Fri, 06 Nov 2015 17:00:00 +0000\r\n"),
    "MIME_QP_LONG_LINE": (rb"(?m)^(?=--=_roundup_\w+--)", b"=3D" * 80 + b"\r\n"),
    "NORMAL_HTTP_TO_IP": (rb"https://lantern\.example\.org/", b"http://192.0.2.7/"),
    "HTML_FONT_LOW_CONTRAST": (rb"</body>", b'<p style=3D"color:#fffffe">None of it is seen.</p></body>'),
}


def test_nothing_speaks_for_spam_in_a_plain_issue_and_what_is_put_wrong_in_it_is_seen(
    tmp_path: Path, spamassassin: SpamAssassin
) -> None:
    [copy, _] = mailed(a_newsletter(tmp_path), "run", "--now", "--at", DUE)
    assert spamassassin.rules_against(copy) == {}

    seen = {rule: spamassassin.rules_against(re.sub(*wrong, copy)) for rule, wrong in WRONGS.items()}

    assert {rule: [rule] for rule in WRONGS} == {rule: list(rules) for rule, rules in seen.items()}
