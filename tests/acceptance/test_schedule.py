"""`roundup schedule`: who stays, is told to read its settings anew, sleeps, and ends without losing anybody."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.all_mail import broken_below
from tests.newsletters import DUE, a_newsletter, a_piece_file, roundup, rows, told
from tests.sinks import a_sink
from tests.torture.false_clock import SetClock
from tests.torture.processes import at_work, await_

#: An hour before the issue of Friday 20 November 2026 is due, at 17:00 in London.
BEFORE = "2026-11-20T16:00:00"


@pytest.fixture(autouse=True)
def all_mail_keeps_the_rules(tmp_path: Path) -> Iterator[None]:
    """All but M5: mails are dated by a clock that was set, and their files by the machine's."""
    yield
    assert [rule for rule in broken_below(tmp_path) if ": M5: " not in rule] == []


@pytest.fixture(params=["in a folder", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    """Where a service manager would listen."""
    address = str(tmp_path / "notify") if request.param == "in a folder" else f"\0{tmp_path.name}-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(address)
        listening.settimeout(60)
        yield listening


def heard(manager: socket.socket) -> dict[str, str]:
    """The next thing that the service manager is told."""
    lines = manager.recv(65536).decode().splitlines()
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


def where(manager: socket.socket) -> dict[str, str]:
    name = manager.getsockname()
    return {"NOTIFY_SOCKET": "@" + name[1:].decode() if isinstance(name, bytes) else name, "TZ": "America/New_York"}


def test_systemd_hears_when_it_is_ready_reloads_and_ends(
    tmp_path: Path, clock: SetClock, manager: socket.socket
) -> None:
    directory = a_newsletter(tmp_path)
    clock.set(BEFORE)
    toml = directory / "roundup.toml"
    written = toml.read_text()
    with at_work(directory, "schedule", env={**clock.environment, **where(manager)}) as resident:
        first = heard(manager)
        assert first["READY"] == "1"
        assert first["STATUS"] == "The next issue is due on Friday 20 November 2026 at 17:00."
        assert "STATUS" in heard(manager)

        toml.write_text(written.replace("[schedule]", "") + '[schedule]\nat = "18:30"\nweekly = "sat"\n')
        resident.send_signal(signal.SIGHUP)
        reloading = heard(manager)
        assert reloading["RELOADING"] == "1"
        assert int(reloading["MONOTONIC_USEC"]) > 0
        ready = heard(manager)
        assert (ready["READY"], ready["STATUS"][-6:]) == ("1", "18:30.")

        toml.write_text(written.replace("[smtp]", "[smpt]"))
        resident.send_signal(signal.SIGHUP)
        assert heard(manager)["RELOADING"] == "1"
        ready = heard(manager)
        assert (ready["READY"], ready["STATUS"][-6:]) == ("1", "18:30.")

        resident.send_signal(signal.SIGTERM)
        said, complaints = resident.communicate(timeout=60)
    last = heard(manager)
    assert last == {"STOPPING": "1"}
    assert resident.returncode == 0
    assert "The old settings go on." in complaints
    assert "smpt" in complaints
    assert said.splitlines()[:3] == [
        "Due: Friday 20 November 2026 at 17:00, 2026-11-20 12:00 EST on this machine",
        "Due: Monday 23 November 2026 at 17:00, 2026-11-23 12:00 EST on this machine",
        "Due: Tuesday 24 November 2026 at 17:00, 2026-11-24 12:00 EST on this machine",
    ]
    assert "Due: Saturday 21 November 2026 at 18:30, 2026-11-21 13:30 EST on this machine (weekly)" in said


def test_the_watchdog_hears_that_it_is_awake_and_has_a_day_s_patience_with_a_job(
    tmp_path: Path, clock: SetClock, manager: socket.socket
) -> None:
    directory = a_newsletter(tmp_path)
    clock.set(BEFORE)
    watched = {**clock.environment, **where(manager), "WATCHDOG_USEC": "120000000"}
    with at_work(directory, "schedule", env=watched) as resident:
        assert "READY" in heard(manager)
        assert heard(manager) == {"WATCHDOG": "1", "WATCHDOG_USEC": "86400000000"}
        assert heard(manager) == {"WATCHDOG": "1", "WATCHDOG_USEC": "120000000"}
        assert "STATUS" in heard(manager)
        assert [heard(manager) for _ in range(2)] == [{"WATCHDOG": "1"}] * 2
        end(resident)


def test_another_s_watchdog_hears_nothing(tmp_path: Path, clock: SetClock, manager: socket.socket) -> None:
    directory = a_newsletter(tmp_path)
    clock.set(BEFORE)
    watched = {**clock.environment, **where(manager), "WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "1"}
    with at_work(directory, "schedule", env=watched) as resident:
        assert ["STATUS" in heard(manager) for _ in range(2)] == [True, True]
        end(resident)
    assert heard(manager) == {"STOPPING": "1"}


def test_the_new_hour_holds_after_a_hangup(tmp_path: Path, clock: SetClock) -> None:
    directory = a_newsletter(tmp_path)
    clock.set(BEFORE)
    roundup(directory, "run", env=clock.environment)
    with at_work(directory, "schedule", env=clock.environment) as resident:
        assert resident.stdout is not None
        # Whoever has said something listens to signals.
        assert "17:00" in resident.stdout.readline()
        with (directory / "roundup.toml").open("a") as toml:
            toml.write('[schedule]\nat = "16:30"\n')
        resident.send_signal(signal.SIGHUP)
        while "16:30" not in resident.stdout.readline():
            assert resident.poll() is None
        clock.set("2026-11-20T16:30:01")
        await_(lambda: rows(directory, "SELECT day, state FROM issues") == [("2026-11-20", "sent")], resident)
        clock.set("2026-11-20T17:00:01")
        resident.send_signal(signal.SIGTERM)
        resident.communicate(timeout=60)
    assert resident.returncode == 0
    assert told(roundup(directory, "run", "--json", env=clock.environment))["state"] == "already-sent"
    assert len(list((directory / "outbox").glob("*.eml"))) == 2


def mails(directory: Path) -> int:
    return len(list((directory / "outbox").glob("*.eml")))


def end(resident: subprocess.Popen[str]) -> tuple[str, str]:
    resident.send_signal(signal.SIGTERM)
    said, complaints = resident.communicate(timeout=60)
    assert resident.returncode == 0, complaints
    return said, complaints


def frozen(directory: Path) -> list[str]:
    return [day for (day,) in rows(directory, "SELECT day FROM issues WHERE frozen_at IS NOT NULL ORDER BY day")]


def test_who_is_ended_in_the_midst_finishes_what_is_under_way_and_the_next_start_goes_on(
    tmp_path: Path, clock: SetClock
) -> None:
    people = [f"reader{number}@example.com" for number in range(200)]
    with a_sink(tmp_path, keep=False, latency=0.05) as sink:
        directory = a_newsletter(tmp_path, smtp={**sink.smtp, "connections": 4}, subscribers=people)
        clock.set(BEFORE)
        roundup(directory, "run", env=clock.environment)
        clock.set("2026-11-20T17:00:02")
        with at_work(directory, "schedule", env=clock.environment) as resident:
            await_(lambda: len(sink.lines()) >= 20, resident)
            resident.send_signal(signal.SIGTERM)
            _, complaints = resident.communicate(timeout=60)
        out = len(sink.lines())
        assert resident.returncode == 0
        assert 20 <= out < 150
        assert "Unfinished" in complaints
        assert rows(directory, "SELECT state, count(*) FROM deliveries GROUP BY state ORDER BY state") == [
            ("accepted", out),
            ("planned", len(people) - out),
        ]
        with at_work(directory, "schedule", env=clock.environment) as resident:
            await_(lambda: len(sink.lines()) >= len(people), resident)
            resident.send_signal(signal.SIGTERM)
            resident.communicate(timeout=60)
        assert sink.copies() == dict.fromkeys(people, 1)


def test_a_run_whose_terminal_goes_away_finishes_what_is_under_way(tmp_path: Path) -> None:
    # Ten seconds of work: on a busy machine a signal may take two.
    people = [f"reader{number}@example.com" for number in range(800)]
    with a_sink(tmp_path, keep=False, latency=0.05) as sink:
        directory = a_newsletter(tmp_path, smtp={**sink.smtp, "connections": 4}, subscribers=people)
        with at_work(directory, "run", "--now", "--at", DUE) as run:
            await_(lambda: len(sink.lines()) >= 20, run)
            run.send_signal(signal.SIGHUP)
            _, complaints = run.communicate(timeout=60)
        out = len(sink.lines())
        assert run.returncode == 4, complaints
        assert 20 <= out < len(people) - 20
        assert rows(directory, "SELECT state, count(*) FROM deliveries GROUP BY state ORDER BY state") == [
            ("accepted", out),
            ("planned", len(people) - out),
        ]


@pytest.mark.parametrize("kind", ["asleep", "not started"])
def test_who_wakes_after_three_days_mails_no_old_issue_and_todays_once(
    tmp_path: Path, clock: SetClock, kind: str
) -> None:
    """From Thursday's issue to Tuesday's: Friday's was missed, Monday's is not late yet, Tuesday's is not due."""
    content = {f"{day}.md": a_piece_file(f"Of {day}", day=f"2026-11-{day}") for day in (19, 20, 22, 23)}
    directory = a_newsletter(tmp_path, content=content)
    clock.set("2026-11-19T16:00:00")
    roundup(directory, "run", env=clock.environment)
    clock.set("2026-11-19T17:00:01")
    with ExitStack() as stack:
        resident = stack.enter_context(at_work(directory, "schedule", env=clock.environment))
        await_(lambda: mails(directory) == 2, resident)
        if kind == "asleep":
            resident.send_signal(signal.SIGSTOP)
            clock.set("2026-11-23T19:00:00")
            resident.send_signal(signal.SIGCONT)
        else:
            end(resident)
            clock.set("2026-11-23T19:00:00")
            resident = stack.enter_context(at_work(directory, "schedule", env=clock.environment))
        await_(lambda: mails(directory) == 4, resident)
        end(resident)
    clock.jump(timedelta(minutes=5))
    assert told(roundup(directory, "run", "--json", env=clock.environment))["state"] == "already-sent"
    assert mails(directory) == 4
    assert frozen(directory) == ["2026-11-19", "2026-11-23"]
