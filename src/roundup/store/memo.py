"""What a newsletter's directory remembers of its database, so that one that is lost, or that was left behind when the
newsletter moved, is noticed: without it who left would be mailed again, and what was sent sent again (values 1 and 2).
"""

from pathlib import Path

from roundup.errors import HeldError

_POSTGRESQL = ".roundup.postgresql"
_WORDS = "There is a database"


def of_sqlite(path: Path) -> Path:
    """The memo beside a SQLite file; it is also the file that is locked."""
    return path.parent / f".{path.name}.lock"


def of_postgresql(directory: Path) -> Path:
    """The memo of a newsletter whose database is on a server."""
    return directory / _POSTGRESQL


def keep(memo: Path, where: str) -> None:
    """Remember that there is a database; `where` is for people who look."""
    memo.write_text(f"{_WORDS} {where}.\n", encoding="ascii")


def is_kept(memo: Path) -> bool:
    """Whether there was a database. An empty file says nothing: a lock alone makes one."""
    return memo.is_file() and memo.read_bytes().startswith(_WORDS.encode())


def check_not_left_behind(directory: Path, new: str) -> None:
    """Raises `HeldError` if the directory knows of another database than `new`, in which there is nothing yet."""
    for memo in (of_postgresql(directory), *sorted(directory.glob(".*.lock"))):
        if is_kept(memo):
            raise HeldError(
                f"{new} is empty, but this newsletter has had a database before, which knows who has left and what was "
                "sent. Bring it back from a backup, or mend [store] url (or ROUNDUP_DATABASE_URL). To begin anew in "
                f"spite of that, delete {memo}."
            )
