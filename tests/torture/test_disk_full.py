"""The disk fills up while an issue goes out: the run ends with a sentence, and with room again a plain run goes on."""

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.newsletters import DUE, a_newsletter, roundup, rows, told
from tests.sinks import Sink, a_sink
from tests.torture.processes import at_work, await_

pytestmark = pytest.mark.long

PEOPLE = [f"reader{number}@example.com" for number in range(400)]
LINES, FILLS, LATENCY, SEED = 4, 3, 0.02, 20261120
NOW, AGAIN = ("run", "--now", "--at", DUE), ("run", "--at", DUE)
FULL = "database or disk is full"


@contextmanager
def a_newsletter_on_a_small_disk(folder: Path, sink: Sink, size: str) -> Iterator[Path]:
    """A newsletter whose database has a disk of its own, `state`, of that size. Without root the test is skipped, but
    in CI it fails."""
    if os.geteuid() != 0:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no small disk: mounting one needs root")
    directory = a_newsletter(
        folder,
        smtp={**sink.smtp, "connections": LINES},
        subscribers=[*PEOPLE, "gone@example.com,,left"],
        store={"url": "sqlite:///state/roundup.db"},
    )
    disk = directory / "state"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True, timeout=20)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True, timeout=20)


def fill(disk: Path) -> None:
    """Take all the room that there is, to the last page."""
    with (disk / "filler").open("ab", buffering=0) as filler:
        for piece in (b"\0" * 65_536, b"\0" * 4_096):
            try:
                while filler.write(piece) == len(piece):
                    pass
            except OSError:
                continue


def make_room(disk: Path) -> None:
    (disk / "filler").unlink()


def a_look_at(directory: Path) -> Path:
    """A copy of the database as it lies on the disk: to open the disk's own would tidy it up."""
    copied = directory / "looked-at"
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(directory / "state", copied, ignore=shutil.ignore_patterns("filler"))
    return copied


def filled_while_sending(directory: Path, sink: Sink, command: tuple[str, ...], after: int) -> tuple[int, str]:
    """Start a run, and fill its disk when it has sent `after` messages. Returns how it ended, and what it said."""
    before = len(sink.lines())
    with at_work(directory, *command) as run:
        await_(lambda: len(sink.lines()) >= before + after, run)
        fill(directory / "state")
        said, complaints = run.communicate(timeout=60)
    # What was on its way has come by then.
    time.sleep(2 * LATENCY)
    return run.returncode, said + complaints


def check_nothing_was_offered_unwritten(directory: Path, sink: Sink) -> None:
    """Whoever has a copy is down in the journal: as accepted, or as offered, which is one a line at most."""
    looked = a_look_at(directory)
    assert rows(looked, "PRAGMA integrity_check") == [("ok",)]
    known = rows(looked, "SELECT email, state, offered, doubts FROM deliveries JOIN subscribers ON id = subscriber_id")
    had = {email for email, state, offered, doubts in known if state == "accepted" or offered or doubts}
    assert set(sink.copies()) <= had
    assert sum(offered for _, _, offered, _ in known) <= LINES


def check_everybody_has_it(directory: Path, sink: Sink, *, most_extra: int) -> int:
    """The next plain run comes to the end. Returns how many copies there are too many."""
    end = roundup(directory, *AGAIN, "--json")
    assert (end.returncode, end.stderr) == (0, "")
    report, copies = told(end), sink.copies()
    extra = copies.total() - len(copies)
    assert set(copies) == set(PEOPLE)
    assert extra <= min(most_extra, report["resent"])
    assert max(copies.values()) <= 1 + (most_extra > 0)
    assert len(set(sink.lines())) == len(PEOPLE), "a second copy has the Message-ID of the first"
    assert (report["state"], report["excluded"]) == ("sent", {"left": 1})
    assert sum(report["deliveries"].values()) == len(PEOPLE) == report["candidates"] - 1
    assert set(report["deliveries"]) <= {"accepted", "unknown"}
    assert rows(directory / "state", "PRAGMA integrity_check") == [("ok",)]
    return extra


# A disk of 8 MB is more than the journal ever takes; of one of 1.5 MB, the database and its journal take most.
@pytest.mark.timeout(180)
@pytest.mark.parametrize("size", ["8m", "1536k"])
def test_a_disk_that_fills_up_again_and_again_loses_nobody(tmp_path: Path, size: str) -> None:
    chance = random.Random(SEED)  # noqa: S311 (moments, not secrets)
    met = 0
    with (
        a_sink(tmp_path, keep=False, latency=LATENCY) as sink,
        a_newsletter_on_a_small_disk(tmp_path, sink, size) as directory,
    ):
        for number in range(FILLS):
            after = chance.randint(1, 40)
            code, said = filled_while_sending(directory, sink, AGAIN if number else NOW, after)
            check_nothing_was_offered_unwritten(directory, sink)
            make_room(directory / "state")
            if code == 0:
                # The room that the journal had was enough to the end.
                break
            assert (code, FULL in said, "Traceback" in said) == (1, True, False), said
            met += 1
        extra = check_everybody_has_it(directory, sink, most_extra=met * LINES)
    print(f"{size}: {met} runs met the full disk; {extra} copies too many of {met * LINES} that there may be")
    assert met == FILLS
    assert extra > 0


def test_a_disk_that_is_full_before_the_issue_is_frozen_sends_nothing(tmp_path: Path) -> None:
    with a_sink(tmp_path, keep=False) as sink, a_newsletter_on_a_small_disk(tmp_path, sink, "8m") as directory:
        assert roundup(directory, "run", "--at", "2026-11-20T10:00").returncode == 0
        fill(directory / "state")
        for command in (NOW, ("run", "--at", DUE)):
            refused = roundup(directory, *command)
            assert refused.returncode == 1
            assert "The database could not be used: " in refused.stderr
            assert "Traceback" not in refused.stderr
        assert sink.lines() == []
        make_room(directory / "state")
        assert check_everybody_has_it(directory, sink, most_extra=0) == 0


def test_a_full_disk_on_the_very_first_day_is_told_and_leaves_no_trace(tmp_path: Path) -> None:
    with a_sink(tmp_path, keep=False) as sink, a_newsletter_on_a_small_disk(tmp_path, sink, "8m") as directory:
        fill(directory / "state")
        refused = roundup(directory, *NOW)
        assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
        assert "The database could not be used: " in refused.stderr
        make_room(directory / "state")
        assert roundup(directory, *NOW).returncode == 0
        assert sink.copies() == dict.fromkeys(PEOPLE, 1)


def test_a_disk_smaller_than_all_that_a_run_writes_is_enough(tmp_path: Path) -> None:
    """The journal is written into the database now and then, not when it has filled the disk: SQLite's own measure,
    four megabytes, leaves a disk that nothing but more room can mend."""
    with a_sink(tmp_path, keep=False) as sink, a_newsletter_on_a_small_disk(tmp_path, sink, "1536k") as directory:
        assert (roundup(directory, *NOW).returncode, sink.copies()) == (0, dict.fromkeys(PEOPLE, 1))
