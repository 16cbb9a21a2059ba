"""The pages on choosing and on the editor's word say what is so: their examples are tried."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from roundup import ranking, settings, word_file
from roundup.cli import group
from roundup.subjects import NAMES
from tests.newsletters import a_newsletter

DOCS = Path(__file__).parents[2] / "docs"
CHOOSING = (DOCS / "choosing.md").read_text(encoding="utf-8")
WORD = (DOCS / "the-editors-word.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", CHOOSING, re.DOTALL))
def test_an_example_of_choosing_is_a_setting(tmp_path: Path, example: str) -> None:
    path = a_newsletter(tmp_path) / "roundup.toml"
    plain = path.read_text(encoding="utf-8")
    before, after = settings.read(plain, path), settings.read(f"{plain}\n{example}", path)

    assert all(getattr(after, table) != getattr(before, table) for table in tomllib.loads(example))


def test_the_table_of_comments_is_the_formula() -> None:
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) h fresher \|$", CHOOSING, re.MULTILINE)

    assert len(rows) == 5
    for comments, hours in rows:
        assert f"{ranking.comment_hours(int(comments), timedelta(hours=4)):.1f}" == hours


def test_the_names_of_a_pattern_are_all_told() -> None:
    assert set(NAMES) == set(re.findall(r"`\{(\w+)\}`", CHOOSING))


def test_the_file_that_is_shown_is_a_word() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", WORD, re.DOTALL)
    word = word_file.parsed(example, "issues/x.toml")

    assert (1, 1, 1, 1) == (len(word.pin), len(word.exclude), len(word.edits), len(word.added))
    assert (False, True) == (word.appeal, word.sponsor)
    assert "Good evening. A short one today.\n\nIt begins with the council." == word.intro


@pytest.mark.parametrize("command", re.findall(r"`roundup ((?:pieces|issues) [^`]+)`", WORD))
def test_a_command_that_is_shown_has_these_options(command: str) -> None:
    """What it does is shown in tests/acceptance/test_the_editors_word.py and test_skipping.py."""
    words = command.split()
    found = group.commands[words[0]].commands[words[1]]  # type: ignore[attr-defined]
    known = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}

    assert {word for word in words if word.startswith("--")} <= known
