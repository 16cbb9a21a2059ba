"""What an editor can change of an issue, as one digest: all of it, and nothing else."""

import os
from pathlib import Path

import pytest

from roundup.edits import digest
from roundup.model import IssueKey
from tests.builders import KEY
from tests.newsletters import a_newsletter

WORD = f"issues/{KEY}.toml"


def seen(directory: Path, key: IssueKey = KEY) -> str:
    return digest(directory, "roundup.toml", key)


def write(directory: Path, name: str, text: str) -> None:
    (directory / name).parent.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", ["roundup.toml", WORD, "templates/email/piece.html", "templates/email/own/part.html"])
def test_whatever_an_editor_changes_is_another_digest(tmp_path: Path, name: str) -> None:
    directory = a_newsletter(tmp_path)
    before = seen(directory)
    for text in ("one\n", "two\n"):
        write(directory, name, text)
        assert before != (before := seen(directory))
    (directory / name).unlink()
    assert before != seen(directory)


@pytest.mark.parametrize(
    "name", ["content/new.md", "subscribers.csv", "issues/2015-03-31.toml", "templates/web/page.html"]
)
def test_nothing_else_is(tmp_path: Path, name: str) -> None:
    directory = a_newsletter(tmp_path)
    before = seen(directory)
    write(directory, name, "one\n")
    assert before == seen(directory)


def test_an_empty_word_is_not_none(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    before = seen(directory)
    write(directory, WORD, "")
    assert before != seen(directory)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    before = seen(directory)
    (directory / "issues").mkdir()
    os.mkfifo(directory / WORD)
    assert before != seen(directory)
