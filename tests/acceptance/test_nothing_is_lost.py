"""What must never be lost or undone: who left, what was sent, what waits, and what was seen before it was sent."""

import shutil
from pathlib import Path

import pytest

from tests.newsletters import DUE, a_newsletter, a_piece_file, free_port, roundup, rows, told, write_subscribers

RUN = ("run", "--now", "--at", DUE)
MONDAY = "2026-11-23T17:00"


def dead_relay() -> dict[str, object]:
    return {"host": "127.0.0.1", "port": free_port(), "security": "none"}


@pytest.mark.parametrize("lost", ["deleted", "emptied"])
def test_a_lost_database_holds_everything_that_would_begin_anew(tmp_path: Path, lost: str) -> None:
    directory = a_newsletter(tmp_path)
    assert roundup(directory, *RUN).returncode == 0
    roundup(directory, "subscribers", "remove", "bo@example.net")
    shutil.rmtree(directory / "outbox")
    path = directory / "roundup.db"
    path.unlink() if lost == "deleted" else path.write_bytes(b"")
    for command in (RUN, ("run", "--dry-run"), ("preview", "--at", MONDAY, "--out", "seen"), ("subscribers", "list")):
        result = roundup(directory, *command)
        assert result.returncode == 3
        assert "backup" in result.stderr
    assert not (directory / "outbox").exists()


def test_a_bad_row_changes_nobody_and_left_outweighs_every_other_row(tmp_path: Path) -> None:
    people = ("ada@example.com,Ada", "bo@example.net,Bo", "cy@example.org,Cy")
    directory = a_newsletter(tmp_path, subscribers=people)
    roundup(directory, *RUN)
    changed = (
        "ada@example.com,Ada,,dialy",
        "bo@example.net,Bo,removed",
        "BO@example.net,Bo,left",
        "cy@example.org,,left,x",
    )
    write_subscribers(directory, changed)
    told_rows = roundup(directory, "run", "--at", "2026-11-21T10:00", "--quiet").stdout
    assert "subscribers.csv:2: " in told_rows, "what is told once is told under --quiet, too"
    status = "select email, status from subscribers order by email"
    assert [("ada@example.com", "active"), ("bo@example.net", "left"), ("cy@example.org", "left")] == rows(
        directory, status
    )


def test_sending_now_on_another_day_leaves_an_unfinished_issue_its_time(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, smtp=dead_relay())
    first = roundup(directory, "run", "--at", "2026-11-20T10:00", "--json")
    assert told(first)["state"] == "not-due"
    assert told(roundup(directory, "run", "--at", DUE, "--json"))["state"] == "unfinished"
    assert roundup(directory, "issues", "hold", "2026-11-20").returncode == 0
    (directory / "content" / "sat.md").write_text(a_piece_file("On Saturday", day="2026-11-21"), encoding="utf-8")
    saturday = told(roundup(directory, "run", "--now", "--at", "2026-11-21T12:00", "--json"))
    assert ("2026-11-21", "unfinished", 1) == (saturday["issue"], saturday["state"], saturday["pieces"])
    states = {issue["issue"]: (issue["state"], issue["deliveries"]) for issue in listed(directory)}
    assert ("held", {"planned": 2}) == states["2026-11-20"]


def listed(directory: Path) -> list[dict[str, object]]:
    issues: list[dict[str, object]] = told(roundup(directory, "issues", "list", "--json"))
    return issues


def test_what_is_previewed_is_sent_also_after_an_issue_that_reached_nobody(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, smtp=dead_relay())
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    assert told(roundup(directory, "run", "--at", DUE, "--json"))["state"] == "unfinished"
    (directory / "content" / "new.md").write_text(a_piece_file("New", day="2026-11-23"), encoding="utf-8")
    seen = told(roundup(directory, "preview", "--json", "--out", "seen", "--at", MONDAY))
    assert len(seen["pieces"]) == 3, "the pieces that nobody got are new again"
    run = told(roundup(directory, "run", "--at", MONDAY, "--json"))
    assert (seen["fingerprint"], 3) == (run["fingerprint"], run["pieces"])
    assert any("2 of 2 deliveries expired" in warning for warning in run["warnings"])
    failed = told(roundup(directory, "issues", "show", "2026-11-20", "--failed", "--json"))["failed"]
    assert ["ada@example.com", "bo@example.net"] == [each["email"] for each in failed]


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("2026-11-20T12:00", "It is not due yet"),
        ("2026-11-20T17:00", ""),
        ("2026-11-20T23:30", "Missed: the issue of Friday 20 November 2026."),
        ("2026-11-21T09:00", "Missed: the issue of Friday 20 November 2026."),
    ],
)
def test_a_dry_run_says_what_a_run_would_do(tmp_path: Path, at: str, says: str) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    dry = roundup(directory, "run", "--dry-run", "--at", at, "--json")
    report = told(dry)
    assert (0, "dry-run") == (dry.returncode, report["state"])
    assert says in report["because"]
    assert (says == "") == (report["because"] == "")
    run = told(roundup(directory, "run", "--at", at, "--json"))
    expected = {"It is not due yet": "not-due", "": "sent"}.get(says, "missed")
    assert expected == run["state"]
    if not says:
        assert (report["fingerprint"], report["pieces"]) == (run["fingerprint"], run["pieces"])


def test_a_missed_issue_is_shown_by_a_dry_run_and_sent_late_as_it_was_shown(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    late = "2026-11-21T09:00"
    assert roundup(directory, "run", "--at", late).returncode == 3
    shown = told(roundup(directory, "run", "--dry-run", "--late", "--at", late, "--json"))
    sent = told(roundup(directory, "run", "--late", "--at", late, "--expect", shown["fingerprint"], "--json"))
    assert ("2026-11-20", "sent", 2) == (sent["issue"], sent["state"], sent["pieces"])


def test_a_renamed_source_says_what_waited_in_it(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    path = directory / "roundup.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"The Lantern"', '"Lantern"'), encoding="utf-8")
    (directory / "content" / "bridge.md").unlink()
    seen = told(roundup(directory, "preview", "--json", "--out", "seen", "--at", DUE))
    left = {piece["title"]: piece["because"] for piece in seen["left_out"]}
    assert "its source is no longer in roundup.toml" == left["The bridge that two towns built"]


def test_the_last_file_of_a_folder_is_withdrawn_when_it_is_gone(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, content={"one.md": a_piece_file("The only one")})
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    (directory / "content" / "one.md").unlink()
    assert told(roundup(directory, "run", "--at", DUE, "--json"))["state"] == "nothing-new"


def test_a_preview_that_is_held_says_so_in_json(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    shutil.rmtree(directory / "content")
    held = roundup(directory, "preview", "--json", "--out", "seen", "--at", DUE)
    assert (3, "held") == (held.returncode, told(held)["state"])


def test_a_dry_run_of_an_issue_now_shows_what_is_sent_now_beside_an_unfinished_one(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, smtp=dead_relay())
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    assert told(roundup(directory, "run", "--at", DUE, "--json"))["state"] == "unfinished"
    (directory / "content" / "sat.md").write_text(a_piece_file("On Saturday", day="2026-11-21"), encoding="utf-8")
    now = ("run", "--now", "--at", "2026-11-21T12:00", "--json")
    dry, run = told(roundup(directory, *now, "--dry-run")), told(roundup(directory, *now))
    assert (1, dry["fingerprint"]) == (run["pieces"], run["fingerprint"])
    assert any("Unfinished: the issue of Friday 20 November 2026" in warning for warning in run["warnings"])
