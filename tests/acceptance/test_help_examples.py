"""Every example in `--help`, run word for word, in a newsletter with a past."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from roundup.cli import group
from tests.command_lines import run_lines
from tests.lived_in import a_lived_in_newsletter, a_week_later
from tests.returned_mail import a_maildir

#: Run elsewhere, where more is asked of it than that it ends well.
_ELSEWHERE = {"roundup demo": "test_wheel.py, test_demo_faults.py", "roundup init": "test_docs_commands.py"}
#: Those that end otherwise than with 0, for the newsletter here is in no need of them, or is as `init` made it.
_OTHERWISE = {
    "issues approve": (2, "nothing to approve"),
    "issues hold": (2, "nothing to hold"),
    "issues release": (2, "nothing to release"),
    "issues skip": (2, "there is nothing to skip"),
    "store move": (1, "The PostgreSQL database daily_lantern on db.example.org (port 5432) cannot be reached"),
    "worker": (2, "No deliveries are left to workers"),
    "check": (1, "which is an example: write your own"),
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
    a_maildir(directory / "mail", [])
    with (directory / "roundup.toml").open("a", encoding="utf-8") as toml:
        toml.write('\n[bounces]\nmaildir = "mail"\n')
    # Each line is run in a copy of this folder.
    (kept,) = run_lines(["roundup -C my-roundup backup backups/roundup.tar.gz"], tmp_path)
    assert kept.code == 0, kept
    given = sorted({*_examples(group)})
    lines = [line if " -C " in line else line.replace("roundup", "roundup -C my-roundup", 1) for line in given]
    ran = run_lines(lines, tmp_path, apart=True)
    assert len(ran) >= 25
    for each in ran:
        code, said = next((ends for words, ends in _OTHERWISE.items() if f" {words} " in each.line), (0, ""))
        assert (each.code, said in each.out + each.err) == (code, True), each
        assert each.out or code, each
