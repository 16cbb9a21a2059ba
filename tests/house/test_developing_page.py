"""docs/developing.md: what it quotes is what runs, and its recipes work."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from roundup.gathering import Source
from tests.newsletters import a_newsletter, roundup
from tests.offices import a_paper
from tests.recipes.notebook import NotebookSource

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "developing.md").read_text(encoding="utf-8")


def test_what_is_quoted_stands_in_the_files() -> None:
    quoted = re.findall(r"```(?:python|text)\n(.*?)```", PAGE, re.DOTALL)
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "recipes").glob("*.*")]
    assert len(quoted) == 3
    assert [block for block in quoted if not any(block in text for text in files)] == []


def test_the_files_that_are_named_are_there() -> None:
    named = re.findall(r"`((?:tests|cli|gathering|wiring|store|rendering|templates|scripts)/[\w/.*-]*)`", PAGE)
    theirs = {"templates/email/masthead.txt"}
    gone = [
        name
        for name in {*named} - theirs
        if not (ROOT / name).exists() and not (ROOT / "src" / "roundup" / name).exists()
    ]
    assert named
    assert gone == []


def test_the_source_is_read_ranked_and_mailed(tmp_path: Path) -> None:
    path = tmp_path / "notebook.txt"
    path.write_text("2026-11-16T09:00+00:00 https://example.org/a/ The bridge\nno piece\n", encoding="utf-8")
    source: Source = NotebookSource("The notebook", path)
    with a_paper(source) as paper:
        report = paper.run("2026-11-16 17:00")
        record = paper.ledgers.memory.sources()["The notebook"]
    assert str(report.state) == "sent"
    assert b"The bridge" in paper.sender.offered[0].content
    assert [defect.where for defect in record.report.defects] == ["notebook.txt:2"]
    path.unlink()
    assert "cannot be read" in (source.read(record.bookmark).failure or "")


def test_the_template_takes_the_place_of_one_and_of_no_other(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    own = directory / "templates" / "email" / "masthead.txt"
    own.parent.mkdir(parents=True)
    own.write_bytes((ROOT / "tests" / "recipes" / "masthead.txt").read_bytes())
    assert roundup(directory, "preview", "--out", "seen", "--at", "2026-11-20T17:00").returncode == 0
    text = (directory / "seen" / "issue.txt").read_text(encoding="utf-8")
    assert text.startswith("The Daily Lantern, set by hand in the reading room\n")
    assert "Unsubscribe" in text


def test_the_schema_is_made_by_the_command() -> None:
    (line,) = re.findall(r"\$ (python -c .*)", PAGE)
    words = shlex.split(line.partition(" > ")[0])
    made = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=True)
    assert made.stdout == (ROOT / "src" / "roundup" / "roundup.schema.json").read_text(encoding="utf-8")
