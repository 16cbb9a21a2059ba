"""One message on standard input, as a mail server's alias hands it over: `|roundup -C DIR bounces --stdin`."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

from roundup.mailboxes import MOST_OCTETS
from roundup.mailboxes.maildir import Maildir

_AT_ONCE = 65_536
#: So many octets of a message that is not ours are kept; mail servers take far smaller ones.
_MOST_KEPT = 100_000_000


class PipedMailbox:
    """Implements `roundup.mailboxes.Mailbox` and `OpenMailbox`: a mailbox of one message. It is kept in a Maildir of
    our own, for nobody else has it: what was ours where such mail is put away, anything else where new mail lies."""

    def __init__(self, stream: BinaryIO, kept: Maildir) -> None:
        self._stream = stream
        self._kept = kept
        self._octets = b""
        self._name = ""
        self._is_away = False

    @contextmanager
    def open(self) -> Iterator["PipedMailbox"]:
        """See `Mailbox`. Everything is taken, so that the mail server is not left with half of it. Nothing is kept when
        something raises: then the mail server keeps it."""
        whole = self._stream.read(_MOST_KEPT)
        while self._stream.read(_AT_ONCE):
            pass
        self._octets = whole[:MOST_OCTETS]
        self._name = f"piped.{hashlib.sha256(self._octets).hexdigest()}"
        yield self
        if not self._is_away:
            self._kept.receive(self._name, whole)

    def waiting(self) -> Sequence[str]:
        """See `OpenMailbox`. A message with the same octets has the same name: a mail server that was not heard tries
        again."""
        return [self._name]

    def read(self, name: str) -> bytes | None:
        """See `OpenMailbox`."""
        return self._octets if name == self._name else None

    def put_away(self, names: Sequence[str]) -> None:
        """See `OpenMailbox`."""
        for name in names:
            self._kept.keep(name, self._octets)
        self._is_away = self._is_away or bool(names)

    def clear(self, before: datetime) -> int:
        """See `OpenMailbox`."""
        return self._kept.clear(before)

    def find(self, message_id: str) -> bytes | None:
        """See `OpenMailbox`: of what was kept."""
        return self._kept.find(message_id)
