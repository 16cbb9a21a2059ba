"""Power cuts, the short form: 140 through the real store. `python -m tests.torture.powercuts` cuts 5,000 times."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture import powercuts
from tests.torture.cutting import World
from tests.torture.powercuts import Outcome

pytestmark = pytest.mark.long

_BEGIN = """
import ctypes, os, sys
folder, keep, synced = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
power = ctypes.CDLL(None)
power.powercut_begin(folder.encode(), ctypes.c_long(0), ctypes.c_double(keep), 0, 0, ctypes.c_uint64(7))
"""
#: Writes a file and then over it, synced as far as its arguments say, and cuts the power when another appears.
_WRITER = """
file = os.open(f"{folder}/new", os.O_CREAT | os.O_WRONLY)
os.write(file, b"first")
if "file" in synced:
    os.fsync(file)
if "directory" in synced:
    os.fsync(os.open(folder, os.O_RDONLY))
os.pwrite(file, b"SECOND", 0)
os.unlink(f"{folder}/old")
ctypes.c_long.in_dll(power, "powercut_at").value = power.powercut_count() + 1
os.write(os.open(f"{folder}/last", os.O_CREAT | os.O_WRONLY), b"never")
"""
#: Writes by a way that is not watched.
_SLY = """
os.writev(os.open(f"{folder}/old", os.O_WRONLY), [b"new"])
power.powercut_count()
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disk whose power can be cut. Without a compiler the test is skipped, but in CI it fails."""
    missing = powercuts.missing_parts()
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no power to cut: {missing}")
    return powercuts.compiled(tmp_path_factory.mktemp("disk"))


@pytest.mark.parametrize(
    ("keep", "synced", "left"),
    [
        (0, [], {"old": "old"}),
        (0, ["file"], {"old": "old"}),
        (0, ["directory"], {"old": "old", "new": ""}),
        (0, ["file", "directory"], {"old": "old", "new": "first"}),
        (1, [], {"new": "SECOND", "last": ""}),
    ],
)
def test_the_disk_keeps_what_was_synced_and_else_what_it_likes(
    library: Path, tmp_path: Path, *, keep: int, synced: list[str], left: dict[str, str]
) -> None:
    (tmp_path / "old").write_text("old", encoding="ascii")
    assert _ended(library, _WRITER, str(tmp_path), str(keep), *synced).returncode == 86
    assert {path.name: path.read_text(encoding="ascii") for path in tmp_path.iterdir()} == left


def test_the_disk_notices_what_it_did_not_see(library: Path, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old", encoding="ascii")
    ended = _ended(library, _SLY, str(tmp_path), "1")
    assert ended.returncode == 87
    assert ended.stderr == "powercut: old was changed unseen\n"


def _ended(library: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _BEGIN + script, *arguments]
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=60)


def _told(outcome: Outcome) -> None:
    print(outcome.figures())
    for each in outcome.faulty:
        print(each.trial, each.faults)


def _was_worth_telling(outcome: Outcome, cuts: int) -> bool:
    """Whether the power really went, all along the run and while mail was going out."""
    ends = [each.verdict for each in outcome.told]
    in_the_middle = sum(0 < end.taken_at_cut < outcome.world.people for end in ends)
    spread = len(outcome.writes_cut(frozen=True)) + len(outcome.writes_cut(frozen=False))
    return sum(end.cuts for end in ends) >= cuts and in_the_middle >= cuts / 6 and spread >= cuts / 3


def test_who_holds_mails_nobody_twice_and_lists_everybody_who_is_missed(library: Path, tmp_path: Path) -> None:
    outcome = powercuts.cut(library, tmp_path / "hold", World(in_doubt="hold"), cuts=55)
    _told(outcome)
    assert _was_worth_telling(outcome, 55)
    assert outcome.faulty == []
    assert sum(each.verdict.missing_and_listed + each.verdict.listed_and_had for each in outcome.told) > 0


def test_who_resends_misses_nobody_and_makes_one_copy_more_a_line_at_most(library: Path, tmp_path: Path) -> None:
    outcome = powercuts.cut(library, tmp_path / "resend", World(in_doubt="resend"), cuts=55)
    _told(outcome)
    assert _was_worth_telling(outcome, 55)
    assert outcome.faulty == []
    assert sum(each.verdict.extra for each in outcome.told) > 0


def test_a_journal_that_does_not_wait_for_the_disk_is_found_out(library: Path, tmp_path: Path) -> None:
    """`journal = "fast"` promises less, and says so: the bench must be able to see it. It damages nothing."""
    outcome = powercuts.cut(library, tmp_path / "fast", World(in_doubt="hold", journal="fast"), cuts=30)
    _told(outcome)
    assert sum(each.verdict.twice for each in outcome.told) > 0
    assert [each.verdict.corrupt for each in outcome.told if each.verdict.corrupt] == []
