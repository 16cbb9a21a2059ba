"""How quickly the command line explains itself: `--help` of every command, against `python -c "import click"`.

Both are whole processes, one after the other in each round. CPU is compared: they do nothing but compute, and a machine
that is busy with something else makes what it likes of a tenth of a second on the wall.
"""

import sys
from collections.abc import Callable, Iterator

import click

from benchmarks.newsletters import COMMAND
from benchmarks.processes import measured
from benchmarks.reading import Finding, Readings
from roundup.cli import group

_CLICK = (sys.executable, "-c", "import click")
_MOST = 1.5


def measure(found: Readings, *, rounds: int, tell: Callable[[str], None]) -> None:
    """Add a finding for each command, for `roundup --help` and for `roundup --version`."""
    asked = [*_asked(group, ()), ("--version",)]
    took: dict[tuple[str, ...], list[float]] = {words: [] for words in asked}
    against: dict[tuple[str, ...], list[float]] = {words: [] for words in asked}
    for number in range(rounds):
        for words in asked:
            against[words].append(measured(_CLICK).checked().cpu)
            took[words].append(measured([*COMMAND, *words]).checked().cpu)
        tell(f"help: round {number + 1} of {rounds}")
    found.findings += [
        Finding(
            what=f"roundup {' '.join(words)}, against import click, CPU",
            took=took[words],
            against=against[words],
            most=_MOST,
        )
        for words in asked
    ]


def _asked(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield (*path, "--help")
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _asked(child, (*path, name))
