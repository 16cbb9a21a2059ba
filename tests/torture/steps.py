"""Commands that are killed at a chosen step: a process that has loaded everything, and forks a child for each.

`killed_at.c` is loaded before it (LD_PRELOAD) and says what a step is. A child is the command as anybody would start
it, and is gone with SIGKILL at its Nth step; or comes to its end, and tells how many there were.
"""

import ctypes
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.command_lines import become, load_everything
from tests.torture import powercuts

_ROOT = Path(__file__).resolve().parents[2]
#: With WHOLE=1, as `make torture` asks, a command is killed at each of its steps; in CI at some, the first and the last
#: among them.
WHOLE = bool(os.environ.get("WHOLE"))
_IN_CI = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    #: -9 if it was killed.
    code: int
    #: How many steps there were; of one that was killed, 0.
    steps: int
    out: str
    err: str


class Steps:
    """Runs commands."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, folder: Path, *words: str, at: int = 0) -> Ended:
        """`roundup` with these words, killed at the `at`th step that concerns what is below `folder`; 0: not killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(folder), at, *words]) + "\n")
        self._process.stdin.flush()
        ended = Ended(**json.loads(self._process.stdout.readline()))
        assert "Traceback" not in ended.err, ended.err
        assert "fault of its own" not in ended.err, ended.err
        return ended


@contextmanager
def steps(folder: Path) -> Iterator[Steps]:
    """Whoever runs commands. `folder`: for the compiled library."""
    library = powercuts.compiled(folder, "killed_at")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROUNDUP_")}
    environment |= {"LD_PRELOAD": str(library), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command, pipe = [sys.executable, "-W", "error", "-m", "tests.torture.steps"], subprocess.PIPE
    with subprocess.Popen(command, cwd=_ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Steps(process)
        finally:
            # Its end comes with that of its input.
            assert process.stdin is not None
            process.stdin.close()


def chosen(count: int) -> Sequence[int]:
    """At which of so many steps a command is killed."""
    if WHOLE or count <= _IN_CI:
        return range(1, count + 1)
    return sorted({1 + round(number * (count - 1) / (_IN_CI - 1)) for number in range(_IN_CI)})


def copied(prepared: Path, to: Path) -> Path:
    """What was prepared, anew, in place of what is there."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(prepared, to, symlinks=True)
    return to


def _run(folder: str, at: int, words: list[str], spool: Path) -> Ended:
    out, err, count = spool / "out", spool / "err", spool / "count"
    child = os.fork()
    if child == 0:
        _watched(folder, at, words, spool)
    _, status = os.waitpid(child, 0)
    return Ended(
        code=os.waitstatus_to_exitcode(status),
        steps=int(count.read_text(encoding="ascii")) if count.exists() else 0,
        out=out.read_text(encoding="utf-8"),
        err=err.read_text(encoding="utf-8"),
    )


def _watched(folder: str, at: int, words: list[str], spool: Path) -> None:
    """Be the command, and never return."""
    library = ctypes.CDLL(None)
    library.killed_at_count.restype = ctypes.c_long
    library.killed_at_begin(os.fsencode(folder), ctypes.c_long(at))

    def tell() -> None:
        (spool / "count").write_text(str(library.killed_at_count()), encoding="ascii")

    become(["roundup", *words], spool / "out", spool / "err", at_the_end=tell)


if __name__ == "__main__":
    load_everything()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        watched, step, *given = json.loads(line)
        with tempfile.TemporaryDirectory() as room:
            ended = _run(watched, step, given, Path(room))
        print(json.dumps({name: getattr(ended, name) for name in Ended.__slots__}), flush=True)
