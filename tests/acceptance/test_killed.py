"""`kill -9` while an issue goes out, again and again: nobody is missed, and every extra copy is accounted for."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.newsletters import DUE, a_newsletter, roundup, rows, started, told
from tests.sinks import Sink, a_sink

pytestmark = pytest.mark.long

PEOPLE, LINES, KILLS = 300, 4, 50
#: Three hundred messages on four lines take half a minute.
LATENCY = 30 * LINES / PEOPLE
SEED = 20261120
#: Of `--now` runs there is one: what follows is what cron would start.
FIRST, AGAIN = ("run", "--now", "--at", DUE), ("run", "--at", DUE)


def kill_while_sending(process: subprocess.Popen[str], sink: Sink, pause: float) -> bool:
    """Kill a run `pause` seconds after all its lines have offered something. Returns whether it was still sending."""
    # What the run before had on its way when it was killed has come by now; this one is still starting.
    time.sleep(0.2)
    begun = len(sink.lines())
    while process.poll() is None and len(sink.lines()) < begun + LINES:
        time.sleep(0.005)
    time.sleep(pause)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    return process.returncode == -signal.SIGKILL


@pytest.mark.timeout(300)
def test_fifty_kills_lose_nobody_and_every_second_copy_is_told(tmp_path: Path) -> None:
    people = [f"reader{number}@example.com" for number in range(PEOPLE)]
    chance = random.Random(SEED)  # noqa: S311 (moments, not secrets)
    with a_sink(tmp_path, latency=LATENCY) as sink:
        smtp = {**sink.smtp, "connections": LINES}
        directory = a_newsletter(tmp_path, smtp=smtp, subscribers=[*people, "gone@example.com,,left"])
        for number in range(KILLS):
            run = started(directory, *(AGAIN if number else FIRST))
            assert kill_while_sending(run, sink, chance.uniform(0, 1.2 * LATENCY)), f"it ended before kill {number + 1}"
        end = roundup(directory, *AGAIN, "--json")
    assert end.returncode == 0, end.stderr
    copies, report = sink.copies(), told(end)

    assert set(copies) == set(people)
    extra = copies.total() - len(copies)
    print(json.dumps({"kills": KILLS, "extra": extra, "resent": report["resent"], "deliveries": report["deliveries"]}))
    assert 0 < extra <= KILLS * LINES
    assert extra <= report["resent"]
    assert max(copies.values()) <= 2
    assert len(set(sink.lines())) == PEOPLE, "a second copy has the Message-ID of the first"
    assert report["state"] == "sent"
    assert report["candidates"] == PEOPLE + 1
    assert report["excluded"] == {"left": 1}
    assert sum(report["deliveries"].values()) == PEOPLE
    assert set(report["deliveries"]) <= {"accepted", "unknown"}
    assert rows(directory, "PRAGMA integrity_check") == [("ok",)]
    assert told(roundup(directory, "issues", "show", DUE[:10], "--json"))["resent"] == report["resent"]
