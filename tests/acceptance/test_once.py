"""However often a run is started, one issue goes out, and one copy of it to each."""

import json
import subprocess
from pathlib import Path

from tests.newsletters import DUE, a_newsletter, roundup, started, told
from tests.sinks import a_sink

RUN = ("run", "--now", "--at", DUE)


def issues_of(directory: Path) -> list[tuple[str, str]]:
    return [(each["issue"], each["state"]) for each in told(roundup(directory, "issues", "list", "--json"))]


def is_at_work(said: str) -> bool:
    """Whether these are the words of a run that found another, and when the next issue is due."""
    head, *more = said.splitlines()
    after = [line for line in more if line.startswith("The next issue is due on ")]
    return head == "Running: another run is at work here." and more == after and len(after) <= 1


def ended(process: subprocess.Popen[str]) -> tuple[int | None, str, str]:
    out, complaints = process.communicate(timeout=120)
    return process.returncode, out, complaints


def test_three_runs_one_after_another_send_one_issue(tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp)
        first, second, third = (roundup(directory, *RUN) for _ in range(3))

    assert [each.returncode for each in (first, second, third)] == [0, 0, 0]
    assert first.stdout.startswith("Sent: the issue of Friday 20 November 2026.")
    assert second.stdout.startswith("Already sent: the issue of Friday 20 November 2026.")
    assert third.stdout == second.stdout
    assert sink.copies() == {"ada@example.com": 1, "bo@example.net": 1}
    assert issues_of(directory) == [("2026-11-20", "sent")]


def test_six_runs_at_once_send_one_issue(tmp_path: Path) -> None:
    people = [f"reader{number}@example.com" for number in range(60)]
    with a_sink(tmp_path, latency=0.25) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, subscribers=people)
        results = [ended(process) for process in [started(directory, *RUN) for _ in range(6)]]

    assert [(code, complaints) for code, _, complaints in results] == [(0, "")] * 6
    heads = sorted(said.partition(":")[0] for _, said, _ in results)
    assert heads.count("Sent") == 1
    assert set(heads) <= {"Sent", "Running", "Already sent"}
    # It sends for four seconds, in which the others are up and find it at work.
    assert any(is_at_work(said) for _, said, _ in results)
    assert sink.copies() == dict.fromkeys(people, 1)
    assert issues_of(directory) == [("2026-11-20", "sent")]


def test_a_run_tells_scripts_what_it_did(tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp)
        reports = [json.loads(roundup(directory, *RUN, "--json").stdout) for _ in range(2)]

    assert [report["state"] for report in reports] == ["sent", "already-sent"]
    assert {report["fingerprint"] for report in reports} == {reports[0]["fingerprint"]}
    for report in reports:
        assert report["candidates"] == sum(report["excluded"].values()) + sum(report["deliveries"].values()) == 2


def test_quiet_says_nothing_where_there_is_nothing_to_do(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)

    assert roundup(directory, *RUN, "--quiet").stdout.startswith("Sent:")
    again = roundup(directory, *RUN, "--quiet")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
