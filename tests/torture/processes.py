"""Processes that a test watches while they work."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.newsletters import started


@contextmanager
def at_work(directory: Path, *args: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The command at work. Whoever has not ended by the end of the block is killed."""
    process = started(directory, *args, env=env)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        # What it said may have been read already.
        process.communicate() if process.stdout and not process.stdout.closed else process.wait()


def await_(what: Callable[[], bool], process: subprocess.Popen[str], *, seconds: float = 60) -> None:
    """Wait until something is so, while a process goes on."""
    deadline = time.monotonic() + seconds
    while not what():
        assert process.poll() is None, f"it ended: {process.communicate()}"
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)
