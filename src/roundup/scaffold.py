"""A folder in which something is made ready, beside where it will be moved.

It is one process's alone, by a lock that lies in it and that the kernel lets go of when its holder dies: so what is
found in a folder that nobody holds was left by one that was killed, and may be taken away.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_LOCK = "lock"


@contextmanager
def held(folder: Path, *, waits: bool = False) -> Iterator[bool]:
    """Whether the folder is ours alone until the end of the block; it is made if there is none. `waits`: until whoever
    holds it lets go."""
    lock = _taken(folder, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    if lock is None:
        yield False
        return
    with lock:
        yield True


def _taken(folder: Path, how: int) -> IO[str] | None:
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            lock = (folder / _LOCK).open("a", encoding="ascii")
        except FileNotFoundError:
            # Whoever held it takes it away.
            continue
        try:
            fcntl.flock(lock, how)
        except BlockingIOError:
            lock.close()
            return None
        if _lies_there(lock, folder):
            return lock
        lock.close()


def _lies_there(lock: IO[str], folder: Path) -> bool:
    """Whether the lock is still the folder's: whoever held it before may have taken it away."""
    try:
        return os.path.samestat(os.fstat(lock.fileno()), (folder / _LOCK).stat())
    except FileNotFoundError:
        return False


def clear(folder: Path) -> None:
    """Away with everything in a folder that is ours."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        elif each.name != _LOCK:
            each.unlink()


def remove(folder: Path) -> None:
    """Away with a folder that is ours. The lock goes last: from then on it is somebody else's, who may have come."""
    clear(folder)
    (folder / _LOCK).unlink()
    with suppress(OSError):
        folder.rmdir()
