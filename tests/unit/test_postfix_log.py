"""What the referee makes of the lines that Postfix writes."""

import gzip
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from roundup.sending.referee import Judgement, Verdict
from tests.relay_logs import NOW, RelayLog, active, precise, traditional

M = "<token.1@magazine.example>"
SINCE = NOW - timedelta(hours=1)
CONNECT = "smtpd[7]: connect from localhost[127.0.0.1]"
CLIENT = "smtpd[7]: 4F1A2: client=localhost[127.0.0.1]"
NAMED = f"cleanup[8]: 4F1A2: message-id={M}"
CUT_OFF = "smtpd[7]: lost connection after DATA (4096 bytes) from localhost[127.0.0.1]"
BEGUN = [CONNECT, CLIENT, NAMED]


def over(data: str = "1") -> str:
    return f"smtpd[7]: disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data={data} commands=4"


@pytest.fixture
def log(tmp_path: Path) -> RelayLog:
    return RelayLog(tmp_path / "mail.log")


def judged(log: RelayLog, *lines: str, since: datetime = SINCE) -> Judgement:
    log.write(lines)
    return log.referee().judge([M], since=since)


def verdict(log: RelayLog, *lines: str) -> Verdict:
    return judged(log, *lines).verdicts[M]


@pytest.mark.parametrize("stamp", [traditional, precise])
@pytest.mark.parametrize("name", ["postfix", "postfix-out"])
@pytest.mark.parametrize("queue_id", ["4F1A2", "4X1b2C3d4Ezz9"])
def test_every_way_of_writing_a_log_is_read(
    tmp_path: Path, stamp: Callable[[datetime], str], name: str, queue_id: str
) -> None:
    log = RelayLog(tmp_path / "mail.log", stamp=stamp, name=name)
    lines = [line.replace("4F1A2", queue_id).replace("smtpd[", "submission/smtpd[") for line in BEGUN]
    assert verdict(log, *lines, active(queue_id), over().replace("smtpd", "submission/smtpd")) is Verdict.QUEUED
    assert judged(log).trouble == ""


def test_what_was_never_named_is_not_queued_once_all_is_quiet(log: RelayLog) -> None:
    assert verdict(log, CONNECT, over("0/1")) is Verdict.NOT_QUEUED
    assert verdict(log) is Verdict.NOT_QUEUED


def test_a_name_alone_proves_nothing(log: RelayLog) -> None:
    judgement = judged(log, *BEGUN, over())
    assert judgement.verdicts == {M: Verdict.UNDECIDED}
    assert "does not say what became of messages" in judgement.trouble


def test_a_queue_manager_that_lags_is_waited_for(log: RelayLog) -> None:
    log.later = [[], [], [], [], [over()], *([] for _ in range(50)), [active("4F1A2")]]
    assert verdict(log, *BEGUN) is Verdict.QUEUED


@pytest.mark.parametrize(
    "ending",
    [
        [CUT_OFF],
        ["smtpd[7]: timeout after DATA (4096 bytes) from localhost[127.0.0.1]"],
        ["smtpd[7]: 4F1A2: reject: END-OF-MESSAGE from localhost[127.0.0.1]: 451 4.3.5 Server problem; from=<a@b>"],
        ["cleanup[8]: 4F1A2: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 spam; from=<a@b>"],
        ["cleanup[8]: 4F1A2: reject: body buy now from localhost[127.0.0.1]; from=<a@b> to=<c@d>: 5.7.1 no"],
    ],
)
def test_what_was_thrown_away_is_not_queued(log: RelayLog, ending: list[str]) -> None:
    assert verdict(log, *BEGUN, *ending, over("0/1")) is Verdict.NOT_QUEUED


def test_cleanup_may_name_late_what_was_cut_off(log: RelayLog) -> None:
    assert verdict(log, CONNECT, CLIENT, CUT_OFF, over("0/1"), NAMED) is Verdict.NOT_QUEUED


def test_a_line_lost_between_messages_says_nothing_about_the_last_one(log: RelayLog) -> None:
    """No bytes are told: the DATA was refused, and the message before it was taken."""
    refused = "smtpd[7]: NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 550 5.1.1 <x@y>: no; from=<a@b> to=<x@y>"
    lost = "smtpd[7]: lost connection after DATA from localhost[127.0.0.1]"
    assert verdict(log, *BEGUN, refused, lost, over("1/2")) is Verdict.UNDECIDED
    assert verdict(log, active("4F1A2")) is Verdict.QUEUED


def test_only_the_last_message_of_a_line_is_cut_off(log: RelayLog) -> None:
    other = ["smtpd[7]: 4F1A3: client=localhost[127.0.0.1]", "cleanup[8]: 4F1A3: message-id=<token.2@magazine.example>"]
    assert verdict(log, *BEGUN, *other, CUT_OFF, over("1/2")) is Verdict.UNDECIDED


def test_a_queue_id_used_again_is_another_message(log: RelayLog) -> None:
    again = [CLIENT, "cleanup[8]: 4F1A2: message-id=<token.2@magazine.example>", active("4F1A2")]
    assert verdict(log, active("4F1A2"), *BEGUN, CUT_OFF, over("0/1"), CONNECT, *again, over()) is Verdict.NOT_QUEUED
    assert verdict(log, *BEGUN, *again, over()) is Verdict.UNDECIDED


def test_a_second_attempt_counts_beside_the_first(log: RelayLog) -> None:
    first = [*BEGUN, "cleanup[8]: 4F1A2: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 4.7.1 later; from=<>"]
    second = [line.replace("4F1A2", "4F1A9") for line in (CLIENT, NAMED)]
    assert verdict(log, *first, *second) is Verdict.UNDECIDED
    assert verdict(log, active("4F1A9"), over()) is Verdict.QUEUED


def test_an_open_session_of_ours_is_waited_for_and_another_s_is_not(log: RelayLog) -> None:
    log.write(["smtpd[20]: connect from mail.example.net[192.0.2.7]"])
    log.later = [[], [CLIENT], [NAMED], [over()], [active("4F1A2")]]
    assert verdict(log, CONNECT) is Verdict.QUEUED
    judgement = log.referee().judge(["<token.2@magazine.example>"], since=SINCE)
    assert judgement.trouble == ""
    log.write([CONNECT])
    judgement = log.referee().judge(["<token.2@magazine.example>"], since=SINCE)
    assert "still open after 30 s: 1" in judgement.trouble


def test_a_restart_of_postfix_ends_its_sessions_and_no_other_instance_s(log: RelayLog) -> None:
    assert verdict(log, CONNECT, "master[70]: daemon started -- version 3.7.11") is Verdict.NOT_QUEUED
    log.write([CONNECT])
    with log.path.open("a") as file:
        file.write(log.lines(["master[70]: daemon started"]).replace("postfix/", "postfix-out/"))
    assert verdict(log) is Verdict.UNDECIDED


def test_a_log_that_does_not_show_the_word_decides_nothing(log: RelayLog) -> None:
    log.takes_marks = False
    judgement = judged(log, CONNECT, over("0/1"))
    assert judgement.verdicts == {M: Verdict.UNDECIDED}
    assert "another server's log" in judgement.trouble
    assert verdict(log, *BEGUN, active("4F1A2")) is Verdict.QUEUED


def test_a_relay_that_cannot_be_reached_leaves_what_the_log_says(log: RelayLog) -> None:
    def refuse(word: str) -> None:
        raise ConnectionRefusedError(word)

    log.mark = refuse  # type: ignore[method-assign]
    judgement = judged(log, CONNECT, over("0/1"))
    assert judgement.verdicts == {M: Verdict.UNDECIDED}
    assert "could not be reached" in judgement.trouble
    assert verdict(log, *BEGUN, active("4F1A2")) is Verdict.QUEUED


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["smtpd[7]: NOQUEUE: client=localhost[127.0.0.1]"], "hands mail through another program"),
        (["smtpd[7]: 4F1A3: client=localhost[127.0.0.1]", over("1")], "lacks lines"),
        (
            ["smtpd[7]: 4F1A3: client=localhost[127.0.0.1]", "cleanup[8]: 4F1A3: message-id=<changed@relay>", over()],
            "may be changing them",
        ),
    ],
)
def test_a_log_that_may_hide_messages_proves_nothing_by_silence(log: RelayLog, lines: list[str], reason: str) -> None:
    judgement = judged(log, CONNECT, *lines, over("0/1"))
    assert judgement.verdicts == {M: Verdict.UNDECIDED}
    assert reason in judgement.trouble


@pytest.mark.parametrize(
    "line",
    [
        "Nov 23 23:15:20 mx rsyslogd: imuxsock[pid 7]: begin to drop messages due to rate-limiting",
        "Nov 23 23:15:20 mx systemd-journald[212]: Suppressed 812 messages from postfix@-.service",
    ],
)
def test_a_writer_that_drops_lines_proves_nothing_by_silence(log: RelayLog, line: str) -> None:
    with log.path.open("a") as file:
        file.write(line + "\n")
    assert "its writer dropped some" in judged(log).trouble
    assert verdict(log, *BEGUN, active("4F1A2")) is Verdict.QUEUED


def test_a_process_that_crashes_while_it_is_waited_for_decides_nothing(log: RelayLog) -> None:
    crash = "master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 7 killed by signal 9"
    log.later = [[crash]]
    assert "crashed" in judged(log, CONNECT).trouble


def test_a_log_that_does_not_reach_back_decides_nothing(log: RelayLog) -> None:
    judgement = judged(log, CONNECT, over("0/1"), since=NOW - timedelta(hours=29, minutes=30))
    assert judgement.verdicts == {M: Verdict.UNDECIDED}, "the clocks may have been put forward in these 30 hours"
    assert "do not reach back to 2026-11-22 16:45:25" in judgement.trouble
    assert judged(log, since=NOW - timedelta(hours=28)).verdicts == {M: Verdict.NOT_QUEUED}


@pytest.mark.parametrize("packed", [False, True])
def test_rotated_files_are_read_as_far_back_as_they_are_needed(log: RelayLog, packed: bool) -> None:
    old = log.path.read_bytes() + log.lines([*BEGUN, active("4F1A2"), over()], hours_ago=0.5).encode()
    rotated = log.path.with_name("mail.log.1" + (".gz" if packed else ""))
    rotated.write_bytes(gzip.compress(old) if packed else old)
    os.utime(rotated, (NOW.timestamp(), NOW.timestamp()))
    log.path.write_text("")
    assert verdict(log) is Verdict.QUEUED
    assert log.referee().judge(["<token.2@magazine.example>"], since=SINCE).trouble == ""
    os.utime(rotated, (SINCE.timestamp() - 60, SINCE.timestamp() - 60))
    assert verdict(log) is Verdict.NOT_QUEUED, "an older file is not read, but shows that nothing is missing after it"


def test_a_log_rotated_while_it_is_followed_is_followed_on(log: RelayLog) -> None:
    waited = log.wait

    def rotate_and_wait(seconds: float) -> None:
        if not log.path.with_name("mail.log.1").exists():
            log.path.rename(log.path.with_name("mail.log.1"))
        waited(seconds)

    log.wait = rotate_and_wait  # type: ignore[method-assign]
    log.later = [[NAMED], [over()], [active("4F1A2")]]
    assert verdict(log, CONNECT, CLIENT) is Verdict.QUEUED


def test_a_log_cut_off_while_it_is_read_decides_nothing(log: RelayLog) -> None:
    waited = log.wait

    def cut_and_wait(seconds: float) -> None:
        log.path.write_text("")
        waited(seconds)

    log.wait = cut_and_wait  # type: ignore[method-assign]
    assert "was cut off while it was read" in judged(log, CONNECT, CLIENT).trouble


def test_what_cannot_be_read_decides_nothing_and_raises_nothing(log: RelayLog, tmp_path: Path) -> None:
    log.path.unlink()
    log.takes_marks = False
    judgement = log.referee().judge([M], since=SINCE)
    assert judgement.verdicts == {M: Verdict.UNDECIDED}
    assert "No such file" in judgement.trouble
    log.path.write_bytes(b"\0" * 3_000_000)
    assert "endless lines" in log.referee().judge([M], since=SINCE).trouble
    log.path.write_bytes(b"")
    assert log.referee().judge([M], since=SINCE).verdicts == {M: Verdict.UNDECIDED}
    broken = tmp_path / "mail.log.1.gz"
    broken.write_bytes(gzip.compress(b"x" * 5000)[:-9])
    assert "cannot be read" in log.referee().judge([M], since=SINCE).trouble
    log.path.unlink()
    log.path.mkdir()
    assert "cannot be read" in log.referee().judge([M], since=SINCE).trouble


def test_stopping_leaves_the_rest_undecided(log: RelayLog) -> None:
    log.write([*BEGUN, active("4F1A2"), over()])
    judgement = log.referee().judge([M, "<token.2@magazine.example>"], since=SINCE, stop=lambda: True)
    assert judgement.verdicts == {M: Verdict.QUEUED, "<token.2@magazine.example>": Verdict.UNDECIDED}
    assert "was stopped" in judgement.trouble


def test_nothing_asked_nothing_read(tmp_path: Path) -> None:
    log = RelayLog(tmp_path / "mail.log")
    log.path.unlink()
    assert log.referee().judge([], since=SINCE) == Judgement(verdicts={})


def test_somebody_else_s_text_is_no_line_of_postfix(log: RelayLog) -> None:
    """A Message-ID that looks like a line of the log's."""
    forged = f"cleanup[8]: 4F1A3: message-id=<mx postfix/cleanup[8]: 4F1A4: message-id={M}"
    assert verdict(log, CONNECT, CLIENT, forged, active("4F1A4"), CUT_OFF, over("0/1")) is not Verdict.QUEUED
