"""A sender: every message into one file, one after another, as netstrings (D. J. Bernstein, 1997)."""

from pathlib import Path

from roundup.model import Accepted, Message, NotOffered, Outcome, Reply
from roundup.sending.singly import SingleFile


class PileSender:
    """Implements `roundup.sending.Sender`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self) -> SingleFile:
        """See `Sender`."""
        return SingleFile(self._put)

    def _put(self, message: Message) -> Outcome:
        """Accepted once it is written; not offered if it could not be, so that it is tried again."""
        try:
            with self._path.open("ab") as pile:
                pile.write(b"%d:%b," % (len(message.content), message.content))
        except OSError as error:
            return NotOffered(why=f"{self._path} cannot be written: {error.strerror}")
        return Accepted(reply=Reply(code=250, text="2.0.0 put on the pile"))


def taken_off(path: Path) -> list[bytes]:
    """The messages on a pile, in their order."""
    rest, messages = path.read_bytes() if path.exists() else b"", []
    while rest:
        length, _, rest = rest.partition(b":")
        messages.append(rest[: int(length)])
        rest = rest[int(length) + 1 :]
    return messages
