"""`issues skip`: an issue that a person decides against goes to nobody, and its pieces wait for the next one."""

from pathlib import Path

from tests.newsletters import DUE, a_newsletter, a_piece_file, free_port, roundup, told

MONDAY = "2026-11-23T17:00"


def test_an_issue_that_is_not_made_yet_is_skipped(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    skipped = roundup(directory, "issues", "skip", "2026-11-20")
    assert (0, "The issue of 2026-11-20 is skipped. Its pieces wait for the next one.\n") == (
        skipped.returncode, skipped.stdout,
    )  # fmt: skip
    assert "skipped" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]
    assert not (directory / "outbox").exists()
    monday = told(roundup(directory, "run", "--at", MONDAY, "--json"))
    assert ("sent", 2) == (monday["state"], monday["pieces"])
    assert 2 == roundup(directory, "issues", "skip", "2026-11-23").returncode


def test_an_issue_that_nobody_got_yet_gives_its_pieces_back(tmp_path: Path) -> None:
    relay = {"host": "127.0.0.1", "port": free_port(), "security": "none"}
    directory = a_newsletter(tmp_path, smtp=relay)
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    assert "unfinished" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]
    assert 0 == roundup(directory, "issues", "skip", "2026-11-20").returncode
    assert ["skipped"] == [each["state"] for each in told(roundup(directory, "issues", "list", "--json"))]
    (directory / "content" / "new.md").write_text(a_piece_file("New", day="2026-11-23"), encoding="utf-8")
    seen = told(roundup(directory, "preview", "--at", MONDAY, "--json", "--out", "seen"))
    assert 3 == len(seen["pieces"])


def test_an_issue_that_somebody_has_cannot_be_skipped(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, "run", "--at", DUE)
    late = roundup(directory, "issues", "skip", "2026-11-20")
    assert (2, "The issue of 2026-11-20 is sent already: there is nothing to skip.\n") == (
        late.returncode, late.stderr,
    )  # fmt: skip


def test_a_held_issue_can_be_skipped(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, "issues", "hold", "2026-11-20")
    assert "held" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]
    assert 0 == roundup(directory, "issues", "skip", "2026-11-20").returncode
    assert "skipped" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]


def test_a_day_without_an_issue_has_none_to_skip(tmp_path: Path) -> None:
    for none in ("2026-11-20/weekly", "2026-11-20/correction-1"):
        assert roundup(a_newsletter(tmp_path / none[-1]), "issues", "skip", none).returncode == 2
    saturday = roundup(a_newsletter(tmp_path), "issues", "skip", "2026-11-21")
    assert (2, "No issue is due on 2026-11-21, so there is nothing to skip.\n") == (
        saturday.returncode,
        saturday.stderr,
    )


def test_a_day_before_the_newsletter_began_has_none_to_skip(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    before = roundup(directory, "issues", "skip", "2026-11-19")
    assert (2, "No issue is due on 2026-11-19, so there is nothing to skip.\n") == (before.returncode, before.stderr)
    assert 0 == roundup(directory, "issues", "skip", "2026-11-20").returncode


def test_the_issue_due_next_is_none_that_somebody_decided_against(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    assert roundup(directory, "run", "--now", "--at", DUE).returncode == 0
    assert "2026-11-23" == told(roundup(directory, "preview", "--at", DUE, "--json"))["issue"]
    assert roundup(directory, "issues", "skip", "2026-11-23").returncode == 0
    assert "2026-11-24" == told(roundup(directory, "preview", "--at", DUE, "--json"))["issue"]
