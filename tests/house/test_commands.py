"""Every command: declared where its help is, done where its work is, and quick to explain itself."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click
import pytest

from roundup.cli import group
from roundup.cli.declaring import at_place

#: What help may load: click, and the declaration of the one command that is asked about.
ASKED = """
import sys
before = {name.partition(".")[0] for name in sys.modules}
sys.argv = ["roundup", *sys.argv[1:]]
from roundup.cli import main
try:
    main()
finally:
    names = set(sys.modules)
    ours = {n for n in names if n.startswith("roundup") and not n.startswith("roundup.cli.commands")}
    ours -= {"roundup", "roundup.cli", "roundup.cli.declaring", "roundup.errors"}
    theirs = {n.partition(".")[0] for n in names} - sys.stdlib_module_names - before - {"roundup", "click"}
    slow = names & {"pathlib", "urllib.parse", "tempfile", "asyncio", "email", "json", "sqlite3", "logging"}
    declared = {n for n in names if n.startswith("roundup.cli.commands.")}
    more = declared if len(declared) > (len(sys.argv) > 2) else set()
    print("loaded", *sorted(ours | theirs | slow | more), file=sys.stderr)
"""


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _commands(child, (*path, name))


COMMANDS = [*_commands(group)]
DONE = [(path, command) for path, command in COMMANDS if not isinstance(command, click.Group)]


def _named(value: Any) -> str:
    return " ".join(("roundup", *value)) if isinstance(value, tuple) else ""


def _loaded(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", ASKED, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [(*path, "--help") for path, _ in COMMANDS] + [("--version",)], ids=_named)
def test_help_loads_nothing_but_click(words: tuple[str, ...]) -> None:
    answer = _loaded(*words)
    assert answer.stderr.splitlines()[-1] == "loaded", "declare it in roundup/cli/commands, and do it elsewhere"
    assert answer.returncode == 0
    assert answer.stdout.startswith(("Usage: roundup", "roundup, version"))


@pytest.mark.parametrize(("path", "command"), DONE, ids=_named)
def test_the_work_takes_what_the_command_declares(path: tuple[str, ...], command: click.Command) -> None:
    work = at_place(vars(command.callback)["place"])
    given = dict.fromkeys(parameter.name or "" for parameter in command.params)
    directory = () if path == ("demo",) else ("directory",)
    inspect.signature(work).bind(*directory, **given)


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=_named)
def test_every_option_is_explained(path: tuple[str, ...], command: click.Command) -> None:
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert [each.name for each in options if not each.help] == []
    assert command.get_short_help_str(limit=200)
