"""Command lines as documents and help give them, run by the real program: each in a process of its own, forked from one
that has loaded everything already."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from roundup.cli import group, main
from roundup.cli.declaring import at_place

#: They stay until they are stopped, once they have said where they are.
_RESIDENTS = {"serve", "schedule", "preview"}


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one line."""

    line: str
    code: int
    out: str
    err: str


def run_lines(lines: Sequence[str], folder: Path, *, apart: bool = False) -> list[Ran]:
    """Run lines such as `roundup -C my-roundup run`, one after another, in `folder`; `apart`: each in a copy of it."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.command_lines"],
        input=json.dumps([apart, *lines]), cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "120"},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return [Ran(**each) for each in json.loads(result.stdout)]


def _ran(line: str, folder: Path) -> dict[str, object]:
    words = shlex.split(line, comments=True)
    assert words[0] == "roundup", line
    out, err = folder / "out", folder / "err"
    child = os.fork()
    if child == 0:
        become(words, out, err)
    stays = bool(set(words) & _RESIDENTS) and not {"--out", "--json", "--help"} & set(words)
    if stays:
        _stop_when_it_speaks(child, out)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    said = {"out": out.read_text(encoding="utf-8"), "err": err.read_text(encoding="utf-8")}
    # The web server ends by the signal that it was asked with, in order.
    return {"line": line, "code": 0 if stays and code == -signal.SIGTERM else code, **said}


def become(words: list[str], out: Path, err: Path, *, at_the_end: Callable[[], None] = lambda: None) -> None:
    """Be the command, and never return."""
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = words
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        at_the_end()
        os._exit(code)


def _stop_when_it_speaks(child: int, out: Path) -> None:
    until = time.monotonic() + 60
    # It may also have refused, and be gone.
    gone = partial(os.waitid, os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    while time.monotonic() < until and not (out.exists() and out.read_bytes().count(b"\n")) and not gone():
        time.sleep(0.05)
    os.kill(child, signal.SIGTERM)


def load_everything() -> None:
    """Import what any command would."""
    waiting = [*group.commands.values()]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        place = vars(command.callback).get("place") if command.callback else None
        if place:
            at_place(place)
    at_place("roundup.cli.desk:keep_open")


if __name__ == "__main__":
    load_everything()
    apart, *given = json.loads(sys.stdin.read())
    here, ran = Path.cwd(), []
    for line in given:
        with tempfile.TemporaryDirectory() as spool:
            if apart:
                os.chdir(shutil.copytree(here, Path(spool) / "copy"))
            ran.append(_ran(line, Path(spool)))
            os.chdir(here)
    print(json.dumps(ran))
