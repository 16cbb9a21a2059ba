"""The port of mailboxes: where mail comes back to.

Nothing in a mailbox is ever deleted but what was put away from it, and only what is certainly ours is put away: other
people's mail may lie beside it. Nothing is answered.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

#: So many octets of a message are read, from its beginning: what a report has to say stands in its first kilobytes.
MOST_OCTETS = 1_000_000
#: The folder of a mailbox into which goes what was ours and is read.
OWN_FOLDER = "Roundup"


class MailboxError(Exception):
    """A mailbox cannot be read. The message is a sentence for the editor."""


class OpenMailbox(Protocol):
    """A mailbox while it is open. Every call raises `MailboxError`."""

    def waiting(self) -> Sequence[str]:
        """The names of all messages in it, oldest first. A message keeps its name for as long as it is there, and no
        other ever has it."""
        ...

    def read(self, name: str) -> bytes | None:
        """The first `MOST_OCTETS` of a message, marking nothing; None: it is gone."""
        ...

    def put_away(self, names: Sequence[str]) -> None:
        """Move messages that are ours and written down into `OWN_FOLDER`. Safe to repeat."""
        ...

    def clear(self, before: datetime) -> int:
        """Delete what was put away and arrived before a time. Returns how many messages."""
        ...

    def find(self, message_id: str) -> bytes | None:
        """The message with a Message-ID (`<…@…>`) as it arrived here, put away or not; None: it is not here."""
        ...


class Mailbox(Protocol):
    """A mailbox, opened for each reading."""

    def open(self) -> AbstractContextManager[OpenMailbox]:
        """Open it. Raises `MailboxError`."""
        ...
