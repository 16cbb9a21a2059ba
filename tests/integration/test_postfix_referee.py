"""The referee against a real Postfix: what it says is what Dovecot's mailbox holds in the end."""

import imaplib
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roundup.sending.log_mark import LogMark
from roundup.sending.postfix_log import PostfixLog
from roundup.sending.referee import Verdict
from tests.estate import PASSWORD, Estate
from tests.hasty_sender import READER, Hand, envelope, message_id, octets

pytestmark = pytest.mark.estate

_ROOT = Path(__file__).parents[2]
#: 200 in the long form.
KILLS = int(os.environ.get("REFEREE_KILLS", "25"))


def _referee(estate: Estate, *, limit: float = 30.0) -> PostfixLog:
    mark = LogMark(host="127.0.0.1", port=estate.plain_port, security="none", own_name="roundup.example.org")
    return PostfixLog(path=estate.log, mark=mark, limit=limit, grace=0.3, pause=0.05)


def _delivered(estate: Estate) -> Counter[str]:
    """How many copies of each Message-ID the reader has, once Postfix has nothing left to do."""
    estate.mailbox("nobody@example.org")
    box = imaplib.IMAP4("127.0.0.1", estate.imap_port, timeout=60)
    box.login(READER, PASSWORD)
    box.select(readonly=True)
    answer = box.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
    box.logout()
    heads = (part[1] for part in answer if isinstance(part, tuple))
    return Counter(found[1].decode() for head in heads if (found := re.search(rb"(<\S+>)", head)))


def _judged(estate: Estate, numbers: Iterable[int], since: datetime) -> dict[int, Verdict]:
    ids = {number: message_id(number) for number in numbers}
    judgement = _referee(estate).judge(set(ids.values()), since=since)
    assert all(each in judgement.verdicts for each in ids.values())
    if Verdict.UNDECIDED in judgement.verdicts.values():
        print(judgement.trouble, file=sys.stderr)
    return {number: judgement.verdicts[each] for number, each in ids.items()}


@pytest.fixture
def since(estate: Estate) -> datetime:
    """The present; the log is older than that, and says so to the second."""
    time.sleep(max(0.0, estate.log.parent.stat().st_ctime + 2.5 - time.time()))
    return datetime.now(UTC)


def _offered(estate: Estate, number: int) -> Hand:
    hand = Hand(estate.plain_port)
    hand.say(envelope(number))
    assert [hand.await_reply()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
    return hand


def test_a_line_dropped_after_the_dot_before_it_and_never_taken_up(estate: Estate, since: datetime) -> None:
    estate.empty()
    base = 10_000_000
    for after_dot in (base + 1, base + 2):
        hand = _offered(estate, after_dot)
        hand.say(octets(after_dot) + b".\r\n")
        hand.drop()
    before_dot = _offered(estate, base + 3)
    before_dot.say(octets(base + 3))
    before_dot.drop()
    hardly_begun = _offered(estate, base + 4)
    hardly_begun.drop()
    verdicts = _judged(estate, range(base + 1, base + 6), since)
    queued = {base + 1, base + 2}
    assert verdicts == {
        number: Verdict.QUEUED if number in queued else Verdict.NOT_QUEUED for number in range(base + 1, base + 6)
    }
    assert _delivered(estate) == {message_id(number): 1 for number in queued}


def test_a_message_after_another_on_the_same_line_has_its_own_verdict(estate: Estate, since: datetime) -> None:
    base = 11_000_000
    hand = _offered(estate, base)
    hand.say(octets(base) + b".\r\n" + envelope(base + 1))
    assert [hand.await_reply()[:3] for _ in range(4)] == [b"250", b"250", b"250", b"354"]
    hand.say(octets(base + 1)[:2000])
    hand.drop()
    assert _judged(estate, (base, base + 1), since) == {base: Verdict.QUEUED, base + 1: Verdict.NOT_QUEUED}


def test_nothing_is_decided_while_a_line_is_open(estate: Estate, since: datetime) -> None:
    base = 12_000_000
    hand = _offered(estate, base)
    hand.say(octets(base))
    judgement = _referee(estate, limit=1.0).judge({message_id(base)}, since=since)
    assert judgement.verdicts == {message_id(base): Verdict.UNDECIDED}
    assert "still open after 1 s: 1" in judgement.trouble
    hand.say(b".\r\n")
    assert hand.await_reply().startswith(b"250")
    hand.drop()
    assert _judged(estate, [base], since) == {base: Verdict.QUEUED}


def test_the_log_of_another_server_decides_nothing(estate: Estate, since: datetime, tmp_path: Path) -> None:
    other = tmp_path / "mail.log"
    other.write_bytes(estate.log.read_bytes())
    referee = _referee(estate, limit=1.0)
    judgement = PostfixLog(path=other, mark=referee.mark, limit=1.0).judge({message_id(1)}, since=since)
    assert judgement.verdicts == {message_id(1): Verdict.UNDECIDED}
    assert "another server's log" in judgement.trouble


def test_a_log_that_begins_too_late_decides_nothing(estate: Estate) -> None:
    judgement = _referee(estate).judge({message_id(1)}, since=datetime.now(UTC) - timedelta(days=2))
    assert judgement.verdicts == {message_id(1): Verdict.UNDECIDED}
    assert "do not reach back" in judgement.trouble


def test_the_mark_works_through_the_doors_that_ask_for_tls(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(estate.certificate))
    for word, port, security in (
        ("starttlsword", estate.submission_port, "starttls"),
        ("tlsword", estate.tls_port, "tls"),
    ):
        assert security in {"starttls", "tls"}
        mark = LogMark(host="localhost", port=port, security=security, own_name="roundup.example.org")  # type: ignore[arg-type]
        mark(word)
        deadline = time.monotonic() + 10
        while word not in estate.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert word in estate.log.read_text()


def _killed(estate: Estate, folder: Path, first: int, seconds: float) -> tuple[list[int], set[int]]:
    """Let a sender send for some seconds, and kill it. Returns what is in doubt, and what was accepted."""
    ledger = folder / f"ledger-{first}"
    command = [sys.executable, "-m", "tests.hasty_sender", "--port", str(estate.plain_port), "--first", str(first)]
    with subprocess.Popen([*command, "--ledger", str(ledger)], cwd=_ROOT) as process:
        deadline = time.monotonic() + 30
        while not (ledger.exists() and ledger.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(seconds)
        process.kill()
    steps = [line.split() for line in ledger.read_text().splitlines()]
    begun = {int(number) for step, number in steps if step == "begun"}
    accepted = {int(number) for step, number in steps if step == "accepted"}
    return sorted(begun - accepted), accepted


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_verdict_is_wrong_when_the_sender_is_killed(estate: Estate, since: datetime, tmp_path: Path) -> None:
    estate.empty()
    dice = random.Random(20261123)  # noqa: S311 - moments, not secrets
    verdicts: dict[int, Verdict] = {}
    accepted: set[int] = set()
    for kill in range(KILLS):
        first = 20_000_000 + kill * 200_000
        doubtful, taken = _killed(estate, tmp_path, first, dice.random() * 0.4)
        assert len(doubtful) <= 4
        accepted |= taken
        # One that was never begun is asked about, too.
        verdicts |= _judged(estate, [*doubtful, first + 190_000], since)
    there = _delivered(estate)
    counted = Counter(verdicts.values())
    print(f"{KILLS} kills: {dict(counted)}, {len(accepted)} accepted", file=sys.stderr)
    assert set(there.values()) == {1}
    assert {message_id(number) for number in accepted} <= set(there)
    wrong = {
        number: verdict
        for number, verdict in verdicts.items()
        if verdict is not (Verdict.QUEUED if message_id(number) in there else Verdict.NOT_QUEUED)
        and verdict is not Verdict.UNDECIDED
    }
    assert wrong == {}
    assert counted[Verdict.UNDECIDED] == 0
    assert counted[Verdict.QUEUED]
    assert counted[Verdict.NOT_QUEUED] > KILLS
