"""Several newsletters on one machine, at work at once: neither knows the other's readers, pieces or past."""

from pathlib import Path

from tests.newsletters import DUE, a_newsletter, a_piece_file, roundup, rows, started, told

READERS = {"kite": ("ada@example.com,Ada",), "lamp": ("bo@example.net,Bo", "cy@example.org,Cy")}


def test_several_newsletters_at_once_leak_neither_readers_nor_state(tmp_path: Path) -> None:
    made = {
        name: a_newsletter(
            tmp_path / name,
            subscribers=readers,
            content={"same.md": a_piece_file("The same piece"), "own.md": a_piece_file(f"Of the {name}")},
            newsletter={"name": f"The {name}", "id": name, "from": f"roundup@{name}.example.org"},
        )
        for name, readers in READERS.items()
    }
    runs = [started(directory, "run", "--at", DUE, "--json") for directory in made.values()]
    assert [0, 0] == [run.wait(120) for run in runs]
    for run in runs:
        run.communicate()
    for name, directory in made.items():
        mails = [path.read_text(encoding="utf-8") for path in (directory / "outbox").glob("*.eml")]
        other = next(each for each in made if each != name)
        assert len(READERS[name]) == len(mails)
        assert all("The same piece" in mail and f"Of the {name}" in mail for mail in mails)
        assert not any(f"the {other}" in mail.lower() or f"{other}.example" in mail for mail in mails)
        people = {email for (email,) in rows(directory, "select email from subscribers")}
        assert {line.partition(",")[0] for line in READERS[name]} == people
    # What one sent is new to the other still: a third that starts later has all of it.
    late = a_newsletter(tmp_path / "late", content={"same.md": a_piece_file("The same piece")})
    assert ("sent", 1) == tuple(told(roundup(late, "run", "--at", DUE, "--json"))[key] for key in ("state", "pieces"))
