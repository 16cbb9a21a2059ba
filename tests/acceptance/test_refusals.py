"""A mail server that says no, not now, or nothing: each reader's case is written down, and nobody is lost."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.newsletters import DUE, a_newsletter, free_port, roundup, rows, told
from tests.sinks import a_sink

FIRST, AGAIN = ("run", "--now", "--at", DUE, "--json"), ("run", "--at", DUE, "--json")
#: Whoever stands around the case, on both sides, must have their mail.
BEFORE, AFTER = "ada@example.com", "bo@example.net"


def a_list_with(case: str) -> list[str]:
    return [BEFORE, f"{case}@example.org", AFTER]


def status_of(directory: Path, address: str) -> tuple[str, bool]:
    people = told(roundup(directory, "subscribers", "list", "--json"))
    [person] = [each for each in people if each["email"] == address]
    return person["status"], person["mailable"]


def an_hour_passes(directory: Path) -> None:
    """Whoever was deferred has waited long enough: the journal's moments lie an hour earlier."""
    with closing(sqlite3.connect(directory / "roundup.db")) as database, database:
        database.execute("UPDATE deliveries SET next_try = next_try - 3600")


def check_sums(report: dict[str, Any]) -> None:
    assert report["candidates"] == sum(report["excluded"].values()) + sum(report["deliveries"].values())


def test_who_is_deferred_is_tried_again_later_and_gets_one_copy(tmp_path: Path) -> None:
    with a_sink(tmp_path, times=2) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, subscribers=a_list_with("x-450"))
        runs = [roundup(directory, *FIRST), roundup(directory, *AGAIN)]
        for _ in range(2):
            an_hour_passes(directory)
            runs.append(roundup(directory, *AGAIN))

    assert [run.returncode for run in runs] == [4, 4, 4, 0]
    assert [told(run)["deliveries"] for run in runs] == [{"accepted": 2, "deferred": 1}] * 3 + [{"accepted": 3}]
    assert [told(run)["state"] for run in runs] == ["unfinished"] * 3 + ["sent"]
    assert sink.copies() == dict.fromkeys(a_list_with("x-450"), 1)
    assert rows(directory, "SELECT attempts FROM deliveries ORDER BY attempts") == [(1,), (1,), (3,)]


def test_who_is_no_longer_there_is_refused_and_never_mailed_again(tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, subscribers=a_list_with("x-550"))
        result = roundup(directory, *FIRST)

    assert result.returncode == 0
    assert told(result)["deliveries"] == {"accepted": 2, "refused": 1}
    check_sums(told(result))
    assert sink.copies() == {BEFORE: 1, AFTER: 1}
    assert status_of(directory, "x-550@example.org") == ("bounced", False)
    assert status_of(directory, BEFORE) == ("active", True)
    [(code, reply)] = rows(directory, "SELECT code, reply FROM deliveries WHERE state = 'refused'")
    assert (code, reply) == (550, "5.1.1 no such person here")


def test_a_relay_that_refuses_us_is_asked_twenty_times_then_once_a_run_and_nobody_is_taken_off_the_list(
    tmp_path: Path,
) -> None:
    everybody = [f"reader{number}@example.com" for number in range(100)]
    asked: list[int] = []
    reports = []
    with a_sink(tmp_path, always="550 5.7.1 blocked", transcript=True) as sink:
        directory = a_newsletter(tmp_path, smtp={**sink.smtp, "connections": 8}, subscribers=everybody)
        for args in (FIRST, AGAIN, AGAIN):
            reports.append(roundup(directory, *args))
            asked.append(sum(command.startswith("RCPT") for command in sink.heard()) - sum(asked))
        people = told(roundup(directory, "subscribers", "list", "--json"))

    assert [4, 4, 4] == [report.returncode for report in reports]
    assert [20, 1, 1] == asked
    assert sum(asked) == len({command for command in sink.heard() if command.startswith("RCPT")}), "the refused wait"
    for report in reports:
        check_sums(told(report))
        [warning] = told(report)["warnings"]
        assert "refused us 20 times in a row, so delivering stopped; nobody was taken off the list." in warning
        assert warning.endswith("It said: 550 5.7.1 blocked")
    assert [("active", True)] * 100 == [(each["status"], each["mailable"]) for each in people]
    assert [] == sink.lines()

    with a_sink(tmp_path, port=sink.port) as sink:
        an_hour_passes(directory)
        mended = roundup(directory, *AGAIN)
    assert (0, {"accepted": 100}) == (mended.returncode, told(mended)["deliveries"])
    assert dict.fromkeys(everybody, 1) == sink.copies()


@pytest.mark.parametrize(("times", "last"), [(0, "unknown"), (1, "accepted")])
def test_a_message_whose_answer_is_lost_is_offered_a_second_time_and_no_third(
    tmp_path: Path, times: int, last: str
) -> None:
    case = "x-drop-after-dot"
    with a_sink(tmp_path, times=times) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, subscribers=a_list_with(case))
        runs = [roundup(directory, *args) for args in (FIRST, AGAIN)]

    report = told(roundup(directory, "issues", "show", DUE[:10], "--json"))
    assert [run.returncode for run in runs] == [0, 0]
    assert sink.copies() == {BEFORE: 1, AFTER: 1, f"{case}@example.org": 2}
    assert len(set(sink.lines())) == 3, "both copies have one Message-ID"
    assert rows(directory, "SELECT state FROM deliveries WHERE doubts > 0") == [(last,)]
    assert report["resent"] == told(runs[0])["resent"] == 1
    check_sums(report)


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("case", ["x-421", "x-drop-before-dot"])
def test_a_line_that_breaks_at_one_reader_keeps_nobody_else_from_their_mail(
    tmp_path: Path, case: str, connections: int
) -> None:
    others = [f"reader{number}@example.com" for number in range(40)]
    with a_sink(tmp_path, latency=0.05) as sink:
        smtp = {**sink.smtp, "connections": connections}
        directory = a_newsletter(tmp_path, smtp=smtp, subscribers=[f"{case}@example.org", *others])
        runs = [roundup(directory, *args) for args in (FIRST, AGAIN, AGAIN)]

    check_sums(told(runs[-1]))
    assert sink.copies() == dict.fromkeys(others, 1)
    assert "Delivering broke off" in "".join(told(runs[0])["warnings"])


def test_a_dead_relay_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    port = free_port()
    smtp = {"host": "127.0.0.1", "port": port, "security": "none"}
    directory = a_newsletter(tmp_path, smtp=smtp)

    dead = roundup(directory, *FIRST[:-1])

    assert dead.returncode == 4
    assert dead.stderr.startswith("Unfinished: the issue of Friday 20 November 2026")
    assert f"No mail server could be reached at 127.0.0.1:{port}: " in dead.stderr
    assert rows(directory, "SELECT state, attempts FROM deliveries WHERE state <> 'planned'") == []

    with a_sink(tmp_path, port=port) as sink:
        assert roundup(directory, *AGAIN).returncode == 0
    assert sink.copies() == {"ada@example.com": 1, "bo@example.net": 1}


def test_a_relay_without_starttls_gets_neither_mail_nor_password(tmp_path: Path) -> None:
    password = "battery-staple"
    # It would take a login in the clear, and says so.
    with a_sink(tmp_path, transcript=True, username="roundup", password=password) as sink:
        smtp = {**sink.smtp, "security": "starttls", "username": "roundup"}
        directory = a_newsletter(tmp_path, smtp=smtp)
        result = roundup(directory, *FIRST[:-1], env={"ROUNDUP_SMTP_PASSWORD": password})

    assert result.returncode == 4
    assert f"127.0.0.1:{sink.port} does not offer what [smtp] asks for" in result.stderr
    assert ["EHLO"] == [command.partition(" ")[0].upper() for command in sink.heard()]
    assert sink.lines() == []
