"""Every example in `--help`, run word for word, in a newsletter with a past."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from roundup.cli import group
from tests.command_lines import run_lines
from tests.lived_in import a_lived_in_newsletter, a_week_later

#: Run elsewhere, where more is asked of it than that it ends well.
_ELSEWHERE = {"roundup demo": "test_wheel.py, test_demo_faults.py", "roundup init": "test_docs_commands.py"}
#: Those that end otherwise than with 0, for the newsletter here is in no need of them: it says so.
_NOT_NEEDED = {
    "issues approve": "nothing to approve",
    "issues hold": "nothing to hold",
    "issues release": "nothing to release",
    "issues skip": "there is nothing to skip",
}


def _examples(command: click.Command) -> Iterator[str]:
    for line in (command.help or "").splitlines():
        found = re.fullmatch(r"\s*(?:Example:)?\s*(roundup .*)", line)
        if found and not found[1].startswith(tuple(_ELSEWHERE)):
            yield found[1]
    for child in getattr(command, "commands", {}).values():
        yield from _examples(child)


def test_every_example_in_the_help_runs(tmp_path: Path) -> None:
    directory = a_lived_in_newsletter(tmp_path)
    (first,) = run_lines(["roundup -C my-roundup run --now --at 2026-11-20T17:00"], tmp_path)
    assert first.code == 0
    a_week_later(directory)
    given = sorted({*_examples(group)})
    lines = [line if " -C " in line else line.replace("roundup", "roundup -C my-roundup", 1) for line in given]
    ran = run_lines(lines, tmp_path, apart=True)
    assert len(ran) >= 25
    for each in ran:
        said = next((said for words, said in _NOT_NEEDED.items() if f" {words} " in each.line), None)
        if said is not None:
            assert (each.code, said in each.err) == (2, True), each
        else:
            assert each.code == 0, each
            assert each.out, each
