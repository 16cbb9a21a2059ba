"""`roundup demo --faults`: every fault once, everybody accounted for."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from roundup.faults.catalogue import CATALOGUE
from tests.newsletters import rows

#: Whoever is refused for good; `x-unasked` depends on what the sender had heard when the line ended.
REFUSED = {"x-550-gone", "x-multiline", "x-full", "x-552-too-big"}
DEFERRED = {"x-450-busy", "x-greylist", "x-452-no-room", "x-571-unwelcome", "x-451-not-stored", "x-spam", "x-no-data"}
#: The server had the message, and the answer did not come: a second copy is owed to doubt.
DOUBTED = {"x-drop-after-dot", "x-lost-reply", "x-half-reply", "x-garbage-dot"}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's folder and what it printed; run twice into the same folder, so that it also starts afresh."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-W", "error", "-m", "roundup", "demo", "--to", str(folder), "--faults"]
    for _ in range(2):
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
        assert (result.returncode, result.stderr) == (0, "")
    return folder, result.stdout


def copies(folder: Path) -> Counter[str]:
    lines = (folder / "faults" / "ledger").read_text(encoding="utf-8").splitlines()
    return Counter(line.partition("@")[0] for line in lines if line.startswith("x-"))


def by_state(folder: Path) -> dict[str, set[str]]:
    statement = "SELECT d.state, s.email FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id"
    states: dict[str, set[str]] = {}
    for state, email in rows(folder / "newsletter", statement):
        states.setdefault(state, set()).add(email.removesuffix("@faults.example"))
    return states


def test_every_reader_ends_where_the_fault_leads(shown: tuple[Path, str]) -> None:
    folder, _ = shown
    states = by_state(folder)
    refused, accepted = states["refused"], states["accepted"]

    assert set(states) == {"accepted", "refused"}
    assert refused - {"x-unasked"} == REFUSED
    assert accepted >= DEFERRED | DOUBTED
    assert len({each for each in accepted | refused if each.startswith("x-")}) == len(CATALOGUE)
    assert len([each for each in accepted if not each.startswith("x-")]) == 10


def test_nobody_has_two_copies_but_for_doubt_and_they_have_one_message_id(shown: tuple[Path, str]) -> None:
    folder, _ = shown
    taken = copies(folder)

    assert {each for each, count in taken.items() if count > 1} == DOUBTED
    assert max(taken.values()) == 2
    assert set(taken) == {each for each in by_state(folder)["accepted"] if each.startswith("x-")}
    lines = (folder / "faults" / "ledger").read_text(encoding="utf-8").splitlines()
    assert len(set(lines)) == len(lines) - len(DOUBTED)
    assert len(list((folder / "faults" / "taken").iterdir())) == len(lines)


def test_only_those_whose_address_is_bad_are_taken_off_the_list(shown: tuple[Path, str]) -> None:
    folder, _ = shown
    bounced = rows(folder / "newsletter", "SELECT email FROM subscribers WHERE status = 'bounced' ORDER BY email")

    assert bounced == [("x-550-gone@faults.example",), ("x-multiline@faults.example",)]


def test_it_tells_what_became_of_each_in_both_runs(shown: tuple[Path, str]) -> None:
    _, printed = shown
    first, _, second = printed.partition("The next start, at 17:02")
    reader = {line.split()[0] for line in first.splitlines() if line.startswith("x-")}
    got, _, missed = second.partition("Who has it not")

    assert len(reader) == len(CATALOGUE)
    assert "Unfinished: the issue of Friday 20 November 2026" in first
    assert "Sent: the issue of Friday 20 November 2026." in second
    assert "450 4.2.1 mailbox busy" in " ".join(first.split())
    for each in DEFERRED:
        assert f"\n{each} " in got
    for each in REFUSED:
        assert f"\n{each} " in missed
    assert "2 copies with one Message-ID" in got
