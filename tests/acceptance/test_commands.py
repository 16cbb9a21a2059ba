"""The remaining commands, as an editor and an operator use them."""

import csv
import io
import json
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from roundup.list_files.products import OWN_COLUMNS
from tests.newsletters import DUE, a_newsletter, a_piece_file, roundup, rows, started, told

RUN = ("run", "--now", "--at", DUE)


def status_of(directory: Path) -> dict[str, str]:
    listed = told(roundup(directory, "subscribers", "list", "--json"))
    return {person["email"]: person["status"] for person in listed}


def test_the_resident_sends_what_is_due_and_ends_on_sigterm(tmp_path: Path) -> None:
    london = datetime.now(ZoneInfo("Europe/London"))
    due = london - timedelta(minutes=2)
    yesterday = (london - timedelta(days=1)).strftime("%Y-%m-%d")
    content = {"one.md": a_piece_file("Of today", day=yesterday)}
    every_day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    directory = a_newsletter(
        tmp_path, content=content, selection={"max_age": "48h"}, schedule={"at": f"{due:%H:%M}", "days": every_day}
    )
    # The calendar begins with the first run: an hour before the issue was due.
    began = roundup(directory, "run", "--at", f"{due - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    assert began.returncode == 0, began.stderr
    resident = started(directory, "schedule")
    deadline = time.monotonic() + 60
    while not list((directory / "outbox").glob("*.eml")) and time.monotonic() < deadline:
        time.sleep(0.1)
    resident.send_signal(signal.SIGTERM)
    said, complaints = resident.communicate(timeout=30)
    assert (0, "") == (resident.returncode, complaints)
    assert said.count("Due: ") == 3
    assert "Sent: the issue of " in said
    assert said.rstrip().endswith("Stopped.")
    assert len(list((directory / "outbox").glob("*.eml"))) == 2


def test_a_held_issue_waits_until_it_is_released(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    assert roundup(directory, "issues", "hold", "2026-11-20").returncode == 0
    held = roundup(directory, *RUN, "--json")
    assert (3, "held") == (held.returncode, told(held)["state"])
    assert ["held"] == [issue["state"] for issue in told(roundup(directory, "issues", "list", "--json"))]
    assert roundup(directory, "issues", "release", "2026-11-20").returncode == 0
    assert told(roundup(directory, *RUN, "--json"))["state"] == "sent"
    late = roundup(directory, "issues", "hold", "2026-11-20")
    assert late.returncode == 2
    assert "sent already" in late.stderr


def test_the_archive_shows_what_an_issue_carried_and_what_became_of_it(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, *RUN)
    shown = told(roundup(directory, "issues", "show", "2026-11-20", "--json"))
    assert {"accepted": 2} == shown["deliveries"]
    assert len(shown["explanation"]["pieces"]) == 2
    assert shown["candidates"] == sum(shown["excluded"].values()) + sum(shown["deliveries"].values())
    assert "The bridge that two towns built" in roundup(directory, "issues", "show", "2026-11-20").stdout
    assert roundup(directory, "issues", "show", "2026-11-21").returncode == 2
    assert roundup(directory, "issues", "show", "tomorrow").returncode == 2


def test_an_import_never_brings_back_who_left_and_says_so(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, *RUN)
    assert roundup(directory, "subscribers", "remove", "Ada@Example.com").returncode == 0
    people = tmp_path / "people.csv"
    people.write_text("Email;Name\nADA@example.com;Ada\nnew@example.org;Nía\nnobody\n", encoding="cp1252")
    dry = roundup(directory, "subscribers", "import", str(people), "--dry-run")
    assert "ADA@example.com (line 2)" in dry.stdout
    assert "new@example.org" not in status_of(directory)
    result = roundup(directory, "subscribers", "import", str(people))
    assert result.returncode == 0
    assert "people.csv:4: " in result.stdout
    assert {"ada@example.com": "left", "bo@example.net": "active", "new@example.org": "active"} == status_of(directory)
    assert roundup(directory, "subscribers", "add", "ada@example.com").returncode == 0
    assert status_of(directory)["ada@example.com"] == "active"


def test_the_followed_file_takes_off_who_vanished_and_never_lifts_who_left(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, *RUN)
    roundup(directory, "subscribers", "remove", "bo@example.net")
    (directory / "subscribers.csv").write_text("email,status\nbo@example.net,active\n", encoding="utf-8")
    roundup(directory, "run", "--at", "2026-11-21T10:00")
    assert {"ada@example.com": "removed", "bo@example.net": "left"} == status_of(directory)
    (directory / "subscribers.csv").write_text("email\nada@example.com\n", encoding="utf-8")
    roundup(directory, "run", "--at", "2026-11-21T11:00")
    assert {"ada@example.com": "active", "bo@example.net": "left"} == status_of(directory)


def test_weekly_readers_are_excluded_with_the_reason(tmp_path: Path) -> None:
    people = ("ada@example.com,Ada", "bo@example.net,Bo,,weekly", "cy@example.org,Cy,,,culture", "di@example.org,,left")
    directory = a_newsletter(tmp_path, subscribers=people)
    report = told(roundup(directory, *RUN, "--json"))
    assert {"cadence": 1, "sections": 1, "left": 1} == report["excluded"]
    assert {"accepted": 1} == report["deliveries"]
    listed = told(roundup(directory, "subscribers", "list", "--json"))
    assert {"email", "name", "status", "mailable"} == set(listed[0])
    assert ["ada@example.com"] == [person["email"] for person in listed if person["mailable"]]


def test_what_was_exported_is_imported_as_it_was(tmp_path: Path) -> None:
    people = ('"ada@example.com","Marsh, Ada"', "bo@example.net,Bö “x”,,weekly,", 'cy@example.org,Cy,left,daily,"a,b"')
    directory = a_newsletter(tmp_path, subscribers=people)
    roundup(directory, *RUN)
    exported = roundup(directory, "subscribers", "export").stdout
    assert [*OWN_COLUMNS] == next(csv.reader(io.StringIO(exported)))
    other = a_newsletter(tmp_path / "other", subscribers=None)
    file = tmp_path / "all.csv"
    assert roundup(directory, "subscribers", "export", str(file)).returncode == 0
    assert roundup(other, "subscribers", "import", str(file)).returncode == 0
    columns = "select email, name, status, cadence, sections from subscribers order by email"
    assert rows(directory, columns) == rows(other, columns)


def test_init_without_a_terminal_asks_nothing_and_is_ready_to_preview(tmp_path: Path) -> None:
    directory = tmp_path / "my-roundup"
    directory.mkdir()
    (tmp_path / "texts").mkdir()
    made = roundup(directory, "init", "--folder", "../texts")
    assert (0, "") == (made.returncode, made.stderr)
    assert oct((directory / ".secret").stat().st_mode & 0o777) == "0o600"
    (tmp_path / "texts" / "one.md").write_text(a_piece_file("From the folder"), encoding="utf-8")
    seen = roundup(directory, "preview", "--out", str(tmp_path / "seen"), "--at", DUE)
    assert seen.returncode == 0, seen.stderr
    assert "From the folder" in (tmp_path / "seen" / "issue.txt").read_text(encoding="utf-8")
    again = roundup(directory, "init")
    assert again.returncode == 2
    assert "there already" in again.stderr
    (directory / ".secret").unlink()
    assert roundup(directory, "init").returncode == 0
    assert (directory / ".secret").exists()


def test_a_run_that_is_at_work_is_not_disturbed_by_another(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, smtp={"outbox": "outbox"})
    runs = [started(directory, *RUN, "--json") for _ in range(4)]
    outcomes = [run.communicate(timeout=60) for run in runs]
    assert [0] * 4 == [run.returncode for run in runs]
    states = sorted(told_state(out) for out, _ in outcomes)
    assert states.count("sent") == 1
    assert set(states) <= {"sent", "already-sent", "running"}
    assert len(list((directory / "outbox").glob("*.eml"))) == 2


def told_state(output: str) -> str:
    return str(json.loads(output)["state"])
