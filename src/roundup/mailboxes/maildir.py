"""A mailbox in a folder, as Postfix, Dovecot, Exim and procmail write it: Maildir, with Maildir++ for folders.

Sources: D. J. Bernstein, "Using maildir format" (new, cur, unique names, `:2,` and flags); the Courier project,
"Maildir++" (a folder is a directory whose name begins with a dot). Nothing is locked: a rename is whole or not at all.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.parser import BytesHeaderParser
from pathlib import Path

from roundup.mailboxes import MOST_OCTETS, OWN_FOLDER, MailboxError
from roundup.words import borrowed, say

#: A message that was read, in Maildir's own way: flags stand behind this.
_FLAGS = ":2,"
_HEADER_OCTETS = 65_536


class Maildir:
    """Implements `roundup.mailboxes.Mailbox` and `OpenMailbox`. `makes`: make the folders if they are missing."""

    def __init__(self, path: Path, *, makes: bool = False) -> None:
        self._path = path
        self._own = path / f".{OWN_FOLDER}"
        self._makes = makes
        #: Where each message lay when they were last listed.
        self._here: dict[str, Path] = {}

    @contextmanager
    def open(self) -> Iterator["Maildir"]:
        """See `Mailbox`."""
        with _told(self._path):
            if self._makes:
                _make(self._path)
            if not all((self._path / folder).is_dir() for folder in ("new", "cur")):
                raise MailboxError(
                    say(
                        "{path} is no Maildir: it has no folders `new` and `cur`. Your mail server makes them with the "
                        "first mail that it delivers there; look at [bounces] maildir.",
                        path=self._path,
                    )
                )
        yield self

    def waiting(self) -> Sequence[str]:
        """See `OpenMailbox`. A name is a file's unique part, which stays when its flags change."""
        with _told(self._path):
            self._here = _files(self._path)
            return sorted(self._here, key=_in_time)

    def read(self, name: str) -> bytes | None:
        """See `OpenMailbox`."""
        with _told(self._path):
            octets = _beginning(self._here[name], MOST_OCTETS) if name in self._here else None
            if octets is None:
                # A mail program marked it as seen meanwhile, or took it away.
                self._here = _files(self._path)
                octets = _beginning(self._here[name], MOST_OCTETS) if name in self._here else None
            return octets

    def put_away(self, names: Sequence[str]) -> None:
        """See `OpenMailbox`."""
        with _told(self._path):
            here = _files(self._path)
            _make(self._own)
            (self._own / "maildirfolder").touch()
            for name in names:
                if name in here:
                    here[name].replace(self._own / "cur" / f"{name}{_FLAGS}S")

    def keep(self, name: str, octets: bytes) -> None:
        """Put a message away that never lay here. Safe to repeat with the same name."""
        with _told(self._path):
            _make(self._own)
            (self._own / "maildirfolder").touch()
            _store(self._own, f"cur/{name}{_FLAGS}S", octets)

    def receive(self, name: str, octets: bytes) -> None:
        """Take in a message as new mail. Safe to repeat with the same name."""
        with _told(self._path):
            _store(self._path, f"new/{name}", octets)

    def clear(self, before: datetime) -> int:
        """See `OpenMailbox`. A file's time is when it arrived: renaming does not change it."""
        with _told(self._path):
            old = [each for each in _files(self._own).values() if each.lstat().st_mtime < before.timestamp()]
            for each in old:
                each.unlink(missing_ok=True)
            return len(old)

    def find(self, message_id: str) -> bytes | None:
        """See `OpenMailbox`."""
        with _told(self._path):
            for folder in (self._path, self._own):
                for path in _files(folder).values():
                    head = _beginning(path, _HEADER_OCTETS)
                    if head is not None and _message_id(head) == message_id:
                        return _beginning(path, MOST_OCTETS)
        return None


def _files(folder: Path) -> dict[str, Path]:
    """The messages of a folder by their unique names."""
    found: dict[str, Path] = {}
    for part in ("new", "cur"):
        try:
            names = os.listdir(folder / part)  # noqa: PTH208 - of a hundred thousand files no objects are wanted
        except FileNotFoundError:
            continue
        found |= {name.partition(_FLAGS)[0]: folder / part / name for name in names if not name.startswith(".")}
    return found


def _in_time(name: str) -> list[str | int]:
    """What puts names in order of time: they begin with seconds, and numbers in them have no fixed length."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", name)]


def _beginning(path: Path, octets: int) -> bytes | None:
    """A message's first octets; None: it is gone, or is no file. A link is not followed: it may lead anywhere."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if isinstance(error, PermissionError):
            raise
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(octets)


def _message_id(head: bytes) -> str:
    return str(BytesHeaderParser().parsebytes(head).get("Message-ID", "")).strip()


def _store(folder: Path, as_file: str, octets: bytes) -> None:
    _make(folder)
    half = folder / "tmp" / f"{Path(as_file).name}.{os.getpid()}"
    half.write_bytes(octets)
    half.replace(folder / as_file)


def _make(folder: Path) -> None:
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MailboxError(
            say(
                "The mailbox {path} cannot be used: {error}. It must be readable and writable by whoever runs roundup.",
                path=error.filename or path,
                error=borrowed(error.strerror or error),
            )
        ) from None
