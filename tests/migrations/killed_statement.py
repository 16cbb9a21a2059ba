"""A process that opens a database as often as it is told to, in a child each time that is killed at a chosen statement.

On a server the program's files tell nothing: what it says to the server are its steps. A line of standard input is the
database's address, a folder and the number of the statement, 0 for none; the answer is how the child ended and, if it
was not killed, how many statements there were.
"""

import itertools
import json
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from roundup.store.postgresql import PostgresStore


def _open(url: str, folder: Path, last: int, counted: Path) -> None:
    numbers = itertools.count(1)

    def step(*_given: object) -> None:
        number = next(numbers)
        counted.write_text(str(number), encoding="ascii")
        if number == last:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "commit"):
        event.listen(Engine, moment, step)
    with PostgresStore(url, directory=folder).to_write():
        pass


def _in_a_child(url: str, folder: Path, last: int) -> tuple[int, int]:
    counted = folder / "counted"
    child = os.fork()
    if not child:
        code = 1
        try:
            _open(url, folder, last, counted)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), int(counted.read_text(encoding="ascii"))


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_in_a_child(asked[0], Path(asked[1]), asked[2])), flush=True)
