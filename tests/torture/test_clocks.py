"""The wall clock jumps by a day, forward and back, under real processes: nobody is mailed twice, nobody is missed."""

import json
import random
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.newsletters import a_newsletter, roundup, rows, told
from tests.sinks import Sink, a_sink
from tests.torture.false_clock import SetClock
from tests.torture.processes import at_work, await_

pytestmark = pytest.mark.long

PEOPLE = [f"reader{number}@example.com" for number in range(120)]
LINES, LATENCY = 4, 0.05
#: Of the issue that is due on Friday 20 November 2026 at 17:00 in London. The next one is due on Monday.
BEFORE, DUE, DAY = "2026-11-20T16:00:00", "2026-11-20T17:00:02", timedelta(days=1)


def a_newsletter_that_waits(folder: Path, sink: Sink, clock: SetClock, *more: str) -> Path:
    """A newsletter that had its first run an hour before its first issue is due."""
    directory = a_newsletter(folder, smtp={**sink.smtp, "connections": LINES}, subscribers=[*PEOPLE, *more])
    clock.set(BEFORE)
    early = roundup(directory, "run", "--json", env=clock.environment)
    assert told(early)["state"] == "not-due"
    return directory


def jump_while_sending(clock: SetClock, sink: Sink, process: subprocess.Popen[str], *jumps: timedelta) -> None:
    """Set the clock in the midst of an issue, each time when a further quarter is out."""
    for number, jump in enumerate(jumps, start=1):
        await_(lambda share=number: len(sink.lines()) >= share * len(PEOPLE) // 4, process)  # type: ignore[misc]
        clock.jump(jump)


def check_one_copy_each(directory: Path, sink: Sink) -> None:
    assert sink.copies() == dict.fromkeys(PEOPLE, 1)
    report = told(roundup(directory, "issues", "show", "2026-11-20", "--json"))
    assert (report["state"], report["deliveries"]) == ("sent", {"accepted": len(PEOPLE)})
    assert (report["candidates"], report["resent"]) == (len(PEOPLE), 0)
    assert rows(directory, "SELECT count(*) FROM issues WHERE frozen_at IS NOT NULL") == [(1,)]


def check_the_clock_jumped(directory: Path, days: int) -> None:
    """The journal is written by the clock that was set."""
    [(span,)] = rows(directory, "SELECT max(changed_at) - min(changed_at) FROM deliveries")
    assert span > days * DAY.total_seconds() - 60


def test_a_run_whose_clock_jumps_mails_everybody_once(tmp_path: Path, clock: SetClock) -> None:
    with a_sink(tmp_path, keep=False, latency=LATENCY) as sink:
        directory = a_newsletter_that_waits(tmp_path, sink, clock)
        clock.set(DUE)
        with at_work(directory, "run", env=clock.environment) as run:
            jump_while_sending(clock, sink, run, DAY, -2 * DAY, DAY)
            said, complaints = run.communicate(timeout=60)
        again = roundup(directory, "run", "--json", env=clock.environment)
    assert (run.returncode, complaints, said[:5]) == (0, "", "Sent:")
    assert (again.returncode, told(again)["state"]) == (0, "already-sent")
    check_one_copy_each(directory, sink)
    check_the_clock_jumped(directory, 2)


def test_a_resident_whose_clock_jumps_mails_everybody_once(tmp_path: Path, clock: SetClock) -> None:
    with a_sink(tmp_path, keep=False, latency=LATENCY) as sink:
        directory = a_newsletter_that_waits(tmp_path, sink, clock)
        clock.set(DUE)
        with at_work(directory, "schedule", env=clock.environment) as resident:
            jump_while_sending(clock, sink, resident, DAY, -2 * DAY)
            await_(lambda: len(sink.lines()) >= len(PEOPLE), resident)
            # It looks again after a jump back.
            time.sleep(2)
            resident.send_signal(signal.SIGTERM)
            said, complaints = resident.communicate(timeout=20)
    assert (resident.returncode, complaints, said.count("Sent:")) == (0, "", 1)
    check_one_copy_each(directory, sink)
    check_the_clock_jumped(directory, 2)


def test_a_resident_whose_clock_was_a_day_ahead_sends_the_issue_when_it_is_set_right(
    tmp_path: Path, clock: SetClock
) -> None:
    with a_sink(tmp_path, keep=False) as sink:
        directory = a_newsletter_that_waits(tmp_path, sink, clock)
        clock.set("2026-11-21T17:00:02")
        with at_work(directory, "schedule", env=clock.environment) as resident:
            missed = "SELECT count(*) FROM issues WHERE state = 'missed'"
            await_(lambda: rows(directory, missed) == [(1,)], resident)
            clock.jump(-DAY)
            await_(lambda: len(sink.lines()) >= len(PEOPLE), resident)
            time.sleep(1)
            resident.send_signal(signal.SIGTERM)
            resident.communicate(timeout=20)
    assert resident.returncode == 0
    check_one_copy_each(directory, sink)


def test_killed_runs_between_which_the_clock_jumps_lose_nobody(tmp_path: Path, clock: SetClock) -> None:
    chance = random.Random(20261120)  # noqa: S311 (moments, not secrets)
    jumps = (timedelta(), DAY, -2 * DAY)
    with a_sink(tmp_path, keep=False, latency=LATENCY) as sink:
        directory = a_newsletter_that_waits(tmp_path, sink, clock)
        clock.set(DUE)
        for jump in jumps:
            clock.jump(jump)
            goal = len(sink.lines()) + chance.randint(10, 40)
            with at_work(directory, "run", env=clock.environment) as run:
                await_(lambda least=goal: len(sink.lines()) >= least, run)  # type: ignore[misc]
                run.kill()
                run.communicate(timeout=20)
            assert run.returncode == -signal.SIGKILL
            time.sleep(2 * LATENCY)
        clock.jump(DAY)
        end = roundup(directory, "run", "--json", env=clock.environment)
    report, copies = told(end), sink.copies()
    extra = copies.total() - len(copies)
    print(json.dumps({"kills": len(jumps), "extra": extra, "resent": report["resent"]}))
    assert (end.returncode, report["state"], set(copies)) == (0, "sent", set(PEOPLE))
    assert extra <= report["resent"] <= len(jumps) * LINES
    assert report["deliveries"] == {"accepted": len(PEOPLE)}


def test_who_was_deferred_while_the_clock_was_a_day_ahead_does_not_wait_for_that_day(
    tmp_path: Path, clock: SetClock
) -> None:
    waiting = [f"x-451-{number}@example.com" for number in range(6)]
    with a_sink(tmp_path, keep=False, latency=LATENCY, times=1) as sink:
        directory = a_newsletter_that_waits(tmp_path, sink, clock, *waiting)
        clock.set(DUE)
        with at_work(directory, "run", env=clock.environment) as run:
            jump_while_sending(clock, sink, run, DAY)
            run.communicate(timeout=60)
        assert run.returncode == 4
        clock.jump(-DAY)
        clock.jump(timedelta(minutes=2))
        assert roundup(directory, "run", env=clock.environment).returncode == 0
    assert sink.copies() == dict.fromkeys([*PEOPLE, *waiting], 1)
